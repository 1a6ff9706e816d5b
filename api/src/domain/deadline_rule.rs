//! How a deadline follows from an event: what a law says, and the day it gives, with every step told.

use chrono::{Datelike, Days, Months, NaiveDate};
use entity::{
    deadline::{CountDirection, DayBasis, DeadlineKind},
    inspection::InspectionResult,
    notice::NoticeKind,
    notice_service::ServiceMethod,
};

use super::court_calendar::{Closed, CourtCalendar, Uncountable, Way};

/// One rule by which a day is counted; data of the city's preset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlineRule {
    pub key: String,
    /// What has to be done, or what ends.
    pub label: String,
    pub citation: String,
    /// The event that starts the count, such as `hearing` or `complaint served`.
    pub trigger: String,
    pub kind: DeadlineKind,
    /// How many days, court days, months or years.
    pub n: u32,
    pub basis: DayBasis,
    pub direction: CountDirection,
    pub extension: ServiceExtension,
    /// What follows when nobody acts in time.
    pub if_missed: String,
    /// The source is unverified, or the law leaves it to local rules.
    pub confirm_with_counsel: bool,
    /// What else one has to know, such as an hour of the day.
    pub note: Option<String>,
    /// The kinds of notices whose service starts the count.
    pub notices: Vec<NoticeKind>,
    /// The day that the notice itself names holds; a notice that names none starts nothing.
    pub named_by_notice: bool,
    /// The results of inspections that start the count; the next inspection ends it.
    pub inspections: Vec<InspectionResult>,
    /// It says when to inspect again after the compliance date of a notice.
    pub after_compliance: bool,
}

/// How the way in which a paper was served adds time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServiceExtension {
    /// It adds nothing.
    None,
    /// A time to respond (Code of Civil Procedure 1013, 1010.6): mail 5, 10 or 20 calendar days; express, fax and
    /// electronic service 2 court days.
    Response,
    /// Notice of a motion (Code of Civil Procedure 1005(b), 1010.6): mail 5, 10 or 20 and express or fax 2 calendar days;
    /// electronic service 2 court days.
    Motion,
    /// A summons (Code of Civil Procedure 415.20): substituted service is complete on the tenth day after mailing.
    Summons,
    /// Local law or counsel has to say; nothing is added.
    Confirm,
}

/// Time added for the way of service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Added {
    calendar_days: u32,
    court_days: u32,
    /// No law names an extension for this way of service here.
    unsettled: bool,
}

impl ServiceExtension {
    fn of(self, method: Option<ServiceMethod>) -> Added {
        use ServiceMethod as M;
        let calendar = |days| Added { calendar_days: days, ..Added::default() };
        let court = |days| Added { court_days: days, ..Added::default() };
        let unsettled = Added { unsettled: true, ..Added::default() };
        let Some(method) = method.filter(|method| *method != M::Personal) else { return Added::default() };
        match (self, method) {
            (Self::None, _) => Added::default(),
            (Self::Confirm, _) => unsettled,
            (Self::Summons, M::Substituted) => calendar(10),
            (Self::Summons, _) => unsettled,
            (Self::Response | Self::Motion, M::MailInState | M::CertifiedMail) => calendar(5),
            (Self::Response | Self::Motion, M::MailOutOfState) => calendar(10),
            (Self::Response | Self::Motion, M::MailAbroad) => calendar(20),
            (Self::Response | Self::Motion, M::Electronic) => court(2),
            (Self::Response, M::Overnight | M::Fax) => court(2),
            (Self::Motion, M::Overnight | M::Fax) => calendar(2),
            (Self::Response | Self::Motion, _) => unsettled,
        }
    }
}

/// A day that was computed, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computed {
    pub due_on: NaiveDate,
    /// Days that the way of service added: court days where the rule adds those, else calendar days.
    pub service_extension_days: u32,
    /// Each step in words, in order.
    pub steps: Vec<String>,
    /// The law is silent on a step, or rests on a list that nobody compared with the published one.
    pub confirm_with_counsel: bool,
}

impl DeadlineRule {
    /// The day that follows from an event on `trigger_on`, a paper having been served by `method` where one was.
    pub fn compute(
        &self,
        calendar: &CourtCalendar,
        trigger_on: NaiveDate,
        method: Option<ServiceMethod>,
    ) -> Result<Computed, Uncountable> {
        let added = self.extension.of(method);
        let mut count = Counting {
            calendar,
            way: match self.direction {
                CountDirection::Forward => Way::Forward,
                CountDirection::Backward => Way::Backward,
            },
            day: trigger_on,
            steps: Vec::new(),
            doubts: Vec::new(),
        };
        match self.basis {
            DayBasis::Calendar => count.calendar_days(self.n)?,
            DayBasis::Court => count.court_days(self.n)?,
            DayBasis::Months => count.months(self.n, "month")?,
            DayBasis::Years => {
                count.months(self.n.checked_mul(12).ok_or(Uncountable::OutOfRange)?, "year")?
            }
        }
        count.serve(added)?;
        if added.unsettled {
            count.doubt("no general law adds time for this way of service; local law may");
        }
        // Court days never end on a closed day; what lapses is not moved at all.
        if self.kind == DeadlineKind::Expires {
            count.end_unmoved();
        } else {
            count.end_open()?;
        }
        Ok(self.told(count, added.calendar_days + added.court_days))
    }

