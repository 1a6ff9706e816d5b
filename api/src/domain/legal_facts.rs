//! What is on record when somebody wants to take a step of a legal action.

use chrono::NaiveDate;
use entity::{
    court_order::CourtOrderKind,
    id::{LegalActionId, PartyId},
    notice::NoticeKind,
    notice_service::ServiceMethod,
};

use super::{cost_ledger::Balance, remedy::RemedyGrounds};

/// What is on record of a case and of one of its legal actions; of a case alone, what belongs to an action is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Facts {
    /// The case was opened from a call-volume flag.
    pub grew_from_flag: bool,
    /// A sergeant confirmed that flag.
    pub flag_is_confirmed: bool,
    /// People live at the place, or may, and nobody recorded what becomes of them.
    pub residents_unanswered: bool,
    /// A violation that is still open is marked as an immediate danger.
    pub has_immediate_danger: bool,
    /// A violation was found at an inspection, or a file is evidence in the case: conduct, not a tally of calls.
    pub has_conduct_evidence: bool,
    /// A file is evidence in the case.
    pub has_document: bool,
    /// An inspector was not let in.
    pub entry_was_refused: bool,
    /// A lien that the case put on record stands.
    pub has_standing_lien: bool,
    /// The last day on which an inspection verified that all was corrected, nothing having been found since.
    pub verified_on: Option<NaiveDate>,
    /// What the case's ledger adds up to.
    pub balance: Balance,
    /// Days of responses to the place whose costs are on record.
    pub responses: Vec<NaiveDate>,
    /// Notices served in the case.
    pub notices: Vec<NoticeServed>,
    /// Clocks of the case and its actions that a rule counts, met or not.
    pub clocks: Vec<Clock>,

    /// The action itself.
    pub action: Option<LegalActionId>,
    /// The day it was filed or issued.
    pub filed_on: Option<NaiveDate>,
    /// A hearing in it is scheduled on the day of the step or later.
    pub has_hearing_ahead: bool,
    /// A hearing in it was held.
    pub hearing_was_held: bool,
    /// The violation of an order in it is on record.
    pub order_was_violated: bool,
    /// Something that it put on record against the title was not released.
    pub has_unreleased_recording: bool,
    /// Whom it is brought against.
    pub defendants: Vec<PartyId>,
    /// Orders in it, and their days.
    pub orders: Vec<(CourtOrderKind, NaiveDate)>,
    /// The latest first day of its own waiting periods that are not over.
    pub waits_until: Option<NaiveDate>,
}

/// A notice that was served in the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeServed {
    pub kind: NoticeKind,
    /// The action that it belongs to, where one was named.
    pub action: Option<LegalActionId>,
    pub services: Vec<Served>,
    /// The first day on which its time has run out; none for one that gives no time.
    pub over_on: Option<NaiveDate>,
}

/// How one recipient was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// None when the place itself was served.
    pub recipient: Option<PartyId>,
    pub method: ServiceMethod,
    pub on: NaiveDate,
}

impl NoticeServed {
    /// The day of its first service.
    #[must_use]
    pub fn first_on(&self) -> Option<NaiveDate> {
        self.services.iter().map(|service| service.on).min()
    }

    /// The day by which everybody was served.
    #[must_use]
    pub fn last_on(&self) -> Option<NaiveDate> {
        self.services.iter().map(|service| service.on).max()
    }
}

/// A clock that a rule counts in the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Key of the rule.
    pub rule: String,
    /// The day of the event that started it.
    pub from: NaiveDate,
    /// The first day on which it has run out.
    pub over_on: NaiveDate,
}

/// Where the time to correct, to object or to wait stands on some day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// Nothing that gives time was served or started.
    NotGiven,
    /// It was given and runs; the first day without it, where one is known.
    Running(Option<NaiveDate>),
    /// It has run out.
    Over,
}

impl Facts {
    /// The notices of those kinds that were served by that day.
    pub fn served<'a>(
        &'a self,
        kinds: &'a [NoticeKind],
        by: NaiveDate,
    ) -> impl Iterator<Item = &'a NoticeServed> {
        self.notices.iter().filter(move |notice| {
            kinds.contains(&notice.kind) && notice.last_on().is_some_and(|day| day <= by)
        })
    }

    /// The clocks of those rules that had started by that day.
    fn started<'a>(&'a self, rules: &'a [String], by: NaiveDate) -> impl Iterator<Item = &'a Clock> {
        self.clocks.iter().filter(move |clock| rules.contains(&clock.rule) && clock.from <= by)
    }

    /// Whether what the remedy builds on was served or started by that day.
    #[must_use]
    pub fn is_noticed(&self, grounds: &RemedyGrounds, by: NaiveDate) -> bool {
        self.served(&grounds.notices, by).next().is_some()
            || self.started(&grounds.waits, by).next().is_some()
    }

    /// Where the time given by what the remedy builds on stands on that day: the notice or clock that ends first holds.
    #[must_use]
    pub fn time(&self, grounds: &RemedyGrounds, on: NaiveDate) -> Time {
        let notices = self.served(&grounds.notices, on).map(|notice| notice.over_on);
        let clocks = self.started(&grounds.waits, on).map(|clock| Some(clock.over_on));
        time_of(notices.chain(clocks), on)
    }

    /// The latest day by which the costs were confirmed in the action.
    #[must_use]
    pub fn costs_confirmed_on(&self, by: NaiveDate) -> Option<NaiveDate> {
        self.orders
            .iter()
            .filter(|(kind, day)| *kind == CourtOrderKind::CostsConfirmed && *day <= by)
            .map(|(_, day)| *day)
            .max()
    }
}

fn time_of(ends: impl Iterator<Item = Option<NaiveDate>>, on: NaiveDate) -> Time {
    let mut found = Time::NotGiven;
    for end in ends {
        found = match (found, end) {
            (_, Some(day)) if day <= on => return Time::Over,
            (Time::Running(Some(known)), Some(day)) => Time::Running(Some(known.min(day))),
            (Time::Running(known), day) => Time::Running(known.or(day)),
            (_, day) => Time::Running(day),
        };
    }
    found
}
