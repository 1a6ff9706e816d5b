//! Questions about violations.

use entity::{
    id::{CaseId, InspectionId, NoticeId, ViolationId},
    notice_violation, violation,
};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QueryResult,
    QuerySelect, RelationDef, Select,
};

use crate::{
    app::App,
    authz::Viewer,
    domain::as_of::{NotKnown, Past, Record},
    error::Result,
    scope::VisibleTo,
};

/// Violations by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[ViolationId]) -> Result<Vec<violation::Model>> {
    let rows = violation::Entity::visible_to(viewer).filter(violation::Column::Id.is_in(ids.iter().copied()));
    Ok(rows.all(&app.db).await?)
}

/// The violations of these cases, in the order in which they were found.
pub async fn of_cases(app: &App, viewer: &Viewer, cases: &[CaseId]) -> Result<Vec<violation::Model>> {
    let rows =
        violation::Entity::visible_to(viewer).filter(violation::Column::CaseId.is_in(cases.iter().copied()));
    Ok(in_order(rows).all(&app.db).await?)
}

/// The violations that these inspections found, as they were stated.
pub async fn of_inspections(
    app: &App,
    viewer: &Viewer,
    inspections: &[InspectionId],
) -> Result<Vec<violation::Model>> {
    let rows = violation::Entity::visible_to(viewer)
        .filter(violation::Column::InspectionId.is_in(inspections.iter().copied()));
    Ok(in_order(rows).all(&app.db).await?)
}

/// A violation, and a notice that names it.
#[derive(Clone, Debug)]
pub struct NamedRow {
    pub notice_id: NoticeId,
    pub violation: violation::Model,
}

impl FromQueryResult for NamedRow {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            notice_id: row.try_get(prefix, "notice_id")?,
            violation: violation::Model::from_query_result(row, prefix)?,
        })
    }
}

impl Past for NamedRow {
    fn then(self, record: &Record) -> Result<Option<Self>, NotKnown> {
        let notice_id = self.notice_id;
        let known = self.violation.then(record)?;
        Ok(known.map(|violation| Self { notice_id, violation }))
    }
}

/// The violations that these notices name, in the order in which they were found.
pub async fn of_notices(app: &App, viewer: &Viewer, notices: &[NoticeId]) -> Result<Vec<NamedRow>> {
    let names: RelationDef = notice_violation::Entity::belongs_to(violation::Entity)
        .from(notice_violation::Column::ViolationId)
        .to(violation::Column::Id)
        .into();
    let rows = violation::Entity::visible_to(viewer)
        .join(JoinType::InnerJoin, names.rev())
        .column(notice_violation::Column::NoticeId)
        .filter(notice_violation::Column::NoticeId.is_in(notices.iter().copied()));
    Ok(in_order(rows).into_model::<NamedRow>().all(&app.db).await?)
}

fn in_order(select: Select<violation::Entity>) -> Select<violation::Entity> {
    select.order_by_asc(violation::Column::FoundOn).order_by_asc(violation::Column::Id)
}
