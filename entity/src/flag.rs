//! Flags: places whose calls crossed a rule's threshold. A reason for people to look, never a designation.

use sea_orm::entity::prelude::*;

use crate::id::{CaseId, DistrictId, FlagId, NuisanceRuleId, PropertyId, StaffId};

words! {
    /// Where a flag stands.
    FlagStatus {
        /// A sergeant has to look at it, call by call.
        NeedsReview,
        /// A sergeant confirmed the pattern.
        Confirmed,
        /// A sergeant dismissed it.
        Dismissed,
        /// A case was opened from it.
        CaseOpened,
        /// Nobody looked in time.
        Stale,
        /// The calls it rested on changed and no longer reach the threshold.
        Withdrawn,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flag")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FlagId,
    pub version: i32,
    pub status: FlagStatus,
    pub property_id: PropertyId,
    /// The place's district when the flag was raised; who may see it follows from it.
    pub district_id: DistrictId,
    pub rule_id: NuisanceRuleId,
    pub raised_at: DateTimeUtc,
    pub window_from: Date,
    pub window_to: Date,
    pub measured: f64,
    pub threshold: f64,
    /// The newest call the server knew of when it counted.
    pub data_as_of: DateTimeUtc,
    pub reviewed_by: Option<StaffId>,
    pub reviewed_at: Option<DateTimeUtc>,
    pub review_reason: Option<String>,
    pub case_id: Option<CaseId>,
    #[sea_orm(belongs_to, from = "property_id", to = "id")]
    pub property: BelongsTo<super::property::Entity>,
    #[sea_orm(belongs_to, relation_enum = "Rule", from = "rule_id", to = "id")]
    pub rule: BelongsTo<super::nuisance_rule::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
