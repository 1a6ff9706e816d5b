//! One invented case in the hands of its team: each step is one or two public mutations.

mod in_court;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{
    case_plan::Step,
    desk::{Desk, key},
    ledger::{self, Cost},
    people::Team,
    trouble::trouble,
};
use crate::{app::App, authz::Viewer, error::Result};

const CASE: &str = "case { id version }";

const NOTES: [&str; 8] = [
    "Called the owner; left a message.",
    "Neighbor across the street keeps a log and will share it.",
    "Drove by at dusk: lights on, two cars at the curb, nobody answered.",
    "Second visit: part of the rubbish is gone, the rest is behind the fence.",
    "Owner says a contractor is booked. Asked for the contract in writing.",
    "Met the manager. He agreed to trim the hedge and to fix the lights.",
    "Spoke with the council office; they had three letters about this place.",
    "Two weeks without a call. Will look again before closing.",
];

/// A case and what is needed to go on with it.
pub struct CaseFile {
    pub district: i32,
    place: Value,
    luck: u32,
    case: Value,
    violations: Vec<Value>,
    action: Value,
    hearing: Value,
}

impl CaseFile {
    pub fn new(district: i32, place: &Value, luck: u32) -> Self {
        Self {
            district,
            place: place.clone(),
            luck,
            case: Value::Null,
            violations: Vec::new(),
            action: Value::Null,
            hearing: Value::Null,
        }
    }

    /// Takes one step at the clock's present time.
    pub async fn take(&mut self, desk: &Desk, team: &Team, app: &App, step: Step) -> Result<()> {
        let (now, today) = (app.clock.now(), app.today());
        match step {
            Step::Open => self.open(desk, team).await,
            Step::Assign => self.assign(desk, team).await,
            Step::Assess => self.advance(desk, &team.sergeant, "ASSESSMENT", None).await,
            Step::Note(which) => {
                let author = [&team.sergeant, &team.code_officer, &team.attorney][which % 3];
                self.note(desk, author, NOTES[which % NOTES.len()], false).await
            }
            Step::PrivilegedNote => {
                let text = "Proof of notice is thin for the first owner; get the certified mail receipt before filing.";
                self.note(desk, &team.attorney, text, true).await
            }
            Step::Inspect => self.inspect(desk, team, now, today).await,
            Step::AskForCompliance => {
                self.advance(desk, &team.code_officer, "VOLUNTARY_COMPLIANCE", None).await
            }
            Step::ServeNotice => {
                self.advance(desk, &team.code_officer, "NOTICE", None).await?;
                let comply_by = Some(today + Days::new(14));
                let kind = if self.is_housing() { "NOTICE_AND_ORDER" } else { "NOTICE_OF_VIOLATION" };
                self.serve(desk, team, kind, comply_by, None, today).await
            }
            Step::SetDeadline { days } => {
                self.set_deadline(desk, team, today + Days::new(days.unsigned_abs())).await
            }
            Step::MeetDeadline => self.meet_deadlines(desk, team, today).await,
            Step::Cite => {
                self.advance(desk, &team.code_officer, "CITATION", None).await?;
                self.serve(desk, team, "ADMINISTRATIVE_CITATION", None, None, today).await?;
                let hours = Cost::hours(30, "Wrote and served the citation", self.luck);
                self.spend(desk, &team.code_officer, today, hours).await
            }
            Step::FindCorrected => self.find_corrected(desk, team, now, today).await,
            Step::Monitor => self.advance(desk, &team.sergeant, "MONITORING", None).await,
            Step::CloseAsComplied => {
                let outcome =
                    if self.action.is_null() { "COMPLIED_VOLUNTARILY" } else { "COMPLIED_BY_ORDER" };
                ledger::pay(desk, &team.attorney, &self.case["id"], today, self.luck).await?;
                self.close(desk, &team.attorney, outcome, "Looked twice; it has stayed in order.").await
            }
            Step::CloseEarly => {
                let outcome = ["NO_VIOLATION", "CANNOT_VERIFY", "OTHER_JURISDICTION"][self.luck as usize % 3];
                self.close(desk, &team.code_officer, outcome, "Went there twice, by day and by night.").await
            }
            Step::Litigate => self.advance(desk, &team.attorney, "LITIGATION", None).await,
            Step::Refer => self.refer(desk, team).await,
            _ => self.in_court(desk, team, app, step).await,
        }
    }

