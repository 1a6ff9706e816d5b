//! Calls and flags follow what is known of a place: its addresses, its use, its parcel.

use api::{
    commands::{
        import_places::{Summary, import},
        parcel_mapping::ParcelMapping,
    },
    domain::address::{Address, Writing},
};
use chrono::TimeDelta;
use entity::{
    call::{self, AddressPrecision, CallCategory},
    feed,
    id::{CallId, PropertyId},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tests::{Client, Jfn, key, story};

async fn edit(client: &Client, place: &str, version: i32, mut changes: Value) {
    changes["propertyId"] = json!(place);
    changes["expectedVersion"] = json!(version);
    client.done("propertyEdit", "property { version }", changes).await;
}

/// The rules whose flags stand at the place, with the flags' statuses.
async fn flags_at(client: &Client, place: &str) -> Vec<(String, String)> {
    let query = "query ($id: ID!) { property(by: { id: $id }) { flags { nodes { status rule { key } } } } }";
    let seen = client.ask(query, json!({ "id": place })).await;
    let nodes = seen["property"]["flags"]["nodes"].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut flags: Vec<_> =
        nodes.iter().map(|flag| (text(&flag["rule"]["key"]), text(&flag["status"]))).collect();
    flags.sort();
    flags
}

fn one(rule: &str, status: &str) -> Vec<(String, String)> {
    vec![(rule.to_owned(), status.to_owned())]
}

/// A call at that address, which no place was known by when it came.
async fn call(jfn: &Jfn, address: &str, days_ago: i64) {
    let read = Address::parse(address, &Writing::default());
    let feed = feed::Entity::find().one(&jfn.app.db).await.unwrap().unwrap();
    let told = feed::ActiveModel {
        id: Set(feed.id),
        data_as_of: Set(Some(jfn.app.clock.now())),
        ..Default::default()
    };
    told.update(&jfn.app.db).await.unwrap();
    let now = jfn.app.clock.now();
    let at = now - TimeDelta::days(days_ago);
    let id = CallId::at(at);
    let row = call::Model {
        id,
        feed_id: feed.id,
        source_id: id.to_string(),
        occurred_at: at,
        source_changed_at: None,
        occurred_on: jfn.app.city.day_of(at),
        address: read.text(),
        address_key: read.key(),
        precision: AddressPrecision::Address,
        category: CallCategory::Noise,
        description: None,
        initial_description: None,
        disposition: None,
        disposition_excludes: false,
        officer_initiated: false,
        property_id: None,
        row_hash: String::new(),
        recorded_at: now,
        updated_at: now,
        withdrawn_at: None,
    };
    jfn.stored(vec![row]).await;
}

async fn calls_of(jfn: &Jfn, place: &str) -> u64 {
    let id: PropertyId = place.parse().unwrap();
    call::Entity::find().filter(call::Column::PropertyId.eq(id)).count(&jfn.app.db).await.unwrap()
}

story! {
    async fn calls_follow_the_addresses_of_a_place(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        for address in ["1202 K ST", "1202 K ST", "1204 K ST"] {
            call(jfn, address, 0).await;
        }
        edit(&sergeant, &place, 1, json!({ "addAliases": ["1202 K ST"] })).await;
        assert_eq!(calls_of(jfn, &place).await, 2);
        edit(&sergeant, &place, 2, json!({ "removeAliases": ["1202 K ST"], "addAliases": ["1204 K ST"] })).await;
        assert_eq!(calls_of(jfn, &place).await, 1);
    }
}

story! {
    async fn a_place_made_for_a_case_has_the_calls_that_came_from_there_before(jfn) {
        call(jfn, "1208 K ST", 0).await;
        let case = json!({
            "idempotencyKey": key(), "title": "Loud nights", "kinds": ["OTHER"],
            "property": { "address": "1208 k street" }, "source": "PATROL",
        });
        let payload = jfn.sergeant(3).await.done("caseOpen", "case { property { id } }", case).await;
        assert_eq!(calls_of(jfn, payload["case"]["property"]["id"].as_str().unwrap()).await, 1);
    }
}

story! {
    async fn flags_are_weighed_again_when_addresses_use_or_occupancy_change(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        for days_ago in [2, 4, 6] {
            call(jfn, "1202 K ST", days_ago).await;
        }
        let bar = "bar-3-days-in-30";
        assert_eq!(flags_at(&sergeant, &place).await, []);
        edit(&sergeant, &place, 1, json!({ "addAliases": ["1202 K ST"] })).await;
        assert_eq!(flags_at(&sergeant, &place).await, one(bar, "NEEDS_REVIEW"));
        edit(&sergeant, &place, 2, json!({ "residentialOccupancy": "SOME" })).await;
        assert_eq!(flags_at(&sergeant, &place).await, one(bar, "WITHDRAWN"), "people live there");
        edit(&sergeant, &place, 3, json!({ "useType": "RETAIL", "residentialOccupancy": "NONE" })).await;
        let shop = one("shop-3-days-in-30", "NEEDS_REVIEW");
        assert_eq!(flags_at(&sergeant, &place).await, [one(bar, "WITHDRAWN"), shop].concat());
        edit(&sergeant, &place, 4, json!({ "removeAliases": ["1202 K ST"] })).await;
        let shop = one("shop-3-days-in-30", "WITHDRAWN");
        assert_eq!(flags_at(&sergeant, &place).await, [one(bar, "WITHDRAWN"), shop].concat());
        assert_eq!(calls_of(jfn, &place).await, 0);
    }
}

story! {
    async fn parcels_that_are_imported_find_the_calls_that_came_before(jfn) {
        for days_ago in [2, 4, 6] {
            call(jfn, "1202 K", days_ago).await;
        }
        let mapping = ParcelMapping::parse(
            "[columns]\naddress = \"a\"\naliases = \"b\"\nlatitude = \"y\"\nlongitude = \"x\"\n\
             use_type = \"u\"\nresidential_occupancy = \"o\"\n",
        )
        .unwrap();
        let load = async |rows: &str| {
            let mut summary = Summary::default();
            let file = format!("a,b,y,x,u,o\n{rows}\n");
            import(&jfn.app, &mapping, file.as_bytes(), &mut summary).await.expect("the file is read");
            summary.outcome
        };
        let outcome = load("1200 K ST,1202 K,38.5766,-121.4934,BAR,NONE").await;
        assert_eq!((outcome.added, outcome.calls_matched), (1, 3));
        let sergeant = jfn.sergeant(4).await;
        let found = sergeant.ask("{ property(by: { address: \"1202 K\" }) { id } }", json!({})).await;
        let place = found["property"]["id"].as_str().unwrap();
        assert_eq!(flags_at(&sergeant, place).await, one("bar-3-days-in-30", "NEEDS_REVIEW"));
        let outcome = load("1200 K ST,1202 K,38.5766,-121.4934,BAR,SOME").await;
        assert_eq!((outcome.updated, outcome.calls_matched), (1, 0));
        assert_eq!(flags_at(&sergeant, place).await, one("bar-3-days-in-30", "WITHDRAWN"));
    }
}
