//! What a review would find: the count without some calls, before anything is written; and places near a threshold.

use std::collections::{HashMap, HashSet};

use async_graphql::{Context, Object, SimpleObject};
use entity::{
    flag_call::ExclusionReason,
    id::{CallId, FlagId},
};

use super::{
    context::Ask, loaders::CallsOfFlag, nuisance_rule::NuisanceRule, property::Property, scalars::Date,
    staff::district_ids,
};
use crate::{
    authz::Action,
    domain::{
        call_count::{Count, Counted, count},
        flag_clearing,
        flag_review::{self, taken_out},
        rule_scope,
    },
    error::{Error, Result},
    reads::{self, early_warnings::Warning, flags::ListedCall},
};

/// What a flag would measure without some of its calls. Nothing is written.
#[derive(SimpleObject)]
pub struct FlagReviewPreview {
    /// What the rule would measure; null where it divides by a number of units that nobody knows.
    measured: Option<f64>,
    /// What it is held against.
    threshold: f64,
    /// Whether the flag would still stand, so that it could be confirmed.
    stands: bool,
    /// The calls that would count.
    counted: Vec<CallId>,
    /// The same in words.
    explanation: String,
}

/// A place that is near a rule's threshold. For people to look at early: it is no flag, cannot be confirmed, and no case can be
/// opened from it.
#[derive(SimpleObject)]
pub struct EarlyWarning {
    /// The place.
    property: Property,
    /// The rule.
    rule: NuisanceRule,
    /// What the rule measures there now.
    measured: f64,
    /// What it is held against.
    threshold: f64,
    /// The share of the threshold, in percent, from which the rule has people warned.
    percent: i32,
    /// First day that was counted.
    window_from: Date,
    /// Last day that was counted.
    window_to: Date,
    /// Where the draft of a letter to the place's owners is, on this server; with `&to=` and ids of parties, separated by
    /// commas, one to those. `earlyWarningSend` sends it.
    letter_url: String,
}

impl From<Warning> for EarlyWarning {
    fn from(warning: Warning) -> Self {
        let Warning { place, rule, count, .. } = warning;
        Self {
            letter_url: format!("/places/{}/early-warning?rule={}", place.id, rule.id),
            property: place.into(),
            measured: count.measured.unwrap_or_default(),
            threshold: count.threshold,
            percent: rule.early_warning_percent.unwrap_or_default(),
            window_from: count.window.from.into(),
            window_to: count.window.to.into(),
            rule: NuisanceRule(rule),
        }
    }
}

#[derive(Default)]
pub struct FlagPreviewQuery;

#[Object]
impl FlagPreviewQuery {
    /// What a flag would measure without the calls in `exclude`, and whether it would still stand; for the sergeant, before
    /// `flagReview`. Error NOT_FOUND when there is no such flag, BAD_INPUT when a call is not among those it lists.
    async fn flag_review_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The flag.")] flag_id: FlagId,
        #[graphql(desc = "Calls of its `explanation` to take out.")] exclude: Vec<CallId>,
    ) -> Result<FlagReviewPreview> {
        ctx.viewer_who(Action::ReadCalls, "flagReviewPreview")?;
        let loaders = ctx.loaders()?;
        let flag = loaders.load_one(flag_id).await?.ok_or(Error::NotFound("flag"))?;
        let place = loaders.load_one(flag.property_id).await?.ok_or(Error::NotFound("place"))?;
        let rule = loaders.load_one(flag.rule_id).await?.ok_or(Error::NotFound("rule"))?;
        let listed = loaders.load_one(CallsOfFlag(flag_id)).await?.unwrap_or_default();
        let out = out(&listed, &exclude)?;
        let calls: Vec<_> = listed
            .iter()
            .filter(|row| row.call.property_id == Some(place.id))
            .map(|row| reads::early_warnings::plain(&row.call, out.get(&row.call.id).copied()))
            .collect();
        let found = count(&rule, flag_review::window(&flag), place.unit_count, &calls);
        let runs = rule_scope::runs_on(&rule, place.use_type, place.residential_occupancy);
        let counted = counted(&listed, &found);
        Ok(FlagReviewPreview {
            measured: found.measured,
            threshold: found.threshold,
            stands: found.crossed && runs,
            explanation: flag_clearing::would_clear_when(&rule, place.unit_count, &counted),
            counted: ids(&found),
        })
    }

    /// Places that are near the threshold of a rule with `earlyWarningPercent`, the nearest first, at most 100; in districts
    /// whose single calls the viewer may see. Counted when asked, from the calls known now.
    async fn early_warnings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Numbers of districts; without them, all.")] districts: Option<Vec<i32>>,
    ) -> Result<Vec<EarlyWarning>> {
        let viewer = ctx.viewer_who(Action::ReadCalls, "earlyWarnings")?;
        let districts = district_ids(ctx, districts)?;
        let found = reads::early_warnings::list(ctx.app()?, viewer, districts).await?;
        Ok(found.into_iter().map(EarlyWarning::from).collect())
    }
}

fn out(listed: &[ListedCall], exclude: &[CallId]) -> Result<HashMap<CallId, ExclusionReason>> {
    let known: HashSet<CallId> = listed.iter().map(|row| row.call.id).collect();
    if let Some(id) = exclude.iter().find(|id| !known.contains(id)) {
        return Err(Error::BadInput(format!("{id} is not among the calls of this flag's `explanation`.")));
    }
    let before = listed.iter().filter_map(|row| Some((row.call.id, taken_out(&row.listed)?)));
    Ok(exclude.iter().map(|id| (*id, ExclusionReason::ExcludedByReview)).chain(before).collect())
}

fn ids(count: &Count) -> Vec<CallId> {
    count.calls.iter().filter(|(_, reason)| reason.is_none()).map(|(id, _)| *id).collect()
}

fn counted(listed: &[ListedCall], count: &Count) -> Vec<Counted> {
    let ids: HashSet<CallId> = ids(count).into_iter().collect();
    let calls = listed.iter().filter(|row| ids.contains(&row.call.id)).map(|row| &row.call);
    calls.map(|call| Counted { day: call.occurred_on, category: call.category }).collect()
}
