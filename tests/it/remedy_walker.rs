//! Somebody who walks a remedy step by step and knows, from the table, what each step lacks.

mod supplies;

use std::collections::{BTreeSet, VecDeque};

use entity::{
    id::PropertyId,
    property::{self, ResidentialOccupancy},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use tests::{Client, Jfn, key};

use crate::{
    case_at_work::with,
    legal::{ACTION, bare_case_at, codes, step},
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
