//! Templates of letters: a city's own take effect for new letters only, and a broken one keeps the server from starting.

use std::{fs, path::Path, process::Stdio, time::Duration};

use api::{
    app::App,
    city::City,
    evidence_store::EvidenceStore,
    http::{self, Edge},
    preset::Preset,
};
use entity::property_party::LinkStatus;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Client, Jfn, LARGEST_EVIDENCE, files::in_repository, key, page::Page, story};

use crate::{
    case_at_work::{open_at, party},
    letters::NOTICE,
};

/// The built-in facts of the city with one template of its own.
fn city_with(name: &str, text: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let from = in_repository("api/presets/sacramento");
    for entry in fs::read_dir(&from).expect("the preset") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            fs::copy(&path, folder.path().join(path.file_name().expect("a name"))).expect("a copy");
        }
    }
    fs::create_dir(folder.path().join("letters")).expect("a folder");
    fs::write(folder.path().join("letters").join(name), text).expect("a file");
    folder
}

/// The same server started again with the facts in that folder; a code officer signed in to it.
async fn started_again(jfn: &Jfn, folder: &Path) -> Client {
    let preset = Preset::from_directory(folder).expect("it is whole");
    let city = City::new(preset).with_districts(jfn.app.city.districts().to_vec());
    let store = EvidenceStore::folder(jfn.evidence(), LARGEST_EVIDENCE).expect("a store of evidence");
    let app = App::new(jfn.app.db.clone(), city, jfn.clock.clone()).with_evidence(store);
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let mut client = Client::new(&format!("http://{}", socket.local_addr().expect("a bound socket")));
    tokio::spawn(http::serve(app, Edge::default(), socket, std::future::pending()));
    client.sign_in("code3@jfn.example", "a long enough password").await;
    client
}

async fn serve(client: &Client, case: &Value, owner: &str) -> String {
    let input = json!({
        "idempotencyKey": key(), "caseId": case, "kind": "COURTESY",
        "services": [{ "partyId": owner, "method": "PERSONAL", "servedOn": "2026-11-20" }],
    });
    let notice = client.done("noticeServe", NOTICE, input).await["notice"].take();
    notice["letterUrl"].as_str().expect("an address").to_owned()
}

story! {
    async fn a_template_that_a_city_edits_is_used_for_new_letters_only(jfn) {
        let officer = jfn.code_officer(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let case = open_at(&officer, &place).await;
        let owner = party(jfn, &place, "Olive Owner", LinkStatus::Confirmed).await;
        let before = serve(&officer, &case, &owner).await;
        let sent = Page::shown(&officer, &before).await;
        let own = "{% extends \"layout.html\" %}{% block title %}Hello, neighbor{% endblock %}\
                   {% block body %}<p class=\"own\">Let us talk about {{ place.address }}.</p>{% endblock %}";
        let folder = city_with("courtesy.html", own);
        let officer = started_again(jfn, folder.path()).await;
        let after = serve(&officer, &case, &owner).await;
        let page = Page::shown(&officer, &after).await;
        assert_eq!((page.one("h1"), page.one(".own")), ("Hello, neighbor".into(), "Let us talk about 1200 K ST.".into()));
        assert!(page.one(".rights").contains("may call 911"));
        assert_eq!(sent.one("h1"), "Courtesy notice");
        assert_eq!(Page::shown(&officer, &before).await.bytes, sent.bytes, "what was sent stays");
        let query = "query ($id: ID!) { case(by: { id: $id }) { letterDraftUrl(kind: COURTESY) } }";
        let draft = officer.ask(query, json!({ "id": case })).await["case"]["letterDraftUrl"].take();
        assert_eq!(Page::shown(&officer, draft.as_str().unwrap()).await.one("h1"), "Hello, neighbor");
    }
}

#[tokio::test]
async fn a_broken_template_keeps_the_server_from_starting_and_is_named_with_its_line() {
    let head = "{% extends \"layout.html\" %}\n{% block body %}\n";
    for (text, line, words) in [
        (format!("{head}\n{{% if %}}\n{{% endblock %}}"), 4, "syntax error"),
        (format!("{head}{{{{ place.adress }}}}{{% endblock %}}"), 3, "`place.adress`"),
    ] {
        let folder = city_with("courtesy.html", &text);
        let database = tempfile::tempdir().expect("a folder");
        let running = tokio::process::Command::new(env!("CARGO_BIN_EXE_jfn-under-test"))
            .args(["serve", "--listen", "127.0.0.1:0", "--preset"])
            .arg(folder.path())
            .env("DATABASE_URL", format!("sqlite:{}", database.path().join("jfn.db").display()))
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .output();
        let ended = tokio::time::timeout(Duration::from_secs(60), running).await;
        let ended = ended.expect("it ends by itself").expect("the program runs");
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success(), "{told}");
        assert!(told.contains(&format!("letters/courtesy.html:{line}: ")) && told.contains(words), "{told}");
        assert!(!database.path().join("jfn.db").exists(), "nothing was begun");
    }
}
