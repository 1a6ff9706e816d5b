//! Hand-offs: made, accepted, declined and taken back.

use chrono::NaiveDate;
use entity::{
    case,
    case_event::CaseEventKind,
    id::{CaseId, ReferralId, StaffId},
    referral::{self, Department, ReferralKind, ReferralStatus},
    staff::{self, StaffRole},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::cases::{self, BODY};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        case_stage::require_open,
        referral::{
            Answerer, Recipient, blocks_answer, hands_over_the_case, may_answer, status_on, wrong_limit,
            wrong_recipient,
        },
        refusal::{Code, Refusal, optional_text, text},
    },
    error::Result,
    events::{self, Entry},
    scope::{VisibleTo, unscoped},
};

/// What is handed to whom, why and until when.
#[derive(Clone, Debug)]
pub struct HandOff {
    pub kind: ReferralKind,
    pub to: Recipient,
    pub reason: String,
    pub answer_by: NaiveDate,
}

/// Hands something over; nothing changes hands before it is accepted.
pub async fn make(tx: &mut Tx, case: CaseId, hand_off: HandOff) -> Result<ReferralId> {
    let mut case = cases::lock(tx, case).await?;
    tx.viewer.require(Action::WorkCases, Some(case.district_id))?;
    require_open(case.stage)?;
    if let Some(refusal) = wrong_recipient(hand_off.kind, hand_off.to) {
        return Err(refusal.into());
    }
    if let Some(refusal) = wrong_limit(hand_off.answer_by, tx.today()) {
        return Err(refusal.into());
    }
    refuse_others_case(tx, &case, hand_off.kind)?;
    let to = match hand_off.to {
        Recipient::Person(id) => name_of(tx, &case, hand_off.kind, id).await?,
        Recipient::Department(department) => department.to_string(),
    };
    let (to_staff_id, to_department) = match hand_off.to {
        Recipient::Person(id) => (Some(id), None),
        Recipient::Department(department) => (None, Some(department)),
    };
    let row = referral::Model {
        id: ReferralId::generate(),
        case_id: case.id,
        district_id: case.district_id,
        kind: hand_off.kind,
        status: ReferralStatus::Waiting,
        made_by: tx.viewer.staff_id(),
        made_at: tx.now,
        to_staff_id,
        to_department,
        reason: text("reason", &hand_off.reason, BODY)?,
        answer_by: hand_off.answer_by,
        answered_by: None,
        answered_at: None,
        answer: None,
    };
    let stored: referral::ActiveModel = row.clone().into();
    referral::Entity::insert(stored.reset_all()).exec_without_returning(tx.conn()).await?;
    tx.changed(row.id);
    let summary = format!("{} asked of {to}, answer by {}", row.kind, row.answer_by);
    let entry = Entry::new(CaseEventKind::Referred, summary)
        .body(Some(row.reason))
        .change("referral", None::<ReferralId>, Some(row.id))
        .change(&field(row.id, "status"), None::<ReferralStatus>, Some(row.status))
        .change(&field(row.id, "to"), None::<String>, Some(addressed(to_staff_id, to_department)))
        .change(&field(row.id, "answerBy"), None::<NaiveDate>, Some(row.answer_by));
    events::append(tx, &mut case, entry).await?;
    Ok(row.id)
}

/// Accepts it: an ASSIGN or a TRANSFER gives the case to whoever accepts, or to nobody here when a department outside does.
pub async fn accept(tx: &mut Tx, id: ReferralId, answer: Option<&str>) -> Result<()> {
    let (mut case, referral) = answerable(tx, id).await?;
    let answer = optional_text("answer", answer, BODY)?;
    settle(tx, &mut case, &referral, ReferralStatus::Accepted, answer).await?;
    if !hands_over_the_case(referral.kind) {
        return Ok(());
    }
    require_open(case.stage)?;
    let is_outside = referral.to_department.is_some_and(|to| crate::domain::referral::seat_of(to).is_none());
    let assignee = if is_outside { None } else { tx.viewer.staff_id() };
    let summary = match assignee {
        Some(person) => format!("Assigned to {}", cases::check_assignee(tx, person, case.district_id).await?),
        None => "Assigned to nobody".to_owned(),
    };
    let entry = Entry::new(CaseEventKind::Assigned, summary).change("assignee", case.assignee_id, assignee);
    if entry.changes.is_empty() {
        return Ok(());
    }
    case.assignee_id = assignee;
    cases::store(tx, &mut case).await?;
    events::append(tx, &mut case, entry).await?;
    Ok(())
}

/// Declines it, with a reason.
pub async fn decline(tx: &mut Tx, id: ReferralId, reason: &str) -> Result<()> {
    let (mut case, referral) = answerable(tx, id).await?;
    let reason = text("reason", reason, BODY)?;
    settle(tx, &mut case, &referral, ReferralStatus::Declined, Some(reason)).await
}

