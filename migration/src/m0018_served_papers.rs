//! Which legal action a notice serves the papers of, so that its proof of service is on record.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0018_served_papers", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let column = optional(uuid("legal_action_id"));
    m.alter_table(Table::alter().table("notice").add_column(column).take()).await?;
    index(m, "notice", &["legal_action_id"]).await
}
