//! Legal actions as clients see them.

use std::sync::Arc;

use async_graphql::{Context, Lookahead, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    id::LegalActionId,
    legal_action::{self, LegalActionKind, LegalActionStatus},
    legal_action_status_change as status_change,
};

use super::{
    at_once::AtOnce,
    case::Case,
    context::Ask,
    court_order::{CourtOrder, TitleRecording},
    deadline::Deadline,
    errors::{UserError, user_errors},
    hearing::Hearing,
    loaders::{
        DeadlinesOfAction, DefendantsOf, HearingsOf, NextHearingOf, OrdersOf, RecordingsOf, StepFactsOf,
        StepsOf,
    },
    page::connection,
    party::Party,
    remedy::Remedy,
    scalars::{Date, Money},
    staff::{StaffMember, staff_by_id, staff_named},
    suggested_remedy::MissingFact,
};
use crate::{
    authz::Action,
    domain::{
        self,
        legal_requirement::missing,
        legal_step::{self, Step},
        refusal::Code,
    },
    error::{Error, Result},
    reads::{
        cases,
        legal_actions::{ActionRow, With},
    },
};

/// One legal action in a case; a case may have several side by side, each with its own status.
#[derive(Clone)]
pub struct LegalAction(Arc<ActionRow>);

impl From<ActionRow> for LegalAction {
    fn from(row: ActionRow) -> Self {
        Self(Arc::new(row))
    }
}

impl From<Arc<ActionRow>> for LegalAction {
    fn from(row: Arc<ActionRow>) -> Self {
        Self(row)
    }
}

impl From<legal_action::Model> for LegalAction {
    fn from(row: legal_action::Model) -> Self {
        ActionRow::from(row).into()
    }
}

/// One legal action in a case; a case may have several side by side, each with its own status.
#[Object]
impl LegalAction {
    /// Opaque.
    pub async fn id(&self) -> LegalActionId {
        self.0.action.id
    }

