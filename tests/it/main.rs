//! The stories: everything through HTTP, on SQLite and on PostgreSQL.

mod architecture;
mod call_volumes;
mod cases;
mod commands;
mod counting;
mod demo_flags;
mod docket;
mod feeds;
mod flag_life;
mod flags;
mod legal;
mod legal_actions;
mod limits;
mod parcels;
mod parties;
mod places;
mod presets;
mod schema;
mod sign_in;
mod teams;
