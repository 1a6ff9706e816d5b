//! What a court packet of a case holds, as it was known on a day.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    case, case_event, custody_entry, evidence,
    id::{CaseId, EvidenceId, StaffId},
    property, staff,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::{as_of::day, evidence::withdrawals_of};
use crate::{
    app::App,
    authz::{Action, Reach, Viewer},
    domain::packet_index::{Exhibit, PacketIndex, TimelineEntry, Withdrawn, Withheld, exhibit_path},
    error::{Error, Result},
    scope::{VisibleTo, unscoped},
};

/// A packet before it is packed: its index, and the exhibits in the index's order.
#[derive(Clone, Debug)]
pub struct Packet {
    pub index: PacketIndex,
    pub exhibits: Vec<evidence::Model>,
}

/// The packet of a case; none when the viewer may not see the case. What was recorded after that day is not in it, nor is
/// what is privileged or was withdrawn by now.
pub async fn of_case(app: &App, viewer: &Viewer, id: CaseId, as_of: NaiveDate) -> Result<Option<Packet>> {
    let found = case::Entity::visible_to(viewer).filter(case::Column::Id.eq(id)).one(&app.db).await?;
    let Some(case) = found else { return Ok(None) };
    let end = day(app, as_of)?.end;
    let events = case_event::Entity::visible_to(viewer)
        .filter(case_event::Column::CaseId.eq(id))
        .filter(case_event::Column::RecordedAt.lt(end))
        .order_by_asc(case_event::Column::Position)
        .all(&app.db)
        .await?;
    if events.is_empty() {
        // An address with a day that has nothing behind it is a wrong address, not a case that is not there.
        return Err(Error::BadInput(Error::NothingKnown(as_of).to_string()));
    }
    let evidence = evidence::Entity::visible_to(viewer)
        .filter(evidence::Column::CaseId.eq(id))
        .filter(evidence::Column::AddedAt.lt(end))
        .order_by_asc(evidence::Column::AddedAt)
        .order_by_asc(evidence::Column::Id)
        .all(&app.db)
        .await?;
    let ids: Vec<EvidenceId> = evidence.iter().map(|piece| piece.id).collect();
    let withdrawals = withdrawals_of(app, viewer, &ids).await?;
    let withdrawals: HashMap<EvidenceId, custody_entry::Model> =
        withdrawals.into_iter().map(|row| (row.evidence_id, row)).collect();
    let place =
        unscoped::<property::Entity>().filter(property::Column::Id.eq(case.property_id)).one(&app.db).await?;
    let names = Names::read(app).await?;
    let (withheld_pieces, pieces): (Vec<_>, Vec<_>) =
        evidence.into_iter().partition(|piece| piece.privileged);
    let (withdrawn, exhibits): (Vec<_>, Vec<_>) =
        pieces.into_iter().partition(|piece| withdrawals.contains_key(&piece.id));
    let (withheld_events, events): (Vec<_>, Vec<_>) = events.into_iter().partition(|event| event.privileged);
    let knows = viewer.reach(Action::ReadPrivileged) == Reach::Everywhere;
    let index = PacketIndex {
        number: case.number,
        title: case.title,
        address: place.map(|place| place.address).unwrap_or_default(),
        as_of,
        made_at: app.clock.now(),
        made_by: names.of(viewer.staff_id()),
        exhibits: exhibits.iter().zip(1..).map(|(piece, number)| exhibit(piece, number, &names)).collect(),
        timeline: events.into_iter().map(|event| entry(event, &names)).collect(),
        withheld: knows.then(|| withheld(&withheld_pieces, &withheld_events, &names)),
        withdrawn: withdrawn
            .into_iter()
            .filter_map(|piece| Some((withdrawals.get(&piece.id)?, piece)))
            .map(|(row, piece)| Withdrawn {
                file_name: piece.file_name,
                sha256: piece.sha256,
                at: row.at,
                by: names.of(Some(row.staff_id)),
                reason: row.reason.clone().unwrap_or_default(),
            })
            .collect(),
    };
    Ok(Some(Packet { index, exhibits }))
}

/// Who is who; everybody who reads a case reads who works it.
struct Names(HashMap<StaffId, String>);

impl Names {
    async fn read(app: &App) -> Result<Self> {
        let people = unscoped::<staff::Entity>().all(&app.db).await?;
        Ok(Self(people.into_iter().map(|person| (person.id, person.name)).collect()))
    }

    fn of(&self, id: Option<StaffId>) -> String {
        id.and_then(|id| self.0.get(&id).cloned()).unwrap_or_else(|| "the server".to_owned())
    }
}

fn exhibit(piece: &evidence::Model, number: usize, names: &Names) -> Exhibit {
    Exhibit {
        path: exhibit_path(number, &piece.file_name),
        content_type: piece.content_type.clone(),
        bytes: piece.bytes,
        sha256: piece.sha256.clone(),
        captured_at: piece.captured_at,
        added_at: piece.added_at,
        added_by: names.of(Some(piece.added_by)),
        caption: piece.caption.clone(),
    }
}

fn entry(event: case_event::Model, names: &Names) -> TimelineEntry {
    TimelineEntry {
        occurred_at: event.occurred_at,
        recorded_at: event.recorded_at,
        kind: event.kind.to_string(),
        by: names.of(event.actor_id),
        summary: event.summary,
        body: event.body,
    }
}

fn withheld(pieces: &[evidence::Model], events: &[case_event::Model], names: &Names) -> Vec<Withheld> {
    let pieces = pieces.iter().map(|piece| Withheld {
        at: piece.added_at,
        kind: "EVIDENCE".to_owned(),
        by: names.of(Some(piece.added_by)),
    });
    let events = events.iter().map(|event| Withheld {
        at: event.occurred_at,
        kind: event.kind.to_string(),
        by: names.of(event.actor_id),
    });
    let mut withheld: Vec<Withheld> = pieces.chain(events).collect();
    withheld.sort_by_key(|row| row.at);
    withheld
}
