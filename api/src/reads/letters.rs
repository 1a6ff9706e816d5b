//! Questions about letters that were sent, and drafts of letters that might be.

use entity::{
    case,
    id::{CaseId, LetterId, NoticeId, NuisanceRuleId, PartyId, PropertyId},
    letter::{self, Column as C, LetterKind},
    letter_custody, notice,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::{
    early_warnings,
    letter_facts::{Desk, Planned},
};
use crate::{
    app::App,
    authz::{Action, Viewer},
    domain::letter::{DRAFT, Facts},
    error::Result,
    scope::VisibleTo,
};

/// Letters by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[LetterId]) -> Result<Vec<letter::Model>> {
    let rows = letter::Entity::visible_to(viewer).filter(C::Id.is_in(ids.iter().copied()));
    Ok(rows.all(&app.db).await?)
}

/// The letters of these notices as they were served; none for notices of which no letter was kept.
pub async fn of_notices(app: &App, viewer: &Viewer, ids: &[NoticeId]) -> Result<Vec<letter::Model>> {
    let rows = letter::Entity::visible_to(viewer).filter(C::NoticeId.is_in(ids.iter().copied()));
    Ok(rows.all(&app.db).await?)
}

/// The letters about these places, in the order in which they were sent.
pub async fn at_places(app: &App, viewer: &Viewer, ids: &[PropertyId]) -> Result<Vec<letter::Model>> {
    let rows = letter::Entity::visible_to(viewer).filter(C::PropertyId.is_in(ids.iter().copied()));
    Ok(rows.order_by_asc(C::SentAt).order_by_asc(C::Id).all(&app.db).await?)
}

/// Who handled these early warnings, in the order in which they did.
pub async fn custody_of(app: &App, viewer: &Viewer, ids: &[LetterId]) -> Result<Vec<letter_custody::Model>> {
    let rows = letter_custody::Entity::visible_to(viewer)
        .filter(letter_custody::Column::LetterId.is_in(ids.iter().copied()));
    Ok(rows
        .order_by_asc(letter_custody::Column::At)
        .order_by_asc(letter_custody::Column::Id)
        .all(&app.db)
        .await?)
}

/// What the letter of a notice would say by what is recorded now, where none was kept when it was served.
pub async fn redrawn(app: &App, viewer: &Viewer, notice: &notice::Model) -> Result<Facts> {
    let facts = desk(app, viewer).of_notice(notice).await?;
    Ok(Facts { draft: Some(DRAFT.to_owned()), ..facts })
}

/// Whether the viewer may see the draft of such a letter in the case: whoever could send it. An early warning is no case's.
#[must_use]
pub fn may_draft(viewer: &Viewer, case: &case::Model, kind: LetterKind) -> bool {
    kind != LetterKind::EarlyWarning && viewer.may(Action::WorkCases, Some(case.district_id))
}

/// The draft of a letter of a case; none for who could not send it.
pub async fn draft(app: &App, viewer: &Viewer, case: CaseId, planned: &Planned) -> Result<Option<Facts>> {
    let desk = desk(app, viewer);
    match desk.case(case).await? {
        Some(case) if may_draft(viewer, &case, planned.kind) => {
            desk.of_planned(&case, planned).await.map(Some)
        }
        _ => Ok(None),
    }
}

/// The draft of an early warning; none where the viewer sees no such warning now.
pub async fn early_warning(
    app: &App,
    viewer: &Viewer,
    place: PropertyId,
    rule: NuisanceRuleId,
    to: &[PartyId],
) -> Result<Option<Facts>> {
    match early_warnings::at(&app.db, &app.city, viewer, place, rule).await? {
        Some(warning) => desk(app, viewer).of_warning(&warning, to, None).await.map(Some),
        None => Ok(None),
    }
}

fn desk<'a>(app: &'a App, viewer: &'a Viewer) -> Desk<'a, sea_orm::DatabaseConnection> {
    Desk { db: &app.db, city: &app.city, viewer, today: app.today() }
}
