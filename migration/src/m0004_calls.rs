//! Feeds, calls for service, nuisance rules and flags; access tokens, which may name a feed.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0004_calls", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    feeds(m).await?;
    calls(m).await?;
    flags(m).await
}

async fn feeds(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let feed = table("feed")
        .col(text("key"))
        .col(text("name"))
        .col(text("kind"))
        .col(boolean("paused"))
        .col(optional(time("last_success_at")))
        .col(optional(time("data_as_of")))
        .take();
    create(m, "feed", feed, &[]).await?;
    unique(m, "feed", &["key"]).await?;

    let mut run = table("feed_run")
        .col(uuid("feed_id"))
        .col(text("status"))
        .col(time("started_at"))
        .col(optional(time("finished_at")))
        .take();
    for count in [
        "read",
        "inserted",
        "updated",
        "unchanged",
        "duplicates",
        "withdrawn",
        "rejected",
        "matched",
        "flags_raised",
    ] {
        run.col(integer(count));
    }
    run.col(optional(text("error")));
    create(m, "feed_run", run, &[("feed_id", "feed")]).await?;
    index(m, "feed_run", &["feed_id", "started_at", "id"]).await?;

    let rejected = table("rejected_row")
        .col(uuid("feed_id"))
        .col(uuid("feed_run_id"))
        .col(time("received_at"))
        .col(integer("line"))
        .col(text("reason"))
        .col(text("columns"))
        .take();
    create(m, "rejected_row", rejected, &[("feed_id", "feed"), ("feed_run_id", "feed_run")]).await?;
    index(m, "rejected_row", &["received_at"]).await?;
    index(m, "rejected_row", &["feed_id", "received_at", "id"]).await?;

    let mapping = table("call_type_mapping")
        .col(uuid("feed_id"))
        .col(text("description"))
        .col(text("category"))
        .col(optional(uuid("mapped_by")))
        .col(time("mapped_at"))
        .take();
    create(m, "call_type_mapping", mapping, &[("feed_id", "feed"), ("mapped_by", "staff")]).await?;
    unique(m, "call_type_mapping", &["feed_id", "description"]).await?;

    let token = table("access_token")
        .col(text("name"))
        .col(text("token_hash"))
        .col(text("scope"))
        .col(optional(uuid("feed_id")))
        .col(time("created_at"))
        .col(optional(time("expires_at")))
        .col(optional(time("revoked_at")))
        .take();
    create(m, "access_token", token, &[("feed_id", "feed")]).await?;
    unique(m, "access_token", &["token_hash"]).await
}

async fn calls(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let call = table("call")
        .col(uuid("feed_id"))
        .col(text("source_id"))
        .col(time("occurred_at"))
        .col(date("occurred_on"))
        .col(text("address"))
        .col(text("address_key"))
        .col(text("precision"))
        .col(text("category"))
        .col(optional(text("description")))
        .col(optional(text("initial_description")))
        .col(optional(text("disposition")))
        .col(boolean("disposition_excludes"))
        .col(boolean("officer_initiated"))
        .col(optional(uuid("property_id")))
        .col(text("row_hash"))
        .col(time("recorded_at"))
        .col(time("updated_at"))
        .col(optional(time("withdrawn_at")))
        .take();
    create(m, "call", call, &[("feed_id", "feed")]).await?;
    m.create_index(
        Index::create()
            .name("call_feed_id_source_id")
            .table("call")
            .col("feed_id")
            .col("source_id")
            .unique()
            .take(),
    )
    .await?;
    index(m, "call", &["property_id", "occurred_at", "id"]).await?;
    index(m, "call", &["property_id", "occurred_on"]).await?;
    index(m, "call", &["occurred_on", "property_id"]).await?;
    index(m, "call", &["address_key"]).await
}

async fn flags(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let rule = table("nuisance_rule")
        .col(text("key"))
        .col(integer("version"))
        .col(text("label"))
        .col(text("citation"))
        .col(text("basis"))
        .col(date("effective_from"))
        .col(optional(date("effective_to")))
        .col(json("use_types"))
        .col(json("occupancies"))
        .col(json("categories"))
        .col(text("measure"))
        .col(double("threshold"))
        .col(text("comparison"))
        .col(integer("window_n"))
        .col(text("window_unit"))
        .col(json("unit_bands"))
        .col(optional(integer("max_per_day")))
        .col(optional(integer("min_gap_hours")))
        .col(boolean("include_officer_initiated"))
        .take();
    create(m, "nuisance_rule", rule, &[]).await?;
    unique(m, "nuisance_rule", &["key", "version"]).await?;

    let flag = table("flag")
        .col(integer("version"))
        .col(text("status"))
        .col(uuid("property_id"))
        .col(uuid("district_id"))
        .col(uuid("rule_id"))
        .col(time("raised_at"))
        .col(date("window_from"))
        .col(date("window_to"))
        .col(double("measured"))
        .col(double("threshold"))
        .col(time("data_as_of"))
        .col(optional(uuid("reviewed_by")))
        .col(optional(time("reviewed_at")))
        .col(optional(text("review_reason")))
        .col(optional(uuid("case_id")))
        .take();
    let keys = [
        ("property_id", "property"),
        ("district_id", "district"),
        ("rule_id", "nuisance_rule"),
        ("reviewed_by", "staff"),
        ("case_id", "case"),
    ];
    create(m, "flag", flag, &keys).await?;
    index(m, "flag", &["raised_at", "id"]).await?;
    unique_where(m, "flag", &["property_id", "rule_id"], "status IN ('NEEDS_REVIEW', 'CONFIRMED')").await?;

    let flag_call = bare("flag_call")
        .col(uuid("flag_id"))
        .col(uuid("call_id"))
        .col(boolean("counted"))
        .col(optional(text("reason")))
        .col(optional(text("review_note")))
        .primary_key(Index::create().col("flag_id").col("call_id"))
        .take();
    create(m, "flag_call", flag_call, &[("flag_id", "flag"), ("call_id", "call")]).await
}
