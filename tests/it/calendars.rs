//! Calendars that are followed from outside, read back by a library that did not write them.

use calcard::{
    Entry, Parser,
    icalendar::{ICalendar, ICalendarComponent, ICalendarComponentType as Kind, ICalendarProperty as P},
};
use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, Utc};
use entity::{staff, staff::StaffRole};
use reqwest::{
    Method, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use tests::{Client, Jfn, key, log, story};

use crate::legal::{case_at, refer, schedule};

const MADE: &str = "calendar { id name district { number } attorney { email } revokedAt } path";

/// The path of a calendar of that district.
async fn of_district(client: &Client, district: i32) -> String {
    let input = json!({ "idempotencyKey": key(), "name": "My phone", "district": district });
    let made = client.done("calendarCreate", MADE, input).await;
    made["path"].as_str().expect("a path").to_owned()
}

async fn get(jfn: &Jfn, path: &str) -> reqwest::Response {
    jfn.nobody().request(Method::GET, path).send().await.expect("an answer")
}

async fn text(jfn: &Jfn, path: &str) -> String {
    let answer = get(jfn, path).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.text().await.expect("UTF-8")
}

/// The calendar as the other library reads it.
fn read(text: &str) -> ICalendar {
    match Parser::new(text).entry() {
        Entry::ICalendar(calendar) => calendar,
        other => panic!("no calendar: {other:?}\n{text}"),
    }
}

fn events(calendar: &ICalendar) -> Vec<&ICalendarComponent> {
    calendar.components.iter().filter(|part| part.component_type == Kind::VEvent).collect()
}

fn event<'a>(calendar: &'a ICalendar, id: &Value) -> &'a ICalendarComponent {
    let mut found = calendar.components.iter().filter(|part| part.uid() == id.as_str());
    let one = found.next().unwrap_or_else(|| panic!("no event {id}"));
    assert!(found.next().is_none(), "one event {id}");
    one
}

fn words<'a>(part: &'a ICalendarComponent, property: &P) -> &'a str {
    part.property(property).and_then(|entry| entry.values.first()?.as_text()).unwrap_or_default()
}

fn number(part: &ICalendarComponent, property: &P) -> i64 {
    part.property(property).and_then(|entry| entry.values.first()?.as_integer()).expect("a number")
}

fn status(part: &ICalendarComponent) -> String {
    format!("{:?}", part.status().expect("a status"))
}

/// A day or time as it stands there, by whatever clock.
fn wall(part: &ICalendarComponent, property: &P) -> NaiveDateTime {
    let value = part.property(property).and_then(|entry| entry.values.first()?.as_partial_date_time());
    let at = value.expect("a day or a time");
    let day =
        NaiveDate::from_ymd_opt(at.year.unwrap().into(), at.month.unwrap().into(), at.day.unwrap().into());
    let (hour, minute) = (at.hour.unwrap_or_default().into(), at.minute.unwrap_or_default().into());
    day.unwrap().and_hms_opt(hour, minute, 0).unwrap()
}

/// The moment at which an event starts, by the time zone that the calendar itself describes.
fn starts(calendar: &ICalendar, part: &ICalendarComponent) -> DateTime<Utc> {
    let entry = part.property(&P::Dtstart).expect("a start");
    let at = wall(part, &P::Dtstart);
    let Some(zone) = entry.tz_id() else {
        assert!(entry.values[0].as_partial_date_time().unwrap().tz_hour.is_some(), "a time of UTC");
        return at.and_utc();
    };
    let of_zone = calendar.timezones().find(|part| words(part, &P::Tzid) == zone).expect("its zone");
    let rules = of_zone.component_ids.iter().map(|id| &calendar.components[*id as usize]);
    let last = rules.filter(|rule| wall(rule, &P::Dtstart) <= at).max_by_key(|rule| wall(rule, &P::Dtstart));
    let to =
        last.expect("an offset").property(&P::Tzoffsetto).unwrap().values[0].as_partial_date_time().unwrap();
    let minutes = i64::from(to.tz_hour.unwrap()) * 60 + i64::from(to.tz_minute.unwrap());
    (at - Duration::minutes(if to.tz_minus { -minutes } else { minutes })).and_utc()
}

