//! Teams: who holds which seat, since when, and how much there is to do.

use chrono::{Days, TimeDelta};
use entity::{
    deadline::{self, DeadlineKind},
    hearing::{self, HearingStatus},
    id::{CaseId, DeadlineId, DistrictId, HearingId, LegalActionId, StaffId},
    legal_action::{self, LegalActionKind, LegalActionStatus},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::{Value, json};
use tests::{Client, Jfn, key, story};

const TEAM: &str = "team { attorney { name } sergeant { name } codeOfficer { name } vacancies \
                    seats { role staff { name } from to } }";

async fn id_of(client: &Client, name: &str) -> Value {
    let answer = client.ask("{ staff { id name } }", json!({})).await;
    let people = answer["staff"].as_array().unwrap();
    people.iter().find(|person| person["name"] == name).unwrap()["id"].clone()
}

async fn team(client: &Client, district: i32) -> Value {
    let query = format!("query ($number: Int!) {{ district(number: $number) {{ {TEAM} }} }}");
    client.ask(&query, json!({ "number": district })).await["district"]["team"].take()
}

fn seat(district: i32, role: &str, staff: &Value, from: &str) -> Value {
    json!({ "district": district, "role": role, "staffId": staff, "from": from })
}

story! {
    async fn a_team_has_its_three_members_and_knows_its_vacancies(jfn) {
        let administrator = jfn.administrator().await;
        let seen = team(&administrator, 3).await;
        assert_eq!(seen["attorney"]["name"], "Person attorney3");
        assert_eq!(seen["sergeant"]["name"], "Person sergeant3");
        assert_eq!(seen["codeOfficer"]["name"], "Person code3");
        assert_eq!(seen["vacancies"], json!([]));
        let vacated = seat(3, "SERGEANT", &Value::Null, "2026-11-20");
        let payload = administrator.done("teamSeatAssign", TEAM, vacated.clone()).await;
        assert_eq!(payload["team"]["sergeant"], Value::Null);
        assert_eq!(payload["team"]["vacancies"], json!(["SERGEANT"]));
        assert_eq!(payload["team"]["seats"].as_array().unwrap().len(), 2);
        let again = administrator.done("teamSeatAssign", TEAM, vacated).await;
        assert_eq!(again, payload, "a retry changes nothing");
    }
}

story! {
    async fn a_seat_changes_hands_on_a_day_and_its_history_is_kept(jfn) {
        let chief = jfn.city_attorney().await;
        let (old, new) = (id_of(&chief, "Person sergeant3").await, id_of(&chief, "Person sergeant4").await);
        let own_cases = "{ viewer { districts { number } staff { seats { district { number } from to } } } }";
        let fourth = jfn.sergeant(4).await;
        chief.done("teamSeatAssign", TEAM, seat(3, "SERGEANT", &new, "2026-11-23")).await;
        assert_eq!(team(&chief, 3).await["sergeant"]["name"], "Person sergeant3", "until the day before");
        assert_eq!(fourth.ask(own_cases, json!({})).await["viewer"]["districts"], json!([{ "number": 4 }]));

        jfn.wait(TimeDelta::days(3));
        let (chief, fourth) = (jfn.city_attorney().await, jfn.sergeant(4).await);
        assert_eq!(team(&chief, 3).await["sergeant"]["name"], "Person sergeant4");
        let seen = fourth.ask(own_cases, json!({})).await;
        assert_eq!(seen["viewer"]["districts"], json!([{ "number": 3 }, { "number": 4 }]));
        assert_eq!(
            seen["viewer"]["staff"]["seats"],
            json!([
                { "district": { "number": 3 }, "from": "2026-11-23", "to": null },
                { "district": { "number": 4 }, "from": "2025-10-16", "to": null },
            ])
        );
        let query = "query ($id: ID!) { node(id: $id) { ... on StaffMember { seats { role from to } } } }";
        let seen = chief.ask(query, json!({ "id": old })).await;
        let seats = json!([{ "role": "SERGEANT", "from": "2025-10-16", "to": "2026-11-22" }]);
        assert_eq!(seen["node"]["seats"], seats);
        let query = "{ district(number: 3) { team { seats(asOf: \"2026-11-22\") { role staff { name } } } } }";
        let seen = chief.ask(query, json!({})).await;
        let held = seen["district"]["team"]["seats"].as_array().unwrap().clone();
        assert_eq!(held[1], json!({ "role": "SERGEANT", "staff": { "name": "Person sergeant3" } }));
        let early = "{ district(number: 3) { team { seats(asOf: \"2020-01-01\") { role } } } }";
        assert_eq!(chief.ask(early, json!({})).await["district"]["team"]["seats"], json!([]));
    }
}

story! {
    async fn a_mistake_of_the_same_day_is_put_right_and_not_shown(jfn) {
        let chief = jfn.city_attorney().await;
        let (wrong, right) = (id_of(&chief, "Person code4").await, id_of(&chief, "Person code5").await);
        chief.done("teamSeatAssign", TEAM, seat(3, "CODE_OFFICER", &wrong, "2026-11-20")).await;
        let payload = chief.done("teamSeatAssign", TEAM, seat(3, "CODE_OFFICER", &right, "2026-11-20")).await;
        assert_eq!(payload["team"]["codeOfficer"]["name"], "Person code5");
        let query = "query ($id: ID!) { node(id: $id) { ... on StaffMember { seats { district { number } } } } }";
        let seen = chief.ask(query, json!({ "id": wrong })).await;
        assert_eq!(seen["node"]["seats"], json!([{ "district": { "number": 4 } }]));
    }
}

story! {
    async fn a_seat_is_given_only_to_who_can_hold_it(jfn) {
        let chief = jfn.city_attorney().await;
        let sergeant = id_of(&chief, "Person sergeant4").await;
        let nobody = json!("staff_00000000000000000000000000000000");
        for (input, code, field) in [
            (seat(3, "ATTORNEY", &sergeant, "2026-11-20"), "INVALID", "staffId"),
            (seat(3, "SERGEANT", &nobody, "2026-11-20"), "NOT_FOUND", "staffId"),
            (seat(3, "COMMISSIONER", &Value::Null, "2026-11-20"), "INVALID", "role"),
            (seat(9, "SERGEANT", &sergeant, "2026-11-20"), "INVALID", "district"),
            (seat(3, "SERGEANT", &sergeant, "2025-10-15"), "INVALID", "from"),
            (seat(4, "SERGEANT", &sergeant, "2026-11-20"), "INVALID", "staffId"),
        ] {
            let payload = chief.change("teamSeatAssign", TEAM, input.clone()).await;
            let error = &payload["userErrors"][0];
            assert_eq!((&error["code"], &error["field"]), (&json!(code), &json!([field])), "{input}");
        }
        assert_eq!(team(&chief, 3).await["sergeant"]["name"], "Person sergeant3");
        let mutation = "mutation ($input: TeamSeatAssignInput!) { teamSeatAssign(input: $input) { team { vacancies } } }";
        let input = json!({ "input": seat(3, "SERGEANT", &sergeant, "2026-11-20") });
        assert_eq!(jfn.attorney(3).await.error_of(mutation, input).await, "FORBIDDEN");
    }
}

story! {
    async fn staff_are_listed_by_district_role_and_activity(jfn) {
        let attorney = jfn.attorney(3).await;
        let query = "query ($districts: [Int!], $roles: [StaffRole!], $active: Boolean) \
                     { staff(districts: $districts, roles: $roles, active: $active) { name } }";
        let all = attorney.ask(query, json!({})).await;
        assert_eq!(all["staff"].as_array().unwrap().len(), 27);
        let two = json!({ "districts": [3, 4], "roles": ["SERGEANT"], "active": true });
        let two = attorney.ask(query, two).await;
        assert_eq!(two["staff"], json!([{ "name": "Person sergeant3" }, { "name": "Person sergeant4" }]));
        assert_eq!(attorney.ask(query, json!({ "active": false })).await["staff"], json!([]));
        assert_eq!(jfn.commissioner().await.error_of(query, json!({})).await, "FORBIDDEN");
        let team = "{ district(number: 3) { team { vacancies } } }";
        assert_eq!(jfn.commissioner().await.error_of(team, json!({})).await, "FORBIDDEN");
        let cases = "{ district(number: 3) { cases { totalCount } workload { openCases } } }";
        assert_eq!(jfn.administrator().await.error_of(cases, json!({})).await, "FORBIDDEN");
    }
}

async fn open(jfn: &Jfn, client: &Client, address: &str, district: i32, assignee: &Value) -> CaseId {
    let place = jfn.place(address, district).await;
    let input = json!({
        "idempotencyKey": key(), "title": address, "kinds": ["OTHER"], "property": { "id": place }, "source": "PATROL",
        "assigneeId": assignee,
    });
    let payload = client.done("caseOpen", "case { id }", input).await;
    payload["case"]["id"].as_str().unwrap().parse().unwrap()
}

async fn due(jfn: &Jfn, case: CaseId, district: DistrictId, days_ago: i64, responsible: Option<StaffId>) {
    let row = deadline::ActiveModel {
        id: Set(DeadlineId::generate()),
        kind: Set(DeadlineKind::Due),
        case_id: Set(case),
        legal_action_id: Set(None),
        district_id: Set(district),
        label: Set("Reply".to_owned()),
        due_on: Set((jfn.app.clock.now() - TimeDelta::days(days_ago)).date_naive()),
        completed_on: Set(None),
        completed_by: Set(None),
        met_by: Set(None),
        responsible_id: Set(responsible),
        created_at: Set(jfn.app.clock.now()),
        ..Default::default()
    };
    row.insert(&jfn.app.db).await.unwrap();
}

async fn heard(jfn: &Jfn, case: CaseId, district: DistrictId, in_days: u64, attorney: StaffId) {
    let now = jfn.app.clock.now();
    let day = jfn.app.today() - Days::new(7) + Days::new(in_days);
    let action = LegalActionId::generate();
    let row = legal_action::ActiveModel {
        id: Set(action),
        version: Set(1),
        case_id: Set(case),
        district_id: Set(district),
        kind: Set(LegalActionKind::PublicNuisanceSuit),
        remedy_key: Set("public-nuisance-suit".to_owned()),
        status: Set(LegalActionStatus::HearingSet),
        status_since: Set(now),
        is_final: Set(false),
        court: Set(None),
        court_case_number: Set(None),
        responsible_attorney_id: Set(Some(attorney)),
        filed_on: Set(None),
        claimed_cents: Set(None),
        assessed_cents: Set(None),
        collected_cents: Set(None),
        privileged_notes: Set(None),
        next_on: Set(None),
        created_at: Set(now),
    };
    row.insert(&jfn.app.db).await.unwrap();
    let row = hearing::ActiveModel {
        id: Set(HearingId::generate()),
        legal_action_id: Set(action),
        case_id: Set(case),
        district_id: Set(district),
        starts_at: Set(now),
        starts_on: Set(day),
        court: Set("Superior Court".to_owned()),
        department: Set(None),
        purpose: Set("Preliminary injunction".to_owned()),
        status: Set(HearingStatus::Scheduled),
        outcome: Set(None),
        continued_to_id: Set(None),
        created_at: Set(now),
        ..Default::default()
    };
    row.insert(&jfn.app.db).await.unwrap();
}

story! {
    async fn the_workload_of_every_district_costs_one_statement(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let (attorney, officer) = (id_of(&sergeant, "Person attorney3").await, id_of(&sergeant, "Person code3").await);
        let attorney_id: StaffId = attorney.as_str().unwrap().parse().unwrap();
        let district = jfn.app.city.district_numbered(3).unwrap().id;
        let first = open(jfn, &sergeant, "1200 K ST", 3, &officer).await;
        open(jfn, &sergeant, "1300 K ST", 3, &officer).await;
        let third = open(jfn, &sergeant, "1400 K ST", 3, &attorney).await;
        let fourth = jfn.sergeant(4).await;
        open(jfn, &fourth, "100 J ST", 4, &id_of(&fourth, "Person sergeant4").await).await;
        // Nobody's own: whoever works the case. Today is not overdue.
        due(jfn, first, district, 1, None).await;
        due(jfn, first, district, 30, Some(attorney_id)).await;
        due(jfn, third, district, 0, None).await;
        // It is Friday: the week began on Monday four days ago and ends on Sunday.
        for in_days in [2, 3, 9, 10] {
            heard(jfn, first, district, in_days, attorney_id).await;
        }
        let query = "{ districts { number workload { staff { name } openCases overdueDeadlines hearingsThisWeek } } }";
        let before = jfn.statements();
        let seen = sergeant.ask(query, json!({})).await;
        assert_eq!(jfn.statements() - before, 2, "the sign-in, and all workloads");
        let load = |name: &str, cases: i32, overdue: i32, hearings: i32| {
            json!({
                "staff": { "name": name }, "openCases": cases, "overdueDeadlines": overdue, "hearingsThisWeek": hearings,
            })
        };
        assert_eq!(
            seen["districts"][2]["workload"],
            json!([load("Person attorney3", 1, 1, 2), load("Person sergeant3", 0, 0, 0), load("Person code3", 2, 1, 2)])
        );
        assert_eq!(seen["districts"][3]["workload"][1], load("Person sergeant4", 1, 0, 0));

        let query = "{ district(number: 3) { all: cases { totalCount } none: cases(filter: { districts: [4] }) \
                     { totalCount } two: cases(sort: [{ by: OPENED_AT, direction: ASC }], first: 2) { nodes { title } } } }";
        let seen = sergeant.ask(query, json!({})).await["district"].take();
        assert_eq!((&seen["all"]["totalCount"], &seen["none"]["totalCount"]), (&json!(3), &json!(0)));
        assert_eq!(seen["two"]["nodes"], json!([{ "title": "1200 K ST" }, { "title": "1300 K ST" }]));
    }
}

story! {
    async fn the_teams_of_all_districts_cost_one_statement(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let query = format!("{{ districts {{ number {TEAM} }} }}");
        let before = jfn.statements();
        let seen = sergeant.ask(&query, json!({})).await;
        assert_eq!(jfn.statements() - before, 2, "the sign-in, and all seats");
        assert_eq!(seen["districts"][7]["team"]["attorney"]["name"], "Person attorney8");
    }
}
