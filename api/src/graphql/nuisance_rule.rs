//! Nuisance rules as clients see them.

use async_graphql::{Context, Object, SimpleObject};
use entity::{
    call::{AddressPrecision, CallCategory},
    id::NuisanceRuleId,
    nuisance_rule::{self, RuleBasis, RuleComparison, RuleMeasure},
    property::{ResidentialOccupancy, UseType},
};

use super::{context::Ask, scalars::Date};
use crate::{authz::Action, error::Result, reads};

/// When the calls at a place call for a look. Versioned: a change makes a new row, and old flags keep theirs.
#[derive(Clone)]
pub struct NuisanceRule(pub nuisance_rule::Model);

/// When the calls at a place call for a look. Versioned: a change makes a new row, and old flags keep theirs.
#[Object]
impl NuisanceRule {
    /// Opaque.
    pub async fn id(&self) -> NuisanceRuleId {
        self.0.id
    }

    /// What all versions of the rule share.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// Rises with every change of the rule.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// What it says, in one line.
    async fn label(&self) -> &str {
        &self.0.label
    }

    /// Where it comes from.
    async fn citation(&self) -> &str {
        &self.0.citation
    }

    /// Whether it is the city's ordinance or the programme's own policy.
    async fn basis(&self) -> RuleBasis {
        self.0.basis
    }

    /// The first day whose calls it judges.
    async fn effective_from(&self) -> Date {
        self.0.effective_from.into()
    }

    /// The first day on which it no longer applies; null when it has no end.
    async fn effective_to(&self) -> Option<Date> {
        self.0.effective_to.map(Into::into)
    }

    /// Uses it runs on; never single- or multi-family homes, nor an unknown use.
    async fn use_types(&self) -> &[UseType] {
        &self.0.use_types.0
    }

    /// What it measures.
    async fn measure(&self) -> RuleMeasure {
        self.0.measure
    }

    /// What the measure is held against, where no band of `unitBands` says otherwise.
    async fn threshold(&self) -> f64 {
        self.0.threshold
    }

    /// Whether the threshold must be reached or passed.
    async fn comparison(&self) -> RuleComparison {
        self.0.comparison
    }

    /// The time it looks back over.
    async fn window(&self) -> RuleWindow {
        RuleWindow { n: self.0.window_n, unit: self.0.window_unit }
    }

    /// Thresholds by number of units.
    async fn unit_bands(&self) -> Vec<UnitBand> {
        let bands = self.0.unit_bands.0.iter();
        bands.map(|band| UnitBand { from: band.from, to: band.to, threshold: band.threshold }).collect()
    }

    /// Occupancies it runs on. A place whose occupancy is UNKNOWN counts as SOME: it needs both to be listed.
    async fn occupancies(&self) -> &[ResidentialOccupancy] {
        &self.0.occupancies.0
    }

    /// Categories it counts; only such as may count at all, and none of `excludedCategories`.
    async fn categories(&self) -> &[CallCategory] {
        &self.0.categories.0
    }

    /// Categories that it names as not counted. Whatever it names, protected calls never count.
    async fn excluded_categories(&self) -> &[CallCategory] {
        &self.0.excluded_categories.0
    }

    /// Dispositions, in the words of the feeds, that take a call out of this rule; beside those that a feed's mapping
    /// takes out of every count.
    async fn excluded_dispositions(&self) -> &[String] {
        &self.0.excluded_dispositions.0
    }

    /// At least one counted call must be of one of these categories; empty when none is asked for.
    async fn require_at_least_one_of(&self) -> &[CallCategory] {
        &self.0.require_one_of.0
    }

    /// How exact an address must be for its calls to count: ADDRESS, or UNIT only.
    async fn min_precision(&self) -> AddressPrecision {
        self.0.min_precision
    }

    /// Calls of one day at a place that count at most; null for all.
    async fn max_per_day(&self) -> Option<i32> {
        self.0.max_per_day
    }

    /// Hours that must lie between two counted calls; null for none.
    async fn min_gap_hours(&self) -> Option<i32> {
        self.0.min_gap_hours
    }

    /// Whether calls that officers opened count, too.
    async fn include_officer_initiated(&self) -> bool {
        self.0.include_officer_initiated
    }

    /// The share of the threshold, in percent, from which a place is among the `earlyWarnings`; null for no warning.
    async fn early_warning_percent(&self) -> Option<i32> {
        self.0.early_warning_percent
    }

    /// Of the rules in force that share this word, a place is judged only by those whose unit bands hold its units; where
    /// none does, only by those without bands.
    async fn exclusive_group(&self) -> Option<&str> {
        self.0.exclusive_group.as_deref()
    }
}

/// The time a rule looks back over.
#[derive(SimpleObject)]
pub struct RuleWindow {
    /// How many.
    n: i32,
    /// Of what.
    unit: nuisance_rule::WindowUnit,
}

/// A threshold for places with so many dwelling units or guest rooms.
#[derive(SimpleObject)]
pub struct UnitBand {
    /// Fewest units.
    from: i32,
    /// Most units; null for no limit.
    to: Option<i32>,
    /// What the measure is held against.
    threshold: f64,
}

#[derive(Default)]
pub struct NuisanceRuleQuery;

#[Object]
impl NuisanceRuleQuery {
    /// Nuisance rules, by key and version.
    async fn nuisance_rules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in force on that day; all versions there ever were when left out.")]
        active_on: Option<Date>,
    ) -> Result<Vec<NuisanceRule>> {
        let viewer = ctx.viewer_who(Action::ReadAggregates, "nuisanceRules")?;
        let rules = reads::nuisance_rules::list(ctx.app()?, viewer, active_on.map(Into::into)).await?;
        Ok(rules.into_iter().map(NuisanceRule).collect())
    }
}
