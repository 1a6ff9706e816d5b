//! `jfn import-places`: a city's parcels, loaded once and again.

use std::io::Write;

use api::commands::{
    import_places::{Summary, import},
    parcel_mapping::ParcelMapping,
};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use tests::{Client, Jfn, files::in_repository, story};

const HEADER: &str =
    "apn,address,aliases,latitude,longitude,use_type,residential_occupancy,unit_count,name,owner,owner_kind";
const MOTEL: &str = "1-1,1200 K ST,1202 K,38.5766,-121.4934,MOTEL,SOME,40,,K Street Lodging LLC,ORGANIZATION";

fn mapping() -> ParcelMapping {
    let text = std::fs::read_to_string(in_repository("api/demo/places.toml")).unwrap();
    ParcelMapping::parse(&text).unwrap()
}

async fn load(jfn: &Jfn, rows: &[&str]) -> Summary {
    let text = format!("{HEADER}\n{}\n", rows.join("\n"));
    let mut summary = Summary::default();
    import(&jfn.app, &mapping(), text.as_bytes(), &mut summary).await.expect("the file is read");
    summary
}

fn figures(summary: &Summary) -> [u64; 5] {
    let outcome = &summary.outcome;
    [summary.read, outcome.added, outcome.updated, outcome.unchanged, outcome.rejected.len() as u64]
}

async fn see(client: &Client, apn: &str) -> Value {
    let query = "query ($apn: String!) { property(by: { apn: $apn }) { id version apn address aliases useType \
                 residentialOccupancy unitCount latitude district { number } districtOverrideReason \
                 parties { id status evidence party { name } } } }";
    client.ask(query, json!({ "apn": apn })).await["property"].take()
}

story! {
    async fn the_demo_citys_places_load_once_and_a_repeat_changes_nothing(jfn) {
        let file = std::fs::read(in_repository("api/demo/places.csv")).unwrap();
        let mut first = Summary::default();
        import(&jfn.app, &mapping(), &file[..], &mut first).await.expect("the file is read");
        assert_eq!(figures(&first), [2562, 2562, 0, 0, 0], "{:?}", first.outcome.rejected.first());
        assert_eq!(first.outcome.owners_suggested, 2562);
        let query = "{ properties { totalCount } districts { number } }";
        let sergeant = jfn.sergeant(3).await;
        assert_eq!(sergeant.ask(query, json!({})).await["properties"]["totalCount"], 2562);
        let placed = "{ properties(filter: { districts: [1, 2, 3, 4, 5, 6, 7, 8] }) { totalCount } }";
        let all = sergeant.ask(placed, json!({})).await;
        assert_eq!(all["properties"]["totalCount"], 2562, "each has its district");

        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&file).unwrap();
        let packed = packed.finish().unwrap();
        let mut second = Summary::default();
        import(&jfn.app, &mapping(), &packed[..], &mut second).await.expect("gzip is read too");
        assert_eq!(figures(&second), [2562, 0, 0, 2562, 0]);
        assert_eq!(second.outcome.owners_suggested, 0);

        let mut third = Summary::default();
        let cut = import(&jfn.app, &mapping(), &packed[..packed.len() / 2], &mut third).await;
        let reason = cut.expect_err("it is truncated").to_string();
        assert!(reason.contains("ends too early") && reason.contains("near line"), "{reason}");
    }
}

story! {
    async fn a_changed_row_updates_its_place_and_suggests_the_new_owner(jfn) {
        load(jfn, &[MOTEL]).await;
        let sergeant = jfn.sergeant(4).await;
        let seen = see(&sergeant, "1-1").await;
        assert_eq!(seen["aliases"], json!(["1202 K"]));
        assert_eq!((&seen["district"]["number"], &seen["districtOverrideReason"]), (&json!(4), &Value::Null));
        assert_eq!(seen["parties"][0]["status"], "SUGGESTED");

        let changed = "1-1,1200 K ST,1202 K|1204 K,38.5611,-121.4240,RETAIL,NONE,,,Next Owner LLC,ORGANIZATION";
        assert_eq!(figures(&load(jfn, &[changed]).await), [1, 0, 1, 0, 0]);
        let seen = see(&sergeant, "1-1").await;
        assert_eq!((&seen["useType"], &seen["residentialOccupancy"]), (&json!("RETAIL"), &json!("NONE")));
        assert_eq!(seen["unitCount"], 40, "a blank cell tells nothing");
        assert_eq!((&seen["district"]["number"], &seen["version"]), (&json!(3), &json!(1)));
        assert_eq!(seen["aliases"], json!(["1202 K", "1204 K"]));
        assert_eq!(seen["parties"].as_array().unwrap().len(), 2, "the former owner's link is for people to decide");

        let renamed = "1-1,1201 L ST,,38.5611,-121.4240,RETAIL,NONE,,,,";
        assert_eq!(figures(&load(jfn, &[renamed]).await), [1, 0, 1, 0, 0]);
        let seen = see(&sergeant, "1-1").await;
        assert_eq!(seen["address"], "1201 L ST");
        assert_eq!(seen["aliases"], json!(["1200 K ST", "1202 K", "1204 K"]), "calls still name the old address");
        assert_eq!(figures(&load(jfn, &[renamed]).await), [1, 0, 0, 1, 0]);
    }
}

