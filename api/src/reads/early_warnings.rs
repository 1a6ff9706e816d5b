//! Places that are near a threshold, for rules that have people warned early. Nothing is stored: it is counted when asked.

use std::collections::HashMap;

use entity::{
    call,
    flag::{self, FlagStatus},
    flag_call,
    id::{DistrictId, FlagId, NuisanceRuleId, PropertyId},
    nuisance_rule::{self, Model as Rule},
    property,
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QuerySelect, sea_query::ExprTrait};

use super::{
    call_decisions::{Decisions, decisions, upheld_at},
    calls::data_as_of,
};
use crate::{
    app::App,
    authz::{Action, Reach, Viewer},
    city::City,
    domain::{
        call_count::{Count, Counted, PlainCall, count, warns_early},
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
    /// The calls that count, in order of time.
    pub counted: Vec<Counted>,
}

/// The places that are nearest to a threshold, at most 100, nearest first.
pub async fn list(app: &App, viewer: &Viewer, districts: Option<Vec<DistrictId>>) -> Result<Vec<Warning>> {
    let within = districts.map(|ids| property::Column::DistrictId.is_in(ids));
    let mut found = near(&app.db, &app.city, viewer, Condition::all().add_option(within)).await?;
    let share = |warning: &Warning| warning.count.measured.unwrap_or_default() / warning.count.threshold;
    found.sort_by(|a, b| share(b).total_cmp(&share(a)).then(a.place.id.cmp(&b.place.id)));
    found.truncate(MOST);
    Ok(found)
}

/// That place, if it is near to the threshold of that rule and the viewer may see its calls.
pub async fn at(
    db: &impl ConnectionTrait,
    city: &City,
    viewer: &Viewer,
    place: PropertyId,
    rule: NuisanceRuleId,
) -> Result<Option<Warning>> {
    let here = Condition::all().add(property::Column::Id.eq(place));
    Ok(near(db, city, viewer, here).await?.into_iter().find(|warning| warning.rule.id == rule))
}

async fn near(
    db: &impl ConnectionTrait,
    city: &City,
    viewer: &Viewer,
    among: Condition,
) -> Result<Vec<Warning>> {
    let Some(as_of) = data_as_of(db).await?.map(|at| city.day_of(at)) else { return Ok(Vec::new()) };
    let rules = unscoped::<nuisance_rule::Entity>().all(db).await?;
    let in_force = rule_scope::in_force(&rules, as_of);
    let warning: Vec<&Rule> =
        in_force.iter().copied().filter(|rule| rule.early_warning_percent.is_some()).collect();
    let Some(from) = warning.iter().filter_map(|rule| Some(rule_scope::window(rule, as_of)?.from)).min()
    else {
        return Ok(Vec::new());
    };
    let places = places(db, viewer, &warning, among).await?;
    let ids: Vec<PropertyId> = places.iter().map(|place| place.id).collect();
    let calls = calls(db, &ids, from).await?;
    let out = decided(db, &ids).await?;
    let flagged = flagged(db, &ids).await?;
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
                let counted = counted(&count, &here);
                found.push(Warning { place: place.clone(), rule: rule.clone(), count, counted });
            }
        }
    }
    Ok(found)
}

fn counted(count: &Count, here: &[PlainCall<'_>]) -> Vec<Counted> {
    let counts = count.calls.iter().filter(|(_, reason)| reason.is_none());
    let calls = counts.filter_map(|(id, _)| here.iter().find(|call| call.id == *id));
    calls.map(|call| Counted { day: call.day, category: call.category }).collect()
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
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    rules: &[&Rule],
    among: Condition,
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
                .add(among),
        )
        .all(db)
        .await?)
}

async fn calls(
    db: &impl ConnectionTrait,
    places: &[PropertyId],
    from: chrono::NaiveDate,
) -> Result<Vec<call::Model>> {
    let viewer = Viewer::server();
    let rows = call::Entity::visible_to(&viewer)
        .filter(call::Column::PropertyId.is_in(places.iter().copied()))
        .filter(call::Column::OccurredOn.gte(from));
    Ok(rows.all(db).await?)
}

// What reviews and upheld challenges say of calls at these places.
async fn decided(db: &impl ConnectionTrait, places: &[PropertyId]) -> Result<Decisions> {
    let reviewed =
        flag::Column::PropertyId.is_in(places.iter().copied()).and(flag::Column::ReviewedAt.is_not_null());
    let flags = unscoped::<flag::Entity>().filter(reviewed).all(db).await?;
    let rows = unscoped::<flag_call::Entity>()
        .filter(flag_call::Column::FlagId.is_in(flags.iter().map(|flag| flag.id)))
        .all(db)
        .await?;
    let mut listed: HashMap<FlagId, Vec<flag_call::Model>> = HashMap::new();
    for row in rows {
        listed.entry(row.flag_id).or_default().push(row);
    }
    let mut decided = decisions(&flags, &listed);
    decided.extend(upheld_at(db, places).await?);
    Ok(decided)
}

// Where a flag is open, people look already.
async fn flagged(
    db: &impl ConnectionTrait,
    places: &[PropertyId],
) -> Result<std::collections::HashSet<(PropertyId, NuisanceRuleId)>> {
    use flag::Column as C;
    let rows: Vec<(PropertyId, NuisanceRuleId)> = unscoped::<flag::Entity>()
        .select_only()
        .columns([C::PropertyId, C::RuleId])
        .filter(C::PropertyId.is_in(places.iter().copied()))
        .filter(C::Status.is_in([FlagStatus::NeedsReview, FlagStatus::Confirmed]))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}
