//! Whether calls at a place became fewer after the city stepped in.

use chrono::{Days, NaiveDate};

use super::day_window::DayWindow;

/// The days before an intervention and after it; its own day belongs to neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Around {
    pub before: DayWindow,
    /// As far as the data reach; none when they do not reach beyond the intervention.
    pub after: Option<DayWindow>,
}

impl Around {
    /// So many days on both sides, of data that reach up to `as_of`. None at the ends of the calendar.
    #[must_use]
    pub fn of(intervention: NaiveDate, days: u32, as_of: NaiveDate) -> Option<Self> {
        let days = Days::new(days.into());
        let before = DayWindow { from: intervention.checked_sub_days(days)?, to: intervention.pred_opt()? };
        let (from, to) = (intervention.succ_opt()?, intervention.checked_add_days(days)?.min(as_of));
        Some(Self { before, after: (from <= to).then_some(DayWindow { from, to }) })
    }
}

/// How the rate of calls changed.
#[derive(Clone, Debug, PartialEq)]
pub struct RateRatio {
    /// Calls a day after, divided by calls a day before.
    pub ratio: f64,
    /// The 95 % interval of the ratio, if calls came at random.
    pub low: f64,
    pub high: f64,
}

/// Compares the rates of two counts over so many days each; none where nobody called before, or no day has passed.
///
/// The interval is that of two Poisson rates: by the logarithm of their ratio, and the exact upper bound where nobody
/// called after (Rothman, Greenland and Lash, Modern Epidemiology, person-time data).
#[must_use]
pub fn rate_ratio(before: u32, before_days: u32, after: u32, after_days: u32) -> Option<RateRatio> {
    if before == 0 || before_days == 0 || after_days == 0 {
        return None;
    }
    let (b, a) = (f64::from(before), f64::from(after));
    let days = f64::from(before_days) / f64::from(after_days);
    let ratio = a / b * days;
    if after == 0 {
        // The share of all calls that could have come after and still none did, one time in forty.
        let share = 1.0 - 0.025_f64.powf(1.0 / b);
        return Some(RateRatio { ratio, low: 0.0, high: share / (1.0 - share) * days });
    }
    let spread = (1.96 * (1.0 / a + 1.0 / b).sqrt()).exp();
    Some(RateRatio { ratio, low: ratio / spread, high: ratio * spread })
}

/// What has to be said beside the figures; none where there is nothing.
#[must_use]
pub fn note(around: Around, days: u32, found: Option<&RateRatio>) -> Option<String> {
    let mut notes = Vec::new();
    match around.after {
        None => notes.push("The data do not reach beyond the intervention yet.".to_owned()),
        Some(after) if after.days() < i64::from(days) => {
            notes.push(format!(
                "The data reach up to {}, {} of {days} days after it.",
                after.to,
                after.days()
            ));
        }
        Some(_) => {}
    }
    match found {
        None if around.after.is_some() => {
            notes.push("Nobody called in the days before, so there is no rate to compare with.".to_owned());
        }
        Some(found) if found.low < 1.0 && found.high > 1.0 => {
            notes.push("The change may be chance: the interval holds 1.".to_owned());
        }
        _ => {}
    }
    (!notes.is_empty()).then(|| notes.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 0.0005, "{found} is not {expected}");
    }

    #[test]
    fn the_day_of_the_intervention_belongs_to_neither_side() {
        let around = Around::of(day("2026-06-10"), 9, day("2026-12-31")).unwrap();
        assert_eq!(around.before, DayWindow { from: day("2026-06-01"), to: day("2026-06-09") });
        assert_eq!(around.after, Some(DayWindow { from: day("2026-06-11"), to: day("2026-06-19") }));
    }

    #[test]
    fn the_days_after_end_where_the_data_do() {
        let after = |as_of| Around::of(day("2026-06-10"), 9, day(as_of)).unwrap().after.map(DayWindow::days);
        assert_eq!(after("2026-06-13"), Some(3));
        assert_eq!(after("2026-06-10"), None);
    }

    #[test]
    fn a_quarter_of_the_calls_is_a_quarter_of_the_rate() {
        // By hand: the root of 1/10 + 1/40 is 0.35355; e to the 1.96-fold is 1.99964.
        let found = rate_ratio(40, 90, 10, 90).unwrap();
        close(found.ratio, 0.25);
        close(found.low, 0.1250);
        close(found.high, 0.4999);
    }

    #[test]
    fn rates_are_compared_by_the_day() {
        close(rate_ratio(30, 90, 10, 30).unwrap().ratio, 1.0);
    }

    #[test]
    fn silence_after_has_an_upper_bound() {
        // By hand: 0.025 to the power 1/12 is 0.73535; 0.26465 / 0.73535 is 0.3599.
        let found = rate_ratio(12, 90, 0, 90).unwrap();
        close(found.ratio, 0.0);
        close(found.low, 0.0);
        close(found.high, 0.3599);
    }

    #[test]
    fn without_a_call_before_there_is_no_rate_to_compare_with() {
        assert_eq!(rate_ratio(0, 90, 7, 90), None);
        assert_eq!(rate_ratio(7, 90, 0, 0), None);
    }

    #[test]
    fn what_may_be_chance_is_said_to_be() {
        let around = Around::of(day("2026-06-10"), 90, day("2026-12-31")).unwrap();
        let told = |before, after| note(around, 90, rate_ratio(before, 90, after, 90).as_ref());
        assert_eq!(told(40, 10), None);
        assert!(told(5, 4).unwrap().contains("chance"));
        assert!(told(0, 4).unwrap().contains("Nobody called"));
    }
}
