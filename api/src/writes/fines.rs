//! Fines of citations: computed from history when one is served, entered in the ledger, reduced for hardship.

use std::collections::BTreeSet;

use chrono::{Months, NaiveDate};
use entity::{
    case, citation_fine,
    cost_entry::{self, CostKind},
    deadline_computation::Steps,
    id::{CitationFineId, CostEntryId, NoticeId, PartyId},
    notice::{self, NoticeKind},
    party, property,
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{
    cases::{self, BODY, TITLE},
    costs::{self, Proof},
    notices::Serving,
    properties,
};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        cost_ledger::{self, Balance},
        fine::{Cited, FineLine, asked, blocks_hardship, fine},
        money::dollars,
        notice::Named,
        refusal::{Refusal, line, optional_text, text},
    },
    error::{Error, Result},
    reads::{
        costs::{Ledger, totals},
        fines::{earlier, lines_of, recorded_for},
    },
    scope::{LockRows, VisibleTo, unscoped},
};

/// What a citation asks for and how that was reached; nothing for other notices.
#[derive(Clone, Debug, Default)]
pub struct Assessed {
    pub lines: Vec<FineLine>,
    pub amount_cents: Option<i64>,
    /// Why it asks for less than the ladders give.
    pub reason: Option<String>,
}

/// Computes the fine of a citation that is first served on that day; any other notice asks for what is stated.
pub async fn assess(
    tx: &Tx,
    case: &case::Model,
    serving: &Serving,
    named: &[Named],
    served_on: NaiveDate,
) -> Result<Assessed> {
    let reason = optional_text("amountReason", serving.amount_reason.as_deref(), BODY)?;
    if serving.kind != NoticeKind::AdministrativeCitation {
        if reason.is_some() || serving.ladder_key.is_some() {
            let message = format!("{} carries no fine.", serving.kind);
            return Err(Refusal::invalid("kind", message).into());
        }
        return Ok(Assessed { amount_cents: serving.amount_cents, ..Assessed::default() });
    }
    let fines = &tx.city.preset.fines;
    let place = place(tx, case).await?;
    let cited = cited(tx, case, serving).await?;
    let months = fines.ladders.iter().map(|ladder| ladder.months).max().unwrap_or_default();
    let since = served_on.checked_sub_months(Months::new(months)).unwrap_or(NaiveDate::MIN);
    let parties: Vec<PartyId> = cited.iter().filter_map(|one| one.party).collect();
    let before = earlier(tx.conn(), &parties, case.property_id, (since, served_on)).await?;
    let sections: BTreeSet<&str> = named.iter().map(|violation| violation.code_section.as_str()).collect();
    let mut lines = Vec::with_capacity(sections.len());
    for section in sections {
        let ladder = fines.ladder(section, place.use_type, serving.ladder_key.as_deref())?;
        lines.push(fine(ladder, section, &cited, &before, served_on));
    }
    let amount_cents = asked(&lines, serving.amount_cents, reason.as_deref())?;
    Ok(Assessed { lines, amount_cents, reason })
}

/// Keeps how the fine of a citation was reached, and enters it in the ledger.
pub async fn keep(
    tx: &mut Tx,
    case: &mut case::Model,
    id: NoticeId,
    assessed: &Assessed,
    served_on: NaiveDate,
) -> Result<()> {
    let Some(cents) = assessed.amount_cents.filter(|_| !assessed.lines.is_empty()) else { return Ok(()) };
    let rows = assessed.lines.iter().map(|line| {
        let row = citation_fine::Model {
            id: CitationFineId::generate(),
            notice_id: id,
            code_section: line.section.clone(),
            ladder_key: line.ladder.key.clone(),
            citation: line.ladder.citation.clone(),
            months: i32::try_from(line.ladder.months).unwrap_or(i32::MAX),
            offense_number: i32::try_from(line.offense_number).unwrap_or(i32::MAX),
            amount_cents: line.amount_cents,
            steps: Steps(line.steps.clone()),
            may_be_reduced: line.may_be_reduced(),
            confirm_with_counsel: line.ladder.confirm_with_counsel,
            recorded_at: tx.now,
        };
        citation_fine::ActiveModel::from(row).reset_all()
    });
    citation_fine::Entity::insert_many(rows).exec_without_returning(tx.conn()).await?;
    let mut told: Vec<&str> =
        assessed.lines.iter().flat_map(|line| line.steps.iter().map(String::as_str)).collect();
    told.extend(assessed.reason.as_deref());
    let proof = of_citation(id, served_on, told.join("; "));
    costs::of_notice(tx, case, (id, CostKind::Fine), cents, served_on, &proof).await?;
    Ok(())
}

/// What proves an entry that follows from a citation: the citation itself.
pub(super) fn of_citation(id: NoticeId, served_on: NaiveDate, description: String) -> Proof {
    let description = description.chars().take(BODY).collect();
    Proof {
        description,
        source: format!("Administrative citation served on {served_on}"),
        receipt: id.to_string(),
    }
}

