//! Remedies: what a city attorney may do about a nuisance, and by which steps. The law is data of the preset.

use chrono::NaiveDate;
use entity::{
    case_kind::CaseKind,
    court_order::CourtOrderKind,
    legal_action::{LegalActionKind, LegalActionStatus},
    notice::NoticeKind,
    notice_service::ServiceMethod,
    staff::StaffRole,
};
use serde::{Deserialize, Serialize};

/// A fact that has to be on record before a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// The step states why.
    Reason,
    /// The action names its court.
    Court,
    /// The action has the court's case number.
    CourtCaseNumber,
    /// The action has a hearing that is still to come.
    HearingScheduled,
    /// When the case was opened from a flag: a sergeant confirmed the flag.
    FlagConfirmed,
    /// When people live there: whether it is occupied and what becomes of them was recorded.
    TenantImpact,
    /// Conduct with evidence (report numbers, inspections, declarations), not a tally of calls.
    EvidenceOfConduct,
    /// Every recipient was served, with method and proof.
    ProofOfService,
    /// A notice that this remedy builds on was served.
    ServedNotice,
    /// The time that the notice gave has run out, or immediate danger is recorded with a reason.
    CorrectionPeriodPassed,
    /// The time that the notice gave has run out; no danger makes it shorter.
    NoticeExpired,
    /// The notice before the petition was posted and mailed in time.
    PrePetitionNotice,
    /// Consent to enter was sought and refused, or it is recorded why it was not sought.
    ConsentRefused,
    /// The violation of an earlier order is recorded.
    OrderViolation,
    /// The arrest report or other law-enforcement documentation is attached.
    ArrestDocumentation,
    /// An earlier response to the same place within the window is recorded.
    EarlierResponse,
    /// The costs were confirmed after a hearing or when the time to object had passed.
    CostConfirmed,
    /// Notice of the lien or assessment was served as the statute says.
    LienNotice,
    /// An inspection or a court paper shows that what was ordered was done.
    ComplianceVerified,
    /// What was owed was paid, or stands on the tax roll.
    Paid,
    /// What was recorded against the title (lis pendens, certificate, lien) was released.
    RecordingReleased,
}

/// One step of a remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemedyStep {
    /// The status before; none is the start.
    pub from: Option<LegalActionStatus>,
    pub to: LegalActionStatus,
    /// Who may take it.
    pub actors: Vec<StaffRole>,
    /// What has to be there first.
    pub requires: Vec<Requirement>,
    /// What the statute or the practice calls what happens here, in order.
    pub milestones: Vec<String>,
    /// Keys of the deadline rules whose clocks the step starts.
    pub starts: Vec<String>,
    /// Keys of the deadline rules whose open deadlines in this action the step meets.
    pub meets: Vec<String>,
}

/// An order that a remedy has, and when it comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemedyOrder {
    pub kind: CourtOrderKind,
    /// What the statute or the practice calls it.
    pub name: String,
    /// The common statuses under which it is made.
    pub during: Vec<LegalActionStatus>,
    /// The order that it follows.
    pub after: Option<CourtOrderKind>,
    /// The violation of an earlier order has to be on record.
    pub needs_violation: bool,
    /// It is a paper that shows that what was ordered was done.
    pub shows_compliance: bool,
    /// Keys of the deadline rules whose clocks it starts.
    pub starts: Vec<String>,
}

/// What a remedy rests on: where the facts that its steps require are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RemedyGrounds {
    /// The kinds of notices that it builds on; one of them has to be served in the case.
    pub notices: Vec<NoticeKind>,
    /// Keys of the deadline rules whose clocks, running in the case, stand for such a notice.
    pub waits: Vec<String>,
    /// The kinds of notices that are the instrument itself: their service is its proof of service.
    pub serves: Vec<NoticeKind>,
    /// The ways in which notice of a lien or assessment is served.
    pub lien_notice_by: Vec<ServiceMethod>,
    /// The days within which there has to be an earlier response to the place.
    pub response_window_days: Option<u32>,
}

/// A legal tool, with its source and its steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remedy {
    pub key: String,
    pub kind: LegalActionKind,
    pub name: String,
    pub citation: String,
    /// The kinds of cases it fits.
    pub fits: Vec<CaseKind>,
    /// The first day of the power, where it is known.
    pub valid_from: Option<NaiveDate>,
    /// The first day without the power.
    pub valid_to: Option<NaiveDate>,
    pub enabled: bool,
    /// Why it is not enabled.
    pub disabled_reason: Option<String>,
    /// Some of it rests on what nobody has checked against the law in force.
    pub confirm_with_counsel: bool,
    pub note: Option<String>,
    pub grounds: RemedyGrounds,
    pub steps: Vec<RemedyStep>,
    /// Its own milestones under the common statuses.
    pub orders: Vec<RemedyOrder>,
}

