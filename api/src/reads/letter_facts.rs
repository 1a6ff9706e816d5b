//! What a letter has to say, read from what is recorded: nothing of a case's calls, and of an early warning's only counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use entity::{
    case, cost_entry, deadline, deadline_computation,
    id::{CaseId, DeadlineId, PartyId, PropertyId, StaffId, ViolationId},
    letter::LetterKind,
    notice::{self, NoticeKind},
    notice_service::ServiceMethod,
    notice_violation,
    nuisance_rule::{RuleComparison, RuleMeasure},
    party, property,
    property_party::{self, LinkStatus, PartyRole},
    staff, violation,
};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder};

use super::{costs, early_warnings::Warning};
use crate::{
    authz::Viewer,
    city::City,
    domain::{
        deadline_rule::{Computed, DeadlineRule},
        letter::{self, Cost, Counted, Dated, EarlyWarning, Facts, Place, Recipient, Violation},
        money::dollars,
    },
    error::{Error, Result},
    scope::{VisibleTo, unscoped},
};

/// What rules for a 602 letter name as their trigger.
const SIGNED: &str = "letter signed";

/// Where facts are read, for whom, and on which day.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a, C> {
    pub db: &'a C,
    pub city: &'a City,
    pub viewer: &'a Viewer,
    pub today: NaiveDate,
}

/// How a letter goes to its recipient, and when.
#[derive(Clone, Copy, Debug)]
pub struct Sending {
    pub method: ServiceMethod,
    pub on: NaiveDate,
}

/// A letter of a case that is not one of a served notice: a draft, or a 602 letter.
#[derive(Clone, Debug)]
pub struct Planned {
    pub kind: LetterKind,
    /// The owners of the place, when nobody is named.
    pub recipients: Vec<PartyId>,
    pub comply_by: Option<NaiveDate>,
    pub amount_cents: Option<i64>,
    /// Everything that was found and is not corrected, when none is named.
    pub violations: Vec<ViolationId>,
    /// None for a draft.
    pub sending: Option<Sending>,
}

