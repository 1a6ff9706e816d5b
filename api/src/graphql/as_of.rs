//! `case(asOf:)`: the loaders of a day in the past, for all that is asked below such a case.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use async_graphql::{Context, QueryPathNode, QueryPathSegment, SelectionField, dataloader::DataLoader};

use super::{as_of_fields, batching::Batching, loaders::Loaders};
use crate::{
    domain::as_of::{NotKnown, Past, Record},
    error::{Error, Result},
};

/// A request's loaders: those of now, and one more for each field of the query that asks for a case as of a day.
pub struct Asked {
    now: Arc<DataLoader<Loaders>>,
    batching: Batching,
    // By the field's name in the answer. Most requests ask for nothing of the past.
    then: OnceLock<RwLock<HashMap<String, Arc<DataLoader<Loaders>>>>>,
}

impl Asked {
    pub fn new(loaders: Loaders, batching: Batching) -> Self {
        Self { now: Arc::new(batching.loader(loaders)), batching, then: OnceLock::new() }
    }

    /// The loaders for the field that is being answered: those of the day that the query's field above it asks for.
    pub fn loaders(&self, ctx: &Context<'_>) -> Arc<DataLoader<Loaders>> {
        let then = self.then.get().and_then(|then| {
            let then = then.read().unwrap_or_else(PoisonError::into_inner);
            then.get(top(ctx.path_node.as_ref()?)?).cloned()
        });
        then.unwrap_or_else(|| self.now.clone())
    }

    /// From here on, what is asked below the query's field that is being answered is told as that record knows it.
    pub fn go_back(&self, ctx: &Context<'_>, record: Record) {
        let Some(field) = ctx.path_node.as_ref().and_then(top) else { return };
        let now = self.now.loader();
        let then =
            Loaders { app: now.app.clone(), viewer: now.viewer.clone(), record: Some(Arc::new(record)) };
        let known = self.then.get_or_init(RwLock::default);
        let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(field.to_owned(), Arc::new(self.batching.loader(then)));
    }
}

// The name in the answer of the query's field that this node lies below.
fn top<'a>(node: &QueryPathNode<'a>) -> Option<&'a str> {
    let mut node = node;
    while let Some(parent) = node.parent {
        node = parent;
    }
    match node.segment {
        QueryPathSegment::Name(name) => Some(name),
        QueryPathSegment::Index(_) => None,
    }
}

/// BAD_INPUT when something is asked of a case that is only known as it is now.
pub fn refuse_only_now(ctx: &Context<'_>) -> Result<()> {
    check(&ctx.field(), "Case")
}

fn check(selection: &SelectionField<'_>, kind: &str) -> Result<()> {
    for field in selection.selection_set() {
        let name = field.name();
        if name == "__typename" {
            continue;
        }
        match as_of_fields::kind_of(kind, name) {
            None => {
                let message = format!(
                    "`{name}` of {kind} is only known as it is now; ask for it without `asOf`, in another request or under \
                     another alias."
                );
                return Err(Error::BadInput(message));
            }
            Some("") => {}
            Some(below) => check(&field, below)?,
        }
    }
    Ok(())
}

impl Loaders {
    /// Rows as they were known on the day that is asked for; as they are when none is.
    pub fn past<T: Past>(&self, rows: Vec<T>) -> Result<Vec<T>> {
        match &self.record {
            Some(record) => Ok(T::all_then(rows, record)?),
            None => Ok(rows),
        }
    }

    /// For what no day in the past can be told of.
    pub fn only_now(&self, what: &'static str) -> Result<()> {
        if self.record.is_some() { Err(NotKnown::OnlyNow(what).into()) } else { Ok(()) }
    }

    /// The end of the day that is asked for; none for now.
    pub fn until(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        self.record.as_ref().map(|record| record.day.end)
    }

    /// The record that this case is told by; none for now. BAD_INPUT when a day of another case is asked for.
    pub fn record_of(&self, case: entity::id::CaseId) -> Result<Option<Arc<Record>>> {
        match &self.record {
            Some(record) if record.case != case => Err(NotKnown::OtherCase.into()),
            record => Ok(record.clone()),
        }
    }
}

/// Rows that no case's record tells of.
macro_rules! only_now {
    ($($row:path, $what:literal;)+) => {$(
        impl Past for $row {
            fn then(self, _: &Record) -> Result<Option<Self>, NotKnown> {
                Err(NotKnown::OnlyNow($what))
            }
        }
    )+};
}

only_now! {
    entity::address_alias::Model, "another address of a place";
    entity::call::Model, "a call";
    entity::call_challenge::Model, "the challenge of a call";
    entity::feed::Model, "a feed";
    entity::flag::Model, "a flag";
    entity::flag_event::Model, "the history of a flag";
    entity::letter_custody::Model, "the custody log of an early warning";
    entity::nuisance_rule::Model, "a rule";
    entity::property_party_decision::Model, "a decision about a party";
    crate::reads::flags::ListedCall, "a call of a flag";
    crate::reads::parties::LinkRow, "a party's part in a place";
    crate::reads::teams::SeatRow, "a seat";
    crate::reads::teams::WorkloadRow, "what a team has to do";
}
