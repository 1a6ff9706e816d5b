//! The test vectors of the field and what must hold of every count.

use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The judicial holidays of 2026 and 2027, written down for these tests.
fn calendar() -> CourtCalendar {
    let list = |days: &[&str]| days.iter().map(|text| (day(text), "holiday".to_owned())).collect::<Vec<_>>();
    let of_2026 = list(&[
        "2026-01-01",
        "2026-01-19",
        "2026-02-12",
        "2026-02-16",
        "2026-03-31",
        "2026-05-25",
        "2026-06-19",
        "2026-07-03",
        "2026-09-07",
        "2026-09-25",
        "2026-11-11",
        "2026-11-26",
        "2026-11-27",
        "2026-12-25",
    ]);
    let of_2027 = list(&[
        "2027-01-01",
        "2027-01-18",
        "2027-02-12",
        "2027-02-15",
        "2027-03-31",
        "2027-05-31",
        "2027-06-18",
        "2027-07-05",
        "2027-09-06",
        "2027-09-24",
        "2027-11-11",
        "2027-11-25",
        "2027-11-26",
        "2027-12-24",
        "2027-12-31",
    ]);
    CourtCalendar::new().with_year(2026, false, of_2026).with_year(2027, true, of_2027)
}

fn rule(n: u32, basis: DayBasis, direction: CountDirection) -> DeadlineRule {
    DeadlineRule {
        key: "TEST".to_owned(),
        label: "Do it".to_owned(),
        citation: "None".to_owned(),
        trigger: "event".to_owned(),
        kind: DeadlineKind::Due,
        n,
        basis,
        direction,
        extension: ServiceExtension::None,
        if_missed: "it is late".to_owned(),
        confirm_with_counsel: false,
        note: None,
        notices: Vec::new(),
        named_by_notice: false,
        inspections: Vec::new(),
        after_compliance: false,
    }
}

fn forward(n: u32) -> DeadlineRule {
    rule(n, DayBasis::Calendar, CountDirection::Forward)
}

fn court_back(n: u32, extension: ServiceExtension) -> DeadlineRule {
    DeadlineRule { extension, ..rule(n, DayBasis::Court, CountDirection::Backward) }
}

fn due(rule: &DeadlineRule, on: &str, method: Option<ServiceMethod>) -> Computed {
    rule.compute(&calendar(), day(on), method).unwrap()
}

#[test]
fn a_day_before_a_court_holiday_is_answered_after_the_weekend() {
    assert_eq!(due(&forward(1), "2026-07-02", None).due_on, day("2026-07-06"));
}

#[test]
fn thirty_days_that_end_on_a_court_holiday_move_on_and_say_so() {
    let computed = due(&forward(30), "2026-06-03", None);
    assert_eq!(computed.due_on, day("2026-07-06"));
    let told = "30 calendar days from Wed 3 Jun 2026 is Fri 3 Jul 2026, a court holiday (holiday); \
                next court day Mon 6 Jul 2026";
    assert_eq!(computed.steps, [told]);
    assert!(!computed.confirm_with_counsel);
}

#[test]
fn the_review_of_a_citation_moves_over_thanksgiving() {
    assert_eq!(due(&forward(20), "2026-11-06", None).due_on, day("2026-11-30"));
}

#[test]
fn a_three_day_notice_counts_the_weekend_but_does_not_end_on_labor_day() {
    let notice = DeadlineRule { kind: DeadlineKind::NotBefore, ..forward(3) };
    assert_eq!(due(&notice, "2026-09-04", None).due_on, day("2026-09-08"));
}

#[test]
fn ten_court_days_to_answer_skip_thanksgiving() {
    let answer = rule(10, DayBasis::Court, CountDirection::Forward);
    assert_eq!(due(&answer, "2026-11-20", None).due_on, day("2026-12-08"));
}

