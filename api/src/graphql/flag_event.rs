//! The history of flags as clients see it.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::flag_event::{self, FlagEventKind};

use super::{context::Ask, staff::StaffMember};
use crate::error::Result;

/// One entry of a flag's history.
pub struct FlagEvent(pub flag_event::Model);

/// One entry of a flag's history.
#[Object]
impl FlagEvent {
    /// What happened.
    async fn kind(&self) -> FlagEventKind {
        self.0.kind
    }

    /// Why, in words: a reviewer's own, or what became of the calls. It never tells which call is protected, nor what a
    /// protected call was about.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// What the flag measured then.
    async fn measured(&self) -> f64 {
        self.0.measured
    }

    /// What it was held against then.
    async fn threshold(&self) -> f64 {
        self.0.threshold
    }

    /// When the server learned of it.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// Who did it or whose change brought it about; null for what came with the calls or with time.
    async fn by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        let Some(id) = self.0.by else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(StaffMember::from))
    }
}
