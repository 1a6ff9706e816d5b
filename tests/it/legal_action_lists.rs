//! Legal actions listed, narrowed and counted across districts, each question in a constant number of statements.

use chrono::{NaiveDate, TimeDelta};
use entity::{
    deadline::{self, DeadlineKind},
    id::{CaseId, DeadlineId, LegalActionId},
    legal_action,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};
use tests::{Client, Jfn, story};

use crate::{
    docket::list,
    legal::{ACTION, advance, announce_petition, case_at, refer, schedule, step},
};

/// The courts' numbers of the legal actions that a filter leaves.
async fn found(client: &Client, filter: &str) -> Vec<String> {
    let query =
        format!("{{ legalActions(filter: {{ {filter} }}) {{ nodes {{ courtCaseNumber }} totalCount }} }}");
    let page = client.ask(&query, json!({})).await["legalActions"].take();
    let numbers: Vec<String> =
        list(&page["nodes"], "courtCaseNumber").into_iter().map(str::to_owned).collect();
    assert_eq!(page["totalCount"], numbers.len());
    numbers
}

/// A deadline of an action, which another noun's mutation sets.
async fn deadline(jfn: &Jfn, action: &Value, kind: DeadlineKind, due: &str, completed: Option<NaiveDate>) {
    let district =
        jfn.app.city.district_numbered(i32::try_from(action["d"].as_i64().unwrap()).unwrap()).unwrap();
    let case: CaseId = action["case"].as_str().unwrap().parse().unwrap();
    let id: LegalActionId = action["id"].as_str().unwrap().parse().unwrap();
    let of_action = legal_action::Entity::find_by_id(id).one(&jfn.app.db).await.unwrap().unwrap();
    let row = deadline::ActiveModel {
        id: Set(DeadlineId::generate()),
        kind: Set(kind),
        case_id: Set(case),
        legal_action_id: Set(Some(id)),
        action_status: Set(Some(of_action.status)),
        district_id: Set(district.id),
        label: Set("Answer".to_owned()),
        due_on: Set(due.parse().unwrap()),
        completed_on: Set(completed),
        completed_by: Set(None),
        met_by: Set(None),
        responsible_id: Set(None),
        created_at: Set(jfn.app.clock.now()),
        ..Default::default()
    };
    row.insert(&jfn.app.db).await.unwrap();
}

/// Three suits filed on three days in districts 3, 3 and 5, the last one settled; numbered A, B and C.
async fn city_of_three(jfn: &Jfn) -> Vec<Value> {
    let mut actions = Vec::new();
    for (address, district, remedy) in [
        ("100 K ST", 3, "public-nuisance-suit"),
        ("200 OAK AVE", 3, "receivership"),
        ("300 K ST", 5, "public-nuisance-suit"),
    ] {
        let case = case_at(jfn, address, district).await;
        let mut action = refer(&jfn.sergeant(district).await, &case, remedy).await;
        let attorney = jfn.attorney(district).await;
        if remedy == "receivership" {
            announce_petition(&attorney, &case).await;
        }
        advance(&attorney, &action, 1, "AUTHORIZED").await;
        action["case"] = case["id"].clone();
        action["d"] = json!(district);
        actions.push(action);
    }
    for (index, action) in actions.iter().enumerate() {
        jfn.wait(TimeDelta::days(1));
        let attorney = jfn.city_attorney().await;
        let mut filing = step(action, 2, "FILED", &jfn.app.today().to_string());
        filing["court"] = json!("Superior Court");
        filing["courtCaseNumber"] = json!(["A", "B", "C"][index]);
        attorney.done("legalActionAdvance", ACTION, filing).await;
    }
    let attorney = jfn.attorney(5).await;
    let mut settled = step(&actions[2], 3, "SETTLED", "2026-11-23");
    settled["reason"] = json!("The owner agreed.");
    attorney.done("legalActionAdvance", ACTION, settled).await;
    actions
}

