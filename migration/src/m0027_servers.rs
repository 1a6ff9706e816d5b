//! What several servers share: who does the work that one does for all, and how far each viewer has written.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0027_servers", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let lease = bare("lease")
        .col(text("name").primary_key().take())
        .col(big_integer("number"))
        .col(optional(text("holder")))
        .col(optional(time("expires_at")))
        .col(optional(time("next_at")))
        .take();
    create(m, "lease", lease, &[]).await?;
    let last_write =
        bare("last_write").col(uuid("viewer_id").primary_key().take()).col(big_integer("position")).take();
    create(m, "last_write", last_write, &[]).await
}
