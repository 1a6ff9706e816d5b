//! The court packet: read back by another library than the one that packed it.

use std::io::Read as _;

use chrono::TimeDelta;
use rawzip::ZipArchive;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tests::{Client, key, story};

use crate::{
    case_at_work::open,
    evidence::{add, photo, sha256},
};

async fn packet(client: &Client, case: &Value, behind: &str) -> reqwest::Response {
    let address = format!("/cases/{}/packet.zip{behind}", case.as_str().expect("an id"));
    client.request(Method::GET, &address).send().await.expect("the server answers")
}

/// The files of a packet by their names, in its order.
async fn unpacked(client: &Client, case: &Value, behind: &str) -> Vec<(String, Vec<u8>)> {
    let answer = packet(client, case, behind).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/zip");
    let bytes = answer.bytes().await.expect("a whole packet");
    let archive = ZipArchive::from_slice(&bytes).expect("an archive");
    let mut files = Vec::new();
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().expect("an entry") {
        let name = entry.file_path().try_normalize().expect("a path that stays inside").as_ref().to_owned();
        let found = archive.get_entry(entry.wayfinder()).expect("its bytes");
        let mut bytes = Vec::new();
        // Stored as they are; the reader holds them against their length and checksum.
        found.verifying_reader(found.data()).read_to_end(&mut bytes).expect("a whole file");
        files.push((name, bytes));
    }
    files
}

fn names(files: &[(String, Vec<u8>)]) -> Vec<&str> {
    files.iter().map(|(name, _)| name.as_str()).collect()
}

fn text<'a>(files: &'a [(String, Vec<u8>)], name: &str) -> &'a str {
    let (_, bytes) = files.iter().find(|(known, _)| known == name).expect("the file");
    std::str::from_utf8(bytes).expect("UTF-8")
}

async fn note(client: &Client, case: &Value, body: &str, privileged: bool) {
    let input = json!({ "idempotencyKey": key(), "caseId": case, "body": body, "privileged": privileged });
    client.done("caseAddNote", "event { id }", input).await;
}

story! {
    async fn a_packet_has_the_exhibits_in_order_and_says_what_is_left_out(jfn) {
        let (officer, attorney) = (jfn.code_officer(3).await, jfn.attorney(3).await);
        let case = open(jfn, &officer, "1200 K ST").await;
        let (stairs, yard) = (photo(900_000, 1), photo(300_000, 2));
        let first = add(&officer, &case, "stairs.jpg", &stairs, json!({ "caption": "<b>Stairs</b> & rail" })).await;
        jfn.wait(TimeDelta::minutes(1));
        let memo = b"Our weak point is the notice.".to_vec();
        add(&attorney, &case, "strategy.txt", &memo, json!({ "privileged": true, "caption": "For us" })).await;
        let wrong = add(&officer, &case, "next door.jpg", &photo(9_000, 3), json!({})).await;
        let input = json!({ "evidenceId": wrong["id"], "reason": "Another house." });
        officer.done("evidenceWithdraw", "evidence { id }", input).await;
        note(&officer, &case, "The owner called back.", false).await;
        note(&attorney, &case, "Settle below ten thousand.", true).await;
        jfn.wait(TimeDelta::minutes(1));
        add(&officer, &case, "yard.jpg", &yard, json!({})).await;

        let files = unpacked(&attorney, &case, "").await;
        assert_eq!(
            names(&files),
            ["index.html", "SHA256SUMS.txt", "exhibits/001-stairs.jpg", "exhibits/002-yard.jpg"]
        );
        assert_eq!((sha256(&files[2].1), sha256(&files[3].1)), (sha256(&stairs), sha256(&yard)));
        let sums = format!("{}  exhibits/001-stairs.jpg\n{}  exhibits/002-yard.jpg\n", sha256(&stairs), sha256(&yard));
        assert_eq!(text(&files, "SHA256SUMS.txt"), sums);
        let index = text(&files, "index.html");
        for words in
            ["JFN-2026-000001: Broken stairs", "&lt;b&gt;Stairs&lt;/b&gt; &amp; rail", "The owner called back.", "Another house.",
                "As known on 2026-11-20", &sha256(&stairs), &sha256(&yard)]
        {
            assert!(index.contains(words), "{words} in {index}");
        }
        let log = index.split("Privilege log").nth(1).expect("a privilege log");
        let log = log.split("Withdrawn").next().expect("its end");
        assert_eq!(log.matches("Person attorney3").count(), 3, "the memo, its entry and the note: {log}");
        assert!(log.contains("NOTE") && log.contains("EVIDENCE"), "{log}");
        for secret in ["Settle", "strategy", "For us", &sha256(&memo)] {
            assert!(!index.contains(secret), "{secret} stays out of {index}");
        }
        assert!(files.iter().all(|(_, bytes)| *bytes != memo));

        let others = unpacked(&officer, &case, "").await;
        assert_eq!(names(&others), names(&files));
        let index = text(&others, "index.html");
        assert!(index.contains("Only an attorney") && !index.contains("attorney3"), "{index}");
        let query = "query ($id: ID!) { node(id: $id) { ... on Evidence { custody { action by { name } } } } }";
        let custody = officer.ask(query, json!({ "id": first["id"] })).await["node"]["custody"].take();
        assert_eq!(
            custody,
            json!([
                { "action": "PACKAGED", "by": { "name": "Person code3" } },
                { "action": "PACKAGED", "by": { "name": "Person attorney3" } },
                { "action": "ATTACHED", "by": { "name": "Person code3" } },
            ])
        );
    }
}

story! {
    async fn a_packet_tells_what_was_known_on_its_day(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        add(&officer, &case, "first.jpg", &photo(4_000, 1), json!({})).await;
        jfn.wait(TimeDelta::days(3));
        let officer = jfn.code_officer(3).await;
        add(&officer, &case, "later.jpg", &photo(4_000, 2), json!({})).await;
        note(&officer, &case, "Learned later.", false).await;
        let then = unpacked(&officer, &case, "?asOf=2026-11-22").await;
        assert_eq!(names(&then), ["index.html", "SHA256SUMS.txt", "exhibits/001-first.jpg"]);
        assert!(!text(&then, "index.html").contains("ater"), "nothing of what came later");
        let now = unpacked(&officer, &case, "?asOf=2026-11-23").await;
        assert_eq!(names(&now).last(), Some(&"exhibits/002-later.jpg"));
        assert!(text(&now, "index.html").contains("Learned later."));
        for day in ["2026-11-19", "2026-11-24", "soon"] {
            assert_eq!(packet(&officer, &case, &format!("?asOf={day}")).await.status(), StatusCode::BAD_REQUEST, "{day}");
        }
    }
}

story! {
    async fn a_packet_is_for_whoever_may_see_the_evidence(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        assert_eq!(packet(&jfn.sergeant(5).await, &case, "").await.status(), StatusCode::OK);
        assert_eq!(packet(&jfn.nobody(), &case, "").await.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(packet(&jfn.commissioner().await, &case, "").await.status(), StatusCode::FORBIDDEN);
        let none = json!("case_00000000000000000000000000000000");
        assert_eq!(packet(&officer, &none, "").await.status(), StatusCode::NOT_FOUND);
    }
}
