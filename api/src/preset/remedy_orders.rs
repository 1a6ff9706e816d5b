//! The orders of a remedy: joined from shared paths, each under statuses that the remedy can reach.

use entity::{court_order::CourtOrderKind, legal_action::LegalActionStatus};
use serde::Deserialize;
use toml::Spanned;

use super::{
    document::{Document, some, words},
    error::PresetError,
};
use crate::domain::remedy::{RemedyOrder, RemedyStep};

/// An order as written.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderToml {
    kind: CourtOrderKind,
    #[serde(deserialize_with = "words")]
    name: String,
    #[serde(deserialize_with = "some")]
    during: Vec<LegalActionStatus>,
    after: Option<CourtOrderKind>,
    #[serde(default)]
    needs_violation: bool,
    #[serde(default)]
    shows_compliance: bool,
    /// Deadline rules that begin to run with it.
    #[serde(default)]
    pub(super) starts: Vec<Spanned<String>>,
}

/// The orders of one remedy: its own, and those of its paths where it has none of the same kind.
pub(super) fn joined(
    document: Document<'_>,
    steps: &[RemedyStep],
    paths: &[&[Spanned<OrderToml>]],
    own: &[Spanned<OrderToml>],
) -> Result<Vec<RemedyOrder>, PresetError> {
    let mine = |kind| own.iter().any(|order| order.get_ref().kind == kind);
    let shared = paths.iter().flat_map(|path| path.iter()).filter(|order| !mine(order.get_ref().kind));
    let mut orders: Vec<RemedyOrder> = Vec::new();
    for at in shared.chain(own) {
        let order = at.get_ref();
        if orders.iter().any(|earlier| earlier.kind == order.kind) {
            return Err(document.wrong(at, format!("the order {} is given twice", order.kind)));
        }
        if let Some(status) = order.during.iter().find(|status| !steps.iter().any(|step| step.to == **status))
        {
            return Err(document
                .wrong(at, format!("no step leads to {status}, under which {} would be made", order.kind)));
        }
        if let Some(before) = order.after.filter(|before| !orders.iter().any(|order| order.kind == *before)) {
            let reason = format!("{} follows {before}, which has to stand before it", order.kind);
            return Err(document.wrong(at, reason));
        }
        orders.push(RemedyOrder {
            kind: order.kind,
            name: order.name.clone(),
            during: order.during.clone(),
            after: order.after,
            needs_violation: order.needs_violation,
            shows_compliance: order.shows_compliance,
            starts: order.starts.iter().map(|key| key.get_ref().clone()).collect(),
        });
    }
    Ok(orders)
}
