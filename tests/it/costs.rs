//! Money: what a case cost, what came in, what is owed on a day, and what nobody was asked for.

use chrono::NaiveDate;
use entity::{
    cost_entry,
    id::{CostEntryId, LegalActionStatusChangeId},
    legal_action,
    legal_action::LegalActionStatus,
    legal_action_status_change as status_change, staff,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use tests::{Client, Jfn, key, story};

use crate::{
    case_at_work::{open, open_at, refusals, told, with},
    legal::refer,
};

const COST: &str = "cost { id kind amount occurredOn minutes hourlyRate source receipt }";
const BALANCE: &str = "balance { assessed collected waived outstanding }";

/// The input of a cost of that kind today.
fn cost(case: &Value, kind: &str, amount: &str) -> Value {
    json!({
        "idempotencyKey": key(), "caseId": case, "kind": kind, "amount": amount, "on": "2026-11-20",
        "description": "Two truckloads hauled off.", "source": "Invoice of Delta Hauling", "receipt": "DH-4411",
    })
}

/// The input of a payment on that day.
fn payment(case: &Value, amount: &str, on: &str) -> Value {
    json!({
        "idempotencyKey": key(), "caseId": case, "amount": amount, "on": on, "description": "First instalment.",
        "source": "Cashier's check of Olive Owner", "receipt": "R-100",
    })
}

fn waiver(case: &Value, amount: &str) -> Value {
    json!({
        "idempotencyKey": key(), "caseId": case, "amount": amount, "on": "2026-11-20", "reason": "Hardship shown.",
        "source": "Hearing officer", "receipt": "HO-7",
    })
}

/// The id of the entry that a mutation made.
async fn made(client: &Client, mutation: &str, input: Value) -> Value {
    client.done(mutation, COST, input).await["cost"]["id"].take()
}

async fn ledger(client: &Client, case: &Value) -> Value {
    let query = format!(
        "query ($id: ID!) {{ case(by: {{ id: $id }}) {{ costs {{ {BALANCE} unbilled byKind {{ kind amount }} \
         entries(first: 100) {{ totalCount nodes {{ id kind amount description reverses {{ id }} reversedBy {{ id }} }} }} }} }} }}"
    );
    client.ask(&query, json!({ "id": case })).await["case"]["costs"].take()
}

/// Cents, read from the text of an amount without any of the server's code.
fn cents(amount: &Value) -> i64 {
    let text = amount.as_str().expect("an amount");
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let cents: i64 = digits.parse().expect("digits");
    if text.starts_with('-') { -cents } else { cents }
}

fn balance(assessed: &str, collected: &str, waived: &str, outstanding: &str) -> Value {
    json!({ "assessed": assessed, "collected": collected, "waived": waived, "outstanding": outstanding })
}

story! {
    async fn the_sum_of_the_entries_is_the_balance_of_case_and_place(jfn) {
        let (officer, attorney) = (jfn.code_officer(3).await, jfn.attorney(3).await);
        let place = jfn.place("1200 K ST", 3).await;
        let case = open_at(&officer, &place).await;
        assert_eq!(ledger(&officer, &case).await["balance"], balance("0.00", "0.00", "0.00", "0.00"));
        let hours = json!({
            "idempotencyKey": key(), "caseId": case, "kind": "STAFF_HOURS", "minutes": 100, "hourlyRate": "125.50",
            "on": "2026-11-18", "description": "Inspection and report.", "source": "Time sheet of code3", "receipt": "TS-47",
        });
        let spent = officer.done("costRecord", COST, hours.clone()).await["cost"].take();
        assert_eq!(spent["amount"], "209.17", "100 minutes at 125.50 an hour are 209.1666…");
        assert_eq!((&spent["minutes"], &spent["hourlyRate"]), (&json!(100), &json!("125.50")));
        assert_eq!(officer.done("costRecord", COST, hours).await["cost"]["id"], spent["id"], "a retry");
        for (kind, amount) in [("ABATEMENT", "1200.00"), ("RESPONSE", "310.05"), ("FILING_FEE", "435.00"), ("FINE", "130.00")] {
            made(&officer, "costRecord", cost(&case, kind, amount)).await;
        }
        let paid = officer.done("paymentRecord", COST, payment(&case, "500.00", "2026-11-19")).await["cost"].take();
        assert_eq!((&paid["kind"], &paid["amount"]), (&json!("PAYMENT"), &json!("-500.00")));
        made(&attorney, "costWaive", waiver(&case, "100.00")).await;

        let seen = ledger(&officer, &case).await;
        assert_eq!(seen["balance"], balance("2284.22", "500.00", "100.00", "1684.22"));
        let entries = seen["entries"]["nodes"].as_array().unwrap();
        assert_eq!(seen["entries"]["totalCount"], 7);
        let sum: i64 = entries.iter().map(|entry| cents(&entry["amount"])).sum();
        assert_eq!(sum, cents(&seen["balance"]["outstanding"]));
        let by_kind: i64 = seen["byKind"].as_array().unwrap().iter().map(|total| cents(&total["amount"])).sum();
        assert_eq!(by_kind, sum);

        let other = open_at(&officer, &place).await;
        made(&officer, "costRecord", cost(&other, "ABATEMENT", "15.78")).await;
        let query = format!("query ($id: ID!) {{ property(by: {{ id: $id }}) {{ {BALANCE} }} }}");
        let at_place = officer.ask(&query, json!({ "id": place })).await["property"]["balance"].take();
        assert_eq!(at_place, balance("2300.00", "500.00", "100.00", "1700.00"));
        let kinds = told(&officer, &case).await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "COST_RECORDED").count(), 6);
        assert_eq!(kinds.iter().filter(|kind| *kind == "PAYMENT_RECORDED").count(), 1);
        let node = "query ($id: ID!) { node(id: $id) { ... on CostEntry { amount recordedBy { name } case { id } property { id } } } }";
        let found = officer.ask(node, json!({ "id": spent["id"] })).await["node"].take();
        assert_eq!(found, json!({
            "amount": "209.17", "recordedBy": { "name": "Person code3" }, "case": { "id": case }, "property": { "id": place },
        }));
    }
}

