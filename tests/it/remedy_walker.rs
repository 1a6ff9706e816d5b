//! Somebody who walks a remedy step by step and knows, from the table, what each step lacks.

use std::collections::{BTreeSet, VecDeque};

use chrono::TimeDelta;
use entity::{
    id::PropertyId,
    property::{self, ResidentialOccupancy},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use tests::{Client, Jfn, key};

use crate::{
    case_at_work::{find, inspection, violation, with},
    legal::{ACTION, bare_case_at, codes, notice, step},
    remedy_table::{Row, Steps, refusal, steps},
};

/// Where an action ends.
pub const ENDS: [&str; 7] =
    ["DECLINED", "SATISFIED", "SETTLED", "DISMISSED", "DENIED", "WITHDRAWN", "EXPIRED"];

/// The walk through one remedy in one case.
pub struct Walk<'a> {
    jfn: &'a Jfn,
    key: &'static str,
    pub steps: Steps,
    case: Value,
    attorney: Client,
    sergeant: Client,
    other: Client,
    action: Value,
    pub status: String,
    version: i32,
    filed_on: Option<String>,
    /// Facts on record, of the case and of the action at hand.
    of_case: BTreeSet<String>,
    of_action: BTreeSet<String>,
    /// The day on which compliance was last verified.
    verified_on: Option<String>,
    /// A waiting period of the action at hand runs.
    waits: bool,
}

