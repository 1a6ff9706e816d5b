//! The stories: everything through HTTP, on SQLite and on PostgreSQL.

mod cases;
mod docket;
mod legal;
mod legal_actions;
