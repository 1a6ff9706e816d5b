//! The clocks that serving a notice starts, and that correcting what it names ends.

use std::collections::HashSet;

use chrono::NaiveDate;
use entity::{
    case, deadline_computation,
    id::{LegalActionId, NoticeId, ViolationId},
    notice::NoticeKind,
    notice_violation, violation,
};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{
    counted::{Counted, Trigger, open_among},
    end,
};
use crate::{
    app::Tx,
    domain::{deadline_rule::DeadlineRule, notice::Service, refusal::Refusal},
    error::Result,
    scope::unscoped,
};

/// A notice that was just served.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    pub id: NoticeId,
    pub kind: NoticeKind,
    /// The action that it was served in, whose clocks its clocks are.
    pub legal_action: Option<LegalActionId>,
    pub services: &'a [Service],
    pub comply_by: Option<NaiveDate>,
}

/// Starts what the preset's rules say about such a notice.
pub async fn start(tx: &mut Tx, case: &mut case::Model, notice: Served<'_>) -> Result<()> {
    let rules = tx.city.preset.deadline_rules.iter().filter(|rule| rule.notices.contains(&notice.kind));
    let counts: Vec<Counted> =
        rules.filter_map(|rule| counted(tx, rule, notice).transpose()).collect::<Result<_, _>>()?;
    for count in counts {
        let responsible = tx.viewer.staff_id();
        count.start(tx, case, notice.legal_action, responsible).await?;
    }
    Ok(())
}

// By the service that gives the latest day, so that no recipient is cut off early; a day that the notice names is one for
// all, counted from the last service.
fn counted(tx: &Tx, rule: &DeadlineRule, notice: Served<'_>) -> Result<Option<Counted>, Refusal> {
    let trigger = |service: &Service| Trigger {
        on: service.served_on,
        method: Some(service.method),
        notice: Some(notice.id),
        hearing: None,
    };
    if rule.named_by_notice {
        let last = notice.services.iter().max_by_key(|service| service.served_on);
        let (Some(service), Some(day)) = (last, notice.comply_by) else { return Ok(None) };
        let computed = rule.named(&tx.city.preset.court_calendar(), service.served_on, day);
        return Ok(Some(Counted { rule: rule.clone(), trigger: trigger(service), computed }));
    }
    let counts: Vec<Counted> = notice
        .services
        .iter()
        .map(|service| Counted::new(tx, rule, trigger(service), "services"))
        .collect::<Result<_, _>>()?;
    let several = counts.len() > 1;
    let latest = counts.into_iter().max_by_key(|count| count.computed.due_on);
    Ok(latest.map(|mut count| {
        if several {
            let step = "of several services, the one that gives the latest day".to_owned();
            count.computed.steps.insert(0, step);
        }
        count
    }))
}

/// Ends the compliance dates of the case whose violations are all corrected by now.
pub async fn end_corrected(tx: &mut Tx, case: &mut case::Model) -> Result<()> {
    let violations =
        unscoped::<violation::Entity>().filter(violation::Column::CaseId.eq(case.id)).all(tx.conn()).await?;
    for (deadline, count) in open_among(tx, dates_to_comply(tx, case).await?).await? {
        let Some(notice) = count.notice_id else { continue };
        let names = names(tx, notice).await?;
        let is_named = |row: &&violation::Model| {
            if names.is_empty() { row.found_on <= count.trigger_on } else { names.contains(&row.id) }
        };
        let named: Vec<&violation::Model> = violations.iter().filter(is_named).collect();
        let corrected: Option<Vec<NaiveDate>> = named.iter().map(|row| row.corrected_on).collect();
        let Some(last) = corrected.and_then(|days| days.into_iter().max()) else { continue };
        let sections: Vec<&str> = named.iter().map(|row| row.code_section.as_str()).collect();
        end(tx, case, deadline, last, format!("Corrected: {}", sections.join(", "))).await?;
    }
    Ok(())
}

// Counts of the days by which notices of this case ask for correction; a correction meets no day of payment.
async fn dates_to_comply(tx: &Tx, case: &case::Model) -> Result<Vec<deadline_computation::Model>> {
    let corrects =
        |rule: &&DeadlineRule| rule.named_by_notice && rule.notices.contains(&NoticeKind::NoticeOfViolation);
    let rules = tx.city.preset.deadline_rules.iter().filter(corrects).map(|rule| rule.key.clone());
    let rules: Vec<String> = rules.collect();
    let of_case = unscoped::<entity::notice::Entity>()
        .filter(entity::notice::Column::CaseId.eq(case.id))
        .all(tx.conn())
        .await?;
    Ok(unscoped::<deadline_computation::Entity>()
        .filter(deadline_computation::Column::NoticeId.is_in(of_case.into_iter().map(|notice| notice.id)))
        .filter(deadline_computation::Column::RuleKey.is_in(rules))
        .all(tx.conn())
        .await?)
}

async fn names(tx: &Tx, notice: NoticeId) -> Result<HashSet<ViolationId>> {
    let rows = unscoped::<notice_violation::Entity>()
        .filter(notice_violation::Column::NoticeId.eq(notice))
        .all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| row.violation_id).collect())
}
