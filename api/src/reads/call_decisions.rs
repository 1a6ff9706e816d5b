//! What people decided on single calls: by reviews of flags and by challenges.

use std::collections::HashMap;

use entity::{
    call_challenge::{self, ChallengeStatus},
    flag,
    flag_call::{self, ExclusionReason},
    id::{CallId, FlagId, PropertyId},
};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};

use crate::{domain::flag_review::taken_out, error::Result, scope::unscoped};

/// What a sergeant decided on a call, with the reason.
#[derive(Clone, Debug)]
pub struct Decided {
    /// Why it no longer counts; none where the review found that it does.
    pub taken_out: Option<ExclusionReason>,
    pub note: String,
}

/// Decisions on calls, each at the place where it was decided: a call that the source moves is a new one elsewhere.
pub type Decisions = HashMap<(PropertyId, CallId), Decided>;

/// The latest decision on each call. A caller who was a victim is one for every rule, so it holds for all flags of the
/// place.
pub fn decisions(flags: &[flag::Model], listed: &HashMap<FlagId, Vec<flag_call::Model>>) -> Decisions {
    let mut reviewed: Vec<&flag::Model> = flags.iter().filter(|flag| flag.reviewed_at.is_some()).collect();
    reviewed.sort_by_key(|flag| (flag.reviewed_at, flag.id));
    let rows = reviewed.into_iter().flat_map(|flag| {
        listed.get(&flag.id).into_iter().flatten().map(|row| ((flag.property_id, row.call_id), row))
    });
    let decided = rows.filter_map(|(key, row)| {
        Some((key, Decided { taken_out: taken_out(row), note: row.review_note.clone()? }))
    });
    decided.collect()
}

/// The calls that no longer count at these places because a challenge was upheld, whatever a review says of them.
pub async fn upheld_at(db: &impl ConnectionTrait, places: &[PropertyId]) -> Result<Decisions> {
    use call_challenge::Column as C;
    let rows = unscoped::<call_challenge::Entity>()
        .filter(C::PropertyId.is_in(places.iter().copied()))
        .filter(C::Status.eq(ChallengeStatus::Upheld))
        .all(db)
        .await?;
    let decided = |row: call_challenge::Model| {
        let note = row.decision_reason.unwrap_or_default();
        ((row.property_id, row.call_id), Decided { taken_out: Some(ExclusionReason::ChallengeUpheld), note })
    };
    Ok(rows.into_iter().map(decided).collect())
}
