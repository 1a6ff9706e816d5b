//! How far in the log of PostgreSQL each viewer has written, so that a replica shows them nothing older.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "last_write")]
pub struct Model {
    /// A member of staff or an access token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub viewer_id: Uuid,
    /// The log's position, in bytes, after their last change was kept.
    pub position: i64,
}

impl ActiveModelBehavior for ActiveModel {}
