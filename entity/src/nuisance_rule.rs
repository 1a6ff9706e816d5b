//! Nuisance rules: when a place's calls call for a look. Versioned; a change makes a new row.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    call::CallCategory,
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
    /// Categories a rule counts.
    Categories of CallCategory
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
    #[sea_orm(column_type = "Json")]
    pub categories: Categories,
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
}

impl ActiveModelBehavior for ActiveModel {}
