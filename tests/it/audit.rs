//! The audit log: who did or tried what, when, from where and with which result; and that nobody can change it.

use api::http::Edge;
use entity::audit_row::{self, Column as C};
use reqwest::{Method, StatusCode};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use tests::{Client, Jfn, Store, key, socket::Heard, story};

use crate::{
    case_at_work::open,
    evidence::{add, photo},
};

/// Action, subject and result of what the log says of that action, the oldest first.
pub async fn told(jfn: &Jfn, action: &str) -> Vec<audit_row::Model> {
    let rows = audit_row::Entity::find().filter(C::Action.eq(action)).order_by_asc(C::Id);
    rows.all(&jfn.app.db).await.expect("the log")
}

fn results(rows: &[audit_row::Model]) -> Vec<(&str, &str)> {
    rows.iter().map(|row| (row.subject.as_str(), row.result.as_str())).collect()
}

async fn id_of(client: &Client) -> String {
    let seen = client.ask("{ viewer { staff { id } } }", json!({})).await;
    seen["viewer"]["staff"]["id"].as_str().expect("an id").to_owned()
}

fn text(id: &Value) -> &str {
    id.as_str().expect("an id")
}

story! {
    async fn what_is_done_refused_and_done_again_is_told_with_who_when_and_from_where(jfn) {
        let (sergeant, stranger) = (jfn.sergeant(3).await, jfn.sergeant(5).await);
        let case = open(jfn, &sergeant, "1200 K ST").await;
        let note = json!({ "idempotencyKey": key(), "caseId": case, "body": "Spoke with the owner." });
        sergeant.done("caseAddNote", "event { id }", note.clone()).await;
        sergeant.done("caseAddNote", "event { id }", note.clone()).await;
        assert_eq!(stranger.refused("caseAddNote", "event { id }", note.clone()).await, "NOT_ALLOWED");
        let missing = json!({ "idempotencyKey": key(), "caseId": "case_0198c0de00007000800000000000000f", "body": "x" });
        assert_eq!(sergeant.refused("caseAddNote", "event { id }", missing).await, "NOT_FOUND");
        let query = "mutation ($input: CaseAddNoteInput!) { caseAddNote(input: $input) { event { id } } }";
        assert_eq!(jfn.administrator().await.error_of(query, json!({ "input": note })).await, "FORBIDDEN");
        let rows = told(jfn, "caseAddNote").await;
        let case = text(&case);
        assert_eq!(
            results(&rows),
            [
                (case, "DONE"), (case, "UNCHANGED"), (case, "NOT_ALLOWED"),
                ("case_0198c0de00007000800000000000000f", "NOT_FOUND"), (case, "FORBIDDEN"),
            ]
        );
        let who: Vec<String> = rows.iter().map(|row| row.staff_id.expect("somebody").to_string()).collect();
        let (me, they, admin) = (id_of(&sergeant).await, id_of(&stranger).await, id_of(&jfn.administrator().await).await);
        assert_eq!(who, [&me, &me, &they, &me, &admin].map(String::clone));
        for row in &rows {
            assert_eq!(row.address.as_deref(), Some("127.0.0.1"));
            assert!(row.request_id.is_some() && row.recorded_at == jfn.clock.now());
        }
    }
}

story! {
    async fn each_mutation_of_a_request_is_told_with_what_it_names_itself(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let (one, other) = (open(jfn, &sergeant, "1200 K ST").await, open(jfn, &sergeant, "1300 K ST").await);
        let query = "mutation ($a: CaseReopenInput!, $b: CaseReopenInput!) { a: caseReopen(input: $a) { userErrors { code } } \
                     b: caseReopen(input: $b) { userErrors { code } } }";
        let reopen = |case: &Value| json!({ "caseId": case, "expectedVersion": 1, "reason": "Again." });
        sergeant.ask(query, json!({ "a": reopen(&one), "b": reopen(&other) })).await;
        let rows = told(jfn, "caseReopen").await;
        assert_eq!(results(&rows), [(text(&one), "TRANSITION_BLOCKED"), (text(&other), "TRANSITION_BLOCKED")]);
    }
}

story! {
    async fn sign_ins_good_and_failed_and_sign_outs_are_told_without_what_was_typed(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let me = id_of(&sergeant).await;
        for email in ["sergeant3@jfn.example", "hunter2-typed-here"] {
            let body = json!({ "email": email, "password": "wrong" });
            jfn.nobody().post("/auth/login", &body).await;
        }
        let rows = told(jfn, "signIn").await;
        let session = sergeant.ask("{ sessions { id } }", json!({})).await["sessions"][0]["id"].take();
        assert_eq!(
            results(&rows),
            [(text(&session), "DONE"), (&me, "INVALID_CREDENTIALS"), ("", "INVALID_CREDENTIALS")]
        );
        assert_eq!(rows[0].staff_id.map(|id| id.to_string()), Some(me.clone()));
        assert!(rows[1].staff_id.is_none(), "it was not them as far as anybody knows");
        assert!(rows.iter().all(|row| row.address.as_deref() == Some("127.0.0.1") && row.request_id.is_some()));
        assert!(!format!("{rows:?}").contains("hunter2"));
        sergeant.post("/auth/logout", &json!({})).await;
        let rows = told(jfn, "signOut").await;
        assert_eq!(results(&rows), [(text(&session), "DONE")]);
        assert_eq!(rows[0].staff_id.map(|id| id.to_string()), Some(me));
        sergeant.post("/auth/logout", &json!({})).await;
        assert_eq!(told(jfn, "signOut").await.len(), 1, "there is nothing to leave twice");
    }
}

