//! A calendar of hearings and deadlines as iCalendar (RFC 5545) text. It leaves the city for machines of others, so it holds
//! nothing that somebody wrote freely about a matter, save what a hearing is for.

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use entity::{
    deadline::DeadlineKind,
    hearing::HearingStatus,
    id::{DeadlineId, HearingId},
};
use icalendar::{
    Calendar as Ics, CalendarDateTime, Class, Component, Event as IcsEvent, EventLike, EventStatus, Property,
};

use super::{calendar_zone::vtimezone, hearing::SAME_TIME};

/// A hearing in a calendar.
#[derive(Clone, Debug)]
pub struct HearingEntry {
    pub id: HearingId,
    pub version: i32,
    pub case_number: String,
    pub starts_at: DateTime<Utc>,
    pub court: String,
    pub department: Option<String>,
    pub purpose: String,
    pub status: HearingStatus,
    pub changed_at: DateTime<Utc>,
}

/// A deadline in a calendar.
#[derive(Clone, Debug)]
pub struct DeadlineEntry {
    pub id: DeadlineId,
    pub version: i32,
    pub case_number: String,
    pub kind: DeadlineKind,
    /// What the rule that it was counted by calls it; none for words that somebody wrote.
    pub rule_label: Option<String>,
    pub due_on: NaiveDate,
    pub is_open: bool,
    pub changed_at: DateTime<Utc>,
}

/// What one calendar holds.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    pub name: String,
    pub hearings: Vec<HearingEntry>,
    pub deadlines: Vec<DeadlineEntry>,
}

impl Calendar {
    /// The calendar as text, by the city's clock, as of `now`.
    #[must_use]
    pub fn text(&self, zone: Tz, now: DateTime<Utc>) -> String {
        let mut calendar = Ics::empty();
        let name = clean(&self.name);
        for (key, value) in [
            ("VERSION", "2.0"),
            ("PRODID", "-//Justice for Neighbors//Docket//EN"),
            ("CALSCALE", "GREGORIAN"),
            ("METHOD", "PUBLISH"),
            ("NAME", &name),
        ] {
            calendar.append_property(Property::new(key, value));
        }
        for hearing in &self.hearings {
            calendar.push(heard(hearing, zone, now));
        }
        for deadline in &self.deadlines {
            calendar.push(due(deadline, now));
        }
        let text = calendar.to_string();
        let days = self.hearings.iter().map(|hearing| hearing.starts_at);
        let (first, last) = days.fold((now, now), |(first, last), at| (first.min(at), last.max(at)));
        // The library writes components with a time stamp and an id, which a VTIMEZONE has not.
        let at = text.find("BEGIN:VEVENT").or_else(|| text.find("END:VCALENDAR")).unwrap_or(text.len());
        let (head, events) = text.split_at(at);
        format!("{head}{}{events}", vtimezone(zone, first, last))
    }
}

fn heard(hearing: &HearingEntry, zone: Tz, now: DateTime<Utc>) -> IcsEvent {
    let status = match hearing.status {
        HearingStatus::Scheduled | HearingStatus::Held => EventStatus::Confirmed,
        HearingStatus::Continued | HearingStatus::Vacated => EventStatus::Cancelled,
    };
    let department = hearing.department.as_ref().map(|name| format!(", Dept. {name}")).unwrap_or_default();
    // How long it will take nobody says; as long as one cannot be elsewhere.
    let ends_at = hearing.starts_at + TimeDelta::minutes(SAME_TIME);
    let mut event = blank(&hearing.id.to_string(), hearing.version, (now, hearing.changed_at));
    event
        .summary(&clean(&format!("{} · {}", hearing.purpose, hearing.case_number)))
        .location(&clean(&format!("{}{department}", hearing.court)))
        .starts(local(hearing.starts_at, zone))
        .ends(local(ends_at, zone))
        .status(status);
    event
}

fn due(deadline: &DeadlineEntry, now: DateTime<Utc>) -> IcsEvent {
    let kind = match deadline.kind {
        DeadlineKind::Due => "Due",
        DeadlineKind::NotBefore => "Not before",
        DeadlineKind::Expires => "Expires",
    };
    let what = deadline.rule_label.as_deref().unwrap_or("see the case");
    let mut event = blank(&deadline.id.to_string(), deadline.version, (now, deadline.changed_at));
    event
        .summary(&clean(&format!("{kind}: {what} · {}", deadline.case_number)))
        .starts(deadline.due_on)
        // A day with a deadline is not a day without time.
        .add_property("TRANSP", "TRANSPARENT")
        .status(if deadline.is_open { EventStatus::Confirmed } else { EventStatus::Cancelled });
    event
}

fn blank(uid: &str, version: i32, (now, changed_at): (DateTime<Utc>, DateTime<Utc>)) -> IcsEvent {
    let mut event = IcsEvent::with_uid(uid);
    event
        // The first version of a thing has SEQUENCE 0 (RFC 5545 3.8.7.4).
        .sequence(u32::try_from(version - 1).unwrap_or_default())
        .timestamp(now)
        .last_modified(changed_at)
        .class(Class::Confidential);
    event
}

// By the city's clock; of an hour that comes twice when the clocks go back, the second one has no name but UTC's.
fn local(at: DateTime<Utc>, zone: Tz) -> CalendarDateTime {
    let wall = at.with_timezone(&zone).naive_local();
    match zone.from_local_datetime(&wall).earliest() {
        Some(first) if first == at => {
            CalendarDateTime::WithTimezone { date_time: wall, tzid: zone.name().to_owned() }
        }
        _ => CalendarDateTime::Utc(at),
    }
}

// On one line: what ends a line in a calendar is not left to whoever typed it.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
