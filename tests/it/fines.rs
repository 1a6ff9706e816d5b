//! Fines of citations: computed from what a party was cited for before, reduced for hardship, appealed.

use chrono::TimeDelta;
use entity::property_party::LinkStatus;
use serde_json::{Value, json};
use tests::{Client, Jfn, key, story};

use crate::case_at_work::{find, open_at, party, refusals, told, with};

const NOTICE: &str = "notice { id amount fine { computed assessed reason remaining reducible lines { codeSection ladderKey citation \
                      lookBackMonths offenseNumber amount steps mayBeReduced confirmWithCounsel } entries { kind amount source \
                      receipt reverses { id } } } }";
const APPEAL: &str = "appeal { id version outcome hearingAt hearingPlace decidedOn reducedTo filedBy { name } notice { id \
                      fine { remaining } } }";

/// Violations that may be cited at once.
fn danger(section: &str) -> Value {
    json!({ "codeSection": section, "description": "The stairs are rotten.", "immediateDanger": true })
}

/// A place of district 3 with a party of its own.
async fn owned(jfn: &Jfn, address: &str, name: &str) -> (String, String) {
    let place = jfn.place(address, 3).await;
    let owner = party(jfn, &place, name, LinkStatus::Confirmed).await;
    (place, owner)
}

/// The input of a citation of that section in a new case at the place, served on these parties.
async fn citation(
    jfn: &Jfn,
    client: &Client,
    place: &str,
    parties: &[&str],
    section: &str,
    on: &str,
) -> Value {
    let case = open_at(client, place).await;
    let found = find(jfn, client, &case, json!([danger(section)])).await;
    let services: Vec<Value> = if parties.is_empty() {
        vec![json!({ "method": "POSTING", "servedOn": on })]
    } else {
        parties.iter().map(|id| json!({ "partyId": id, "method": "PERSONAL", "servedOn": on })).collect()
    };
    json!({
        "idempotencyKey": key(), "caseId": case, "kind": "ADMINISTRATIVE_CITATION", "services": services,
        "violationIds": found,
    })
}

async fn cite(jfn: &Jfn, client: &Client, place: &str, parties: &[&str], section: &str, on: &str) -> Value {
    let input = citation(jfn, client, place, parties, section, on).await;
    let mut made = client.done("noticeServe", NOTICE, input.clone()).await["notice"].take();
    made["case"] = input["caseId"].clone();
    made
}

fn line(notice: &Value) -> (i64, String) {
    let lines = notice["fine"]["lines"].as_array().expect("lines");
    assert_eq!(lines.len(), 1, "{notice:#}");
    (lines[0]["offenseNumber"].as_i64().unwrap(), lines[0]["amount"].as_str().unwrap().to_owned())
}

fn is(number: i64, amount: &str) -> (i64, String) {
    (number, amount.to_owned())
}

async fn balance(client: &Client, case: &Value) -> Value {
    let query =
        "query ($id: ID!) { case(by: { id: $id }) { costs { balance { assessed waived outstanding } } } }";
    client.ask(query, json!({ "id": case })).await["case"]["costs"]["balance"].take()
}

async fn fine(client: &Client, notice: &Value) -> Value {
    let query = format!(
        "query ($id: ID!) {{ node(id: $id) {{ ... on Notice {{ {} }} }} }}",
        &NOTICE[9..NOTICE.len() - 2]
    );
    client.ask(&query, json!({ "id": notice["id"] })).await["node"]["fine"].take()
}

/// The case's open deadlines, as rule or label and day.
async fn open_deadlines(client: &Client, case: &Value) -> Vec<(String, String)> {
    let query = "query ($id: ID!) { case(by: { id: $id }) { deadlines(open: true) { label dueOn computation { ruleKey } } } }";
    let seen = client.ask(query, json!({ "id": case })).await["case"]["deadlines"].take();
    let told = |row: &Value| {
        let name = row["computation"]["ruleKey"].as_str().or(row["label"].as_str()).unwrap();
        (name.to_owned(), row["dueOn"].as_str().unwrap().to_owned())
    };
    seen.as_array().unwrap().iter().map(told).collect()
}

