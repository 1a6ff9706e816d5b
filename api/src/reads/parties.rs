//! Questions about parties and their parts in places.

use entity::{
    id::{PartyId, PropertyId, PropertyPartyId},
    party, property_party, property_party_decision,
};
use sea_orm::{
    ColumnTrait, DbErr, FromQueryResult, QueryFilter, QueryOrder, QueryResult, QuerySelect, RelationTrait,
};

use super::joined::{join, related};
use crate::{app::App, authz::Viewer, error::Result, scope::VisibleTo};

/// A party's part in a place, with the party.
#[derive(Clone, Debug)]
pub struct LinkRow {
    pub property_id: PropertyId,
    pub link: property_party::Model,
    pub party: party::Model,
}

impl FromQueryResult for LinkRow {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let link = property_party::Model::from_query_result(row, prefix)?;
        let party = related::<party::Model>(row, "link_party_")?;
        let party = party.ok_or_else(|| DbErr::RecordNotFound("the party of a link".to_owned()))?;
        Ok(Self { property_id: link.property_id, link, party })
    }
}

/// Parties by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[PartyId]) -> Result<Vec<party::Model>> {
    Ok(party::Entity::visible_to(viewer)
        .filter(party::Column::Id.is_in(ids.iter().copied()))
        .all(&app.db)
        .await?)
}

/// Everybody's part in these places, in the order in which they were linked.
pub async fn of_places(app: &App, viewer: &Viewer, ids: &[PropertyId]) -> Result<Vec<LinkRow>> {
    let select = property_party::Entity::visible_to(viewer)
        .filter(property_party::Column::PropertyId.is_in(ids.iter().copied()))
        .order_by_asc(property_party::Column::Id);
    let relation = property_party::Relation::Party.def();
    let select = join::<_, party::Entity>(select, relation, None, "link_party_");
    Ok(select.into_model::<LinkRow>().all(&app.db).await?)
}

/// The decisions about these links, newest first.
pub async fn decisions_of(
    app: &App,
    viewer: &Viewer,
    links: &[PropertyPartyId],
) -> Result<Vec<property_party_decision::Model>> {
    Ok(property_party_decision::Entity::visible_to(viewer)
        .filter(property_party_decision::Column::PropertyPartyId.is_in(links.iter().copied()))
        .order_by_desc(property_party_decision::Column::Id)
        .all(&app.db)
        .await?)
}

/// The place that a link belongs to.
pub async fn place_of(app: &App, viewer: &Viewer, link: PropertyPartyId) -> Result<Option<PropertyId>> {
    let id: Option<PropertyId> = property_party::Entity::visible_to(viewer)
        .select_only()
        .column(property_party::Column::PropertyId)
        .filter(property_party::Column::Id.eq(link))
        .into_tuple()
        .one(&app.db)
        .await?;
    Ok(id)
}
