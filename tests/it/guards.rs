//! What the law asks for before a step, each guard by itself: refused with the reason, then the missing fact is put on record
//! by the mutation that the refusal names, then allowed.

use chrono::TimeDelta;
use entity::{
    flag,
    id::{CaseId, FlagId, PropertyId},
    property::{self, ResidentialOccupancy},
    property_party::LinkStatus,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use tests::{Client, Jfn, flags, key, story};

use crate::{
    case_at_work::{self, find, hours, inspection, open, party, violation, with},
    legal::{
        ACTION, advance, announce_petition, bare_case_at, case_at, codes, notice, refer, serve_papers, step,
    },
};

const NOTICE: &str = "notice { id }";

/// What the step is refused for: the code of each refusal, which has to name the mutation beside it.
async fn refused(client: &Client, input: &Value, expected: &[(&str, &str)]) {
    let payload = client.change("legalActionAdvance", ACTION, input.clone()).await;
    let codes = codes(&payload);
    assert_eq!(codes, expected.iter().map(|(code, _)| *code).collect::<Vec<_>>(), "{payload:#}");
    for (index, (_, mutation)) in expected.iter().enumerate() {
        let message = payload["userErrors"][index]["message"].as_str().unwrap();
        assert!(message.contains(mutation), "`{mutation}` is named: {message}");
    }
}

async fn done(client: &Client, input: &Value) -> Value {
    client.done("legalActionAdvance", ACTION, input.clone()).await["legalAction"].take()
}

/// An action of that remedy that the attorney signed off, as version 2.
async fn authorized(attorney: &Client, case: &Value, remedy: &str) -> Value {
    let action = refer(attorney, case, remedy).await;
    advance(attorney, &action, 1, "AUTHORIZED").await;
    action
}

/// The input of its filing in court on that day.
fn filing(action: &Value, on: &str) -> Value {
    with(
        with(step(action, 2, "FILED", on), "court", json!("Superior Court")),
        "courtCaseNumber",
        json!("34-2026-1"),
    )
}

async fn order(attorney: &Client, action: &Value, kind: &str) -> Value {
    let input = json!({
        "idempotencyKey": key(), "legalActionId": action["id"], "kind": kind, "issuedOn": "2026-11-20", "terms": "So ordered.",
    });
    attorney.done("courtOrderRecord", "courtOrder { id }", input).await["courtOrder"].take()
}

story! {
    async fn a_citation_waits_for_the_time_to_correct_and_for_its_extension(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "administrative-citation").await;
        let issue = |on: &str| step(&action, 2, "FILED", on);
        refused(&attorney, &issue("2026-11-20"), &[("CLOCK_NOT_RUN", "noticeServe")]).await;
        let letter = notice(&case, "NOTICE_OF_VIOLATION", &["POSTING"], "2026-11-20");
        attorney.done("noticeServe", NOTICE, with(letter, "complyBy", json!("2026-12-04"))).await;
        refused(&attorney, &issue("2026-11-20"), &[("CLOCK_NOT_RUN", "2026-12-05")]).await;
        let query = "query ($id: ID!) { case(by: { id: $id }) { deadlines(open: true) { id dueOn } } }";
        let due = attorney.ask(query, json!({ "id": case["id"] })).await["case"]["deadlines"][0].take();
        let extension = json!({
            "idempotencyKey": key(), "deadlineId": due["id"], "to": "2026-12-18", "reason": "The permit came late.",
        });
        attorney.done("deadlineExtend", "deadline { id }", extension).await;
        jfn.wait(TimeDelta::days(28));
        let attorney = jfn.attorney(3).await;
        refused(&attorney, &issue("2026-12-18"), &[("CLOCK_NOT_RUN", "2026-12-19")]).await;
        jfn.wait(TimeDelta::days(1));
        done(&jfn.attorney(3).await, &issue("2026-12-19")).await;
    }
}

