//! The review of a flag: a sergeant looks at it call by call, and confirms or dismisses it.

use std::collections::{HashMap, HashSet};

use entity::{
    call::{self, CallCategory},
    flag::{self, FlagStatus},
    flag_call::{self, ExclusionReason},
    flag_event::FlagEventKind,
    id::{CallId, FlagId},
    nuisance_rule::{self, Model as Rule},
    property,
};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use super::{
    evaluate::evaluate_places,
    history,
    known::{self, CallRow},
    stored,
};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        call_behavior::{CallBehavior, behavior},
        call_count::{self, Count},
        flag_clearing,
        flag_review::{self, taken_out},
        refusal::{Code, Refusal, text},
        rule_scope,
    },
    error::{Error, Result},
    reads::call_decisions::upheld_at,
    scope::{VisibleTo, unscoped},
    writes::cases::BODY,
};

/// What the sergeant finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Confirm,
    Dismiss,
}

/// Whether one call counts, and why.
#[derive(Clone, Debug)]
pub struct CallDecision {
    pub call: CallId,
    pub counted: bool,
    /// The caller was a victim, an occupant in need, or the owner or manager (rule P5). No feed tells, so people do.
    pub caller_is_victim_or_owner: bool,
    pub reason: String,
}

impl CallDecision {
    fn because(&self) -> ExclusionReason {
        if self.caller_is_victim_or_owner {
            ExclusionReason::CallerIsVictimOrOwner
        } else {
            ExclusionReason::ExcludedByReview
        }
    }
}

/// A review, before it is written.
#[derive(Clone, Debug)]
pub struct Review {
    pub flag: FlagId,
    pub expected_version: i32,
    pub decision: Decision,
    pub reason: String,
    pub calls: Vec<CallDecision>,
}

/// Confirms or dismisses a flag. Calls that are taken out no longer count, and if too few are left it cannot be confirmed.
pub async fn review(tx: &mut Tx, review: Review) -> Result<()> {
    let (place, mut flag) = lock(tx, review.flag).await?;
    tx.viewer.require(Action::ReviewFlags, Some(flag.district_id))?;
    check_version(&flag, review.expected_version)?;
    if flag.status != FlagStatus::NeedsReview {
        let message = format!("This flag is {}; only one that is NEEDS_REVIEW is reviewed.", flag.status);
        return Err(Refusal::blocked(message).at("flagId").into());
    }
    let reason = text("reason", &review.reason, BODY)?;
    let rule = rule_of(tx, &flag).await?;
    let listed =
        unscoped::<flag_call::Entity>().filter(flag_call::Column::FlagId.eq(flag.id)).all(tx.conn()).await?;
    let calls = known::calls_of(tx, &flag).await?;
    let notes = checked(tx, &flag, &rule, &review.calls, &listed, &calls).await?;
    let (count, out) = recount(&flag, &rule, &place, &review.calls, &listed, &calls);
    check_counted(&review.calls, &count)?;
    if review.decision == Decision::Confirm {
        check_confirmable(&rule, &place, &count)?;
    }
    let before: HashMap<CallId, &flag_call::Model> = listed.iter().map(|row| (row.call_id, row)).collect();
    let note = |call: CallId| {
        let kept =
            || before.get(&call).filter(|_| out.contains_key(&call)).and_then(|row| row.review_note.clone());
        notes.get(&call).cloned().or_else(kept)
    };
    stored::relist(tx, flag.id, &listed, stored::rows(flag.id, &count, note)).await?;
    stored::take_over(&mut flag, &count);
    flag.status = match review.decision {
        Decision::Confirm => FlagStatus::Confirmed,
        Decision::Dismiss => FlagStatus::Dismissed,
    };
    flag.reviewed_by = tx.viewer.staff_id();
    flag.reviewed_at = Some(tx.now);
    flag.review_reason = Some(reason.clone());
    stored::update(tx, &mut flag).await?;
    let kind = match review.decision {
        Decision::Confirm => FlagEventKind::Confirmed,
        Decision::Dismiss => FlagEventKind::Dismissed,
    };
    history::append(tx, [history::entry(tx, &flag, kind, reason)]).await?;
    // What was taken out here is taken out of the place's other flags too.
    evaluate_places(tx, &[place.id]).await?;
    Ok(())
}

/// The flag and its place, both locked; the place first, as everybody does who decides on flags.
pub async fn lock(tx: &Tx, id: FlagId) -> Result<(property::Model, flag::Model)> {
    let missing = || Error::from(Refusal::not_found("flag").at("flagId"));
    let visible = || flag::Entity::visible_to(&tx.viewer).filter(flag::Column::Id.eq(id));
    let found = visible().one(tx.conn()).await?.ok_or_else(missing)?;
    let place = known::lock_places(tx, &[found.property_id]).await?.pop().ok_or_else(missing)?;
    let flag = visible().lock_exclusive().one(tx.conn()).await?.ok_or_else(missing)?;
    Ok((place, flag))
}

/// The version of the rule that raised the flag.
pub async fn rule_of(tx: &Tx, flag: &flag::Model) -> Result<Rule> {
    let found = unscoped::<nuisance_rule::Entity>().filter(nuisance_rule::Column::Id.eq(flag.rule_id));
    let found = found.one(tx.conn()).await?;
    found.ok_or_else(|| Error::Internal(format!("the rule of {} is gone", flag.id)))
}

