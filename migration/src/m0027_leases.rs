//! Who does the work that one server does for all, and when it is due again.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0027_leases", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let lease = bare("lease")
        .col(text("name").primary_key().take())
        .col(big_integer("number"))
        .col(optional(text("holder")))
        .col(optional(time("expires_at")))
        .col(optional(time("next_at")))
        .take();
    create(m, "lease", lease, &[]).await
}
