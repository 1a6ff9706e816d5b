//! Remedies as clients see them: the legal tools of the city and their steps.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    case_kind::CaseKind,
    court_order::CourtOrderKind,
    legal_action::{LegalActionKind, LegalActionStatus},
    notice::NoticeKind,
    notice_service::ServiceMethod,
    remedy_confirmation,
    staff::StaffRole,
};

use super::{
    context::Ask,
    errors::{UserError, settle, user_errors},
    loaders::ConfirmationOf,
    scalars::Date,
    staff::{StaffMember, staff_named},
};
use crate::{
    authz::Action,
    domain::{legal_requirement, remedy},
    error::Result,
    reads::remedies::confirmations,
    writes,
};

/// A legal tool of the city, with its source and its steps; data of the city's preset, not legal advice.
pub struct Remedy(pub remedy::Remedy);

/// A legal tool of the city, with its source and its steps; data of the city's preset, not legal advice.
#[Object]
impl Remedy {
    /// What `legalActionRefer` takes.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// What sort of legal action it makes; several remedies may share one.
    async fn kind(&self) -> LegalActionKind {
        self.0.kind
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The law it rests on.
    async fn statute(&self) -> &str {
        &self.0.citation
    }

    /// Kinds of cases it fits; it may be referred in others.
    async fn fits(&self) -> &[CaseKind] {
        &self.0.fits
    }

    /// The first day of the power, where it is known.
    async fn valid_from(&self) -> Option<Date> {
        self.0.valid_from.map(Date)
    }

    /// The first day without the power; null while no end is set. Of a remedy that the city attorney confirmed, the end
    /// that the confirmation names.
    async fn valid_to(&self, ctx: &Context<'_>) -> Result<Option<Date>> {
        Ok(self.current(ctx).await?.valid_to.map(Date))
    }

    /// Whether the city uses it; otherwise it is shown and explained, but cannot be referred until the city attorney
    /// confirms it with `remedyConfirm`.
    async fn enabled(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.current(ctx).await?.enabled)
    }

    /// Why it is not enabled by the city's preset; stands also when it was confirmed since.
    async fn disabled_reason(&self) -> Option<&str> {
        self.0.disabled_reason.as_deref()
    }

    /// The city attorney's latest confirmation; null for what nobody confirmed.
    async fn confirmation(&self, ctx: &Context<'_>) -> Result<Option<RemedyConfirmation>> {
        Ok(self.latest_confirmation(ctx).await?.map(RemedyConfirmation))
    }

    /// Whether some of it rests on what nobody has compared with the law in force.
    async fn confirm_with_counsel(&self) -> bool {
        self.0.confirm_with_counsel
    }

    /// What to know before using it.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// Where the facts that its steps require are looked for.
    async fn grounds(&self) -> RemedyGrounds {
        (&self.0.grounds).into()
    }

    /// The steps, from the referral to every end.
    async fn steps(&self) -> Vec<RemedyStep> {
        self.0.steps.iter().map(Into::into).collect()
    }

    /// Its own milestones under the common statuses, as orders to record with `courtOrderRecord`.
    async fn orders(&self) -> Vec<RemedyOrder> {
        self.0.orders.iter().map(Into::into).collect()
    }
}

impl Remedy {
    /// As it stands now: what the preset says, and what the city attorney confirmed since.
    pub async fn current(&self, ctx: &Context<'_>) -> Result<remedy::Remedy> {
        // What the preset enables without an end needs nobody's confirmation.
        if self.0.enabled && self.0.valid_to.is_none() {
            return Ok(self.0.clone());
        }
        Ok(match self.latest_confirmation(ctx).await? {
            Some(row) => self.0.clone().confirmed(row.valid_to),
            None => self.0.clone(),
        })
    }

    async fn latest_confirmation(&self, ctx: &Context<'_>) -> Result<Option<remedy_confirmation::Model>> {
        ctx.loaders()?.load_one(ConfirmationOf(self.0.key.clone())).await
    }
}

/// That the city attorney confirmed a remedy which the preset does not enable; never changed once written.
pub struct RemedyConfirmation(remedy_confirmation::Model);

/// That the city attorney confirmed a remedy which the preset does not enable; never changed once written.
#[Object]
impl RemedyConfirmation {
    /// Why, such as the statute that extended it.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The first day without the power again; null when none is known.
    async fn valid_to(&self) -> Option<Date> {
        self.0.valid_to.map(Date)
    }

    /// Who confirmed it.
    async fn by(&self, ctx: &Context<'_>) -> Result<StaffMember> {
        staff_named(ctx, self.0.confirmed_by).await
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.confirmed_at
    }
}

/// An order that a remedy has, and when it comes.
#[derive(SimpleObject)]
pub struct RemedyOrder {
    /// What `courtOrderRecord` takes.
    kind: CourtOrderKind,
    /// What the statute or the practice calls it.
    name: String,
    /// The statuses of the action under which it is made.
    during: Vec<LegalActionStatus>,
    /// The order that has to be on record before it.
    after: Option<CourtOrderKind>,
    /// Whether the violation of an earlier order in the action has to be on record.
    needs_violation: bool,
    /// Whether it is a paper that shows that what was ordered was done (`compliance_verified`).
    shows_compliance: bool,
    /// Keys of `deadlineRules` that count from its day.
    starts: Vec<String>,
}

impl From<&remedy::RemedyOrder> for RemedyOrder {
    fn from(order: &remedy::RemedyOrder) -> Self {
        Self {
            kind: order.kind,
            name: order.name.clone(),
            during: order.during.clone(),
            after: order.after,
            needs_violation: order.needs_violation,
            shows_compliance: order.shows_compliance,
            starts: order.starts.clone(),
        }
    }
}