story! {
    async fn a_mistake_is_taken_back_by_an_entry_of_its_own(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let wrong = made(&officer, "costRecord", with(cost(&case, "ABATEMENT", "12000.00"), "on", json!("2026-11-10"))).await;
        made(&officer, "costRecord", cost(&case, "ABATEMENT", "1200.00")).await;
        let back = json!({ "idempotencyKey": key(), "entryId": wrong, "reason": "A zero too many." });
        let reversal = officer.done("costReverse", COST, back.clone()).await["cost"].take();
        assert_eq!((&reversal["amount"], &reversal["kind"]), (&json!("-12000.00"), &json!("ABATEMENT")));
        assert_eq!(reversal["occurredOn"], "2026-11-10", "as if it had never been");
        let again = with(back, "idempotencyKey", json!(key()));
        assert_eq!(officer.refused("costReverse", COST, again.clone()).await, "NOT_UNIQUE");
        let of_reversal = with(again, "entryId", reversal["id"].clone());
        assert_eq!(officer.refused("costReverse", COST, of_reversal).await, "TRANSITION_BLOCKED");

        let paid = made(&officer, "paymentRecord", payment(&case, "300.00", "2026-11-15")).await;
        let returned = json!({ "idempotencyKey": key(), "entryId": paid, "reason": "The check came back.", "on": "2026-11-18" });
        made(&officer, "costReverse", returned).await;
        let seen = ledger(&officer, &case).await;
        assert_eq!(seen["balance"], balance("1200.00", "0.00", "0.00", "1200.00"));
        let entries = seen["entries"]["nodes"].as_array().unwrap();
        let of = |id: &Value| entries.iter().find(|entry| entry["id"] == *id).unwrap();
        assert_eq!(of(&wrong)["reversedBy"]["id"], reversal["id"]);
        assert_eq!(of(&reversal["id"])["reverses"]["id"], wrong);
        assert_eq!(of(&reversal["id"])["description"], "A zero too many.");
        let query = format!("query ($id: ID!, $on: Date!) {{ payoffStatement(of: {{ caseId: $id }}, on: $on) {{ {BALANCE} }} }}");
        for (day, owed) in [("2026-11-14", "0.00"), ("2026-11-17", "-300.00"), ("2026-11-19", "0.00"), ("2026-11-20", "1200.00")] {
            let payoff = officer.ask(&query, json!({ "id": case, "on": day })).await;
            assert_eq!(payoff["payoffStatement"]["balance"]["outstanding"], owed, "{day}");
        }
    }
}

