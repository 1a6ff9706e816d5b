//! The rules that protect whoever calls for help, P1 to P16, each by its name.

use std::collections::BTreeSet;

use api::feeds::CallLog;
use entity::{
    call::{self, AddressPrecision, CallCategory},
    property::{self, ResidentialOccupancy},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, EntityTrait, Statement};
use serde_json::{Value, json};
use tests::{
    Jfn, Store,
    calls::{HEADER, call, load_file, nights},
    flags::{flagged, flags, only_flag, review},
    key, log, story,
};

/// Loads lines of the demo city's log: number, day of November 2026, call type, outcome.
async fn told(jfn: &Jfn, lines: &[(u32, u32, &str, &str)]) {
    let line = |(n, day, kind, outcome): &(u32, u32, &str, &str)| {
        format!("{n},11/{day:02}/26,22:00,22:10,22:20,{kind},12 ELM ST,{outcome}")
    };
    let text = format!("{HEADER}\n{}\n", lines.iter().map(line).collect::<Vec<_>>().join("\n"));
    load_file(&jfn.app, "demo-police", text).await.expect("it loads");
}

/// Whether three such calls on three nights raise a flag at a bar.
async fn raises(jfn: &Jfn, number: u32, change: impl Fn(&mut call::Model)) -> bool {
    let place = jfn.place(&format!("{number} OAK ST"), 3).await;
    let mut calls = nights(&place, CallCategory::Noise, &[5, 10, 15]);
    calls.iter_mut().for_each(change);
    jfn.told(&calls).await == 1
}

story! {
    async fn p1_a_type_that_nobody_mapped_never_counts_and_waits_to_be_mapped(jfn) {
        jfn.place("12 ELM ST", 3).await;
        told(jfn, &[(1, 5, "Goat on roof", ""), (2, 10, "Goat on roof", ""), (3, 15, "Goat on roof", "")]).await;
        let sergeant = jfn.sergeant(3).await;
        assert!(flags(&sergeant).await.is_empty());
        let feeds = sergeant.ask("{ feeds { key unmappedDescriptions { description count } } }", json!({})).await;
        let feed = feeds["feeds"].as_array().unwrap().iter().find(|feed| feed["key"] == "demo-police").unwrap();
        assert_eq!(feed["unmappedDescriptions"], json!([{ "description": "GOAT ON ROOF", "count": 3 }]));
    }
}

story! {
    async fn p2_calls_for_help_and_of_other_sorts_are_always_out(jfn) {
        use CallCategory as C;
        let counting: BTreeSet<C> = [
            C::Noise, C::Disturbance, C::Fight, C::Drug, C::Prostitution, C::Gambling, C::Liquor, C::Weapon, C::ShotsFired,
            C::Assault, C::Trespass, C::Vandalism, C::Dumping, C::Intoxication,
        ].into();
        for (number, &category) in CallCategory::ALL.iter().enumerate() {
            let raised = raises(jfn, u32::try_from(number).unwrap() + 1, |call| call.category = category).await;
            assert_eq!(raised, counting.contains(&category), "{category}");
        }
    }
}

story! {
    async fn p3_the_stricter_of_first_and_final_type_wins_and_a_later_protected_type_takes_the_flag_along(jfn) {
        jfn.place("12 ELM ST", 3).await;
        told(jfn, &[(1, 5, "Noise Party", ""), (2, 10, "Noise Party", ""), (3, 15, "Noise Party", "")]).await;
        let sergeant = jfn.sergeant(3).await;
        assert_eq!(only_flag(&sergeant).await["status"], "NEEDS_REVIEW");
        told(jfn, &[(2, 10, "Domestic Viol", "")]).await;
        let flag = only_flag(&sergeant).await;
        assert_eq!((&flag["status"], &flag["measured"]), (&json!("WITHDRAWN"), &json!(2.0)));
        let last = flag["history"].as_array().unwrap().iter().find(|event| event["kind"] == "WITHDRAWN").unwrap();
        let reason = last["reason"].as_str().unwrap();
        assert!(reason.contains("protected") && !reason.to_lowercase().contains("domestic"), "{reason}");
        use api::domain::call_intake::category;
        for (first, last) in [(CallCategory::Domestic, CallCategory::Noise), (CallCategory::Noise, CallCategory::Domestic)] {
            assert_eq!(category(Some(first), Some(last)), CallCategory::Domestic);
        }
    }
}

