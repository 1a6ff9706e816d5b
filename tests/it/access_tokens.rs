//! Tokens of programs: what each may do, until when, and what it is told when it may not.

use api::{commands::token, scope::unscoped};
use chrono::TimeDelta;
use entity::{access_token, audit_row};
use reqwest::{StatusCode, header::CONTENT_TYPE};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use tests::{Client, Jfn, key, story};

const CASES: &str = "{ cases { totalCount nodes { number } } }";
const FIELDS: &str = "token accessToken { id name scope feed districts { number } madeBy { email } createdAt expiresAt \
    lastUsedAt revokedAt }";

pub fn reader(districts: Value) -> Value {
    json!({ "idempotencyKey": key(), "name": "Dashboard", "scope": "READ_CASES", "districts": districts })
}

pub async fn program(jfn: &Jfn, input: Value) -> (Client, Value) {
    let mut payload = jfn.administrator().await.done("accessTokenCreate", FIELDS, input).await;
    let token = payload["token"].as_str().expect("a token").to_owned();
    (jfn.nobody().with_token(&token), payload["accessToken"].take())
}

/// A case in each of districts 2 and 3, by its number.
async fn two_cases(jfn: &Jfn) -> (Value, Value) {
    let mut numbers = Vec::new();
    for district in [2, 3] {
        let place = jfn.place(&format!("{district}00 K ST"), district).await;
        let open = json!({
            "idempotencyKey": key(), "title": "Couch", "kinds": ["OTHER"], "property": { "id": place },
            "source": "PATROL",
        });
        let opened = jfn.code_officer(district).await.done("caseOpen", "case { id number }", open).await;
        numbers.push(opened["case"].clone());
    }
    (numbers[0].clone(), numbers[1].clone())
}

story! {
    async fn an_administrator_makes_a_token_that_is_shown_once_and_kept_as_a_hash(jfn) {
        let administrator = jfn.administrator().await;
        let input = reader(json!(null));
        let payload = administrator.done("accessTokenCreate", FIELDS, input.clone()).await;
        let token = payload["token"].as_str().unwrap().to_owned();
        let made = &payload["accessToken"];
        assert_eq!(made["madeBy"]["email"], "administrator@jfn.example");
        assert_eq!(made["expiresAt"], "2027-11-20T18:00:00+00:00", "a year, when nothing is said");
        assert_eq!((&made["lastUsedAt"], &made["districts"]), (&json!(null), &json!(null)));
        let again = administrator.done("accessTokenCreate", FIELDS, input).await;
        assert_eq!(again["token"], json!(null), "it is shown once");
        assert_eq!(again["accessToken"]["id"], made["id"]);
        let rows = unscoped::<access_token::Entity>().all(&jfn.app.db).await.unwrap();
        assert!(rows.iter().all(|row| !token.contains(&row.token_hash) && row.token_hash.len() == 64));
        let listed = jfn.sergeant(1).await.ask("{ accessTokens { id name scope } }", json!({})).await;
        assert_eq!(listed["accessTokens"].as_array().unwrap().len(), 1);
        assert!(!listed.to_string().contains(&token));
    }
}

story! {
    async fn nobody_but_an_administrator_makes_or_revokes_tokens(jfn) {
        let (program, made) = program(jfn, reader(json!(null))).await;
        for who in [jfn.city_attorney().await, jfn.attorney(1).await, jfn.commissioner().await, program.clone()] {
            for (mutation, input) in [
                ("accessTokenCreate", reader(json!(null))),
                ("accessTokenRevoke", json!({ "accessTokenId": made["id"] })),
            ] {
                let name = mutation.replace("access", "Access");
                let query = format!(
                    "mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}"
                );
                assert_eq!(who.error_of(&query, json!({ "input": input })).await, "FORBIDDEN");
            }
        }
        assert_eq!(jfn.commissioner().await.error_of("{ accessTokens { id } }", json!({})).await, "FORBIDDEN");
        program.ask(CASES, json!({})).await;
    }
}

story! {
    async fn a_revoked_token_is_refused_at_its_next_request(jfn) {
        let (program, made) = program(jfn, reader(json!(null))).await;
        program.ask(CASES, json!({})).await;
        let revoke = json!({ "accessTokenId": made["id"] });
        let administrator = jfn.administrator().await;
        let payload = administrator.done("accessTokenRevoke", "accessToken { revokedAt }", revoke.clone()).await;
        assert_eq!(payload["accessToken"]["revokedAt"], "2026-11-20T18:00:00+00:00");
        assert_eq!(program.error_of(CASES, json!({})).await, "UNAUTHENTICATED");
        administrator.done("accessTokenRevoke", "accessToken { id }", revoke).await;
        let of_it = audit_row::Column::Subject.eq(made["id"].as_str().unwrap());
        let rows = unscoped::<audit_row::Entity>().filter(of_it).order_by_asc(audit_row::Column::Id);
        let rows = rows.all(&jfn.app.db).await.unwrap();
        let told: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.result.as_str())).collect();
        let (made, revoked) = ("accessTokenCreate", "accessTokenRevoke");
        assert_eq!(told, [(made, "DONE"), (revoked, "DONE"), (revoked, "UNCHANGED")]);
        let unknown = json!({ "accessTokenId": "token_00000000000000000000000000000000" });
        assert_eq!(administrator.refused("accessTokenRevoke", "accessToken { id }", unknown).await, "NOT_FOUND");
    }
}

