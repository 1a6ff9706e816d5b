//! Appeals of citations: in time, heard, and decided once.

use chrono::NaiveDate;
use entity::citation_appeal::AppealOutcome;

use super::{money::dollars, refusal::Refusal};

/// The time in which a citation can be appealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeToAppeal {
    /// The day of the first service.
    pub served_on: NaiveDate,
    /// The last day, with the law that says so; none when nothing counts it.
    pub until: Option<(NaiveDate, String)>,
}

/// Why an appeal of that day cannot be taken, if it cannot.
#[must_use]
pub fn blocks_filing(time: &TimeToAppeal, filed_on: NaiveDate, today: NaiveDate) -> Option<Refusal> {
    if filed_on > today {
        return Some(Refusal::invalid("filedOn", format!("{filed_on} is still to come.")));
    }
    if filed_on < time.served_on {
        let message =
            format!("The citation was served on {}; nobody appeals it before that.", time.served_on);
        return Some(Refusal::invalid("filedOn", message));
    }
    match &time.until {
        Some((until, law)) if filed_on > *until => {
            let message = format!(
                "The time to appeal ended on {until} ({law}), so the citation is final; where it was extended, record that \
                 first with `deadlineExtend`."
            );
            Some(Refusal::blocked(message).at("filedOn"))
        }
        _ => None,
    }
}

/// A decision, as somebody wants to record it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    pub outcome: AppealOutcome,
    pub decided_on: NaiveDate,
    /// What is left of the fine, in cents.
    pub reduced_to_cents: Option<i64>,
    /// When the decision was served.
    pub served_on: Option<NaiveDate>,
}

/// What stands in the way of a decision about an appeal of that day, heard on that day; `owed` is what is left of the fine.
#[must_use]
pub fn blocks_decision(
    decision: &Decision,
    filed_on: NaiveDate,
    heard_on: Option<NaiveDate>,
    owed: i64,
    today: NaiveDate,
) -> Vec<Refusal> {
    let mut found = Vec::new();
    let day = decision.decided_on;
    match heard_on {
        None => {
            let message = "No hearing of this appeal is on record; set it with `citationAppealSchedule`.";
            found.push(Refusal::blocked(message).at("appealId"));
        }
        Some(heard) if day < heard => {
            let message = format!("The appeal is heard on {heard}; it is not decided before that.");
            found.push(Refusal::invalid("decidedOn", message));
        }
        Some(_) => {}
    }
    if day > today || day < filed_on {
        let message = format!("An appeal of {filed_on} is decided on that day or later, until today.");
        found.push(Refusal::invalid("decidedOn", message));
    }
    found.extend(wrong_service(decision, today));
    match (decision.outcome, decision.reduced_to_cents) {
        (AppealOutcome::Reduced, None) => {
            found.push(Refusal::required("reducedTo", "Say what is left of the fine."));
        }
        (AppealOutcome::Reduced, Some(cents)) if cents < 1 || cents >= owed => {
            let message = format!(
                "{} are left of the fine; a reduction is to less than that and to more than nothing, else it is DISMISSED \
                 or UPHELD.",
                dollars(owed)
            );
            found.push(Refusal::invalid("reducedTo", message));
        }
        (AppealOutcome::Reduced, Some(_)) | (_, None) => {}
        (_, Some(_)) => found.push(Refusal::invalid("reducedTo", "Only a REDUCED fine has another amount.")),
    }
    found
}

fn wrong_service(decision: &Decision, today: NaiveDate) -> Option<Refusal> {
    match (decision.outcome, decision.served_on) {
        (AppealOutcome::Dismissed, None) => None,
        (AppealOutcome::Dismissed, Some(_)) => {
            let message = "Nothing is reviewed once the citation is dismissed; leave it out.";
            Some(Refusal::invalid("servedOn", message))
        }
        (_, None) => {
            let message = "The time to seek review by a court runs from the service of the decision; say when it was served.";
            Some(Refusal::required("servedOn", message))
        }
        (_, Some(day)) if day < decision.decided_on || day > today => {
            Some(Refusal::invalid("servedOn", "A decision is served on its day or later, until today."))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 6, d).unwrap()
    }

    fn fields(found: impl IntoIterator<Item = Refusal>) -> Vec<&'static str> {
        found.into_iter().map(|refusal| refusal.field[0]).collect()
    }

    #[test]
    fn an_appeal_is_taken_from_the_service_to_the_last_day() {
        let time = TimeToAppeal { served_on: day(2), until: Some((day(10), "the ordinance".to_owned())) };
        for filed in [2, 10] {
            assert_eq!(blocks_filing(&time, day(filed), day(20)), None);
        }
        for filed in [1, 11, 21] {
            assert_eq!(fields(blocks_filing(&time, day(filed), day(20))), ["filedOn"]);
        }
    }

    #[test]
    fn a_decision_follows_the_hearing_and_says_what_is_left() {
        let upheld = Decision {
            outcome: AppealOutcome::Upheld,
            decided_on: day(12),
            reduced_to_cents: None,
            served_on: Some(day(13)),
        };
        let blocks =
            |decision: &Decision| fields(blocks_decision(decision, day(5), Some(day(12)), 50_000, day(20)));
        assert_eq!(blocks(&upheld), [""; 0]);
        assert_eq!(blocks(&Decision { decided_on: day(11), ..upheld }), ["decidedOn"]);
        assert_eq!(blocks(&Decision { served_on: None, ..upheld }), ["servedOn"]);
        assert_eq!(blocks(&Decision { served_on: Some(day(11)), ..upheld }), ["servedOn"]);
        assert_eq!(blocks(&Decision { reduced_to_cents: Some(1), ..upheld }), ["reducedTo"]);
        let reduced = Decision { outcome: AppealOutcome::Reduced, ..upheld };
        for wrong in [None, Some(0), Some(50_000)] {
            assert_eq!(blocks(&Decision { reduced_to_cents: wrong, ..reduced }), ["reducedTo"]);
        }
        assert_eq!(blocks(&Decision { reduced_to_cents: Some(49_999), ..reduced }), [""; 0]);
        let dismissed = Decision { outcome: AppealOutcome::Dismissed, ..upheld };
        assert_eq!(blocks(&dismissed), ["servedOn"]);
        assert_eq!(blocks(&Decision { served_on: None, ..dismissed }), [""; 0]);
        assert_eq!(fields(blocks_decision(&upheld, day(5), None, 50_000, day(20))), ["appealId"]);
    }
}
