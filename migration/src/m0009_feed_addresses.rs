//! A feed's calls by time, so that its newest ones and its months are found without reading all of them.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0009_feed_addresses", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    index(m, "call", &["feed_id", "occurred_at"]).await
}
