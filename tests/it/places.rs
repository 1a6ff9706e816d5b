//! Places: found by any of their names, and corrected by the team.

use serde_json::{Value, json};
use tests::{Client, key, story};

const PLACE: &str = "property { id version apn address aliases latitude longitude district { number } \
                     districtOverrideReason useType residentialOccupancy unitCount }";

async fn see(client: &Client, id: &str) -> Value {
    let query =
        format!("query ($id: ID!) {{ {} }}", PLACE.replacen("property", "property(by: { id: $id })", 1));
    client.ask(&query, json!({ "id": id })).await["property"].take()
}

async fn edit(client: &Client, place: &str, version: i32, changes: Value) -> Value {
    client.done("propertyEdit", PLACE, edited(place, version, changes)).await["property"].take()
}

async fn refused(client: &Client, place: &str, version: i32, changes: Value) -> Value {
    let mut payload = client.change("propertyEdit", PLACE, edited(place, version, changes)).await;
    assert_eq!(payload["userErrors"].as_array().unwrap().len(), 1, "{payload:#}");
    let error = payload["userErrors"][0].take();
    assert_eq!(payload["property"], see(client, place).await, "the payload has the place as it is");
    error
}

fn edited(place: &str, version: i32, mut changes: Value) -> Value {
    changes["propertyId"] = json!(place);
    changes["expectedVersion"] = json!(version);
    changes
}

story! {
    async fn a_place_is_found_by_id_parcel_and_any_address_however_written(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let changes = json!({ "apn": "006-0124-003", "addAliases": ["1202 k street", "1204 K St."] });
        let seen = edit(&sergeant, &place, 1, changes).await;
        assert_eq!(seen["aliases"], json!(["1202 K ST", "1204 K ST"]));
        let query = "query ($by: PropertyRef!) { property(by: $by) { id } }";
        for by in [
            json!({ "id": place }),
            json!({ "apn": "006-0124-003" }),
            json!({ "address": "1200 K Street, Apt 4" }),
            json!({ "address": "1204 k st" }),
        ] {
            let found = sergeant.ask(query, json!({ "by": by })).await;
            assert_eq!(found["property"]["id"], json!(place), "{by}");
        }
        for by in [json!({ "address": "1206 K ST" }), json!({ "apn": "1" }), json!({ "address": "" })] {
            assert_eq!(sergeant.error_of(query, json!({ "by": by })).await, "NOT_FOUND", "{by}");
        }
        let by_node = "query ($id: ID!) { node(id: $id) { id ... on Property { address } } }";
        let found = sergeant.ask(by_node, json!({ "id": place })).await;
        assert_eq!(found["node"]["address"], "1200 K ST");
    }
}

