//! Parties: suggested, stated, confirmed and rejected, each with who and why.

use entity::audit_row;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tests::{key, story};

const LINKS: &str = "property { parties { id role status from to evidence decisionReason decidedAt decidedBy { name } \
                     party { id name kind mailingAddress } decisions { status reason by { name } } } }";

fn link(place: &str, party: &Value) -> Value {
    json!({ "idempotencyKey": key(), "propertyId": place, "party": party, "role": "OWNER" })
}

fn lodging() -> Value {
    json!({ "new": { "kind": "ORGANIZATION", "name": " K Street Lodging LLC ", "mailingAddress": "PO Box 1, Reno" } })
}

story! {
    async fn a_suggested_owner_is_confirmed_and_the_record_says_by_whom_and_why(jfn) {
        let (sergeant, attorney) = (jfn.sergeant(3).await, jfn.attorney(3).await);
        let place = jfn.place("1200 K ST", 3).await;
        let mut input = link(&place, &lodging());
        input["evidence"] = json!("The clerk named them.");
        let payload = sergeant.done("partyLink", LINKS, input).await;
        let suggested = &payload["property"]["parties"][0];
        assert_eq!((&suggested["status"], &suggested["role"]), (&json!("SUGGESTED"), &json!("OWNER")));
        assert_eq!(suggested["party"]["name"], "K Street Lodging LLC");
        assert_eq!(suggested["evidence"], "The clerk named them.");
        assert_eq!((&suggested["decidedBy"], &suggested["decisions"]), (&Value::Null, &json!([])));

        let decision = json!({
            "linkId": suggested["id"], "decision": "CONFIRM", "reason": "Deed 2019-0412.", "from": "2019-04-12",
        });
        let payload = attorney.done("partyLinkDecide", LINKS, decision).await;
        let confirmed = &payload["property"]["parties"][0];
        assert_eq!((&confirmed["status"], &confirmed["from"]), (&json!("CONFIRMED"), &json!("2019-04-12")));
        assert_eq!(confirmed["decidedBy"]["name"], "Person attorney3");
        assert_eq!(confirmed["decisionReason"], "Deed 2019-0412.");
        assert_eq!(confirmed["evidence"], "The clerk named them.", "what suggested it stays");
        assert!(confirmed["decidedAt"].as_str().unwrap().starts_with("2026-11-20T18:00:00"));
    }
}

