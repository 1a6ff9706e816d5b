//! What can be done with a feed.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::{
    call::CallCategory,
    id::{FeedId, FeedRunId},
};
use uuid::Uuid;

use super::{
    context::{Ask, once},
    errors::{UserError, settle, user_errors},
    feed::{Feed, FeedRun},
};
use crate::{
    authz::Action,
    domain::refusal::Refusal,
    error::Result,
    reads,
    writes::{self, feed_runs, idempotency, ingest::ImportRun},
};

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

/// Which feed to run.
#[derive(InputObject)]
pub struct FeedRunInput {
    /// Makes a repetition answer the run that the first one began.
    idempotency_key: Uuid,
    /// The feed.
    feed_id: FeedId,
}

/// The run that was begun, or why none was.
#[derive(SimpleObject)]
pub struct FeedRunPayload {
    /// The run as it is now: mostly still running; null when none was begun.
    run: Option<FeedRun>,
    /// The feed; null only when it was not found.
    feed: Option<Feed>,
    /// Why none was begun; empty when one was.
    user_errors: Vec<UserError>,
}

/// Whether a feed is to be paused.
#[derive(InputObject)]
pub struct FeedPauseInput {
    /// The feed.
    feed_id: FeedId,
    /// The `version` that was seen.
    expected_version: i32,
    /// True pauses it, false resumes it.
    paused: bool,
}

/// The feed, or why it stays as it is.
#[derive(SimpleObject)]
pub struct FeedPayload {
    /// The feed as it is now; null only when it was not found.
    feed: Option<Feed>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct FeedMutation;

#[Object]
impl FeedMutation {
    /// Begins a run of a feed that is fetched, beside its schedule, and answers at once; the run's counts grow while it
    /// runs. TRANSITION_BLOCKED: another run is at it, the feed is paused, or it is fetched from nowhere.
    async fn feed_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The feed.")] input: FeedRunInput,
    ) -> Result<FeedRunPayload> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let (feed, retry) = (input.feed_id, once(input.idempotency_key, &input)?);
        let mut begun = None;
        let outcome = app
            .write(viewer, "feedRun", Action::RunFeeds, async |tx| {
                idempotency::once(tx, &retry, async |tx| {
                    let run = feed_runs::run_now(tx, feed, &app.holder).await?;
                    let id = run.run;
                    begun = Some(run);
                    Ok(id)
                })
                .await
            })
            .await;
        let (run, refusals): (Option<FeedRunId>, Vec<Refusal>) = settle(outcome)?;
        if let Some(begun) = begun.filter(|_| run.is_some()) {
            ctx.background()?.carry_out(ImportRun::of(app, viewer, begun)?);
        }
        let run = match run {
            Some(run) => reads::feeds::run_by_id(app, viewer, run).await?.map(FeedRun),
            None => None,
        };
        let feed = ctx.loaders()?.load_one(feed).await?.map(Feed);
        Ok(FeedRunPayload { run, feed, user_errors: user_errors(refusals) })
    }

    /// Pauses a feed or resumes it. From a paused one nothing is taken: no run begins, a run in work ends at its next
    /// batch, and pushed calls are refused. One that is resumed is read at once, if it has a schedule.
    async fn feed_pause(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The feed, and whether it is to be paused.")] input: FeedPauseInput,
    ) -> Result<FeedPayload> {
        let id = input.feed_id;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "feedPause", Action::RunFeeds, async |tx| {
                feed_runs::pause(tx, id, input.expected_version, input.paused).await
            })
            .await;
        let (_, refusals) = settle(outcome)?;
        let feed = ctx.loaders()?.load_one(id).await?.map(Feed);
        Ok(FeedPayload { feed, user_errors: user_errors(refusals) })
    }

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
