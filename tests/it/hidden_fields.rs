//! What not everybody sees who sees a thing: every field of everything that has an id is asked for as everybody, and what is
//! hidden can neither be found by its id, nor by a filter, nor by how much work its refusal is.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Client, Store};

use crate::{
    matrix_arguments::Schema,
    matrix_page::{EVERYBODY, table},
    matrix_targets::Targets,
    who_may_what::{City, thing},
};

/// What somebody is answered for one field of one thing: its value, or the code of an error.
async fn field_of(client: &Client, name: &str, selection: &str, id: &Value) -> Result<Value, String> {
    let query = format!("query ($id: ID!) {{ node(id: $id) {{ ... on {name} {{ {selection} }} }} }}");
    let answer = client.answer(&query, json!({ "id": id })).await;
    match answer["errors"].get(0) {
        Some(error) => Err(error["extensions"]["code"].as_str().unwrap_or_default().to_owned()),
        None => Ok(answer["data"]["node"].clone()),
    }
}

/// The same for all fields: in one request, or one by one when one of them is refused.
async fn fields_of(
    client: &Client,
    name: &str,
    fields: &[(&str, String)],
    id: &Value,
) -> BTreeMap<String, Result<Value, String>> {
    let all: Vec<&str> = fields.iter().map(|(_, selection)| selection.as_str()).collect();
    let mut told = BTreeMap::new();
    let whole = field_of(client, name, &all.join(" "), id).await;
    for (field, selection) in fields {
        let answer = match &whole {
            Ok(node) => Ok(node[*field].clone()),
            Err(_) => field_of(client, name, selection, id).await.map(|node| node[*field].clone()),
        };
        told.insert((*field).to_owned(), answer);
    }
    told
}

/// How much an answer shows, for finding out who sees most.
fn shown(answer: &Result<Value, String>) -> usize {
    match answer {
        Ok(Value::Null) => 1,
        Ok(value) => 2 + value.to_string().len(),
        Err(_) => 0,
    }
}

fn word(own: &Result<Value, String>, other: &Result<Value, String>, most: (&Value, &Value)) -> &'static str {
    let sees =
        |answer: &Result<Value, String>, most: &Value| answer.as_ref().is_ok_and(|value| value == most);
    match (sees(own, most.0), sees(other, most.1)) {
        (true, true) => "yes",
        (true, false) => "own",
        _ if own.as_ref().is_err_and(|code| code == "FORBIDDEN") => "no",
        _ => "unseen",
    }
}

/// A line for each field that some of those who see the thing do not see in full, as the page has it.
async fn hidden_in(city: &City, schema: &Schema) -> Vec<String> {
    let mut found = Vec::new();
    for line in table("Things by their id").iter().filter(|line| line.kind().is_empty()) {
        let (name, fields) = (line.name(), schema.plain_fields(line.name()));
        let mut told = Vec::new();
        for (who, client) in city.everybody.iter().enumerate() {
            let is_seen = ["yes", "own"].contains(&line.words[who].as_str());
            let of =
                async |targets: &Targets| fields_of(client, name, &fields, targets.of(&thing(line))).await;
            // Whoever sees it in their own districts only is asked about those.
            let own_only = line.words[who] == "own";
            told.push(match (is_seen, own_only) {
                (false, _) => None,
                (true, true) => Some((of(&city.own).await, None)),
                (true, false) => Some((of(&city.own).await, Some(of(&city.other).await))),
            });
        }
        for (field, _) in &fields {
            let most = |answers: Vec<&Result<Value, String>>| {
                let most = answers.into_iter().max_by_key(|answer| shown(answer));
                most.and_then(|answer| answer.clone().ok()).unwrap_or_default()
            };
            let own = most(told.iter().flatten().map(|(own, _)| &own[*field]).collect());
            let other =
                most(told.iter().flatten().filter_map(|(_, other)| Some(&other.as_ref()?[*field])).collect());
            let words: Vec<&str> = told
                .iter()
                .map(|answers| match answers {
                    None => "–",
                    Some((mine, Some(theirs))) => word(&mine[*field], &theirs[*field], (&own, &other)),
                    Some((mine, None)) => word(&mine[*field], &mine[*field], (&own, &own)),
                })
                .collect();
            if words.iter().any(|word| !["yes", "–"].contains(word)) {
                found.push(format!("`{name}.{field}` | {}", words.join(" | ")));
            }
        }
    }
    found
}