story! {
    async fn a_fine_rises_with_every_citation_of_the_same_section_to_the_same_party_within_a_year(jfn) {
        let officer = jfn.code_officer(3).await;
        let (place, owner) = owned(jfn, "1200 K ST", "Olive Owner").await;
        let first = cite(jfn, &officer, &place, &[&owner], "SCC 8.96.130", "2026-11-20").await;
        assert_eq!((line(&first), &first["amount"]), (is(1, "130.00"), &json!("130.00")));
        let entries = json!([{ "kind": "FINE", "amount": "130.00", "source": "Administrative citation served on 2026-11-20",
                               "receipt": first["id"], "reverses": null }]);
        assert_eq!(first["fine"]["entries"], entries, "in the ledger, with the citation as its source");
        assert_eq!(balance(&officer, &first["case"]).await, json!({ "assessed": "130.00", "waived": "0.00", "outstanding": "130.00" }));
        assert_eq!(told(&officer, &first["case"]).await[3..], ["CITATION_ISSUED", "COST_RECORDED", "DEADLINE_SET"]);
        let steps = first["fine"]["lines"][0]["steps"].clone();
        let steps: Vec<&str> = steps.as_array().unwrap().iter().map(|step| step.as_str().unwrap()).collect();
        assert_eq!(steps, [
            "SCC 8.96.130 falls under Building and safety codes (Government Code 53069.4(a), 36900(c))",
            "Olive Owner was not cited for it in the 12 months since 2025-11-20: offense 1",
            "offense 1 on the ladder $130.00, $700.00, $1,300.00: $130.00",
        ]);

        // Another place of the same owner; the ladder is the party's.
        let second_place = jfn.place("1300 K ST", 3).await;
        let link = json!({ "idempotencyKey": key(), "propertyId": second_place, "party": { "id": owner }, "role": "OWNER", "evidence": "Deed." });
        officer.change("partyLink", "property { id }", link).await;
        let second = cite(jfn, &officer, &place, &[&owner], "scc  8.96.130", "2026-11-20").await;
        assert_eq!(line(&second), is(2, "700.00"));
        let other_section = cite(jfn, &officer, &place, &[&owner], "SCC 8.96.140", "2026-11-20").await;
        assert_eq!(line(&other_section), is(1, "130.00"), "another section");
        let (elsewhere, stranger) = owned(jfn, "1400 K ST", "Otto Other").await;
        let other_party = cite(jfn, &officer, &elsewhere, &[&stranger], "SCC 8.96.130", "2026-11-20").await;
        assert_eq!(line(&other_party), is(1, "130.00"), "another party");
        let third = cite(jfn, &officer, &place, &[&owner], "SCC 8.96.130", "2026-11-20").await;
        assert_eq!(line(&third), is(3, "1300.00"));
        let manager = party(jfn, &place, "Mia Manager", LinkStatus::Confirmed).await;
        let both = cite(jfn, &officer, &place, &[&owner, &manager], "SCC 8.96.130", "2026-11-20").await;
        assert_eq!(line(&both), is(1, "130.00"), "nobody is fined for what another one did");

        jfn.wait(TimeDelta::days(365));
        let officer = jfn.code_officer(3).await;
        let last_day = cite(jfn, &officer, &place, &[&owner], "SCC 8.96.130", "2027-11-20").await;
        assert_eq!(line(&last_day), is(5, "1300.00"), "a year to the day");
        jfn.wait(TimeDelta::days(1));
        let officer = jfn.code_officer(3).await;
        let after = cite(jfn, &officer, &place, &[&owner], "SCC 8.96.130", "2027-11-21").await;
        assert_eq!(line(&after), is(2, "700.00"), "only the one of yesterday counts still");
        let unnamed = cite(jfn, &officer, &place, &[], "SCC 8.96.130", "2027-11-21").await;
        assert_eq!(line(&unnamed), is(1, "130.00"), "nobody in particular was never cited here");
        let again = cite(jfn, &officer, &place, &[], "SCC 8.96.130", "2027-11-21").await;
        assert_eq!(line(&again), is(2, "700.00"));
    }
}

