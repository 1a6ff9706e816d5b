//! Feeds of calls for service: rows in, plain values out. Nothing here knows the database or our vocabulary.

pub mod clock;
pub mod connector;
pub mod csv;
mod error;
pub mod mapping;
pub mod row;
mod source;

pub use self::{
    connector::{Connector, Page},
    csv::{CallLog, Line},
    error::FeedError,
    mapping::FeedMapping,
    row::{SourceRow, UnreadableRow},
};
