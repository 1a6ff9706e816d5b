//! `GET /cases/{id}/packet.zip`: what a court gets of a case, with its index and hashes.

use std::{
    io::{self, Seek, SeekFrom, Write},
    sync::Arc,
};

use chrono::NaiveDate;
use entity::{custody_entry::CustodyAction, evidence, id::CaseId};
use futures_util::StreamExt;
use poem::{
    Body, Request, Response, handler,
    http::header,
    web::{Data, Path, Query},
};
use serde::Deserialize;
use tokio::runtime::Handle;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    Shared,
    evidence::{Refused, checked, disposition, viewer_who},
    noting, request_id,
};
use crate::{
    app::REQUEST_ID,
    authz::Action,
    error::{Error, Result},
    evidence_store::EvidenceStore,
    reads::{self, packet::Packet},
    writes,
};

/// Packets that a server packs at once; others wait.
pub const AT_ONCE: usize = 2;

#[derive(Deserialize)]
struct Asked {
    /// The city's day up to which things were known; today, when left out.
    #[serde(rename = "asOf")]
    as_of: Option<NaiveDate>,
}

#[handler]
pub async fn get(
    request: &Request,
    Path(case): Path<String>,
    Query(asked): Query<Asked>,
    shared: Data<&Arc<Shared>>,
) -> Response {
    let id = request_id(request);
    let drawn = REQUEST_ID.scope(id.0, draw(request, &case, asked.as_of, &shared)).await;
    drawn.unwrap_or_else(|refused| refused.answer(id))
}

async fn draw(
    request: &Request,
    case: &str,
    as_of: Option<NaiveDate>,
    shared: &Shared,
) -> Result<Response, Refused> {
    let viewer = viewer_who(shared, request, Action::ReadEvidence, "court packets").await?;
    let none = || Error::NotFound("case");
    let case: CaseId = case.parse().map_err(|_| none())?;
    let as_of = as_of.unwrap_or_else(|| shared.app.today());
    let drawn = reads::packet::of_case(&shared.app, &viewer, case, as_of).await;
    let found = drawn.and_then(|packet| packet.ok_or_else(none));
    let packet = noting(&shared.app, &viewer, "casePacket", case, found).await?;
    let Ok(_room) = shared.packets.acquire().await else {
        return Err(Error::Internal("no packet is drawn any more".to_owned()).into());
    };
    let name = format!("{}-{as_of}.zip", packet.index.number);
    let exhibits = packet.exhibits.clone();
    let (store, runtime) = (shared.app.evidence()?.clone(), Handle::current());
    let packed = tokio::task::spawn_blocking(move || pack(&runtime, &store, &packet)).await;
    let file = packed.map_err(|error| Error::Internal(error.to_string()))??;
    // Only a whole packet is told of, and it is told of before it leaves.
    let packaged = CustodyAction::Packaged;
    writes::evidence::hand_out(&shared.app, &viewer, "casePacket", Some(case), packaged, &exhibits).await?;
    Ok(Response::builder()
        .content_type("application/zip")
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_DISPOSITION, disposition(false, &name))
        .body(Body::from_async_read(tokio::fs::File::from_std(file))))
}

/// Packs into a file without a name, which is gone when it is closed.
fn pack(runtime: &Handle, store: &EvidenceStore, packet: &Packet) -> Result<std::fs::File> {
    let failed =
        |error: &dyn std::fmt::Display| Error::Internal(format!("a packet cannot be packed: {error}"));
    let file = tempfile::tempfile().map_err(|error| failed(&error))?;
    let mut packed = ZipWriter::new(file);
    // Photos and films do not become smaller.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, text) in [("index.html", packet.index.html()), ("SHA256SUMS.txt", packet.index.sha256sums())] {
        packed.start_file(name, options).map_err(|error| failed(&error))?;
        packed.write_all(text.as_bytes()).map_err(|error| failed(&error))?;
    }
    for (stated, exhibit) in packet.index.exhibits.iter().zip(&packet.exhibits) {
        packed.start_file(&stated.path, options).map_err(|error| failed(&error))?;
        copy(runtime, store, exhibit, &mut packed)?.map_err(|error| failed(&error))?;
    }
    let mut file = packed.finish().map_err(|error| failed(&error))?;
    file.seek(SeekFrom::Start(0)).map_err(|error| failed(&error))?;
    Ok(file)
}

fn copy(
    runtime: &Handle,
    store: &EvidenceStore,
    exhibit: &evidence::Model,
    packed: &mut impl Write,
) -> Result<io::Result<()>> {
    let bytes = runtime.block_on(store.read(exhibit.upload_id))?;
    let mut pieces = Box::pin(checked(exhibit, bytes));
    while let Some(piece) = runtime.block_on(pieces.next()) {
        if let Err(error) = piece.and_then(|piece| packed.write_all(&piece)) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}
