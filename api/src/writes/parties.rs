//! Owners, managers and others that answer for a place: suggested or stated, confirmed or rejected.

use chrono::NaiveDate;
use entity::{
    id::{PartyId, PropertyId, PropertyPartyDecisionId, PropertyPartyId},
    party::{self, PartyKind},
    property_party::{self, LinkStatus, PartyRole},
    property_party_decision,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::properties;
use crate::{
    app::Tx,
    authz::Action,
    domain::refusal::{Code, Refusal, line, optional_text, text},
    error::Result,
    scope::{LockRows, VisibleTo, unscoped},
};

/// Characters of a name at most.
pub const NAME: usize = 200;
/// Characters of an address, evidence or reason at most.
pub const TEXT: usize = 2_000;

/// Whom to link.
#[derive(Clone, Debug)]
pub enum PartyChoice {
    Known(PartyId),
    New { kind: PartyKind, name: String, mailing_address: Option<String> },
}

/// A party's part in a place, before it is written.
#[derive(Clone, Debug)]
pub struct Link {
    pub place: PropertyId,
    pub party: PartyChoice,
    pub role: PartyRole,
    pub status: LinkStatus,
    pub evidence: Option<String>,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

/// Links a party to a place, as a suggestion or as a statement that somebody answers for.
pub async fn link(tx: &mut Tx, link: Link) -> Result<PropertyPartyId> {
    let place = properties::lock(tx, link.place).await?;
    tx.viewer.require(Action::WorkCases, place.district_id)?;
    let evidence = optional_text("evidence", link.evidence.as_deref(), TEXT)?;
    match (link.status, &evidence) {
        (LinkStatus::Rejected, _) => {
            let message =
                "A new link is SUGGESTED or CONFIRMED; reject one that is there with `partyLinkDecide`.";
            return Err(Refusal::invalid("status", message).into());
        }
        (LinkStatus::Confirmed, None) => {
            let message =
                "Say what confirms it, such as the recorded deed; without it, link the party as SUGGESTED.";
            return Err(Refusal::required("evidence", message).into());
        }
        _ => {}
    }
    check_period(link.from, link.to)?;
    let party = party(tx, link.party).await?;
    refuse_linked(tx, link.place, &party, link.role).await?;
    let confirmed = link.status == LinkStatus::Confirmed;
    let made = property_party::ActiveModel {
        id: Set(PropertyPartyId::generate()),
        property_id: Set(link.place),
        party_id: Set(party.id),
        role: Set(link.role),
        status: Set(link.status),
        from_on: Set(link.from),
        to_on: Set(link.to),
        decided_by: Set(tx.viewer.staff_id().filter(|_| confirmed)),
        decided_at: Set(confirmed.then_some(tx.now)),
        decision_reason: Set(evidence.clone().filter(|_| confirmed)),
        evidence: Set(evidence.clone()),
        created_at: Set(tx.now),
    }
    .insert(tx.conn())
    .await?;
    if let Some(reason) = evidence.filter(|_| confirmed) {
        remember(tx, made.id, made.status, reason).await?;
    }
    tx.changed(link.place);
    tx.changed(made.id);
    Ok(made.id)
}

/// A decision about a link, before it is written.
#[derive(Clone, Debug)]
pub struct Decision {
    pub status: LinkStatus,
    pub reason: String,
    /// The first and the last day of the party's part; what is left out stays.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

/// Confirms or rejects a link; what was decided before stays in its history.
pub async fn decide(tx: &mut Tx, id: PropertyPartyId, decision: Decision) -> Result<()> {
    let found = property_party::Entity::visible_to(&tx.viewer)
        .filter(property_party::Column::Id.eq(id))
        .lock_rows()
        .one(tx.conn())
        .await?;
    let link = found.ok_or_else(|| Refusal::not_found("link of a party to a place").at("linkId"))?;
    let place = properties::lock(tx, link.property_id).await?;
    tx.viewer.require(Action::WorkCases, place.district_id)?;
    let reason = text("reason", &decision.reason, TEXT)?;
    let (from, to) = (decision.from.or(link.from_on), decision.to.or(link.to_on));
    check_period(from, to)?;
    property_party::Entity::update_many()
        .col_expr(property_party::Column::Status, Expr::value(decision.status))
        .col_expr(property_party::Column::FromOn, Expr::value(from))
        .col_expr(property_party::Column::ToOn, Expr::value(to))
        .col_expr(property_party::Column::DecidedBy, Expr::value(tx.viewer.staff_id()))
        .col_expr(property_party::Column::DecidedAt, Expr::value(tx.now))
        .col_expr(property_party::Column::DecisionReason, Expr::value(reason.clone()))
        .filter(property_party::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    remember(tx, id, decision.status, reason).await?;
    tx.changed(link.property_id);
    tx.changed(id);
    Ok(())
}

async fn party(tx: &mut Tx, choice: PartyChoice) -> Result<party::Model> {
    let (kind, name, mailing_address) = match choice {
        PartyChoice::Known(id) => {
            let found =
                party::Entity::visible_to(&tx.viewer).filter(party::Column::Id.eq(id)).one(tx.conn()).await?;
            return found.ok_or_else(|| Refusal::not_found("party").at("party").at("id").into());
        }
        PartyChoice::New { kind, name, mailing_address } => (kind, name, mailing_address),
    };
    let at_new = |mut refusal: Refusal| {
        refusal.field.splice(0..0, ["party", "new"]);
        refusal
    };
    let name = line("name", &name, NAME).map_err(at_new)?;
    let mailing_address =
        optional_text("mailingAddress", mailing_address.as_deref(), TEXT).map_err(at_new)?;
    let made = party::ActiveModel {
        id: Set(PartyId::generate()),
        kind: Set(kind),
        name: Set(name),
        mailing_address: Set(mailing_address),
        created_at: Set(tx.now),
    }
    .insert(tx.conn())
    .await?;
    tx.changed(made.id);
    Ok(made)
}

async fn refuse_linked(tx: &Tx, place: PropertyId, party: &party::Model, role: PartyRole) -> Result<()> {
    let linked = unscoped::<property_party::Entity>()
        .filter(property_party::Column::PropertyId.eq(place))
        .filter(property_party::Column::PartyId.eq(party.id))
        .filter(property_party::Column::Role.eq(role))
        .filter(property_party::Column::ToOn.is_null())
        .one(tx.conn())
        .await?;
    let Some(link) = linked else { return Ok(()) };
    let message = format!(
        "{} is linked to this place as {role} already, {}; confirm or reject that link ({}) with `partyLinkDecide`.",
        party.name, link.status, link.id
    );
    Err(Refusal::new(Code::NotUnique, message).at("party").into())
}

fn check_period(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<(), Refusal> {
    match (from, to) {
        (Some(from), Some(to)) if to < from => {
            Err(Refusal::invalid("to", format!("The last day, {to}, is before the first, {from}.")))
        }
        _ => Ok(()),
    }
}

async fn remember(tx: &Tx, link: PropertyPartyId, status: LinkStatus, reason: String) -> Result<()> {
    let row = property_party_decision::ActiveModel {
        id: Set(PropertyPartyDecisionId::generate()),
        property_party_id: Set(link),
        status: Set(status),
        reason: Set(reason),
        decided_by: Set(tx.viewer.staff_id()),
        decided_at: Set(tx.now),
    };
    property_party_decision::Entity::insert(row).exec_without_returning(tx.conn()).await?;
    Ok(())
}
