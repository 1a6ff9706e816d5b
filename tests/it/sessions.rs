//! Sessions: where somebody is signed in, for how long, and how it ends.

use api::{authn::SessionTimes, http::Edge, scope::unscoped};
use chrono::TimeDelta;
use entity::audit_row;
use reqwest::StatusCode;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use tests::{Client, Jfn, Store, story};

const WHO: &str = "{ viewer { staff { email } } }";
const SESSIONS: &str =
    "{ sessions { id isCurrent method address userAgent createdAt lastUsedAt expiresAt revokedAt } }";

async fn sessions(client: &Client) -> Vec<Value> {
    client.ask(SESSIONS, json!({})).await["sessions"].as_array().expect("a list").clone()
}

/// What the audit log tells was done to this, the oldest first.
async fn audited(jfn: &Jfn, subject: &Value) -> Vec<String> {
    let subject = subject.as_str().expect("an id");
    let rows = unscoped::<audit_row::Entity>().filter(audit_row::Column::Subject.eq(subject));
    let rows = rows.filter(audit_row::Column::Result.eq("DONE"));
    let rows = rows.order_by_asc(audit_row::Column::Id).all(&jfn.app.db).await.expect("the audit log");
    assert!(
        rows.iter().all(|row| row.staff_id.is_some() && row.request_id.is_some()),
        "who and by which request"
    );
    rows.into_iter().map(|row| row.action).collect()
}

story! {
    async fn somebody_sees_where_they_are_signed_in_and_nobody_elses_sessions(jfn) {
        let phone = jfn.sergeant(3).await;
        jfn.wait(TimeDelta::minutes(30));
        let desk = jfn.sergeant(3).await;
        jfn.sergeant(4).await;
        jfn.wait(TimeDelta::minutes(30));
        let seen = sessions(&desk).await;
        assert_eq!(seen.len(), 2, "{seen:#?}");
        assert_eq!(seen[0]["isCurrent"], true, "the newest first");
        assert_eq!(seen[1]["isCurrent"], false);
        assert_eq!(seen[0]["method"], "PASSWORD");
        assert_eq!(seen[0]["address"], "127.0.0.1");
        assert_eq!(seen[0]["createdAt"], "2026-11-20T18:30:00+00:00");
        assert_eq!(seen[0]["lastUsedAt"], "2026-11-20T19:00:00+00:00", "this very request");
        assert_eq!(seen[1]["lastUsedAt"], "2026-11-20T18:00:00+00:00");
        assert_eq!(seen[1]["expiresAt"], "2026-11-21T06:00:00+00:00");
        assert_eq!(sessions(&phone).await[1]["isCurrent"], true);
    }
}

story! {
    async fn a_session_that_is_in_use_is_written_down_once_a_minute(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let cost = async || {
            let before = jfn.statements();
            sergeant.ask("{ __typename }", json!({})).await;
            jfn.statements() - before
        };
        assert_eq!(cost().await, 1);
        jfn.wait(TimeDelta::seconds(61));
        assert_eq!(cost().await, 2);
        assert_eq!(cost().await, 1);
    }
}

story! {
    async fn a_revoked_session_is_nobody_at_its_next_request(jfn) {
        let (lost, desk) = (jfn.attorney(2).await, jfn.attorney(2).await);
        let id = sessions(&lost).await.into_iter().find(|row| row["isCurrent"] == true).unwrap()["id"].take();
        let other = jfn.sergeant(2).await;
        let revoke = json!({ "sessionId": id });
        assert_eq!(other.refused("sessionRevoke", "session { id }", revoke.clone()).await, "NOT_FOUND");
        lost.ask(WHO, json!({})).await;
        let payload = desk.done("sessionRevoke", "session { revokedAt }", revoke.clone()).await;
        assert_eq!(payload["session"]["revokedAt"], "2026-11-20T18:00:00+00:00");
        assert_eq!(lost.error_of(WHO, json!({})).await, "UNAUTHENTICATED");
        assert_eq!(sessions(&desk).await.len(), 1);
        desk.done("sessionRevoke", "session { id }", revoke).await;
        assert_eq!(audited(jfn, &id).await, ["signIn", "sessionRevoke"], "the second time changed nothing");
    }
}

