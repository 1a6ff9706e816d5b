//! Questions about nuisance rules.

use chrono::NaiveDate;
use entity::{id::NuisanceRuleId, nuisance_rule};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use crate::{app::App, authz::Viewer, domain::rule_scope, error::Result, scope::VisibleTo};

/// The rules in force on that day, or all versions there ever were; by key and version.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    active_on: Option<NaiveDate>,
) -> Result<Vec<nuisance_rule::Model>> {
    let all = nuisance_rule::Entity::visible_to(viewer)
        .order_by_asc(nuisance_rule::Column::Key)
        .order_by_asc(nuisance_rule::Column::Version)
        .all(&app.db)
        .await?;
    Ok(match active_on {
        Some(day) => rule_scope::in_force(&all, day).into_iter().cloned().collect(),
        None => all,
    })
}

/// Rules by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[NuisanceRuleId]) -> Result<Vec<nuisance_rule::Model>> {
    let rows = nuisance_rule::Entity::visible_to(viewer)
        .filter(nuisance_rule::Column::Id.is_in(ids.iter().copied()));
    Ok(rows.all(&app.db).await?)
}
