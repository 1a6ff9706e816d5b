//! Indexes whose columns are the first ones of another index of the same table: each write kept them, no read needed them.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0029_fewer_indexes", up);

/// Table and column. Another index of the table, or its primary key, begins with that column.
const COVERED: [(&str, &str); 15] = [
    ("case", "district_id"),
    ("case_event", "case_id"),
    ("case_evidence_call", "evidence_id"),
    ("case_kind", "case_id"),
    ("call_type_mapping", "feed_id"),
    ("cost_entry", "case_id"),
    ("cost_entry", "property_id"),
    ("defendant", "legal_action_id"),
    ("feed_file", "feed_id"),
    ("feed_run", "feed_id"),
    ("flag_call", "flag_id"),
    ("imported_case", "register_id"),
    ("notice_service", "party_id"),
    ("notice_violation", "notice_id"),
    ("rejected_row", "feed_id"),
];

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    for (table, column) in COVERED {
        let name = format!("{table}_{column}_index");
        m.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
    }
    Ok(())
}
