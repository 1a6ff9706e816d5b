//! When to inspect again: a clock that the result of one inspection starts and the next inspection ends.

use chrono::NaiveDate;
use entity::{
    case, deadline, deadline_computation,
    inspection::{self, InspectionResult},
};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, QueryTrait};

use super::{
    counted::{Counted, Trigger, open_among},
    end,
};
use crate::{app::Tx, domain::deadline_rule::DeadlineRule, error::Result, scope::unscoped};

/// Ends what waited for an inspection of the case, and starts what follows from its result.
pub async fn made(
    tx: &mut Tx,
    case: &mut case::Model,
    inspection: &inspection::Model,
    result: InspectionResult,
    on: NaiveDate,
) -> Result<()> {
    let waits = |rule: &&DeadlineRule| !rule.inspections.is_empty();
    let rules: Vec<DeadlineRule> = tx.city.preset.deadline_rules.iter().filter(waits).cloned().collect();
    for (clock, count) in open_of(tx, case, &rules).await? {
        // One that is recorded late does not end what a later one began.
        if count.trigger_on <= on {
            end(tx, case, clock, on, format!("Inspected again: {result}.")).await?;
        }
    }
    let follow = rules.iter().filter(|rule| rule.inspections.contains(&result));
    let counts: Vec<Counted> = follow
        .map(|rule| Counted::new(tx, rule, Trigger::day(on), "performedAt"))
        .collect::<Result<_, _>>()?;
    for count in counts {
        count.start(tx, case, None, inspection.inspector_id).await?;
    }
    Ok(())
}

async fn open_of(
    tx: &Tx,
    case: &case::Model,
    rules: &[DeadlineRule],
) -> Result<Vec<(deadline::Model, deadline_computation::Model)>> {
    let of_case = unscoped::<deadline::Entity>()
        .select_only()
        .column(deadline::Column::Id)
        .filter(deadline::Column::CaseId.eq(case.id))
        .filter(deadline::Column::CompletedOn.is_null());
    let counts = unscoped::<deadline_computation::Entity>()
        .filter(deadline_computation::Column::DeadlineId.in_subquery(of_case.into_query()))
        .filter(deadline_computation::Column::RuleKey.is_in(rules.iter().map(|rule| rule.key.clone())))
        .all(tx.conn())
        .await?;
    open_among(tx, counts).await
}
