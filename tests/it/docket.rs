//! What the city attorney asks across districts: lists, counts and the docket, each in a constant number of statements.

use chrono::{NaiveDate, TimeDelta};
use entity::{
    deadline::{self, DeadlineKind},
    id::{CaseId, DeadlineId, LegalActionId},
    legal_action,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};
use tests::{Client, Jfn, story};

use crate::legal::{ACTION, advance, announce_petition, case_at, codes, refer, schedule, step};

fn list<'a>(value: &'a Value, field: &str) -> Vec<&'a str> {
    value.as_array().unwrap().iter().map(|row| row[field].as_str().unwrap()).collect()
}

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

const DOCKET: &str = "query ($from: Date!, $to: Date!, $attorney: ID, $districts: [Int!]) \
    { docket(from: $from, to: $to, attorneyId: $attorney, districts: $districts, first: 100) { nodes { startsAt court \
    legalAction { status remedy { name } case { number property { address } district { number } } \
    responsibleAttorney { name email } } } totalCount } }";

story! {
    async fn a_docket_of_100_hearings_takes_one_statement(jfn) {
        let mut statements = Vec::new();
        let mut expected = Vec::new();
        for (index, (address, district)) in [("100 K ST", 3), ("200 K ST", 5)].into_iter().enumerate() {
            let case = case_at(jfn, address, district).await;
            let attorney = jfn.attorney(district).await;
            let action = refer(&attorney, &case, "public-nuisance-suit").await;
            let count = [10, 90][index];
            for number in 0..count {
                let at = format!("2026-12-{:02}T{:02}:00:00Z", 1 + number % 28, 16 + index);
                schedule(&attorney, &action, &at).await;
                expected.push((at.replace('Z', "+00:00"), address));
            }
            let days = json!({ "from": "2026-12-01", "to": "2026-12-31" });
            let citywide = jfn.city_attorney().await;
            let query = DOCKET.replace(" totalCount", "");
            let before = jfn.statements();
            let page = citywide.ask(&query, days.clone()).await["docket"].take();
            statements.push(jfn.statements() - before);
            expected.sort();
            let hearings: Vec<(String, &str)> = page["nodes"].as_array().unwrap().iter().map(|hearing| {
                let address = hearing["legalAction"]["case"]["property"]["address"].as_str().unwrap();
                (hearing["startsAt"].as_str().unwrap().to_owned(), address)
            }).collect();
            assert_eq!(hearings, expected);
            let last = &page["nodes"][hearings.len() - 1]["legalAction"];
            assert_eq!(last["case"]["district"]["number"], district);
            assert_eq!(last["responsibleAttorney"]["email"], format!("attorney{district}@jfn.example"));
        }
        assert_eq!(statements, [2, 2], "the sign-in and the docket, for 10 hearings and for 100");
    }
}