async fn deadline(client: &Client, case: &Value, action: &Value, rule: &str) -> Value {
    let input = json!({
        "idempotencyKey": key(), "caseId": case["id"], "legalActionId": action["id"], "ruleKey": rule,
        "triggerOn": "2026-11-20",
    });
    client.done("deadlineStart", "deadline { id dueOn }", input).await["deadline"].take()
}

story! {
    async fn a_calendar_shows_hearings_and_deadlines_and_nothing_that_is_nobody_elses_business(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "100 K ST", 3).await;
        let action = refer(&attorney, &case, "public-nuisance-suit").await;
        let hearing = schedule(&attorney, &action, "2026-12-03T17:00:00Z").await;
        let counted = deadline(&attorney, &case, &action, "ANSWER_CIVIL").await;
        let note = json!({ "idempotencyKey": key(), "caseId": case["id"], "body": "Witness SECRET-A is weak.", "privileged": true });
        attorney.done("caseAddNote", "event { id }", note).await;
        let by_hand = json!({ "idempotencyKey": key(), "caseId": case["id"], "label": "Ask SECRET-B to testify", "dueOn": "2026-12-09" });
        let by_hand = attorney.done("deadlineSet", "deadline { id }", by_hand).await["deadline"].take();
        let vacated = schedule(&attorney, &action, "2026-12-04T17:00:00Z").await;
        let gone = json!({ "hearingId": vacated["id"], "status": "VACATED", "outcome": "Offer of SECRET-C pending." });
        attorney.done("hearingRecord", "hearing { id }", gone).await;

        let path = of_district(&attorney, 3).await;
        let answer = get(jfn, &path).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[CACHE_CONTROL], "private, no-store");
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/calendar; charset=utf-8");
        let text = answer.text().await.unwrap();
        let calendar = read(&text);
        assert_eq!(events(&calendar).len(), 4);
        let case_number = case["number"].as_str().unwrap();
        let heard = event(&calendar, &hearing["id"]);
        assert_eq!(words(heard, &P::Summary), format!("Preliminary injunction · {case_number}"));
        assert_eq!(words(heard, &P::Location), "Superior Court, Dept. 53");
        assert_eq!((status(heard).as_str(), number(heard, &P::Sequence)), ("Confirmed", 0));
        assert_eq!(heard.property(&P::Dtstart).unwrap().tz_id(), Some("America/Los_Angeles"));
        assert_eq!(wall(heard, &P::Dtstart).to_string(), "2026-12-03 09:00:00", "by the city's clock");
        assert_eq!(wall(heard, &P::Dtend).to_string(), "2026-12-03 10:00:00");
        let due = event(&calendar, &counted["id"]);
        assert_eq!(words(due, &P::Summary), format!("Due: Answer the complaint · {case_number}"));
        let day = due.property(&P::Dtstart).unwrap();
        assert_eq!(wall(due, &P::Dtstart).date().to_string(), counted["dueOn"].as_str().unwrap());
        assert!(day.values[0].as_partial_date_time().unwrap().hour.is_none(), "all day");
        assert!(text.contains("DTSTART;VALUE=DATE:"), "and said to be one");
        let told = words(event(&calendar, &by_hand["id"]), &P::Summary).to_owned();
        assert_eq!(told, format!("Due: see the case · {case_number}"), "what somebody wrote stays in the city");
        assert_eq!(status(event(&calendar, &vacated["id"])), "Cancelled");
        for secret in ["SECRET", "100 K", "Trouble", "Neighbours"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

story! {
    async fn a_moved_hearing_is_the_same_event_and_a_continued_one_stays_as_cancelled(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "100 K ST", 3).await;
        let action = refer(&attorney, &case, "public-nuisance-suit").await;
        let input = json!({
            "idempotencyKey": key(), "legalActionId": action["id"], "startsAt": "2026-12-14T17:00:00Z",
            "court": "Superior Court", "purpose": "Status", "ruleKeys": ["REPLY"],
        });
        let hearing = attorney.done("hearingSchedule", "hearing { id version }", input).await["hearing"].take();
        let path = of_district(&attorney, 3).await;
        let moved = |version: i64, more: Value| {
            let mut input = json!({ "hearingId": hearing["id"], "expectedVersion": version, "reason": "Notice of the clerk." });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            input
        };
        let fields = "hearing { version startsAt department conflicts { id } }";
        assert_eq!(attorney.refused("hearingMove", fields, moved(1, json!({}))).await, "REQUIRED");
        assert_eq!(attorney.refused("hearingMove", fields, moved(2, json!({ "department": "54" }))).await, "STALE_VERSION");
        let early = moved(1, json!({ "startsAt": "2026-11-19T17:00:00Z" }));
        assert_eq!(attorney.refused("hearingMove", fields, early).await, "INVALID");
        let other = jfn.attorney(5).await;
        assert_eq!(other.refused("hearingMove", fields, moved(1, json!({ "department": "54" }))).await, "NOT_ALLOWED");

        for (version, more) in [
            (1, json!({ "department": "54" })),
            (2, json!({ "startsAt": "2026-12-15T17:00:00Z" })),
            (3, json!({ "startsAt": "2026-12-16T18:30:00Z", "court": "Superior Court, Annex" })),
        ] {
            let before = read(&text(jfn, &path).await);
            let made = attorney.done("hearingMove", fields, moved(version, more)).await["hearing"].take();
            assert_eq!(made["version"], version + 1);
            let after = read(&text(jfn, &path).await);
            let sequence = |calendar: &ICalendar| number(event(calendar, &hearing["id"]), &P::Sequence);
            assert_eq!(sequence(&after), sequence(&before) + 1);
        }
        let calendar = read(&text(jfn, &path).await);
        let heard = event(&calendar, &hearing["id"]);
        assert_eq!(words(heard, &P::Location), "Superior Court, Annex, Dept. 54");
        assert_eq!(starts(&calendar, heard).to_rfc3339(), "2026-12-16T18:30:00+00:00");
        // The reply is due five court days before: from 7 by way of 8 to 9 December, moved twice.
        let query = "query ($id: ID!) { case(by: { id: $id }) { deadlines { id dueOn extensions { from to } } } }";
        let seen = attorney.ask(query, json!({ "id": case["id"] })).await["case"]["deadlines"][0].take();
        assert_eq!(seen["dueOn"], "2026-12-09");
        assert_eq!(seen["extensions"].as_array().unwrap().len(), 2, "{seen}");
        assert_eq!(number(event(&calendar, &seen["id"]), &P::Sequence), 2);

        let go_on = json!({ "hearingId": hearing["id"], "status": "CONTINUED", "continuedTo": "2027-01-11T17:00:00Z" });
        let next = attorney.done("hearingRecord", "hearing { continuedTo { id } }", go_on).await;
        assert_eq!(attorney.refused("hearingMove", fields, moved(5, json!({ "department": "55" }))).await, "TRANSITION_BLOCKED");
        let met = json!({ "deadlineId": seen["id"], "completedOn": "2026-11-20", "metBy": "Filed." });
        attorney.done("deadlineComplete", "deadline { id }", met).await;
        let calendar = read(&text(jfn, &path).await);
        let old = event(&calendar, &hearing["id"]);
        assert_eq!((status(old).as_str(), number(old, &P::Sequence)), ("Cancelled", 4));
        let new = event(&calendar, &next["hearing"]["continuedTo"]["id"]);
        assert_eq!((status(new).as_str(), number(new, &P::Sequence)), ("Confirmed", 0));
        let ended = event(&calendar, &seen["id"]);
        assert_eq!((status(ended).as_str(), number(ended, &P::Sequence)), ("Cancelled", 4), "moved once more, then met");
    }
}

