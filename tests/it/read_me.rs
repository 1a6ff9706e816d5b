//! What the read-me tells people to ask is asked, and answers something.

use entity::property_party::LinkStatus;
use serde_json::{Value, json};
use tests::{Client, Jfn, files::in_repository, key, story};

use crate::{
    case_at_work::{find, open, party, violation},
    legal::{advance, case_at, refer, schedule},
};

/// The blocks of GraphQL on the page, each with the heading above it.
fn blocks() -> Vec<(String, String)> {
    let page = std::fs::read_to_string(in_repository("README.md")).expect("the read-me");
    let (mut found, mut heading, mut block) = (Vec::new(), String::new(), None::<String>);
    for line in page.lines() {
        match (&mut block, line) {
            (None, "```graphql") => block = Some(String::new()),
            (None, line) if line.starts_with('#') => line.clone_into(&mut heading),
            (None, _) => {}
            (Some(_), "```") => found.push((heading.clone(), block.take().unwrap_or_default())),
            (Some(text), line) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    found
}

/// A case of district 3 in which something was found, is due, is late, was spent and waits for the attorney, beside another one
/// that is heard at the same time in another room.
async fn busy(jfn: &Jfn) -> (Client, Value, Value) {
    let attorney = jfn.attorney(3).await;
    jfn.place("1200 K ST", 3).await;
    let mut cases = Vec::new();
    for (address, department) in [("88 OAK AVE", "53"), ("90 OAK AVE", "54")] {
        let case = case_at(jfn, address, 3).await;
        let action = refer(&attorney, &case, "public-nuisance-suit").await;
        advance(&attorney, &action, 1, "AUTHORIZED").await;
        let due = json!({
            "idempotencyKey": key(), "caseId": case["id"], "legalActionId": action["id"], "label": "Write to the owner",
            "dueOn": "2026-11-19",
        });
        attorney.done("deadlineSet", "", due).await;
        let hearing = schedule(&attorney, &action, "2026-12-09T17:00:00Z").await;
        let query = "query ($id: ID!) { node(id: $id) { ... on Hearing { version } } }";
        let version = attorney.ask(query, json!({ "id": hearing["id"] })).await["node"]["version"].take();
        if department != "53" {
            let moved = json!({
                "hearingId": hearing["id"], "expectedVersion": version, "department": department, "reason": "The court moved it.",
            });
            attorney.done("hearingMove", "", moved).await;
        }
        cases.push(case);
    }
    let case = cases.remove(0);
    find(jfn, &attorney, &case["id"], json!([violation("SCC 8.04.100")])).await;
    let ahead = json!({ "idempotencyKey": key(), "caseId": case["id"], "label": "Look again", "dueOn": "2026-12-01" });
    attorney.done("deadlineSet", "", ahead).await;
    let spent = json!({
        "idempotencyKey": key(), "caseId": case["id"], "kind": "ABATEMENT", "amount": "240.50", "on": "2026-11-18",
        "description": "Boarded up.", "source": "Invoice", "receipt": "I-1",
    });
    attorney.done("costRecord", "", spent).await;
    let asked = json!({
        "idempotencyKey": key(), "caseId": case["id"], "kind": "CONSULT", "to": { "department": "CITY_ATTORNEY" },
        "reason": "Is this enough?", "answerBy": "2026-11-25",
    });
    jfn.code_officer(3).await.done("referralMake", "", asked).await;
    let other = open(jfn, &attorney, "92 OAK AVE").await;
    (attorney, case, other)
}

/// What the attorney's ten queries find in that city, each at least once.
const FOUND: [&[&str]; 10] = [
    &["/legalActionSummary/0/overdueDeadlines"],
    &["/deadlines/nodes/0/dueOn"],
    &["/deadlines/nodes/0/label", "/legalActions/nodes/0/kind"],
    &["/docket/nodes/0/startsAt"],
    &["/docket/nodes/0/conflicts/0/department", "/docket/nodes/1/conflicts/0/department"],
    &[
        "/case/violations/0/codeSection",
        "/case/legalActions/0/hearings/0/startsAt",
        "/case/deadlines/0/dueOn",
    ],
    &["/deadlinePreview/steps/0"],
    &["/unbilledCosts/nodes/0/amount", "/payoffStatement/entries/nodes/0/receipt"],
    &["/waitingOnMe/nodes/0/reason"],
    &["/case/suggestedRemedies/0/missing/0/suppliedBy"],
];

story! {
    async fn everything_that_the_read_me_asks_is_answered_and_the_attorneys_ten_queries_find_something(jfn) {
        let (attorney, case, other) = busy(jfn).await;
        let owner = party(jfn, case["property"]["id"].as_str().unwrap(), "Olive Owner", LinkStatus::Confirmed).await;
        let variables = json!({ "case": case["id"], "owner": owner, "key": key() });
        let mut ten = FOUND.iter();
        let chief = jfn.city_attorney().await;
        for (heading, query) in blocks() {
            let is_of_ten = heading.ends_with("The attorney's ten queries");
            let asker = if is_of_ten { &attorney } else { &chief };
            let mut variables = variables.clone();
            if heading.ends_with("The first look at the place") {
                // Nobody looked at the place of this one.
                variables["case"] = other.clone();
            }
            let seen = asker.ask(&query, variables).await;
            for payload in seen.as_object().unwrap().values().filter(|_| query.starts_with("mutation")) {
                assert_eq!(payload["userErrors"], json!([]), "{query}");
            }
            if is_of_ten {
                for place in *ten.next().expect("ten of them") {
                    let found = seen.pointer(place);
                    assert!(found.is_some_and(|found| !found.is_null()), "{place} of {query}: {seen:#}");
                }
            }
        }
        assert_eq!(ten.len(), 0, "ten of them");
    }
}
