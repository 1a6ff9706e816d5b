//! That the city attorney confirmed a remedy which the preset does not enable. Rows are added; the latest one holds.

use sea_orm::entity::prelude::*;

use crate::id::{RemedyConfirmationId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "remedy_confirmation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RemedyConfirmationId,
    /// Key of the remedy in the city's preset.
    pub remedy_key: String,
    pub reason: String,
    /// The first day without the power again; open when none is known.
    pub valid_to: Option<Date>,
    pub confirmed_by: StaffId,
    pub confirmed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
