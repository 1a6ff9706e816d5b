//! What can be done with a feed.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::{call::CallCategory, id::FeedId};

use super::{
    context::Ask,
    errors::{UserError, settle, user_errors},
    feed::Feed,
};
use crate::{authz::Action, error::Result, writes};

/// The category of a call type.
#[derive(InputObject)]
pub struct CallCategoryMapInput {
    /// The feed.
    feed_id: FeedId,
    /// The call type, in any case; `Feed.unmappedDescriptions` lists those that wait.
    description: String,
    /// What such calls are about; UNMAPPED cannot be chosen.
    category: CallCategory,
}

/// The feed, or why nothing was mapped.
#[derive(SimpleObject)]
pub struct CallCategoryMapPayload {
    /// The feed as it is now; null only when it was not found.
    feed: Option<Feed>,
    /// Past calls that got another category.
    calls_changed: i32,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct FeedMutation;

#[Object]
impl FeedMutation {
    /// Maps a call type of a feed to a category. Past calls are derived again, and the rules are held against their
    /// places. PROTECTED_CALL: the city's preset protects the type, and the category does not.
    async fn call_category_map(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The call type and its category.")] input: CallCategoryMapInput,
    ) -> Result<CallCategoryMapPayload> {
        let id = input.feed_id;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "callCategoryMap", Action::RunFeeds, async |tx| {
                writes::call_types::map(tx, id, &input.description, input.category).await
            })
            .await;
        let (changed, refusals) = settle(outcome)?;
        Ok(CallCategoryMapPayload {
            feed: ctx.loaders()?.load_one(id).await?.map(Feed),
            calls_changed: i32::try_from(changed.unwrap_or_default()).unwrap_or(i32::MAX),
            user_errors: user_errors(refusals),
        })
    }
}
