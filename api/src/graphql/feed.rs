//! Feeds of calls for service: how they do, their runs and what they could not read.

use async_graphql::{Context, Enum, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    feed::{self, FeedKind},
    feed_run::{self, FeedRunKind, FeedRunStatus},
    id::{FeedId, FeedRunId, RejectedRowId},
    rejected_row,
};

use super::{
    call_loaders::CategoryOfType,
    context::Ask,
    feed_address::{self, MonthOfCalls, UnmatchedAddress},
    feed_loaders::{LastRunsOf, UnmappedOf},
    page::{connection, cost},
};
use crate::{
    authz::Action,
    domain::feed_health::{self, Health, LATE_AFTER, Signs},
    error::{Error, Result},
    reads::{
        self,
        page::{MOST, Window},
    },
};

/// Whether a feed does what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Health")]
pub enum FeedHealth {
    /// Its last run ended well, and not longer ago than the city states.
    Healthy,
    /// It had no successful run for longer than the city states; two days, when it states nothing.
    Late,
    /// Its last run or its last reconcile failed; `runs` says why.
    Failing,
    /// Somebody paused it.
    Paused,
    /// No run of it has ended yet.
    NeverRun,
}

/// A source of calls for service.
#[derive(Clone)]
pub struct Feed(pub feed::Model);

/// A source of calls for service.
#[Object]
impl Feed {
    /// Opaque.
    pub async fn id(&self) -> FeedId {
        self.0.id
    }

    /// The key of its mapping in the city's preset, such as `san-diego-police`.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How it is read.
    async fn kind(&self) -> FeedKind {
        self.0.kind
    }

    /// Whether it does what it should.
    async fn health(&self, ctx: &Context<'_>) -> Result<FeedHealth> {
        let last = ctx.loaders()?.load_one(LastRunsOf(self.0.id)).await?.unwrap_or_default();
        let failed = |kinds: &[FeedRunKind]| {
            let run = last.iter().find(|run| kinds.contains(&run.kind));
            run.map(|run| run.status == FeedRunStatus::Failed)
        };
        let app = ctx.app()?;
        let signs = Signs {
            paused: self.0.paused,
            reading_failed: failed(&[FeedRunKind::Import, FeedRunKind::Push]),
            reconcile_failed: failed(&[FeedRunKind::Reconcile]),
            last_success: self.0.last_success_at,
            late_after: app
                .city
                .preset
                .feed(&self.0.key)
                .map_or(LATE_AFTER, |feed| feed.schedule.late_after()),
        };
        Ok(feed_health::health(&signs, app.clock.now()).into())
    }