story! {
    async fn immediate_danger_is_cited_at_once_and_for_a_reason(jfn) {
        let (attorney, officer) = (jfn.attorney(3).await, jfn.code_officer(3).await);
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "administrative-citation").await;
        let issue = step(&action, 2, "FILED", "2026-11-20");
        refused(&attorney, &issue, &[("CLOCK_NOT_RUN", "noticeServe")]).await;
        let danger = with(violation("SCC 8.96.140"), "immediateDanger", json!(true));
        find(jfn, &officer, &case["id"], json!([danger])).await;
        refused(&attorney, &issue, &[("REQUIRED", "immediate danger")]).await;
        done(&attorney, &with(issue, "reason", json!("The gas leaks."))).await;
    }
}

story! {
    async fn a_receiver_is_asked_for_after_an_expired_order_and_three_days_notice(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "receivership").await;
        let both = [("TRANSITION_BLOCKED", "noticeServe"), ("CLOCK_NOT_RUN", "noticeServe"), ("TRANSITION_BLOCKED", "PRE_PETITION_NOTICE")];
        refused(&attorney, &filing(&action, "2026-11-20"), &both).await;
        let order = notice(&case, "NOTICE_AND_ORDER", &["POSTING", "MAIL_IN_STATE"], "2026-11-20");
        attorney.done("noticeServe", NOTICE, with(order, "complyBy", json!("2026-12-21"))).await;
        let danger = with(violation("SCC 8.96.140"), "immediateDanger", json!(true));
        find(jfn, &jfn.code_officer(3).await, &case["id"], json!([danger])).await;
        let hurried = with(filing(&action, "2026-11-20"), "reason", json!("The roof may fall."));
        refused(&attorney, &hurried, &[("CLOCK_NOT_RUN", "2026-12-22"), both[2]]).await;
        jfn.wait(TimeDelta::days(32));
        let attorney = jfn.attorney(3).await;
        refused(&attorney, &filing(&action, "2026-12-22"), &[both[2]]).await;
        let only_posted = notice(&case, "PRE_PETITION_NOTICE", &["POSTING"], "2026-12-22");
        attorney.done("noticeServe", NOTICE, only_posted).await;
        refused(&attorney, &filing(&action, "2026-12-22"), &[both[2]]).await;
        let announced = notice(&case, "PRE_PETITION_NOTICE", &["POSTING", "MAIL_IN_STATE"], "2026-12-22");
        attorney.done("noticeServe", NOTICE, announced).await;
        // Three days are Christmas, a Friday; the next open day is the Monday.
        refused(&attorney, &filing(&action, "2026-12-22"), &[("CLOCK_NOT_RUN", "2026-12-28")]).await;
        jfn.wait(TimeDelta::days(6));
        done(&jfn.attorney(3).await, &filing(&action, "2026-12-28")).await;
    }
}

story! {
    async fn a_suit_under_the_housing_law_waits_for_its_notice_or_for_the_clock_that_stands_for_it(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "state-housing-law-suit").await;
        let expected = [("TRANSITION_BLOCKED", "deadlineStart"), ("CLOCK_NOT_RUN", "noticeServe")];
        refused(&attorney, &filing(&action, "2026-11-20"), &expected).await;
        let clock = |from: &str| json!({ "idempotencyKey": key(), "caseId": case["id"], "ruleKey": "HSG_NOTICE", "triggerOn": from });
        attorney.done("deadlineStart", "deadline { id }", clock("2026-11-02")).await;
        refused(&attorney, &filing(&action, "2026-11-20"), &[("CLOCK_NOT_RUN", "2026-12-02")]).await;
        attorney.done("deadlineStart", "deadline { id }", clock("2026-10-02")).await;
        done(&attorney, &filing(&action, "2026-11-20")).await;
    }
}

