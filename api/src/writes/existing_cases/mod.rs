//! Cases that a city already works, taken from a register of theirs: opened once, then kept up to date.
//!
//! A register is followed like a feed, not copied like a file: the same snapshot again changes nothing, a newer one
//! brings what it tells anew, and what people edited here since stays as they left it.

mod following;
mod known;
mod opening;
mod place;

use chrono::NaiveDate;
use entity::{case::CaseSource, case_register, id::CaseRegisterId, imported_case::Told};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use self::known::Known;
use crate::{
    app::Tx,
    authz::Action,
    domain::{address::Address, refusal::Refusal},
    error::Result,
    scope::{LockRows, unscoped},
};

/// What is done with a case whose place nobody knows yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UnknownPlaces {
    /// It is told and left out: the parcels are imported first.
    #[default]
    Refuse,
    /// The place is made from its address and point.
    Make,
}

/// A register at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The register's key in its mapping; the same key is the same register.
    pub key: String,
    pub name: String,
    pub as_of: NaiveDate,
    pub unknown_places: UnknownPlaces,
}

/// One case, as a snapshot tells it.
#[derive(Clone, Debug)]
pub struct Record {
    /// Where it stands in the file.
    pub line: u64,
    /// The register's own number of the case.
    pub key: String,
    pub told: Told,
    /// None when what is written is not the address of one place.
    pub address: Option<Address>,
    pub apn: Option<String>,
    /// Latitude and longitude, WGS 84 degrees.
    pub point: Option<(f64, f64)>,
    /// The council district the register names; a known place's own wins.
    pub district: Option<i32>,
    pub source: CaseSource,
    /// The register tells when somebody first looked at the place, so the case's response clock runs from its opening.
    pub tells_response: bool,
}

/// What came of some cases.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub added: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub places_made: u64,
    /// Lines left out because their place could not be told, and why.
    pub unmatched: Vec<(u64, String)>,
    /// Lines left out for another reason.
    pub rejected: Vec<(u64, String)>,
    /// What was left out of lines that were taken, such as a title that people edited here.
    pub left_out: Vec<(u64, String)>,
}

impl Outcome {
    /// Adds what came of further cases.
    pub fn absorb(&mut self, other: Self) {
        self.added += other.added;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.places_made += other.places_made;
        self.unmatched.extend(other.unmatched);
        self.rejected.extend(other.rejected);
        self.left_out.extend(other.left_out);
    }
}

/// Takes some cases of a snapshot in, each key at most once. Of a snapshot older than the newest taken, nothing is.
pub async fn import(tx: &mut Tx, snapshot: &Snapshot, records: &[Record]) -> Result<Outcome> {
    tx.viewer.require(Action::WorkCases, None)?;
    if snapshot.as_of > tx.today() {
        let message = format!("A snapshot of {} cannot be known yet.", snapshot.as_of);
        return Err(Refusal::invalid("asOf", message).into());
    }
    let register = lock_register(tx, snapshot).await?;
    // Whoever makes places locks the feeds before them.
    crate::writes::ingest::lock(tx, None).await?;
    let mut outcome = Outcome::default();
    let mut known = Known::of(tx, register.id, records).await?;
    if snapshot.as_of < register.taken_as_of {
        for record in records {
            if known.imported.contains_key(&record.key) {
                outcome.unchanged += 1;
                continue;
            }
            let reason = format!(
                "the snapshot of {} is older than that of {}, so this case may have ended since",
                snapshot.as_of, register.taken_as_of
            );
            match place::find(&known, record) {
                Ok(Some(_)) => outcome.rejected.push((record.line, reason)),
                Ok(None) => outcome.unmatched.push((record.line, place::unknown(snapshot, record))),
                Err(reason) => outcome.unmatched.push((record.line, reason)),
            }
        }
        return Ok(outcome);
    }
    let mut new = Vec::new();
    for record in records {
        match known.imported.remove(&record.key) {
            Some((imported, case)) => {
                following::follow(tx, snapshot, record, imported, case, &mut outcome).await?;
            }
            None => new.push(record),
        }
    }
    place::make(tx, snapshot, &mut known, &new, &mut outcome).await?;
    opening::open(tx, snapshot, register.id, &known, &new, &mut outcome).await?;
    Ok(outcome)
}

// Two imports of one register wait for each other.
async fn lock_register(tx: &mut Tx, snapshot: &Snapshot) -> Result<case_register::Model> {
    let found = unscoped::<case_register::Entity>()
        .filter(case_register::Column::Key.eq(&snapshot.key))
        .lock_rows()
        .one(tx.conn())
        .await?;
    let Some(register) = found else {
        let new = case_register::ActiveModel {
            id: Set(CaseRegisterId::generate()),
            key: Set(snapshot.key.clone()),
            name: Set(snapshot.name.clone()),
            taken_as_of: Set(snapshot.as_of),
        };
        return Ok(new.insert(tx.conn()).await?);
    };
    if snapshot.as_of > register.taken_as_of || snapshot.name != register.name {
        let newer = case_register::ActiveModel {
            name: Set(snapshot.name.clone()),
            taken_as_of: Set(register.taken_as_of.max(snapshot.as_of)),
            ..Default::default()
        };
        case_register::Entity::update_many()
            .set(newer)
            .filter(case_register::Column::Id.eq(register.id))
            .exec(tx.conn())
            .await?;
    }
    Ok(register)
}
