//! The stories: everything through HTTP, on SQLite and on PostgreSQL.

mod architecture;
mod call_volumes;
mod cases;
mod counting;
mod docket;
mod flag_life;
mod flags;
mod legal;
mod legal_actions;
mod limits;
mod schema;
mod sign_in;
