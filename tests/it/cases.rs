//! Cases: opened, worked, closed and reopened by a district's team.

use serde_json::{Value, json};
use tests::{Client, Jfn, key, story};

const CASE: &str = "case { id number version stage outcome nextActionOn title }";

/// A case opened by the sergeant of the district, as `{id number version stage}`.
async fn open(client: &Client, place: &str) -> Value {
    let input = json!({
        "idempotencyKey": key(), "title": "Loud nights", "kinds": ["IRRESPONSIBLE_BUSINESS"],
        "property": { "id": place }, "source": "RESIDENT",
    });
    client.done("caseOpen", CASE, input).await["case"].take()
}

async fn see(client: &Client, id: &Value) -> Value {
    let query = "query ($id: ID!) { case(by: { id: $id }) { number version stage nextActionOn property { address } \
                 district { number } assignee { name } events { nodes { kind summary body privileged } totalCount } \
                 allowedTransitions { to allowed blockedBy { code message } } } }";
    client.ask(query, json!({ "id": id })).await["case"].take()
}

story! {
    async fn a_case_is_numbered_in_its_year_and_has_a_next_action(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let case = open(&sergeant, &place).await;
        assert_eq!(case["number"], "JFN-2026-000001");
        assert_eq!(case["stage"], "INTAKE");
        assert_eq!(case["nextActionOn"], "2026-12-04");
        let seen = see(&sergeant, &case["id"]).await;
        assert_eq!(seen["property"]["address"], "1200 K ST");
        assert_eq!(seen["district"]["number"], 3);
        assert_eq!(seen["events"]["nodes"][0]["kind"], "OPENED");
        assert_eq!(seen["events"]["totalCount"], 1);
    }
}

story! {
    async fn a_second_case_at_a_place_is_refused_and_names_the_first(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let first = open(&sergeant, &place).await;
        let mut input = json!({
            "idempotencyKey": key(), "title": "Again", "kinds": ["OTHER"],
            "property": { "address": "1200 k street" }, "source": "PATROL",
        });
        let payload = sergeant.change("caseOpen", "case { id } existing { number }", input.clone()).await;
        assert_eq!(payload["case"], Value::Null);
        assert_eq!(payload["existing"], json!([{ "number": first["number"] }]));
        assert_eq!(payload["userErrors"][0]["code"], "NOT_UNIQUE");
        input["allowDuplicate"] = json!(true);
        let payload = sergeant.done("caseOpen", CASE, input).await;
        assert_eq!(payload["case"]["number"], "JFN-2026-000002", "the refused one took no number");
    }
}

story! {
    async fn a_retry_answers_the_same_case_and_another_input_under_its_key_is_refused(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let mut input = json!({
            "idempotencyKey": key(), "title": "Loud nights", "kinds": ["OTHER"],
            "property": { "id": place }, "source": "PATROL",
        });
        let first = sergeant.done("caseOpen", CASE, input.clone()).await;
        let again = sergeant.done("caseOpen", CASE, input.clone()).await;
        assert_eq!(first["case"]["id"], again["case"]["id"]);
        input["title"] = json!("Other nights");
        assert_eq!(sergeant.refused("caseOpen", CASE, input).await, "IDEMPOTENCY_KEY_REUSED");
    }
}

story! {
    async fn a_stale_version_changes_nothing_and_answers_the_present_case(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let case = open(&sergeant, &place).await;
        let edit = |title: &str| json!({ "caseId": case["id"], "expectedVersion": 1, "title": title });
        let edited = sergeant.done("caseEdit", CASE, edit("Loud weekends")).await;
        assert_eq!(edited["case"]["version"], 2);
        let stale = sergeant.change("caseEdit", CASE, edit("Quiet nights")).await;
        assert_eq!(stale["userErrors"][0]["code"], "STALE_VERSION");
        assert_eq!(stale["case"]["title"], "Loud weekends");
        assert_eq!(stale["case"]["version"], 2);
    }
}

