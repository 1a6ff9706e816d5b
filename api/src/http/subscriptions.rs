//! How many subscriptions somebody has open at once, whatever they come by.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{Stream, StreamExt};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{RequestId, Shared};
use crate::{
    authz::{Actor, Viewer},
    graphql,
    presence::Presence,
};

/// Open subscriptions by who has them.
#[derive(Clone, Default)]
pub(super) struct Subscriptions(Arc<Mutex<HashMap<Uuid, usize>>>);

/// One open subscription; dropping it ends it.
struct Place {
    of: Subscriptions,
    who: Uuid,
}

impl Subscriptions {
    fn take(&self, viewer: &Viewer, most: usize) -> Option<Place> {
        let who = match viewer.actor {
            Actor::Staff(id) => id.0,
            Actor::Token { id, .. } => id.0,
            Actor::Server => Uuid::nil(),
        };
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(who).or_default();
        (*count < most).then(|| {
            *count += 1;
            Place { of: self.clone(), who }
        })
    }
}

impl Drop for Place {
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
    pub(super) fn subscribe(
        &self,
        present: (Presence, Viewer),
        mut request: async_graphql::Request,
        id: RequestId,
    ) -> Result<impl Stream<Item = async_graphql::Response> + Send + use<>, Value> {
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
        let answers = graphql::follow(&self.schema, present, request, id.0);
        Ok(answers.map(move |answer| {
            let _open = &place;
            answer
        }))
    }
}