    /// Counts what people changed of it: its pauses; needed to change it.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When a run that brings calls last ended well.
    async fn last_success_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_success_at
    }

    /// When the newest call it has told of happened; windows of `days` end here.
    async fn data_as_of(&self) -> Option<DateTime<Utc>> {
        self.0.data_as_of
    }

    /// Minutes from the newest call it has told of until now, begun ones left out; null when it has told of none.
    async fn lag_minutes(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let now = ctx.app()?.clock.now();
        let lag = self.0.data_as_of.map(|newest| (now - newest).num_minutes().max(0));
        Ok(lag.map(|minutes| i32::try_from(minutes).unwrap_or(i32::MAX)))
    }

    /// When it is to be read next; null when it is paused or has no schedule.
    async fn next_run_at(&self) -> Option<DateTime<Utc>> {
        self.0.next_run_at.filter(|_| !self.0.paused)
    }

    /// When its keys are to be compared with the source's next; null when never.
    async fn next_reconcile_at(&self) -> Option<DateTime<Utc>> {
        self.0.next_reconcile_at.filter(|_| !self.0.paused)
    }

    /// The newest change at the source, by the source's clock, that a successful run has seen; the next run reads from
    /// a little before it. Null when the source tells no changes.
    async fn watermark(&self) -> Option<DateTime<Utc>> {
        self.0.watermark
    }

    /// The share of its newest calls that were matched to a place, from 0 to 1: of the calls of the last 30 days which it
    /// has told of, those with an exact address (UNIT or ADDRESS), protected calls left out. Null when it has none, and
    /// for a commissioner when it has fewer than five.
    async fn match_rate(&self, ctx: &Context<'_>) -> Result<Option<f64>> {
        feed_address::match_rate(ctx, &self.0).await
    }

    /// The exact addresses that no place has, of its newest calls: those of the last 30 days which it has told of,
    /// protected calls left out. The address of most calls comes first; `addressAliasLink` links one to a place. For
    /// sergeants and the city attorney, in whichever district an address lies; others: error FORBIDDEN.
    #[graphql(complexity = "cost(Some(first), child_complexity)")]
    async fn unmatched_addresses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100.", default = 20)] first: i32,
    ) -> Result<Vec<UnmatchedAddress>> {
        feed_address::unmatched(ctx, &self.0, first).await
    }

    /// How many calls it has told of in each month of its own time zone, the oldest month first; the last month is the
    /// one of its newest call. These are whole months of a whole feed: protected calls are among them, as are calls that
    /// the source took back, because no place is named.
    #[graphql(complexity = "cost(Some(months), child_complexity)")]
    async fn calls_by_month(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many months back, at most 100.", default = 12)] months: i32,
    ) -> Result<Vec<MonthOfCalls>> {
        feed_address::by_month(ctx, &self.0, months).await
    }

    /// Its runs, newest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn runs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<FeedRunConnection> {
        let window = Window::forward(first, after)?;
        let page = reads::feeds::runs_of(ctx.app()?, ctx.viewer()?, self.0.id, &window).await?;
        Ok(FeedRunConnection::of(page, FeedRun))
    }

    /// Its rows that could not be read, newest first; kept for 30 days. For administrators; others: error FORBIDDEN.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn rejected_rows(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor to start behind.")] after: Option<String>,
    ) -> Result<RejectedRowConnection> {
        let viewer = ctx.viewer_who(Action::ReadRejectedRows, "rejectedRows")?;
        let window = Window::forward(first, after)?;
        let page = reads::feeds::rejected_of(ctx.app()?, viewer, self.0.id, &window).await?;
        Ok(RejectedRowConnection::of(page, RejectedRow))
    }

    /// Its call types that are mapped to no category, those of most calls first. Calls of such a type never count;
    /// `callCategoryMap` maps one. Commissioners are shown those with five calls or more.
    #[graphql(complexity = "cost(Some(first), child_complexity)")]
    async fn unmapped_descriptions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100.", default = 50)] first: i32,
    ) -> Result<Vec<UnmappedDescription>> {
        if !(1..=MOST).contains(&first) {
            return Err(Error::BadInput(format!("`first` is {first}; it must be from 1 to {MOST}.")));
        }
        let waiting = ctx.loaders()?.load_one(UnmappedOf(self.0.id)).await?.unwrap_or_default();
        let most = usize::try_from(first).unwrap_or_default();
        let shown = |unmapped: &reads::feeds::Unmapped| !feed_address::is_hidden(ctx, unmapped.count);
        Ok(waiting.into_iter().filter(shown).take(most).map(Into::into).collect())
    }
}

/// One run of a feed. `read` is the sum of `inserted`, `updated`, `unchanged`, `duplicates` and `rejected`.
#[derive(Clone)]
pub struct FeedRun(pub feed_run::Model);

/// One run of a feed. `read` is the sum of `inserted`, `updated`, `unchanged`, `duplicates` and `rejected`.
#[Object]
impl FeedRun {
    /// Opaque.
    pub async fn id(&self) -> FeedRunId {
        self.0.id
    }

    /// What it is for.
    async fn kind(&self) -> FeedRunKind {
        self.0.kind
    }

