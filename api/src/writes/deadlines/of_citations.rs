//! The clocks of a citation's appeal: the time to appeal, the hearing, and the time for review by a court.

use chrono::NaiveDate;
use entity::{
    case,
    citation_appeal::AppealOutcome,
    deadline::{self, DeadlineKind},
    deadline_computation,
    id::{DeadlineId, LegalActionId, NoticeId},
    legal_action, notice,
    notice_service::ServiceMethod,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::{
    Setting,
    counted::{Counted, Trigger, open_among, rule},
    end,
    extension::move_to,
    find, insert,
};
use crate::{app::Tx, error::Result, scope::unscoped};

/// The last day to appeal that citation, met or not, and the law that says so; none when no clock was started for it.
pub async fn time_to_appeal(tx: &Tx, id: NoticeId) -> Result<Option<(NaiveDate, String)>> {
    let key = tx.city.preset.fines.appeal_rule.clone();
    let count = counts(tx, id).await?.into_iter().rev().find(|count| count.rule_key == key);
    let Some(count) = count else { return Ok(None) };
    let clock = find(tx, count.deadline_id).await?;
    Ok(Some((clock.due_on, count.citation)))
}

/// Ends the time to appeal, because somebody did.
pub async fn appealed(tx: &mut Tx, case: &mut case::Model, id: NoticeId, on: NaiveDate) -> Result<()> {
    let key = tx.city.preset.fines.appeal_rule.clone();
    let counts = counts(tx, id).await?.into_iter().filter(|count| count.rule_key == key).collect();
    for (clock, _) in open_among(tx, counts).await? {
        end(tx, case, clock, on, "The citation was appealed.".to_owned()).await?;
    }
    Ok(())
}

/// Sets the day of the hearing as a deadline, or moves it.
pub async fn hear(
    tx: &mut Tx,
    case: &mut case::Model,
    (citation, known): (NoticeId, Option<DeadlineId>),
    day: NaiveDate,
) -> Result<DeadlineId> {
    let Some(id) = known else {
        let setting = Setting {
            kind: DeadlineKind::Due,
            legal_action: action_of(tx, citation).await?,
            label: "Hearing of the appeal of a citation".to_owned(),
            due_on: day,
            responsible: tx.viewer.staff_id(),
        };
        return insert(tx, case, setting, None).await;
    };
    let clock = find(tx, id).await?;
    if clock.due_on != day {
        let reason = format!("The hearing of {} was set for {day}.", clock.due_on);
        move_to(tx, case, &clock, day, reason, None).await?;
    }
    Ok(id)
}

/// Ends the deadline of a hearing whose appeal is decided.
pub async fn heard(
    tx: &mut Tx,
    case: &mut case::Model,
    id: DeadlineId,
    on: NaiveDate,
    outcome: AppealOutcome,
) -> Result<()> {
    let clock: deadline::Model = find(tx, id).await?;
    if clock.completed_on.is_some() {
        return Ok(());
    }
    end(tx, case, clock, on, format!("The appeal was decided: {outcome}.")).await
}

/// Ends every clock of a citation that fell.
pub async fn dismissed(tx: &mut Tx, case: &mut case::Model, id: NoticeId, on: NaiveDate) -> Result<()> {
    let counts = counts(tx, id).await?;
    for (clock, _) in open_among(tx, counts).await? {
        end(tx, case, clock, on, "The citation was dismissed on appeal.".to_owned()).await?;
    }
    Ok(())
}

/// Starts the time in which a court can be asked to review the decision.
pub async fn review(
    tx: &mut Tx,
    case: &mut case::Model,
    id: NoticeId,
    served_on: NaiveDate,
    method: Option<ServiceMethod>,
) -> Result<()> {
    let rule = rule(tx, &tx.city.preset.fines.review_rule.clone(), "servedOn")?;
    let trigger = Trigger { method, notice: Some(id), ..Trigger::day(served_on) };
    let count = Counted::new(tx, &rule, trigger, "servedOn")?;
    let action = action_of(tx, id).await?;
    let responsible = tx.viewer.staff_id();
    count.start(tx, case, action, responsible).await?;
    Ok(())
}

// The action in which the citation was served, while it goes on.
async fn action_of(tx: &Tx, id: NoticeId) -> Result<Option<LegalActionId>> {
    let served_in = unscoped::<notice::Entity>()
        .select_only()
        .column(notice::Column::LegalActionId)
        .filter(notice::Column::Id.eq(id));
    let found = unscoped::<legal_action::Entity>()
        .filter(legal_action::Column::Id.in_subquery(served_in.into_query()))
        .filter(legal_action::Column::IsFinal.eq(false))
        .one(tx.conn())
        .await?;
    Ok(found.map(|action| action.id))
}

async fn counts(tx: &Tx, id: NoticeId) -> Result<Vec<deadline_computation::Model>> {
    Ok(unscoped::<deadline_computation::Entity>()
        .filter(deadline_computation::Column::NoticeId.eq(id))
        .order_by_asc(deadline_computation::Column::Id)
        .all(tx.conn())
        .await?)
}