story! {
    async fn every_city_has_its_own_tables_and_no_citation_asks_for_more(jfn) {
        let officer = jfn.code_officer(3).await;
        let (place, owner) = owned(jfn, "1200 K ST", "Olive Owner").await;
        for (section, ladder, amount) in [
            ("SCC 17.232.010", "general", "100.00"),
            ("SCC 15.40.010", "building-and-safety", "130.00"),
            ("SCC 8.48.020", "fireworks", "1000.00"),
        ] {
            let made = cite(jfn, &officer, &place, &[&owner], section, "2026-11-20").await;
            assert_eq!((&made["fine"]["lines"][0]["ladderKey"], line(&made)), (&json!(ladder), is(1, amount)));
        }
        let input = citation(jfn, &officer, &place, &[&owner], "SCC 8.100.020", "2026-11-20").await;
        let refused = |code: &str, field: &str| vec![(code.to_owned(), field.to_owned())];
        let too_much = with(input.clone(), "amount", json!("130.01"));
        assert_eq!(refusals(&officer, "noticeServe", NOTICE, too_much).await, refused("INVALID", "amount"));
        let less = with(input.clone(), "amount", json!("50.00"));
        assert_eq!(refusals(&officer, "noticeServe", NOTICE, less.clone()).await, refused("REQUIRED", "amountReason"));
        let unnamed = with(with(input.clone(), "violationIds", json!([])), "amount", json!("50.00"));
        assert_eq!(refusals(&officer, "noticeServe", NOTICE, unnamed).await, refused("CLOCK_NOT_RUN", "kind"));
        let unknown = with(input.clone(), "ladderKey", json!("none"));
        assert_eq!(refusals(&officer, "noticeServe", NOTICE, unknown).await, refused("NOT_FOUND", "ladderKey"));
        assert_eq!(told(&officer, &input["caseId"]).await.last().unwrap(), "VIOLATION_FOUND", "nothing is changed");
        let made = officer.done("noticeServe", NOTICE, with(less, "amountReason", json!("Half is mended."))).await;
        let fine = &made["notice"]["fine"];
        assert_eq!((&fine["computed"], &fine["assessed"], &fine["reason"]), (&json!("130.00"), &json!("50.00"), &json!("Half is mended.")));
        assert_eq!(fine["remaining"], "50.00");

        let refuse = with(input, "idempotencyKey", json!(key()));
        let refuse = officer.done("noticeServe", NOTICE, with(refuse, "ladderKey", json!("commercial-refuse"))).await;
        let line = &refuse["notice"]["fine"]["lines"][0];
        assert_eq!((&line["lookBackMonths"], &line["offenseNumber"], &line["amount"]), (&json!(24), &json!(2), &json!("700.00")));
        assert_eq!(line["confirmWithCounsel"], true);
        let ladders = officer.ask("{ fineLadders { key amounts lookBackMonths } }", json!({})).await;
        let general = json!({ "key": "general", "amounts": ["100.00", "200.00", "500.00"], "lookBackMonths": 12 });
        assert!(ladders["fineLadders"].as_array().unwrap().contains(&general), "{ladders}");
    }
}