story! {
    async fn an_edit_changes_what_it_names_and_nothing_else(jfn) {
        let code = jfn.code_officer(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let changes = json!({ "useType": "MOTEL", "residentialOccupancy": "SOME", "unitCount": 42 });
        let seen = edit(&code, &place, 1, changes).await;
        assert_eq!(
            (&seen["version"], &seen["useType"], &seen["residentialOccupancy"], &seen["unitCount"]),
            (&json!(2), &json!("MOTEL"), &json!("SOME"), &json!(42))
        );
        assert_eq!(seen["district"]["number"], 3);
        let seen = edit(&code, &place, 2, json!({ "unitCount": null })).await;
        assert_eq!((&seen["useType"], &seen["unitCount"]), (&json!("MOTEL"), &Value::Null));
        let seen = edit(&code, &place, 3, json!({ "useType": "MOTEL" })).await;
        assert_eq!(seen["version"], 3, "nothing changed, so no version either");
    }
}

story! {
    async fn an_edit_of_another_version_is_refused_and_shows_the_present_place(jfn) {
        let (code, sergeant) = (jfn.code_officer(3).await, jfn.sergeant(3).await);
        let place = jfn.place("1200 K ST", 3).await;
        edit(&code, &place, 1, json!({ "useType": "MOTEL" })).await;
        let error = refused(&sergeant, &place, 1, json!({ "useType": "RETAIL" })).await;
        assert_eq!(error["code"], "STALE_VERSION");
        assert_eq!(see(&sergeant, &place).await["useType"], "MOTEL");
    }
}

story! {
    async fn only_the_team_of_its_district_and_the_city_attorney_change_a_place(jfn) {
        let place = jfn.place("1200 K ST", 3).await;
        let input = edited(&place, 1, json!({ "useType": "RETAIL" }));
        let other = jfn.sergeant(5).await;
        assert_eq!(other.refused("propertyEdit", PLACE, input.clone()).await, "NOT_ALLOWED");
        assert_eq!(see(&other, &place).await["version"], 1);
        let mutation = "mutation ($input: PropertyEditInput!) { propertyEdit(input: $input) { property { id } } }";
        for nobody in [jfn.commissioner().await, jfn.administrator().await] {
            assert_eq!(nobody.error_of(mutation, json!({ "input": input })).await, "FORBIDDEN");
        }
        assert_eq!(jfn.nobody().error_of(mutation, json!({ "input": input })).await, "UNAUTHENTICATED");
        assert_eq!(edit(&jfn.city_attorney().await, &place, 1, json!({ "useType": "RETAIL" })).await["version"], 2);
        let gone = edited("property_00000000000000000000000000000000", 1, json!({}));
        let payload = other.change("propertyEdit", PLACE, gone).await;
        assert_eq!((&payload["property"], &payload["userErrors"][0]["code"]), (&Value::Null, &json!("NOT_FOUND")));
    }
}

story! {
    async fn an_alias_of_another_place_is_refused_and_names_that_place(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let (place, other) = (jfn.place("1200 K ST", 3).await, jfn.place("1300 K ST", 3).await);
        edit(&sergeant, &other, 1, json!({ "apn": "006-0124-004", "addAliases": ["1302 K ST"] })).await;
        let changes = json!({ "addAliases": ["1202 K ST", "1302 K ST"], "useType": "MOTEL" });
        let error = refused(&sergeant, &place, 1, changes).await;
        assert_eq!((&error["code"], &error["field"]), (&json!("NOT_UNIQUE"), &json!(["addAliases"])));
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("1300 K ST") && message.contains("006-0124-004"), "{message}");
        let seen = see(&sergeant, &place).await;
        assert_eq!((&seen["aliases"], &seen["useType"]), (&json!([]), &json!("BAR")), "nothing is half-written");
        let error = refused(&sergeant, &place, 1, json!({ "apn": "006-0124-004" })).await;
        assert_eq!((&error["code"], &error["field"]), (&json!("NOT_UNIQUE"), &json!(["apn"])));
        assert!(error["message"].as_str().unwrap().contains("1300 K ST"));
    }
}

story! {
    async fn the_situs_address_stays_and_only_addresses_of_one_place_are_aliases(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        for (changes, field) in [
            (json!({ "removeAliases": ["1200 K ST"] }), "removeAliases"),
            (json!({ "removeAliases": ["1208 K ST"] }), "removeAliases"),
            (json!({ "addAliases": ["K ST / 12TH ST"] }), "addAliases"),
            (json!({ "addAliases": ["12XX BLOCK OF K ST"] }), "addAliases"),
            (json!({ "unitCount": 0 }), "unitCount"),
            (json!({ "latitude": 138.5, "longitude": -121.4 }), "latitude"),
        ] {
            let error = refused(&sergeant, &place, 1, changes.clone()).await;
            assert_eq!((&error["code"], &error["field"]), (&json!("INVALID"), &json!([field])), "{changes}");
        }
        let error = refused(&sergeant, &place, 1, json!({ "latitude": 38.5 })).await;
        assert_eq!((&error["code"], &error["field"]), (&json!("REQUIRED"), &json!(["longitude"])));
    }
}

story! {
    async fn of_two_places_that_claim_an_address_at_once_one_gets_it(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let (one, two) = (jfn.place("1200 K ST", 3).await, jfn.place("1300 K ST", 3).await);
        let claim = json!({ "addAliases": ["1250 K ST"] });
        let (first, second) = tokio::join!(
            sergeant.change("propertyEdit", PLACE, edited(&one, 1, claim.clone())),
            sergeant.change("propertyEdit", PLACE, edited(&two, 1, claim)),
        );
        let mut codes: Vec<Value> = [first, second].iter().map(|p| p["userErrors"][0]["code"].clone()).collect();
        codes.sort_by_key(Value::is_string);
        assert_eq!(codes, [Value::Null, json!("NOT_UNIQUE")]);
    }
}

