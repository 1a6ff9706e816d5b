//! Late deadlines and legal actions are counted by district and status from indexes alone.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0026_late_deadlines", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.alter_table(Table::alter().table("deadline").add_column(optional(text("action_status"))).take())
        .await?;
    let copied = "UPDATE deadline SET action_status = \
                  (SELECT status FROM legal_action WHERE legal_action.id = deadline.legal_action_id) \
                  WHERE legal_action_id IS NOT NULL";
    m.get_connection().execute_unprepared(copied).await?;
    let counted = ["due_on", "id", "kind", "legal_action_id", "district_id", "action_status"];
    index_where(m, "deadline", &counted, "completed_on IS NULL").await?;
    index(m, "legal_action", &["district_id", "status", "status_since"]).await?;
    // The new ones begin with what these held, or hold it.
    for index in ["deadline_due_on_id_kind_legal_action_id_current", "legal_action_district_id_index"] {
        m.drop_index(Index::drop().name(index).to_owned()).await?;
    }
    Ok(())
}