impl<C: ConnectionTrait> Desk<'_, C> {
    /// What the letter of a served notice says.
    pub async fn of_notice(&self, notice: &notice::Model) -> Result<Facts> {
        let case = self.case(notice.case_id).await?.ok_or(Error::NotFound("case"))?;
        let services = super::notices::services_of(self.db, self.viewer, &[notice.id]).await?;
        let days = services.iter().map(|row| row.service.served_on);
        let (first, last) = (days.clone().min().unwrap_or(self.today), days.max().unwrap_or(self.today));
        let recipients = services.into_iter().map(|row| {
            let sending = Sending { method: row.service.method, on: row.service.served_on };
            recipient(row.recipient.as_ref(), Some(sending))
        });
        let named: Vec<ViolationId> = unscoped::<notice_violation::Entity>()
            .filter(notice_violation::Column::NoticeId.eq(notice.id))
            .all(self.db)
            .await?
            .into_iter()
            .map(|row| row.violation_id)
            .collect();
        let costs = costs::billed_in(self.db, self.viewer, notice.id).await?;
        Ok(Facts {
            dated: letter::day(first),
            case_number: Some(case.number),
            place: self.place(case.property_id).await?,
            recipients: recipients.collect(),
            violations: self.violations(case.id, &named, last).await?,
            comply_by: notice.comply_by.map(letter::day),
            amount: notice.amount_cents.map(dollars),
            costs: costs.iter().map(cost).collect(),
            dates: self.counted_from(notice).await?,
            signed_by: self.name(notice.served_by).await?,
            ..self.plain()
        })
    }

    /// What a planned letter of a case would say, or says.
    pub async fn of_planned(&self, case: &case::Model, planned: &Planned) -> Result<Facts> {
        let day = planned.sending.map_or(self.today, |sending| sending.on);
        let mut amount = planned.amount_cents;
        let mut costs = Vec::new();
        if planned.kind == LetterKind::CostStatement {
            costs = costs::unbilled_of_case(self.db, self.viewer, case.id).await?;
            amount = amount.or_else(|| Some(costs.iter().map(|cost| cost.amount_cents).sum()));
        }
        Ok(Facts {
            draft: planned.sending.is_none().then(|| letter::DRAFT.to_owned()),
            dated: letter::day(day),
            case_number: Some(case.number.clone()),
            recipients: self.recipients(case.property_id, &planned.recipients, planned.sending).await?,
            place: self.place(case.property_id).await?,
            violations: self.violations(case.id, &planned.violations, day).await?,
            comply_by: planned.comply_by.map(letter::day),
            amount: amount.map(dollars),
            costs: costs.iter().map(cost).collect(),
            dates: self.would_count(planned, day)?,
            signed_by: self.name(self.viewer.staff_id()).await?,
            ..self.plain()
        })
    }

    /// What an early warning says.
    pub async fn of_warning(
        &self,
        warning: &Warning,
        to: &[PartyId],
        sending: Option<Sending>,
    ) -> Result<Facts> {
        Ok(Facts {
            draft: sending.is_none().then(|| letter::DRAFT.to_owned()),
            dated: letter::day(sending.map_or(self.today, |sending| sending.on)),
            recipients: self.recipients(warning.place.id, to, sending).await?,
            place: place(&warning.place),
            warning: Some(counts(warning)),
            signed_by: self.name(self.viewer.staff_id()).await?,
            ..self.plain()
        })
    }

    /// The case, if the viewer may see it.
    pub async fn case(&self, id: CaseId) -> Result<Option<case::Model>> {
        Ok(case::Entity::visible_to(self.viewer).filter(case::Column::Id.eq(id)).one(self.db).await?)
    }

    fn plain(&self) -> Facts {
        Facts { city: self.city.preset.city.name.clone(), ..Facts::default() }
    }

    async fn place(&self, id: PropertyId) -> Result<Place> {
        let found = property::Entity::visible_to(self.viewer).filter(property::Column::Id.eq(id));
        Ok(found.one(self.db).await?.as_ref().map(place).unwrap_or_default())
    }

    async fn name(&self, id: Option<StaffId>) -> Result<Option<String>> {
        let Some(id) = id else { return Ok(None) };
        let found = unscoped::<staff::Entity>().filter(staff::Column::Id.eq(id)).one(self.db).await?;
        Ok(found.map(|person| person.name))
    }

    // Parties of the place, none of them rejected; its owners when nobody is named.
    async fn recipients(
        &self,
        place: PropertyId,
        named: &[PartyId],
        sending: Option<Sending>,
    ) -> Result<Vec<Recipient>> {
        let links = property_party::Entity::visible_to(self.viewer)
            .filter(property_party::Column::PropertyId.eq(place))
            .filter(property_party::Column::Status.ne(LinkStatus::Rejected))
            .order_by_asc(property_party::Column::Id)
            .all(self.db)
            .await?;
        let is_owner = |link: &&property_party::Model| link.role == PartyRole::Owner;
        let mut wanted: Vec<PartyId> = named.to_vec();
        if named.is_empty() {
            wanted = links.iter().filter(is_owner).map(|link| link.party_id).collect();
        } else if named.iter().any(|id| !links.iter().any(|link| link.party_id == *id)) {
            let message = "A recipient is no party of this place, or was rejected as one.";
            return Err(Error::BadInput(message.to_owned()));
        }
        let rows = party::Entity::visible_to(self.viewer)
            .filter(party::Column::Id.is_in(wanted.iter().copied()))
            .all(self.db)
            .await?;
        let mut seen = BTreeSet::new();
        let in_order = wanted.iter().filter(|id| seen.insert(**id));
        let found = in_order.filter_map(|id| rows.iter().find(|row| row.id == *id));
        Ok(found.map(|row| recipient(Some(row), sending)).collect())
    }

    // In the order in which they were found; a letter about the case as a whole names what was open on its day.
    async fn violations(
        &self,
        case: CaseId,
        named: &[ViolationId],
        day: NaiveDate,
    ) -> Result<Vec<Violation>> {
        let rows = violation::Entity::visible_to(self.viewer)
            .filter(violation::Column::CaseId.eq(case))
            .order_by_asc(violation::Column::FoundOn)
            .order_by_asc(violation::Column::Id)
            .all(self.db)
            .await?;
        if named.iter().any(|id| !rows.iter().any(|row| row.id == *id)) {
            return Err(Error::BadInput("A violation is none of this case.".to_owned()));
        }
        let is_open = |row: &violation::Model| row.found_on <= day && row.corrected_on.is_none();
        let is_meant = |row: &&violation::Model| {
            if named.is_empty() { is_open(row) } else { named.contains(&row.id) }
        };
        Ok(rows.iter().filter(is_meant).map(found).collect())
    }

    // The deadlines that the service of a notice started, as they were counted last.
    async fn counted_from(&self, notice: &notice::Model) -> Result<Vec<Dated>> {
        let counts = deadline_computation::Entity::visible_to(self.viewer)
            .filter(deadline_computation::Column::NoticeId.eq(notice.id))
            .order_by_asc(deadline_computation::Column::RecordedAt)
            .order_by_asc(deadline_computation::Column::Id)
            .all(self.db)
            .await?;
        let latest: HashMap<DeadlineId, deadline_computation::Model> =
            counts.into_iter().map(|count| (count.deadline_id, count)).collect();
        let deadlines = deadline::Entity::visible_to(self.viewer)
            .filter(deadline::Column::Id.is_in(latest.keys().copied()))
            .order_by_asc(deadline::Column::DueOn)
            .order_by_asc(deadline::Column::Id)
            .all(self.db)
            .await?;
        let dates = deadlines.iter().filter_map(|deadline| {
            let count = latest.get(&deadline.id)?;
            let rule = self.city.preset.deadline_rule(&count.rule_key);
            Some(dated(&deadline.label, &count.citation, deadline.due_on, &count.steps.0, rule))
        });
        Ok(dates.collect())
    }

    // The days that would follow if it were served, or signed, on that day.
    fn would_count(&self, planned: &Planned, day: NaiveDate) -> Result<Vec<Dated>> {
        let calendar = self.city.preset.court_calendar();
        let method = planned.sending.map(|sending| sending.method);
        let count = |rule: &DeadlineRule| -> Result<Option<Computed>> {
            if rule.named_by_notice {
                return Ok(planned.comply_by.map(|named| rule.named(&calendar, day, named)));
            }
            let computed = rule.compute(&calendar, day, method);
            computed.map(Some).map_err(|reason| Error::BadInput(format!("{}: {reason}", rule.label)))
        };
        let notice: Option<NoticeKind> = planned.kind.notice();
        let is_signed = planned.kind == LetterKind::TrespassAuthorization;
        let starts = |rule: &&DeadlineRule| {
            notice.is_some_and(|kind| rule.notices.contains(&kind)) || (is_signed && rule.trigger == SIGNED)
        };
        let mut dates = Vec::new();
        for rule in self.city.preset.deadline_rules.iter().filter(starts) {
            if let Some(computed) = count(rule)? {
                dates.push(dated(&rule.label, &rule.citation, computed.due_on, &computed.steps, Some(rule)));
            }
        }
        Ok(dates)
    }
}

