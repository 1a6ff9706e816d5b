//! Calendars that people follow, and how often hearings and deadlines were changed.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0016_calendar", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    // SQLite takes one column a statement.
    for name in ["hearing", "deadline"] {
        for column in [integer("version").default(1).take(), optional(time("changed_at"))] {
            m.alter_table(Table::alter().table(name).add_column(column).take()).await?;
        }
    }

    let feed = table("calendar_feed")
        .col(uuid("owner_id"))
        .col(text("name"))
        .col(text("token_hash"))
        .col(optional(uuid("attorney_id")))
        .col(optional(uuid("district_id")))
        .col(time("created_at"))
        .col(optional(time("revoked_at")))
        .take();
    let keys = [("owner_id", "staff"), ("attorney_id", "staff"), ("district_id", "district")];
    create(m, "calendar_feed", feed, &keys).await?;
    unique(m, "calendar_feed", &["token_hash"]).await
}
