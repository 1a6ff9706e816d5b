//! Registers of existing cases: the lists, kept elsewhere, that cases are imported from.

use sea_orm::entity::prelude::*;

use crate::id::CaseRegisterId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_register")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CaseRegisterId,
    /// The key in its mapping file; unique.
    pub key: String,
    pub name: String,
    /// The day of the newest snapshot that was taken; older ones change nothing any more.
    pub taken_as_of: Date,
}

impl ActiveModelBehavior for ActiveModel {}
