//! Evidence: a file is announced, sent, attached, handed out and withdrawn, and its custody log tells each.

use std::path::Path;

use api::writes::evidence_uploads;
use chrono::TimeDelta;
use entity::{access_token::TokenScope, audit_row, custody_entry, evidence_upload};
use futures_util::stream;
use reqwest::{Method, Response, StatusCode, header};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::{Client, LARGEST_EVIDENCE, key, story};

use crate::case_at_work::{inspection, open, refusals, told};

const EVIDENCE: &str = "evidence { id fileName contentType bytes sha256 capturedAt addedAt addedBy { name } caption privileged \
                        url withdrawal { at by { name } reason } custody { action at by { name } sha256 reason } }";

/// A photo of that many bytes, as far as its first bytes tell.
pub fn photo(bytes: usize, seed: u8) -> Vec<u8> {
    let mut photo = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00".to_vec();
    photo.extend(
        (0..bytes.saturating_sub(photo.len())).map(|at| (at as u8).wrapping_mul(31).wrapping_add(seed)),
    );
    photo
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn announced(case: &Value, name: &str, bytes: &[u8]) -> Value {
    json!({
        "idempotencyKey": key(), "caseId": case, "fileName": name, "bytes": bytes.len(), "sha256": sha256(bytes),
    })
}

async fn upload(client: &Client, input: Value) -> Value {
    client.done("evidenceUpload", "upload { id url expiresAt }", input).await["upload"].take()
}

async fn put(client: &Client, upload: &Value, bytes: impl Into<reqwest::Body>) -> Response {
    let request = client.request(Method::PUT, upload["url"].as_str().expect("an address"));
    request.body(bytes).send().await.expect("the server answers")
}

/// An attached file of a case: what `evidenceAttach` answers, with more of its input.
pub async fn add(client: &Client, case: &Value, name: &str, bytes: &[u8], more: Value) -> Value {
    let upload = upload(client, announced(case, name, bytes)).await;
    assert_eq!(put(client, &upload, bytes.to_vec()).await.status(), StatusCode::OK);
    let mut input = json!({ "idempotencyKey": key(), "caseId": case, "uploadId": upload["id"] });
    for (name, value) in more.as_object().expect("an object") {
        input[name] = value.clone();
    }
    client.done("evidenceAttach", EVIDENCE, input).await["evidence"].take()
}

async fn get(client: &Client, evidence: &Value, behind: &str) -> Response {
    let address = format!("{}{behind}", evidence["url"].as_str().expect("an address"));
    client.request(Method::GET, &address).send().await.expect("the server answers")
}

/// The evidence of a case as this client sees it.
async fn seen(client: &Client, case: &Value) -> Value {
    let query = format!(
        "query ($id: ID!) {{ case(by: {{ id: $id }}) {{ evidence {{ totalCount nodes {{ {} }} }} }} }}",
        EVIDENCE.trim_start_matches("evidence {").trim_end_matches('}')
    );
    client.ask(&query, json!({ "id": case })).await["case"]["evidence"].take()
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path.display().to_string()) }
    }
    found
}

fn actions(evidence: &Value) -> Vec<(&str, &str)> {
    let log = evidence["custody"].as_array().expect("a log").iter().rev();
    log.map(|entry| (entry["action"].as_str().unwrap(), entry["by"]["name"].as_str().unwrap())).collect()
}

