//! Operations: each runs in one transaction, asks the policy and the pure rules, and tells the timeline.

pub mod access_tokens;
pub mod aliases;
pub mod call_types;
pub mod cases;
pub mod deadlines;
pub mod feed_runs;
pub mod flags;
pub mod hearings;
pub mod idempotency;
pub mod ingest;
pub mod inspections;
pub mod legal_actions;
pub mod many;
pub mod next_on;
pub mod notices;
pub mod parcels;
pub mod parties;
pub mod presets;
pub mod properties;
pub mod property_edit;
pub mod rematch;
pub mod roll_up;
pub mod staff;
pub mod team;
pub mod team_seats;
pub mod violations;
