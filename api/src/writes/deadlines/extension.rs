//! A deadline moves to another day: somebody extends it, or its event moved. The old day is always kept.

use chrono::NaiveDate;
use entity::{
    case,
    case_event::CaseEventKind,
    deadline, deadline_computation, deadline_extension,
    id::{DeadlineExtensionId, DeadlineId, NoticeId},
    notice,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait},
};

use super::{field, find};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        case_stage::require_open,
        deadline::blocks_extension,
        refusal::{Code, Refusal, text},
    },
    error::Result,
    events::{self, Entry},
    scope::unscoped,
    writes::{
        cases::{self, BODY},
        next_on::refresh_next_on,
    },
};

/// An extension, as it is asked for.
#[derive(Clone, Debug)]
pub struct Extending {
    pub to: NaiveDate,
    pub reason: String,
    /// The day it was due on when somebody looked at it.
    pub expected_due_on: Option<NaiveDate>,
}

/// Moves an open deadline to a later day, with a reason; of a compliance date, the notice's day moves along.
pub async fn extend(tx: &mut Tx, id: DeadlineId, extending: Extending) -> Result<()> {
    let case = find(tx, id).await?.case_id;
    let mut case = cases::lock(tx, case).await?;
    let deadline = find(tx, id).await?;
    let compliance = notice_of(tx, &deadline).await?;
    let action = if compliance.is_some() { Action::ExtendCompliance } else { Action::ExtendDeadlines };
    tx.viewer.require(action, Some(case.district_id))?;
    require_open(case.stage)?;
    let reason = text("reason", &extending.reason, BODY)?;
    if let Some(seen) = extending.expected_due_on.filter(|seen| *seen != deadline.due_on) {
        let message = format!("It is due on {} by now, not on {seen}. Look at it again.", deadline.due_on);
        return Err(Refusal::new(Code::StaleVersion, message).at("expectedDueOn").into());
    }
    let now = (deadline.kind, deadline.due_on, deadline.completed_on);
    if let Some(refusal) = blocks_extension(now, extending.to) {
        return Err(refusal.into());
    }
    move_to(tx, &mut case, &deadline, extending.to, reason, compliance).await
}

/// Moves a deadline and keeps the day it had, with the reason; `notice` is the one whose compliance date it is.
pub(super) async fn move_to(
    tx: &mut Tx,
    case: &mut case::Model,
    deadline: &deadline::Model,
    to: NaiveDate,
    reason: String,
    notice: Option<NoticeId>,
) -> Result<()> {
    let nobody = || Refusal::new(Code::NotAllowed, "Only a member of staff moves a deadline.");
    let by = tx.viewer.staff_id().ok_or_else(nobody)?;
    let row = deadline_extension::ActiveModel {
        id: Set(DeadlineExtensionId::generate()),
        deadline_id: Set(deadline.id),
        from_on: Set(deadline.due_on),
        to_on: Set(to),
        reason: Set(reason.clone()),
        extended_by: Set(by),
        recorded_at: Set(tx.now),
    };
    row.insert(tx.conn()).await?;
    deadline::Entity::update_many()
        .col_expr(deadline::Column::Version, Expr::col(deadline::Column::Version).add(1))
        .col_expr(deadline::Column::ChangedAt, Expr::value(tx.now))
        .col_expr(deadline::Column::DueOn, Expr::value(to))
        .filter(deadline::Column::Id.eq(deadline.id))
        .exec(tx.conn())
        .await?;
    if let Some(action) = deadline.legal_action_id {
        refresh_next_on(tx, action).await?;
    }
    tx.changed(deadline.id);
    let summary = format!("Deadline moved: {}, from {} to {to}", deadline.label, deadline.due_on);
    let mut entry = Entry::new(CaseEventKind::DeadlineExtended, summary).body(Some(reason)).change(
        &field(deadline.id, "dueOn"),
        Some(deadline.due_on),
        Some(to),
    );
    if let Some(id) = notice {
        entry = entry.change(&format!("{id}.complyBy"), Some(deadline.due_on), Some(to));
        notice::Entity::update_many()
            .col_expr(notice::Column::ComplyBy, Expr::value(to))
            .filter(notice::Column::Id.eq(id))
            .exec(tx.conn())
            .await?;
        tx.changed(id);
    }
    events::append(tx, case, entry).await?;
    Ok(())
}

// The notice whose compliance date the deadline is.
async fn notice_of(tx: &Tx, deadline: &deadline::Model) -> Result<Option<NoticeId>> {
    let count = unscoped::<deadline_computation::Entity>()
        .filter(deadline_computation::Column::DeadlineId.eq(deadline.id))
        .order_by_desc(deadline_computation::Column::Id)
        .one(tx.conn())
        .await?;
    let names_its_day =
        |key: &str| tx.city.preset.deadline_rule(key).is_some_and(|rule| rule.named_by_notice);
    Ok(count.filter(|count| names_its_day(&count.rule_key)).and_then(|count| count.notice_id))
}
