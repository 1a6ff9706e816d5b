//! Teams of the districts: who holds which seat, how much each has to do, and how seats change hands.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::NaiveDate;
use entity::{
    district,
    id::{DistrictId, StaffId},
    staff::StaffRole,
};

use super::{
    context::Ask,
    errors::{UserError, settle, user_errors},
    loaders::SeatsOf,
    scalars::Date,
    staff::{District, StaffMember},
};
use crate::{
    authz::Action,
    error::{Error, Result},
    reads::teams::{SeatRow, WorkloadRow},
    writes,
};

/// The team of a district, today: an attorney, a sergeant and a code officer.
pub struct Team(pub district::Model);

/// The team of a district, today: an attorney, a sergeant and a code officer.
#[Object]
impl Team {
    /// The district.
    async fn district(&self) -> District {
        District(self.0.clone())
    }

    /// The deputy city attorney; null while the seat is vacant.
    async fn attorney(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        self.holder(ctx, StaffRole::Attorney).await
    }

    /// The police sergeant; null while the seat is vacant.
    async fn sergeant(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        self.holder(ctx, StaffRole::Sergeant).await
    }

    /// The code-enforcement officer; null while the seat is vacant.
    async fn code_officer(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        self.holder(ctx, StaffRole::CodeOfficer).await
    }

    /// Seats that nobody holds today.
    async fn vacancies(&self, ctx: &Context<'_>) -> Result<Vec<StaffRole>> {
        let held: Vec<StaffRole> = self.held(ctx, None).await?.iter().map(|row| row.seat.role).collect();
        Ok(StaffRole::TEAM.into_iter().filter(|role| !held.contains(role)).collect())
    }

    /// The seats that were held on a day.
    async fn seats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; today when left out.")] as_of: Option<Date>,
    ) -> Result<Vec<TeamSeat>> {
        let mut rows = self.held(ctx, as_of.map(Into::into)).await?;
        rows.sort_by_key(|row| row.seat.role);
        Ok(rows.into_iter().map(TeamSeat).collect())
    }
}

impl Team {
    async fn holder(&self, ctx: &Context<'_>, role: StaffRole) -> Result<Option<StaffMember>> {
        let rows = self.held(ctx, None).await?;
        Ok(rows.into_iter().find(|row| row.seat.role == role).map(|row| StaffMember::from(row.person)))
    }

    async fn held(&self, ctx: &Context<'_>, day: Option<NaiveDate>) -> Result<Vec<SeatRow>> {
        let day = day.map_or_else(|| ctx.app().map(crate::app::App::today), Ok)?;
        let rows = ctx.loaders()?.load_one(SeatsOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().filter(|row| row.period().holds(day)).collect())
    }
}

/// A time in a seat of a team.
pub struct TeamSeat(pub SeatRow);

/// A time in a seat of a team.
#[Object]
impl TeamSeat {
    /// Who holds or held it.
    async fn staff(&self) -> StaffMember {
        StaffMember::from(self.0.person.clone())
    }

    /// Of which district.
    async fn district(&self, ctx: &Context<'_>) -> Result<District> {
        let row = ctx.app()?.city.district(self.0.district_id);
        row.cloned().map(District).ok_or(Error::NotFound("district"))
    }

    /// Which seat.
    async fn role(&self) -> StaffRole {
        self.0.seat.role
    }

    /// The first day.
    async fn from(&self) -> Date {
        self.0.seat.from_on.into()
    }

    /// The last day; null while it is held.
    async fn to(&self) -> Option<Date> {
        self.0.seat.to_on.map(Date)
    }
}

/// What a member of a team has to do in the district.
#[derive(SimpleObject)]
pub struct Workload {
    /// The member.
    staff: StaffMember,
    /// Open cases of the district that are assigned to them.
    open_cases: i32,
    /// Deadlines of the district that should have been met before today: their own, and those without a responsible
    /// person on cases that are assigned to them.
    overdue_deadlines: i32,
    /// Hearings of the district from Monday to Sunday of this week that are still to be held, in actions they are the
    /// responsible attorney of or on cases that are assigned to them.
    hearings_this_week: i32,
}

impl From<WorkloadRow> for Workload {
    fn from(row: WorkloadRow) -> Self {
        let count = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
        Self {
            staff: StaffMember::from(row.person),
            open_cases: count(row.open_cases),
            overdue_deadlines: count(row.overdue_deadlines),
            hearings_this_week: count(row.hearings_this_week),
        }
    }
}

/// The team as it is now, or why the mutation was refused.
#[derive(SimpleObject)]
pub struct TeamPayload {
    /// The team as it is now, also when the change was refused; null only when there is no such district.
    team: Option<Team>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// Who takes a seat.
#[derive(InputObject)]
pub struct TeamSeatAssignInput {
    /// Number of the district.
    district: i32,
    /// ATTORNEY, SERGEANT or CODE_OFFICER.
    role: StaffRole,
    /// An active member of staff of that role; null when the seat falls vacant.
    staff_id: Option<StaffId>,
    /// The first day; whoever holds the seat holds it to the day before.
    from: Date,
}

#[derive(Default)]
pub struct TeamMutation;

#[Object]
impl TeamMutation {
    /// Gives a seat to somebody from a day on, or leaves it vacant. INVALID when the day is before the present time in
    /// the seat began. Cases stay assigned to whom they are.
    async fn team_seat_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who takes which seat.")] input: TeamSeatAssignInput,
    ) -> Result<TeamPayload> {
        let TeamSeatAssignInput { district, role, staff_id, from } = input;
        let app = ctx.app()?;
        let outcome: Result<DistrictId> = app
            .write(ctx.viewer()?, "teamSeatAssign", Action::ChangeSeats, async |tx| {
                writes::team_seats::assign(tx, district, role, staff_id, from.into()).await
            })
            .await;
        let refusals = settle(outcome)?.1;
        let team = app.city.district_numbered(district).cloned().map(Team);
        Ok(TeamPayload { team, user_errors: user_errors(refusals) })
    }
}
