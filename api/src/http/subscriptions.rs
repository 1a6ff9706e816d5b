//! How many subscriptions, and how many sockets, somebody has open at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
};

use async_graphql::Response as Answer;
use futures_util::{Stream, StreamExt, poll, stream};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{RequestId, Shared};
use crate::{
    audit::{self, ADDRESS},
    authz::{Actor, Viewer},
    graphql,
    presence::Presence,
};

/// What is open, by who has it.
#[derive(Clone, Default)]
pub(super) struct OpenBy(Arc<Mutex<HashMap<Uuid, usize>>>);

/// One of them; dropping it ends it.
pub(super) struct Open {
    of: OpenBy,
    who: Uuid,
}

impl OpenBy {
    /// One more, unless the viewer has as many as they may.
    pub(super) fn take(&self, viewer: &Viewer, most: usize) -> Option<Open> {
        let who = match viewer.actor {
            Actor::Staff(id) => id.0,
            Actor::Token { id, .. } => id.0,
            Actor::Server => Uuid::nil(),
        };
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(who).or_default();
        (*count < most).then(|| {
            *count += 1;
            Open { of: self.clone(), who }
        })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut open = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.who) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.who);
            }
        }
    }
}

impl Shared {
    /// The answers of a subscription; an error, as clients see it, when the viewer has too many.
    pub(super) async fn subscribe(
        &self,
        present: (Presence, Viewer),
        mut request: async_graphql::Request,
        id: RequestId,
    ) -> Result<impl Stream<Item = Answer> + Send + use<>, Value> {
        let most = self.edge.subscriptions_by_viewer;
        let refused = |code: &str, message: String| json!({ "message": message, "extensions": { "code": code, "requestId": id.0 } });
        if graphql::operation_of(&self.schema, &mut request)
            == async_graphql::parser::types::OperationType::Mutation
        {
            let message = "Send mutations by POST, one at a time.".to_owned();
            return Err(refused("BAD_INPUT", message));
        }
        let Some(place) = self.subscriptions.take(&present.1, most) else {
            let message = format!(
                "You have as many subscriptions open as you may have at once, {most}; end one first."
            );
            return Err(refused("RATE_LIMITED", message));
        };
        let mut answers = graphql::follow(&self.schema, self.app.clone(), present, request, id.0).fuse();
        // It listens before we return: what happens after that is not missed.
        let first = match poll!(answers.next()) {
            Poll::Ready(first) => first,
            Poll::Pending => None,
        };
        let (tell, mut told) = mpsc::channel(1);
        let bringing = bring(stream::iter(first).chain(answers), tell);
        tokio::spawn(ADDRESS.scope(audit::address(), bringing));
        Ok(stream::poll_fn(move |context| {
            let _open = &place;
            told.poll_recv(context)
        }))
    }
}

// In a task of its own: a client who takes nothing would stop it between two steps, with a connection to the database or
// the lock of a presence in its hands.
async fn bring(mut answers: impl Stream<Item = Answer> + Unpin, tell: mpsc::Sender<Answer>) {
    loop {
        let answer = tokio::select! {
            answer = answers.next() => answer,
            () = tell.closed() => return,
        };
        let Some(answer) = answer else { return };
        if tell.send(answer).await.is_err() {
            return;
        }
    }
}
