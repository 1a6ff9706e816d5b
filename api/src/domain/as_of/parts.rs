//! What hangs on a case, as it was known on a day: one entry for each kind of row, with what later entries may have changed.

use entity::{
    case_event::CaseEventKind, citation_appeal, citation_fine, cost_billing, cost_entry, court_order,
    custody_entry, deadline, deadline_computation, deadline_extension, evidence, hearing, inspection,
    legal_action, legal_action_status_change, letter, litigation_hold, notice, order_violation, party,
    property, referral, referral::ReferralStatus, response_pause, staff, tenant_impact, title_recording,
    violation,
};

use super::{NotKnown, Past, Record};

/// Rows that never change once they are written: known from when they were recorded.
macro_rules! written_once {
    ($($row:path, $recorded_at:ident;)+) => {$(
        impl Past for $row {
            fn then(self, record: &Record) -> Result<Option<Self>, NotKnown> {
                Ok(record.knew(self.$recorded_at).then_some(self))
            }
        }
    )+};
}

written_once! {
    citation_fine::Model, recorded_at;
    cost_billing::Model, billed_at;
    court_order::Model, recorded_at;
    custody_entry::Model, at;
    deadline_computation::Model, recorded_at;
    deadline_extension::Model, recorded_at;
    legal_action_status_change::Model, recorded_at;
    letter::Model, sent_at;
    order_violation::Model, recorded_at;
}

/// People and parties are part of no case's record, and what is shown of them is never edited.
macro_rules! always_the_same {
    ($($row:path;)+) => {$(
        impl Past for $row {
            fn then(self, _: &Record) -> Result<Option<Self>, NotKnown> {
                Ok(Some(self))
            }
        }
    )+};
}

always_the_same! {
    party::Model;
    staff::Model;
}

impl Record {
    // Whether a row of some case was there already; rows of another case are that case's.
    fn holds(
        &self,
        case: entity::id::CaseId,
        created_at: chrono::DateTime<chrono::Utc>,
    ) -> Result<bool, NotKnown> {
        if case == self.case { Ok(self.knew(created_at)) } else { Err(NotKnown::OtherCase) }
    }
}

/// The same, of the case itself.
macro_rules! written_once_in_case {
    ($($row:path, $recorded_at:ident;)+) => {$(
        impl Past for $row {
            fn then(self, record: &Record) -> Result<Option<Self>, NotKnown> {
                Ok(record.holds(self.case_id, self.$recorded_at)?.then_some(self))
            }
        }
    )+};
}

written_once_in_case! {
    cost_entry::Model, recorded_at;
    evidence::Model, added_at;
    tenant_impact::Model, recorded_at;
}

impl Past for response_pause::Model {
    fn then(mut self, record: &Record) -> Result<Option<Self>, NotKnown> {
        if !record.holds(self.case_id, self.paused_at)? {
            return Ok(None);
        }
        if self.resumed_at.is_some_and(|at| !record.knew(at)) {
            (self.resumed_at, self.resumed_by) = (None, None);
        }
        Ok(Some(self))
    }
}

impl Past for litigation_hold::Model {
    fn then(mut self, record: &Record) -> Result<Option<Self>, NotKnown> {
        if !record.holds(self.case_id, self.placed_at)? {
            return Ok(None);
        }
        if self.released_at.is_some_and(|at| !record.knew(at)) {
            (self.released_at, self.released_by, self.release_reason) = (None, None, None);
        }
        Ok(Some(self))
    }
}

impl Past for violation::Model {
    fn then(mut self, record: &Record) -> Result<Option<Self>, NotKnown> {
        const WHAT: &str = "violations";
        const KINDS: [CaseEventKind; 2] = [CaseEventKind::ViolationFound, CaseEventKind::ViolationCorrected];
        if self.case_id != record.case {
            return Err(NotKnown::OtherCase);
        }
        record.all_name(&KINDS, entity::id::ViolationId::PREFIX, WHAT)?;
        if record.began_later(&format!("{}.codeSection", self.id)) {
            return Ok(None);
        }
        record.put_back_optional(&format!("{}.correctedOn", self.id), &mut self.corrected_on, WHAT)?;
        Ok(Some(self))
    }
}

impl Past for inspection::Model {
    fn then(mut self, record: &Record) -> Result<Option<Self>, NotKnown> {
        const WHAT: &str = "inspections";
        if !record.holds(self.case_id, self.created_at)? {
            return Ok(None);
        }
        record.all_name(&[CaseEventKind::Inspected], entity::id::InspectionId::PREFIX, WHAT)?;
        record.put_back_optional(&format!("{}.inspector", self.id), &mut self.inspector_id, WHAT)?;
        if record.began_later(&format!("{}.performedAt", self.id)) {
            (self.performed_at, self.result, self.notes) = (None, None, None);
            self.verifies_compliance = false;
        }
        Ok(Some(self))
    }
}

impl Past for notice::Model {
    fn then(mut self, record: &Record) -> Result<Option<Self>, NotKnown> {
        if !record.holds(self.case_id, self.created_at)? {
            return Ok(None);
        }
        record.put_back_optional(&format!("{}.complyBy", self.id), &mut self.comply_by, "notices")?;
        Ok(Some(self))
    }
}

