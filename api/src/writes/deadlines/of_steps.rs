//! The clocks that a step of a legal action starts and meets, and the end of all of them with the action.

use chrono::NaiveDate;
use entity::{
    case, deadline, deadline_computation, id::LegalActionId, legal_action, notice_service::ServiceMethod,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::{
    counted::{Counted, Trigger, open_among, rule},
    end,
};
use crate::{app::Tx, domain::remedy::RemedyStep, error::Result, scope::unscoped};

/// What a step that was just taken means for the deadlines of its action.
pub async fn taken(
    tx: &mut Tx,
    case: &mut case::Model,
    action: &legal_action::Model,
    step: &RemedyStep,
    on: NaiveDate,
    method: Option<ServiceMethod>,
) -> Result<()> {
    for (deadline, _) in open_by(tx, action.id, &step.meets).await? {
        end(tx, case, deadline, on, format!("The action went to {}.", step.to)).await?;
    }
    if action.is_final {
        return end_all(tx, case, action, on).await;
    }
    let trigger = Trigger { method, ..Trigger::day(on) };
    let mut counts = Vec::new();
    for key in &step.starts {
        counts.push(Counted::new(tx, &rule(tx, key, "to")?, trigger, "on")?);
    }
    for count in counts {
        count.start(tx, case, Some(action.id), action.responsible_attorney_id).await?;
    }
    Ok(())
}

// Nothing is due in an action that has ended.
async fn end_all(
    tx: &mut Tx,
    case: &mut case::Model,
    action: &legal_action::Model,
    on: NaiveDate,
) -> Result<()> {
    for deadline in open_of(tx, action.id).await? {
        end(tx, case, deadline, on, format!("The legal action ended: it is {}.", action.status)).await?;
    }
    Ok(())
}

async fn open_of(tx: &Tx, action: LegalActionId) -> Result<Vec<deadline::Model>> {
    Ok(unscoped::<deadline::Entity>()
        .filter(deadline::Column::LegalActionId.eq(action))
        .filter(deadline::Column::CompletedOn.is_null())
        .order_by_asc(deadline::Column::DueOn)
        .order_by_asc(deadline::Column::Id)
        .all(tx.conn())
        .await?)
}

async fn open_by(
    tx: &Tx,
    action: LegalActionId,
    keys: &[String],
) -> Result<Vec<(deadline::Model, deadline_computation::Model)>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let open = open_of(tx, action).await?;
    let counts = unscoped::<deadline_computation::Entity>()
        .filter(deadline_computation::Column::DeadlineId.is_in(open.iter().map(|deadline| deadline.id)))
        .filter(deadline_computation::Column::RuleKey.is_in(keys.iter().cloned()))
        .all(tx.conn())
        .await?;
    open_among(tx, counts).await
}
