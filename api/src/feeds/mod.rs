//! Feeds of calls for service: rows in, plain values out. Nothing here knows the database or our vocabulary.

pub mod arcgis;
pub mod clock;
pub mod connection;
pub mod connector;
mod contract;
pub mod csv;
pub mod drop;
pub mod eido;
mod error;
mod fetch;
mod fetch_error;
mod json;
pub mod mapping;
mod pidf_lo;
pub mod push;
mod reachable;
pub mod reading;
pub mod row;
mod secret;
pub mod soda;
mod source;

pub use self::{
    connection::Connection,
    connector::{Connector, Page, Start},
    csv::CallLog,
    error::FeedError,
    fetch::install_cryptography,
    fetch_error::FetchError,
    mapping::FeedMapping,
    row::{Line, Noted, SourceRow, UnreadableRow},
    secret::Secret,
};