story! {
    async fn the_docket_keeps_to_the_citys_days_and_to_what_is_still_scheduled(jfn) {
        let (three, five) = (case_at(jfn, "100 K ST", 3).await, case_at(jfn, "200 K ST", 5).await);
        let (attorney, other) = (jfn.attorney(3).await, jfn.attorney(5).await);
        let action = refer(&attorney, &three, "public-nuisance-suit").await;
        let second = refer(&other, &five, "public-nuisance-suit").await;
        // Eleven in the evening of 1 December in Sacramento.
        let late = schedule(&attorney, &action, "2026-12-02T07:00:00Z").await;
        let next = schedule(&attorney, &action, "2026-12-02T17:00:00Z").await;
        schedule(&other, &second, "2026-12-02T18:00:00Z").await;
        let citywide = jfn.city_attorney().await;
        let docket = async |from: &str, to: &str, more: Value| {
            let mut variables = json!({ "from": from, "to": to });
            variables.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            citywide.ask(DOCKET, variables).await["docket"].take()
        };
        assert_eq!(docket("2026-12-01", "2026-12-01", json!({})).await["totalCount"], 1);
        assert_eq!(docket("2026-12-01", "2026-12-02", json!({})).await["totalCount"], 3);
        assert_eq!(docket("2026-12-01", "2026-12-02", json!({ "districts": [5] })).await["totalCount"], 1);
        let own = citywide.ask("{ legalActions(filter: { districts: [3] }) { nodes { responsibleAttorney { id } } } }", json!({})).await;
        let own = own["legalActions"]["nodes"][0]["responsibleAttorney"]["id"].clone();
        assert_eq!(docket("2026-12-01", "2026-12-02", json!({ "attorney": own })).await["totalCount"], 2);
        let backwards = json!({ "from": "2026-12-02", "to": "2026-12-01" });
        assert_eq!(citywide.error_of(DOCKET, backwards).await, "BAD_INPUT");

        let fields = "hearing { status outcome continuedTo { id startsAt court department purpose status } }";
        let vacate = json!({ "hearingId": late["id"], "status": "VACATED" });
        assert_eq!(attorney.refused("hearingRecord", fields, vacate.clone()).await, "REQUIRED");
        let mut vacate = vacate;
        vacate["outcome"] = json!("The judge is ill.");
        attorney.done("hearingRecord", fields, vacate).await;
        let go_on = |to: &str| json!({ "hearingId": next["id"], "status": "CONTINUED", "continuedTo": to });
        let refused = attorney.change("hearingRecord", fields, go_on("2026-12-02T17:00:00Z")).await;
        assert_eq!(codes(&refused), ["INVALID"]);
        assert_eq!(refused["hearing"]["status"], "SCHEDULED");
        let stranger = other.change("hearingRecord", fields, go_on("2026-12-09T17:00:00Z")).await;
        assert_eq!(codes(&stranger), ["NOT_ALLOWED"]);
        let continued = attorney.done("hearingRecord", fields, go_on("2026-12-09T17:00:00Z")).await["hearing"].take();
        assert_eq!(continued["status"], "CONTINUED");
        let goes_on = &continued["continuedTo"];
        assert_eq!(goes_on["startsAt"], "2026-12-09T17:00:00+00:00");
        assert_eq!([&goes_on["court"], &goes_on["department"]], ["Superior Court", "53"]);
        assert_eq!(docket("2026-12-01", "2026-12-02", json!({})).await["totalCount"], 1);
        let query = "query ($id: ID!) { legalAction(id: $id) { nextOn nextHearing { id } hearings { status } } }";
        let seen = attorney.ask(query, json!({ "id": action["id"] })).await["legalAction"].take();
        assert_eq!(seen["nextOn"], "2026-12-09");
        assert_eq!(seen["nextHearing"]["id"], goes_on["id"]);
        assert_eq!(list(&seen["hearings"], "status"), ["VACATED", "CONTINUED", "SCHEDULED"]);
        let node = "query ($id: ID!) { node(id: $id) { ... on Hearing { legalAction { id } } } }";
        let seen = attorney.ask(node, json!({ "id": goes_on["id"] })).await;
        assert_eq!(seen["node"]["legalAction"]["id"], action["id"]);
    }
}

