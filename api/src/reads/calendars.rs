//! Calendars that people follow: whose they are, and what is in them.

use chrono::{DateTime, Days, NaiveDate, Utc};
use entity::{
    calendar_feed, case, deadline, deadline_computation, hearing,
    id::{DistrictId, StaffId},
    legal_action, staff,
};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    RelationTrait,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};

use crate::{
    app::App,
    authz::{Action, Reach, Viewer},
    domain::calendar::{Calendar, DeadlineEntry, HearingEntry},
    error::Result,
    scope::{VisibleTo, unscoped},
};

/// Days that what is past stays in a calendar.
pub const KEPT_DAYS: u64 = 365;

/// The viewer's own calendars by id, in no order.
pub async fn by_ids(
    app: &App,
    viewer: &Viewer,
    ids: &[entity::id::CalendarFeedId],
) -> Result<Vec<calendar_feed::Model>> {
    let rows = calendar_feed::Entity::visible_to(viewer)
        .filter(calendar_feed::Column::Id.is_in(ids.iter().copied()));
    Ok(rows.all(&app.db).await?)
}

/// The viewer's own calendars, the newest first.
pub async fn own(app: &App, viewer: &Viewer) -> Result<Vec<calendar_feed::Model>> {
    Ok(calendar_feed::Entity::visible_to(viewer)
        .order_by_desc(calendar_feed::Column::Id)
        .all(&app.db)
        .await?)
}

/// Whose docket a calendar shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Attorney(StaffId),
    District(DistrictId),
}

/// Whether that person may follow such a calendar now: a team its district's, an attorney their own, and who works all
/// districts any.
#[must_use]
pub fn may_follow(viewer: &Viewer, of: Of) -> bool {
    match of {
        Of::District(district) => viewer.may(Action::FollowCalendars, Some(district)),
        Of::Attorney(attorney) => match viewer.reach(Action::FollowCalendars) {
            Reach::Everywhere => true,
            Reach::OwnDistricts => viewer.staff_id() == Some(attorney) && !viewer.districts.is_empty(),
            Reach::Nowhere => false,
        },
    }
}

/// The calendar whose token has that hash, if it was not revoked.
pub async fn of_hash(app: &App, token_hash: &str) -> Result<Option<calendar_feed::Model>> {
    Ok(unscoped::<calendar_feed::Entity>()
        .filter(calendar_feed::Column::TokenHash.eq(token_hash))
        .filter(calendar_feed::Column::RevokedAt.is_null())
        .one(&app.db)
        .await?)
}

/// What is in it for its owner; none when they may not follow it (any more).
pub async fn followed(app: &App, owner: &Viewer, feed: &calendar_feed::Model) -> Result<Option<Calendar>> {
    let Some(of) = of(feed).filter(|of| may_follow(owner, *of)) else { return Ok(None) };
    Ok(Some(Calendar {
        name: name(app, of).await?,
        hearings: hearings(app, owner, of).await?,
        deadlines: deadlines(app, owner, of).await?,
    }))
}

fn of(feed: &calendar_feed::Model) -> Option<Of> {
    feed.attorney_id.map(Of::Attorney).or(feed.district_id.map(Of::District))
}

async fn name(app: &App, of: Of) -> Result<String> {
    Ok(match of {
        Of::District(id) => app
            .city
            .district(id)
            .map_or_else(String::new, |district| format!("Docket of district {}", district.number)),
        Of::Attorney(id) => {
            let person = unscoped::<staff::Entity>().filter(staff::Column::Id.eq(id)).one(&app.db).await?;
            person.map_or_else(String::new, |person| format!("Docket of {}", person.name))
        }
    })
}

#[derive(FromQueryResult)]
struct HearingRow {
    #[sea_orm(nested)]
    hearing: hearing::Model,
    case_number: String,
}

