//! Questions about cases.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    address_alias,
    case::{self, CasePriority, CaseStage},
    case_kind::{self, CaseKind},
    id::{CaseId, DistrictId, PropertyId, StaffId},
    in_order::{Columns, InOrder},
    legal_action, party, property, property_party, staff,
};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, DbErr, FromQueryResult, Order, QueryFilter, QueryResult, QuerySelect,
    QueryTrait, RelationTrait, Select,
};

use super::{
    joined::{Joined, join},
    page::{self, Key, Page, Sorting, Window},
    responses, text,
};
use crate::{
    app::App,
    authz::Viewer,
    error::Result,
    scope::{VisibleTo, unscoped},
};

/// A case with the to-one relations that were asked for.
#[derive(Clone, Debug)]
pub struct CaseRow {
    pub case: case::Model,
    pub property: Joined<property::Model>,
    pub assignee: Joined<staff::Model>,
}

/// Which relations to read along.
#[derive(Clone, Copy, Debug, Default)]
pub struct With {
    pub property: bool,
    pub assignee: bool,
}

// As the statements have it: the table's own columns, then those of each relation in the order in which it is joined.
impl InOrder for CaseRow {
    fn read(columns: &mut Columns<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            case: case::Model::read(columns)?,
            property: Joined::read(columns, "case_property_")?,
            assignee: Joined::read(columns, "case_assignee_")?,
        })
    }

    fn skip(columns: &mut Columns<'_>) -> Result<(), DbErr> {
        case::Model::skip(columns)?;
        Joined::<property::Model>::read(columns, "case_property_")?;
        Joined::<staff::Model>::read(columns, "case_assignee_")?;
        Ok(())
    }
}

impl FromQueryResult for CaseRow {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        Self::read(&mut Columns::of(row))
    }
}

impl From<case::Model> for CaseRow {
    fn from(case: case::Model) -> Self {
        Self { case, property: Joined::NotAsked, assignee: Joined::NotAsked }
    }
}

/// What a list of cases is narrowed by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub districts: Option<Vec<DistrictId>>,
    pub stages: Option<Vec<CaseStage>>,
    pub kinds: Option<Vec<CaseKind>>,
    pub priorities: Option<Vec<CasePriority>>,
    pub assignee: Option<StaffId>,
    pub property: Option<PropertyId>,
    pub open: Option<bool>,
    /// No recorded activity for the city's stale period.
    pub stale: Option<bool>,
    pub next_action_before: Option<NaiveDate>,
    pub opened_from: Option<DateTime<Utc>>,
    pub opened_to: Option<DateTime<Utc>>,
    pub has_legal_action: Option<bool>,
    /// Nobody has looked at the place, and the time for it is over.
    pub response_late: Option<bool>,
    /// Number, title, address, parcel number or party.
    pub text: Option<String>,
}

/// What a list of cases is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    OpenedAt,
    NextActionOn,
    Priority,
    UpdatedAt,
}

/// One page of the cases that the viewer may see.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    filter: &Filter,
    sort: &[(SortKey, Order)],
    window: &Window,
    with: With,
) -> Result<Page<CaseRow>> {
    let select = filtered(app, viewer, filter);
    let sort = if sort.is_empty() { &[(SortKey::OpenedAt, Order::Desc)][..] } else { sort };
    let keys: Vec<SortKey> = sort.iter().map(|(key, _)| *key).collect();
    let mut sorting = Sorting::new(format!("cases {sort:?}"));
    for (key, order) in sort {
        sorting = match key {
            SortKey::OpenedAt => sorting.by(case::Column::OpenedAt, order.clone()),
            SortKey::UpdatedAt => sorting.by(case::Column::UpdatedAt, order.clone()),
            SortKey::Priority => sorting.by(case::Column::PriorityRank, order.clone()),
            SortKey::NextActionOn => sorting.by_nullable(case::Column::NextActionOn, order.clone()),
        };
    }
    let last = sort.last().map_or(Order::Desc, |(_, order)| order.clone());
    let sorting = sorting.by(case::Column::Id, last);
    let key_of = |row: &CaseRow| -> Vec<Key> {
        let case = &row.case;
        let mut values: Vec<Key> = keys
            .iter()
            .map(|key| match key {
                SortKey::OpenedAt => case.opened_at.into(),
                SortKey::UpdatedAt => case.updated_at.into(),
                SortKey::Priority => case.priority_rank.into(),
                SortKey::NextActionOn => case.next_action_on.into(),
            })
            .collect();
        values.push(case.id.0.into());
        values
    };
    page::page(&app.db, joined(select, with), &sorting, window, key_of).await
}

/// One case, if the viewer may see it.
pub async fn by_id(app: &App, viewer: &Viewer, id: CaseId, with: With) -> Result<Option<CaseRow>> {
    let select = case::Entity::visible_to(viewer).filter(case::Column::Id.eq(id));
    Ok(joined(select, with).into_model::<CaseRow>().one(&app.db).await?)
}