story! {
    async fn p4_what_was_unfounded_or_cancelled_does_not_count(jfn) {
        assert!(!raises(jfn, 1, |call| call.disposition_excludes = true).await);
        jfn.place("12 ELM ST", 3).await;
        told(jfn, &[(1, 5, "Noise Party", ""), (2, 10, "Noise Party", ""), (3, 15, "Noise Party", "Unfounded")]).await;
        assert!(flags(&jfn.sergeant(3).await).await.is_empty());
    }
}

story! {
    async fn p5_a_caller_who_is_victim_or_owner_is_taken_out_and_an_unknown_one_counts_against_no_home(jfn) {
        let (sergeant, _, mut calls, flag) = flagged(jfn).await;
        let mut input = review(&flag, "CONFIRM");
        calls.pop();
        input["calls"] = json!([{
            "callId": calls[0].id.to_string(), "counted": false, "reason": "The manager called.", "callerIsVictimOrOwner": true,
        }]);
        assert_eq!(sergeant.refused("flagReview", "flag { id }", input.clone()).await, "TRANSITION_BLOCKED", "two are left");
        input["decision"] = json!("DISMISS");
        sergeant.done("flagReview", "flag { status }", input).await;
        let excluded = only_flag(&sergeant).await["explanation"]["excluded"][0].clone();
        assert_eq!(excluded["reason"], "CALLER_IS_VICTIM_OR_OWNER");
        let home = jfn.place("99 OAK ST", 3).await;
        let mut row: property::ActiveModel =
            property::Entity::find_by_id(home.parse::<entity::id::PropertyId>().unwrap()).one(&jfn.app.db).await.unwrap().unwrap().into();
        row.residential_occupancy = Set(ResidentialOccupancy::Unknown);
        row.update(&jfn.app.db).await.unwrap();
        assert_eq!(jfn.told(&nights(&home, CallCategory::Noise, &[1, 2, 3, 4, 5, 6, 7])).await, 0);
    }
}

story! {
    async fn p6_what_officers_begin_is_counted_apart(jfn) {
        assert!(!raises(jfn, 1, |call| call.officer_initiated = true).await);
        let rules = jfn.sergeant(3).await.ask("{ nuisanceRules(activeOn: \"2026-11-20\") { includeOfficerInitiated } }", json!({})).await;
        let rules = rules["nuisanceRules"].as_array().unwrap().clone();
        assert!(!rules.is_empty() && rules.iter().all(|rule| rule["includeOfficerInitiated"] == false));
    }
}

story! {
    async fn p7_one_event_is_one_incident_and_a_day_is_the_citys(jfn) {
        let place = jfn.place("12 ELM ST", 3).await;
        // Two of the moments are one night in Sacramento, though two days by UTC.
        let calls = ["2026-11-05 15:30", "2026-11-05 23:30", "2026-11-10 22:00"].map(|at| call(&place, at));
        assert_eq!(jfn.told(&calls).await, 0);
        assert_eq!(jfn.told(&calls).await, 0, "the same events again");
        assert_eq!(jfn.told(&[call(&place, "2026-11-15 00:30")]).await, 1);
        let flag = only_flag(&jfn.sergeant(3).await).await;
        assert_eq!(flag["explanation"]["excluded"][0]["reason"], "SAME_DAY");
    }
}

story! {
    async fn p8_what_is_not_exact_counts_towards_no_place(jfn) {
        for (number, &precision) in AddressPrecision::ALL.iter().enumerate() {
            let raised = raises(jfn, u32::try_from(number).unwrap() + 1, |call| call.precision = precision).await;
            assert_eq!(raised, matches!(precision, AddressPrecision::Address | AddressPrecision::Unit), "{precision}");
        }
    }
}

story! {
    async fn p9_only_a_sergeants_review_confirms_and_only_then_a_case_follows(jfn) {
        let (sergeant, _, _, flag) = flagged(jfn).await;
        let opening = json!({ "idempotencyKey": key(), "flagId": flag["id"], "title": "Loud bar", "kinds": ["HIGH_CALL_VOLUME"] });
        assert_eq!(sergeant.refused("flagOpenCase", "case { id }", opening.clone()).await, "TRANSITION_BLOCKED");
        let mutation = "mutation ($input: FlagReviewInput!) { flagReview(input: $input) { flag { id } } }";
        for other in [jfn.attorney(3).await, jfn.city_attorney().await, jfn.administrator().await] {
            assert_eq!(other.error_of(mutation, json!({ "input": review(&flag, "CONFIRM") })).await, "FORBIDDEN");
        }
        sergeant.done("flagReview", "flag { id }", review(&flag, "CONFIRM")).await;
        sergeant.done("flagOpenCase", "case { id }", opening).await;
    }
}

