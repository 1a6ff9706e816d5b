//! Legal actions: referred by the team, conducted by its attorney, followed by the city attorney.

use chrono::TimeDelta;
use entity::{
    flag::{self, FlagStatus},
    id::{CaseId, FlagId, LegalActionId, PropertyId},
    legal_action, nuisance_rule, staff, team_seat,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use tests::{Client, Jfn, key, story};

use crate::legal::{ACTION, advance, case_at, codes, refer, schedule, step};

async fn steps(client: &Client, action: &Value) -> Vec<Value> {
    let query = "query ($id: ID!) { legalAction(id: $id) { allowedSteps { to allowed missing { fact suppliedBy } blockedBy { code } } } }";
    let seen = client.ask(query, json!({ "id": action["id"] })).await;
    seen["legalAction"]["allowedSteps"].as_array().unwrap().clone()
}

fn allowed(steps: &[Value]) -> Vec<&str> {
    steps.iter().filter(|step| step["allowed"] == true).map(|step| step["to"].as_str().unwrap()).collect()
}

story! {
    async fn a_suit_goes_from_the_sergeants_referral_to_its_end(jfn) {
        let (sergeant, attorney) = (jfn.sergeant(3).await, jfn.attorney(3).await);
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = refer(&sergeant, &case, "public-nuisance-suit").await;
        assert_eq!(action["status"], "REFERRED");
        assert_eq!(action["kind"], "PUBLIC_NUISANCE_SUIT");
        assert_eq!(action["version"], 1);
        assert_eq!(action["responsibleAttorney"]["email"], "attorney3@jfn.example");

        advance(&attorney, &action, 1, "AUTHORIZED").await;
        jfn.wait(TimeDelta::days(3));
        let attorney = jfn.attorney(3).await;
        let bare = step(&action, 2, "FILED", "2026-11-23");
        let refused = attorney.change("legalActionAdvance", ACTION, bare.clone()).await;
        assert_eq!(codes(&refused), ["REQUIRED", "REQUIRED"]);
        assert_eq!(refused["userErrors"][1]["field"], json!(["courtCaseNumber"]));
        assert_eq!(refused["legalAction"]["status"], "AUTHORIZED", "a refused step leaves it where it was");
        let mut filing = bare;
        filing["court"] = json!("Superior Court");
        filing["courtCaseNumber"] = json!("26CV001234");
        filing["on"] = json!("2026-11-21");
        let filed = attorney.done("legalActionAdvance", ACTION, filing).await["legalAction"].take();
        assert_eq!(filed["filedOn"], "2026-11-21");
        assert_eq!(filed["statusSince"], "2026-11-21T08:00:00+00:00", "the day that was stated began");
        assert_eq!(filed["courtCaseNumber"], "26CV001234");

        let early = step(&action, 3, "HEARING_SET", "2026-11-23");
        assert_eq!(attorney.refused("legalActionAdvance", ACTION, early.clone()).await, "TRANSITION_BLOCKED");
        let hearing = schedule(&attorney, &action, "2026-12-02T17:30:00Z").await;
        let set = attorney.done("legalActionAdvance", ACTION, early).await["legalAction"].take();
        assert_eq!(set["nextOn"], "2026-12-02");
        assert_eq!(set["nextHearing"]["id"], hearing["id"]);

        let held = json!({ "hearingId": hearing["id"], "status": "HELD", "outcome": "Injunction granted." });
        assert_eq!(attorney.refused("hearingRecord", "hearing { id }", held.clone()).await, "INVALID");
        jfn.wait(TimeDelta::days(10));
        let attorney = jfn.attorney(3).await;
        let payload = attorney.done("hearingRecord", "hearing { status outcome }", held.clone()).await;
        assert_eq!(payload["hearing"], json!({ "status": "HELD", "outcome": "Injunction granted." }));
        assert_eq!(attorney.refused("hearingRecord", "hearing { id }", held).await, "TRANSITION_BLOCKED");
        let looked = json!({
            "idempotencyKey": key(), "caseId": case["id"], "performedAt": "2026-12-02T19:00:00Z", "result": "CORRECTED",
            "verifiesCompliance": true,
        });
        jfn.code_officer(3).await.done("inspectionRecord", "inspection { id }", looked).await;
        for (version, to) in [(4, "HEARD"), (5, "ORDERED"), (6, "COMPLYING"), (7, "SATISFIED")] {
            let input = step(&action, version, to, "2026-12-03");
            attorney.done("legalActionAdvance", ACTION, input).await;
        }
        let query = "query ($id: ID!) { legalAction(id: $id) { isFinal nextOn nextHearing { id } allowedSteps { to } \
                     hearings { status } history { from to on reason by { email } } case { events(first: 50) \
                     { nodes { kind summary body changes { field before after } } } } } }";
        let seen = attorney.ask(query, json!({ "id": action["id"] })).await["legalAction"].take();
        assert_eq!(seen["isFinal"], true);
        assert_eq!([&seen["nextOn"], &seen["nextHearing"]], [&Value::Null, &Value::Null]);
        assert_eq!(seen["allowedSteps"], json!([]));
        assert_eq!(seen["hearings"], json!([{ "status": "HELD" }]));
        let history = seen["history"].as_array().unwrap();
        let first = json!({ "from": null, "to": "REFERRED", "on": "2026-11-20", "reason": "Neighbours wrote in.",
            "by": { "email": "sergeant3@jfn.example" } });
        assert_eq!(history[0], first);
        assert_eq!(history.len(), 8);
        assert_eq!(history[7]["to"], "SATISFIED");
        let told = seen["case"]["events"]["nodes"].as_array().unwrap();
        let count = |kind: &str| told.iter().filter(|event| event["kind"] == kind).count();
        assert_eq!([count("LEGAL_ACTION_CHANGED"), count("HEARING_SCHEDULED"), count("HEARING_HELD")], [8, 1, 1]);
        let field = format!("{}.status", action["id"].as_str().unwrap());
        let last = json!({ "field": field, "before": "COMPLYING", "after": "SATISFIED" });
        let steps: Vec<_> = told.iter().filter(|event| event["kind"] == "LEGAL_ACTION_CHANGED").collect();
        assert_eq!(steps[0]["changes"], json!([last]));
        assert_eq!(told[0]["kind"], "DEADLINE_MET", "what was still due in it ended with it");
    }
}

story! {
    async fn several_actions_of_one_case_stand_where_each_of_them_stands(jfn) {
        let (officer, attorney) = (jfn.code_officer(3).await, jfn.attorney(3).await);
        let case = case_at(jfn, "1200 K ST", 3).await;
        let suit = refer(&officer, &case, "public-nuisance-suit").await;
        let citation = refer(&officer, &case, "administrative-citation").await;
        advance(&attorney, &suit, 1, "AUTHORIZED").await;
        let mut declined = step(&citation, 1, "DECLINED", "2026-11-20");
        assert_eq!(attorney.refused("legalActionAdvance", ACTION, declined.clone()).await, "REQUIRED");
        declined["reason"] = json!("The suit covers it.");
        attorney.done("legalActionAdvance", ACTION, declined).await;
        let query = "query ($id: ID!) { case(by: { id: $id }) { legalActions { status remedy { key statute } } } }";
        let seen = attorney.ask(query, json!({ "id": case["id"] })).await["case"]["legalActions"].take();
        assert_eq!(seen[0]["status"], "AUTHORIZED");
        assert_eq!(seen[1]["status"], "DECLINED");
        assert_eq!(seen[1]["remedy"]["key"], "administrative-citation");
        let more = step(&citation, 2, "AUTHORIZED", "2026-11-20");
        assert_eq!(attorney.refused("legalActionAdvance", ACTION, more).await, "TRANSITION_BLOCKED");
    }
}

story! {
    async fn the_team_refers_and_only_attorneys_conduct(jfn) {
        let case = case_at(jfn, "1200 K ST", 3).await;
        let (sergeant, other) = (jfn.sergeant(3).await, jfn.attorney(5).await);
        let action = refer(&sergeant, &case, "public-nuisance-suit").await;
        let mutation = "mutation ($input: LegalActionAdvanceInput!) { legalActionAdvance(input: $input) \
                        { legalAction { id } } }";
        let input = step(&action, 1, "AUTHORIZED", "2026-11-20");
        let code = sergeant.error_of(mutation, json!({ "input": input })).await;
        assert_eq!(code, "FORBIDDEN", "a sergeant conducts no legal action anywhere");
        assert_eq!(other.refused("legalActionAdvance", ACTION, input.clone()).await, "NOT_ALLOWED");
        let elsewhere = json!({
            "idempotencyKey": key(), "caseId": case["id"], "remedyKey": "public-nuisance-suit", "reason": "Ours too.",
        });
        let stranger = jfn.sergeant(5).await;
        assert_eq!(stranger.refused("legalActionRefer", ACTION, elsewhere).await, "NOT_ALLOWED");
        let query = "{ legalActions { totalCount } }";
        assert_eq!(jfn.commissioner().await.error_of(query, json!({})).await, "FORBIDDEN");
        assert_eq!(jfn.administrator().await.error_of(query, json!({})).await, "FORBIDDEN");
        assert_eq!(jfn.nobody().error_of(query, json!({})).await, "UNAUTHENTICATED");

        assert_eq!(allowed(&steps(&sergeant, &action).await), [""; 0]);
        assert_eq!(allowed(&steps(&other, &action).await), [""; 0]);
        let citywide = jfn.city_attorney().await;
        let options = steps(&citywide, &action).await;
        assert_eq!(allowed(&options), ["AUTHORIZED", "DECLINED", "WITHDRAWN"]);
        assert_eq!(options[0]["missing"], json!([]), "conduct is on record");
        citywide.done("legalActionAdvance", ACTION, input).await;
        let steps = steps(&jfn.attorney(3).await, &action).await;
        assert_eq!(allowed(&steps), ["WITHDRAWN", "PREPARING", "FILED"]);
    }
}

story! {
    async fn a_remedy_that_lapsed_is_shown_and_refused(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let remedies = |day: &str| format!("{{ remedies(activeOn: \"{day}\") {{ key enabled validTo }} }}");
        let lapsed = json!({ "key": "drug-eviction", "enabled": false, "validTo": "2024-01-01" });
        let shown = async |query: &str| {
            attorney.ask(query, json!({})).await["remedies"].as_array().unwrap().contains(&lapsed)
        };
        assert!(shown("{ remedies { key enabled validTo } }").await);
        assert!(shown(&remedies("2023-12-31")).await);
        assert!(!shown(&remedies("2024-01-01")).await);
        let input = |remedy: &str, reason: &str| json!({
            "idempotencyKey": key(), "caseId": case["id"], "remedyKey": remedy, "reason": reason,
        });
        let refused = attorney.change("legalActionRefer", ACTION, input("drug-eviction", "Dealing.")).await;
        assert_eq!(codes(&refused), ["REMEDY_NOT_AVAILABLE"]);
        let message = refused["userErrors"][0]["message"].as_str().unwrap();
        assert!(message.contains("2024-01-01") && message.contains("city attorney confirms"), "{message}");
        assert_eq!(attorney.refused("legalActionRefer", ACTION, input("trial-by-combat", "Why not.")).await, "NOT_FOUND");
        assert_eq!(attorney.refused("legalActionRefer", ACTION, input("public-nuisance-suit", " ")).await, "REQUIRED");
        let close = json!({
            "caseId": case["id"], "expectedVersion": 1, "outcome": "NO_VIOLATION", "reason": "Nothing there.",
        });
        attorney.done("caseClose", "case { id }", close).await;
        let late = input("public-nuisance-suit", "After all.");
        assert_eq!(attorney.refused("legalActionRefer", ACTION, late).await, "TRANSITION_BLOCKED");
        let none = attorney.ask("{ legalActions { totalCount } }", json!({})).await;
        assert_eq!(none["legalActions"]["totalCount"], 0, "nothing was half-written");
    }
}

story! {
    async fn a_stale_version_a_wrong_day_and_a_retry_change_nothing(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let input = json!({
            "idempotencyKey": key(), "caseId": case["id"], "remedyKey": "public-nuisance-suit", "reason": "Noise.",
        });
        let first = attorney.done("legalActionRefer", ACTION, input.clone()).await["legalAction"].take();
        let again = attorney.done("legalActionRefer", ACTION, input.clone()).await["legalAction"].take();
        assert_eq!(first["id"], again["id"]);
        let mut other = input;
        other["reason"] = json!("Other noise.");
        assert_eq!(attorney.refused("legalActionRefer", ACTION, other).await, "IDEMPOTENCY_KEY_REUSED");

        for day in ["2026-11-21", "2026-11-19"] {
            let refused = attorney.change("legalActionAdvance", ACTION, step(&first, 1, "AUTHORIZED", day)).await;
            assert_eq!(codes(&refused), ["INVALID"], "{day}");
            assert_eq!(refused["userErrors"][0]["field"], json!(["on"]));
        }
        advance(&attorney, &first, 1, "AUTHORIZED").await;
        let stale = attorney.change("legalActionAdvance", ACTION, step(&first, 1, "PREPARING", "2026-11-20")).await;
        assert_eq!(codes(&stale), ["STALE_VERSION"]);
        assert_eq!(stale["legalAction"]["version"], 2, "the answer shows what is there now");
        let unknown = json!({ "id": LegalActionId::generate().to_string() });
        let payload = attorney.change("legalActionAdvance", ACTION, step(&unknown, 1, "PREPARING", "2026-11-20")).await;
        assert_eq!(codes(&payload), ["NOT_FOUND"]);
        assert_eq!(payload["legalAction"], Value::Null);
        let query = "query ($id: ID!) { legalAction(id: $id) { id } }";
        assert_eq!(attorney.error_of(query, unknown).await, "NOT_FOUND");
        let node = "query ($id: ID!) { node(id: $id) { id __typename } }";
        let seen = attorney.ask(node, json!({ "id": first["id"] })).await;
        assert_eq!(seen["node"]["__typename"], "LegalAction");
    }
}

/// A flag of the case's place that the case grew from.
async fn flagged(jfn: &Jfn, case: &Value) -> FlagId {
    let district = jfn.app.city.district_numbered(3).unwrap().id;
    let rule = nuisance_rule::Entity::find().one(&jfn.app.db).await.unwrap().unwrap();
    let place: PropertyId = case["property"]["id"].as_str().unwrap().parse().unwrap();
    let case: CaseId = case["id"].as_str().unwrap().parse().unwrap();
    let flag = flag::ActiveModel {
        id: Set(FlagId::generate()),
        version: Set(1),
        status: Set(FlagStatus::NeedsReview),
        property_id: Set(place),
        district_id: Set(district),
        rule_id: Set(rule.id),
        raised_at: Set(jfn.app.clock.now()),
        window_from: Set(jfn.app.today()),
        window_to: Set(jfn.app.today()),
        measured: Set(9.0),
        threshold: Set(5.0),
        data_as_of: Set(jfn.app.clock.now()),
        reviewed_by: Set(None),
        reviewed_at: Set(None),
        review_reason: Set(None),
        case_id: Set(Some(case)),
    };
    flag.insert(&jfn.app.db).await.unwrap().id
}

story! {
    async fn an_action_in_a_case_from_a_flag_waits_for_the_sergeants_review(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let flag = flagged(jfn, &case).await;
        let action = refer(&attorney, &case, "public-nuisance-suit").await;
        let input = step(&action, 1, "AUTHORIZED", "2026-11-20");
        let refused = attorney.change("legalActionAdvance", ACTION, input.clone()).await;
        assert_eq!(codes(&refused), ["TRANSITION_BLOCKED"]);
        assert!(refused["userErrors"][0]["message"].as_str().unwrap().contains("flagReview"));
        assert_eq!(allowed(&steps(&attorney, &action).await), ["DECLINED", "WITHDRAWN"]);

        let set = |status: FlagStatus| flag::Entity::update_many()
            .col_expr(flag::Column::Status, Expr::value(status))
            .filter(flag::Column::Id.eq(flag));
        set(FlagStatus::CaseOpened).exec(&jfn.app.db).await.unwrap();
        assert_eq!(attorney.refused("legalActionAdvance", ACTION, input.clone()).await, "TRANSITION_BLOCKED");
        let sergeant = staff::Entity::find().filter(staff::Column::Email.eq("sergeant3@jfn.example"));
        let sergeant = sergeant.one(&jfn.app.db).await.unwrap().unwrap().id;
        set(FlagStatus::CaseOpened)
            .col_expr(flag::Column::ReviewedBy, Expr::value(sergeant))
            .exec(&jfn.app.db)
            .await
            .unwrap();
        attorney.done("legalActionAdvance", ACTION, input).await;
    }
}

story! {
    async fn a_vacant_seat_leaves_an_action_to_nobody(jfn) {
        let case = case_at(jfn, "1200 K ST", 3).await;
        let district = jfn.app.city.district_numbered(3).unwrap().id;
        team_seat::Entity::update_many()
            .col_expr(team_seat::Column::ToOn, Expr::value(jfn.app.today().pred_opt().unwrap()))
            .filter(team_seat::Column::DistrictId.eq(district))
            .filter(team_seat::Column::Role.eq(staff::StaffRole::Attorney))
            .exec(&jfn.app.db)
            .await
            .unwrap();
        let action = refer(&jfn.sergeant(3).await, &case, "public-nuisance-suit").await;
        assert_eq!(action["responsibleAttorney"], Value::Null);
    }
}

story! {
    async fn privileged_notes_of_an_action_are_the_attorneys(jfn) {
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = refer(&jfn.sergeant(3).await, &case, "public-nuisance-suit").await;
        let id: LegalActionId = action["id"].as_str().unwrap().parse().unwrap();
        legal_action::Entity::update_many()
            .col_expr(legal_action::Column::PrivilegedNotes, Expr::value("Weak on notice."))
            .col_expr(legal_action::Column::ClaimedCents, Expr::value(2_500_050_i64))
            .filter(legal_action::Column::Id.eq(id))
            .exec(&jfn.app.db)
            .await
            .unwrap();
        let query = "query ($id: ID!) { legalAction(id: $id) { privilegedNotes claimed assessed } }";
        let seen = async |client: Client| {
            client.ask(query, json!({ "id": action["id"] })).await["legalAction"].take()
        };
        let open = json!({ "privilegedNotes": "Weak on notice.", "claimed": "25000.50", "assessed": null });
        assert_eq!(seen(jfn.attorney(3).await).await, open);
        assert_eq!(seen(jfn.attorney(5).await).await, open);
        assert_eq!(seen(jfn.city_attorney().await).await, open);
        let closed = json!({ "privilegedNotes": null, "claimed": "25000.50", "assessed": null });
        assert_eq!(seen(jfn.sergeant(3).await).await, closed);
        assert_eq!(seen(jfn.code_officer(3).await).await, closed);
    }
}

story! {
    async fn the_next_date_of_an_action_is_its_earliest_open_hearing_or_deadline(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "1200 K ST", 3).await;
        let action = refer(&attorney, &case, "public-nuisance-suit").await;
        let seen = async || {
            let query = "query ($id: ID!) { legalAction(id: $id) { nextOn version open: deadlines(open: true) { label } \
                         deadlines { label isOverdue legalAction { id } } } }";
            attorney.ask(query, json!({ "id": action["id"] })).await["legalAction"].take()
        };
        schedule(&attorney, &action, "2026-12-10T17:00:00Z").await;
        assert_eq!(seen().await["nextOn"], "2026-12-10");
        let input = json!({
            "idempotencyKey": key(), "caseId": case["id"], "legalActionId": action["id"], "label": "Answer",
            "dueOn": "2026-12-01",
        });
        let set = attorney.done("deadlineSet", "deadline { id }", input).await;
        let due = seen().await;
        assert_eq!(due["nextOn"], "2026-12-01");
        assert_eq!(due["open"], json!([{ "label": "Answer" }]));
        assert_eq!(due["deadlines"][0]["legalAction"]["id"], action["id"]);
        assert_eq!(due["deadlines"][0]["isOverdue"], false);
        let met = json!({ "deadlineId": set["deadline"]["id"], "completedOn": "2026-11-20", "metBy": "Answer filed." });
        attorney.done("deadlineComplete", "deadline { id }", met).await;
        let met = seen().await;
        assert_eq!(met["nextOn"], "2026-12-10");
        assert_eq!(met["open"], json!([]));
        assert_eq!(met["deadlines"].as_array().unwrap().len(), 1);
        assert_eq!(met["version"], 1, "only what is edited in the action itself counts");
    }
}
