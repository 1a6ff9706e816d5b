//! Questions about evidence and who handled it.

use chrono::{DateTime, Utc};
use entity::{
    custody_entry::{self, CustodyAction},
    evidence, evidence_upload,
    id::{CaseId, EvidenceId, EvidenceUploadId, InspectionId},
};
use sea_orm::{
    ColumnTrait, Condition, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Query, WindowStatement},
};

use super::page::{self, Page, Sorting, Window};
use crate::{
    app::App,
    authz::Viewer,
    domain::as_of::{NotKnown, Past, Record},
    error::Result,
    scope::VisibleTo,
};

/// One page of a case's evidence, in the order in which it was added; withdrawn pieces among it. With `until`, of what was
/// added before that moment.
pub async fn of_case(
    app: &App,
    viewer: &Viewer,
    case: CaseId,
    until: Option<DateTime<Utc>>,
    window: &Window,
) -> Result<Page<evidence::Model>> {
    use evidence::Column as C;
    let select = evidence::Entity::visible_to(viewer).filter(C::CaseId.eq(case));
    let select = select.filter(Condition::all().add_option(until.map(|end| C::AddedAt.lt(end))));
    let sorting = Sorting::new("evidence").by(C::AddedAt, Order::Asc).by(C::Id, Order::Asc);
    let keys = |row: &evidence::Model| vec![row.added_at.into(), row.id.0.into()];
    page::page(&app.db, select, &sorting, window, keys).await
}

/// Pieces of evidence by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[EvidenceId]) -> Result<Vec<evidence::Model>> {
    let rows = evidence::Entity::visible_to(viewer).filter(evidence::Column::Id.is_in(ids.iter().copied()));
    Ok(rows.all(&app.db).await?)
}

/// One piece of evidence.
pub async fn by_id(app: &App, viewer: &Viewer, id: EvidenceId) -> Result<Option<evidence::Model>> {
    Ok(by_ids(app, viewer, &[id]).await?.pop())
}

/// What was added at these inspections, in the order in which it was added.
pub async fn of_inspections(
    app: &App,
    viewer: &Viewer,
    inspections: &[InspectionId],
) -> Result<Vec<Inspected>> {
    let rows = evidence::Entity::visible_to(viewer)
        .filter(evidence::Column::InspectionId.is_in(inspections.iter().copied()))
        .order_by_asc(evidence::Column::AddedAt)
        .order_by_asc(evidence::Column::Id)
        .all(&app.db)
        .await?;
    let inspected =
        |row: evidence::Model| Some(Inspected { inspection_id: row.inspection_id?, evidence: row });
    Ok(rows.into_iter().filter_map(inspected).collect())
}

/// A piece of evidence with the inspection at which it was taken.
#[derive(Clone, Debug)]
pub struct Inspected {
    pub inspection_id: InspectionId,
    pub evidence: evidence::Model,
}

impl Past for Inspected {
    fn then(self, record: &Record) -> Result<Option<Self>, NotKnown> {
        let inspection_id = self.inspection_id;
        let known = self.evidence.then(record)?;
        Ok(known.map(|evidence| Self { inspection_id, evidence }))
    }
}

/// The newest entries of each of these custody logs, cut in SQL, newest first; with `until`, of those before that moment.
pub async fn custody_of(
    app: &App,
    viewer: &Viewer,
    evidence: &[EvidenceId],
    first: i32,
    until: Option<DateTime<Utc>>,
) -> Result<Vec<custody_entry::Model>> {
    use custody_entry::{Column as C, Entity as E};
    let mut ranked = E::visible_to(viewer)
        .select_only()
        .column(C::Id)
        .filter(C::EvidenceId.is_in(evidence.iter().copied()))
        .filter(Condition::all().add_option(until.map(|end| C::At.lt(end))))
        .into_query();
    ranked.expr_window_as(
        Expr::cust("ROW_NUMBER()"),
        WindowStatement::partition_by(C::EvidenceId)
            .order_by((E, C::At), Order::Desc)
            .order_by((E, C::Id), Order::Desc)
            .take(),
        "newest",
    );
    let mut ids = Query::select();
    ids.column("id").from_subquery(ranked, "ranked").and_where(Expr::col("newest").lte(first));
    let rows = E::visible_to(viewer).filter(C::Id.in_subquery(ids));
    Ok(rows.order_by_desc(C::At).order_by_desc(C::Id).all(&app.db).await?)
}

/// When and why these pieces were withdrawn; nothing for those that stand.
pub async fn withdrawals_of(
    app: &App,
    viewer: &Viewer,
    evidence: &[EvidenceId],
) -> Result<Vec<custody_entry::Model>> {
    let rows = custody_entry::Entity::visible_to(viewer)
        .filter(custody_entry::Column::EvidenceId.is_in(evidence.iter().copied()))
        .filter(custody_entry::Column::Action.eq(CustodyAction::Withdrawn));
    Ok(rows.all(&app.db).await?)
}

/// A file on its way that this viewer announced.
pub async fn upload(
    app: &App,
    viewer: &Viewer,
    id: EvidenceUploadId,
) -> Result<Option<evidence_upload::Model>> {
    let found = evidence_upload::Entity::visible_to(viewer).filter(evidence_upload::Column::Id.eq(id));
    Ok(found.one(&app.db).await?)
}