#[test]
fn a_motion_is_served_sixteen_court_days_back_and_earlier_by_mail_or_electronically() {
    let motion = court_back(16, ServiceExtension::Motion);
    assert_eq!(due(&motion, "2026-03-02", None).due_on, day("2026-02-04"));
    let mailed = due(&motion, "2026-03-02", Some(ServiceMethod::MailInState));
    assert_eq!((mailed.due_on, mailed.service_extension_days), (day("2026-01-30"), 5));
    let electronic = due(&motion, "2026-03-02", Some(ServiceMethod::Electronic));
    assert_eq!((electronic.due_on, electronic.service_extension_days), (day("2026-02-02"), 2));
}

#[test]
fn moving_opposing_and_replying_papers_before_one_hearing() {
    let on = |n| due(&court_back(n, ServiceExtension::None), "2026-12-07", None).due_on;
    assert_eq!([on(16), on(9), on(5)], ["2026-11-10", "2026-11-20", "2026-11-30"].map(day));
}

#[test]
fn where_mail_takes_a_count_back_onto_a_closed_day_the_earlier_court_day_is_safe_and_counsel_confirms() {
    // Sixteen court days back from Thursday 19 March 2026 is Wednesday 25 February; ten calendar days more is Sunday.
    let motion = court_back(16, ServiceExtension::Motion);
    let computed = due(&motion, "2026-03-19", Some(ServiceMethod::MailOutOfState));
    assert_eq!(computed.due_on, day("2026-02-13"));
    assert!(computed.confirm_with_counsel);
    assert!(computed.steps.iter().any(|step| step.contains("the law is silent")), "{:?}", computed.steps);
}

#[test]
fn a_response_is_extended_by_the_way_of_service() {
    let response = DeadlineRule { extension: ServiceExtension::Response, ..forward(30) };
    let on = |method| due(&response, "2026-08-03", Some(method)).due_on;
    assert_eq!(on(ServiceMethod::Personal), day("2026-09-02"));
    assert_eq!(on(ServiceMethod::CertifiedMail), day("2026-09-08")); // 7 September is Labor Day
    assert_eq!(on(ServiceMethod::MailOutOfState), day("2026-09-14")); // the 12th is a Saturday
    assert_eq!(on(ServiceMethod::MailAbroad), day("2026-09-22"));
    assert_eq!(on(ServiceMethod::Electronic), day("2026-09-04"));
}

#[test]
fn court_days_of_service_are_counted_from_the_last_day_before_it_is_moved() {
    // 30 days from 8 July is Friday 7 August; from 9 July it is Saturday 8 August, which is not moved first.
    let response = DeadlineRule { extension: ServiceExtension::Response, ..forward(30) };
    let on = |day| due(&response, day, Some(ServiceMethod::Electronic)).due_on;
    assert_eq!(on("2026-07-08"), day("2026-08-11"));
    assert_eq!(on("2026-07-09"), day("2026-08-11"));
}

#[test]
fn a_summons_left_with_somebody_else_gives_ten_days_more() {
    let answer = DeadlineRule { extension: ServiceExtension::Summons, ..forward(30) };
    assert_eq!(due(&answer, "2026-08-03", Some(ServiceMethod::Substituted)).due_on, day("2026-09-14"));
    let posted = due(&answer, "2026-08-03", Some(ServiceMethod::Posting));
    assert_eq!((posted.due_on, posted.confirm_with_counsel), (day("2026-09-02"), true));
}

#[test]
fn what_lapses_is_not_moved_to_a_later_day() {
    let warrant = DeadlineRule { kind: DeadlineKind::Expires, ..forward(14) };
    let computed = due(&warrant, "2026-06-19", None);
    assert_eq!((computed.due_on, computed.confirm_with_counsel), (day("2026-07-03"), true));
    let open = due(&warrant, "2026-06-16", None);
    assert_eq!((open.due_on, open.confirm_with_counsel), (day("2026-06-30"), false));
}

