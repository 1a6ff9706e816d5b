//! Treble costs: after a second judgment within two years a court may order three times the costs of abatement
//! (Government Code 38773.7).

use chrono::NaiveDate;
use entity::{id::LegalActionId, legal_action::LegalActionKind};

use super::{money::dollars, offense::looks_back_to};

/// The law that this rests on.
pub const CITATION: &str = "Government Code 38773.7";
/// How far the law looks back from the second judgment.
pub const LOOK_BACK_MONTHS: u32 = 24;

/// A civil or criminal judgment about a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgment {
    pub legal_action: LegalActionId,
    pub on: NaiveDate,
}

/// A remedy by key that rests on Health & Safety Code 17980, whose conditions the law leaves out, though its kind is judged.
pub const LEFT_OUT: &str = "state-housing-law-suit";

/// Actions that end in a civil or criminal judgment which finds an owner responsible. Administrative orders and warrants are
/// none; a receivership rests on Health & Safety Code 17980.
pub const JUDGED: &[LegalActionKind] = &[
    LegalActionKind::PublicNuisanceSuit,
    LegalActionKind::DrugAbatement,
    LegalActionKind::RedLightAbatement,
    LegalActionKind::CriminalComplaint,
];

/// Whether three times the costs of abatement can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The latest judgment, and the one before it within the look-back, the earlier first; the latest alone when there is
    /// only one.
    pub judgments: Vec<Judgment>,
    /// The first day of the look-back from the latest judgment.
    pub look_back_from: Option<NaiveDate>,
}

impl Standing {
    /// Where the judgments of a place leave it on that day.
    #[must_use]
    pub fn of(judgments: &[Judgment], on: NaiveDate) -> Self {
        let mut known: Vec<Judgment> =
            judgments.iter().copied().filter(|judgment| judgment.on <= on).collect();
        known.sort_by_key(|judgment| (judgment.on, judgment.legal_action));
        // The latest judgment that had another one within two years before it; else the latest.
        let pair = known.windows(2).rev().find(|pair| match pair {
            [earlier, later] => earlier.on >= looks_back_to(later.on, LOOK_BACK_MONTHS),
            _ => false,
        });
        let judgments = match pair {
            Some(pair) => pair.to_vec(),
            None => known.last().copied().into_iter().collect(),
        };
        let look_back_from = judgments.last().map(|latest| looks_back_to(latest.on, LOOK_BACK_MONTHS));
        Self { judgments, look_back_from }
    }

    /// Whether there is a second judgment within two years.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.judgments.len() > 1
    }

    /// How it was reached, in words.
    #[must_use]
    pub fn explanation(&self, abatement_cents: i64) -> String {
        match self.judgments.as_slice() {
            [first, second, ..] => format!(
                "Judgments of {} and {}: the first is on or after {}, two years before the second, so the court may order \
                 three times {}, which is {} ({CITATION}). Counsel confirms that both find the same owner responsible and \
                 that the condition was not abated under Health & Safety Code 17980.",
                first.on,
                second.on,
                looks_back_to(second.on, LOOK_BACK_MONTHS),
                dollars(abatement_cents),
                dollars(abatement_cents * 3),
            ),
            [only] => format!(
                "One judgment, of {}; a second one within two years of it is needed ({CITATION}).",
                only.on
            ),
            [] => format!("No civil or criminal judgment about this place is recorded ({CITATION})."),
        }
    }
}

/// What is to be added to the costs of abatement to make them three times what they are, less what was added already.
#[must_use]
pub fn surcharge(abatement_cents: i64, added_cents: i64) -> i64 {
    (abatement_cents * 2 - added_cents).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(days: &[&str]) -> Vec<Judgment> {
        days.iter()
            .map(|day| Judgment { legal_action: LegalActionId::generate(), on: day.parse().unwrap() })
            .collect()
    }

    fn standing(days: &[&str], on: &str) -> Standing {
        Standing::of(&judged(days), on.parse().unwrap())
    }

    #[test]
    fn one_judgment_opens_nothing() {
        assert!(!standing(&[], "2026-11-20").is_available());
        let one = standing(&["2026-01-05"], "2026-11-20");
        assert!(!one.is_available());
        assert!(one.explanation(100).contains("2026-01-05"));
    }

    #[test]
    fn a_second_judgment_on_the_same_day_two_years_later_opens_it_and_a_day_later_does_not() {
        assert!(standing(&["2024-03-10", "2026-03-10"], "2026-11-20").is_available());
        assert!(!standing(&["2024-03-09", "2026-03-10"], "2026-11-20").is_available());
    }

    #[test]
    fn a_judgment_that_is_still_to_come_does_not_count() {
        assert!(!standing(&["2025-03-10", "2026-03-10"], "2026-03-09").is_available());
        assert!(standing(&["2025-03-10", "2026-03-10"], "2026-03-10").is_available());
    }

    #[test]
    fn a_later_judgment_long_after_does_not_close_what_a_pair_opened() {
        let found = standing(&["2020-01-01", "2021-01-01", "2026-03-10"], "2026-11-20");
        assert!(found.is_available());
        assert_eq!(found.judgments.last().unwrap().on, "2021-01-01".parse().unwrap());
        assert_eq!(found.look_back_from, Some("2019-01-01".parse().unwrap()));
    }

    #[test]
    fn the_order_in_which_judgments_are_told_does_not_matter() {
        let mut told = judged(&["2026-03-10", "2025-01-01", "2019-05-05"]);
        let on = "2026-11-20".parse().unwrap();
        let one = Standing::of(&told, on);
        told.reverse();
        assert_eq!(Standing::of(&told, on), one);
        assert!(one.is_available());
    }

    #[test]
    fn the_surcharge_makes_the_costs_threefold_and_is_added_once() {
        assert_eq!(surcharge(100_000, 0), 200_000);
        assert_eq!(surcharge(100_000, 150_000), 50_000);
        assert_eq!(surcharge(100_000, 200_000), 0);
        assert_eq!(surcharge(0, 10), 0);
    }

    #[test]
    fn the_explanation_names_both_judgments_and_the_sum() {
        let words = standing(&["2025-03-10", "2026-03-10"], "2026-11-20").explanation(123_450);
        assert!(words.contains("2025-03-10") && words.contains("2026-03-10") && words.contains("2024-03-10"));
        assert!(words.contains("three times $1,234.50, which is $3,703.50"));
    }
}
