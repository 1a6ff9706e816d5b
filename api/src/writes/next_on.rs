//! The day that lists of legal actions are sorted by: the earliest open hearing or deadline.

use entity::{
    deadline,
    hearing::{self, HearingStatus},
    id::LegalActionId,
    legal_action,
};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter,
    sea_query::{Expr, Func, Query, SelectStatement, UnionType},
};

use crate::{app::Tx, error::Result};

/// Stores it anew, after a hearing or a deadline of the action was set or ended.
pub async fn refresh_next_on(tx: &Tx, id: LegalActionId) -> Result<()> {
    legal_action::Entity::update_many()
        .col_expr(legal_action::Column::NextOn, Expr::SubQuery(None, Box::new(earliest(id).into())))
        .filter(legal_action::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

fn earliest(id: LegalActionId) -> SelectStatement {
    let mut open = Query::select();
    open.expr_as(Expr::col(hearing::Column::StartsOn), "day")
        .from(hearing::Entity)
        .and_where(Expr::col(hearing::Column::LegalActionId).eq(id))
        .and_where(Expr::col(hearing::Column::Status).eq(HearingStatus::Scheduled));
    let mut deadlines = Query::select();
    deadlines
        .expr_as(Expr::col(deadline::Column::DueOn), "day")
        .from(deadline::Entity)
        .and_where(Expr::col(deadline::Column::LegalActionId).eq(id))
        .and_where(Expr::col(deadline::Column::CompletedOn).is_null());
    open.union(UnionType::All, deadlines);
    let mut earliest = Query::select();
    earliest.expr(Func::min(Expr::col("day"))).from_subquery(open, "open");
    earliest
}
