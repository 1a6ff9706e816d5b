//! Questions about members of staff.

use entity::{
    id::{DistrictId, StaffId},
    staff::{self, StaffRole},
    team_seat,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::teams::held_on;
use crate::{
    app::App,
    authz::Viewer,
    error::Result,
    scope::{VisibleTo, unscoped},
};

/// What a list of staff is narrowed by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Holds a seat there today.
    pub districts: Option<Vec<DistrictId>>,
    pub roles: Option<Vec<StaffRole>>,
    pub active: Option<bool>,
}

/// Members of staff by name.
pub async fn list(app: &App, viewer: &Viewer, filter: Filter) -> Result<Vec<staff::Model>> {
    let mut select = staff::Entity::visible_to(viewer);
    if let Some(districts) = filter.districts {
        let seated = team_seat::Entity::visible_to(viewer)
            .select_only()
            .column(team_seat::Column::StaffId)
            .filter(team_seat::Column::DistrictId.is_in(districts))
            .filter(held_on(app.today()));
        select = select.filter(staff::Column::Id.in_subquery(seated.into_query()));
    }
    if let Some(roles) = filter.roles {
        select = select.filter(staff::Column::Role.is_in(roles));
    }
    if let Some(active) = filter.active {
        select = select.filter(staff::Column::Active.eq(active));
    }
    Ok(select.order_by_asc(staff::Column::Name).order_by_asc(staff::Column::Id).all(&app.db).await?)
}

/// Members of staff by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[StaffId]) -> Result<Vec<staff::Model>> {
    Ok(staff::Entity::visible_to(viewer)
        .filter(staff::Column::Id.is_in(ids.iter().copied()))
        .all(&app.db)
        .await?)
}

/// One's own entry, which everybody may see.
pub async fn own(app: &App, id: StaffId) -> Result<Option<staff::Model>> {
    Ok(unscoped::<staff::Entity>().filter(staff::Column::Id.eq(id)).one(&app.db).await?)
}
