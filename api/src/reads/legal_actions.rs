//! Questions about legal actions and their steps.

use chrono::NaiveDate;
use entity::{
    address_alias, case, deadline,
    hearing::{self, HearingStatus},
    id::{CaseId, DistrictId, LegalActionId, StaffId},
    in_order::{Columns, InOrder, Row},
    legal_action::{self, LegalActionKind, LegalActionStatus},
    legal_action_status_change as status_change, property, staff,
};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, Order, QueryFilter, QueryOrder, QueryResult,
    QuerySelect, QueryTrait, RelationTrait, Select,
};

use super::{
    cases::{self, CaseRow},
    deadlines::is_overdue,
    joined::{Joined, join},
    page::{self, Page, Sorting, Window},
    text,
};
use crate::{
    app::App,
    authz::Viewer,
    error::Result,
    scope::{VisibleTo, unscoped},
};

/// A legal action with the to-one relations that were asked for.
#[derive(Clone, Debug)]
pub struct ActionRow {
    pub action: legal_action::Model,
    pub case: Joined<CaseRow>,
    pub attorney: Joined<staff::Model>,
}

/// Which relations to read along.
#[derive(Clone, Copy, Debug, Default)]
pub struct With {
    /// The case, and what to read along with it.
    pub case: Option<cases::With>,
    pub attorney: bool,
}

// As the statements have it: the table's own columns, then those of each relation in the order in which it is joined.
impl InOrder for ActionRow {
    fn read(columns: &mut Columns<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            action: legal_action::Model::read(columns)?,
            case: Joined::read(columns, "in_case_")?,
            attorney: Joined::read(columns, "by_attorney_")?,
        })
    }

    fn skip(columns: &mut Columns<'_>) -> Result<(), DbErr> {
        legal_action::Model::skip(columns)?;
        Joined::<CaseRow>::read(columns, "in_case_")?;
        Joined::<staff::Model>::read(columns, "by_attorney_")?;
        Ok(())
    }
}

impl FromQueryResult for ActionRow {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        Self::read(&mut Columns::of(row))
    }
}

impl From<legal_action::Model> for ActionRow {
    fn from(action: legal_action::Model) -> Self {
        Self { action, case: Joined::NotAsked, attorney: Joined::NotAsked }
    }
}

/// What a list of legal actions is narrowed by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub districts: Option<Vec<DistrictId>>,
    pub kinds: Option<Vec<LegalActionKind>>,
    pub statuses: Option<Vec<LegalActionStatus>>,
    pub attorney: Option<StaffId>,
    /// Ended or not.
    pub is_final: Option<bool>,
    pub filed_from: Option<NaiveDate>,
    pub filed_to: Option<NaiveDate>,
    /// One hearing, held or still to be held, lies within these days.
    pub hearing_from: Option<NaiveDate>,
    pub hearing_to: Option<NaiveDate>,
    /// A deadline that had to be met has passed.
    pub overdue: Option<bool>,
    /// Case number, court case number, address or title.
    pub text: Option<String>,
}

/// One page of the legal actions that the viewer may see, by what is next.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    filter: &Filter,
    window: &Window,
    with: With,
) -> Result<Page<ActionRow>> {
    let select = joined(filtered(app, viewer, filter), None, with);
    let sorting = Sorting::new("legal actions")
        .by_nullable(legal_action::Column::NextOn, Order::Asc)
        .by(legal_action::Column::Id, Order::Asc);
    let keys = |row: &ActionRow| vec![row.action.next_on.into(), row.action.id.0.into()];
    page::page(&app.db, select, &sorting, window, keys).await
}

/// One legal action, if the viewer may see it.
pub async fn by_id(app: &App, viewer: &Viewer, id: LegalActionId, with: With) -> Result<Option<ActionRow>> {
    let select = legal_action::Entity::visible_to(viewer).filter(legal_action::Column::Id.eq(id));
    Ok(joined(select, None, with).into_model::<ActionRow>().one(&app.db).await?)
}

/// Legal actions by id, in no order.
pub async fn by_ids(app: &App, viewer: &Viewer, ids: &[LegalActionId]) -> Result<Vec<legal_action::Model>> {
    let rows =
        legal_action::Entity::visible_to(viewer).filter(legal_action::Column::Id.is_in(ids.iter().copied()));
    Ok(rows.all(&app.db).await?)
}