/// Takes it back: whoever made it, or the attorney of the district or the city attorney.
pub async fn withdraw(tx: &mut Tx, id: ReferralId, reason: &str) -> Result<()> {
    let (mut case, referral) = lock(tx, id).await?;
    let made_it = tx.viewer.staff_id().is_some_and(|me| referral.made_by == Some(me));
    if !made_it {
        tx.viewer.require(Action::ConductLegalAction, Some(case.district_id))?;
    }
    // One that lapsed is taken back too, so that it is off the lists.
    if let Some(refusal) = blocks_answer(referral.status) {
        return Err(refusal.into());
    }
    let reason = text("reason", reason, BODY)?;
    settle(tx, &mut case, &referral, ReferralStatus::Withdrawn, Some(reason)).await
}

// The hand-off, if the viewer answers for its recipient and it still waits.
async fn answerable(tx: &Tx, id: ReferralId) -> Result<(case::Model, referral::Model)> {
    let (case, referral) = lock(tx, id).await?;
    let who = Answerer {
        staff: tx.viewer.staff_id(),
        role: tx.viewer.role,
        works_the_district: tx.viewer.may(Action::WorkCases, Some(case.district_id)),
    };
    let to = match (referral.to_staff_id, referral.to_department) {
        (Some(person), _) => Some(Recipient::Person(person)),
        (None, department) => department.map(Recipient::Department),
    };
    if !to.is_some_and(|to| may_answer(to, who)) {
        let message = "Only whom it was handed to answers it.";
        return Err(Refusal::new(Code::NotAllowed, message).into());
    }
    if let Some(refusal) = blocks_answer(status_on(referral.status, referral.answer_by, tx.today())) {
        return Err(refusal.into());
    }
    Ok((case, referral))
}

async fn settle(
    tx: &mut Tx,
    case: &mut case::Model,
    referral: &referral::Model,
    status: ReferralStatus,
    answer: Option<String>,
) -> Result<()> {
    use referral::Column as C;
    referral::Entity::update_many()
        .col_expr(C::Status, Expr::value(status))
        .col_expr(C::AnsweredBy, Expr::value(tx.viewer.staff_id()))
        .col_expr(C::AnsweredAt, Expr::value(tx.now))
        .col_expr(C::Answer, Expr::value(answer.clone()))
        .filter(C::Id.eq(referral.id))
        .exec(tx.conn())
        .await?;
    tx.changed(referral.id);
    let entry = Entry::new(CaseEventKind::Referred, format!("{}: {status}", referral.kind))
        .body(answer)
        .change(&field(referral.id, "status"), Some(referral.status), Some(status));
    events::append(tx, case, entry).await?;
    Ok(())
}

// A case that somebody works is handed on by them, or by the attorney above them.
fn refuse_others_case(tx: &Tx, case: &case::Model, kind: ReferralKind) -> Result<(), Refusal> {
    let mine = case.assignee_id.is_none() || case.assignee_id == tx.viewer.staff_id();
    if kind != ReferralKind::Transfer
        || mine
        || tx.viewer.may(Action::ConductLegalAction, Some(case.district_id))
    {
        return Ok(());
    }
    let message = "Only whoever works this case, the district's attorney or the city attorney hands it on.";
    Err(Refusal::new(Code::NotAllowed, message).at("kind"))
}

// The name of somebody who can be asked for that.
async fn name_of(tx: &Tx, case: &case::Model, kind: ReferralKind, id: StaffId) -> Result<String> {
    if tx.viewer.staff_id() == Some(id) {
        return Err(Refusal::invalid("to", "This is you; there is nothing to hand over.").into());
    }
    if hands_over_the_case(kind) {
        super::team::check_member(tx, "to", id, case.district_id).await?;
    }
    let person = unscoped::<staff::Entity>()
        .filter(staff::Column::Id.eq(id))
        .filter(staff::Column::Active.eq(true))
        .filter(staff::Column::Role.is_in([
            StaffRole::Attorney,
            StaffRole::Sergeant,
            StaffRole::CodeOfficer,
            StaffRole::CityAttorney,
        ]))
        .one(tx.conn())
        .await?;
    let nobody = || Refusal::invalid("to", "Nobody who works cases has this id.");
    person.map(|person| person.name).ok_or_else(|| nobody().into())
}

async fn lock(tx: &Tx, id: ReferralId) -> Result<(case::Model, referral::Model)> {
    let case = find(tx, id).await?.case_id;
    let case = cases::lock(tx, case).await?;
    Ok((case, find(tx, id).await?))
}

async fn find(tx: &Tx, id: ReferralId) -> Result<referral::Model> {
    let found =
        referral::Entity::visible_to(&tx.viewer).filter(referral::Column::Id.eq(id)).one(tx.conn()).await?;
    found.ok_or_else(|| Refusal::not_found("referral").at("referralId").into())
}

// A case may have several hand-offs, so their fields are named with them.
fn field(id: ReferralId, name: &str) -> String {
    format!("{id}.{name}")
}

fn addressed(person: Option<StaffId>, department: Option<Department>) -> String {
    person.map(|id| id.to_string()).or(department.map(|to| to.to_string())).unwrap_or_default()
}