story! {
    async fn a_refusal_tells_which_scope_is_missing(jfn) {
        let (reader, _) = program(jfn, reader(json!(null))).await;
        let push = json!({ "idempotencyKey": key(), "name": "CAD", "scope": "PUSH_CALLS", "feed": "demo-police" });
        let (pusher, _) = program(jfn, push).await;
        let answer = pusher.answer(CASES, json!({})).await;
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("READ_CASES") && message.contains("PUSH_CALLS"), "{message}");
        let answer = reader.answer("{ staff { id } }", json!({})).await;
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.starts_with("No token may do this"), "{message}");
        let pushed = reader.request(reqwest::Method::POST, "/feeds/demo-police/calls");
        let refused = pushed.header(CONTENT_TYPE, "application/x-ndjson").body("{}").send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        let told: Value = refused.json().await.unwrap();
        assert!(told["message"].as_str().unwrap().contains("the scope PUSH_CALLS"), "{told}");
    }
}

story! {
    async fn a_token_of_one_district_reads_nothing_of_another(jfn) {
        let (second, third) = two_cases(jfn).await;
        let (all, _) = program(jfn, reader(json!(null))).await;
        let (held, made) = program(jfn, reader(json!([3]))).await;
        assert_eq!(made["districts"], json!([{ "number": 3 }]));
        assert_eq!(all.ask(CASES, json!({})).await["cases"]["totalCount"], 2);
        let seen = held.ask(CASES, json!({})).await;
        assert_eq!(seen["cases"], json!({ "totalCount": 1, "nodes": [{ "number": third["number"] }] }));
        let places = held.ask("{ properties { nodes { address } } }", json!({})).await;
        assert_eq!(places["properties"]["nodes"], json!([{ "address": "300 K ST" }]));
        let one = "query ($id: ID!) { case(by: { id: $id }) { number events(first: 5) { nodes { summary } } \
            property { address } } }";
        let own = held.ask(one, json!({ "id": third["id"] })).await;
        assert_eq!(own["case"]["events"]["nodes"].as_array().unwrap().len(), 1);
        assert_eq!(held.error_of(one, json!({ "id": second["id"] })).await, "NOT_FOUND");
        assert_eq!(held.error_of(one, json!({ "id": "case_00000000000000000000000000000000" })).await, "NOT_FOUND");
        let changes = held.ask("{ changesSince(first: 50) { nodes { caseNumber } } }", json!({})).await;
        assert!(!changes.to_string().contains(second["number"].as_str().unwrap()), "{changes}");
    }
}

story! {
    async fn what_a_token_cannot_be_is_told_before_it_is_made(jfn) {
        let administrator = jfn.administrator().await;
        let with = |part: Value| {
            let mut input = json!({ "idempotencyKey": key(), "name": "X", "scope": "READ_CASES" });
            input.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
            input
        };
        for (part, code) in [
            (json!({ "scope": "PUSH_CALLS" }), "REQUIRED"),
            (json!({ "scope": "PUSH_CALLS", "feed": "demo-police", "districts": [1] }), "INVALID"),
            (json!({ "feed": "demo-police" }), "INVALID"),
            (json!({ "districts": [] }), "INVALID"),
            (json!({ "expiresDays": 0 }), "INVALID"),
            (json!({ "expiresDays": 3651 }), "INVALID"),
            (json!({ "name": "  " }), "REQUIRED"),
        ] {
            let refused = administrator.refused("accessTokenCreate", "token", with(part.clone())).await;
            assert_eq!(refused, code, "{part}");
        }
        let listed = administrator.ask("{ accessTokens { id } }", json!({})).await;
        assert_eq!(listed["accessTokens"], json!([]));
    }
}

story! {
    async fn when_a_token_was_used_last_is_written_once_a_minute(jfn) {
        let (program, _) = program(jfn, reader(json!(null))).await;
        let cost = async || {
            let before = jfn.statements();
            program.ask("{ __typename }", json!({})).await;
            jfn.statements() - before
        };
        assert_eq!(cost().await, 2);
        assert_eq!(cost().await, 1);
        jfn.wait(TimeDelta::seconds(59));
        assert_eq!(cost().await, 1);
        jfn.wait(TimeDelta::seconds(2));
        assert_eq!(cost().await, 2);
        let listed = jfn.administrator().await.ask("{ accessTokens { lastUsedAt } }", json!({})).await;
        assert_eq!(listed["accessTokens"][0]["lastUsedAt"], "2026-11-20T18:01:01+00:00");
    }
}

story! {
    async fn the_command_line_makes_tokens_of_districts_that_end(jfn) {
        let made = |districts: Vec<i32>| {
            let name = "Map".to_owned();
            let scope = access_token::TokenScope::ReadCases;
            token::create(&jfn.app, token::Create { name, scope, feed: None, districts, expires_days: None })
        };
        assert!(made(vec![99]).await.unwrap_err().to_string().contains("no district 99"));
        let program = jfn.nobody().with_token(&made(vec![3]).await.unwrap());
        two_cases(jfn).await;
        assert_eq!(program.ask(CASES, json!({})).await["cases"]["totalCount"], 1);
        jfn.wait(TimeDelta::days(365));
        assert_eq!(program.error_of(CASES, json!({})).await, "UNAUTHENTICATED");
    }
}
