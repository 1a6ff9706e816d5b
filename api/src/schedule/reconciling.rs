//! Comparing the keys that a source lists with ours.

use super::{Manner, fetching::connect, halt::Halt};
use crate::{
    app::App,
    domain::reconciling::{ListedKeys, is_ours, is_whole, near_enough},
    writes::ingest::ImportRun,
};

/// Marks the calls that the source no longer lists, if its list is whole and believable.
pub(super) async fn reconcile(app: &App, run: &mut ImportRun, manner: &mut Manner<'_>) -> Result<(), Halt> {
    let mut connector = connect(app, run).await?;
    manner.stop.unless_told(connector.check()).await??;
    let stated = manner.stop.unless_told(connector.count()).await??;
    let standing = run.standing_calls().await?;
    // The first time there is no earlier count; what we have of the source must be there then.
    let last_good = run.listed_before().unwrap_or(standing);
    if let Some(stated) = stated.filter(|_| !manner.accept_fewer) {
        near_enough(stated, last_good)?;
    }
    let mut listed = ListedKeys::default();
    while let Some(keys) = manner.stop.unless_told(connector.keys()).await?? {
        keys.iter().for_each(|key| listed.add(key));
    }
    listed.end();
    let stated_after = manner.stop.unless_told(connector.count()).await??;
    is_whole(listed.rows(), [stated, stated_after])?;
    if !manner.accept_fewer {
        near_enough(listed.rows(), last_good)?;
        is_ours(run.listed_calls(&listed).await?, standing)?;
    }
    run.saw_listed(listed.rows());
    run.withdraw_unlisted(&listed).await?;
    (manner.progress)(run.counts());
    Ok(())
}
