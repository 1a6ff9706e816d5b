//! The steps of a remedy as a whole: joined from shared paths, without gaps, dead ends or short cuts past the attorney.

use std::collections::BTreeSet;

use entity::{
    legal_action::LegalActionStatus::{self, Authorized, Declined, Referred, Withdrawn},
    staff::StaffRole,
};
use toml::Spanned;

use super::{document::Document, error::PresetError, remedies::StepToml};
use crate::domain::remedy::RemedyStep;

type Edge = (Option<LegalActionStatus>, LegalActionStatus);

/// A step and where it was written.
struct Written<'a> {
    step: RemedyStep,
    at: &'a Spanned<StepToml>,
}

/// The steps of one remedy: its own, and those of its paths where it has none between the same statuses.
pub(super) fn joined(
    document: Document<'_>,
    remedy: &Spanned<String>,
    paths: &[&[Spanned<StepToml>]],
    own: &[Spanned<StepToml>],
) -> Result<Vec<RemedyStep>, PresetError> {
    let own = expanded(document, remedy, own)?;
    let mine: BTreeSet<Edge> = own.iter().map(|written| edge(&written.step)).collect();
    let mut steps = Vec::new();
    let mut shared = BTreeSet::new();
    for path in paths {
        for written in expanded(document, remedy, path)? {
            let edge = edge(&written.step);
            if mine.contains(&edge) {
                continue;
            }
            if !shared.insert(edge) {
                return Err(twice(document, remedy, &written));
            }
            steps.push(written);
        }
    }
    steps.extend(own);
    check(document, remedy, &steps)?;
    Ok(steps.into_iter().map(|written| written.step).collect())
}

fn expanded<'a>(
    document: Document<'_>,
    remedy: &Spanned<String>,
    steps: &'a [Spanned<StepToml>],
) -> Result<Vec<Written<'a>>, PresetError> {
    let mut written: Vec<Written<'a>> = Vec::new();
    for at in steps {
        let step = at.get_ref();
        let starts: Vec<Option<LegalActionStatus>> = match &step.from {
            None => vec![None],
            Some(from) if from.is_empty() => {
                return Err(document.wrong(at, "leave `from` out at the start, or name a status"));
            }
            Some(from) => from.iter().copied().map(Some).collect(),
        };
        for from in starts {
            let next = Written {
                step: RemedyStep {
                    from,
                    to: step.to,
                    actors: step.actors.clone(),
                    requires: step.requires.clone(),
                    milestones: step.milestones.clone(),
                    starts: keys(&step.starts),
                    meets: keys(&step.meets),
                },
                at,
            };
            if written.iter().any(|earlier| edge(&earlier.step) == edge(&next.step)) {
                return Err(twice(document, remedy, &next));
            }
            written.push(next);
        }
    }
    Ok(written)
}

fn keys(written: &[Spanned<String>]) -> Vec<String> {
    written.iter().map(|key| key.get_ref().clone()).collect()
}

fn check(document: Document<'_>, remedy: &Spanned<String>, steps: &[Written<'_>]) -> Result<(), PresetError> {
    let name = remedy.get_ref();
    let reached = reached(steps);
    for written in steps {
        let step = &written.step;
        let wrong = |reason: String| Err(document.wrong(written.at, format!("remedy `{name}`: {reason}")));
        match step.from {
            None if step.to != Referred => {
                return wrong(format!("the first step goes to REFERRED, not to {}", step.to));
            }
            Some(from) if from.is_final() => {
                return wrong(format!("{from} is final, nothing can follow it"));
            }
            Some(from) if !reached.contains(&from) => {
                return wrong(format!("no step leads to {from}, so none can start there"));
            }
            Some(Referred) if !matches!(step.to, Authorized | Declined | Withdrawn) => {
                return wrong(format!("{} cannot follow REFERRED: an attorney decides first", step.to));
            }
            Some(Referred) if !step.actors.iter().all(|actor| is_attorney(*actor)) => {
                return wrong(format!("only attorneys may decide on {}", step.to));
            }
            _ => {}
        }
        if let Some(actor) = step.actors.iter().find(|actor| !acts(**actor)) {
            return wrong(format!("{actor} takes no step of a legal action"));
        }
    }
    for needed in [Authorized, Declined, Withdrawn] {
        if !reached.contains(&needed) {
            let reason = format!("remedy `{name}`: no step leads to {needed}");
            return Err(document.wrong(remedy, reason));
        }
    }
    let dead_end = reached.iter().find(|status| {
        !status.is_final() && !steps.iter().any(|written| written.step.from == Some(**status))
    });
    match dead_end {
        Some(status) => {
            let reason = format!("remedy `{name}`: {status} is not final, but no step leads on from it");
            Err(document.wrong(remedy, reason))
        }
        None => Ok(()),
    }
}

fn reached(steps: &[Written<'_>]) -> BTreeSet<LegalActionStatus> {
    let mut reached = BTreeSet::new();
    loop {
        let before = reached.len();
        for written in steps {
            if written.step.from.is_none_or(|from| reached.contains(&from)) {
                reached.insert(written.step.to);
            }
        }
        if reached.len() == before {
            return reached;
        }
    }
}

fn edge(step: &RemedyStep) -> Edge {
    (step.from, step.to)
}

fn twice(document: Document<'_>, remedy: &Spanned<String>, written: &Written<'_>) -> PresetError {
    let from = written.step.from.map_or_else(|| "the start".to_owned(), |from| from.to_string());
    let reason =
        format!("remedy `{}`: the step from {from} to {} is given twice", remedy.get_ref(), written.step.to);
    document.wrong(written.at, reason)
}

fn is_attorney(role: StaffRole) -> bool {
    matches!(role, StaffRole::Attorney | StaffRole::CityAttorney)
}

fn acts(role: StaffRole) -> bool {
    is_attorney(role) || StaffRole::TEAM.contains(&role)
}
