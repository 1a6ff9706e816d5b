//! Evidence: attached, handed out, put into packets, withdrawn; the custody log tells each.

use chrono::{DateTime, SubsecRound, Utc};
use entity::{
    case_event::CaseEventKind,
    custody_entry::{self, CustodyAction},
    evidence,
    id::{CaseId, CustodyEntryId, EvidenceId, EvidenceUploadId, InspectionId},
    inspection,
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};

use super::{cases, evidence_uploads};
use crate::{
    app::{App, Tx},
    authz::{Action, Viewer},
    domain::{
        evidence::CAPTION,
        refusal::{Refusal, optional_text, text},
    },
    error::{Error, Result},
    events::{self, Entry},
    scope::VisibleTo,
};

/// Characters of a reason at most.
const REASON: usize = 2_000;

/// A received file that is to become evidence.
#[derive(Clone, Debug)]
pub struct Attached {
    pub case: CaseId,
    pub upload: EvidenceUploadId,
    pub captured_at: Option<DateTime<Utc>>,
    pub caption: Option<String>,
    pub inspection: Option<InspectionId>,
    pub privileged: bool,
}

/// Makes a received file evidence of its case.
pub async fn attach(tx: &mut Tx, attached: &Attached) -> Result<EvidenceId> {
    let mut case = cases::lock(tx, attached.case).await?;
    tx.viewer.require(Action::AddEvidence, Some(case.district_id))?;
    if attached.privileged {
        tx.viewer.require(Action::WritePrivileged, Some(case.district_id))?;
    }
    let added_by = tx.viewer.staff_id().ok_or_else(evidence_uploads::not_a_person)?;
    let captured_at = attached.captured_at.map(|at| at.trunc_subsecs(6));
    if captured_at.is_some_and(|at| at > tx.now) {
        return Err(Refusal::invalid("capturedAt", "Evidence cannot come from the future.").into());
    }
    let caption = optional_text("caption", attached.caption.as_deref(), CAPTION)?;
    let upload = evidence_uploads::attachable(tx, attached.upload, case.id).await?;
    if let Some(inspection) = attached.inspection {
        check_inspection(tx, inspection, case.id).await?;
    }
    let content_type =
        upload.content_type.ok_or_else(|| Error::Internal("a received file without its type".to_owned()))?;
    let evidence = evidence::Model {
        id: EvidenceId::generate(),
        case_id: case.id,
        upload_id: upload.id,
        inspection_id: attached.inspection,
        file_name: upload.file_name,
        content_type,
        bytes: upload.bytes,
        sha256: upload.sha256,
        captured_at,
        caption,
        privileged: attached.privileged,
        added_by,
        added_at: tx.now,
    };
    add(tx, &evidence).await?;
    let entry = Entry::new(CaseEventKind::EvidenceAdded, format!("Evidence added: {}", evidence.file_name))
        .body(evidence.caption.clone())
        .privileged(evidence.privileged)
        .change("evidence", None::<EvidenceId>, Some(evidence.id))
        .change("sha256", None::<String>, Some(&evidence.sha256));
    events::append(tx, &mut case, entry).await?;
    Ok(evidence.id)
}

/// Keeps it, with the first entry of its custody log.
pub(super) async fn add(tx: &mut Tx, evidence: &evidence::Model) -> Result<()> {
    let row: evidence::ActiveModel = evidence.clone().into();
    evidence::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    tx.changed(evidence.id);
    log(tx, evidence, CustodyAction::Attached, None).await
}

async fn check_inspection(tx: &Tx, id: InspectionId, case: CaseId) -> Result<()> {
    let found = inspection::Entity::visible_to(&tx.viewer)
        .filter(inspection::Column::Id.eq(id))
        .filter(inspection::Column::CaseId.eq(case))
        .one(tx.conn())
        .await?;
    found.map(drop).ok_or_else(|| Refusal::not_found("inspection of this case").at("inspectionId").into())
}

/// Marks a piece of evidence as withdrawn. It stays where it is, with its file; packets leave it out.
pub async fn withdraw(tx: &mut Tx, id: EvidenceId, reason: &str) -> Result<()> {
    let found =
        evidence::Entity::visible_to(&tx.viewer).filter(evidence::Column::Id.eq(id)).one(tx.conn()).await?;
    let evidence = found.ok_or_else(|| Refusal::not_found("piece of evidence").at("evidenceId"))?;
    let mut case = cases::lock(tx, evidence.case_id).await?;
    tx.viewer.require(Action::AddEvidence, Some(case.district_id))?;
    if evidence.privileged {
        tx.viewer.require(Action::WritePrivileged, Some(case.district_id))?;
    }
    let reason = text("reason", reason, REASON)?;
    // The case is locked, so nobody withdraws it in between.
    let withdrawn = custody_entry::Entity::visible_to(&tx.viewer)
        .filter(custody_entry::Column::EvidenceId.eq(id))
        .filter(custody_entry::Column::Action.eq(CustodyAction::Withdrawn))
        .one(tx.conn())
        .await?;
    if withdrawn.is_some() {
        return Err(Refusal::blocked("This evidence is withdrawn already.").at("evidenceId").into());
    }
    log(tx, &evidence, CustodyAction::Withdrawn, Some(reason.clone())).await?;
    let summary = format!("Evidence withdrawn: {}", evidence.file_name);
    let entry = Entry::new(CaseEventKind::Corrected, summary)
        .body(Some(reason))
        .privileged(evidence.privileged)
        .change("evidence", Some(evidence.id), None::<EvidenceId>);
    events::append(tx, &mut case, entry).await?;
    Ok(())
}

/// Notes in the custody logs that these files leave the server, before their first byte does: by themselves or as part of what
/// a court gets of a case.
pub async fn hand_out(
    app: &App,
    viewer: &Viewer,
    mutation: &'static str,
    of: Option<CaseId>,
    action: CustodyAction,
    evidence: &[evidence::Model],
) -> Result<()> {
    app.write(viewer, mutation, Action::ReadEvidence, async |tx| {
        if let Some(case) = of {
            tx.changed(case);
        }
        for piece in evidence {
            log(tx, piece, action, None).await?;
        }
        Ok(())
    })
    .await
}

pub(super) async fn log(
    tx: &mut Tx,
    evidence: &evidence::Model,
    action: CustodyAction,
    reason: Option<String>,
) -> Result<()> {
    let entry = custody_entry::Model {
        id: CustodyEntryId::generate(),
        evidence_id: evidence.id,
        action,
        at: tx.now,
        staff_id: tx.viewer.staff_id().ok_or_else(evidence_uploads::not_a_person)?,
        sha256: evidence.sha256.clone(),
        reason,
    };
    let row: custody_entry::ActiveModel = entry.into();
    custody_entry::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    tx.changed(evidence.id);
    Ok(())
}
