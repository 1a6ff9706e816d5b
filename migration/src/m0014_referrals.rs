//! Hand-offs of cases between people and departments.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0014_referrals", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let referral = table("referral")
        .col(uuid("case_id"))
        .col(uuid("district_id"))
        .col(text("kind"))
        .col(text("status"))
        .col(optional(uuid("made_by")))
        .col(time("made_at"))
        .col(optional(uuid("to_staff_id")))
        .col(optional(text("to_department")))
        .col(text("reason"))
        .col(date("answer_by"))
        .col(optional(uuid("answered_by")))
        .col(optional(time("answered_at")))
        .col(optional(text("answer")))
        .take();
    let keys = [
        ("case_id", "case"),
        ("district_id", "district"),
        ("made_by", "staff"),
        ("to_staff_id", "staff"),
        ("answered_by", "staff"),
    ];
    create(m, "referral", referral, &keys).await?;
    index(m, "referral", &["status", "answer_by", "id"]).await
}
