//! Evidence in a bucket that speaks S3, as a city with several servers keeps it.

use std::{path::Path, process::Stdio};

use api::{evidence_store::EvidenceStore, feeds::Secret};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tests::{Client, Jfn, LARGEST_EVIDENCE, Store, key};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{
    case_at_work::{open, refusals},
    evidence::{add, photo, sha256},
};

/// A server of the S3 protocol, and the folder in which it keeps what it gets.
struct Bucket {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Bucket {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut process = Command::new("node")
            .arg("serve.mjs")
            .arg(folder.path())
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/bucket"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node runs; `make test` installs it");
        let told = process.stdout.take().expect("its output");
        let line = BufReader::new(told).lines().next_line().await.expect("a line");
        let port = line.expect("its port; `make test` installs what it needs").parse().expect("a port");
        Self { process, port, folder }
    }

    /// The store as the settings `JFN_EVIDENCE` and `AWS_…` describe it.
    fn store(&self, bucket: &str, key: &str) -> EvidenceStore {
        let options = [
            ("AWS_ENDPOINT", format!("http://127.0.0.1:{}", self.port)),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "S3RVER".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", key.to_owned()),
        ];
        let options = options.map(|(name, value)| (name.to_owned(), Secret::new(value)));
        EvidenceStore::open(&format!("s3://{bucket}/jfn"), &options, LARGEST_EVIDENCE).expect("a store")
    }

    /// The sizes of the files that lie in it.
    fn files(&self) -> Vec<u64> {
        fn below(folder: &Path, found: &mut Vec<u64>) {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    below(&entry.path(), found);
                } else if entry.file_name().to_string_lossy().ends_with("_object") {
                    found.push(entry.metadata().expect("a file").len());
                }
            }
        }
        let mut found = Vec::new();
        below(&self.folder.path().join("evidence/jfn"), &mut found);
        found
    }
}

fn announced(case: &Value, bytes: &[u8]) -> Value {
    json!({
        "idempotencyKey": key(), "caseId": case, "fileName": "a.jpg", "bytes": bytes.len(), "sha256": sha256(bytes),
    })
}

async fn put(client: &Client, upload: &Value, bytes: Vec<u8>) -> Response {
    client.request(Method::PUT, upload["url"].as_str().unwrap()).body(bytes).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_goes_to_the_bucket_in_parts_and_comes_back_as_it_was() {
    let mut bucket = Bucket::start().await;
    let jfn = Jfn::start_keeping(Store::Sqlite, bucket.store("evidence", "S3RVER")).await;
    let officer = jfn.code_officer(3).await;
    let case = open(&jfn, &officer, "1200 K ST").await;
    // Larger than one part of an upload to a bucket.
    let bytes = photo(7_000_000, 1);
    let evidence = add(&officer, &case, "a.jpg", &bytes, json!({})).await;
    assert_eq!(bucket.files(), [7_000_000]);
    let url = evidence["url"].as_str().unwrap();
    let answer = officer.request(Method::GET, url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.bytes().await.unwrap() == bytes, "the same bytes");

    // What is not as announced leaves nothing there.
    let other = photo(6_000_000, 2);
    let room =
        officer.done("evidenceUpload", "upload { id url }", announced(&case, &other)).await["upload"].take();
    assert_eq!(put(&officer, &room, photo(6_000_000, 3)).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(bucket.files(), [7_000_000]);

    // A bucket that is away keeps nothing, and says nothing of itself.
    bucket.process.kill().await.expect("it is stopped");
    let answer = put(&officer, &room, other).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let told: Value = answer.json().await.unwrap();
    assert_eq!(
        (&told["code"], &told["message"]),
        (&json!("INTERNAL"), &json!("Something went wrong on our side."))
    );
    let attach = json!({ "idempotencyKey": key(), "caseId": case, "uploadId": room["id"] });
    let refused = refusals(&officer, "evidenceAttach", "evidence { id }", attach).await;
    assert_eq!(refused, [("TRANSITION_BLOCKED".to_owned(), "uploadId".to_owned())]);
    let gone = officer.request(Method::GET, url).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::INTERNAL_SERVER_ERROR);
    jfn.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_is_not_there_takes_nothing_and_its_key_is_told_to_nobody() {
    let bucket = Bucket::start().await;
    let jfn = Jfn::start_keeping(Store::Sqlite, bucket.store("elsewhere", "the-key")).await;
    let officer = jfn.code_officer(3).await;
    let case = open(&jfn, &officer, "1200 K ST").await;
    let bytes = photo(5_000, 1);
    let room =
        officer.done("evidenceUpload", "upload { id url }", announced(&case, &bytes)).await["upload"].take();
    let answer = put(&officer, &room, bytes).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let told = answer.text().await.unwrap();
    assert!(!told.contains("the-key") && !told.contains("elsewhere"), "{told}");
    jfn.stop().await;
}
