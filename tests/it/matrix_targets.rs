//! One thing of every kind in a district, for the story that asks for each of them as everybody.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    call::{self, CallCategory},
    court_order::{self, CourtOrderKind},
    id::{CourtOrderId, LegalActionId, PropertyId, TitleRecordingId},
    legal_action,
    property::{self, UseType},
    property_party::LinkStatus,
    title_recording::{self, TitleRecordingKind},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use tests::{
    Client, Jfn,
    calls::{HEADER, load_file, nights},
    key,
};

use crate::{
    case_at_work::{find, open_at, party},
    evidence::{add, photo, sha256},
    legal::{refer, schedule},
};

/// Ids of things that belong to one district, or to no district, by what they are.
pub struct Targets {
    pub district: i32,
    ids: HashMap<&'static str, Value>,
}

impl Targets {
    /// The id of the thing of that kind.
    pub fn of(&self, kind: &str) -> &Value {
        self.ids.get(kind).unwrap_or_else(|| panic!("there is no {kind} in district {}", self.district))
    }

    /// The same, if there is one of that kind.
    pub fn known(&self, kind: &str) -> Option<&Value> {
        self.ids.get(kind)
    }

    /// Puts one of every kind into the district.
    pub async fn new(jfn: &Jfn, district: i32) -> Self {
        let mut made = Self { district, ids: HashMap::new() };
        let team = Team {
            attorney: jfn.attorney(district).await,
            sergeant: jfn.sergeant(district).await,
            officer: jfn.code_officer(district).await,
        };
        let place = jfn.place(&format!("12{district}0 K ST"), district).await;
        made.keep("property", json!(place));
        made.case(jfn, &team, &place).await;
        made.notices(&team).await;
        made.legal_action(jfn, &team).await;
        made.costs_and_evidence(&team).await;
        made.calls(jfn, &team, &place).await;
        made.early_warning(jfn, &team).await;
        made.of_the_city(jfn, &team).await;
        made
    }

    fn keep(&mut self, kind: &'static str, id: Value) {
        assert!(id.is_string() || id.is_number(), "an id of a {kind}: {id}");
        self.ids.insert(kind, id);
    }

    async fn case(&mut self, jfn: &Jfn, team: &Team, place: &str) {
        let case = open_at(&team.sergeant, place).await;
        self.keep("case", case.clone());
        let danger =
            json!({ "codeSection": "SCC 8.96.140", "description": "It leans.", "immediateDanger": true });
        let found = find(jfn, &team.officer, &case, json!([danger])).await;
        self.keep("violation", found[0].clone());
        self.keep("party", json!(party(jfn, place, "Olive Owner", LinkStatus::Confirmed).await));
        crate::letters::lives_at(jfn, text(self.of("party")), "77 Elsewhere Ave, Reno NV 89501").await;
        for (privileged, kind) in [(false, "event"), (true, "privileged event")] {
            let note = json!({
                "idempotencyKey": key(), "caseId": case, "body": "Spoke with the owner.", "privileged": privileged,
            });
            let made = team.attorney.done("caseAddNote", "event { id }", note).await;
            self.keep(kind, made["event"]["id"].clone());
        }
        let query = "query ($id: ID!) { case(by: { id: $id }) { inspections { nodes { id } } property { parties { id } } } }";
        let seen = team.sergeant.ask(query, json!({ "id": case })).await["case"].take();
        self.keep("inspection", seen["inspections"]["nodes"][0]["id"].clone());
        self.keep("link", seen["property"]["parties"][0]["id"].clone());
        let asked = json!({
            "idempotencyKey": key(), "caseId": case, "kind": "REFER", "to": { "department": "POLICE" },
            "reason": "It is loud.", "answerBy": "2026-11-25",
        });
        let made = team.officer.done("referralMake", "referral { id }", asked).await;
        self.keep("referral", made["referral"]["id"].clone());
        let deadline =
            json!({ "idempotencyKey": key(), "caseId": case, "label": "Call back", "dueOn": "2026-12-11" });
        let made = team.sergeant.done("deadlineSet", "deadline { id }", deadline).await;
        self.keep("deadline", made["deadline"]["id"].clone());
    }

    async fn notices(&mut self, team: &Team) {
        let (case, party) = (self.of("case").clone(), self.of("party").clone());
        let services = json!([{ "partyId": party, "method": "PERSONAL", "servedOn": "2026-11-20" }]);
        let letter = json!({
            "idempotencyKey": key(), "caseId": case, "kind": "NOTICE_OF_VIOLATION", "services": services,
            "complyBy": "2026-12-04",
        });
        team.officer.done("noticeServe", "notice { id }", letter).await;
        let query = "query ($id: ID!) { case(by: { id: $id }) { deadlines(open: true) { id dueOn } } }";
        let open =
            team.officer.ask(query, json!({ "id": case })).await["case"]["deadlines"].as_array().cloned();
        let open = open.expect("a list");
        let comply = open.iter().find(|row| row["dueOn"] == "2026-12-04").expect("a day to comply by");
        self.keep("compliance date", comply["id"].clone());
        let citation = json!({
            "idempotencyKey": key(), "caseId": case, "kind": "ADMINISTRATIVE_CITATION", "services": services,
            "violationIds": [self.of("violation")],
        });
        let made = team.officer.done("noticeServe", "notice { id letter { id } }", citation).await;
        self.keep("notice", made["notice"]["id"].clone());
        self.keep("letter", made["notice"]["letter"]["id"].clone());
        let appeal = json!({
            "idempotencyKey": key(), "noticeId": self.of("notice"), "filedOn": "2026-11-20", "grounds": "It stands.",
        });
        let made = team.officer.done("citationAppealFile", "appeal { id }", appeal).await;
        self.keep("appeal", made["appeal"]["id"].clone());
    }

