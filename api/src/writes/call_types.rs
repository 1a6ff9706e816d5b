//! Call types of a feed: mapped to a category by hand, and past calls derived again from their types.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::{
    call::{self, CallCategory},
    call_type_mapping, feed,
    id::{CallTypeMappingId, FeedId, PropertyId},
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    sea_query::{Expr, OnConflict},
};

use super::{flags, ingest, roll_up};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        call_behavior::{CallBehavior, behavior},
        call_intake,
        refusal::{Code, Refusal, text},
    },
    error::Result,
    feeds::mapping::key_of,
    scope::{VisibleTo, unscoped},
};

/// Characters of a call type at most.
const DESCRIPTION: usize = 2_000;

/// Maps a call type of a feed to a category; past calls are derived again, and their places held against the rules.
/// Answers how many calls got another category.
pub async fn map(tx: &mut Tx, feed: FeedId, description: &str, category: CallCategory) -> Result<u64> {
    let found = feed::Entity::visible_to(&tx.viewer).filter(feed::Column::Id.eq(feed)).one(tx.conn()).await?;
    if found.is_none() {
        return Err(Refusal::not_found("feed").at("feedId").into());
    }
    tx.viewer.require(Action::RunFeeds, None)?;
    if category == CallCategory::Unmapped {
        let message = "A call type is unmapped until somebody maps it; choose what the calls are about.";
        return Err(Refusal::invalid("category", message).into());
    }
    let key = key_of(&text("description", description, DESCRIPTION)?);
    let known = unscoped::<call_type_mapping::Entity>()
        .filter(call_type_mapping::Column::FeedId.eq(feed))
        .filter(call_type_mapping::Column::Description.eq(&key))
        .one(tx.conn())
        .await?;
    match known {
        Some(known) if known.category == category => return Ok(0),
        Some(known) => change(tx, known, category).await?,
        None => add(tx, feed, &key, category).await?,
    }
    derive_again(tx, feed, &HashSet::from([key])).await
}

async fn change(tx: &mut Tx, known: call_type_mapping::Model, category: CallCategory) -> Result<()> {
    // What the city itself protects, nobody opens by hand; a person's own mapping may be corrected.
    let is_protected = |category| behavior(category) == CallBehavior::Protected;
    if known.mapped_by.is_none() && is_protected(known.category) && !is_protected(category) {
        let message = format!(
            "The city protects calls of the type `{}` ({}); they can be mapped to another protected category only.",
            known.description, known.category
        );
        return Err(Refusal::new(Code::ProtectedCall, message).at("category").into());
    }
    tx.changed(known.id);
    let mut row = known.into_active_model();
    row.category = Set(category);
    row.mapped_by = Set(tx.viewer.staff_id());
    row.mapped_at = Set(tx.now);
    row.update(tx.conn()).await?;
    Ok(())
}

async fn add(tx: &mut Tx, feed: FeedId, key: &str, category: CallCategory) -> Result<()> {
    // A mistyped call type would stay behind and map nothing.
    let told = type_pairs(tx, feed).await?;
    if !told.iter().any(|pair| pair.says(|told| told == key)) {
        let message = format!(
            "No call of this feed has the type `{key}`; `Feed.unmappedDescriptions` lists those that wait for a category."
        );
        return Err(Refusal::new(Code::NotFound, message).at("description").into());
    }
    let row = call_type_mapping::ActiveModel {
        id: Set(CallTypeMappingId::generate()),
        feed_id: Set(feed),
        description: Set(key.to_owned()),
        category: Set(category),
        mapped_by: Set(tx.viewer.staff_id()),
        mapped_at: Set(tx.now),
    };
    // Of two people who map it at the same time the later one stands.
    let columns = [call_type_mapping::Column::FeedId, call_type_mapping::Column::Description];
    let conflict = OnConflict::columns(columns)
        .update_columns([
            call_type_mapping::Column::Category,
            call_type_mapping::Column::MappedBy,
            call_type_mapping::Column::MappedAt,
        ])
        .to_owned();
    let row =
        call_type_mapping::Entity::insert(row).on_conflict(conflict).exec_with_returning(tx.conn()).await?;
    tx.changed(row.id);
    Ok(())
}

