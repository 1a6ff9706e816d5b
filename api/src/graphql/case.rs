//! Cases as clients see them, and the questions about them.

use std::sync::Arc;

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::{
    case::{self, CaseOutcome, CasePriority, CaseSource, CaseStage, SaraPhase},
    case_event::CaseEventKind,
    case_kind::CaseKind,
    id::{CaseId, PartyId, ViolationId},
    letter::LetterKind,
};

use super::{
    at_once::{AllAtOnce, AtOnce},
    call_comparison::{CallComparison, ComparisonOf},
    call_loaders::FlagOfCase,
    case_event::{CaseEvent, CaseEventConnection},
    context::Ask,
    cost::CostLedger,
    court_order::TenantImpact,
    deadline::Deadline,
    evidence::{Evidence, EvidenceConnection},
    flag::Flag,
    flag_evidence::{CaseFlagEvidence, evidence_of},
    inspection::{Inspection, InspectionConnection},
    legal_action::LegalAction,
    letter::DraftOf,
    litigation_hold::LitigationHold,
    loaders::{
        DeadlinesOf, KindsOf, LegalActionsOf, LitigationHoldsOf, NoticesOf, RecentNotesOf, ReferralsOf,
        TenantImpactsOf, ViolationsOf,
    },
    notice::Notice,
    page::{connection, cost},
    property::Property,
    referral::Referral,
    response::ResponseTarget,
    scalars::{Date, Money},
    staff::{District, StaffMember, staff_by_id},
    stage_option::{StageOption, stage_options},
    suggested_remedy::{SuggestedRemedy, suggested},
    violation::Violation,
};
use crate::{
    domain::case_stage,
    error::{Error, Result},
    reads::{self, cases::CaseRow, page::Window},
};

/// One place, its problem, and the three professions that work it together.
#[derive(Clone)]
pub struct Case(Arc<CaseRow>);

impl From<CaseRow> for Case {
    fn from(row: CaseRow) -> Self {
        Self(Arc::new(row))
    }
}

impl From<Arc<CaseRow>> for Case {
    fn from(row: Arc<CaseRow>) -> Self {
        Self(row)
    }
}

impl From<case::Model> for Case {
    fn from(row: case::Model) -> Self {
        CaseRow::from(row).into()
    }
}

/// One place, its problem, and the three professions that work it together.
#[Object]
impl Case {
    /// Opaque.
    pub async fn id(&self) -> CaseId {
        self.0.case.id
    }

    /// The number people use, such as `JFN-2026-000123`.
    async fn number(&self) -> &str {
        &self.0.case.number
    }

