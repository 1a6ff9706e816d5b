//! Appeals of citations: filed in time, set for a hearing, decided; the fine and its clocks follow.

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use entity::{
    case,
    case_event::CaseEventKind,
    citation_appeal::{self, AppealOutcome},
    cost_entry::{self, CostKind},
    id::{CitationAppealId, NoticeId, PartyId},
    notice, notice_service,
    notice_service::ServiceMethod,
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    cases::{BODY, TITLE},
    costs,
    deadlines::of_citations,
    fines::{lock_citation, of_citation, owed},
};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        case_stage::require_open,
        citation_appeal::{Decision, TimeToAppeal, blocks_decision, blocks_filing},
        money::decimal,
        refusal::{Code, Refusal, line, text},
    },
    error::{Error, Result},
    events::{self, Entry},
    reads::{costs::reversals_of, fines::recorded_for},
    scope::{LockRows, VisibleTo, unscoped},
};

/// An appeal that came in.
#[derive(Clone, Debug)]
pub struct Filing {
    pub filed_on: NaiveDate,
    pub party: Option<PartyId>,
    pub grounds: String,
}

/// Takes an appeal of a citation, if it came in time.
pub async fn file(tx: &mut Tx, id: NoticeId, filing: Filing) -> Result<CitationAppealId> {
    let (mut case, _) = lock_citation(tx, id).await?;
    tx.viewer.require(Action::EnforceCode, Some(case.district_id))?;
    require_open(case.stage)?;
    let grounds = text("grounds", &filing.grounds, BODY)?;
    let services = services(tx, id).await?;
    if filing.party.is_some_and(|party| services.iter().all(|service| service.party_id != Some(party))) {
        let message = "The citation was not served on that party; leave `partyId` out for another one.";
        return Err(Refusal::invalid("partyId", message).into());
    }
    if of_notice(tx, id).await?.is_some() {
        let message = "This citation was appealed already; `Notice.appeal` shows it.";
        return Err(Refusal::new(Code::NotUnique, message).at("noticeId").into());
    }
    let first = services.iter().map(|service| service.served_on).min();
    let until = of_citations::time_to_appeal(tx, id).await?;
    let time = TimeToAppeal { served_on: first.unwrap_or(filing.filed_on), until };
    if let Some(refusal) = blocks_filing(&time, filing.filed_on, tx.today()) {
        return Err(refusal.into());
    }
    let appeal = citation_appeal::Model {
        id: CitationAppealId::generate(),
        version: 1,
        notice_id: id,
        filed_on: filing.filed_on,
        party_id: filing.party,
        grounds: grounds.clone(),
        hearing_at: None,
        hearing_place: None,
        hearing_deadline_id: None,
        outcome: None,
        decided_on: None,
        reason: None,
        reduced_to_cents: None,
        recorded_by: tx.viewer.staff_id(),
        created_at: tx.now,
    };
    let row: citation_appeal::ActiveModel = appeal.clone().into();
    citation_appeal::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    tx.changed(appeal.id);
    let entry = Entry::new(CaseEventKind::CitationAppealed, "Appeal of a citation filed")
        .body(Some(grounds))
        .on(filing.filed_on, tx)
        .change("citation", None::<NoticeId>, Some(id))
        .change("appeal", None::<CitationAppealId>, Some(appeal.id));
    events::append(tx, &mut case, entry).await?;
    of_citations::appealed(tx, &mut case, id, filing.filed_on).await?;
    Ok(appeal.id)
}

