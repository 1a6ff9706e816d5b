//! The audit log: who did or tried what, when, from where and with which result.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::Mutex,
};

use chrono::{DateTime, Utc};
use entity::{audit_row, id::AuditRowId};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryTrait, sea_query::InsertStatement};

use crate::{
    app::{REQUEST_ID, Tx},
    authz::{Actor, Viewer},
    error::{Error, Result},
};

/// The result of what was done.
pub const DONE: &str = "DONE";
/// The result of what was accepted and changed nothing, such as a retry.
pub const UNCHANGED: &str = "UNCHANGED";

/// Ids that one mutation names at most, as far as the log is concerned.
const NAMED_AT_MOST: usize = 20;

tokio::task_local! {
    /// Where the request being served comes from, if that can be told.
    pub static ADDRESS: Option<IpAddr>;
    /// What the mutations of the request being served name.
    pub static NAMED: Named;
}

/// The API ids that each mutation of a request names, in the order in which they are carried out.
#[derive(Debug, Default)]
pub struct Named(Mutex<HashMap<String, VecDeque<Vec<String>>>>);

impl Named {
    /// Adds what the next mutation of that name names; only so many of its ids are kept.
    pub fn add(&mut self, mutation: &str, mut ids: Vec<String>) {
        ids.truncate(NAMED_AT_MOST);
        let known = self.0.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.entry(mutation.to_owned()).or_default().push_back(ids);
    }

    fn take(&self, mutation: &str) -> Vec<String> {
        let mut known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.get_mut(mutation).and_then(VecDeque::pop_front).unwrap_or_default()
    }
}

/// Where the request being served comes from, if that can be told.
#[must_use]
pub fn address() -> Option<IpAddr> {
    ADDRESS.try_with(|address| *address).ok().flatten()
}

/// What the mutation that is being carried out names: its next turn, if the request has several of that name.
#[must_use]
pub fn named(mutation: &str) -> Vec<String> {
    NAMED.try_with(|named| named.take(mutation)).unwrap_or_default()
}

/// Something that somebody did or tried.
#[derive(Clone, Debug)]
pub struct Attempt<'a> {
    /// Nobody, when nobody was signed in.
    pub who: Option<&'a Viewer>,
    pub action: &'a str,
    /// API ids of what it was about; one row each.
    pub subjects: &'a [String],
    pub result: &'a str,
}

impl Attempt<'_> {
    /// Keeps it.
    pub async fn keep(&self, db: &impl ConnectionTrait, at: DateTime<Utc>) -> Result<()> {
        db.execute(&self.statement(at)).await?;
        Ok(())
    }

    /// The statement that keeps it.
    #[must_use]
    pub fn statement(&self, at: DateTime<Utc>) -> InsertStatement {
        let nothing = [String::new()];
        let subjects = if self.subjects.is_empty() { &nothing } else { self.subjects };
        let actor = self.who.map(|viewer| viewer.actor);
        let address = address();
        let rows = subjects.iter().map(|subject| audit_row::ActiveModel {
            id: Set(AuditRowId::generate()),
            recorded_at: Set(at),
            staff_id: Set(match actor {
                Some(Actor::Staff(id)) => Some(id),
                Some(Actor::Token { .. } | Actor::Server) | None => None,
            }),
            access_token_id: Set(match actor {
                Some(Actor::Token { id, .. }) => Some(id),
                Some(Actor::Staff(_) | Actor::Server) | None => None,
            }),
            action: Set(self.action.to_owned()),
            subject: Set(subject.clone()),
            request_id: Set(REQUEST_ID.try_with(|id| *id).ok()),
            address: Set(address.map(|address| address.to_string())),
            result: Set(self.result.to_owned()),
        });
        audit_row::Entity::insert_many(rows).into_query()
    }
}

/// The statement that keeps what a transaction did: a row for each thing that it changed, or one that it changed nothing.
/// None for the server's own work that comes to nothing, which is no news.
#[must_use]
pub fn of_transaction(tx: &Tx, named: &[String]) -> Option<InsertStatement> {
    let (subjects, result) = match (tx.subjects.as_slice(), tx.viewer.actor) {
        ([], Actor::Server) => return None,
        ([], Actor::Staff(_) | Actor::Token { .. }) => (named, UNCHANGED),
        (changed, _) => (changed, DONE),
    };
    let attempt = Attempt { who: Some(&tx.viewer), action: tx.mutation, subjects, result };
    Some(attempt.statement(tx.now))
}

/// The code of what somebody was refused with.
#[must_use]
pub fn result_of(error: &Error) -> &'static str {
    match error {
        Error::Refused(refusals) => refusals.first().map_or(error.code(), |refusal| refusal.code.word()),
        other => other.code(),
    }
}
