//! The loaders of the cost ledger.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{
    cost_entry::{self, CostKind},
    id::{CaseId, CostEntryId, NoticeId, PropertyId},
};

use super::loaders::Loaders;
use crate::{
    domain::treble_costs::Judgment,
    error::{Error, Result},
    reads::{self, costs::TotalOf},
};

/// What the entries of a ledger add up to, in cents by kind.
pub type Totals = Vec<(CostKind, i64)>;

/// The totals of a case, of a place, and of what no statement asked a case for: `Key(parent) by function of reads`.
macro_rules! totals {
    ($($(#[$meta:meta])* $key:ident($parent:ty), $read:path;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $key(pub $parent);

        impl Loader<$key> for Loaders {
            type Value = Totals;
            type Error = Error;
            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Totals>> {
                let parents: Vec<$parent> = keys.iter().map(|key| key.0).collect();
                let mut totals: HashMap<$key, Totals> = HashMap::new();
                for TotalOf { of, kind, cents } in $read(&self.app, &self.viewer, &parents, self.until()).await? {
                    totals.entry($key(of)).or_default().push((kind, cents));
                }
                Ok(totals)
            }
        }
    )+};
}

totals! {
    /// What the entries of a case add up to.
    CostsOfCase(CaseId), reads::costs::totals_of_cases;
    /// What the entries of all cases at a place add up to.
    CostsAt(PropertyId), reads::costs::totals_of_places;
    /// What no statement asked for yet in a case.
    UnbilledOf(CaseId), reads::costs::unbilled_of_cases;
}

/// The entry that takes another one back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReversalOf(pub CostEntryId);

impl Loader<ReversalOf> for Loaders {
    type Value = cost_entry::Model;
    type Error = Error;
    async fn load(&self, keys: &[ReversalOf]) -> Result<HashMap<ReversalOf, cost_entry::Model>> {
        let ids: Vec<CostEntryId> = keys.iter().map(|key| key.0).collect();
        let rows = self.past(reads::costs::reversals_of(&self.app.db, &self.viewer, &ids).await?)?;
        Ok(rows.into_iter().filter_map(|row| Some((ReversalOf(row.reverses_id?), row))).collect())
    }
}

/// The statement that asked for a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatementFor(pub CostEntryId);

impl Loader<StatementFor> for Loaders {
    type Value = NoticeId;
    type Error = Error;
    async fn load(&self, keys: &[StatementFor]) -> Result<HashMap<StatementFor, NoticeId>> {
        let ids: Vec<CostEntryId> = keys.iter().map(|key| key.0).collect();
        let rows = self.past(reads::costs::billings_of(&self.app.db, &self.viewer, &ids).await?)?;
        Ok(rows.into_iter().map(|row| (StatementFor(row.entry_id), row.notice_id)).collect())
    }
}

/// Civil and criminal judgments about a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JudgmentsAt(pub PropertyId);

impl Loader<JudgmentsAt> for Loaders {
    type Value = Vec<Judgment>;
    type Error = Error;
    async fn load(&self, keys: &[JudgmentsAt]) -> Result<HashMap<JudgmentsAt, Vec<Judgment>>> {
        self.only_now("what was ordered in other cases")?;
        let places: Vec<PropertyId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<JudgmentsAt, Vec<Judgment>> = HashMap::new();
        for row in reads::costs::judgments_at(&self.app.db, &self.viewer, &places).await? {
            found.entry(JudgmentsAt(row.property_id)).or_default().push(row.judgment);
        }
        Ok(found)
    }
}
