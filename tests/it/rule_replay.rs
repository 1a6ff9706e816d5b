//! What the rules said as calls came in is what a replay of the stored calls says, which is written apart from it.

use api::{
    http::Edge,
    preset::Preset,
    reads::rule_replay::{Replay, replay},
};
use chrono::TimeDelta;
use entity::{
    flag::{self, FlagStatus},
    flag_call,
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use tests::{
    Client, Jfn, Store,
    fetched::{self, KEY},
    fetched_story, key,
    portal::SodaPortal,
};

/// The call types of the source; the last two are mapped only when somebody does it.
const TYPES: [&str; 5] = ["NOISE", "FIGHT", "DOMESTIC", "GOAT", "SHOUT"];
const CATEGORIES: [&str; 4] = ["TRESPASS", "DRUG", "WELFARE", "THEFT"];
const PLACES: [&str; 3] = ["12 ELM ST", "14 ELM ST", "16 ELM ST"];
const USES: [&str; 5] = ["BAR", "MOTEL", "RETAIL", "MULTI_FAMILY", "VACANT_BUILDING"];
const CALLS: u8 = 60;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    /// The source has new, late and changed calls: which, days ago, hour, type, place.
    Tell(Vec<(u8, u16, u8, usize, usize)>),
    /// It no longer lists these.
    Withdraw(Vec<u8>),
    /// Somebody says what a call type means.
    Map(usize, usize),
    /// A sergeant reviews one of the flags and takes out some of its calls, as those of a victim or for another reason.
    Review { which: usize, confirm: bool, out: Vec<(usize, bool)> },
    /// Somebody challenges a call of one of the flags.
    Challenge { which: usize, call: usize, upheld: bool },
    /// It becomes known what a place is.
    Place { which: usize, used: usize, units: Option<u8>, lived_in: bool },
    /// Days pass.
    Wait(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let call = (0..CALLS, 0..120_u16, 0..24_u8, 0..TYPES.len(), 0..PLACES.len() + 1);
    prop_oneof![
        6 => prop::collection::vec(call, 1..25).prop_map(Step::Tell),
        2 => prop::collection::vec(0..CALLS, 1..6).prop_map(Step::Withdraw),
        1 => (3..TYPES.len(), 0..CATEGORIES.len()).prop_map(|(what, category)| Step::Map(what, category)),
        3 => (any::<usize>(), any::<bool>(), prop::collection::vec((any::<usize>(), any::<bool>()), 0..3))
            .prop_map(|(which, confirm, out)| Step::Review { which, confirm, out }),
        2 => (any::<usize>(), any::<usize>(), any::<bool>())
            .prop_map(|(which, call, upheld)| Step::Challenge { which, call, upheld }),
        2 => (0..PLACES.len(), 0..USES.len(), prop::option::of(1..8_u8), any::<bool>())
            .prop_map(|(which, used, units, lived_in)| Step::Place { which, used, units, lived_in }),
        1 => (1..50_u8).prop_map(Step::Wait),
    ]
}

/// A city that takes the rules of every set, so that each sort of rule is at work.
fn with_all_rules(preset: &mut Preset) {
    for set in ["chula-vista", "cincinnati", "costa-mesa", "milwaukee", "seattle", "shoreline"] {
        preset.nuisance_rules.extend(Preset::rules_of(set).expect("a set").expect("it is whole"));
    }
}

struct City {
    jfn: Jfn,
    portal: SodaPortal,
    sergeant: Client,
    attorney: Client,
    places: Vec<String>,
    listed: Vec<u8>,
}

impl City {
    async fn found(store: Store) -> Self {
        let portal = fetched::portal(0).await;
        let jfn = Jfn::start_in(store, Edge::default(), |preset| {
            with_all_rules(preset);
            fetched::state(preset, &portal, "every_minutes = 15", "page_rows = 100");
            let feed = preset.feeds.iter_mut().find(|feed| feed.key == KEY).expect("the feed");
            feed.call_types.insert("DOMESTIC".to_owned(), entity::call::CallCategory::Domestic);
        })
        .await;
        let mut places = Vec::new();
        for address in PLACES {
            places.push(jfn.place(address, 3).await);
        }
        let (sergeant, attorney) = (jfn.sergeant(3).await, jfn.attorney(3).await);
        Self { jfn, portal, sergeant, attorney, places, listed: Vec::new() }
    }

    async fn take(&mut self, step: &Step) {
        self.jfn.wait(TimeDelta::minutes(10));
        match step {
            Step::Tell(calls) => self.tell(calls).await,
            Step::Withdraw(calls) => {
                for call in calls.iter().filter(|call| self.listed.contains(call)) {
                    self.portal.change(|state| state.remove(("id", &call.to_string())));
                }
                self.listed.retain(|call| !calls.contains(call));
                self.jfn.reconcile(true).await.expect("it is compared");
            }
            Step::Map(what, category) => {
                let feed = self.jfn.feed_row(KEY).await.id.to_string();
                let input =
                    json!({ "feedId": feed, "description": TYPES[*what], "category": CATEGORIES[*category] });
                self.sergeant.change("callCategoryMap", "callsChanged", input).await;
            }
            Step::Review { which, confirm, out } => self.review(*which, *confirm, out).await,
            Step::Challenge { which, call, upheld } => self.challenge(*which, *call, *upheld).await,
            Step::Place { which, used, units, lived_in } => {
                let place = &self.places[*which];
                const VERSION: &str = "query ($id: ID!) { property(by: { id: $id }) { version } }";
                let seen = self.sergeant.ask(VERSION, json!({ "id": place })).await;
                let input = json!({
                    "propertyId": place, "expectedVersion": seen["property"]["version"], "useType": USES[*used],
                    "unitCount": units, "residentialOccupancy": if *lived_in { "SOME" } else { "NONE" },
                });
                self.sergeant.change("propertyEdit", "property { id }", input).await;
            }
            Step::Wait(days) => {
                self.jfn.wait(TimeDelta::days((*days).into()));
                // Nobody stays signed in for so long.
                (self.sergeant, self.attorney) = (self.jfn.sergeant(3).await, self.jfn.attorney(3).await);
            }
        }
    }

    async fn tell(&mut self, calls: &[(u8, u16, u8, usize, usize)]) {
        let now = self.jfn.clock.now();
        let changed = now.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        for &(number, ago, hour, kind, place) in calls {
            let id = number.to_string();
            let day = (now - TimeDelta::days(i64::from(ago) + 1)).format("%Y-%m-%d");
            let address = PLACES.get(place).copied().unwrap_or("99 FAR ST");
            let row = json!({
                "id": id, "at": format!("{day}T{hour:02}:15:00.000"), "kind": TYPES[kind], "address": address,
            });
            let is_listed = self.listed.contains(&number);
            self.portal.change(|state| {
                if is_listed {
                    for column in ["at", "kind", "address"] {
                        state.change(("id", &id), &changed, column, row[column].clone());
                    }
                } else {
                    state.add(&changed, row);
                }
            });
            if !is_listed {
                self.listed.push(number);
            }
        }
        self.jfn.fetch().await.expect("it is read");
    }

    async fn open_flags(&self) -> Vec<Value> {
        const FLAGS: &str = "{ flags(filter: { statuses: [NEEDS_REVIEW, CONFIRMED] }, first: 50) { nodes { id version \
            status explanation { counted { call { id } } } } } }";
        self.sergeant.ask(FLAGS, json!({})).await["flags"]["nodes"].as_array().expect("a list").clone()
    }

    async fn review(&self, which: usize, confirm: bool, out: &[(usize, bool)]) {
        let mut flags = self.open_flags().await;
        flags.retain(|flag| flag["status"] == "NEEDS_REVIEW");
        if flags.is_empty() {
            return;
        }
        let flag = &flags[which % flags.len()];
        let counted = flag["explanation"]["counted"].as_array().expect("a list");
        let mut calls: Vec<Value> = Vec::new();
        for &(call, victim) in out.iter().filter(|_| !counted.is_empty()) {
            let id = &counted[call % counted.len()]["call"]["id"];
            if calls.iter().all(|decided| decided["callId"] != *id) {
                let decided = json!({ "callId": id, "counted": false, "reason": "Heard it.", "callerIsVictimOrOwner": victim });
                calls.push(decided);
            }
        }
        let input = json!({
            "flagId": flag["id"], "expectedVersion": flag["version"], "reason": "Looked at it.", "calls": calls,
            "decision": if confirm { "CONFIRM" } else { "DISMISS" },
        });
        self.sergeant.change("flagReview", "flag { status }", input).await;
    }

    async fn challenge(&self, which: usize, call: usize, upheld: bool) {
        let flags = self.open_flags().await;
        if flags.is_empty() {
            return;
        }
        let counted =
            flags[which % flags.len()]["explanation"]["counted"].as_array().expect("a list").clone();
        if counted.is_empty() {
            return;
        }
        let input = json!({
            "idempotencyKey": key(), "callId": counted[call % counted.len()]["call"]["id"], "onBehalfOf": "OWNER",
            "reason": "It was elsewhere.",
        });
        let made = self.attorney.change("callChallenge", "callChallenge { id version }", input).await;
        if made["callChallenge"].is_null() {
            return;
        }
        let input = json!({
            "challengeId": made["callChallenge"]["id"], "expectedVersion": made["callChallenge"]["version"],
            "decision": if upheld { "UPHOLD" } else { "DENY" }, "reason": "Listened to the call.",
        });
        self.sergeant.done("callChallengeDecide", "callChallenge { status }", input).await;
    }
}

async fn play(store: Store, steps: Vec<Step>) -> Result<Replay, TestCaseError> {
    let mut city = City::found(store).await;
    let mut found = Replay::default();
    for (number, step) in steps.iter().enumerate() {
        city.take(step).await;
        found = replay(&city.jfn.app).await.expect("it is replayed");
        prop_assert_eq!(&found.differences, &Vec::<String>::new(), "after step {} of {:?}", number, steps);
    }
    city.jfn.stop().await;
    Ok(found)
}

/// Plays one city for so many cases that other properties have; `PROPTEST_CASES` asks for more.
fn agree(store: Store, share: u32) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let cases = Config::default().cases / share;
    let config = Config { cases, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let (flags, calls) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let result = TestRunner::new(config).run(&prop::collection::vec(step(), 4..16), |steps| {
        let found = runtime.block_on(play(store, steps))?;
        flags.set(flags.get() + found.flags);
        calls.set(calls.get() + found.calls);
        Ok(())
    });
    assert!(result.is_ok(), "{}", result.expect_err("a failure"));
    assert!(flags.get() > 0 && calls.get() > 0, "something was replayed: {flags:?} flags, {calls:?} calls");
}

#[test]
fn whatever_happens_the_replay_agrees_on_sqlite() {
    agree(Store::Sqlite, 16);
}

#[test]
fn whatever_happens_the_replay_agrees_on_postgres() {
    agree(Store::Postgres, 32);
}

fetched_story! {
    async fn a_flag_that_is_not_what_the_calls_say_is_told(jfn, portal) {
        jfn.place("12 ELM ST", 3).await;
        portal.change(|state| {
            for day in [5, 10, 15] {
                state.add("2026-11-19T12:00:00.000Z", fetched::told(&format!("elm-{day}"), day, "NOISE", "12 ELM ST"));
            }
        });
        jfn.fetch().await.expect("it is read");
        let db = &jfn.app.db;
        let whole = replay(&jfn.app).await.expect("it is replayed");
        assert_eq!((whole.flags, whole.calls, whole.differences), (1, 3, Vec::<String>::new()));
        let flag = flag::Entity::find().one(db).await.expect("flags").expect("the flag");
        let differ = async |what: &str| {
            let found = replay(&jfn.app).await.expect("it is replayed").differences;
            assert!(found.iter().any(|told| told.contains(what)), "{what}: {found:?}");
        };

        let mut changed = flag.clone().into_active_model();
        changed.measured = Set(4.0);
        changed.update(db).await.expect("a change");
        differ("it measured 4, replayed 3").await;
        flag.clone().into_active_model().reset_all().update(db).await.expect("a change");

        let listed = flag_call::Entity::find().one(db).await.expect("its calls").expect("one");
        listed.clone().into_active_model().delete(db).await.expect("it is gone");
        differ("it does not list").await;
        listed.into_active_model().insert(db).await.expect("it is back");

        let call = jfn.call_rows().await.into_iter().find(|call| call.source_id == "elm-10").expect("the call");
        let mut late = call.clone().into_active_model();
        late.withdrawn_at = Set(Some(jfn.clock.now()));
        late.update(db).await.expect("a change that nobody evaluates");
        differ("below the threshold").await;
        call.into_active_model().reset_all().update(db).await.expect("a change");

        let mut lost = flag.into_active_model();
        lost.status = Set(FlagStatus::Withdrawn);
        lost.update(db).await.expect("a change");
        differ("no flag is open").await;
    }
}
