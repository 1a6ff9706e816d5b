//! Orders in legal actions as clients see them, what was recorded against titles, and who lives at a place.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::{
    court_order,
    id::{CourtOrderId, LegalActionId, OrderViolationId, TenantImpactId, TitleRecordingId},
    order_violation, tenant_impact,
    title_recording::{self, TitleRecordingKind},
};

use super::{
    context::Ask,
    legal_action::LegalAction,
    loaders::ViolationsOfOrder,
    scalars::{Date, Money},
    staff::{StaffMember, staff_named},
};
use crate::error::{Error, Result};

/// What a court or hearing officer ordered in a legal action; never changed once written.
pub struct CourtOrder(pub court_order::Model);

/// What a court or hearing officer ordered in a legal action; never changed once written.
#[Object]
impl CourtOrder {
    /// Opaque.
    pub async fn id(&self) -> CourtOrderId {
        self.0.id
    }

    /// The legal action.
    async fn legal_action(&self, ctx: &Context<'_>) -> Result<LegalAction> {
        action(ctx, self.0.legal_action_id).await
    }

    /// What it is: a word of `CourtOrderKind`.
    async fn kind(&self) -> String {
        self.0.kind.word()
    }

    /// The day it was made.
    async fn issued_on(&self) -> Date {
        self.0.issued_on.into()
    }

    /// By when it has to be complied with, as it says itself; a deadline of the action.
    async fn comply_by(&self) -> Option<Date> {
        self.0.comply_by.map(Date)
    }

    /// When it ends, as it says itself; a deadline of the action.
    async fn expires_on(&self) -> Option<Date> {
        self.0.expires_on.map(Date)
    }

    /// What it says.
    async fn terms(&self) -> &str {
        &self.0.terms
    }

    /// What it awards, assesses or confirms.
    async fn amount(&self) -> Option<Money> {
        self.0.amount_cents.map(Money::from)
    }

    /// Violations of it that were recorded, the oldest first.
    async fn violations(&self, ctx: &Context<'_>) -> Result<Vec<OrderViolation>> {
        let rows = ctx.loaders()?.load_one(ViolationsOfOrder(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(OrderViolation).collect())
    }

    /// Who recorded it.
    async fn recorded_by(&self, ctx: &Context<'_>) -> Result<StaffMember> {
        staff_named(ctx, self.0.recorded_by).await
    }

    /// When the server learned it.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.recorded_at
    }
}

/// The violation of an order; never changed once written.
pub struct OrderViolation(order_violation::Model);

/// The violation of an order; never changed once written.
#[Object]
impl OrderViolation {
    /// Opaque.
    async fn id(&self) -> OrderViolationId {
        self.0.id
    }

    /// The day it happened.
    async fn violated_on(&self) -> Date {
        self.0.violated_on.into()
    }

    /// What happened, and what shows it.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Who recorded it.
    async fn recorded_by(&self, ctx: &Context<'_>) -> Result<StaffMember> {
        staff_named(ctx, self.0.recorded_by).await
    }

    /// When the server learned it.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.recorded_at
    }
}

/// What a legal action put on record against the title of a place.
pub struct TitleRecording(pub title_recording::Model);

/// What a legal action put on record against the title of a place.
#[Object]
impl TitleRecording {
    /// Opaque.
    async fn id(&self) -> TitleRecordingId {
        self.0.id
    }

    /// The legal action.
    async fn legal_action(&self, ctx: &Context<'_>) -> Result<LegalAction> {
        action(ctx, self.0.legal_action_id).await
    }

    /// What it is.
    async fn kind(&self) -> TitleRecordingKind {
        self.0.kind
    }

    /// The recorder's number of the document.
    async fn instrument(&self) -> &str {
        &self.0.instrument
    }

    /// The day it was recorded.
    async fn recorded_on(&self) -> Date {
        self.0.recorded_on.into()
    }

    /// The day it was released; null while it stands, which keeps its case from being closed.
    async fn released_on(&self) -> Option<Date> {
        self.0.released_on.map(Date)
    }

    /// The recorder's number of the release.
    async fn release_instrument(&self) -> Option<&str> {
        self.0.release_instrument.as_deref()
    }
}

/// Whether people live at the place of a case, and what becomes of them; never changed once written.
pub struct TenantImpact(pub tenant_impact::Model);

/// Whether people live at the place of a case, and what becomes of them; never changed once written.
#[Object]
impl TenantImpact {
    /// Opaque.
    async fn id(&self) -> TenantImpactId {
        self.0.id
    }

    /// Whether somebody lives there.
    async fn occupied(&self) -> bool {
        self.0.occupied
    }

    /// How many households; null when nobody counted.
    async fn households(&self) -> Option<i32> {
        self.0.households
    }

    /// What becomes of those who live there, also when nobody has to leave; null for a vacant place.
    async fn relocation_plan(&self) -> Option<&str> {
        self.0.relocation_plan.as_deref()
    }

    /// The day of which this was true.
    async fn as_of(&self) -> Date {
        self.0.as_of.into()
    }

    /// Who answered.
    async fn recorded_by(&self, ctx: &Context<'_>) -> Result<StaffMember> {
        staff_named(ctx, self.0.recorded_by).await
    }

    /// When the server learned it.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.recorded_at
    }
}

async fn action(ctx: &Context<'_>, id: LegalActionId) -> Result<LegalAction> {
    let row = ctx.loaders()?.load_one(id).await?;
    row.map(LegalAction::from).ok_or(Error::NotFound("legal action"))
}
