//! Questions about places and the addresses they are known by.

use entity::{
    address_alias,
    case::{self, CaseStage},
    id::{DistrictId, PartyId, PropertyId},
    party,
    property::{self, UseType},
    property_party::{self, LinkStatus},
};
use sea_orm::{
    ColumnTrait, Condition, JoinType, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait, RelationTrait,
    Select,
};

use super::{
    page::{self, Page, Sorting, Window},
    text,
};
use crate::{
    app::App,
    authz::Viewer,
    domain::address::{Address, Writing},
    error::Result,
    scope::{VisibleTo, unscoped},
};

/// What a list of places is narrowed by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub districts: Option<Vec<DistrictId>>,
    pub use_types: Option<Vec<UseType>>,
    /// Address, alias, parcel number or party.
    pub text: Option<String>,
    pub has_open_case: Option<bool>,
}

/// One page of the places that the viewer may see, by address.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    filter: &Filter,
    window: &Window,
) -> Result<Page<property::Model>> {
    by_address_then_id(app, property::Entity::visible_to(viewer).filter(filtered(app, filter)), window).await
}

/// One page of the places that a party is or was linked to; rejected links are no links.
pub async fn of_party(
    app: &App,
    viewer: &Viewer,
    party: PartyId,
    window: &Window,
) -> Result<Page<property::Model>> {
    let linked = property_party::Entity::visible_to(viewer)
        .select_only()
        .column(property_party::Column::PropertyId)
        .filter(property_party::Column::PartyId.eq(party))
        .filter(property_party::Column::Status.ne(LinkStatus::Rejected));
    let select =
        property::Entity::visible_to(viewer).filter(property::Column::Id.in_subquery(linked.into_query()));
    by_address_then_id(app, select, window).await
}

/// Places by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[PropertyId]) -> Result<Vec<property::Model>> {
    let rows = property::Entity::visible_to(viewer).filter(property::Column::Id.is_in(ids.iter().copied()));
    Ok(rows.all(&app.db).await?)
}

/// One place by its parcel number.
pub async fn by_apn(app: &App, viewer: &Viewer, apn: &str) -> Result<Option<property::Model>> {
    Ok(property::Entity::visible_to(viewer).filter(property::Column::Apn.eq(apn.trim())).one(&app.db).await?)
}

/// One place by an address, however it is written; aliases count.
pub async fn by_address(app: &App, viewer: &Viewer, address: &str) -> Result<Option<property::Model>> {
    let key = Address::parse(address, &Writing::default()).key();
    let known = address_alias::Entity::visible_to(viewer)
        .select_only()
        .column(address_alias::Column::PropertyId)
        .filter(address_alias::Column::Key.eq(key));
    let select =
        property::Entity::visible_to(viewer).filter(property::Column::Id.in_subquery(known.into_query()));
    Ok(select.one(&app.db).await?)
}

/// The other addresses of these places.
pub async fn aliases_of(app: &App, viewer: &Viewer, ids: &[PropertyId]) -> Result<Vec<address_alias::Model>> {
    Ok(address_alias::Entity::visible_to(viewer)
        .filter(address_alias::Column::PropertyId.is_in(ids.iter().copied()))
        .filter(address_alias::Column::IsSitus.eq(false))
        .order_by_asc(address_alias::Column::Address)
        .order_by_asc(address_alias::Column::Id)
        .all(&app.db)
        .await?)
}

async fn by_address_then_id(
    app: &App,
    select: Select<property::Entity>,
    window: &Window,
) -> Result<Page<property::Model>> {
    let sorting = Sorting::new("properties")
        .by(property::Column::Address, Order::Asc)
        .by(property::Column::Id, Order::Asc);
    let keys = |place: &property::Model| vec![place.address.clone().into(), place.id.0.into()];
    page::page(&app.db, select, &sorting, window, keys).await
}

fn filtered(app: &App, filter: &Filter) -> Condition {
    use property::Column as C;
    let mut all = Condition::all()
        .add_option(filter.districts.clone().map(|ids| C::DistrictId.is_in(ids)))
        .add_option(filter.use_types.clone().map(|types| C::UseType.is_in(types)));
    if let Some(wanted) = filter.has_open_case {
        let open = unscoped::<case::Entity>()
            .select_only()
            .column(case::Column::PropertyId)
            .filter(case::Column::Stage.ne(CaseStage::Closed));
        let having = Condition::all().add(C::Id.in_subquery(open.into_query()));
        all = all.add(if wanted { having } else { having.not() });
    }
    if let Some(words) = &filter.text {
        all = all.add(matching(app, words));
    }
    all
}

fn matching(app: &App, words: &str) -> Condition {
    use property::Column as C;
    let backend = app.db.get_database_backend();
    let known_as = unscoped::<address_alias::Entity>()
        .select_only()
        .column(address_alias::Column::PropertyId)
        .filter(text::contains(backend, address_alias::Column::Address, words));
    let of_party = unscoped::<property_party::Entity>()
        .select_only()
        .column(property_party::Column::PropertyId)
        .join(JoinType::InnerJoin, property_party::Relation::Party.def())
        .filter(property_party::Column::Status.ne(LinkStatus::Rejected))
        .filter(text::contains(backend, party::Column::Name, words));
    Condition::any()
        .add(text::contains(backend, C::Address, words))
        .add(text::contains(backend, C::Apn, words))
        .add(C::Id.in_subquery(known_as.into_query()))
        .add(C::Id.in_subquery(of_party.into_query()))
}
