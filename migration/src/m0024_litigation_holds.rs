//! Litigation holds, and before which day the raw calls of a feed were purged.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0024_litigation_holds", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let hold = table("litigation_hold")
        .col(uuid("case_id"))
        .col(text("reason"))
        .col(uuid("placed_by"))
        .col(time("placed_at"))
        .col(optional(uuid("released_by")))
        .col(optional(time("released_at")))
        .col(optional(text("release_reason")))
        .take();
    let keys = [("case_id", "case"), ("placed_by", "staff"), ("released_by", "staff")];
    create(m, "litigation_hold", hold, &keys).await?;
    unique_where(m, "litigation_hold", &["case_id"], "\"released_at\" IS NULL").await?;
    m.alter_table(Table::alter().table("feed").add_column(optional(date("purged_before"))).take()).await
}