story! {
    async fn signing_out_everywhere_ends_all_sessions_or_all_but_this_one(jfn) {
        let (first, second, third) = (jfn.attorney(2).await, jfn.attorney(2).await, jfn.attorney(2).await);
        let other = jfn.attorney(3).await;
        let id = sessions(&first).await[2]["id"].take();
        let payload = third.done("sessionRevokeAll", "ended", json!({ "keepThis": true })).await;
        assert_eq!(payload["ended"], 2);
        for gone in [&first, &second] {
            assert_eq!(gone.error_of(WHO, json!({})).await, "UNAUTHENTICATED");
        }
        assert_eq!(audited(jfn, &id).await, ["signIn", "sessionRevokeAll"]);
        let payload = third.done("sessionRevokeAll", "ended", json!({})).await;
        assert_eq!(payload["ended"], 1);
        assert_eq!(third.error_of(WHO, json!({})).await, "UNAUTHENTICATED");
        other.ask(WHO, json!({})).await;
    }
}

story! {
    async fn signing_in_again_makes_a_new_session_and_ends_the_one_before(jfn) {
        let mut browser = jfn.attorney(2).await;
        let before = browser.cookie().unwrap().to_owned();
        let id = sessions(&browser).await[0]["id"].take();
        browser.sign_in("attorney2@jfn.example", "a long enough password").await;
        assert_ne!(browser.cookie(), Some(before.as_str()));
        let old = jfn.nobody().with_cookie(&before);
        assert_eq!(old.error_of(WHO, json!({})).await, "UNAUTHENTICATED");
        assert_eq!(sessions(&browser).await.len(), 1);
        assert_eq!(audited(jfn, &id).await, ["signIn", "signIn"], "made by the one, ended by the other");
        let id = sessions(&browser).await[0]["id"].take();
        browser.post("/auth/logout", &json!({})).await;
        assert_eq!(audited(jfn, &id).await, ["signIn", "signOut"]);
        // A secret that somebody else planted in a browser does not become theirs.
        let mut planted = jfn.nobody().with_cookie("jfn_session=0123456789abcdef");
        planted.sign_in("attorney2@jfn.example", "a long enough password").await;
        assert_ne!(planted.cookie(), Some("jfn_session=0123456789abcdef"));
    }
}

story! {
    async fn a_program_has_no_sessions(jfn) {
        let program = crate::push::program(jfn, entity::access_token::TokenScope::ReadCases, None).await;
        assert_eq!(program.error_of("{ sessions { id } }", json!({})).await, "FORBIDDEN");
    }
}

async fn ends_when_nobody_uses_it(store: Store) {
    let times = SessionTimes { idle: TimeDelta::minutes(20), longest: TimeDelta::hours(1) };
    let jfn = Jfn::start_with(store, Edge::default(), times, |_| ()).await;
    let (busy, away) = (jfn.sergeant(3).await, jfn.sergeant(3).await);
    for _ in 0..2 {
        jfn.wait(TimeDelta::minutes(19));
        busy.ask(WHO, json!({})).await;
    }
    assert_eq!(away.error_of(WHO, json!({})).await, "UNAUTHENTICATED", "nobody used it for 38 minutes");
    assert_eq!(sessions(&busy).await.len(), 1);
    jfn.wait(TimeDelta::minutes(19));
    busy.ask(WHO, json!({})).await;
    jfn.wait(TimeDelta::minutes(4));
    assert_eq!(busy.error_of(WHO, json!({})).await, "UNAUTHENTICATED", "it is older than an hour");
    let out = busy.post("/auth/logout", &json!({})).await;
    assert_eq!(out.status(), StatusCode::NO_CONTENT, "whoever is out already may still sign out");
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_when_nobody_uses_it_and_at_its_age_on_sqlite() {
    ends_when_nobody_uses_it(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_when_nobody_uses_it_and_at_its_age_on_postgres() {
    ends_when_nobody_uses_it(Store::Postgres).await;
}
