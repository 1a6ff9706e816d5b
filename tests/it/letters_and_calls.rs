//! Letters and those who call for help: P12 of the rules that protect them, and early warnings, which tell only counts.

use api::{http::Edge, preset::Preset};
use entity::{
    call::{self, CallCategory},
    property::{self, UseType},
    property_party::LinkStatus,
};
use reqwest::StatusCode;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};
use tests::{
    Client, Jfn, Store,
    calls::nights,
    flags::{flagged, review},
    key,
    page::Page,
    story,
};

use crate::{
    case_at_work::{find, party, refusals, violation, with},
    evidence::sha256,
    letters::{NOTICE, is_a_letter},
};

/// A motel of ten rooms in a city that took Costa Mesa's rule: more than 0.4 calls a room, and a warning from 80 percent of it.
struct Motel {
    jfn: Jfn,
    sergeant: Client,
    place: String,
    owner: String,
    calls: Vec<call::Model>,
}

impl Motel {
    async fn new(store: Store) -> Self {
        let jfn = Jfn::start_in(store, Edge::default(), |preset| {
            preset.nuisance_rules = Preset::rules_of("costa-mesa").expect("a set").expect("it is whole");
        })
        .await;
        let place = jfn.place("12 ELM ST", 3).await;
        let id: entity::id::PropertyId = place.parse().unwrap();
        let mut row: property::ActiveModel =
            property::Entity::find_by_id(id).one(&jfn.app.db).await.unwrap().unwrap().into();
        row.use_type = Set(UseType::Motel);
        row.unit_count = Set(Some(10));
        row.update(&jfn.app.db).await.unwrap();
        let owner = party(&jfn, &place, "Olive Owner", LinkStatus::Confirmed).await;
        let mut calls = nights(&place, CallCategory::Noise, &[1, 3, 5]);
        calls.extend(nights(&place, CallCategory::Drug, &[7]));
        jfn.told(&calls).await;
        let sergeant = jfn.sergeant(3).await;
        Self { jfn, sergeant, place, owner, calls }
    }

    async fn warning(&self) -> Value {
        let seen = self.sergeant.ask("{ earlyWarnings { rule { id } letterUrl } }", json!({})).await;
        assert_eq!(seen["earlyWarnings"].as_array().unwrap().len(), 1);
        seen["earlyWarnings"][0].clone()
    }

    fn input(&self, warning: &Value) -> Value {
        json!({
            "idempotencyKey": key(), "propertyId": self.place, "ruleId": warning["rule"]["id"], "partyId": self.owner,
            "method": "CERTIFIED_MAIL", "sentOn": "2026-11-20",
        })
    }
}

const LETTER: &str = "letter { id kind url sha256 sentOn method recipient { name } case { id } evidence { id } rule { id } \
                      custody { action by { name } sha256 } }";

