//! Evidence: files on their way, files that stay, and who handled them.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0012_evidence", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    uploads(m).await?;
    evidence(m).await?;
    custody(m).await
}

async fn uploads(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let upload = table("evidence_upload")
        .col(uuid("case_id"))
        .col(text("file_name"))
        .col(big_integer("bytes"))
        .col(text("sha256"))
        .col(uuid("created_by"))
        .col(time("created_at"))
        .col(time("expires_at"))
        .col(optional(text("content_type")))
        .col(optional(time("received_at")))
        .col(optional(time("discarded_at")))
        .take();
    create(m, "evidence_upload", upload, &[("case_id", "case"), ("created_by", "staff")]).await?;
    index(m, "evidence_upload", &["expires_at", "id"]).await
}

async fn evidence(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut evidence = table("evidence")
        .col(uuid("case_id"))
        .col(uuid("upload_id"))
        .col(optional(uuid("inspection_id")))
        .col(text("file_name"))
        .col(text("content_type"))
        .col(big_integer("bytes"))
        .col(text("sha256"))
        .col(optional(time("captured_at")))
        .col(optional(text("caption")))
        .col(boolean("privileged"))
        .col(uuid("added_by"))
        .col(time("added_at"))
        .take();
    evidence.foreign_key(&mut key("evidence", "case_id", "case")).foreign_key(&mut key(
        "evidence",
        "upload_id",
        "evidence_upload",
    ));
    create(m, "evidence", evidence, &[("inspection_id", "inspection"), ("added_by", "staff")]).await?;
    unique(m, "evidence", &["upload_id"]).await?;
    index(m, "evidence", &["case_id", "added_at", "id"]).await?;
    append_only(m, "evidence").await
}

async fn custody(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut entry = table("custody_entry")
        .col(uuid("evidence_id"))
        .col(text("action"))
        .col(time("at"))
        .col(uuid("staff_id"))
        .col(text("sha256"))
        .col(optional(text("reason")))
        .take();
    entry.foreign_key(&mut key("custody_entry", "evidence_id", "evidence"));
    create(m, "custody_entry", entry, &[("staff_id", "staff")]).await?;
    index(m, "custody_entry", &["evidence_id", "at", "id"]).await?;
    // Nothing is withdrawn twice.
    unique_where(m, "custody_entry", &["evidence_id"], "action = 'WITHDRAWN'").await?;
    append_only(m, "custody_entry").await
}