story! {
    async fn a_building_is_closed_before_judgment_only_once_an_order_was_violated(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "drug-abatement").await;
        done(&attorney, &filing(&action, "2026-11-20")).await;
        let restraint = order(&attorney, &action, "TEMPORARY_RESTRAINING_ORDER").await;
        crate::legal::schedule(&attorney, &action, "2026-12-01T17:00:00Z").await;
        advance(&attorney, &action, 3, "HEARING_SET").await;
        let closure = json!({
            "idempotencyKey": key(), "legalActionId": action["id"], "kind": "CLOSURE_BEFORE_JUDGMENT", "issuedOn": "2026-11-20",
            "terms": "Closed until the judgment.",
        });
        let payload = attorney.change("courtOrderRecord", "courtOrder { id }", closure.clone()).await;
        assert_eq!(codes(&payload), ["TRANSITION_BLOCKED"]);
        assert!(payload["userErrors"][0]["message"].as_str().unwrap().contains("orderViolationRecord"), "{payload}");
        let violated = json!({
            "idempotencyKey": key(), "courtOrderId": restraint["id"], "violatedOn": "2026-11-20", "description": "Sales went on.",
        });
        attorney.done("orderViolationRecord", "courtOrder { id }", violated).await;
        attorney.done("courtOrderRecord", "courtOrder { id }", with(closure, "idempotencyKey", json!(key()))).await;
    }
}

story! {
    async fn no_lien_comes_before_confirmed_costs_and_its_notice(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "abatement-cost-lien").await;
        advance(&attorney, &action, 2, "FILED").await;
        refused(&attorney, &step(&action, 3, "SERVED", "2026-11-20"), &[("TRANSITION_BLOCKED", "COST_STATEMENT")]).await;
        let mut statement = notice(&case, "COST_STATEMENT", &["CERTIFIED_MAIL"], "2026-11-20");
        statement["amount"] = json!("2400.50");
        statement["complyBy"] = json!("2026-12-21");
        attorney.done("noticeServe", NOTICE, statement).await;
        advance(&attorney, &action, 3, "SERVED").await;
        let confirmed = |on: &str| step(&action, 4, "ORDERED", on);
        refused(&attorney, &confirmed("2026-11-20"), &[("CLOCK_NOT_RUN", "2026-12-22")]).await;
        let lien = |on: &str| json!({
            "idempotencyKey": key(), "legalActionId": action["id"], "kind": "LIEN", "instrument": "202612220001", "recordedOn": on,
        });
        let early = attorney.change("titleRecordingRecord", "titleRecording { id }", lien("2026-11-20")).await;
        assert_eq!(codes(&early), ["CLOCK_NOT_RUN", "TRANSITION_BLOCKED"], "neither confirmed nor noticed");
        jfn.wait(TimeDelta::days(32));
        let attorney = jfn.attorney(3).await;
        refused(&attorney, &confirmed("2026-12-22"), &[("TRANSITION_BLOCKED", "courtOrderRecord")]).await;
        let order = json!({
            "idempotencyKey": key(), "legalActionId": action["id"], "kind": "COSTS_CONFIRMED", "issuedOn": "2026-12-22",
            "terms": "Nobody objected.", "amount": "2400.50",
        });
        attorney.done("courtOrderRecord", "courtOrder { id }", order).await;
        done(&attorney, &confirmed("2026-12-22")).await;
        let made = step(&action, 5, "COMPLYING", "2026-12-22");
        refused(&attorney, &made, &[("TRANSITION_BLOCKED", "LIEN_NOTICE")]).await;
        let by_mail = notice(&case, "LIEN_NOTICE", &["MAIL_IN_STATE"], "2026-12-22");
        attorney.done("noticeServe", NOTICE, by_mail).await;
        let unlike = attorney.change("titleRecordingRecord", "titleRecording { id }", lien("2026-12-22")).await;
        assert_eq!(codes(&unlike), ["TRANSITION_BLOCKED"], "a lien's notice is served like a summons");
        let posted = notice(&case, "LIEN_NOTICE", &["POSTING"], "2026-12-22");
        attorney.done("noticeServe", NOTICE, posted).await;
        attorney.done("titleRecordingRecord", "titleRecording { id }", lien("2026-12-22")).await;
        done(&attorney, &made).await;
        let paid = step(&action, 6, "SATISFIED", "2026-12-22");
        refused(&attorney, &paid, &[("TRANSITION_BLOCKED", "paymentRecord"), ("TRANSITION_BLOCKED", "titleRecordingRelease")]).await;
    }
}

