//! Who is asking, members of staff, districts and their teams.

use std::sync::Arc;

use async_graphql::{Context, Object};
use entity::{
    district,
    id::{DistrictId, StaffId},
    staff::{self, StaffRole},
};

use super::{
    case::CaseConnection,
    case_query::{self, CaseFilter, CaseSort},
    context::Ask,
    loaders::{SeatsOfMember, WorkloadOf},
    page::cost,
    scalars::GeoJson,
    team::{Team, TeamSeat, Workload},
};
use crate::{
    authz::{Action, Reach},
    error::{Error, Result},
    reads::{self, page::Window},
};

/// Who is asking.
pub struct Viewer(crate::authz::Viewer);

/// Who is asking.
#[Object]
impl Viewer {
    /// The signed-in person; null for an integration token.
    async fn staff(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        let Some(id) = self.0.staff_id() else { return Ok(None) };
        Ok(reads::staff::own(ctx.app()?, id).await?.map(StaffMember::from))
    }

    /// What the viewer is here for.
    async fn roles(&self) -> Vec<StaffRole> {
        vec![self.0.role]
    }

    /// Districts whose cases the viewer may change.
    async fn districts(&self, ctx: &Context<'_>) -> Result<Vec<District>> {
        let may_change = |row: &&district::Model| self.0.may(Action::WorkCases, Some(row.id));
        Ok(ctx.app()?.city.districts().iter().filter(may_change).cloned().map(District).collect())
    }

    /// Whether the viewer may change cases in every district.
    async fn is_citywide(&self) -> bool {
        self.0.reach(Action::WorkCases) == Reach::Everywhere
    }
}

/// A member of staff.
#[derive(Clone)]
pub struct StaffMember(Arc<staff::Model>);

impl From<staff::Model> for StaffMember {
    fn from(row: staff::Model) -> Self {
        Self(Arc::new(row))
    }
}

impl From<Arc<staff::Model>> for StaffMember {
    fn from(row: Arc<staff::Model>) -> Self {
        Self(row)
    }
}

/// A member of staff.
#[Object]
impl StaffMember {
    /// Opaque.
    pub async fn id(&self) -> StaffId {
        self.0.id
    }

    /// Full name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where mail reaches them, and what they sign in with.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// What they are here for.
    async fn role(&self) -> StaffRole {
        self.0.role
    }

    /// Whether they may sign in.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Present and past seats, newest first.
    async fn seats(&self, ctx: &Context<'_>) -> Result<Vec<TeamSeat>> {
        if ctx.viewer()?.staff_id() != Some(self.0.id) {
            // No seats would look the same as none that the viewer may see.
            ctx.viewer_who(Action::ReadStaff, "seats")?;
        }
        let rows = ctx.loaders()?.load_one(SeatsOfMember(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(TeamSeat).collect())
    }
}

/// A council district.
#[derive(Clone)]
pub struct District(pub district::Model);

/// A council district.
#[Object]
impl District {
    /// Opaque.
    pub async fn id(&self) -> DistrictId {
        self.0.id
    }

    /// The number people use.
    async fn number(&self) -> i32 {
        self.0.number
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its outline.
    async fn boundary(&self) -> Result<Option<GeoJson>> {
        let Some(text) = &self.0.boundary else { return Ok(None) };
        let geometry = serde_json::from_str(text).map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Some(GeoJson(geometry)))
    }

    /// Who works the district's cases. Error FORBIDDEN for who may not read staff.
    async fn team(&self, ctx: &Context<'_>) -> Result<Team> {
        ctx.viewer_who(Action::ReadStaff, "team")?;
        Ok(Team(self.0.clone()))
    }

    /// Cases of the district, newest first unless sorted otherwise. Error FORBIDDEN for who may not read cases.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "What to narrow by; `districts` narrows to nothing when this one is not among them."
        )]
        filter: Option<CaseFilter>,
        #[graphql(desc = "What to sort by.")] sort: Option<Vec<CaseSort>>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<CaseConnection> {
        ctx.viewer_who(Action::ReadCases, "cases")?;
        let mut filter = filter.unwrap_or_default().read(ctx)?;
        let own = |ids: Vec<DistrictId>| ids.into_iter().filter(|id| *id == self.0.id).collect();
        filter.districts = Some(filter.districts.map_or_else(|| vec![self.0.id], own));
        Box::pin(case_query::list(ctx, filter, sort, &Window::forward(first, after)?)).await
    }

    /// Open cases, overdue deadlines and hearings of this week per present member of the team. Error FORBIDDEN for
    /// who may not read both cases and staff.
    async fn workload(&self, ctx: &Context<'_>) -> Result<Vec<Workload>> {
        ctx.viewer_who(Action::ReadCases, "workload")?;
        ctx.viewer_who(Action::ReadStaff, "workload")?;
        let rows = ctx.loaders()?.load_one(WorkloadOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Workload::from).collect())
    }
}

#[derive(Default)]
pub struct StaffQuery;

#[Object]
impl StaffQuery {
    /// Who is asking. Error UNAUTHENTICATED when nobody is signed in.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        Ok(Viewer(ctx.viewer()?.clone()))
    }

    /// All council districts, by number.
    async fn districts(&self, ctx: &Context<'_>) -> Result<Vec<District>> {
        ctx.viewer()?;
        Ok(ctx.app()?.city.districts().iter().cloned().map(District).collect())
    }

    /// The district with that number.
    async fn district(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number people use.")] number: i32,
    ) -> Result<Option<District>> {
        ctx.viewer()?;
        let found = ctx.app()?.city.district_numbered(number).cloned().map(District);
        found.map(Some).ok_or(Error::NotFound("district"))
    }

    /// Members of staff, by name.
    async fn staff(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Numbers of districts in which they hold a seat today.")] districts: Option<
            Vec<i32>,
        >,
        #[graphql(desc = "What they are here for.")] roles: Option<Vec<StaffRole>>,
        #[graphql(desc = "Whether they may sign in; left out, both.")] active: Option<bool>,
    ) -> Result<Vec<StaffMember>> {
        let viewer = ctx.viewer_who(Action::ReadStaff, "staff")?;
        let filter = reads::staff::Filter { districts: district_ids(ctx, districts)?, roles, active };
        let rows = reads::staff::list(ctx.app()?, viewer, filter).await?;
        Ok(rows.into_iter().map(StaffMember::from).collect())
    }
}

/// The member of staff behind an id, if there is one and the viewer may see them.
pub async fn staff_by_id(ctx: &Context<'_>, id: Option<StaffId>) -> Result<Option<StaffMember>> {
    let Some(id) = id else { return Ok(None) };
    Ok(ctx.loaders()?.load_one(id).await?.map(StaffMember::from))
}

/// The member of staff whom a row names; rows that name one keep them.
pub async fn staff_named(ctx: &Context<'_>, id: StaffId) -> Result<StaffMember> {
    staff_by_id(ctx, Some(id)).await?.ok_or(Error::NotFound("member of staff"))
}

/// Ids of the districts with these numbers; error BAD_INPUT when one is not the city's.
pub fn district_ids(ctx: &Context<'_>, numbers: Option<Vec<i32>>) -> Result<Option<Vec<DistrictId>>> {
    let Some(numbers) = numbers else { return Ok(None) };
    let city = &ctx.app()?.city;
    let id = |number: i32| {
        let district = city.district_numbered(number);
        district.map(|row| row.id).ok_or_else(|| Error::BadInput(format!("There is no district {number}.")))
    };
    numbers.into_iter().map(id).collect::<Result<Vec<_>>>().map(Some)
}