/// What a remedy rests on: where the facts that its steps require are looked for.
#[derive(SimpleObject)]
pub struct RemedyGrounds {
    /// The kinds of notices that it builds on; one of them has to be served in the case (`served_notice`).
    notices: Vec<NoticeKind>,
    /// Keys of `deadlineRules` whose clocks, running in the case, stand for such a notice.
    waits: Vec<String>,
    /// The kinds of notices that are the instrument itself, whose service is its `proof_of_service`; LEGAL_PAPERS of the
    /// action always are.
    serves: Vec<NoticeKind>,
    /// The ways in which notice of a lien or assessment is served (`lien_notice`).
    lien_notice_by: Vec<ServiceMethod>,
    /// The days within which there has to be an earlier response to the place (`earlier_response`).
    response_window_days: Option<i32>,
}

impl From<&remedy::RemedyGrounds> for RemedyGrounds {
    fn from(grounds: &remedy::RemedyGrounds) -> Self {
        Self {
            notices: grounds.notices.clone(),
            waits: grounds.waits.clone(),
            serves: grounds.serves.clone(),
            lien_notice_by: grounds.lien_notice_by.clone(),
            response_window_days: grounds.response_window_days.and_then(|days| days.try_into().ok()),
        }
    }
}

/// One step of a remedy.
#[derive(SimpleObject)]
pub struct RemedyStep {
    /// The status before; null at the start.
    from: Option<LegalActionStatus>,
    /// The status after.
    to: LegalActionStatus,
    /// Who may take it, if their role may also act on legal actions in that district: REFERRED is open to the
    /// district's team, every other step to its attorney and the city attorney.
    actors: Vec<StaffRole>,
    /// Facts that have to be on record first; the server refuses the step without them. Besides, a case from a call-volume
    /// flag goes past REFERRED only with `flag_confirmed`, and an action is not filed while a waiting period of its own runs.
    requires: Vec<String>,
    /// What the statute or the practice calls what happens here, in order.
    milestones: Vec<String>,
    /// Keys of `deadlineRules` whose clocks start on the day of the step.
    starts: Vec<String>,
    /// Keys of `deadlineRules` whose open deadlines in this action the step meets.
    meets: Vec<String>,
}

impl From<&remedy::RemedyStep> for RemedyStep {
    fn from(step: &remedy::RemedyStep) -> Self {
        Self {
            from: step.from,
            to: step.to,
            actors: step.actors.clone(),
            requires: step.requires.iter().copied().map(legal_requirement::word).collect(),
            milestones: step.milestones.clone(),
            starts: step.starts.clone(),
            meets: step.meets.clone(),
        }
    }
}

#[derive(Default)]
pub struct RemedyQuery;

#[Object]
impl RemedyQuery {
    /// The legal tools of the city.
    #[graphql(complexity = "super::page::cost(None, child_complexity)")]
    async fn remedies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those whose power is in force on that day, enabled or not.")]
        active_on: Option<Date>,
    ) -> Result<Vec<Remedy>> {
        ctx.viewer_who(Action::ReadAggregates, "remedies")?;
        let app = ctx.app()?;
        let listed = &app.city.preset.remedies;
        let Some(day) = active_on else { return Ok(listed.iter().cloned().map(Remedy).collect()) };
        let keys: Vec<String> = listed.iter().map(|remedy| remedy.key.clone()).collect();
        let confirmed = confirmations(&app.db, &keys).await?;
        let in_force = |remedy: &&remedy::Remedy| match confirmed.get(&remedy.key) {
            Some(row) => is_in_force(&(*remedy).clone().confirmed(row.valid_to), day.0),
            None => is_in_force(remedy, day.0),
        };
        Ok(listed.iter().filter(in_force).cloned().map(Remedy).collect())
    }
}

fn is_in_force(remedy: &remedy::Remedy, day: NaiveDate) -> bool {
    remedy.valid_from.is_none_or(|from| from <= day) && remedy.valid_to.is_none_or(|to| day < to)
}

/// The remedy as it is now, or why it was not confirmed.
#[derive(SimpleObject)]
pub struct RemedyPayload {
    /// The remedy; null when there is none of that key.
    remedy: Option<Remedy>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// A remedy to confirm.
#[derive(InputObject)]
pub struct RemedyConfirmInput {
    /// One of `remedies`, not enabled or past its end.
    remedy_key: String,
    /// Why it can be used, such as the statute that extended it; at most 20,000 characters.
    reason: String,
    /// The first day without the power again, where one is known.
    valid_to: Option<Date>,
}

#[derive(Default)]
pub struct RemedyMutation;

#[Object]
impl RemedyMutation {
    /// The city attorney confirms a remedy that the preset does not enable, such as one past its sunset; from then on it
    /// can be referred. Who, when and why stay on record. INVALID for one that can be used as it is.
    async fn remedy_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, why and until when.")] input: RemedyConfirmInput,
    ) -> Result<RemedyPayload> {
        let key = input.remedy_key.trim();
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "remedyConfirm", Action::ConfirmRemedies, async |tx| {
                writes::remedies::confirm(tx, key, &input.reason, input.valid_to.map(Into::into)).await
            })
            .await;
        let refusals = settle(outcome)?.1;
        let remedy = ctx.app()?.city.remedy(key).cloned().map(Remedy);
        Ok(RemedyPayload { remedy, user_errors: user_errors(refusals) })
    }
}
