//! Typed identifiers: UUIDv7 in the database, a prefixed opaque text in the API.

use std::{fmt, str::FromStr};

use async_graphql::{
    InputType, InputValueError, InputValueResult, OutputType, Positioned, ServerResult, Value,
    parser::types::Field,
};
use sea_orm::{DbErr, DeriveValueType, TryFromU64, prelude::DateTimeUtc};
use serde::{Deserialize, Serialize};
use uuid::{NoContext, Timestamp, Uuid};

/// A text that is not an id of the kind that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAnId {
    /// The prefix that such an id starts with.
    pub prefix: &'static str,
}

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this is not an id of the kind `{0}_…`", self.prefix)
    }
}

impl std::error::Error for NotAnId {}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident = $prefix:literal),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, DeriveValueType, Serialize, Deserialize,
        )]
        pub struct $name(pub Uuid);

        impl $name {
            /// What the API's text of such an id starts with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id, later than every id this process made before.
            #[must_use]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, self.0.simple())
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.strip_prefix($prefix)
                    .and_then(|rest| rest.strip_prefix('_'))
                    .filter(|rest| rest.len() == 32)
                    .and_then(|rest| Uuid::try_parse(rest).ok())
                    .map(Self)
                    .ok_or(NotAnId { prefix: $prefix })
            }
        }

        // sea-orm asks this of every primary key; a UUID never comes from a counter.
        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl InputType for $name {
            type RawValueType = Self;
            fn type_name() -> std::borrow::Cow<'static, str> {
                <async_graphql::ID as InputType>::type_name()
            }
            fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
                <async_graphql::ID as InputType>::create_type_info(registry)
            }
            fn parse(value: Option<Value>) -> InputValueResult<Self> {
                match value {
                    Some(Value::String(text)) => text.parse().map_err(InputValueError::custom),
                    _ => Err(InputValueError::custom(NotAnId { prefix: $prefix })),
                }
            }
            fn to_value(&self) -> Value {
                Value::String(self.to_string())
            }
            fn as_raw_value(&self) -> Option<&Self::RawValueType> {
                Some(self)
            }
        }

        impl OutputType for $name {
            fn type_name() -> std::borrow::Cow<'static, str> {
                <async_graphql::ID as OutputType>::type_name()
            }
            fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
                <async_graphql::ID as OutputType>::create_type_info(registry)
            }
            async fn resolve(
                &self,
                _: &async_graphql::ContextSelectionSet<'_>,
                _: &Positioned<Field>,
            ) -> ServerResult<Value> {
                Ok(Value::String(self.to_string()))
            }
        }
    )+};
}

ids! {
    /// A program's access token.
    AccessTokenId = "token",
    /// Another address of a place.
    AddressAliasId = "alias",
    /// One row of the audit log.
    AuditRowId = "audit",
    /// One call for service.
    CallId = "call",
    /// A calendar that somebody follows.
    CalendarFeedId = "calendar",
    /// A challenge of a counted call.
    CallChallengeId = "challenge",
    /// The category of one call type of a feed.
    CallTypeMappingId = "calltype",
    /// A case.
    CaseId = "case",
    /// What a case that grew from a flag rested on when it was opened.
    CaseEvidenceId = "evidence",
    /// One entry of a case's timeline.
    CaseEventId = "event",
    /// A register that existing cases are imported from.
    CaseRegisterId = "register",
    /// The appeal of a citation.
    CitationAppealId = "appeal",
    /// What a citation asks for one code section.
    CitationFineId = "fine",
    /// What a court or hearing officer ordered.
    CourtOrderId = "order",
    /// One entry of the cost ledger.
    CostEntryId = "cost",
    /// One entry of the custody log of a piece of evidence.
    CustodyEntryId = "custody",
    /// A date by which something is due.
    DeadlineId = "deadline",
    /// How a deadline was counted.
    DeadlineComputationId = "computation",
    /// One move of a deadline to another day.
    DeadlineExtensionId = "extension",
    /// A party that a legal action is brought against.
    DefendantId = "defendant",
    /// A council district.
    DistrictId = "district",
    /// A file that proves something in a case.
    EvidenceId = "exhibit",
    /// A file on its way to become evidence.
    EvidenceUploadId = "upload",
    /// A source of calls for service.
    FeedId = "feed",
    /// A file of a feed that was taken.
    FeedFileId = "feedfile",
    /// One run of a feed.
    FeedRunId = "feedrun",
    /// A place that crossed a threshold.
    FlagId = "flag",
    /// One entry of a flag's history.
    FlagEventId = "flagevent",
    /// A hearing in a legal action.
    HearingId = "hearing",
    /// The record of a creating mutation, for retries.
    IdempotencyRecordId = "idempotency",
    /// A case of a register that became one of ours.
    ImportedCaseId = "imported",
    /// An inspection.
    InspectionId = "inspection",
    /// A legal action.
    LegalActionId = "action",
    /// A letter that was sent.
    LetterId = "letter",
    /// One step of a legal action.
    LegalActionStatusChangeId = "step",
    /// That nothing of a case may be removed.
    LitigationHoldId = "hold",
    /// A notice.
    NoticeId = "notice",
    /// The service of a notice on one recipient.
    NoticeServiceId = "service",
    /// One version of a nuisance rule.
    NuisanceRuleId = "rule",
    /// Who somebody is at the city's provider of identities.
    OpenIdAccountId = "openidaccount",
    /// A sign-in on its way through that provider.
    OpenIdStartId = "openidstart",
    /// The violation of an order.
    OrderViolationId = "orderviolation",
    /// A person or an organisation.
    PartyId = "party",
    /// A place.
    PropertyId = "property",
    /// A party's part in a place.
    PropertyPartyId = "propertyparty",
    /// A decision about a party's part in a place.
    PropertyPartyDecisionId = "partydecision",
    /// A code for whoever lost their authenticator.
    RecoveryCodeId = "recoverycode",
    /// A case, or a question about it, handed to somebody.
    ReferralId = "referral",
    /// A line of a feed that could not be read.
    RejectedRowId = "rejected",
    /// That the city attorney confirmed a remedy.
    RemedyConfirmationId = "confirmation",
    /// A time in which the clock of a first look at a place stood still.
    ResponsePauseId = "pause",
    /// An authenticator that somebody signs in with.
    SecondFactorId = "secondfactor",
    /// A person's signed-in browser.
    SessionId = "session",
    /// A member of staff.
    StaffId = "staff",
    /// Who holds which seat of which team, and when.
    TeamSeatId = "seat",
    /// Who lives at the place of a case.
    TenantImpactId = "tenantimpact",
    /// What stands on record against a title.
    TitleRecordingId = "recording",
    /// A violation found by an inspection.
    ViolationId = "violation",
}

impl CallId {
    /// A new id for a call that happened then: calls are kept by the month that their ids tell.
    #[must_use]
    pub fn at(moment: DateTimeUtc) -> Self {
        let seconds = u64::try_from(moment.timestamp()).unwrap_or_default();
        Self(Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, moment.timestamp_subsec_nanos())))
    }

    /// When the call happened, as it was first told, to the millisecond. Ids from before calls were kept by month tell
    /// when it was recorded.
    #[must_use]
    pub fn moment(self) -> DateTimeUtc {
        let milliseconds = self.0.as_u128() >> 80;
        i64::try_from(milliseconds).ok().and_then(DateTimeUtc::from_timestamp_millis).unwrap_or_default()
    }
}
