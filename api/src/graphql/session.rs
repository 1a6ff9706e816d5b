//! One's own sessions, as clients see them.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    id::SessionId,
    session::{self, SignInMethod},
};

use super::{
    context::Ask,
    errors::{UserError, settle, user_errors},
};
use crate::{authz::Action, error::Result, reads, writes};

/// A browser in which the viewer is signed in. It ends when it is revoked, when nobody used it for the time that the
/// server is set to (an hour, if nothing else is said), and at the latest at `expiresAt`.
#[derive(Clone)]
pub struct Session(pub session::Model);

/// A browser in which the viewer is signed in. It ends when it is revoked, when nobody used it for the time that the
/// server is set to (an hour, if nothing else is said), and at the latest at `expiresAt`.
#[Object]
impl Session {
    /// Opaque; not what the cookie holds.
    pub async fn id(&self) -> SessionId {
        self.0.id
    }

    /// Whether it is the one that asks.
    async fn is_current(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(ctx.viewer()?.session == Some(self.0.id))
    }

    /// How the viewer proved who they are.
    async fn method(&self) -> SignInMethod {
        self.0.method
    }

    /// The network address from which it began, as far as the server knows it.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// What the browser called itself then; at most 200 characters are kept.
    async fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }

    /// When it began.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was used last, to the minute.
    async fn last_used_at(&self) -> DateTime<Utc> {
        self.0.last_used_at
    }

    /// When it ends however much it is used.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// When it was ended before its time; null while it can be used.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }
}

#[derive(Default)]
pub struct SessionQuery;

#[Object]
impl SessionQuery {
    /// The viewer's own sessions that can be used now, the newest first. Error FORBIDDEN for a token.
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<Session>> {
        let viewer = ctx.viewer_who(Action::KeepOwnAccount, "sessions")?;
        let rows = reads::sessions::own(ctx.app()?, viewer).await?;
        Ok(rows.into_iter().map(Session).collect())
    }
}

/// The session as it is now, or why it was not ended.
#[derive(SimpleObject)]
pub struct SessionRevokePayload {
    /// The session as it is now; null when it was not found.
    session: Option<Session>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// How many sessions were ended, or why none.
#[derive(SimpleObject)]
pub struct SessionRevokeAllPayload {
    /// How many could still be used and were ended; null when it was refused.
    ended: Option<usize>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// Which session to end.
#[derive(InputObject)]
pub struct SessionRevokeInput {
    /// One of the viewer's own.
    session_id: SessionId,
}

/// Which sessions to end.
#[derive(InputObject)]
pub struct SessionRevokeAllInput {
    /// True to stay signed in where this is asked.
    #[graphql(default = false)]
    keep_this: bool,
}

#[derive(Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Ends one of the viewer's own sessions: its next request is nobody's.
    async fn session_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: SessionRevokeInput,
    ) -> Result<SessionRevokePayload> {
        let (app, viewer, id) = (ctx.app()?, ctx.viewer()?, input.session_id);
        let outcome = app
            .write(viewer, "sessionRevoke", Action::KeepOwnAccount, async |tx| {
                writes::sessions::revoke(tx, id).await
            })
            .await;
        let user_errors = user_errors(settle(outcome)?.1);
        let session = reads::sessions::by_id(app, viewer, id).await?.map(Session);
        Ok(SessionRevokePayload { session, user_errors })
    }

    /// Signs the viewer out everywhere: ends all their sessions, or all but the one that asks.
    async fn session_revoke_all(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which sessions.")] input: SessionRevokeAllInput,
    ) -> Result<SessionRevokeAllPayload> {
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "sessionRevokeAll", Action::KeepOwnAccount, async |tx| {
                writes::sessions::revoke_all(tx, input.keep_this).await
            })
            .await;
        let (ended, refusals) = settle(outcome)?;
        Ok(SessionRevokeAllPayload { ended, user_errors: user_errors(refusals) })
    }
}
