//! Which violations a notice names.

use sea_orm::entity::prelude::*;

use crate::id::{NoticeId, ViolationId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice_violation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub notice_id: NoticeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub violation_id: ViolationId,
}

impl ActiveModelBehavior for ActiveModel {}
