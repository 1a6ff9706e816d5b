//! By when somebody is to look at the place of a case, when somebody did, and when that clock stood still.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0020_response_targets", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    // A case from before this has no such clock: nobody promised to look by then.
    for column in [json("response_rule"), time("response_due_at"), time("responded_at")] {
        m.alter_table(Table::alter().table("case").add_column(optional(column)).take()).await?;
    }
    // Cases that nobody has looked at yet, in the order in which they are due.
    index(m, "case", &["responded_at", "response_due_at"]).await?;
    let pause = table("response_pause")
        .col(uuid("case_id"))
        .col(text("reason"))
        .col(optional(text("note")))
        .col(time("paused_at"))
        .col(optional(uuid("paused_by")))
        .col(optional(time("resumed_at")))
        .col(optional(uuid("resumed_by")))
        .take();
    let keys = [("case_id", "case"), ("paused_by", "staff"), ("resumed_by", "staff")];
    create(m, "response_pause", pause, &keys).await?;
    unique_where(m, "response_pause", &["case_id"], "\"resumed_at\" IS NULL").await
}