    /// Rises with every step; send it back as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.action.version
    }

    /// The case it was brought in.
    async fn case(&self, ctx: &Context<'_>) -> Result<AtOnce<Case>> {
        let row = match self.0.case.asked() {
            Some(row) => row.map(Case::from),
            None => ctx.loaders()?.load_one(self.0.action.case_id).await?.map(Case::from),
        };
        row.map(AtOnce).ok_or(Error::NotFound("case"))
    }

    /// What sort of legal action it is.
    async fn kind(&self) -> LegalActionKind {
        self.0.action.kind
    }

    /// The legal tool whose steps it follows.
    async fn remedy(&self, ctx: &Context<'_>) -> Result<Remedy> {
        self.known_remedy(ctx)
    }

    /// Where it stands.
    async fn status(&self) -> LegalActionStatus {
        self.0.action.status
    }

    /// When it came to stand there: the moment a step was recorded on its own day, or the beginning of an earlier day
    /// that was stated.
    async fn status_since(&self, ctx: &Context<'_>) -> Result<DateTime<Utc>> {
        let loaders = ctx.loaders()?;
        let Some(record) = &loaders.loader().record else { return Ok(self.0.action.status_since) };
        let mut steps = loaders.load_one(StepsOf(self.0.action.id)).await?.unwrap_or_default();
        steps.sort_by_key(|step| (step.recorded_at, step.id));
        let since = domain::as_of::status_since(&steps, record.day.zone);
        since.ok_or_else(|| Error::Internal("a legal action without a step".to_owned()))
    }

    /// Whether it has ended.
    async fn is_final(&self) -> bool {
        self.0.action.is_final
    }

    /// The court.
    async fn court(&self) -> Option<&str> {
        self.0.action.court.as_deref()
    }

    /// The number that the court uses for it.
    async fn court_case_number(&self) -> Option<&str> {
        self.0.action.court_case_number.as_deref()
    }

    /// The attorney who held the district's seat when it was referred; null when the seat was vacant.
    async fn responsible_attorney(&self, ctx: &Context<'_>) -> Result<Option<AtOnce<StaffMember>>> {
        let row = match self.0.attorney.asked() {
            Some(row) => row.map(StaffMember::from),
            None => staff_by_id(ctx, self.0.action.responsible_attorney_id).await?,
        };
        Ok(row.map(AtOnce))
    }

    /// The day it was filed or issued.
    async fn filed_on(&self) -> Option<Date> {
        self.0.action.filed_on.map(Date)
    }

    /// The earliest day of an open hearing or deadline; lists of legal actions are sorted by it.
    async fn next_on(&self, ctx: &Context<'_>) -> Result<Option<Date>> {
        let loaders = ctx.loaders()?;
        if loaders.loader().record.is_none() {
            return Ok(self.0.action.next_on.map(Date));
        }
        let key = DeadlinesOfAction { action: self.0.action.id, open: Some(true) };
        let deadlines = loaders.load_one(key).await?.unwrap_or_default();
        let hearing = loaders.load_one(NextHearingOf(self.0.action.id)).await?;
        let days = deadlines.first().map(|deadline| deadline.due_on).into_iter();
        Ok(days.chain(hearing.map(|hearing| hearing.starts_on)).min().map(Date))
    }

    /// The earliest hearing that is still scheduled.
    async fn next_hearing(&self, ctx: &Context<'_>) -> Result<Option<Hearing>> {
        let row = ctx.loaders()?.load_one(NextHearingOf(self.0.action.id)).await?;
        Ok(row.map(Hearing::from))
    }

    /// All hearings, the earliest first.
    async fn hearings(&self, ctx: &Context<'_>) -> Result<Vec<Hearing>> {
        let rows = ctx.loaders()?.load_one(HearingsOf(self.0.action.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Hearing::from).collect())
    }

    /// Whom it is brought against, in the order in which they were named.
    async fn defendants(&self, ctx: &Context<'_>) -> Result<Vec<Party>> {
        let rows = ctx.loaders()?.load_one(DefendantsOf(self.0.action.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|row| Party(row.party)).collect())
    }

    /// What was ordered in it, the oldest first.
    async fn orders(&self, ctx: &Context<'_>) -> Result<Vec<CourtOrder>> {
        let rows = ctx.loaders()?.load_one(OrdersOf(self.0.action.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(CourtOrder).collect())
    }

    /// What it put on record against the title of the place, the oldest first.
    async fn title_recordings(&self, ctx: &Context<'_>) -> Result<Vec<TitleRecording>> {
        let rows = ctx.loaders()?.load_one(RecordingsOf(self.0.action.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(TitleRecording).collect())
    }

    /// Its deadlines, the earliest first.
    async fn deadlines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those not met yet, or only those met.")] open: Option<bool>,
    ) -> Result<Vec<Deadline>> {
        let key = DeadlinesOfAction { action: self.0.action.id, open };
        let rows = ctx.loaders()?.load_one(key).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Deadline::from).collect())
    }

    /// Every step it took, the first one first.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<LegalActionStatusChange>> {
        let rows = ctx.loaders()?.load_one(StepsOf(self.0.action.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(LegalActionStatusChange).collect())
    }

    /// What the city asks for.
    async fn claimed(&self) -> Option<Money> {
        self.0.action.claimed_cents.map(Money::from)
    }

    /// What was awarded or confirmed.
    async fn assessed(&self) -> Option<Money> {
        self.0.action.assessed_cents.map(Money::from)
    }

    /// What was paid.
    async fn collected(&self) -> Option<Money> {
        self.0.action.collected_cents.map(Money::from)
    }

    /// Attorneys' work product; null for everyone but attorneys and the city attorney.
    async fn privileged_notes(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        let may = ctx.viewer()?.may(Action::ReadPrivileged, Some(self.0.action.district_id));
        Ok(self.0.action.privileged_notes.as_deref().filter(|_| may))
    }

    /// The steps that the remedy has from here: which of them this viewer may take today, and what blocks the rest.
    async fn allowed_steps(&self, ctx: &Context<'_>) -> Result<Vec<LegalStepOption>> {
        let action = &self.0.action;
        let remedy = self.known_remedy(ctx)?.current(ctx).await?;
        let viewer = ctx.viewer()?;
        let facts = ctx.loaders()?.load_one(StepFactsOf(action.id)).await?.unwrap_or_default();
        let not_ours = viewer.require(Action::TakeLegalSteps, Some(action.district_id)).err();
        let today = ctx.app()?.today();
        let option = |known: &crate::domain::remedy::RemedyStep| {
            // These three come with the step, so their lack does not show here.
            let given = Some("-");
            let step = Step {
                to: known.to,
                on: today,
                role: viewer.role,
                reason: given,
                court: given,
                court_case_number: given,
            };
            let lacks = |fact| Some(MissingFact::new(fact, missing(&remedy, fact, &step, &facts)?));
            let mut blocks = legal_step::blocks(&remedy, action.status, &step, &facts);
            if !blocks.iter().any(|refusal| refusal.code == Code::NotAllowed) {
                blocks.extend(not_ours.clone());
            }
            LegalStepOption {
                to: known.to,
                allowed: blocks.is_empty(),
                blocked_by: user_errors(blocks),
                missing: known.requires.iter().copied().filter_map(lacks).collect(),
            }
        };
        Ok(remedy.steps_from(Some(action.status)).map(option).collect())
    }
}

