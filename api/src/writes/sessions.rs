//! Sessions of signed-in people: how one begins, gets a new secret and ends.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    id::{SessionId, StaffId},
    session::{self, SignInMethod},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, DatabaseConnection, EntityTrait, QueryFilter,
    sea_query::Expr,
};

use crate::{
    app::Tx,
    domain::refusal::{Code, Refusal},
    error::Result,
    scope::{VisibleTo, unscoped},
};

/// Days that an ended session stays on record.
const KEPT: TimeDelta = TimeDelta::days(30);
/// Characters of a browser's name for itself that are kept.
const AGENT: usize = 200;

/// A session, before it is written.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// SHA-256 of its secret, in hex.
    pub token_hash: String,
    pub method: SignInMethod,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub expires_at: DateTime<Utc>,
    /// SHA-256 of the secret of the session that the browser had before, which ends.
    pub replaces: Option<String>,
}

/// Begins a session of the transaction's viewer.
pub async fn begin(tx: &mut Tx, new: NewSession) -> Result<SessionId> {
    let staff = tx.viewer.staff_id().ok_or_else(nobody)?;
    let forgotten = Condition::all()
        .add(session::Column::StaffId.eq(staff))
        .add(session::Column::ExpiresAt.lt(tx.now - KEPT));
    session::Entity::delete_many().filter(forgotten).exec(tx.conn()).await?;
    if let Some(hash) = new.replaces {
        end(tx, Condition::all().add(session::Column::TokenHash.eq(hash))).await?;
    }
    let made = session::ActiveModel {
        id: Set(SessionId::generate()),
        token_hash: Set(new.token_hash),
        staff_id: Set(staff),
        method: Set(new.method),
        address: Set(new.address),
        user_agent: Set(new.user_agent.map(|agent| agent.chars().take(AGENT).collect())),
        created_at: Set(tx.now),
        last_used_at: Set(tx.now),
        expires_at: Set(new.expires_at),
        revoked_at: Set(None),
    }
    .insert(tx.conn())
    .await?;
    tx.changed(made.id);
    Ok(made.id)
}

/// Gives the session that asks a new secret, since what it opens has changed: the old one opens nothing from then on.
/// False when no session asks.
pub async fn renew(tx: &mut Tx, token_hash: String) -> Result<bool> {
    let Some(id) = tx.viewer.session else { return Ok(false) };
    let renewed = session::Entity::update_many()
        .col_expr(session::Column::TokenHash, Expr::value(token_hash))
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::RevokedAt.is_null())
        .exec(tx.conn())
        .await?;
    tx.changed(id);
    Ok(renewed.rows_affected > 0)
}

/// Keeps that a session was used at `now`.
pub async fn used(db: DatabaseConnection, id: SessionId, now: DateTime<Utc>) -> Result<()> {
    session::Entity::update_many()
        .col_expr(session::Column::LastUsedAt, Expr::value(now))
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::LastUsedAt.lt(now))
        .exec(&db)
        .await?;
    Ok(())
}

/// Ends one of the viewer's own sessions; again, it changes nothing.
pub async fn revoke(tx: &mut Tx, id: SessionId) -> Result<()> {
    let own = session::Entity::visible_to(&tx.viewer).filter(session::Column::Id.eq(id));
    if own.one(tx.conn()).await?.is_none() {
        return Err(Refusal::not_found("session").at("sessionId").into());
    }
    end(tx, Condition::all().add(session::Column::Id.eq(id))).await.map(|_| ())
}

/// Ends all of the viewer's own sessions, or all but the one that asks; answers how many.
pub async fn revoke_all(tx: &mut Tx, but_this: bool) -> Result<usize> {
    let staff = tx.viewer.staff_id().ok_or_else(nobody)?;
    let this = tx.viewer.session.filter(|_| but_this);
    let all = Condition::all()
        .add(session::Column::StaffId.eq(staff))
        .add_option(this.map(|id| session::Column::Id.ne(id)));
    end(tx, all).await
}

/// Ends all sessions of somebody.
pub async fn end_of(tx: &mut Tx, staff: StaffId) -> Result<usize> {
    end(tx, Condition::all().add(session::Column::StaffId.eq(staff))).await
}

async fn end(tx: &mut Tx, which: Condition) -> Result<usize> {
    let open = which.add(session::Column::RevokedAt.is_null()).add(session::Column::ExpiresAt.gt(tx.now));
    let ended = unscoped::<session::Entity>().filter(open).all(tx.conn()).await?;
    session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(tx.now))
        .filter(session::Column::Id.is_in(ended.iter().map(|row| row.id)))
        .exec(tx.conn())
        .await?;
    for row in &ended {
        tx.changed(row.id);
    }
    Ok(ended.len())
}

fn nobody() -> Refusal {
    Refusal::new(Code::NotAllowed, "Only a person who is signed in has sessions.")
}
