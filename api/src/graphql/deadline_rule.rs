//! The rules by which deadlines are counted, and what one gives for a day that somebody has in mind.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::{
    deadline::{CountDirection, DayBasis, DeadlineKind},
    deadline_computation,
    inspection::InspectionResult,
    notice::NoticeKind,
    notice_service::ServiceMethod,
};

use super::{context::Ask, scalars::Date};
use crate::{
    authz::Action,
    domain::deadline_rule,
    error::{Error, Result},
};

/// A rule by which a deadline follows from an event; data of the city's preset, not legal advice.
pub struct DeadlineRule(deadline_rule::DeadlineRule);

/// A rule by which a deadline follows from an event; data of the city's preset, not legal advice.
#[Object]
impl DeadlineRule {
    /// What `deadlinePreview` takes, such as `MOTION`.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// What has to be done by the day, may not be done before it, or ends on it.
    async fn label(&self) -> &str {
        &self.0.label
    }

    /// The law it rests on.
    async fn citation(&self) -> &str {
        &self.0.citation
    }

    /// The event that starts the count; its own day is not counted (Code of Civil Procedure 12).
    async fn trigger(&self) -> &str {
        &self.0.trigger
    }

    /// What the day means.
    async fn kind(&self) -> DeadlineKind {
        self.0.kind
    }

    /// How many days, court days, months or years, by `basis`.
    async fn n(&self) -> i32 {
        whole(self.0.n)
    }

    /// What is counted.
    async fn basis(&self) -> DayBasis {
        self.0.basis
    }

    /// Whether it counts on from the event or back from it.
    async fn direction(&self) -> CountDirection {
        self.0.direction
    }

    /// What follows when nobody acts in time.
    async fn if_missed(&self) -> &str {
        &self.0.if_missed
    }

    /// The source was not verified, or the law leaves it to local rules.
    async fn confirm_with_counsel(&self) -> bool {
        self.0.confirm_with_counsel
    }

    /// What else one has to know; null for most.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// Kinds of notices whose service starts it; other rules are started by a step of a remedy (`RemedyStep.starts`), with
    /// a hearing or by `deadlineStart`.
    async fn notices(&self) -> &[NoticeKind] {
        &self.0.notices
    }

    /// Whether the day that such a notice names holds instead of the counted one; a notice that names none starts nothing.
    async fn named_by_notice(&self) -> bool {
        self.0.named_by_notice
    }

    /// Results of inspections that start it; the next inspection of the case ends it.
    async fn inspections(&self) -> &[InspectionResult] {
        &self.0.inspections
    }

    /// Whether it says when to inspect again after the compliance date of a notice (`Notice.reinspectionDueOn`).
    async fn after_compliance(&self) -> bool {
        self.0.after_compliance
    }
}

/// A day that was counted, with every step in words.
#[derive(SimpleObject)]
pub struct DeadlineComputation {
    /// The rule.
    rule_key: String,
    /// The law it rests on.
    citation: String,
    /// The event that started the count.
    trigger: String,
    /// The day of the event.
    trigger_on: Date,
    /// How many days, court days, months or years the rule counts, by `basis`; where the notice names its day itself, how
    /// many calendar days after the service that is.
    days: i32,
    /// What was counted.
    basis: DayBasis,
    /// Whether it counted on from the event or back from it.
    direction: CountDirection,
    /// Days that the way of service added; for electronic service, and for express or fax in a time to respond, they are
    /// court days, else calendar days (Code of Civil Procedure 1005(b), 1010.6, 1013).
    service_extension_days: i32,
    /// The day.
    due_on: Date,
    /// How it was reached, step by step; what counsel has to confirm begins with `confirm:`.
    steps: Vec<String>,
    /// The law is silent on a step, or a list it rests on was not compared with the published one.
    confirm_with_counsel: bool,
}

impl From<deadline_computation::Model> for DeadlineComputation {
    fn from(row: deadline_computation::Model) -> Self {
        Self {
            rule_key: row.rule_key,
            citation: row.citation,
            trigger: row.trigger,
            trigger_on: row.trigger_on.into(),
            days: row.days,
            basis: row.basis,
            direction: row.direction,
            service_extension_days: row.service_extension_days,
            due_on: row.due_on.into(),
            steps: row.steps.0,
            confirm_with_counsel: row.confirm_with_counsel,
        }
    }
}

/// What to count.
#[derive(InputObject)]
pub struct DeadlinePreviewInput {
    /// A rule; `deadlineRules` lists them.
    rule_key: String,
    /// The day of the event.
    trigger_on: Date,
    /// How the paper is served; in person, or no paper at all, when left out.
    service_method: Option<ServiceMethod>,
}

#[derive(Default)]
pub struct DeadlineRuleQuery;

#[Object]
impl DeadlineRuleQuery {
    /// The rules by which deadlines are counted, in the order of the city's preset.
    #[graphql(complexity = "super::page::cost(None, child_complexity)")]
    async fn deadline_rules(&self, ctx: &Context<'_>) -> Result<Vec<DeadlineRule>> {
        ctx.viewer_who(Action::ReadAggregates, "deadlineRules")?;
        Ok(ctx.app()?.city.preset.deadline_rules.iter().cloned().map(DeadlineRule).collect())
    }

    /// The day that a rule gives, for people who plan; nothing is written. BAD_INPUT: there is no such rule, or the court
    /// holidays of a year that it needs are not recorded.
    async fn deadline_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule, the day of the event and the way of service.")]
        input: DeadlinePreviewInput,
    ) -> Result<DeadlineComputation> {
        ctx.viewer_who(Action::ReadAggregates, "deadlinePreview")?;
        let preset = &ctx.app()?.city.preset;
        let rule = preset.deadline_rule(&input.rule_key).ok_or_else(|| {
            Error::BadInput(format!(
                "There is no rule `{}`; `deadlineRules` lists them.",
                shown(&input.rule_key)
            ))
        })?;
        let computed = rule
            .compute(&preset.court_calendar(), input.trigger_on.0, input.service_method)
            .map_err(|reason| Error::BadInput(reason.to_string()))?;
        Ok(DeadlineComputation {
            rule_key: rule.key.clone(),
            citation: rule.citation.clone(),
            trigger: rule.trigger.clone(),
            trigger_on: input.trigger_on,
            days: whole(rule.n),
            basis: rule.basis,
            direction: rule.direction,
            service_extension_days: whole(computed.service_extension_days),
            due_on: computed.due_on.into(),
            steps: computed.steps,
            confirm_with_counsel: computed.confirm_with_counsel,
        })
    }
}

fn whole(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

// A key is short; what is not one need not be repeated whole.
fn shown(key: &str) -> String {
    key.chars().take(60).collect()
}