impl LegalAction {
    fn known_remedy(&self, ctx: &Context<'_>) -> Result<Remedy> {
        let key = &self.0.action.remedy_key;
        let lost = || Error::Internal(format!("the preset lost the remedy `{key}`"));
        ctx.app()?.city.remedy(key).cloned().map(Remedy).ok_or_else(lost)
    }
}

connection!(LegalActionConnection, LegalActionEdge, LegalAction, "legal actions");

/// A step that a legal action could take.
#[derive(SimpleObject)]
pub struct LegalStepOption {
    /// The status it leads to.
    to: LegalActionStatus,
    /// Whether `legalActionAdvance` would do it today, given the reason, the court and its case number that the remedy
    /// asks for.
    allowed: bool,
    /// What is in the way: the role or district of the viewer, a remedy that is not in force, a waiting period that runs, or
    /// a fact that is not on record; each says what to do about it.
    blocked_by: Vec<UserError>,
    /// Those of the facts that the remedy requires for it which are not on record.
    missing: Vec<MissingFact>,
}

/// One step that a legal action took; never changed once written.
pub struct LegalActionStatusChange(status_change::Model);

/// One step that a legal action took; never changed once written.
#[Object]
impl LegalActionStatusChange {
    /// The status before; null for the referral.
    async fn from(&self) -> Option<LegalActionStatus> {
        self.0.from_status
    }

    /// The status after.
    async fn to(&self) -> LegalActionStatus {
        self.0.to_status
    }

    /// The day it happened, as stated.
    async fn on(&self) -> Date {
        self.0.changed_on.into()
    }

    /// When the server learned it; never settable.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.recorded_at
    }

    /// Who recorded it.
    async fn by(&self, ctx: &Context<'_>) -> Result<StaffMember> {
        staff_named(ctx, self.0.changed_by).await
    }

    /// Why.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
}

/// What to read along with legal actions, so that one statement does; `selections` are those of their fields.
pub fn with(selections: &[Lookahead<'_>]) -> With {
    let wants = |path: &[&str]| selections.iter().any(|selection| goes_down(selection, path));
    With {
        case: wants(&["case"]).then(|| cases::With {
            property: wants(&["case", "property"]),
            assignee: wants(&["case", "assignee"]),
        }),
        attorney: wants(&["responsibleAttorney"]),
    }
}

fn goes_down(selection: &Lookahead<'_>, path: &[&str]) -> bool {
    match path {
        [] => selection.exists(),
        [first, rest @ ..] => goes_down(&selection.field(first), rest),
    }
}