story! {
    async fn a_fine_is_settled_by_money_or_by_a_lien_that_stands(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "administrative-citation").await;
        let danger = with(violation("SCC 8.96.140"), "immediateDanger", json!(true));
        let found = find(jfn, &jfn.code_officer(3).await, &case["id"], json!([danger])).await;
        done(&attorney, &with(step(&action, 2, "FILED", "2026-11-20"), "reason", json!("The gas leaks."))).await;
        let serving = step(&action, 3, "SERVED", "2026-11-20");
        refused(&attorney, &serving, &[("TRANSITION_BLOCKED", "noticeServe")]).await;
        let citation = notice(&case, "ADMINISTRATIVE_CITATION", &["POSTING"], "2026-11-20");
        let citation = with(with(citation, "amount", json!("130.00")), "violationIds", json!(found));
        attorney.done("noticeServe", NOTICE, citation).await;
        done(&attorney, &serving).await;
        let settled = step(&action, 4, "SATISFIED", "2026-11-20");
        refused(&attorney, &settled, &[("TRANSITION_BLOCKED", "costRecord")]).await;
        let proof = |more: Value| {
            let mut input = json!({
                "idempotencyKey": key(), "caseId": case["id"], "on": "2026-11-20", "description": "Citation 1.",
                "source": "Citation", "receipt": "C-1",
            });
            for (name, value) in more.as_object().unwrap() {
                input[name] = value.clone();
            }
            input
        };
        attorney.done("costRecord", "cost { id }", proof(json!({ "kind": "FINE", "amount": "130.00" }))).await;
        attorney.done("paymentRecord", "cost { id }", proof(json!({ "amount": "129.99" }))).await;
        refused(&attorney, &settled, &[("TRANSITION_BLOCKED", "$0.01")]).await;
        attorney.done("paymentRecord", "cost { id }", proof(json!({ "amount": "0.01" }))).await;
        done(&attorney, &settled).await;
    }
}

/// A flag of the case's place that the case is said to have grown from; nobody looked at it yet.
async fn grown_from_flag(jfn: &Jfn) -> (Value, Value) {
    let (sergeant, place, _, flag) = flags::flagged(jfn).await;
    let input = json!({
        "idempotencyKey": key(), "title": "Noise", "kinds": ["HIGH_CALL_VOLUME"], "property": { "id": place }, "source": "CALL_VOLUME",
    });
    let case = sergeant.done("caseOpen", "case { id property { id } }", input).await["case"].take();
    let id: CaseId = case["id"].as_str().unwrap().parse().unwrap();
    let flag_id: FlagId = flag["id"].as_str().unwrap().parse().unwrap();
    let link = flag::Entity::update_many()
        .col_expr(flag::Column::CaseId, Expr::value(id))
        .filter(flag::Column::Id.eq(flag_id));
    link.exec(&jfn.app.db).await.unwrap();
    find(jfn, &jfn.code_officer(3).await, &case["id"], json!([violation("SCC 8.68.060")])).await;
    (case, flag)
}

story! {
    async fn an_action_on_a_flag_goes_on_when_a_sergeant_confirmed_it_and_the_attorney_signs_off(jfn) {
        let (attorney, sergeant) = (jfn.attorney(3).await, jfn.sergeant(3).await);
        let (case, flag) = grown_from_flag(jfn).await;
        let action = refer(&sergeant, &case, "public-nuisance-suit").await;
        let sign_off = step(&action, 1, "AUTHORIZED", "2026-11-20");
        refused(&attorney, &sign_off, &[("TRANSITION_BLOCKED", "flagReview")]).await;
        let review = "mutation ($input: FlagReviewInput!) { flagReview(input: $input) { userErrors { code } } }";
        let confirm = flags::review(&flag, "CONFIRM");
        assert_eq!(attorney.error_of(review, json!({ "input": confirm })).await, "FORBIDDEN", "no attorney reviews a flag");
        sergeant.done("flagReview", "flag { status }", confirm).await;
        let advance = "mutation ($input: LegalActionAdvanceInput!) { legalActionAdvance(input: $input) { userErrors { code } } }";
        assert_eq!(sergeant.error_of(advance, json!({ "input": sign_off })).await, "FORBIDDEN", "the sign-off is the attorney's");
        done(&attorney, &sign_off).await;
    }
}

