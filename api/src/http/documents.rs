//! The document of a request, however it comes: as text, or as the name of a trusted one. In production mode only programs,
//! which have an access token, may send any text; a browser, and whoever has not signed in, runs the manifest's.

use async_graphql::Value;
use serde::Deserialize;

use super::{RequestId, Shared};
use crate::{
    app::REQUEST_ID,
    audit::Attempt,
    authz::{Actor, Viewer},
    error::{Error, Result},
    trusted_documents::Asked,
};

/// A request as it was sent.
#[derive(Deserialize)]
pub(super) struct Sent {
    #[serde(rename = "documentId")]
    document_id: Option<String>,
    #[serde(flatten)]
    request: async_graphql::Request,
}

impl Shared {
    /// The request with the text of its document; an error when the viewer may not run it.
    pub(super) async fn admit(
        &self,
        viewer: Option<&Viewer>,
        sent: Sent,
        id: RequestId,
    ) -> Result<async_graphql::Request> {
        let Sent { document_id, mut request } = sent;
        let hash = apollo_hash(&request)?;
        let asked = Asked { document_id: document_id.as_deref(), hash, text: &request.query };
        let is_program = viewer.is_some_and(|viewer| matches!(viewer.actor, Actor::Token { .. }));
        match self.edge.documents.text_of(asked, is_program || !self.edge.production) {
            Ok(text) => {
                request.query = text;
                Ok(request)
            }
            Err(error) => {
                // Whoever is not signed in could fill the log.
                if let (Some(_), Error::NotTrusted(_)) = (viewer, &error) {
                    let attempt =
                        Attempt { who: viewer, action: "document", subjects: &[], result: error.code() };
                    REQUEST_ID.scope(id.0, self.app.noted(attempt)).await;
                }
                Err(error)
            }
        }
    }
}

// What Apollo's clients send in the place of the text.
fn apollo_hash(request: &async_graphql::Request) -> Result<Option<&str>> {
    let Some(named) = request.extensions.get("persistedQuery") else { return Ok(None) };
    let hash = match named {
        Value::Object(named) => named.get("sha256Hash"),
        _ => None,
    };
    match hash {
        Some(Value::String(hash)) => Ok(Some(hash)),
        _ => Err(Error::BadInput("`extensions.persistedQuery` has a text `sha256Hash`.".to_owned())),
    }
}
