//! Signing in and out, tokens, and what the HTTP edge refuses.

use api::http::Edge;
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, SET_COOKIE},
};
use serde_json::{Value, json};
use tests::{Client, Jfn, Store, story};

const WHO: &str = "{ viewer { roles isCitywide staff { email } districts { number } } }";

story! {
    async fn a_sergeant_signs_in_and_out(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let viewer = sergeant.ask(WHO, json!({})).await["viewer"].take();
        let expected = json!({
            "roles": ["SERGEANT"], "isCitywide": false,
            "staff": { "email": "sergeant3@jfn.example" }, "districts": [{ "number": 3 }],
        });
        assert_eq!(viewer, expected);
        let out = sergeant.post("/auth/logout", &json!({})).await;
        assert_eq!(out.status(), StatusCode::NO_CONTENT);
        assert_eq!(sergeant.error_of(WHO, json!({})).await, "UNAUTHENTICATED");
    }
}

story! {
    async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites(jfn) {
        let body = json!({ "email": "Sergeant3@JFN.example", "password": "a long enough password" });
        let response = jfn.nobody().post("/auth/login", &body).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        let cookie = response.headers()[SET_COOKIE].to_str().unwrap().to_owned();
        assert!(cookie.starts_with("jfn_session="));
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    }
}

story! {
    async fn a_wrong_password_and_an_unknown_person_get_the_same_answer(jfn) {
        let mut answers = Vec::new();
        for email in ["sergeant3@jfn.example", "nobody@jfn.example"] {
            let body = json!({ "email": email, "password": "wrong" });
            let response = jfn.nobody().post("/auth/login", &body).await;
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
            answers.push(response.json::<Value>().await.unwrap());
        }
        assert_eq!(answers[0], json!({ "code": "INVALID_CREDENTIALS" }));
        assert_eq!(answers[0], answers[1]);
    }
}

story! {
    async fn guessing_is_throttled(jfn) {
        let body = json!({ "email": "sergeant4@jfn.example", "password": "wrong" });
        for _ in 0..10 {
            assert_eq!(jfn.nobody().post("/auth/login", &body).await.status(), StatusCode::UNAUTHORIZED);
        }
        let response = jfn.nobody().post("/auth/login", &body).await;
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(response.headers().contains_key("retry-after"));
    }
}

story! {
    async fn a_session_ends_after_twelve_hours(jfn) {
        let sergeant = jfn.sergeant(3).await;
        jfn.wait(chrono::TimeDelta::hours(11));
        sergeant.ask(WHO, json!({})).await;
        jfn.wait(chrono::TimeDelta::hours(2));
        assert_eq!(sergeant.error_of(WHO, json!({})).await, "UNAUTHENTICATED");
    }
}

async fn status(client: &Client, path: &str, media: &str, body: &str) -> StatusCode {
    let request = client.request(Method::POST, path).header(CONTENT_TYPE, media).body(body.to_owned());
    request.send().await.expect("an answer").status()
}

story! {
    async fn the_edge_takes_json_by_post_and_no_more_than_its_limit(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let query = json!({ "query": "{ viewer { isCitywide } }" }).to_string();
        assert_eq!(status(&sergeant, "/graphql", "application/json", &query).await, StatusCode::OK);
        assert_eq!(status(&sergeant, "/graphql", "text/plain", &query).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(status(&sergeant, "/graphql", "application/json", "{ not json").await, StatusCode::BAD_REQUEST);
        let large = format!("{{\"query\": \"{}\"}}", "x".repeat(2 * 1024 * 1024));
        assert_eq!(status(&sergeant, "/graphql", "application/json", &large).await, StatusCode::PAYLOAD_TOO_LARGE);
        let delete = sergeant.request(Method::DELETE, "/graphql").send().await.unwrap();
        assert_eq!(delete.status(), StatusCode::METHOD_NOT_ALLOWED);
        let picky = sergeant.request(Method::POST, "/graphql").header(ACCEPT, "image/png").json(&json!({}));
        assert_eq!(picky.send().await.unwrap().status(), StatusCode::NOT_ACCEPTABLE);
        let page = jfn.nobody().request(Method::GET, "/graphql").header(ACCEPT, "text/html").send().await.unwrap();
        assert!(page.text().await.unwrap().contains("GraphiQL"));
    }
}

story! {
    async fn the_answers_type_and_status_follow_what_was_asked_for(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let newer = "application/graphql-response+json";
        for (accept, body, expected) in [
            (newer, json!({ "query": "{ viewer { isCitywide } }" }), StatusCode::OK),
            (newer, json!({ "query": "{ nothing }" }), StatusCode::BAD_REQUEST),
            ("application/json", json!({ "query": "{ nothing }" }), StatusCode::OK),
        ] {
            let request = sergeant.request(Method::POST, "/graphql").header(ACCEPT, accept).json(&body);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), expected, "{accept} {body}");
            assert!(response.headers()[CONTENT_TYPE].to_str().unwrap().starts_with(accept));
            let answer: Value = response.json().await.unwrap();
            assert_eq!(answer.get("data").is_some(), expected == StatusCode::OK && answer.get("errors").is_none());
        }
    }
}

story! {
    async fn health_is_told_to_anybody(jfn) {
        for path in ["/healthz", "/readyz"] {
            let response = jfn.nobody().request(Method::GET, path).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
        }
    }
}

story! {
    async fn a_wrong_token_is_no_token(jfn) {
        let program = jfn.nobody().with_token("jfn_0123456789");
        let response = program.post("/graphql", &json!({ "query": WHO })).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_mode_shows_neither_graphiql_nor_the_schema() {
    let jfn = Jfn::start_as(Store::Sqlite, Edge { production: true, ..Edge::default() }).await;
    let page =
        jfn.nobody().request(Method::GET, "/graphql").header(ACCEPT, "text/html").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::NOT_ACCEPTABLE);
    let sergeant = jfn.sergeant(3).await;
    let answer = sergeant.answer("{ __schema { types { name } } }", json!({})).await;
    assert!(answer["data"]["__schema"].is_null(), "{answer}");
    let answer = sergeant.answer("{ casess { totalCount } }", json!({})).await;
    assert!(!answer.to_string().contains("Did you mean"), "no suggestions: {answer}");
    jfn.stop().await;
}