async fn what_is_hidden_is_what_the_page_says(store: Store) {
    let city = City::new(store).await;
    let schema = Schema::of(&city.everybody[0]).await;
    let found = hidden_in(&city, &schema).await;
    let lines = table("Fields that not everybody sees who sees the thing");
    let told: Vec<String> =
        lines.iter().map(|line| format!("`{} | {}", line.what, line.words.join(" | "))).collect();
    let missing: Vec<_> = found.iter().filter(|line| !told.contains(line)).collect();
    let strange: Vec<_> = told.iter().filter(|line| !found.contains(line)).collect();
    assert!(missing.is_empty() && strange.is_empty(), "the server: {missing:#?}\nthe page: {strange:#?}");
    city.jfn.stop().await;
}

/// The answer without what differs from request to request: the request's own id, and the id that was asked for.
async fn answered(city: &City, client: &Client, query: &str, id: &Value, more: &Value) -> (String, u64) {
    let mut input = more.clone();
    if let Value::Object(fields) = &mut input {
        for value in fields.values_mut().filter(|value| **value == "ID") {
            *value = id.clone();
        }
    }
    let before = city.jfn.statements();
    let answer = client.answer(query, json!({ "id": id, "input": input })).await;
    let statements = city.jfn.statements() - before;
    let request = answer["errors"][0]["extensions"]["requestId"].as_str().unwrap_or("none").to_owned();
    let text = answer.to_string().replace(&request, "…");
    (text.replace(id.as_str().expect("an id"), "…"), statements)
}

/// An id of that kind that never was.
fn never(id: &Value) -> Value {
    let (kind, _) = id.as_str().and_then(|id| id.split_once('_')).expect("an id");
    json!(format!("{kind}_0198c0de00007000800000000000000f"))
}

async fn what_one_may_not_see_answers_as_what_never_was(store: Store) {
    let city = City::new(store).await;
    let node = "query ($id: ID!) { node(id: $id) { __typename } }";
    let nodes = "query ($id: ID!) { nodes(ids: [$id]) { id } }";
    let of = |name: &str| {
        EVERYBODY.iter().position(|who| *who == name).map(|at| &city.everybody[at]).expect("somebody")
    };
    let sergeant = of("sergeant");
    let of_own = ["privileged event", "privileged evidence"].map(|kind| (kind, city.own.of(kind)));
    let of_other = ["privileged event", "privileged evidence", "flag", "call", "challenge", "early warning"]
        .map(|kind| (kind, city.other.of(kind)));
    for (kind, id) in of_own.into_iter().chain(of_other) {
        for query in [node, nodes] {
            let seen = answered(&city, sergeant, query, id, &Value::Null).await;
            assert_eq!(
                seen,
                answered(&city, sergeant, query, &never(id), &Value::Null).await,
                "{kind}: {query}"
            );
        }
    }
    let change = |name: &str| {
        let input = name[..1].to_uppercase() + &name[1..];
        format!(
            "mutation ($input: {input}Input!) {{ {name}(input: $input) {{ userErrors {{ code message field }} }} }}"
        )
    };
    let reason = "Looked at it.";
    for (name, kind, of, input) in [
        (
            "evidenceWithdraw",
            "privileged evidence",
            &city.own,
            json!({ "evidenceId": "ID", "reason": reason }),
        ),
        (
            "flagReview",
            "flag",
            &city.other,
            json!({ "flagId": "ID", "expectedVersion": 1, "decision": "CONFIRM", "reason": reason }),
        ),
        (
            "callChallenge",
            "call",
            &city.other,
            json!({ "idempotencyKey": tests::key(), "callId": "ID", "onBehalfOf": "OWNER", "reason": reason }),
        ),
        (
            "callChallengeDecide",
            "challenge",
            &city.other,
            json!({ "challengeId": "ID", "expectedVersion": 1, "decision": "UPHOLD", "reason": reason }),
        ),
    ] {
        let id = of.of(kind);
        let seen = answered(&city, sergeant, &change(name), id, &input).await;
        assert!(seen.0.contains("NOT_FOUND"), "{name}: {}", seen.0);
        assert_eq!(seen, answered(&city, sergeant, &change(name), &never(id), &input).await, "{name}");
    }
    for (kind, of, path) in
        [("privileged evidence", &city.own, "/evidence/"), ("early warning", &city.other, "/letters/")]
    {
        let mut told = Vec::new();
        for id in [of.of(kind).clone(), never(of.of(kind))] {
            let before = city.jfn.statements();
            let path = format!("{path}{}", id.as_str().expect("an id"));
            let answer = sergeant.request(Method::GET, &path).send().await.expect("an answer");
            let status = answer.status();
            let mut body: Value = answer.json().await.expect("JSON");
            body["requestId"] = Value::Null;
            told.push((status, body, city.jfn.statements() - before));
        }
        assert_eq!(told[0], told[1], "{path}");
    }
    city.jfn.stop().await;
}

