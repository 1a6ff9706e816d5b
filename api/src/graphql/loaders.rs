//! One loader per relation, for what a parent's own statement did not read along.

use std::{collections::HashMap, hash::Hash};

use async_graphql::dataloader::Loader;
use entity::{
    case, case_kind,
    id::{CaseId, FlagId, NuisanceRuleId, PropertyId, StaffId},
    nuisance_rule, property, staff,
};

use crate::{
    app::App,
    authz::Viewer,
    domain::case_stage::Facts,
    error::{Error, Result},
    reads,
};

/// The loaders of one request; the key's type picks the question.
pub struct Loaders {
    pub app: App,
    pub viewer: Viewer,
}

/// A relation to one row: `key => model by function of reads`.
macro_rules! to_one {
    ($($key:ty => $model:ty, $read:path;)+) => {$(
        impl Loader<$key> for Loaders {
            type Value = $model;
            type Error = Error;
            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Self::Value>> {
                let rows = $read(&self.app, &self.viewer, keys).await?;
                Ok(rows.into_iter().map(|row| (row.id, row)).collect())
            }
        }
    )+};
}

to_one! {
    CaseId => case::Model, reads::cases::by_ids;
    NuisanceRuleId => nuisance_rule::Model, reads::nuisance_rules::by_ids;
    PropertyId => property::Model, reads::properties::by_ids;
    StaffId => staff::Model, reads::staff::by_ids;
}

/// A relation to many rows: `Key(parent) => rows by function of reads, grouped by column`.
macro_rules! to_many {
    ($($(#[$meta:meta])* $key:ident($parent:ty) => $row:ty, $read:path, $column:ident;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $key(pub $parent);

        impl Loader<$key> for Loaders {
            type Value = Vec<$row>;
            type Error = Error;
            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Self::Value>> {
                let parents: Vec<$parent> = keys.iter().map(|key| key.0).collect();
                let rows = $read(&self.app, &self.viewer, &parents).await?;
                Ok(grouped(rows, |row| $key(row.$column)))
            }
        }
    )+};
}

to_many! {
    /// Calls that a flag lists, in order of time.
    CallsOfFlag(FlagId) => reads::flags::ListedCall, reads::flags::calls_of, flag_id;
    /// Kinds of a case, the primary one first.
    KindsOf(CaseId) => case_kind::Model, reads::cases::kinds_of, case_id;
}

/// What the stage machine knows of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FactsOf(pub CaseId);

impl Loader<FactsOf> for Loaders {
    type Value = Facts;
    type Error = Error;
    async fn load(&self, keys: &[FactsOf]) -> Result<HashMap<FactsOf, Facts>> {
        let ids: Vec<CaseId> = keys.iter().map(|key| key.0).collect();
        let facts = reads::case_facts::of(&self.app.db, &ids, self.app.today()).await?;
        Ok(facts.into_iter().map(|(id, facts)| (FactsOf(id), facts)).collect())
    }
}

/// The newest notes of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecentNotesOf {
    pub case: CaseId,
    pub first: i32,
}

impl Loader<RecentNotesOf> for Loaders {
    type Value = Vec<entity::case_event::Model>;
    type Error = Error;
    async fn load(&self, keys: &[RecentNotesOf]) -> Result<HashMap<RecentNotesOf, Self::Value>> {
        let mut found = HashMap::new();
        // Every parent of one field asks for the same number, so this is one statement in practice.
        for (first, cases) in grouped(keys.to_vec(), |key| key.first) {
            let ids: Vec<CaseId> = cases.into_iter().map(|key| key.case).collect();
            let notes = reads::case_events::recent_notes_of(&self.app, &self.viewer, &ids, first).await?;
            found.extend(grouped(notes, |note| RecentNotesOf { case: note.case_id, first }));
        }
        Ok(found)
    }
}

fn grouped<K: Eq + Hash, V>(rows: Vec<V>, key: impl Fn(&V) -> K) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}
