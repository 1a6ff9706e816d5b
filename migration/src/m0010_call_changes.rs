//! When the source last changed a call, so that what comes late does not overwrite what is newer; and how often a feed's
//! calls changed, so that sums which were told before are known to be good still.

use sea_orm_migration::prelude::*;

use crate::schema::*;

migration!("m0010_call_changes", up);

async fn up(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    let column = optional(time("source_changed_at"));
    let changed = big_integer("calls_changed").default(0).take();
    m.alter_table(Table::alter().table("feed").add_column(changed).take()).await?;
    m.alter_table(Table::alter().table("call").add_column(column).take()).await
}