/// That somebody showed that a fine is too hard on them.
#[derive(Clone, Debug)]
pub struct Hardship {
    pub reduce_by_cents: i64,
    pub on: NaiveDate,
    /// How they tried in good faith to comply after the first violation.
    pub effort: String,
    /// Why the full amount would be an undue burden.
    pub burden: String,
    /// Which paper shows it.
    pub receipt: String,
}

/// Reduces the fine of a citation for hardship: an attorney's decision. The fine stays in the ledger as it was.
pub async fn reduce(tx: &mut Tx, id: NoticeId, hardship: Hardship) -> Result<CostEntryId> {
    let (mut case, _) = lock_citation(tx, id).await?;
    tx.viewer.require(Action::ConductLegalAction, Some(case.district_id))?;
    let effort = text("effort", &hardship.effort, BODY / 4)?;
    let burden = text("burden", &hardship.burden, BODY / 4)?;
    line("receipt", &hardship.receipt, TITLE)?;
    let entries = recorded_for(tx.conn(), &tx.viewer, &[id]).await?;
    let entries: Vec<cost_entry::Model> = entries.into_iter().map(|row| row.entry).collect();
    if super::citation_appeals::is_pending(tx, id).await? {
        let message =
            "An appeal of this citation is not decided; record that first with `citationAppealDecide`.";
        return Err(Refusal::blocked(message).at("noticeId").into());
    }
    let lines = lines_of(tx.conn(), &tx.viewer, &[id]).await?;
    let reducible =
        lines.iter().filter(|line| line.may_be_reduced).map(|line| line.amount_cents).sum::<i64>();
    let waived: i64 =
        entries.iter().filter(|entry| entry.kind == CostKind::Waiver).map(|entry| entry.amount_cents).sum();
    let owed = owed(&entries);
    let law = tx.city.preset.fines.hardship_citation.clone();
    // The amounts of waivers are negative.
    if let Some(refusal) = blocks_hardship(hardship.reduce_by_cents, reducible + waived, owed, &law) {
        return Err(refusal.into());
    }
    let totals = totals(tx.conn(), &tx.viewer, Ledger::Case(case.id), None).await?;
    let balance = Balance::of(totals.into_iter().map(|total| (total.kind, total.cents)));
    if let Some(refusal) = cost_ledger::blocks_waiver(hardship.reduce_by_cents, balance) {
        return Err(refusal.into());
    }
    let assessed_on = entries.first().map(|entry| entry.occurred_on);
    if hardship.on > tx.today() || assessed_on.is_some_and(|day| hardship.on < day) {
        let message = "A fine is reduced on the day it was assessed or later, until today.";
        return Err(Refusal::invalid("on", message).into());
    }
    let proof = Proof {
        description: format!("Hardship ({law}). Effort to comply: {effort} Burden: {burden}"),
        source: format!("Hardship reduction by {}", dollars(hardship.reduce_by_cents)),
        receipt: hardship.receipt,
    };
    let cents = -hardship.reduce_by_cents;
    costs::of_notice(tx, &mut case, (id, CostKind::Waiver), cents, hardship.on, &proof).await
}

/// What is left of a fine by its entries in the ledger, in cents.
pub(super) fn owed(entries: &[cost_entry::Model]) -> i64 {
    entries.iter().map(|entry| entry.amount_cents).sum()
}

/// The citation with its case, which is locked until the transaction ends.
pub(super) async fn lock_citation(tx: &Tx, id: NoticeId) -> Result<(case::Model, notice::Model)> {
    let found = notice::Entity::visible_to(&tx.viewer)
        .filter(notice::Column::Id.eq(id))
        .filter(notice::Column::Kind.eq(NoticeKind::AdministrativeCitation))
        .one(tx.conn())
        .await?;
    let notice = found.ok_or_else(|| Refusal::not_found("citation").at("noticeId"))?;
    Ok((cases::lock(tx, notice.case_id).await?, notice))
}

async fn place(tx: &Tx, case: &case::Model) -> Result<property::Model> {
    let found = unscoped::<property::Entity>()
        .filter(property::Column::Id.eq(case.property_id))
        .one(tx.conn())
        .await?;
    found.ok_or_else(|| Error::Internal("a case without a place".to_owned()))
}

// Whom the citation is served on, locked so that two citations do not count past each other.
async fn cited(tx: &Tx, case: &case::Model, serving: &Serving) -> Result<Vec<Cited>> {
    let ids: BTreeSet<PartyId> = serving.services.iter().filter_map(|service| service.recipient).collect();
    if ids.is_empty() {
        properties::lock(tx, case.property_id).await?;
        return Ok(vec![Cited { party: None, name: "Whoever is responsible for the place".to_owned() }]);
    }
    let rows = unscoped::<party::Entity>()
        .filter(party::Column::Id.is_in(ids))
        .order_by_asc(party::Column::Id)
        .lock_rows()
        .all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| Cited { party: Some(row.id), name: row.name }).collect())
}