story! {
    async fn a_revoked_calendar_is_as_unknown_as_one_that_never_was_and_no_token_is_kept(jfn) {
        let attorney = jfn.attorney(3).await;
        let input = json!({ "idempotencyKey": key(), "name": "My phone", "district": 3 });
        let made = attorney.done("calendarCreate", MADE, input.clone()).await;
        let path = made["path"].as_str().unwrap().to_owned();
        let token = path.trim_start_matches("/calendar/").trim_end_matches(".ics");
        assert_eq!(token.len(), 64, "256 bits");
        let again = attorney.done("calendarCreate", MADE, input).await;
        assert_eq!((&again["calendar"], &again["path"]), (&made["calendar"], &Value::Null), "it is shown once");
        text(jfn, &path).await;
        let list = attorney.ask("{ calendars { id name revokedAt } }", json!({})).await;
        assert_eq!(list["calendars"], json!([{ "id": made["calendar"]["id"], "name": "My phone", "revokedAt": null }]));
        let revoke = json!({ "calendarId": made["calendar"]["id"] });
        for stranger in [jfn.attorney(5).await, jfn.city_attorney().await] {
            assert_eq!(stranger.refused("calendarRevoke", "calendar { id }", revoke.clone()).await, "NOT_FOUND");
        }
        text(jfn, &path).await;
        for _ in 0..2 {
            let revoked = attorney.done("calendarRevoke", "calendar { revokedAt }", revoke.clone()).await;
            assert_eq!(revoked["calendar"]["revokedAt"], "2026-11-20T18:00:00+00:00");
        }
        let mut bodies = Vec::new();
        let unknown = format!("/calendar/{}.ics", "0".repeat(64));
        for path in [&path, &unknown, &path.replace(".ics", ".txt")] {
            let answer = get(jfn, path).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND);
            assert_eq!(answer.headers()[CACHE_CONTROL], "private, no-store");
            let mut body: Value = answer.json().await.unwrap();
            body["requestId"].take();
            bodies.push(body);
        }
        assert_eq!(bodies[0], json!({ "code": "NOT_FOUND", "message": "There is no such calendar.", "requestId": null }));
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");

        let kept = entity::calendar_feed::Entity::find().all(&jfn.app.db).await.unwrap();
        assert!(kept.iter().all(|row| row.token_hash.len() == 64 && !row.token_hash.contains(token)));
        let audit = entity::audit_row::Entity::find().all(&jfn.app.db).await.unwrap();
        assert!(audit.iter().any(|row| row.action == "calendarRevoke") && audit.iter().all(|row| !row.subject.contains(token)));
        assert!(log::lines_with("path=\"/calendar/…\"").len() >= 4, "the requests are in the log");
        assert_eq!(log::lines_with(token), Vec::<String>::new());
    }
}

