//! A whole matter: rotten stairs, cited when the time to correct is over, appealed, reduced, paid, mended and closed.

use serde_json::{Value, json};
use tests::{Jfn, key, story};

use crate::matter::{Matter, days, forbidden, joined, refused};

const ACTION: &str = "administrative-citation";

/// A tenant complains; the officer opens the case, links the owner, finds rotten stairs and a blocked exit, and gives two weeks.
async fn noticed(jfn: &Jfn) -> (Matter<'_>, Value, Vec<Value>) {
    let mut matter = Matter::new(jfn, 3).await;
    let place = jfn.place("1200 K ST", 3).await;
    let opening = json!({
        "idempotencyKey": key(), "title": "Rotten stairs", "kinds": ["ABSENT_LANDLORD"], "property": { "id": place },
        "source": "RESIDENT",
    });
    matter.case = matter.officer.done("caseOpen", "case { id }", opening).await["case"]["id"].take();
    let link = json!({
        "idempotencyKey": key(), "propertyId": place, "role": "OWNER", "status": "CONFIRMED", "evidence": "Deed of 2011.",
        "party": { "new": { "kind": "PERSON", "name": "Olive Owner", "mailingAddress": "77 Elsewhere Ave, Reno NV 89501" } },
    });
    let linked = matter.officer.done("partyLink", "property { parties { party { id } } }", link).await;
    let owner = linked["property"]["parties"][0]["party"]["id"].clone();

    matter.stage_refused(&matter.officer, "NOTICE", &[("TRANSITION_BLOCKED", "INTAKE to NOTICE")]).await;
    matter.stage(&matter.officer, "ASSESSMENT").await;
    matter.stage_refused(&matter.officer, "NOTICE", &[("TRANSITION_BLOCKED", "inspectionRecord")]).await;
    let found = json!([
        { "codeSection": "SCC 8.96.130", "description": "The stairs are rotten." },
        { "codeSection": "SCC 8.96.140", "description": "The exit is blocked." },
    ]);
    let look = matter.inspection("VIOLATION_FOUND", json!({ "violations": found }));
    forbidden(&matter.sergeant, "inspectionRecord", look.clone()).await;
    let seen = matter.officer.done("inspectionRecord", "inspection { violations { id } }", look).await;
    let violations = seen["inspection"]["violations"].as_array().unwrap();
    let violations: Vec<Value> = violations.iter().map(|row| row["id"].clone()).collect();
    matter.stage(&matter.officer, "NOTICE").await;

    let mail = [("CERTIFIED_MAIL", Some(&owner))];
    let silent = matter.notice("NOTICE_OF_VIOLATION", &mail, json!({}));
    refused(&matter.officer, "noticeServe", silent, &[("REQUIRED", "by when")]).await;
    let notice = matter.notice("NOTICE_OF_VIOLATION", &mail, json!({ "complyBy": "2026-12-04" }));
    let served = matter.officer.done("noticeServe", "notice { reinspectionDueOn }", notice).await;
    // The next court day after Friday 4 December.
    assert_eq!(served["notice"]["reinspectionDueOn"], "2026-12-07");
    assert_eq!(matter.due().await, days(&[("NOV_COMPLY", "2026-12-04")]));
    (matter, owner, violations)
}