story! {
    async fn a_sign_off_rests_on_conduct_and_not_on_a_tally(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = bare_case_at(jfn, "1200 K ST", 3).await;
        let action = refer(&attorney, &case, "red-light-abatement").await;
        let sign_off = step(&action, 1, "AUTHORIZED", "2026-11-20");
        refused(&attorney, &sign_off, &[("TRANSITION_BLOCKED", "inspectionRecord")]).await;
        let nothing = inspection(jfn, &case["id"], "NO_VIOLATION", json!([]));
        attorney.done("inspectionRecord", "inspection { id }", nothing).await;
        refused(&attorney, &sign_off, &[("TRANSITION_BLOCKED", "evidenceAttach")]).await;
        let report = crate::evidence::photo(64, 1);
        crate::evidence::add(&attorney, &case["id"], "report.jpg", &report, json!({ "privileged": true })).await;
        refused(&attorney, &sign_off, &[("TRANSITION_BLOCKED", "evidenceAttach")]).await;
        let report = crate::evidence::photo(64, 2);
        crate::evidence::add(&attorney, &case["id"], "report.jpg", &report, json!({})).await;
        done(&attorney, &sign_off).await;
    }
}

story! {
    async fn an_occupied_place_is_not_sued_over_before_somebody_says_what_becomes_of_its_tenants(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let place: PropertyId = case["property"]["id"].as_str().unwrap().parse().unwrap();
        let homes = property::Entity::update_many()
            .col_expr(property::Column::ResidentialOccupancy, Expr::value(ResidentialOccupancy::Some))
            .filter(property::Column::Id.eq(place));
        homes.exec(&jfn.app.db).await.unwrap();
        let notice = notice(&case, "NOTICE_OF_VIOLATION", &["POSTING"], "2026-11-01");
        attorney.done("noticeServe", NOTICE, with(notice, "complyBy", json!("2026-11-15"))).await;
        let suit = authorized(&attorney, &case, "public-nuisance-suit").await;
        let complaint = authorized(&attorney, &case, "criminal-nuisance").await;
        for action in [&suit, &complaint] {
            refused(&attorney, &filing(action, "2026-11-20"), &[("TRANSITION_BLOCKED", "tenantImpactRecord")]).await;
        }
        let answer = json!({
            "idempotencyKey": key(), "caseId": case["id"], "asOf": "2026-11-20", "occupied": true, "relocationPlan": "Nobody leaves.",
        });
        attorney.done("tenantImpactRecord", "case { id }", answer).await;
        for action in [&suit, &complaint] {
            done(&attorney, &filing(action, "2026-11-20")).await;
        }
    }
}

