//! One loader per relation, for what a parent's own statement did not read along.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use async_graphql::dataloader::Loader;
use entity::{
    address_alias, call, call_challenge, case, case_kind, citation_appeal, citation_fine, cost_entry,
    court_order, deadline, deadline_computation, deadline_extension, evidence, feed, flag, flag_event,
    hearing::{self, HearingStatus},
    id::{
        CallChallengeId, CallId, CaseId, CitationAppealId, CostEntryId, CourtOrderId, DeadlineId, DistrictId,
        EvidenceId, FeedId, FlagId, HearingId, InspectionId, LegalActionId, LetterId, NoticeId,
        NuisanceRuleId, PartyId, PropertyId, PropertyPartyId, ReferralId, StaffId, TitleRecordingId,
        ViolationId,
    },
    inspection, legal_action, legal_action_status_change, letter, letter_custody, litigation_hold, notice,
    nuisance_rule, order_violation, party, property, property_party_decision, referral, remedy_confirmation,
    response_pause, staff, tenant_impact, title_recording, violation,
};

use crate::{
    app::App,
    authz::Viewer,
    domain::{as_of::Record, case_stage::Facts, legal_facts},
    error::{Error, Result},
    reads::{
        self,
        case_events::Entry,
        parties::LinkRow,
        teams::{SeatRow, WorkloadRow},
    },
};

/// The loaders of one request; the key's type picks the question.
pub struct Loaders {
    pub app: App,
    pub viewer: Viewer,
    /// What was known on the day that is asked for; none for now.
    pub record: Option<Arc<Record>>,
}

/// A relation to one row: `key => model by function of reads`.
macro_rules! to_one {
    ($($key:ty => $model:ty, $read:path;)+) => {$(
        impl Loader<$key> for Loaders {
            type Value = $model;
            type Error = Error;
            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Self::Value>> {
                let rows = self.past($read(&self.app, &self.viewer, keys).await?)?;
                Ok(rows.into_iter().map(|row| (row.id, row)).collect())
            }
        }
    )+};
}

to_one! {
    CallId => call::Model, reads::calls::by_ids;
    CallChallengeId => call_challenge::Model, reads::challenges::by_ids;
    CostEntryId => cost_entry::Model, reads::costs::by_ids;
    CourtOrderId => court_order::Model, reads::court_orders::by_ids;
    DeadlineId => deadline::Model, reads::deadlines::by_ids;
    EvidenceId => evidence::Model, reads::evidence::by_ids;
    FeedId => feed::Model, reads::feeds::by_ids;
    FlagId => flag::Model, reads::flags::by_ids;
    LetterId => letter::Model, reads::letters::by_ids;
    CitationAppealId => citation_appeal::Model, reads::fines::appeals_by_ids;
    InspectionId => inspection::Model, reads::inspections::by_ids;
    NoticeId => notice::Model, reads::notices::by_ids;
    HearingId => hearing::Model, reads::hearings::by_ids;
    LegalActionId => legal_action::Model, reads::legal_actions::by_ids;
    PartyId => party::Model, reads::parties::by_ids;
    NuisanceRuleId => nuisance_rule::Model, reads::nuisance_rules::by_ids;
    PropertyId => property::Model, reads::properties::by_ids;
    ReferralId => referral::Model, reads::referrals::by_ids;
    StaffId => staff::Model, reads::staff::by_ids;
    TitleRecordingId => title_recording::Model, reads::court_orders::recordings_by_ids;
    ViolationId => violation::Model, reads::violations::by_ids;
}

