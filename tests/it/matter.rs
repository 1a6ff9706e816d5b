//! A matter as its team plays it, day by day: who is at work, what is refused before its time, and what is due when.

use std::collections::HashMap;

use entity::{deadline, legal_action};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tests::{Client, Jfn, calls::local, key};

/// One district's team at work on one case.
pub struct Matter<'a> {
    pub jfn: &'a Jfn,
    district: i32,
    pub attorney: Client,
    pub sergeant: Client,
    pub officer: Client,
    /// The case's id.
    pub case: Value,
}

impl<'a> Matter<'a> {
    /// The team of that district on the first day, before there is a case.
    pub async fn new(jfn: &'a Jfn, district: i32) -> Self {
        Self {
            jfn,
            district,
            attorney: jfn.attorney(district).await,
            sergeant: jfn.sergeant(district).await,
            officer: jfn.code_officer(district).await,
            case: Value::Null,
        }
    }

    /// It is ten in the morning of that day, and everybody signs in.
    pub async fn day(&mut self, on: &str) {
        self.assert_deadlines_know_their_actions().await;
        let now = local(&format!("{on} 10:00"));
        assert!(now > self.jfn.clock.now(), "{on} comes later");
        self.jfn.clock.set(now);
        self.attorney = self.jfn.attorney(self.district).await;
        self.sergeant = self.jfn.sergeant(self.district).await;
        self.officer = self.jfn.code_officer(self.district).await;
    }

    // Late deadlines are counted by this copy, whatever steps were taken.
    async fn assert_deadlines_know_their_actions(&self) {
        let db = &self.jfn.app.db;
        let actions = legal_action::Entity::find().all(db).await.unwrap();
        let statuses: HashMap<_, _> = actions.into_iter().map(|action| (action.id, action.status)).collect();
        for deadline in deadline::Entity::find().all(db).await.unwrap() {
            let status = deadline.legal_action_id.map(|action| statuses[&action]);
            assert_eq!(deadline.action_status, status, "{}", deadline.label);
        }
    }

    pub fn today(&self) -> String {
        self.jfn.app.today().to_string()
    }

    /// The input of something in the case, under a key of its own.
    pub fn of_case(&self, more: Value) -> Value {
        joined(json!({ "idempotencyKey": key(), "caseId": self.case }), more)
    }

    /// A notice that is served today, on the place or on a party.
    pub fn notice(&self, kind: &str, services: &[(&str, Option<&Value>)], more: Value) -> Value {
        let service = |(method, party): &(&str, Option<&Value>)| {
            let mut service = json!({ "method": method, "servedOn": self.today() });
            if let Some(party) = party {
                service["partyId"] = (*party).clone();
            }
            service
        };
        let services: Vec<Value> = services.iter().map(service).collect();
        joined(self.of_case(json!({ "kind": kind, "services": services })), more)
    }

    /// An inspection of an hour ago.
    pub fn inspection(&self, result: &str, more: Value) -> Value {
        let at = crate::case_at_work::hours(self.jfn, -1);
        joined(self.of_case(json!({ "performedAt": at, "result": result })), more)
    }

    /// The case goes to the next stage.
    pub async fn stage(&self, client: &Client, to: &str) {
        let moved = crate::case_at_work::advance(client, &self.case, to).await;
        assert_eq!(moved["userErrors"], json!([]), "{to}");
    }

    /// The case does not go there yet.
    pub async fn stage_refused(&self, client: &Client, to: &str, expected: &[(&str, &str)]) {
        let payload = crate::case_at_work::advance(client, &self.case, to).await;
        told(to, &payload, expected);
    }

    async fn closing(&self, client: &Client, outcome: &str) -> Value {
        let version = self.ask("version").await["version"].take();
        let input = json!({ "caseId": self.case, "expectedVersion": version, "outcome": outcome, "reason": "It is over." });
        client.change("caseClose", "case { stage outcome nextActionOn }", input).await
    }

    /// The case is closed.
    pub async fn close(&self, client: &Client, outcome: &str) {
        let payload = self.closing(client, outcome).await;
        assert_eq!(payload["userErrors"], json!([]));
        assert_eq!(payload["case"], json!({ "stage": "CLOSED", "outcome": outcome, "nextActionOn": null }));
    }

    /// The case cannot be closed yet.
    pub async fn close_refused(&self, client: &Client, outcome: &str, expected: &[(&str, &str)]) {
        told("caseClose", &self.closing(client, outcome).await, expected);
    }

