//! Questions about inspections.

use entity::{
    id::{CaseId, InspectionId},
    inspection, staff,
};
use sea_orm::{
    ColumnTrait, Condition, DbErr, FromQueryResult, Order, QueryFilter, QueryResult, RelationTrait, Select,
    sea_query::{Expr, Func},
};

use super::{
    joined::{Joined, join},
    page::{self, Key, Page, Sorting, Window},
};
use crate::{
    app::App,
    authz::Viewer,
    domain::as_of::{Past, Record},
    error::Result,
    scope::VisibleTo,
};

/// An inspection with the to-one relations that were asked for.
#[derive(Clone, Debug)]
pub struct InspectionRow {
    pub inspection: inspection::Model,
    pub inspector: Joined<staff::Model>,
}

/// Which relations to read along.
#[derive(Clone, Copy, Debug, Default)]
pub struct With {
    pub inspector: bool,
}

impl FromQueryResult for InspectionRow {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            inspection: inspection::Model::from_query_result(row, prefix)?,
            inspector: Joined::named(row, "inspection_inspector_")?,
        })
    }
}

impl From<inspection::Model> for InspectionRow {
    fn from(inspection: inspection::Model) -> Self {
        Self { inspection, inspector: Joined::NotAsked }
    }
}

/// One page of a case's inspections, the latest first: by when it was made, or else is planned. With a record, as it knew
/// them.
pub async fn of_case(
    app: &App,
    viewer: &Viewer,
    case: CaseId,
    record: Option<&Record>,
    window: &Window,
    with: With,
) -> Result<Page<InspectionRow>> {
    use inspection::Column as C;
    let known = record.map(|record| C::CreatedAt.lt(record.day.end));
    let select = inspection::Entity::visible_to(viewer)
        .filter(C::CaseId.eq(case))
        .filter(Condition::all().add_option(known));
    // What was only planned on that day stood where it was planned for.
    let planned = record.map(Record::inspections_made_later).unwrap_or_default();
    let column = |column: C| Expr::col((inspection::Entity, column));
    let made = Expr::case(C::Id.is_not_in(planned.iter().copied()), column(C::PerformedAt));
    let when = Func::coalesce([made.into(), column(C::ScheduledFor)]);
    let sorting = Sorting::new("inspections").by(Expr::expr(when), Order::Desc).by(C::Id, Order::Desc);
    let keys = |row: &InspectionRow| -> Vec<Key> {
        let inspection = &row.inspection;
        let made = inspection.performed_at.filter(|_| !planned.contains(&inspection.id));
        vec![made.or(inspection.scheduled_for).into(), inspection.id.0.into()]
    };
    let mut page = page::page(&app.db, joined(select, with), &sorting, window, keys).await?;
    if let Some(record) = record {
        let mut known = Vec::with_capacity(page.rows.len());
        for (cursor, row) in page.rows {
            let then = row.inspection.then(record)?;
            known.extend(
                then.map(|inspection| (cursor, InspectionRow { inspection, inspector: row.inspector })),
            );
        }
        page.rows = known;
    }
    Ok(page)
}

/// Inspections by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[InspectionId]) -> Result<Vec<inspection::Model>> {
    let rows =
        inspection::Entity::visible_to(viewer).filter(inspection::Column::Id.is_in(ids.iter().copied()));
    Ok(rows.all(&app.db).await?)
}

fn joined(select: Select<inspection::Entity>, with: With) -> Select<inspection::Entity> {
    if !with.inspector {
        return select;
    }
    join::<_, staff::Entity>(select, inspection::Relation::Inspector.def(), None, "inspection_inspector_")
}
