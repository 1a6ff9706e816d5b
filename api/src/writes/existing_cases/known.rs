//! What the database knows of the cases and places of one batch, read in few statements.

use std::collections::HashMap;

use entity::{
    address_alias,
    case::{self, CaseStage},
    id::{CaseId, CaseRegisterId, PropertyId},
    imported_case, property,
};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::Record;
use crate::{
    app::Tx,
    error::Result,
    scope::{LockRows, unscoped},
};

/// Cases by the register's key, places by address and parcel number.
#[derive(Default)]
pub(super) struct Known {
    pub(super) imported: HashMap<String, (imported_case::Model, case::Model)>,
    pub(super) places: HashMap<PropertyId, property::Model>,
    pub(super) by_key: HashMap<String, PropertyId>,
    pub(super) by_apn: HashMap<String, PropertyId>,
    /// Open cases that people opened here, by their place.
    pub(super) opened_here: HashMap<PropertyId, Vec<String>>,
}

impl Known {
    pub(super) async fn of(tx: &Tx, register: CaseRegisterId, records: &[Record]) -> Result<Self> {
        let mut known = Self::default();
        known.read_places(tx, &records.iter().collect::<Vec<_>>()).await?;
        known.read_opened_here(tx).await?;
        let rows = unscoped::<imported_case::Entity>()
            .filter(imported_case::Column::RegisterId.eq(register))
            .filter(imported_case::Column::Key.is_in(records.iter().map(|record| record.key.as_str())))
            .all(tx.conn())
            .await?;
        // In the order of their ids, so that two who lock several wait for each other and never both.
        let cases = unscoped::<case::Entity>()
            .filter(case::Column::Id.is_in(rows.iter().map(|row| row.case_id)))
            .order_by_asc(case::Column::Id)
            .lock_rows()
            .all(tx.conn())
            .await?;
        let mut cases: HashMap<CaseId, case::Model> = cases.into_iter().map(|case| (case.id, case)).collect();
        for row in rows {
            if let Some(case) = cases.remove(&row.case_id) {
                known.imported.insert(row.key.clone(), (row, case));
            }
        }
        Ok(known)
    }

    /// Reads the places of these records; once more, after some were made.
    pub(super) async fn read_places(&mut self, tx: &Tx, records: &[&Record]) -> Result<()> {
        let keys: Vec<String> = records
            .iter()
            .filter_map(|record| record.address.as_ref())
            .map(crate::domain::address::Address::key)
            .collect();
        let aliases = unscoped::<address_alias::Entity>()
            .filter(address_alias::Column::Key.is_in(keys))
            .all(tx.conn())
            .await?;
        let named: Vec<PropertyId> = aliases.iter().map(|alias| alias.property_id).collect();
        let numbers = records.iter().filter_map(|record| record.apn.as_deref());
        let places = unscoped::<property::Entity>()
            .filter(
                Condition::any()
                    .add(property::Column::Apn.is_in(numbers))
                    .add(property::Column::Id.is_in(named)),
            )
            .order_by_asc(property::Column::Id)
            .lock_rows()
            .all(tx.conn())
            .await?;
        self.by_key.extend(aliases.into_iter().map(|alias| (alias.key, alias.property_id)));
        for place in places {
            if let Some(apn) = &place.apn {
                self.by_apn.insert(apn.clone(), place.id);
            }
            self.places.insert(place.id, place);
        }
        Ok(())
    }

    async fn read_opened_here(&mut self, tx: &Tx) -> Result<()> {
        let imported = unscoped::<imported_case::Entity>()
            .select_only()
            .column(imported_case::Column::CaseId)
            .into_query();
        let open = unscoped::<case::Entity>()
            .filter(case::Column::PropertyId.is_in(self.places.keys().copied()))
            .filter(case::Column::Stage.ne(CaseStage::Closed))
            .filter(case::Column::Id.not_in_subquery(imported))
            .order_by_asc(case::Column::Id)
            .all(tx.conn())
            .await?;
        for case in open {
            self.opened_here.entry(case.property_id).or_default().push(case.number);
        }
        Ok(())
    }
}
