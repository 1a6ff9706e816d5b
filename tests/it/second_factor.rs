//! A second factor beside the password: enrolled, asked for, used once, recovered, and required by a city.

use api::{commands::staff::reset, http::Edge, scope::unscoped};
use chrono::TimeDelta;
use entity::{audit_row, recovery_code, session};
use reqwest::{StatusCode, header::SET_COOKIE};
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::{Value, json};
use tests::{Client, Jfn, Store, story};
use totp_rs::{Builder, Secret};

const PASSWORD: &str = "a long enough password";
const WHO: &str = "{ viewer { staff { email } } }";
const FACTOR: &str = "{ secondFactor { confirmedAt recoveryCodesLeft required } }";

/// The six digits that an authenticator with that secret shows now.
fn code(jfn: &Jfn, secret: &str) -> String {
    let secret = Secret::try_from_base32(secret).expect("a secret");
    let authenticator = Builder::new().with_secret(secret).build().expect("an authenticator");
    authenticator.generate(jfn.clock.now().timestamp().unsigned_abs()).to_string()
}

/// What the server answers to a sign-in: status, body, and the cookie if there is one.
async fn login(jfn: &Jfn, email: &str, code: Option<&str>) -> (StatusCode, Value, Option<Client>) {
    let body = json!({ "email": email, "password": PASSWORD, "code": code });
    let answer = jfn.nobody().post("/auth/login", &body).await;
    let cookie = answer.headers().get(SET_COOKIE).map(|value| value.to_str().unwrap().to_owned());
    let client = cookie.map(|cookie| jfn.nobody().with_cookie(cookie.split(';').next().unwrap()));
    (answer.status(), answer.json().await.unwrap_or_default(), client)
}

async fn gets_in(jfn: &Jfn, email: &str, code: &str) -> bool {
    let (status, body, client) = login(jfn, email, Some(code)).await;
    assert!(status == StatusCode::NO_CONTENT || body == json!({ "code": "INVALID_CREDENTIALS" }), "{body}");
    client.is_some()
}

/// What the audit log has of that action with that result.
async fn audited(jfn: &Jfn, action: &str, result: &str) -> Vec<audit_row::Model> {
    let rows = unscoped::<audit_row::Entity>().filter(audit_row::Column::Action.eq(action));
    rows.filter(audit_row::Column::Result.eq(result)).all(&jfn.app.db).await.expect("the audit log")
}

/// Enrols an authenticator; answers its secret, the recovery codes, and the client with its new cookie.
async fn enrolled(jfn: &Jfn, client: &Client) -> (String, Vec<String>, Client) {
    let payload =
        client.done("secondFactorEnrol", "secret address", json!({ "currentPassword": PASSWORD })).await;
    let secret = payload["secret"].as_str().expect("a secret").to_owned();
    assert!(payload["address"].as_str().unwrap().contains(&secret));
    let query = "mutation ($input: SecondFactorConfirmInput!) { secondFactorConfirm(input: $input) \
        { recoveryCodes userErrors { message } } }";
    let input = json!({ "query": query, "variables": { "input": { "code": code(jfn, &secret) } } });
    let answer = client.post("/graphql", &input).await;
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let told: Value = answer.json().await.unwrap();
    let codes = told["data"]["secondFactorConfirm"]["recoveryCodes"].as_array().expect("codes").clone();
    let codes = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    (secret, codes, jfn.nobody().with_cookie(&cookie))
}

story! {
    async fn whoever_enrolled_an_authenticator_signs_in_with_its_code(jfn) {
        let (desk, phone) = (jfn.attorney(2).await, jfn.attorney(2).await);
        let (secret, _, renewed) = enrolled(jfn, &desk).await;
        for old in [&desk, &phone] {
            assert_eq!(old.error_of(WHO, json!({})).await, "UNAUTHENTICATED", "a new id, and out everywhere else");
        }
        let seen = renewed.ask("{ sessions { method isCurrent } }", json!({})).await;
        assert_eq!(seen["sessions"], json!([{ "method": "PASSWORD_AND_CODE", "isCurrent": true }]));
        let (status, body, none) = login(jfn, "attorney2@jfn.example", None).await;
        assert_eq!((status, &body["code"]), (StatusCode::UNAUTHORIZED, &json!("SECOND_FACTOR_REQUIRED")));
        assert!(none.is_none());
        assert!(!gets_in(jfn, "attorney2@jfn.example", "000000").await);
        for refused in ["SECOND_FACTOR_REQUIRED", "INVALID_CREDENTIALS"] {
            let rows = audited(jfn, "signIn", refused).await;
            assert_eq!(rows.len(), 1, "{refused}");
            assert!(rows[0].staff_id.is_none() && rows[0].subject.starts_with("staff_"), "about them, not by them");
        }
        jfn.wait(TimeDelta::seconds(30));
        assert!(gets_in(jfn, "attorney2@jfn.example", &code(jfn, &secret)).await);
        let factor = renewed.ask(FACTOR, json!({})).await["secondFactor"].take();
        let expected =
            json!({ "confirmedAt": "2026-11-20T18:00:00+00:00", "recoveryCodesLeft": 10, "required": false });
        assert_eq!(factor, expected);
    }
}

