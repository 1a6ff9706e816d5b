//! Signing in: sessions that end when nobody uses them.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0022_sign_in", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    // Nobody knows when sessions of before were used last: whoever has one signs in again.
    m.drop_table(Table::drop().table("session").take()).await?;
    let session = table("session")
        .col(text("token_hash"))
        .col(uuid("staff_id"))
        .col(text("method"))
        .col(optional(text("address")))
        .col(optional(text("user_agent")))
        .col(time("created_at"))
        .col(time("last_used_at"))
        .col(time("expires_at"))
        .col(optional(time("revoked_at")))
        .take();
    create(m, "session", session, &[("staff_id", "staff")]).await?;
    unique(m, "session", &["token_hash"]).await
}
