//! What of the raw calls may go, and what keeps the others.

use chrono::NaiveDate;
use entity::{
    call, call_challenge, case, case_evidence_call, feed, flag_call, id::FeedId, litigation_hold,
    nuisance_rule, nuisance_rule::WindowUnit,
};
use sea_orm::{
    ColumnTrait, Condition, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, SelectStatement},
};

use crate::{
    app::App,
    error::{Error, Result},
    reads,
    scope::unscoped,
};

/// What may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The first day whose calls are kept.
    pub keeps_from: NaiveDate,
    /// By key.
    pub feeds: Vec<Share>,
}

/// The calls of one feed from before that day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub feed: FeedId,
    pub key: String,
    /// Calls that may go.
    pub goes: u64,
    /// Calls that stay although they are as old: evidence, a challenge or a litigation hold keeps them.
    pub stays: u64,
}

/// What may go today. An error when the city has no rule, as then nobody knows how long calls are needed.
pub async fn plan(app: &App) -> Result<Plan> {
    let keeps_from = keeps_from(app).await?;
    let mut feeds = Vec::new();
    for feed in unscoped::<feed::Entity>().order_by_asc(feed::Column::Key).all(&app.db).await? {
        let old = unscoped::<call::Entity>().filter(older(feed.id, keeps_from)).count(&app.db).await?;
        let goes = unscoped::<call::Entity>().filter(goes(feed.id, keeps_from)).count(&app.db).await?;
        feeds.push(Share { feed: feed.id, key: feed.key, goes, stays: old.saturating_sub(goes) });
    }
    Ok(Plan { keeps_from, feeds })
}

async fn keeps_from(app: &App) -> Result<NaiveDate> {
    // Windows end where the data end, which may be long ago.
    let last = reads::calls::data_as_of(&app.db).await?.map(|at| app.city.day_of(at));
    let last = last.map_or_else(|| app.today(), |day| Ord::min(day, app.today()));
    let windows: Vec<(i32, WindowUnit)> = unscoped::<nuisance_rule::Entity>()
        .select_only()
        .columns([nuisance_rule::Column::WindowN, nuisance_rule::Column::WindowUnit])
        .into_tuple()
        .all(&app.db)
        .await?;
    let windows = windows.into_iter().map(|(n, unit)| (n.unsigned_abs(), unit));
    let retention = &app.city.preset.retention;
    retention.keeps_from(windows, last).ok_or_else(|| {
        Error::BadInput(
            "The city has no nuisance rule, so how long calls are needed is not known.".to_owned(),
        )
    })
}

fn older(feed: FeedId, keeps_from: NaiveDate) -> Condition {
    Condition::all().add(call::Column::FeedId.eq(feed)).add(call::Column::OccurredOn.lt(keeps_from))
}

/// The calls of a feed from before that day that nothing keeps.
#[must_use]
pub fn goes(feed: FeedId, keeps_from: NaiveDate) -> Condition {
    let call = || Expr::col((call::Entity, call::Column::Id));
    let by_flag = unscoped::<flag_call::Entity>().select_only().column(flag_call::Column::CallId);
    let by_case =
        unscoped::<case_evidence_call::Entity>().select_only().column(case_evidence_call::Column::CallId);
    let challenged =
        unscoped::<call_challenge::Entity>().select_only().column(call_challenge::Column::CallId);
    let place = call::Column::PropertyId;
    older(feed, keeps_from)
        .add(call().not_in_subquery(by_flag.into_query()))
        .add(call().not_in_subquery(by_case.into_query()))
        .add(call().not_in_subquery(challenged.into_query()))
        .add(place.is_null().or(place.not_in_subquery(held_places())))
}

// The places of cases under a litigation hold.
fn held_places() -> SelectStatement {
    let held = unscoped::<litigation_hold::Entity>()
        .select_only()
        .column(litigation_hold::Column::CaseId)
        .filter(litigation_hold::Column::ReleasedAt.is_null());
    unscoped::<case::Entity>()
        .select_only()
        .column(case::Column::PropertyId)
        .filter(case::Column::Id.in_subquery(held.into_query()))
        .into_query()
}
