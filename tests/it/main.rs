//! The stories: everything through HTTP, on SQLite and on PostgreSQL.

mod cases;
mod counting;