    /// The day that a notice served on `served_on` names itself: it stands as it is, and how far away it is gets told.
    #[must_use]
    pub fn named(&self, calendar: &CourtCalendar, served_on: NaiveDate, day: NaiveDate) -> Computed {
        let away = (day - served_on).num_days();
        let step = format!(
            "the notice names {}, {away} calendar day{} from {}",
            written(day),
            if away == 1 { "" } else { "s" },
            written(served_on),
        );
        let mut count = Counting { calendar, way: Way::Forward, day, steps: vec![step], doubts: Vec::new() };
        match calendar.closed(day) {
            Ok(None) => {}
            Ok(Some(closed)) => {
                count.steps.push(format!("{} is {}", written(day), on_its_own(&closed)));
                count.doubt(
                    "whether a day that a notice names moves when offices are closed is for local law",
                );
            }
            Err(_) => count.doubt("the court holidays of that year are not recorded yet"),
        }
        self.told(count, 0)
    }

    fn told(&self, count: Counting<'_>, service_extension_days: u32) -> Computed {
        let confirm_with_counsel = self.confirm_with_counsel || !count.doubts.is_empty();
        let mut steps = count.steps;
        steps.extend(self.note.clone());
        steps.extend(count.doubts.into_iter().map(|doubt| format!("confirm: {doubt}")));
        Computed { due_on: count.day, service_extension_days, steps, confirm_with_counsel }
    }
}

/// A count that is under way.
struct Counting<'a> {
    calendar: &'a CourtCalendar,
    way: Way,
    day: NaiveDate,
    steps: Vec<String>,
    /// What counsel has to look at.
    doubts: Vec<String>,
}

impl Counting<'_> {
    fn calendar_days(&mut self, n: u32) -> Result<(), Uncountable> {
        let to = match self.way {
            Way::Forward => self.day.checked_add_days(Days::new(n.into())),
            Way::Backward => self.day.checked_sub_days(Days::new(n.into())),
        };
        self.go(to, counted(n, "calendar day"))
    }

    fn court_days(&mut self, n: u32) -> Result<(), Uncountable> {
        let from = self.day;
        let to = self.calendar.court_days(from, n, self.way)?;
        let mut years = [from, to].map(|day| day.year());
        years.sort_unstable();
        (years[0]..=years[1]).for_each(|year| self.rest_on(year));
        self.go(Some(to), counted(n, "court day"))
    }

    fn months(&mut self, months: u32, unit: &str) -> Result<(), Uncountable> {
        let n = if unit == "year" { months / 12 } else { months };
        let to = match self.way {
            Way::Forward => self.day.checked_add_months(Months::new(months)),
            Way::Backward => self.day.checked_sub_months(Months::new(months)),
        };
        self.go(to, counted(n, unit))
    }

    fn go(&mut self, to: Option<NaiveDate>, how: String) -> Result<(), Uncountable> {
        let to = to.ok_or(Uncountable::OutOfRange)?;
        let preposition = if self.way == Way::Forward { "from" } else { "before" };
        self.steps.push(format!("{how} {preposition} {} is {}", written(self.day), written(to)));
        self.day = to;
        Ok(())
    }

    fn serve(&mut self, added: Added) -> Result<(), Uncountable> {
        let before = self.steps.len();
        if added.calendar_days > 0 {
            self.calendar_days(added.calendar_days)?;
        }
        if added.court_days > 0 {
            self.court_days(added.court_days)?;
        }
        for step in &mut self.steps[before..] {
            step.insert_str(0, "for the way of service, ");
        }
        Ok(())
    }

    /// Ends on a day on which the court is open (Code of Civil Procedure 12, 12a).
    fn end_open(&mut self) -> Result<(), Uncountable> {
        self.rest_on(self.day.year());
        let Some(closed) = self.calendar.closed(self.day)? else { return Ok(()) };
        let open = self.calendar.open_day(self.day, self.way)?;
        self.rest_on(open.year());
        let which = if self.way == Way::Forward { "next" } else { "last" };
        if let Some(step) = self.steps.last_mut() {
            step.push_str(&format!(", {}; {which} court day {}", named(&closed), written(open)));
        }
        self.day = open;
        if self.way == Way::Backward {
            self.doubt("the law is silent where a count backward ends on a closed day; the earlier court day is safe");
        }
        Ok(())
    }

    /// Ends where it is: a power that lapses is not prolonged by a closed day.
    fn end_unmoved(&mut self) {
        match self.calendar.closed(self.day) {
            Ok(None) => self.rest_on(self.day.year()),
            Ok(Some(closed)) => {
                if let Some(step) = self.steps.last_mut() {
                    step.push_str(&format!(", {}", named(&closed)));
                }
                self.doubt("what lapses is not moved to a later day; act on an earlier court day");
            }
            Err(_) => self.doubt("the court holidays of that year are not recorded yet"),
        }
    }

    fn rest_on(&mut self, year: i32) {
        if self.calendar.is_unconfirmed(year) {
            self.doubt(&format!(
                "the court holidays of {year} were derived from the rule; compare them with the court's own list"
            ));
        }
    }

    fn doubt(&mut self, why: &str) {
        if !self.doubts.iter().any(|told| told == why) {
            self.doubts.push(why.to_owned());
        }
    }
}

fn counted(n: u32, unit: &str) -> String {
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}

fn written(day: NaiveDate) -> String {
    day.format("%a %-d %b %Y").to_string()
}

fn named(closed: &Closed) -> String {
    match closed {
        Closed::Weekend => "when the court is closed".to_owned(),
        Closed::Holiday(name) => format!("a court holiday ({name})"),
    }
}

fn on_its_own(closed: &Closed) -> String {
    match closed {
        Closed::Weekend => "a day of the weekend".to_owned(),
        Closed::Holiday(name) => format!("a court holiday ({name})"),
    }
}

#[cfg(test)]
#[path = "deadline_rule_tests.rs"]
mod tests;
