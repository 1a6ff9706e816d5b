//! Questions about timelines, and the changes of all cases in the order in which they were committed.

use std::{cmp::Reverse, fmt, str::FromStr, sync::Arc};

use chrono::{DateTime, Utc};
use entity::{
    case,
    case_event::{self, CaseEventKind, Changes},
    id::{CaseEventId, CaseId, DistrictId, StaffId},
    in_order::Columns,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, JoinType, Order,
    QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait, Select,
    sea_query::{Alias, Asterisk, Expr, ExprTrait, Func, IntoColumnRef, Query, SelectStatement},
};
use uuid::Uuid;

use super::page::{self, Page, Sorting, Window};
use crate::{
    app::App,
    authz::Viewer,
    error::{Error, Result},
    scope::{VisibleTo, unscoped},
};

/// One entry of a case's timeline, without what binds it to the one before it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: CaseEventId,
    pub case_id: CaseId,
    /// 1, 2, 3 … within the case.
    pub position: i32,
    pub kind: CaseEventKind,
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub actor_id: Option<StaffId>,
    pub summary: String,
    pub body: Option<String>,
    pub privileged: bool,
    pub changes: Changes,
}

impl Entry {
    fn of(select: Select<case_event::Entity>) -> Select<case_event::Entity> {
        use case_event::Column as C;
        let facts = [C::Id, C::CaseId, C::Position, C::Kind, C::OccurredAt, C::RecordedAt, C::ActorId];
        let told = [C::Summary, C::Body, C::Privileged, C::Changes];
        select.select_only().columns(facts).columns(told)
    }
}

// In the order of `Entry::of`.
impl FromQueryResult for Entry {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        let mut columns = Columns::of(row);
        Ok(Self {
            id: columns.take()?,
            case_id: columns.take()?,
            position: columns.take()?,
            kind: columns.take()?,
            occurred_at: columns.take()?,
            recorded_at: columns.take()?,
            actor_id: columns.take()?,
            summary: columns.take()?,
            body: columns.take()?,
            privileged: columns.take()?,
            changes: columns.take()?,
        })
    }
}

impl From<case_event::Model> for Entry {
    fn from(event: case_event::Model) -> Self {
        Self {
            id: event.id,
            case_id: event.case_id,
            position: event.position,
            kind: event.kind,
            occurred_at: event.occurred_at,
            recorded_at: event.recorded_at,
            actor_id: event.actor_id,
            summary: event.summary,
            body: event.body,
            privileged: event.privileged,
            changes: event.changes,
        }
    }
}

/// One page of a case's timeline, newest first; with `until`, of what was recorded before that moment.
pub async fn of_case(
    app: &App,
    viewer: &Viewer,
    case: CaseId,
    kinds: Option<Vec<CaseEventKind>>,
    until: Option<DateTime<Utc>>,
    window: &Window,
) -> Result<Page<Entry>> {
    let mut select = Entry::of(case_event::Entity::visible_to(viewer))
        .filter(case_event::Column::CaseId.eq(case))
        .filter(recorded(until));
    if let Some(kinds) = kinds {
        select = select.filter(case_event::Column::Kind.is_in(kinds));
    }
    let sorting = Sorting::new("timeline")
        .by(case_event::Column::Position, Order::Desc)
        .by(case_event::Column::Id, Order::Desc);
    let keys = |event: &Entry| vec![event.position.into(), event.id.0.into()];
    page::page(&app.db, select, &sorting, window, keys).await
}

/// One entry of a timeline.
pub async fn by_id(app: &App, viewer: &Viewer, id: CaseEventId) -> Result<Option<Entry>> {
    let select = Entry::of(case_event::Entity::visible_to(viewer)).filter(case_event::Column::Id.eq(id));
    Ok(select.into_model::<Entry>().one(&app.db).await?)
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
) -> Result<Vec<Arc<Entry>>> {
    let notes = Entry::of(case_event::Entity::visible_to(viewer))
        .filter(case_event::Column::Kind.eq(CaseEventKind::Note))
        .filter(recorded(until));
    let newest = match app.db.get_database_backend() {
        DbBackend::Postgres => newest_by_lateral_join(notes, cases, first),
        _ => newest_by_row(notes, cases, first),
    };
    let rows = app.db.query_all(&newest).await?;
    let notes = rows.iter().map(|row| Entry::from_query_result(row, ""));
    let mut notes = notes.collect::<Result<Vec<_>, _>>()?;
    notes.sort_unstable_by_key(|note| Reverse(note.position));
    Ok(notes.into_iter().map(Arc::new).collect())
}

// For each case a walk along its index, which ends with the last note that is wanted.
fn newest_by_lateral_join(
    notes: Select<case_event::Entity>,
    cases: &[CaseId],
    first: i32,
) -> SelectStatement {
    let wanted = || Alias::new("wanted");
    let ids: Vec<Uuid> = cases.iter().map(|case| case.0).collect();
    let of_one = newest_of(notes, (wanted(), wanted()), first);
    Query::select()
        .column((Alias::new("newest"), Asterisk))
        .from_function(Func::cust("unnest").arg(ids), wanted())
        .join_lateral(JoinType::InnerJoin, of_one, "newest", Condition::all())
        .take()
}

