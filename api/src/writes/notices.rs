//! Notices: served on one or more recipients, citations among them; the service starts their clocks.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    case,
    case_event::CaseEventKind,
    id::{CaseId, CostEntryId, LegalActionId, NoticeId, NoticeServiceId, PartyId, ViolationId},
    notice::{self, NoticeKind},
    notice_service, notice_violation, property_party,
    property_party::LinkStatus,
    violation,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    cases::{self, TITLE},
    cost_bills,
    deadlines::of_notices::{self, Served},
    fines, legal_actions, letters, responses,
};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        case_stage::require_open,
        money::decimal,
        notice::{Draft, Named, Service, TimeGiven, blocks, blocks_citation, gives_time_to_correct},
        refusal::{Refusal, optional_line},
    },
    error::{Error, Result},
    events::{self, Entry},
    scope::{VisibleTo, unscoped},
};

/// Recipients, or violations, of one notice at most.
const MOST: usize = 100;

/// A notice that was served.
#[derive(Clone, Debug)]
pub struct Serving {
    pub kind: NoticeKind,
    /// The action of the case whose papers were served.
    pub legal_action: Option<LegalActionId>,
    pub services: Vec<Service>,
    pub comply_by: Option<NaiveDate>,
    /// Of a citation, what its ladders give when it is left out.
    pub amount_cents: Option<i64>,
    /// Why a citation asks for less than that.
    pub amount_reason: Option<String>,
    /// The ladder of a citation's fine, where the law depends on what happened.
    pub ladder_key: Option<String>,
    pub violations: Vec<ViolationId>,
    /// The costs that a cost statement asks for.
    pub costs: Vec<CostEntryId>,
}

/// Records a notice that was served; CLOCK_NOT_RUN for a citation that comes before the time to correct has passed.
pub async fn serve(tx: &mut Tx, case: CaseId, mut serving: Serving) -> Result<NoticeId> {
    let mut case = cases::lock(tx, case).await?;
    tx.viewer.require(Action::EnforceCode, Some(case.district_id))?;
    require_open(case.stage)?;
    refuse_too_many(&serving)?;
    for service in &mut serving.services {
        service.proof = optional_line("services", service.proof.as_deref(), TITLE)?;
    }
    let named = named(tx, &case, &serving.violations).await?;
    if let Some(action) = serving.legal_action {
        legal_actions::refuse_ended(&legal_actions::of_case(tx, case.id, action).await?)?;
    }
    let draft = Draft {
        kind: serving.kind,
        names_action: serving.legal_action.is_some(),
        services: &serving.services,
        comply_by: serving.comply_by,
        amount_cents: serving.amount_cents,
    };
    let mut refusals = blocks(draft, &named, tx.today());
    if serving.kind != NoticeKind::CostStatement && !serving.costs.is_empty() {
        refusals.push(Refusal::invalid("entryIds", "Only a COST_STATEMENT asks for costs."));
    }
    refusals.extend(strangers(tx, &case, &serving.services).await?);
    let first_served = serving.services.iter().map(|service| service.served_on).min();
    if let (NoticeKind::AdministrativeCitation, Some(day)) = (serving.kind, first_served) {
        refusals.extend(blocks_citation(&named, &time_given(tx, &case).await?, day));
    }
    if !refusals.is_empty() {
        return Err(Error::Refused(refusals));
    }
    let served_on = first_served.unwrap_or(tx.today());
    let assessed = fines::assess(tx, &case, &serving, &named, served_on).await?;
    let serving =
        Serving { amount_cents: assessed.amount_cents, amount_reason: assessed.reason.clone(), ..serving };
    let id = insert(tx, &case, &serving, &named).await?;
    let entry = told(&serving, &named).on(served_on, tx);
    let entry = responses::noticed(tx, &mut case, served_on, entry).await?;
    events::append(tx, &mut case, entry).await?;
    fines::keep(tx, &mut case, id, &assessed, served_on).await?;
    let served = Served {
        id,
        kind: serving.kind,
        legal_action: serving.legal_action,
        services: &serving.services,
        comply_by: serving.comply_by,
    };
    of_notices::start(tx, &mut case, served).await?;
    if !serving.costs.is_empty() {
        cost_bills::bill(tx, id, &serving.costs).await?;
    }
    letters::keep_notice(tx, &case, id).await?;
    Ok(id)
}

fn refuse_too_many(serving: &Serving) -> Result<(), Refusal> {
    for (field, count) in [("services", serving.services.len()), ("violationIds", serving.violations.len())] {
        if count > MOST {
            return Err(Refusal::invalid(field, format!("`{field}` holds {count}; {MOST} are taken.")));
        }
    }
    Ok(())
}

async fn insert(tx: &mut Tx, case: &case::Model, serving: &Serving, named: &[Named]) -> Result<NoticeId> {
    let id = NoticeId::generate();
    let notice = notice::ActiveModel {
        id: Set(id),
        case_id: Set(case.id),
        legal_action_id: Set(serving.legal_action),
        kind: Set(serving.kind),
        comply_by: Set(serving.comply_by),
        amount_cents: Set(serving.amount_cents),
        amount_reason: Set(serving.amount_reason.clone()),
        served_by: Set(tx.viewer.staff_id()),
        created_at: Set(tx.now),
    };
    notice.insert(tx.conn()).await?;
    let services = serving.services.iter().zip(0..).map(|(service, position)| notice_service::ActiveModel {
        id: Set(NoticeServiceId::generate()),
        notice_id: Set(id),
        party_id: Set(service.recipient),
        method: Set(service.method),
        served_on: Set(service.served_on),
        proof: Set(service.proof.clone()),
        position: Set(position),
    });
    notice_service::Entity::insert_many(services).exec_without_returning(tx.conn()).await?;
    if !named.is_empty() {
        let names = named.iter().map(|violation| notice_violation::ActiveModel {
            notice_id: Set(id),
            violation_id: Set(violation.id),
        });
        notice_violation::Entity::insert_many(names).exec_without_returning(tx.conn()).await?;
    }
    tx.changed(id);
    Ok(id)
}

