//! The stages of a case: which may follow which, who may take the step, and what must be there first.

use entity::{
    case::{CaseOutcome, CaseStage, SaraPhase},
    staff::StaffRole,
};

use super::refusal::{Code, Refusal};

/// What is known of a case when somebody wants to move it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Facts {
    pub has_open_violation: bool,
    pub has_confirmed_flag: bool,
    /// A notice was served and its compliance date has passed.
    pub has_expired_notice: bool,
    /// An open violation is marked as an immediate danger.
    pub has_immediate_danger: bool,
    pub has_authorized_action: bool,
    pub has_unfinished_action: bool,
    pub has_open_deadline: bool,
    /// Something that a legal action put on record against the title was not released.
    pub has_unreleased_recording: bool,
    /// An inspection that verifies compliance, not older than the last violation.
    pub has_verifying_inspection: bool,
    /// A legal action that ended, which is a court's or hearing officer's paper.
    pub has_court_paper: bool,
    /// The case has been in litigation.
    pub was_litigated: bool,
}

/// Somebody who wants to take a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker<'a> {
    pub role: StaffRole,
    pub reason: Option<&'a str>,
}

/// The phase of problem-oriented policing that a stage belongs to.
#[must_use]
pub fn sara_phase(stage: CaseStage) -> SaraPhase {
    use CaseStage as S;
    match stage {
        S::Intake => SaraPhase::Scanning,
        S::Assessment => SaraPhase::Analysis,
        S::VoluntaryCompliance | S::Notice | S::Citation | S::Litigation | S::Abatement => {
            SaraPhase::Response
        }
        S::Monitoring | S::Closed => SaraPhase::Assessment,
    }
}

/// The stages one could go to from here, whatever blocks them now.
#[must_use]
pub fn targets(from: CaseStage, previous: Option<CaseStage>) -> Vec<CaseStage> {
    CaseStage::ALL
        .iter()
        .copied()
        .filter(|to| is_step(from, *to) || is_step_back(from, *to, previous))
        .collect()
}

/// What stands in the way of that step; nothing when it may be taken.
#[must_use]
pub fn blocks(
    from: CaseStage,
    to: CaseStage,
    previous: Option<CaseStage>,
    facts: &Facts,
    asker: Asker<'_>,
) -> Vec<Refusal> {
    if !is_step(from, to) {
        return if is_step_back(from, to, previous) {
            step_back(asker)
        } else {
            vec![Refusal::blocked(format!("A case does not go from {from} to {to}.")).at("to")]
        };
    }
    let mut found = needs(from, to, facts, asker);
    found.extend(wrong_role(from, to, asker.role));
    found
}

/// What stands in the way of closing with that outcome.
#[must_use]
pub fn blocks_closing(
    from: CaseStage,
    outcome: CaseOutcome,
    facts: &Facts,
    asker: Asker<'_>,
) -> Vec<Refusal> {
    let mut found = Vec::new();
    match from {
        CaseStage::Closed => return vec![Refusal::blocked("This case is closed already.")],
        CaseStage::Intake | CaseStage::Assessment => {
            if !ends_early(outcome) {
                let message = format!(
                    "From {from} a case closes as NO_VIOLATION, DUPLICATE, OTHER_JURISDICTION, CANNOT_VERIFY or \
                     WITHDRAWN. For another outcome, move it on first with `caseAdvance`."
                );
                found.push(Refusal::blocked(message).at("outcome"));
            }
        }
        _ => found.extend(uncorrected(facts)),
    }
    found.extend(unfinished(facts));
    if facts.was_litigated && !matches!(asker.role, StaffRole::Attorney | StaffRole::CityAttorney) {
        found.push(not_allowed("After LITIGATION, the district's attorney closes the case."));
    }
    found.extend(missing_reason(asker));
    found
}

/// Whether work may go on in a case at that stage; a closed one is reopened first.
pub fn require_open(stage: CaseStage) -> Result<(), Refusal> {
    if stage == CaseStage::Closed {
        return Err(
            Refusal::blocked("This case is closed; open it again with `caseReopen` first.").at("caseId")
        );
    }
    Ok(())
}

fn ends_early(outcome: CaseOutcome) -> bool {
    use CaseOutcome as O;
    matches!(outcome, O::NoViolation | O::Duplicate | O::OtherJurisdiction | O::CannotVerify | O::Withdrawn)
}

