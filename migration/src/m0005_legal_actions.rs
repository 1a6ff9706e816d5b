//! Legal actions, their steps and hearings, and deadlines.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0005_legal_actions", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let action = table("legal_action")
        .col(integer("version"))
        .col(uuid("case_id"))
        .col(uuid("district_id"))
        .col(text("kind"))
        .col(text("remedy_key"))
        .col(text("status"))
        .col(time("status_since"))
        .col(boolean("is_final"))
        .col(optional(text("court")))
        .col(optional(text("court_case_number")))
        .col(optional(uuid("responsible_attorney_id")))
        .col(optional(date("filed_on")))
        .col(optional(big_integer("claimed_cents")))
        .col(optional(big_integer("assessed_cents")))
        .col(optional(big_integer("collected_cents")))
        .col(optional(text("privileged_notes")))
        .col(optional(date("next_on")))
        .col(time("created_at"))
        .take();
    let keys = [("case_id", "case"), ("district_id", "district"), ("responsible_attorney_id", "staff")];
    create(m, "legal_action", action, &keys).await?;
    index(m, "legal_action", &["next_on", "id"]).await?;
    index(m, "legal_action", &["status", "district_id"]).await?;

    let step = table("legal_action_status_change")
        .col(uuid("legal_action_id"))
        .col(optional(text("from_status")))
        .col(text("to_status"))
        .col(date("changed_on"))
        .col(time("recorded_at"))
        .col(uuid("changed_by"))
        .col(optional(text("reason")))
        .take();
    let keys = [("legal_action_id", "legal_action"), ("changed_by", "staff")];
    create(m, "legal_action_status_change", step, &keys).await?;

    let hearing = table("hearing")
        .col(uuid("legal_action_id"))
        .col(uuid("case_id"))
        .col(uuid("district_id"))
        .col(time("starts_at"))
        .col(date("starts_on"))
        .col(text("court"))
        .col(optional(text("department")))
        .col(text("purpose"))
        .col(text("status"))
        .col(optional(text("outcome")))
        .col(optional(uuid("continued_to_id")))
        .col(time("created_at"))
        .take();
    let keys = [
        ("legal_action_id", "legal_action"),
        ("case_id", "case"),
        ("district_id", "district"),
        ("continued_to_id", "hearing"),
    ];
    create(m, "hearing", hearing, &keys).await?;
    index(m, "hearing", &["starts_at", "id"]).await?;
    index(m, "hearing", &["starts_on"]).await?;

    let deadline = table("deadline")
        .col(text("kind"))
        .col(uuid("case_id"))
        .col(optional(uuid("legal_action_id")))
        .col(uuid("district_id"))
        .col(text("label"))
        .col(date("due_on"))
        .col(optional(date("completed_on")))
        .col(optional(uuid("completed_by")))
        .col(optional(text("met_by")))
        .col(optional(uuid("responsible_id")))
        .col(time("created_at"))
        .take();
    let keys = [
        ("case_id", "case"),
        ("legal_action_id", "legal_action"),
        ("district_id", "district"),
        ("completed_by", "staff"),
        ("responsible_id", "staff"),
    ];
    create(m, "deadline", deadline, &keys).await?;
    index(m, "deadline", &["due_on", "id"]).await
}
