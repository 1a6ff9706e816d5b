//! The stories: everything through HTTP, on SQLite and on PostgreSQL.

mod architecture;
mod cases;
mod feeds;
mod limits;
mod presets;
mod schema;
mod sign_in;