// What no case leaves behind, however early it ends.
fn unfinished(facts: &Facts) -> Vec<Refusal> {
    let mut found = Vec::new();
    if facts.has_open_deadline {
        found.push(Refusal::blocked("A deadline is still open; complete it with `deadlineComplete`."));
    }
    if facts.has_unfinished_action {
        let message = "A legal action is not finished; bring it to its end with `legalActionAdvance`.";
        found.push(Refusal::blocked(message));
    }
    if facts.has_unreleased_recording {
        let message = "Something still stands against the title, such as a lis pendens; record its release with \
                       `titleRecordingRelease`.";
        found.push(Refusal::blocked(message));
    }
    found
}

fn uncorrected(facts: &Facts) -> Vec<Refusal> {
    let mut found = Vec::new();
    if facts.has_open_violation {
        found.push(Refusal::blocked(
            "A violation is still open; record it as corrected with `violationCorrect`.",
        ));
    }
    if !facts.has_verifying_inspection && !facts.has_court_paper {
        let message = "Nothing verifies compliance; record an inspection with `verifiesCompliance` \
                       (`inspectionRecord`), or end a legal action.";
        found.push(Refusal::blocked(message));
    }
    found
}

fn is_step(from: CaseStage, to: CaseStage) -> bool {
    use CaseStage as S;
    match to {
        S::Intake | S::Closed => false,
        S::Assessment => from == S::Intake,
        S::VoluntaryCompliance => from == S::Assessment,
        S::Notice => matches!(from, S::Assessment | S::VoluntaryCompliance),
        S::Citation => from == S::Notice,
        S::Litigation => matches!(from, S::Assessment | S::VoluntaryCompliance | S::Notice | S::Citation),
        S::Abatement => matches!(from, S::Notice | S::Citation | S::Litigation),
        S::Monitoring => !matches!(from, S::Intake | S::Closed | S::Monitoring),
    }
}

// Closing and reopening have mutations of their own; a step back never undoes them.
fn is_step_back(from: CaseStage, to: CaseStage, previous: Option<CaseStage>) -> bool {
    from != CaseStage::Closed && to != CaseStage::Closed && previous == Some(to)
}

fn step_back(asker: Asker<'_>) -> Vec<Refusal> {
    let mut found = missing_reason(asker);
    if !matches!(asker.role, StaffRole::Attorney | StaffRole::CityAttorney) {
        found.push(not_allowed("Only an attorney takes a case a step back."));
    }
    found
}

fn needs(from: CaseStage, to: CaseStage, facts: &Facts, asker: Asker<'_>) -> Vec<Refusal> {
    use CaseStage as S;
    let message = match (from, to) {
        (S::Assessment, S::VoluntaryCompliance | S::Notice)
            if !facts.has_open_violation && !facts.has_confirmed_flag =>
        {
            "There is neither an open violation nor a confirmed call-volume flag; record one with \
             `inspectionRecord` or `flagReview`."
        }
        (S::Notice, S::Citation) if facts.has_expired_notice => return Vec::new(),
        (S::Notice, S::Citation) if facts.has_immediate_danger => return missing_reason(asker),
        (S::Notice, S::Citation) => {
            let message = "No served notice has passed its compliance date, and no open violation is an immediate \
                           danger (Gov. Code 53069.4); serve one with `noticeServe`.";
            return vec![Refusal::new(Code::ClockNotRun, message).at("to")];
        }
        (_, S::Litigation) if !facts.has_authorized_action => {
            "No legal action is authorised; refer one with `legalActionRefer` and let the attorney authorise it."
        }
        (_, S::Abatement) => return missing_reason(asker),
        _ => return Vec::new(),
    };
    vec![Refusal::blocked(message).at("to")]
}

fn wrong_role(from: CaseStage, to: CaseStage, role: StaffRole) -> Option<Refusal> {
    use CaseStage as S;
    use StaffRole as R;
    let enforces = matches!(role, R::CodeOfficer | R::Attorney | R::CityAttorney);
    let message = match (from, to) {
        (S::VoluntaryCompliance, S::Notice) if !enforces => {
            "Once time was given, the code officer or an attorney goes on to a notice."
        }
        (_, S::Citation) if !enforces => "The code officer or an attorney issues citations.",
        (_, S::Litigation) if !matches!(role, R::Attorney | R::CityAttorney) => {
            "An attorney takes a case to court."
        }
        _ => return None,
    };
    Some(not_allowed(message))
}

fn missing_reason(asker: Asker<'_>) -> Vec<Refusal> {
    if asker.reason.is_some_and(|reason| !reason.trim().is_empty()) {
        Vec::new()
    } else {
        vec![Refusal::required("reason", "Say why.")]
    }
}

fn not_allowed(message: &str) -> Refusal {
    Refusal::new(Code::NotAllowed, message)
}
