//! One's own second factor.

use entity::{id::StaffId, recovery_code, second_factor};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};

use crate::{app::App, error::Result, scope::unscoped};

/// The second factor that somebody signs in with, if they have confirmed one.
pub async fn of(app: &App, staff: StaffId) -> Result<Option<second_factor::Model>> {
    let found = unscoped::<second_factor::Entity>()
        .filter(second_factor::Column::StaffId.eq(staff))
        .filter(second_factor::Column::ConfirmedAt.is_not_null());
    Ok(found.one(&app.db).await?)
}

/// How many recovery codes somebody has that were not used.
pub async fn recovery_codes_left(app: &App, staff: StaffId) -> Result<u64> {
    let left = unscoped::<recovery_code::Entity>()
        .filter(recovery_code::Column::StaffId.eq(staff))
        .filter(recovery_code::Column::UsedAt.is_null());
    Ok(left.count(&app.db).await?)
}
