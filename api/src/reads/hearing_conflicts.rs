//! Hearings at which one attorney would have to be at the same time, and where a hearing came from.

use std::collections::HashMap;

use entity::{
    hearing::{self, HearingStatus},
    id::{HearingId, StaffId},
    legal_action,
};
use sea_orm::{ColumnTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait};

use crate::{
    app::App,
    authz::Viewer,
    domain::hearing::{Place, are_in_conflict},
    error::Result,
    scope::VisibleTo,
};

/// Of each of these hearings that is still to be held, the others that its attorney cannot be at as well; two statements
/// for any number of them.
pub async fn of_hearings(
    app: &App,
    viewer: &Viewer,
    ids: &[HearingId],
) -> Result<HashMap<HearingId, Vec<hearing::Model>>> {
    let asked = hearing::Entity::visible_to(viewer)
        .join(JoinType::InnerJoin, hearing::Relation::LegalAction.def())
        .filter(hearing::Column::Id.is_in(ids.iter().copied()))
        .filter(hearing::Column::Status.eq(HearingStatus::Scheduled))
        .filter(legal_action::Column::ResponsibleAttorneyId.is_not_null())
        .select_also(legal_action::Entity)
        .all(&app.db)
        .await?;
    let attorney = |action: &Option<legal_action::Model>| action.as_ref()?.responsible_attorney_id;
    let days: Vec<_> = asked.iter().map(|(hearing, _)| hearing.starts_on).collect();
    let attorneys: Vec<StaffId> = asked.iter().filter_map(|(_, action)| attorney(action)).collect();
    if attorneys.is_empty() {
        return Ok(HashMap::new());
    }
    let near = hearing::Entity::visible_to(viewer)
        .join(JoinType::InnerJoin, hearing::Relation::LegalAction.def())
        .filter(hearing::Column::StartsOn.is_in(days))
        .filter(hearing::Column::Status.eq(HearingStatus::Scheduled))
        .filter(legal_action::Column::ResponsibleAttorneyId.is_in(attorneys))
        .order_by_asc(hearing::Column::StartsAt)
        .order_by_asc(hearing::Column::Id)
        .select_also(legal_action::Entity)
        .all(&app.db)
        .await?;
    let others = |(one, action): &(hearing::Model, Option<legal_action::Model>)| {
        let whose = attorney(action);
        let clash = near.iter().filter(|(other, theirs)| {
            other.id != one.id && attorney(theirs) == whose && are_in_conflict(&place(one), &place(other))
        });
        (one.id, clash.map(|(other, _)| other.clone()).collect())
    };
    Ok(asked.iter().map(others).collect())
}

/// The hearings that went on as these, each under the id of its continuation.
pub async fn continued_into(
    app: &App,
    viewer: &Viewer,
    ids: &[HearingId],
) -> Result<HashMap<HearingId, hearing::Model>> {
    let rows = hearing::Entity::visible_to(viewer)
        .filter(hearing::Column::ContinuedToId.is_in(ids.iter().copied()))
        .all(&app.db)
        .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.continued_to_id?, row))).collect())
}

fn place(hearing: &hearing::Model) -> Place<'_> {
    Place { starts_at: hearing.starts_at, court: &hearing.court, department: hearing.department.as_deref() }
}