story! {
    async fn every_filter_narrows_and_the_next_date_comes_first(jfn) {
        let actions = city_of_three(jfn).await;
        let citywide = jfn.city_attorney().await;
        assert_eq!(found(&citywide, "").await, ["A", "B", "C"], "nothing is ahead, so by id");
        schedule(&citywide, &actions[1], "2026-12-01T17:00:00Z").await;
        schedule(&citywide, &actions[0], "2026-12-03T04:00:00Z").await;
        assert_eq!(found(&citywide, "").await, ["B", "A", "C"], "those with nothing ahead come last");
        deadline(jfn, &actions[0], DeadlineKind::Due, "2026-11-22", None).await;
        deadline(jfn, &actions[1], DeadlineKind::Due, "2026-11-23", None).await;
        deadline(jfn, &actions[1], DeadlineKind::NotBefore, "2026-11-20", None).await;
        deadline(jfn, &actions[2], DeadlineKind::Due, "2026-11-20", Some(jfn.app.today())).await;

        let attorney = "{ legalActions(filter: { districts: [5] }) { nodes { responsibleAttorney { id } } } }";
        let attorney = citywide.ask(attorney, json!({})).await;
        let attorney = attorney["legalActions"]["nodes"][0]["responsibleAttorney"]["id"].as_str().unwrap();
        for (filter, expected) in [
            ("districts: [3]", vec!["B", "A"]),
            ("districts: []", vec![]),
            ("kinds: [RECEIVERSHIP]", vec!["B"]),
            ("statuses: [FILED]", vec!["B", "A"]),
            ("statuses: [FILED, SETTLED], districts: [5]", vec!["C"]),
            (&format!("attorneyId: \"{attorney}\""), vec!["C"]),
            ("final: true", vec!["C"]),
            ("final: false", vec!["B", "A"]),
            ("filedFrom: \"2026-11-22\"", vec!["B", "C"]),
            ("filedTo: \"2026-11-22\"", vec!["B", "A"]),
            ("filedFrom: \"2026-11-22\", filedTo: \"2026-11-22\"", vec!["B"]),
            // 3 December, 4:00 UTC is the evening before in Sacramento.
            ("hearingFrom: \"2026-12-02\"", vec!["A"]),
            ("hearingTo: \"2026-12-01\"", vec!["B"]),
            ("hearingFrom: \"2026-12-03\", hearingTo: \"2026-12-05\"", vec![]),
            ("overdue: true", vec!["A"]),
            ("overdue: false", vec!["B", "C"]),
            ("text: \"oak ave\"", vec!["B"]),
            ("text: \"jfn-2026-000003\"", vec!["C"]),
            ("text: \"trouble at 100\"", vec!["A"]),
            ("text: \"c\", statuses: [SETTLED]", vec!["C"]),
            ("text: \"_\"", vec![]),
        ] {
            assert_eq!(found(&citywide, filter).await, expected, "{filter}");
        }
        let wrong = "{ legalActions(filter: { filedFrom: \"2026-11-23\", filedTo: \"2026-11-22\" }) { totalCount } }";
        assert_eq!(citywide.error_of(wrong, json!({})).await, "BAD_INPUT");
        let number = "{ legalActions(filter: { text: \"B\", kinds: [RECEIVERSHIP] }) { nodes { courtCaseNumber } } }";
        let seen = citywide.ask(number, json!({})).await;
        assert_eq!(list(&seen["legalActions"]["nodes"], "courtCaseNumber"), ["B"]);
    }
}

