//! Hand-offs: who answers them, until when, and what an answer needs.

use chrono::NaiveDate;
use entity::{
    id::StaffId,
    referral::{Department, ReferralKind, ReferralStatus},
    staff::StaffRole,
};

use super::refusal::Refusal;

/// To whom something is handed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    Person(StaffId),
    Department(Department),
}

/// The seat whose holder answers for the department; none, when its answer comes from outside this server and the team of
/// the district records it.
#[must_use]
pub fn seat_of(department: Department) -> Option<StaffRole> {
    match department {
        Department::CityAttorney => Some(StaffRole::Attorney),
        Department::Police => Some(StaffRole::Sergeant),
        Department::CodeEnforcement => Some(StaffRole::CodeOfficer),
        Department::Fire
        | Department::Housing
        | Department::AnimalCare
        | Department::PublicWorks
        | Department::Outreach => None,
    }
}

/// The departments for which somebody of that role answers.
pub fn departments_of(role: StaffRole) -> impl Iterator<Item = Department> {
    let seat = if role == StaffRole::CityAttorney { StaffRole::Attorney } else { role };
    Department::ALL.iter().copied().filter(move |department| seat_of(*department) == Some(seat))
}

/// Somebody who wants to answer.
#[derive(Clone, Copy, Debug)]
pub struct Answerer {
    pub staff: Option<StaffId>,
    pub role: StaffRole,
    /// Whether they work cases of the district, in one of its seats or as the city attorney.
    pub works_the_district: bool,
}

/// Whether that person answers for that recipient.
#[must_use]
pub fn may_answer(to: Recipient, who: Answerer) -> bool {
    match to {
        Recipient::Person(id) => who.staff == Some(id),
        Recipient::Department(department) => {
            let speaks =
                seat_of(department).is_none() || departments_of(who.role).any(|own| own == department);
            who.works_the_district && speaks
        }
    }
}

/// Where a hand-off stands on that day: one that nobody answered in time has lapsed.
#[must_use]
pub fn status_on(stored: ReferralStatus, answer_by: NaiveDate, today: NaiveDate) -> ReferralStatus {
    let is_late = stored == ReferralStatus::Waiting && answer_by < today;
    if is_late { ReferralStatus::Lapsed } else { stored }
}

/// Why it cannot be answered any more, if it cannot.
#[must_use]
pub fn blocks_answer(status: ReferralStatus) -> Option<Refusal> {
    let message = match status {
        ReferralStatus::Waiting => return None,
        ReferralStatus::Lapsed => "Its time is over; ask for it to be made again.".to_owned(),
        other => format!("It is {other} already."),
    };
    Some(Refusal::blocked(message).at("referralId"))
}

/// Whether accepting it gives the case to whoever accepts.
#[must_use]
pub fn hands_over_the_case(kind: ReferralKind) -> bool {
    matches!(kind, ReferralKind::Assign | ReferralKind::Transfer)
}

/// Why such a hand-off cannot go there, if it cannot.
#[must_use]
pub fn wrong_recipient(kind: ReferralKind, to: Recipient) -> Option<Refusal> {
    let message = match (kind, to) {
        (ReferralKind::Refer, Recipient::Person(_)) => "REFER goes to a department; CONSULT asks a person.",
        (ReferralKind::Assign, Recipient::Department(department)) if seat_of(department).is_none() => {
            "Nobody of that department works cases here; REFER or TRANSFER hands it over."
        }
        _ => return None,
    };
    Some(Refusal::invalid("to", message))
}

/// Why an answer cannot be asked for by that day, if it cannot.
#[must_use]
pub fn wrong_limit(answer_by: NaiveDate, today: NaiveDate) -> Option<Refusal> {
    let days = (answer_by - today).num_days();
    if (0..=365).contains(&days) {
        return None;
    }
    let message = format!("{answer_by} is not between today and a year from today.");
    Some(Refusal::invalid("answerBy", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn who(role: StaffRole, works_the_district: bool) -> Answerer {
        Answerer { staff: Some(StaffId::generate()), role, works_the_district }
    }

    #[test]
    fn a_person_answers_for_themself_alone() {
        let me = who(StaffRole::Sergeant, false);
        assert!(may_answer(Recipient::Person(me.staff.unwrap()), me), "wherever they sit");
        assert!(!may_answer(Recipient::Person(StaffId::generate()), who(StaffRole::CityAttorney, true)));
        let nobody = Answerer { staff: None, ..me };
        assert!(!may_answer(Recipient::Person(StaffId::generate()), nobody));
    }

    #[test]
    fn the_holder_of_the_districts_seat_answers_for_a_department() {
        let police = Recipient::Department(Department::Police);
        assert!(may_answer(police, who(StaffRole::Sergeant, true)));
        assert!(!may_answer(police, who(StaffRole::Sergeant, false)), "of another district");
        assert!(!may_answer(police, who(StaffRole::Attorney, true)));
        let law = Recipient::Department(Department::CityAttorney);
        assert!(may_answer(law, who(StaffRole::Attorney, true)));
        assert!(may_answer(law, who(StaffRole::CityAttorney, true)));
    }

    #[test]
    fn the_team_records_the_answer_of_a_department_outside() {
        let fire = Recipient::Department(Department::Fire);
        assert!(may_answer(fire, who(StaffRole::CodeOfficer, true)));
        assert!(!may_answer(fire, who(StaffRole::CodeOfficer, false)));
    }

    #[test]
    fn a_hand_off_lapses_the_day_after_its_last_day_unless_it_was_answered() {
        let last = day("2026-11-25");
        assert_eq!(status_on(ReferralStatus::Waiting, last, last), ReferralStatus::Waiting);
        assert_eq!(status_on(ReferralStatus::Waiting, last, day("2026-11-26")), ReferralStatus::Lapsed);
        assert_eq!(status_on(ReferralStatus::Accepted, last, day("2026-11-26")), ReferralStatus::Accepted);
    }

    #[test]
    fn only_what_waits_is_answered() {
        for status in ReferralStatus::ALL.iter().copied() {
            assert_eq!(blocks_answer(status).is_none(), status == ReferralStatus::Waiting, "{status}");
        }
    }

    #[test]
    fn a_part_goes_to_a_department_and_a_case_to_somebody_who_works_cases() {
        let (person, fire) =
            (Recipient::Person(StaffId::generate()), Recipient::Department(Department::Fire));
        assert!(wrong_recipient(ReferralKind::Refer, person).is_some());
        assert!(wrong_recipient(ReferralKind::Assign, fire).is_some());
        assert!(wrong_recipient(ReferralKind::Assign, Recipient::Department(Department::Police)).is_none());
        assert!(wrong_recipient(ReferralKind::Transfer, fire).is_none());
        assert!(wrong_recipient(ReferralKind::Consult, person).is_none());
    }

    #[test]
    fn an_answer_is_asked_for_from_today_to_a_year_from_today() {
        let today = day("2026-11-20");
        assert!(wrong_limit(today, today).is_none());
        assert!(wrong_limit(day("2026-11-19"), today).is_some());
        assert!(wrong_limit(day("2027-11-20"), today).is_none());
        assert!(wrong_limit(day("2027-11-21"), today).is_some());
    }
}