/// Sets the hearing of an appeal before a hearing officer, or sets it anew.
pub async fn schedule(
    tx: &mut Tx,
    id: CitationAppealId,
    version: i32,
    at: DateTime<Utc>,
    place: &str,
) -> Result<()> {
    let (mut case, mut appeal) = lock(tx, id, version, Action::EnforceCode).await?;
    require_open(case.stage)?;
    let place = line("place", place, TITLE)?;
    refuse_decided(&appeal)?;
    let at = at.trunc_subsecs(6);
    let day = tx.city.day_of(at);
    if day < appeal.filed_on {
        let message = format!("The appeal was filed on {}; it is heard after that.", appeal.filed_on);
        return Err(Refusal::invalid("hearingAt", message).into());
    }
    let before = appeal.clone();
    appeal.hearing_deadline_id =
        Some(of_citations::hear(tx, &mut case, (appeal.notice_id, appeal.hearing_deadline_id), day).await?);
    appeal.hearing_at = Some(at);
    appeal.hearing_place = Some(place);
    store(tx, &mut appeal).await?;
    let moment = |appeal: &citation_appeal::Model| appeal.hearing_at.map(|at| at.to_rfc3339());
    let entry =
        Entry::new(CaseEventKind::CitationAppealed, format!("Appeal of a citation to be heard on {day}"))
            .change(&format!("{id}.hearingAt"), moment(&before), moment(&appeal))
            .change(&format!("{id}.hearingPlace"), before.hearing_place, appeal.hearing_place);
    events::append(tx, &mut case, entry).await?;
    Ok(())
}

/// What a hearing officer decided.
#[derive(Clone, Debug)]
pub struct Deciding {
    pub decision: Decision,
    pub service_method: Option<ServiceMethod>,
    pub reason: String,
}

/// Records the decision about an appeal: the fine is left as it is, lowered or taken back, and the clocks follow.
pub async fn decide(tx: &mut Tx, id: CitationAppealId, version: i32, deciding: Deciding) -> Result<()> {
    let (mut case, mut appeal) = lock(tx, id, version, Action::ConductLegalAction).await?;
    require_open(case.stage)?;
    let reason = text("reason", &deciding.reason, BODY)?;
    refuse_decided(&appeal)?;
    let entries = recorded_for(tx.conn(), &tx.viewer, &[appeal.notice_id]).await?;
    let entries: Vec<cost_entry::Model> = entries.into_iter().map(|row| row.entry).collect();
    let decision = deciding.decision;
    let heard_on = appeal.hearing_at.map(|at| tx.city.day_of(at));
    let refusals = blocks_decision(&decision, appeal.filed_on, heard_on, owed(&entries), tx.today());
    if !refusals.is_empty() {
        return Err(Error::Refused(refusals));
    }
    appeal.outcome = Some(decision.outcome);
    appeal.decided_on = Some(decision.decided_on);
    appeal.reason = Some(reason.clone());
    appeal.reduced_to_cents = decision.reduced_to_cents;
    store(tx, &mut appeal).await?;
    let summary = format!("Appeal of a citation decided: {}", decision.outcome);
    let entry = Entry::new(CaseEventKind::CitationAppealed, summary)
        .body(Some(reason.clone()))
        .on(decision.decided_on, tx)
        .change(&format!("{id}.outcome"), None::<AppealOutcome>, Some(decision.outcome))
        .change(&format!("{id}.reducedTo"), None::<String>, decision.reduced_to_cents.map(decimal));
    events::append(tx, &mut case, entry).await?;
    if decision.outcome != AppealOutcome::Upheld {
        replace_fine(tx, &mut case, &appeal, &entries, &reason).await?;
    }
    follow(tx, &mut case, &appeal, &deciding).await
}

