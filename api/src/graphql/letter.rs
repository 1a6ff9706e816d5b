//! Letters as clients see them.

use std::collections::HashMap;

use async_graphql::{Context, Object, SimpleObject, dataloader::Loader};
use chrono::{DateTime, Utc};
use entity::{
    custody_entry::CustodyAction,
    id::{CaseId, LetterId, NoticeId, PartyId, ViolationId},
    letter::{self, LetterKind},
    letter_custody,
    notice_service::ServiceMethod,
};

use super::{
    case::{Case, case_by_id},
    context::Ask,
    evidence::Evidence,
    loaders::{CustodyOfLetter, Loaders},
    notice::Notice,
    nuisance_rule::NuisanceRule,
    party::Party,
    property::Property,
    scalars::{Date, Money},
    staff::{StaffMember, staff_named},
};
use crate::{
    error::{Error, Result},
    reads,
};

/// A letter that was sent, as it was sent: whatever becomes of its template or of what it told, it stays the same.
#[derive(Clone)]
pub struct Letter(pub letter::Model);

/// A letter that was sent, as it was sent: whatever becomes of its template or of what it told, it stays the same.
#[Object]
impl Letter {
    /// Opaque.
    pub async fn id(&self) -> LetterId {
        self.0.id
    }

    /// What it is.
    async fn kind(&self) -> LetterKind {
        self.0.kind
    }

    /// The place that it is about.
    async fn property(&self, ctx: &Context<'_>) -> Result<Property> {
        let found = ctx.loaders()?.load_one(self.0.property_id).await?;
        found.map(Property::from).ok_or(Error::NotFound("place"))
    }

    /// The case that it belongs to; null for an early warning.
    async fn case(&self, ctx: &Context<'_>) -> Result<Option<Case>> {
        case_by_id(ctx, self.0.case_id).await
    }

    /// The notice whose letter it is; null for an early warning and a 602 letter.
    async fn notice(&self, ctx: &Context<'_>) -> Result<Option<Notice>> {
        let Some(id) = self.0.notice_id else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(Notice))
    }

    /// The rule, in the version of then, that an early warning speaks of; null for every other letter.
    async fn rule(&self, ctx: &Context<'_>) -> Result<Option<NuisanceRule>> {
        let Some(id) = self.0.rule_id else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(NuisanceRule))
    }

    /// Whom it went to; null for the letter of a notice, whose `services` tell.
    async fn recipient(&self, ctx: &Context<'_>) -> Result<Option<Party>> {
        let Some(id) = self.0.party_id else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(Party))
    }

    /// How it went there; null for the letter of a notice, whose `services` tell.
    async fn method(&self) -> Option<ServiceMethod> {
        self.0.method
    }

    /// The day it was sent; of a notice's letter, the day its service was recorded.
    async fn sent_on(&self) -> Date {
        self.0.sent_on.into()
    }

    /// Who sent it.
    async fn sent_by(&self, ctx: &Context<'_>) -> Result<StaffMember> {
        staff_named(ctx, self.0.sent_by).await
    }

    /// When the server learned of it and kept it.
    async fn sent_at(&self) -> DateTime<Utc> {
        self.0.sent_at
    }

    /// SHA-256 of its file in lower-case hex, checked whenever it is shown.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// Where it is, on this server, as it was sent; looking at it makes an entry in the custody log.
    async fn url(&self) -> String {
        format!("/letters/{}", self.0.id)
    }

    /// The evidence of the case that its file is; null for an early warning, which is kept outside of cases.
    async fn evidence(&self, ctx: &Context<'_>) -> Result<Option<Evidence>> {
        let Some(id) = self.0.evidence_id else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(Evidence))
    }

    /// Who handled an early warning, in the order in which they did; of other letters `evidence` tells.
    async fn custody(&self, ctx: &Context<'_>) -> Result<Vec<LetterCustody>> {
        let rows = ctx.loaders()?.load_one(CustodyOfLetter(self.0.id)).await?.unwrap_or_default();
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            entries.push(LetterCustody::of(ctx, row).await?);
        }
        Ok(entries)
    }
}

/// One entry of the custody log of an early warning; never changed once written.
#[derive(SimpleObject)]
pub struct LetterCustody {
    /// What was done with it.
    action: CustodyAction,
    /// When.
    at: DateTime<Utc>,
    /// By whom.
    by: StaffMember,
    /// SHA-256 of the file that was handled, in lower-case hex.
    sha256: String,
}

impl LetterCustody {
    async fn of(ctx: &Context<'_>, row: letter_custody::Model) -> Result<Self> {
        let by = staff_named(ctx, row.staff_id).await?;
        Ok(Self { action: row.action, at: row.at, by, sha256: row.sha256 })
    }
}

/// The letter of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LetterOf(pub NoticeId);

impl Loader<LetterOf> for Loaders {
    type Value = letter::Model;
    type Error = Error;
    async fn load(&self, keys: &[LetterOf]) -> Result<HashMap<LetterOf, Self::Value>> {
        let ids: Vec<NoticeId> = keys.iter().map(|key| key.0).collect();
        let rows = self.past(reads::letters::of_notices(&self.app, &self.viewer, &ids).await?)?;
        Ok(rows.into_iter().filter_map(|row| Some((LetterOf(row.notice_id?), row))).collect())
    }
}

/// What a draft is about.
pub struct DraftOf {
    pub kind: LetterKind,
    pub recipient_ids: Option<Vec<PartyId>>,
    pub comply_by: Option<Date>,
    pub amount: Option<Money>,
    pub violation_ids: Option<Vec<ViolationId>>,
}

impl DraftOf {
    /// Where the draft is for a case.
    pub fn url(self, case: CaseId) -> String {
        let mut url = format!("/cases/{case}/letter?kind={}", self.kind);
        let mut list = |name: &str, ids: Vec<String>| {
            if !ids.is_empty() {
                url.push_str(&format!("&{name}={}", ids.join(",")));
            }
        };
        list("to", self.recipient_ids.into_iter().flatten().map(|id| id.to_string()).collect());
        list("violations", self.violation_ids.into_iter().flatten().map(|id| id.to_string()).collect());
        list("complyBy", self.comply_by.into_iter().map(|day| day.0.to_string()).collect());
        list("amountCents", self.amount.into_iter().map(|amount| amount.cents.to_string()).collect());
        url
    }
}
