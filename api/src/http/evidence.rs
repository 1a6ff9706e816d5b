//! `PUT /evidence/uploads/{id}` takes a file, `GET /evidence/{id}` hands one out; neither holds it in memory.

use std::{io, sync::Arc};

use bytes::Bytes;
use entity::{
    custody_entry::CustodyAction,
    evidence, evidence_upload,
    id::{EvidenceId, EvidenceUploadId},
};
use futures_util::{Stream, StreamExt, stream::BoxStream};
use poem::{
    Body, Request, Response, handler,
    http::{HeaderValue, StatusCode, header},
    web::{Data, Path, Query},
};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    RequestId, Shared,
    body::{Pieces, Unread},
    failure, json as respond, noting, request_id,
};
use crate::{
    app::{App, REQUEST_ID},
    audit::Attempt,
    authz::{Action, Reach, Viewer},
    domain::evidence::{FIRST, KEPT, content_type, is_shown},
    error::{Error, Result},
    events::hex,
    evidence_store::Incoming,
    reads,
    writes::{self, evidence_uploads},
};

/// Files that a server receives at once; each holds a few parts in memory.
pub const AT_ONCE: usize = 32;

/// Why a file was not taken or not handed out.
pub(super) enum Refused {
    Status(StatusCode, String),
    Failed(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(_) => Self::Status(StatusCode::NOT_FOUND, error.to_string()),
            other => Self::Failed(other),
        }
    }
}

impl From<Unread> for Refused {
    fn from(unread: Unread) -> Self {
        Self::Status(unread.status(), unread.message())
    }
}

impl Refused {
    pub(super) fn answer(self, id: RequestId) -> Response {
        match self {
            Self::Status(status, message) => {
                let code = match status {
                    StatusCode::NOT_FOUND => "NOT_FOUND",
                    StatusCode::TOO_MANY_REQUESTS => "RATE_LIMITED",
                    _ => "BAD_INPUT",
                };
                let mut response =
                    respond(status, &json!({ "code": code, "message": message, "requestId": id.0 }));
                if status == StatusCode::TOO_MANY_REQUESTS {
                    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
                }
                response
            }
            Self::Failed(error) => failure(id, &error),
        }
    }
}

/// The viewer, if their role may do that anywhere.
pub(super) async fn viewer_who(
    shared: &Shared,
    request: &Request,
    action: Action,
    what: &'static str,
) -> Result<Viewer> {
    let viewer = shared.viewer(request).await?.ok_or(Error::Unauthenticated)?;
    if viewer.reach(action) != Reach::Nowhere {
        return Ok(viewer);
    }
    let error = Error::closed_to(&viewer, action, what);
    let attempt = Attempt { who: Some(&viewer), action: what, subjects: &[], result: error.code() };
    shared.app.noted(attempt).await;
    Err(error)
}

#[handler]
pub async fn put(
    request: &Request,
    Path(upload): Path<String>,
    body: Body,
    shared: Data<&Arc<Shared>>,
) -> Response {
    let id = request_id(request);
    match REQUEST_ID.scope(id.0, take(request, &upload, body, &shared)).await {
        Ok(upload) => {
            let told =
                json!({ "upload": upload.id.to_string(), "bytes": upload.bytes, "sha256": upload.sha256 });
            respond(StatusCode::OK, &told)
        }
        Err(refused) => refused.answer(id),
    }
}

async fn take(
    request: &Request,
    upload: &str,
    body: Body,
    shared: &Shared,
) -> Result<evidence_upload::Model, Refused> {
    let viewer = viewer_who(shared, request, Action::AddEvidence, "evidence").await?;
    let none = || Error::NotFound("upload");
    let upload: EvidenceUploadId = upload.parse().map_err(|_| none())?;
    let upload = reads::evidence::upload(&shared.app, &viewer, upload).await?.ok_or_else(none)?;
    evidence_uploads::check_open(&shared.app, &upload)?;
    let pieces = Pieces::of(body, upload.bytes.unsigned_abs());
    if upload.received_at.is_some() {
        // A repetition: what is there has the announced hash, and it is never written over.
        pieces.drain().await;
        return Ok(upload);
    }
    let Ok(_room) = shared.uploads.try_acquire() else {
        let message = "The server receives enough files already; try again.".to_owned();
        return Err(Refused::Status(StatusCode::TOO_MANY_REQUESTS, message));
    };
    // In a task of its own: it is cleared up also when the sender goes away and nobody waits for the answer.
    let receiving = tokio::spawn(receive(shared.app.clone(), viewer, upload, pieces));
    receiving.await.map_err(|error| Error::Internal(error.to_string()))?
}

/// Takes the file into the store if it is what was announced; else nothing of it stays.
async fn receive(
    app: App,
    viewer: Viewer,
    upload: evidence_upload::Model,
    mut pieces: Pieces,
) -> Result<evidence_upload::Model, Refused> {
    let store = app.evidence()?;
    let mut incoming = store.begin(upload.id).await?;
    let content_type = match copy(&upload, &mut pieces, &mut incoming).await {
        Ok(content_type) => content_type,
        Err(refused) => {
            if let Err(error) = incoming.give_up().await {
                // What stays behind is half a file that nobody can ask for; the sender hears what was wrong with it.
                tracing::warn!(cause = error.cause(), "a refused file is not cleared away");
            }
            pieces.drain().await;
            return Err(refused);
        }
    };
    incoming.finish().await?;
    if evidence_uploads::received(&app, &viewer, upload.id, content_type).await? {
        return Ok(upload);
    }
    store.remove(upload.id).await?;
    Err(Error::NotFound("upload").into())
}