#[test]
fn a_year_without_a_list_is_refused_and_named_unless_nothing_depends_on_it() {
    let late = forward(30).compute(&calendar(), day("2027-12-20"), None);
    assert_eq!(late, Err(Uncountable::UnknownYear(2028)));
    let said = Uncountable::UnknownYear(2028).to_string();
    assert!(said.contains("2028"), "{said}");
    let three_years =
        DeadlineRule { kind: DeadlineKind::Expires, ..rule(3, DayBasis::Years, CountDirection::Forward) };
    let computed = due(&three_years, "2026-06-01", None);
    assert_eq!((computed.due_on, computed.confirm_with_counsel), (day("2029-06-01"), true));
}

#[test]
fn a_year_whose_list_was_not_compared_is_for_counsel_to_confirm() {
    assert!(due(&forward(30), "2027-06-03", None).confirm_with_counsel);
}

#[test]
fn the_end_of_time_is_refused_and_does_not_panic() {
    let far = rule(u32::MAX, DayBasis::Years, CountDirection::Forward);
    assert_eq!(far.compute(&calendar(), day("2026-01-02"), None), Err(Uncountable::OutOfRange));
    let far = rule(u32::MAX, DayBasis::Calendar, CountDirection::Backward);
    assert_eq!(far.compute(&calendar(), NaiveDate::MIN, None), Err(Uncountable::OutOfRange));
}

fn days_of_2026() -> impl Strategy<Value = NaiveDate> {
    (0_u64..365).prop_map(|n| day("2026-01-01") + Days::new(n))
}

proptest! {
    #[test]
    fn more_days_never_end_earlier(from in days_of_2026(), n in 1_u32..150, court in any::<bool>()) {
        let basis = if court { DayBasis::Court } else { DayBasis::Calendar };
        let on = |n| rule(n, basis, CountDirection::Forward).compute(&calendar(), from, None).unwrap().due_on;
        prop_assert!(on(n) <= on(n + 1));
        if court {
            prop_assert!(on(n) < on(n + 1));
        }
    }

    #[test]
    fn what_is_due_is_due_on_an_open_day(from in days_of_2026(), n in 1_u32..150, court in any::<bool>()) {
        let basis = if court { DayBasis::Court } else { DayBasis::Calendar };
        let computed = rule(n, basis, CountDirection::Forward).compute(&calendar(), from, None).unwrap();
        prop_assert_eq!(calendar().closed(computed.due_on), Ok(None));
    }

    #[test]
    fn court_days_forward_and_back_return_to_an_open_day(from in days_of_2026(), n in 1_u32..150) {
        let calendar = calendar();
        let start = calendar.open_day(from, Way::Forward).unwrap();
        let there = calendar.court_days(start, n, Way::Forward).unwrap();
        prop_assert_eq!(calendar.court_days(there, n, Way::Backward), Ok(start));
    }
}

#[test]
fn a_day_that_the_notice_names_stands_and_a_closed_one_is_for_counsel() {
    let rule = rule(14, DayBasis::Calendar, CountDirection::Forward);
    let named = rule.named(&calendar(), day("2026-11-20"), day("2026-12-04"));
    assert_eq!((named.due_on, named.confirm_with_counsel), (day("2026-12-04"), false));
    assert_eq!(named.steps, ["the notice names Fri 4 Dec 2026, 14 calendar days from Fri 20 Nov 2026"]);
    let closed = rule.named(&calendar(), day("2026-11-20"), day("2026-11-26"));
    assert_eq!((closed.due_on, closed.confirm_with_counsel), (day("2026-11-26"), true));
    assert_eq!(closed.steps[1], "Thu 26 Nov 2026 is a court holiday (holiday)");
    let unknown = rule.named(&calendar(), day("2026-11-20"), day("2031-01-02"));
    assert_eq!((unknown.due_on, unknown.confirm_with_counsel), (day("2031-01-02"), true));
}
