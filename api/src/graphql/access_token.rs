//! Access tokens of programs, as clients see them.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    access_token::{self, TokenScope},
    id::AccessTokenId,
};
use uuid::Uuid;

use super::{
    context::{Ask, once},
    errors::{UserError, settle, user_errors},
    staff::{District, StaffMember, district_ids, staff_by_id},
};
use crate::{
    authn,
    authz::Action,
    error::Result,
    reads,
    writes::{self, access_tokens::NewToken, idempotency},
};

/// A program's access token: what the program may do, and until when. The token itself was shown once, to who made it.
#[derive(Clone)]
pub struct AccessToken {
    row: access_token::Model,
    feed: Option<String>,
}

/// A program's access token: what the program may do, and until when. The token itself was shown once, to who made it.
#[Object]
impl AccessToken {
    /// Opaque; not the token itself.
    pub async fn id(&self) -> AccessTokenId {
        self.row.id
    }

    /// The program it is for.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// What the program may do.
    async fn scope(&self) -> TokenScope {
        self.row.scope
    }

    /// Key of the one feed to which it pushes calls; null for other scopes.
    async fn feed(&self) -> Option<&str> {
        self.feed.as_deref()
    }

    /// The districts of which it reads; null for all of them.
    async fn districts(&self, ctx: &Context<'_>) -> Result<Option<Vec<District>>> {
        let city = &ctx.app()?.city;
        let districts = self.row.districts.as_ref();
        Ok(districts
            .map(|ids| ids.0.iter().filter_map(|id| city.district(*id).cloned()).map(District).collect()))
    }

    /// Who made it; null when it was made at the command line.
    async fn made_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        staff_by_id(ctx, self.row.made_by).await
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }

    /// When it ends; null for one that was made when tokens did not have to.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.row.expires_at
    }

    /// When it was used last, to the minute; null when it never was.
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.row.last_used_at
    }

    /// When it was revoked; null when it was not.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.row.revoked_at
    }
}

#[derive(Default)]
pub struct AccessTokenQuery;

#[Object]
impl AccessTokenQuery {
    /// All access tokens of programs, ended ones too, the newest first. Error FORBIDDEN for who may not read staff.
    async fn access_tokens(&self, ctx: &Context<'_>) -> Result<Vec<AccessToken>> {
        let viewer = ctx.viewer_who(Action::ReadStaff, "accessTokens")?;
        let rows = reads::access_tokens::list(ctx.app()?, viewer, None).await?;
        Ok(rows.into_iter().map(|(row, feed)| AccessToken { row, feed }).collect())
    }
}

/// The token that was made, or why not.
#[derive(SimpleObject)]
pub struct AccessTokenCreatePayload {
    /// What is known of it; null when it was refused.
    access_token: Option<AccessToken>,
    /// The token itself, for `Authorization: Bearer`. It is shown once and kept as a hash: null when the same request
    /// comes again.
    token: Option<String>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// The token as it is now, or why it was not revoked.
#[derive(SimpleObject)]
pub struct AccessTokenRevokePayload {
    /// The token as it is now; null when it was not found.
    access_token: Option<AccessToken>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// A token for a program.
#[derive(InputObject)]
pub struct AccessTokenCreateInput {
    /// A fresh UUID per request; the same one again answers the same token, without showing it.
    idempotency_key: Uuid,
    /// The program it is for; at most 200 characters.
    name: String,
    /// What the program may do.
    scope: TokenScope,
    /// Key of the one feed that PUSH_CALLS is for; needed there, and not with another scope.
    feed: Option<String>,
    /// Numbers of the districts that READ_CASES is held to; left out, all. Not with another scope.
    districts: Option<Vec<i32>>,
    /// Days until it ends, from 1 to 3,650.
    #[graphql(default = 365)]
    expires_days: u32,
}

/// Which token to revoke.
#[derive(InputObject)]
pub struct AccessTokenRevokeInput {
    /// The token's id.
    access_token_id: AccessTokenId,
}

#[derive(Default)]
pub struct AccessTokenMutation;

#[Object]
impl AccessTokenMutation {
    /// Makes an access token for a program and shows it, once. For administrators.
    async fn access_token_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For which program, and what it may do.")] input: AccessTokenCreateInput,
    ) -> Result<AccessTokenCreatePayload> {
        let once = once(input.idempotency_key, &input)?;
        let token = authn::secret("jfn_");
        let new = NewToken {
            name: input.name,
            token_hash: authn::digest(&token),
            scope: input.scope,
            feed: input.feed,
            districts: district_ids(ctx, input.districts)?,
            expires_days: Some(input.expires_days),
        };
        let mut is_new = false;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "accessTokenCreate", Action::ChangeTokens, async |tx| {
                idempotency::once(tx, &once, async |tx| {
                    is_new = true;
                    writes::access_tokens::create(tx, new).await
                })
                .await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        let access_token = match made {
            Some(id) => found(ctx, id).await?,
            None => None,
        };
        let token = (is_new && access_token.is_some()).then_some(token);
        Ok(AccessTokenCreatePayload { access_token, token, user_errors: user_errors(refusals) })
    }

    /// Ends a program's access token for good: its next request is refused. For administrators.
    async fn access_token_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: AccessTokenRevokeInput,
    ) -> Result<AccessTokenRevokePayload> {
        let id = input.access_token_id;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "accessTokenRevoke", Action::ChangeTokens, async |tx| {
                writes::access_tokens::revoke(tx, id).await
            })
            .await;
        let user_errors = user_errors(settle(outcome)?.1);
        Ok(AccessTokenRevokePayload { access_token: found(ctx, id).await?, user_errors })
    }
}

async fn found(ctx: &Context<'_>, id: AccessTokenId) -> Result<Option<AccessToken>> {
    let rows = reads::access_tokens::list(ctx.app()?, ctx.viewer()?, Some(id)).await?;
    Ok(rows.into_iter().next().map(|(row, feed)| AccessToken { row, feed }))
}