story! {
    async fn files_that_are_shown_or_refused_and_tokens_that_are_none_are_told(jfn) {
        let (attorney, sergeant) = (jfn.attorney(3).await, jfn.sergeant(3).await);
        let case = open(jfn, &attorney, "1200 K ST").await;
        let memo = add(&attorney, &case, "memo.jpg", &photo(2_000, 9), json!({ "privileged": true })).await;
        let get = async |client: &Client, path: &str| {
            client.request(Method::GET, path).send().await.expect("an answer").status()
        };
        let path = text(&memo["url"]);
        assert_eq!(get(&attorney, path).await, StatusCode::OK);
        assert_eq!(get(&sergeant, path).await, StatusCode::NOT_FOUND);
        assert_eq!(get(&jfn.commissioner().await, path).await, StatusCode::FORBIDDEN);
        let id = text(&memo["id"]);
        assert_eq!(results(&told(jfn, "evidenceDownload").await), [(id, "DONE"), (id, "NOT_FOUND")]);
        assert_eq!(results(&told(jfn, "evidence").await), [("", "FORBIDDEN")]);

        let packet = format!("/cases/{}/packet.zip", text(&case));
        assert_eq!(get(&sergeant, &packet).await, StatusCode::OK);
        assert_eq!(results(&told(jfn, "casePacket").await), [(text(&case), "DONE")], "though nothing of it is a file");

        let commissioner = jfn.commissioner().await;
        assert_eq!(commissioner.error_of("{ cases { totalCount } a: cases { totalCount } }", json!({})).await, "FORBIDDEN");
        assert_eq!(results(&told(jfn, "cases").await), [("", "FORBIDDEN")], "once");
        let mut socket = commissioner.live().await;
        socket.subscribe("1", "subscription { caseChanged { cursor } }", json!({})).await;
        let Heard::Message(message) = socket.heard().await else { panic!("it is answered") };
        assert!(message.to_string().contains("FORBIDDEN"), "{message:#}");
        assert_eq!(results(&told(jfn, "caseChanged").await), [("", "FORBIDDEN")], "of what would be followed, too");
        assert!(told(jfn, "caseChanged").await[0].address.is_some(), "with the address of the socket");
        jfn.nobody().with_token("jfn_0123456789").answer("{ districts { number } }", json!({})).await;
        let rows = told(jfn, "accessToken").await;
        assert_eq!((results(&rows), rows[0].staff_id), (vec![("", "UNAUTHENTICATED")], None));
    }
}

/// Behind a proxy of ours, the client's address is told; what anybody else says of themselves is not believed.
async fn an_address_is_told_as_far_as_it_can_be_believed(store: Store) {
    for (proxies, expected) in
        [(vec!["127.0.0.1".parse().expect("one")], "198.51.100.7"), (vec![], "127.0.0.1")]
    {
        let jfn = Jfn::start_as(store, Edge { proxies, ..Edge::default() }).await;
        let login =
            jfn.nobody().request(Method::POST, "/auth/login").header("x-forwarded-for", "198.51.100.7");
        login
            .json(&json!({ "email": "x@jfn.example", "password": "wrong" }))
            .send()
            .await
            .expect("an answer");
        assert_eq!(told(&jfn, "signIn").await[0].address.as_deref(), Some(expected));
        jfn.stop().await;
    }
}

mod an_address {
    use tests::Store;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn is_told_as_far_as_it_can_be_believed_on_sqlite() {
        super::an_address_is_told_as_far_as_it_can_be_believed(Store::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn is_told_as_far_as_it_can_be_believed_on_postgres() {
        super::an_address_is_told_as_far_as_it_can_be_believed(Store::Postgres).await;
    }
}

story! {
    async fn no_row_of_a_history_can_be_changed_removed_or_replaced(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(jfn, &sergeant, "1200 K ST").await;
        add(&sergeant, &case, "stairs.jpg", &photo(2_000, 7), json!({})).await;
        for table in ["audit_row", "case_event", "evidence", "custody_entry"] {
            let mut attempts = vec![format!("UPDATE {table} SET id = id"), format!("DELETE FROM {table}")];
            match jfn.runs_on() {
                Store::Postgres => attempts.push(format!("TRUNCATE {table} CASCADE")),
                Store::Sqlite if matches!(table, "audit_row" | "case_event") => {
                    attempts.push(format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}"));
                }
                Store::Sqlite => {}
            }
            for attempt in attempts {
                let refused = jfn.app.db.execute_unprepared(&attempt).await.expect_err(&attempt).to_string();
                assert!(refused.contains("is append-only"), "{attempt}: {refused}");
            }
        }
        assert!(!told(jfn, "caseOpen").await.is_empty());
    }
}

story! {
    async fn what_is_told_late_is_seen_to_be(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(jfn, &sergeant, "1200 K ST").await;
        for at in ["2026-11-20T08:00:00Z", "2026-11-20T07:59:59Z"] {
            let note = json!({ "idempotencyKey": key(), "caseId": case, "body": "A call.", "occurredAt": at });
            sergeant.done("caseAddNote", "event { id }", note).await;
        }
        let query = "query ($id: ID!) { case(by: { id: $id }) { events(first: 3) { nodes { occurredAt isBackDated } } } }";
        let seen = sergeant.ask(query, json!({ "id": case })).await["case"]["events"]["nodes"].take();
        let told: Vec<&Value> = seen.as_array().expect("a list").iter().map(|event| &event["isBackDated"]).collect();
        assert_eq!(told, [true, false, false], "midnight in Sacramento is at eight: {seen:#}");
    }
}