story! {
    async fn privileged_notes_exist_for_attorneys_only(jfn) {
        let (attorney, sergeant) = (jfn.attorney(3).await, jfn.sergeant(3).await);
        let place = jfn.place("1200 K ST", 3).await;
        let case = open(&sergeant, &place).await;
        let note = json!({ "idempotencyKey": key(), "caseId": case["id"], "body": "Weak on notice.", "privileged": true });
        let written = attorney.done("caseAddNote", "event { id privileged body }", note.clone()).await;
        assert_eq!(written["event"]["privileged"], true);
        let other_district = jfn.attorney(5).await;
        assert_eq!(see(&other_district, &case["id"]).await["events"]["totalCount"], 2);
        let seen = see(&sergeant, &case["id"]).await;
        assert_eq!(seen["events"]["totalCount"], 1);
        assert!(!seen.to_string().contains("Weak on notice"));
        let by_id = "query ($id: ID!) { node(id: $id) { id } }";
        let code = sergeant.error_of(by_id, json!({ "id": written["event"]["id"] })).await;
        assert_eq!(code, "NOT_FOUND", "as if it had never existed");
        let own = json!({ "idempotencyKey": key(), "caseId": case["id"], "body": "Mine.", "privileged": true });
        assert_eq!(sergeant.refused("caseAddNote", "event { id }", own).await, "NOT_ALLOWED");
    }
}

story! {
    async fn a_list_shows_the_newest_notes_of_each_case_to_whoever_may_read_them(jfn) {
        let (attorney, sergeant) = (jfn.attorney(3).await, jfn.sergeant(3).await);
        for (address, bodies) in [("1200 K ST", "abcd"), ("1300 K ST", "e"), ("1400 K ST", "")] {
            let place = jfn.place(address, 3).await;
            let case = open(&sergeant, &place).await;
            for body in bodies.chars() {
                let note = json!({
                    "idempotencyKey": key(), "caseId": case["id"], "body": body, "privileged": body == 'd',
                });
                attorney.done("caseAddNote", "event { id }", note).await;
            }
        }
        let notes = async |client: &Client, first: i32| {
            let query = "query ($first: Int!) { cases(sort: [{ by: OPENED_AT, direction: ASC }]) {
                         nodes { recentNotes(first: $first) { body } } } }";
            let page = client.ask(query, json!({ "first": first })).await["cases"]["nodes"].take();
            let cases = page.as_array().unwrap().iter().map(|case| {
                let notes = case["recentNotes"].as_array().unwrap().iter();
                notes.map(|note| note["body"].as_str().unwrap()).collect::<String>()
            });
            cases.collect::<Vec<_>>()
        };
        assert_eq!(notes(&attorney, 3).await, ["dcb", "e", ""]);
        assert_eq!(notes(&sergeant, 3).await, ["cba", "e", ""], "a note that is hidden takes no place of others");
        assert_eq!(notes(&sergeant, 1).await, ["c", "e", ""]);
    }
}

story! {
    async fn another_districts_case_can_be_read_but_not_changed(jfn) {
        let (own, other) = (jfn.sergeant(3).await, jfn.sergeant(5).await);
        let place = jfn.place("1200 K ST", 3).await;
        let case = open(&own, &place).await;
        assert_eq!(see(&other, &case["id"]).await["number"], case["number"]);
        let input = json!({ "caseId": case["id"], "expectedVersion": 1, "title": "Taken over" });
        assert_eq!(other.refused("caseEdit", CASE, input).await, "NOT_ALLOWED");
        assert_eq!(see(&own, &case["id"]).await["version"], 1);
    }
}

story! {
    async fn the_stage_machine_says_what_blocks_and_who_unblocks(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let case = open(&sergeant, &place).await;
        let step = |version: i32, to: &str| json!({ "caseId": case["id"], "expectedVersion": version, "to": to });
        assert_eq!(sergeant.refused("caseAdvance", CASE, step(1, "LITIGATION")).await, "TRANSITION_BLOCKED");
        let moved = sergeant.done("caseAdvance", CASE, step(1, "ASSESSMENT")).await;
        assert_eq!(moved["case"]["stage"], "ASSESSMENT");
        assert_eq!(sergeant.refused("caseAdvance", CASE, step(2, "NOTICE")).await, "TRANSITION_BLOCKED");
        let options = see(&sergeant, &case["id"]).await["allowedTransitions"].take();
        let notice = options.as_array().unwrap().iter().find(|option| option["to"] == "NOTICE").unwrap();
        assert_eq!(notice["allowed"], false);
        assert!(notice["blockedBy"][0]["message"].as_str().unwrap().contains("inspectionRecord"));
    }
}