/// Two weeks pass, one of two is mended: the citation, which nobody could serve before, is issued, and served on the owner.
async fn cited(matter: &mut Matter<'_>, owner: &Value, violations: &[Value]) -> (Value, Value) {
    let person = [("PERSONAL", Some(owner))];
    let early = matter.notice("ADMINISTRATIVE_CITATION", &person, json!({ "violationIds": violations }));
    refused(
        &matter.officer,
        "noticeServe",
        early,
        &[("CLOCK_NOT_RUN", "SCC 8.96.130, SCC 8.96.140 runs until 2026-12-04")],
    )
    .await;
    matter.stage_refused(&matter.officer, "CITATION", &[("CLOCK_NOT_RUN", "compliance date")]).await;
    let action = matter.refer(&matter.officer, ACTION).await;
    matter
        .step_refused(&matter.officer, &action, "AUTHORIZED", json!({}), &[("NOT_ALLOWED", "ATTORNEY")])
        .await;
    matter.take(&matter.attorney, &action, "AUTHORIZED", json!({})).await;
    matter
        .step_refused(&matter.officer, &action, "FILED", json!({}), &[("CLOCK_NOT_RUN", "2026-12-05")])
        .await;

    matter.day("2026-12-07").await;
    let late = "{ deadlines(filter: { overdue: true }) { nodes { label dueOn case { id } } } }";
    let late = matter.jfn.city_attorney().await.ask(late, json!({})).await["deadlines"]["nodes"].take();
    let row =
        json!({ "label": "Correct the violation", "dueOn": "2026-12-04", "case": { "id": matter.case } });
    assert_eq!(late, json!([row]), "the city attorney sees who is late");
    let mended = json!({ "violationId": violations[0], "correctedOn": "2026-12-02" });
    matter.officer.done("violationCorrect", "violation { id }", mended).await;
    matter.officer.done("inspectionRecord", "", matter.inspection("PARTIALLY_CORRECTED", json!({}))).await;
    matter.stage(&matter.officer, "CITATION").await;
    matter.take(&matter.officer, &action, "FILED", json!({})).await;
    let unserved = [("TRANSITION_BLOCKED", "noticeServe")];
    matter.step_refused(&matter.officer, &action, "SERVED", json!({}), &unserved).await;
    let more = json!({ "violationIds": [violations[1]], "legalActionId": action });
    let too_much = matter.notice(
        "ADMINISTRATIVE_CITATION",
        &person,
        joined(more.clone(), json!({ "amount": "130.01" })),
    );
    refused(&matter.officer, "noticeServe", too_much, &[("INVALID", "$130.00")]).await;
    let citation = matter.notice("ADMINISTRATIVE_CITATION", &person, more);
    let fields = "notice { id fine { assessed lines { offenseNumber amount } } }";
    let notice = matter.officer.done("noticeServe", fields, citation).await["notice"].take();
    let first = json!({ "assessed": "130.00", "lines": [{ "offenseNumber": 1, "amount": "130.00" }] });
    assert_eq!(notice["fine"], first, "the first on the ladder of building and safety");
    matter.take(&matter.officer, &action, "SERVED", json!({})).await;
    assert_eq!(matter.owed().await, "130.00");
    // Thirty days from Monday 7 December are Wednesday 6 January; 1 January is the only holiday between and ends nothing.
    let due = [("NOV_COMPLY", "2026-12-04"), ("CITE_APPEAL_LOCAL", "2027-01-06")];
    assert_eq!(matter.due().await, days(&due));
    assert_eq!(
        matter.deadline("CITE_APPEAL_LOCAL").await["legalAction"]["id"],
        action,
        "in the action's own list"
    );
    let owing = [("TRANSITION_BLOCKED", "$130.00 is still owed; record what came in with `paymentRecord`")];
    matter.step_refused(&matter.officer, &action, "SATISFIED", json!({}), &owing).await;
    (action, notice["id"].clone())
}

const APPEAL: &str = "appeal { id version notice { fine { remaining } } }";

/// The owner appeals in time; the appeal is heard, the fine reduced, and the decision served by mail.
async fn appealed(matter: &mut Matter<'_>, action: &Value, citation: &Value, owner: &Value) {
    matter.day("2026-12-21").await;
    let filing = json!({
        "idempotencyKey": key(), "noticeId": citation, "filedOn": "2026-12-21", "partyId": owner, "grounds": "It was mended.",
    });
    forbidden(&matter.sergeant, "citationAppealFile", filing.clone()).await;
    let filed = matter.officer.done("citationAppealFile", APPEAL, filing).await["appeal"]["id"].take();
    let ended = matter.deadline("CITE_APPEAL_LOCAL").await;
    assert_eq!(
        (&ended["completedOn"], &ended["metBy"]),
        (&json!("2026-12-21"), &json!("The citation was appealed."))
    );
    matter.take(&matter.officer, action, "APPEALED", json!({})).await;
    let at = "2027-01-12T18:00:00Z";
    let heard = json!({ "appealId": filed, "expectedVersion": 1, "hearingAt": at, "hearingPlace": "Room 2, H. Officer" });
    let decision = |version: i32, more: Value| {
        let input = json!({ "appealId": filed, "expectedVersion": version, "outcome": "REDUCED", "reducedTo": "100.00",
            "reason": "Half was mended before the citation." });
        joined(input, more)
    };
    let today = json!({ "decidedOn": "2026-12-21", "servedOn": "2026-12-21" });
    let unheard = [("TRANSITION_BLOCKED", "citationAppealSchedule")];
    refused(&matter.attorney, "citationAppealDecide", decision(1, today), &unheard).await;
    matter.officer.done("citationAppealSchedule", APPEAL, heard).await;
    let hearing = "Hearing of the appeal of a citation";
    assert_eq!(matter.due().await, days(&[("NOV_COMPLY", "2026-12-04"), (hearing, "2027-01-12")]));
    matter
        .step_refused(
            &matter.attorney,
            action,
            "HEARING_SET",
            json!({}),
            &[("TRANSITION_BLOCKED", "hearingSchedule")],
        )
        .await;
    let docketed = json!({
        "idempotencyKey": key(), "legalActionId": action, "startsAt": at, "court": "Hearing officer", "department": "Room 2",
        "purpose": "Appeal of a citation",
    });
    forbidden(&matter.officer, "hearingSchedule", docketed.clone()).await;
    let docketed =
        matter.attorney.done("hearingSchedule", "hearing { id }", docketed).await["hearing"]["id"].take();
    matter.take(&matter.officer, action, "HEARING_SET", json!({})).await;
    the_week_shows_it(matter).await;

    matter.day("2027-01-12").await;
    let held = json!({ "hearingId": docketed, "status": "HELD", "outcome": "Both sides were heard." });
    matter.attorney.done("hearingRecord", "", held).await;
    matter.take(&matter.officer, action, "HEARD", json!({})).await;
    matter.step_refused(&matter.officer, action, "ORDERED", json!({}), &[("NOT_ALLOWED", "ATTORNEY")]).await;
    matter.day("2027-01-14").await;
    let served =
        json!({ "decidedOn": "2027-01-12", "servedOn": "2027-01-14", "serviceMethod": "MAIL_IN_STATE" });
    forbidden(&matter.officer, "citationAppealDecide", decision(2, served.clone())).await;
    let more = decision(2, joined(served.clone(), json!({ "reducedTo": "130.00" })));
    refused(&matter.attorney, "citationAppealDecide", more, &[("INVALID", "$130.00 are left")]).await;
    let decided = matter.attorney.done("citationAppealDecide", APPEAL, decision(2, served)).await;
    assert_eq!(decided["appeal"]["notice"]["fine"]["remaining"], "100.00");
    matter.take(&matter.attorney, action, "ORDERED", json!({})).await;
    // Twenty days from Thursday 14 January are Wednesday 3 February, once: from the service, not from the step. Mail adds
    // nothing that the statute is sure of.
    assert_eq!(
        matter.due().await,
        days(&[("NOV_COMPLY", "2026-12-04"), ("CITE_COURT_REVIEW", "2027-02-03")])
    );
    let review = matter.deadline("CITE_COURT_REVIEW").await;
    assert_eq!(
        (&review["computation"]["confirmWithCounsel"], &review["legalAction"]["id"]),
        (&json!(true), action)
    );
    assert_eq!(matter.owed().await, "100.00");
}