story! {
    async fn the_district_follows_the_point_unless_it_is_overridden_for_a_reason(jfn) {
        let chief = jfn.city_attorney().await;
        let place = jfn.place("1200 K ST", 3).await;
        // Made with an override and without a point.
        let error = refused(&chief, &place, 1, json!({ "districtFromPoint": true })).await;
        assert_eq!(error["field"], json!(["districtFromPoint"]));
        let capitol = json!({ "latitude": 38.5766, "longitude": -121.4934, "districtFromPoint": true });
        let seen = edit(&chief, &place, 1, capitol).await;
        assert_eq!((&seen["district"]["number"], &seen["districtOverrideReason"]), (&json!(4), &Value::Null));
        let campus = json!({ "latitude": 38.5611, "longitude": -121.4240 });
        assert_eq!(edit(&chief, &place, 2, campus).await["district"]["number"], 3);

        let blank = json!({ "districtOverride": { "number": 6, "reason": " " } });
        let error = refused(&chief, &place, 3, blank).await;
        assert_eq!(
            (&error["code"], &error["field"]),
            (&json!("REQUIRED"), &json!(["districtOverride", "reason"]))
        );
        let unknown = json!({ "districtOverride": { "number": 9, "reason": "-" } });
        assert_eq!(refused(&chief, &place, 3, unknown).await["code"], "INVALID");
        let stated = json!({ "districtOverride": { "number": 6, "reason": "Its entrance is there." } });
        let seen = edit(&chief, &place, 3, stated).await;
        assert_eq!(seen["district"]["number"], 6);
        assert_eq!(seen["districtOverrideReason"], "Its entrance is there.");
        let capitol = json!({ "latitude": 38.5766, "longitude": -121.4934 });
        assert_eq!(edit(&chief, &place, 4, capitol).await["district"]["number"], 6, "an override stays");
        let seen = edit(&chief, &place, 5, json!({ "districtFromPoint": true })).await;
        assert_eq!((&seen["district"]["number"], &seen["districtOverrideReason"]), (&json!(4), &Value::Null));
        let airport = json!({ "latitude": 38.6954, "longitude": -121.5908 });
        let error = refused(&chief, &place, 6, airport).await;
        assert!(error["message"].as_str().unwrap().contains("districtOverride"));
    }
}

story! {
    async fn an_open_case_stays_with_its_team_when_the_place_changes_district(jfn) {
        let (own, other) = (jfn.sergeant(3).await, jfn.sergeant(6).await);
        let place = jfn.place("1200 K ST", 3).await;
        let case = json!({
            "idempotencyKey": key(), "title": "Loud nights", "kinds": ["OTHER"], "property": { "id": place },
            "source": "PATROL",
        });
        own.done("caseOpen", "case { id }", case).await;
        let moved = json!({ "districtOverride": { "number": 6, "reason": "The parcel was split." } });
        edit(&own, &place, 1, moved).await;
        let query = "query ($id: ID!) { property(by: { id: $id }) { cases { totalCount nodes { district { number } } } } }";
        let seen = own.ask(query, json!({ "id": place })).await;
        assert_eq!(seen["property"]["cases"]["nodes"], json!([{ "district": { "number": 3 } }]));
        let input = edited(&place, 2, json!({ "useType": "MOTEL" }));
        assert_eq!(own.refused("propertyEdit", PLACE, input.clone()).await, "NOT_ALLOWED", "it is no longer theirs");
        other.done("propertyEdit", PLACE, input).await;
    }
}