/// The legal actions of these cases, in the order in which they were referred.
pub async fn of_cases(app: &App, viewer: &Viewer, cases: &[CaseId]) -> Result<Vec<legal_action::Model>> {
    Ok(legal_action::Entity::visible_to(viewer)
        .filter(legal_action::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(legal_action::Column::CreatedAt)
        .order_by_asc(legal_action::Column::Id)
        .into_model::<Row<legal_action::Model>>()
        .all(&app.db)
        .await?
        .into_iter()
        .map(|row| row.0)
        .collect())
}

/// The steps that these actions took, the first one first.
pub async fn steps_of(
    app: &App,
    viewer: &Viewer,
    ids: &[LegalActionId],
) -> Result<Vec<status_change::Model>> {
    Ok(status_change::Entity::visible_to(viewer)
        .filter(status_change::Column::LegalActionId.is_in(ids.iter().copied()))
        .order_by_asc(status_change::Column::ChangedOn)
        .order_by_asc(status_change::Column::RecordedAt)
        .order_by_asc(status_change::Column::Id)
        .all(&app.db)
        .await?)
}

/// Reads the wanted relations along; `action` is the alias of the legal action where it was itself joined.
pub fn joined<P: EntityTrait>(mut select: Select<P>, action: Option<&'static str>, with: With) -> Select<P> {
    if let Some(of_case) = with.case {
        select = join::<_, case::Entity>(select, legal_action::Relation::Case.def(), action, "in_case_");
        if of_case.property {
            let relation = case::Relation::Property.def();
            select = join::<_, property::Entity>(select, relation, Some("in_case_"), "case_property_");
        }
        if of_case.assignee {
            let relation = case::Relation::Assignee.def();
            select = join::<_, staff::Entity>(select, relation, Some("in_case_"), "case_assignee_");
        }
    }
    if with.attorney {
        let relation = legal_action::Relation::ResponsibleAttorney.def();
        select = join::<_, staff::Entity>(select, relation, action, "by_attorney_");
    }
    select
}

/// The legal actions that the viewer may see and the filter leaves.
pub fn filtered(app: &App, viewer: &Viewer, filter: &Filter) -> Select<legal_action::Entity> {
    use legal_action::Column as C;
    let mut all = Condition::all()
        .add_option(filter.districts.clone().map(|ids| C::DistrictId.is_in(ids)))
        .add_option(filter.kinds.clone().map(|kinds| C::Kind.is_in(kinds)))
        .add_option(filter.statuses.clone().map(|statuses| C::Status.is_in(statuses)))
        .add_option(filter.attorney.map(|id| C::ResponsibleAttorneyId.eq(id)))
        .add_option(filter.is_final.map(|ended| C::IsFinal.eq(ended)))
        .add_option(filter.filed_from.map(|day| C::FiledOn.gte(day)))
        .add_option(filter.filed_to.map(|day| C::FiledOn.lte(day)));
    if filter.hearing_from.is_some() || filter.hearing_to.is_some() {
        let heard = unscoped::<hearing::Entity>()
            .select_only()
            .column(hearing::Column::LegalActionId)
            .filter(hearing::Column::Status.is_in([HearingStatus::Scheduled, HearingStatus::Held]))
            .filter(
                Condition::all()
                    .add_option(filter.hearing_from.map(|day| hearing::Column::StartsOn.gte(day)))
                    .add_option(filter.hearing_to.map(|day| hearing::Column::StartsOn.lte(day))),
            );
        all = all.add(C::Id.in_subquery(heard.into_query()));
    }
    if let Some(wanted) = filter.overdue {
        let late = overdue(app.today())
            .select_only()
            .column(deadline::Column::LegalActionId)
            .filter(deadline::Column::LegalActionId.is_not_null());
        let is_late = Condition::all().add(C::Id.in_subquery(late.into_query()));
        all = all.add(if wanted { is_late } else { is_late.not() });
    }
    if let Some(words) = &filter.text {
        all = all.add(matching(app, words));
    }
    legal_action::Entity::visible_to(viewer).filter(all)
}

/// Deadlines that had to be met before that day and were not.
pub fn overdue(today: NaiveDate) -> Select<deadline::Entity> {
    unscoped::<deadline::Entity>().filter(is_overdue(today))
}

fn matching(app: &App, words: &str) -> Condition {
    let backend = app.db.get_database_backend();
    let places = unscoped::<property::Entity>()
        .select_only()
        .column(property::Column::Id)
        .filter(text::contains(backend, property::Column::Address, words));
    let known_as = unscoped::<address_alias::Entity>()
        .select_only()
        .column(address_alias::Column::PropertyId)
        .filter(text::contains(backend, address_alias::Column::Address, words));
    let cases = unscoped::<case::Entity>().select_only().column(case::Column::Id).filter(
        Condition::any()
            .add(text::contains(backend, case::Column::Number, words))
            .add(text::contains(backend, case::Column::Title, words))
            .add(case::Column::PropertyId.in_subquery(places.into_query()))
            .add(case::Column::PropertyId.in_subquery(known_as.into_query())),
    );
    Condition::any()
        .add(text::contains(backend, legal_action::Column::CourtCaseNumber, words))
        .add(legal_action::Column::CaseId.in_subquery(cases.into_query()))
}
