//! Districts, staff, team seats, sign-in, retries and the audit log.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0001_city", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let district =
        table("district").col(integer("number")).col(text("name")).col(optional(text("boundary"))).take();
    create(m, "district", district, &[]).await?;
    unique(m, "district", &["number"]).await?;

    let staff = table("staff")
        .col(text("name"))
        .col(text("email"))
        .col(text("role"))
        .col(boolean("active"))
        .col(optional(text("password_hash")))
        .col(time("created_at"))
        .take();
    create(m, "staff", staff, &[]).await?;
    unique(m, "staff", &["email"]).await?;
    index(m, "staff", &["name", "id"]).await?;

    let seat = table("team_seat")
        .col(uuid("district_id"))
        .col(text("role"))
        .col(uuid("staff_id"))
        .col(date("from_on"))
        .col(optional(date("to_on")))
        .take();
    create(m, "team_seat", seat, &[("district_id", "district"), ("staff_id", "staff")]).await?;
    unique_where(m, "team_seat", &["district_id", "role"], "to_on IS NULL").await?;

    let session = table("session")
        .col(text("token_hash"))
        .col(uuid("staff_id"))
        .col(time("created_at"))
        .col(time("expires_at"))
        .col(optional(time("revoked_at")))
        .take();
    create(m, "session", session, &[("staff_id", "staff")]).await?;
    unique(m, "session", &["token_hash"]).await?;

    let idempotency_record = table("idempotency_record")
        .col(text("actor"))
        .col(text("mutation"))
        .col(uuid("key"))
        .col(text("input_hash"))
        .col(optional(uuid("object_id")))
        .col(time("created_at"))
        .take();
    create(m, "idempotency_record", idempotency_record, &[]).await?;
    unique(m, "idempotency_record", &["actor", "mutation", "key"]).await?;
    index(m, "idempotency_record", &["created_at"]).await?;

    let audit_row = table("audit_row")
        .col(time("recorded_at"))
        .col(optional(uuid("staff_id")))
        .col(optional(uuid("access_token_id")))
        .col(text("action"))
        .col(text("subject"))
        .col(optional(uuid("request_id")))
        .take();
    create(m, "audit_row", audit_row, &[("staff_id", "staff")]).await?;
    index(m, "audit_row", &["subject", "id"]).await?;
    append_only(m, "audit_row").await
}
