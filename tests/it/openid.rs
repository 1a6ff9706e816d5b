//! Signing in at the city's provider of identities: a certified one, and one that signs what it likes.

use std::{path::Path, process::Stdio, time::Duration};

use api::{
    http::Edge,
    preset::{Group, OpenId},
    scope::unscoped,
};
use chrono::{TimeDelta, Utc};
use entity::{
    audit_row, openid_account,
    staff::{self, StaffRole},
};
use reqwest::{
    Method, StatusCode,
    header::{LOCATION, SET_COOKIE},
    redirect::Policy,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, QueryFilter};
use serde_json::{Value, json};
use tests::{Client, Jfn, Store};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

const CALLBACK: &str = "http://127.0.0.1:1/auth/openid/callback";
const WHO: &str = "{ viewer { roles staff { email name } districts { number } } sessions { method } }";

/// A provider that runs as a process of its own; it ends when it is dropped.
struct Provider {
    issuer: String,
    /// A file with what it shares with our server.
    secret: tempfile::NamedTempFile,
    process: Child,
}

impl Provider {
    async fn start(script: &str, port: u16) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/openid");
        assert!(
            Path::new(folder).join("node_modules/oidc-provider").exists(),
            "the provider of identities is not installed: `npm ci --prefix tests/openid` does it, and so does `make test`"
        );
        let mut process = Command::new("node")
            .args([script, &port.to_string(), CALLBACK])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("node runs; `make test` installs it");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let told = tokio::time::timeout(Duration::from_secs(300), async {
            loop {
                let line = lines.next_line().await.expect("its output").expect("the provider listens");
                if let Ok(told) = serde_json::from_str::<Value>(&line) {
                    return told;
                }
            }
        });
        let told = told.await.expect("the provider listens within five minutes");
        let secret = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(secret.path(), "a secret of two\n").expect("it is written");
        Self { issuer: told["issuer"].as_str().expect("an address").to_owned(), secret, process }
    }

    fn port(&self) -> u16 {
        self.issuer.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
    }

    async fn put_into_groups(&self, name: &str, groups: &str) {
        let url = format!("{}/test/groups", self.issuer);
        let put = browser().put(url).query(&[("name", name), ("groups", groups)]).send().await;
        assert!(put.expect("an answer").status().is_success());
    }
}

/// A server of a city that has that provider.
async fn city_with(store: Store, provider: &Provider) -> Jfn {
    let group = |group: &str, role, districts: &[i32]| Group {
        group: group.to_owned(),
        role,
        districts: districts.to_vec(),
    };
    let openid = OpenId {
        issuer: provider.issuer.clone(),
        client_id: "jfn".to_owned(),
        client_secret_file: Some(provider.secret.path().to_owned()),
        callback: CALLBACK.to_owned(),
        home: "/home".to_owned(),
        scopes: vec!["email".to_owned(), "profile".to_owned(), "groups".to_owned()],
        groups_claim: "groups".to_owned(),
        groups: vec![
            group("attorneys-3", StaffRole::Attorney, &[3]),
            group("attorneys-5", StaffRole::Attorney, &[5]),
            group("sergeants-2", StaffRole::Sergeant, &[2]),
            group("chiefs", StaffRole::CityAttorney, &[]),
        ],
    };
    Jfn::start_in(store, Edge::default(), |preset| preset.sign_in.openid = Some(openid)).await
}

/// A free port that no connection takes meanwhile, nor a server that takes any: one below those.
fn steady_port() -> u16 {
    let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let any = || 20_000 + u16::try_from(uuid::Uuid::now_v7().as_u128() % 12_000).unwrap_or_default();
    std::iter::repeat_with(any).find(free).expect("a free port")
}

fn browser() -> reqwest::Client {
    reqwest::Client::builder().cookie_store(true).redirect(Policy::none()).build().expect("a browser")
}

/// A sign-in that has begun: where the browser was sent, and the cookie it keeps.
async fn begin(jfn: &Jfn) -> (String, String) {
    let answer = browser().get(format!("{}/auth/openid", jfn.url)).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let address = answer.headers()[LOCATION].to_str().unwrap().to_owned();
    (address, cookie.split(';').next().unwrap().to_owned())
}

