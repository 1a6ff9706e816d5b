//! Questions about inspections.

use entity::{
    id::{CaseId, InspectionId},
    inspection, staff,
};
use sea_orm::{
    ColumnTrait, DbErr, FromQueryResult, Order, QueryFilter, QueryResult, RelationTrait, Select,
    sea_query::{Expr, Func},
};

use super::{
    joined::{Joined, join},
    page::{self, Key, Page, Sorting, Window},
};
use crate::{app::App, authz::Viewer, error::Result, scope::VisibleTo};

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
            inspector: Joined::from_row(row, "inspection_inspector_")?,
        })
    }
}

impl From<inspection::Model> for InspectionRow {
    fn from(inspection: inspection::Model) -> Self {
        Self { inspection, inspector: Joined::NotAsked }
    }
}

/// One page of a case's inspections, the latest first: by when it was made, or else is planned.
pub async fn of_case(
    app: &App,
    viewer: &Viewer,
    case: CaseId,
    window: &Window,
    with: With,
) -> Result<Page<InspectionRow>> {
    use inspection::Column as C;
    let select = inspection::Entity::visible_to(viewer).filter(C::CaseId.eq(case));
    let column = |column: C| Expr::col((inspection::Entity, column));
    let when = Func::coalesce([column(C::PerformedAt), column(C::ScheduledFor)]);
    let sorting = Sorting::new("inspections").by(Expr::expr(when), Order::Desc).by(C::Id, Order::Desc);
    let keys = |row: &InspectionRow| -> Vec<Key> {
        let inspection = &row.inspection;
        vec![inspection.performed_at.or(inspection.scheduled_for).into(), inspection.id.0.into()]
    };
    page::page(&app.db, joined(select, with), &sorting, window, keys).await
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
