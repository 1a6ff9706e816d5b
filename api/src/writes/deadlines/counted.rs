//! Deadlines that are counted by a rule of the preset from the day of an event, with every step kept.

use chrono::NaiveDate;
use entity::{
    case, deadline,
    deadline_computation::{self, Steps},
    hearing::{self, HearingStatus},
    id::{CaseId, DeadlineComputationId, DeadlineId, HearingId, LegalActionId, NoticeId, StaffId},
    notice_service::ServiceMethod,
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};

use super::{Setting, check_action, insert};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        case_stage::require_open,
        court_calendar::Uncountable,
        deadline_rule::{Computed, DeadlineRule},
        refusal::Refusal,
    },
    error::Result,
    scope::{VisibleTo, unscoped},
    writes::{cases, team::check_member},
};

/// What the rules that hang on a hearing name as their trigger.
pub const HEARING: &str = "hearing";

/// The event that a count starts from.
#[derive(Clone, Copy, Debug)]
pub struct Trigger {
    pub on: NaiveDate,
    pub method: Option<ServiceMethod>,
    pub notice: Option<NoticeId>,
    pub hearing: Option<HearingId>,
}

impl Trigger {
    /// Something that happened on that day and is neither a notice nor a hearing.
    #[must_use]
    pub fn day(on: NaiveDate) -> Self {
        Self { on, method: None, notice: None, hearing: None }
    }
}

/// A day that a rule gave, and what it was counted from.
#[derive(Clone, Debug)]
pub struct Counted {
    pub rule: DeadlineRule,
    pub trigger: Trigger,
    pub computed: Computed,
}

impl Counted {
    /// Counts by the rule; INVALID at `field` where a year that it needs has no court holidays.
    pub fn new(tx: &Tx, rule: &DeadlineRule, trigger: Trigger, field: &'static str) -> Result<Self, Refusal> {
        let computed = rule
            .compute(&tx.city.preset.court_calendar(), trigger.on, trigger.method)
            .map_err(|reason| uncountable(rule, reason, field))?;
        Ok(Self { rule: rule.clone(), trigger, computed })
    }

    /// The steps in words, one a line, under the law they follow.
    #[must_use]
    pub fn told(&self) -> String {
        format!("{}\n{}", self.rule.citation, self.computed.steps.join("\n"))
    }

    /// Keeps the count with its deadline.
    pub async fn keep(&self, tx: &Tx, deadline: DeadlineId) -> Result<()> {
        let (rule, computed) = (&self.rule, &self.computed);
        let row = deadline_computation::Model {
            id: DeadlineComputationId::generate(),
            deadline_id: deadline,
            rule_key: rule.key.clone(),
            citation: rule.citation.clone(),
            trigger: rule.trigger.clone(),
            trigger_on: self.trigger.on,
            days: self.days(),
            basis: rule.basis,
            direction: rule.direction,
            service_method: self.trigger.method,
            service_extension_days: whole(computed.service_extension_days),
            due_on: computed.due_on,
            steps: Steps(computed.steps.clone()),
            confirm_with_counsel: computed.confirm_with_counsel,
            notice_id: self.trigger.notice,
            hearing_id: self.trigger.hearing,
            recorded_at: tx.now,
        };
        let row: deadline_computation::ActiveModel = row.into();
        deadline_computation::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
        Ok(())
    }

    // Of a day that a notice names, how far away it was; else what the rule counts.
    fn days(&self) -> i32 {
        if self.rule.named_by_notice && self.trigger.notice.is_some() {
            let days = (self.computed.due_on - self.trigger.on).num_days();
            return i32::try_from(days).unwrap_or(i32::MAX);
        }
        whole(self.rule.n)
    }

    /// Sets the deadline that it gives.
    pub async fn start(
        &self,
        tx: &mut Tx,
        case: &mut case::Model,
        legal_action: Option<LegalActionId>,
        responsible: Option<StaffId>,
    ) -> Result<DeadlineId> {
        let setting = Setting {
            kind: self.rule.kind,
            legal_action,
            label: self.rule.label.clone(),
            due_on: self.computed.due_on,
            responsible,
        };
        insert(tx, case, setting, Some(self)).await
    }
}

