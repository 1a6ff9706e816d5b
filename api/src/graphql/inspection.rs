//! Inspections as clients see them.

use std::sync::Arc;

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::{
    id::InspectionId,
    inspection::{self, InspectionResult},
};

use super::{
    context::Ask,
    evidence::{self, Evidence},
    loaders::ViolationsFoundBy,
    page::connection,
    staff::{StaffMember, staff_by_id},
    violation::Violation,
};
use crate::{error::Result, reads::inspections::InspectionRow};

/// A look at a place by the code officer or an attorney: planned, or made.
#[derive(Clone)]
pub struct Inspection(Arc<InspectionRow>);

impl From<InspectionRow> for Inspection {
    fn from(row: InspectionRow) -> Self {
        Self(Arc::new(row))
    }
}

impl From<inspection::Model> for Inspection {
    fn from(row: inspection::Model) -> Self {
        InspectionRow::from(row).into()
    }
}

/// A look at a place by the code officer or an attorney: planned, or made.
#[Object]
impl Inspection {
    /// Opaque.
    pub async fn id(&self) -> InspectionId {
        self.0.inspection.id
    }

    /// When it is or was planned for; null when it was not planned.
    async fn scheduled_for(&self) -> Option<DateTime<Utc>> {
        self.0.inspection.scheduled_for
    }

    /// When it was made, as stated; null until it is recorded.
    async fn performed_at(&self) -> Option<DateTime<Utc>> {
        self.0.inspection.performed_at
    }

    /// Who makes or made it; null while nobody is named.
    async fn inspector(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        match self.0.inspector.asked() {
            Some(row) => Ok(row.map(StaffMember::from)),
            None => staff_by_id(ctx, self.0.inspection.inspector_id).await,
        }
    }

    /// What it found; null until it is recorded.
    async fn result(&self) -> Option<InspectionResult> {
        self.0.inspection.result
    }

    /// What the inspector wrote down.
    async fn notes(&self) -> Option<&str> {
        self.0.inspection.notes.as_deref()
    }

    /// The inspector vouches that the case's violations are corrected; closing a case rests on it.
    async fn verifies_compliance(&self) -> bool {
        self.0.inspection.verifies_compliance
    }

    /// The violations it found.
    async fn violations(&self, ctx: &Context<'_>) -> Result<Vec<Violation>> {
        let rows =
            ctx.loaders()?.load_one(ViolationsFoundBy(self.0.inspection.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Violation).collect())
    }

    /// What was added to the case's evidence as taken at it, in the order in which it was added.
    async fn evidence(&self, ctx: &Context<'_>) -> Result<Vec<Evidence>> {
        evidence::of_inspection(ctx, self.0.inspection.id).await
    }
}

connection!(InspectionConnection, InspectionEdge, Inspection, "inspections");
