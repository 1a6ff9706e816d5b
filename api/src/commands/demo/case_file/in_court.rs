//! The steps of an invented case that go through its legal action.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use serde_json::json;

use super::{CaseFile, Cost, Desk, Step, Team, key};
use crate::{app::App, error::Result};

const ACTION: &str = "legalAction { id version }";

impl CaseFile {
    pub(super) async fn in_court(&mut self, desk: &Desk, team: &Team, app: &App, step: Step) -> Result<()> {
        let today = app.today();
        match step {
            Step::Authorize => self.action_to(desk, team, "AUTHORIZED", today).await,
            Step::Prepare => self.action_to(desk, team, "PREPARING", today).await,
            Step::File => {
                self.answer_for_tenants(desk, team, today).await?;
                self.action_to(desk, team, "FILED", today).await?;
                let fee = Cost::filing_fee(&self.action["id"], self.luck);
                self.spend(desk, &team.attorney, today, fee).await
            }
            Step::Serve => {
                self.serve(desk, team, "LEGAL_PAPERS", None, None, today).await?;
                self.action_to(desk, team, "SERVED", today).await
            }
            Step::Order => {
                self.action_to(desk, team, "ORDERED", today).await?;
                self.order(desk, team, today).await
            }
            Step::FinishAction => {
                self.action_to(desk, team, "COMPLYING", today).await?;
                self.action_to(desk, team, "SATISFIED", today).await
            }
            Step::SetHearing { days } => {
                let input = json!({
                    "idempotencyKey": key(), "legalActionId": self.action["id"], "court": COURT,
                    "department": format!("{}", 40 + self.luck % 14), "purpose": "Order to show cause",
                    "startsAt": court_time(app, today + Days::new(days.unsigned_abs()), self.luck),
                });
                let payload = desk.change(&team.attorney, "hearingSchedule", "hearing { id }", input).await?;
                self.hearing = payload["hearing"]["id"].clone();
                self.refresh_action(desk, team).await?;
                self.action_to(desk, team, "HEARING_SET", today).await
            }
            Step::Hear => {
                let input = json!({
                    "hearingId": self.hearing, "status": "HELD", "outcome": "Injunction granted; terms to be filed.",
                });
                desk.change(&team.attorney, "hearingRecord", "hearing { id }", input).await?;
                self.refresh_action(desk, team).await?;
                self.action_to(desk, team, "HEARD", today).await
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn refer(&mut self, desk: &Desk, team: &Team) -> Result<()> {
        let remedy = match self.place["useType"].as_str().unwrap_or_default() {
            "MOTEL" => "drug-abatement",
            _ if self.is_housing() => "state-housing-law-suit",
            _ => "public-nuisance-suit",
        };
        let input = json!({
            "idempotencyKey": key(), "caseId": self.case["id"], "remedyKey": remedy,
            "reason": "The notice was served and nothing has changed.",
        });
        let payload = desk.change(&team.code_officer, "legalActionRefer", ACTION, input).await?;
        self.action = payload["legalAction"].clone();
        Ok(())
    }

    pub(super) fn is_housing(&self) -> bool {
        let use_type = self.place["useType"].as_str().unwrap_or_default();
        matches!(use_type, "SINGLE_FAMILY" | "MULTI_FAMILY" | "VACANT_BUILDING")
    }

    async fn answer_for_tenants(&self, desk: &Desk, team: &Team, today: NaiveDate) -> Result<()> {
        let plan = "Nobody has to leave while the work is done.";
        let occupied = self.place["useType"] != "VACANT_BUILDING";
        let input = json!({
            "idempotencyKey": key(), "caseId": self.case["id"], "asOf": today, "occupied": occupied,
            "relocationPlan": occupied.then_some(plan),
        });
        desk.change(&team.code_officer, "tenantImpactRecord", "case { id }", input).await.map(|_| ())
    }

    async fn action_to(&mut self, desk: &Desk, team: &Team, to: &str, on: NaiveDate) -> Result<()> {
        let mut input = json!({
            "legalActionId": self.action["id"], "expectedVersion": self.action["version"], "to": to, "on": on,
        });
        if to == "FILED" {
            input["court"] = json!(COURT);
            input["courtCaseNumber"] = json!(format!("34-2026-{:08}", 80_000_000 + self.luck % 9_999_999));
        }
        self.action =
            desk.change(&team.attorney, "legalActionAdvance", ACTION, input).await?["legalAction"].take();
        Ok(())
    }

    async fn order(&mut self, desk: &Desk, team: &Team, on: NaiveDate) -> Result<()> {
        let input = json!({
            "idempotencyKey": key(), "legalActionId": self.action["id"], "kind": "OTHER", "issuedOn": on,
            "complyBy": on + Days::new(30),
            "terms": "The place is kept clean and secured, and the owner answers for it to the team every week.",
        });
        desk.change(&team.attorney, "courtOrderRecord", "courtOrder { id }", input).await?;
        self.refresh_action(desk, team).await
    }

    pub(super) async fn refresh_action(&mut self, desk: &Desk, team: &Team) -> Result<()> {
        let query = "query ($id: ID!) { legalAction(id: $id) { id version } }";
        let seen = desk.ask(&team.attorney, query, json!({ "id": self.action["id"] })).await?;
        self.action = seen["legalAction"].clone();
        Ok(())
    }
}

const COURT: &str = "Superior Court of California, County of Sacramento";

/// Nine, half past ten or two o'clock on the next weekday, as the city's clock has it.
fn court_time(app: &App, day: NaiveDate, luck: u32) -> DateTime<Utc> {
    use chrono::Datelike;
    let weekend = u64::from(day.weekday().num_days_from_monday()).saturating_sub(4);
    let day = if weekend > 0 { day + Days::new(3 - weekend) } else { day };
    let (hour, minute) = [(9, 0), (10, 30), (14, 0)][luck as usize % 3];
    let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default();
    let local = app.city.zone().from_local_datetime(&day.and_time(time)).earliest();
    local.map_or_else(|| day.and_time(time).and_utc(), |at| at.to_utc())
}
