//! When the source last changed a call, so that what comes late does not overwrite what is newer.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0010_call_changes", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let column = optional(time("source_changed_at"));
    m.alter_table(Table::alter().table("call").add_column(column).take()).await
}
