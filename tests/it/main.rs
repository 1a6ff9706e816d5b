//! The stories: everything through HTTP, on SQLite and on PostgreSQL.

mod case_at_work;
mod cases;
mod deadlines;
mod inspections;
mod notices;
