//! What people decided on the calls of a flag.

use entity::{
    flag,
    flag_call::{self, ExclusionReason},
};

use super::day_window::DayWindow;

/// Why people took the call out, if they did, be it that the rule left it out anyway.
#[must_use]
pub fn taken_out(row: &flag_call::Model) -> Option<ExclusionReason> {
    let by_people = !row.counted && row.review_note.is_some();
    by_people.then_some(match row.reason {
        Some(ExclusionReason::CallerIsVictimOrOwner) => ExclusionReason::CallerIsVictimOrOwner,
        Some(ExclusionReason::ChallengeUpheld) => ExclusionReason::ChallengeUpheld,
        _ => ExclusionReason::ExcludedByReview,
    })
}

/// The days that a flag counted.
#[must_use]
pub fn window(flag: &flag::Model) -> DayWindow {
    DayWindow { from: flag.window_from, to: flag.window_to }
}
