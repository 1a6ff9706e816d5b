//! Questions: each takes a viewer and answers only with what that viewer may see.

pub mod call_volumes;
pub mod calls;
pub mod case_events;
pub mod case_facts;
pub mod cases;
pub mod flags;
pub mod joined;
pub mod nuisance_rules;
pub mod page;
pub mod properties;
pub mod staff;
pub mod text;
