//! Questions about what a case's flag rested on when the case was opened.

use std::collections::HashMap;

use entity::{
    call, case_evidence, case_evidence_call,
    id::{CallId, CaseEvidenceId, CaseId},
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::{
    app::App,
    authz::Viewer,
    domain::call_behavior::{CallBehavior, behaving},
    error::Result,
    scope::{VisibleTo, unscoped},
};

/// What a case rested on, and what may still be shown of it.
#[derive(Clone, Debug)]
pub struct Evidence {
    pub row: case_evidence::Model,
    /// In order of time, without those that are protected now.
    pub calls: Vec<case_evidence_call::Model>,
    /// Calls that were listed then and are protected now; nothing else of them is shown.
    pub protected_now: usize,
}

/// The evidence of these cases, as far as the viewer may see their flags.
pub async fn of_cases(app: &App, viewer: &Viewer, cases: &[CaseId]) -> Result<Vec<Evidence>> {
    let rows = case_evidence::Entity::visible_to(viewer)
        .filter(case_evidence::Column::CaseId.is_in(cases.iter().copied()))
        .all(&app.db)
        .await?;
    let ids: Vec<CaseEvidenceId> = rows.iter().map(|row| row.id).collect();
    let protected = protected_now(app, &ids).await?;
    let mut frozen: HashMap<CaseEvidenceId, Vec<case_evidence_call::Model>> = HashMap::new();
    for call in calls_of(app, &ids).await? {
        frozen.entry(call.evidence_id).or_default().push(call);
    }
    let evidence = |row: case_evidence::Model| {
        let all = frozen.remove(&row.id).unwrap_or_default();
        let listed = all.len();
        let calls: Vec<_> = all.into_iter().filter(|call| !protected.contains(&call.call_id)).collect();
        Evidence { row, protected_now: listed - calls.len(), calls }
    };
    Ok(rows.into_iter().map(evidence).collect())
}

async fn calls_of(app: &App, evidence: &[CaseEvidenceId]) -> Result<Vec<case_evidence_call::Model>> {
    use case_evidence_call::Column as C;
    let rows = unscoped::<case_evidence_call::Entity>()
        .filter(C::EvidenceId.is_in(evidence.iter().copied()))
        .order_by_asc(C::OccurredAt)
        .order_by_asc(C::CallId);
    Ok(rows.all(&app.db).await?)
}

// Protection wins over the record: what a call turned out to be takes it out of every list, also of old ones.
async fn protected_now(app: &App, evidence: &[CaseEvidenceId]) -> Result<Vec<CallId>> {
    let frozen = unscoped::<case_evidence_call::Entity>()
        .select_only()
        .column(case_evidence_call::Column::CallId)
        .filter(case_evidence_call::Column::EvidenceId.is_in(evidence.iter().copied()));
    Ok(unscoped::<call::Entity>()
        .select_only()
        .column(call::Column::Id)
        .filter(call::Column::Id.in_subquery(frozen.into_query()))
        .filter(call::Column::Category.is_in(behaving(CallBehavior::Protected)))
        .into_tuple()
        .all(&app.db)
        .await?)
}