/// Words that stand only where the sergeant may not read do not find anything for them, nor does the order tell.
async fn no_filter_finds_what_is_hidden(store: Store) {
    let city = City::new(store).await;
    let sergeant = &city.everybody[1];
    for words in ["Spoke with the owner", "Settle before the hearing", "memo.jpg"] {
        for field in ["cases", "properties", "legalActions"] {
            let query =
                format!("query ($text: String!) {{ {field}(filter: {{ text: $text }}) {{ totalCount }} }}");
            let found = sergeant.ask(&query, json!({ "text": words })).await;
            assert_eq!(found[field]["totalCount"], 0, "{field}: {words}");
        }
    }
    // What a program may not read, it may not count either, and who reads no cases cannot sort them.
    let refused = [
        ("program that reads", "{ highVolumeProperties(window: { days: 30 }) { totalCount } }"),
        ("program that reads", "{ flags(filter: { statuses: [CONFIRMED] }) { totalCount } }"),
        ("commissioner", "{ cases(filter: { text: \"K ST\" }, sort: [{ by: PRIORITY }]) { totalCount } }"),
        ("commissioner", "{ districts { cases(filter: { stale: true }) { totalCount } } }"),
        ("administrator", "{ properties(filter: { hasOpenCase: true }) { totalCount } }"),
    ];
    for (who, query) in refused {
        let at = EVERYBODY.iter().position(|name| *name == who).expect("somebody");
        assert_eq!(city.everybody[at].error_of(query, json!({})).await, "FORBIDDEN", "{who}: {query}");
    }
    // Nor do calls and flags of another district be had through its places.
    let query = "query ($id: ID!) { property(by: { id: $id }) { calls { totalCount nodes { id } } flags { totalCount nodes { id } } } }";
    let seen = sergeant.ask(query, json!({ "id": city.other.of("property") })).await["property"].take();
    let nothing = json!({ "totalCount": 0, "nodes": [] });
    assert_eq!(seen, json!({ "calls": nothing, "flags": nothing }));
    city.jfn.stop().await;
}

macro_rules! on_both {
    ($($name:ident),+) => {$(
        mod $name {
            use tests::Store;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$name(Store::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                super::$name(Store::Postgres).await;
            }
        }
    )+};
}

on_both!(
    what_is_hidden_is_what_the_page_says,
    what_one_may_not_see_answers_as_what_never_was,
    no_filter_finds_what_is_hidden
);
