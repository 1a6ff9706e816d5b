//! Registers of existing cases, and which of their cases became which of ours.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0019_existing_cases", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let register = table("case_register").col(text("key")).col(text("name")).col(date("taken_as_of")).take();
    create(m, "case_register", register, &[]).await?;
    unique(m, "case_register", &["key"]).await?;
    let imported = table("imported_case")
        .col(uuid("register_id"))
        .col(text("key"))
        .col(uuid("case_id"))
        .col(json("told"))
        .col(optional(date("next_action_on")))
        .take();
    create(m, "imported_case", imported, &[("case_id", "case"), ("register_id", "case_register")]).await?;
    unique(m, "imported_case", &["register_id", "key"]).await
}
