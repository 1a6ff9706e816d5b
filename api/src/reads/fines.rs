//! Questions about fines of citations: how they were reached, what is left of them, and their appeals.

use chrono::NaiveDate;
use entity::{
    citation_appeal::{self, AppealOutcome},
    citation_fine,
    cost_entry::{self, CostKind},
    id::{CitationAppealId, NoticeId, PartyId, PropertyId},
    notice::{self, NoticeKind},
    notice_service, notice_violation, violation,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, RelationDef, sea_query::SelectStatement,
};

use crate::{
    app::App,
    authz::Viewer,
    domain::{
        as_of::{NotKnown, Past, Record},
        fine::Earlier,
    },
    error::Result,
    scope::{VisibleTo, unscoped},
};

/// An entry of the cost ledger that belongs to the fine of a citation.
#[derive(Clone, Debug)]
pub struct FineEntry {
    pub notice_id: NoticeId,
    pub entry: cost_entry::Model,
}

impl Past for FineEntry {
    fn then(self, record: &Record) -> Result<Option<Self>, NotKnown> {
        let notice_id = self.notice_id;
        let known = self.entry.then(record)?;
        Ok(known.map(|entry| Self { notice_id, entry }))
    }
}

/// What these citations ask for, section by section.
pub async fn of_notices(
    app: &App,
    viewer: &Viewer,
    notices: &[NoticeId],
) -> Result<Vec<citation_fine::Model>> {
    lines_of(&app.db, viewer, notices).await
}

/// The same inside a transaction.
pub async fn lines_of(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    notices: &[NoticeId],
) -> Result<Vec<citation_fine::Model>> {
    Ok(citation_fine::Entity::visible_to(viewer)
        .filter(citation_fine::Column::NoticeId.is_in(notices.iter().copied()))
        .order_by_asc(citation_fine::Column::Id)
        .all(db)
        .await?)
}

/// The appeals of these citations.
pub async fn appeals_of(
    app: &App,
    viewer: &Viewer,
    notices: &[NoticeId],
) -> Result<Vec<citation_appeal::Model>> {
    let rows = citation_appeal::Entity::visible_to(viewer)
        .filter(citation_appeal::Column::NoticeId.is_in(notices.iter().copied()));
    Ok(rows.all(&app.db).await?)
}

/// Appeals by id, in no order.
pub async fn appeals_by_ids(
    app: &App,
    viewer: &Viewer,
    ids: &[CitationAppealId],
) -> Result<Vec<citation_appeal::Model>> {
    let rows = citation_appeal::Entity::visible_to(viewer)
        .filter(citation_appeal::Column::Id.is_in(ids.iter().copied()));
    Ok(rows.all(&app.db).await?)
}

/// The entries of the ledger that belong to the fines of these citations, in the order in which they were recorded.
pub async fn entries_of(app: &App, viewer: &Viewer, notices: &[NoticeId]) -> Result<Vec<FineEntry>> {
    recorded_for(&app.db, viewer, notices).await
}

/// The same inside a transaction.
pub async fn recorded_for(
    db: &impl ConnectionTrait,
    viewer: &Viewer,
    notices: &[NoticeId],
) -> Result<Vec<FineEntry>> {
    let rows = cost_entry::Entity::visible_to(viewer)
        .filter(cost_entry::Column::NoticeId.is_in(notices.iter().copied()))
        .filter(cost_entry::Column::Kind.is_in([CostKind::Fine, CostKind::Waiver]))
        .order_by_asc(cost_entry::Column::Id)
        .all(db)
        .await?;
    let of_notice = |entry: cost_entry::Model| Some(FineEntry { notice_id: entry.notice_id?, entry });
    Ok(rows.into_iter().filter_map(of_notice).collect())
}

/// Citations that were served between two days on these parties, in any case; without a party, those that were left at the
/// place for nobody in particular. A citation that an appeal dismissed never was.
pub async fn earlier(
    db: &impl ConnectionTrait,
    parties: &[PartyId],
    place: PropertyId,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<Earlier>> {
    let whom = if parties.is_empty() {
        Condition::all()
            .add(notice_service::Column::NoticeId.in_subquery(citations(Some(place))))
            .add(notice_service::Column::NoticeId.not_in_subquery(with_a_party()))
    } else {
        Condition::all()
            .add(notice_service::Column::NoticeId.in_subquery(citations(None)))
            .add(notice_service::Column::PartyId.is_in(parties.iter().copied()))
    };
    let services = unscoped::<notice_service::Entity>()
        .filter(whom)
        .filter(notice_service::Column::NoticeId.not_in_subquery(dismissed()))
        .filter(notice_service::Column::ServedOn.between(from, to))
        .order_by_asc(notice_service::Column::ServedOn)
        .all(db)
        .await?;
    let ids: Vec<NoticeId> = services.iter().map(|service| service.notice_id).collect();
    let names: RelationDef = notice_violation::Entity::belongs_to(violation::Entity)
        .from(notice_violation::Column::ViolationId)
        .to(violation::Column::Id)
        .into();
    let sections: Vec<(NoticeId, String)> = unscoped::<notice_violation::Entity>()
        .select_only()
        .column(notice_violation::Column::NoticeId)
        .join(JoinType::InnerJoin, names)
        .column(violation::Column::CodeSection)
        .filter(notice_violation::Column::NoticeId.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    let mut found: Vec<(NoticeId, Earlier)> = Vec::new();
    for service in &services {
        for (notice, section) in sections.iter().filter(|(notice, _)| *notice == service.notice_id) {
            let is_known = |(id, one): &(NoticeId, Earlier)| {
                id == notice && one.party == service.party_id && one.section == *section
            };
            // Served twice or naming a section twice, it is one citation.
            if !found.iter().any(is_known) {
                let one = Earlier {
                    party: service.party_id,
                    section: section.clone(),
                    served_on: service.served_on,
                };
                found.push((*notice, one));
            }
        }
    }
    Ok(found.into_iter().map(|(_, earlier)| earlier).collect())
}

fn citations(place: Option<PropertyId>) -> SelectStatement {
    let at_place = place.map(|place| {
        let cases = unscoped::<entity::case::Entity>()
            .select_only()
            .column(entity::case::Column::Id)
            .filter(entity::case::Column::PropertyId.eq(place));
        notice::Column::CaseId.in_subquery(cases.into_query())
    });
    unscoped::<notice::Entity>()
        .select_only()
        .column(notice::Column::Id)
        .filter(notice::Column::Kind.eq(NoticeKind::AdministrativeCitation))
        .filter(Condition::all().add_option(at_place))
        .into_query()
}

fn with_a_party() -> SelectStatement {
    unscoped::<notice_service::Entity>()
        .select_only()
        .column(notice_service::Column::NoticeId)
        .filter(notice_service::Column::PartyId.is_not_null())
        .into_query()
}

fn dismissed() -> SelectStatement {
    unscoped::<citation_appeal::Entity>()
        .select_only()
        .column(citation_appeal::Column::NoticeId)
        .filter(citation_appeal::Column::Outcome.eq(AppealOutcome::Dismissed))
        .into_query()
}
