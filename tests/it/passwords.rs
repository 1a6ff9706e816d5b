//! Passwords: what one must be, how it is changed, and that nothing tells who has one.

use std::time::{Duration, Instant};

use api::{
    authn,
    commands::staff::{Add, add, reset},
    scope::unscoped,
};
use entity::{
    audit_row,
    staff::{self, StaffRole},
};
use reqwest::{StatusCode, header::SET_COOKIE};
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::{Value, json};
use tests::{Client, Jfn, story};

const OLD: &str = "a long enough password";
const WHO: &str = "{ viewer { staff { id email } } }";

fn change(current: &str, new: &str) -> Value {
    json!({ "currentPassword": current, "newPassword": new })
}

async fn login(jfn: &Jfn, email: &str, password: &str) -> StatusCode {
    let body = json!({ "email": email, "password": password });
    jfn.nobody().post("/auth/login", &body).await.status()
}

/// Sends a change as a browser does, and answers the cookie that came back.
async fn cookie_after(client: &Client, mutation: &str, input: Value) -> Option<String> {
    let mut name = mutation.to_owned();
    name.replace_range(..1, &mutation[..1].to_uppercase());
    let query = format!(
        "mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ userErrors {{ message }} }} }}"
    );
    let answer = client.post("/graphql", &json!({ "query": query, "variables": { "input": input } })).await;
    let cookie = answer.headers().get(SET_COOKIE).map(|value| value.to_str().unwrap().to_owned());
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told["data"][mutation]["userErrors"], json!([]), "{told:#}");
    cookie
}

story! {
    async fn a_new_password_signs_out_everywhere_else_and_changes_the_cookie_here(jfn) {
        let (desk, phone) = (jfn.attorney(2).await, jfn.attorney(2).await);
        let cookie = cookie_after(&desk, "passwordChange", change(OLD, "seven herons on the levee")).await;
        let cookie = cookie.expect("a new cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        for old in [&desk, &phone] {
            assert_eq!(old.error_of(WHO, json!({})).await, "UNAUTHENTICATED");
        }
        let desk = jfn.nobody().with_cookie(cookie.split(';').next().unwrap());
        let id = desk.ask(WHO, json!({})).await["viewer"]["staff"]["id"].take();
        assert_eq!(login(jfn, "attorney2@jfn.example", OLD).await, StatusCode::UNAUTHORIZED);
        assert_eq!(login(jfn, "attorney2@jfn.example", "seven herons on the levee").await, StatusCode::NO_CONTENT);
        let of_them = audit_row::Column::Subject.eq(id.as_str().unwrap());
        let done = unscoped::<audit_row::Entity>().filter(of_them).filter(audit_row::Column::Result.eq("DONE"));
        let rows = done.all(&jfn.app.db).await.unwrap();
        let actions: Vec<&str> = rows.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, ["passwordChange"]);
    }
}

story! {
    async fn a_password_that_is_short_common_or_ones_own_name_is_refused_and_nothing_changes(jfn) {
        let attorney = jfn.attorney(2).await;
        for (new, told) in [
            ("fourteen chars", "15 characters"),
            ("manchesterunited", "everybody tries"),
            ("ＭanchesterUnited", "everybody tries"),
            ("abababababababab", "over and over"),
            ("attorney2@jfn.example", "little is left"),
            ("Sacramento Person 2", "little is left"),
            (OLD, "have already"),
        ] {
            let payload = attorney.change("passwordChange", "changed", change(OLD, new)).await;
            assert_eq!(payload["changed"], false);
            let error = &payload["userErrors"][0];
            assert_eq!(error["field"], json!(["newPassword"]), "{payload}");
            assert!(error["message"].as_str().unwrap().contains(told), "{new}: {error}");
        }
        attorney.ask(WHO, json!({})).await;
        assert_eq!(login(jfn, "attorney2@jfn.example", OLD).await, StatusCode::NO_CONTENT);
    }
}

story! {
    async fn a_pass_phrase_of_any_language_is_the_same_however_it_is_typed(jfn) {
        let attorney = jfn.attorney(2).await;
        let composed = "sieben Störche über dem Fluß ねこ";
        attorney.done("passwordChange", "changed", change(OLD, composed)).await;
        let decomposed = composed.replace('ö', "o\u{308}").replace('ü', "u\u{308}");
        assert_ne!(composed, decomposed);
        assert_eq!(login(jfn, "attorney2@jfn.example", &decomposed).await, StatusCode::NO_CONTENT);
        assert_eq!(login(jfn, "attorney2@jfn.example", &composed.to_lowercase()).await, StatusCode::UNAUTHORIZED);
    }
}

