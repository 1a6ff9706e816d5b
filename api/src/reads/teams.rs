//! Questions about the teams of the districts: who holds which seat, and how much each has to do.

use chrono::{NaiveDate, Weekday};
use entity::{
    case::{self, CaseStage},
    deadline::{self, DeadlineKind},
    hearing::{self, HearingStatus},
    id::{DistrictId, StaffId},
    legal_action, staff, team_seat,
};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, QueryTrait, RelationTrait, Select,
    sea_query::{Expr, ExprTrait},
};

use super::joined::{join, related};
use crate::{app::App, authz::Viewer, domain::team_seat::Period, error::Result, scope::VisibleTo};

/// A time in a seat, with the person.
#[derive(Clone, Debug)]
pub struct SeatRow {
    pub district_id: DistrictId,
    pub staff_id: StaffId,
    pub seat: team_seat::Model,
    pub person: staff::Model,
}

impl SeatRow {
    #[must_use]
    pub fn period(&self) -> Period {
        Period { from: self.seat.from_on, to: self.seat.to_on }
    }
}

impl FromQueryResult for SeatRow {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let seat = team_seat::Model::from_query_result(row, prefix)?;
        let person = related::<staff::Model>(row, PERSON)?;
        let person = person.ok_or_else(|| DbErr::RecordNotFound("the member in a seat".to_owned()))?;
        Ok(Self { district_id: seat.district_id, staff_id: seat.staff_id, seat, person })
    }
}

/// What a member of a team has to do in the district.
#[derive(Clone, Debug)]
pub struct WorkloadRow {
    pub district_id: DistrictId,
    pub person: staff::Model,
    pub open_cases: i64,
    pub overdue_deadlines: i64,
    pub hearings_this_week: i64,
}

impl FromQueryResult for WorkloadRow {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let held = SeatRow::from_query_result(row, prefix)?;
        Ok(Self {
            district_id: held.district_id,
            person: held.person,
            open_cases: row.try_get(prefix, "open_cases")?,
            overdue_deadlines: row.try_get(prefix, "overdue_deadlines")?,
            hearings_this_week: row.try_get(prefix, "hearings_this_week")?,
        })
    }
}

/// Every time in a seat of these districts, newest first.
pub async fn seats_of(app: &App, viewer: &Viewer, districts: &[DistrictId]) -> Result<Vec<SeatRow>> {
    seats(app, viewer, team_seat::Column::DistrictId.is_in(districts.iter().copied()).into()).await
}

/// Every time these people held a seat, newest first.
pub async fn seats_of_members(app: &App, viewer: &Viewer, members: &[StaffId]) -> Result<Vec<SeatRow>> {
    seats(app, viewer, team_seat::Column::StaffId.is_in(members.iter().copied()).into()).await
}

/// What everybody who holds a seat of these districts today has to do there, in one statement.
///
/// A deadline is its responsible person's, or that of whoever works the case; a hearing is the responsible
/// attorney's and that of whoever works the case.
pub async fn workload_of(app: &App, viewer: &Viewer, districts: &[DistrictId]) -> Result<Vec<WorkloadRow>> {
    let today = app.today();
    let seats = team_seat::Entity::visible_to(viewer)
        .filter(team_seat::Column::DistrictId.is_in(districts.iter().copied()))
        .filter(held_on(today))
        .expr_as(Expr::from(open_cases(viewer).into_query()), "open_cases")
        .expr_as(Expr::from(overdue_deadlines(viewer, today).into_query()), "overdue_deadlines")
        .expr_as(Expr::from(hearings(viewer, today).into_query()), "hearings_this_week")
        .order_by_asc(team_seat::Column::Id);
    let mut rows = with_person(seats).into_model::<WorkloadRow>().all(&app.db).await?;
    rows.sort_by_key(|row| row.person.role);
    Ok(rows)
}

/// The seats that hold on that day.
pub fn held_on(day: NaiveDate) -> Condition {
    Condition::all()
        .add(team_seat::Column::FromOn.lte(day))
        .add(Condition::any().add(team_seat::Column::ToOn.is_null()).add(team_seat::Column::ToOn.gte(day)))
}

const PERSON: &str = "seat_person_";

async fn seats(app: &App, viewer: &Viewer, of: Condition) -> Result<Vec<SeatRow>> {
    // Who was replaced on the first day never held the seat.
    let lasted = Condition::any().add(team_seat::Column::ToOn.is_null()).add(
        Expr::col(team_seat::Column::ToOn.as_column_ref())
            .gte(Expr::col(team_seat::Column::FromOn.as_column_ref())),
    );
    let select = team_seat::Entity::visible_to(viewer)
        .filter(of)
        .filter(lasted)
        .order_by_desc(team_seat::Column::FromOn)
        .order_by_desc(team_seat::Column::Id);
    Ok(with_person(select).into_model::<SeatRow>().all(&app.db).await?)
}

fn with_person(seats: Select<team_seat::Entity>) -> Select<team_seat::Entity> {
    join::<_, staff::Entity>(seats, team_seat::Relation::Staff.def(), None, PERSON)
}

fn open_cases(viewer: &Viewer) -> Select<case::Entity> {
    count(case::Entity::visible_to(viewer))
        .filter(case::Column::Stage.ne(CaseStage::Closed))
        .filter(same(case::Column::DistrictId, team_seat::Column::DistrictId))
        .filter(same(case::Column::AssigneeId, team_seat::Column::StaffId))
}

fn overdue_deadlines(viewer: &Viewer, today: NaiveDate) -> Select<deadline::Entity> {
    use deadline::Column as C;
    count(deadline::Entity::visible_to(viewer))
        .join(JoinType::InnerJoin, deadline::Relation::Case.def())
        .filter(C::Kind.eq(DeadlineKind::Due))
        .filter(C::CompletedOn.is_null())
        .filter(C::DueOn.lt(today))
        .filter(same(C::DistrictId, team_seat::Column::DistrictId))
        .filter(
            Condition::any().add(same(C::ResponsibleId, team_seat::Column::StaffId)).add(
                Condition::all()
                    .add(C::ResponsibleId.is_null())
                    .add(same(case::Column::AssigneeId, team_seat::Column::StaffId)),
            ),
        )
}

fn hearings(viewer: &Viewer, today: NaiveDate) -> Select<hearing::Entity> {
    use hearing::Column as C;
    let week = today.week(Weekday::Mon);
    count(hearing::Entity::visible_to(viewer))
        .join(JoinType::InnerJoin, hearing::Relation::LegalAction.def())
        .join(JoinType::InnerJoin, legal_action::Relation::Case.def())
        .filter(C::Status.eq(HearingStatus::Scheduled))
        .filter(C::StartsOn.gte(week.first_day()))
        .filter(C::StartsOn.lte(week.last_day()))
        .filter(same(C::DistrictId, team_seat::Column::DistrictId))
        .filter(
            Condition::any()
                .add(same(legal_action::Column::ResponsibleAttorneyId, team_seat::Column::StaffId))
                .add(same(case::Column::AssigneeId, team_seat::Column::StaffId)),
        )
}

fn count<E: EntityTrait>(rows: Select<E>) -> Select<E> {
    rows.select_only().expr(Expr::cust("COUNT(*)"))
}

fn same(column: impl ColumnTrait, of_seat: team_seat::Column) -> sea_orm::sea_query::SimpleExpr {
    Expr::col(column.as_column_ref()).eq(Expr::col(of_seat.as_column_ref()))
}