/// One case by the number people use.
pub async fn by_number(app: &App, viewer: &Viewer, number: &str, with: With) -> Result<Option<CaseRow>> {
    let select = case::Entity::visible_to(viewer).filter(case::Column::Number.eq(number));
    Ok(joined(select, with).into_model::<CaseRow>().one(&app.db).await?)
}

/// Cases by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[CaseId]) -> Result<Vec<case::Model>> {
    Ok(case::Entity::visible_to(viewer)
        .filter(case::Column::Id.is_in(ids.iter().copied()))
        .all(&app.db)
        .await?)
}

/// The kinds of these cases, each case's primary kind first.
pub async fn kinds_of(app: &App, viewer: &Viewer, ids: &[CaseId]) -> Result<Vec<case_kind::Model>> {
    use sea_orm::QueryOrder;
    Ok(case_kind::Entity::visible_to(viewer)
        .filter(case_kind::Column::CaseId.is_in(ids.iter().copied()))
        .order_by_asc(case_kind::Column::Position)
        .all(&app.db)
        .await?)
}

fn joined(mut select: Select<case::Entity>, with: With) -> Select<case::Entity> {
    if with.property {
        let relation = case::Relation::Property.def();
        select = join::<_, property::Entity>(select, relation, None, "case_property_");
    }
    if with.assignee {
        let relation = case::Relation::Assignee.def();
        select = join::<_, staff::Entity>(select, relation, None, "case_assignee_");
    }
    select
}

fn filtered(app: &App, viewer: &Viewer, filter: &Filter) -> Select<case::Entity> {
    use case::Column as C;
    let mut all = Condition::all()
        .add_option(filter.districts.clone().map(|ids| C::DistrictId.is_in(ids)))
        .add_option(filter.stages.clone().map(|stages| C::Stage.is_in(stages)))
        .add_option(filter.priorities.clone().map(|priorities| C::Priority.is_in(priorities)))
        .add_option(filter.assignee.map(|id| C::AssigneeId.eq(id)))
        .add_option(filter.property.map(|id| C::PropertyId.eq(id)))
        .add_option(filter.next_action_before.map(|day| C::NextActionOn.lt(day)))
        .add_option(filter.opened_from.map(|at| C::OpenedAt.gte(at)))
        .add_option(filter.opened_to.map(|at| C::OpenedAt.lt(at)));
    if let Some(open) = filter.open {
        all = all.add(if open { C::Stage.ne(CaseStage::Closed) } else { C::Stage.eq(CaseStage::Closed) });
    }
    if let Some(stale) = filter.stale {
        let is_stale = Condition::all()
            .add(C::Stage.ne(CaseStage::Closed))
            .add(C::UpdatedAt.lt(stale_before(app, app.clock.now())));
        all = all.add(if stale { is_stale } else { is_stale.not() });
    }
    if let Some(kinds) = &filter.kinds {
        let of_kind = unscoped::<case_kind::Entity>()
            .select_only()
            .column(case_kind::Column::CaseId)
            .filter(case_kind::Column::Kind.is_in(kinds.iter().copied()));
        all = all.add(C::Id.in_subquery(of_kind.into_query()));
    }
    if let Some(wanted) = filter.has_legal_action {
        let with_action =
            unscoped::<legal_action::Entity>().select_only().column(legal_action::Column::CaseId);
        let having = Condition::all().add(C::Id.in_subquery(with_action.into_query()));
        all = all.add(if wanted { having } else { having.not() });
    }
    if let Some(wanted) = filter.response_late {
        let late = responses::late(app.clock.now());
        all = all.add(if wanted { late } else { late.not() });
    }
    if let Some(words) = &filter.text {
        all = all.add(matching(app.db.get_database_backend(), words));
    }
    case::Entity::visible_to(viewer).filter(all)
}

/// The moment before which a case without activity is stale at that time.
pub fn stale_before(app: &App, at: DateTime<Utc>) -> DateTime<Utc> {
    at - chrono::TimeDelta::days(app.city.preset.city.stale.days.into())
}

fn matching(backend: DbBackend, words: &str) -> Condition {
    use case::Column as C;
    let places =
        unscoped::<property::Entity>().select_only().column(property::Column::Id).filter(
            Condition::any()
                .add(text::contains(backend, property::Column::Address, words))
                .add(text::contains(backend, property::Column::Apn, words)),
        );
    let known_as = unscoped::<address_alias::Entity>()
        .select_only()
        .column(address_alias::Column::PropertyId)
        .filter(text::contains(backend, address_alias::Column::Address, words));
    let of_party = unscoped::<property_party::Entity>()
        .select_only()
        .column(property_party::Column::PropertyId)
        .join(sea_orm::JoinType::InnerJoin, property_party::Relation::Party.def())
        .filter(text::contains(backend, party::Column::Name, words));
    Condition::any()
        .add(text::contains(backend, C::Number, words))
        .add(text::contains(backend, C::Title, words))
        .add(C::PropertyId.in_subquery(places.into_query()))
        .add(C::PropertyId.in_subquery(known_as.into_query()))
        .add(C::PropertyId.in_subquery(of_party.into_query()))
}