async fn the_week_shows_it(matter: &Matter<'_>) {
    let chief = matter.jfn.city_attorney().await;
    let query = "{ docket(from: \"2027-01-11\", to: \"2027-01-15\") { nodes { startsAt court department conflicts { id } \
                 legalAction { kind status case { id } } } } \
                 legalActionSummary(groupBy: [DISTRICT, KIND, STATUS]) { district kind status count overdueDeadlines } }";
    let seen = chief.ask(query, json!({})).await;
    let about =
        json!({ "kind": "ADMINISTRATIVE_CITATION", "status": "HEARING_SET", "case": { "id": matter.case } });
    let docketed = json!({ "startsAt": "2027-01-12T18:00:00+00:00", "court": "Hearing officer", "department": "Room 2",
        "conflicts": [], "legalAction": about });
    assert_eq!(seen["docket"]["nodes"], json!([docketed]));
    let row = json!({ "district": 3, "kind": "ADMINISTRATIVE_CITATION", "status": "HEARING_SET", "count": 1, "overdueDeadlines": 0 });
    assert_eq!(
        seen["legalActionSummary"],
        json!([row]),
        "the late correction is the case's, not the action's"
    );
}

/// The city asks for the second look as well; the owner mends the exit and pays twice, the second time in full.
async fn paid(matter: &mut Matter<'_>, action: &Value, owner: &Value, blocked: &Value) {
    let hours = matter.of_case(json!({
        "kind": "STAFF_HOURS", "minutes": 90, "hourlyRate": "140.00", "on": "2026-12-07", "description": "Looked again.",
        "source": "Time sheet", "receipt": "T-7",
    }));
    let hours = matter.officer.done("costRecord", "cost { id amount }", hours).await["cost"].take();
    assert_eq!(hours["amount"], "210.00", "an hour and a half of 140 dollars");
    let mail = [("CERTIFIED_MAIL", Some(owner))];
    // Thirty days from 14 January are Saturday 13 February; Monday the 15th is Presidents' Day.
    let preview =
        "{ deadlinePreview(input: { ruleKey: \"COSTS_PAY\", triggerOn: \"2027-01-14\" }) { dueOn } }";
    assert_eq!(matter.officer.ask(preview, json!({})).await["deadlinePreview"]["dueOn"], "2027-02-16");
    let asks = json!({ "entryIds": [hours["id"]], "amount": "210.00", "complyBy": "2027-02-16" });
    let statement = matter.notice("COST_STATEMENT", &mail, asks);
    matter.officer.done("noticeServe", "", statement).await;
    let due =
        [("NOV_COMPLY", "2026-12-04"), ("CITE_COURT_REVIEW", "2027-02-03"), ("COSTS_PAY", "2027-02-16")];
    assert_eq!(matter.due().await, days(&due));
    assert_eq!(matter.owed().await, "310.00");

    matter.day("2027-01-21").await;
    let look = || matter.inspection("CORRECTED", json!({ "verifiesCompliance": true }));
    let mended = json!({ "violationId": blocked, "correctedOn": "2027-01-20" });
    matter.officer.done("violationCorrect", "violation { id }", mended).await;
    matter.officer.done("inspectionRecord", "", look()).await;
    let met = matter.deadline("NOV_COMPLY").await;
    assert_eq!(
        (&met["completedOn"], &met["metBy"]),
        (&json!("2027-01-20"), &json!("Corrected: SCC 8.96.130, SCC 8.96.140"))
    );

    let pays = |amount: &str, on: &str, receipt: &str| {
        matter.of_case(json!({
        "amount": amount, "on": on, "description": "From the owner.", "source": "Cashier's check", "receipt": receipt,
    }))
    };
    let tomorrow = pays("100.00", "2027-01-22", "R-1");
    refused(&matter.officer, "paymentRecord", tomorrow, &[("INVALID", "2027-01-22 is in the future")]).await;
    matter.officer.done("paymentRecord", "", pays("100.00", "2027-01-21", "R-1")).await;
    assert_eq!(matter.deadline("COSTS_PAY").await["completedOn"], Value::Null, "the fine came first");
    let owing = [("TRANSITION_BLOCKED", "$210.00 is still owed")];
    matter.step_refused(&matter.officer, action, "SATISFIED", json!({}), &owing).await;
    let open = [("TRANSITION_BLOCKED", "deadlineComplete"), ("TRANSITION_BLOCKED", "legalActionAdvance")];
    matter.close_refused(&matter.officer, "COMPLIED_AFTER_CITATION", &open).await;
    matter.day("2027-02-01").await;
    let rest = matter.of_case(json!({
        "amount": "210.00", "on": "2027-02-01", "description": "The rest.", "source": "Cashier's check", "receipt": "R-2",
    }));
    matter.officer.done("paymentRecord", "", rest).await;
    let met = matter.deadline("COSTS_PAY").await;
    assert_eq!(met["completedOn"], "2027-02-01");
    let what = met["metBy"].as_str().unwrap();
    assert!(what.contains("$210.00 of the cost statement") && what.contains("receipt R-2"), "{what}");
}

