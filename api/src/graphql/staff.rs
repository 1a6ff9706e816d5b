//! Who is asking, members of staff, districts and their teams.

use async_graphql::{Context, Object};
use entity::{
    district,
    id::{DistrictId, StaffId},
    staff::{self, StaffRole},
};

use super::{context::Ask, scalars::GeoJson};
use crate::{
    authz::{Action, Reach},
    error::{Error, Result},
    reads,
};

/// Who is asking.
pub struct Viewer(crate::authz::Viewer);

/// Who is asking.
#[Object]
impl Viewer {
    /// The signed-in person; null for an integration token.
    async fn staff(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        let Some(id) = self.0.staff_id() else { return Ok(None) };
        Ok(reads::staff::own(ctx.app()?, id).await?.map(StaffMember))
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
pub struct StaffMember(pub staff::Model);

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
