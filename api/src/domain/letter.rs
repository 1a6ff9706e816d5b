//! What a letter says: facts in words, as templates take them. No call, caller or report is among them, only counts.

use chrono::NaiveDate;
use entity::{call::CallCategory, notice_service::ServiceMethod};
use serde::Serialize;

/// The mark of a letter that was not sent.
pub const DRAFT: &str = "DRAFT";

/// Everything that a template may name, beside the city's own wording.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Facts {
    /// The mark of a draft; none on a letter as it is sent.
    pub draft: Option<String>,
    pub city: String,
    /// The day of the letter.
    pub dated: String,
    /// None on an early warning, which belongs to no case.
    pub case_number: Option<String>,
    pub place: Place,
    pub recipients: Vec<Recipient>,
    /// Conduct with evidence: what inspections found.
    pub violations: Vec<Violation>,
    /// By when to comply; of a cost statement, by when to pay.
    pub comply_by: Option<String>,
    /// The fine of a citation, or what a cost statement asks for.
    pub amount: Option<String>,
    pub costs: Vec<Cost>,
    pub dates: Vec<Dated>,
    /// On an early warning only.
    pub warning: Option<EarlyWarning>,
    /// Who sends it; none when the server does.
    pub signed_by: Option<String>,
}

/// The place that a letter is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Place {
    pub address: String,
    pub parcel_number: Option<String>,
}

/// Whom a letter goes to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Recipient {
    /// None when the place itself is served, such as by posting.
    pub name: Option<String>,
    pub address: Option<String>,
    /// How it reaches them; none as long as nobody said.
    pub method: Option<String>,
    pub served_on: Option<String>,
}

/// A violation that an inspection found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Violation {
    pub section: String,
    pub description: String,
    pub found_on: String,
    pub corrected_on: Option<String>,
    pub immediate_danger: bool,
    /// 1 for the first of this section at this place within the ladder's window.
    pub offense_number: i32,
}

/// One cost that a statement asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    pub on: String,
    pub description: String,
    /// Which paper shows it.
    pub receipt: String,
    pub amount: String,
}

/// A day, and how it was reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Dated {
    pub label: String,
    pub day: String,
    pub citation: String,
    pub steps: Vec<String>,
}

/// What a rule counts at a place that comes near to its threshold.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EarlyWarning {
    pub rule: String,
    pub citation: String,
    pub from: String,
    pub to: String,
    /// How many calls count.
    pub counted: usize,
    /// On how many days they were.
    pub days: usize,
    /// What the rule makes of them, and what it holds that against.
    pub measured: String,
    pub threshold: String,
    pub categories: Vec<Counted>,
}

/// How many calls of one category count.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Counted {
    pub category: String,
    pub count: usize,
}

/// A day as letters write it.
#[must_use]
pub fn day(day: NaiveDate) -> String {
    day.format("%A, %B %-d, %Y").to_string()
}

/// A category as letters write it.
#[must_use]
pub fn category(category: CallCategory) -> String {
    category.word().replace('_', " ").to_lowercase()
}

/// How a paper reaches its recipient, as letters write it.
#[must_use]
pub fn method(method: ServiceMethod) -> &'static str {
    use ServiceMethod as M;
    match method {
        M::Personal => "in person",
        M::Substituted => "by substituted service",
        M::MailInState | M::MailOutOfState | M::MailAbroad => "by first-class mail",
        M::CertifiedMail => "by certified mail",
        M::Overnight => "by overnight delivery",
        M::Fax => "by fax",
        M::Electronic => "electronically",
        M::Posting => "by posting on the property",
        M::Publication => "by publication",
    }
}

/// A number with at most two places, such as `0.4` or `7`.
#[must_use]
pub fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_numbers_and_words_read_as_people_write_them() {
        let date = NaiveDate::from_ymd_opt(2026, 12, 4).unwrap();
        assert_eq!(day(date), "Friday, December 4, 2026");
        assert_eq!([0.4, 7.0, 10.0, 0.375].map(number), ["0.4", "7", "10", "0.38"]);
        assert_eq!(category(CallCategory::ShotsFired), "shots fired");
    }
}
