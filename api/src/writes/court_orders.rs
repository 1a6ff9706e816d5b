//! Orders in legal actions, with the days they name as deadlines; and the violations of orders.

use chrono::NaiveDate;
use entity::{
    case,
    case_event::CaseEventKind,
    court_order::{self, CourtOrderKind},
    deadline::DeadlineKind,
    id::{CourtOrderId, LegalActionId, OrderViolationId},
    legal_action, order_violation,
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::{
    cases::BODY,
    deadlines::{
        self, Setting,
        counted::{Counted, Trigger, rule},
    },
    legal_actions::{self, person, refuse_ended},
};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        case_stage::require_open,
        court_order::{Draft, Known, blocks},
        money::decimal,
        refusal::{Refusal, text},
        remedy::Remedy,
    },
    error::{Error, Result},
    events::{self, Entry},
    scope::{VisibleTo, unscoped},
};

/// An order and its words.
#[derive(Clone, Debug)]
pub struct Recording {
    pub draft: Draft,
    pub terms: String,
}

/// Records an order; the day to comply by, its end and what the remedy's rules say become deadlines.
pub async fn record(tx: &mut Tx, id: LegalActionId, recording: Recording) -> Result<CourtOrderId> {
    let (mut case, action) = legal_actions::lock(tx, id).await?;
    tx.viewer.require(Action::ConductLegalAction, Some(action.district_id))?;
    require_open(case.stage)?;
    let by = person(tx)?;
    let terms = text("terms", &recording.terms, BODY)?;
    let remedy = legal_actions::remedy_of(tx, &action)?;
    refuse_ended(&action)?;
    let earlier = kinds_of(tx, id).await?;
    let known = Known {
        status: action.status,
        filed_on: action.filed_on,
        orders: &earlier,
        order_was_violated: was_violated(tx, id).await?,
    };
    let refusals = blocks(&remedy, &recording.draft, &known, tx.today());
    if !refusals.is_empty() {
        return Err(Error::Refused(refusals));
    }
    let draft = recording.draft;
    let order = court_order::Model {
        id: CourtOrderId::generate(),
        legal_action_id: id,
        kind: draft.kind,
        issued_on: draft.issued_on,
        comply_by: draft.comply_by,
        expires_on: draft.expires_on,
        terms,
        amount_cents: draft.amount_cents,
        recorded_by: by,
        recorded_at: tx.now,
    };
    let row: court_order::ActiveModel = order.clone().into();
    court_order::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    tx.changed(order.id);
    let entry = told(&remedy, &action, &order).on(order.issued_on, tx);
    events::append(tx, &mut case, entry).await?;
    start_deadlines(tx, &mut case, &action, &remedy, &order).await?;
    Ok(order.id)
}

/// Records that an order was violated.
pub async fn record_violation(
    tx: &mut Tx,
    id: CourtOrderId,
    violated_on: NaiveDate,
    description: &str,
) -> Result<OrderViolationId> {
    let order = find(tx, id).await?;
    let (mut case, action) = legal_actions::lock(tx, order.legal_action_id).await?;
    tx.viewer.require(Action::ConductLegalAction, Some(action.district_id))?;
    require_open(case.stage)?;
    let by = person(tx)?;
    let description = text("description", description, BODY)?;
    if violated_on < order.issued_on || violated_on > tx.today() {
        let message =
            format!("An order of {} is violated on that day or later, until today.", order.issued_on);
        return Err(Refusal::invalid("violatedOn", message).into());
    }
    let violation = order_violation::Model {
        id: OrderViolationId::generate(),
        court_order_id: id,
        violated_on,
        description: description.clone(),
        recorded_by: by,
        recorded_at: tx.now,
    };
    let made = violation.id;
    let row: order_violation::ActiveModel = violation.into();
    order_violation::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    tx.changed(made);
    let summary = format!("{} of {} violated", order.kind, order.issued_on);
    let entry = Entry::new(CaseEventKind::LegalActionChanged, summary)
        .body(Some(description))
        .on(violated_on, tx)
        .change(&format!("{id}.violatedOn"), None::<NaiveDate>, Some(violated_on));
    events::append(tx, &mut case, entry).await?;
    Ok(made)
}

// What the order itself names stands as it is; what the law counts from it is counted.
async fn start_deadlines(
    tx: &mut Tx,
    case: &mut case::Model,
    action: &legal_action::Model,
    remedy: &Remedy,
    order: &court_order::Model,
) -> Result<()> {
    let named = [
        (DeadlineKind::Due, order.comply_by, format!("Comply with {} of {}", order.kind, order.issued_on)),
        (DeadlineKind::Expires, order.expires_on, format!("{} of {} ends", order.kind, order.issued_on)),
    ];
    for (kind, day, label) in named {
        let Some(due_on) = day else { continue };
        let setting = Setting {
            kind,
            legal_action: Some(action.id),
            label,
            due_on,
            responsible: action.responsible_attorney_id,
        };
        deadlines::insert(tx, case, setting, None).await?;
    }
    let of_kind = remedy.orders.iter().find(|known| known.kind == order.kind);
    for key in of_kind.map(|known| known.starts.clone()).unwrap_or_default() {
        let rule = rule(tx, &key, "kind")?;
        // An end that the order names itself stands in place of the one that the law counts.
        if rule.kind == DeadlineKind::Expires && order.expires_on.is_some() {
            continue;
        }
        let counted = Counted::new(tx, &rule, Trigger::day(order.issued_on), "issuedOn")?;
        counted.start(tx, case, Some(action.id), action.responsible_attorney_id).await?;
    }
    Ok(())
}

fn told(remedy: &Remedy, action: &legal_action::Model, order: &court_order::Model) -> Entry {
    let field = |name: &str| format!("{}.{name}", order.id);
    Entry::new(CaseEventKind::LegalActionChanged, format!("{}: {} ordered", remedy.name, order.kind))
        .body(Some(order.terms.clone()))
        .change(&legal_actions::field(action, "order"), None::<CourtOrderId>, Some(order.id))
        .change(&field("kind"), None::<CourtOrderKind>, Some(order.kind))
        .change(&field("issuedOn"), None::<NaiveDate>, Some(order.issued_on))
        .change(&field("complyBy"), None::<NaiveDate>, order.comply_by)
        .change(&field("expiresOn"), None::<NaiveDate>, order.expires_on)
        .change(&field("amount"), None::<String>, order.amount_cents.map(decimal))
}

async fn kinds_of(tx: &Tx, id: LegalActionId) -> Result<Vec<CourtOrderKind>> {
    let orders = unscoped::<court_order::Entity>()
        .filter(court_order::Column::LegalActionId.eq(id))
        .all(tx.conn())
        .await?;
    Ok(orders.into_iter().map(|order| order.kind).collect())
}

async fn was_violated(tx: &Tx, id: LegalActionId) -> Result<bool> {
    let orders = unscoped::<court_order::Entity>()
        .select_only()
        .column(court_order::Column::Id)
        .filter(court_order::Column::LegalActionId.eq(id));
    let violation = unscoped::<order_violation::Entity>()
        .filter(order_violation::Column::CourtOrderId.in_subquery(orders.into_query()))
        .one(tx.conn())
        .await?;
    Ok(violation.is_some())
}

async fn find(tx: &Tx, id: CourtOrderId) -> Result<court_order::Model> {
    let found = court_order::Entity::visible_to(&tx.viewer)
        .filter(court_order::Column::Id.eq(id))
        .one(tx.conn())
        .await?;
    found.ok_or_else(|| Refusal::not_found("order").at("courtOrderId").into())
}
