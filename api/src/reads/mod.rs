//! Questions: each takes a viewer and answers only with what that viewer may see.

pub mod call_volumes;
pub mod calls;
pub mod case_events;
pub mod case_facts;
pub mod cases;
pub mod deadlines;
pub mod feeds;
pub mod flags;
pub mod hearings;
pub mod inspections;
pub mod interventions;
pub mod joined;
pub mod legal_action_summary;
pub mod legal_actions;
pub mod legal_step_facts;
pub mod notices;
pub mod nuisance_rules;
pub mod page;
pub mod parties;
pub mod properties;
pub mod staff;
pub mod teams;
pub mod text;
pub mod violations;
