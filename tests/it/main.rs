//! The stories: everything through HTTP, on SQLite and on PostgreSQL.

mod architecture;
mod calls_and_flags;
mod cases;
mod commands;
mod counting;
mod docket;
mod feeds;
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
