//! The stories: everything through HTTP, on SQLite and on PostgreSQL.

mod architecture;
mod case_at_work;
mod cases;
mod commands;
mod counting;
mod deadlines;
mod docket;
mod feeds;
mod inspections;
mod legal;
mod legal_actions;
mod limits;
mod notices;
mod parcels;
mod parties;
mod places;
mod places_and_calls;
mod presets;
mod schema;
mod sign_in;
mod teams;
