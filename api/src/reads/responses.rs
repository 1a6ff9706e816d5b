//! Questions about the clock of a case's first look at its place.

use chrono::{DateTime, Utc};
use entity::{
    case::{self, CaseStage},
    id::CaseId,
    response_pause,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    app::App,
    authz::Viewer,
    city::City,
    domain::response::{Clock, Pause, first_due},
    error::Result,
    scope::{VisibleTo, unscoped},
};

/// The pauses of these cases, in the order in which they began.
pub async fn pauses_of(app: &App, viewer: &Viewer, cases: &[CaseId]) -> Result<Vec<response_pause::Model>> {
    Ok(response_pause::Entity::visible_to(viewer)
        .filter(response_pause::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(response_pause::Column::Id)
        .all(&app.db)
        .await?)
}

/// The pauses of a case, in the order in which they began, for whoever changes it.
pub async fn pauses(db: &impl ConnectionTrait, case: CaseId) -> Result<Vec<response_pause::Model>> {
    Ok(unscoped::<response_pause::Entity>()
        .filter(response_pause::Column::CaseId.eq(case))
        .order_by_asc(response_pause::Column::Id)
        .all(db)
        .await?)
}

/// The same as spans.
#[must_use]
pub fn spans(pauses: &[response_pause::Model]) -> Vec<Pause> {
    let span = |pause: &response_pause::Model| Pause {
        reason: pause.reason,
        from: pause.paused_at,
        to: pause.resumed_at,
    };
    pauses.iter().map(span).collect()
}

/// The clock of a case; none when it has none.
#[must_use]
pub fn clock<'c>(city: &City, case: &'c case::Model, pauses: &'c [Pause]) -> Option<Clock<'c>> {
    let rule = case.response_rule.as_ref()?;
    let opened_on = city.day_of(case.opened_at);
    Some(Clock {
        rule,
        first_due: first_due(rule.within, case.opened_at, opened_on, |day| city.start_of(day))?,
        opened_at: case.opened_at,
        responded_at: case.responded_at,
        is_closed: case.stage == CaseStage::Closed,
        pauses,
    })
}

/// Cases whose status is LATE at that moment.
pub fn late(now: DateTime<Utc>) -> Condition {
    use case::Column as C;
    use response_pause::Column as P;
    // A pause that began in time keeps the rest of it for afterwards.
    let paused_in_time = unscoped::<response_pause::Entity>()
        .select_only()
        .expr(Expr::val(1))
        .filter(Expr::col((response_pause::Entity, P::CaseId)).equals((case::Entity, C::Id)))
        .filter(P::ResumedAt.is_null())
        .filter(
            Expr::col((response_pause::Entity, P::PausedAt)).lte(Expr::col((case::Entity, C::ResponseDueAt))),
        );
    Condition::all()
        .add(C::RespondedAt.is_null())
        // Said by itself, so that the contrary holds for a case without a clock.
        .add(C::ResponseDueAt.is_not_null())
        .add(C::ResponseDueAt.lt(now))
        .add(C::Stage.ne(CaseStage::Closed))
        .add(Expr::exists(paused_in_time.into_query()).not())
}
