//! The timeline of a case, and the changes of all cases.

use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    case_event::{self, CaseEventKind},
    id::{CaseEventId, CaseId},
};

use super::{context::Ask, page::connection, staff::StaffMember};
use crate::{
    app::App,
    authz::Action,
    error::{Error, Result},
    reads::{self, case_events::Entry},
};

/// One entry of a case's timeline; never changed once written.
#[derive(Clone)]
pub struct CaseEvent(pub Arc<Entry>);

impl<T: Into<Arc<Entry>>> From<T> for CaseEvent {
    fn from(entry: T) -> Self {
        Self(entry.into())
    }
}

/// One entry of a case's timeline; never changed once written.
#[Object]
impl CaseEvent {
    /// Opaque.
    pub async fn id(&self) -> CaseEventId {
        self.0.id
    }

    /// What happened.
    async fn kind(&self) -> CaseEventKind {
        self.0.kind
    }

    /// When it happened, as stated.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.0.occurred_at
    }

    /// When the server learned it; never settable.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.recorded_at
    }

    /// Whether it was recorded on a later day of the city's calendar than the one on which it is stated to have happened.
    async fn is_back_dated(&self, ctx: &Context<'_>) -> Result<bool> {
        let city = &ctx.app()?.city;
        Ok(city.day_of(self.0.occurred_at) < city.day_of(self.0.recorded_at))
    }

    /// Who did it; null when the server did.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        let Some(id) = self.0.actor_id else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(StaffMember::from))
    }

    /// One line.
    async fn summary(&self) -> &str {
        &self.0.summary
    }

    /// The note or the reason.
    async fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// Attorneys' work product: for others this entry does not exist.
    async fn privileged(&self) -> bool {
        self.0.privileged
    }

    /// Old and new value of every field that changed.
    async fn changes(&self) -> Vec<FieldChange> {
        self.0.changes.0.iter().cloned().map(FieldChange::from).collect()
    }
}

/// Old and new value of one field.
#[derive(SimpleObject)]
pub struct FieldChange {
    /// The field's name in this API.
    field: String,
    /// Its value before; null when it had none.
    before: Option<String>,
    /// Its value after; null when it has none.
    after: Option<String>,
}

impl From<case_event::Change> for FieldChange {
    fn from(change: case_event::Change) -> Self {
        Self { field: change.field, before: change.before, after: change.after }
    }
}

connection!(CaseEventConnection, CaseEventEdge, CaseEvent, "timeline entries");

/// That a case changed, without any of its content; fetch the case to see it.
#[derive(SimpleObject)]
pub struct Change {
    /// What `changesSince` continues behind.
    cursor: String,
    /// The case.
    case_id: CaseId,
    /// The number people use.
    case_number: String,
    /// Number of the case's district.
    district: i32,
    /// The case's version once this was written.
    version: i32,
    /// What happened.
    kind: CaseEventKind,
    /// When the server learned it.
    at: DateTime<Utc>,
}

impl Change {
    /// As clients see it.
    pub fn of(app: &App, change: reads::case_events::Change) -> Self {
        Self {
            cursor: change.position().to_string(),
            case_id: change.case_id,
            case_number: change.number,
            district: app.city.district(change.district_id).map_or(0, |district| district.number),
            version: change.case_version,
            kind: change.kind,
            at: change.recorded_at,
        }
    }
}

/// Changes in the order in which they were committed.
#[derive(SimpleObject)]
pub struct ChangeConnection {
    /// The changes, oldest first.
    nodes: Vec<Change>,
    /// Ask again with this; the cursor that was given when there is nothing new.
    end_cursor: String,
    /// Whether more changes are there already.
    has_more: bool,
}

#[derive(Default)]
pub struct ChangeQuery;

#[Object]
impl ChangeQuery {
    /// What changed behind a cursor; every change comes exactly once, also under load.
    #[graphql(complexity = "super::page::cost(Some(first), child_complexity)")]
    async fn changes_since(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`endCursor` of the last answer; without it, from the beginning.")] cursor: Option<
            String,
        >,
        #[graphql(desc = "Numbers of districts; without them, all.")] districts: Option<Vec<i32>>,
        #[graphql(desc = "How many, at most 100.", default = 100)] first: i32,
    ) -> Result<ChangeConnection> {
        let viewer = ctx.viewer_who(Action::ReadCases, "changesSince")?;
        let app = ctx.app()?;
        if !(1..=reads::page::MOST).contains(&first) {
            return Err(Error::BadInput(format!("`first` is {first}; it must be from 1 to 100.")));
        }
        let districts = super::staff::district_ids(ctx, districts)?;
        let count = u64::from(first.unsigned_abs());
        let since = cursor.as_deref().map(str::parse).transpose()?;
        let (changes, has_more) =
            reads::case_events::changes_since(app, viewer, since, districts, count).await?;
        let end_cursor = changes.last().map(|change| change.position().to_string()).or(cursor);
        let end_cursor = end_cursor.unwrap_or_default();
        let node = |change| Change::of(app, change);
        Ok(ChangeConnection { nodes: changes.into_iter().map(node).collect(), end_cursor, has_more })
    }
}
