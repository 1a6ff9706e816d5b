//! Cases, their kinds, timeline, inspections, violations and notices.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0003_cases", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let number = bare("case_number")
        .col(ColumnDef::new("year").integer().not_null().primary_key())
        .col(integer("last"))
        .take();
    create(m, "case_number", number, &[]).await?;
    case(m).await?;
    timeline(m).await?;
    code_enforcement(m).await
}

async fn case(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let case = table("case")
        .col(text("number"))
        .col(integer("version"))
        .col(text("title"))
        .col(optional(text("description")))
        .col(text("stage"))
        .col(time("stage_since"))
        .col(optional(text("previous_stage")))
        .col(boolean("was_litigated"))
        .col(text("priority"))
        .col(integer("priority_rank"))
        .col(text("source"))
        .col(uuid("district_id"))
        .col(uuid("property_id"))
        .col(optional(uuid("assignee_id")))
        .col(time("opened_at"))
        .col(time("updated_at"))
        .col(optional(time("closed_at")))
        .col(optional(text("outcome")))
        .col(optional(uuid("duplicate_of_id")))
        .col(optional(date("next_action_on")))
        .col(optional(uuid("previous_case_id")))
        .col(integer("event_count"))
        .col(text("event_hash"))
        .take();
    let keys = [
        ("district_id", "district"),
        ("property_id", "property"),
        ("assignee_id", "staff"),
        ("duplicate_of_id", "case"),
        ("previous_case_id", "case"),
    ];
    create(m, "case", case, &keys).await?;
    unique(m, "case", &["number"]).await?;
    for order in ["opened_at", "updated_at", "next_action_on", "priority_rank"] {
        index(m, "case", &[order, "id"]).await?;
    }
    index(m, "case", &["district_id", "stage", "opened_at", "id"]).await?;

    let kind = bare("case_kind")
        .col(uuid("case_id"))
        .col(text("kind"))
        .col(integer("position"))
        .primary_key(Index::create().col("case_id").col("kind"))
        .take();
    create(m, "case_kind", kind, &[("case_id", "case")]).await?;
    index(m, "case_kind", &["kind", "case_id"]).await
}

async fn timeline(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let event = table("case_event")
        .col(uuid("case_id"))
        .col(integer("position"))
        .col(big_integer("transaction"))
        .col(text("kind"))
        .col(time("occurred_at"))
        .col(time("recorded_at"))
        .col(optional(uuid("actor_id")))
        .col(text("summary"))
        .col(optional(text("body")))
        .col(boolean("privileged"))
        .col(json("changes"))
        .col(integer("case_version"))
        .col(text("previous_hash"))
        .col(text("hash"))
        .take();
    create(m, "case_event", event, &[("case_id", "case"), ("actor_id", "staff")]).await?;
    unique(m, "case_event", &["case_id", "position"]).await?;
    index(m, "case_event", &["case_id", "kind", "position"]).await?;
    unique(m, "case_event", &["transaction", "id"]).await?;
    append_only(m, "case_event").await
}

async fn code_enforcement(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let inspection = table("inspection")
        .col(uuid("case_id"))
        .col(optional(time("scheduled_for")))
        .col(optional(time("performed_at")))
        .col(optional(uuid("inspector_id")))
        .col(optional(text("result")))
        .col(optional(text("notes")))
        .col(boolean("verifies_compliance"))
        .col(time("created_at"))
        .take();
    create(m, "inspection", inspection, &[("case_id", "case"), ("inspector_id", "staff")]).await?;

    let violation = table("violation")
        .col(uuid("case_id"))
        .col(uuid("inspection_id"))
        .col(text("code_section"))
        .col(text("description"))
        .col(date("found_on"))
        .col(optional(date("comply_by")))
        .col(optional(date("corrected_on")))
        .col(boolean("immediate_danger"))
        .col(integer("offense_number"))
        .take();
    create(m, "violation", violation, &[("case_id", "case"), ("inspection_id", "inspection")]).await?;
    index(m, "violation", &["code_section", "found_on"]).await?;

    let notice = table("notice")
        .col(uuid("case_id"))
        .col(text("kind"))
        .col(optional(date("comply_by")))
        .col(optional(big_integer("amount_cents")))
        .col(optional(uuid("served_by")))
        .col(time("created_at"))
        .take();
    create(m, "notice", notice, &[("case_id", "case"), ("served_by", "staff")]).await?;

    let service = table("notice_service")
        .col(uuid("notice_id"))
        .col(optional(uuid("party_id")))
        .col(text("method"))
        .col(date("served_on"))
        .col(integer("position"))
        .take();
    create(m, "notice_service", service, &[("notice_id", "notice"), ("party_id", "party")]).await?;

    let names = bare("notice_violation")
        .col(uuid("notice_id"))
        .col(uuid("violation_id"))
        .primary_key(Index::create().col("notice_id").col("violation_id"))
        .take();
    create(m, "notice_violation", names, &[("notice_id", "notice"), ("violation_id", "violation")]).await
}
