//! Questions about the cost ledger.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    case, cost_billing,
    cost_entry::{self, CostKind},
    id::{CaseId, CostEntryId, DistrictId, LegalActionId, NoticeId, PropertyId},
    legal_action,
    legal_action::LegalActionStatus,
    legal_action_status_change as status_change,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, FromQueryResult, JoinType, Order, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, RelationTrait, Select,
    sea_query::{Alias, Expr, ExprTrait},
};

use super::page::{self, Key, Page, Sorting, Window};
use crate::{
    app::App,
    authz::Viewer,
    domain::{
        cost_ledger::is_billed_by_statement,
        treble_costs::{JUDGED, Judgment, LEFT_OUT},
    },
    error::Result,
    scope::VisibleTo,
};

/// Whose ledger is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ledger {
    Case(CaseId),
    Place(PropertyId),
}

impl Ledger {
    fn condition(self) -> Condition {
        Condition::all().add(match self {
            Self::Case(id) => cost_entry::Column::CaseId.eq(id),
            Self::Place(id) => cost_entry::Column::PropertyId.eq(id),
        })
    }
}

/// How far a ledger is read.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    Now,
    /// What is dated up to that day, whenever it was recorded.
    Dated(NaiveDate),
    /// What was recorded before that moment, whatever its date.
    Recorded(DateTime<Utc>),
}

/// What the entries of one kind add up to, in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Total {
    pub kind: CostKind,
    pub cents: i64,
}

/// The same for one of several cases or places.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct TotalOf<I: sea_orm::TryGetable> {
    pub of: I,
    pub kind: CostKind,
    pub cents: i64,
}

/// Entries by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[CostEntryId]) -> Result<Vec<cost_entry::Model>> {
    let rows =
        cost_entry::Entity::visible_to(viewer).filter(cost_entry::Column::Id.is_in(ids.iter().copied()));
    Ok(rows.all(&app.db).await?)
}

/// One page of a ledger, the earliest first.
pub async fn entries(
    app: &App,
    viewer: &Viewer,
    of: Ledger,
    until: Until,
    window: &Window,
) -> Result<Page<cost_entry::Model>> {
    let select = cost_entry::Entity::visible_to(viewer).filter(of.condition());
    let select = match until {
        Until::Now => select,
        Until::Dated(day) => select.filter(cost_entry::Column::OccurredOn.lte(day)),
        Until::Recorded(end) => recorded(select, Some(end)),
    };
    paged(app, select, "costs", window).await
}

/// Costs that no statement has asked for yet and that were not taken back, the earliest first.
pub async fn unbilled(
    app: &App,
    viewer: &Viewer,
    districts: Option<Vec<DistrictId>>,
    window: &Window,
) -> Result<Page<cost_entry::Model>> {
    let within = districts.map(|ids| cost_entry::Column::DistrictId.is_in(ids));
    let select = cost_entry::Entity::visible_to(viewer)
        .filter(is_unbilled(None))
        .filter(Condition::all().add_option(within));
    paged(app, select, "unbilledCosts", window).await
}

/// What no statement has asked for yet in a case, the earliest first.
pub async fn unbilled_of_case(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    case: CaseId,
) -> Result<Vec<cost_entry::Model>> {
    Ok(in_order(cost_entry::Entity::visible_to(viewer))
        .filter(cost_entry::Column::CaseId.eq(case))
        .filter(is_unbilled(None))
        .all(db)
        .await?)
}

/// The costs that a statement asks for, the earliest first.
pub async fn billed_in(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    statement: NoticeId,
) -> Result<Vec<cost_entry::Model>> {
    let asked = billed_by(db, viewer, &[statement]).await?;
    Ok(in_order(cost_entry::Entity::visible_to(viewer))
        .filter(cost_entry::Column::Id.is_in(asked.iter().map(|row| row.entry_id)))
        .all(db)
        .await?)
}

