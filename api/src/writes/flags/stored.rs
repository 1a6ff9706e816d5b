//! Flags and the calls they list, as they are written.

use std::collections::HashMap;

use entity::{
    flag,
    flag_call::{self, ExclusionReason},
    flag_event::FlagEventKind,
    id::{CallId, FlagId},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};

use super::history;
use crate::{
    app::Tx,
    domain::{call_count::Count, flag_history},
    error::Result,
    news::News,
    writes::many,
};

/// The calls that a flag lists by a count. `note` tells what a review said of a call.
pub fn rows(flag: FlagId, count: &Count, note: impl Fn(CallId) -> Option<String>) -> Vec<flag_call::Model> {
    let row = |(call_id, reason): &(CallId, Option<ExclusionReason>)| flag_call::Model {
        flag_id: flag,
        call_id: *call_id,
        counted: reason.is_none(),
        reason: *reason,
        review_note: note(*call_id),
    };
    count.calls.iter().map(row).collect()
}

/// Takes the figures of a count over; a ratio that nobody can tell any more stays what it was.
pub fn take_over(flag: &mut flag::Model, count: &Count) {
    flag.window_from = count.window.from;
    flag.window_to = count.window.to;
    flag.measured = count.measured.unwrap_or(flag.measured);
    flag.threshold = count.threshold;
}

/// Writes new flags with their calls.
pub async fn insert(tx: &mut Tx, flags: Vec<flag::Model>, calls: Vec<flag_call::Model>) -> Result<()> {
    for flag in &flags {
        tx.changed(flag.id);
        tx.news.push(News::FlagRaised(flag.id));
    }
    let raised =
        |flag: &flag::Model| history::entry(tx, flag, FlagEventKind::Raised, flag_history::raised(flag));
    let events: Vec<_> = flags.iter().map(raised).collect();
    many::insert::<flag::ActiveModel>(tx, flags).await?;
    many::insert::<flag_call::ActiveModel>(tx, calls).await?;
    history::append(tx, events).await
}

/// Writes a flag, whose place the caller holds locked, under its next version.
pub async fn update(tx: &mut Tx, flag: &mut flag::Model) -> Result<()> {
    flag.version += 1;
    tx.changed(flag.id);
    update_quietly(tx, flag).await
}

/// Writes a flag of which nothing changed that people see, but how far the data reach.
pub async fn update_quietly(tx: &Tx, flag: &flag::Model) -> Result<()> {
    let row: flag::ActiveModel = flag.clone().into();
    flag::Entity::update_many()
        .set(row.reset_all())
        .filter(flag::Column::Id.eq(flag.id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Lists these calls in place of `before`, touching only what differs.
pub async fn relist(
    tx: &Tx,
    flag: FlagId,
    before: &[flag_call::Model],
    after: Vec<flag_call::Model>,
) -> Result<()> {
    let known: HashMap<CallId, &flag_call::Model> = before.iter().map(|row| (row.call_id, row)).collect();
    let wanted: HashMap<CallId, &flag_call::Model> = after.iter().map(|row| (row.call_id, row)).collect();
    let gone: Vec<CallId> =
        before.iter().filter(|row| wanted.get(&row.call_id) != Some(row)).map(|row| row.call_id).collect();
    for some in gone.chunks(many::VALUES - 1) {
        flag_call::Entity::delete_many()
            .filter(flag_call::Column::FlagId.eq(flag))
            .filter(flag_call::Column::CallId.is_in(some.iter().copied()))
            .exec(tx.conn())
            .await?;
    }
    let new: Vec<flag_call::Model> =
        after.iter().filter(|row| known.get(&row.call_id) != Some(row)).cloned().collect();
    many::insert::<flag_call::ActiveModel>(tx, new).await
}