story! {
    async fn a_code_that_was_used_is_refused(jfn) {
        let (secret, ..) = enrolled(jfn, &jfn.attorney(2).await).await;
        let first = code(jfn, &secret);
        assert!(!gets_in(jfn, "attorney2@jfn.example", &first).await, "it confirmed the enrolment");
        jfn.wait(TimeDelta::seconds(60));
        let second = code(jfn, &secret);
        assert!(gets_in(jfn, "attorney2@jfn.example", &second).await);
        assert!(!gets_in(jfn, "attorney2@jfn.example", &second).await);
        jfn.wait(TimeDelta::seconds(30));
        assert!(!gets_in(jfn, "attorney2@jfn.example", &second).await, "nor a step later");
        let third = code(jfn, &secret);
        let (one, other) = tokio::join!(
            gets_in(jfn, "attorney2@jfn.example", &third),
            gets_in(jfn, "attorney2@jfn.example", &third)
        );
        assert!(one != other, "of two at once one gets in");
    }
}

story! {
    async fn a_recovery_code_is_good_once_and_kept_as_a_hash(jfn) {
        let (secret, codes, client) = enrolled(jfn, &jfn.attorney(2).await).await;
        assert_eq!(codes.len(), 10);
        let rows = unscoped::<recovery_code::Entity>().all(&jfn.app.db).await.unwrap();
        assert!(rows.iter().all(|row| !codes.contains(&row.code_hash) && row.code_hash.len() == 64));
        assert!(gets_in(jfn, "attorney2@jfn.example", &codes[0]).await);
        assert!(!gets_in(jfn, "attorney2@jfn.example", &codes[0]).await);
        let typed = codes[1].to_lowercase().replace('-', " ");
        assert!(gets_in(jfn, "attorney2@jfn.example", &typed).await);
        let left = client.ask(FACTOR, json!({})).await["secondFactor"]["recoveryCodesLeft"].take();
        assert_eq!(left, 8);
        jfn.wait(TimeDelta::seconds(30));
        let both = json!({ "currentPassword": PASSWORD, "code": code(jfn, &secret) });
        let query = "mutation ($input: RecoveryCodesRenewInput!) { recoveryCodesRenew(input: $input) \
            { recoveryCodes userErrors { code } } }";
        let renewed = client.ask(query, json!({ "input": both })).await["recoveryCodesRenew"].take();
        assert_eq!(renewed["recoveryCodes"].as_array().unwrap().len(), 10, "{renewed}");
        assert!(!gets_in(jfn, "attorney2@jfn.example", &codes[2]).await);
        assert!(gets_in(jfn, "attorney2@jfn.example", renewed["recoveryCodes"][0].as_str().unwrap()).await);
    }
}

story! {
    async fn nothing_is_asked_for_until_a_first_code_has_shown_that_it_works(jfn) {
        let attorney = jfn.attorney(2).await;
        let wrong = json!({ "currentPassword": "wrong" });
        assert_eq!(attorney.refused("secondFactorEnrol", "secret", wrong).await, "INVALID");
        assert_eq!(audited(jfn, "secondFactorEnrol", "INVALID").await.len(), 1);
        assert_eq!(attorney.refused("secondFactorConfirm", "recoveryCodes", json!({ "code": "123456" })).await, "REQUIRED");
        let own = json!({ "currentPassword": PASSWORD });
        let first = attorney.done("secondFactorEnrol", "secret", own.clone()).await;
        let second = attorney.done("secondFactorEnrol", "secret", own.clone()).await;
        assert_ne!(first["secret"], second["secret"]);
        let old = json!({ "code": code(jfn, first["secret"].as_str().unwrap()) });
        assert_eq!(attorney.refused("secondFactorConfirm", "recoveryCodes", old).await, "INVALID");
        assert_eq!(login(jfn, "attorney2@jfn.example", None).await.0, StatusCode::NO_CONTENT);
        let (_, _, renewed) = enrolled(jfn, &attorney).await;
        assert_eq!(renewed.refused("secondFactorEnrol", "secret", own).await, "NOT_UNIQUE");
    }
}

