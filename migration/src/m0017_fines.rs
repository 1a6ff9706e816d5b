//! Fines of citations with how they were reached, their reductions and appeals; and what proves the service of a notice.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0017_fines", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let fine = table("citation_fine")
        .col(uuid("notice_id"))
        .col(text("code_section"))
        .col(text("ladder_key"))
        .col(text("citation"))
        .col(integer("months"))
        .col(integer("offense_number"))
        .col(big_integer("amount_cents"))
        .col(json("steps"))
        .col(boolean("may_be_reduced"))
        .col(boolean("confirm_with_counsel"))
        .col(time("recorded_at"))
        .take();
    create(m, "citation_fine", fine, &[("notice_id", "notice")]).await?;
    append_only(m, "citation_fine").await?;

    let appeal = table("citation_appeal")
        .col(integer("version"))
        .col(uuid("notice_id"))
        .col(date("filed_on"))
        .col(optional(uuid("party_id")))
        .col(text("grounds"))
        .col(optional(time("hearing_at")))
        .col(optional(text("hearing_place")))
        .col(optional(uuid("hearing_deadline_id")))
        .col(optional(text("outcome")))
        .col(optional(date("decided_on")))
        .col(optional(text("reason")))
        .col(optional(big_integer("reduced_to_cents")))
        .col(optional(uuid("recorded_by")))
        .col(time("created_at"))
        .foreign_key(&mut key("citation_appeal", "notice_id", "notice"))
        .take();
    let keys = [("party_id", "party"), ("hearing_deadline_id", "deadline"), ("recorded_by", "staff")];
    create(m, "citation_appeal", appeal, &keys).await?;
    unique(m, "citation_appeal", &["notice_id"]).await?;

    // Both databases take a key with a new column only in one statement, and the builder does not write it so for SQLite.
    m.get_connection()
        .execute_unprepared(
            "ALTER TABLE \"cost_entry\" ADD COLUMN \"notice_id\" uuid REFERENCES \"notice\" (\"id\")",
        )
        .await?;
    index(m, "cost_entry", &["notice_id"]).await?;
    for (name, column) in
        [("notice", optional(text("amount_reason"))), ("notice_service", optional(text("proof")))]
    {
        m.alter_table(Table::alter().table(name).add_column(column).take()).await?;
    }
    index(m, "notice_service", &["party_id", "served_on"]).await
}
