//! GraphQL over HTTP as its specification has it.

use std::process::Stdio;

use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, ALLOW, CONTENT_TYPE},
};
use serde_json::{Value, json};
use tests::{key, story};

/// What the audits of `graphql-http` say of the server at that address.
async fn audits(url: &str) -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/audits");
    let output = tokio::process::Command::new("node")
        .args(["over_http.mjs", &format!("{url}/graphql")])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("node runs; `make test` installs it");
    let told = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(&told).unwrap_or_else(|_| panic!("no audits: {told} {complaint}"))
}

story! {
    async fn the_public_audits_find_nothing(jfn) {
        let found = audits(&jfn.url).await;
        assert!(found.len() >= 60, "only {} audits were made", found.len());
        // A notice is of what a server may do and need not.
        let good = |audit: &Value| audit["status"] == "ok" || audit["status"] == "notice";
        let bad: Vec<&Value> = found.iter().filter(|audit| !good(audit)).collect();
        assert!(bad.is_empty(), "{bad:#?}");
    }
}

story! {
    async fn a_query_may_come_by_get_and_a_mutation_may_not(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let two = "query A { viewer { staff { email } } } mutation B($input: CaseAddNoteInput!) \
            { caseAddNote(input: $input) { userErrors { code } } }";
        let ask = |operation: &str| {
            let asked = [("query", two), ("operationName", operation), ("variables", "{\"input\":{}}")];
            sergeant.request(Method::GET, "/graphql").query(&asked).header(ACCEPT, "application/json")
        };
        let answer: Value = ask("A").send().await.expect("an answer").json().await.expect("JSON");
        assert_eq!(answer["data"]["viewer"]["staff"]["email"], "sergeant3@jfn.example", "{answer:#}");
        let refused = ask("B").send().await.expect("an answer");
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(refused.headers()[ALLOW], "POST");
        for wrong in [("variables", "[1]"), ("variables", "\"x\""), ("extensions", "7")] {
            let asked = [("query", "{ __typename }"), wrong];
            let answer = sergeant.request(Method::GET, "/graphql").query(&asked).send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{wrong:?}");
        }
    }
}

story! {
    async fn a_form_of_another_site_changes_nothing(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let open = json!({
            "query": "mutation ($input: CaseOpenInput!) { caseOpen(input: $input) { userErrors { code } } }",
            "variables": { "input": {
                "idempotencyKey": key(), "title": "Couch", "kinds": ["OTHER"], "property": { "id": place },
                "source": "PATROL",
            } },
        })
        .to_string();
        for media in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
            let sent = sergeant.request(Method::POST, "/graphql").header(CONTENT_TYPE, media).body(open.clone());
            let answer = sent.send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{media}");
        }
        let cases = sergeant.ask("{ cases { totalCount } }", json!({})).await;
        assert_eq!(cases["cases"]["totalCount"], 0);
    }
}

story! {
    async fn a_batch_is_no_request(jfn) {
        let batch = json!([{ "query": "{ __typename }" }, { "query": "{ __typename }" }]);
        let answer = jfn.nobody().post("/graphql", &batch).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    }
}

story! {
    async fn what_cannot_be_read_is_not_told_back_at_length(jfn) {
        let long = format!("{{ viewer {} ", "nonsense%".repeat(20_000));
        let answer = jfn.nobody().answer(&long, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_INPUT");
        assert!(answer.to_string().len() < 2_000, "{} bytes", answer.to_string().len());
    }
}

story! {
    async fn an_answer_tells_its_cost(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let small = sergeant.answer("{ viewer { isCitywide } }", json!({})).await;
        let large = sergeant.answer("{ cases(first: 50) { nodes { number title } } }", json!({})).await;
        let cost = |answer: &Value| answer["extensions"]["cost"]["requested"].as_u64().expect("a cost");
        assert_eq!(cost(&small), 2);
        assert!(cost(&large) >= 100, "a list costs as often as it may have rows: {large:#}");
        assert_eq!(large["extensions"]["cost"]["limit"], 20_000);
    }
}

story! {
    async fn a_page_of_another_site_opens_no_socket_in_somebodys_name(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let host = jfn.url.strip_prefix("http://").expect("an address").to_owned();
        let foreign = [
            "https://evil.example".to_owned(), "null".to_owned(), format!("https://{host}.evil.example"),
            format!("https://evil.example/{host}"), format!("https://user@{host}"), host.clone(), String::new(),
        ];
        for origin in foreign {
            let refused = sergeant.socket_from(Some(&origin), "graphql-transport-ws").await.err();
            assert_eq!(refused, Some(403), "{origin:?}");
        }
        for ours in [Some(format!("http://{host}")), None] {
            let opened = sergeant.socket_from(ours.as_deref(), "graphql-transport-ws").await;
            assert!(opened.is_ok(), "{ours:?}");
        }
    }
}
