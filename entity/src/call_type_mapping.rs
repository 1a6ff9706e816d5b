//! Which category each call type of a feed belongs to.

use sea_orm::entity::prelude::*;

use crate::{
    call::CallCategory,
    id::{CallTypeMappingId, FeedId, StaffId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call_type_mapping")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CallTypeMappingId,
    pub feed_id: FeedId,
    /// The source's call type in upper case with white space folded; unique within the feed.
    pub description: String,
    pub category: CallCategory,
    /// Who mapped it; none when it comes from the preset.
    pub mapped_by: Option<StaffId>,
    pub mapped_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