    async fn open(&mut self, desk: &Desk, team: &Team) -> Result<()> {
        let (title, kinds, ..) = trouble(self.place["useType"].as_str().unwrap_or_default());
        let address = self.place["address"].as_str().unwrap_or_default();
        let source = ["RESIDENT", "PATROL", "CODE_PATROL", "COUNCIL_OFFICE", "NEIGHBORHOOD_GROUP"]
            [self.luck as usize % 5];
        let priority = ["NORMAL", "NORMAL", "NORMAL", "HIGH", "LOW", "NORMAL", "IMMINENT_DANGER"]
            [self.luck as usize % 7];
        let input = json!({
            "idempotencyKey": key(), "title": format!("{title}, {address}"), "kinds": kinds, "source": source,
            "priority": priority, "property": { "id": self.place["id"] },
        });
        let opener = [&team.sergeant, &team.code_officer, &team.attorney][self.luck as usize % 3];
        let payload = desk.change(opener, "caseOpen", CASE, input).await?;
        self.case = payload["case"].clone();
        Ok(())
    }

    async fn assign(&mut self, desk: &Desk, team: &Team) -> Result<()> {
        let person = [&team.code_officer, &team.sergeant][self.luck as usize % 2];
        let id = person.staff_id().map(|id| id.to_string());
        let input =
            json!({ "caseId": self.case["id"], "expectedVersion": self.case["version"], "assigneeId": id });
        self.case = desk.change(&team.sergeant, "caseAssign", CASE, input).await?["case"].take();
        Ok(())
    }

    async fn advance(&mut self, desk: &Desk, who: &Viewer, to: &str, reason: Option<&str>) -> Result<()> {
        let version = self.version(desk, who).await?;
        let input =
            json!({ "caseId": self.case["id"], "expectedVersion": version, "to": to, "reason": reason });
        self.case = desk.change(who, "caseAdvance", CASE, input).await?["case"].take();
        Ok(())
    }

    async fn close(&mut self, desk: &Desk, who: &Viewer, outcome: &str, reason: &str) -> Result<()> {
        let version = self.version(desk, who).await?;
        let input = json!({ "caseId": self.case["id"], "expectedVersion": version, "outcome": outcome, "reason": reason });
        desk.change(who, "caseClose", CASE, input).await.map(|_| ())
    }

    async fn version(&self, desk: &Desk, who: &Viewer) -> Result<Value> {
        let query = "query ($id: ID!) { case(by: { id: $id }) { version } }";
        Ok(desk.ask(who, query, json!({ "id": self.case["id"] })).await?["case"]["version"].take())
    }

    async fn note(&self, desk: &Desk, who: &Viewer, text: &str, privileged: bool) -> Result<()> {
        let input = json!({ "idempotencyKey": key(), "caseId": self.case["id"], "body": text, "privileged": privileged });
        desk.change(who, "caseAddNote", "event { id }", input).await.map(|_| ())
    }

    async fn inspect(
        &mut self,
        desk: &Desk,
        team: &Team,
        now: DateTime<Utc>,
        today: NaiveDate,
    ) -> Result<()> {
        let (_, _, section, found) = trouble(self.place["useType"].as_str().unwrap_or_default());
        let input = json!({
            "idempotencyKey": key(), "caseId": self.case["id"], "performedAt": now - TimeDelta::minutes(20),
            "result": "VIOLATION_FOUND", "notes": "Photographs taken from the street.",
            "violations": [{
                "codeSection": section, "description": found, "complyBy": today + Days::new(30),
                "immediateDanger": self.luck.is_multiple_of(7),
            }],
        });
        desk.change(&team.code_officer, "inspectionRecord", "inspection { id }", input).await?;
        let hours = Cost::hours(45 + self.luck % 60, "Inspection", self.luck);
        self.spend(desk, &team.code_officer, today, hours).await?;
        let query = "query ($id: ID!) { case(by: { id: $id }) { violations { id } } }";
        let seen = desk.ask(&team.code_officer, query, json!({ "id": self.case["id"] })).await?;
        let violations = seen["case"]["violations"].as_array().cloned().unwrap_or_default();
        self.violations = violations.into_iter().map(|violation| violation["id"].clone()).collect();
        Ok(())
    }

