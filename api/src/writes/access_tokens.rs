//! Access tokens of programs.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    access_token::{self, Districts, TokenScope},
    feed,
    id::{AccessTokenId, DistrictId},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, DatabaseConnection, EntityTrait, QueryFilter,
    sea_query::Expr,
};

use crate::{
    app::Tx,
    authz::Action,
    domain::refusal::{Refusal, line},
    error::Result,
    scope::{VisibleTo, unscoped},
};

/// Days that a token lives at most.
pub const DAYS: u32 = 3_650;
/// Days that a token lives when nothing is said.
pub const USUAL_DAYS: u32 = 365;

/// A token, before it is written.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub name: String,
    /// SHA-256 of the token, in hex.
    pub token_hash: String,
    pub scope: TokenScope,
    /// Key of the one feed that PUSH_CALLS is for.
    pub feed: Option<String>,
    /// What it reads is of these districts; of all, when left out.
    pub districts: Option<Vec<DistrictId>>,
    pub expires_days: Option<u32>,
}

/// Keeps a token's hash; the token itself is its maker's to show.
pub async fn create(tx: &mut Tx, new: NewToken) -> Result<AccessTokenId> {
    tx.viewer.require(Action::ChangeTokens, None)?;
    let name = line("name", &new.name, 200)?;
    let feed = match (new.scope, new.feed) {
        (TokenScope::PushCalls, Some(key)) => Some(feed_of(tx, &key).await?),
        (TokenScope::PushCalls, None) => {
            let message =
                "A token that pushes calls names its feed, in `feed`; at the command line `--feed KEY`.";
            return Err(Refusal::required("feed", message).into());
        }
        (TokenScope::ReadCases, Some(_)) => {
            return Err(Refusal::invalid("feed", "Only a token that pushes calls names a feed.").into());
        }
        (TokenScope::ReadCases, None) => None,
    };
    let districts = match (new.scope, new.districts) {
        (TokenScope::PushCalls, Some(_)) => {
            return Err(Refusal::invalid("districts", "Only a token that reads names districts.").into());
        }
        (_, Some(none)) if none.is_empty() => {
            let message = "Name a district, or leave `districts` out for all of them.";
            return Err(Refusal::invalid("districts", message).into());
        }
        (_, districts) => districts.map(Districts),
    };
    let expires_at = match new.expires_days.unwrap_or(USUAL_DAYS) {
        days @ 1..=DAYS => tx.now + TimeDelta::days(days.into()),
        days => {
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
        districts: Set(districts),
        made_by: Set(tx.viewer.staff_id()),
        last_used_at: Set(None),
        expires_at: Set(Some(expires_at)),
        revoked_at: Set(None),
    }
    .insert(tx.conn())
    .await?;
    tx.changed(made.id);
    Ok(made.id)
}

/// Ends a token for good; again, it changes nothing.
pub async fn revoke(tx: &mut Tx, id: AccessTokenId) -> Result<()> {
    tx.viewer.require(Action::ChangeTokens, None)?;
    let found = access_token::Entity::visible_to(&tx.viewer)
        .filter(access_token::Column::Id.eq(id))
        .one(tx.conn())
        .await?;
    let token = found.ok_or_else(|| Refusal::not_found("access token").at("accessTokenId"))?;
    if token.revoked_at.is_some() {
        return Ok(());
    }
    access_token::Entity::update_many()
        .col_expr(access_token::Column::RevokedAt, Expr::value(tx.now))
        .filter(access_token::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    tx.changed(id);
    Ok(())
}

/// Keeps that a token was used at `now`.
pub async fn used(db: DatabaseConnection, id: AccessTokenId, now: DateTime<Utc>) -> Result<()> {
    access_token::Entity::update_many()
        .col_expr(access_token::Column::LastUsedAt, Expr::value(now))
        .filter(access_token::Column::Id.eq(id))
        // What waited its turn takes nothing back.
        .filter(
            Condition::any()
                .add(access_token::Column::LastUsedAt.is_null())
                .add(access_token::Column::LastUsedAt.lt(now)),
        )
        .exec(&db)
        .await?;
    Ok(())
}

async fn feed_of(tx: &Tx, key: &str) -> Result<feed::Model> {
    let found = unscoped::<feed::Entity>().filter(feed::Column::Key.eq(key)).one(tx.conn()).await?;
    found.ok_or_else(|| {
        let known: Vec<&str> = tx.city.preset.feeds.iter().map(|feed| feed.key.as_str()).collect();
        Refusal::invalid("feed", format!("There is no feed `{key}`; the city has {}.", known.join(", ")))
            .into()
    })
}
