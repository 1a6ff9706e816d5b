//! When something happens next in a legal action: what its lists are sorted by.

use chrono::NaiveDate;
use entity::{
    deadline,
    hearing::{self, HearingStatus},
    id::LegalActionId,
    legal_action,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr};

use crate::{app::Tx, error::Result, scope::unscoped};

/// Stores the day of the action's earliest open hearing or deadline, or that there is none.
///
/// The caller holds the case locked, so that nobody sets another one at the same time.
pub async fn refresh_next_on(tx: &Tx, id: LegalActionId) -> Result<()> {
    let hearing: Option<Option<NaiveDate>> = unscoped::<hearing::Entity>()
        .select_only()
        .column_as(hearing::Column::StartsOn.min(), "earliest")
        .filter(hearing::Column::LegalActionId.eq(id))
        .filter(hearing::Column::Status.eq(HearingStatus::Scheduled))
        .into_tuple()
        .one(tx.conn())
        .await?;
    let deadline: Option<Option<NaiveDate>> = unscoped::<deadline::Entity>()
        .select_only()
        .column_as(deadline::Column::DueOn.min(), "earliest")
        .filter(deadline::Column::LegalActionId.eq(id))
        .filter(deadline::Column::CompletedOn.is_null())
        .into_tuple()
        .one(tx.conn())
        .await?;
    let next = [hearing.flatten(), deadline.flatten()].into_iter().flatten().min();
    legal_action::Entity::update_many()
        .col_expr(legal_action::Column::NextOn, Expr::value(next))
        .filter(legal_action::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}
