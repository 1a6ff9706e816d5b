//! The city's preset, taken into the database at the start: by key, and nothing is deleted.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::{
    call_type_mapping, district, feed,
    id::{CallTypeMappingId, DistrictId, FeedId, NuisanceRuleId},
    nuisance_rule::{self, Categories, Dispositions, Occupancies, UnitBands, UseTypes},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    sea_query::Expr,
};

use super::{call_types::derive_again, ingest, many};
use crate::{
    app::{App, Tx},
    authz::{Action, Viewer},
    database,
    error::{Error, Result},
    preset,
    scope::unscoped,
};

/// Brings the database up to the preset and answers its districts. Servers that start together take turns, and a
/// preset that was taken before changes nothing.
pub async fn load(app: &App) -> Result<Vec<district::Model>> {
    let turn = database::turn(&app.db).await?;
    let server = Viewer::server();
    let loaded = app.write(&server, "presets", Action::RunFeeds, async |tx| {
        let districts = districts(tx).await?;
        feeds(tx).await?;
        nuisance_rules(tx).await?;
        Ok(districts)
    });
    let loaded = loaded.await;
    drop(turn);
    loaded
}

async fn districts(tx: &mut Tx) -> Result<Vec<district::Model>> {
    let mut known: BTreeMap<i32, district::Model> = unscoped::<district::Entity>()
        .all(tx.conn())
        .await?
        .into_iter()
        .map(|row| (row.number, row))
        .collect();
    let city = tx.city.clone();
    for stated in &city.preset.districts {
        let (name, boundary) = (stated.name.clone(), Some(stated.boundary_geojson.clone()));
        let row = match known.get(&stated.number) {
            Some(row) if row.name == name && row.boundary == boundary => continue,
            Some(row) => {
                let mut changed = row.clone().into_active_model();
                changed.name = Set(name);
                changed.boundary = Set(boundary);
                changed.update(tx.conn()).await?
            }
            None => {
                let id = DistrictId::generate();
                let new = district::ActiveModel {
                    id: Set(id),
                    number: Set(stated.number),
                    name: Set(name),
                    boundary: Set(boundary),
                };
                new.insert(tx.conn()).await?
            }
        };
        tx.changed(row.id);
        known.insert(row.number, row);
    }
    Ok(known.into_values().collect())
}

async fn feeds(tx: &mut Tx) -> Result<()> {
    // All at once, because the places of one feed's calls may be locked before the next feed's turn.
    ingest::lock(tx, None).await?;
    let known = unscoped::<feed::Entity>().all(tx.conn()).await?;
    let known: HashMap<String, feed::Model> = known.into_iter().map(|row| (row.key.clone(), row)).collect();
    let city = tx.city.clone();
    for stated in &city.preset.feeds {
        match known.get(&stated.key) {
            Some(row) => {
                if row.name != stated.name || row.kind != stated.kind {
                    let mut changed = row.clone().into_active_model();
                    changed.name = Set(stated.name.clone());
                    changed.kind = Set(stated.kind);
                    changed.update(tx.conn()).await?;
                    tx.changed(row.id);
                }
                let changed = call_types(tx, row.id, stated).await?;
                if !changed.is_empty() {
                    derive_again(tx, row.id, &changed).await?;
                }
            }
            None => {
                let id = new_feed(tx, stated).await?;
                call_types(tx, id, stated).await?;
            }
        }
    }
    Ok(())
}

async fn new_feed(tx: &mut Tx, stated: &preset::Feed) -> Result<FeedId> {
    let new = feed::ActiveModel {
        id: Set(FeedId::generate()),
        key: Set(stated.key.clone()),
        name: Set(stated.name.clone()),
        kind: Set(stated.kind),
        paused: Set(false),
        last_success_at: Set(None),
        data_as_of: Set(None),
        version: Set(1),
        lease_holder: Set(None),
        lease_until: Set(None),
        lease_number: Set(0),
        next_run_at: Set(None),
        next_reconcile_at: Set(None),
        watermark: Set(None),
        failures: Set(0),
        listed: Set(None),
        calls_changed: Set(0),
        purged_before: Set(None),
    };
    let row = new.insert(tx.conn()).await?;
    tx.changed(row.id);
    Ok(row.id)
}