story! {
    async fn what_was_decided_can_be_decided_again_and_nothing_is_forgotten(jfn) {
        let attorney = jfn.attorney(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let mut input = link(&place, &lodging());
        input["status"] = json!("CONFIRMED");
        assert_eq!(attorney.refused("partyLink", LINKS, input.clone()).await, "REQUIRED", "a statement needs evidence");
        input["idempotencyKey"] = json!(key());
        input["evidence"] = json!("Deed 2019-0412.");
        let payload = attorney.done("partyLink", LINKS, input).await;
        let id = &payload["property"]["parties"][0]["id"];
        let decide = |decision: &str, reason: &str| json!({ "linkId": id, "decision": decision, "reason": reason });
        assert_eq!(attorney.refused("partyLinkDecide", LINKS, decide("REJECT", " ")).await, "REQUIRED");
        attorney.done("partyLinkDecide", LINKS, decide("REJECT", "Sold in 2024.")).await;
        let payload = attorney.done("partyLinkDecide", LINKS, decide("CONFIRM", "The sale fell through.")).await;
        let link = &payload["property"]["parties"][0];
        assert_eq!(link["status"], "CONFIRMED");
        let by = json!({ "name": "Person attorney3" });
        assert_eq!(
            link["decisions"],
            json!([
                { "status": "CONFIRMED", "reason": "The sale fell through.", "by": by },
                { "status": "REJECTED", "reason": "Sold in 2024.", "by": by },
                { "status": "CONFIRMED", "reason": "Deed 2019-0412.", "by": by },
            ])
        );
        let rows = audit_row::Entity::find()
            .filter(audit_row::Column::Subject.eq(id.as_str().unwrap()))
            .filter(audit_row::Column::Result.eq("DONE"));
        assert_eq!(rows.count(&jfn.app.db).await.unwrap(), 3, "one audit row for each of the three");
    }
}

story! {
    async fn a_retry_links_nothing_new_and_a_second_link_in_one_role_is_refused(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let input = link(&place, &lodging());
        let first = sergeant.done("partyLink", LINKS, input.clone()).await;
        let again = sergeant.done("partyLink", LINKS, input.clone()).await;
        assert_eq!(first, again);
        let mut other = input.clone();
        other["role"] = json!("LENDER");
        assert_eq!(sergeant.refused("partyLink", LINKS, other).await, "IDEMPOTENCY_KEY_REUSED");

        let known = json!({ "id": first["property"]["parties"][0]["party"]["id"] });
        let payload = sergeant.change("partyLink", LINKS, link(&place, &known)).await;
        let error = &payload["userErrors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!("NOT_UNIQUE"), &json!(["party"])));
        assert!(error["message"].as_str().unwrap().contains("partyLinkDecide"));
        assert_eq!(payload["property"]["parties"].as_array().unwrap().len(), 1);
        let mut manager = link(&place, &known);
        manager["role"] = json!("MANAGER");
        let payload = sergeant.done("partyLink", LINKS, manager).await;
        assert_eq!(payload["property"]["parties"].as_array().unwrap().len(), 2);
    }
}

story! {
    async fn a_part_that_ended_can_begin_again(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let payload = sergeant.done("partyLink", LINKS, link(&place, &lodging())).await;
        let first = &payload["property"]["parties"][0];
        let ended = json!({
            "linkId": first["id"], "decision": "CONFIRM", "reason": "Sold.", "from": "2019-04-12", "to": "2024-06-30",
        });
        sergeant.done("partyLinkDecide", LINKS, ended).await;
        let mut again = link(&place, &json!({ "id": first["party"]["id"] }));
        again["from"] = json!("2026-01-01");
        again["to"] = json!("2025-01-01");
        assert_eq!(sergeant.refused("partyLink", LINKS, again.clone()).await, "INVALID");
        again["to"] = Value::Null;
        let payload = sergeant.done("partyLink", LINKS, again).await;
        let parties = payload["property"]["parties"].as_array().unwrap();
        assert_eq!((&parties[0]["to"], &parties[1]["to"]), (&json!("2024-06-30"), &Value::Null));
    }
}

story! {
    async fn what_cannot_be_linked_is_refused_and_no_party_is_left_behind(jfn) {
        let (own, other) = (jfn.sergeant(3).await, jfn.sergeant(5).await);
        let place = jfn.place("1200 K ST", 3).await;
        assert_eq!(other.refused("partyLink", LINKS, link(&place, &lodging())).await, "NOT_ALLOWED");
        let mut rejected = link(&place, &lodging());
        rejected["status"] = json!("REJECTED");
        assert_eq!(own.refused("partyLink", LINKS, rejected).await, "INVALID");
        let blank = json!({ "new": { "kind": "PERSON", "name": " " } });
        let payload = own.change("partyLink", LINKS, link(&place, &blank)).await;
        assert_eq!(payload["userErrors"][0]["field"], json!(["party", "new", "name"]));
        let nobody = json!({ "id": "party_00000000000000000000000000000000" });
        assert_eq!(own.refused("partyLink", LINKS, link(&place, &nobody)).await, "NOT_FOUND");
        let decision = json!({ "linkId": "propertyparty_00000000000000000000000000000000", "decision": "CONFIRM", "reason": "-" });
        let payload = own.change("partyLinkDecide", LINKS, decision).await;
        assert_eq!((&payload["property"], &payload["userErrors"][0]["code"]), (&Value::Null, &json!("NOT_FOUND")));
        assert_eq!(entity::party::Entity::find().count(&jfn.app.db).await.unwrap(), 0);
    }
}

story! {
    async fn a_party_shows_the_places_it_is_linked_to_without_rejected_ones(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let mut party = lodging();
        let mut links = Vec::new();
        for address in ["1300 K ST", "1200 K ST", "1400 K ST"] {
            let place = jfn.place(address, 3).await;
            let payload = sergeant.done("partyLink", LINKS, link(&place, &party)).await;
            let linked = &payload["property"]["parties"][0];
            party = json!({ "id": linked["party"]["id"] });
            links.push(linked["id"].clone());
            let mut manager = link(&place, &party);
            manager["role"] = json!("MANAGER");
            if address == "1300 K ST" {
                sergeant.done("partyLink", LINKS, manager).await;
            }
        }
        let reject = json!({ "linkId": links[2], "decision": "REJECT", "reason": "Another company of that name." });
        sergeant.done("partyLinkDecide", LINKS, reject).await;
        let query = "query ($id: ID!) { node(id: $id) { ... on Party { name kind mailingAddress \
                     properties(first: 1) { totalCount pageInfo { hasNextPage } nodes { address } } } } }";
        let seen = jfn.attorney(5).await.ask(query, party).await;
        assert_eq!(seen["node"]["mailingAddress"], "PO Box 1, Reno");
        let places = &seen["node"]["properties"];
        assert_eq!((&places["totalCount"], &places["pageInfo"]["hasNextPage"]), (&json!(2), &json!(true)));
        assert_eq!(places["nodes"], json!([{ "address": "1200 K ST" }]));
    }
}
