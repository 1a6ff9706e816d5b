//! The stories: everything through HTTP, on SQLite and on PostgreSQL.

mod architecture;
mod cases;
mod counting;
mod docket;
mod legal;
mod legal_actions;
mod limits;
mod schema;
mod sign_in;
