//! The cost ledger of cases and places, and which cost statement asked for which cost.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0011_costs", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let entry = table("cost_entry")
        .col(uuid("case_id"))
        .col(uuid("property_id"))
        .col(uuid("district_id"))
        .col(optional(uuid("legal_action_id")))
        .col(text("kind"))
        .col(big_integer("amount_cents"))
        .col(optional(integer("minutes")))
        .col(optional(big_integer("hourly_rate_cents")))
        .col(date("occurred_on"))
        .col(text("description"))
        .col(text("source"))
        .col(text("receipt"))
        .col(optional(uuid("reverses_id")))
        .col(optional(uuid("recorded_by")))
        .col(time("recorded_at"))
        .take();
    let keys = [
        ("case_id", "case"),
        ("property_id", "property"),
        ("district_id", "district"),
        ("legal_action_id", "legal_action"),
        ("recorded_by", "staff"),
    ];
    let mut entry = entry;
    entry.foreign_key(&mut key("cost_entry", "reverses_id", "cost_entry"));
    create(m, "cost_entry", entry, &keys).await?;
    unique(m, "cost_entry", &["reverses_id"]).await?;
    index(m, "cost_entry", &["case_id", "occurred_on", "id"]).await?;
    index(m, "cost_entry", &["property_id", "occurred_on", "id"]).await?;
    index(m, "cost_entry", &["occurred_on", "id"]).await?;
    append_only(m, "cost_entry").await?;

    let billing = bare("cost_billing")
        .col(ColumnDef::new("entry_id").uuid().not_null().primary_key())
        .col(uuid("notice_id"))
        .col(optional(uuid("billed_by")))
        .col(time("billed_at"))
        .foreign_key(&mut key("cost_billing", "entry_id", "cost_entry"))
        .take();
    create(m, "cost_billing", billing, &[("notice_id", "notice"), ("billed_by", "staff")]).await?;
    append_only(m, "cost_billing").await
}
