//! Deadlines: set, overdue, met, and what legal actions are sorted by.

use chrono::{NaiveDate, TimeDelta};
use entity::{
    hearing::{self, HearingStatus},
    id::{CaseId, HearingId, LegalActionId},
    legal_action::{self, LegalActionKind, LegalActionStatus},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};
use tests::{Client, Jfn, key, story};

use crate::case_at_work::{advance, close, open, refusals, told};

const DEADLINE: &str =
    "deadline { id kind label dueOn completedOn metBy isOverdue responsible { name } case { id } }";

fn due(case: &Value, label: &str, due_on: &str) -> Value {
    json!({ "idempotencyKey": key(), "caseId": case, "label": label, "dueOn": due_on })
}

fn of_kind(kind: &str, mut input: Value) -> Value {
    input["kind"] = json!(kind);
    input
}

fn met(id: &Value, on: &str) -> Value {
    json!({ "deadlineId": id, "completedOn": on, "metBy": "The permit was filed." })
}

async fn set(client: &Client, input: Value) -> Value {
    client.done("deadlineSet", DEADLINE, input).await["deadline"].take()
}

async fn labels(client: &Client, filter: &str) -> Vec<String> {
    let query = format!("{{ deadlines(filter: {{ {filter} }}) {{ nodes {{ label }} }} }}");
    let seen = client.ask(&query, json!({})).await;
    let nodes = seen["deadlines"]["nodes"].as_array().unwrap().iter();
    nodes.map(|node| node["label"].as_str().unwrap().to_owned()).collect()
}

story! {
    async fn a_deadline_is_set_by_hand_and_met_only_with_what_met_it(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(jfn, &sergeant, "1200 K ST").await;
        let me = sergeant.ask("{ viewer { staff { id } } }", json!({})).await["viewer"]["staff"]["id"].take();
        let mut input = due(&case, " File the permit ", "2026-12-01");
        input["responsibleId"] = me;
        let made = set(&sergeant, input.clone()).await;
        assert_eq!((&made["label"], &made["kind"]), (&json!("File the permit"), &json!("DUE")));
        assert_eq!((&made["dueOn"], &made["isOverdue"]), (&json!("2026-12-01"), &json!(false)));
        assert_eq!(made["responsible"]["name"], "Person sergeant3");
        assert_eq!(made["case"]["id"], case);
        assert_eq!(set(&sergeant, input).await["id"], made["id"], "a retry");
        let mut nothing = met(&made["id"], "2026-11-20");
        nothing["metBy"] = json!("  ");
        let refused = refusals(&sergeant, "deadlineComplete", DEADLINE, nothing).await;
        assert_eq!(refused, [("REQUIRED".to_owned(), "metBy".to_owned())]);
        let refused = refusals(&sergeant, "deadlineComplete", DEADLINE, met(&made["id"], "2026-11-21")).await;
        assert_eq!(refused, [("INVALID".to_owned(), "completedOn".to_owned())]);
        for _ in 0..2 {
            let done = sergeant.done("deadlineComplete", DEADLINE, met(&made["id"], "2026-11-19")).await;
            assert_eq!(done["deadline"]["completedOn"], "2026-11-19");
            assert_eq!(done["deadline"]["metBy"], "The permit was filed.");
        }
        assert_eq!(told(&sergeant, &case).await, ["OPENED", "DEADLINE_SET", "DEADLINE_MET"]);
        let query = "query ($id: ID!) { case(by: { id: $id }) { open: deadlines(open: true) { id } \
                     met: deadlines(open: false) { id } deadlines { id } } }";
        let seen = sergeant.ask(query, json!({ "id": case })).await["case"].take();
        let one = json!([{ "id": made["id"] }]);
        assert_eq!(seen, json!({ "open": [], "met": one, "deadlines": one }));
    }
}

story! {
    async fn a_deadline_is_overdue_when_its_day_has_passed_in_the_city(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let id = set(&officer, due(&case, "Today", "2026-11-20")).await["id"].take();
        set(&officer, of_kind("NOT_BEFORE", due(&case, "Waiting", "2026-11-10"))).await;
        set(&officer, of_kind("EXPIRES", due(&case, "Warrant", "2026-11-11"))).await;
        let query = "query ($id: ID!) { node(id: $id) { ... on Deadline { isOverdue } } }";
        jfn.wait(TimeDelta::hours(11)); // five in the morning of the 21st in London, nine at night of the 20th here
        assert_eq!(officer.ask(query, json!({ "id": id })).await["node"]["isOverdue"], false);
        assert_eq!(labels(&officer, "overdue: true").await, [""; 0]);
        jfn.wait(TimeDelta::hours(4));
        let officer = jfn.code_officer(3).await;
        assert_eq!(officer.ask(query, json!({ "id": id })).await["node"]["isOverdue"], true);
        assert_eq!(labels(&officer, "overdue: true").await, ["Today"]);
        assert_eq!(labels(&officer, "overdue: false").await, ["Waiting", "Warrant"], "never overdue");
        officer.done("deadlineComplete", DEADLINE, met(&id, "2026-11-21")).await;
        assert_eq!(labels(&officer, "overdue: true").await, [""; 0]);
    }
}

