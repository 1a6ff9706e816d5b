//! Letters that were sent, and who handled the early warnings among them.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0015_letters", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let letter = table("letter")
        .col(text("kind"))
        .col(uuid("property_id"))
        .col(uuid("district_id"))
        .col(optional(uuid("case_id")))
        .col(optional(uuid("notice_id")))
        .col(optional(uuid("rule_id")))
        .col(optional(uuid("party_id")))
        .col(optional(text("method")))
        .col(date("sent_on"))
        .col(optional(uuid("evidence_id")))
        .col(uuid("file_id"))
        .col(big_integer("bytes"))
        .col(text("sha256"))
        .col(uuid("sent_by"))
        .col(time("sent_at"))
        .take();
    let mut letter = letter;
    letter.foreign_key(&mut key("letter", "notice_id", "notice")).foreign_key(&mut key(
        "letter",
        "property_id",
        "property",
    ));
    let keys = [
        ("district_id", "district"),
        ("case_id", "case"),
        ("rule_id", "nuisance_rule"),
        ("party_id", "party"),
        ("evidence_id", "evidence"),
        ("sent_by", "staff"),
    ];
    create(m, "letter", letter, &keys).await?;
    unique(m, "letter", &["notice_id"]).await?;
    index(m, "letter", &["property_id", "id"]).await?;
    append_only(m, "letter").await?;

    let mut entry = table("letter_custody")
        .col(uuid("letter_id"))
        .col(text("action"))
        .col(time("at"))
        .col(uuid("staff_id"))
        .col(text("sha256"))
        .take();
    entry.foreign_key(&mut key("letter_custody", "letter_id", "letter"));
    create(m, "letter_custody", entry, &[("staff_id", "staff")]).await?;
    index(m, "letter_custody", &["letter_id", "at", "id"]).await?;
    append_only(m, "letter_custody").await
}