story! {
    async fn the_database_itself_keeps_what_the_ledger_says(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let id: CostEntryId = made(&officer, "costRecord", cost(&case, "FINE", "130.00")).await.as_str().unwrap().parse().unwrap();
        let one = cost_entry::Column::Id.eq(id);
        let less = cost_entry::Entity::update_many().col_expr(cost_entry::Column::AmountCents, Expr::value(1_i64));
        let changed = less.filter(one.clone()).exec(&jfn.app.db).await.expect_err("it is not changed");
        assert!(changed.to_string().contains("append-only"), "{changed}");
        let removed = cost_entry::Entity::delete_many().filter(one).exec(&jfn.app.db).await.expect_err("nor removed");
        assert!(removed.to_string().contains("append-only"), "{removed}");
        assert_eq!(ledger(&officer, &case).await["balance"]["outstanding"], "130.00");
    }
}

story! {
    async fn the_team_of_the_district_keeps_the_ledger_and_its_attorney_waives(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(jfn, &sergeant, "1200 K ST").await;
        made(&sergeant, "costRecord", cost(&case, "RESPONSE", "310.05")).await;
        made(&jfn.city_attorney().await, "costRecord", cost(&case, "FILING_FEE", "435.00")).await;
        let stranger = jfn.attorney(4).await;
        assert_eq!(stranger.refused("costRecord", COST, cost(&case, "FINE", "1.00")).await, "NOT_ALLOWED");
        assert_eq!(stranger.refused("paymentRecord", COST, payment(&case, "1.00", "2026-11-20")).await, "NOT_ALLOWED");
        assert_eq!(stranger.refused("costWaive", COST, waiver(&case, "1.00")).await, "NOT_ALLOWED");
        assert_eq!(ledger(&stranger, &case).await["balance"]["outstanding"], "745.05", "everybody of a team reads it");
        let waive = "mutation ($input: CostWaiveInput!) { costWaive(input: $input) { cost { id } } }";
        assert_eq!(sergeant.error_of(waive, json!({ "input": waiver(&case, "1.00") })).await, "FORBIDDEN");
        let attorney = jfn.attorney(3).await;
        assert_eq!(refusals(&attorney, "costWaive", COST, waiver(&case, "745.06")).await, [("INVALID".to_owned(), "amount".to_owned())]);
        let waived = made(&attorney, "costWaive", waiver(&case, "745.05")).await;
        let back = json!({ "idempotencyKey": key(), "entryId": waived, "reason": "No hardship after all." });
        assert_eq!(sergeant.refused("costReverse", COST, back.clone()).await, "NOT_ALLOWED", "a waiver is the attorney's");
        made(&attorney, "costReverse", back).await;
        let commissioner = jfn.commissioner().await;
        assert_eq!(commissioner.error_of("{ unbilledCosts { totalCount } }", json!({})).await, "FORBIDDEN");
        let record = "mutation ($input: CostRecordInput!) { costRecord(input: $input) { cost { id } } }";
        assert_eq!(commissioner.error_of(record, json!({ "input": cost(&case, "FINE", "1.00") })).await, "FORBIDDEN");
    }
}

story! {
    async fn an_entry_says_how_much_when_and_by_which_paper(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let fine = || cost(&case, "FINE", "130.00");
        let wrong = [
            (with(fine(), "amount", Value::Null), "REQUIRED", "amount"),
            (with(fine(), "amount", json!("0.00")), "INVALID", "amount"),
            (with(fine(), "amount", json!("100000000.01")), "INVALID", "amount"),
            (with(fine(), "on", json!("2026-11-21")), "INVALID", "on"),
            (with(fine(), "source", json!(" ")), "REQUIRED", "source"),
            (with(fine(), "receipt", json!("")), "REQUIRED", "receipt"),
            (with(fine(), "minutes", json!(10)), "INVALID", "minutes"),
            (with(fine(), "kind", json!("PAYMENT")), "INVALID", "kind"),
            (with(fine(), "kind", json!("TREBLE_COSTS")), "INVALID", "kind"),
            (with(fine(), "kind", json!("STAFF_HOURS")), "INVALID", "amount"),
            (with(fine(), "legalActionId", json!("action_00000000000000000000000000000000")), "NOT_FOUND", "legalActionId"),
        ];
        for (input, code, field) in wrong {
            assert_eq!(refusals(&officer, "costRecord", COST, input.clone()).await, [(code.to_owned(), field.to_owned())], "{input}");
        }
        assert_eq!(ledger(&officer, &case).await["entries"]["totalCount"], 0);
    }
}