story! {
    async fn places_are_listed_by_address_filtered_and_paged(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let mut ids = Vec::new();
        for (address, district) in [("1300 K ST", 3), ("1200 K ST", 3), ("100 J ST", 4), ("5 ELM AVE", 5)] {
            ids.push(jfn.place(address, district).await);
        }
        let case = json!({
            "idempotencyKey": key(), "title": "Loud nights", "kinds": ["OTHER"], "property": { "id": ids[1] },
            "source": "PATROL",
        });
        sergeant.done("caseOpen", "case { id }", case).await;
        edit(&sergeant, &ids[0], 1, json!({ "useType": "MOTEL", "addAliases": ["77 HIDDEN LN"] })).await;
        let party = json!({
            "idempotencyKey": key(), "propertyId": ids[1], "role": "OWNER",
            "party": { "new": { "kind": "ORGANIZATION", "name": "Delta 100% Holdings" } },
        });
        sergeant.done("partyLink", PLACE, party).await;

        let query = "query ($filter: PropertyFilter, $first: Int, $after: String) \
                     { properties(filter: $filter, first: $first, after: $after) \
                     { totalCount pageInfo { hasNextPage endCursor } nodes { address } } }";
        let addresses = |answer: &Value| -> Vec<String> {
            let nodes = answer["properties"]["nodes"].as_array().unwrap();
            nodes.iter().map(|node| node["address"].as_str().unwrap().to_owned()).collect()
        };
        let first = sergeant.ask(query, json!({ "first": 3 })).await;
        assert_eq!(addresses(&first), ["100 J ST", "1200 K ST", "1300 K ST"]);
        assert_eq!(first["properties"]["totalCount"], 4);
        let after = &first["properties"]["pageInfo"]["endCursor"];
        let second = sergeant.ask(query, json!({ "first": 3, "after": after })).await;
        assert_eq!(addresses(&second), ["5 ELM AVE"]);
        assert_eq!(second["properties"]["pageInfo"]["hasNextPage"], false);
        for (filter, found) in [
            (json!({ "districts": [4, 5] }), vec!["100 J ST", "5 ELM AVE"]),
            (json!({ "useTypes": ["MOTEL"] }), vec!["1300 K ST"]),
            (json!({ "hasOpenCase": true }), vec!["1200 K ST"]),
            (json!({ "hasOpenCase": false, "districts": [3] }), vec!["1300 K ST"]),
            (json!({ "text": "k st" }), vec!["1200 K ST", "1300 K ST"]),
            (json!({ "text": "hidden" }), vec!["1300 K ST"]),
            (json!({ "text": "100% hold" }), vec!["1200 K ST"]),
            (json!({ "text": "100_ hold" }), vec![]),
        ] {
            let answer = sergeant.ask(query, json!({ "filter": filter })).await;
            assert_eq!(addresses(&answer), found, "{filter}");
        }
        for (variables, code) in [
            (json!({ "first": 100_000 }), "BAD_INPUT"),
            (json!({ "after": "x" }), "BAD_INPUT"),
            (json!({ "filter": { "districts": [9] } }), "BAD_INPUT"),
        ] {
            assert_eq!(sergeant.error_of(query, variables).await, code);
        }
        assert_eq!(jfn.commissioner().await.error_of(query, json!({})).await, "FORBIDDEN");
    }
}

story! {
    async fn a_list_of_places_with_its_relations_costs_the_same_statements_for_five_and_for_fifty(jfn) {
        let sergeant = jfn.sergeant(3).await;
        for number in 0..50 {
            let place = jfn.place(&format!("{} K ST", 1000 + number), 3).await;
            let alias = json!({ "addAliases": [format!("{} L ST", 1000 + number)] });
            edit(&sergeant, &place, 1, alias).await;
            let link = json!({
                "idempotencyKey": key(), "propertyId": place, "role": "OWNER", "status": "CONFIRMED", "evidence": "Deed",
                "party": { "new": { "kind": "PERSON", "name": format!("Owner {number}") } },
            });
            sergeant.done("partyLink", PLACE, link).await;
        }
        let query = "query ($first: Int) { properties(first: $first) { nodes { address aliases district { number } \
                     parties { party { name } status decidedBy { name } decisions { reason by { name } } } } } }";
        let mut counts = Vec::new();
        for first in [5, 50] {
            let before = jfn.statements();
            let answer = sergeant.ask(query, json!({ "first": first })).await;
            counts.push(jfn.statements() - before);
            assert_eq!(answer["properties"]["nodes"].as_array().unwrap().len(), first);
            assert_eq!(answer["properties"]["nodes"][0]["parties"][0]["decidedBy"]["name"], "Person sergeant3");
        }
        assert_eq!(counts[0], counts[1], "the number of statements does not grow with the list");
        // Sign-in, places, aliases, parties, decisions, and the people of either.
        assert!(counts[1] <= 7, "{counts:?}");
    }
}
