//! The city's legal tools: each with its source, what it fits and its steps.

use std::collections::{BTreeMap, BTreeSet};

use entity::{
    case_kind::CaseKind,
    legal_action::{LegalActionKind, LegalActionStatus},
    staff::StaffRole,
};
use serde::Deserialize;
use toml::Spanned;

use super::{
    document::{Day, Document, some, words},
    error::PresetError,
    remedy_orders::{self, OrderToml},
    remedy_steps,
};
use crate::domain::{
    deadline_rule::DeadlineRule,
    remedy::{Remedy, RemedyGrounds, Requirement},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RemediesToml {
    /// Steps that several remedies share.
    #[serde(default, rename = "path")]
    paths: Vec<PathToml>,
    #[serde(default, rename = "remedy")]
    remedies: Vec<RemedyToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PathToml {
    key: Spanned<String>,
    #[serde(deserialize_with = "some")]
    steps: Vec<Spanned<StepToml>>,
    #[serde(default)]
    orders: Vec<Spanned<OrderToml>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RemedyToml {
    key: Spanned<String>,
    kind: LegalActionKind,
    #[serde(deserialize_with = "words")]
    name: String,
    #[serde(deserialize_with = "words")]
    citation: String,
    #[serde(deserialize_with = "some")]
    fits: Vec<CaseKind>,
    valid_from: Option<Day>,
    valid_to: Option<Spanned<Day>>,
    enabled: Spanned<bool>,
    disabled_reason: Option<String>,
    #[serde(default)]
    confirm_with_counsel: bool,
    note: Option<String>,
    /// Where the facts that its steps require are looked for.
    #[serde(default)]
    grounds: Option<Spanned<RemedyGrounds>>,
    /// Shared steps; a step of the remedy's own between the same statuses stands instead.
    #[serde(default)]
    paths: Vec<Spanned<String>>,
    #[serde(default)]
    steps: Vec<Spanned<StepToml>>,
    /// Its own orders; one stands instead of a shared one of the same kind.
    #[serde(default)]
    orders: Vec<Spanned<OrderToml>>,
}

/// A step as written: it may start at several statuses.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepToml {
    /// Absent at the start.
    pub(super) from: Option<Vec<LegalActionStatus>>,
    pub(super) to: LegalActionStatus,
    #[serde(deserialize_with = "some")]
    pub(super) actors: Vec<StaffRole>,
    #[serde(default)]
    pub(super) requires: Vec<Requirement>,
    #[serde(default)]
    pub(super) milestones: Vec<String>,
    /// Deadline rules that begin to run with it.
    #[serde(default)]
    pub(super) starts: Vec<Spanned<String>>,
    /// Deadline rules that it meets.
    #[serde(default)]
    pub(super) meets: Vec<Spanned<String>>,
}

/// The steps and orders of a path.
type Path = (Vec<Spanned<StepToml>>, Vec<Spanned<OrderToml>>);

pub(super) fn read(document: Document<'_>, rules: &[DeadlineRule]) -> Result<Vec<Remedy>, PresetError> {
    let listed: RemediesToml = document.parse()?;
    let steps = listed.paths.iter().flat_map(|path| &path.steps);
    let steps = steps.chain(listed.remedies.iter().flat_map(|remedy| &remedy.steps)).map(Spanned::get_ref);
    let orders = listed.paths.iter().flat_map(|path| &path.orders);
    let orders = orders.chain(listed.remedies.iter().flat_map(|remedy| &remedy.orders)).map(Spanned::get_ref);
    let named = steps.flat_map(|step| step.starts.iter().chain(&step.meets));
    for key in named.chain(orders.flat_map(|order| &order.starts)) {
        if !rules.iter().any(|rule| rule.key == *key.get_ref()) {
            let reason = format!("there is no deadline rule `{}`", key.get_ref());
            return Err(document.wrong(key, reason));
        }
    }
    for grounds in listed.remedies.iter().filter_map(|remedy| remedy.grounds.as_ref()) {
        if let Some(key) =
            grounds.get_ref().waits.iter().find(|key| !rules.iter().any(|rule| rule.key == **key))
        {
            return Err(document.wrong(grounds, format!("there is no deadline rule `{key}`")));
        }
    }
    let mut path_keys = BTreeSet::new();
    let mut paths = BTreeMap::new();
    for path in listed.paths {
        document.unique(&mut path_keys, &path.key, "the path")?;
        paths.insert(path.key.into_inner(), (path.steps, path.orders));
    }
    let mut keys = BTreeSet::new();
    let mut remedies = Vec::with_capacity(listed.remedies.len());
    for remedy in listed.remedies {
        document.unique(&mut keys, &remedy.key, "the remedy")?;
        remedies.push(checked(document, remedy, &paths)?);
    }
    Ok(remedies)
}

fn checked(
    document: Document<'_>,
    remedy: RemedyToml,
    paths: &BTreeMap<String, Path>,
) -> Result<Remedy, PresetError> {
    if remedy.key.get_ref().trim().is_empty() {
        return Err(document.wrong(&remedy.key, "a remedy needs a key"));
    }
    if let (Some(from), Some(to)) = (remedy.valid_from, &remedy.valid_to)
        && *to.get_ref() <= from
    {
        return Err(document.wrong(to, "valid_to must be after valid_from"));
    }
    let explained = remedy.disabled_reason.as_ref().is_some_and(|reason| !reason.trim().is_empty());
    if *remedy.enabled.get_ref() == explained {
        let reason = if explained {
            "a remedy that is enabled has no disabled_reason"
        } else {
            "a remedy that is not enabled needs a disabled_reason"
        };
        return Err(document.wrong(&remedy.enabled, reason));
    }
    let mut shared = Vec::with_capacity(remedy.paths.len());
    let mut shared_orders = Vec::with_capacity(remedy.paths.len());
    for path in &remedy.paths {
        let Some((steps, orders)) = paths.get(path.get_ref()) else {
            let reason = format!("there is no path `{}`", path.get_ref());
            return Err(document.wrong(path, reason));
        };
        shared.push(steps.as_slice());
        shared_orders.push(orders.as_slice());
    }
    let steps = remedy_steps::joined(document, &remedy.key, &shared, &remedy.steps)?;
    let grounds = remedy.grounds.as_ref().map(Spanned::get_ref).cloned().unwrap_or_default();
    if let Some(lacking) =
        steps.iter().flat_map(|step| &step.requires).find_map(|asked| ungrounded(*asked, &grounds))
    {
        return Err(document.wrong(&remedy.key, format!("remedy `{}`: {lacking}", remedy.key.get_ref())));
    }
    Ok(Remedy {
        key: remedy.key.into_inner(),
        kind: remedy.kind,
        name: remedy.name,
        citation: remedy.citation,
        fits: remedy.fits,
        valid_from: remedy.valid_from.map(|day| day.0),
        valid_to: remedy.valid_to.map(|day| day.into_inner().0),
        enabled: remedy.enabled.into_inner(),
        disabled_reason: remedy.disabled_reason,
        confirm_with_counsel: remedy.confirm_with_counsel,
        note: remedy.note,
        grounds,
        orders: remedy_orders::joined(document, &steps, &shared_orders, &remedy.orders)?,
        steps,
    })
}

/// Why a fact that a step requires could never be found on record.
fn ungrounded(asked: Requirement, grounds: &RemedyGrounds) -> Option<&'static str> {
    use Requirement as R;
    match asked {
        R::ServedNotice | R::CorrectionPeriodPassed | R::NoticeExpired | R::CostConfirmed
            if grounds.notices.is_empty() && grounds.waits.is_empty() =>
        {
            Some("`grounds` names neither `notices` nor `waits` that its steps could look at")
        }
        R::LienNotice if grounds.lien_notice_by.is_empty() => {
            Some("`grounds` does not say how notice of the lien is served (`lien_notice_by`)")
        }
        R::EarlierResponse if grounds.response_window_days.is_none() => Some(
            "`grounds` does not say within how many days a response was earlier (`response_window_days`)",
        ),
        _ => None,
    }
}