const BOTH: [Store; 2] = [Store::Sqlite, Store::Postgres];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p12_an_early_warning_tells_counts_of_what_may_count_and_how_to_challenge_a_call() {
    for store in BOTH {
        let motel = Motel::new(store).await;
        let (jfn, sergeant) = (&motel.jfn, &motel.sergeant);
        // Calls for help on other days, and one that an officer began: none of them is anybody's to know.
        let mut unseen = nights(&motel.place, CallCategory::Domestic, &[2, 9]);
        unseen.extend(nights(&motel.place, CallCategory::Medical, &[10]));
        for call in &mut unseen {
            call.description = Some("SECRET WORDS".to_owned());
        }
        jfn.told(&unseen).await;
        let warning = motel.warning().await;
        let url = warning["letterUrl"].as_str().unwrap();
        let draft = Page::shown(sergeant, url).await;
        is_a_letter(&draft, "An early word about your property", "12 ELM ST");
        assert_eq!(draft.one(".draft"), "DRAFT");
        assert_eq!(draft.one("address.recipient .name"), "Olive Owner");
        assert_eq!((draft.one(".counted"), draft.one("strong.days")), ("4".to_owned(), "4".to_owned()));
        assert_eq!(draft.all(".categories .category"), ["drug", "noise"]);
        assert_eq!(draft.all(".categories td.amount"), ["1", "3"]);
        assert_eq!(draft.one(".measured"), "0.4 calls for each unit");
        assert_eq!(draft.one(".threshold"), "more than 0.4 calls for each unit");
        let challenge = draft.one(".challenge");
        assert!(challenge.contains("may challenge any call"), "{challenge}");
        let text = draft.html().to_lowercase();
        for word in ["secret", "domestic", "call_", "22:00", "november 2,", "november 9,", "nov 9"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
        let asked = draft.text();
        assert!(asked.contains("do not ask anybody to call less often"), "{asked}");

        // By the sergeant alone, to who answers for the place, and only while it is near.
        let input = motel.input(&warning);
        for client in [jfn.attorney(3).await, jfn.code_officer(3).await, jfn.city_attorney().await] {
            let query = "mutation ($input: EarlyWarningSendInput!) { earlyWarningSend(input: $input) { letter { id } } }";
            assert_eq!(client.error_of(query, json!({ "input": input })).await, "FORBIDDEN");
        }
        let other = jfn.sergeant(4).await;
        assert_eq!(other.refused("earlyWarningSend", LETTER, input.clone()).await, "NOT_FOUND");
        assert_eq!(Page::get(&other, url).await.status, StatusCode::NOT_FOUND);
        let stranger =
            party(jfn, &jfn.place("13 ELM ST", 3).await, "Sam Stranger", LinkStatus::Confirmed).await;
        let rejected = party(jfn, &motel.place, "Rita Rejected", LinkStatus::Rejected).await;
        for wrong in [stranger, rejected] {
            let input = with(input.clone(), "partyId", json!(wrong));
            assert_eq!(
                refusals(sergeant, "earlyWarningSend", LETTER, input).await,
                [("INVALID".into(), "partyId".into())]
            );
        }
        let input = with(motel.input(&warning), "idempotencyKey", json!(key()));
        let sent = sergeant.done("earlyWarningSend", LETTER, input.clone()).await["letter"].take();
        assert_eq!(
            (&sent["kind"], &sent["recipient"]["name"]),
            (&json!("EARLY_WARNING"), &json!("Olive Owner"))
        );
        assert_eq!(
            (&sent["case"], &sent["evidence"], &sent["rule"]),
            (&Value::Null, &Value::Null, &warning["rule"])
        );
        assert_eq!(
            sergeant.done("earlyWarningSend", LETTER, input).await["letter"]["id"],
            sent["id"],
            "a retry"
        );
        let letter = sent["url"].as_str().unwrap();
        let page = Page::shown(sergeant, letter).await;
        assert_eq!(sha256(&page.bytes), sent["sha256"].as_str().unwrap());
        assert!(page.all(".draft").is_empty());
        assert_eq!(page.one(".service"), "by certified mail, Friday, November 20, 2026");
        assert_eq!(page.headers["cache-control"], "no-store");
        for client in [jfn.sergeant(4).await, jfn.attorney(4).await] {
            assert_eq!(
                Page::get(&client, letter).await.status,
                StatusCode::NOT_FOUND,
                "calls are for their own district"
            );
            let query = "query ($id: ID!) { property(by: { id: $id }) { letters { id } } }";
            assert_eq!(
                client.ask(query, json!({ "id": motel.place })).await["property"]["letters"],
                json!([])
            );
        }

        // One call turns out to be protected: the next draft is gone, the letter that was sent is what it was.
        let protected = call::Model { category: CallCategory::Domestic, ..motel.calls[0].clone() };
        let another = nights(&motel.place, CallCategory::Fight, &[12]);
        jfn.told(&[protected]).await;
        assert_eq!(Page::get(sergeant, url).await.status, StatusCode::NOT_FOUND);
        let late = motel.input(&warning);
        assert_eq!(
            refusals(sergeant, "earlyWarningSend", LETTER, late).await,
            [("TRANSITION_BLOCKED".into(), "ruleId".into())]
        );
        jfn.told(&another).await;
        let draft = Page::shown(sergeant, url).await;
        assert_eq!(draft.all(".categories .category"), ["drug", "fight", "noise"]);
        assert_eq!(draft.all(".categories td.amount"), ["1", "1", "2"]);
        assert_eq!(Page::shown(sergeant, letter).await.bytes, page.bytes);
        let query = format!(
            "query ($id: ID!) {{ node(id: $id) {{ ... on Letter {{ {} }} }} }}",
            "custody { action by { name } sha256 }"
        );
        let custody = sergeant.ask(&query, json!({ "id": sent["id"] })).await["node"]["custody"].take();
        let entry = |action: &str| json!({ "action": action, "by": { "name": "Person sergeant3" }, "sha256": sent["sha256"] });
        assert_eq!(custody, json!([entry("ATTACHED"), entry("VIEWED"), entry("VIEWED")]));
        motel.jfn.stop().await;
    }
}

story! {
    async fn p12_the_letters_of_a_case_that_grew_from_calls_rest_on_inspections_and_tell_of_no_call(jfn) {
        let (sergeant, place, calls, flag) = flagged(jfn).await;
        let help = call::Model {
            description: Some("SECRET WORDS".to_owned()), ..nights(&place, CallCategory::Domestic, &[8])[0].clone()
        };
        jfn.told(&[help]).await;
        sergeant.done("flagReview", "flag { status }", review(&flag, "CONFIRM")).await;
        let opening = json!({ "idempotencyKey": key(), "flagId": flag["id"], "title": "Calls all night", "kinds": ["HIGH_CALL_VOLUME"] });
        let case = sergeant.done("flagOpenCase", "case { id }", opening).await["case"]["id"].take();
        let owner = party(jfn, &place, "Olive Owner", LinkStatus::Confirmed).await;
        let attorney = jfn.attorney(3).await;
        find(jfn, &attorney, &case, json!([violation("SCC 8.68.060")])).await;
        for kind in ["COURTESY", "NOTICE_OF_VIOLATION", "NOTICE_AND_ORDER", "DEMAND_LETTER"] {
            let input = json!({
                "idempotencyKey": key(), "caseId": case, "kind": kind, "complyBy": "2026-12-11",
                "services": [{ "partyId": owner, "method": "PERSONAL", "servedOn": "2026-11-20" }],
            });
            let notice = attorney.done("noticeServe", NOTICE, input).await["notice"].take();
            let page = Page::shown(&attorney, notice["letterUrl"].as_str().unwrap()).await;
            assert_eq!(page.all(".violations .section"), ["SCC 8.68.060"], "conduct with evidence");
            let text = page.html().to_lowercase();
            let ids = calls.iter().map(|call| call.id.to_string());
            let words = ["secret", "domestic", "noise", "calls all night", "high_call_volume", "nov 8", "november 8", "3 calls", "three calls"];
            for word in words.iter().map(|word| (*word).to_owned()).chain(ids) {
                assert!(!text.contains(&word), "{kind} tells {word}: {text}");
            }
        }
    }
}