// What a person mapped stands, whatever the preset says. Answers the types whose category is new.
async fn call_types(tx: &mut Tx, feed: FeedId, stated: &preset::Feed) -> Result<HashSet<String>> {
    let known = unscoped::<call_type_mapping::Entity>().filter(call_type_mapping::Column::FeedId.eq(feed));
    let known = known.all(tx.conn()).await?;
    let known: HashMap<&str, &call_type_mapping::Model> =
        known.iter().map(|row| (row.description.as_str(), row)).collect();
    let mut changed = HashSet::new();
    let mut new = Vec::new();
    for (description, &category) in &stated.call_types {
        match known.get(description.as_str()) {
            Some(row) if row.category == category || row.mapped_by.is_some() => {}
            Some(row) => {
                call_type_mapping::Entity::update_many()
                    .col_expr(call_type_mapping::Column::Category, Expr::value(category))
                    .col_expr(call_type_mapping::Column::MappedAt, Expr::value(tx.now))
                    .filter(call_type_mapping::Column::Id.eq(row.id))
                    .exec(tx.conn())
                    .await?;
                tx.changed(row.id);
                changed.insert(description.clone());
            }
            None => {
                changed.insert(description.clone());
                new.push(call_type_mapping::Model {
                    id: CallTypeMappingId::generate(),
                    feed_id: feed,
                    description: description.clone(),
                    category,
                    mapped_by: None,
                    mapped_at: tx.now,
                });
            }
        }
    }
    many::insert::<call_type_mapping::ActiveModel>(tx, new).await?;
    Ok(changed)
}

// A rule that changed becomes a new version, so that flags keep the one they were raised by.
async fn nuisance_rules(tx: &mut Tx) -> Result<()> {
    let known = unscoped::<nuisance_rule::Entity>()
        .order_by_asc(nuisance_rule::Column::Version)
        .all(tx.conn())
        .await?;
    let newest: HashMap<String, nuisance_rule::Model> =
        known.into_iter().map(|row| (row.key.clone(), row)).collect();
    let city = tx.city.clone();
    for stated in &city.preset.nuisance_rules {
        let before = newest.get(&stated.key);
        let id = before.map_or_else(NuisanceRuleId::generate, |row| row.id);
        let mut row = nuisance_rule_row(stated, id, before.map_or(1, |row| row.version))?;
        if let Some(before) = before {
            if *before == row {
                continue;
            }
            row.id = NuisanceRuleId::generate();
            row.version = before.version + 1;
        }
        tx.changed(row.id);
        many::insert::<nuisance_rule::ActiveModel>(tx, [row]).await?;
    }
    Ok(())
}

fn nuisance_rule_row(
    stated: &preset::NuisanceRule,
    id: NuisanceRuleId,
    version: i32,
) -> Result<nuisance_rule::Model> {
    let whole = |number: u32| {
        i32::try_from(number)
            .map_err(|_| Error::BadInput(format!("{number} in the rule `{}` is too large.", stated.key)))
    };
    Ok(nuisance_rule::Model {
        id,
        key: stated.key.clone(),
        version,
        label: stated.label.clone(),
        citation: stated.citation.clone(),
        basis: stated.basis,
        effective_from: stated.effective_from,
        effective_to: stated.effective_to,
        use_types: UseTypes(stated.use_types.clone()),
        occupancies: Occupancies(stated.occupancies.clone()),
        categories: Categories(stated.categories.clone()),
        measure: stated.measure,
        threshold: stated.threshold,
        comparison: stated.comparison,
        window_n: whole(stated.window_n)?,
        window_unit: stated.window_unit,
        unit_bands: UnitBands(stated.unit_bands.clone()),
        max_per_day: stated.max_per_day.map(whole).transpose()?,
        min_gap_hours: stated.min_gap_hours.map(whole).transpose()?,
        include_officer_initiated: stated.include_officer_initiated,
        excluded_categories: Categories(stated.excluded_categories.clone()),
        excluded_dispositions: Dispositions(stated.excluded_dispositions.clone()),
        require_one_of: Categories(stated.require_one_of.clone()),
        min_precision: stated.min_precision,
        early_warning_percent: stated.early_warning_percent.map(whole).transpose()?,
        exclusive_group: stated.exclusive_group.clone(),
    })
}
