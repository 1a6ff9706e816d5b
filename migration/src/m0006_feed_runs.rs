//! Who reads a feed now, when it is read next and how far it was read; what a run was for; files that were taken.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0006_feed_runs", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let feed = [
        integer("version").default(1).take(),
        optional(text("lease_holder")),
        optional(time("lease_until")),
        big_integer("lease_number").default(0).take(),
        optional(time("next_run_at")),
        optional(time("next_reconcile_at")),
        optional(time("watermark")),
        integer("failures").default(0).take(),
        optional(big_integer("listed")),
    ];
    for column in feed {
        add(m, "feed", column).await?;
    }
    add(m, "feed_run", text("kind").default("IMPORT").take()).await?;
    add(m, "feed_run", optional(text("holder"))).await?;
    add(m, "feed_run", optional(text("file"))).await?;
    index(m, "feed_run", &["feed_id", "status"]).await?;

    let file = table("feed_file")
        .col(uuid("feed_id"))
        .col(uuid("feed_run_id"))
        .col(text("sha256"))
        .col(text("name"))
        .col(integer("rows"))
        .col(time("taken_at"))
        .take();
    create(m, "feed_file", file, &[("feed_id", "feed"), ("feed_run_id", "feed_run")]).await?;
    unique(m, "feed_file", &["feed_id", "sha256"]).await
}

// SQLite adds one column in a statement.
async fn add(m: &SchemaManager<'_>, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
    m.alter_table(Table::alter().table(table).add_column(column).take()).await
}
