//! Operations: each runs in one transaction, asks the policy and the pure rules, and tells the timeline.

pub mod access_tokens;
pub mod aliases;
pub mod cases;
pub mod idempotency;
pub mod many;
pub mod parcels;
pub mod parties;
pub mod presets;
pub mod properties;
pub mod property_edit;
pub mod rematch;
pub mod staff;
pub mod team_seats;
