//! The stories: everything through HTTP, on SQLite and on PostgreSQL.

mod cases;
mod commands;
mod parcels;
mod parties;
mod places;
mod teams;