fn check_version(flag: &flag::Model, expected: i32) -> Result<(), Refusal> {
    if flag.version == expected {
        return Ok(());
    }
    let message = format!(
        "This flag changed in the meantime: it is at version {}, not {expected}. Look at it again.",
        flag.version
    );
    Err(Refusal::new(Code::StaleVersion, message).at("expectedVersion"))
}

/// The note on each call that was decided on, if every decision can be taken.
async fn checked(
    tx: &Tx,
    flag: &flag::Model,
    rule: &Rule,
    decisions: &[CallDecision],
    listed: &[flag_call::Model],
    calls: &[CallRow],
) -> Result<HashMap<CallId, String>> {
    let ids: Vec<CallId> = decisions.iter().map(|decision| decision.call).collect();
    let protected = protected_among(tx, flag, &ids).await?;
    let upheld = upheld_at(tx.conn(), &[flag.property_id]).await?;
    let listed: HashSet<CallId> = listed.iter().map(|row| row.call_id).collect();
    let of_id: HashMap<CallId, &CallRow> = calls.iter().map(|call| (call.id, call)).collect();
    let mut notes = HashMap::new();
    let mut refusals = Vec::new();
    for decision in decisions {
        let checked = match of_id.get(&decision.call).filter(|_| listed.contains(&decision.call)) {
            _ if protected.contains(&decision.call) => Err(Refusal::new(
                Code::ProtectedCall,
                "A protected call is never counted and cannot be reviewed; leave it out of `calls`.",
            )),
            None => Err(Refusal::not_found("call among those of this flag; `explanation` lists them")),
            Some(_) if decision.counted && upheld.contains_key(&(flag.property_id, decision.call)) => {
                Err(Refusal::new(
                    Code::Invalid,
                    "A challenge of this call was upheld: it does not count, whatever a review says.",
                ))
            }
            Some(call) => decided(rule, decision, call),
        };
        match checked {
            Ok(note) => {
                if notes.insert(decision.call, note).is_some() {
                    refusals.push(Refusal::invalid("calls", "A call is decided on twice; name it once."));
                }
            }
            Err(refusal) if refusal.field.is_empty() => refusals.push(refusal.at("calls")),
            Err(refusal) => refusals.push(refusal),
        }
    }
    if refusals.is_empty() { Ok(notes) } else { Err(Error::Refused(refusals)) }
}

fn decided(rule: &Rule, decision: &CallDecision, call: &CallRow) -> Result<String, Refusal> {
    let note = text("reason", &decision.reason, BODY).map_err(|mut refusal| {
        refusal.field.insert(0, "calls");
        refusal
    })?;
    match call_count::exclusion(&call.plain(None), Some(rule)) {
        Some(reason) if decision.counted => Err(Refusal::new(
            Code::Invalid,
            format!("The rule leaves this call out ({reason}); a review can take calls out, not add them."),
        )),
        _ => Ok(note),
    }
}

// One at another place answers like one that never existed.
async fn protected_among(tx: &Tx, flag: &flag::Model, ids: &[CallId]) -> Result<HashSet<CallId>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<(CallId, CallCategory)> = unscoped::<call::Entity>()
        .select_only()
        .columns([call::Column::Id, call::Column::Category])
        .filter(call::Column::PropertyId.eq(flag.property_id))
        .filter(call::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(tx.conn())
        .await?;
    let protected = rows.into_iter().filter(|(_, category)| behavior(*category) == CallBehavior::Protected);
    Ok(protected.map(|(id, _)| id).collect())
}

/// The count with the review's decisions, and the calls that are taken out by a review, this one or an earlier.
fn recount(
    flag: &flag::Model,
    rule: &Rule,
    place: &property::Model,
    decisions: &[CallDecision],
    listed: &[flag_call::Model],
    calls: &[CallRow],
) -> (Count, HashMap<CallId, ExclusionReason>) {
    let mut out: HashMap<CallId, ExclusionReason> =
        listed.iter().filter_map(|row| Some((row.call_id, taken_out(row)?))).collect();
    for decision in decisions {
        if decision.counted {
            out.remove(&decision.call);
        } else {
            out.insert(decision.call, decision.because());
        }
    }
    let calls: Vec<_> = calls.iter().map(|call| call.plain(out.get(&call.id).copied())).collect();
    (call_count::count(rule, flag_review::window(flag), place.unit_count, &calls), out)
}

fn check_counted(decisions: &[CallDecision], count: &Count) -> Result<(), Refusal> {
    let same_day: HashSet<CallId> = count
        .calls
        .iter()
        .filter(|(_, reason)| *reason == Some(ExclusionReason::SameDay))
        .map(|(id, _)| *id)
        .collect();
    if decisions.iter().any(|decision| decision.counted && same_day.contains(&decision.call)) {
        let message = "The place has as many counted calls that day as the rule takes; take another one out to count \
                       this one in its place.";
        return Err(Refusal::invalid("calls", message));
    }
    Ok(())
}

fn check_confirmable(rule: &Rule, place: &property::Model, count: &Count) -> Result<(), Refusal> {
    if !rule_scope::runs_on(rule, place.use_type, place.residential_occupancy) {
        let message = format!(
            "{} is recorded as {} with residential occupancy {}, where this rule does not run; dismiss the flag.",
            place.address, place.use_type, place.residential_occupancy
        );
        return Err(Refusal::blocked(message).at("decision"));
    }
    if count.crossed {
        return Ok(());
    }
    let measured = count.measured.unwrap_or_default();
    let asks = flag_clearing::asks_for(rule, place.unit_count);
    let message =
        format!("{asks} Without the calls that are taken out it measures {measured}: dismiss the flag.");
    Err(Refusal::blocked(message).at("decision"))
}