// The same walk; SQLite has no lateral joins, but a list of its rows may depend on the row that is joined.
fn newest_by_row(notes: Select<case_event::Entity>, cases: &[CaseId], first: i32) -> SelectStatement {
    let row = || Expr::col((case_event::Entity, Alias::new("rowid")));
    let of_one = newest_of(notes.select_only().expr(row()), (case::Entity, case::Column::Id), first);
    let mut newest = Entry::of(unscoped()).into_query();
    newest
        .join(JoinType::InnerJoin, case::Entity, row().in_subquery(of_one))
        .and_where(Expr::col((case::Entity, case::Column::Id)).is_in(cases.iter().copied()))
        .take()
}

fn newest_of(notes: Select<case_event::Entity>, case: impl IntoColumnRef, first: i32) -> SelectStatement {
    notes
        .filter(Expr::col((case_event::Entity, case_event::Column::CaseId)).equals(case))
        .order_by_desc(case_event::Column::Position)
        .limit(u64::from(first.unsigned_abs()))
        .into_query()
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
    pub recorded_at: DateTime<Utc>,
    /// Only those who read attorneys' work product may know of it.
    pub privileged: bool,
}

impl Change {
    /// Where it stands in the order of all changes.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { transaction: self.transaction, id: self.id }
    }
}

/// A place in the order in which changes were committed: what `changesSince` continues behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    transaction: i64,
    id: CaseEventId,
}

impl Position {
    /// Before the first change.
    pub const BEGINNING: Self = Self { transaction: 0, id: CaseEventId(Uuid::nil()) };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.transaction, self.id.0.simple())
    }
}

impl FromStr for Position {
    type Err = Error;

    fn from_str(cursor: &str) -> Result<Self> {
        let parts = cursor.split_once('.').and_then(|(transaction, id)| {
            Some(Self { transaction: transaction.parse().ok()?, id: CaseEventId(Uuid::try_parse(id).ok()?) })
        });
        parts.ok_or_else(|| Error::BadInput("This cursor is not one of `changesSince`.".to_owned()))
    }
}

/// Changes behind a cursor, oldest first, and whether there are more. None is ever missed: on PostgreSQL a change is
/// given out only when every transaction that could come before it has ended.
pub async fn changes_since(
    app: &App,
    viewer: &Viewer,
    since: Option<Position>,
    districts: Option<Vec<DistrictId>>,
    first: u64,
) -> Result<(Vec<Change>, bool)> {
    use case_event::Column as C;
    let mut select = case_event::Entity::visible_to(viewer)
        .select_only()
        .columns([C::Id, C::Transaction, C::CaseId, C::CaseVersion, C::Kind, C::RecordedAt, C::Privileged])
        .join(
            JoinType::InnerJoin,
            case_event::Entity::belongs_to(case::Entity).from(C::CaseId).to(case::Column::Id).into(),
        )
        .columns([case::Column::Number, case::Column::DistrictId]);
    if let Some(Position { transaction, id }) = since {
        select = select
            .filter(C::Transaction.gt(transaction).or(C::Transaction.eq(transaction).and(C::Id.gt(id))));
    }
    if let Some(districts) = districts {
        select = select.filter(case::Column::DistrictId.is_in(districts));
    }
    let mut found = select
        .filter(settled(app))
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

/// The newest change behind which nothing can appear any more that is before it.
pub async fn newest(app: &App) -> Result<Position> {
    use case_event::Column as C;
    let newest = unscoped::<case_event::Entity>()
        .select_only()
        .columns([C::Transaction, C::Id])
        .filter(settled(app))
        .order_by_desc(C::Transaction)
        .order_by_desc(C::Id)
        .into_tuple()
        .one(&app.db)
        .await?;
    Ok(newest.map_or(Position::BEGINNING, |(transaction, id)| Position { transaction, id }))
}

// SQLite has one writer, so that what is there is settled.
fn settled(app: &App) -> Condition {
    let column = Expr::col((case_event::Entity, case_event::Column::Transaction));
    let is_postgres = app.db.get_database_backend() == DbBackend::Postgres;
    let horizon = || Expr::cust("pg_snapshot_xmin(pg_current_snapshot())::text::bigint");
    Condition::all().add_option(is_postgres.then(|| column.lt(horizon())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_of_changes_is_read_as_it_was_written_and_anything_else_is_refused(
            transaction in any::<i64>(), id in any::<u128>(), odd in ".{0,60}",
        ) {
            let position = Position { transaction, id: CaseEventId(Uuid::from_u128(id)) };
            prop_assert_eq!(position.to_string().parse::<Position>().expect("what it writes it reads"), position);
            if let Ok(read) = odd.parse::<Position>() {
                prop_assert_eq!(read.to_string().parse::<Position>().expect("what it writes it reads"), read);
            }
        }
    }
}
