//! What the steps of legal actions allow and refuse.

use entity::{case_kind::CaseKind, legal_action::LegalActionKind};

use super::*;
use crate::domain::remedy::RemedyGrounds;
use LegalActionStatus as S;

const TEAM: [StaffRole; 4] =
    [StaffRole::Attorney, StaffRole::Sergeant, StaffRole::CodeOfficer, StaffRole::CityAttorney];

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

fn step(from: Option<S>, to: S, requires: &[Requirement]) -> RemedyStep {
    let actors = if from.is_none() { TEAM.to_vec() } else { vec![StaffRole::Attorney] };
    RemedyStep {
        from,
        to,
        actors,
        requires: requires.to_vec(),
        milestones: Vec::new(),
        starts: Vec::new(),
        meets: Vec::new(),
    }
}

fn remedy() -> Remedy {
    use Requirement as R;
    Remedy {
        key: "suit".into(),
        kind: LegalActionKind::PublicNuisanceSuit,
        name: "Suit".into(),
        citation: "Civil Code 3479".into(),
        fits: vec![CaseKind::Other],
        valid_from: None,
        valid_to: None,
        enabled: true,
        disabled_reason: None,
        confirm_with_counsel: false,
        note: None,
        grounds: RemedyGrounds::default(),
        steps: vec![
            step(None, S::Referred, &[]),
            step(Some(S::Referred), S::Authorized, &[R::EvidenceOfConduct]),
            step(Some(S::Referred), S::Declined, &[R::Reason]),
            step(Some(S::Authorized), S::Filed, &[R::Court, R::CourtCaseNumber, R::TenantImpact]),
            step(Some(S::Filed), S::HearingSet, &[R::HearingScheduled]),
            step(Some(S::HearingSet), S::Dismissed, &[R::Reason]),
            step(Some(S::Filed), S::Ordered, &[R::OrderViolation]),
            step(Some(S::Ordered), S::Satisfied, &[R::RecordingReleased]),
        ],
        orders: Vec::new(),
    }
}

fn taken(to: S) -> Step<'static> {
    Step {
        to,
        on: day(3, 2),
        role: StaffRole::Attorney,
        reason: Some("because"),
        court: Some("Superior Court"),
        court_case_number: Some("34-2026-1"),
    }
}

fn codes(refusals: &[Refusal]) -> Vec<(Code, Option<&'static str>)> {
    refusals.iter().map(|refusal| (refusal.code, refusal.field.first().copied())).collect()
}

fn blocked(from: S, step: Step<'_>, facts: Facts) -> Vec<(Code, Option<&'static str>)> {
    codes(&blocks(&remedy(), from, &step, &facts))
}

/// A hearing is to come, and conduct is on record.
fn ahead() -> Facts {
    Facts { has_hearing_ahead: true, has_conduct_evidence: true, ..Facts::default() }
}

#[test]
fn a_step_that_the_remedy_does_not_have_is_refused_and_the_ones_it_has_are_named() {
    let refusals = blocks(&remedy(), S::Referred, &taken(S::Filed), &ahead());
    assert_eq!(codes(&refusals), [(Code::TransitionBlocked, Some("to"))]);
    assert_eq!(
        refusals[0].message,
        "Suit does not go from REFERRED to FILED, but to AUTHORIZED or DECLINED."
    );
    let ended = blocks(&remedy(), S::Declined, &taken(S::Authorized), &ahead());
    assert_eq!(ended[0].message, "This action has ended: it is DECLINED.");
}

#[test]
fn only_the_actors_of_a_step_take_it() {
    for role in TEAM {
        let found = blocked(S::Referred, Step { role, ..taken(S::Authorized) }, ahead());
        let expected: &[_] = if role == StaffRole::Attorney { &[] } else { &[(Code::NotAllowed, None)] };
        assert_eq!(found, expected, "{role}");
    }
}

#[test]
fn court_and_number_are_asked_for_where_the_remedy_asks() {
    let bare = Step { court: None, court_case_number: Some(" "), ..taken(S::Filed) };
    let expected = [(Code::Required, Some("court")), (Code::Required, Some("courtCaseNumber"))];
    assert_eq!(blocked(S::Authorized, bare, ahead()), expected);
    assert_eq!(blocked(S::Authorized, taken(S::Filed), ahead()), []);
    assert_eq!(blocked(S::Referred, Step { court: None, ..taken(S::Authorized) }, ahead()), []);
}

#[test]
fn a_reason_is_asked_for_where_the_remedy_asks() {
    let silent = Step { reason: None, ..taken(S::Declined) };
    assert_eq!(blocked(S::Referred, silent, ahead()), [(Code::Required, Some("reason"))]);
}

#[test]
fn a_hearing_is_set_only_when_one_is_to_come() {
    assert_eq!(blocked(S::Filed, taken(S::HearingSet), ahead()), []);
    let none = Facts { has_hearing_ahead: false, ..ahead() };
    assert_eq!(blocked(S::Filed, taken(S::HearingSet), none), [(Code::TransitionBlocked, Some("to"))]);
}