fn in_order(select: Select<cost_entry::Entity>) -> Select<cost_entry::Entity> {
    select.order_by_asc(cost_entry::Column::OccurredOn).order_by_asc(cost_entry::Column::Id)
}

async fn paged(
    app: &App,
    select: Select<cost_entry::Entity>,
    name: &str,
    window: &Window,
) -> Result<Page<cost_entry::Model>> {
    use cost_entry::Column as C;
    let sorting = Sorting::new(name).by(C::OccurredOn, Order::Asc).by(C::Id, Order::Asc);
    let keys = |row: &cost_entry::Model| -> Vec<Key> { vec![row.occurred_on.into(), row.id.0.into()] };
    page::page(&app.db, select, &sorting, window, keys).await
}

/// What a ledger's entries add up to, by kind; with `until`, only what is dated up to that day.
pub async fn totals(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    of: Ledger,
    until: Option<NaiveDate>,
) -> Result<Vec<Total>> {
    let dated = until.map(|day| cost_entry::Column::OccurredOn.lte(day));
    Ok(by_kind(cost_entry::Entity::visible_to(viewer))
        .filter(of.condition())
        .filter(Condition::all().add_option(dated))
        .into_model()
        .all(db)
        .await?)
}

/// What the entries of these cases add up to, by kind.
pub async fn totals_of_cases(
    app: &App,
    viewer: &Viewer,
    ids: &[CaseId],
    until: Option<DateTime<Utc>>,
) -> Result<Vec<TotalOf<CaseId>>> {
    let of = cost_entry::Column::CaseId;
    let rows =
        by_kind(recorded(cost_entry::Entity::visible_to(viewer), until)).column_as(of, "of").group_by(of);
    Ok(rows.filter(of.is_in(ids.iter().copied())).into_model().all(&app.db).await?)
}

/// What the entries of all cases at these places add up to, by kind.
pub async fn totals_of_places(
    app: &App,
    viewer: &Viewer,
    ids: &[PropertyId],
    until: Option<DateTime<Utc>>,
) -> Result<Vec<TotalOf<PropertyId>>> {
    let of = cost_entry::Column::PropertyId;
    let rows =
        by_kind(recorded(cost_entry::Entity::visible_to(viewer), until)).column_as(of, "of").group_by(of);
    Ok(rows.filter(of.is_in(ids.iter().copied())).into_model().all(&app.db).await?)
}

/// What no statement has asked for yet in these cases, by kind.
pub async fn unbilled_of_cases(
    app: &App,
    viewer: &Viewer,
    ids: &[CaseId],
    until: Option<DateTime<Utc>>,
) -> Result<Vec<TotalOf<CaseId>>> {
    let of = cost_entry::Column::CaseId;
    let rows = by_kind(recorded(cost_entry::Entity::visible_to(viewer).filter(is_unbilled(until)), until));
    let rows = rows.column_as(of, "of").group_by(of).filter(of.is_in(ids.iter().copied()));
    Ok(rows.into_model().all(&app.db).await?)
}

// What was recorded before that moment; all of it without one.
fn recorded(entries: Select<cost_entry::Entity>, until: Option<DateTime<Utc>>) -> Select<cost_entry::Entity> {
    match until {
        Some(end) => entries.filter(cost_entry::Column::RecordedAt.lt(end)),
        None => entries,
    }
}

fn by_kind(entries: Select<cost_entry::Entity>) -> Select<cost_entry::Entity> {
    entries
        .select_only()
        .column(cost_entry::Column::Kind)
        // PostgreSQL's sums of large integers are numerics.
        .expr_as(Expr::cust("CAST(SUM(\"cost_entry\".\"amount_cents\") AS BIGINT)"), "cents")
        .group_by(cost_entry::Column::Kind)
}

/// The entries that take these back.
pub async fn reversals_of(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    ids: &[CostEntryId],
) -> Result<Vec<cost_entry::Model>> {
    let reverses = cost_entry::Column::ReversesId.is_in(ids.iter().copied());
    Ok(cost_entry::Entity::visible_to(viewer).filter(reverses).all(db).await?)
}

