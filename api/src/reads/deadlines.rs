//! Questions about deadlines.

use chrono::NaiveDate;
use entity::{
    case,
    deadline::{self, DeadlineKind},
    id::{CaseId, DeadlineId, DistrictId, LegalActionId, StaffId},
    in_order::{Columns, InOrder},
    staff,
};
use sea_orm::{
    ColumnTrait, Condition, DbErr, FromQueryResult, Order, QueryFilter, QueryOrder, QueryResult,
    RelationTrait, Select,
};

use super::{
    cases::CaseRow,
    joined::{Joined, join},
    page::{self, Key, Page, Sorting, Window},
};
use crate::{app::App, authz::Viewer, error::Result, scope::VisibleTo};

/// A deadline with the to-one relations that were asked for.
#[derive(Clone, Debug)]
pub struct DeadlineRow {
    pub deadline: deadline::Model,
    pub case: Joined<CaseRow>,
    pub responsible: Joined<staff::Model>,
}

/// Which relations to read along.
#[derive(Clone, Copy, Debug, Default)]
pub struct With {
    pub case: bool,
    pub responsible: bool,
}

// The table's own columns, then those of each relation in the order in which it is joined.
impl FromQueryResult for DeadlineRow {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        let mut columns = Columns::of(row);
        Ok(Self {
            deadline: deadline::Model::read(&mut columns)?,
            case: Joined::read(&mut columns, "deadline_case_")?,
            responsible: Joined::read(&mut columns, "deadline_responsible_")?,
        })
    }
}

impl From<deadline::Model> for DeadlineRow {
    fn from(deadline: deadline::Model) -> Self {
        Self { deadline, case: Joined::NotAsked, responsible: Joined::NotAsked }
    }
}

/// What a list of deadlines is narrowed by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub districts: Option<Vec<DistrictId>>,
    pub responsible: Option<StaffId>,
    /// Not completed.
    pub open: Option<bool>,
    pub overdue: Option<bool>,
    pub due_from: Option<NaiveDate>,
    pub due_to: Option<NaiveDate>,
}

/// One page of the deadlines that the viewer may see, the earliest first.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    filter: &Filter,
    window: &Window,
    with: With,
) -> Result<Page<DeadlineRow>> {
    use deadline::Column as C;
    let select = deadline::Entity::visible_to(viewer).filter(narrowed(app, filter));
    let sorting = Sorting::new("deadlines").by(C::DueOn, Order::Asc).by(C::Id, Order::Asc);
    let keys = |row: &DeadlineRow| -> Vec<Key> { vec![row.deadline.due_on.into(), row.deadline.id.0.into()] };
    page::page(&app.db, joined(select, with), &sorting, window, keys).await
}

/// Deadlines by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[DeadlineId]) -> Result<Vec<deadline::Model>> {
    let rows = deadline::Entity::visible_to(viewer).filter(deadline::Column::Id.is_in(ids.iter().copied()));
    Ok(rows.all(&app.db).await?)
}

/// The deadlines of these cases, the earliest first; with `open`, those not yet completed or those completed only.
pub async fn of_cases(
    app: &App,
    viewer: &Viewer,
    cases: &[CaseId],
    open: Option<bool>,
) -> Result<Vec<deadline::Model>> {
    Ok(deadline::Entity::visible_to(viewer)
        .filter(deadline::Column::CaseId.is_in(cases.iter().copied()))
        .filter(Condition::all().add_option(open.map(is_open)))
        .order_by_asc(deadline::Column::DueOn)
        .order_by_asc(deadline::Column::Id)
        .all(&app.db)
        .await?)
}

/// The same for legal actions.
pub async fn of_actions(
    app: &App,
    viewer: &Viewer,
    actions: &[LegalActionId],
    open: Option<bool>,
) -> Result<Vec<deadline::Model>> {
    Ok(deadline::Entity::visible_to(viewer)
        .filter(deadline::Column::LegalActionId.is_in(actions.iter().copied()))
        .filter(Condition::all().add_option(open.map(is_open)))
        .order_by_asc(deadline::Column::DueOn)
        .order_by_asc(deadline::Column::Id)
        .all(&app.db)
        .await?)
}

fn is_open(open: bool) -> sea_orm::sea_query::SimpleExpr {
    let completed = deadline::Column::CompletedOn;
    if open { completed.is_null() } else { completed.is_not_null() }
}

/// The rule of `domain::deadline::is_overdue`, in SQL.
pub fn is_overdue(today: NaiveDate) -> Condition {
    Condition::all()
        .add(deadline::Column::Kind.eq(DeadlineKind::Due))
        .add(is_open(true))
        .add(deadline::Column::DueOn.lt(today))
}

fn narrowed(app: &App, filter: &Filter) -> Condition {
    use deadline::Column as C;
    let overdue = filter.overdue.map(|wanted| {
        let overdue = is_overdue(app.today());
        if wanted { overdue } else { overdue.not() }
    });
    Condition::all()
        .add_option(filter.districts.clone().map(|ids| C::DistrictId.is_in(ids)))
        .add_option(filter.responsible.map(|id| C::ResponsibleId.eq(id)))
        .add_option(filter.open.map(is_open))
        .add_option(overdue)
        .add_option(filter.due_from.map(|day| C::DueOn.gte(day)))
        .add_option(filter.due_to.map(|day| C::DueOn.lte(day)))
}

fn joined(mut select: Select<deadline::Entity>, with: With) -> Select<deadline::Entity> {
    if with.case {
        select = join::<_, case::Entity>(select, deadline::Relation::Case.def(), None, "deadline_case_");
    }
    if with.responsible {
        let relation = deadline::Relation::Responsible.def();
        select = join::<_, staff::Entity>(select, relation, None, "deadline_responsible_");
    }
    select
}