story! {
    async fn hardship_lowers_a_second_fine_by_an_entry_of_its_own(jfn) {
        let (officer, attorney) = (jfn.code_officer(3).await, jfn.attorney(3).await);
        let (place, owner) = owned(jfn, "1200 K ST", "Olive Owner").await;
        let first = cite(jfn, &officer, &place, &[&owner], "SCC 8.96.130", "2026-11-20").await;
        let second = cite(jfn, &officer, &place, &[&owner], "SCC 8.96.130", "2026-11-20").await;
        let grant = |notice: &Value, by: &str| json!({
            "idempotencyKey": key(), "noticeId": notice["id"], "reduceBy": by, "on": "2026-11-20",
            "effort": "Hired a carpenter the next day.", "burden": "Lives on a pension.", "receipt": "Decision 7",
        });
        let fields = "cost { kind amount description source }";
        for (input, code, field) in [
            (grant(&first, "30.00"), "TRANSITION_BLOCKED", "noticeId"),
            (with(grant(&second, "400.00"), "effort", json!(" ")), "REQUIRED", "effort"),
            (with(grant(&second, "400.00"), "burden", json!("")), "REQUIRED", "burden"),
            (grant(&second, "700.00"), "INVALID", "reduceBy"),
            (with(grant(&second, "400.00"), "on", json!("2026-11-21")), "INVALID", "on"),
            (with(grant(&second, "400.00"), "on", json!("2026-11-19")), "INVALID", "on"),
        ] {
            let told = refusals(&attorney, "citationHardshipGrant", fields, input.clone()).await;
            assert_eq!(told, [(code.to_owned(), field.to_owned())], "{input}");
        }
        let grant_it = "mutation ($input: CitationHardshipGrantInput!) { citationHardshipGrant(input: $input) { userErrors { code } } }";
        assert_eq!(officer.error_of(grant_it, json!({ "input": grant(&second, "400.00") })).await, "FORBIDDEN");
        let other = jfn.attorney(5).await;
        assert_eq!(other.refused("citationHardshipGrant", fields, grant(&second, "400.00")).await, "NOT_ALLOWED");
        let input = grant(&second, "400.00");
        let made = attorney.done("citationHardshipGrant", fields, input.clone()).await;
        assert_eq!((&made["cost"]["kind"], &made["cost"]["amount"]), (&json!("WAIVER"), &json!("-400.00")));
        let told = made["cost"]["description"].as_str().unwrap();
        assert!(told.contains("carpenter") && told.contains("pension") && told.contains("36900"), "{told}");
        assert_eq!(attorney.done("citationHardshipGrant", fields, input).await, made, "a retry");
        let kept = fine(&attorney, &second).await;
        assert_eq!((&kept["assessed"], &kept["remaining"]), (&json!("700.00"), &json!("300.00")));
        assert_eq!(kept["entries"][0]["amount"], "700.00", "the old sum stays");
        assert_eq!(balance(&attorney, &second["case"]).await, json!({ "assessed": "700.00", "waived": "400.00", "outstanding": "300.00" }));
        assert_eq!(attorney.refused("citationHardshipGrant", fields, grant(&second, "300.00")).await, "INVALID", "something remains");
        attorney.done("citationHardshipGrant", fields, grant(&second, "299.99")).await;
        assert_eq!(fine(&attorney, &second).await["remaining"], "0.01");
    }
}

/// The input of an appeal of that day.
fn appeal(notice: &Value, on: &str) -> Value {
    json!({ "idempotencyKey": key(), "noticeId": notice["id"], "filedOn": on, "grounds": "It was mended." })
}

/// An appeal with a hearing on 4 December; the clock stands on the 5th.
async fn heard(jfn: &Jfn, notice: &Value) -> (Client, Value) {
    let officer = jfn.code_officer(3).await;
    let filed =
        officer.done("citationAppealFile", APPEAL, appeal(notice, "2026-11-20")).await["appeal"].take();
    let hearing = json!({
        "appealId": filed["id"], "expectedVersion": 1, "hearingAt": "2026-12-04T18:00:00Z", "hearingPlace": "Room 2, H. Officer",
    });
    officer.done("citationAppealSchedule", APPEAL, hearing).await;
    jfn.wait(TimeDelta::days(15));
    (jfn.attorney(3).await, filed["id"].clone())
}

fn decision(appeal: &Value, outcome: &str) -> Value {
    json!({
        "appealId": appeal, "expectedVersion": 2, "outcome": outcome, "decidedOn": "2026-12-04", "servedOn": "2026-12-05",
        "reason": "The stairs were seen.",
    })
}

