//! A case as it was known on a day, for discovery and records requests.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tests::{Client, key, story};

use crate::{
    as_of_life::{WHOLE, lived, told},
    case_at_work::{find, inspection, open, open_at, violation},
};

const TITLE: &str = "query ($id: ID!, $on: Date!) { case(by: { id: $id }, asOf: $on) { title } }";

async fn refused(client: &Client, case: &Value, on: &str, fields: &str) -> (String, String) {
    let query =
        format!("query ($id: ID!, $on: Date!) {{ case(by: {{ id: $id }}, asOf: $on) {{ {fields} }} }}");
    let answer = client.answer(&query, json!({ "id": case, "on": on })).await;
    let error = &answer["errors"][0];
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    (word(&error["extensions"]["code"]), word(&error["message"]))
}

story! {
    async fn every_day_of_its_life_a_case_is_told_as_it_was_told_on_that_day(jfn) {
        let life = lived(jfn).await;
        let (attorney, officer) = (jfn.attorney(3).await, jfn.code_officer(3).await);
        let mut differing = BTreeSet::new();
        for page in &life.pages {
            for (client, kept) in [(&attorney, &page.by_attorney), (&officer, &page.by_officer)] {
                let seen = told(client, &life.case, Some(page.on)).await;
                for (seen, kept) in seen.iter().zip(kept) {
                    for (name, value) in kept["case"].as_object().expect("a case") {
                        if &seen["case"][name] != value {
                            differing.insert(format!("{} {name}: {:#}\nwas {value:#}", page.on, seen["case"][name]));
                        }
                    }
                    if differing.is_empty() {
                        assert_eq!(seen, kept, "as of {}", page.on);
                    }
                }
            }
        }
        assert!(differing.is_empty(), "{}", differing.into_iter().collect::<Vec<_>>().join("\n"));
        // The pages do differ, and so do those of who may see privileged entries.
        for (page, next) in life.pages.iter().zip(&life.pages[1..]) {
            for (earlier, later) in page.by_attorney.iter().zip(&next.by_attorney).take(1) {
                assert_ne!(earlier, later, "{}", page.on);
            }
        }
        let last = life.pages.last().expect("a page");
        assert_ne!(last.by_attorney[0], last.by_officer[0]);
    }
}

story! {
    async fn what_is_back_dated_is_known_from_when_it_was_recorded(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        jfn.wait(TimeDelta::days(5));
        let officer = jfn.code_officer(3).await;
        let note = json!({ "idempotencyKey": key(), "caseId": case, "body": "Seen.", "occurredAt": "2026-11-20T19:00:00Z" });
        officer.done("caseAddNote", "event { id }", note).await;
        let query = "query ($id: ID!, $on: Date) { case(by: { id: $id }, asOf: $on) { recentNotes { body } events { totalCount } } }";
        let known = async |on: &str| officer.ask(query, json!({ "id": case, "on": on })).await["case"].take();
        for on in ["2026-11-20", "2026-11-24"] {
            assert_eq!(known(on).await, json!({ "recentNotes": [], "events": { "totalCount": 1 } }), "{on}");
        }
        assert_eq!(known("2026-11-25").await, json!({ "recentNotes": [{ "body": "Seen." }], "events": { "totalCount": 2 } }));
    }
}

story! {
    async fn a_day_of_the_city_ends_at_its_midnight(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let title = async |on: &str| {
            let officer = jfn.code_officer(3).await;
            officer.ask(TITLE, json!({ "id": case, "on": on })).await["case"]["title"].take()
        };
        let rename = async |title: &str, version: i32| {
            let input = json!({ "caseId": case, "expectedVersion": version, "title": title });
            jfn.code_officer(3).await.done("caseEdit", "case { id }", input).await;
        };
        // Ten in the morning; a minute to midnight; midnight.
        jfn.wait(TimeDelta::minutes(13 * 60 + 59));
        rename("Late in the day", 1).await;
        jfn.wait(TimeDelta::minutes(1));
        rename("A new day", 2).await;
        assert_eq!(title("2026-11-20").await, "Late in the day");
        assert_eq!(title("2026-11-21").await, "A new day");
    }
}

