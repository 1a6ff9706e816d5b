//! The stories: everything through HTTP, on SQLite and on PostgreSQL.

mod architecture;
mod call_volumes;
mod case_at_work;
mod cases;
mod commands;
mod counting;
mod demo_flags;
mod deadlines;
mod docket;
mod feeds;
mod flag_life;
mod flags;
mod inspections;
mod legal;
mod legal_actions;
mod limits;
mod notices;
mod parcels;
mod parties;
mod places;
mod presets;
mod schema;
mod sign_in;
mod teams;