impl Loader<CaseId> for Loaders {
    type Value = case::Model;
    type Error = Error;
    async fn load(&self, keys: &[CaseId]) -> Result<HashMap<CaseId, case::Model>> {
        let mut rows = reads::cases::by_ids(&self.app, &self.viewer, keys).await?;
        if let Some(record) = &self.record {
            let known = reads::as_of::cases(&self.app, &self.viewer, rows, record.day).await?;
            rows = known.into_iter().map(|(case, _)| case).collect();
        }
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

/// A relation to many rows: `Key(parent) => rows by function of reads, grouped by column`.
macro_rules! to_many {
    ($($(#[$meta:meta])* $key:ident($parent:ty) => $row:ty, $read:path, $column:ident;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $key(pub $parent);

        impl Loader<$key> for Loaders {
            type Value = Vec<$row>;
            type Error = Error;
            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Self::Value>> {
                let parents: Vec<$parent> = keys.iter().map(|key| key.0).collect();
                let rows = self.past($read(&self.app, &self.viewer, &parents).await?)?;
                Ok(grouped(rows, |row| $key(row.$column)))
            }
        }
    )+};
}

to_many! {
    /// Letters about a place, in the order in which they were sent.
    LettersAt(PropertyId) => letter::Model, reads::letters::at_places, property_id;
    /// Who handled an early warning, in the order in which they did.
    CustodyOfLetter(LetterId) => letter_custody::Model, reads::letters::custody_of, letter_id;
    /// Hearings of a legal action, the earliest first.
    HearingsOf(LegalActionId) => hearing::Model, reads::hearings::of_actions, legal_action_id;
    /// Calls that a flag lists, in order of time.
    CallsOfFlag(FlagId) => reads::flags::ListedCall, reads::flags::calls_of, flag_id;
    /// Challenges of a call, the oldest first.
    ChallengesOfCall(CallId) => call_challenge::Model, reads::challenges::of_calls, call_id;
    /// Challenges of the calls at a place, the newest first.
    ChallengesAt(PropertyId) => call_challenge::Model, reads::challenges::at_places, property_id;
    /// The appeal of a citation, if there is one.
    AppealsOf(NoticeId) => citation_appeal::Model, reads::fines::appeals_of, notice_id;
    /// What a citation asks for each section.
    FinesOf(NoticeId) => citation_fine::Model, reads::fines::of_notices, notice_id;
    /// Entries of the ledger that belong to the fine of a citation, in the order in which they were recorded.
    FineEntriesOf(NoticeId) => reads::fines::FineEntry, reads::fines::entries_of, notice_id;
    /// Litigation holds of a case, the oldest first.
    LitigationHoldsOf(CaseId) => litigation_hold::Model, reads::litigation_holds::of_cases, case_id;
    /// When and why the clock of the first look at a case's place stood still, in order.
    ResponsePausesOf(CaseId) => response_pause::Model, reads::responses::pauses_of, case_id;
    /// Orders in a legal action, the oldest first.
    OrdersOf(LegalActionId) => court_order::Model, reads::court_orders::of_actions, legal_action_id;
    /// Violations of an order, the oldest first.
    ViolationsOfOrder(CourtOrderId) => order_violation::Model, reads::court_orders::violations_of, court_order_id;
    /// Defendants of a legal action, in the order in which they were named.
    DefendantsOf(LegalActionId) => reads::court_orders::DefendantRow, reads::court_orders::defendants_of, legal_action_id;
    /// What a legal action put on record against a title, the oldest first.
    RecordingsOf(LegalActionId) => title_recording::Model, reads::court_orders::recordings_of, legal_action_id;
    /// Answers about those who live at the place of a case, the oldest first.
    TenantImpactsOf(CaseId) => tenant_impact::Model, reads::court_orders::tenant_impacts_of, case_id;
    /// Every count of a deadline, the first one first.
    CountsOf(DeadlineId) => deadline_computation::Model, reads::deadline_changes::computations_of, deadline_id;
    /// Moves of a deadline, the first one first.
    ExtensionsOf(DeadlineId) => deadline_extension::Model, reads::deadline_changes::extensions_of, deadline_id;
    /// What became of a flag, in the order in which it happened.
    HistoryOf(FlagId) => flag_event::Model, reads::flag_history::of_flags, flag_id;
    /// What was added at an inspection, in the order in which it was added.
    EvidenceOf(InspectionId) => reads::evidence::Inspected, reads::evidence::of_inspections, inspection_id;
    /// Kinds of a case, the primary one first.
    KindsOf(CaseId) => case_kind::Model, reads::cases::kinds_of, case_id;
    /// Notices of a case, in the order in which they were recorded.
    NoticesOf(CaseId) => notice::Model, reads::notices::of_cases, case_id;
    /// Services of a notice, with their recipients, as they were stated.
    ServicesOf(NoticeId) => reads::notices::ServiceRow, reads::notices::services_of_notices, notice_id;
    /// Violations that an inspection found.
    ViolationsFoundBy(InspectionId) => violation::Model, reads::violations::of_inspections, inspection_id;
    /// Violations that a notice names.
    ViolationsNamedBy(NoticeId) => reads::violations::NamedRow, reads::violations::of_notices, notice_id;
    /// Violations of a case, in the order in which they were found.
    ViolationsOf(CaseId) => violation::Model, reads::violations::of_cases, case_id;
    /// Legal actions of a case, in the order in which they were referred.
    LegalActionsOf(CaseId) => legal_action::Model, reads::legal_actions::of_cases, case_id;
    /// Hand-offs of a case, in the order in which they were made.
    ReferralsOf(CaseId) => referral::Model, reads::referrals::of_cases, case_id;
    /// Steps that a legal action took, the first one first.
    StepsOf(LegalActionId) => legal_action_status_change::Model, reads::legal_actions::steps_of, legal_action_id;
    /// The other addresses of a place, by their text.
    AliasesOf(PropertyId) => address_alias::Model, reads::properties::aliases_of, property_id;
    /// Decisions about a party's part in a place, newest first.
    DecisionsOf(PropertyPartyId) => property_party_decision::Model, reads::parties::decisions_of, property_party_id;
    /// Everybody's part in a place, in the order in which they were linked.
    PartiesOf(PropertyId) => LinkRow, reads::parties::of_places, property_id;
    /// Every time in a seat of a district's team, newest first.
    SeatsOf(DistrictId) => SeatRow, reads::teams::seats_of, district_id;
    /// Every time somebody held a seat, newest first.
    SeatsOfMember(StaffId) => SeatRow, reads::teams::seats_of_members, staff_id;
    /// What the present members of a district's team have to do.
    WorkloadOf(DistrictId) => WorkloadRow, reads::teams::workload_of, district_id;
}

/// What the stage machine knows of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FactsOf(pub CaseId);

impl Loader<FactsOf> for Loaders {
    type Value = Facts;
    type Error = Error;
    async fn load(&self, keys: &[FactsOf]) -> Result<HashMap<FactsOf, Facts>> {
        self.only_now("what the next stage rests on")?;
        let ids: Vec<CaseId> = keys.iter().map(|key| key.0).collect();
        let facts = reads::case_facts::of(&self.app.db, &ids, self.app.today()).await?;
        Ok(facts.into_iter().map(|(id, facts)| (FactsOf(id), facts)).collect())
    }
}

/// Deadlines of a case: open ones, met ones or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeadlinesOf {
    pub case: CaseId,
    pub open: Option<bool>,
}

impl Loader<DeadlinesOf> for Loaders {
    type Value = Vec<deadline::Model>;
    type Error = Error;
    async fn load(&self, keys: &[DeadlinesOf]) -> Result<HashMap<DeadlinesOf, Self::Value>> {
        let mut found = HashMap::new();
        for (open, cases) in grouped(keys.to_vec(), |key| key.open) {
            let ids: Vec<CaseId> = cases.into_iter().map(|key| key.case).collect();
            let rows = match self.record {
                // Which of them were open is known once they are as they were.
                Some(_) => {
                    let rows = reads::deadlines::of_cases(&self.app, &self.viewer, &ids, None).await?;
                    opened(self.past(rows)?, open)
                }
                None => reads::deadlines::of_cases(&self.app, &self.viewer, &ids, open).await?,
            };
            found.extend(grouped(rows, |row| DeadlinesOf { case: row.case_id, open }));
        }
        Ok(found)
    }
}

/// What the next step of a legal action rests on, today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StepFactsOf(pub LegalActionId);

impl Loader<StepFactsOf> for Loaders {
    type Value = legal_facts::Facts;
    type Error = Error;
    async fn load(&self, keys: &[StepFactsOf]) -> Result<HashMap<StepFactsOf, legal_facts::Facts>> {
        self.only_now("what the next step rests on")?;
        let ids: Vec<LegalActionId> = keys.iter().map(|key| key.0).collect();
        let facts = reads::legal_step_facts::of(&self.app.db, &self.app.city, &ids, self.app.today()).await?;
        Ok(facts.into_iter().map(|(id, facts)| (StepFactsOf(id), facts)).collect())
    }
}

/// What is on record of a case that the steps of its legal actions rest on, today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecordOf(pub CaseId);

impl Loader<RecordOf> for Loaders {
    type Value = legal_facts::Facts;
    type Error = Error;
    async fn load(&self, keys: &[RecordOf]) -> Result<HashMap<RecordOf, legal_facts::Facts>> {
        self.only_now("what the steps of legal actions rest on")?;
        let ids: Vec<CaseId> = keys.iter().map(|key| key.0).collect();
        let facts = reads::case_record::of(&self.app.db, &self.app.city, &ids, self.app.today()).await?;
        Ok(facts.into_iter().map(|(id, facts)| (RecordOf(id), facts)).collect())
    }
}

/// The hearings that the attorney of a hearing cannot be at as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConflictsOf(pub HearingId);

impl Loader<ConflictsOf> for Loaders {
    type Value = Vec<hearing::Model>;
    type Error = Error;
    async fn load(&self, keys: &[ConflictsOf]) -> Result<HashMap<ConflictsOf, Self::Value>> {
        self.only_now("the conflict of a hearing")?;
        let ids: Vec<HearingId> = keys.iter().map(|key| key.0).collect();
        let rows = reads::hearing_conflicts::of_hearings(&self.app, &self.viewer, &ids).await?;
        Ok(rows.into_iter().map(|(id, rows)| (ConflictsOf(id), rows)).collect())
    }
}

/// The hearing that went on as another one, by the id of the latter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContinuedInto(pub HearingId);

impl Loader<ContinuedInto> for Loaders {
    type Value = hearing::Model;
    type Error = Error;
    async fn load(&self, keys: &[ContinuedInto]) -> Result<HashMap<ContinuedInto, Self::Value>> {
        let ids: Vec<HearingId> = keys.iter().map(|key| key.0).collect();
        let rows = reads::hearing_conflicts::continued_into(&self.app, &self.viewer, &ids).await?;
        let rows = self.past(rows.into_values().collect())?;
        Ok(rows.into_iter().filter_map(|row| Some((ContinuedInto(row.continued_to_id?), row))).collect())
    }
}

/// The city attorney's confirmation of a remedy, by the remedy's key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConfirmationOf(pub String);

impl Loader<ConfirmationOf> for Loaders {
    type Value = remedy_confirmation::Model;
    type Error = Error;
    async fn load(&self, keys: &[ConfirmationOf]) -> Result<HashMap<ConfirmationOf, Self::Value>> {
        self.only_now("the confirmation of a remedy")?;
        let keys: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let rows = reads::remedies::confirmations(&self.app.db, &keys).await?;
        Ok(rows.into_iter().map(|(key, row)| (ConfirmationOf(key), row)).collect())
    }
}

/// The earliest hearing of a legal action that is still scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NextHearingOf(pub LegalActionId);

impl Loader<NextHearingOf> for Loaders {
    type Value = hearing::Model;
    type Error = Error;
    async fn load(&self, keys: &[NextHearingOf]) -> Result<HashMap<NextHearingOf, hearing::Model>> {
        let ids: Vec<LegalActionId> = keys.iter().map(|key| key.0).collect();
        if self.record.is_none() {
            let rows = reads::hearings::next_of(&self.app, &self.viewer, &ids).await?;
            return Ok(rows.into_iter().map(|row| (NextHearingOf(row.legal_action_id), row)).collect());
        }
        let rows = self.past(reads::hearings::of_actions(&self.app, &self.viewer, &ids).await?)?;
        let mut found = HashMap::new();
        for row in rows.into_iter().filter(|row| row.status == HearingStatus::Scheduled) {
            found.entry(NextHearingOf(row.legal_action_id)).or_insert(row);
        }
        Ok(found)
    }
}

/// Deadlines of a legal action: open ones, met ones or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeadlinesOfAction {
    pub action: LegalActionId,
    pub open: Option<bool>,
}

impl Loader<DeadlinesOfAction> for Loaders {
    type Value = Vec<deadline::Model>;
    type Error = Error;
    async fn load(&self, keys: &[DeadlinesOfAction]) -> Result<HashMap<DeadlinesOfAction, Self::Value>> {
        let mut found: HashMap<DeadlinesOfAction, Self::Value> = HashMap::new();
        for (open, actions) in grouped(keys.to_vec(), |key| key.open) {
            let ids: Vec<LegalActionId> = actions.into_iter().map(|key| key.action).collect();
            let rows = match self.record {
                Some(_) => {
                    let rows = reads::deadlines::of_actions(&self.app, &self.viewer, &ids, None).await?;
                    opened(self.past(rows)?, open)
                }
                None => reads::deadlines::of_actions(&self.app, &self.viewer, &ids, open).await?,
            };
            for row in rows {
                let Some(action) = row.legal_action_id else { continue };
                found.entry(DeadlinesOfAction { action, open }).or_default().push(row);
            }
        }
        Ok(found)
    }
}

fn opened(mut rows: Vec<deadline::Model>, open: Option<bool>) -> Vec<deadline::Model> {
    rows.retain(|row| open.is_none_or(|open| row.completed_on.is_none() == open));
    rows
}

/// The newest notes of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecentNotesOf {
    pub case: CaseId,
    pub first: i32,
}

impl Loader<RecentNotesOf> for Loaders {
    type Value = Vec<Arc<Entry>>;
    type Error = Error;
    async fn load(&self, keys: &[RecentNotesOf]) -> Result<HashMap<RecentNotesOf, Self::Value>> {
        let mut found = HashMap::new();
        // Every parent of one field asks for the same number, so this is one statement in practice.
        for (first, cases) in grouped(keys.to_vec(), |key| key.first) {
            let ids: Vec<CaseId> = cases.into_iter().map(|key| key.case).collect();
            let until = self.until();
            let notes =
                reads::case_events::recent_notes_of(&self.app, &self.viewer, &ids, first, until).await?;
            found.extend(grouped(notes, |note| RecentNotesOf { case: note.case_id, first }));
        }
        Ok(found)
    }
}

fn grouped<K: Eq + Hash, V>(rows: Vec<V>, key: impl Fn(&V) -> K) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}
