//! Owners that a parcel file names, as suggestions.

use std::collections::{HashMap, HashSet};

use entity::{
    id::{PartyId, PropertyId, PropertyPartyId},
    party::{self, PartyKind},
    property_party::{self, LinkStatus, PartyRole},
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, RelationTrait};

use super::Owner;
use crate::{app::Tx, error::Result, scope::unscoped, writes::many};

/// Where these suggestions come from, as the link tells it.
const EVIDENCE: &str = "owner of record in the imported parcel file";

/// Suggests the owners of these places, those that were suggested, confirmed or rejected before left out.
pub(super) async fn suggest(tx: &mut Tx, owned: &[(PropertyId, Owner)]) -> Result<u64> {
    if owned.is_empty() {
        return Ok(0);
    }
    let mut linked = linked(tx, owned).await?;
    let mut parties = parties(tx, owned).await?;
    let (mut new_parties, mut links) = (Vec::new(), Vec::new());
    for (place, owner) in owned {
        if !linked.insert((*place, owner.kind, owner.name.clone())) {
            continue;
        }
        let same = identity(owner).and_then(|identity| parties.get(&identity).copied());
        let party = same.unwrap_or_else(|| {
            let party = new_party(tx, owner);
            let id = party.id;
            new_parties.push(party);
            id
        });
        if let Some(identity) = identity(owner) {
            parties.entry(identity).or_insert(party);
        }
        links.push(suggestion(tx, *place, party));
    }
    for party in &new_parties {
        tx.changed(party.id);
    }
    let count = links.len() as u64;
    many::insert::<party::ActiveModel>(tx, new_parties).await?;
    many::insert::<property_party::ActiveModel>(tx, links).await?;
    Ok(count)
}

type Identity = (PartyKind, String, Option<String>);

// A name tells one organisation from another. Two people of one name are two people, unless they get their mail at
// the same address: a wrong merger names an innocent person in a lawsuit.
fn identity(owner: &Owner) -> Option<Identity> {
    match owner.kind {
        PartyKind::Organization => Some((owner.kind, owner.name.clone(), None)),
        PartyKind::Person => {
            owner.mailing_address.clone().map(|mail| (owner.kind, owner.name.clone(), Some(mail)))
        }
    }
}

async fn linked(tx: &Tx, owned: &[(PropertyId, Owner)]) -> Result<HashSet<(PropertyId, PartyKind, String)>> {
    let rows: Vec<(PropertyId, PartyKind, String)> = unscoped::<property_party::Entity>()
        .select_only()
        .column(property_party::Column::PropertyId)
        .join(sea_orm::JoinType::InnerJoin, property_party::Relation::Party.def())
        .column(party::Column::Kind)
        .column(party::Column::Name)
        .filter(property_party::Column::PropertyId.is_in(owned.iter().map(|(place, _)| *place)))
        .filter(property_party::Column::Role.eq(PartyRole::Owner))
        .into_tuple()
        .all(tx.conn())
        .await?;
    Ok(rows.into_iter().collect())
}

async fn parties(tx: &Tx, owned: &[(PropertyId, Owner)]) -> Result<HashMap<Identity, PartyId>> {
    let rows = unscoped::<party::Entity>()
        .filter(party::Column::Name.is_in(owned.iter().map(|(_, owner)| owner.name.as_str())))
        .order_by_asc(party::Column::Id)
        .all(tx.conn())
        .await?;
    let mut parties = HashMap::new();
    for party in rows {
        let owner = Owner { kind: party.kind, name: party.name, mailing_address: party.mailing_address };
        if let Some(identity) = identity(&owner) {
            parties.entry(identity).or_insert(party.id);
        }
    }
    Ok(parties)
}

fn new_party(tx: &Tx, owner: &Owner) -> party::Model {
    party::Model {
        id: PartyId::generate(),
        kind: owner.kind,
        name: owner.name.clone(),
        mailing_address: owner.mailing_address.clone(),
        created_at: tx.now,
    }
}

fn suggestion(tx: &Tx, place: PropertyId, party: PartyId) -> property_party::Model {
    property_party::Model {
        id: PropertyPartyId::generate(),
        property_id: place,
        party_id: party,
        role: PartyRole::Owner,
        status: LinkStatus::Suggested,
        from_on: None,
        to_on: None,
        evidence: Some(EVIDENCE.to_owned()),
        decided_by: None,
        decided_at: None,
        decision_reason: None,
        created_at: tx.now,
    }
}
