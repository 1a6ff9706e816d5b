//! The timeline of cases, each entry bound to the one before it.

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use entity::{
    case,
    case_event::{self, CaseEventKind, Change, Changes},
    id::CaseEventId,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, Iterable, ModelTrait, Statement,
    sea_query::{CommonTableExpression, Expr, InsertStatement, Query, WithClause},
};
use sha2::{Digest, Sha256};

use crate::{
    app::Tx,
    error::{Error, Result},
    news::News,
};

/// One entry of a case's timeline, before it is written.
#[derive(Clone, Debug)]
pub struct Entry {
    pub kind: CaseEventKind,
    pub summary: String,
    pub body: Option<String>,
    pub privileged: bool,
    /// When it happened, as stated; now, when nothing is said.
    pub occurred_at: Option<DateTime<Utc>>,
    pub changes: Vec<Change>,
}

impl Entry {
    #[must_use]
    pub fn new(kind: CaseEventKind, summary: impl Into<String>) -> Self {
        Self {
            kind,
            summary: summary.into(),
            body: None,
            privileged: false,
            occurred_at: None,
            changes: Vec::new(),
        }
    }

    #[must_use]
    pub fn body(mut self, body: Option<String>) -> Self {
        self.body = body;
        self
    }

    #[must_use]
    pub fn privileged(mut self, privileged: bool) -> Self {
        self.privileged = privileged;
        self
    }

    #[must_use]
    pub fn occurred(mut self, at: Option<DateTime<Utc>>) -> Self {
        self.occurred_at = at;
        self
    }

    /// It happened on that day: now, when it is today, else as the city's day began.
    #[must_use]
    pub fn on(self, day: NaiveDate, tx: &Tx) -> Self {
        let at = if day == tx.today() { None } else { tx.city.start_of(day) };
        self.occurred(at)
    }

    /// Adds old and new value of a field, when they differ.
    #[must_use]
    pub fn change(
        mut self,
        field: &str,
        before: Option<impl ToString>,
        after: Option<impl ToString>,
    ) -> Self {
        let (before, after) = (before.map(|v| v.to_string()), after.map(|v| v.to_string()));
        if before != after {
            self.changes.push(Change { field: field.to_owned(), before, after });
        }
        self
    }
}

/// Binds an entry to the case's newest one; the caller, who holds the case locked or makes it, writes both rows.
pub async fn bind(tx: &mut Tx, case: &mut case::Model, entry: Entry) -> Result<case_event::Model> {
    let transaction = place_in_order(tx).await?;
    bound(tx, case, entry, CaseEventId::generate(), transaction)
}

fn bound(
    tx: &mut Tx,
    case: &mut case::Model,
    entry: Entry,
    id: CaseEventId,
    transaction: i64,
) -> Result<case_event::Model> {
    let mut event = case_event::Model {
        id,
        case_id: case.id,
        position: case.event_count + 1,
        transaction,
        kind: entry.kind,
        // To the microsecond that both databases keep.
        occurred_at: entry.occurred_at.map_or(tx.now, |at| at.trunc_subsecs(6)),
        recorded_at: tx.now,
        actor_id: tx.viewer.staff_id(),
        summary: entry.summary,
        body: entry.body,
        privileged: entry.privileged,
        changes: Changes(entry.changes),
        case_version: case.version,
        previous_hash: case.event_hash.clone(),
        hash: String::new(),
    };
    event.hash = hash(&event)?;
    case.event_count = event.position;
    case.event_hash.clone_from(&event.hash);
    case.updated_at = tx.now;
    tx.changed(case.id);
    tx.news.push(News::CaseEvent(event.id));
    Ok(event)
}

/// Appends an entry to the case, whose row the caller holds locked.
pub async fn append(tx: &mut Tx, case: &mut case::Model, entry: Entry) -> Result<CaseEventId> {
    Ok(append_as(tx, case, entry, CaseEventId::generate()).await?.id)
}

/// The same with an id that was told before, and answers the row.
pub async fn append_as(
    tx: &mut Tx,
    case: &mut case::Model,
    entry: Entry,
    id: CaseEventId,
) -> Result<case_event::Model> {
    let known = tx.transaction;
    let mut event = bound(tx, case, entry, id, known.unwrap_or_default())?;
    let mut moved = Query::update();
    moved
        .table(case::Entity)
        .value(case::Column::EventCount, case.event_count)
        .value(case::Column::EventHash, case.event_hash.as_str())
        .value(case::Column::UpdatedAt, case.updated_at)
        .and_where(case::Column::Id.eq(case.id));
    let mut inserted = inserted(tx, &event, known)?;
    inserted.returning_col(case_event::Column::Transaction);
    let row = if tx.is_postgres() {
        // In one statement: each costs a round trip, while others may wait for the case.
        let moved = CommonTableExpression::new().table_name("moved").query(moved).to_owned();
        tx.conn().query_one(&WithClause::new().cte(moved).to_owned().query(inserted)).await?
    } else {
        tx.conn().execute(&moved).await?;
        tx.conn().query_one(&inserted).await?
    };
    let row = row.ok_or_else(|| Error::Internal("an entry was not written".to_owned()))?;
    event.transaction = row.try_get("", "transaction")?;
    tx.transaction = Some(event.transaction);
    Ok(event)
}

// Where the transaction's number is not known yet, the database puts it in.
fn inserted(tx: &Tx, event: &case_event::Model, transaction: Option<i64>) -> Result<InsertStatement> {
    let value = |column: case_event::Column| match (column, transaction) {
        (case_event::Column::Transaction, None) => Expr::cust(number(tx)),
        (case_event::Column::Transaction, Some(number)) => Expr::val(number),
        (column, _) => column.save_as(Expr::val(event.get(column))),
    };
    let mut insert = Query::insert();
    insert
        .into_table(case_event::Entity)
        .columns(case_event::Column::iter())
        .values(case_event::Column::iter().map(value))
        .map_err(|error| Error::Internal(error.to_string()))?;
    Ok(insert)
}

/// The hash of an entry: SHA-256 over all its columns in a fixed order, the previous hash among them.
pub fn hash(event: &case_event::Model) -> Result<String> {
    let columns = serde_json::to_string(&(
        (event.id, event.case_id, event.position, event.kind, event.actor_id, event.case_version),
        (event.occurred_at.timestamp_micros(), event.recorded_at.timestamp_micros()),
        (&event.summary, &event.body, event.privileged, &event.changes, &event.previous_hash),
    ))
    .map_err(|error| Error::Internal(error.to_string()))?;
    Ok(hex(&Sha256::digest(columns)))
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| DIGITS[usize::from(digit)]).collect()
}

async fn place_in_order(tx: &mut Tx) -> Result<i64> {
    if let Some(transaction) = tx.transaction {
        return Ok(transaction);
    }
    let sql = format!("SELECT {} AS place", number(tx));
    let statement = Statement::from_string(tx.conn().get_database_backend(), sql);
    let row = tx.conn().query_one_raw(statement).await?;
    let place = row.ok_or_else(|| Error::Internal("no transaction id".to_owned()))?.try_get("", "place")?;
    tx.transaction = Some(place);
    Ok(place)
}

// On PostgreSQL the transaction's own number, below which nothing can appear once it has ended; SQLite has one writer.
fn number(tx: &Tx) -> &'static str {
    if tx.is_postgres() {
        "pg_current_xact_id()::text::bigint"
    } else {
        "(SELECT coalesce(max(\"transaction\"), 0) + 1 FROM case_event)"
    }
}
