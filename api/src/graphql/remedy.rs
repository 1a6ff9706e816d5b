//! Remedies as clients see them: the legal tools of the city and their steps.

use async_graphql::{Context, Object, SimpleObject};
use chrono::NaiveDate;
use entity::{
    case_kind::CaseKind,
    legal_action::{LegalActionKind, LegalActionStatus},
    staff::StaffRole,
};

use super::{context::Ask, scalars::Date};
use crate::{
    authz::Action,
    domain::{legal_step, remedy},
    error::Result,
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

    /// The first day without the power; null while no end is set.
    async fn valid_to(&self) -> Option<Date> {
        self.0.valid_to.map(Date)
    }

    /// Whether the city uses it; otherwise it is shown and explained, but cannot be referred.
    async fn enabled(&self) -> bool {
        self.0.enabled
    }

    /// Why it is not enabled.
    async fn disabled_reason(&self) -> Option<&str> {
        self.0.disabled_reason.as_deref()
    }

    /// Whether some of it rests on what nobody has compared with the law in force.
    async fn confirm_with_counsel(&self) -> bool {
        self.0.confirm_with_counsel
    }

    /// What to know before using it.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// The steps, from the referral to every end.
    async fn steps(&self) -> Vec<RemedyStep> {
        self.0.steps.iter().map(Into::into).collect()
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
    /// Facts that have to be on record first. The server refuses the step without `reason`, `court`,
    /// `court_case_number`, `hearing_scheduled` and `flag_confirmed`; what else stands here is what the law asks
    /// for, shown and not checked yet.
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
            requires: step.requires.iter().copied().map(legal_step::word).collect(),
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
        let in_force = |remedy: &&remedy::Remedy| active_on.is_none_or(|day| is_in_force(remedy, day.0));
        Ok(ctx.app()?.city.preset.remedies.iter().filter(in_force).cloned().map(Remedy).collect())
    }
}

fn is_in_force(remedy: &remedy::Remedy, day: NaiveDate) -> bool {
    remedy.valid_from.is_none_or(|from| from <= day) && remedy.valid_to.is_none_or(|to| day < to)
}
