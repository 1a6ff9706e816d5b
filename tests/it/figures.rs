//! `/metrics`, request ids, and what `/readyz` says.

use api::{app::App, city::City, http::Edge, preset::Preset, reads::readiness};
use reqwest::{Method, StatusCode};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};
use tests::{Client, Jfn, Store, key, story};

async fn page(client: &Client) -> String {
    let response = client.request(Method::GET, "/metrics").send().await.expect("the server answers");
    assert_eq!(response.status(), StatusCode::OK);
    response.text().await.expect("text")
}

#[track_caller]
fn has(page: &str, line: &str) {
    assert!(page.lines().any(|told| told == line), "`{line}` in\n{page}");
}

story! {
    async fn figures_tell_requests_by_operation_and_code_and_nothing_that_a_client_wrote(jfn) {
        let officer = jfn.code_officer(3).await;
        let nobody = jfn.nobody();
        for _ in 0..2 {
            officer.ask("query Xanadu { mine: cases { totalCount } }", json!({})).await;
        }
        assert_eq!(nobody.error_of("{ cases { totalCount } }", json!({})).await, "UNAUTHENTICATED");
        officer.error_of("{ xanadu }", json!({})).await;
        officer.ask("{ viewer { roles } cases { totalCount } }", json!({})).await;
        let input = json!({ "idempotencyKey": key(), "title": "Xanadu", "kinds": ["ILLEGAL_DUMPING"],
            "property": { "address": "1200 Xanadu Street" }, "source": "RESIDENT" });
        officer.done("caseOpen", "case { number }", input).await;
        officer.request(Method::GET, "/xanadu/1").send().await.unwrap();

        let page = page(&nobody).await;
        has(&page, r#"jfn_graphql_requests_total{operation="cases",code="OK"} 2"#);
        has(&page, r#"jfn_graphql_requests_total{operation="cases",code="UNAUTHENTICATED"} 1"#);
        has(&page, r#"jfn_graphql_requests_total{operation="unknown",code="BAD_INPUT"} 1"#);
        has(&page, r#"jfn_graphql_requests_total{operation="several",code="OK"} 1"#);
        has(&page, r#"jfn_graphql_requests_total{operation="caseOpen",code="OK"} 1"#);
        has(&page, r#"jfn_graphql_duration_seconds_count{operation="cases"} 3"#);
        has(&page, r#"jfn_http_requests_total{route="auth",status="204"} 1"#);
        has(&page, r#"jfn_http_requests_total{route="other",status="404"} 1"#);
        has(&page, "jfn_database_up 1");
        has(&page, "jfn_requests_running 1");
        has(&page, "jfn_writers_waiting 0");
        assert!(page.contains(r#"jfn_sql_duration_seconds_count{statement="insert"}"#), "{page}");
        assert!(page.contains(r#"jfn_pool_connections{state="idle"}"#), "{page}");
        assert!(page.ends_with("# EOF\n"), "it is whole");
        assert!(!page.to_lowercase().contains("xanadu") && !page.contains("jfn.example"), "{page}");
    }
}

story! {
    async fn figures_tell_how_old_what_a_feed_told_is(jfn) {
        use entity::feed;
        use sea_orm::sea_query::Expr;
        let (read, newest) = (jfn.clock.now() - chrono::TimeDelta::minutes(5), jfn.clock.now() - chrono::TimeDelta::hours(2));
        feed::Entity::update_many()
            .col_expr(feed::Column::LastSuccessAt, Expr::value(read))
            .col_expr(feed::Column::DataAsOf, Expr::value(newest))
            .exec(&jfn.app.db)
            .await
            .unwrap();
        let page = page(&jfn.nobody()).await;
        has(&page, r#"jfn_feed_last_success_age_seconds{feed="demo-police"} 300"#);
        has(&page, r#"jfn_feed_data_age_seconds{feed="demo-police"} 7200"#);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_production_mode_figures_need_their_token() {
    let ask = async |edge: Edge, token: Option<&str>| {
        let jfn = Jfn::start_as(Store::Sqlite, Edge { production: true, ..edge }).await;
        let client = token.map_or_else(|| jfn.nobody(), |token| jfn.nobody().with_token(token));
        let status = client.request(Method::GET, "/metrics").send().await.unwrap().status();
        jfn.stop().await;
        status
    };
    let edge = || Edge { metrics_token: Some(api::feeds::Secret::new("figures")), ..Edge::default() };
    assert_eq!(ask(Edge::default(), Some("figures")).await, StatusCode::FORBIDDEN);
    assert_eq!(ask(edge(), None).await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(edge(), Some("figure")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(edge(), Some("figures")).await, StatusCode::OK);
}

story! {
    async fn a_request_keeps_the_id_it_came_with_if_it_is_one(jfn) {
        use entity::audit_row;
        let given = "0192f0c1-2b7e-7c3a-9d53-5d1f6a0c2e44";
        let officer = jfn.code_officer(3).await;
        let send = async |id: &str| {
            let query = "mutation ($input: CaseOpenInput!) { caseOpen(input: $input) { case { id } userErrors { message } } }";
            let input = json!({ "idempotencyKey": key(), "title": "Couches", "kinds": ["ILLEGAL_DUMPING"],
                "property": { "address": "1200 K Street" }, "source": "RESIDENT", "allowDuplicate": true });
            let body = json!({ "query": query, "variables": { "input": input } });
            let request = officer.request(Method::POST, "/graphql").header("X-Request-Id", id).json(&body);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            response.headers()["x-request-id"].to_str().unwrap().to_owned()
        };
        assert_eq!(send(given).await, given);
        let rows = audit_row::Entity::find().all(&jfn.app.db).await.unwrap();
        assert!(rows.iter().any(|row| row.request_id.is_some_and(|id| id.to_string() == given)), "the audit names it");
        for wrong in ["", "1", "{\"a\":1}", "0192f0c12b7e7c3a9d535d1f6a0c2e44", "00000000-0000-0000-0000-000000000000"] {
            let own = send(wrong).await;
            assert_ne!(own, wrong);
            assert_eq!(own.len(), 36, "{own}");
        }
    }
}

async fn readiness_of(client: &Client) -> (StatusCode, Value) {
    let response = client.request(Method::GET, "/readyz").send().await.expect("the server answers");
    (response.status(), response.json().await.expect("JSON"))
}

story! {
    async fn readiness_tells_what_is_missing(jfn) {
        let client = jfn.nobody();
        assert_eq!(readiness_of(&client).await, (StatusCode::OK, json!({ "ready": true })));
        let stranger = App::new(jfn.app.db.clone(), City::new(Preset::sacramento().unwrap()), jfn.clock.clone());
        let missing = readiness::missing(&stranger).await;
        assert!(missing.len() == 1 && missing[0].starts_with("the preset"), "{missing:?}");
        let run = async |sql: &str| jfn.app.db.execute_unprepared(sql).await.map(|_| ()).unwrap();
        run("DELETE FROM seaql_migrations WHERE version IN ('m0021_open_deadlines', 'm0007_call_roll_up')").await;
        let (status, told) = readiness_of(&client).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        let expected = json!(["the migration m0007_call_roll_up", "the migration m0021_open_deadlines"]);
        assert_eq!(told, json!({ "ready": false, "missing": expected }));
        jfn.app.db.close_by_ref().await.unwrap();
        let (status, told) = readiness_of(&client).await;
        assert_eq!((status, &told["missing"]), (StatusCode::SERVICE_UNAVAILABLE, &json!(["the database"])));
        for alive in ["/livez", "/healthz"] {
            assert_eq!(client.request(Method::GET, alive).send().await.unwrap().status(), StatusCode::OK);
        }
        has(&page(&client).await, "jfn_database_up 0");
    }
}
