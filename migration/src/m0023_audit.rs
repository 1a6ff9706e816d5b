//! From where and with which result somebody acted; and histories that cannot be emptied or replaced either.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::schema::*;

migration!("m0023_audit", up);

/// The tables that `append_only` was asked for before it knew of `TRUNCATE`.
const HISTORIES: [&str; 17] = [
    "audit_row",
    "case_event",
    "citation_fine",
    "cost_billing",
    "cost_entry",
    "court_order",
    "custody_entry",
    "deadline_computation",
    "deadline_extension",
    "evidence",
    "flag_event",
    "letter",
    "letter_custody",
    "order_violation",
    "property_party_decision",
    "remedy_confirmation",
    "tenant_impact",
];

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    for column in [optional(text("address")), text("result").default("DONE").take()] {
        m.alter_table(Table::alter().table("audit_row").add_column(column).take()).await?;
    }
    index(m, "audit_row", &["recorded_at", "id"]).await?;
    for table in HISTORIES {
        never_emptied(m, table).await?;
    }
    if m.get_database_backend() == DbBackend::Sqlite {
        replaces_nothing(m, "audit_row", "id = NEW.id").await?;
        let same = "id = NEW.id OR (case_id = NEW.case_id AND position = NEW.position)";
        replaces_nothing(m, "case_event", same).await?;
    }
    Ok(())
}

// SQLite's `INSERT OR REPLACE` takes a row away without asking the trigger that refuses to delete it.
async fn replaces_nothing(m: &SchemaManager<'_>, table: &str, same: &str) -> Result<(), DbErr> {
    let statement = format!(
        "CREATE TRIGGER {table}_no_REPLACE BEFORE INSERT ON {table} \
         WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) \
         BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    );
    m.get_connection().execute_unprepared(&statement).await?;
    Ok(())
}
