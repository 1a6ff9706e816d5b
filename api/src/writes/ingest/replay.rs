//! Rejected rows read again, after the mapping or the server was mended.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use entity::{
    id::{FeedId, RejectedRowId},
    rejected_row,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};

use super::{
    BATCH, ImportRun,
    batch::{self, Source, Taken},
    reading::{self, LineReader, ReadLines},
    repeated_rows::RepeatedRows,
    stored, writing,
};
use crate::{
    app::Tx,
    error::{Error, Result},
    feeds::{FeedMapping, Line, UnreadableRow, reading::row_of},
    scope::unscoped,
    writes::{feed_runs, many},
};

impl ImportRun {
    /// Reads the feed's rejected rows again, oldest first: what can be read by now is taken and no longer listed, the
    /// others stay, each with today's reason.
    pub async fn take_rejected_again(&mut self) -> Result<()> {
        let mut after = None;
        loop {
            let rows = self.rejected_after(after).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.id);
            self.take_again(&rows).await?;
        }
    }

    // Ids are in the order in which the rows came, so that of rows with one key the later one stands.
    async fn rejected_after(&self, after: Option<RejectedRowId>) -> Result<Vec<rejected_row::Model>> {
        let mut rows = unscoped::<rejected_row::Entity>()
            .filter(rejected_row::Column::FeedId.eq(self.begun.feed))
            .order_by_asc(rejected_row::Column::Id)
            .limit(BATCH as u64);
        if let Some(after) = after {
            rows = rows.filter(rejected_row::Column::Id.gt(after));
        }
        Ok(rows.all(&self.app.db).await?)
    }

    async fn take_again(&mut self, rows: &[rejected_row::Model]) -> Result<()> {
        let source = Source { feed: self.begun.feed, run: self.begun.run, comes_again: false };
        let whole = Arc::new(RepeatedRows::new(true));
        let mut reader = LineReader::new(writing(&self.mapping.address), self.app.clock.clone(), whole);
        let (before, lease, mapping) = (&self.summary.counts, &self.begun.lease, &self.mapping);
        let taken = self.app.write(
            &self.viewer,
            self.begun.purpose.name(),
            self.begun.purpose.action(),
            async |tx| {
                lease.keep_unpaused(tx).await?;
                let taken = read_again(tx, &source, mapping, &mut reader, rows).await?;
                feed_runs::tell(tx, source.run, &before.plus(&taken.summary.counts)).await?;
                Ok(taken)
            },
        );
        let taken = taken.await?;
        self.summary.add(taken.summary);
        self.touched.extend(taken.touched);
        Ok(())
    }
}

async fn read_again(
    tx: &mut Tx,
    source: &Source,
    mapping: &FeedMapping,
    reader: &mut LineReader,
    rows: &[rejected_row::Model],
) -> Result<Taken> {
    let mut readable: Vec<Line> = Vec::new();
    let mut settled = Vec::new();
    let mut refused = Vec::new();
    let mut came = HashMap::new();
    for rejected in rows {
        match line_of(tx, mapping, rejected)? {
            Ok(row) => {
                settled.push(rejected.id);
                came.insert(row.source_id.clone(), rejected.received_at);
                readable.push(Ok(row));
            }
            Err(unreadable) => refused.push((rejected.id, unreadable)),
        }
    }
    let later = told_later(tx, source.feed, &came).await?;
    let all = readable.len();
    readable.retain(|line| line.as_ref().is_ok_and(|row| !later.contains(&row.source_id)));
    let outdated = i32::try_from(all - readable.len()).unwrap_or(i32::MAX);
    let mut lines = ReadLines::default();
    for line in readable {
        reader.read(line, &mut lines);
    }
    reader.ended(&mut lines);
    let mut taken = batch::take(tx, source, lines).await?;
    taken.summary.counts.read += outdated;
    taken.summary.counts.duplicates += outdated;
    rejected_row::Entity::delete_many()
        .filter(many::any_of(tx, rejected_row::Column::Id, settled))
        .exec(tx.conn())
        .await?;
    for (id, unreadable) in refused {
        rejected_row::Entity::update_many()
            .col_expr(rejected_row::Column::Reason, Expr::value(unreadable.reason.as_str()))
            .filter(rejected_row::Column::Id.eq(id))
            .exec(tx.conn())
            .await?;
        taken.summary.counts.read += 1;
        taken.summary.reject(&unreadable);
    }
    Ok(taken)
}

fn line_of(tx: &Tx, mapping: &FeedMapping, rejected: &rejected_row::Model) -> Result<Line> {
    let columns: BTreeMap<String, String> =
        serde_json::from_str(&rejected.columns).map_err(|error| Error::Internal(error.to_string()))?;
    let line = row_of(mapping, u64::from(rejected.line.unsigned_abs()), columns);
    Ok(line.and_then(|row| match reading::refusal(row.occurred_at, tx.now) {
        Some(reason) => Err(UnreadableRow { line: row.line, reason, columns: row.columns }),
        None => Ok(row),
    }))
}

// Of these keys those whose call was written after the row had come: the source has mended the row since, and what it
// told first must not win over what it told later.
async fn told_later(tx: &Tx, feed: FeedId, came: &HashMap<String, DateTime<Utc>>) -> Result<Vec<String>> {
    let known = stored::known(tx, feed, came.keys().cloned().collect()).await?;
    let later =
        known.into_iter().filter(|(key, call)| came.get(key).is_some_and(|came| call.updated_at > *came));
    Ok(later.map(|(key, _)| key).collect())
}
