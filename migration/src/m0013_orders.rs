//! How deadlines were counted and moved; what courts ordered, whom actions are brought against, and what guards ask for.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0013_orders", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    deadlines(m).await?;
    orders(m).await
}

async fn deadlines(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let computation = table("deadline_computation")
        .col(uuid("deadline_id"))
        .col(text("rule_key"))
        .col(text("citation"))
        .col(text("trigger"))
        .col(date("trigger_on"))
        .col(integer("days"))
        .col(text("basis"))
        .col(text("direction"))
        .col(optional(text("service_method")))
        .col(integer("service_extension_days"))
        .col(date("due_on"))
        .col(json("steps"))
        .col(boolean("confirm_with_counsel"))
        .col(optional(uuid("notice_id")))
        .col(optional(uuid("hearing_id")))
        .col(time("recorded_at"))
        .take();
    let keys = [("deadline_id", "deadline"), ("notice_id", "notice"), ("hearing_id", "hearing")];
    create(m, "deadline_computation", computation, &keys).await?;
    append_only(m, "deadline_computation").await?;

    let extension = table("deadline_extension")
        .col(uuid("deadline_id"))
        .col(date("from_on"))
        .col(date("to_on"))
        .col(text("reason"))
        .col(uuid("extended_by"))
        .col(time("recorded_at"))
        .take();
    let keys = [("deadline_id", "deadline"), ("extended_by", "staff")];
    create(m, "deadline_extension", extension, &keys).await?;
    append_only(m, "deadline_extension").await
}

async fn orders(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let order = table("court_order")
        .col(uuid("legal_action_id"))
        .col(text("kind"))
        .col(date("issued_on"))
        .col(optional(date("comply_by")))
        .col(optional(date("expires_on")))
        .col(text("terms"))
        .col(optional(big_integer("amount_cents")))
        .col(uuid("recorded_by"))
        .col(time("recorded_at"))
        .take();
    let keys = [("legal_action_id", "legal_action"), ("recorded_by", "staff")];
    create(m, "court_order", order, &keys).await?;
    append_only(m, "court_order").await?;

    let violation = table("order_violation")
        .col(uuid("court_order_id"))
        .col(date("violated_on"))
        .col(text("description"))
        .col(uuid("recorded_by"))
        .col(time("recorded_at"))
        .take();
    let keys = [("court_order_id", "court_order"), ("recorded_by", "staff")];
    create(m, "order_violation", violation, &keys).await?;
    append_only(m, "order_violation").await?;

    let defendant = table("defendant")
        .col(uuid("legal_action_id"))
        .col(uuid("party_id"))
        .col(uuid("named_by"))
        .col(time("named_at"))
        .take();
    let keys = [("legal_action_id", "legal_action"), ("party_id", "party"), ("named_by", "staff")];
    create(m, "defendant", defendant, &keys).await?;
    unique(m, "defendant", &["legal_action_id", "party_id"]).await?;

    let recording = table("title_recording")
        .col(uuid("legal_action_id"))
        .col(text("kind"))
        .col(text("instrument"))
        .col(date("recorded_on"))
        .col(optional(date("released_on")))
        .col(optional(text("release_instrument")))
        .col(time("created_at"))
        .take();
    create(m, "title_recording", recording, &[("legal_action_id", "legal_action")]).await?;

    let impact = table("tenant_impact")
        .col(uuid("case_id"))
        .col(boolean("occupied"))
        .col(optional(integer("households")))
        .col(optional(text("relocation_plan")))
        .col(date("as_of"))
        .col(uuid("recorded_by"))
        .col(time("recorded_at"))
        .take();
    create(m, "tenant_impact", impact, &[("case_id", "case"), ("recorded_by", "staff")]).await?;
    append_only(m, "tenant_impact").await?;

    let confirmation = table("remedy_confirmation")
        .col(text("remedy_key"))
        .col(text("reason"))
        .col(optional(date("valid_to")))
        .col(uuid("confirmed_by"))
        .col(time("confirmed_at"))
        .take();
    create(m, "remedy_confirmation", confirmation, &[("confirmed_by", "staff")]).await?;
    append_only(m, "remedy_confirmation").await
}
