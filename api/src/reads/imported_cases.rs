//! Cases that came from a register.

use chrono::NaiveDate;
use entity::{
    case::{self, CaseStage},
    case_register, imported_case,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait,
};

use crate::{error::Result, scope::unscoped};

/// A case by its numbers there and here.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Numbers {
    /// The register's own number.
    pub key: String,
    pub number: String,
}

/// The cases of a register that are open here; none once it was taken as of a day after `as_of`.
pub async fn open_of(db: &impl ConnectionTrait, register: &str, as_of: NaiveDate) -> Result<Vec<Numbers>> {
    let registered = unscoped::<case_register::Entity>()
        .filter(case_register::Column::Key.eq(register))
        .filter(case_register::Column::TakenAsOf.lte(as_of))
        .one(db)
        .await?;
    let Some(register) = registered else { return Ok(Vec::new()) };
    Ok(unscoped::<imported_case::Entity>()
        .select_only()
        .column(imported_case::Column::Key)
        .column(case::Column::Number)
        .join(JoinType::InnerJoin, imported_case::Relation::Case.def())
        .filter(imported_case::Column::RegisterId.eq(register.id))
        .filter(case::Column::Stage.ne(CaseStage::Closed))
        .order_by_asc(imported_case::Column::Key)
        .into_model::<Numbers>()
        .all(db)
        .await?)
}
