//! Questions about hand-offs.

use entity::{
    id::{CaseId, DistrictId, ReferralId, StaffId},
    referral::{self, ReferralStatus},
};
use sea_orm::{ColumnTrait, Condition, Order, QueryFilter, QueryOrder, Select, sea_query::ExprTrait};

use super::page::{self, Key, Page, Sorting, Window};
use crate::{
    app::App,
    authz::{Action, Reach, Viewer},
    domain::referral::departments_of,
    error::Result,
    scope::VisibleTo,
};

/// What a list of hand-offs is narrowed by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub districts: Option<Vec<DistrictId>>,
    pub statuses: Option<Vec<ReferralStatus>>,
    pub made_by: Option<StaffId>,
    pub to: Option<StaffId>,
}

/// Hand-offs by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[ReferralId]) -> Result<Vec<referral::Model>> {
    let rows = referral::Entity::visible_to(viewer).filter(referral::Column::Id.is_in(ids.iter().copied()));
    Ok(rows.all(&app.db).await?)
}

/// The hand-offs of these cases, in the order in which they were made.
pub async fn of_cases(app: &App, viewer: &Viewer, cases: &[CaseId]) -> Result<Vec<referral::Model>> {
    Ok(referral::Entity::visible_to(viewer)
        .filter(referral::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(referral::Column::Id)
        .all(&app.db)
        .await?)
}

/// One page of hand-offs, those to be answered first at the top.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    filter: &Filter,
    window: &Window,
) -> Result<Page<referral::Model>> {
    use referral::Column as C;
    let any_of = |statuses: &Vec<ReferralStatus>| {
        statuses.iter().fold(Condition::any(), |any, status| any.add(stands_at(app, *status)))
    };
    let select = referral::Entity::visible_to(viewer).filter(
        Condition::all()
            .add_option(filter.districts.clone().map(|ids| C::DistrictId.is_in(ids)))
            .add_option(filter.statuses.as_ref().map(any_of))
            .add_option(filter.made_by.map(|id| C::MadeBy.eq(id)))
            .add_option(filter.to.map(|id| C::ToStaffId.eq(id))),
    );
    paged(app, select, "referrals", window).await
}

/// What waits for an answer of the viewer: as a person, or in the seat that answers for a department.
pub async fn waiting_on(app: &App, viewer: &Viewer, window: &Window) -> Result<Page<referral::Model>> {
    use referral::Column as C;
    let own = match viewer.reach(Action::WorkCases) {
        Reach::Everywhere => Condition::all(),
        _ => Condition::all().add(C::DistrictId.is_in(viewer.districts.iter().copied())),
    };
    let of_department = own.add(C::ToDepartment.is_in(departments_of(viewer.role)));
    let mine =
        Condition::any().add_option(viewer.staff_id().map(|me| C::ToStaffId.eq(me))).add(of_department);
    let select =
        referral::Entity::visible_to(viewer).filter(stands_at(app, ReferralStatus::Waiting)).filter(mine);
    paged(app, select, "waitingOnMe", window).await
}

/// The rule of `domain::referral::status_on`, in SQL.
fn stands_at(app: &App, status: ReferralStatus) -> Condition {
    use referral::Column as C;
    let in_time = C::AnswerBy.gte(app.today());
    match status {
        ReferralStatus::Waiting => Condition::all().add(C::Status.eq(ReferralStatus::Waiting)).add(in_time),
        ReferralStatus::Lapsed => {
            Condition::all().add(C::Status.eq(ReferralStatus::Waiting)).add(in_time.not())
        }
        other => Condition::all().add(C::Status.eq(other)),
    }
}

async fn paged(
    app: &App,
    select: Select<referral::Entity>,
    name: &str,
    window: &Window,
) -> Result<Page<referral::Model>> {
    use referral::Column as C;
    let sorting = Sorting::new(name).by(C::AnswerBy, Order::Asc).by(C::Id, Order::Asc);
    let keys = |row: &referral::Model| -> Vec<Key> { vec![row.answer_by.into(), row.id.0.into()] };
    page::page(&app.db, select, &sorting, window, keys).await
}
