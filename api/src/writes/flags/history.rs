//! The history of flags, written with every change of them.

use entity::{
    flag::{self, FlagStatus},
    flag_call,
    flag_event::{self, FlagEventKind},
    id::{CallId, FlagEventId, FlagId},
};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, QueryTrait};

use crate::{
    app::Tx,
    domain::{call_count::Count, flag_history},
    error::Result,
    scope::unscoped,
    writes::many,
};

/// One entry, as the flag stands now.
pub fn entry(
    tx: &Tx,
    flag: &flag::Model,
    kind: FlagEventKind,
    reason: impl Into<String>,
) -> flag_event::Model {
    flag_event::Model {
        id: FlagEventId::generate(),
        flag_id: flag.id,
        kind,
        reason: reason.into(),
        measured: flag.measured,
        threshold: flag.threshold,
        at: tx.now,
        by: tx.viewer.staff_id(),
    }
}

/// Writes entries.
pub async fn append(tx: &Tx, entries: impl IntoIterator<Item = flag_event::Model>) -> Result<()> {
    many::insert::<flag_event::ActiveModel>(tx, entries).await
}

/// Tells what a count made of a flag that listed `before`: renewed, cut or withdrawn. That only the window moved on is no
/// news.
pub async fn recounted(
    tx: &Tx,
    flag: &flag::Model,
    measured_before: f64,
    before: &[flag_call::Model],
    count: &Count,
) -> Result<()> {
    let listed: Vec<_> = before.iter().map(|row| (row.call_id, row.reason)).collect();
    let (kind, reason) = match flag.status {
        FlagStatus::Withdrawn => (FlagEventKind::Withdrawn, flag_history::withdrawn(&listed, count)),
        _ if flag.measured == measured_before => return Ok(()),
        FlagStatus::NeedsReview => (FlagEventKind::Renewed, flag_history::changed(&listed, count)),
        _ => (FlagEventKind::Cut, flag_history::changed(&listed, count)),
    };
    append(tx, [entry(tx, flag, kind, reason)]).await
}

/// The flags that still change and count that call.
pub async fn counting(tx: &Tx, call: CallId) -> Result<Vec<flag::Model>> {
    let open = [FlagStatus::NeedsReview, FlagStatus::Confirmed, FlagStatus::CaseOpened];
    let listing = unscoped::<flag_call::Entity>()
        .select_only()
        .column(flag_call::Column::FlagId)
        .filter(flag_call::Column::CallId.eq(call))
        .filter(flag_call::Column::Counted.eq(true));
    Ok(unscoped::<flag::Entity>()
        .filter(flag::Column::Id.in_subquery(listing.into_query()))
        .filter(flag::Column::Status.is_in(open))
        .all(tx.conn())
        .await?)
}

/// Flags by id.
pub async fn flags(tx: &Tx, ids: &[FlagId]) -> Result<Vec<flag::Model>> {
    let rows = unscoped::<flag::Entity>().filter(flag::Column::Id.is_in(ids.iter().copied()));
    Ok(rows.all(tx.conn()).await?)
}
