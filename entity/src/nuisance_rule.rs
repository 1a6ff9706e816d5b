//! Nuisance rules: when a place's calls call for a look. Versioned; a change makes a new row.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    call::{AddressPrecision, CallCategory},
    id::NuisanceRuleId,
    property::{ResidentialOccupancy, UseType},
};

words! {
    /// What a rule measures.
    RuleMeasure {
        /// Calls.
        Count,
        /// Days with at least one call.
        DistinctDays,
        /// Calls per dwelling unit or guest room.
        PerUnit,
    }
}

words! {
    /// What a rule rests on.
    RuleBasis {
        /// The city's ordinance.
        Ordinance,
        /// The programme's own policy: a reason to look, without the force of law.
        Policy,
    }
}

words! {
    /// How the measure is held against the threshold.
    RuleComparison {
        /// Reached or passed.
        AtLeast,
        /// Passed.
        MoreThan,
    }
}

words! {
    /// What a window is counted in.
    WindowUnit {
        /// Calendar days of the city.
        Days,
        /// Calendar months of the city.
        Months,
        /// Calendar years of the city, the present one included: 1 is the time since January 1.
        CalendarYears,
    }
}

/// A threshold for places with so many units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Band {
    pub from: i32,
    pub to: Option<i32>,
    pub threshold: f64,
}

macro_rules! json_list {
    ($(#[$meta:meta])* $name:ident of $item:ty) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
        pub struct $name(pub Vec<$item>);
    };
}

json_list!(
    /// Uses a rule runs on.
    UseTypes of UseType
);
json_list!(
    /// Occupancies a rule runs on.
    Occupancies of ResidentialOccupancy
);
json_list!(
    /// Categories of calls.
    Categories of CallCategory
);
json_list!(
    /// Dispositions in the words of the feeds.
    Dispositions of String
);
json_list!(
    /// Thresholds by number of units.
    UnitBands of Band
);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "nuisance_rule")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NuisanceRuleId,
    /// Unique with `version`.
    pub key: String,
    pub version: i32,
    pub label: String,
    pub citation: String,
    pub basis: RuleBasis,
    pub effective_from: Date,
    pub effective_to: Option<Date>,
    #[sea_orm(column_type = "Json")]
    pub use_types: UseTypes,
    #[sea_orm(column_type = "Json")]
    pub occupancies: Occupancies,
    /// What it counts, `excluded_categories` already taken out.
    #[sea_orm(column_type = "Json")]
    pub categories: Categories,
    /// What it names as not counted.
    #[sea_orm(column_type = "Json")]
    pub excluded_categories: Categories,
    /// Dispositions that take a call out of this rule, beside those that its feed excludes for all rules.
    #[sea_orm(column_type = "Json")]
    pub excluded_dispositions: Dispositions,
    /// At least one counted call must be of these; none asked for when empty.
    #[sea_orm(column_type = "Json")]
    pub require_one_of: Categories,
    /// How exact the address must be: ADDRESS, or UNIT only.
    pub min_precision: AddressPrecision,
    pub measure: RuleMeasure,
    pub threshold: f64,
    pub comparison: RuleComparison,
    pub window_n: i32,
    pub window_unit: WindowUnit,
    #[sea_orm(column_type = "Json")]
    pub unit_bands: UnitBands,
    pub max_per_day: Option<i32>,
    pub min_gap_hours: Option<i32>,
    pub include_officer_initiated: bool,
    /// The share of the threshold, in percent, from which a place is shown as an early warning.
    pub early_warning_percent: Option<i32>,
    /// Of the rules in force that share this word, a place is judged only by those whose unit bands hold its units; where
    /// none does, only by those without bands.
    pub exclusive_group: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