/// Why a remedy cannot be used on some day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// It is switched off until counsel confirms it.
    Disabled(String),
    /// Its power begins later.
    NotYet(NaiveDate),
    /// Its power has run out.
    Lapsed(NaiveDate),
}

impl Remedy {
    /// The steps out of a status, or the first ones.
    pub fn steps_from(&self, status: Option<LegalActionStatus>) -> impl Iterator<Item = &RemedyStep> {
        self.steps.iter().filter(move |step| step.from == status)
    }

    /// The step from one status to another, if the remedy has it.
    #[must_use]
    pub fn step(&self, from: Option<LegalActionStatus>, to: LegalActionStatus) -> Option<&RemedyStep> {
        self.steps_from(from).find(|step| step.to == to)
    }

    /// The same once the city attorney has confirmed it, to the first day without the power where one is known.
    #[must_use]
    pub fn confirmed(self, valid_to: Option<NaiveDate>) -> Self {
        Self { enabled: true, disabled_reason: None, valid_to, ..self }
    }

    /// Why the remedy cannot be used on that day, or nothing when it can.
    #[must_use]
    pub fn unavailable_on(&self, day: NaiveDate) -> Option<Unavailable> {
        // The sunset is told first: it is the reason that people can check.
        match (self.valid_from, self.valid_to) {
            (_, Some(to)) if day >= to && !self.enabled => Some(Unavailable::Lapsed(to)),
            _ if !self.enabled => {
                Some(Unavailable::Disabled(self.disabled_reason.clone().unwrap_or_default()))
            }
            (_, Some(to)) if day >= to => Some(Unavailable::Lapsed(to)),
            (Some(from), _) if day < from => Some(Unavailable::NotYet(from)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use LegalActionStatus::{Authorized, Declined, Referred};

    fn step(from: Option<LegalActionStatus>, to: LegalActionStatus) -> RemedyStep {
        RemedyStep {
            from,
            to,
            actors: vec![StaffRole::Attorney],
            requires: Vec::new(),
            milestones: Vec::new(),
            starts: Vec::new(),
            meets: Vec::new(),
        }
    }

    fn remedy() -> Remedy {
        Remedy {
            key: "example".into(),
            kind: LegalActionKind::UnlawfulDetainer,
            name: "Example".into(),
            citation: "Example Code 1".into(),
            fits: vec![CaseKind::Other],
            valid_from: None,
            valid_to: NaiveDate::from_ymd_opt(2024, 1, 1),
            enabled: true,
            disabled_reason: None,
            confirm_with_counsel: false,
            note: None,
            grounds: RemedyGrounds::default(),
            steps: vec![
                step(None, Referred),
                step(Some(Referred), Authorized),
                step(Some(Referred), Declined),
            ],
            orders: Vec::new(),
        }
    }

    #[test]
    fn steps_are_found_by_where_they_start() {
        let remedy = remedy();
        let to: Vec<_> = remedy.steps_from(Some(Referred)).map(|s| s.to).collect();
        assert_eq!(to, [Authorized, Declined]);
        assert_eq!(remedy.steps_from(None).count(), 1);
        assert_eq!(remedy.steps_from(Some(Declined)).count(), 0);
        assert!(remedy.step(None, Authorized).is_none());
    }

    #[test]
    fn the_day_of_its_sunset_is_the_first_without_the_power() {
        let remedy = remedy();
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        assert_eq!(remedy.unavailable_on(day(2023, 12, 31)), None);
        assert_eq!(remedy.unavailable_on(day(2024, 1, 1)), Some(Unavailable::Lapsed(day(2024, 1, 1))));
    }

    #[test]
    fn a_remedy_that_was_confirmed_can_be_used_until_the_day_that_was_named() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        let off = Remedy { enabled: false, disabled_reason: Some("Sunset.".into()), ..remedy() };
        assert_eq!(off.unavailable_on(day(2026, 1, 1)), Some(Unavailable::Lapsed(day(2024, 1, 1))));
        assert_eq!(off.clone().confirmed(None).unavailable_on(day(2026, 1, 1)), None);
        let until = off.confirmed(Some(day(2029, 1, 1)));
        assert_eq!(until.unavailable_on(day(2028, 12, 31)), None);
        assert_eq!(until.unavailable_on(day(2029, 1, 1)), Some(Unavailable::Lapsed(day(2029, 1, 1))));
    }
}