async fn copy(
    upload: &evidence_upload::Model,
    pieces: &mut Pieces,
    incoming: &mut Incoming,
) -> Result<&'static str, Refused> {
    let (mut hash, mut length, mut first) = (Sha256::new(), 0, Vec::with_capacity(FIRST));
    while let Some(piece) = pieces.next().await? {
        hash.update(&piece);
        length += piece.len() as u64;
        let lacking = FIRST - first.len();
        first.extend_from_slice(&piece[..piece.len().min(lacking)]);
        incoming.write(&piece).await?;
    }
    let announced = upload.bytes.unsigned_abs();
    if length != announced {
        let message = format!("{announced} bytes were announced, and {length} came.");
        return Err(Refused::Status(StatusCode::BAD_REQUEST, message));
    }
    if hex(&hash.finalize()) != upload.sha256 {
        let message = "The file does not have the SHA-256 that was announced; send it again.".to_owned();
        return Err(Refused::Status(StatusCode::UNPROCESSABLE_ENTITY, message));
    }
    content_type(&first).ok_or_else(|| {
        let message = format!("Such files are not kept as evidence. Kept are {KEPT}.");
        Refused::Status(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
    })
}

#[derive(Deserialize)]
struct Manner {
    /// Show it rather than download it.
    #[serde(default)]
    view: bool,
}

#[handler]
pub async fn get(
    request: &Request,
    Path(evidence): Path<String>,
    Query(manner): Query<Manner>,
    shared: Data<&Arc<Shared>>,
) -> Response {
    let id = request_id(request);
    let handed = REQUEST_ID.scope(id.0, hand_out(request, &evidence, manner.view, &shared)).await;
    handed.unwrap_or_else(|refused| refused.answer(id))
}

async fn hand_out(
    request: &Request,
    evidence: &str,
    view: bool,
    shared: &Shared,
) -> Result<Response, Refused> {
    let viewer = viewer_who(shared, request, Action::ReadEvidence, "evidence").await?;
    let none = || Error::NotFound("piece of evidence");
    let evidence: EvidenceId = evidence.parse().map_err(|_| none())?;
    let found = reads::evidence::by_id(&shared.app, &viewer, evidence).await?.ok_or_else(none);
    let evidence = noting(&shared.app, &viewer, "evidenceDownload", evidence, found).await?;
    let view = view && is_shown(&evidence.content_type);
    // Open it first: the log must not tell of a file that could not be handed out.
    let bytes = shared.app.evidence()?.read(evidence.upload_id).await?;
    let action = if view { CustodyAction::Viewed } else { CustodyAction::Downloaded };
    writes::evidence::hand_out(
        &shared.app,
        &viewer,
        "evidenceDownload",
        None,
        action,
        std::slice::from_ref(&evidence),
    )
    .await?;
    let known = request.header(header::IF_NONE_MATCH);
    let tag = format!("\"{}\"", evidence.sha256);
    let response = Response::builder()
        .header(header::ETAG, &tag)
        // Whoever looks again asks again, so that the log tells of it.
        .header(header::CACHE_CONTROL, "private, no-cache");
    if known.is_some_and(|known| known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)) {
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    Ok(response
        .content_type(&evidence.content_type)
        .header(header::CONTENT_LENGTH, evidence.bytes)
        .header(header::CONTENT_DISPOSITION, disposition(view, &evidence.file_name))
        .header(header::CONTENT_SECURITY_POLICY, "default-src 'none'")
        .body(Body::from_bytes_stream(checked(&evidence, bytes))))
}

/// `attachment` or `inline`, with the file's name in plain and in full (RFC 6266, RFC 8187).
pub(super) fn disposition(view: bool, name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !"\"\\%".contains(c) || c == ' ' { c } else { '_' })
        .collect();
    let mut full = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            full.push(char::from(byte));
        } else {
            full.push('%');
            full.push_str(&hex(&[byte]).to_uppercase());
        }
    }
    let how = if view { "inline" } else { "attachment" };
    format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{full}")
}

/// The bytes of a file as long as they are the ones that were received: at the end of others the connection breaks.
pub(super) fn checked(
    evidence: &evidence::Model,
    bytes: BoxStream<'static, object_store::Result<Bytes>>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
    let (id, announced, stated) = (evidence.id, evidence.sha256.clone(), evidence.bytes.unsigned_abs());
    let reading = (bytes, Sha256::new(), 0_u64, false);
    futures_util::stream::unfold(reading, move |(mut bytes, mut hash, length, ended)| {
        let announced = announced.clone();
        async move {
            if ended {
                return None;
            }
            let wrong = |cause: String| {
                tracing::error!(evidence = %id, cause, "a file of evidence cannot be handed out as it was received");
                io::Error::other("the file is broken")
            };
            match bytes.next().await {
                Some(Ok(piece)) => {
                    hash.update(&piece);
                    let length = length + piece.len() as u64;
                    // The last piece is held back until the whole is known to be right.
                    let is_last = length >= stated;
                    if is_last && (length > stated || hex(&hash.clone().finalize()) != announced) {
                        let error = wrong("its SHA-256 differs".to_owned());
                        return Some((Err(error), (bytes, hash, length, true)));
                    }
                    Some((Ok(piece), (bytes, hash, length, false)))
                }
                Some(Err(error)) => {
                    let error = wrong(error.to_string());
                    Some((Err(error), (bytes, hash, length, true)))
                }
                None if length < stated => {
                    let error = wrong("it is too short".to_owned());
                    Some((Err(error), (bytes, hash, length, true)))
                }
                None => None,
            }
        }
    })
}
