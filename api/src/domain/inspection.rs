//! What an inspection may report: its result must fit what it found.

use chrono::{DateTime, NaiveDate, Utc};
use entity::inspection::InspectionResult;

use super::refusal::Refusal;

/// An inspection as it is about to be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    pub performed_at: DateTime<Utc>,
    pub result: InspectionResult,
    /// It reports violations of its own.
    pub finds_violations: bool,
    /// The case has violations that are not corrected.
    pub has_open_violations: bool,
    pub verifies_compliance: bool,
}

/// What stands in the way of recording it; nothing when it fits.
#[must_use]
pub fn blocks(report: Report, now: DateTime<Utc>) -> Vec<Refusal> {
    use InspectionResult as R;
    let mut found = Vec::new();
    if report.performed_at > now {
        let message = "This moment is still to come; plan an inspection with `inspectionSchedule`.";
        found.push(Refusal::invalid("performedAt", message));
    }
    match report.result {
        R::NoAccess | R::NoViolation | R::Corrected if report.finds_violations => {
            let message = format!(
                "{} does not go with new violations; the result is VIOLATION_FOUND, also for what was seen from \
                 outside, or PARTIALLY_CORRECTED.",
                report.result
            );
            found.push(Refusal::invalid("result", message));
        }
        R::ViolationFound if !report.finds_violations && !report.has_open_violations => {
            let message =
                "VIOLATION_FOUND needs the violations that were found; the case has no open one either.";
            found.push(Refusal::required("violations", message));
        }
        _ => {}
    }
    if report.verifies_compliance {
        found.extend(unverifiable(report));
    }
    found
}

fn unverifiable(report: Report) -> Option<Refusal> {
    use InspectionResult as R;
    let message = if report.finds_violations {
        "An inspection that reports new violations cannot verify compliance.".to_owned()
    } else if matches!(report.result, R::NoViolation | R::Corrected) {
        return None;
    } else {
        format!("{} cannot verify compliance; NO_VIOLATION or CORRECTED can.", report.result)
    };
    Some(Refusal::invalid("verifiesCompliance", message))
}

/// What stands in the way of recording a violation found on `found_on` as corrected on `corrected_on`.
#[must_use]
pub fn blocks_correction(found_on: NaiveDate, corrected_on: NaiveDate, today: NaiveDate) -> Option<Refusal> {
    let message = if corrected_on > today {
        format!("{corrected_on} is still to come.")
    } else if corrected_on < found_on {
        format!("It was found on {found_on}, so it was not corrected before that.")
    } else {
        return None;
    };
    Some(Refusal::invalid("correctedOn", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-03-02T18:00:00Z".parse().unwrap()
    }

    fn report(result: InspectionResult) -> Report {
        Report {
            performed_at: now(),
            result,
            finds_violations: false,
            has_open_violations: false,
            verifies_compliance: false,
        }
    }

    fn fields(report: Report) -> Vec<&'static str> {
        blocks(report, now()).into_iter().flat_map(|refusal| refusal.field).collect()
    }

    #[test]
    fn an_inspection_is_not_recorded_before_it_was_made() {
        let early = Report {
            performed_at: "2026-03-02T18:00:01Z".parse().unwrap(),
            ..report(InspectionResult::NoAccess)
        };
        assert_eq!(fields(early), ["performedAt"]);
    }

    #[test]
    fn violation_found_needs_new_or_open_violations() {
        let bare = report(InspectionResult::ViolationFound);
        assert_eq!(fields(bare), ["violations"]);
        assert_eq!(fields(Report { finds_violations: true, ..bare }), [""; 0]);
        assert_eq!(fields(Report { has_open_violations: true, ..bare }), [""; 0]);
    }

    #[test]
    fn new_violations_contradict_every_result_that_denies_them() {
        for result in [InspectionResult::NoAccess, InspectionResult::NoViolation, InspectionResult::Corrected]
        {
            assert_eq!(fields(Report { finds_violations: true, ..report(result) }), ["result"], "{result}");
        }
        let partly = Report { finds_violations: true, ..report(InspectionResult::PartiallyCorrected) };
        assert_eq!(fields(partly), [""; 0]);
    }

    #[test]
    fn only_an_inspection_that_found_all_well_verifies_compliance() {
        use InspectionResult as R;
        for (result, fits) in [
            (R::NoViolation, true),
            (R::Corrected, true),
            (R::NoAccess, false),
            (R::PartiallyCorrected, false),
            (R::ViolationFound, false),
        ] {
            let report = Report { verifies_compliance: true, has_open_violations: true, ..report(result) };
            assert_eq!(blocks(report, now()).is_empty(), fits, "{result}");
        }
        let finding =
            Report { verifies_compliance: true, finds_violations: true, ..report(R::PartiallyCorrected) };
        assert_eq!(fields(finding), ["verifiesCompliance"]);
    }

    #[test]
    fn a_violation_is_corrected_between_its_finding_and_today() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let (found_on, today) = (day("2026-02-01"), day("2026-03-02"));
        assert_eq!(blocks_correction(found_on, day("2026-02-01"), today), None);
        assert_eq!(blocks_correction(found_on, day("2026-03-02"), today), None);
        assert!(blocks_correction(found_on, day("2026-01-31"), today).is_some());
        assert!(blocks_correction(found_on, day("2026-03-03"), today).is_some());
    }
}