story! {
    async fn papers_are_served_in_their_own_action_and_on_every_defendant(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "public-nuisance-suit").await;
        let action = with(action, "case", case.clone());
        done(&attorney, &filing(&action, "2026-11-20")).await;
        let place = case["property"]["id"].as_str().unwrap();
        let owner = party(jfn, place, "Olive Owner", LinkStatus::Confirmed).await;
        let named = json!({ "legalActionId": action["id"], "partyIds": [owner] });
        attorney.done("defendantsName", "legalAction { id }", named).await;
        let serving = step(&action, 3, "SERVED", "2026-11-20");
        refused(&attorney, &serving, &[("TRANSITION_BLOCKED", "LEGAL_PAPERS")]).await;
        let nowhere = notice(&case, "LEGAL_PAPERS", &["POSTING"], "2026-11-20");
        assert_eq!(attorney.refused("noticeServe", NOTICE, nowhere).await, "REQUIRED");
        let other = refer(&attorney, &case, "preliminary-relief").await;
        serve_papers(&attorney, &other).await;
        refused(&attorney, &serving, &[("TRANSITION_BLOCKED", "LEGAL_PAPERS")]).await;
        serve_papers(&attorney, &action).await;
        refused(&attorney, &serving, &[("TRANSITION_BLOCKED", "1 of 1 defendants")]).await;
        let mut papers = notice(&case, "LEGAL_PAPERS", &["PERSONAL"], "2026-11-20");
        papers["legalActionId"] = action["id"].clone();
        papers["services"][0]["partyId"] = json!(owner);
        let made = attorney.done("noticeServe", "notice { kind legalAction { id } }", papers).await["notice"].take();
        assert_eq!(made, json!({ "kind": "LEGAL_PAPERS", "legalAction": { "id": action["id"] } }));
        done(&attorney, &serving).await;
        let elsewhere = case_at(jfn, "1300 K ST", 3).await;
        let mut foreign = notice(&elsewhere, "LEGAL_PAPERS", &["POSTING"], "2026-11-20");
        foreign["legalActionId"] = action["id"].clone();
        assert_eq!(attorney.refused("noticeServe", NOTICE, foreign).await, "NOT_FOUND", "another case's action");
    }
}

story! {
    async fn a_warrant_needs_a_refused_entry_or_a_reason_why_nobody_asked(jfn) {
        let (attorney, officer) = (jfn.attorney(3).await, jfn.code_officer(3).await);
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "inspection-warrant").await;
        let preparing = step(&action, 2, "PREPARING", "2026-11-20");
        refused(&attorney, &preparing, &[("TRANSITION_BLOCKED", "inspectionRecord")]).await;
        let other = authorized(&attorney, &case, "abatement-warrant").await;
        done(&attorney, &with(step(&other, 2, "PREPARING", "2026-11-20"), "reason", json!("The owner is dead."))).await;
        officer.done("inspectionRecord", "inspection { id }", inspection(jfn, &case["id"], "NO_ACCESS", json!([]))).await;
        done(&attorney, &preparing).await;
    }
}

story! {
    async fn a_host_pays_from_the_second_response_within_sixty_days(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "social-host-costs").await;
        let issue = step(&action, 2, "FILED", "2026-11-20");
        let response = |on: &str| json!({
            "idempotencyKey": key(), "caseId": case["id"], "kind": "RESPONSE", "amount": "310.05", "on": on,
            "description": "Two units.", "source": "Report", "receipt": "R-1",
        });
        for day in ["2026-11-18", "2026-11-18", "2026-09-19"] {
            attorney.done("costRecord", "cost { id }", response(day)).await;
            refused(&attorney, &issue, &[("TRANSITION_BLOCKED", "costRecord")]).await;
        }
        attorney.done("costRecord", "cost { id }", response("2026-09-20")).await;
        done(&attorney, &issue).await;
    }
}

story! {
    async fn a_waiting_period_of_an_action_runs_out_before_it_is_filed(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = authorized(&attorney, &case, "owner-unlawful-detainer").await;
        advance(&attorney, &action, 2, "PREPARING").await;
        let filing = |on: &str| with(filing(&action, on), "expectedVersion", json!(3));
        // Three days from Friday the 20th are Monday the 23rd.
        refused(&attorney, &filing("2026-11-20"), &[("CLOCK_NOT_RUN", "2026-11-23")]).await;
        jfn.wait(TimeDelta::days(3));
        done(&jfn.attorney(3).await, &filing("2026-11-23")).await;
    }
}

