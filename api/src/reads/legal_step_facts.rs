//! What the steps of legal actions need to know, in one statement for any number of actions.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    flag::{self, FlagStatus},
    hearing::{self, HearingStatus},
    id::LegalActionId,
    legal_action,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

use crate::{domain::legal_step::Facts, error::Result, scope::unscoped};

#[derive(FromQueryResult)]
struct Row {
    id: LegalActionId,
    hearing_ahead: bool,
    grew_from_flag: bool,
    flag_confirmed: bool,
}

/// The facts of these actions for a step on that day.
pub async fn of(
    db: &impl ConnectionTrait,
    ids: &[LegalActionId],
    on: NaiveDate,
) -> Result<HashMap<LegalActionId, Facts>> {
    let ahead = unscoped::<hearing::Entity>()
        .select_only()
        .expr(Expr::val(1))
        .filter(
            Expr::col((hearing::Entity, hearing::Column::LegalActionId))
                .equals((legal_action::Entity, legal_action::Column::Id)),
        )
        .filter(hearing::Column::Status.eq(HearingStatus::Scheduled))
        .filter(hearing::Column::StartsOn.gte(on));
    let flags = unscoped::<flag::Entity>().select_only().expr(Expr::val(1)).filter(
        Expr::col((flag::Entity, flag::Column::CaseId))
            .equals((legal_action::Entity, legal_action::Column::CaseId)),
    );
    let confirmed = flags
        .clone()
        .filter(flag::Column::Status.is_in([FlagStatus::Confirmed, FlagStatus::CaseOpened]))
        .filter(flag::Column::ReviewedBy.is_not_null());
    let rows = unscoped::<legal_action::Entity>()
        .select_only()
        .column(legal_action::Column::Id)
        .expr_as(Expr::exists(ahead.into_query()), "hearing_ahead")
        .expr_as(Expr::exists(flags.into_query()), "grew_from_flag")
        .expr_as(Expr::exists(confirmed.into_query()), "flag_confirmed")
        .filter(legal_action::Column::Id.is_in(ids.iter().copied()))
        .into_model::<Row>()
        .all(db)
        .await?;
    let facts = |row: Row| Facts {
        has_hearing_ahead: row.hearing_ahead,
        grew_from_flag: row.grew_from_flag,
        flag_is_confirmed: row.flag_confirmed,
    };
    Ok(rows.into_iter().map(|row| (row.id, facts(row))).collect())
}