story! {
    async fn an_appeal_in_time_is_heard_and_upheld_and_a_late_one_is_refused(jfn) {
        let officer = jfn.code_officer(3).await;
        let (place, owner) = owned(jfn, "1200 K ST", "Olive Owner").await;
        let cited = cite(jfn, &officer, &place, &[&owner], "SCC 8.96.130", "2026-11-20").await;
        let late = cite(jfn, &officer, &place, &[&owner], "SCC 8.96.140", "2026-11-20").await;
        let last_day = [("CITE_APPEAL_LOCAL".to_owned(), "2026-12-21".to_owned())];
        assert_eq!(open_deadlines(&officer, &cited["case"]).await, last_day);
        let case = &cited["case"];
        for (input, code, field) in [
            (appeal(&cited, "2026-11-19"), "INVALID", "filedOn"),
            (appeal(&cited, "2026-11-21"), "INVALID", "filedOn"),
            (with(appeal(&cited, "2026-11-20"), "grounds", json!(" ")), "REQUIRED", "grounds"),
            (with(appeal(&cited, "2026-11-20"), "partyId", json!(party(jfn, &place, "Mia", LinkStatus::Confirmed).await)), "INVALID", "partyId"),
        ] {
            let told = refusals(&officer, "citationAppealFile", APPEAL, input.clone()).await;
            assert_eq!(told, [(code.to_owned(), field.to_owned())], "{input}");
        }
        assert_eq!(jfn.code_officer(5).await.refused("citationAppealFile", APPEAL, appeal(&cited, "2026-11-20")).await, "NOT_ALLOWED");
        let input = with(appeal(&cited, "2026-11-20"), "partyId", json!(owner));
        let filed = officer.done("citationAppealFile", APPEAL, input.clone()).await["appeal"].take();
        assert_eq!(filed["filedBy"]["name"], "Olive Owner");
        assert_eq!(officer.done("citationAppealFile", APPEAL, input).await["appeal"], filed, "a retry");
        assert_eq!(officer.refused("citationAppealFile", APPEAL, appeal(&cited, "2026-11-20")).await, "NOT_UNIQUE");
        assert_eq!(open_deadlines(&officer, case).await, [], "the time to appeal is over");
        let attorney = jfn.attorney(3).await;
        assert_eq!(attorney.refused("citationAppealDecide", APPEAL, decision(&filed["id"], "UPHELD")).await, "STALE_VERSION");
        let mut version = 1;
        for (at, day) in [("2026-12-03T18:00:00Z", "2026-12-03"), ("2026-12-04T18:00:00Z", "2026-12-04")] {
            let hearing = json!({ "appealId": filed["id"], "expectedVersion": version, "hearingAt": at, "hearingPlace": "Room 2" });
            let seen = officer.done("citationAppealSchedule", APPEAL, hearing).await["appeal"].take();
            version += 1;
            assert_eq!((&seen["version"], &seen["hearingPlace"]), (&json!(version), &json!("Room 2")));
            let due = [("Hearing of the appeal of a citation".to_owned(), day.to_owned())];
            assert_eq!(open_deadlines(&officer, case).await, due);
        }
        let early = with(decision(&filed["id"], "UPHELD"), "expectedVersion", json!(3));
        let told = refusals(&attorney, "citationAppealDecide", APPEAL, early).await;
        assert!(told.iter().all(|(code, _)| code == "INVALID") && !told.is_empty(), "it is not heard yet: {told:?}");
        let decide = "mutation ($input: CitationAppealDecideInput!) { citationAppealDecide(input: $input) { userErrors { code } } }";
        assert_eq!(officer.error_of(decide, json!({ "input": decision(&filed["id"], "UPHELD") })).await, "FORBIDDEN");

        jfn.wait(TimeDelta::days(15));
        let attorney = jfn.attorney(3).await;
        let upheld = with(decision(&filed["id"], "UPHELD"), "expectedVersion", json!(3));
        let seen = attorney.done("citationAppealDecide", APPEAL, upheld).await["appeal"].take();
        assert_eq!((&seen["outcome"], &seen["notice"]["fine"]["remaining"]), (&json!("UPHELD"), &json!("130.00")));
        // Twenty days from 5 December is Christmas Day, a Friday; the court opens on Monday.
        assert_eq!(open_deadlines(&attorney, case).await, [("CITE_COURT_REVIEW".to_owned(), "2026-12-28".to_owned())]);
        let again = with(decision(&filed["id"], "DISMISSED"), "expectedVersion", json!(4));
        let again = with(again, "servedOn", Value::Null);
        assert_eq!(attorney.refused("citationAppealDecide", APPEAL, again).await, "TRANSITION_BLOCKED", "once");

        jfn.wait(TimeDelta::days(17));
        let officer = jfn.code_officer(3).await;
        let told = refusals(&officer, "citationAppealFile", APPEAL, appeal(&late, "2026-12-22")).await;
        assert_eq!(told, [("TRANSITION_BLOCKED".to_owned(), "filedOn".to_owned())], "a day late");
        officer.done("citationAppealFile", APPEAL, appeal(&late, "2026-12-21")).await;
    }
}

