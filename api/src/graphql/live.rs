//! What is told as it happens: thin events without any content; whoever hears one fetches what they may see.

use async_graphql::{Context, SimpleObject, Subscription};
use chrono::{DateTime, Utc};
use entity::{
    feed_run::FeedRunStatus,
    id::{FeedRunId, FlagId, PropertyId},
};
use futures_util::{Stream, StreamExt};

use super::{case_event::Change, context::Ask, staff::district_ids};
use crate::{
    app::App,
    authz::Action,
    error::{Error, Result},
    live::{self, CaseChanges, Live},
    presence::Presence,
    reads::case_events::Position,
};

/// That a flag was raised; fetch it to see why.
#[derive(SimpleObject)]
pub struct FlagRaised {
    /// The flag.
    flag_id: FlagId,
    /// The place.
    property_id: PropertyId,
    /// Number of the place's district when it was raised.
    district: i32,
    /// When the server counted.
    at: DateTime<Utc>,
}

/// That a run of a feed ended; fetch the feed to see what it took.
#[derive(SimpleObject)]
pub struct FeedRunFinished {
    /// The run.
    run_id: FeedRunId,
    /// The key of its feed.
    feed_key: String,
    /// Whether it ended well.
    status: FeedRunStatus,
    /// When it ended.
    at: Option<DateTime<Utc>>,
}

/// What can be followed live, by `graphql-transport-ws` or server-sent events. Every event is shown with the rights of the
/// moment. A stream that falls behind ends with the code CATCH_UP.
#[derive(Default)]
pub struct LiveSubscription;

/// What can be followed live, by `graphql-transport-ws` or server-sent events. Every event is shown with the rights of the
/// moment. A stream that falls behind ends with the code CATCH_UP.
#[Subscription(name = "Subscription")]
impl LiveSubscription {
    /// Changes of cases in the order in which they were committed, each exactly once; `since` the cursor of a change or
    /// the `endCursor` of `changesSince`, nothing is missed or doubled between the two.
    async fn case_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Numbers of districts; without them, all.")] districts: Option<Vec<i32>>,
        #[graphql(desc = "Behind which change to begin; without it, from now on.")] since: Option<String>,
    ) -> Result<impl Stream<Item = Result<Change>> + use<>> {
        ctx.viewer_who(Action::ReadCases, "caseChanged")?;
        let since = since.filter(|since| !since.is_empty());
        let since: Option<Position> = since.as_deref().map(str::parse).transpose()?;
        let wanted =
            CaseChanges { presence: presence(ctx)?, districts: district_ids(ctx, districts)?, since };
        let app = ctx.app()?.clone();
        let changes = live::case_changes(&app, live(ctx)?, wanted).await?;
        Ok(changes.map(move |change| change.map(|change| Change::of(&app, change))))
    }

    /// Flags that are raised from now on.
    async fn flag_raised(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Numbers of districts; without them, all that the viewer may see.")]
        districts: Option<Vec<i32>>,
    ) -> Result<impl Stream<Item = Result<FlagRaised>> + use<>> {
        ctx.viewer_who(Action::ReadCalls, "flagRaised")?;
        let app = ctx.app()?.clone();
        let flags = live::raised_flags(&app, presence(ctx)?, district_ids(ctx, districts)?);
        Ok(flags.map(move |flag| {
            let flag = flag?;
            let district = app.city.district(flag.district_id);
            Ok(FlagRaised {
                flag_id: flag.id,
                property_id: flag.property_id,
                district: district.map_or(0, |district| district.number),
                at: flag.raised_at,
            })
        }))
    }

    /// Runs of feeds that end from now on, well or badly.
    async fn feed_run_finished(
        &self,
        ctx: &Context<'_>,
    ) -> Result<impl Stream<Item = Result<FeedRunFinished>> + use<>> {
        ctx.viewer_who(Action::ReadFeeds, "feedRunFinished")?;
        let app = ctx.app()?.clone();
        let runs = live::finished_runs(&app, presence(ctx)?);
        Ok(runs.then(move |run| {
            let app = app.clone();
            async move {
                let run = run?;
                let feed_key = feed_key(&app, run.feed_id).await?;
                Ok(FeedRunFinished { run_id: run.id, feed_key, status: run.status, at: run.finished_at })
            }
        }))
    }
}

async fn feed_key(app: &App, feed: entity::id::FeedId) -> Result<String> {
    let found = crate::reads::feeds::by_ids(app, &crate::authz::Viewer::server(), &[feed]).await?;
    found.into_iter().next().map(|feed| feed.key).ok_or(Error::NotFound("feed"))
}

fn live<'a>(ctx: &Context<'a>) -> Result<&'a Live> {
    ctx.data_opt().ok_or_else(|| Error::Internal("the schema has nothing live".to_owned()))
}

fn presence(ctx: &Context<'_>) -> Result<Presence> {
    ctx.data_opt::<Presence>().cloned().ok_or(Error::Unauthenticated)
}
