//! Places, their addresses, and the parties that answer for them.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0002_places", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let property = table("property")
        .col(integer("version"))
        .col(optional(text("apn")))
        .col(text("address"))
        .col(optional(double("latitude")))
        .col(optional(double("longitude")))
        .col(optional(uuid("district_id")))
        .col(optional(text("district_override_reason")))
        .col(text("use_type"))
        .col(text("residential_occupancy"))
        .col(optional(integer("unit_count")))
        .col(time("created_at"))
        .col(time("updated_at"))
        .take();
    create(m, "property", property, &[("district_id", "district")]).await?;
    unique_where(m, "property", &["apn"], "apn IS NOT NULL").await?;
    index(m, "property", &["address", "id"]).await?;

    let alias = table("address_alias")
        .col(uuid("property_id"))
        .col(text("address"))
        .col(text("key"))
        .col(boolean("is_situs"))
        .col(time("created_at"))
        .take();
    create(m, "address_alias", alias, &[("property_id", "property")]).await?;
    unique(m, "address_alias", &["key"]).await?;

    let party = table("party")
        .col(text("kind"))
        .col(text("name"))
        .col(optional(text("mailing_address")))
        .col(time("created_at"))
        .take();
    create(m, "party", party, &[]).await?;
    index(m, "party", &["name", "id"]).await?;

    let property_party = table("property_party")
        .col(uuid("property_id"))
        .col(uuid("party_id"))
        .col(text("role"))
        .col(text("status"))
        .col(optional(date("from_on")))
        .col(optional(date("to_on")))
        .col(optional(text("evidence")))
        .col(optional(uuid("decided_by")))
        .col(optional(time("decided_at")))
        .col(optional(text("decision_reason")))
        .col(time("created_at"))
        .take();
    let keys = [("property_id", "property"), ("party_id", "party"), ("decided_by", "staff")];
    create(m, "property_party", property_party, &keys).await?;
    unique_where(m, "property_party", &["property_id", "party_id", "role"], "to_on IS NULL").await?;

    let decision = table("property_party_decision")
        .col(uuid("property_party_id"))
        .col(text("status"))
        .col(text("reason"))
        .col(optional(uuid("decided_by")))
        .col(time("decided_at"))
        .take();
    let keys = [("property_party_id", "property_party"), ("decided_by", "staff")];
    create(m, "property_party_decision", decision, &keys).await?;
    append_only(m, "property_party_decision").await
}