story! {
    async fn a_reduced_fine_stands_beside_what_it_replaces(jfn) {
        let officer = jfn.code_officer(3).await;
        let (place, owner) = owned(jfn, "1200 K ST", "Olive Owner").await;
        cite(jfn, &officer, &place, &[&owner], "SCC 8.96.130", "2026-11-20").await;
        let cited = cite(jfn, &officer, &place, &[&owner], "SCC 8.96.130", "2026-11-20").await;
        let (attorney, appeal) = heard(jfn, &cited).await;
        let hardship = json!({
            "idempotencyKey": key(), "noticeId": cited["id"], "reduceBy": "100.00", "on": "2026-12-05", "effort": "Some.",
            "burden": "Much.", "receipt": "1",
        });
        let blocked = attorney.refused("citationHardshipGrant", "cost { id }", hardship.clone()).await;
        assert_eq!(blocked, "TRANSITION_BLOCKED", "the appeal comes first");
        let reduced = |to: Value| with(decision(&appeal, "REDUCED"), "reducedTo", to);
        for (input, code, field) in [
            (reduced(Value::Null), "REQUIRED", "reducedTo"),
            (reduced(json!("700.00")), "INVALID", "reducedTo"),
            (with(decision(&appeal, "UPHELD"), "reducedTo", json!("10.00")), "INVALID", "reducedTo"),
            (with(decision(&appeal, "UPHELD"), "servedOn", Value::Null), "REQUIRED", "servedOn"),
            (with(decision(&appeal, "UPHELD"), "decidedOn", json!("2026-12-03")), "INVALID", "decidedOn"),
            (with(decision(&appeal, "UPHELD"), "reason", json!("")), "REQUIRED", "reason"),
        ] {
            let told = refusals(&attorney, "citationAppealDecide", APPEAL, input.clone()).await;
            assert_eq!(told, [(code.to_owned(), field.to_owned())], "{input}");
        }
        let seen = attorney.done("citationAppealDecide", APPEAL, reduced(json!("250.00"))).await["appeal"].take();
        assert_eq!((&seen["reducedTo"], &seen["notice"]["fine"]["remaining"]), (&json!("250.00"), &json!("250.00")));
        let kept = fine(&attorney, &cited).await;
        let amounts: Vec<&str> = kept["entries"].as_array().unwrap().iter().map(|row| row["amount"].as_str().unwrap()).collect();
        assert_eq!((amounts.as_slice(), &kept["assessed"]), (["700.00", "-700.00", "250.00"].as_slice(), &json!("700.00")));
        assert_eq!(balance(&attorney, &cited["case"]).await["outstanding"], "250.00");
        assert_eq!(open_deadlines(&attorney, &cited["case"]).await, [("CITE_COURT_REVIEW".to_owned(), "2026-12-28".to_owned())]);
        attorney.done("citationHardshipGrant", "cost { id }", hardship).await;
        assert_eq!(balance(&attorney, &cited["case"]).await["outstanding"], "150.00");
    }
}

