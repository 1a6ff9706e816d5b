//! Challenges of counted calls by those who answer for a place, and their decision (rule P11).

use entity::{
    call,
    call_challenge::{self, ChallengeParty, ChallengeStatus},
    flag_event::FlagEventKind,
    id::{CallChallengeId, CallId, PropertyId},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};

use super::{evaluate::evaluate_places, history, known};
use crate::{
    app::Tx,
    authz::Action,
    domain::refusal::{Code, Refusal, text},
    error::{Error, Result},
    scope::{LockRows, VisibleTo, unscoped},
    writes::{cases::BODY, many},
};

/// A challenge, before it is recorded.
#[derive(Clone, Debug)]
pub struct Challenge {
    pub call: CallId,
    pub on_behalf_of: ChallengeParty,
    pub reason: String,
}

/// What was decided on a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The call does not count.
    Uphold,
    /// The call counts as before.
    Deny,
}

/// A decision, before it is written.
#[derive(Clone, Debug)]
pub struct Deciding {
    pub challenge: CallChallengeId,
    pub expected_version: i32,
    pub verdict: Verdict,
    pub reason: String,
}

/// Records a challenge of a call that a flag counts.
pub async fn challenge(tx: &mut Tx, challenge: Challenge) -> Result<CallChallengeId> {
    let (call, place) = call_at_its_place(tx, challenge.call).await?;
    let reason = text("reason", &challenge.reason, BODY)?;
    refuse_second(tx, call, place).await?;
    let flags = history::counting(tx, call).await?;
    if flags.is_empty() {
        let message = "No open flag counts this call, so there is nothing to challenge.";
        return Err(Refusal::invalid("callId", message).into());
    }
    let row = call_challenge::Model {
        id: CallChallengeId::generate(),
        version: 1,
        call_id: call,
        property_id: place,
        on_behalf_of: challenge.on_behalf_of,
        reason,
        status: ChallengeStatus::Open,
        recorded_at: tx.now,
        recorded_by: tx.viewer.staff_id(),
        decided_at: None,
        decided_by: None,
        decision_reason: None,
    };
    let told = format!("A call that it counts was challenged on behalf of the {}.", party(row.on_behalf_of));
    tx.changed(row.id);
    let id = row.id;
    many::insert::<call_challenge::ActiveModel>(tx, [row]).await?;
    let events: Vec<_> =
        flags.iter().map(|flag| history::entry(tx, flag, FlagEventKind::Challenged, told.as_str())).collect();
    history::append(tx, events).await?;
    Ok(id)
}

/// Decides on a challenge. An upheld one takes the call out of every count at its place, at once.
pub async fn decide(tx: &mut Tx, deciding: Deciding) -> Result<()> {
    let mut row = lock(tx, deciding.challenge).await?;
    check(tx, &row, deciding.expected_version)?;
    let reason = text("reason", &deciding.reason, BODY)?;
    (row.status, row.version) = match deciding.verdict {
        Verdict::Uphold => (ChallengeStatus::Upheld, row.version + 1),
        Verdict::Deny => (ChallengeStatus::Denied, row.version + 1),
    };
    row.decided_at = Some(tx.now);
    row.decided_by = tx.viewer.staff_id();
    row.decision_reason = Some(reason);
    tx.changed(row.id);
    let told = match deciding.verdict {
        Verdict::Uphold => "The challenge of a call that it counts was upheld.",
        Verdict::Deny => "The challenge of a call that it counts was denied.",
    };
    let (call, place) = (row.call_id, row.property_id);
    let changed: call_challenge::ActiveModel = row.into();
    call_challenge::Entity::update(changed.reset_all()).exec(tx.conn()).await?;
    let flags = history::counting(tx, call).await?;
    let events: Vec<_> =
        flags.iter().map(|flag| history::entry(tx, flag, FlagEventKind::ChallengeDecided, told)).collect();
    history::append(tx, events).await?;
    evaluate_places(tx, &[place]).await?;
    Ok(())
}

// The place is locked first, as everybody does who decides on flags.
async fn call_at_its_place(tx: &Tx, id: CallId) -> Result<(CallId, PropertyId)> {
    let missing = || Error::from(Refusal::not_found("call").at("callId"));
    let visible = || call::Entity::visible_to(&tx.viewer).filter(call::Column::Id.eq(id));
    let found = visible().one(tx.conn()).await?.and_then(|call| call.property_id).ok_or_else(missing)?;
    let place = known::lock_places(tx, &[found]).await?.pop().ok_or_else(missing)?;
    let still_there = visible().filter(call::Column::PropertyId.eq(place.id)).one(tx.conn()).await?;
    still_there.ok_or_else(missing)?;
    tx.viewer.require(Action::RecordChallenges, place.district_id)?;
    Ok((id, place.id))
}

async fn refuse_second(tx: &Tx, call: CallId, place: PropertyId) -> Result<()> {
    use call_challenge::Column as C;
    let standing = unscoped::<call_challenge::Entity>()
        .filter(C::CallId.eq(call))
        .filter(C::PropertyId.eq(place))
        .filter(C::Status.ne(ChallengeStatus::Denied));
    match standing.one(tx.conn()).await? {
        Some(_) => {
            let message = "This call is challenged already; decide on that challenge first.";
            Err(Refusal::new(Code::NotUnique, message).at("callId").into())
        }
        None => Ok(()),
    }
}

async fn lock(tx: &Tx, id: CallChallengeId) -> Result<call_challenge::Model> {
    use call_challenge::Column as C;
    let missing = || Error::from(Refusal::not_found("challenge").at("challengeId"));
    let visible = || call_challenge::Entity::visible_to(&tx.viewer).filter(C::Id.eq(id));
    let found = visible().one(tx.conn()).await?.ok_or_else(missing)?;
    let place = known::lock_places(tx, &[found.property_id]).await?.pop().ok_or_else(missing)?;
    tx.viewer.require(Action::DecideChallenges, place.district_id)?;
    visible().lock_rows().one(tx.conn()).await?.ok_or_else(missing)
}

fn check(tx: &Tx, row: &call_challenge::Model, expected: i32) -> Result<(), Refusal> {
    if row.version != expected {
        let message = format!(
            "This challenge changed in the meantime: it is at version {}, not {expected}. Look at it again.",
            row.version
        );
        return Err(Refusal::new(Code::StaleVersion, message).at("expectedVersion"));
    }
    if row.status != ChallengeStatus::Open {
        return Err(Refusal::blocked(format!("This challenge is {} already.", row.status)).at("challengeId"));
    }
    if row.recorded_by.is_some() && row.recorded_by == tx.viewer.staff_id() {
        let message = "Whoever recorded a challenge does not decide on it; ask the sergeant, an attorney or the city attorney.";
        return Err(Refusal::new(Code::NotAllowed, message).at("challengeId"));
    }
    Ok(())
}

fn party(party: ChallengeParty) -> &'static str {
    match party {
        ChallengeParty::Owner => "owner",
        ChallengeParty::Tenant => "tenant",
        ChallengeParty::Manager => "manager",
    }
}
