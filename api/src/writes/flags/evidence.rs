//! What a case's flag rested on when the case was opened, kept as it was.

use std::collections::HashMap;

use entity::{
    call, case_evidence, case_evidence_call, flag, flag_call,
    id::{CallId, CaseEvidenceId, CaseId},
};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, QueryTrait};

use crate::{
    app::Tx,
    domain::call_behavior::{CallBehavior, behaving},
    error::Result,
    scope::unscoped,
    writes::many,
};

/// Copies the flag's figures and every call that it lists, beside the case that is opened from it.
pub async fn freeze(tx: &Tx, case: CaseId, flag: &flag::Model) -> Result<()> {
    let evidence = case_evidence::Model {
        id: CaseEvidenceId::generate(),
        case_id: case,
        flag_id: flag.id,
        rule_id: flag.rule_id,
        window_from: flag.window_from,
        window_to: flag.window_to,
        measured: flag.measured,
        threshold: flag.threshold,
        data_as_of: flag.data_as_of,
        recorded_at: tx.now,
    };
    let listed = listed(tx, flag).await?;
    let calls: HashMap<CallId, call::Model> =
        calls(tx, flag).await?.into_iter().map(|call| (call.id, call)).collect();
    let rows: Vec<_> = listed
        .into_iter()
        .filter_map(|row| Some(frozen(evidence.id, row.clone(), calls.get(&row.call_id)?)))
        .collect();
    many::insert::<case_evidence::ActiveModel>(tx, [evidence]).await?;
    many::insert::<case_evidence_call::ActiveModel>(tx, rows).await
}

async fn listed(tx: &Tx, flag: &flag::Model) -> Result<Vec<flag_call::Model>> {
    let rows = unscoped::<flag_call::Entity>().filter(flag_call::Column::FlagId.eq(flag.id));
    Ok(rows.all(tx.conn()).await?)
}

async fn calls(tx: &Tx, flag: &flag::Model) -> Result<Vec<call::Model>> {
    let listed = unscoped::<flag_call::Entity>()
        .select_only()
        .column(flag_call::Column::CallId)
        .filter(flag_call::Column::FlagId.eq(flag.id));
    Ok(unscoped::<call::Entity>()
        .filter(call::Column::Id.in_subquery(listed.into_query()))
        .filter(call::Column::Category.is_not_in(behaving(CallBehavior::Protected)))
        .all(tx.conn())
        .await?)
}

fn frozen(evidence: CaseEvidenceId, row: flag_call::Model, call: &call::Model) -> case_evidence_call::Model {
    case_evidence_call::Model {
        evidence_id: evidence,
        call_id: row.call_id,
        occurred_at: call.occurred_at,
        occurred_on: call.occurred_on,
        category: call.category,
        address: call.address.clone(),
        counted: row.counted,
        reason: row.reason,
        review_note: row.review_note,
    }
}
