//! More guards, each by itself: the sergeant's review, conduct, tenants, service, entry, responses, waiting, compliance and the
//! end of a case.

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
    guarded::{authorized, done, filing, order, refused},
    legal::{advance, announce_petition, bare_case_at, case_at, notice, refer, serve_papers, step},
};

const NOTICE: &str = "notice { id }";

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
