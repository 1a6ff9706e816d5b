//! The demo's call log, moved by whole weeks so that it ends yesterday or in the days before.

use std::io::Cursor;

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::{
    app::App,
    commands::import_calls,
    error::{Error, Result},
    feeds::{CallLog, clock},
};

const LOG: &[u8] = include_bytes!("../../../demo/calls.csv.gz");
const FEED: &str = "demo-police";
/// The last day of the log as it is kept.
const LAST: NaiveDate = NaiveDate::from_ymd_opt(2021, 12, 14).expect("a day of the calendar");

/// Imports the log as a city would.
pub async fn load(app: &App, now: DateTime<Utc>) -> Result<()> {
    let yesterday = app.city.day_of(now) - Days::new(1);
    let weeks = u64::try_from((yesterday - LAST).num_weeks()).unwrap_or(0);
    let zone = app.city.zone();
    let moved = move |at: DateTime<Utc>| {
        // The wall clock stays: a call at two in the morning is one at two in the morning.
        let later = at.with_timezone(&zone).naive_local() + Days::new(weeks * 7);
        clock::in_zone(zone, later).unwrap_or(at)
    };
    let summary =
        import_calls::load(app, FEED, |mapping| CallLog::read(Cursor::new(LOG), mapping), moved, |_| {})
            .await?;
    if summary.counts.rejected > 0 {
        return Err(Error::Internal("the demo's call log has rows that cannot be read".to_owned()));
    }
    Ok(())
}