story! {
    async fn pages_of_legal_actions_go_over_from_dates_to_none_without_a_gap(jfn) {
        let actions = city_of_three(jfn).await;
        let citywide = jfn.city_attorney().await;
        schedule(&citywide, &actions[1], "2026-12-01T17:00:00Z").await;
        let (mut seen, mut after) = (Vec::new(), Value::Null);
        let query = "query ($after: String) { legalActions(first: 1, after: $after) { edges { node { courtCaseNumber } } \
                     pageInfo { endCursor hasNextPage } } }";
        loop {
            let page = citywide.ask(query, json!({ "after": after })).await["legalActions"].take();
            seen.push(page["edges"][0]["node"]["courtCaseNumber"].as_str().unwrap().to_owned());
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(seen, ["B", "A", "C"]);
        let foreign = "query ($after: String) { docket(from: \"2026-12-01\", to: \"2026-12-02\", after: $after) \
                       { totalCount } }";
        let code = citywide.error_of(foreign, json!({ "after": after })).await;
        assert_eq!(code, "BAD_INPUT", "a cursor of another list");
    }
}

story! {
    async fn the_summary_counts_each_action_once_in_one_statement(jfn) {
        let actions = city_of_three(jfn).await;
        let citywide = jfn.city_attorney().await;
        for due in ["2026-11-20", "2026-11-21", "2026-11-22"] {
            deadline(jfn, &actions[0], DeadlineKind::Due, due, None).await;
        }
        deadline(jfn, &actions[1], DeadlineKind::Due, "2026-11-22", None).await;
        deadline(jfn, &actions[1], DeadlineKind::Due, "2026-12-22", None).await;
        let summary = async |arguments: &str, fields: &str| {
            let query = format!("{{ legalActionSummary({arguments}) {{ {fields} }} }}");
            citywide.ask(&query, json!({})).await["legalActionSummary"].take()
        };
        let all = summary("groupBy: []", "district kind status attorney { id } count overdueDeadlines").await;
        let total = json!({ "district": null, "kind": null, "status": null, "attorney": null, "count": 3,
            "overdueDeadlines": 4 });
        assert_eq!(all, json!([total]));
        let rows = summary("groupBy: [STATUS, DISTRICT]", "district status count overdueDeadlines oldestStatusSince").await;
        // FILED was recorded on 21 and 22 November, SETTLED on the 23rd.
        assert_eq!(rows, json!([
            { "district": 3, "status": "FILED", "count": 2, "overdueDeadlines": 4,
              "oldestStatusSince": "2026-11-21T18:00:00+00:00" },
            { "district": 5, "status": "SETTLED", "count": 1, "overdueDeadlines": 0,
              "oldestStatusSince": "2026-11-23T18:00:00+00:00" },
        ]));
        let before = jfn.statements();
        let rows = summary("groupBy: [ATTORNEY, KIND]", "kind attorney { email } count").await;
        assert!(jfn.statements() - before <= 3, "the sign-in, the counts and the attorneys");
        let email = |row: &Value| row["attorney"]["email"].as_str().unwrap().to_owned();
        let mut suits: Vec<String> = rows.as_array().unwrap()[..2].iter().map(email).collect();
        suits.sort();
        assert_eq!(suits, ["attorney3@jfn.example", "attorney5@jfn.example"]);
        assert_eq!(rows[2]["kind"], "RECEIVERSHIP");
        let fields = "district kind status count overdueDeadlines";
        let finer = summary("groupBy: [KIND, STATUS, DISTRICT]", fields).await;
        let late = |rows: &Value| -> Vec<i64> {
            rows.as_array().unwrap().iter().map(|row| row["overdueDeadlines"].as_i64().unwrap()).collect()
        };
        assert_eq!(late(&finer).iter().sum::<i64>(), 4, "counted by what the actions say: {finer}");
        let narrowed = summary("groupBy: [STATUS], filter: { districts: [3] }", "status count overdueDeadlines").await;
        assert_eq!(late(&narrowed), [4], "{narrowed}");
        let before = jfn.statements();
        summary("groupBy: [DISTRICT, STATUS, KIND]", "district status kind count").await;
        assert!(jfn.statements() - before <= 2, "the sign-in and the counts");
        let late = summary("groupBy: [STATUS], filter: { overdue: true, text: \"oak\" }", "status count").await;
        assert_eq!(late, json!([{ "status": "FILED", "count": 1 }]));
        let none = summary("groupBy: [STATUS], filter: { districts: [8] }", "status count").await;
        assert_eq!(none, json!([]));
    }
}

story! {
    async fn fifty_cases_with_notes_and_legal_actions_take_as_many_statements_as_five(jfn) {
        let attorney = jfn.attorney(3).await;
        let query = "query ($n: Int!) { cases(first: $n, sort: [{ by: OPENED_AT, direction: ASC }]) { nodes { number \
                     property { address } assignee { name } recentNotes(first: 5) { body } \
                     legalActions { status isFinal court filedOn } } } }";
        for number in 1..=50 {
            let case = case_at(jfn, &format!("{number}00 K ST"), 3).await;
            for _ in 0..1 + number % 2 {
                refer(&attorney, &case, "public-nuisance-suit").await;
            }
            let note = json!({ "idempotencyKey": tests::key(), "caseId": case["id"], "body": "Looked at it." });
            attorney.done("caseAddNote", "event { id }", note).await;
        }
        let mut statements = Vec::new();
        for count in [5, 50] {
            let before = jfn.statements();
            let page = attorney.ask(query, json!({ "n": count })).await["cases"].take();
            statements.push(jfn.statements() - before);
            let cases = page["nodes"].as_array().unwrap();
            assert_eq!(cases.len(), count);
            assert_eq!(cases[0]["legalActions"].as_array().unwrap().len(), 2);
            assert_eq!(cases[1]["legalActions"].as_array().unwrap().len(), 1);
        }
        assert_eq!(statements, [4, 4], "the sign-in, the cases, their notes and their legal actions");
    }
}
