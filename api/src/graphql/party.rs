//! Parties as clients see them.

use async_graphql::Object;
use entity::{
    id::PartyId,
    party::{self, PartyKind},
};

/// A person or an organisation that answers for places.
#[derive(Clone)]
pub struct Party(party::Model);

impl From<party::Model> for Party {
    fn from(row: party::Model) -> Self {
        Self(row)
    }
}

/// A person or an organisation that answers for places.
#[Object]
impl Party {
    /// Opaque.
    pub async fn id(&self) -> PartyId {
        self.0.id
    }

    /// A person or an organisation.
    async fn kind(&self) -> PartyKind {
        self.0.kind
    }

    /// Full name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where mail reaches it.
    async fn mailing_address(&self) -> Option<&str> {
        self.0.mailing_address.as_deref()
    }
}