impl Past for deadline::Model {
    fn then(mut self, record: &Record) -> Result<Option<Self>, NotKnown> {
        const WHAT: &str = "deadlines";
        const KINDS: [CaseEventKind; 3] =
            [CaseEventKind::DeadlineSet, CaseEventKind::DeadlineMet, CaseEventKind::DeadlineExtended];
        if !record.holds(self.case_id, self.created_at)? {
            return Ok(None);
        }
        record.all_name(&KINDS, entity::id::DeadlineId::PREFIX, WHAT)?;
        record.put_back(&format!("{}.dueOn", self.id), &mut self.due_on, WHAT)?;
        record.put_back_optional(&format!("{}.completedOn", self.id), &mut self.completed_on, WHAT)?;
        record.put_back_optional(&format!("{}.metBy", self.id), &mut self.met_by, WHAT)?;
        if self.completed_on.is_none() {
            self.completed_by = None;
        }
        Ok(Some(self))
    }

    fn all_then(rows: Vec<Self>, record: &Record) -> Result<Vec<Self>, NotKnown> {
        let known: Result<Vec<Self>, _> =
            rows.into_iter().filter_map(|row| row.then(record).transpose()).collect();
        let mut known = known?;
        known.sort_by_key(|row| (row.due_on, row.id));
        Ok(known)
    }
}

impl Past for legal_action::Model {
    /// Without `next_on` and `status_since`, which its hearings, deadlines and steps tell.
    fn then(mut self, record: &Record) -> Result<Option<Self>, NotKnown> {
        const WHAT: &str = "legal actions";
        if !record.holds(self.case_id, self.created_at)? {
            return Ok(None);
        }
        let id = self.id;
        self.version -= record.changes_of(&format!("{id}.status"));
        record.put_back(&format!("{id}.status"), &mut self.status, WHAT)?;
        self.is_final = self.status.is_final();
        record.put_back_optional(&format!("{id}.court"), &mut self.court, WHAT)?;
        record.put_back_optional(&format!("{id}.courtCaseNumber"), &mut self.court_case_number, WHAT)?;
        record.put_back_optional(&format!("{id}.filedOn"), &mut self.filed_on, WHAT)?;
        Ok(Some(self))
    }
}

impl Past for hearing::Model {
    fn then(mut self, record: &Record) -> Result<Option<Self>, NotKnown> {
        const WHAT: &str = "hearings";
        if !record.holds(self.case_id, self.created_at)? {
            return Ok(None);
        }
        let id = self.id;
        self.version -= record.changes_of(&format!("{id}."));
        record.put_back(&format!("{id}.startsAt"), &mut self.starts_at, WHAT)?;
        self.starts_on = self.starts_at.with_timezone(&record.day.zone).date_naive();
        record.put_back(&format!("{id}.court"), &mut self.court, WHAT)?;
        record.put_back_optional(&format!("{id}.department"), &mut self.department, WHAT)?;
        record.put_back(&format!("{id}.status"), &mut self.status, WHAT)?;
        record.put_back_optional(&format!("{id}.outcome"), &mut self.outcome, WHAT)?;
        record.put_back_optional(&format!("{id}.continuedTo"), &mut self.continued_to_id, WHAT)?;
        Ok(Some(self))
    }

    fn all_then(rows: Vec<Self>, record: &Record) -> Result<Vec<Self>, NotKnown> {
        let known: Result<Vec<Self>, _> =
            rows.into_iter().filter_map(|row| row.then(record).transpose()).collect();
        let mut known = known?;
        known.sort_by_key(|row| (row.starts_at, row.id));
        Ok(known)
    }
}

impl Past for title_recording::Model {
    fn then(mut self, record: &Record) -> Result<Option<Self>, NotKnown> {
        const WHAT: &str = "recordings against the title";
        let id = self.id;
        record.put_back_optional(&format!("{id}.releasedOn"), &mut self.released_on, WHAT)?;
        record.put_back_optional(&format!("{id}.releaseInstrument"), &mut self.release_instrument, WHAT)?;
        Ok(record.knew(self.created_at).then_some(self))
    }
}

impl Past for citation_appeal::Model {
    /// Without `version`: setting a hearing anew raises it even when nothing is changed by that.
    fn then(mut self, record: &Record) -> Result<Option<Self>, NotKnown> {
        const WHAT: &str = "appeals of citations";
        if !record.knew(self.created_at) {
            return Ok(None);
        }
        let id = self.id;
        record.put_back_optional(&format!("{id}.hearingAt"), &mut self.hearing_at, WHAT)?;
        record.put_back_optional(&format!("{id}.hearingPlace"), &mut self.hearing_place, WHAT)?;
        record.put_back_optional(&format!("{id}.outcome"), &mut self.outcome, WHAT)?;
        if self.outcome.is_none() {
            (self.decided_on, self.reason, self.reduced_to_cents) = (None, None, None);
        }
        Ok(Some(self))
    }
}

impl Past for referral::Model {
    fn then(mut self, record: &Record) -> Result<Option<Self>, NotKnown> {
        if !record.holds(self.case_id, self.made_at)? {
            return Ok(None);
        }
        record.put_back(&format!("{}.status", self.id), &mut self.status, "hand-offs")?;
        if self.status == ReferralStatus::Waiting {
            (self.answered_by, self.answered_at, self.answer) = (None, None, None);
        }
        Ok(Some(self))
    }
}

impl Past for property::Model {
    /// Edits of a place are in no case's timeline, so one that was edited later is only known as it is now.
    fn then(self, record: &Record) -> Result<Option<Self>, NotKnown> {
        if record.knew(self.updated_at) { Ok(Some(self)) } else { Err(NotKnown::Untold("the place")) }
    }
}
