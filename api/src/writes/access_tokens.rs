//! Access tokens of programs.

use chrono::TimeDelta;
use entity::{
    access_token::{self, TokenScope},
    feed,
    id::AccessTokenId,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, QueryFilter};

use crate::{
    app::Tx,
    authz::Action,
    domain::refusal::{Refusal, text},
    error::Result,
    scope::unscoped,
};

/// Days that a token lives at most.
pub const DAYS: u32 = 3_650;

/// A token, before it is written.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub name: String,
    /// SHA-256 of the token, in hex.
    pub token_hash: String,
    pub scope: TokenScope,
    /// Key of the one feed that PUSH_CALLS is for.
    pub feed: Option<String>,
    /// For ever, when left out.
    pub expires_days: Option<u32>,
}

/// Keeps a token's hash; the token itself is its maker's to show.
pub async fn create(tx: &mut Tx, new: NewToken) -> Result<AccessTokenId> {
    tx.viewer.require(Action::ChangeStaff, None)?;
    let name = text("name", &new.name, 200)?;
    let feed = match (new.scope, new.feed) {
        (TokenScope::PushCalls, Some(key)) => Some(feed_of(tx, &key).await?),
        (TokenScope::PushCalls, None) => {
            let message = "A token that pushes calls names its feed: `--feed KEY`.";
            return Err(Refusal::required("feed", message).into());
        }
        (TokenScope::ReadCases, Some(_)) => {
            return Err(Refusal::invalid("feed", "Only a token that pushes calls names a feed.").into());
        }
        (TokenScope::ReadCases, None) => None,
    };
    let expires_at = match new.expires_days {
        None => None,
        Some(days @ 1..=DAYS) => Some(tx.now + TimeDelta::days(days.into())),
        Some(days) => {
            return Err(
                Refusal::invalid("expiresDays", format!("{days} days; state from 1 to {DAYS}.")).into()
            );
        }
    };
    let made = access_token::ActiveModel {
        id: Set(AccessTokenId::generate()),
        name: Set(name),
        token_hash: Set(new.token_hash),
        scope: Set(new.scope),
        feed_id: Set(feed.map(|feed| feed.id)),
        created_at: Set(tx.now),
        expires_at: Set(expires_at),
        revoked_at: Set(None),
    }
    .insert(tx.conn())
    .await?;
    tx.changed(made.id);
    Ok(made.id)
}

async fn feed_of(tx: &Tx, key: &str) -> Result<feed::Model> {
    let found = unscoped::<feed::Entity>().filter(feed::Column::Key.eq(key)).one(tx.conn()).await?;
    found.ok_or_else(|| {
        let known: Vec<&str> = tx.city.preset.feeds.iter().map(|feed| feed.key.as_str()).collect();
        Refusal::invalid("feed", format!("There is no feed `{key}`; the city has {}.", known.join(", ")))
            .into()
    })
}
