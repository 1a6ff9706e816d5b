//! Questions about hearings, and the docket of the city.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    hearing::{self, HearingStatus},
    id::{DistrictId, HearingId, LegalActionId, StaffId},
    in_order::{Columns, InOrder},
    legal_action,
};
use sea_orm::{
    ColumnTrait, Condition, DbErr, FromQueryResult, Order, QueryFilter, QueryOrder, QueryResult, QuerySelect,
    QueryTrait, RelationTrait,
    sea_query::{Expr, ExprTrait, Func, Query, WindowStatement},
};

use super::{
    joined::{Joined, join},
    legal_actions::{self, ActionRow},
    page::{self, Page, Sorting, Window},
};
use crate::{
    app::App,
    authz::Viewer,
    error::{Error, Result},
    scope::{VisibleTo, unscoped},
};

/// A hearing, with its legal action when that was asked for.
#[derive(Clone, Debug)]
pub struct HearingRow {
    pub hearing: hearing::Model,
    pub action: Joined<ActionRow>,
}

// As the statements have it: the table's own columns, then those of each relation in the order in which it is joined.
impl InOrder for HearingRow {
    fn read(columns: &mut Columns<'_>) -> Result<Self, DbErr> {
        Ok(Self { hearing: hearing::Model::read(columns)?, action: Joined::read(columns, "in_action_")? })
    }

    fn skip(columns: &mut Columns<'_>) -> Result<(), DbErr> {
        hearing::Model::skip(columns)?;
        Joined::<ActionRow>::read(columns, "in_action_")?;
        Ok(())
    }
}

impl FromQueryResult for HearingRow {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        Self::read(&mut Columns::of(row))
    }
}

impl From<hearing::Model> for HearingRow {
    fn from(hearing: hearing::Model) -> Self {
        Self { hearing, action: Joined::NotAsked }
    }
}

/// What the docket is narrowed by.
#[derive(Clone, Debug)]
pub struct Docket {
    /// First and last day.
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub districts: Option<Vec<DistrictId>>,
    /// Who is responsible for the action.
    pub attorney: Option<StaffId>,
    /// Whole names, whatever their capitals.
    pub court: Option<String>,
    pub department: Option<String>,
}

/// One page of the hearings that are to be held between two days, the earliest first.
pub async fn docket(
    app: &App,
    viewer: &Viewer,
    docket: &Docket,
    window: &Window,
    with: Option<legal_actions::With>,
) -> Result<Page<HearingRow>> {
    use hearing::Column as C;
    if docket.from > docket.to {
        let message = format!("`from` is {}, which is after `to`, {}.", docket.from, docket.to);
        return Err(Error::BadInput(message));
    }
    let mut select = hearing::Entity::visible_to(viewer).filter(
        Condition::all()
            .add(C::Status.eq(HearingStatus::Scheduled))
            // By the moment rather than by the day: that is the index which also has the order.
            .add_option(app.city.start_of(docket.from).map(|from| C::StartsAt.gte(from)))
            .add_option(end_of(app, docket.to).map(|end| C::StartsAt.lt(end)))
            .add_option(docket.districts.clone().map(|ids| C::DistrictId.is_in(ids)))
            .add_option(docket.court.as_deref().map(|court| named(C::Court, court)))
            .add_option(docket.department.as_deref().map(|department| named(C::Department, department))),
    );
    if let Some(attorney) = docket.attorney {
        let theirs = unscoped::<legal_action::Entity>()
            .select_only()
            .column(legal_action::Column::Id)
            .filter(legal_action::Column::ResponsibleAttorneyId.eq(attorney));
        select = select.filter(C::LegalActionId.in_subquery(theirs.into_query()));
    }
    if let Some(with) = with {
        let relation = hearing::Relation::LegalAction.def();
        select = join::<_, legal_action::Entity>(select, relation, None, "in_action_");
        select = legal_actions::joined(select, Some("in_action_"), with);
    }
    let sorting = Sorting::new("docket").by(C::StartsAt, Order::Asc).by(C::Id, Order::Asc);
    let keys = |row: &HearingRow| vec![row.hearing.starts_at.into(), row.hearing.id.0.into()];
    page::page(&app.db, select, &sorting, window, keys).await
}

// None at the far end of the calendar, behind which no hearing lies.
fn end_of(app: &App, day: NaiveDate) -> Option<DateTime<Utc>> {
    day.succ_opt().and_then(|next| app.city.start_of(next))
}

// Both sides are lowered by the database, so that they are lowered alike.
fn named(column: hearing::Column, name: &str) -> Expr {
    let lowered = |of: Expr| Expr::from(Func::lower(of));
    lowered(Expr::col((hearing::Entity, column))).eq(lowered(Expr::val(name.trim())))
}

/// Hearings by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[HearingId]) -> Result<Vec<hearing::Model>> {
    Ok(hearing::Entity::visible_to(viewer)
        .filter(hearing::Column::Id.is_in(ids.iter().copied()))
        .all(&app.db)
        .await?)
}

/// The hearings of these actions, the earliest first.
pub async fn of_actions(app: &App, viewer: &Viewer, ids: &[LegalActionId]) -> Result<Vec<hearing::Model>> {
    Ok(hearing::Entity::visible_to(viewer)
        .filter(hearing::Column::LegalActionId.is_in(ids.iter().copied()))
        .order_by_asc(hearing::Column::StartsAt)
        .order_by_asc(hearing::Column::Id)
        .all(&app.db)
        .await?)
}

/// The earliest hearing of each of these actions that is still scheduled, picked in SQL.
pub async fn next_of(app: &App, viewer: &Viewer, ids: &[LegalActionId]) -> Result<Vec<hearing::Model>> {
    let mut ranked = hearing::Entity::visible_to(viewer)
        .select_only()
        .column(hearing::Column::Id)
        .filter(hearing::Column::LegalActionId.is_in(ids.iter().copied()))
        .filter(hearing::Column::Status.eq(HearingStatus::Scheduled))
        .into_query();
    ranked.expr_window_as(
        Expr::cust("ROW_NUMBER()"),
        WindowStatement::partition_by(hearing::Column::LegalActionId)
            .order_by((hearing::Entity, hearing::Column::StartsAt), Order::Asc)
            .order_by((hearing::Entity, hearing::Column::Id), Order::Asc)
            .take(),
        "earliest",
    );
    let mut first = Query::select();
    first.column("id").from_subquery(ranked, "ranked").and_where(Expr::col("earliest").eq(1));
    Ok(hearing::Entity::visible_to(viewer)
        .filter(hearing::Column::Id.in_subquery(first))
        .all(&app.db)
        .await?)
}
