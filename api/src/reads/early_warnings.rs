//! Places that are near a threshold, for rules that have people warned early. Nothing is stored: it is counted when asked.

use std::collections::HashMap;

use entity::{
    call,
    flag::{self, FlagStatus},
    flag_call,
    id::{DistrictId, FlagId, PropertyId},
    nuisance_rule::{self, Model as Rule},
    property,
};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QuerySelect, sea_query::ExprTrait};

use super::{
    call_decisions::{Decisions, decisions, upheld_at},
    calls::data_as_of,
};
use crate::{
    app::App,
    authz::{Action, Reach, Viewer},
    domain::{
        call_count::{Count, PlainCall, count, warns_early},
        rule_scope,
    },
    error::Result,
    scope::{VisibleTo, unscoped},
};

/// The most places that are answered.
const MOST: usize = 100;

/// A place that is near a rule's threshold.
#[derive(Clone, Debug)]
pub struct Warning {
    pub place: property::Model,
    pub rule: Rule,
    pub count: Count,
}

/// The places that are nearest to a threshold, at most 100, nearest first.
pub async fn list(app: &App, viewer: &Viewer, districts: Option<Vec<DistrictId>>) -> Result<Vec<Warning>> {
    let Some(as_of) = data_as_of(&app.db).await?.map(|at| app.city.day_of(at)) else { return Ok(Vec::new()) };
    let rules = unscoped::<nuisance_rule::Entity>().all(&app.db).await?;
    let in_force = rule_scope::in_force(&rules, as_of);
    let warning: Vec<&Rule> =
        in_force.iter().copied().filter(|rule| rule.early_warning_percent.is_some()).collect();
    let Some(from) = warning.iter().filter_map(|rule| Some(rule_scope::window(rule, as_of)?.from)).min()
    else {
        return Ok(Vec::new());
    };
    let places = places(app, viewer, &warning, districts).await?;
    let ids: Vec<PropertyId> = places.iter().map(|place| place.id).collect();
    let calls = calls(app, &ids, from).await?;
    let out = decided(app, &ids).await?;
    let flagged = flagged(app, &ids).await?;
    let mut found = Vec::new();
    for place in places {
        let here: Vec<PlainCall<'_>> = calls
            .iter()
            .filter(|call| call.property_id == Some(place.id))
            .map(|call| plain(call, out.get(&(place.id, call.id)).and_then(|decided| decided.taken_out)))
            .collect();
        for rule in rule_scope::running(&in_force, &place) {
            let Some(window) = rule_scope::window(rule, as_of) else { continue };
            let count = count(rule, window, place.unit_count, &here);
            if warns_early(rule, &count) && !flagged.contains(&(place.id, rule.id)) {
                found.push(Warning { place: place.clone(), rule: rule.clone(), count });
            }
        }
    }
    let share = |warning: &Warning| warning.count.measured.unwrap_or_default() / warning.count.threshold;
    found.sort_by(|a, b| share(b).total_cmp(&share(a)).then(a.place.id.cmp(&b.place.id)));
    found.truncate(MOST);
    Ok(found)
}

/// A call as counting sees it.
#[must_use]
pub fn plain(call: &call::Model, taken_out: Option<flag_call::ExclusionReason>) -> PlainCall<'_> {
    PlainCall {
        id: call.id,
        occurred_at: call.occurred_at,
        day: call.occurred_on,
        category: call.category,
        precision: call.precision,
        disposition: call.disposition.as_deref(),
        disposition_excludes: call.disposition_excludes,
        officer_initiated: call.officer_initiated,
        withdrawn: call.withdrawn_at.is_some(),
        taken_out,
    }
}

// Rules that warn early are for few uses, such as motels, of which a city has hundreds at most.
async fn places(
    app: &App,
    viewer: &Viewer,
    rules: &[&Rule],
    districts: Option<Vec<DistrictId>>,
) -> Result<Vec<property::Model>> {
    use property::Column as C;
    let uses = rules.iter().flat_map(|rule| rule.use_types.0.iter().copied());
    let own = match viewer.reach(Action::ReadCalls) {
        Reach::Everywhere => None,
        Reach::OwnDistricts | Reach::Nowhere => Some(C::DistrictId.is_in(viewer.districts.iter().copied())),
    };
    Ok(property::Entity::visible_to(viewer)
        .filter(
            Condition::all()
                .add(C::UseType.is_in(uses))
                .add(C::DistrictId.is_not_null())
                .add_option(own)
                .add_option(districts.map(|ids| C::DistrictId.is_in(ids))),
        )
        .all(&app.db)
        .await?)
}

async fn calls(app: &App, places: &[PropertyId], from: chrono::NaiveDate) -> Result<Vec<call::Model>> {
    let viewer = Viewer::server();
    let rows = call::Entity::visible_to(&viewer)
        .filter(call::Column::PropertyId.is_in(places.iter().copied()))
        .filter(call::Column::OccurredOn.gte(from));
    Ok(rows.all(&app.db).await?)
}

// What reviews and upheld challenges say of calls at these places.
async fn decided(app: &App, places: &[PropertyId]) -> Result<Decisions> {
    let reviewed =
        flag::Column::PropertyId.is_in(places.iter().copied()).and(flag::Column::ReviewedAt.is_not_null());
    let flags = unscoped::<flag::Entity>().filter(reviewed).all(&app.db).await?;
    let rows = unscoped::<flag_call::Entity>()
        .filter(flag_call::Column::FlagId.is_in(flags.iter().map(|flag| flag.id)))
        .all(&app.db)
        .await?;
    let mut listed: HashMap<FlagId, Vec<flag_call::Model>> = HashMap::new();
    for row in rows {
        listed.entry(row.flag_id).or_default().push(row);
    }
    let mut decided = decisions(&flags, &listed);
    decided.extend(upheld_at(&app.db, places).await?);
    Ok(decided)
}

// Where a flag is open, people look already.
async fn flagged(
    app: &App,
    places: &[PropertyId],
) -> Result<std::collections::HashSet<(PropertyId, entity::id::NuisanceRuleId)>> {
    use flag::Column as C;
    let rows: Vec<(PropertyId, entity::id::NuisanceRuleId)> = unscoped::<flag::Entity>()
        .select_only()
        .columns([C::PropertyId, C::RuleId])
        .filter(C::PropertyId.is_in(places.iter().copied()))
        .filter(C::Status.is_in([FlagStatus::NeedsReview, FlagStatus::Confirmed]))
        .into_tuple()
        .all(&app.db)
        .await?;
    Ok(rows.into_iter().collect())
}