/// What the provider sends the browser back with, once somebody has signed in there under that name.
async fn at_the_provider(address: &str, name: &str) -> String {
    let browser = browser();
    let mut next = address.to_owned();
    for _ in 0..12 {
        let at = reqwest::Url::parse(&next).expect("an address");
        let answer = if at.path().starts_with("/interaction/") {
            let page = browser.get(at.clone()).send().await.expect("a page").text().await.expect("a page");
            let prompt = if page.contains("name=\"login\"") { "login" } else { "consent" };
            let form = [("prompt", prompt), ("login", name), ("password", "any")];
            browser.post(at.clone()).form(&form).send().await.expect("an answer")
        } else {
            browser.get(at.clone()).send().await.expect("an answer")
        };
        let Some(location) = answer.headers().get(LOCATION) else {
            panic!("no way on from {at}: {}", answer.text().await.unwrap_or_default());
        };
        next = at.join(location.to_str().unwrap()).expect("an address").to_string();
        if let Some(query) = next.strip_prefix(&format!("{CALLBACK}?")) {
            return query.to_owned();
        }
    }
    panic!("the provider never came to an end");
}

/// What our server answers when the browser comes back.
async fn come_back(jfn: &Jfn, query: &str, cookie: &str) -> reqwest::Response {
    let address = format!("{}/auth/openid/callback?{query}", jfn.url);
    browser().request(Method::GET, address).header("cookie", cookie).send().await.expect("an answer")
}

fn session(jfn: &Jfn, answer: &reqwest::Response) -> Client {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[LOCATION], "/home");
    let cookies = answer.headers().get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
    let cookie = cookies.into_iter().find(|cookie| cookie.starts_with("jfn_session=")).expect("a session");
    jfn.nobody().with_cookie(cookie.split(';').next().unwrap())
}

async fn sign_in(jfn: &Jfn, name: &str) -> reqwest::Response {
    // The certified provider's clock cannot be set, and a busy machine takes its time.
    jfn.clock.set(Utc::now());
    let (address, cookie) = begin(jfn).await;
    come_back(jfn, &at_the_provider(&address, name).await, &cookie).await
}

/// The same in a session whose tokens say `fault`.
async fn sign_in_with(jfn: &Jfn, fault: &str) -> reqwest::Response {
    let (address, cookie) = begin(jfn).await;
    let mut address = reqwest::Url::parse(&address).expect("an address");
    let now = jfn.clock.now().timestamp().to_string();
    address.query_pairs_mut().append_pair("fault", fault).append_pair("now", &now);
    come_back(jfn, &at_the_provider(address.as_str(), "").await, &cookie).await
}

/// Declares a test with a provider that plays on SQLite and on PostgreSQL.
macro_rules! story_with {
    ($script:literal, async fn $name:ident($jfn:ident, $provider:ident) $body:block) => {
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                play(Store::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                play(Store::Postgres).await;
            }

            async fn play(store: Store) {
                let mut provider = Provider::start($script, steady_port()).await;
                let jfn = city_with(store, &provider).await;
                // The certified provider's clock cannot be set.
                jfn.clock.set(Utc::now());
                {
                    let ($jfn, $provider) = (&jfn, &mut provider);
                    $body
                }
                jfn.stop().await;
            }
        }
    };
}

