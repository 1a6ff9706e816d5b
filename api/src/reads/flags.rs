//! Questions about flags.

use entity::{
    call,
    flag::{self, FlagStatus},
    flag_call,
    id::{CaseId, DistrictId, FlagId, PropertyId},
    nuisance_rule,
    property::{self, UseType},
};
use sea_orm::{
    ColumnTrait, Condition, DbErr, FromQueryResult, Order, QueryFilter, QueryOrder, QueryResult, QuerySelect,
    QueryTrait, RelationTrait, Select,
    sea_query::{Expr, ExprTrait},
};

use super::{
    joined::{Joined, join},
    page::{self, Page, Sorting, Window},
};
use crate::{
    app::App,
    authz::Viewer,
    domain::call_behavior::{CallBehavior, behaving},
    error::Result,
    scope::{VisibleTo, unscoped},
};

/// A flag with the to-one relations that were asked for.
#[derive(Clone, Debug)]
pub struct FlagRow {
    pub flag: flag::Model,
    pub property: Joined<property::Model>,
    pub rule: Joined<nuisance_rule::Model>,
}

/// Which relations to read along.
#[derive(Clone, Copy, Debug, Default)]
pub struct With {
    pub property: bool,
    pub rule: bool,
}

impl FromQueryResult for FlagRow {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            flag: flag::Model::from_query_result(row, prefix)?,
            property: Joined::named(row, "flag_property_")?,
            rule: Joined::named(row, "flag_rule_")?,
        })
    }
}

impl From<flag::Model> for FlagRow {
    fn from(flag: flag::Model) -> Self {
        Self { flag, property: Joined::NotAsked, rule: Joined::NotAsked }
    }
}

/// What a list of flags is narrowed by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub districts: Option<Vec<DistrictId>>,
    pub statuses: Option<Vec<FlagStatus>>,
    pub use_types: Option<Vec<UseType>>,
    pub property: Option<PropertyId>,
}

/// One page of the flags that the viewer may see, newest first.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    filter: &Filter,
    window: &Window,
    with: With,
) -> Result<Page<FlagRow>> {
    let mut all = Condition::all()
        .add_option(filter.districts.clone().map(|ids| flag::Column::DistrictId.is_in(ids)))
        .add_option(filter.statuses.clone().map(|statuses| flag::Column::Status.is_in(statuses)))
        .add_option(filter.property.map(|id| flag::Column::PropertyId.eq(id)));
    if let Some(uses) = &filter.use_types {
        let places = unscoped::<property::Entity>()
            .select_only()
            .column(property::Column::Id)
            .filter(property::Column::UseType.is_in(uses.iter().copied()));
        all = all.add(flag::Column::PropertyId.in_subquery(places.into_query()));
    }
    let select = joined(flag::Entity::visible_to(viewer).filter(all), with);
    let sorting =
        Sorting::new("flags").by(flag::Column::RaisedAt, Order::Desc).by(flag::Column::Id, Order::Desc);
    let keys = |row: &FlagRow| vec![row.flag.raised_at.into(), row.flag.id.0.into()];
    page::page(&app.db, select, &sorting, window, keys).await
}

/// Flags by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[FlagId]) -> Result<Vec<flag::Model>> {
    Ok(flag::Entity::visible_to(viewer)
        .filter(flag::Column::Id.is_in(ids.iter().copied()))
        .all(&app.db)
        .await?)
}

/// The flags that these cases grew from.
pub async fn of_cases(app: &App, viewer: &Viewer, cases: &[CaseId]) -> Result<Vec<flag::Model>> {
    let rows = flag::Entity::visible_to(viewer).filter(flag::Column::CaseId.is_in(cases.iter().copied()));
    Ok(rows.order_by_asc(flag::Column::Id).all(&app.db).await?)
}

/// A call that a flag lists.
#[derive(Clone, Debug)]
pub struct ListedCall {
    pub flag_id: FlagId,
    pub listed: flag_call::Model,
    pub call: call::Model,
}

impl FromQueryResult for ListedCall {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let listed = flag_call::Model::from_query_result(row, prefix)?;
        Ok(Self { flag_id: listed.flag_id, call: call::Model::from_query_result(row, CALL)?, listed })
    }
}

const CALL: &str = "flag_call_call_";

/// The calls that these flags list, in order of time; never a protected one, also where it became so later.
pub async fn calls_of(app: &App, viewer: &Viewer, flags: &[FlagId]) -> Result<Vec<ListedCall>> {
    let select =
        flag_call::Entity::visible_to(viewer).filter(flag_call::Column::FlagId.is_in(flags.iter().copied()));
    let of_call = |column| Expr::col((CALL, column));
    Ok(join::<_, call::Entity>(select, flag_call::Relation::Call.def(), None, CALL)
        .filter(of_call(call::Column::Category).is_not_in(behaving(CallBehavior::Protected)))
        .order_by(of_call(call::Column::OccurredAt), Order::Asc)
        .order_by(of_call(call::Column::Id), Order::Asc)
        .into_model::<ListedCall>()
        .all(&app.db)
        .await?)
}

fn joined(mut select: Select<flag::Entity>, with: With) -> Select<flag::Entity> {
    if with.property {
        let relation = flag::Relation::Property.def();
        select = join::<_, property::Entity>(select, relation, None, "flag_property_");
    }
    if with.rule {
        let relation = flag::Relation::Rule.def();
        select = join::<_, nuisance_rule::Entity>(select, relation, None, "flag_rule_");
    }
    select
}
