//! The first look at the place of a case: by when, what moves that, and how it went.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use entity::{
    case::CasePriority,
    response_pause::{ResponsePauseReason, ResponseRule, ResponseStatus, Within},
};

/// How soon somebody looks at the place of a case of that priority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub priority: CasePriority,
    pub rule: ResponseRule,
    /// What pauses its clock.
    pub pauses: Vec<ResponsePauseReason>,
}

/// A time in which the clock stood still; without an end it still does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    pub reason: ResponsePauseReason,
    pub from: DateTime<Utc>,
    pub to: Option<DateTime<Utc>>,
}

/// The clock of one case.
#[derive(Clone, Copy, Debug)]
pub struct Clock<'c> {
    pub rule: &'c ResponseRule,
    /// By when somebody was to look before any pause.
    pub first_due: DateTime<Utc>,
    pub opened_at: DateTime<Utc>,
    pub responded_at: Option<DateTime<Utc>>,
    pub is_closed: bool,
    /// In the order in which they began.
    pub pauses: &'c [Pause],
}

/// By when somebody is to look, before any pause; `start_of` tells when a day of the city begins. None at the far ends of
/// time.
#[must_use]
pub fn first_due(
    within: Within,
    opened_at: DateTime<Utc>,
    opened_on: NaiveDate,
    start_of: impl Fn(NaiveDate) -> Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    match within {
        Within::Hours(hours) => opened_at.checked_add_signed(TimeDelta::hours(hours.into())),
        Within::Days(days) => start_of(opened_on.checked_add_days(Days::new(u64::from(days) + 1))?),
    }
}

impl Clock<'_> {
    /// By when somebody is to look, with the pauses that have ended.
    #[must_use]
    pub fn due_after_pauses(&self) -> DateTime<Utc> {
        self.moved().last().map_or(self.first_due, |(_, due)| due)
    }

    /// By when somebody is to look, if a pause that still lasts ended now.
    #[must_use]
    pub fn due_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let due = self.due_after_pauses();
        match self.running() {
            Some(pause) if pause.from <= due => due + (now - pause.from).max(TimeDelta::zero()),
            _ => due,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self, now: DateTime<Utc>) -> ResponseStatus {
        let due = self.due_after_pauses();
        match (self.responded_at, self.running()) {
            (Some(at), _) if at <= due => ResponseStatus::Met,
            (Some(_), _) => ResponseStatus::MetLate,
            (None, _) if self.is_closed => ResponseStatus::Ended,
            (None, Some(pause)) if pause.from <= due => ResponseStatus::Paused,
            (None, _) if due < now => ResponseStatus::Late,
            (None, _) => ResponseStatus::Open,
        }
    }

    /// How that is reached, step by step, in the city's time.
    #[must_use]
    pub fn explanation(&self, now: DateTime<Utc>, zone: Tz) -> Vec<String> {
        let at = |moment| told(moment, zone);
        let mut steps = vec![format!(
            "Somebody looks at the place {} ({}). The case was opened {}, so by {}.",
            limit(self.rule.within),
            self.rule.citation,
            at(self.opened_at),
            at(self.first_due)
        )];
        let mut before = self.first_due;
        for (pause, due) in self.moved() {
            let length = duration(due - before);
            let span = match pause.to {
                Some(to) => format!("{} from {} to {}", pause.reason, at(pause.from), at(to)),
                None => format!("{} since {}", pause.reason, at(pause.from)),
            };
            steps.push(match pause.to {
                _ if pause.from > before => {
                    format!("{span}: the time was over by then, so it moves nothing.")
                }
                Some(_) => format!("{span}: {length} later, so by {}.", at(due)),
                None => {
                    format!("{span}: the clock stands still; if it ran on now, by {}.", at(self.due_at(now)))
                }
            });
            before = due;
        }
        let looked = self.responded_at.map(at).unwrap_or_default();
        steps.push(match self.status(now) {
            ResponseStatus::Met => format!("Somebody looked {looked}, in time."),
            ResponseStatus::MetLate => format!("Somebody looked {looked}, which was late."),
            ResponseStatus::Late => "Nobody has looked yet, and the time is over.".to_owned(),
            ResponseStatus::Open | ResponseStatus::Paused => "Nobody has looked yet.".to_owned(),
            ResponseStatus::Ended => "The case was closed before anybody looked.".to_owned(),
        });
        steps
    }

    /// The pause that still lasts.
    #[must_use]
    pub fn running(&self) -> Option<Pause> {
        self.pauses.iter().copied().find(|pause| pause.to.is_none())
    }

    // Each pause with what is due after it. One that began when the time was over already moves nothing.
    fn moved(&self) -> impl Iterator<Item = (Pause, DateTime<Utc>)> {
        self.pauses.iter().scan(self.first_due, |due, pause| {
            if let Some(to) = pause.to.filter(|_| pause.from <= *due) {
                *due += (to - pause.from).max(TimeDelta::zero());
            }
            Some((*pause, *due))
        })
    }
}

fn limit(within: Within) -> String {
    match within {
        Within::Hours(1) => "within an hour".to_owned(),
        Within::Hours(hours) => format!("within {hours} hours"),
        Within::Days(0) => "on the same day".to_owned(),
        Within::Days(1) => "by the end of the next day".to_owned(),
        Within::Days(days) => format!("within {days} calendar days"),
    }
}

/// A moment as people of the city read it.
#[must_use]
pub fn told(moment: DateTime<Utc>, zone: Tz) -> String {
    moment.with_timezone(&zone).format("%a %-d %b %Y %H:%M").to_string()
}

fn duration(length: TimeDelta) -> String {
    let (hours, minutes) = (length.num_hours(), length.num_minutes() % 60);
    match (hours, minutes) {
        (0, minutes) => format!("{minutes} minutes"),
        (hours, 0) => format!("{hours} hours"),
        (hours, minutes) => format!("{hours} hours and {minutes} minutes"),
    }
}

#[cfg(test)]
#[path = "response_tests.rs"]
mod tests;
