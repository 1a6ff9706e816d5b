//! The open deadlines by their day: they are few beside those that were met, and what is counted of them is in the index.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0021_open_deadlines", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    index_where(m, "deadline", &["due_on", "id", "kind", "legal_action_id"], "completed_on IS NULL").await
}
