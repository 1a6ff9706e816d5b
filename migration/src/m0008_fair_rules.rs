//! All fields of nuisance rules; the history of flags, challenges of calls, and the frozen evidence of cases.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0008_fair_rules", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    rules(m).await?;
    flag_history(m).await?;
    challenges(m).await?;
    evidence(m).await
}

// Rules that are there already ask for nothing more than they did.
async fn rules(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let columns = [
        json("excluded_categories").default("[]").take(),
        json("excluded_dispositions").default("[]").take(),
        json("require_one_of").default("[]").take(),
        text("min_precision").default("ADDRESS").take(),
        optional(integer("early_warning_percent")),
        optional(text("exclusive_group")),
    ];
    // SQLite takes one column a statement.
    for column in columns {
        m.alter_table(Table::alter().table("nuisance_rule").add_column(column).take()).await?;
    }
    Ok(())
}

async fn flag_history(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let event = table("flag_event")
        .col(uuid("flag_id"))
        .col(text("kind"))
        .col(text("reason"))
        .col(double("measured"))
        .col(double("threshold"))
        .col(time("at"))
        .col(optional(uuid("by")))
        .take();
    create(m, "flag_event", event, &[("flag_id", "flag"), ("by", "staff")]).await?;
    append_only(m, "flag_event").await
}

async fn challenges(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let challenge = table("call_challenge")
        .col(integer("version"))
        .col(uuid("call_id"))
        .col(uuid("property_id"))
        .col(text("on_behalf_of"))
        .col(text("reason"))
        .col(text("status"))
        .col(time("recorded_at"))
        .col(optional(uuid("recorded_by")))
        .col(optional(time("decided_at")))
        .col(optional(uuid("decided_by")))
        .col(optional(text("decision_reason")))
        .take();
    let keys =
        [("call_id", "call"), ("property_id", "property"), ("recorded_by", "staff"), ("decided_by", "staff")];
    create(m, "call_challenge", challenge, &keys).await?;
    unique_where(m, "call_challenge", &["call_id", "property_id"], "status <> 'DENIED'").await
}

async fn evidence(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut evidence = table("case_evidence")
        .col(uuid("case_id"))
        .col(uuid("flag_id"))
        .col(uuid("rule_id"))
        .col(date("window_from"))
        .col(date("window_to"))
        .col(double("measured"))
        .col(double("threshold"))
        .col(time("data_as_of"))
        .col(time("recorded_at"))
        .take();
    let keys = [("flag_id", "flag"), ("rule_id", "nuisance_rule")];
    create(
        m,
        "case_evidence",
        evidence.foreign_key(&mut key("case_evidence", "case_id", "case")).take(),
        &keys,
    )
    .await?;
    unique(m, "case_evidence", &["case_id"]).await?;

    let call = bare("case_evidence_call")
        .col(uuid("evidence_id"))
        .col(uuid("call_id"))
        .col(time("occurred_at"))
        .col(date("occurred_on"))
        .col(text("category"))
        .col(text("address"))
        .col(boolean("counted"))
        .col(optional(text("reason")))
        .col(optional(text("review_note")))
        .primary_key(Index::create().col("evidence_id").col("call_id"))
        .take();
    create(m, "case_evidence_call", call, &[("evidence_id", "case_evidence"), ("call_id", "call")]).await
}
