//! What citations cost, and the clocks of their appeals.

use std::collections::BTreeSet;

use entity::property::UseType;
use serde::{Deserialize, Deserializer, de::Error as _};
use toml::Spanned;

use super::{
    document::{Document, positive, some, words},
    error::PresetError,
};
use crate::domain::{
    deadline_rule::DeadlineRule,
    fine::{Fines, Ladder},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FinesToml {
    appeal: AppealToml,
    hardship: HardshipToml,
    #[serde(rename = "ladder")]
    ladders: Vec<LadderToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppealToml {
    rule: Spanned<String>,
    review_rule: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HardshipToml {
    #[serde(deserialize_with = "words")]
    citation: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LadderToml {
    key: Spanned<String>,
    #[serde(deserialize_with = "words")]
    name: String,
    #[serde(deserialize_with = "words")]
    citation: String,
    #[serde(deserialize_with = "positive")]
    months: u32,
    #[serde(deserialize_with = "some")]
    amounts: Vec<Amount>,
    sections: Vec<String>,
    #[serde(default)]
    use_types: Vec<UseType>,
    #[serde(default)]
    on_request: bool,
    hardship_from: Option<u32>,
    #[serde(default)]
    confirm_with_counsel: bool,
    note: Option<String>,
}

/// Cents, written as `100.00`.
struct Amount(i64);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let cents = text.split_once('.').filter(|(_, cents)| cents.len() == 2).and_then(|(whole, cents)| {
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            (digits(whole) && digits(cents)).then(|| format!("{whole}{cents}").parse::<i64>().ok())?
        });
        match cents {
            Some(cents) if cents > 0 => Ok(Self(cents)),
            _ => Err(D::Error::custom(format!("`{text}` is no amount above zero such as 100.00"))),
        }
    }
}

pub(super) fn read(document: Document<'_>, rules: &[DeadlineRule]) -> Result<Fines, PresetError> {
    let written: FinesToml = document.parse()?;
    let known = |key: Spanned<String>| {
        if rules.iter().any(|rule| rule.key == *key.get_ref()) {
            return Ok(key.into_inner());
        }
        let reason = format!("there is no rule `{}` in deadline-rules.toml", key.get_ref());
        Err(document.wrong(&key, reason))
    };
    let mut keys = BTreeSet::new();
    let mut ladders: Vec<Ladder> = Vec::with_capacity(written.ladders.len());
    for ladder in written.ladders {
        document.unique(&mut keys, &ladder.key, "the ladder")?;
        let takes_the_rest = |ladder: &Ladder| ladder.sections.is_empty() && !ladder.on_request;
        if ladder.sections.is_empty() && !ladder.on_request && ladders.iter().any(takes_the_rest) {
            return Err(document.wrong(&ladder.key, "two ladders are for all other sections"));
        }
        ladders.push(Ladder {
            key: ladder.key.into_inner(),
            name: ladder.name,
            citation: ladder.citation,
            months: ladder.months,
            amounts: ladder.amounts.into_iter().map(|amount| amount.0).collect(),
            sections: ladder.sections,
            use_types: ladder.use_types,
            on_request: ladder.on_request,
            hardship_from: ladder.hardship_from,
            confirm_with_counsel: ladder.confirm_with_counsel,
            note: ladder.note,
        });
    }
    Ok(Fines {
        ladders,
        appeal_rule: known(written.appeal.rule)?,
        review_rule: known(written.appeal.review_rule)?,
        hardship_citation: written.hardship.citation,
    })
}