impl<'a> Walk<'a> {
    pub async fn new(jfn: &'a Jfn, row: &Row) -> Walk<'a> {
        let case = bare_case_at(jfn, &format!("1200 {} ST", row.0.replace('-', " ")), 3).await;
        let place: PropertyId = case["property"]["id"].as_str().unwrap().parse().unwrap();
        let homes = property::Entity::update_many()
            .col_expr(property::Column::ResidentialOccupancy, Expr::value(ResidentialOccupancy::Some))
            .filter(property::Column::Id.eq(place));
        homes.exec(&jfn.app.db).await.unwrap();
        Walk {
            jfn,
            key: row.0,
            steps: steps(row),
            case,
            attorney: jfn.attorney(3).await,
            sergeant: jfn.sergeant(3).await,
            other: jfn.attorney(5).await,
            action: Value::Null,
            status: String::new(),
            version: 0,
            filed_on: None,
            of_case: BTreeSet::new(),
            of_action: BTreeSet::new(),
            verified_on: None,
            waits: false,
        }
    }

    fn today(&self) -> String {
        self.jfn.app.today().to_string()
    }

    pub async fn refer(&mut self) {
        let input = json!({
            "idempotencyKey": key(), "caseId": self.case["id"], "remedyKey": self.key, "reason": "Neighbours wrote in.",
        });
        self.action = self.sergeant.done("legalActionRefer", ACTION, input).await["legalAction"].take();
        (self.status, self.version, self.filed_on) = ("REFERRED".to_owned(), 1, None);
        self.of_action = BTreeSet::new();
        self.waits = false;
    }

    fn is_on_record(&self, fact: &str) -> bool {
        match fact {
            // No flag is behind the case.
            "flag_confirmed" => true,
            "reason" | "court" | "court_case_number" => false,
            "compliance_verified" => self
                .verified_on
                .as_deref()
                .is_some_and(|day| self.filed_on.as_deref().is_none_or(|filed| day >= filed)),
            "waiting_period" => !self.waits,
            fact => self.of_case.contains(fact) || self.of_action.contains(fact),
        }
    }

    /// What the step lacks, in the order in which nobody cares.
    fn missing(&self, to: &str) -> BTreeSet<String> {
        let mut asked = self.steps[&(self.status.clone(), to.to_owned())].clone();
        if to == "FILED" {
            asked.insert("waiting_period".to_owned());
        }
        asked.into_iter().filter(|fact| !self.is_on_record(fact)).collect()
    }

    fn bare(&self, to: &str) -> Value {
        step(&self.action, self.version, to, &self.today())
    }

    /// The same with what it asks for of a reason, the court and its number.
    fn whole(&self, to: &str) -> Value {
        let asked = &self.steps[&(self.status.clone(), to.to_owned())];
        let comes_with_it = [
            ("reason", "reason", "It is over."),
            ("court", "court", "Superior Court"),
            ("court_case_number", "courtCaseNumber", "34-2026-00123"),
        ];
        let given = comes_with_it.into_iter().filter(|(fact, ..)| asked.contains(*fact));
        given.fold(self.bare(to), |input, (_, field, value)| with(input, field, json!(value)))
    }

    /// What the API tells of the step is what the table says, and so is its refusal.
    pub async fn assert_refused(&self, to: &str) {
        let at = format!("{}: {} to {to}", self.key, self.status);
        let missing = self.missing(to);
        let query =
            "query ($id: ID!) { legalAction(id: $id) { allowedSteps { to allowed missing { fact } } } }";
        let seen =
            self.attorney.ask(query, json!({ "id": self.action["id"] })).await["legalAction"]["allowedSteps"]
                .take();
        let options = seen.as_array().unwrap();
        let known: BTreeSet<&str> = options.iter().map(|option| option["to"].as_str().unwrap()).collect();
        let table: BTreeSet<&str> =
            self.steps.keys().filter(|(from, _)| *from == self.status).map(|(_, to)| to.as_str()).collect();
        assert_eq!(known, table, "{at}: the steps from here");
        let option = options.iter().find(|option| option["to"] == to).unwrap();
        let given = ["reason", "court", "court_case_number", "consent_refused", "waiting_period"];
        let told: BTreeSet<&str> =
            option["missing"].as_array().unwrap().iter().map(|fact| fact["fact"].as_str().unwrap()).collect();
        let expected: BTreeSet<&str> =
            missing.iter().map(String::as_str).filter(|fact| !given.contains(fact)).collect();
        assert_eq!(told, expected, "{at}: what is missing");

        let lacks = |fact: &str| refusal(fact, self.key);
        let mut codes_expected: Vec<&str> = missing.iter().map(|fact| lacks(fact).0).collect();
        let payload = self.attorney.change("legalActionAdvance", ACTION, self.bare(to)).await;
        let mut found = codes(&payload);
        found.sort_unstable();
        codes_expected.sort_unstable();
        assert_eq!(found, codes_expected, "{at}: {missing:?} {payload:#}");
        for fact in &missing {
            let named = payload["userErrors"].as_array().unwrap().iter().any(|error| {
                error["code"] == lacks(fact).0 && error["message"].as_str().unwrap().contains(lacks(fact).1)
            });
            assert!(named, "{at}: {fact} is named with {} in {payload:#}", lacks(fact).1);
        }
        assert_eq!(payload["legalAction"]["status"], self.status.as_str(), "{at}: nothing changed");
    }

    /// Nobody else takes the step.
    async fn assert_not_for_others(&self, to: &str) {
        let mutation = "mutation ($input: LegalActionAdvanceInput!) { legalActionAdvance(input: $input) { userErrors { code } } }";
        let input = self.whole(to);
        assert_eq!(
            self.sergeant.error_of(mutation, json!({ "input": input })).await,
            "FORBIDDEN",
            "{}: {to}",
            self.key
        );
        assert_eq!(
            self.other.refused("legalActionAdvance", ACTION, input).await,
            "NOT_ALLOWED",
            "{}: {to}",
            self.key
        );
    }

    /// Puts what is missing on record.
    async fn supply(&mut self, to: &str) {
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
    async fn record_lis_pendens(&mut self) {
        let input = json!({
            "idempotencyKey": key(), "legalActionId": self.action["id"], "kind": "LIS_PENDENS", "instrument": "202611200123",
            "recordedOn": self.today(),
        });
        self.attorney.done("titleRecordingRecord", "titleRecording { id }", input).await;
    }

    /// Takes a step; one that was never taken is asserted to be refused first, for what is missing and to others.
    pub async fn take(&mut self, to: &str, is_new: bool) {
        let edge = (self.status.clone(), to.to_owned());
        if self.steps[&edge].contains("recording_released") {
            self.record_lis_pendens().await;
        }
        if is_new {
            self.assert_not_for_others(to).await;
            if !self.missing(to).is_empty() {
                self.assert_refused(to).await;
            }
        }
        self.supply(to).await;
        let at = format!("{}: {} to {to}", self.key, self.status);
        let payload = self.attorney.change("legalActionAdvance", ACTION, self.whole(to)).await;
        assert_eq!(payload["userErrors"], json!([]), "{at} is allowed");
        assert_eq!(payload["legalAction"]["status"], to, "{at}");
        // What starts a waiting period of its own: the notices of evictions and of the housing law.
        let starts_wait =
            (self.key.ends_with("eviction") || self.key == "owner-unlawful-detainer") && to == "PREPARING";
        self.waits |= starts_wait;
        if to == "FILED" {
            self.filed_on = Some(self.today());
        }
        self.status = to.to_owned();
        self.version += 1;
    }

    /// The steps that lead from where the action stands to the nearest step of `left`, that one included.
    pub fn way(&self, left: &BTreeSet<(String, String)>) -> Option<Vec<String>> {
        let mut seen = BTreeSet::from([self.status.clone()]);
        let mut ahead = VecDeque::from([(self.status.clone(), Vec::new())]);
        while let Some((at, way)) = ahead.pop_front() {
            let steps = || self.steps.keys().filter(|(from, _)| *from == at).map(|(_, to)| to);
            let (ends, others): (Vec<_>, Vec<_>) = steps().partition(|to| ENDS.contains(&to.as_str()));
            for to in others.iter().chain(&ends) {
                if left.contains(&(at.clone(), (*to).clone())) {
                    return Some(way.iter().cloned().chain([(*to).clone()]).collect());
                }
            }
            for to in others {
                if seen.insert(to.clone()) {
                    ahead.push_back((to.clone(), way.iter().cloned().chain([to.clone()]).collect()));
                }
            }
        }
        None
    }
}
