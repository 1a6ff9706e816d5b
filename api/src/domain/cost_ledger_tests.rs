//! The cost ledger's arithmetic, told case by case and over any ledger.

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn hours(minutes: i32, rate: i64) -> Result<i64, Refusal> {
    let stated = Stated { minutes: Some(minutes), hourly_rate_cents: Some(rate), ..Stated::default() };
    charge(CostKind::StaffHours, stated)
}

#[test]
fn staff_time_costs_its_rate_to_the_nearest_cent() {
    assert_eq!(hours(90, 12_500), Ok(18_750));
    assert_eq!(hours(20, 10_001), Ok(3_334), "33.336… dollars");
    assert_eq!(hours(10, 10_001), Ok(1_667), "16.668… dollars");
    assert_eq!(hours(30, 10_001), Ok(5_001), "half a cent is rounded up");
}

#[test]
fn staff_time_takes_no_amount_and_nothing_else_takes_minutes() {
    let both = Stated { amount_cents: Some(1), minutes: Some(60), hourly_rate_cents: Some(100) };
    assert_eq!(charge(CostKind::StaffHours, both).unwrap_err().field, ["amount"]);
    assert_eq!(charge(CostKind::Abatement, both).unwrap_err().field, ["minutes"]);
    let amount = Stated { amount_cents: Some(125_000), ..Stated::default() };
    assert_eq!(charge(CostKind::Abatement, amount), Ok(125_000));
    assert_eq!(charge(CostKind::StaffHours, Stated::default()).unwrap_err().field, ["minutes"]);
    assert_eq!(hours(0, 12_500).unwrap_err().field, ["minutes"]);
    assert_eq!(hours(-60, 12_500).unwrap_err().field, ["minutes"]);
}

#[test]
fn payments_waivers_and_treble_costs_are_recorded_elsewhere() {
    let amount = Stated { amount_cents: Some(100), ..Stated::default() };
    for kind in [CostKind::Payment, CostKind::Waiver, CostKind::TrebleCosts] {
        assert_eq!(charge(kind, amount).unwrap_err().field, ["kind"], "{kind}");
    }
}

#[test]
fn an_entry_is_of_a_cent_at_least_and_of_a_hundred_million_dollars_at_most() {
    assert!(within_bounds("amount", 0).is_err());
    assert!(within_bounds("amount", -1).is_err());
    assert_eq!(within_bounds("amount", 1), Ok(1));
    assert_eq!(within_bounds("amount", 10_000_000_000), Ok(10_000_000_000));
    assert!(within_bounds("amount", 10_000_000_001).is_err());
}

#[test]
fn no_more_is_waived_than_is_owed() {
    let balance = Balance { assessed: 10_000, collected: 4_000, waived: 1_000 };
    assert_eq!(blocks_waiver(5_000, balance), None);
    assert!(blocks_waiver(5_001, balance).is_some());
    let overpaid = Balance { assessed: 100, collected: 200, waived: 0 };
    assert!(blocks_waiver(1, overpaid).unwrap().message.contains("$0.00"));
}

#[test]
fn an_entry_is_taken_back_once_and_from_its_own_day_unless_a_later_one_is_stated() {
    let entry = Reversing { occurred_on: day("2026-11-10"), is_reversal: false, is_reversed: false };
    let today = day("2026-11-20");
    assert_eq!(reversed_on(entry, None, today), Ok(day("2026-11-10")));
    assert_eq!(reversed_on(entry, Some(day("2026-11-15")), today), Ok(day("2026-11-15")), "a returned check");
    assert!(reversed_on(entry, Some(day("2026-11-09")), today).is_err());
    assert!(reversed_on(entry, Some(day("2026-11-21")), today).is_err());
    let again = Reversing { is_reversed: true, ..entry };
    assert_eq!(reversed_on(again, None, today).unwrap_err().code, Code::NotUnique);
    let reversal = Reversing { is_reversal: true, ..entry };
    assert_eq!(reversed_on(reversal, None, today).unwrap_err().code, Code::TransitionBlocked);
}

#[test]
fn a_payoff_says_in_words_what_is_owed_and_from_what() {
    let balance = Balance { assessed: 300_000, collected: 50_000, waived: 10_000 };
    assert_eq!(
        payoff_in_words(balance, day("2026-11-20")),
        "As of Friday 20 November 2026, $2,400.00 is owed: $3,000.00 was assessed, $500.00 was paid and $100.00 was \
         waived. Entries dated after that day are not counted."
    );
    let even = Balance { assessed: 100, collected: 100, waived: 0 };
    assert!(payoff_in_words(even, day("2026-11-20")).contains("nothing is owed:"));
    let over = Balance { assessed: 100, collected: 150, waived: 0 };
    assert!(payoff_in_words(over, day("2026-11-20")).contains("$0.50 was paid too much"));
}

proptest! {
    // The sums are kept apart here by hand, and each entry may be taken back by one of the opposite sign.
    #[test]
    fn the_sum_of_the_entries_is_the_balance(
        ledger in vec((select(CostKind::ALL), 1..=MOST_CENTS, any::<bool>()), 0..200)
    ) {
        let mut entries = Vec::new();
        let (mut asked, mut paid, mut forgiven) = (0_i64, 0_i64, 0_i64);
        for (kind, cents, taken_back) in ledger {
            let reduces = matches!(kind, CostKind::Payment | CostKind::Waiver);
            let amount = if reduces { -cents } else { cents };
            entries.push((kind, amount));
            if taken_back {
                entries.push((kind, -amount));
                continue;
            }
            match kind {
                CostKind::Payment => paid += cents,
                CostKind::Waiver => forgiven += cents,
                _ => asked += cents,
            }
        }
        let balance = Balance::of(entries.iter().copied());
        prop_assert_eq!(balance.outstanding(), entries.iter().map(|(_, cents)| cents).sum::<i64>());
        prop_assert_eq!((balance.assessed, balance.collected, balance.waived), (asked, paid, forgiven));
        // In any order, and summed in parts, it is the same.
        let (one, other) = entries.split_at(entries.len() / 2);
        prop_assert_eq!(Balance::of(other.iter().chain(one).copied()), balance);
    }

    #[test]
    fn staff_time_is_never_more_than_half_a_cent_off(minutes in 1..600_i32, rate in 1..1_000_000_i64) {
        prop_assume!(i64::from(minutes) * rate >= 30);
        let sixtieths = hours(minutes, rate).unwrap() * 60 - i64::from(minutes) * rate;
        prop_assert!((-30 < sixtieths) && (sixtieths <= 30));
    }
}

#[test]
fn what_was_asked_for_first_is_paid_first_and_in_full_or_not_at_all() {
    let day = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
    let claims = || {
        vec![
            Claim { of: Some("second"), on: day(5), cents: 200 },
            Claim { of: None, on: day(4), cents: 50 },
            Claim { of: Some("first"), on: day(3), cents: 100 },
        ]
    };
    assert_eq!(covered(claims(), 99), [] as [&str; 0]);
    assert_eq!(covered(claims(), 349), ["first"]);
    assert_eq!(covered(claims(), 350), ["first", "second"]);
}
