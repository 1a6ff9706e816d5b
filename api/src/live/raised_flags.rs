//! Flags as they are raised, for those who may see them.

use entity::{
    flag,
    id::{DistrictId, FlagId},
};
use futures_util::{Stream, stream};
use tokio::sync::broadcast;

use super::next_news;
use crate::{
    app::App,
    error::{Error, Result},
    news::News,
    presence::Presence,
    reads,
};

/// The flags that are raised from now on. It ends with an error when the subscriber's sign-in has ended, or when flags may
/// have been missed.
pub fn raised_flags(
    app: &App,
    presence: Presence,
    districts: Option<Vec<DistrictId>>,
) -> impl Stream<Item = Result<flag::Model>> + use<> {
    let raised = Raised { app: app.clone(), presence, districts, news: app.newsroom.listen() };
    stream::try_unfold(
        raised,
        |mut raised| async move { Ok(raised.next().await?.map(|flag| (flag, raised))) },
    )
}

struct Raised {
    app: App,
    presence: Presence,
    districts: Option<Vec<DistrictId>>,
    news: broadcast::Receiver<News>,
}

impl Raised {
    async fn next(&mut self) -> Result<Option<flag::Model>> {
        while let Some(news) = next_news(&mut self.news).await? {
            if let News::FlagRaised(id) = news
                && let Some(flag) = self.flag(id).await?
            {
                return Ok(Some(flag));
            }
        }
        Ok(None)
    }

    async fn flag(&self, id: FlagId) -> Result<Option<flag::Model>> {
        let viewer = self.presence.viewer().await?.ok_or(Error::Unauthenticated)?;
        let mut seen = reads::flags::by_ids(&self.app, &viewer, &[id]).await?;
        seen.retain(|flag| self.districts.as_ref().is_none_or(|some| some.contains(&flag.district_id)));
        Ok(seen.pop())
    }
}