story! {
    async fn a_citation_is_appealed_reduced_paid_and_its_case_closed(jfn) {
        let (mut matter, owner, violations) = noticed(jfn).await;
        let (action, citation) = cited(&mut matter, &owner, &violations).await;
        appealed(&mut matter, &action, &citation, &owner).await;
        paid(&mut matter, &action, &owner, &violations[1]).await;
        assert_eq!(matter.due().await, days(&[("CITE_COURT_REVIEW", "2027-02-03")]));
        matter.take(&matter.officer, &action, "SATISFIED", json!({})).await;
        let over = matter.deadline("CITE_COURT_REVIEW").await;
        assert_eq!(over["metBy"], "The legal action ended: it is SATISFIED.");
        assert_eq!(matter.due().await, days(&[]));
        let statement = "query ($case: ID!) { payoffStatement(of: { caseId: $case }, on: \"2027-02-01\") { balance { assessed \
                         collected waived outstanding } } }";
        let seen = matter.officer.ask(statement, json!({ "case": matter.case })).await["payoffStatement"]["balance"].take();
        let nothing = json!({ "assessed": "310.00", "collected": "310.00", "waived": "0.00", "outstanding": "0.00" });
        assert_eq!(seen, nothing, "100.00 of the fine and 210.00 of the second look");
        matter.close(&matter.officer, "COMPLIED_AFTER_CITATION").await;
        let late = matter.notice("COURTESY", &[("POSTING", None)], json!({}));
        refused(&matter.officer, "noticeServe", late, &[("TRANSITION_BLOCKED", "caseReopen")]).await;
        let seen = matter.ask("legalActions { status history { to on } }").await["legalActions"][0].take();
        let steps = [
            ("REFERRED", "2026-11-20"), ("AUTHORIZED", "2026-11-20"), ("FILED", "2026-12-07"), ("SERVED", "2026-12-07"),
            ("APPEALED", "2026-12-21"), ("HEARING_SET", "2026-12-21"), ("HEARD", "2027-01-12"), ("ORDERED", "2027-01-14"),
            ("SATISFIED", "2027-02-01"),
        ];
        let steps: Vec<Value> = steps.iter().map(|(to, on)| json!({ "to": to, "on": on })).collect();
        assert_eq!(seen["history"], json!(steps));
    }
}
