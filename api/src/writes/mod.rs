//! Operations: each runs in one transaction, asks the policy and the pure rules, and tells the timeline.

pub mod cases;
pub mod deadlines;
pub mod flags;
pub mod hearings;
pub mod idempotency;
pub mod inspections;
pub mod legal_actions;
pub mod many;
pub mod next_on;
pub mod notices;
pub mod presets;
pub mod properties;
pub mod team;
pub mod violations;