story! {
    async fn a_closed_case_comes_back_by_reopening_and_a_new_one_links_to_it(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let case = open(&sergeant, &place).await;
        let close = |version: i32, outcome: &str| {
            json!({ "caseId": case["id"], "expectedVersion": version, "outcome": outcome, "reason": "Looked twice." })
        };
        assert_eq!(sergeant.refused("caseClose", CASE, close(1, "DEMOLISHED")).await, "TRANSITION_BLOCKED");
        assert_eq!(sergeant.refused("caseClose", CASE, close(1, "DUPLICATE")).await, "REQUIRED");
        let closed = sergeant.done("caseClose", CASE, close(1, "NO_VIOLATION")).await;
        assert_eq!(closed["case"]["outcome"], "NO_VIOLATION");
        assert_eq!(closed["case"]["nextActionOn"], Value::Null);
        let next = open(&sergeant, &place).await;
        let query = "query ($id: ID!) { case(by: { id: $id }) { previousCase { number } } }";
        let seen = sergeant.ask(query, json!({ "id": next["id"] })).await;
        assert_eq!(seen["case"]["previousCase"]["number"], case["number"]);
        let reopen = json!({ "caseId": case["id"], "expectedVersion": 2, "reason": "It started again." });
        let reopened = sergeant.done("caseReopen", CASE, reopen).await;
        assert_eq!(reopened["case"]["stage"], "ASSESSMENT");
        assert_eq!(reopened["case"]["nextActionOn"], "2026-12-04");
    }
}

story! {
    async fn a_duplicate_names_the_case_that_covers_it_and_never_runs_in_a_circle(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let mut ids = Vec::new();
        for street in ["J", "K", "L"] {
            let place = jfn.place(&format!("1200 {street} ST"), 3).await;
            ids.push(open(&sergeant, &place).await["id"].take());
        }
        let close = |id: &Value, of: &Value| json!({
            "caseId": id, "expectedVersion": 1, "outcome": "DUPLICATE", "reason": "The same.", "duplicateOfId": of,
        });
        assert_eq!(sergeant.refused("caseClose", CASE, close(&ids[0], &ids[0])).await, "INVALID");
        let link = "case { duplicateOf { id } }";
        let closed = sergeant.done("caseClose", link, close(&ids[0], &ids[1])).await;
        assert_eq!(closed["case"]["duplicateOf"]["id"], ids[1]);
        for other in &ids[1..] {
            let refused = sergeant.refused("caseClose", CASE, close(other, &ids[0])).await;
            assert_eq!(refused, "TRANSITION_BLOCKED", "it is covered by another one itself");
        }
        sergeant.done("caseClose", link, close(&ids[1], &ids[2])).await;
        assert_eq!(sergeant.refused("caseClose", CASE, close(&ids[2], &ids[0])).await, "TRANSITION_BLOCKED");
    }
}

story! {
    async fn every_change_comes_once_and_in_order(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let mut cases = Vec::new();
        for number in 1..=4 {
            let place = jfn.place(&format!("{number}00 K ST"), 3).await;
            cases.push(open(&sergeant, &place).await);
        }
        let query = "query ($cursor: String) { changesSince(cursor: $cursor, first: 3) \
                     { nodes { caseNumber kind district } endCursor hasMore } }";
        let (mut numbers, mut cursor) = (Vec::new(), Value::Null);
        // On PostgreSQL a change shows once every transaction before it has ended, those of other tests included.
        for _ in 0..5_000 {
            let page = sergeant.ask(query, json!({ "cursor": cursor })).await["changesSince"].take();
            let nodes = page["nodes"].as_array().unwrap();
            assert!(nodes.len() <= 3);
            numbers.extend(nodes.iter().map(|change| change["caseNumber"].clone()));
            cursor = page["endCursor"].clone();
            if numbers.len() >= 4 {
                break;
            }
        }
        assert_eq!(numbers, cases.iter().map(|case| case["number"].clone()).collect::<Vec<_>>());
        let nothing = sergeant.ask(query, json!({ "cursor": cursor })).await["changesSince"].take();
        assert_eq!(nothing["nodes"], json!([]));
        assert_eq!(nothing["hasMore"], false);
        assert_eq!(nothing["endCursor"], cursor);
    }
}

