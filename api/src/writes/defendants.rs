//! Whom a legal action is brought against: parties of the case's place.

use std::collections::HashSet;

use entity::{
    case,
    case_event::CaseEventKind,
    defendant,
    id::{DefendantId, LegalActionId, PartyId},
    property_party::{self, LinkStatus},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::legal_actions::{self, person, refuse_ended};
use crate::{
    app::Tx,
    authz::Action,
    domain::refusal::Refusal,
    error::Result,
    events::{self, Entry},
    scope::{VisibleTo, unscoped},
};

/// Defendants of one action at most.
const MOST: usize = 100;

/// Names parties as defendants; those who are named already stay.
pub async fn name(tx: &mut Tx, id: LegalActionId, parties: &[PartyId]) -> Result<()> {
    let (mut case, action) = legal_actions::lock(tx, id).await?;
    tx.viewer.require(Action::ConductLegalAction, Some(action.district_id))?;
    let by = person(tx)?;
    refuse_ended(&action)?;
    if parties.is_empty() {
        return Err(Refusal::required("partyIds", "Name at least one party of the place.").into());
    }
    let named: HashSet<PartyId> = unscoped::<defendant::Entity>()
        .filter(defendant::Column::LegalActionId.eq(id))
        .all(tx.conn())
        .await?
        .into_iter()
        .map(|row| row.party_id)
        .collect();
    let mut fresh: Vec<PartyId> = Vec::new();
    for party in parties {
        if !named.contains(party) && !fresh.contains(party) {
            fresh.push(*party);
        }
    }
    if named.len() + fresh.len() > MOST {
        return Err(Refusal::invalid("partyIds", format!("An action has at most {MOST} defendants.")).into());
    }
    if fresh.is_empty() {
        return Ok(());
    }
    refuse_strangers(tx, &case, &fresh).await?;
    let rows = fresh.iter().map(|party| defendant::ActiveModel {
        id: Set(DefendantId::generate()),
        legal_action_id: Set(id),
        party_id: Set(*party),
        named_by: Set(by),
        named_at: Set(tx.now),
    });
    defendant::Entity::insert_many(rows).exec_without_returning(tx.conn()).await?;
    tx.changed(id);
    let remedy = legal_actions::remedy_of(tx, &action)?;
    let mut entry =
        Entry::new(CaseEventKind::LegalActionChanged, format!("{}: defendants named", remedy.name));
    for party in fresh {
        entry = entry.change(&legal_actions::field(&action, "defendant"), None::<PartyId>, Some(party));
    }
    events::append(tx, &mut case, entry).await?;
    Ok(())
}

// Nobody is sued about a place who was found to be nobody there.
async fn refuse_strangers(tx: &Tx, case: &case::Model, parties: &[PartyId]) -> Result<()> {
    let links = property_party::Entity::visible_to(&tx.viewer)
        .filter(property_party::Column::PropertyId.eq(case.property_id))
        .filter(property_party::Column::PartyId.is_in(parties.iter().copied()))
        .filter(property_party::Column::Status.eq(LinkStatus::Confirmed))
        .all(tx.conn())
        .await?;
    let known: HashSet<PartyId> = links.iter().map(|link| link.party_id).collect();
    if parties.iter().all(|party| known.contains(party)) {
        return Ok(());
    }
    let message = "A defendant is a confirmed party of this case's place; link them with `partyLink` and confirm them \
                   with `partyLinkDecide`.";
    Err(Refusal::invalid("partyIds", message).into())
}
