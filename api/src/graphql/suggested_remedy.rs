//! Remedies that fit a case, with what each still lacks.

use async_graphql::{Context, SimpleObject};
use entity::{case_kind::CaseKind, id::CaseId};

use super::{
    context::Ask,
    loaders::{KindsOf, RecordOf},
    remedy::Remedy,
};
use crate::{
    domain::{
        legal_requirement::{supplied_by, word},
        legal_step,
        refusal::Refusal,
        remedy::Requirement,
    },
    error::Result,
};

/// A fact that has to be on record before a step, and is not.
#[derive(SimpleObject)]
pub struct MissingFact {
    /// Its word in `RemedyStep.requires`.
    fact: String,
    /// What is missing, in the words in which the step would be refused.
    message: String,
    /// The mutation that puts it on record; `legalActionAdvance` for what comes with the step itself.
    supplied_by: &'static str,
}

impl MissingFact {
    pub fn new(fact: Requirement, refusal: Refusal) -> Self {
        Self { fact: word(fact), message: refusal.message, supplied_by: supplied_by(fact) }
    }
}

/// A remedy that fits what a case is about. It is offered, not advised: the attorney decides.
#[derive(SimpleObject)]
pub struct SuggestedRemedy {
    /// The legal tool.
    remedy: Remedy,
    /// The kinds of the case that it fits.
    fits: Vec<CaseKind>,
    /// Whether it could be referred today: enabled or confirmed, and within its validity.
    available: bool,
    /// Why it cannot be referred, such as a sunset that nobody has confirmed as extended; null when it can.
    unavailable_because: Option<String>,
    /// What the case lacks until the action could be filed, besides the attorney's sign-off and what comes with the steps
    /// (reason, court, court's number). Empty when nothing is in the way today.
    missing: Vec<MissingFact>,
}

/// The remedies that fit the kinds of a case, those that fit its primary kind first.
pub async fn suggested(ctx: &Context<'_>, case: CaseId) -> Result<Vec<SuggestedRemedy>> {
    let rows = ctx.loaders()?.load_one(KindsOf(case)).await?.unwrap_or_default();
    let kinds: Vec<CaseKind> = rows.into_iter().map(|row| row.kind).collect();
    let facts = ctx.loaders()?.load_one(RecordOf(case)).await?.unwrap_or_default();
    let (app, viewer) = (ctx.app()?, ctx.viewer()?);
    let today = app.today();
    let mut found = Vec::new();
    let fitting =
        app.city.preset.remedies.iter().filter(|remedy| kinds.iter().any(|kind| remedy.fits.contains(kind)));
    let fitting: Vec<Remedy> = fitting.cloned().map(Remedy).collect();
    let current =
        futures_util::future::try_join_all(fitting.iter().map(|remedy| remedy.current(ctx))).await?;
    for (remedy, current) in fitting.into_iter().zip(current) {
        let refusal = legal_step::unavailable(&current, today);
        let lacking = legal_step::lacking(&current, viewer.role, today, &facts);
        found.push(SuggestedRemedy {
            fits: kinds.iter().copied().filter(|kind| current.fits.contains(kind)).collect(),
            remedy,
            available: refusal.is_none(),
            unavailable_because: refusal.map(|refusal| refusal.message),
            missing: lacking.into_iter().map(|(fact, refusal)| MissingFact::new(fact, refusal)).collect(),
        });
    }
    found.sort_by_key(|suggestion| kinds.first().is_some_and(|kind| !suggestion.fits.contains(kind)));
    Ok(found)
}