async fn numbers(client: &Client, arguments: &str) -> (Vec<String>, Value) {
    let query = format!(
        "{{ cases({arguments}) {{ nodes {{ number }} pageInfo {{ endCursor startCursor hasNextPage \
                         hasPreviousPage }} totalCount }} }}"
    );
    let page = client.ask(&query, json!({})).await["cases"].take();
    let numbers =
        page["nodes"].as_array().unwrap().iter().map(|node| node["number"].as_str().unwrap().to_owned());
    (numbers.collect(), page)
}

async fn city_of_five(jfn: &Jfn) -> Client {
    let sergeant = jfn.sergeant(3).await;
    for (number, priority) in [(1, "LOW"), (2, "HIGH"), (3, "NORMAL"), (4, "HIGH"), (5, "IMMINENT_DANGER")] {
        let place = jfn.place(&format!("{number}00 K ST"), 3).await;
        let input = json!({
            "idempotencyKey": key(), "title": format!("Case {number}"), "kinds": ["OTHER"], "priority": priority,
            "property": { "id": place }, "source": "PATROL",
        });
        sergeant.done("caseOpen", CASE, input).await;
    }
    sergeant
}

story! {
    async fn pages_go_forward_and_back_without_a_gap(jfn) {
        let sergeant = city_of_five(jfn).await;
        let order = "sort: [{ by: PRIORITY, direction: DESC }, { by: OPENED_AT, direction: ASC }]";
        let (all, page) = numbers(&sergeant, order).await;
        let expected: Vec<String> = [5, 2, 4, 3, 1].iter().map(|n| format!("JFN-2026-{n:06}")).collect();
        assert_eq!(all, expected);
        assert_eq!(page["totalCount"], 5);
        let (first, page) = numbers(&sergeant, &format!("{order}, first: 2")).await;
        let after = page["pageInfo"]["endCursor"].as_str().unwrap().to_owned();
        assert_eq!(page["pageInfo"]["hasNextPage"], true);
        assert_eq!(page["totalCount"], 5);
        let (second, page) = numbers(&sergeant, &format!("{order}, first: 2, after: \"{after}\"")).await;
        let before = page["pageInfo"]["startCursor"].as_str().unwrap().to_owned();
        assert_eq!([first.clone(), second].concat(), expected[..4]);
        let (back, page) = numbers(&sergeant, &format!("{order}, last: 2, before: \"{before}\"")).await;
        assert_eq!(back, first);
        assert_eq!(page["pageInfo"]["hasPreviousPage"], false);
        let other = format!("{{ cases(first: 2, after: \"{after}\") {{ nodes {{ number }} }} }}");
        assert_eq!(sergeant.error_of(&other, json!({})).await, "BAD_INPUT", "a cursor of another order");
    }
}

story! {
    async fn filters_narrow_by_words_stage_and_priority(jfn) {
        let sergeant = city_of_five(jfn).await;
        assert_eq!(numbers(&sergeant, "filter: { text: \"case 3\" }").await.0, ["JFN-2026-000003"]);
        assert_eq!(numbers(&sergeant, "filter: { text: \"400 k\" }").await.0, ["JFN-2026-000004"]);
        assert_eq!(numbers(&sergeant, "filter: { text: \"%\" }").await.0, [""; 0]);
        assert_eq!(numbers(&sergeant, "filter: { priorities: [HIGH] }").await.0.len(), 2);
        assert_eq!(numbers(&sergeant, "filter: { stages: [CLOSED] }").await.0.len(), 0);
        assert_eq!(numbers(&sergeant, "filter: { districts: [5] }").await.0.len(), 0);
        assert_eq!(numbers(&sergeant, "filter: { stale: true }").await.0.len(), 0);
        jfn.wait(chrono::TimeDelta::days(31));
        let sergeant = jfn.sergeant(3).await;
        assert_eq!(numbers(&sergeant, "filter: { stale: true }").await.0.len(), 5);
        let unknown = "{ cases(filter: { districts: [9] }) { totalCount } }";
        assert_eq!(sergeant.error_of(unknown, json!({})).await, "BAD_INPUT");
    }
}
