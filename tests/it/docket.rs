//! The docket of the courts: which hearings it holds, in how many statements, and who cannot be in two rooms at once.

use serde_json::{Value, json};
use tests::{Client, Jfn, story};

use crate::legal::{ACTION, case_at, codes, refer, schedule, step};

const DOCKET: &str = "query ($from: Date!, $to: Date!, $attorney: ID, $districts: [Int!]) \
    { docket(from: $from, to: $to, attorneyId: $attorney, districts: $districts, first: 100) { nodes { startsAt court \
    legalAction { status remedy { name } case { number property { address } district { number } } \
    responsibleAttorney { name email } } } totalCount } }";

pub fn list<'a>(value: &'a Value, field: &str) -> Vec<&'a str> {
    value.as_array().unwrap().iter().map(|row| row[field].as_str().unwrap()).collect()
}

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

story! {
    async fn the_docket_is_narrowed_to_a_court_and_a_department(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "100 K ST", 3).await;
        let action = refer(&attorney, &case, "public-nuisance-suit").await;
        for (court, department) in [("Superior Court", json!("53")), ("Superior Court", json!("54a")), ("Hearing Examiner", Value::Null)] {
            let input = json!({
                "idempotencyKey": tests::key(), "legalActionId": action["id"], "startsAt": "2026-12-03T17:00:00Z",
                "court": court, "department": department, "purpose": "Status",
            });
            attorney.done("hearingSchedule", "hearing { id }", input).await;
        }
        let query = "query ($court: String, $department: String) { docket(from: \"2026-12-01\", to: \"2026-12-31\", court: $court, \
                     department: $department) { nodes { court department } totalCount } }";
        for (court, department, count) in [
            (Value::Null, Value::Null, 3),
            (json!("superior court"), Value::Null, 2),
            (json!("Superior Court"), json!("54A"), 1),
            (Value::Null, json!("53"), 1),
            (json!("Superior"), Value::Null, 0),
            (json!("Hearing Examiner"), json!("53"), 0),
        ] {
            let variables = json!({ "court": court, "department": department });
            let seen = attorney.ask(query, variables.clone()).await["docket"].take();
            assert_eq!(seen["totalCount"], count, "{variables}");
        }
    }
}
