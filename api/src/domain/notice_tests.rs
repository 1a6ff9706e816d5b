//! What notices may say, and when a citation comes too early.

use super::*;

const KINDS_WITH_AMOUNT: [NoticeKind; 2] = [NoticeKind::AdministrativeCitation, NoticeKind::CostStatement];

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn today() -> NaiveDate {
    day("2026-03-20")
}

fn posted(served_on: &str) -> Service {
    Service { recipient: None, method: ServiceMethod::Posting, served_on: day(served_on), proof: None }
}

fn violation() -> Named {
    Named {
        id: ViolationId::generate(),
        code_section: "SCC 8.96.130".to_owned(),
        found_on: day("2026-03-01"),
        corrected_on: None,
        immediate_danger: false,
    }
}

fn time_for(named: &[&Named]) -> TimeGiven {
    TimeGiven {
        served_on: day("2026-03-02"),
        comply_by: day("2026-03-16"),
        names: named.iter().map(|violation| violation.id).collect(),
    }
}

fn refused(
    kind: NoticeKind,
    services: &[Service],
    comply_by: Option<&str>,
    amount_cents: Option<i64>,
) -> Vec<String> {
    let draft = Draft { kind, names_action: true, services, comply_by: comply_by.map(day), amount_cents };
    blocks(draft, &[], today()).iter().map(|refusal| refusal.field.join(".")).collect()
}

#[test]
fn a_notice_is_served_on_somebody() {
    assert_eq!(refused(NoticeKind::Courtesy, &[], None, None), ["services"]);
}

#[test]
fn a_service_is_recorded_once_it_was_made() {
    assert_eq!(refused(NoticeKind::Courtesy, &[posted("2026-03-21")], None, None), ["services.servedOn"]);
    assert!(refused(NoticeKind::Courtesy, &[posted("2026-03-20")], None, None).is_empty());
}

#[test]
fn only_post_and_posting_reach_a_place_without_a_party() {
    let handed = Service { method: ServiceMethod::Personal, ..posted("2026-03-20") };
    assert_eq!(
        refused(NoticeKind::Courtesy, std::slice::from_ref(&handed), None, None),
        ["services.partyId"]
    );
    let to_somebody = Service { recipient: Some(PartyId::generate()), ..handed };
    assert!(refused(NoticeKind::Courtesy, &[to_somebody], None, None).is_empty());
}

#[test]
fn nobody_complies_before_the_last_of_the_services() {
    let services = [posted("2026-03-02"), posted("2026-03-10")];
    let kind = NoticeKind::NoticeOfViolation;
    assert_eq!(refused(kind, &services, Some("2026-03-09"), None), ["complyBy"]);
    assert!(refused(kind, &services, Some("2026-03-10"), None).is_empty());
}

#[test]
fn a_notice_of_violation_has_a_compliance_date() {
    assert_eq!(refused(NoticeKind::NoticeOfViolation, &[posted("2026-03-02")], None, None), ["complyBy"]);
}

#[test]
fn only_citations_and_cost_statements_carry_an_amount() {
    let services = [posted("2026-03-02")];
    for kind in NoticeKind::ALL {
        let fits = refused(*kind, &services, Some("2026-04-01"), Some(10_000)).is_empty();
        assert_eq!(fits, KINDS_WITH_AMOUNT.contains(kind), "{kind}");
    }
    assert_eq!(refused(NoticeKind::AdministrativeCitation, &services, None, Some(0)), ["amount"]);
    assert_eq!(refused(NoticeKind::CostStatement, &services, None, None), ["amount"]);
}

#[test]
fn nobody_is_asked_to_correct_what_is_corrected() {
    let services = [posted("2026-03-02")];
    let done = Named { corrected_on: Some(day("2026-03-05")), ..violation() };
    let draft = |kind| Draft {
        names_action: true,
        kind,
        services: &services,
        comply_by: Some(day("2026-04-01")),
        amount_cents: KINDS_WITH_AMOUNT.contains(&kind).then_some(5_000),
    };
    assert_eq!(blocks(draft(NoticeKind::NoticeOfViolation), std::slice::from_ref(&done), today()).len(), 1);
    assert!(blocks(draft(NoticeKind::CostStatement), &[done], today()).is_empty());
}

#[test]
fn a_citation_waits_until_the_compliance_date_has_passed() {
    let cited = violation();
    let given = [time_for(&[&cited])];
    let early = blocks_citation(std::slice::from_ref(&cited), &given, day("2026-03-16"));
    let early = early.expect("it comes too early");
    assert_eq!(early.code, Code::ClockNotRun);
    assert!(early.message.contains("runs until 2026-03-16"), "{}", early.message);
    let both = [cited.clone(), violation()];
    let other =
        blocks_citation(&both, &given, day("2026-03-16")).expect("no time was given for the other one");
    assert!(other.message.contains("`noticeServe`"), "{}", other.message);
    assert_eq!(blocks_citation(&[cited], &given, day("2026-03-17")), None);
}

#[test]
fn an_immediate_danger_is_cited_at_once() {
    let danger = Named { immediate_danger: true, ..violation() };
    assert_eq!(blocks_citation(std::slice::from_ref(&danger), &[], today()), None);
    let both = [danger, violation()];
    assert!(blocks_citation(&both, &[], today()).is_some(), "the other one is no danger");
}

#[test]
fn time_given_for_one_violation_is_none_for_another() {
    let (noticed, found_since) = (violation(), violation());
    let given = [time_for(&[&noticed])];
    assert!(blocks_citation(&[found_since], &given, today()).is_some());
}

#[test]
fn a_notice_that_names_no_violation_is_about_all_found_until_it_was_served() {
    let given = [time_for(&[])];
    assert_eq!(blocks_citation(&[violation()], &given, today()), None);
    let later = Named { found_on: day("2026-03-03"), ..violation() };
    assert!(blocks_citation(&[later], &given, today()).is_some());
}

#[test]
fn who_corrected_in_time_is_not_cited_and_who_corrected_late_is() {
    let on = |corrected: &str| Named { corrected_on: Some(day(corrected)), ..violation() };
    let given = [time_for(&[])];
    assert!(blocks_citation(&[on("2026-03-16")], &given, today()).is_some());
    assert_eq!(blocks_citation(&[on("2026-03-17")], &given, today()), None);
}

#[test]
fn a_citation_of_nothing_in_particular_rests_on_any_notice_whose_date_has_passed() {
    assert!(blocks_citation(&[], &[], today()).is_some());
    assert_eq!(blocks_citation(&[], &[time_for(&[&violation()])], today()), None);
}

#[test]
fn a_day_of_payment_is_no_time_to_correct() {
    assert!(gives_time_to_correct(NoticeKind::NoticeOfViolation));
    assert!(!gives_time_to_correct(NoticeKind::CostStatement));
    assert!(!gives_time_to_correct(NoticeKind::PrePetitionNotice));
}