story! {
    async fn a_photo_becomes_evidence_and_its_log_tells_who_handled_it(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let visit = inspection(jfn, &case, "NO_ACCESS", json!([]));
        let visit = officer.done("inspectionRecord", "inspection { id }", visit).await["inspection"]["id"].take();
        let bytes = photo(1_300_000, 7);
        let more = json!({ "capturedAt": "2026-11-20T17:00:00Z", "caption": "The north stairs", "inspectionId": visit });
        let made = add(&officer, &case, "Stairs, norðr.jpg", &bytes, more).await;
        assert_eq!((&made["contentType"], &made["bytes"]), (&json!("image/jpeg"), &json!(1_300_000)));
        assert_eq!((&made["sha256"], &made["caption"]), (&json!(sha256(&bytes)), &json!("The north stairs")));
        assert_eq!(made["capturedAt"], "2026-11-20T17:00:00+00:00");
        assert_eq!(told(&officer, &case).await, ["OPENED", "INSPECTED", "DEADLINE_SET", "EVIDENCE_ADDED"]);
        let query = "query ($id: ID!) { node(id: $id) { ... on Inspection { evidence { id } } } }";
        let at_visit = officer.ask(query, json!({ "id": visit })).await;
        assert_eq!(at_visit["node"]["evidence"], json!([{ "id": made["id"] }]));

        jfn.wait(TimeDelta::minutes(5));
        let attorney = jfn.attorney(5).await;
        let answer = get(&attorney, &made, "").await;
        let head = |answer: &Response, name: header::HeaderName| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(head(&answer, header::CONTENT_TYPE), "image/jpeg");
        assert_eq!(head(&answer, header::ETAG), format!("\"{}\"", sha256(&bytes)));
        assert_eq!(head(&answer, header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(
            head(&answer, header::CONTENT_DISPOSITION),
            "attachment; filename=\"Stairs, nor_r.jpg\"; filename*=UTF-8''Stairs%2C%20nor%C3%B0r.jpg"
        );
        assert_eq!(answer.bytes().await.unwrap(), bytes);
        jfn.wait(TimeDelta::minutes(5));
        let shown = get(&officer, &made, "?view=true").await;
        assert!(head(&shown, header::CONTENT_DISPOSITION).starts_with("inline;"));
        let tag = head(&shown, header::ETAG);
        let again = officer.request(Method::GET, made["url"].as_str().unwrap()).header(header::IF_NONE_MATCH, tag);
        assert_eq!(again.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
        let now = &seen(&officer, &case).await["nodes"][0];
        assert_eq!(
            actions(now),
            [
                ("ATTACHED", "Person code3"), ("DOWNLOADED", "Person attorney5"), ("VIEWED", "Person code3"),
                ("DOWNLOADED", "Person code3"),
            ]
        );
        assert!(now["custody"].as_array().unwrap().iter().all(|entry| entry["sha256"] == made["sha256"]));
        assert_eq!(now["custody"][2]["at"], "2026-11-20T18:05:00+00:00");
        let audited = audit_row::Entity::find().filter(audit_row::Column::Action.eq("evidenceDownload"));
        assert_eq!(audited.count(&jfn.app.db).await.unwrap(), 3);
        assert_eq!(files(jfn.evidence()).len(), 1);
        assert_eq!(std::fs::read(&files(jfn.evidence())[0]).unwrap(), bytes);
    }
}

story! {
    async fn what_is_not_as_announced_is_refused_and_leaves_nothing(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let bytes = photo(700_000, 1);
        let room = async || upload(&officer, announced(&case, "a.jpg", &bytes)).await;
        let page = b"<!DOCTYPE html><script>alert(1)</script>".to_vec();
        let page_room = upload(&officer, announced(&case, "harmless.jpg", &page)).await;
        let mut other = bytes.clone();
        other[600_000] ^= 1;
        let mut longer = bytes.clone();
        longer.extend(photo(2_000_000, 2));
        for (upload, body, status, words) in [
            (room().await, other, StatusCode::UNPROCESSABLE_ENTITY, "SHA-256"),
            (room().await, bytes[..650_000].to_vec(), StatusCode::BAD_REQUEST, "650000 came"),
            (room().await, longer, StatusCode::PAYLOAD_TOO_LARGE, "larger than 700000"),
            (page_room, page, StatusCode::UNSUPPORTED_MEDIA_TYPE, "Kept are JPEG"),
        ] {
            let answer = put(&officer, &upload, body).await;
            assert_eq!(answer.status(), status);
            let told: Value = answer.json().await.unwrap();
            assert!(told["message"].as_str().unwrap().contains(words) && told["code"] == "BAD_INPUT", "{told}");
            let attach = json!({ "idempotencyKey": key(), "caseId": case, "uploadId": upload["id"] });
            let refused = refusals(&officer, "evidenceAttach", "evidence { id }", attach).await;
            assert_eq!(refused, [("TRANSITION_BLOCKED".to_owned(), "uploadId".to_owned())]);
        }
        // A sender that goes away in the middle.
        let cut = room().await;
        let half = bytes[..400_000].to_vec();
        let broken = stream::iter([Ok(half), Err(std::io::Error::other("the line is cut"))]);
        let request = officer.request(Method::PUT, cut["url"].as_str().unwrap());
        assert!(request.body(reqwest::Body::wrap_stream(broken)).send().await.is_err());
        tests::fetched::eventually("an empty store", async || files(jfn.evidence()).is_empty().then_some(())).await;
        assert_eq!(told(&officer, &case).await, ["OPENED"]);
        // And none of it keeps the right file from being taken.
        assert_eq!(put(&officer, &cut, bytes.clone()).await.status(), StatusCode::OK);
        assert_eq!(put(&officer, &cut, bytes.clone()).await.status(), StatusCode::OK, "a repetition is answered alike");
        assert_eq!(files(jfn.evidence()).len(), 1);

        let mut wrong = announced(&case, "a.jpg", &bytes);
        wrong["bytes"] = json!(LARGEST_EVIDENCE + 1);
        let mut path = announced(&case, "../a.jpg", &bytes);
        path["bytes"] = json!(LARGEST_EVIDENCE);
        let mut hash = announced(&case, "a.jpg", &bytes);
        hash["sha256"] = json!("abc");
        for (input, field) in [(wrong, "bytes"), (path, "fileName"), (hash, "sha256")] {
            let refused = refusals(&officer, "evidenceUpload", "upload { id }", input).await;
            assert_eq!(refused, [("INVALID".to_owned(), field.to_owned())]);
        }
    }
}

story! {
    async fn a_file_is_attached_once_and_by_whoever_sent_it(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let other = open(jfn, &officer, "1300 K ST").await;
        let bytes = photo(5_000, 1);
        let upload = upload(&officer, announced(&case, "a.jpg", &bytes)).await;
        let attach = |case: &Value| json!({ "idempotencyKey": key(), "caseId": case, "uploadId": upload["id"] });
        let try_it = async |client: &Client, input| refusals(client, "evidenceAttach", "evidence { id }", input).await;
        let at_upload = |code: &str| [(code.to_owned(), "uploadId".to_owned())];
        let sergeant = jfn.sergeant(3).await;
        assert_eq!(put(&sergeant, &upload, bytes.clone()).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(put(&jfn.nobody(), &upload, bytes.clone()).await.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(put(&officer, &upload, bytes.clone()).await.status(), StatusCode::OK);
        assert_eq!(try_it(&sergeant, attach(&case)).await, at_upload("NOT_FOUND"));
        assert_eq!(try_it(&officer, attach(&other)).await, at_upload("NOT_FOUND"));
        let mut future = attach(&case);
        future["capturedAt"] = json!("2026-11-21T00:00:00Z");
        assert_eq!(try_it(&officer, future).await, [("INVALID".to_owned(), "capturedAt".to_owned())]);
        let input = attach(&case);
        let made = officer.done("evidenceAttach", "evidence { id }", input.clone()).await;
        let again = officer.done("evidenceAttach", "evidence { id }", input).await;
        assert_eq!(made, again, "a retry answers the same evidence");
        assert_eq!(try_it(&officer, attach(&case)).await, at_upload("TRANSITION_BLOCKED"));
        // What was received is never written over, and the database refuses to change what is evidence.
        assert_eq!(put(&officer, &upload, photo(5_000, 9)).await.status(), StatusCode::OK);
        assert_eq!(std::fs::read(&files(jfn.evidence())[0]).unwrap(), bytes);
        for statement in ["UPDATE evidence SET sha256 = 'x'", "DELETE FROM evidence", "DELETE FROM custody_entry"] {
            let refused = jfn.app.db.execute_unprepared(statement).await.unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{refused}");
        }
    }
}

story! {
    async fn evidence_is_for_its_teams_and_privileged_evidence_for_attorneys(jfn) {
        let (officer, attorney) = (jfn.code_officer(3).await, jfn.attorney(3).await);
        let case = open(jfn, &officer, "1200 K ST").await;
        let plain = add(&officer, &case, "a.jpg", &photo(4_000, 1), json!({})).await;
        let memo = b"Our weak point is the notice.".to_vec();
        let secret = add(&attorney, &case, "memo.txt", &memo, json!({ "privileged": true, "caption": "For us" })).await;
        assert_eq!((&secret["contentType"], &secret["privileged"]), (&json!("text/plain"), &json!(true)));

        for client in [&officer, &jfn.sergeant(3).await, &jfn.code_officer(5).await] {
            assert_eq!(seen(client, &case).await["totalCount"], 1);
            assert_eq!(get(client, &plain, "").await.status(), StatusCode::OK);
            let missing = get(client, &json!({ "url": "/evidence/exhibit_00000000000000000000000000000000" }), "").await;
            let hidden = get(client, &secret, "").await;
            assert_eq!((hidden.status(), missing.status()), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
            let words = async |answer: Response| answer.json::<Value>().await.unwrap()["message"].take();
            assert_eq!(words(hidden).await, words(missing).await);
            let query = "query ($id: ID!) { node(id: $id) { id } }";
            assert_eq!(client.error_of(query, json!({ "id": secret["id"] })).await, "NOT_FOUND");
        }
        assert!(!told(&officer, &case).await[2..].iter().any(|kind| kind == "EVIDENCE_ADDED"));
        for client in [&attorney, &jfn.attorney(5).await, &jfn.city_attorney().await] {
            assert_eq!(seen(client, &case).await["totalCount"], 2);
            assert_eq!(get(client, &secret, "").await.bytes().await.unwrap(), memo);
        }
        for client in [&jfn.commissioner().await, &jfn.administrator().await] {
            assert_eq!(get(client, &plain, "").await.status(), StatusCode::FORBIDDEN);
        }
        assert_eq!(get(&jfn.nobody(), &plain, "").await.status(), StatusCode::UNAUTHORIZED);
        let dashboard = crate::push::program(jfn, TokenScope::ReadCases, None).await;
        assert_eq!(get(&dashboard, &plain, "").await.status(), StatusCode::FORBIDDEN);
        assert_eq!(seen(&dashboard, &case).await["totalCount"], 0);

        let input = announced(&case, "b.jpg", &photo(4_000, 2));
        let elsewhere = jfn.code_officer(5).await.refused("evidenceUpload", "upload { id }", input.clone()).await;
        assert_eq!(elsewhere, "NOT_ALLOWED");
        let room = upload(&officer, input).await;
        assert_eq!(put(&officer, &room, photo(4_000, 2)).await.status(), StatusCode::OK);
        let claim = json!({ "idempotencyKey": key(), "caseId": case, "uploadId": room["id"], "privileged": true });
        assert_eq!(officer.refused("evidenceAttach", "evidence { id }", claim).await, "NOT_ALLOWED");
    }
}

story! {
    async fn withdrawn_evidence_stays_and_says_why(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let bytes = photo(4_000, 1);
        let made = add(&officer, &case, "a.jpg", &bytes, json!({})).await;
        assert_eq!(made["withdrawal"], Value::Null);
        let input = json!({ "evidenceId": made["id"], "reason": "It shows the house next door." });
        let elsewhere = jfn.code_officer(5).await.change("evidenceWithdraw", "evidence { id }", input.clone()).await;
        assert_eq!(elsewhere["userErrors"][0]["code"], "NOT_ALLOWED");
        let gone = officer.done("evidenceWithdraw", EVIDENCE, input.clone()).await["evidence"].take();
        assert_eq!(gone["withdrawal"]["reason"], "It shows the house next door.");
        assert_eq!(actions(&gone), [("ATTACHED", "Person code3"), ("WITHDRAWN", "Person code3")]);
        let again = officer.change("evidenceWithdraw", "evidence { id }", input).await;
        assert_eq!(again["userErrors"][0]["code"], "TRANSITION_BLOCKED");
        assert_eq!(told(&officer, &case).await, ["OPENED", "EVIDENCE_ADDED", "CORRECTED"]);
        assert_eq!(get(&officer, &gone, "").await.bytes().await.unwrap(), bytes);
    }
}

story! {
    async fn what_nobody_attaches_is_given_up_with_its_file(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let kept = add(&officer, &case, "kept.jpg", &photo(4_000, 1), json!({})).await;
        let bytes = photo(4_000, 2);
        let (sent, unsent) = (
            upload(&officer, announced(&case, "sent.jpg", &bytes)).await,
            upload(&officer, announced(&case, "unsent.jpg", &bytes)).await,
        );
        assert_eq!(put(&officer, &sent, bytes.clone()).await.status(), StatusCode::OK);
        assert_eq!(evidence_uploads::give_up(&jfn.app).await.unwrap(), 0);
        assert_eq!(files(jfn.evidence()).len(), 2);
        jfn.wait(evidence_uploads::PATIENCE + TimeDelta::seconds(1));
        // Sessions last shorter than uploads.
        let officer = jfn.code_officer(3).await;
        assert_eq!(put(&officer, &unsent, bytes.clone()).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(evidence_uploads::give_up(&jfn.app).await.unwrap(), 2);
        assert_eq!(files(jfn.evidence()).len(), 1);
        assert_eq!(evidence_upload::Entity::find().count(&jfn.app.db).await.unwrap(), 1);
        assert_eq!(get(&officer, &kept, "").await.status(), StatusCode::OK);
        let attach = json!({ "idempotencyKey": key(), "caseId": case, "uploadId": sent["id"] });
        assert_eq!(officer.refused("evidenceAttach", "evidence { id }", attach).await, "NOT_FOUND");
    }
}

story! {
    async fn a_file_that_somebody_changed_on_the_disk_is_not_handed_out(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let made = add(&officer, &case, "a.jpg", &photo(600_000, 1), json!({})).await;
        let file = files(jfn.evidence()).pop().unwrap();
        std::fs::write(&file, photo(600_000, 3)).unwrap();
        let answer = get(&officer, &made, "").await;
        assert!(answer.bytes().await.is_err(), "the connection breaks before the end");
        std::fs::remove_file(&file).unwrap();
        let before = custody_entry::Entity::find().count(&jfn.app.db).await.unwrap();
        let answer = get(&officer, &made, "").await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!answer.text().await.unwrap().contains(jfn.evidence().to_str().unwrap()));
        let after = custody_entry::Entity::find().count(&jfn.app.db).await.unwrap();
        assert_eq!(after, before, "the log tells of no download that was none");
    }
}