/// Derives the category of the feed's calls again that have one of these call types, after their mapping changed, and
/// holds the rules against their places. Answers how many calls got another category.
pub async fn derive_again(tx: &mut Tx, feed: FeedId, keys: &HashSet<String>) -> Result<u64> {
    // A batch that knew the old mapping has ended before we look at its calls. Everybody who locks both locks feeds
    // before places.
    ingest::lock(tx, Some(feed)).await?;
    let mut places = BTreeSet::new();
    let mut derived = 0;
    for (calls, category) in derived_of(tx, feed, keys).await? {
        let outdated = calls.clone().add(call::Column::Category.ne(category));
        let theirs = places_of(tx, outdated.clone()).await?;
        // Calls at no place are in no sum.
        let summed = if theirs.is_empty() { outdated.clone() } else { calls };
        places.extend(theirs);
        let changed = roll_up::follow(tx, summed, async |tx| {
            let update = call::Entity::update_many()
                .col_expr(call::Column::Category, Expr::value(category))
                .col_expr(call::Column::UpdatedAt, Expr::value(tx.now))
                .filter(outdated);
            Ok(update.exec(tx.conn()).await?)
        });
        derived += changed.await?.rows_affected;
    }
    if derived > 0 {
        flags::evaluate(tx, &places.into_iter().collect::<Vec<_>>()).await?;
    }
    Ok(derived)
}

// Calls with one of these types, and the category which their mappings give.
async fn derived_of(tx: &Tx, feed: FeedId, keys: &HashSet<String>) -> Result<Vec<(Condition, CallCategory)>> {
    use call::Column as C;
    let mut pairs = type_pairs(tx, feed).await?;
    pairs.retain(|pair| pair.says(|told| keys.contains(told)));
    let mapped = mappings(tx, feed, &pairs).await?;
    let derived = pairs.into_iter().map(|pair| {
        let of = |told: &Option<String>| {
            told.as_deref().map(|told| mapped.get(&key_of(told)).copied().unwrap_or(CallCategory::Unmapped))
        };
        let category = call_intake::category(of(&pair.initial), of(&pair.last));
        let theirs = Condition::all()
            .add(C::FeedId.eq(feed))
            .add(equals(C::InitialDescription, pair.initial))
            .add(equals(C::Description, pair.last));
        (theirs, category)
    });
    Ok(derived.collect())
}

async fn places_of(tx: &Tx, calls: Condition) -> Result<Vec<PropertyId>> {
    Ok(unscoped::<call::Entity>()
        .select_only()
        .column(call::Column::PropertyId)
        .distinct()
        .filter(calls)
        .filter(call::Column::PropertyId.is_not_null())
        .into_tuple()
        .all(tx.conn())
        .await?)
}

/// An initial and a final call type that some call has together, as written.
struct TypePair {
    initial: Option<String>,
    last: Option<String>,
}

impl TypePair {
    fn says(&self, is_wanted: impl Fn(&str) -> bool) -> bool {
        [&self.initial, &self.last].into_iter().flatten().any(|told| is_wanted(&key_of(told)))
    }
}

// Few, however many calls there are: a feed has some hundred types. Only we can compare them as mappings do.
async fn type_pairs(tx: &Tx, feed: FeedId) -> Result<Vec<TypePair>> {
    let pairs: Vec<(Option<String>, Option<String>)> = unscoped::<call::Entity>()
        .select_only()
        .columns([call::Column::InitialDescription, call::Column::Description])
        .distinct()
        .filter(call::Column::FeedId.eq(feed))
        .into_tuple()
        .all(tx.conn())
        .await?;
    Ok(pairs.into_iter().map(|(initial, last)| TypePair { initial, last }).collect())
}

async fn mappings(tx: &Tx, feed: FeedId, pairs: &[TypePair]) -> Result<HashMap<String, CallCategory>> {
    let types: HashSet<String> = pairs
        .iter()
        .flat_map(|pair| [&pair.initial, &pair.last])
        .flatten()
        .map(|told| key_of(told))
        .collect();
    ingest::mapped(tx, feed, types).await
}

fn equals(column: call::Column, value: Option<String>) -> Condition {
    Condition::all().add(value.map_or_else(|| column.is_null(), |value| column.eq(value)))
}