    /// Fields of the case, as its attorney sees them.
    pub async fn ask(&self, fields: &str) -> Value {
        let query = format!("query ($id: ID!) {{ case(by: {{ id: $id }}) {{ {fields} }} }}");
        self.attorney.ask(&query, json!({ "id": self.case })).await["case"].take()
    }

    /// What is open, the earliest first: the rule, or what was written where there is none, and the day.
    pub async fn due(&self) -> Vec<(String, String)> {
        let seen = self.ask("deadlines(open: true) { label dueOn computation { ruleKey } }").await;
        let name = |row: &Value| {
            let name = row["computation"]["ruleKey"].as_str().or(row["label"].as_str()).unwrap();
            (name.to_owned(), row["dueOn"].as_str().unwrap().to_owned())
        };
        seen["deadlines"].as_array().unwrap().iter().map(name).collect()
    }

    /// The latest deadline by that rule, with how it was reached and what became of it.
    pub async fn deadline(&self, rule: &str) -> Value {
        let seen = self
            .ask(
                "deadlines { id kind dueOn isOverdue completedOn metBy legalAction { id } extensions { from to reason } \
                 computation { ruleKey triggerOn days serviceExtensionDays confirmWithCounsel steps } }",
            )
            .await;
        let rows = seen["deadlines"].as_array().unwrap();
        let of_rule = rows.iter().filter(|row| row["computation"]["ruleKey"] == rule);
        of_rule.max_by_key(|row| row["id"].to_string()).unwrap_or_else(|| panic!("{rule}: {seen:#}")).clone()
    }

    /// What is owed in the case by now.
    pub async fn owed(&self) -> String {
        let seen = self.ask("costs { balance { outstanding } }").await;
        seen["costs"]["balance"]["outstanding"].as_str().unwrap().to_owned()
    }

    /// Asks the attorney for a remedy.
    pub async fn refer(&self, client: &Client, remedy: &str) -> Value {
        let input = self.of_case(json!({ "remedyKey": remedy, "reason": "Nothing else has helped." }));
        client.done("legalActionRefer", "legalAction { id }", input).await["legalAction"]["id"].take()
    }

    async fn step(&self, action: &Value, to: &str, more: Value) -> Value {
        let query = "query ($id: ID!) { legalAction(id: $id) { version } }";
        let version =
            self.attorney.ask(query, json!({ "id": action })).await["legalAction"]["version"].take();
        let step =
            json!({ "legalActionId": action, "expectedVersion": version, "to": to, "on": self.today() });
        joined(step, more)
    }

    /// The action takes a step today.
    pub async fn take(&self, client: &Client, action: &Value, to: &str, more: Value) {
        let input = self.step(action, to, more).await;
        let moved = client.done("legalActionAdvance", "legalAction { status }", input).await;
        assert_eq!(moved["legalAction"]["status"], to);
    }

    /// The action does not take that step yet.
    pub async fn step_refused(
        &self,
        client: &Client,
        action: &Value,
        to: &str,
        more: Value,
        expected: &[(&str, &str)],
    ) {
        let input = self.step(action, to, more).await;
        refused(client, "legalActionAdvance", input, expected).await;
    }
}

/// The refusals of a mutation, in order: the code, and words of the message, which name what is missing and who supplies it.
pub async fn refused(client: &Client, mutation: &str, input: Value, expected: &[(&str, &str)]) {
    told(mutation, &client.change(mutation, "", input).await, expected);
}

/// The mutation is never that role's.
pub async fn forbidden(client: &Client, mutation: &str, input: Value) {
    let mut name = mutation.to_owned();
    name.replace_range(..1, &mutation[..1].to_uppercase());
    let query = format!(
        "mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}"
    );
    assert_eq!(client.error_of(&query, json!({ "input": input })).await, "FORBIDDEN", "{mutation}");
}

fn told(what: &str, payload: &Value, expected: &[(&str, &str)]) {
    let errors = payload["userErrors"].as_array().unwrap();
    let codes: Vec<&str> = errors.iter().map(|error| error["code"].as_str().unwrap()).collect();
    let wanted: Vec<&str> = expected.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, wanted, "{what}: {payload:#}");
    for (error, (_, words)) in errors.iter().zip(expected) {
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(words), "{what}: `{words}` is named: {message}");
    }
}

/// The first input with the fields of the second.
pub fn joined(mut input: Value, more: Value) -> Value {
    if let (Some(fields), Value::Object(more)) = (input.as_object_mut(), more) {
        fields.extend(more);
    }
    input
}

/// Deadlines by rule and day.
pub fn days(days: &[(&str, &str)]) -> Vec<(String, String)> {
    days.iter().map(|(rule, day)| ((*rule).to_owned(), (*day).to_owned())).collect()
}