    async fn legal_action(&mut self, jfn: &Jfn, team: &Team) {
        let case = json!({ "id": self.of("case") });
        let action = refer(&team.attorney, &case, "public-nuisance-suit").await["id"].take();
        let hearing =
            schedule(&team.attorney, &json!({ "id": action }), "2026-12-10T22:00:00Z").await["id"].take();
        self.keep("hearing", hearing);
        let id: LegalActionId = action.as_str().expect("an id").parse().expect("an id");
        self.keep("legalAction", action);
        let memo = Expr::value("Settle before the hearing.");
        let written =
            legal_action::Entity::update_many().col_expr(legal_action::Column::PrivilegedNotes, memo);
        written.filter(legal_action::Column::Id.eq(id)).exec(&jfn.app.db).await.expect("the memo");
        let attorney = id_of(&team.attorney).await;
        let today = jfn.app.today();
        let order = court_order::ActiveModel {
            id: Set(CourtOrderId::generate()),
            legal_action_id: Set(id),
            kind: Set(CourtOrderKind::Other),
            issued_on: Set(today),
            comply_by: Set(None),
            expires_on: Set(None),
            terms: Set("As the court said.".to_owned()),
            amount_cents: Set(None),
            recorded_by: Set(attorney.as_str().expect("an id").parse().expect("an id")),
            recorded_at: Set(jfn.clock.now()),
        };
        let order = order.insert(&jfn.app.db).await.expect("an order");
        self.keep("courtOrder", json!(order.id.to_string()));
        self.keep("titleRecording", json!(recorded(jfn, id, today).await));
    }

    async fn costs_and_evidence(&mut self, team: &Team) {
        let case = self.of("case").clone();
        let cost = json!({
            "idempotencyKey": key(), "caseId": case, "amount": "900.00", "on": "2026-11-20", "reason": "Hardship.",
            "description": "Hauled off.", "source": "Delta Hauling", "receipt": "DH-1", "kind": "ABATEMENT",
        });
        let statement = json!({
            "idempotencyKey": key(), "caseId": case, "kind": "COST_STATEMENT", "amount": "900.00",
            "services": [{ "method": "POSTING", "servedOn": "2026-11-20" }],
        });
        let made = team.officer.done("noticeServe", "notice { id }", statement).await;
        self.keep("cost statement", made["notice"]["id"].clone());
        let without = |fields: &[&str], amount: &str| {
            let mut input = cost.clone();
            input["amount"] = json!(amount);
            let object = input.as_object_mut().expect("an object");
            object.retain(|name, _| !fields.contains(&name.as_str()));
            input
        };
        let made = team.officer.done("costRecord", "cost { id }", without(&["reason"], "900.00")).await;
        self.keep("cost", made["cost"]["id"].clone());
        let waived = without(&["description", "kind"], "10.00");
        let made = team.attorney.done("costWaive", "cost { id }", waived).await;
        self.keep("waiver", made["cost"]["id"].clone());
        let bytes = photo(2_000, 7);
        let made = add(&team.officer, &case, "stairs.jpg", &bytes, json!({})).await;
        self.keep("evidence", made["id"].clone());
        let made =
            add(&team.attorney, &case, "memo.jpg", &photo(2_000, 9), json!({ "privileged": true })).await;
        self.keep("privileged evidence", made["id"].clone());
        let upload = json!({
            "idempotencyKey": key(), "caseId": case, "fileName": "porch.jpg", "bytes": bytes.len(), "sha256": sha256(&bytes),
        });
        let made = team.officer.done("evidenceUpload", "upload { id }", upload).await;
        self.keep("upload", made["upload"]["id"].clone());
    }

    async fn calls(&mut self, jfn: &Jfn, team: &Team, place: &str) {
        let calls = nights(place, CallCategory::Noise, &[5, 10, 15]);
        assert_eq!(jfn.told(&calls).await, 1);
        self.keep("call", json!(calls[0].id.to_string()));
        let query =
            "query ($districts: [Int!]) { flags(filter: { districts: $districts }) { nodes { id } } }";
        let seen = team.sergeant.ask(query, json!({ "districts": [self.district] })).await;
        self.keep("flag", seen["flags"]["nodes"][0]["id"].clone());
        let challenge = json!({
            "idempotencyKey": key(), "callId": calls[1].id.to_string(), "onBehalfOf": "OWNER", "reason": "Next door.",
        });
        let made = team.officer.done("callChallenge", "callChallenge { id }", challenge).await;
        self.keep("challenge", made["callChallenge"]["id"].clone());
    }