story! {
    async fn what_its_owner_may_see_decides_what_is_in_a_calendar(jfn) {
        let (three, five) = (jfn.attorney(3).await, jfn.attorney(5).await);
        let mut hearings = Vec::new();
        for (address, district, attorney) in [("100 K ST", 3, &three), ("200 K ST", 5, &five)] {
            let case = case_at(jfn, address, district).await;
            let action = refer(attorney, &case, "public-nuisance-suit").await;
            deadline(attorney, &case, &action, "ANSWER_CIVIL").await;
            hearings.push(schedule(attorney, &action, "2026-12-03T17:00:00Z").await["id"].take());
        }
        let id = async |client: &Client| client.ask("{ viewer { staff { id } } }", json!({})).await["viewer"]["staff"]["id"].take();
        let of = |district: Value, attorney: Value| {
            json!({ "idempotencyKey": key(), "name": "x", "district": district, "attorneyId": attorney })
        };
        let (third, fifth) = (id(&three).await, id(&five).await);
        let city = jfn.city_attorney().await;
        for (client, input, code) in [
            (&three, of(json!(5), Value::Null), "NOT_ALLOWED"),
            (&three, of(Value::Null, fifth.clone()), "NOT_ALLOWED"),
            (&three, of(Value::Null, Value::Null), "REQUIRED"),
            (&three, of(json!(3), third.clone()), "REQUIRED"),
            (&city, of(Value::Null, id(&jfn.sergeant(3).await).await), "NOT_FOUND"),
        ] {
            assert_eq!(client.refused("calendarCreate", MADE, input.clone()).await, code, "{input}");
        }
        let create = "mutation ($input: CalendarCreateInput!) { calendarCreate(input: $input) { path } }";
        for outsider in [jfn.commissioner().await, jfn.administrator().await] {
            assert_eq!(outsider.error_of(create, json!({ "input": of(json!(3), Value::Null) })).await, "FORBIDDEN");
        }
        let path = async |client: &Client, input: Value| {
            client.done("calendarCreate", MADE, input).await["path"].as_str().unwrap().to_owned()
        };
        let district = path(&jfn.sergeant(3).await, of(json!(3), Value::Null)).await;
        let own = path(&three, of(Value::Null, third.clone())).await;
        let from_above = path(&city, of(Value::Null, fifth)).await;
        for (path, mine, other) in [(&district, 0, 1), (&own, 0, 1), (&from_above, 1, 0)] {
            let text = text(jfn, path).await;
            let calendar = read(&text);
            assert_eq!(events(&calendar).len(), 2, "a hearing and a deadline: {text}");
            event(&calendar, &hearings[mine]);
            assert!(!text.contains(hearings[other].as_str().unwrap()), "nothing of another district");
        }

        let vacant = json!({ "district": 3, "role": "ATTORNEY", "staffId": null, "from": "2026-11-20" });
        jfn.administrator().await.done("teamSeatAssign", "team { vacancies }", vacant).await;
        assert_eq!(get(jfn, &own).await.status(), StatusCode::NOT_FOUND, "who left the district takes nothing along");
        text(jfn, &district).await;
        deactivate(jfn, StaffRole::Sergeant).await;
        assert_eq!(get(jfn, &district).await.status(), StatusCode::NOT_FOUND);
        text(jfn, &from_above).await;
    }
}

