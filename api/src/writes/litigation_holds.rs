//! Litigation holds, placed and released by an attorney. A closed case may be held as well: a suit may follow it.

use entity::{
    case_event::CaseEventKind,
    id::{CaseId, LitigationHoldId},
    litigation_hold,
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{
    cases::{self, BODY},
    legal_actions::person,
};
use crate::{
    app::Tx,
    authz::Action,
    domain::refusal::{Refusal, text},
    error::Result,
    events::{self, Entry},
    scope::unscoped,
};

/// Places a hold on a case that has none.
pub async fn place(tx: &mut Tx, id: CaseId, reason: &str) -> Result<LitigationHoldId> {
    let mut case = cases::lock(tx, id).await?;
    tx.viewer.require(Action::ConductLegalAction, Some(case.district_id))?;
    let by = person(tx)?;
    let reason = text("reason", reason, BODY)?;
    if let Some(hold) = in_force(tx, id).await? {
        let since = tx.city.day_of(hold.placed_at);
        let message = format!("The case is held since {since}; `litigationHoldRelease` releases it.");
        return Err(Refusal::blocked(message).at("caseId").into());
    }
    let hold = litigation_hold::Model {
        id: LitigationHoldId::generate(),
        case_id: case.id,
        reason,
        placed_by: by,
        placed_at: tx.now,
        released_by: None,
        released_at: None,
        release_reason: None,
    };
    let row: litigation_hold::ActiveModel = hold.clone().into();
    litigation_hold::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    tx.changed(hold.id);
    let entry =
        Entry::new(CaseEventKind::LitigationHoldPlaced, "Litigation hold: nothing of the case is removed")
            .body(Some(hold.reason))
            .change("litigationHold", None::<LitigationHoldId>, Some(hold.id));
    events::append(tx, &mut case, entry).await?;
    Ok(hold.id)
}

/// Releases the hold of a case; what was placed stays on record.
pub async fn release(tx: &mut Tx, id: CaseId, reason: &str) -> Result<()> {
    let mut case = cases::lock(tx, id).await?;
    tx.viewer.require(Action::ConductLegalAction, Some(case.district_id))?;
    let by = person(tx)?;
    let reason = text("reason", reason, BODY)?;
    let Some(hold) = in_force(tx, id).await? else {
        let message = "The case is not held; `litigationHoldPlace` holds it.";
        return Err(Refusal::blocked(message).at("caseId").into());
    };
    litigation_hold::Entity::update_many()
        .col_expr(litigation_hold::Column::ReleasedBy, Expr::value(by))
        .col_expr(litigation_hold::Column::ReleasedAt, Expr::value(tx.now))
        .col_expr(litigation_hold::Column::ReleaseReason, Expr::value(reason.clone()))
        .filter(litigation_hold::Column::Id.eq(hold.id))
        .exec(tx.conn())
        .await?;
    tx.changed(hold.id);
    let entry = Entry::new(CaseEventKind::LitigationHoldReleased, "Litigation hold released")
        .body(Some(reason))
        .change("litigationHold", Some(hold.id), None::<LitigationHoldId>);
    events::append(tx, &mut case, entry).await?;
    Ok(())
}

async fn in_force(tx: &Tx, case: CaseId) -> Result<Option<litigation_hold::Model>> {
    Ok(unscoped::<litigation_hold::Entity>()
        .filter(litigation_hold::Column::CaseId.eq(case))
        .filter(litigation_hold::Column::ReleasedAt.is_null())
        .one(tx.conn())
        .await?)
}
