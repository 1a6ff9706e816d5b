//! Comparing the keys that a source lists with ours.

use super::{Manner, fetching::connect, halt::Halt};
use crate::{
    app::App,
    domain::reconciling::{ListedKeys, is_ours, is_whole, near_enough},
    error::Error,
    writes::ingest::ImportRun,
};

/// Marks the calls that the source no longer lists, if its list is whole and believable.
pub(super) async fn reconcile(app: &App, run: &mut ImportRun, manner: &mut Manner<'_>) -> Result<(), Halt> {
    let mut connector = connect(app, run).await?;
    manner.stop.unless_told(connector.check()).await??;
    let Some(stated) = manner.stop.unless_told(connector.count()).await?? else {
        // Of such a source nobody can tell a short list from a whole one.
        let message = format!("The source of the feed `{}` does not tell which rows it has.", run.key());
        return Err(Error::BadInput(message).into());
    };
    let standing = run.standing_calls().await?;
    // The first time there is no earlier count; what we have of the source must be there then.
    let last_good = run.listed_before().unwrap_or(standing);
    if !manner.accept_fewer {
        near_enough(stated, last_good)?;
    }
    let mut listed = ListedKeys::default();
    while let Some(keys) = manner.stop.unless_told(connector.keys()).await?? {
        keys.iter().for_each(|key| listed.add(key));
    }
    listed.end();
    let stated_after = manner.stop.unless_told(connector.count()).await??;
    is_whole(listed.rows(), [stated, stated_after.unwrap_or(stated)])?;
    if !manner.accept_fewer {
        near_enough(listed.rows(), last_good)?;
        is_ours(run.listed_calls(&listed).await?, standing)?;
    }
    run.saw_listed(listed.rows());
    run.withdraw_unlisted(&listed).await?;
    (manner.progress)(run.counts());
    Ok(())
}