story! {
    async fn p10_a_flag_explains_itself(jfn) {
        let (_, place, calls, _) = flagged(jfn).await;
        let theft = call::Model { category: CallCategory::Theft, ..call(&place, "2026-11-12 10:00") };
        jfn.told(std::slice::from_ref(&theft)).await;
        let flag = only_flag(&jfn.sergeant(3).await).await;
        let ids = |list: &str| -> BTreeSet<String> {
            let rows = flag["explanation"][list].as_array().unwrap().iter();
            rows.map(|row| row["call"]["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids("counted"), calls.iter().map(|call| call.id.to_string()).collect());
        assert_eq!(ids("excluded"), BTreeSet::from([theft.id.to_string()]));
        assert_eq!(flag["explanation"]["excluded"][0]["reason"], "NOT_QUALIFYING");
        assert!(flag["rule"]["id"].is_string() && flag["rule"]["version"] == 1);
        assert_eq!((&flag["windowFrom"], &flag["windowTo"]), (&json!("2026-10-17"), &json!("2026-11-15")));
        assert_eq!(flag["explanation"]["dataAsOf"], "2026-11-16T06:00:00+00:00");
    }
}

story! {
    async fn p11_an_owner_challenges_a_call_and_it_is_counted_again_at_once(jfn) {
        let (sergeant, place, calls, flag) = flagged(jfn).await;
        let attorney = jfn.attorney(3).await;
        let challenge = |call: &call::Model| json!({
            "idempotencyKey": key(), "callId": call.id.to_string(), "onBehalfOf": "OWNER", "reason": "It was next door.",
        });
        const FIELDS: &str = "callChallenge { id version status reason onBehalfOf decidedBy { name } decidedAt decisionReason }";
        let made = attorney.done("callChallenge", FIELDS, challenge(&calls[1])).await["callChallenge"].take();
        assert_eq!((&made["status"], &made["onBehalfOf"]), (&json!("OPEN"), &json!("OWNER")));
        assert_eq!(only_flag(&sergeant).await["measured"], 3.0, "it counts until it is decided");
        let decide = |verdict: &str| json!({
            "challengeId": made["id"], "expectedVersion": made["version"], "decision": verdict, "reason": "The report says so.",
        });
        let own = attorney.refused("callChallengeDecide", FIELDS, decide("UPHOLD")).await;
        assert_eq!(own, "NOT_ALLOWED", "nobody decides on what they recorded");
        let decided = sergeant.done("callChallengeDecide", FIELDS, decide("UPHOLD")).await["callChallenge"].take();
        assert_eq!((&decided["status"], &decided["decisionReason"]), (&json!("UPHELD"), &json!("The report says so.")));
        assert_eq!(decided["decidedBy"]["name"], "Person sergeant3");
        let after = only_flag(&sergeant).await;
        assert_eq!((&after["id"], &after["status"], &after["measured"]), (&flag["id"], &json!("WITHDRAWN"), &json!(2.0)));
        let kinds: Vec<&str> = after["history"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
        assert!(kinds.contains(&"CHALLENGED") && kinds.contains(&"CHALLENGE_DECIDED"), "{kinds:?}");
        let shown = "query ($id: ID!) { property(by: { id: $id }) { callChallenges { status } } }";
        let shown = sergeant.ask(shown, json!({ "id": place })).await;
        assert_eq!(shown["property"]["callChallenges"], json!([{ "status": "UPHELD" }]));
        // It never counts there again, whichever rule and however often the calls are told.
        assert_eq!(jfn.told(&calls).await, 0);
        assert_eq!(sergeant.refused("callChallengeDecide", FIELDS, decide("DENY")).await, "STALE_VERSION");
    }
}

story! {
    async fn p12_what_ends_a_flag_is_told_as_time_that_passes_and_never_as_fewer_calls_or_an_eviction(jfn) {
        let (.., flag) = flagged(jfn).await;
        let told = flag["explanation"]["wouldClearWhen"].as_str().unwrap().to_lowercase();
        assert!(!told.is_empty());
        for word in ["evict", "fewer calls", "stop calling", "do not call", "don't call", "tenant"] {
            assert!(!told.contains(word), "{told}");
        }
    }
}

/// Everything in every table, as text.
async fn whole_database(jfn: &Jfn) -> String {
    let db = &jfn.app.db;
    let ask = async |sql: String| {
        let rows =
            db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("a query");
        rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap_or_default()).collect::<Vec<_>>()
    };
    let (tables, columns) = match jfn.runs_on() {
        Store::Sqlite => (
            "SELECT name FROM sqlite_master WHERE type = 'table'",
            "SELECT name FROM pragma_table_info('{}')",
        ),
        Store::Postgres => (
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = current_schema()",
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_schema = current_schema() \
             AND table_name = '{}'",
        ),
    };
    let mut whole = String::new();
    for table in ask(tables.to_owned()).await {
        let columns = ask(columns.replace("{}", &table)).await;
        let as_text = |name: &String| match jfn.runs_on() {
            Store::Sqlite => format!(
                "CASE TYPEOF(\"{name}\") WHEN 'blob' THEN HEX(\"{name}\") ELSE COALESCE(\"{name}\", '') END"
            ),
            Store::Postgres => format!("COALESCE(CAST(\"{name}\" AS TEXT), '')"),
        };
        let text: Vec<String> = columns.iter().map(as_text).collect();
        let sql = format!("SELECT {} FROM \"{table}\"", text.join(" || ' ' || "));
        whole.push_str(&ask(sql).await.join("\n"));
    }
    whole
}

story! {
    async fn p13_nothing_of_a_caller_nor_a_unit_is_kept_anywhere(jfn) {
        jfn.place("12 ELM ST", 3).await;
        let columns = "case_number,date,received,dispatched,arrived,type,address,clearance_code,caller,phone,narrative";
        let text = format!(
            "{columns}\n1,11/05/26,22:00,,,Noise Party,\"12 ELM ST APT ZQXJ\",No Report,Ms Zebedee,555-0143,weeping aloud\n\
             2,11/99/26,22:00,,,Noise Party,\"12 ELM ST\",No Report,Ms Zebedee,555-0143,weeping aloud\n"
        );
        let mapping = &mut jfn.app.city.preset.feed("demo-police").unwrap().mapping.clone();
        mapping.header = None;
        let log = CallLog::read(text.as_bytes(), mapping).unwrap();
        let lines: Vec<_> = log.map(|line| line.unwrap()).collect();
        let mut run = api::writes::ingest::ImportRun::start(&jfn.app, &api::authz::Viewer::server(), "demo-police").await.unwrap();
        run.take(&lines).await.unwrap();
        let counts = run.finish().await.unwrap().counts;
        assert_eq!((counts.inserted, counts.rejected, counts.matched), (1, 1, 1));
        let whole = whole_database(jfn).await;
        assert!(whole.contains("12 ELM ST"), "it was looked at");
        for trace in ["Zebedee", "555-0143", "weeping", "ZQXJ"] {
            assert!(!whole.contains(trace), "{trace}");
        }
    }
}

story! {
    async fn p13_sums_below_five_are_shown_to_no_commissioner(jfn) {
        let commissioner = jfn.commissioner().await;
        told(jfn, &[(1, 5, "Goat on roof", ""), (2, 6, "Goat on roof", ""), (3, 7, "Goat on roof", ""), (4, 8, "Goat on roof", "")]).await;
        let query = "{ feeds { key unmappedDescriptions { count } callsByMonth(months: 1) { calls } matchRate } }";
        let seen = async || {
            let feeds = commissioner.ask(query, json!({})).await["feeds"].take();
            feeds.as_array().unwrap().iter().find(|feed| feed["key"] == "demo-police").unwrap().clone()
        };
        let few = seen().await;
        assert_eq!((&few["unmappedDescriptions"], &few["callsByMonth"][0]["calls"], &few["matchRate"]), (&json!([]), &Value::Null, &Value::Null));
        told(jfn, &[(5, 9, "Goat on roof", "")]).await;
        let five = seen().await;
        assert_eq!((&five["unmappedDescriptions"], &five["callsByMonth"][0]["calls"]), (&json!([{ "count": 5 }]), &json!(5)));
    }
}

story! {
    async fn p14_a_flag_that_nobody_reviews_ends_and_its_history_stays(jfn) {
        let (.., flag) = flagged(jfn).await;
        jfn.wait(chrono::TimeDelta::days(91));
        api::schedule::tick(&jfn.app, &api::schedule::Stop::never()).await.unwrap();
        let after = only_flag(&jfn.sergeant(3).await).await;
        assert_eq!((&after["id"], &after["status"]), (&flag["id"], &json!("STALE")));
        let kinds: Vec<&str> = after["history"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
        assert_eq!(BTreeSet::from_iter(kinds), BTreeSet::from(["RAISED", "STALE"]));
    }
}

story! {
    async fn p15_which_calls_were_left_out_is_for_the_team_of_the_district_alone(jfn) {
        let (_, place, ..) = flagged(jfn).await;
        jfn.told(&[call::Model { category: CallCategory::Theft, ..call(&place, "2026-11-12 10:00") }]).await;
        let excluded = "{ flags { nodes { explanation { excluded { call { description } } } } } }";
        for other in [jfn.sergeant(4).await, jfn.attorney(1).await] {
            assert_eq!(other.ask(excluded, json!({})).await["flags"]["nodes"], json!([]));
        }
        for other in [jfn.commissioner().await, jfn.administrator().await] {
            assert_eq!(other.error_of(excluded, json!({})).await, "FORBIDDEN");
        }
        assert_eq!(jfn.nobody().error_of(excluded, json!({})).await, "UNAUTHENTICATED");
    }
}

story! {
    async fn p16_a_year_that_is_over_is_certified_with_its_rules_and_what_they_left_out(jfn) {
        let place = jfn.place("12 ELM ST", 3).await;
        let mut calls: Vec<call::Model> = (1..=6).map(|day| call(&place, &format!("2025-03-{day:02} 22:00"))).collect();
        calls.extend((1..=5).map(|day| call::Model { category: CallCategory::Domestic, ..call(&place, &format!("2025-04-{day:02} 22:00")) }));
        calls.extend((1..=4).map(|day| call::Model { category: CallCategory::Theft, ..call(&place, &format!("2025-05-{day:02} 22:00")) }));
        // The last hours of the year by UTC are the next year's; here they are still the old one's.
        calls.push(call(&place, "2025-12-31 23:30"));
        calls.push(call(&place, "2026-01-01 00:30"));
        jfn.told(&calls).await;
        let commissioner = jfn.commissioner().await;
        let query = "query ($year: Int!) { protectionCertificate(year: $year) { year rules { key } calls { reason calls } \
            flags { status flags } penalties { basis notices legalActions } } }";
        let found = commissioner.ask(query, json!({ "year": 2025 })).await["protectionCertificate"].take();
        assert_eq!(found["calls"], json!([
            { "reason": null, "calls": 7 }, { "reason": "PROTECTED", "calls": 5 }, { "reason": "NOT_QUALIFYING", "calls": null },
        ]));
        let rules: BTreeSet<&str> = found["rules"].as_array().unwrap().iter().map(|rule| rule["key"].as_str().unwrap()).collect();
        assert!(rules.contains("bar-3-days-in-30"), "{rules:?}");
        assert_eq!(found["penalties"], json!([
            { "basis": "FLAG", "notices": null, "legalActions": null }, { "basis": "CONDUCT", "notices": null, "legalActions": null },
        ]));
        assert_eq!(commissioner.error_of(query, json!({ "year": 2026 })).await, "BAD_INPUT");
        let administrator = jfn.administrator().await;
        assert_eq!(administrator.error_of(query, json!({ "year": 2025 })).await, "FORBIDDEN");
    }
}

story! {
    async fn no_answer_and_no_line_of_the_log_has_a_protected_calls_address_beside_its_type(jfn) {
        told(jfn, &[(1, 5, "Domestic Viol", ""), (2, 99, "Domestic Viol", ""), (3, 7, "Noise Party", "")]).await;
        let query = "{ feeds { key unmappedDescriptions { description } callsByMonth { month calls } \
            runs { nodes { error read } } } flags { nodes { id } } highVolumeProperties(window: { days: 365 }) { nodes { \
            property { address } volume { byCategory { category count } } } } }";
        for client in [jfn.sergeant(3).await, jfn.attorney(3).await, jfn.city_attorney().await] {
            let answer = client.ask(query, json!({})).await.to_string();
            assert!(!answer.to_uppercase().contains("DOMESTIC"), "{answer}");
        }
        let rejected = "{ feeds { key rejectedRows { nodes { columns reason } } } }";
        let answer = jfn.administrator().await.ask(rejected, json!({})).await.to_string();
        assert!(answer.contains("date") && !answer.to_uppercase().contains("DOMESTIC") && !answer.contains("ELM"), "{answer}");
        assert!(log::lines_with("ELM").iter().all(|line| !line.to_uppercase().contains("DOMESTIC")));
    }
}
