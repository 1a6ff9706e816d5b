//! What the steps of legal actions need to know, in one statement for any number of actions.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    case, court_order,
    flag::{self, FlagStatus},
    hearing::{self, HearingStatus},
    id::LegalActionId,
    legal_action, order_violation,
    property::{self, ResidentialOccupancy},
    tenant_impact, title_recording,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, QueryTrait,
    RelationTrait, Select,
    sea_query::{Expr, ExprTrait},
};

use crate::{domain::legal_step::Facts, error::Result, scope::unscoped};

#[derive(FromQueryResult)]
#[expect(clippy::struct_excessive_bools, reason = "a row of facts")]
struct Row {
    id: LegalActionId,
    hearing_ahead: bool,
    grew_from_flag: bool,
    flag_confirmed: bool,
    residents_unanswered: bool,
    order_violated: bool,
    unreleased: bool,
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
    let unreleased = unscoped::<title_recording::Entity>()
        .select_only()
        .expr(Expr::val(1))
        .filter(
            Expr::col((title_recording::Entity, title_recording::Column::LegalActionId))
                .equals((legal_action::Entity, legal_action::Column::Id)),
        )
        .filter(title_recording::Column::ReleasedOn.is_null());
    let rows = unscoped::<legal_action::Entity>()
        .select_only()
        .column(legal_action::Column::Id)
        .expr_as(Expr::exists(ahead.into_query()), "hearing_ahead")
        .expr_as(Expr::exists(flags.into_query()), "grew_from_flag")
        .expr_as(Expr::exists(confirmed.into_query()), "flag_confirmed")
        .expr_as(Expr::exists(homes_without_answer().into_query()), "residents_unanswered")
        .expr_as(Expr::exists(violated_orders().into_query()), "order_violated")
        .expr_as(Expr::exists(unreleased.into_query()), "unreleased")
        .filter(legal_action::Column::Id.is_in(ids.iter().copied()))
        .into_model::<Row>()
        .all(db)
        .await?;
    let facts = |row: Row| Facts {
        has_hearing_ahead: row.hearing_ahead,
        grew_from_flag: row.grew_from_flag,
        flag_is_confirmed: row.flag_confirmed,
        residents_unanswered: row.residents_unanswered,
        order_was_violated: row.order_violated,
        has_unreleased_recording: row.unreleased,
    };
    Ok(rows.into_iter().map(|row| (row.id, facts(row))).collect())
}

// The case of the action, where its place has homes, or may have, and nobody answered for those who live there.
fn homes_without_answer() -> Select<case::Entity> {
    let answered = unscoped::<tenant_impact::Entity>().select_only().expr(Expr::val(1)).filter(
        Expr::col((tenant_impact::Entity, tenant_impact::Column::CaseId))
            .equals((case::Entity, case::Column::Id)),
    );
    unscoped::<case::Entity>()
        .select_only()
        .expr(Expr::val(1))
        .join(JoinType::InnerJoin, case::Relation::Property.def())
        .filter(
            Expr::col((case::Entity, case::Column::Id))
                .equals((legal_action::Entity, legal_action::Column::CaseId)),
        )
        .filter(property::Column::ResidentialOccupancy.ne(ResidentialOccupancy::None))
        .filter(Expr::exists(answered.into_query()).not())
}

fn violated_orders() -> Select<court_order::Entity> {
    let violations = unscoped::<order_violation::Entity>().select_only().expr(Expr::val(1)).filter(
        Expr::col((order_violation::Entity, order_violation::Column::CourtOrderId))
            .equals((court_order::Entity, court_order::Column::Id)),
    );
    unscoped::<court_order::Entity>()
        .select_only()
        .expr(Expr::val(1))
        .filter(
            Expr::col((court_order::Entity, court_order::Column::LegalActionId))
                .equals((legal_action::Entity, legal_action::Column::Id)),
        )
        .filter(Expr::exists(violations.into_query()))
}