    /// A motel of ten rooms that is near Costa Mesa's threshold, and a letter about that.
    async fn early_warning(&mut self, jfn: &Jfn, team: &Team) {
        let motel = jfn.place(&format!("7{}0 ELM ST", self.district), self.district).await;
        let id: PropertyId = motel.parse().expect("an id");
        let row =
            property::Entity::find_by_id(id).one(&jfn.app.db).await.expect("a read").expect("the place");
        let mut row: property::ActiveModel = row.into();
        row.use_type = Set(UseType::Motel);
        row.unit_count = Set(Some(10));
        row.update(&jfn.app.db).await.expect("the motel");
        let owner = party(jfn, &motel, "Mo Telier", LinkStatus::Confirmed).await;
        let mut calls: Vec<call::Model> = nights(&motel, CallCategory::Noise, &[1, 3, 5]);
        calls.extend(nights(&motel, CallCategory::Drug, &[7]));
        jfn.told(&calls).await;
        let query =
            "query ($in: [Int!]) { earlyWarnings(districts: $in) { rule { id } property { id } letterUrl } }";
        let seen = team.sergeant.ask(query, json!({ "in": [self.district] })).await["earlyWarnings"].take();
        let warning = seen.as_array().expect("a list").iter().find(|row| row["property"]["id"] == motel);
        let warning = warning.expect("the motel is near a threshold").clone();
        let letter = json!({
            "idempotencyKey": key(), "propertyId": motel, "ruleId": warning["rule"]["id"], "partyId": owner,
            "method": "CERTIFIED_MAIL", "sentOn": "2026-11-20",
        });
        let made = team.sergeant.done("earlyWarningSend", "letter { id }", letter).await;
        self.keep("early warning", made["letter"]["id"].clone());
        self.keep("warned place", json!(motel));
        self.keep("rule", warning["rule"]["id"].clone());
        self.keep("warned party", json!(owner));
        self.keep("path of an early warning", warning["letterUrl"].clone());
    }

    /// What belongs to no district, or to somebody alone.
    async fn of_the_city(&mut self, jfn: &Jfn, team: &Team) {
        let calendar = json!({ "idempotencyKey": key(), "name": "My phone", "district": self.district });
        let made = team.sergeant.done("calendarCreate", "calendar { id }", calendar).await;
        self.keep("calendar", made["calendar"]["id"].clone());
        self.keep("staff", id_of(&team.officer).await);
        let seen = team.sergeant.ask("{ sessions { id isCurrent } }", json!({})).await["sessions"].take();
        let mut sessions = seen.as_array().expect("a list").iter();
        let current = sessions.find(|session| session["isCurrent"] == true).expect("the one that asks");
        self.keep("session", current["id"].clone());
        let token = json!({ "idempotencyKey": key(), "name": "Dashboard", "scope": "READ_CASES" });
        let made = jfn.administrator().await.done("accessTokenCreate", "accessToken { id }", token).await;
        self.keep("accessToken", made["accessToken"]["id"].clone());
        let query = "query ($number: Int!) { district(number: $number) { id } }";
        let seen = team.officer.ask(query, json!({ "number": self.district })).await;
        self.keep("district", seen["district"]["id"].clone());
        let file = format!("{HEADER}\n{}-x,not a day,,,,Noise Party,1 J ST,No Report\n", self.district);
        load_file(&jfn.app, "demo-police", file).await.expect("it loads");
        let query = "{ feeds { id key runs { nodes { id } } rejectedRows { nodes { id } } } }";
        let feeds = jfn.administrator().await.ask(query, json!({})).await["feeds"].as_array().cloned();
        let feeds = feeds.expect("a list");
        let feed = feeds.iter().find(|feed| feed["key"] == "demo-police").expect("the feed");
        self.keep("feed", feed["id"].clone());
        self.keep("feedRun", feed["runs"]["nodes"][0]["id"].clone());
        self.keep("rejectedRow", feed["rejectedRows"]["nodes"][0]["id"].clone());
    }
}

struct Team {
    attorney: Client,
    sergeant: Client,
    officer: Client,
}

fn text(id: &Value) -> &str {
    id.as_str().expect("an id")
}

async fn id_of(client: &Client) -> Value {
    client.ask("{ viewer { staff { id } } }", json!({})).await["viewer"]["staff"]["id"].take()
}

async fn recorded(jfn: &Jfn, action: LegalActionId, on: NaiveDate) -> String {
    let row = title_recording::ActiveModel {
        id: Set(TitleRecordingId::generate()),
        legal_action_id: Set(action),
        kind: Set(TitleRecordingKind::LisPendens),
        instrument: Set("202611200123".to_owned()),
        recorded_on: Set(on),
        released_on: Set(None),
        release_instrument: Set(None),
        created_at: Set(jfn.clock.now()),
    };
    row.insert(&jfn.app.db).await.expect("a recording").id.to_string()
}