fn told(serving: &Serving, named: &[Named]) -> Entry {
    let is_citation = serving.kind == NoticeKind::AdministrativeCitation;
    let kind = if is_citation { CaseEventKind::CitationIssued } else { CaseEventKind::NoticeServed };
    let service = |service: &Service| {
        let recipient = service.recipient.map_or_else(|| "the place".to_owned(), |party| party.to_string());
        format!("{recipient} {} {}", service.method, service.served_on)
    };
    let services: Vec<String> = serving.services.iter().map(service).collect();
    let sections: Vec<&str> = named.iter().map(|violation| violation.code_section.as_str()).collect();
    let about = if sections.is_empty() { String::new() } else { format!(": {}", sections.join(", ")) };
    Entry::new(kind, format!("{} served{about}", serving.kind))
        .change("services", None::<String>, Some(services.join("; ")))
        .change("complyBy", None::<NaiveDate>, serving.comply_by)
        .change("legalAction", None::<LegalActionId>, serving.legal_action)
        .change("amount", None::<String>, serving.amount_cents.map(decimal))
}

// The violations of this case with these ids, in the order in which they were found.
async fn named(tx: &Tx, case: &case::Model, ids: &[ViolationId]) -> Result<Vec<Named>> {
    let wanted: HashSet<ViolationId> = ids.iter().copied().collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let rows = violation::Entity::visible_to(&tx.viewer)
        .filter(violation::Column::CaseId.eq(case.id))
        .filter(violation::Column::Id.is_in(wanted.iter().copied()))
        .all(tx.conn())
        .await?;
    if rows.len() < wanted.len() {
        return Err(Refusal::not_found("violation of this case").at("violationIds").into());
    }
    let mut named: Vec<Named> = rows.into_iter().map(as_named).collect();
    named.sort_by_key(|violation| (violation.found_on, violation.id));
    Ok(named)
}

fn as_named(row: violation::Model) -> Named {
    Named {
        id: row.id,
        code_section: row.code_section,
        found_on: row.found_on,
        corrected_on: row.corrected_on,
        immediate_danger: row.immediate_danger,
    }
}

// A notice goes to those who are, or seem to be, somebody at the place; never to one who was found not to be.
async fn strangers(tx: &Tx, case: &case::Model, services: &[Service]) -> Result<Option<Refusal>> {
    let recipients: HashSet<PartyId> = services.iter().filter_map(|service| service.recipient).collect();
    if recipients.is_empty() {
        return Ok(None);
    }
    let links = property_party::Entity::visible_to(&tx.viewer)
        .filter(property_party::Column::PropertyId.eq(case.property_id))
        .filter(property_party::Column::PartyId.is_in(recipients.iter().copied()))
        .filter(property_party::Column::Status.ne(LinkStatus::Rejected))
        .all(tx.conn())
        .await?;
    let known: HashSet<PartyId> = links.iter().map(|link| link.party_id).collect();
    if recipients.is_subset(&known) {
        return Ok(None);
    }
    let message =
        "A recipient is no party of this case's place, or was rejected as one; link them with `partyLink`.";
    Ok(Some(Refusal::invalid("services", message).at("partyId")))
}

// The case's notices that gave time to correct.
async fn time_given(tx: &Tx, case: &case::Model) -> Result<Vec<TimeGiven>> {
    let notices = unscoped::<notice::Entity>()
        .filter(notice::Column::CaseId.eq(case.id))
        .filter(notice::Column::ComplyBy.is_not_null())
        .all(tx.conn())
        .await?;
    let ids: Vec<NoticeId> = notices.iter().map(|notice| notice.id).collect();
    let mut served: HashMap<NoticeId, NaiveDate> = HashMap::new();
    let services = unscoped::<notice_service::Entity>()
        .filter(notice_service::Column::NoticeId.is_in(ids.iter().copied()))
        .all(tx.conn())
        .await?;
    for service in services {
        let last = served.entry(service.notice_id).or_insert(service.served_on);
        *last = (*last).max(service.served_on);
    }
    let mut names: HashMap<NoticeId, Vec<ViolationId>> = HashMap::new();
    let rows = unscoped::<notice_violation::Entity>()
        .filter(notice_violation::Column::NoticeId.is_in(ids))
        .all(tx.conn())
        .await?;
    for row in rows {
        names.entry(row.notice_id).or_default().push(row.violation_id);
    }
    let given =
        notices.into_iter().filter(|notice| gives_time_to_correct(notice.kind)).filter_map(|notice| {
            Some(TimeGiven {
                served_on: *served.get(&notice.id)?,
                comply_by: notice.comply_by?,
                names: names.remove(&notice.id).unwrap_or_default(),
            })
        });
    Ok(given.collect())
}
