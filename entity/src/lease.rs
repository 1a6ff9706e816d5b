//! Leases of work that is done by one server at a time.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lease")]
pub struct Model {
    /// Which work.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Counts those who had it; what the holder of an earlier number still writes is refused.
    pub number: i64,
    /// The process that is at it; nobody when none.
    pub holder: Option<String>,
    /// When the holder loses it who has not said by then that it is alive.
    pub expires_at: Option<DateTimeUtc>,
    /// When the work is due again; at once when none.
    pub next_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
