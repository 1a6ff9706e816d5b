//! Questions about orders, defendants, recordings against titles and the people who live at a place.

use chrono::{DateTime, Utc};
use entity::{
    court_order, defendant,
    id::{CaseId, CourtOrderId, LegalActionId, TitleRecordingId},
    order_violation, party, tenant_impact, title_recording,
};
use sea_orm::{ColumnTrait, DbErr, FromQueryResult, QueryFilter, QueryOrder, QueryResult, RelationTrait};

use super::joined::{join, related};
use crate::{
    app::App,
    authz::Viewer,
    domain::as_of::{NotKnown, Past, Record},
    error::Result,
    scope::VisibleTo,
};

/// A defendant with the party.
#[derive(Clone, Debug)]
pub struct DefendantRow {
    pub legal_action_id: LegalActionId,
    pub named_at: DateTime<Utc>,
    pub party: party::Model,
}

impl FromQueryResult for DefendantRow {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let defendant = defendant::Model::from_query_result(row, prefix)?;
        let party = related::<party::Model>(row, "defendant_party_")?;
        let party = party.ok_or_else(|| DbErr::RecordNotFound("the party of a defendant".to_owned()))?;
        Ok(Self { legal_action_id: defendant.legal_action_id, named_at: defendant.named_at, party })
    }
}

impl Past for DefendantRow {
    fn then(self, record: &Record) -> Result<Option<Self>, NotKnown> {
        Ok(record.knew(self.named_at).then_some(self))
    }
}

/// Orders by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[CourtOrderId]) -> Result<Vec<court_order::Model>> {
    let rows = court_order::Entity::visible_to(viewer);
    Ok(rows.filter(court_order::Column::Id.is_in(ids.iter().copied())).all(&app.db).await?)
}

/// The orders in these actions, the oldest first.
pub async fn of_actions(
    app: &App,
    viewer: &Viewer,
    actions: &[LegalActionId],
) -> Result<Vec<court_order::Model>> {
    Ok(court_order::Entity::visible_to(viewer)
        .filter(court_order::Column::LegalActionId.is_in(actions.iter().copied()))
        .order_by_asc(court_order::Column::IssuedOn)
        .order_by_asc(court_order::Column::Id)
        .all(&app.db)
        .await?)
}

/// The violations of these orders, the oldest first.
pub async fn violations_of(
    app: &App,
    viewer: &Viewer,
    orders: &[CourtOrderId],
) -> Result<Vec<order_violation::Model>> {
    Ok(order_violation::Entity::visible_to(viewer)
        .filter(order_violation::Column::CourtOrderId.is_in(orders.iter().copied()))
        .order_by_asc(order_violation::Column::ViolatedOn)
        .order_by_asc(order_violation::Column::Id)
        .all(&app.db)
        .await?)
}

/// Whom these actions are brought against, in the order in which they were named.
pub async fn defendants_of(
    app: &App,
    viewer: &Viewer,
    actions: &[LegalActionId],
) -> Result<Vec<DefendantRow>> {
    let rows = defendant::Entity::visible_to(viewer)
        .filter(defendant::Column::LegalActionId.is_in(actions.iter().copied()))
        .order_by_asc(defendant::Column::NamedAt)
        .order_by_asc(defendant::Column::Id);
    let rows = join::<_, party::Entity>(rows, defendant::Relation::Party.def(), None, "defendant_party_");
    Ok(rows.into_model::<DefendantRow>().all(&app.db).await?)
}

/// What these actions put on record against a title, the oldest first.
pub async fn recordings_of(
    app: &App,
    viewer: &Viewer,
    actions: &[LegalActionId],
) -> Result<Vec<title_recording::Model>> {
    Ok(title_recording::Entity::visible_to(viewer)
        .filter(title_recording::Column::LegalActionId.is_in(actions.iter().copied()))
        .order_by_asc(title_recording::Column::RecordedOn)
        .order_by_asc(title_recording::Column::Id)
        .all(&app.db)
        .await?)
}

/// Recordings by id, in no order.
pub async fn recordings_by_ids(
    app: &App,
    viewer: &Viewer,
    ids: &[TitleRecordingId],
) -> Result<Vec<title_recording::Model>> {
    let rows = title_recording::Entity::visible_to(viewer);
    Ok(rows.filter(title_recording::Column::Id.is_in(ids.iter().copied())).all(&app.db).await?)
}

/// What was answered about the people who live at these cases' places, the oldest answer first.
pub async fn tenant_impacts_of(
    app: &App,
    viewer: &Viewer,
    cases: &[CaseId],
) -> Result<Vec<tenant_impact::Model>> {
    Ok(tenant_impact::Entity::visible_to(viewer)
        .filter(tenant_impact::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(tenant_impact::Column::RecordedAt)
        .order_by_asc(tenant_impact::Column::Id)
        .all(&app.db)
        .await?)
}
