//! Errors as clients see them: refusals as data, everything else at the top with a code and the request's id.

use async_graphql::{Enum, Response, SimpleObject};
use uuid::Uuid;

use crate::{
    app::App,
    audit::{self, Attempt},
    authz::Viewer,
    domain::refusal::{Code, Refusal},
    error::{Error, Result},
};

/// Letters of a message about a document at most.
const LONGEST: usize = 400;

/// Why a mutation was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Code")]
pub enum UserErrorCode {
    /// Something that is needed was left out.
    Required,
    /// A value cannot be taken.
    Invalid,
    /// Nothing is there that the viewer may see.
    NotFound,
    /// It exists already.
    NotUnique,
    /// The viewer may see it but not change it.
    NotAllowed,
    /// Somebody changed it in the meantime; the payload has the present object.
    StaleVersion,
    /// The rules of the stage or status do not allow this step now.
    TransitionBlocked,
    /// A period that must pass first has not passed.
    ClockNotRun,
    /// A protected call cannot be used for this.
    ProtectedCall,
    /// The remedy is not in force or not enabled in this city.
    RemedyNotAvailable,
    /// The idempotency key was used with another input.
    IdempotencyKeyReused,
}

/// One reason why a mutation was refused; safe to show to staff.
#[derive(Clone, Debug, SimpleObject)]
pub struct UserError {
    /// What sort of reason.
    code: UserErrorCode,
    /// What to do about it, in words.
    message: String,
    /// Path inside `input`, where one field is the reason.
    field: Option<Vec<&'static str>>,
}

impl From<Refusal> for UserError {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code.into(),
            message: refusal.message,
            field: (!refusal.field.is_empty()).then_some(refusal.field),
        }
    }
}

/// Splits a mutation's outcome: refusals are data, every other error goes up.
pub fn settle<T>(outcome: Result<T>) -> Result<(Option<T>, Vec<Refusal>)> {
    match outcome {
        Ok(value) => Ok((Some(value), Vec::new())),
        Err(Error::Refused(refusals)) => Ok((None, refusals)),
        Err(Error::NotFound(what)) => Ok((None, vec![Refusal::not_found(what)])),
        Err(error) => Err(error),
    }
}

/// Refusals as the payload shows them.
pub fn user_errors(refusals: Vec<Refusal>) -> Vec<UserError> {
    refusals.into_iter().map(Into::into).collect()
}

/// Keeps in the audit log what a query was refused because the viewer's role never has it; each field once.
pub async fn keep_refused(app: &App, viewer: &Viewer, response: &Response) {
    let mut known = Vec::new();
    for error in &response.errors {
        if let Some(refused) = error.source::<Error>()
            && let Error::Forbidden(field) | Error::Lacking { what: field, .. } = refused
            && !known.contains(field)
        {
            known.push(*field);
            let result = audit::result_of(refused);
            app.noted(Attempt { who: Some(viewer), action: field, subjects: &[], result }).await;
        }
    }
}

/// The cause of the first error that is a fault of ours or of the database's.
pub fn own_fault(response: &Response) -> Option<String> {
    response.errors.iter().find_map(|error| error.source::<Error>().and_then(Error::cause))
}

/// Puts a code and the request's id on every error, and the cause of our own faults into the log.
pub fn stamp(response: &mut Response, request_id: Uuid) {
    for error in &mut response.errors {
        let ours = error.source::<Error>().cloned();
        if let Some(cause) = ours.as_ref().and_then(Error::cause) {
            tracing::error!(%request_id, cause, "request failed");
        }
        let has_code = error.extensions.as_ref().is_some_and(|extensions| extensions.get("code").is_some());
        let extensions = error.extensions.get_or_insert_default();
        // What does not come from our resolvers comes from reading the document, its variables and arguments.
        let code = match &ours {
            Some(error) => error.code(),
            None if error.message.contains("too complex") || error.message.contains("too deep") => {
                "TOO_COMPLEX"
            }
            None => "BAD_INPUT",
        };
        if !has_code {
            extensions.set("code", code);
        }
        extensions.set("requestId", request_id.to_string());
        // The library quotes what it cannot read; a hundred kilobytes of it help nobody.
        if ours.is_none() && error.message.len() > LONGEST {
            error.message = error.message.chars().take(LONGEST).collect();
            error.message.push('…');
        }
    }
}