// What was entered for the fine is taken back, and what the decision left of it stands in its place.
async fn replace_fine(
    tx: &mut Tx,
    case: &mut case::Model,
    appeal: &citation_appeal::Model,
    entries: &[cost_entry::Model],
    reason: &str,
) -> Result<()> {
    let decided_on = appeal.decided_on.unwrap_or(tx.today());
    let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
    let reversed = reversals_of(tx.conn(), &tx.viewer, &ids).await?;
    let stands = |entry: &&cost_entry::Model| {
        entry.reverses_id.is_none() && !reversed.iter().any(|row| row.reverses_id == Some(entry.id))
    };
    for entry in entries.iter().filter(stands) {
        costs::take_back(tx, case, entry, decided_on.max(entry.occurred_on), reason).await?;
    }
    if let Some(cents) = appeal.reduced_to_cents {
        let told = format!("Reduced on appeal: {reason}");
        let proof = of_citation(appeal.notice_id, decided_on, told.chars().take(BODY).collect());
        let proof = costs::Proof {
            source: format!("Decision of {decided_on} about the appeal of a citation"),
            ..proof
        };
        costs::of_notice(tx, case, (appeal.notice_id, CostKind::Fine), cents, decided_on, &proof).await?;
    }
    Ok(())
}

async fn follow(
    tx: &mut Tx,
    case: &mut case::Model,
    appeal: &citation_appeal::Model,
    deciding: &Deciding,
) -> Result<()> {
    let decision = &deciding.decision;
    if let Some(hearing) = appeal.hearing_deadline_id {
        of_citations::heard(tx, case, hearing, decision.decided_on, decision.outcome).await?;
    }
    match decision.served_on {
        None => of_citations::dismissed(tx, case, appeal.notice_id, decision.decided_on).await,
        Some(day) => of_citations::review(tx, case, appeal.notice_id, day, deciding.service_method).await,
    }
}

/// Whether the citation has an appeal that is not decided.
pub(super) async fn is_pending(tx: &Tx, id: NoticeId) -> Result<bool> {
    Ok(of_notice(tx, id).await?.is_some_and(|appeal| appeal.outcome.is_none()))
}

async fn of_notice(tx: &Tx, id: NoticeId) -> Result<Option<citation_appeal::Model>> {
    let found = unscoped::<citation_appeal::Entity>().filter(citation_appeal::Column::NoticeId.eq(id));
    Ok(found.one(tx.conn()).await?)
}

async fn services(tx: &Tx, id: NoticeId) -> Result<Vec<notice_service::Model>> {
    let services = unscoped::<notice_service::Entity>().filter(notice_service::Column::NoticeId.eq(id));
    Ok(services.all(tx.conn()).await?)
}

// Always the case first.
async fn lock(
    tx: &Tx,
    id: CitationAppealId,
    version: i32,
    action: Action,
) -> Result<(case::Model, citation_appeal::Model)> {
    let not_found = || Refusal::not_found("appeal").at("appealId");
    let of_id = || citation_appeal::Entity::visible_to(&tx.viewer).filter(citation_appeal::Column::Id.eq(id));
    let seen = of_id().one(tx.conn()).await?.ok_or_else(not_found)?;
    let (case, _): (_, notice::Model) = lock_citation(tx, seen.notice_id).await?;
    tx.viewer.require(action, Some(case.district_id))?;
    let appeal = of_id().lock_rows().one(tx.conn()).await?.ok_or_else(not_found)?;
    if appeal.version == version {
        return Ok((case, appeal));
    }
    let message = format!(
        "Somebody changed this appeal in the meantime: it is at version {}, not {version}. Look at it again.",
        appeal.version
    );
    Err(Refusal::new(Code::StaleVersion, message).at("expectedVersion").into())
}

async fn store(tx: &mut Tx, appeal: &mut citation_appeal::Model) -> Result<()> {
    appeal.version += 1;
    let row: citation_appeal::ActiveModel = appeal.clone().into();
    citation_appeal::Entity::update_many()
        .set(row.reset_all())
        .filter(citation_appeal::Column::Id.eq(appeal.id))
        .exec(tx.conn())
        .await?;
    tx.changed(appeal.id);
    Ok(())
}

fn refuse_decided(appeal: &citation_appeal::Model) -> Result<(), Refusal> {
    match appeal.outcome {
        None => Ok(()),
        Some(outcome) => Err(Refusal::blocked(format!("This appeal is decided: {outcome}.")).at("appealId")),
    }
}