story! {
    async fn only_who_knows_the_old_password_sets_a_new_one_and_guesses_run_out(jfn) {
        let thief = jfn.attorney(2).await;
        let guess = change("not the password", "seven herons on the levee");
        for _ in 0..10 {
            let payload = thief.change("passwordChange", "changed", guess.clone()).await;
            assert_eq!(payload["userErrors"][0]["field"], json!(["currentPassword"]), "{payload}");
        }
        let query = "mutation ($input: PasswordChangeInput!) { passwordChange(input: $input) { changed } }";
        for current in ["not the password", OLD] {
            let input = json!({ "input": change(current, "seven herons on the levee") });
            assert_eq!(thief.error_of(query, input).await, "RATE_LIMITED");
        }
        assert_eq!(login(jfn, "attorney2@jfn.example", OLD).await, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(login(jfn, "attorney3@jfn.example", OLD).await, StatusCode::NO_CONTENT);
    }
}

story! {
    async fn guesses_at_once_are_throttled_too(jfn) {
        let guesses = (0..40).map(|_| login(jfn, "sergeant4@jfn.example", "wrong"));
        let answers = futures_util::future::join_all(guesses).await;
        let looked_at = answers.iter().filter(|status| **status == StatusCode::UNAUTHORIZED).count();
        assert!((10..=18).contains(&looked_at), "{looked_at} of 40 were looked at");
    }
}

story! {
    async fn one_address_cannot_guess_at_everybody(jfn) {
        for guess in 0..50 {
            let status = login(jfn, &format!("nobody{guess}@jfn.example"), "wrong").await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{guess}");
        }
        assert_eq!(login(jfn, "attorney3@jfn.example", OLD).await, StatusCode::TOO_MANY_REQUESTS);
    }
}

story! {
    async fn an_unknown_person_takes_as_long_as_a_wrong_password(jfn) {
        // Somebody who signs in elsewhere, and somebody who left, take as long too.
        let mut elsewhere: staff::ActiveModel = staff_of(jfn, "code7@jfn.example").await.into();
        elsewhere.password_hash = sea_orm::ActiveValue::Set(None);
        sea_orm::ActiveModelTrait::update(elsewhere, &jfn.app.db).await.unwrap();
        let mut gone: staff::ActiveModel = staff_of(jfn, "code8@jfn.example").await.into();
        gone.active = sea_orm::ActiveValue::Set(false);
        sea_orm::ActiveModelTrait::update(gone, &jfn.app.db).await.unwrap();
        let emails = ["sergeant3@jfn.example", "nobody@jfn.example", "code7@jfn.example", "code8@jfn.example"];
        let mut least = [Duration::MAX; 4];
        // The least of some tries: what else the machine does makes a try longer, never shorter.
        for _ in 0..8 {
            for (email, least) in emails.iter().zip(&mut least) {
                let started = Instant::now();
                assert_eq!(login(jfn, email, "wrong").await, StatusCode::UNAUTHORIZED);
                *least = (*least).min(started.elapsed());
            }
        }
        let longest = least.iter().max().unwrap();
        for (email, least) in emails.iter().zip(&least) {
            assert!(*least * 2 > *longest, "{email} is told apart: {least:?} of {longest:?}");
        }
    }
}

async fn staff_of(jfn: &Jfn, email: &str) -> staff::Model {
    let found = unscoped::<staff::Entity>().filter(staff::Column::Email.eq(email)).one(&jfn.app.db).await;
    found.unwrap().expect("a member of staff")
}

story! {
    async fn an_administrator_at_the_command_line_follows_the_same_rules_and_resets(jfn) {
        let new = |email: &str| Add {
            email: email.to_owned(),
            name: "New Member".to_owned(),
            role: StaffRole::Commissioner,
            district: None,
            password_stdin: false,
        };
        let short = add(&jfn.app, new("new@jfn.example"), Some("fourteen chars".to_owned())).await;
        assert!(short.unwrap_err().to_string().contains("15 characters"));
        let attorney = jfn.attorney(2).await;
        let password = reset(&jfn.app, "Attorney2@jfn.example").await.unwrap();
        assert_eq!(attorney.error_of(WHO, json!({})).await, "UNAUTHENTICATED");
        assert_eq!(login(jfn, "attorney2@jfn.example", &password).await, StatusCode::NO_CONTENT);
        assert!(reset(&jfn.app, "nobody@jfn.example").await.is_err());
        assert_ne!(authn::digest(&password), password);
    }
}
