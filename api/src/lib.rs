//! Justice for Neighbors: the server.
//!
//! The layers, each of which may use only those below it:
//! `commands`, `http`, `schedule` → `graphql` → `live` → `presence`, `authn` → `reads`, `writes` → `scope`, `app` → `audit`,
//! `authz`, `events`, `news`, `error`
//! → `domain` → the crate `entity`. `feeds` reads other systems' calls and knows nothing of ours; `preset` reads the
//! city's facts from files.

// The schema is merged of one part for each noun, each a step deeper for the compiler.
#![recursion_limit = "256"]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr, clippy::panic)]

pub mod app;
pub mod audit;
pub mod authn;
pub mod authz;
pub mod city;
pub mod commands;
pub mod config;
pub mod database;
pub mod domain;
pub mod error;
pub mod events;
pub mod evidence_store;
pub mod feeds;
pub mod graphql;
pub mod http;
pub mod live;
pub mod metrics;
pub mod news;
pub mod presence;
pub mod preset;
pub mod reads;
pub mod replica;
pub mod schedule;
pub mod scope;
pub mod telemetry;
pub mod trusted_documents;
pub mod writes;