async fn hearings(app: &App, viewer: &Viewer, of: Of) -> Result<Vec<HearingEntry>> {
    use hearing::Column as C;
    let narrowed = match of {
        Of::District(id) => C::DistrictId.eq(id),
        Of::Attorney(id) => C::LegalActionId.in_subquery(actions_of(id)),
    };
    let rows = hearing::Entity::visible_to(viewer)
        .join(JoinType::InnerJoin, hearing::Relation::LegalAction.def())
        .join(JoinType::InnerJoin, legal_action::Relation::Case.def())
        .column_as(case::Column::Number, "case_number")
        .filter(narrowed)
        .filter(own_districts(viewer, C::DistrictId))
        .filter(C::StartsOn.gte(oldest(app)))
        .order_by_asc(C::StartsAt)
        .order_by_asc(C::Id)
        .into_model::<HearingRow>()
        .all(&app.db)
        .await?;
    let entry = |HearingRow { hearing, case_number }| HearingEntry {
        id: hearing.id,
        version: hearing.version,
        case_number,
        starts_at: hearing.starts_at,
        court: hearing.court,
        department: hearing.department,
        purpose: hearing.purpose,
        status: hearing.status,
        changed_at: hearing.changed_at.unwrap_or(hearing.created_at),
    };
    Ok(rows.into_iter().map(entry).collect())
}

#[derive(FromQueryResult)]
struct DeadlineRow {
    #[sea_orm(nested)]
    deadline: deadline::Model,
    case_number: String,
    is_counted: bool,
}

async fn deadlines(app: &App, viewer: &Viewer, of: Of) -> Result<Vec<DeadlineEntry>> {
    use deadline::Column as C;
    let narrowed = match of {
        Of::District(id) => Condition::all().add(C::DistrictId.eq(id)),
        // Their own, and those of their actions that are nobody's in particular.
        Of::Attorney(id) => Condition::any().add(C::ResponsibleId.eq(id)).add(
            Condition::all()
                .add(C::ResponsibleId.is_null())
                .add(C::LegalActionId.in_subquery(actions_of(id))),
        ),
    };
    let since = oldest(app);
    let recent = C::CompletedOn.is_null().or(C::DueOn.gte(since)).or(C::CompletedOn.gte(since));
    let mut counted = Query::select();
    counted.expr(Expr::val(1)).from(deadline_computation::Entity).and_where(
        Expr::col((deadline_computation::Entity, deadline_computation::Column::DeadlineId))
            .equals((deadline::Entity, C::Id)),
    );
    let rows = deadline::Entity::visible_to(viewer)
        .join(JoinType::InnerJoin, deadline::Relation::Case.def())
        .column_as(case::Column::Number, "case_number")
        .column_as(Expr::exists(counted), "is_counted")
        .filter(narrowed)
        .filter(own_districts(viewer, C::DistrictId))
        .filter(recent)
        .order_by_asc(C::DueOn)
        .order_by_asc(C::Id)
        .into_model::<DeadlineRow>()
        .all(&app.db)
        .await?;
    let entry = |DeadlineRow { deadline, case_number, is_counted }: DeadlineRow| DeadlineEntry {
        id: deadline.id,
        version: deadline.version,
        case_number,
        kind: deadline.kind,
        rule_label: is_counted.then_some(deadline.label),
        due_on: deadline.due_on,
        is_open: deadline.completed_on.is_none(),
        changed_at: changed(deadline.changed_at, deadline.created_at),
    };
    Ok(rows.into_iter().map(entry).collect())
}

fn changed(changed_at: Option<DateTime<Utc>>, created_at: DateTime<Utc>) -> DateTime<Utc> {
    changed_at.unwrap_or(created_at)
}

fn actions_of(attorney: StaffId) -> SelectStatement {
    unscoped::<legal_action::Entity>()
        .select_only()
        .column(legal_action::Column::Id)
        .filter(legal_action::Column::ResponsibleAttorneyId.eq(attorney))
        .into_query()
}

// A calendar stays with the seat: whoever left a district takes nothing of it along.
fn own_districts(viewer: &Viewer, column: impl ColumnTrait) -> Condition {
    let own = (viewer.reach(Action::FollowCalendars) != Reach::Everywhere)
        .then(|| column.is_in(viewer.districts.iter().copied()));
    Condition::all().add_option(own)
}

fn oldest(app: &App) -> NaiveDate {
    app.today().checked_sub_days(Days::new(KEPT_DAYS)).unwrap_or(NaiveDate::MIN)
}