story_with! { "provider.mjs", async fn whoever_is_new_gets_role_and_vacant_seat_by_their_groups(jfn, provider) {
    let chief = jfn.city_attorney().await;
    let today = jfn.app.today().to_string();
    let vacate = json!({ "district": 3, "role": "ATTORNEY", "staffId": null, "from": today });
    chief.done("teamSeatAssign", "team { vacancies }", vacate).await;
    provider.put_into_groups("ada", "everybody,attorneys-3").await;
    let ada = session(jfn, &sign_in(jfn, "ada").await);
    let expected = json!({
        "viewer": {
            "roles": ["ATTORNEY"], "staff": { "email": "ada@jfn.example", "name": "Person ada" },
            "districts": [{ "number": 3 }],
        },
        "sessions": [{ "method": "OPEN_ID_CONNECT" }],
    });
    assert_eq!(ada.ask(WHO, json!({})).await, expected);
    let body = json!({ "email": "ada@jfn.example", "password": "" });
    assert_eq!(jfn.nobody().post("/auth/login", &body).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        ada.refused("passwordChange", "changed", json!({ "currentPassword": "", "newPassword": "x" })).await,
        "NOT_ALLOWED"
    );

    // Another role, whose seat is somebody's: she has the role, and they keep the seat.
    provider.put_into_groups("ada", "sergeants-2").await;
    let sergeant = session(jfn, &sign_in(jfn, "ada").await);
    let seen = sergeant.ask(WHO, json!({})).await["viewer"].take();
    assert_eq!((&seen["roles"], &seen["districts"]), (&json!(["SERGEANT"]), &json!([])));
    assert_eq!(ada.error_of(WHO, json!({})).await, "UNAUTHENTICATED", "what the other role opened is shut");
    let team = chief.ask("{ district(number: 3) { team { vacancies } } }", json!({})).await;
    assert_eq!(team["district"]["team"]["vacancies"], json!(["ATTORNEY"]));

    provider.put_into_groups("ada", "everybody").await;
    let refused = sign_in(jfn, "ada").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let told: Value = refused.json().await.unwrap();
    assert!(told["message"].as_str().unwrap().contains("no role"), "{told}");
} }

story_with! { "provider.mjs", async fn a_member_of_staff_is_known_by_a_verified_e_mail_and_then_by_the_account(jfn, provider) {
    provider.put_into_groups("attorney5", "attorneys-5").await;
    let known = session(jfn, &sign_in(jfn, "attorney5").await);
    let seen = known.ask("{ viewer { staff { id name } districts { number } } }", json!({})).await["viewer"].take();
    assert_eq!(seen["staff"]["name"], "Person attorney5");
    assert_eq!(seen["districts"], json!([{ "number": 5 }]), "the seat is theirs already");
    let accounts = unscoped::<openid_account::Entity>().all(&jfn.app.db).await.unwrap();
    assert_eq!((accounts[0].issuer.as_str(), accounts[0].subject.as_str()), (provider.issuer.as_str(), "attorney5"));
    let audited = unscoped::<audit_row::Entity>()
        .filter(audit_row::Column::Action.eq("openIdSignIn"))
        .filter(audit_row::Column::Subject.eq(seen["staff"]["id"].as_str().unwrap()));
    assert_eq!(audited.all(&jfn.app.db).await.unwrap().len(), 1);

    let row = unscoped::<staff::Entity>().filter(staff::Column::Email.eq("attorney5@jfn.example"));
    let mut row: staff::ActiveModel = row.one(&jfn.app.db).await.unwrap().unwrap().into();
    row.active = Set(false);
    row.update(&jfn.app.db).await.unwrap();
    assert_eq!(known.error_of(WHO, json!({})).await, "UNAUTHENTICATED");
    assert_eq!(sign_in(jfn, "attorney5").await.status(), StatusCode::FORBIDDEN, "who left stays out");

    provider.put_into_groups("unverified", "chiefs").await;
    let refused = sign_in(jfn, "unverified").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(refused.text().await.unwrap().contains("verified e-mail"));
} }

