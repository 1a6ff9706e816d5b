//! What steps of legal actions find on record, and where the time they wait for stands.

use entity::{
    case_kind::CaseKind,
    court_order::CourtOrderKind,
    id::{LegalActionId, PartyId},
    legal_action::{LegalActionKind, LegalActionStatus},
    staff::StaffRole,
};

use super::*;
use crate::domain::{
    cost_ledger::Balance,
    legal_facts::{Clock, NoticeServed, Served},
    remedy::RemedyGrounds,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn remedy() -> Remedy {
    Remedy {
        key: "example".into(),
        kind: LegalActionKind::Receivership,
        name: "Example".into(),
        citation: "Example Code 1".into(),
        fits: vec![CaseKind::Other],
        valid_from: None,
        valid_to: None,
        enabled: true,
        disabled_reason: None,
        confirm_with_counsel: false,
        note: None,
        grounds: RemedyGrounds {
            notices: vec![NoticeKind::NoticeAndOrder],
            waits: vec!["WAIT".into()],
            serves: vec![NoticeKind::NoticeAndOrder],
            lien_notice_by: vec![ServiceMethod::CertifiedMail],
            response_window_days: Some(60),
        },
        steps: Vec::new(),
        orders: Vec::new(),
    }
}

fn notice(kind: NoticeKind, method: ServiceMethod, on: &str, over_on: Option<&str>) -> NoticeServed {
    let service = Served { recipient: None, method, on: day(on) };
    NoticeServed { kind, action: None, services: vec![service], over_on: over_on.map(day) }
}

fn found(requirement: Requirement, on: &str, facts: &Facts) -> Option<Code> {
    let step = Step {
        to: LegalActionStatus::Filed,
        on: day(on),
        role: StaffRole::Attorney,
        reason: None,
        court: None,
        court_case_number: None,
    };
    missing(&remedy(), requirement, &step, facts).map(|refusal| refusal.code)
}

#[test]
fn what_is_due_by_a_day_is_over_on_the_next_and_a_wait_on_its_own() {
    assert_eq!(over_on(DeadlineKind::Due, day("2026-12-04")), day("2026-12-05"));
    assert_eq!(over_on(DeadlineKind::NotBefore, day("2026-12-04")), day("2026-12-04"));
}

#[test]
fn the_time_of_a_notice_holds_to_its_last_day_and_one_without_a_day_never_ends() {
    let order = |over_on| Facts {
        notices: vec![notice(NoticeKind::NoticeAndOrder, ServiceMethod::Posting, "2026-03-01", over_on)],
        ..Facts::default()
    };
    let timed = order(Some("2026-03-20"));
    assert_eq!(found(Requirement::ServedNotice, "2026-02-28", &timed), Some(Code::TransitionBlocked));
    assert_eq!(found(Requirement::ServedNotice, "2026-03-01", &timed), None);
    assert_eq!(found(Requirement::NoticeExpired, "2026-03-19", &timed), Some(Code::ClockNotRun));
    assert_eq!(found(Requirement::NoticeExpired, "2026-03-20", &timed), None);
    assert_eq!(found(Requirement::NoticeExpired, "2027-03-20", &order(None)), Some(Code::ClockNotRun));
    let clock = Clock { rule: "WAIT".into(), from: day("2026-03-01"), over_on: day("2026-03-31") };
    let waits = Facts { clocks: vec![clock], ..Facts::default() };
    assert_eq!(
        found(Requirement::ServedNotice, "2026-03-01", &waits),
        None,
        "the clock stands for the notice"
    );
    assert_eq!(found(Requirement::NoticeExpired, "2026-03-30", &waits), Some(Code::ClockNotRun));
    assert_eq!(found(Requirement::NoticeExpired, "2026-03-31", &waits), None);
}

#[test]
fn immediate_danger_asks_for_a_reason_instead_of_time_but_not_where_the_notice_has_to_expire() {
    let danger = Facts { has_immediate_danger: true, ..Facts::default() };
    assert_eq!(found(Requirement::CorrectionPeriodPassed, "2026-03-01", &danger), Some(Code::Required));
    assert_eq!(found(Requirement::NoticeExpired, "2026-03-01", &danger), Some(Code::ClockNotRun));
    let calm = Facts::default();
    assert_eq!(found(Requirement::CorrectionPeriodPassed, "2026-03-01", &calm), Some(Code::ClockNotRun));
}

#[test]
fn a_petition_is_announced_by_posting_and_by_mail() {
    use ServiceMethod as M;
    let with = |methods: &[ServiceMethod]| Facts {
        notices: methods
            .iter()
            .map(|method| notice(NoticeKind::PrePetitionNotice, *method, "2026-03-01", Some("2026-03-04")))
            .collect(),
        ..Facts::default()
    };
    let asked = |on, facts: &Facts| found(Requirement::PrePetitionNotice, on, facts);
    assert_eq!(asked("2026-03-09", &with(&[M::Posting])), Some(Code::TransitionBlocked));
    assert_eq!(asked("2026-03-09", &with(&[M::MailInState])), Some(Code::TransitionBlocked));
    let both = with(&[M::Posting, M::CertifiedMail]);
    assert_eq!(asked("2026-03-03", &both), Some(Code::ClockNotRun));
    assert_eq!(asked("2026-03-04", &both), None);
    let mut later = with(&[M::Posting]);
    later.notices.push(notice(
        NoticeKind::PrePetitionNotice,
        M::MailInState,
        "2026-03-09",
        Some("2026-03-12"),
    ));
    assert_eq!(asked("2026-03-09", &later), Some(Code::ClockNotRun), "mailed long after the posting");
    assert_eq!(asked("2026-03-12", &later), None);
}

#[test]
fn every_defendant_is_served_after_the_filing_and_in_the_action_itself() {
    let (mine, other) = (LegalActionId::generate(), LegalActionId::generate());
    let (one, two) = (PartyId::generate(), PartyId::generate());
    let paper = |action, party, on: &str| NoticeServed {
        action: Some(action),
        services: vec![Served { recipient: Some(party), method: ServiceMethod::Personal, on: day(on) }],
        ..notice(NoticeKind::LegalPapers, ServiceMethod::Personal, on, None)
    };
    let facts = |notices| Facts {
        notices,
        action: Some(mine),
        filed_on: Some(day("2026-03-02")),
        defendants: vec![one, two],
        ..Facts::default()
    };
    let asked = |notices| found(Requirement::ProofOfService, "2026-03-09", &facts(notices));
    let (first, second) = (paper(mine, one, "2026-03-03"), paper(mine, two, "2026-03-04"));
    assert_eq!(asked(vec![first.clone()]), Some(Code::TransitionBlocked), "one is left");
    assert_eq!(asked(vec![first.clone(), second]), None);
    assert_eq!(
        asked(vec![first.clone(), paper(mine, two, "2026-03-01")]),
        Some(Code::TransitionBlocked),
        "too early"
    );
    assert_eq!(
        asked(vec![first, paper(other, two, "2026-03-04")]),
        Some(Code::TransitionBlocked),
        "elsewhere"
    );
}

#[test]
fn a_response_is_the_second_within_sixty_days() {
    let on =
        |days: &[&str]| Facts { responses: days.iter().map(|text| day(text)).collect(), ..Facts::default() };
    let asked = |facts: &Facts| found(Requirement::EarlierResponse, "2026-06-01", facts);
    assert_eq!(
        asked(&on(&["2026-03-01", "2026-03-01"])),
        Some(Code::TransitionBlocked),
        "one day is one response"
    );
    assert_eq!(
        asked(&on(&["2026-03-01", "2026-04-30"])),
        Some(Code::TransitionBlocked),
        "the sixty-first day"
    );
    assert_eq!(asked(&on(&["2026-04-29", "2026-03-01"])), None, "the sixtieth");
    assert_eq!(asked(&on(&["2026-05-29", "2026-06-02"])), Some(Code::TransitionBlocked), "not made yet");
}

#[test]
fn costs_are_confirmed_after_a_hearing_or_when_nobody_objected_in_time_and_noticed_after() {
    let statement =
        |over| vec![notice(NoticeKind::NoticeAndOrder, ServiceMethod::Posting, "2026-03-01", Some(over))];
    let confirmed = vec![(CourtOrderKind::CostsConfirmed, day("2026-03-10"))];
    let asked = |facts: &Facts| found(Requirement::CostConfirmed, "2026-03-15", facts);
    let heard = Facts { hearing_was_held: true, ..Facts::default() };
    assert_eq!(asked(&heard), Some(Code::TransitionBlocked), "heard and not decided");
    assert_eq!(asked(&Facts { orders: confirmed.clone(), ..heard.clone() }), None);
    let silent = |over| Facts { orders: confirmed.clone(), notices: statement(over), ..Facts::default() };
    assert_eq!(asked(&silent("2026-03-16")), Some(Code::ClockNotRun));
    assert_eq!(asked(&silent("2026-03-15")), None);

    let told = |method, on: &str| Facts {
        notices: vec![notice(NoticeKind::LienNotice, method, on, None)],
        orders: confirmed.clone(),
        ..heard.clone()
    };
    let asked = |facts: &Facts| found(Requirement::LienNotice, "2026-03-15", facts);
    assert_eq!(
        asked(&told(ServiceMethod::MailInState, "2026-03-11")),
        Some(Code::TransitionBlocked),
        "not certified"
    );
    assert_eq!(
        asked(&told(ServiceMethod::CertifiedMail, "2026-03-09")),
        Some(Code::TransitionBlocked),
        "too early"
    );
    assert_eq!(asked(&told(ServiceMethod::CertifiedMail, "2026-03-10")), None);
    assert_eq!(blocks_lien(&remedy(), day("2026-03-15"), &heard).len(), 2, "neither confirmed nor noticed");
}

#[test]
fn what_was_done_is_verified_after_the_filing() {
    let facts = |verified: &str| Facts {
        verified_on: Some(day(verified)),
        filed_on: Some(day("2026-03-02")),
        ..Facts::default()
    };
    let asked = |verified| found(Requirement::ComplianceVerified, "2026-03-09", &facts(verified));
    assert_eq!(asked("2026-03-01"), Some(Code::TransitionBlocked));
    assert_eq!(asked("2026-03-02"), None);
    assert_eq!(asked("2026-03-10"), Some(Code::TransitionBlocked), "after the step");
}

#[test]
fn nothing_on_record_is_not_the_same_as_paid() {
    let of = |assessed, collected| Facts {
        balance: Balance { assessed, collected, waived: 0 },
        has_standing_lien: true,
        ..Facts::default()
    };
    let asked = |facts: &Facts| found(Requirement::Paid, "2026-03-09", facts);
    assert_eq!(asked(&of(0, 0)), Some(Code::TransitionBlocked));
    assert_eq!(
        asked(&of(100, 99)),
        Some(Code::TransitionBlocked),
        "a lien is no payment where the lien is the remedy"
    );
    assert_eq!(asked(&of(100, 100)), None);
}
