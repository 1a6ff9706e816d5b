//! Operations: each runs in one transaction, asks the policy and the pure rules, and tells the timeline.

pub mod cases;
pub mod flags;
pub mod idempotency;
pub mod many;
pub mod presets;
pub mod properties;