story! {
    async fn a_closed_case_was_open_before_and_a_reopened_one_was_closed(jfn) {
        let officer = jfn.code_officer(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let (first, case) = (open_at(&officer, &place).await, open_at(&officer, &place).await);
        let fields = "stage closedAt outcome daysInStage nextActionOn version duplicateOf { number version stage title }";
        let query = format!("query ($id: ID!, $on: Date) {{ case(by: {{ id: $id }}, asOf: $on) {{ {fields} }} }}");
        let seen = async |on: Option<NaiveDate>| {
            let client = jfn.code_officer(3).await;
            client.ask(&query, json!({ "id": case, "on": on })).await["case"].take()
        };
        let mut pages = vec![(jfn.app.today(), seen(None).await)];
        jfn.wait(TimeDelta::days(2));
        let close = json!({
            "caseId": case, "expectedVersion": 1, "outcome": "DUPLICATE", "reason": "The other one has it.", "duplicateOfId": first,
        });
        jfn.code_officer(3).await.done("caseClose", "case { id }", close).await;
        pages.push((jfn.app.today(), seen(None).await));
        jfn.wait(TimeDelta::days(2));
        let reopen = json!({ "caseId": case, "expectedVersion": 2, "reason": "It is another matter." });
        let officer = jfn.code_officer(3).await;
        officer.done("caseReopen", "case { id }", reopen).await;
        let rename = json!({ "caseId": first, "expectedVersion": 1, "title": "The other one" });
        officer.done("caseEdit", "case { id }", rename).await;
        pages.push((jfn.app.today(), seen(None).await));
        assert_eq!(pages[1].1["duplicateOf"]["title"], "Broken stairs");
        jfn.wait(TimeDelta::days(2));
        for (on, page) in &pages {
            assert_eq!(&seen(Some(*on)).await, page, "{on}");
        }
        let of_other = "duplicateOf { number violations { id } inspections { nodes { id } } }";
        let (code, message) = refused(&jfn.code_officer(3).await, &case, "2026-11-22", of_other).await;
        assert_eq!((code.as_str(), message.contains("another case")), ("BAD_INPUT", true), "{message}");
    }
}

story! {
    async fn a_day_before_the_case_and_a_day_to_come_are_refused(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let (code, message) = refused(&officer, &case, "2026-11-19", "title").await;
        assert_eq!((code.as_str(), message.as_str()), ("NOT_FOUND", "Nothing of this case was known on 2026-11-19."));
        let (code, message) = refused(&officer, &case, "2026-11-21", "title").await;
        assert_eq!((code.as_str(), message.contains("still to come")), ("BAD_INPUT", true), "{message}");
        let on = json!({ "id": case, "on": "2026-11-20" });
        assert_eq!(officer.ask(TITLE, on.clone()).await["case"]["title"], "Broken stairs", "today is known");
        assert_eq!(jfn.commissioner().await.error_of(TITLE, on.clone()).await, "FORBIDDEN");
        assert_eq!(jfn.nobody().error_of(TITLE, on).await, "UNAUTHENTICATED");
    }
}

story! {
    async fn what_is_only_known_now_is_refused_and_may_be_asked_beside_it(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        for (fields, named) in [
            ("allowedTransitions { to }", "`allowedTransitions` of Case"),
            ("letterDraftUrl(kind: COURTESY)", "`letterDraftUrl` of Case"),
            ("callsBeforeAndAfter { before }", "`callsBeforeAndAfter` of Case"),
            ("suggestedRemedies { remedy { key } }", "`suggestedRemedies` of Case"),
            ("flag { id }", "`flag` of Case"),
            ("flagEvidence { asOpened { measured } }", "`flagEvidence` of Case"),
            ("costs { trebleCosts { available } }", "`trebleCosts` of CostLedger"),
            ("property { cases { totalCount } }", "`cases` of Property"),
            ("legalActions { hearings { conflicts { id } } }", "`conflicts` of Hearing"),
            ("legalActions { ... on LegalAction { allowedSteps { to } } }", "`allowedSteps` of LegalAction"),
            ("notices { letterUrl }", "`letterUrl` of Notice"),
        ] {
            let (code, message) = refused(&officer, &case, "2026-11-20", fields).await;
            assert_eq!(code, "BAD_INPUT", "{fields}");
            assert!(message.starts_with(named) && message.contains("without `asOf`"), "{message}");
        }
        jfn.wait(TimeDelta::days(1));
        let officer = jfn.code_officer(3).await;
        let rename = json!({ "caseId": case, "expectedVersion": 1, "title": "New stairs", "kinds": ["OTHER"] });
        officer.done("caseEdit", "case { id }", rename).await;
        let query = "query ($id: ID!) { then: case(by: { id: $id }, asOf: \"2026-11-20\") { title kinds } \
                     now: case(by: { id: $id }) { title kinds allowedTransitions { to } } }";
        let seen = officer.ask(query, json!({ "id": case })).await;
        assert_eq!(seen["then"], json!({ "title": "Broken stairs", "kinds": ["DANGEROUS_BUILDING"] }));
        assert_eq!((&seen["now"]["title"], &seen["now"]["kinds"]), (&json!("New stairs"), &json!(["OTHER"])));
        assert_ne!(seen["now"]["allowedTransitions"], json!([]));
    }
}

story! {
    async fn every_field_that_can_be_told_is_one_of_the_schema_and_is_asked_for_here(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let schema = "{ __schema { types { name fields(includeDeprecated: true) { name type { name ofType { name ofType { name \
                      ofType { name } } } } args { defaultValue type { kind } } } } } }";
        let types = officer.ask(schema, json!({})).await["__schema"]["types"].take();
        // Every field of a case, one by one: told or refused, and never INTERNAL.
        let of_case = types.as_array().unwrap().iter().find(|kind| kind["name"] == "Case").expect("the type");
        let (mut told, mut refused_fields) = (BTreeSet::new(), BTreeSet::new());
        for field in of_case["fields"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap();
            let args = if name == "letterDraftUrl" { "(kind: COURTESY)" } else { "" };
            let below = if WHOLE.iter().any(|query| query.contains(&format!(" {name} {{"))) || leafless(field, &types) {
                " { __typename }"
            } else {
                ""
            };
            let query = format!("query ($id: ID!, $on: Date) {{ case(by: {{ id: $id }}, asOf: $on) {{ {name}{args}{below} }} }}");
            let answer = officer.answer(&query, json!({ "id": case, "on": "2026-11-20" })).await;
            match answer.get("errors") {
                None => told.insert(name.to_owned()),
                Some(errors) => {
                    assert!(errors[0]["message"].as_str().unwrap().contains("only known as it is now"), "{answer:#}");
                    refused_fields.insert(name.to_owned())
                }
            };
        }
        let expected = ["allowedTransitions", "callsBeforeAndAfter", "flag", "flagEvidence", "letterDraftUrl", "responseTarget", "suggestedRemedies"];
        assert_eq!(refused_fields, expected.map(str::to_owned).into());
        for name in &told {
            assert!(WHOLE.iter().any(|query| query.contains(&format!(" {name}"))), "{name} is compared day by day");
        }
    }
}

fn leafless(field: &Value, types: &Value) -> bool {
    let mut kind = &field["type"];
    while kind["name"].is_null() {
        kind = &kind["ofType"];
    }
    let found = types.as_array().unwrap().iter().find(|known| known["name"] == kind["name"]);
    found.is_some_and(|known| known["fields"].is_array())
}

story! {
    async fn an_entry_that_did_not_name_its_row_leaves_the_days_before_it_unknown(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let found = find(jfn, &officer, &case, json!([violation("SCC 8.96.130")])).await;
        jfn.wait(TimeDelta::days(2));
        let officer = jfn.code_officer(3).await;
        let fixed = json!({ "violationId": found[0], "correctedOn": "2026-11-21" });
        officer.done("violationCorrect", "violation { id }", fixed).await;
        // As this server wrote it before it named the violation; the timeline is append-only, so its guard is put aside.
        let old = format!("UPDATE case_event SET changes = {} WHERE kind = 'VIOLATION_CORRECTED'", {
            let changes = "'[{\"field\":\"correctedOn\",\"before\":null,\"after\":\"2026-11-21\"}]'";
            if jfn.runs_on() == tests::Store::Postgres { format!("{changes}::json") } else { changes.to_owned() }
        });
        let aside = if jfn.runs_on() == tests::Store::Postgres {
            ["ALTER TABLE case_event DISABLE TRIGGER case_event_append_only".to_owned(), old]
        } else {
            ["DROP TRIGGER case_event_no_UPDATE".to_owned(), old]
        };
        for sql in aside {
            jfn.app.db.execute_unprepared(&sql).await.expect("an old row");
        }
        let (code, message) = refused(&officer, &case, "2026-11-20", "violations { correctedOn }").await;
        assert_eq!((code.as_str(), message.contains("violations")), ("BAD_INPUT", true), "{message}");
        let seen = officer.ask(TITLE, json!({ "id": case, "on": "2026-11-20" })).await;
        assert_eq!(seen["case"]["title"], "Broken stairs", "the rest is known");
        let query = "query ($id: ID!, $on: Date) { case(by: { id: $id }, asOf: $on) { violations { correctedOn } } }";
        let seen = officer.ask(query, json!({ "id": case, "on": "2026-11-22" })).await;
        assert_eq!(seen["case"]["violations"], json!([{ "correctedOn": "2026-11-21" }]), "and from that day on");
    }
}

story! {
    async fn a_place_that_was_edited_later_is_only_known_as_it_is_now(jfn) {
        let officer = jfn.code_officer(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let case = open_at(&officer, &place).await;
        jfn.wait(TimeDelta::days(2));
        let officer = jfn.code_officer(3).await;
        let edit = json!({ "propertyId": place, "expectedVersion": 1, "useType": "MOTEL" });
        officer.done("propertyEdit", "property { id }", edit).await;
        let (code, message) = refused(&officer, &case, "2026-11-21", "property { useType }").await;
        assert_eq!((code.as_str(), message.contains("the place")), ("BAD_INPUT", true), "{message}");
        let query = "query ($id: ID!, $on: Date) { case(by: { id: $id }, asOf: $on) { property { useType } } }";
        let seen = officer.ask(query, json!({ "id": case, "on": "2026-11-22" })).await;
        assert_eq!(seen["case"]["property"]["useType"], "MOTEL");
    }
}

story! {
    async fn a_page_of_inspections_goes_on_in_the_order_of_then(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let mut planned = Vec::new();
        for days in [40, 20, 30] {
            let at = jfn.clock.now() + TimeDelta::days(days);
            let plan = json!({ "idempotencyKey": key(), "caseId": case, "scheduledFor": at });
            let made = officer.done("inspectionSchedule", "inspection { id }", plan).await;
            planned.push(made["inspection"]["id"].clone());
        }
        jfn.wait(TimeDelta::days(3));
        let officer = jfn.code_officer(3).await;
        // The one that was planned last is made first.
        let mut made = inspection(jfn, &case, "NO_VIOLATION", json!([]));
        made["inspectionId"] = planned[0].clone();
        officer.done("inspectionRecord", "inspection { id }", made).await;
        let query = "query ($id: ID!, $on: Date, $after: String) { case(by: { id: $id }, asOf: $on) { \
                     inspections(first: 1, after: $after) { nodes { id performedAt } pageInfo { endCursor hasNextPage } } } }";
        let walk = async |on: Value| {
            let (mut after, mut seen) = (Value::Null, Vec::new());
            loop {
                let page = officer.ask(query, json!({ "id": case, "on": on, "after": after })).await["case"]["inspections"].take();
                assert!(page["nodes"][0]["performedAt"].is_null() || on.is_null(), "{page}");
                seen.push(page["nodes"][0]["id"].clone());
                after = page["pageInfo"]["endCursor"].clone();
                if page["pageInfo"]["hasNextPage"] == false {
                    break seen;
                }
            }
        };
        assert_eq!(walk(json!("2026-11-22")).await, [planned[0].clone(), planned[2].clone(), planned[1].clone()]);
        assert_eq!(walk(Value::Null).await, [planned[2].clone(), planned[1].clone(), planned[0].clone()]);
    }
}

story! {
    async fn how_much_there_is_does_not_change_how_many_statements_tell_it_as_of_a_day(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        // Lists that come in pages are read side by side, so their children may share statements or not.
        let query = "query ($id: ID!, $on: Date) { case(by: { id: $id }, asOf: $on) { title kinds violations { correctedOn } \
                     notices { services { method } violations { correctedOn } appeal { id } fine { remaining } } \
                     deadlines { dueOn isOverdue responsible { name } computation { ruleKey } extensions { to } } \
                     referrals { status } tenantImpact { occupied } } }";
        let mut spent = Vec::new();
        for _ in 0..3 {
            let found = find(jfn, &officer, &case, json!([violation("SCC 8.96.130"), violation("SCC 8.96.140")])).await;
            let notice = json!({
                "idempotencyKey": key(), "caseId": case, "kind": "NOTICE_OF_VIOLATION", "complyBy": "2026-12-04",
                "services": [{ "method": "POSTING", "servedOn": "2026-11-20" }], "violationIds": found,
            });
            officer.done("noticeServe", "notice { id }", notice).await;
            let mut of = Vec::new();
            for on in [Some(jfn.app.today()), None] {
                let before = jfn.statements();
                officer.ask(query, json!({ "id": case, "on": on })).await;
                of.push(jfn.statements() - before);
            }
            spent.push((of[0], of[1]));
        }
        assert_eq!(spent[0], spent[2], "{spent:?}");
        assert_eq!(spent[0].0, spent[0].1 + 1, "the timeline of the case, once for all that hangs on it");
    }
}