async fn deactivate(jfn: &Jfn, role: StaffRole) {
    staff::Entity::update_many()
        .col_expr(staff::Column::Active, Expr::value(false))
        .filter(staff::Column::Role.eq(role))
        .exec(&jfn.app.db)
        .await
        .unwrap();
}

story! {
    async fn what_is_long_or_means_something_in_a_calendar_comes_back_as_it_was(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "100 K ST", 3).await;
        let action = refer(&attorney, &case, "public-nuisance-suit").await;
        let long = "Räumungsverhandlung über das älteste Gebäude der Straße 老虎老虎老虎老虎老虎老虎老虎老虎老虎老虎老虎老虎 ¿señor?".to_owned();
        let tricky = "Trial; day 1, \"motion\": back\\slash n".to_owned();
        for purpose in [&long, &tricky, &"Two\r\nBEGIN:VEVENT\r\nlines".to_owned()] {
            let input = json!({
                "idempotencyKey": key(), "legalActionId": action["id"], "startsAt": "2026-12-03T17:00:00Z",
                "court": "Court; of Appeal, 3rd", "department": "Ñ\\1", "purpose": purpose,
            });
            attorney.done("hearingSchedule", "hearing { id }", input).await;
        }
        let text = text(jfn, &of_district(&attorney, 3).await).await;
        assert!(text.ends_with("END:VCALENDAR\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']));
        for line in text.split("\r\n") {
            assert!(line.len() <= 75, "{} octets: {line}", line.len());
        }
        let calendar = read(&text);
        let found: Vec<&str> = events(&calendar).into_iter().map(|part| words(part, &P::Summary)).collect();
        let number = case["number"].as_str().unwrap();
        for purpose in [long.as_str(), &tricky, "Two  BEGIN:VEVENT  lines"] {
            assert!(found.contains(&format!("{purpose} · {number}").as_str()), "{purpose}: {found:?}");
        }
        assert_eq!(words(events(&calendar)[0], &P::Location), "Court; of Appeal, 3rd, Dept. Ñ\\1");
    }
}

story! {
    async fn a_hearing_is_at_the_same_moment_on_both_sides_of_a_change_of_the_clocks(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_at(jfn, "100 K ST", 3).await;
        let action = refer(&attorney, &case, "public-nuisance-suit").await;
        let mut hearings = Vec::new();
        for (moment, clock) in [
            ("2027-03-12T17:00:00+00:00", "2027-03-12 09:00:00"),
            ("2027-03-14T09:30:00+00:00", "2027-03-14 01:30:00"),
            ("2027-03-14T10:30:00+00:00", "2027-03-14 03:30:00"),
            ("2027-03-15T16:00:00+00:00", "2027-03-15 09:00:00"),
            ("2027-11-05T16:00:00+00:00", "2027-11-05 09:00:00"),
            ("2027-11-07T08:30:00+00:00", "2027-11-07 01:30:00"),
            // Half past one comes a second time.
            ("2027-11-07T09:30:00+00:00", "2027-11-07 09:30:00"),
            ("2027-11-08T17:00:00+00:00", "2027-11-08 09:00:00"),
        ] {
            hearings.push((schedule(&attorney, &action, moment).await["id"].take(), moment, clock));
        }
        let calendar = read(&text(jfn, &of_district(&attorney, 3).await).await);
        for (id, moment, clock) in hearings {
            let heard = event(&calendar, &id);
            assert_eq!(starts(&calendar, heard).to_rfc3339(), moment);
            assert_eq!(wall(heard, &P::Dtstart).to_string(), clock);
        }
    }
}