story! {
    async fn a_hearing_cannot_come_before_the_last_step_nor_after_the_end(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "100 K ST", 3).await;
        let action = refer(&attorney, &case, "public-nuisance-suit").await;
        let at = |starts_at: &str, purpose: &str| json!({
            "idempotencyKey": tests::key(), "legalActionId": action["id"], "startsAt": starts_at,
            "court": "Superior Court", "purpose": purpose,
        });
        let fields = "hearing { id }";
        let early = attorney.change("hearingSchedule", fields, at("2026-11-19T18:00:00Z", "Trial")).await;
        assert_eq!(codes(&early), ["INVALID"]);
        let vague = attorney.change("hearingSchedule", fields, at("2026-12-19T18:00:00Z", " ")).await;
        assert_eq!(codes(&vague), ["REQUIRED"]);
        let input = at("2026-12-19T18:00:00.123456789Z", "Trial");
        let first = attorney.done("hearingSchedule", "hearing { id startsAt }", input.clone()).await;
        assert_eq!(first["hearing"]["startsAt"], "2026-12-19T18:00:00.123456+00:00", "as both databases keep it");
        assert_eq!(attorney.done("hearingSchedule", "hearing { id startsAt }", input).await, first, "a retry");
        let mut declined = step(&action, 1, "DECLINED", "2026-11-20");
        declined["reason"] = json!("Too thin.");
        attorney.done("legalActionAdvance", ACTION, declined).await;
        let late = attorney.change("hearingSchedule", fields, at("2026-12-20T18:00:00Z", "Trial")).await;
        assert_eq!(codes(&late), ["TRANSITION_BLOCKED"]);
        let sergeant = jfn.sergeant(3).await;
        let mutation = "mutation ($input: HearingScheduleInput!) { hearingSchedule(input: $input) { hearing { id } } }";
        let code = sergeant.error_of(mutation, json!({ "input": at("2026-12-20T18:00:00Z", "Trial") })).await;
        assert_eq!(code, "FORBIDDEN");
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

story! {
    async fn one_attorney_is_not_in_two_departments_at_once_and_a_chain_is_told_both_ways(jfn) {
        let attorney = jfn.attorney(3).await;
        let mut hearings = Vec::new();
        for (address, district, department, starts_at) in [
            ("100 K ST", 3, "53", "2026-12-03T17:00:00Z"),
            ("200 K ST", 3, "54", "2026-12-03T17:30:00Z"),
            ("300 K ST", 3, "53", "2026-12-03T17:00:00Z"),
            ("400 K ST", 3, "60", "2026-12-03T18:30:00Z"),
            ("500 K ST", 5, "61", "2026-12-03T17:00:00Z"),
        ] {
            let case = case_at(jfn, address, district).await;
            let action = refer(&jfn.sergeant(district).await, &case, "public-nuisance-suit").await;
            let input = json!({
                "idempotencyKey": tests::key(), "legalActionId": action["id"], "startsAt": starts_at,
                "court": "Superior Court", "department": department, "purpose": "Status",
            });
            let made = jfn.attorney(district).await.done("hearingSchedule", "hearing { id }", input).await;
            hearings.push(made["hearing"]["id"].clone());
        }
        let query = "{ docket(from: \"2026-12-03\", to: \"2026-12-03\") { nodes { id conflicts { id } } } }";
        let conflicts = async |jfn: &Jfn, client: &Client| {
            let before = jfn.statements();
            let seen = client.ask(query, json!({})).await["docket"]["nodes"].take();
            (seen, jfn.statements() - before)
        };
        let (seen, spent) = conflicts(jfn, &attorney).await;
        let of = |seen: &Value, id: &Value| {
            let node = seen.as_array().unwrap().iter().find(|node| node["id"] == *id).unwrap().clone();
            list(&node["conflicts"], "id").into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(of(&seen, &hearings[0]), [hearings[1].as_str().unwrap()], "half an hour later, in the next room");
        assert_eq!(of(&seen, &hearings[1]), [hearings[0].as_str().unwrap(), hearings[2].as_str().unwrap()]);
        assert_eq!(of(&seen, &hearings[3]), [""; 0], "an hour later one can be there");
        assert_eq!(of(&seen, &hearings[4]), [""; 0], "that is another attorney's");
        assert_eq!(spent, 4, "the sign-in, the docket, and two for all conflicts");

        let to = json!({ "hearingId": hearings[1], "status": "CONTINUED", "continuedTo": "2026-12-10T17:30:00Z" });
        let fields = "hearing { continuedTo { id continuedFrom { id } } conflicts { id } }";
        let told = attorney.done("hearingRecord", fields, to).await["hearing"].take();
        assert_eq!(told["continuedTo"]["continuedFrom"]["id"], hearings[1]);
        assert_eq!(told["conflicts"], json!([]), "nobody goes there any more");
        assert_eq!(of(&conflicts(jfn, &attorney).await.0, &hearings[0]), [""; 0]);
    }
}