story! {
    async fn a_payoff_statement_lists_every_entry_up_to_its_day(jfn) {
        let officer = jfn.code_officer(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let (case, other) = (open_at(&officer, &place).await, open_at(&officer, &place).await);
        for (day, case) in [("2026-11-03", &case), ("2026-11-01", &case), ("2026-11-02", &other), ("2026-11-20", &case)] {
            made(&officer, "costRecord", with(cost(case, "ABATEMENT", "1000.00"), "on", json!(day))).await;
        }
        made(&officer, "paymentRecord", payment(&case, "600.00", "2026-11-03")).await;
        let query = format!(
            "query ($of: PayoffOf!, $on: Date!, $after: String) {{ payoffStatement(of: $of, on: $on) {{ on words {BALANCE} \
             entries(first: 2, after: $after) {{ totalCount nodes {{ occurredOn amount }} pageInfo {{ hasNextPage endCursor }} }} }} }}"
        );
        let payoff = async |of: Value, on: &str, after: Value| {
            officer.ask(&query, json!({ "of": of, "on": on, "after": after })).await["payoffStatement"].take()
        };
        let first = payoff(json!({ "propertyId": place }), "2026-11-03", Value::Null).await;
        assert_eq!(first["balance"], balance("3000.00", "600.00", "0.00", "2400.00"));
        assert_eq!(
            first["words"],
            "As of Tuesday 3 November 2026, $2,400.00 is owed: $3,000.00 was assessed, $600.00 was paid and $0.00 was waived. \
             Entries dated after that day are not counted."
        );
        assert_eq!(first["entries"]["totalCount"], 4);
        assert_eq!(first["entries"]["nodes"][0]["occurredOn"], "2026-11-01");
        assert_eq!(first["entries"]["nodes"][1]["occurredOn"], "2026-11-02");
        let next = payoff(json!({ "propertyId": place }), "2026-11-03", first["entries"]["pageInfo"]["endCursor"].clone()).await;
        let amounts: Vec<&str> = next["entries"]["nodes"].as_array().unwrap().iter().map(|node| node["amount"].as_str().unwrap()).collect();
        assert_eq!(amounts, ["1000.00", "-600.00"]);
        assert_eq!(next["entries"]["pageInfo"]["hasNextPage"], false);
        assert_eq!(payoff(json!({ "caseId": case }), "2026-11-02", Value::Null).await["balance"]["outstanding"], "1000.00");
        assert_eq!(payoff(json!({ "caseId": case }), "2027-01-01", Value::Null).await["balance"]["outstanding"], "2400.00");
        let nothing = json!({ "of": { "caseId": "case_00000000000000000000000000000000" }, "on": "2026-11-03" });
        assert_eq!(officer.error_of(&query, nothing).await, "NOT_FOUND");
    }
}

story! {
    async fn a_cost_is_asked_for_once_and_until_then_it_is_on_the_list(jfn) {
        let officer = jfn.code_officer(3).await;
        let case = open(jfn, &officer, "1200 K ST").await;
        let hauled = made(&officer, "costRecord", with(cost(&case, "ABATEMENT", "1200.00"), "on", json!("2026-11-12"))).await;
        let boarded = made(&officer, "costRecord", with(cost(&case, "ABATEMENT", "800.50"), "on", json!("2026-11-11"))).await;
        let mistaken = made(&officer, "costRecord", cost(&case, "RESPONSE", "99.00")).await;
        let fine = made(&officer, "costRecord", cost(&case, "FINE", "130.00")).await;
        made(&officer, "costReverse", json!({ "idempotencyKey": key(), "entryId": mistaken, "reason": "Another case's." })).await;
        let elsewhere = jfn.code_officer(5).await;
        let far = open_at(&elsewhere, &jfn.place("900 FAR AVE", 5).await).await;
        let far_cost = made(&elsewhere, "costRecord", cost(&far, "FILING_FEE", "435.00")).await;
        let unbilled = async |districts: Value| -> Vec<Value> {
            let query = "query ($districts: [Int!]) { unbilledCosts(districts: $districts) { totalCount nodes { id } } }";
            let seen = officer.ask(query, json!({ "districts": districts })).await["unbilledCosts"].take();
            let nodes: Vec<Value> = seen["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect();
            assert_eq!(seen["totalCount"], nodes.len());
            nodes
        };
        assert_eq!(unbilled(json!([3])).await, [boarded.clone(), hauled.clone()]);
        assert_eq!(unbilled(Value::Null).await, [boarded.clone(), hauled.clone(), far_cost.clone()]);
        assert_eq!(ledger(&officer, &case).await["unbilled"], "2000.50");

        let statement = async |amount: &str| {
            let input = json!({
                "idempotencyKey": key(), "caseId": case, "kind": "COST_STATEMENT", "amount": amount,
                "services": [{ "method": "POSTING", "servedOn": "2026-11-20" }],
            });
            officer.done("noticeServe", "notice { id }", input).await["notice"]["id"].take()
        };
        let notice = statement("2000.50").await;
        let bill = |notice: &Value, costs: &[&Value]| json!({ "noticeId": notice, "entryIds": costs });
        let refused = async |input: Value| officer.refused("costBill", "notice { id }", input).await;
        assert_eq!(refused(bill(&notice, &[&hauled])).await, "INVALID", "the statement asks for more");
        assert_eq!(refused(bill(&notice, &[&hauled, &boarded, &mistaken])).await, "INVALID", "one was taken back");
        assert_eq!(refused(bill(&notice, &[&hauled, &boarded, &fine])).await, "INVALID", "one is a fine");
        assert_eq!(refused(bill(&notice, &[&hauled, &boarded, &far_cost])).await, "NOT_FOUND", "one is of another case");
        assert_eq!(refused(bill(&notice, &[])).await, "INVALID");
        let stranger = jfn.code_officer(4).await;
        assert_eq!(stranger.refused("costBill", "notice { id }", bill(&notice, &[&hauled, &boarded])).await, "NOT_ALLOWED");
        for _ in 0..2 {
            let billed = officer.done("costBill", "notice { id }", bill(&notice, &[&hauled, &boarded])).await;
            assert_eq!(billed["notice"]["id"], notice);
        }
        let second = statement("1200.00").await;
        assert_eq!(refused(bill(&second, &[&hauled])).await, "NOT_UNIQUE", "it was asked for already");
        assert_eq!(unbilled(Value::Null).await, [far_cost]);
        assert_eq!(ledger(&officer, &case).await["unbilled"], "0.00");
        let node = "query ($id: ID!) { node(id: $id) { ... on CostEntry { billedBy { id kind } } } }";
        let seen = officer.ask(node, json!({ "id": hauled })).await["node"]["billedBy"].take();
        assert_eq!(seen, json!({ "id": notice, "kind": "COST_STATEMENT" }));
        assert_eq!(told(&officer, &case).await.iter().filter(|kind| *kind == "COST_RECORDED").count(), 6, "five entries and one bill");
    }
}

/// A judgment in a new action of that case, as the record would have it.
async fn judged(jfn: &Jfn, attorney: &Client, case: &Value, remedy: &str, on: &str) -> Value {
    let action = refer(attorney, &json!({ "id": case }), remedy).await;
    let id = action["id"].as_str().unwrap().parse().unwrap();
    let found = staff::Column::Email.eq("attorney3@jfn.example");
    let by = staff::Entity::find().filter(found).one(&jfn.app.db).await.unwrap().unwrap();
    let step = status_change::ActiveModel {
        id: Set(LegalActionStatusChangeId::generate()),
        legal_action_id: Set(id),
        from_status: Set(Some(LegalActionStatus::Heard)),
        to_status: Set(LegalActionStatus::Ordered),
        changed_on: Set(on.parse::<NaiveDate>().unwrap()),
        recorded_at: Set(jfn.clock.now()),
        changed_by: Set(by.id),
        reason: Set(None),
    };
    step.insert(&jfn.app.db).await.unwrap();
    legal_action::Entity::update_many()
        .col_expr(legal_action::Column::Status, Expr::value(LegalActionStatus::Ordered))
        .filter(legal_action::Column::Id.eq(id))
        .exec(&jfn.app.db)
        .await
        .unwrap();
    action["id"].clone()
}

story! {
    async fn a_second_judgment_within_two_years_makes_the_costs_of_abatement_threefold(jfn) {
        let (officer, attorney) = (jfn.code_officer(3).await, jfn.attorney(3).await);
        let place = jfn.place("1200 K ST", 3).await;
        let (earlier, case) = (open_at(&officer, &place).await, open_at(&officer, &place).await);
        made(&officer, "costRecord", cost(&case, "ABATEMENT", "1200.00")).await;
        made(&officer, "costRecord", cost(&case, "FILING_FEE", "435.00")).await;
        let query = "query ($id: ID!) { case(by: { id: $id }) { costs { trebleCosts { available lookBackFrom abatementCosts \
                     trebled surcharge explanation citation confirmWithCounsel judgments { on legalAction { id } } } } } }";
        let treble = async || officer.ask(query, json!({ "id": case })).await["case"]["costs"]["trebleCosts"].take();
        assert_eq!(treble().await["available"], false);
        judged(jfn, &attorney, &earlier, "administrative-penalty", "2026-01-05").await;
        judged(jfn, &attorney, &earlier, "state-housing-law-suit", "2026-01-06").await;
        assert_eq!(treble().await["judgments"], json!([]), "no judgment that the law means");
        let too_old = judged(jfn, &attorney, &earlier, "public-nuisance-suit", "2024-10-01").await;
        let second = judged(jfn, &attorney, &case, "public-nuisance-suit", "2026-10-02").await;
        let record = |action: &Value| json!({
            "idempotencyKey": key(), "caseId": case, "legalActionId": action, "on": "2026-11-20",
            "description": "Treble costs ordered.", "source": "Superior Court", "receipt": "Judgment 26CV001234",
        });
        let seen = treble().await;
        assert_eq!((&seen["available"], &seen["surcharge"]), (&json!(false), &json!("0.00")), "a day too late");
        assert_eq!(seen["lookBackFrom"], "2024-10-02");
        assert_eq!(attorney.refused("trebleCostsRecord", COST, record(&second)).await, "TRANSITION_BLOCKED");
        let first = judged(jfn, &attorney, &earlier, "red-light-abatement", "2024-10-02").await;
        let seen = treble().await;
        assert_eq!((&seen["available"], &seen["confirmWithCounsel"]), (&json!(true), &json!(true)));
        let found: Vec<&Value> = seen["judgments"].as_array().unwrap().iter().map(|row| &row["legalAction"]["id"]).collect();
        assert_eq!(found, [&first, &second]);
        assert_eq!(seen["abatementCosts"], "1200.00", "the filing fee is none");
        assert_eq!((&seen["trebled"], &seen["surcharge"]), (&json!("3600.00"), &json!("2400.00")));
        assert!(seen["explanation"].as_str().unwrap().contains("2024-10-02 and 2026-10-02"), "{seen}");
        assert_eq!(seen["citation"], "Government Code 38773.7");
        assert_eq!(attorney.refused("trebleCostsRecord", COST, record(&too_old)).await, "NOT_FOUND", "an action of another case");
        let made = attorney.done("trebleCostsRecord", COST, record(&second)).await["cost"].take();
        assert_eq!((&made["kind"], &made["amount"]), (&json!("TREBLE_COSTS"), &json!("2400.00")));
        assert_eq!(attorney.refused("trebleCostsRecord", COST, record(&second)).await, "TRANSITION_BLOCKED", "they are threefold");
        assert_eq!(ledger(&officer, &case).await["balance"]["assessed"], "4035.00");
    }
}

story! {
    async fn six_ledgers_are_read_in_as_many_statements_as_one(jfn) {
        let officer = jfn.code_officer(3).await;
        let cases = format!(
            "{{ cases(filter: {{ districts: [3] }}, first: 50) {{ nodes {{ property {{ {BALANCE} }} \
             costs {{ {BALANCE} unbilled byKind {{ amount }} trebleCosts {{ available judgments {{ on }} }} }} }} }} }}"
        );
        let list = "{ unbilledCosts(first: 50) { nodes { case { number } property { address } recordedBy { name } \
                    billedBy { id } reversedBy { id } } } }";
        let mut statements = Vec::new();
        for n in 0..6 {
            let case = open(jfn, &officer, &format!("{} OAK ST", 10 + n)).await;
            made(&officer, "costRecord", cost(&case, "ABATEMENT", "1200.00")).await;
            let before = jfn.statements();
            let seen = officer.ask(&cases, json!({})).await;
            let of_cases = jfn.statements() - before;
            assert_eq!(seen["cases"]["nodes"].as_array().unwrap().len(), n + 1);
            assert!(seen["cases"]["nodes"].as_array().unwrap().iter().all(|case| case["costs"]["unbilled"] == "1200.00"));
            let before = jfn.statements();
            let seen = officer.ask(list, json!({})).await;
            assert_eq!(seen["unbilledCosts"]["nodes"].as_array().unwrap().len(), n + 1);
            statements.push((of_cases, jfn.statements() - before));
        }
        assert!(statements.iter().all(|count| *count == statements[0]), "{statements:?}");
    }
}