    /// The name of the file it read, when files are dropped for the feed; else null.
    async fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }

    /// Where it stands.
    async fn status(&self) -> FeedRunStatus {
        self.0.status
    }

    /// When it began.
    async fn started_at(&self) -> DateTime<Utc> {
        self.0.started_at
    }

    /// When it ended; null while it runs.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }

    /// Rows it has read so far.
    async fn read(&self) -> i32 {
        self.0.read
    }

    /// Calls nobody knew.
    async fn inserted(&self) -> i32 {
        self.0.inserted
    }

    /// Known calls whose row, category or place changed.
    async fn updated(&self) -> i32 {
        self.0.updated
    }

    /// Known calls that are as they were.
    async fn unchanged(&self) -> i32 {
        self.0.unchanged
    }

    /// Rows for whose key another row of the run stands.
    async fn duplicates(&self) -> i32 {
        self.0.duplicates
    }

    /// Calls that the source no longer lists.
    async fn withdrawn(&self) -> i32 {
        self.0.withdrawn
    }

    /// Rows that could not be read.
    async fn rejected(&self) -> i32 {
        self.0.rejected
    }

    /// Of the inserted and updated calls, those at a known place.
    async fn matched(&self) -> i32 {
        self.0.matched
    }

    /// Flags it raised for review.
    async fn flags_raised(&self) -> i32 {
        self.0.flags_raised
    }

    /// Why it failed and what to do about it; null unless it failed.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }
}

connection!(FeedRunConnection, FeedRunEdge, FeedRun, "runs of a feed");

/// A row of a feed that could not be read.
#[derive(Clone)]
pub struct RejectedRow(pub rejected_row::Model);

/// A row of a feed that could not be read.
#[Object]
impl RejectedRow {
    /// Opaque.
    pub async fn id(&self) -> RejectedRowId {
        self.0.id
    }

    /// When it came.
    async fn received_at(&self) -> DateTime<Utc> {
        self.0.received_at
    }

    /// Its line in the file, the header being 1.
    async fn line(&self) -> i32 {
        self.0.line
    }

    /// What is wrong with it, for whoever can mend the source.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Its mapped columns as a JSON object; no others are kept. The values are blank unless every call type in the row is mapped
    /// to a category that is not protected: an address is never shown beside a protected call's type, nor beside one that
    /// nobody mapped. `line` and `reason` lead to the row at the source.
    async fn columns(&self, ctx: &Context<'_>) -> Result<String> {
        shown_columns(ctx, &self.0).await
    }
}

async fn shown_columns(ctx: &Context<'_>, row: &rejected_row::Model) -> Result<String> {
    use reads::rejected_columns::{shown, types_in};
    let (app, loaders) = (ctx.app()?, ctx.loaders()?);
    let feed = loaders.load_one(row.feed_id).await?;
    let Some(types) = feed.and_then(|feed| types_in(app, &feed.key, &row.columns)) else {
        return Ok(shown(&row.columns, None));
    };
    let key = |name: String| CategoryOfType(row.feed_id, name);
    let known = loaders.load_many(types.iter().cloned().map(key)).await?;
    let categories: Vec<_> = types.into_iter().map(|name| known.get(&key(name)).copied()).collect();
    Ok(shown(&row.columns, Some(&categories)))
}

connection!(RejectedRowConnection, RejectedRowEdge, RejectedRow, "rows that could not be read");

/// A call type that is mapped to no category.
#[derive(SimpleObject)]
pub struct UnmappedDescription {
    /// The call type in upper case, white space folded.
    description: String,
    /// Calls that do not count because of it.
    count: i32,
}

impl From<reads::feeds::Unmapped> for UnmappedDescription {
    fn from(unmapped: reads::feeds::Unmapped) -> Self {
        Self { description: unmapped.description, count: i32::try_from(unmapped.count).unwrap_or(i32::MAX) }
    }
}

#[derive(Default)]
pub struct FeedQuery;

#[Object]
impl FeedQuery {
    /// The sources of calls for service, by key.
    async fn feeds(&self, ctx: &Context<'_>) -> Result<Vec<Feed>> {
        let viewer = ctx.viewer_who(Action::ReadFeeds, "feeds")?;
        Ok(reads::feeds::all(ctx.app()?, viewer).await?.into_iter().map(Feed).collect())
    }
}
