//! Questions: each takes a viewer and answers only with what that viewer may see.

pub mod case_events;
pub mod case_facts;
pub mod cases;
pub mod joined;
pub mod page;
pub mod properties;
pub mod staff;
pub mod text;