    /// Rises with every edit of the case itself; send it back as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.case.version
    }

    /// What it is called.
    async fn title(&self) -> &str {
        &self.0.case.title
    }

    /// What was reported.
    async fn description(&self) -> Option<&str> {
        self.0.case.description.as_deref()
    }

    /// What it is about; the first is the primary kind.
    async fn kinds(&self, ctx: &Context<'_>) -> Result<Vec<CaseKind>> {
        let rows = ctx.loaders()?.load_one(KindsOf(self.0.case.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|row| row.kind).collect())
    }

    /// Where it stands.
    async fn stage(&self) -> CaseStage {
        self.0.case.stage
    }

    /// The phase of problem-oriented policing that the stage belongs to.
    async fn sara_phase(&self) -> SaraPhase {
        case_stage::sara_phase(self.0.case.stage)
    }

    /// How urgent it is.
    async fn priority(&self) -> CasePriority {
        self.0.case.priority
    }

    /// Where it came from.
    async fn source(&self) -> CaseSource {
        self.0.case.source
    }

    /// The district whose team works it.
    async fn district(&self, ctx: &Context<'_>) -> Result<AtOnce<District>> {
        let row = ctx.app()?.city.district(self.0.case.district_id);
        row.cloned().map(District).map(AtOnce).ok_or(Error::NotFound("district"))
    }

    /// The place.
    async fn property(&self, ctx: &Context<'_>) -> Result<AtOnce<Property>> {
        let row = match self.0.property.asked() {
            Some(row) => row.map(Property::from),
            None => ctx.loaders()?.load_one(self.0.case.property_id).await?.map(Property::from),
        };
        row.map(AtOnce).ok_or(Error::NotFound("place"))
    }

    /// Who works it; null for nobody in particular.
    async fn assignee(&self, ctx: &Context<'_>) -> Result<Option<AtOnce<StaffMember>>> {
        let row = match self.0.assignee.asked() {
            Some(row) => row.map(StaffMember::from),
            None => staff_by_id(ctx, self.0.case.assignee_id).await?,
        };
        Ok(row.map(AtOnce))
    }

    /// When it was opened.
    async fn opened_at(&self) -> DateTime<Utc> {
        self.0.case.opened_at
    }

    /// Last recorded activity of any kind.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.case.updated_at
    }

    /// When it was closed.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.case.closed_at
    }

    /// How it ended; closed is not complied, the outcome says which.
    async fn outcome(&self) -> Option<CaseOutcome> {
        self.0.case.outcome
    }

    /// The case that covers this one, when it was closed as a duplicate.
    async fn duplicate_of(&self, ctx: &Context<'_>) -> Result<Option<Case>> {
        case_by_id(ctx, self.0.case.duplicate_of_id).await
    }

    /// The day of the next action; every open case has one, null only when closed.
    async fn next_action_on(&self) -> Option<Date> {
        self.0.case.next_action_on.map(Date)
    }

    /// The clock of the first look at its place; null for a case that has none: it was taken from a register that does not
    /// tell of such looks, or opened before there was this clock.
    async fn response_target(&self, ctx: &Context<'_>) -> Result<Option<ResponseTarget>> {
        ResponseTarget::of(ctx, &self.0.case).await
    }

    /// Its litigation holds, the oldest first; the last one may be in force.
    async fn litigation_holds(&self, ctx: &Context<'_>) -> Result<Vec<LitigationHold>> {
        let holds = ctx.loaders()?.load_one(LitigationHoldsOf(self.0.case.id)).await?;
        Ok(holds.unwrap_or_default().into_iter().map(LitigationHold).collect())
    }

    /// Whole days of the city's calendar since it came to this stage.
    async fn days_in_stage(&self, ctx: &Context<'_>) -> Result<i32> {
        let days = (ctx.today()? - ctx.app()?.city.day_of(self.0.case.stage_since)).num_days();
        Ok(i32::try_from(days).unwrap_or(i32::MAX))
    }

    /// Open, and without recorded activity for the city's stale period.
    async fn is_stale(&self, ctx: &Context<'_>) -> Result<bool> {
        let (app, case) = (ctx.app()?, &self.0.case);
        // Of a day in the past, its end counts.
        let now = app.clock.now();
        let at = ctx.loaders()?.loader().until().map_or(now, |end| end.min(now));
        Ok(case.stage != CaseStage::Closed && case.updated_at < reads::cases::stale_before(app, at))
    }

    /// The earlier case at the same place and of the same kind.
    async fn previous_case(&self, ctx: &Context<'_>) -> Result<Option<Case>> {
        case_by_id(ctx, self.0.case.previous_case_id).await
    }

    /// What inspections found, in the order in which it was found.
    async fn violations(&self, ctx: &Context<'_>) -> Result<Vec<Violation>> {
        let rows = ctx.loaders()?.load_one(ViolationsOf(self.0.case.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Violation).collect())
    }

    /// Inspections of the place for this case, the latest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn inspections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<InspectionConnection> {
        let window = Window::forward(first, after)?;
        let record = ctx.loaders()?.loader().record_of(self.0.case.id)?;
        // Who was to make it then may be another one than today.
        let inspector = record.is_none() && ctx.nodes_want("inspector");
        let with = reads::inspections::With { inspector };
        let (app, viewer, id) = (ctx.app()?, ctx.viewer()?, self.0.case.id);
        let page = reads::inspections::of_case(app, viewer, id, record.as_deref(), &window, with);
        let page = Box::pin(page).await?;
        Ok(InspectionConnection::of(page, Inspection::from))
    }

    /// Notices served, in the order in which they were recorded.
    async fn notices(&self, ctx: &Context<'_>) -> Result<Vec<Notice>> {
        let rows = ctx.loaders()?.load_one(NoticesOf(self.0.case.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Notice).collect())
    }

    /// Where the draft of a letter in this case is, on this server: written from what is recorded when it is fetched, and marked
    /// as a draft on each page; nothing is kept. Null for whoever could not send it, such as the team of another district, and
    /// for an EARLY_WARNING, which belongs to no case.
    async fn letter_draft_url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is; `EarlyWarning.letterUrl` has the draft of an EARLY_WARNING.")]
        kind: LetterKind,
        #[graphql(desc = "Parties of the place; its owners when left out.")] recipient_ids: Option<
            Vec<PartyId>,
        >,
        #[graphql(desc = "By when to comply, or to pay.")] comply_by: Option<Date>,
        #[graphql(desc = "The fine, or what a cost statement asks for; what is unbilled when left out.")]
        amount: Option<Money>,
        #[graphql(desc = "The violations that it names; those that are open when left out.")]
        violation_ids: Option<Vec<ViolationId>>,
    ) -> Result<Option<String>> {
        let case = &self.0.case;
        let about = DraftOf { kind, recipient_ids, comply_by, amount, violation_ids };
        Ok(reads::letters::may_draft(ctx.viewer()?, case, kind).then(|| about.url(case.id)))
    }

    /// Deadlines of the case and of its legal actions, the earliest first.
    async fn deadlines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those not met yet, or only those met.")] open: Option<bool>,
    ) -> Result<Vec<Deadline>> {
        let key = DeadlinesOf { case: self.0.case.id, open };
        let rows = ctx.loaders()?.load_one(key).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Deadline::from).collect())
    }

    /// The latest answer about those who live at the place; null when nobody answered.
    async fn tenant_impact(&self, ctx: &Context<'_>) -> Result<Option<TenantImpact>> {
        let rows = ctx.loaders()?.load_one(TenantImpactsOf(self.0.case.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().next_back().map(TenantImpact))
    }

    /// Evidence, in the order in which it was added; withdrawn pieces among it.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn evidence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<EvidenceConnection> {
        let window = Window::forward(first, after)?;
        let (app, viewer, id) = (ctx.app()?, ctx.viewer()?, self.0.case.id);
        let until = ctx.loaders()?.loader().record_of(id)?.map(|record| record.day.end);
        let page = Box::pin(reads::evidence::of_case(app, viewer, id, until, &window)).await?;
        Ok(EvidenceConnection::of(page, Evidence))
    }

    /// What the city attorney brings in it, in the order in which it was referred.
    async fn legal_actions(&self, ctx: &Context<'_>) -> Result<AllAtOnce<LegalAction>> {
        let rows = ctx.loaders()?.load_one(LegalActionsOf(self.0.case.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(LegalAction::from).collect())
    }

    /// Legal tools that fit its kinds, those of the primary kind first, each with what the case still lacks for it.
    async fn suggested_remedies(&self, ctx: &Context<'_>) -> Result<Vec<SuggestedRemedy>> {
        suggested(ctx, self.0.case.id).await
    }

    /// What it cost the city, what was assessed and what came in.
    async fn costs(&self, ctx: &Context<'_>) -> Result<CostLedger> {
        ctx.loaders()?.loader().record_of(self.0.case.id)?;
        Ok(CostLedger::of(self.0.case.id, self.0.case.property_id))
    }

    /// To whom it, or a question about it, was handed, in the order in which that was done.
    async fn referrals(&self, ctx: &Context<'_>) -> Result<Vec<Referral>> {
        let rows = ctx.loaders()?.load_one(ReferralsOf(self.0.case.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Referral).collect())
    }

    /// The call-volume flag it grew from; null when there is none that the viewer may see.
    async fn flag(&self, ctx: &Context<'_>) -> Result<Option<Flag>> {
        Ok(ctx.loaders()?.load_one(FlagOfCase(self.0.case.id)).await?.map(Flag::from))
    }

    /// Qualifying calls around the first intervention; null before it, and where no feed has told of a call.
    async fn calls_before_and_after(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Days on each side, from 7 to 365.", default = 90)] days: i32,
    ) -> Result<Option<CallComparison>> {
        let found = u32::try_from(days).ok().filter(|days| (7..=365).contains(days));
        let days =
            found.ok_or_else(|| Error::BadInput(format!("`days` is {days}; it must be from 7 to 365.")))?;
        ctx.loaders()?.load_one(ComparisonOf { case: self.0.case.id, days }).await
    }

    /// The calls behind the flag it grew from, as they were when it was opened and as they are now; null when it grew from
    /// none that the viewer may see.
    async fn flag_evidence(&self, ctx: &Context<'_>) -> Result<Option<CaseFlagEvidence>> {
        evidence_of(ctx, self.0.case.id).await
    }

    /// The timeline, newest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "Only entries of these kinds.")] kinds: Option<Vec<CaseEventKind>>,
    ) -> Result<CaseEventConnection> {
        let window = Window::forward(first, after)?;
        let (app, viewer, id) = (ctx.app()?, ctx.viewer()?, self.0.case.id);
        let until = ctx.loaders()?.loader().record_of(id)?.map(|record| record.day.end);
        let page = Box::pin(reads::case_events::of_case(app, viewer, id, kinds, until, &window)).await?;
        Ok(CaseEventConnection::of(page, CaseEvent::from))
    }

    /// The newest notes.
    #[graphql(complexity = "cost(Some(first), child_complexity)")]
    async fn recent_notes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 25.", default = 5)] first: i32,
    ) -> Result<AllAtOnce<CaseEvent>> {
        if !(1..=25).contains(&first) {
            return Err(Error::BadInput(format!("`first` is {first}; it must be from 1 to 25.")));
        }
        ctx.loaders()?.loader().record_of(self.0.case.id)?;
        let key = RecentNotesOf { case: self.0.case.id, first };
        let notes = ctx.loaders()?.load_one(key).await?.unwrap_or_default();
        Ok(notes.into_iter().map(CaseEvent).collect())
    }

    /// What this viewer may do now, and what blocks the rest.
    async fn allowed_transitions(&self, ctx: &Context<'_>) -> Result<Vec<StageOption>> {
        stage_options(ctx, &self.0.case).await
    }
}

connection!(CaseConnection, CaseEdge, Case, "cases");

/// The case behind an id, if there is one and the viewer may see it.
pub async fn case_by_id(ctx: &Context<'_>, id: Option<CaseId>) -> Result<Option<Case>> {
    let Some(id) = id else { return Ok(None) };
    Ok(ctx.loaders()?.load_one(id).await?.map(Case::from))
}
