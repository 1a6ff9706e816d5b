//! The daily roll-up of calls at places, and fewer indexes on calls: each that is left earns its place.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0007_call_roll_up", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let roll_up = bare("call_roll_up")
        .col(uuid("property_id"))
        .col(date("occurred_on"))
        .col(text("category"))
        .col(text("reason"))
        .col(integer("calls"))
        .primary_key(Index::create().col("property_id").col("occurred_on").col("category").col("reason"))
        .take();
    m.create_table(roll_up).await?;
    let run = |sql: String| async move { m.get_connection().execute_unprepared(&sql).await.map(|_| ()) };
    run(filled()).await?;
    // Busy places are read from it alone: the days of a window, each with the places that had a qualifying call.
    let busy = "CREATE INDEX call_roll_up_qualifying ON call_roll_up (occurred_on, property_id, calls) WHERE reason = ''";
    run(busy.to_owned()).await?;
    // Rows that fell to nothing are found by it, and it is empty but within a transaction.
    run("CREATE INDEX call_roll_up_nothing ON call_roll_up (property_id) WHERE calls = 0".to_owned()).await?;
    // `call_feed_id_source_id` serves a feed's calls, `call_property_id_occurred_at_id_index` those of a place in order
    // of time; sums over days come from the roll-up.
    for index in ["feed_id", "property_id_occurred_on", "occurred_on_property_id"] {
        run(format!("DROP INDEX call_{index}_index")).await?;
    }
    Ok(())
}

// The words as they were when this was written.
fn filled() -> String {
    let protected = "category IN ('DOMESTIC', 'SEX_CRIME', 'STALKING', 'CHILD_OR_ELDER', 'MISSING_PERSON', 'MEDICAL', \
        'MENTAL_HEALTH', 'WELFARE', 'DEATH')";
    let qualifying = "category IN ('NOISE', 'DISTURBANCE', 'FIGHT', 'DRUG', 'PROSTITUTION', 'GAMBLING', 'LIQUOR', \
        'WEAPON', 'SHOTS_FIRED', 'ASSAULT', 'TRESPASS', 'VANDALISM', 'DUMPING', 'INTOXICATION')";
    format!(
        "INSERT INTO call_roll_up (property_id, occurred_on, category, reason, calls) \
         SELECT property_id, occurred_on, category, reason, COUNT(*) FROM (SELECT property_id, occurred_on, \
         CASE WHEN {protected} THEN 'PROTECTED' ELSE category END AS category, \
         CASE WHEN {protected} THEN 'PROTECTED' WHEN withdrawn_at IS NOT NULL THEN 'WITHDRAWN_BY_SOURCE' \
         WHEN category = 'UNMAPPED' THEN 'UNMAPPED' WHEN NOT ({qualifying}) THEN 'NOT_QUALIFYING' \
         WHEN disposition_excludes THEN 'DISPOSITION' WHEN precision NOT IN ('UNIT', 'ADDRESS') THEN 'PRECISION' \
         WHEN officer_initiated THEN 'OFFICER_INITIATED' ELSE '' END AS reason \
         FROM call WHERE property_id IS NOT NULL) AS calls GROUP BY property_id, occurred_on, category, reason"
    )
}
