//! What was known by the end of a day of the city.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    case, case_event,
    case_event::{CaseEventKind, Changes},
    id::CaseId,
};
use sea_orm::{ColumnTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    app::App,
    authz::Viewer,
    domain::as_of::{Day, Record, Told},
    error::{Error, Result},
    scope::{VisibleTo, unscoped},
};

/// A day of the city until its end; BAD_INPUT for one that is still to come.
pub fn day(app: &App, on: NaiveDate) -> Result<Day> {
    let today = app.today();
    if on > today {
        let message = format!("`asOf` is {on}, which is still to come; nothing is known of it on {today}.");
        return Err(Error::BadInput(message));
    }
    let end = on.succ_opt().and_then(|next| app.city.start_of(next));
    let end = end.ok_or_else(|| Error::BadInput(format!("{on} is not a day of this calendar.")))?;
    Ok(Day { on, end, zone: app.city.zone() })
}

#[derive(FromQueryResult)]
struct Row {
    case_id: CaseId,
    kind: CaseEventKind,
    recorded_at: DateTime<Utc>,
    case_version: i32,
    changes: Changes,
}

/// The records of those of these cases that the viewer may see and of which something was known by the end of that day.
pub async fn records(
    app: &App,
    viewer: &Viewer,
    cases: &[CaseId],
    day: Day,
) -> Result<HashMap<CaseId, Record>> {
    use case_event::Column as C;
    let seen = case::Entity::visible_to(viewer)
        .select_only()
        .column(case::Column::Id)
        .filter(case::Column::Id.is_in(cases.iter().copied()));
    // What privileged entries changed counts for everybody, as it does in the case of now; their text is not read.
    let rows: Vec<Row> = unscoped::<case_event::Entity>()
        .select_only()
        .columns([C::CaseId, C::Kind, C::RecordedAt, C::CaseVersion, C::Changes])
        .filter(C::CaseId.in_subquery(sea_orm::QueryTrait::into_query(seen)))
        .order_by_asc(C::CaseId)
        .order_by_asc(C::Position)
        .into_model()
        .all(&app.db)
        .await?;
    let mut timelines: HashMap<CaseId, Vec<Told>> = HashMap::new();
    for Row { case_id, kind, recorded_at, case_version, changes } in rows {
        let told = Told { kind, recorded_at, case_version, changes: changes.0 };
        timelines.entry(case_id).or_default().push(told);
    }
    let record = |(case, timeline)| Some((case, Record::new(case, day, timeline)?));
    Ok(timelines.into_iter().filter_map(record).collect())
}

/// These cases as they were known by the end of that day; those of which nothing was known are left out.
pub async fn cases(
    app: &App,
    viewer: &Viewer,
    rows: Vec<case::Model>,
    day: Day,
) -> Result<Vec<(case::Model, Record)>> {
    let ids: Vec<CaseId> = rows.iter().map(|case| case.id).collect();
    let mut records = records(app, viewer, &ids, day).await?;
    let mut known = Vec::with_capacity(rows.len());
    for case in rows {
        let Some(record) = records.remove(&case.id) else { continue };
        known.push((record.unwind(case)?, record));
    }
    Ok(known)
}