#[test]
fn a_case_that_grew_from_a_flag_goes_on_only_when_a_sergeant_confirmed_it() {
    let grew = Facts { grew_from_flag: true, ..ahead() };
    assert_eq!(
        blocked(S::Referred, taken(S::Authorized), grew.clone()),
        [(Code::TransitionBlocked, Some("to"))]
    );
    assert_eq!(blocked(S::Referred, taken(S::Declined), grew.clone()), [], "declining needs no flag");
    let confirmed = Facts { flag_is_confirmed: true, ..grew.clone() };
    assert_eq!(blocked(S::Referred, taken(S::Authorized), confirmed), []);
}

#[test]
fn a_case_is_told_what_it_lacks_until_a_remedy_can_be_filed() {
    use Requirement as R;
    let homes = Facts { residents_unanswered: true, grew_from_flag: true, ..Facts::default() };
    let found: Vec<Requirement> = lacking(&remedy(), StaffRole::Attorney, day(3, 2), &homes)
        .into_iter()
        .map(|(fact, _)| fact)
        .collect();
    assert_eq!(
        found,
        [R::EvidenceOfConduct, R::FlagConfirmed, R::TenantImpact],
        "not what comes with the step"
    );
    assert_eq!(lacking(&remedy(), StaffRole::Attorney, day(3, 2), &ahead()), []);
}

#[test]
fn nothing_is_filed_while_a_waiting_period_of_the_action_runs() {
    let waits = |until| Facts { waits_until: Some(until), ..ahead() };
    assert_eq!(blocked(S::Authorized, taken(S::Filed), waits(day(3, 3))), [(Code::ClockNotRun, Some("on"))]);
    assert_eq!(blocked(S::Authorized, taken(S::Filed), waits(day(3, 2))), []);
}

#[test]
fn a_remedy_outside_its_validity_is_not_referred_nor_filed_but_can_be_declined() {
    let lapsed = Remedy { valid_to: Some(day(3, 2)), ..remedy() };
    let refusals = blocks_referral(&lapsed, StaffRole::Sergeant, day(3, 2));
    assert_eq!(codes(&refusals), [(Code::RemedyNotAvailable, Some("remedyKey"))]);
    assert!(refusals[0].message.contains("2026-03-02 was the first day without it"));
    assert_eq!(blocks_referral(&lapsed, StaffRole::Sergeant, day(3, 1)), []);
    let filed = blocks(&lapsed, S::Authorized, &taken(S::Filed), &ahead());
    assert_eq!(codes(&filed), [(Code::RemedyNotAvailable, None)]);
    assert_eq!(blocks(&lapsed, S::Referred, &taken(S::Declined), &ahead()), []);
    assert_eq!(blocks(&lapsed, S::Filed, &taken(S::HearingSet), &ahead()), [], "what is filed goes on");

    let early = Remedy { valid_from: Some(day(3, 3)), ..remedy() };
    assert_eq!(
        codes(&blocks_referral(&early, StaffRole::Attorney, day(3, 2)))[0].0,
        Code::RemedyNotAvailable
    );
    let off = Remedy { enabled: false, disabled_reason: Some("Counsel doubts it.".into()), ..remedy() };
    let refusals = blocks_referral(&off, StaffRole::Attorney, day(3, 2));
    assert!(refusals[0].message.ends_with("Counsel doubts it."), "{}", refusals[0].message);
}

#[test]
fn a_step_lies_between_the_last_one_and_today() {
    assert_eq!(wrong_day(day(3, 1), day(3, 1), day(3, 1)), None);
    assert_eq!(codes(wrong_day(day(3, 2), day(3, 1), day(3, 1)).as_slice()), [(Code::Invalid, Some("on"))]);
    assert_eq!(codes(wrong_day(day(2, 28), day(3, 1), day(3, 4)).as_slice()), [(Code::Invalid, Some("on"))]);
}

#[test]
fn what_orders_and_homes_ask_for_is_refused_by_name_until_it_is_on_record() {
    let of = |from, to, facts: Facts| {
        let found = blocks(&remedy(), from, &taken(to), &facts);
        found.iter().map(|refusal| (refusal.code, refusal.message.clone())).collect::<Vec<_>>()
    };
    for (from, to, lacking, mutation) in [
        (
            S::Authorized,
            S::Filed,
            Facts { residents_unanswered: true, ..Facts::default() },
            "tenantImpactRecord",
        ),
        (S::Filed, S::Ordered, Facts::default(), "orderViolationRecord"),
        (
            S::Ordered,
            S::Satisfied,
            Facts { has_unreleased_recording: true, ..Facts::default() },
            "titleRecordingRelease",
        ),
    ] {
        let found = of(from, to, lacking);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, Code::TransitionBlocked);
        assert!(found[0].1.contains(mutation), "{found:?}");
    }
    let known = Facts { order_was_violated: true, ..Facts::default() };
    assert_eq!(of(S::Authorized, S::Filed, known.clone()), []);
    assert_eq!(of(S::Filed, S::Ordered, known.clone()), []);
    assert_eq!(of(S::Ordered, S::Satisfied, known), []);
}