/// A deadline to be counted, as it is asked for.
#[derive(Clone, Debug)]
pub struct Start {
    pub rule_key: String,
    pub trigger_on: Option<NaiveDate>,
    pub hearing: Option<HearingId>,
    pub legal_action: Option<LegalActionId>,
    pub method: Option<ServiceMethod>,
    pub responsible: Option<StaffId>,
}

/// Starts a deadline by a rule, from a day that is stated or from a hearing, with which it then moves.
pub async fn start(tx: &mut Tx, case: CaseId, start: Start) -> Result<DeadlineId> {
    let mut case = cases::lock(tx, case).await?;
    tx.viewer.require(Action::SetDeadlines, Some(case.district_id))?;
    require_open(case.stage)?;
    let rule = rule(tx, &start.rule_key, "ruleKey")?;
    if let Some(action) = start.legal_action {
        check_action(tx, &case, action).await?;
    }
    if let Some(person) = start.responsible {
        check_member(tx, "responsibleId", person, case.district_id).await?;
    }
    let (trigger, action) = match (start.trigger_on, start.hearing) {
        (Some(on), None) => (Trigger { method: start.method, ..Trigger::day(on) }, start.legal_action),
        (None, Some(id)) => {
            let hearing = scheduled(tx, &case, id).await?;
            hangs_on_hearing(&rule)?;
            check_action(tx, &case, hearing.legal_action_id).await?;
            let trigger =
                Trigger { on: hearing.starts_on, method: start.method, notice: None, hearing: Some(id) };
            (trigger, Some(hearing.legal_action_id))
        }
        _ => {
            let message = "Say either on which day the event was, in `triggerOn`, or which hearing it is.";
            return Err(Refusal::required("triggerOn", message).into());
        }
    };
    let counted = Counted::new(tx, &rule, trigger, "triggerOn")?;
    counted.start(tx, &mut case, action, start.responsible).await
}

/// The rule of that key; NOT_FOUND at `field` when the preset has none.
pub fn rule(tx: &Tx, key: &str, field: &'static str) -> Result<DeadlineRule, Refusal> {
    let found = tx.city.preset.deadline_rule(key.trim()).cloned();
    found.ok_or_else(|| Refusal::not_found("deadline rule; `deadlineRules` lists them").at(field))
}

/// INVALID for a rule that does not count from a hearing.
pub fn hangs_on_hearing(rule: &DeadlineRule) -> Result<(), Refusal> {
    if rule.trigger == HEARING {
        return Ok(());
    }
    let message = format!("{} is counted from another event: {}.", rule.key, rule.trigger);
    Err(Refusal::invalid("ruleKey", message))
}

/// The open deadlines among these counts, each with its count.
pub async fn open_among(
    tx: &Tx,
    counts: Vec<deadline_computation::Model>,
) -> Result<Vec<(deadline::Model, deadline_computation::Model)>> {
    if counts.is_empty() {
        return Ok(Vec::new());
    }
    let open = unscoped::<deadline::Entity>()
        .filter(deadline::Column::Id.is_in(counts.iter().map(|count| count.deadline_id)))
        .filter(deadline::Column::CompletedOn.is_null())
        .all(tx.conn())
        .await?;
    let pair = |count: deadline_computation::Model| {
        let deadline = open.iter().find(|deadline| deadline.id == count.deadline_id)?;
        Some((deadline.clone(), count))
    };
    let mut found: Vec<_> = counts.into_iter().filter_map(pair).collect();
    found.sort_by_key(|(deadline, _)| (deadline.due_on, deadline.id));
    Ok(found)
}

async fn scheduled(tx: &Tx, case: &case::Model, id: HearingId) -> Result<hearing::Model> {
    let found = hearing::Entity::visible_to(&tx.viewer)
        .filter(hearing::Column::Id.eq(id))
        .filter(hearing::Column::CaseId.eq(case.id))
        .one(tx.conn())
        .await?;
    let hearing = found.ok_or_else(|| Refusal::not_found("hearing of this case").at("hearingId"))?;
    if hearing.status == HearingStatus::Scheduled {
        return Ok(hearing);
    }
    let message = format!("This hearing is {}; nothing is counted back from it any more.", hearing.status);
    Err(Refusal::blocked(message).at("hearingId").into())
}

fn uncountable(rule: &DeadlineRule, reason: Uncountable, field: &'static str) -> Refusal {
    Refusal::invalid(field, format!("{} ({}): {reason}", rule.label, rule.key))
}

fn whole(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
