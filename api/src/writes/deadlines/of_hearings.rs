//! The deadlines that hang on a hearing: they start with it, move when it is continued and end when it is vacated.

use std::collections::HashSet;

use entity::{case, deadline_computation, hearing, id::HearingId, notice_service::ServiceMethod};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::{
    counted::{Counted, Trigger, hangs_on_hearing, open_among, rule},
    end,
    extension::move_to,
};
use crate::{app::Tx, domain::refusal::Refusal, error::Result, scope::unscoped};

/// Starts those rules with a hearing that was just set.
pub async fn start(
    tx: &mut Tx,
    case: &mut case::Model,
    hearing: &hearing::Model,
    keys: &[String],
    method: Option<ServiceMethod>,
) -> Result<()> {
    let trigger = Trigger { on: hearing.starts_on, method, notice: None, hearing: Some(hearing.id) };
    let mut counts: Vec<Counted> = Vec::new();
    for key in keys {
        let rule = rule(tx, key, "ruleKeys")?;
        hangs_on_hearing(&rule)?;
        if counts.iter().any(|count| count.rule.key == rule.key) {
            return Err(Refusal::invalid("ruleKeys", format!("{} stands there twice.", rule.key)).into());
        }
        counts.push(Counted::new(tx, &rule, trigger, "startsAt")?);
    }
    for count in counts {
        count.start(tx, case, Some(hearing.legal_action_id), None).await?;
    }
    Ok(())
}

/// Counts what hangs on a hearing anew from where it is now: the one it was continued to, or itself on another day.
/// `field` is the input's field that holds the day.
pub async fn move_along(
    tx: &mut Tx,
    case: &mut case::Model,
    (from, to): (&hearing::Model, &hearing::Model),
    field: &'static str,
) -> Result<()> {
    let mut moved = Vec::new();
    for (deadline, count) in open_on(tx, from.id).await? {
        let rule = rule(tx, &count.rule_key, field)?;
        let trigger =
            Trigger { on: to.starts_on, method: count.service_method, notice: None, hearing: Some(to.id) };
        moved.push((deadline, Counted::new(tx, &rule, trigger, field)?));
    }
    for (deadline, count) in moved {
        count.keep(tx, deadline.id).await?;
        let due_on = count.computed.due_on;
        if due_on == deadline.due_on {
            continue;
        }
        let reason = format!(
            "The hearing of {} was {} to {}. {}",
            from.starts_on,
            if from.id == to.id { "moved" } else { "continued" },
            to.starts_on,
            count.computed.steps.join("; ")
        );
        move_to(tx, case, &deadline, due_on, reason, None).await?;
    }
    Ok(())
}

/// Ends what hangs on a hearing that will not be held.
pub async fn end_vacated(tx: &mut Tx, case: &mut case::Model, hearing: &hearing::Model) -> Result<()> {
    for (deadline, _) in open_on(tx, hearing.id).await? {
        let what = format!("Nothing is due any more: the hearing of {} was vacated.", hearing.starts_on);
        let today = tx.today();
        end(tx, case, deadline, today, what).await?;
    }
    Ok(())
}

async fn open_on(
    tx: &Tx,
    id: HearingId,
) -> Result<Vec<(entity::deadline::Model, deadline_computation::Model)>> {
    let mut counts = unscoped::<deadline_computation::Entity>()
        .filter(deadline_computation::Column::HearingId.eq(id))
        .order_by_desc(deadline_computation::Column::Id)
        .all(tx.conn())
        .await?;
    // A hearing that was moved has several counts of one deadline; the last one holds.
    let mut seen = HashSet::new();
    counts.retain(|count| seen.insert(count.deadline_id));
    open_among(tx, counts).await
}