story! {
    async fn a_waiting_period_does_not_end_early(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let id = set(&officer, of_kind("NOT_BEFORE", due(&case, "Thirty days", "2026-12-20"))).await["id"].take();
        assert_eq!(officer.refused("deadlineComplete", DEADLINE, met(&id, "2026-11-20")).await, "CLOCK_NOT_RUN");
        jfn.wait(TimeDelta::days(30));
        let officer = jfn.code_officer(3).await;
        officer.done("deadlineComplete", DEADLINE, met(&id, "2026-12-20")).await;
    }
}

story! {
    async fn the_city_attorney_sees_what_is_due_across_districts_in_order(jfn) {
        let (three, five) = (jfn.sergeant(3).await, jfn.attorney(5).await);
        let case = open(jfn, &three, "1200 K ST").await;
        let place = jfn.place("900 ELM AV", 5).await;
        let other = crate::case_at_work::open_at(&five, &place).await;
        let me = five.ask("{ viewer { staff { id } } }", json!({})).await["viewer"]["staff"]["id"].take();
        let mut last = due(&other, "d", "2026-12-31");
        last["responsibleId"] = me.clone();
        for (client, input) in [
            (&five, last),
            (&three, due(&case, "b", "2026-12-02")),
            (&five, due(&other, "a", "2026-12-01")),
            (&three, due(&case, "c", "2026-12-02")),
        ] {
            set(client, input).await;
        }
        let chief = jfn.city_attorney().await;
        assert_eq!(labels(&chief, "").await, ["a", "b", "c", "d"]);
        assert_eq!(labels(&chief, "districts: [5]").await, ["a", "d"]);
        assert_eq!(labels(&chief, &format!("responsibleId: {me}")).await, ["d"]);
        assert_eq!(labels(&chief, "dueFrom: \"2026-12-02\", dueTo: \"2026-12-02\"").await, ["b", "c"]);
        assert_eq!(labels(&chief, "open: false").await, [""; 0]);
        let query = "query ($after: String) { deadlines(first: 2, after: $after) { nodes { label case { number \
                     district { number } } responsible { name } } pageInfo { endCursor hasNextPage } totalCount } }";
        let before = jfn.statements();
        let page = chief.ask("{ deadlines { nodes { case { number } responsible { name } } } }", json!({})).await;
        assert_eq!(jfn.statements() - before, 2, "the sign-in and the list");
        assert_eq!(page["deadlines"]["nodes"][3]["responsible"]["name"], "Person attorney5");
        let page = chief.ask(query, json!({})).await["deadlines"].take();
        assert_eq!(page["totalCount"], 4);
        assert_eq!(page["nodes"][0]["case"], json!({ "number": "JFN-2026-000002", "district": { "number": 5 } }));
        let rest = chief.ask(query, json!({ "after": page["pageInfo"]["endCursor"] })).await["deadlines"].take();
        assert_eq!((&rest["nodes"][0]["label"], &rest["nodes"][1]["label"]), (&json!("c"), &json!("d")));
        assert_eq!(rest["pageInfo"]["hasNextPage"], false);
        let list = "{ deadlines { nodes { id } } }";
        assert_eq!(jfn.commissioner().await.error_of(list, json!({})).await, "FORBIDDEN");
        let much = "{ deadlines(first: 100000) { nodes { id } } }";
        assert_eq!(chief.error_of(much, json!({})).await, "BAD_INPUT");
    }
}

story! {
    async fn an_open_deadline_keeps_its_case_open(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(jfn, &sergeant, "1200 K ST").await;
        let id = set(&sergeant, due(&case, "Look again", "2026-12-01")).await["id"].take();
        for stage in ["ASSESSMENT", "MONITORING"] {
            assert_eq!(advance(&sergeant, &case, stage).await["case"]["stage"], stage);
        }
        let mut input = crate::case_at_work::inspection(jfn, &case, "NO_VIOLATION", json!([]));
        input["verifiesCompliance"] = json!(true);
        jfn.code_officer(3).await.done("inspectionRecord", "inspection { id }", input).await;
        let refused = close(&sergeant, &case).await;
        assert!(refused[0]["message"].as_str().unwrap().contains("deadlineComplete"), "{refused:#}");
        sergeant.done("deadlineComplete", DEADLINE, met(&id, "2026-11-20")).await;
        assert_eq!(close(&sergeant, &case).await, json!([]));
        let late = due(&case, "Too late", "2026-12-01");
        assert_eq!(sergeant.refused("deadlineSet", DEADLINE, late).await, "TRANSITION_BLOCKED");
    }
}

