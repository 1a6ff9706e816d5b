//! Files on their way to become evidence: announced, received, and given up when nobody attaches them.

use std::time::Duration;

use chrono::TimeDelta;
use entity::{
    evidence,
    evidence_upload::{self, ActiveModel, Column, Entity},
    id::{CaseId, EvidenceUploadId},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

use super::{
    cases,
    leases::{Heartbeat, Lease, Work},
};
use crate::{
    app::{App, Tx},
    authz::{Action, Viewer},
    domain::{
        evidence::{file_name, sha256},
        refusal::{Code, Refusal},
    },
    error::{Error, Result},
    evidence_store::EvidenceStore,
    scope::{LockRows, VisibleTo, unscoped},
};

/// How long an announced file may take to be received and attached.
pub const PATIENCE: TimeDelta = TimeDelta::hours(24);
/// How long a file is left alone by everybody before it counts as left behind.
const LEFT_BEHIND: Duration = Duration::from_secs(48 * 3_600);
/// Time between two looks at what was left behind.
const PAUSE: TimeDelta = TimeDelta::hours(1);
/// Files that are given up in one go.
const AT_ONCE: u64 = 500;

/// A file that somebody wants to send.
#[derive(Clone, Debug)]
pub struct Announced {
    pub case: CaseId,
    pub file_name: String,
    pub bytes: i32,
    pub sha256: String,
}

/// Makes room for a file of at most `largest` bytes.
pub async fn announce(tx: &mut Tx, announced: &Announced, largest: u64) -> Result<EvidenceUploadId> {
    let case = cases::lock(tx, announced.case).await?;
    tx.viewer.require(Action::AddEvidence, Some(case.district_id))?;
    let sender = tx.viewer.staff_id().ok_or_else(|| not_a_person().at("caseId"))?;
    let bytes = i64::from(announced.bytes);
    if bytes < 1 || bytes.unsigned_abs() > largest {
        let message = format!("A file of evidence has from 1 to {largest} bytes.");
        return Err(Refusal::invalid("bytes", message).into());
    }
    let upload = evidence_upload::Model {
        id: EvidenceUploadId::generate(),
        case_id: case.id,
        file_name: file_name(&announced.file_name)?,
        bytes,
        sha256: sha256(&announced.sha256)?,
        created_by: sender,
        created_at: tx.now,
        expires_at: tx.now + PATIENCE,
        content_type: None,
        received_at: None,
        discarded_at: None,
    };
    let id = upload.id;
    let row: ActiveModel = upload.into();
    Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    tx.changed(id);
    Ok(id)
}

/// Evidence is vouched for by a person.
pub(super) fn not_a_person() -> Refusal {
    Refusal::new(Code::NotAllowed, "Only a person can add evidence.")
}

/// Notes that a file lies in the store whole, and what it is; false when it was given up meanwhile.
pub async fn received(
    app: &App,
    viewer: &Viewer,
    id: EvidenceUploadId,
    content_type: &'static str,
) -> Result<bool> {
    app.write(viewer, "evidenceReceive", Action::AddEvidence, async |tx| {
        let stored = Entity::update_many()
            .col_expr(Column::ContentType, Expr::value(content_type))
            .col_expr(Column::ReceivedAt, Expr::value(tx.now))
            .filter(Column::Id.eq(id))
            .filter(Column::DiscardedAt.is_null())
            .exec(tx.conn())
            .await?;
        tx.changed(id);
        Ok(stored.rows_affected == 1)
    })
    .await
}

/// The upload, locked, if it can still be attached to that case by this viewer.
pub(super) async fn attachable(
    tx: &Tx,
    id: EvidenceUploadId,
    case: CaseId,
) -> Result<evidence_upload::Model> {
    let found = Entity::visible_to(&tx.viewer)
        .filter(Column::Id.eq(id))
        .filter(Column::CaseId.eq(case))
        .filter(Column::DiscardedAt.is_null())
        .lock_rows()
        .one(tx.conn())
        .await?;
    let found = found.ok_or_else(|| Refusal::not_found("upload of yours for this case").at("uploadId"))?;
    let attached =
        unscoped::<evidence::Entity>().filter(evidence::Column::UploadId.eq(id)).one(tx.conn()).await?;
    if attached.is_some() {
        return Err(Refusal::blocked("This file is evidence already.").at("uploadId").into());
    }
    if found.received_at.is_none() {
        return Err(Refusal::blocked("Send the file first: PUT it to the upload's address.")
            .at("uploadId")
            .into());
    }
    Ok(found)
}

/// Gives up, if it is time to look and nobody else does, what was announced and not attached in time, with its file; answers
/// how many. A file that could not be removed is tried again the next time.
pub async fn give_up(app: &App) -> Result<usize> {
    let store = app.evidence()?;
    let Some(lease) = Lease::take_due(app, Work::RemoveLeftFiles).await? else { return Ok(0) };
    let alive = Heartbeat::start(app, &lease);
    let removed = remove_left(app, store, &lease).await;
    drop(alive);
    let ended = lease.end(app, Some(PAUSE)).await;
    removed.and_then(|removed| ended.map(|()| removed))
}

async fn remove_left(app: &App, store: &EvidenceStore, lease: &Lease) -> Result<usize> {
    let server = Viewer::server();
    let marked = app.write(&server, "evidenceGiveUp", Action::AddEvidence, async |tx| {
        lease.keep(tx).await?;
        mark(tx).await
    });
    let mut removed = Vec::new();
    // Whoever sleeps here and wakes does no harm: what is marked can be attached no more, and a file goes once.
    for id in marked.await? {
        match store.remove(id).await {
            Ok(()) => removed.push(id),
            Err(error) => tracing::error!(upload = %id, cause = error.cause(), "a file could not be removed"),
        }
    }
    app.write(&server, "evidenceForget", Action::AddEvidence, async |tx| {
        lease.keep(tx).await?;
        let gone = Entity::delete_many().filter(Column::Id.is_in(removed.iter().copied()));
        gone.filter(Column::DiscardedAt.is_not_null()).exec(tx.conn()).await?;
        Ok(())
    })
    .await?;
    store.clear_half_written(LEFT_BEHIND).await?;
    Ok(removed.len())
}

// From here on nobody can attach them, and who is still sending one removes it himself.
async fn mark(tx: &mut Tx) -> Result<Vec<EvidenceUploadId>> {
    let attached = unscoped::<evidence::Entity>()
        .select_only()
        .column(evidence::Column::UploadId)
        .filter(Expr::col((evidence::Entity, evidence::Column::UploadId)).equals((Entity, Column::Id)));
    let left = unscoped::<Entity>()
        .filter(Column::ExpiresAt.lt(tx.now))
        .filter(Expr::not_exists(attached.into_query()))
        .order_by_asc(Column::ExpiresAt)
        .limit(AT_ONCE)
        .lock_rows()
        .all(tx.conn())
        .await?;
    let mut ids: Vec<EvidenceUploadId> = left.iter().map(|upload| upload.id).collect();
    // What was attached while this waited for the rows is not in the first answer, but in this one.
    let attached: Vec<EvidenceUploadId> = unscoped::<evidence::Entity>()
        .select_only()
        .column(evidence::Column::UploadId)
        .filter(evidence::Column::UploadId.is_in(ids.iter().copied()))
        .into_tuple()
        .all(tx.conn())
        .await?;
    ids.retain(|id| !attached.contains(id));
    Entity::update_many()
        .col_expr(Column::DiscardedAt, Expr::value(tx.now))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(tx.conn())
        .await?;
    Ok(ids)
}

/// Whether the file can still be sent.
pub fn check_open(app: &App, upload: &evidence_upload::Model) -> Result<()> {
    if upload.discarded_at.is_none() && upload.expires_at > app.clock.now() {
        return Ok(());
    }
    Err(Error::NotFound("upload"))
}
