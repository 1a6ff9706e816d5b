//! Council districts; their facts come from the city's preset.

use sea_orm::entity::prelude::*;

use crate::id::DistrictId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "district")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DistrictId,
    /// The number people use; unique.
    pub number: i32,
    pub name: String,
    /// RFC 7946 geometry, as text.
    pub boundary: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