story! {
    async fn deadlines_are_the_teams_own(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(jfn, &sergeant, "1200 K ST").await;
        let id = set(&sergeant, due(&case, "Look again", "2026-12-01")).await["id"].take();
        let other = jfn.attorney(5).await;
        assert_eq!(other.refused("deadlineSet", DEADLINE, due(&case, "Mine", "2026-12-01")).await, "NOT_ALLOWED");
        let payload = other.change("deadlineComplete", DEADLINE, met(&id, "2026-11-20")).await;
        assert_eq!(payload["userErrors"][0]["code"], "NOT_ALLOWED");
        assert_eq!(payload["deadline"]["completedOn"], Value::Null);
        let mut named = due(&case, "Theirs", "2026-12-01");
        named["responsibleId"] = other.ask("{ viewer { staff { id } } }", json!({})).await["viewer"]["staff"]["id"].take();
        let refused = refusals(&sergeant, "deadlineSet", DEADLINE, named).await;
        assert_eq!(refused, [("INVALID".to_owned(), "responsibleId".to_owned())]);
        let complete = "mutation ($input: DeadlineCompleteInput!) { deadlineComplete(input: $input) { userErrors { code } } }";
        let commissioner = jfn.commissioner().await;
        assert_eq!(commissioner.error_of(complete, json!({ "input": met(&id, "2026-11-20") })).await, "FORBIDDEN");
        let nothing = json!("deadline_0190a0a0a0a07000800000000000abcd");
        let payload = sergeant.change("deadlineComplete", DEADLINE, met(&nothing, "2026-11-20")).await;
        assert_eq!(payload["userErrors"][0]["code"], "NOT_FOUND");
        assert_eq!(payload["deadline"], Value::Null);
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A legal action of the case as somebody referred it, with a hearing on the 10th of December.
async fn action(jfn: &Jfn, case: &Value, status: LegalActionStatus) -> LegalActionId {
    let case: CaseId = case.as_str().unwrap().parse().unwrap();
    let (now, id) = (jfn.clock.now(), LegalActionId::generate());
    let district = jfn.app.city.district_numbered(3).unwrap().id;
    let action = legal_action::ActiveModel {
        id: Set(id),
        version: Set(1),
        case_id: Set(case),
        district_id: Set(district),
        kind: Set(LegalActionKind::PublicNuisanceSuit),
        remedy_key: Set("public-nuisance".to_owned()),
        status: Set(status),
        status_since: Set(now),
        is_final: Set(status.is_final()),
        next_on: Set(None),
        created_at: Set(now),
        ..Default::default()
    };
    action.insert(&jfn.app.db).await.unwrap();
    let hearing = hearing::ActiveModel {
        id: Set(HearingId::generate()),
        legal_action_id: Set(id),
        case_id: Set(case),
        district_id: Set(district),
        starts_at: Set("2026-12-10T17:00:00Z".parse().unwrap()),
        starts_on: Set(day("2026-12-10")),
        court: Set("Superior Court".to_owned()),
        purpose: Set("Trial".to_owned()),
        status: Set(HearingStatus::Scheduled),
        created_at: Set(now),
        ..Default::default()
    };
    hearing.insert(&jfn.app.db).await.unwrap();
    id
}

story! {
    async fn a_legal_action_is_sorted_by_its_earliest_open_hearing_or_deadline(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = open(jfn, &attorney, "1200 K ST").await;
        let action_id = action(jfn, &case, LegalActionStatus::Filed).await;
        let next_on = async || {
            let row = legal_action::Entity::find_by_id(action_id).one(&jfn.app.db).await.unwrap().unwrap();
            (row.next_on, row.version)
        };
        let of_action = |mut input: Value| {
            input["legalActionId"] = json!(action_id.to_string());
            input
        };
        set(&attorney, of_action(due(&case, "Late", "2026-12-24"))).await;
        assert_eq!(next_on().await, (Some(day("2026-12-10")), 1), "the hearing");
        let early = set(&attorney, of_action(due(&case, "Early", "2026-12-01"))).await["id"].take();
        assert_eq!(next_on().await, (Some(day("2026-12-01")), 1), "the deadline");
        set(&attorney, due(&case, "The case's own", "2026-11-25")).await;
        assert_eq!(next_on().await, (Some(day("2026-12-01")), 1));
        attorney.done("deadlineComplete", DEADLINE, met(&early, "2026-11-20")).await;
        assert_eq!(next_on().await, (Some(day("2026-12-10")), 1), "the hearing again");
    }
}

story! {
    async fn a_deadline_belongs_to_a_running_action_of_its_own_case(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = open(jfn, &attorney, "1200 K ST").await;
        let other = open(jfn, &attorney, "1300 K ST").await;
        let ended = action(jfn, &case, LegalActionStatus::Dismissed).await;
        let foreign = action(jfn, &other, LegalActionStatus::Filed).await;
        for (id, code) in [(ended, "TRANSITION_BLOCKED"), (foreign, "NOT_FOUND")] {
            let mut input = due(&case, "Answer", "2026-12-24");
            input["legalActionId"] = json!(id.to_string());
            let refused = refusals(&attorney, "deadlineSet", DEADLINE, input).await;
            assert_eq!(refused, [(code.to_owned(), "legalActionId".to_owned())]);
        }
    }
}
