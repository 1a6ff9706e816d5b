//! Questions about notices and their services.

use entity::{
    id::{CaseId, NoticeId},
    notice, notice_service, party,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, FromQueryResult, QueryFilter, QueryOrder, QueryResult, RelationTrait,
};

use super::joined::{join, related};
use crate::{
    app::App,
    authz::Viewer,
    domain::as_of::{NotKnown, Past, Record},
    error::Result,
    scope::VisibleTo,
};

/// The service of a notice, with whom it reached.
#[derive(Clone, Debug)]
pub struct ServiceRow {
    pub notice_id: NoticeId,
    pub service: notice_service::Model,
    /// None when the place itself was served.
    pub recipient: Option<party::Model>,
}

impl FromQueryResult for ServiceRow {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let service = notice_service::Model::from_query_result(row, prefix)?;
        let recipient = related(row, "service_party_")?;
        Ok(Self { notice_id: service.notice_id, service, recipient })
    }
}

impl Past for ServiceRow {
    fn then(self, record: &Record) -> Result<Option<Self>, NotKnown> {
        // It was stated with its notice.
        let _ = record;
        Ok(Some(self))
    }
}

/// Notices by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[NoticeId]) -> Result<Vec<notice::Model>> {
    let rows = notice::Entity::visible_to(viewer).filter(notice::Column::Id.is_in(ids.iter().copied()));
    Ok(rows.all(&app.db).await?)
}

/// The notices of these cases, in the order in which they were recorded.
pub async fn of_cases(app: &App, viewer: &Viewer, cases: &[CaseId]) -> Result<Vec<notice::Model>> {
    Ok(notice::Entity::visible_to(viewer)
        .filter(notice::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(notice::Column::Id)
        .all(&app.db)
        .await?)
}

/// The services of these notices, as they were stated.
pub async fn services_of_notices(
    app: &App,
    viewer: &Viewer,
    notices: &[NoticeId],
) -> Result<Vec<ServiceRow>> {
    services_of(&app.db, viewer, notices).await
}

/// The same, read inside a transaction as well.
pub async fn services_of(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    notices: &[NoticeId],
) -> Result<Vec<ServiceRow>> {
    let select = notice_service::Entity::visible_to(viewer)
        .filter(notice_service::Column::NoticeId.is_in(notices.iter().copied()))
        .order_by_asc(notice_service::Column::Position);
    let with_party =
        join::<_, party::Entity>(select, notice_service::Relation::Party.def(), None, "service_party_");
    Ok(with_party.into_model::<ServiceRow>().all(db).await?)
}
