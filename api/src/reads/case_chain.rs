//! Whether the timeline of every case is as it was written: each entry bound to the one before it, none changed, none missing.

use entity::{
    case,
    case_event::{self, Column as C},
    id::CaseId,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{app::App, error::Result, events, scope::unscoped};

/// Cases that are read at once.
const CASES: u64 = 200;
/// Entries of one case that are read at once.
const ENTRIES: u64 = 500;

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    pub cases: u64,
    pub entries: u64,
}

/// The first place where a timeline is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The case's number, which people use.
    pub case: String,
    /// Which entry of its timeline, counted from 1.
    pub position: i32,
    /// What is wrong with it, in words.
    pub why: String,
}

/// Walks the timeline of every case, in the order in which cases were opened. `seen` is told of each page that holds.
pub async fn verify(
    app: &App,
    mut seen: impl FnMut(Verified),
) -> Result<std::result::Result<Verified, Broken>> {
    let mut verified = Verified::default();
    let mut after: Option<CaseId> = None;
    loop {
        let page = unscoped::<case::Entity>().order_by_asc(case::Column::Id).limit(CASES);
        let page = match after {
            Some(id) => page.filter(case::Column::Id.gt(id)),
            None => page,
        };
        let page = page.all(&app.db).await?;
        let Some(last) = page.last() else { return Ok(Ok(verified)) };
        after = Some(last.id);
        for case in &page {
            match walk(app, case).await? {
                Ok(entries) => verified.entries += entries,
                Err(broken) => return Ok(Err(broken)),
            }
            verified.cases += 1;
        }
        seen(verified);
    }
}

async fn walk(app: &App, case: &case::Model) -> Result<std::result::Result<u64, Broken>> {
    let broken = |position: i32, why: &str| {
        Ok(Err(Broken { case: case.number.clone(), position, why: why.to_owned() }))
    };
    let (mut position, mut hash) = (0, String::new());
    loop {
        let entries = unscoped::<case_event::Entity>()
            .filter(C::CaseId.eq(case.id))
            .filter(C::Position.gt(position))
            // What is written meanwhile is the next walk's.
            .filter(C::Position.lte(case.event_count))
            .order_by_asc(C::Position)
            .limit(ENTRIES);
        let entries = entries.all(&app.db).await?;
        let is_last = (entries.len() as u64) < ENTRIES;
        for entry in entries {
            if entry.position != position + 1 {
                return broken(position + 1, "the entry is missing");
            }
            position = entry.position;
            if entry.previous_hash != hash {
                return broken(position, "it is not bound to the entry before it");
            }
            if events::hash(&entry)? != entry.hash {
                return broken(position, "it is not as it was written");
            }
            hash = entry.hash;
        }
        if is_last {
            break;
        }
    }
    if position != case.event_count {
        return broken(position + 1, "the entry is missing");
    }
    if hash != case.event_hash {
        return broken(position, "it is not the entry that the case ends with");
    }
    Ok(Ok(u64::from(position.unsigned_abs())))
}
