//! Questions about timelines, and the changes of all cases in the order in which they were committed.

use chrono::{DateTime, Utc};
use entity::{
    case,
    case_event::{self, CaseEventKind},
    id::{CaseEventId, CaseId, DistrictId},
};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, EntityTrait, FromQueryResult, JoinType, Order, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Query, WindowStatement},
};
use uuid::Uuid;

use super::page::{self, Page, Sorting, Window};
use crate::{
    app::App,
    authz::Viewer,
    error::{Error, Result},
    scope::VisibleTo,
};

/// One page of a case's timeline, newest first; with `until`, of what was recorded before that moment.
pub async fn of_case(
    app: &App,
    viewer: &Viewer,
    case: CaseId,
    kinds: Option<Vec<CaseEventKind>>,
    until: Option<DateTime<Utc>>,
    window: &Window,
) -> Result<Page<case_event::Model>> {
    let mut select = case_event::Entity::visible_to(viewer)
        .filter(case_event::Column::CaseId.eq(case))
        .filter(recorded(until));
    if let Some(kinds) = kinds {
        select = select.filter(case_event::Column::Kind.is_in(kinds));
    }
    let sorting = Sorting::new("timeline")
        .by(case_event::Column::Position, Order::Desc)
        .by(case_event::Column::Id, Order::Desc);
    let keys = |event: &case_event::Model| vec![event.position.into(), event.id.0.into()];
    page::page(&app.db, select, &sorting, window, keys).await
}

/// One entry of a timeline.
pub async fn by_id(app: &App, viewer: &Viewer, id: CaseEventId) -> Result<Option<case_event::Model>> {
    Ok(case_event::Entity::visible_to(viewer).filter(case_event::Column::Id.eq(id)).one(&app.db).await?)
}

fn recorded(until: Option<DateTime<Utc>>) -> Condition {
    Condition::all().add_option(until.map(|end| case_event::Column::RecordedAt.lt(end)))
}

/// The newest notes of each of these cases, cut in SQL, newest first; with `until`, of those recorded before that moment.
pub async fn recent_notes_of(
    app: &App,
    viewer: &Viewer,
    cases: &[CaseId],
    first: i32,
    until: Option<DateTime<Utc>>,
) -> Result<Vec<case_event::Model>> {
    let mut ranked = case_event::Entity::visible_to(viewer)
        .select_only()
        .column(case_event::Column::Id)
        .filter(case_event::Column::CaseId.is_in(cases.iter().copied()))
        .filter(case_event::Column::Kind.eq(CaseEventKind::Note))
        .filter(recorded(until))
        .into_query();
    ranked.expr_window_as(
        Expr::cust("ROW_NUMBER()"),
        WindowStatement::partition_by(case_event::Column::CaseId)
            .order_by((case_event::Entity, case_event::Column::Position), Order::Desc)
            .take(),
        "newest",
    );
    let mut ids = Query::select();
    ids.column("id").from_subquery(ranked, "ranked").and_where(Expr::col("newest").lte(first));
    Ok(case_event::Entity::visible_to(viewer)
        .filter(case_event::Column::Id.in_subquery(ids))
        .order_by_desc(case_event::Column::Position)
        .all(&app.db)
        .await?)
}

/// One change of a case, without any of its content.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Change {
    pub id: CaseEventId,
    pub transaction: i64,
    pub case_id: CaseId,
    pub number: String,
    pub district_id: DistrictId,
    pub case_version: i32,
    pub kind: CaseEventKind,
    pub recorded_at: chrono::DateTime<chrono::Utc>,
}

impl Change {
    /// What `changesSince` continues behind.
    #[must_use]
    pub fn cursor(&self) -> String {
        format!("{}.{}", self.transaction, self.id.0.simple())
    }
}

/// Changes behind a cursor, oldest first, and whether there are more. None is ever missed: on PostgreSQL a change is
/// given out only when every transaction that could come before it has ended.
pub async fn changes_since(
    app: &App,
    viewer: &Viewer,
    cursor: Option<&str>,
    districts: Option<Vec<DistrictId>>,
    first: u64,
) -> Result<(Vec<Change>, bool)> {
    use case_event::Column as C;
    let mut select = case_event::Entity::visible_to(viewer)
        .select_only()
        .columns([C::Id, C::Transaction, C::CaseId, C::CaseVersion, C::Kind, C::RecordedAt])
        .join(
            JoinType::InnerJoin,
            case_event::Entity::belongs_to(case::Entity).from(C::CaseId).to(case::Column::Id).into(),
        )
        .columns([case::Column::Number, case::Column::DistrictId]);
    if let Some(cursor) = cursor {
        let (transaction, id) = read_cursor(cursor)?;
        select = select
            .filter(C::Transaction.gt(transaction).or(C::Transaction.eq(transaction).and(C::Id.gt(id))));
    }
    if let Some(districts) = districts {
        select = select.filter(case::Column::DistrictId.is_in(districts));
    }
    if app.db.get_database_backend() == DbBackend::Postgres {
        let settled = Expr::cust("pg_snapshot_xmin(pg_current_snapshot())::text::bigint");
        select = select.filter(Expr::col((case_event::Entity, C::Transaction)).lt(settled));
    }
    let mut found = select
        .order_by_asc(C::Transaction)
        .order_by_asc(C::Id)
        .limit(first + 1)
        .into_model::<Change>()
        .all(&app.db)
        .await?;
    let more = found.len() as u64 > first;
    found.truncate(usize::try_from(first).unwrap_or(usize::MAX));
    Ok((found, more))
}

fn read_cursor(cursor: &str) -> Result<(i64, CaseEventId)> {
    let parts = cursor.split_once('.').and_then(|(transaction, id)| {
        Some((transaction.parse().ok()?, CaseEventId(Uuid::try_parse(id).ok()?)))
    });
    parts.ok_or_else(|| Error::BadInput("This cursor is not one of `changesSince`.".to_owned()))
}