story! {
    async fn what_staff_edited_and_decided_wins_over_the_file(jfn) {
        load(jfn, &[MOTEL]).await;
        let sergeant = jfn.sergeant(4).await;
        let seen = see(&sergeant, "1-1").await;
        let edit = json!({
            "propertyId": seen["id"], "expectedVersion": 1, "useType": "MULTI_FAMILY",
            "districtOverride": { "number": 6, "reason": "Its entrance is there." },
        });
        sergeant.done("propertyEdit", "property { version }", edit).await;
        let reject = json!({ "linkId": seen["parties"][0]["id"], "decision": "REJECT", "reason": "Sold in 2024." });
        let sixth = jfn.sergeant(6).await;
        sixth.done("partyLinkDecide", "property { version }", reject).await;

        let changed = "1-1,1200 K ST,1202 K,38.5611,-121.4240,BAR,NONE,12,,K Street Lodging LLC,ORGANIZATION";
        let summary = load(jfn, &[changed]).await;
        assert_eq!((figures(&summary), summary.outcome.owners_suggested), ([1, 0, 0, 1, 0], 0));
        let seen = see(&sergeant, "1-1").await;
        assert_eq!((&seen["useType"], &seen["unitCount"]), (&json!("MULTI_FAMILY"), &json!(40)));
        assert_eq!((&seen["district"]["number"], &seen["latitude"]), (&json!(6), &json!(38.5766)));
        assert_eq!(seen["parties"][0]["status"], "REJECTED", "a rejected owner is not suggested again");
    }
}

story! {
    async fn a_place_made_for_a_case_takes_what_its_parcel_tells(jfn) {
        let place = jfn.place("1200 K ST", 3).await;
        assert_eq!(figures(&load(jfn, &[MOTEL]).await), [1, 0, 1, 0, 0]);
        let seen = see(&jfn.sergeant(3).await, "1-1").await;
        assert_eq!((&seen["id"], &seen["useType"]), (&json!(place), &json!("MOTEL")));
        assert_eq!(seen["district"]["number"], 4);
    }
}

story! {
    async fn lines_that_cannot_be_taken_are_named_and_the_rest_is_loaded(jfn) {
        let summary = load(
            jfn,
            &[
                MOTEL,
                "1-2,K ST / 12TH ST,,38.5766,-121.4934,BAR,NONE,,,,",
                "1-3,1200 K ST APT 5,,38.5766,-121.4934,BAR,NONE,,,,",
                "1-4,1300 K ST,1202 K|K & 13TH,38.5766,-121.4934,BAR,NONE,,,,",
                "1-5,1400 K ST,,99,-121.4934,BAR,NONE,,,,",
                "1-6,1500 K ST,,38.5766,-121.4934,CASTLE,NONE,,,,",
                "1-7,1600 K ST",
                ",1700 K ST,,,,,,,,,",
                "1-9,1800 K ST,,38.6954,-121.5908,OFFICE,NONE,,,,",
            ],
        )
        .await;
        assert_eq!(figures(&summary), [9, 4, 0, 0, 5]);
        let mut lines: Vec<u64> = summary.outcome.rejected.iter().map(|(line, _)| *line).collect();
        lines.sort_unstable();
        assert_eq!(lines, [3, 4, 6, 7, 8]);
        let of = |line: u64| summary.outcome.rejected.iter().find(|(at, _)| *at == line).unwrap().1.clone();
        assert!(of(4).contains("parcel 1-1"), "{}", of(4));
        assert!(of(7).contains("CASTLE"), "{}", of(7));
        let notes: Vec<u64> = summary.outcome.left_out.iter().map(|(line, _)| *line).collect();
        assert_eq!(notes, [5, 5], "an alias of another place, and one that is none: {:?}", summary.outcome.left_out);
        let outside = see(&jfn.sergeant(3).await, "1-9").await;
        assert_eq!(outside["district"], Value::Null, "a place outside the city has no district");
    }
}

story! {
    async fn owners_of_one_name_are_one_organisation_but_not_one_person(jfn) {
        let rows: Vec<String> = ["Lodging LLC,ORGANIZATION", "Kim Lee,PERSON"]
            .iter()
            .flat_map(|owner| (0..3).map(move |n| format!(",{}00 {} ST,,,,,,,,{owner}", n + 1, &owner[..3])))
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let summary = load(jfn, &rows).await;
        assert_eq!(figures(&summary), [6, 6, 0, 0, 0], "{:?}", summary.outcome.rejected);
        let query = "{ properties { nodes { address parties { party { id name properties { totalCount } } } } } }";
        let seen = jfn.sergeant(3).await.ask(query, json!({})).await;
        for place in seen["properties"]["nodes"].as_array().unwrap() {
            let party = &place["parties"][0]["party"];
            let places = if party["name"] == "Lodging LLC" { 3 } else { 1 };
            assert_eq!(party["properties"]["totalCount"], places, "{place}");
        }
    }
}

story! {
    async fn a_file_with_another_header_is_refused_before_anything_is_written(jfn) {
        let mut summary = Summary::default();
        let wrong = "apn,street\n1,1200 K ST\n";
        let refused = import(&jfn.app, &mapping(), wrong.as_bytes(), &mut summary).await;
        let reason = refused.expect_err("it has another header").to_string();
        assert!(reason.contains("`address`") && reason.contains("it has `apn`, `street`"), "{reason}");
        assert_eq!(figures(&summary), [0; 5]);
    }
}