fn place(row: &property::Model) -> Place {
    Place { address: row.address.clone(), parcel_number: row.apn.clone() }
}

fn recipient(party: Option<&party::Model>, sending: Option<Sending>) -> Recipient {
    Recipient {
        name: party.map(|party| party.name.clone()),
        address: party.and_then(|party| party.mailing_address.clone()),
        method: sending.map(|sending| letter::method(sending.method).to_owned()),
        served_on: sending.map(|sending| letter::day(sending.on)),
    }
}

fn found(row: &violation::Model) -> Violation {
    Violation {
        section: row.code_section.clone(),
        description: row.description.clone(),
        found_on: letter::day(row.found_on),
        corrected_on: row.corrected_on.map(letter::day),
        immediate_danger: row.immediate_danger,
        offense_number: row.offense_number,
    }
}

fn cost(row: &cost_entry::Model) -> Cost {
    Cost {
        on: letter::day(row.occurred_on),
        description: row.description.clone(),
        receipt: row.receipt.clone(),
        amount: dollars(row.amount_cents),
    }
}

// What counsel has to look at is not for the letter's reader, nor that a day which the letter names stands as it is.
fn dated(
    label: &str,
    citation: &str,
    day: NaiveDate,
    steps: &[String],
    rule: Option<&DeadlineRule>,
) -> Dated {
    let is_named = rule.is_some_and(|rule| rule.named_by_notice);
    let note = rule.and_then(|rule| rule.note.as_ref());
    let told = steps.iter().filter(|step| !step.starts_with("confirm: ") && Some(*step) != note);
    Dated {
        label: label.to_owned(),
        day: letter::day(day),
        citation: if is_named { "This letter".to_owned() } else { citation.to_owned() },
        steps: told.cloned().collect(),
    }
}

fn counts(warning: &Warning) -> EarlyWarning {
    let (rule, count, calls) = (&warning.rule, &warning.count, &warning.counted);
    let of = match rule.measure {
        RuleMeasure::Count => "calls",
        RuleMeasure::DistinctDays => "days with calls",
        RuleMeasure::PerUnit => "calls for each unit",
    };
    let least = match rule.comparison {
        RuleComparison::AtLeast => "at least",
        RuleComparison::MoreThan => "more than",
    };
    let mut categories: BTreeMap<String, usize> = BTreeMap::new();
    for call in calls {
        *categories.entry(letter::category(call.category)).or_default() += 1;
    }
    EarlyWarning {
        rule: rule.label.clone(),
        citation: rule.citation.clone(),
        from: letter::day(count.window.from),
        to: letter::day(count.window.to),
        counted: calls.len(),
        days: calls.iter().map(|call| call.day).collect::<BTreeSet<_>>().len(),
        measured: format!("{} {of}", letter::number(count.measured.unwrap_or_default())),
        threshold: format!("{least} {} {of}", letter::number(count.threshold)),
        categories: categories.into_iter().map(|(category, count)| Counted { category, count }).collect(),
    }
}
