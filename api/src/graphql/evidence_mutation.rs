//! What can be done about evidence.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::id::{CaseId, EvidenceId, EvidenceUploadId, InspectionId};
use uuid::Uuid;

use super::{
    context::{Ask, once},
    errors::{UserError, settle, user_errors},
    evidence::Evidence,
    scalars::in_reach,
};
use crate::{
    authz::Action,
    domain::refusal::Refusal,
    error::Result,
    reads,
    writes::{
        self,
        evidence::Attached,
        evidence_uploads::{self, Announced},
        idempotency,
    },
};

/// The piece of evidence, or why it was refused.
#[derive(SimpleObject)]
pub struct EvidencePayload {
    /// The evidence; null when it was refused.
    evidence: Option<Evidence>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

impl EvidencePayload {
    async fn of(ctx: &Context<'_>, made: Option<EvidenceId>, refusals: Vec<Refusal>) -> Result<Self> {
        let evidence = match made {
            Some(id) => ctx.loaders()?.load_one(id).await?.map(Evidence),
            None => None,
        };
        Ok(Self { evidence, user_errors: user_errors(refusals) })
    }
}

/// Room for a file that is to become evidence.
#[derive(SimpleObject)]
pub struct EvidenceUpload {
    /// What `evidenceAttach` takes.
    id: EvidenceUploadId,
    /// Where to PUT the file, on this server, by the same person's session.
    url: String,
    /// Until when it can be sent and attached; then it is forgotten, with what was sent.
    expires_at: DateTime<Utc>,
}

/// Room for a file, or why there is none.
#[derive(SimpleObject)]
pub struct EvidenceUploadPayload {
    /// Where to send the file; null when it was refused.
    upload: Option<EvidenceUpload>,
    /// Why there is no room; empty when there is.
    user_errors: Vec<UserError>,
}

/// A file that is to become evidence.
#[derive(InputObject)]
pub struct EvidenceUploadInput {
    /// A fresh UUID per request; the same one again answers the same upload.
    idempotency_key: Uuid,
    /// The case.
    case_id: CaseId,
    /// The file's name, without a path, at most 200 characters.
    file_name: String,
    /// How many bytes it has; at most what the server takes, which is 100 MiB unless it is set.
    bytes: i32,
    /// Its SHA-256 as 64 hexadecimal digits; what is sent must have it.
    sha256: String,
}

/// A received file that is to become evidence.
#[derive(InputObject)]
pub struct EvidenceAttachInput {
    /// A fresh UUID per request; the same one again answers the same evidence.
    idempotency_key: Uuid,
    /// The case for which the file was announced.
    case_id: CaseId,
    /// The upload, whose file was sent.
    upload_id: EvidenceUploadId,
    /// When it was taken; not in the future.
    #[graphql(validator(custom = "in_reach"))]
    captured_at: Option<DateTime<Utc>>,
    /// What it shows, at most 2,000 characters.
    caption: Option<String>,
    /// The inspection of this case at which it was taken.
    inspection_id: Option<InspectionId>,
    /// Attorneys' work product: only an attorney can say so, and only attorneys will see it.
    #[graphql(default = false)]
    privileged: bool,
}

/// Evidence that is to be withdrawn.
#[derive(InputObject)]
pub struct EvidenceWithdrawInput {
    /// The evidence.
    evidence_id: EvidenceId,
    /// Why, at most 2,000 characters.
    reason: String,
}

#[derive(Default)]
pub struct EvidenceMutation;

#[Object]
impl EvidenceMutation {
    /// Makes room for a file: PUT it to the address that this answers, then attach it with `evidenceAttach`. Kept are JPEG,
    /// PNG, HEIC, WebP, GIF, PDF, MP4, QuickTime, MP3, WAV, M4A, plain text, DOCX and XLSX, told by the file's first bytes.
    async fn evidence_upload(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file.")] input: EvidenceUploadInput,
    ) -> Result<EvidenceUploadPayload> {
        let once = once(input.idempotency_key, &input)?;
        let app = ctx.app()?;
        let viewer = ctx.viewer()?;
        let largest = app.evidence()?.largest;
        let announced = Announced {
            case: input.case_id,
            file_name: input.file_name,
            bytes: input.bytes,
            sha256: input.sha256,
        };
        let outcome = app
            .write(viewer, "evidenceUpload", Action::AddEvidence, async |tx| {
                let announce = async |tx: &mut _| evidence_uploads::announce(tx, &announced, largest).await;
                idempotency::once(tx, &once, announce).await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        let upload = match made {
            Some(id) => reads::evidence::upload(app, viewer, id).await?,
            None => None,
        };
        let upload = upload.map(|row| EvidenceUpload {
            id: row.id,
            url: format!("/evidence/uploads/{}", row.id),
            expires_at: row.expires_at,
        });
        Ok(EvidenceUploadPayload { upload, user_errors: user_errors(refusals) })
    }

    /// Makes a file that was PUT to its upload address evidence of its case, for good. TRANSITION_BLOCKED when it was not sent
    /// yet or is evidence already.
    async fn evidence_attach(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The evidence.")] input: EvidenceAttachInput,
    ) -> Result<EvidencePayload> {
        let once = once(input.idempotency_key, &input)?;
        let attached = Attached {
            case: input.case_id,
            upload: input.upload_id,
            captured_at: input.captured_at,
            caption: input.caption,
            inspection: input.inspection_id,
            privileged: input.privileged,
        };
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "evidenceAttach", Action::AddEvidence, async |tx| {
                let attach = async |tx: &mut _| writes::evidence::attach(tx, &attached).await;
                idempotency::once(tx, &once, attach).await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        EvidencePayload::of(ctx, made, refusals).await
    }

    /// Marks evidence as withdrawn, with the reason. The file stays as it is; court packets leave it out. TRANSITION_BLOCKED
    /// when it is withdrawn already.
    async fn evidence_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The evidence and the reason.")] input: EvidenceWithdrawInput,
    ) -> Result<EvidencePayload> {
        let id = input.evidence_id;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "evidenceWithdraw", Action::AddEvidence, async |tx| {
                writes::evidence::withdraw(tx, id, &input.reason).await
            })
            .await;
        let (_, refusals) = settle(outcome)?;
        let shown = reads::evidence::by_id(ctx.app()?, ctx.viewer()?, id).await?.map(|row| row.id);
        EvidencePayload::of(ctx, shown, refusals).await
    }
}
