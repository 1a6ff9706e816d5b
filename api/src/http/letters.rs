//! `GET /notices/{id}/letter`, `/letters/{id}`: letters as they were sent; `/cases/{id}/letter`, `/places/{id}/early-warning`:
//! drafts from what is recorded now.

use std::sync::Arc;

use chrono::NaiveDate;
use entity::{
    id::{CaseId, LetterId, NoticeId, NuisanceRuleId, PropertyId},
    letter::{self, LetterKind},
};
use futures_util::TryStreamExt;
use poem::{
    Request, Response, handler,
    http::header,
    web::{Data, Path, Query},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{
    Shared,
    evidence::{Refused, viewer_who},
    noting, request_id,
};
use crate::{
    app::{App, REQUEST_ID},
    authz::{Action, Viewer},
    domain::letter::Facts,
    error::{Error, Result},
    events::hex,
    reads::{self, letter_facts::Planned},
    writes,
};

/// A letter runs nothing and asks nothing of anywhere; its styles are its own.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; sandbox";

#[handler]
pub async fn of_notice(request: &Request, Path(id): Path<String>, shared: Data<&Arc<Shared>>) -> Response {
    answer(request, &shared, async |app, viewer| {
        let none = || Error::NotFound("notice");
        let id: NoticeId = id.parse().map_err(|_| none())?;
        let notice = reads::notices::by_ids(app, viewer, &[id]).await?.pop().ok_or_else(none)?;
        match reads::letters::of_notices(app, viewer, &[id]).await?.pop() {
            Some(letter) => kept(app, viewer, &letter).await,
            None => {
                let kind = LetterKind::of(notice.kind).ok_or_else(none)?;
                write(app, kind, &reads::letters::redrawn(app, viewer, &notice).await?)
            }
        }
    })
    .await
}

#[handler]
pub async fn sent(request: &Request, Path(id): Path<String>, shared: Data<&Arc<Shared>>) -> Response {
    answer(request, &shared, async |app, viewer| {
        let none = || Error::NotFound("letter");
        let id: LetterId = id.parse().map_err(|_| none())?;
        let found = reads::letters::by_ids(app, viewer, &[id]).await?.pop().ok_or_else(none);
        let letter = noting(app, viewer, "letterView", id, found).await?;
        kept(app, viewer, &letter).await
    })
    .await
}

/// What the letter of a case would be about; lists of ids are separated by commas.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    kind: LetterKind,
    #[serde(default)]
    to: String,
    comply_by: Option<NaiveDate>,
    amount_cents: Option<i64>,
    #[serde(default)]
    violations: String,
}

#[handler]
pub async fn draft(
    request: &Request,
    Path(case): Path<String>,
    asked: poem::Result<Query<Asked>>,
    shared: Data<&Arc<Shared>>,
) -> Response {
    answer(request, &shared, async |app, viewer| {
        let none = || Error::NotFound("case");
        let case: CaseId = case.parse().map_err(|_| none())?;
        let Query(asked) = asked.map_err(|error| Error::BadInput(error.to_string()))?;
        if asked.kind == LetterKind::EarlyWarning {
            let message = "An early warning belongs to no case; see `EarlyWarning.letterUrl`.";
            return Err(Error::BadInput(message.to_owned()));
        }
        let planned = Planned {
            kind: asked.kind,
            recipients: list(&asked.to)?,
            comply_by: asked.comply_by,
            amount_cents: asked.amount_cents,
            violations: list(&asked.violations)?,
            sending: None,
        };
        let facts = reads::letters::draft(app, viewer, case, &planned).await?.ok_or_else(none)?;
        write(app, asked.kind, &facts)
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Warned {
    rule: String,
    #[serde(default)]
    to: String,
}

#[handler]
pub async fn early_warning(
    request: &Request,
    Path(place): Path<String>,
    asked: poem::Result<Query<Warned>>,
    shared: Data<&Arc<Shared>>,
) -> Response {
    answer(request, &shared, async |app, viewer| {
        let none = || Error::NotFound("early warning");
        let place: PropertyId = place.parse().map_err(|_| none())?;
        let Query(asked) = asked.map_err(|error| Error::BadInput(error.to_string()))?;
        let rule: NuisanceRuleId = asked.rule.parse().map_err(|_| none())?;
        let to = list(&asked.to)?;
        let facts = reads::letters::early_warning(app, viewer, place, rule, &to).await?.ok_or_else(none)?;
        write(app, LetterKind::EarlyWarning, &facts)
    })
    .await
}

async fn answer(
    request: &Request,
    shared: &Shared,
    letter: impl AsyncFnOnce(&App, &Viewer) -> Result<Vec<u8>>,
) -> Response {
    let id = request_id(request);
    let written = REQUEST_ID.scope(id.0, async {
        let viewer = viewer_who(shared, request, Action::ReadEvidence, "letters").await?;
        letter(&shared.app, &viewer).await
    });
    match written.await {
        Ok(html) => Response::builder()
            .content_type("text/html; charset=utf-8")
            .header(header::CACHE_CONTROL, "no-store")
            .header(header::CONTENT_SECURITY_POLICY, POLICY)
            .body(html),
        Err(error) => Refused::from(error).answer(id),
    }
}

fn write(app: &App, kind: LetterKind, facts: &Facts) -> Result<Vec<u8>> {
    let written = app.city.preset.letters.write(kind, facts);
    written.map(String::into_bytes).map_err(|error| Error::Internal(format!("the letter {kind}: {error}")))
}

/// The very bytes that were sent; the custody log tells of it first.
async fn kept(app: &App, viewer: &Viewer, letter: &letter::Model) -> Result<Vec<u8>> {
    let pieces = app.evidence()?.read(letter.file_id).await?;
    let broken =
        |cause: &dyn std::fmt::Display| Error::Internal(format!("the file of {}: {cause}", letter.id));
    let read = pieces.try_fold(Vec::new(), |mut all: Vec<u8>, piece| async move {
        all.extend_from_slice(&piece);
        Ok(all)
    });
    let html = read.await.map_err(|error| broken(&error))?;
    if hex(&Sha256::digest(&html)) != letter.sha256 {
        return Err(broken(&"its SHA-256 differs"));
    }
    writes::letters::show(app, viewer, letter).await?;
    Ok(html)
}

fn list<I: std::str::FromStr>(text: &str) -> Result<Vec<I>> {
    let parts = text.split(',').filter(|part| !part.is_empty());
    let parsed: Result<Vec<I>, _> = parts.map(str::parse).collect();
    parsed.map_err(|_| Error::BadInput("A list of ids is separated by commas.".to_owned()))
}