    async fn serve(
        &self,
        desk: &Desk,
        team: &Team,
        kind: &str,
        comply_by: Option<NaiveDate>,
        amount: Option<&str>,
        today: NaiveDate,
    ) -> Result<()> {
        let mut services = vec![json!({ "method": "POSTING", "servedOn": today })];
        for link in self.place["parties"].as_array().into_iter().flatten() {
            services.push(
                json!({ "partyId": link["party"]["id"], "method": "CERTIFIED_MAIL", "servedOn": today }),
            );
        }
        let of_action = if kind == "LEGAL_PAPERS" { &self.action["id"] } else { &Value::Null };
        let input = json!({
            "idempotencyKey": key(), "caseId": self.case["id"], "kind": kind, "legalActionId": of_action,
            "services": services, "complyBy": comply_by, "amount": amount, "violationIds": self.violations,
        });
        desk.change(&team.code_officer, "noticeServe", "notice { id }", input).await.map(|_| ())
    }

    async fn set_deadline(&mut self, desk: &Desk, team: &Team, due: NaiveDate) -> Result<()> {
        let in_court = !self.action.is_null();
        let (who, label) = if in_court {
            (&team.attorney, "Answer due from the owner")
        } else {
            (&team.code_officer, "Look whether it was corrected")
        };
        let input = json!({
            "idempotencyKey": key(), "caseId": self.case["id"], "label": label, "dueOn": due,
            "legalActionId": self.action["id"], "responsibleId": who.staff_id().map(|id| id.to_string()),
        });
        desk.change(who, "deadlineSet", "deadline { id }", input).await?;
        if in_court { self.refresh_action(desk, team).await } else { Ok(()) }
    }

    async fn meet_deadlines(&mut self, desk: &Desk, team: &Team, today: NaiveDate) -> Result<()> {
        // Those that people set, and those that notices and steps of the action started.
        let query = "query ($id: ID!) { case(by: { id: $id }) { deadlines(open: true) { id kind } } }";
        let seen = desk.ask(&team.attorney, query, json!({ "id": self.case["id"] })).await?;
        let open = seen["case"]["deadlines"].as_array().cloned().unwrap_or_default();
        for id in open.iter().filter(|deadline| deadline["kind"] == "DUE").map(|deadline| &deadline["id"]) {
            let input = json!({ "deadlineId": id, "completedOn": today, "metBy": "Seen on site and in the court's file." });
            desk.change(&team.attorney, "deadlineComplete", "deadline { id }", input).await?;
        }
        if self.action.is_null() { Ok(()) } else { self.refresh_action(desk, team).await }
    }

    async fn find_corrected(
        &mut self,
        desk: &Desk,
        team: &Team,
        now: DateTime<Utc>,
        today: NaiveDate,
    ) -> Result<()> {
        for id in &self.violations {
            let input = json!({ "violationId": id, "correctedOn": today });
            desk.change(&team.code_officer, "violationCorrect", "violation { id }", input).await?;
        }
        let input = json!({
            "idempotencyKey": key(), "caseId": self.case["id"], "performedAt": now - TimeDelta::minutes(10),
            "result": "CORRECTED", "verifiesCompliance": true, "notes": "All corrected.",
        });
        desk.change(&team.code_officer, "inspectionRecord", "inspection { id }", input).await.map(|_| ())
    }

    async fn spend(&self, desk: &Desk, who: &Viewer, on: NaiveDate, cost: Cost<'_>) -> Result<()> {
        ledger::spend(desk, who, &self.case["id"], on, cost).await
    }
}