story! {
    async fn a_shorter_password_will_do_beside_a_second_factor_which_then_stays(jfn) {
        let (secret, _, client) = enrolled(jfn, &jfn.attorney(2).await).await;
        let query = "mutation ($input: PasswordChangeInput!) { passwordChange(input: $input) \
            { changed userErrors { message } } }";
        let change = json!({ "currentPassword": PASSWORD, "newPassword": "nine owls" });
        let body = json!({ "query": query, "variables": { "input": change } });
        let answer = client.post("/graphql", &body).await;
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let client = jfn.nobody().with_cookie(&cookie);
        jfn.wait(TimeDelta::seconds(30));
        let both = |password: &str| json!({ "currentPassword": password, "code": code(jfn, &secret) });
        assert_eq!(client.refused("secondFactorRemove", "removed", both("nine owls")).await, "TRANSITION_BLOCKED");
        let longer = json!({ "currentPassword": "nine owls", "newPassword": "nine owls upon a wire" });
        let body = json!({ "query": query, "variables": { "input": longer } });
        let answer = client.post("/graphql", &body).await;
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let client = jfn.nobody().with_cookie(&cookie);
        let wrong = json!({ "currentPassword": "nine owls upon a wire", "code": "000000" });
        assert_eq!(client.refused("secondFactorRemove", "removed", wrong).await, "INVALID");
        client.done("secondFactorRemove", "removed", both("nine owls upon a wire")).await;
        let body = json!({ "email": "attorney2@jfn.example", "password": "nine owls upon a wire" });
        assert_eq!(jfn.nobody().post("/auth/login", &body).await.status(), StatusCode::NO_CONTENT);
    }
}

story! {
    async fn codes_cannot_be_tried_one_after_the_other(jfn) {
        enrolled(jfn, &jfn.attorney(2).await).await;
        for guess in 0..10 {
            assert!(!gets_in(jfn, "attorney2@jfn.example", &format!("00000{guess}")).await);
        }
        let (status, ..) = login(jfn, "attorney2@jfn.example", Some("000000")).await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    }
}

story! {
    async fn who_lost_the_authenticator_is_let_in_by_an_administrator(jfn) {
        enrolled(jfn, &jfn.attorney(2).await).await;
        let password = reset(&jfn.app, "attorney2@jfn.example").await.unwrap();
        let body = json!({ "email": "attorney2@jfn.example", "password": password });
        assert_eq!(jfn.nobody().post("/auth/login", &body).await.status(), StatusCode::NO_CONTENT);
        assert!(unscoped::<recovery_code::Entity>().all(&jfn.app.db).await.unwrap().is_empty());
        let open = unscoped::<session::Entity>().all(&jfn.app.db).await.unwrap();
        assert_eq!(open.iter().filter(|row| row.revoked_at.is_none()).count(), 1);
    }
}

async fn requires_one(store: Store) {
    let jfn =
        Jfn::start_in(store, Edge::default(), |preset| preset.sign_in.second_factor_required = true).await;
    let attorney = jfn.attorney(2).await;
    for query in [
        "{ cases { totalCount } }",
        "{ staff { id } }",
        "{ docket(from: \"2026-12-07\", to: \"2026-12-11\") { totalCount } }",
    ] {
        let answer = attorney.answer(query, json!({})).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "FORBIDDEN", "{answer:#}");
        assert!(error["message"].as_str().unwrap().contains("secondFactorEnrol"), "{error}");
    }
    assert_eq!(attorney.ask(FACTOR, json!({})).await["secondFactor"]["required"], true);
    let (secret, _, renewed) = enrolled(&jfn, &attorney).await;
    renewed.ask("{ cases { totalCount } }", json!({})).await;
    jfn.wait(TimeDelta::seconds(30));
    let both = json!({ "currentPassword": PASSWORD, "code": code(&jfn, &secret) });
    assert_eq!(renewed.refused("secondFactorRemove", "removed", both).await, "NOT_ALLOWED");
    let (_, _, client) = login(&jfn, "attorney2@jfn.example", Some(&code(&jfn, &secret))).await;
    client.expect("a session").ask("{ cases { totalCount } }", json!({})).await;
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_city_may_ask_everybody_for_a_second_factor_on_sqlite() {
    requires_one(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_city_may_ask_everybody_for_a_second_factor_on_postgres() {
    requires_one(Store::Postgres).await;
}
