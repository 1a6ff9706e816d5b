//! Letters on which a city's templates are tried out: with everything there is to say, and with as little as may be.

use entity::letter::LetterKind;

use super::letters::Wording;
use crate::domain::letter::{Cost, Counted, DRAFT, Dated, EarlyWarning, Facts, Place, Recipient, Violation};

/// The letters of that kind on which its template is tried.
pub(super) fn samples(kind: LetterKind) -> [Facts; 2] {
    // No other letter speaks of calls.
    let warning = (kind == LetterKind::EarlyWarning).then(warning);
    [whole(), sparse()].map(|facts| Facts { warning: warning.clone(), ..facts })
}

/// Everything that a letter may say, as a draft.
pub(super) fn whole() -> Facts {
    Facts {
        draft: Some(DRAFT.to_owned()),
        city: "City".to_owned(),
        dated: "Day".to_owned(),
        case_number: Some("Number".to_owned()),
        place: Place { address: "Place".to_owned(), parcel_number: Some("Parcel".to_owned()) },
        recipients: vec![
            Recipient {
                name: Some("Name".to_owned()),
                address: Some("Address".to_owned()),
                method: Some("by mail".to_owned()),
                served_on: Some("Day".to_owned()),
            },
            Recipient::default(),
        ],
        violations: vec![violation(true), violation(false)],
        comply_by: Some("Day".to_owned()),
        amount: Some("$1.00".to_owned()),
        costs: vec![Cost::default()],
        dates: vec![Dated { steps: vec!["Step".to_owned()], ..Dated::default() }, Dated::default()],
        warning: Some(warning()),
        signed_by: Some("Name".to_owned()),
    }
}

/// As little as a letter may say, as it is sent.
fn sparse() -> Facts {
    Facts { place: Place { address: "Place".to_owned(), parcel_number: None }, ..Facts::default() }
}

/// What must stand in the letter, with its name.
pub(super) fn must_say(facts: &Facts, wording: &Wording) -> Vec<(&'static str, String)> {
    // As the templates print it.
    let text = |text: &str| minijinja::HtmlEscape(text).to_string();
    let mut said = vec![
        ("the right-to-call statement, {{ right_to_call.text }}", text(&wording.right_to_call.text)),
        ("the place's address, {{ place.address }}", text(&facts.place.address)),
    ];
    if facts.draft.is_some() {
        said.push(("the mark of a draft, {{ draft }}", text(DRAFT)));
    }
    said
}

fn violation(immediate_danger: bool) -> Violation {
    Violation {
        section: "Section".to_owned(),
        corrected_on: immediate_danger.then(|| "Day".to_owned()),
        immediate_danger,
        ..Violation::default()
    }
}

fn warning() -> EarlyWarning {
    EarlyWarning { categories: vec![Counted::default()], ..EarlyWarning::default() }
}
