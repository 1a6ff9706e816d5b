//! Operations: each runs in one transaction, asks the policy and the pure rules, and tells the timeline.

pub mod cases;
pub mod hearings;
pub mod idempotency;
pub mod legal_actions;
pub mod many;
pub mod next_on;
pub mod presets;
pub mod properties;
