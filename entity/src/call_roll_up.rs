//! How many calls a place had on a day, by category and why they do not count: the sums that are read, kept with the calls.

use sea_orm::entity::prelude::*;

use crate::id::PropertyId;

/// What stands for the category of every protected call, and for the reason why it does not count.
pub const PROTECTED: &str = "PROTECTED";
/// What stands for the reason of calls that count.
pub const QUALIFYING: &str = "";

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call_roll_up")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub property_id: PropertyId,
    /// The city's calendar day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub occurred_on: Date,
    /// The word of a `CallCategory`; of protected calls only `PROTECTED`, whatever they were about.
    #[sea_orm(primary_key, auto_increment = false)]
    pub category: String,
    /// The word of the `ExclusionReason` that holds whatever a rule says; empty for calls that count.
    #[sea_orm(primary_key, auto_increment = false)]
    pub reason: String,
    pub calls: i32,
}

impl ActiveModelBehavior for ActiveModel {}