story! {
    async fn a_dismissed_citation_costs_nothing_and_counts_for_nothing(jfn) {
        let (officer, attorney) = (jfn.code_officer(3).await, jfn.attorney(3).await);
        let (place, owner) = owned(jfn, "1200 K ST", "Olive Owner").await;
        cite(jfn, &officer, &place, &[&owner], "SCC 8.96.130", "2026-11-20").await;
        let cited = cite(jfn, &officer, &place, &[&owner], "SCC 8.96.130", "2026-11-20").await;
        let hardship = json!({
            "idempotencyKey": key(), "noticeId": cited["id"], "reduceBy": "100.00", "on": "2026-11-20", "effort": "Some.",
            "burden": "Much.", "receipt": "1",
        });
        attorney.done("citationHardshipGrant", "cost { id }", hardship).await;
        let (attorney, appeal) = heard(jfn, &cited).await;
        let served = decision(&appeal, "DISMISSED");
        assert_eq!(attorney.refused("citationAppealDecide", APPEAL, served.clone()).await, "INVALID", "there is nothing to review");
        let dismissed = with(served, "servedOn", Value::Null);
        let seen = attorney.done("citationAppealDecide", APPEAL, dismissed).await["appeal"].take();
        assert_eq!((&seen["outcome"], &seen["notice"]["fine"]["remaining"]), (&json!("DISMISSED"), &json!("0.00")));
        let kept = fine(&attorney, &cited).await;
        let amounts: Vec<&str> = kept["entries"].as_array().unwrap().iter().map(|row| row["amount"].as_str().unwrap()).collect();
        assert_eq!(amounts, ["700.00", "-100.00", "-700.00", "100.00"]);
        assert_eq!(balance(&attorney, &cited["case"]).await, json!({ "assessed": "0.00", "waived": "0.00", "outstanding": "0.00" }));
        assert_eq!(open_deadlines(&attorney, &cited["case"]).await, []);
        assert_eq!(told(&attorney, &cited["case"]).await.iter().filter(|kind| *kind == "CITATION_APPEALED").count(), 3);
        let officer = jfn.code_officer(3).await;
        let next = cite(jfn, &officer, &place, &[&owner], "SCC 8.96.130", "2026-12-05").await;
        assert_eq!(line(&next), is(2, "700.00"), "the dismissed one never was");
    }
}

story! {
    async fn what_proves_a_service_stands_beside_it(jfn) {
        let officer = jfn.code_officer(3).await;
        let (place, owner) = owned(jfn, "1200 K ST", "Olive Owner").await;
        let case = open_at(&officer, &place).await;
        let input = json!({
            "idempotencyKey": key(), "caseId": case, "kind": "COURTESY",
            "services": [
                { "partyId": owner, "method": "CERTIFIED_MAIL", "servedOn": "2026-11-20", "proof": "  Certified mail 7019 0042 " },
                { "method": "POSTING", "servedOn": "2026-11-20" },
            ],
        });
        let fields = "notice { services { method proof } fine { assessed } appeal { id } }";
        let made = officer.done("noticeServe", fields, input.clone()).await["notice"].take();
        let services = json!([
            { "method": "CERTIFIED_MAIL", "proof": "Certified mail 7019 0042" }, { "method": "POSTING", "proof": null },
        ]);
        assert_eq!(made, json!({ "services": services, "fine": null, "appeal": null }));
        let mut long = with(input, "idempotencyKey", json!(key()));
        long["services"][0]["proof"] = json!("x".repeat(201));
        assert_eq!(officer.refused("noticeServe", fields, long).await, "INVALID");
    }
}