story_with! { "provider.mjs", async fn a_code_and_a_state_are_good_once_and_in_one_browser(jfn, provider) {
    provider.put_into_groups("attorney5", "attorneys-5").await;
    let (address, cookie) = begin(jfn).await;
    let query = at_the_provider(&address, "attorney5").await;
    let (_, other) = begin(jfn).await;
    for cookie in [other.as_str(), "jfn_openid=", "x=y"] {
        assert_eq!(come_back(jfn, &query, cookie).await.status(), StatusCode::BAD_REQUEST, "another browser");
    }
    session(jfn, &come_back(jfn, &query, &cookie).await);
    let again = come_back(jfn, &query, &cookie).await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST, "the state was used");
    assert!(again.headers().get_all(SET_COOKIE).iter().all(|c| !c.to_str().unwrap().starts_with("jfn_session=")));

    // The first code under a state of its own: the provider knows that it was used, and whose it was.
    let part = |query: &str, name: &str| {
        let url = reqwest::Url::parse(&format!("{CALLBACK}?{query}")).unwrap();
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap()
    };
    let (address, cookie) = begin(jfn).await;
    let fresh = at_the_provider(&address, "attorney5").await;
    let replayed = fresh.replace(&part(&fresh, "code"), &part(&query, "code"));
    assert_ne!(replayed, fresh);
    assert_eq!(come_back(jfn, &replayed, &cookie).await.status(), StatusCode::UNAUTHORIZED);

    let (address, cookie) = begin(jfn).await;
    let query = at_the_provider(&address, "attorney5").await;
    jfn.wait(TimeDelta::minutes(11));
    assert_eq!(come_back(jfn, &query, &cookie).await.status(), StatusCode::BAD_REQUEST, "it took too long");

    let (address, cookie) = begin(jfn).await;
    let query = at_the_provider(&address, "attorney5").await;
    let elsewhere = query.replace("iss=http", "iss=https");
    assert_ne!(query, elsewhere);
    assert_eq!(come_back(jfn, &elsewhere, &cookie).await.status(), StatusCode::UNAUTHORIZED, "another issuer");
    let (address, cookie) = begin(jfn).await;
    let state = part(address.split_once('?').unwrap().1, "state");
    let denied = format!("error=access_denied&state={state}");
    assert_eq!(come_back(jfn, &denied, &cookie).await.status(), StatusCode::UNAUTHORIZED);
} }

story_with! { "provider.mjs", async fn a_new_key_of_the_provider_is_known_at_once(jfn, provider) {
    provider.put_into_groups("attorney5", "attorneys-5").await;
    session(jfn, &sign_in(jfn, "attorney5").await);
    provider.process.kill().await.expect("it ends");
    let nobody_there = jfn.nobody().request(Method::GET, "/auth/openid").send().await.unwrap();
    assert_eq!(nobody_there.status(), StatusCode::SERVICE_UNAVAILABLE);
    provider.process = Provider::start("provider.mjs", provider.port()).await.process;
    provider.put_into_groups("attorney5", "attorneys-5").await;
    session(jfn, &sign_in(jfn, "attorney5").await);
} }

story_with! { "hostile.mjs", async fn a_token_that_does_not_hold_lets_nobody_in(jfn, provider) {
    session(jfn, &sign_in_with(jfn, "nothing").await);
    let mut let_in = Vec::new();
    for fault in [
        "audience", "more audiences", "issuer", "expiry", "age", "nonce", "no nonce", "access token", "key",
        "unknown key", "alg none", "alg none, signed", "shared secret", "public key as secret", "changed",
    ] {
        let answer = sign_in_with(jfn, fault).await;
        let is_in = answer.headers().get_all(SET_COOKIE).iter().any(|c| c.to_str().unwrap().starts_with("jfn_session="));
        if is_in || answer.status() != StatusCode::UNAUTHORIZED {
            let_in.push(fault);
            continue;
        }
        let told: Value = answer.json().await.unwrap();
        assert_eq!(told["code"], "UNAUTHENTICATED", "{fault}");
    }
    assert_eq!(let_in, Vec::<&str>::new());
    let refused = unscoped::<audit_row::Entity>()
        .filter(audit_row::Column::Action.eq("signIn"))
        .filter(audit_row::Column::Result.eq("UNAUTHENTICATED"))
        .filter(audit_row::Column::StaffId.is_null());
    assert_eq!(refused.all(&jfn.app.db).await.unwrap().len(), 15, "each is in the audit log, as nobody's");
    for fault in ["unverified", "no groups", "two roles"] {
        assert_eq!(sign_in_with(jfn, fault).await.status(), StatusCode::FORBIDDEN, "{fault}");
    }
    let accounts = unscoped::<openid_account::Entity>().all(&jfn.app.db).await.unwrap();
    assert_eq!(accounts.len(), 1, "nobody else became known to {}", provider.issuer);
} }

tests::story! {
    async fn a_city_without_a_provider_says_so(jfn) {
        let answer = jfn.nobody().request(Method::GET, "/auth/openid").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        let answer = jfn.nobody().request(Method::GET, "/auth/openid/callback?state=x&code=y").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    }
}
