//! Who may be named for work in a district.

use entity::id::{DistrictId, StaffId};

use super::cases;
use crate::{
    app::Tx,
    domain::refusal::Refusal,
    error::{Error, Result},
};

/// Checks that the person is of the district's team today, or the city attorney; `field` is where they were named.
pub async fn check_member(tx: &Tx, field: &'static str, id: StaffId, district: DistrictId) -> Result<()> {
    match cases::check_assignee(tx, id, district).await {
        Ok(_) => Ok(()),
        Err(Error::Refused(_)) => {
            let message = "Only a member of the district's team or the city attorney can be named here.";
            Err(Refusal::invalid(field, message).into())
        }
        Err(error) => Err(error),
    }
}