story! {
    async fn an_order_is_done_when_an_inspection_or_a_court_paper_since_the_filing_says_so(jfn) {
        let (attorney, officer) = (jfn.attorney(3).await, jfn.code_officer(3).await);
        let verifying = |case: &Value| with(inspection(jfn, &case["id"], "CORRECTED", json!([])), "verifiesCompliance", json!(true));
        for (address, by_paper) in [("1200 K ST", false), ("1300 K ST", true)] {
            let case = case_at(jfn, address, 3).await;
            announce_petition(&attorney, &case).await;
            let early = with(verifying(&case), "performedAt", json!(hours(jfn, -30)));
            officer.done("inspectionRecord", "inspection { id }", early).await;
            let action = authorized(&attorney, &case, "receivership").await;
            let action = with(action, "case", case.clone());
            done(&attorney, &filing(&action, "2026-11-20")).await;
            serve_papers(&attorney, &action).await;
            for (version, to) in [(3, "SERVED"), (4, "ORDERED")] {
                advance(&attorney, &action, version, to).await;
            }
            let satisfied = step(&action, 5, "SATISFIED", "2026-11-20");
            refused(&attorney, &satisfied, &[("TRANSITION_BLOCKED", "inspectionRecord")]).await;
            if by_paper {
                for kind in ["RECEIVER_APPOINTED", "RECEIVER_QUALIFIED", "PLAN_APPROVED", "FINAL_ACCOUNT"] {
                    order(&attorney, &action, kind).await;
                }
                refused(&attorney, &satisfied, &[("TRANSITION_BLOCKED", "RECEIVER_DISCHARGED")]).await;
                order(&attorney, &action, "RECEIVER_DISCHARGED").await;
            } else {
                officer.done("inspectionRecord", "inspection { id }", verifying(&case)).await;
            }
            done(&attorney, &satisfied).await;
        }
    }
}

story! {
    async fn a_case_does_not_end_early_over_a_deadline_an_action_or_a_lis_pendens(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = open(jfn, &attorney, "1200 K ST").await;
        let close = async |client: &Client| {
            let query = "query ($id: ID!) { case(by: { id: $id }) { version } }";
            let version = client.ask(query, json!({ "id": case })).await["case"]["version"].take();
            let input = json!({ "caseId": case, "expectedVersion": version, "outcome": "WITHDRAWN", "reason": "Sold." });
            let payload = client.change("caseClose", "case { stage }", input).await;
            let told = payload["userErrors"].as_array().unwrap().iter();
            told.map(|error| error["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        case_at_work::advance(&attorney, &case, "ASSESSMENT").await;
        find(jfn, &jfn.code_officer(3).await, &case, json!([violation("SCC 8.04.100")])).await;
        let deadline = json!({ "idempotencyKey": key(), "caseId": case, "label": "Look again", "dueOn": "2026-12-01" });
        let due = attorney.done("deadlineSet", "deadline { id }", deadline).await["deadline"]["id"].take();
        let action = authorized(&attorney, &json!({ "id": case }), "public-nuisance-suit").await;
        done(&attorney, &filing(&action, "2026-11-20")).await;
        let pending = json!({
            "idempotencyKey": key(), "legalActionId": action["id"], "kind": "LIS_PENDENS", "instrument": "202611200123",
            "recordedOn": "2026-11-20",
        });
        let recording = attorney.done("titleRecordingRecord", "titleRecording { id }", pending).await["titleRecording"]["id"].take();
        let named = |messages: &[String], mutations: &[&str]| {
            assert_eq!(messages.len(), mutations.len(), "{messages:?}");
            for (message, mutation) in messages.iter().zip(mutations) {
                assert!(message.contains(mutation), "{message}");
            }
        };
        named(&close(&attorney).await, &["deadlineComplete", "legalActionAdvance", "titleRecordingRelease"]);
        let dismissed = with(step(&action, 3, "DISMISSED", "2026-11-20"), "reason", json!("The owner sold."));
        done(&attorney, &dismissed).await;
        named(&close(&attorney).await, &["deadlineComplete", "titleRecordingRelease"]);
        let met = json!({ "deadlineId": due, "completedOn": "2026-11-20", "metBy": "Looked." });
        attorney.done("deadlineComplete", "deadline { id }", met).await;
        let release = json!({ "titleRecordingId": recording, "releasedOn": "2026-11-20", "instrument": "202611200456" });
        named(&close(&attorney).await, &["titleRecordingRelease"]);
        attorney.done("titleRecordingRelease", "titleRecording { id }", release).await;
        named(&close(&attorney).await, &[]);
    }
}
