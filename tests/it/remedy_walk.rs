//! Every remedy of the city, walked step by step over HTTP: refused for what is missing, then allowed; and to nobody else.

use std::collections::BTreeSet;

use serde_json::json;
use tests::{Jfn, key, story};

use crate::{
    legal::{ACTION, bare_case_at},
    remedy_table::{Row, Steps, TABLE, steps},
    remedy_walker::{ENDS, Walk},
};

/// Takes every step of a remedy that leads on, and each of its ends once; of the other ways to the same end, that it is refused
/// without a reason and allowed with one.
async fn walk(jfn: &Jfn, row: &Row) {
    let mut walk = Walk::new(jfn, row).await;
    let mut left: BTreeSet<(String, String)> = walk.steps.keys().cloned().collect();
    let mut ended: BTreeSet<String> = BTreeSet::new();
    while !left.is_empty() {
        walk.refer().await;
        while !ENDS.contains(&walk.status.as_str()) {
            let Some(way) = walk.way(&left) else { break };
            for to in way {
                let edge = (walk.status.clone(), to.clone());
                let is_new = left.remove(&edge);
                let is_another_way = is_new
                    && !ended.insert(to.clone())
                    && walk.steps[&edge] == BTreeSet::from(["reason".to_owned()]);
                if is_another_way {
                    walk.assert_refused(&to).await;
                    break;
                }
                walk.take(&to, is_new).await;
            }
        }
    }
}

async fn walk_all(jfn: &Jfn, keys: &[&str]) {
    for key in keys {
        let row = TABLE.iter().find(|row| row.0 == *key).unwrap();
        walk(jfn, row).await;
    }
}

story! {
    async fn the_catalogue_is_the_one_that_counsel_wrote_down(jfn) {
        let query = "{ remedies { key confirmWithCounsel statute steps { from to actors requires } } }";
        let seen = jfn.attorney(3).await.ask(query, json!({})).await["remedies"].take();
        let listed = seen.as_array().unwrap();
        let keys: Vec<&str> = listed.iter().map(|remedy| remedy["key"].as_str().unwrap()).collect();
        assert_eq!(keys, TABLE.iter().map(|row| row.0).collect::<Vec<_>>(), "A to N, and nothing else");
        for (remedy, row) in listed.iter().zip(TABLE) {
            let mut told = Steps::new();
            for step in remedy["steps"].as_array().unwrap() {
                let Some(from) = step["from"].as_str() else {
                    assert_eq!(step["to"], "REFERRED", "{}", row.0);
                    continue;
                };
                let facts = step["requires"].as_array().unwrap().iter().map(|fact| fact.as_str().unwrap().to_owned());
                let (from, to) = (from.to_owned(), step["to"].as_str().unwrap().to_owned());
                let actors = step["actors"].as_array().unwrap();
                assert!(actors.contains(&json!("ATTORNEY")) && !actors.contains(&json!("SERGEANT")), "{}", row.0);
                if to == "AUTHORIZED" {
                    assert_eq!(*actors, [json!("ATTORNEY"), json!("CITY_ATTORNEY")], "{}: the sign-off", row.0);
                }
                told.insert((from, to), facts.collect());
            }
            assert_eq!(told, steps(row), "{}", row.0);
        }
    }
}

story! {
    async fn the_citys_own_instruments_are_walked(jfn) {
        walk_all(jfn, &[
            "administrative-citation", "administrative-penalty", "dangerous-building-order", "state-housing-law-notice",
            "abatement-cost-lien", "abatement-special-assessment", "social-host-costs",
        ]).await;
    }
}

story! {
    async fn the_suits_are_walked(jfn) {
        walk_all(jfn, &[
            "state-housing-law-suit", "receivership", "drug-abatement", "red-light-abatement", "public-nuisance-suit",
            "criminal-nuisance", "preliminary-relief",
        ]).await;
    }
}

story! {
    async fn the_warrants_the_licences_and_the_evictions_are_walked(jfn) {
        let lapsed = ["weapons-eviction", "drug-eviction"];
        let case = bare_case_at(jfn, "1100 K ST", 3).await;
        for key_of in lapsed {
            let referral = || json!({ "idempotencyKey": key(), "caseId": case["id"], "remedyKey": key_of, "reason": "Sales." });
            let sergeant = jfn.sergeant(3).await;
            assert_eq!(sergeant.refused("legalActionRefer", ACTION, referral()).await, "REMEDY_NOT_AVAILABLE");
            let confirm = json!({ "remedyKey": key_of, "reason": "Extended by a statute of 2025." });
            jfn.city_attorney().await.done("remedyConfirm", "remedy { key }", confirm).await;
        }
        walk_all(jfn, &["inspection-warrant", "abatement-warrant", "owner-unlawful-detainer", "abc-license-action"]).await;
        walk_all(jfn, &lapsed).await;
        assert!(jfn.app.today().to_string().as_str() > "2026-12-20", "waiting periods were waited for");
    }
}
