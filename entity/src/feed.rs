//! Sources of calls for service; their mappings come from the city's preset.

use sea_orm::entity::prelude::*;

use crate::id::FeedId;

words! {
    /// How a feed is read.
    FeedKind {
        /// A Socrata open-data portal.
        Soda,
        /// An ArcGIS feature service.
        Arcgis,
        /// Files.
        Csv,
        /// A program pushes calls to us.
        Push,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "feed")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FeedId,
    /// The key of its mapping in the preset; unique.
    pub key: String,
    pub name: String,
    pub kind: FeedKind,
    pub paused: bool,
    pub last_success_at: Option<DateTimeUtc>,
    /// The newest call it has told of.
    pub data_as_of: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
