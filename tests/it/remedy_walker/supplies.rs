//! What a step of a remedy lacks, put on record by the mutation that is there for it.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::key;

use super::Walk;
use crate::{
    case_at_work::{find, inspection, violation, with},
    legal::notice,
};

impl Walk<'_> {
    /// Puts what is missing on record.
    pub(super) async fn supply(&mut self, to: &str) {
        for fact in self.missing(to) {
            match fact.as_str() {
                "reason" | "court" | "court_case_number" => {}
                "waiting_period" => self.wait().await,
                "compliance_verified" => {
                    let now = self.jfn.clock.now();
                    let looked = with(
                        inspection(self.jfn, &self.case["id"], "CORRECTED", json!([])),
                        "performedAt",
                        json!(now),
                    );
                    let looked = with(looked, "verifiesCompliance", json!(true));
                    self.attorney.done("inspectionRecord", "inspection { id }", looked).await;
                    self.verified_on = Some(self.today());
                }
                fact => {
                    if self.supply_of_case(fact).await {
                        self.of_case.insert(fact.to_owned());
                    } else {
                        self.supply_of_action(fact).await;
                        self.of_action.insert(fact.to_owned());
                    }
                }
            }
        }
    }

    /// The longest waiting period that a step starts is thirty days.
    async fn wait(&mut self) {
        self.jfn.wait(TimeDelta::days(35));
        self.attorney = self.jfn.attorney(3).await;
        self.sergeant = self.jfn.sergeant(3).await;
        self.other = self.jfn.attorney(5).await;
        self.waits = false;
    }

    fn of(&self, more: Value) -> Value {
        let mut input = json!({ "idempotencyKey": key(), "caseId": self.case["id"] });
        for (name, value) in more.as_object().unwrap() {
            input[name] = value.clone();
        }
        input
    }

    /// Whether it was a fact of the case, which all of its actions share.
    async fn supply_of_case(&self, fact: &str) -> bool {
        let client = &self.attorney;
        let expired = |kind| {
            with(notice(&self.case, kind, &["POSTING"], "2026-10-01"), "complyBy", json!("2026-11-02"))
        };
        match fact {
            "tenant_impact" => {
                let answer = self.of(
                    json!({ "asOf": "2026-11-20", "occupied": true, "relocationPlan": "Nobody leaves." }),
                );
                client.done("tenantImpactRecord", "case { id }", answer).await;
            }
            "evidence_of_conduct" => {
                find(self.jfn, client, &self.case["id"], json!([violation("SCC 8.04.100")])).await;
            }
            "served_notice" | "notice_expired" | "correction_period_passed"
                if self.key.ends_with("-eviction") =>
            {
                let clock = self.of(json!({ "ruleKey": "CA_UD_OWNER", "triggerOn": "2026-10-01" }));
                client.done("deadlineStart", "deadline { id }", clock).await;
            }
            "served_notice" | "notice_expired" | "correction_period_passed" => {
                client.done("noticeServe", "notice { id }", expired("NOTICE_AND_ORDER")).await;
            }
            "pre_petition_notice" => {
                let announced =
                    notice(&self.case, "PRE_PETITION_NOTICE", &["POSTING", "CERTIFIED_MAIL"], "2026-11-16");
                client.done("noticeServe", "notice { id }", announced).await;
            }
            "consent_refused" => {
                let refused = inspection(self.jfn, &self.case["id"], "NO_ACCESS", json!([]));
                client.done("inspectionRecord", "inspection { id }", refused).await;
            }
            "arrest_documentation" => {
                let report = crate::evidence::photo(64, 1);
                crate::evidence::add(client, &self.case["id"], "report.jpg", &report, json!({})).await;
            }
            "earlier_response" => {
                for day in ["2026-10-10", "2026-11-10"] {
                    self.spend("RESPONSE", "310.00", day).await;
                }
            }
            "paid" => {
                self.spend("FINE", "100.00", "2026-11-10").await;
                let paid = self.of(json!({
                    "amount": "5000.00", "on": "2026-11-20", "description": "All of it.", "source": "Check", "receipt": "R-1",
                }));
                client.done("paymentRecord", "cost { id }", paid).await;
            }
            _ => return false,
        }
        true
    }

    async fn spend(&self, kind: &str, amount: &str, on: &str) {
        let cost = self.of(json!({
            "kind": kind, "amount": amount, "on": on, "description": "As told.", "source": "Report", "receipt": "I-1",
        }));
        self.attorney.done("costRecord", "cost { id }", cost).await;
    }

    async fn supply_of_action(&self, fact: &str) {
        let client = &self.attorney;
        match fact {
            "hearing_scheduled" => {
                self.set_hearing("2028-03-01T17:00:00Z").await;
            }
            "proof_of_service" => {
                let papers = notice(&self.case, "LEGAL_PAPERS", &["POSTING"], &self.today());
                let papers = with(papers, "legalActionId", self.action["id"].clone());
                client.done("noticeServe", "notice { id }", papers).await;
            }
            "lien_notice" => {
                let told = notice(&self.case, "LIEN_NOTICE", &["POSTING", "CERTIFIED_MAIL"], &self.today());
                let told = with(told, "legalActionId", self.action["id"].clone());
                client.done("noticeServe", "notice { id }", told).await;
            }
            "cost_confirmed" => {
                let hearing = self.set_hearing(&self.jfn.clock.now().to_rfc3339()).await;
                let held = json!({ "hearingId": hearing, "status": "HELD", "outcome": "Confirmed." });
                client.done("hearingRecord", "hearing { id }", held).await;
                self.order("COSTS_CONFIRMED").await;
            }
            "order_violation" => {
                let order = self.order("PERMANENT_INJUNCTION").await;
                let violated = json!({
                    "idempotencyKey": key(), "courtOrderId": order, "violatedOn": self.today(), "description": "It went on.",
                });
                client.done("orderViolationRecord", "courtOrder { id }", violated).await;
            }
            "recording_released" => {
                let query = "query ($id: ID!) { legalAction(id: $id) { titleRecordings { id releasedOn } } }";
                let seen = client.ask(query, json!({ "id": self.action["id"] })).await["legalAction"]["titleRecordings"].take();
                let release = json!({ "titleRecordingId": seen[0]["id"], "releasedOn": self.today(), "instrument": "202611200456" });
                client.done("titleRecordingRelease", "titleRecording { id }", release).await;
            }
            other => panic!("nobody supplies {other}"),
        }
    }

    async fn set_hearing(&self, starts_at: &str) -> Value {
        let input = json!({
            "idempotencyKey": key(), "legalActionId": self.action["id"], "startsAt": starts_at, "court": "Superior Court",
            "purpose": "As set.",
        });
        self.attorney.done("hearingSchedule", "hearing { id }", input).await["hearing"]["id"].take()
    }

    async fn order(&self, kind: &str) -> Value {
        let input = json!({
            "idempotencyKey": key(), "legalActionId": self.action["id"], "kind": kind, "issuedOn": self.today(), "terms": "So ordered.",
        });
        self.attorney.done("courtOrderRecord", "courtOrder { id }", input).await["courtOrder"]["id"].take()
    }

    /// What has to be undone again stands against the title before it can be asked for.
    pub(super) async fn record_lis_pendens(&mut self) {
        let input = json!({
            "idempotencyKey": key(), "legalActionId": self.action["id"], "kind": "LIS_PENDENS", "instrument": "202611200123",
            "recordedOn": self.today(),
        });
        self.attorney.done("titleRecordingRecord", "titleRecording { id }", input).await;
    }
}