/// Which statement asked for each of these costs.
pub async fn billings_of(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    ids: &[CostEntryId],
) -> Result<Vec<cost_billing::Model>> {
    let billed = cost_billing::Column::EntryId.is_in(ids.iter().copied());
    Ok(cost_billing::Entity::visible_to(viewer).filter(billed).all(db).await?)
}

/// What each of these statements asked for.
pub async fn billed_by(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    ids: &[NoticeId],
) -> Result<Vec<cost_billing::Model>> {
    let billed = cost_billing::Column::NoticeId.is_in(ids.iter().copied());
    Ok(cost_billing::Entity::visible_to(viewer).filter(billed).all(db).await?)
}

/// A judgment about one of several places.
#[derive(Clone, Copy, Debug)]
pub struct JudgmentAt {
    pub property_id: PropertyId,
    pub judgment: Judgment,
}

#[derive(FromQueryResult)]
struct Judged {
    id: LegalActionId,
    property_id: PropertyId,
    judged_on: Option<NaiveDate>,
}

/// Civil and criminal judgments in the cases at these places: the day each action first came to ORDERED.
pub async fn judgments_at(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    places: &[PropertyId],
) -> Result<Vec<JudgmentAt>> {
    let first = status_change::Entity::visible_to(viewer)
        .select_only()
        .expr(Expr::col((status_change::Entity, status_change::Column::ChangedOn)).min())
        .filter(
            Expr::col((status_change::Entity, status_change::Column::LegalActionId))
                .equals((legal_action::Entity, legal_action::Column::Id)),
        )
        .filter(status_change::Column::ToStatus.eq(LegalActionStatus::Ordered));
    let rows = legal_action::Entity::visible_to(viewer)
        .select_only()
        .column(legal_action::Column::Id)
        .column_as(case::Column::PropertyId, "property_id")
        .expr_as(Expr::from(first.into_query()), "judged_on")
        .join(JoinType::InnerJoin, legal_action::Relation::Case.def())
        .filter(case::Column::PropertyId.is_in(places.iter().copied()))
        .filter(legal_action::Column::Kind.is_in(JUDGED.iter().copied()))
        .filter(legal_action::Column::RemedyKey.ne(LEFT_OUT))
        .into_model::<Judged>()
        .all(db)
        .await?;
    let judged = rows.into_iter().filter_map(|row| {
        let judgment = Judgment { legal_action: row.id, on: row.judged_on? };
        Some(JudgmentAt { property_id: row.property_id, judgment })
    });
    Ok(judged.collect())
}

// A cost that counts and that nobody was asked for; with `until`, nobody before that moment.
fn is_unbilled(until: Option<DateTime<Utc>>) -> Condition {
    use cost_entry::Column as C;
    let kinds = CostKind::ALL.iter().copied().filter(|kind| is_billed_by_statement(*kind));
    let reversal = Alias::new("reversal");
    let mut reversed = sea_orm::sea_query::Query::select();
    reversed
        .expr(Expr::val(1))
        .from_as(cost_entry::Entity, reversal.clone())
        .and_where(Expr::col((reversal.clone(), C::ReversesId)).equals((cost_entry::Entity, C::Id)));
    let mut billed = sea_orm::sea_query::Query::select();
    billed.expr(Expr::val(1)).from(cost_billing::Entity).and_where(
        Expr::col((cost_billing::Entity, cost_billing::Column::EntryId)).equals((cost_entry::Entity, C::Id)),
    );
    if let Some(end) = until {
        reversed.and_where(Expr::col((reversal, C::RecordedAt)).lt(end));
        billed.and_where(Expr::col((cost_billing::Entity, cost_billing::Column::BilledAt)).lt(end));
    }
    Condition::all()
        .add(C::Kind.is_in(kinds))
        .add(C::ReversesId.is_null())
        .add(Expr::exists(reversed).not())
        .add(Expr::exists(billed).not())
}
