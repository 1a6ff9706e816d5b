//! Letters: drafts from what is recorded, what each kind says, and the bytes that stay as they were sent.

use entity::{
    id::{PartyId, PropertyId},
    party,
    property_party::LinkStatus,
};
use reqwest::StatusCode;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};
use tests::{Client, Jfn, key, page::Page, story};

use crate::{
    case_at_work::{find, open_at, party, refusals, told, violation, with},
    evidence::sha256,
};

/// What the right-to-call statement of every letter says, and the laws that it names.
const RIGHT: [&str; 3] = ["may call 911", "Government Code 53165", "Civil Code 1946.8"];

/// A case at a place of district 3 with two violations, and an owner to write to.
struct Matter {
    officer: Client,
    place: String,
    case: Value,
    owner: String,
    violations: Vec<Value>,
}

impl Matter {
    async fn new(jfn: &Jfn) -> Self {
        let officer = jfn.code_officer(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let case = open_at(&officer, &place).await;
        let owner = party(jfn, &place, "Olive Owner", LinkStatus::Confirmed).await;
        lives_at(jfn, &owner, "77 Elsewhere Ave, Reno NV 89501").await;
        let mut danger = violation("SCC 8.96.140");
        danger["immediateDanger"] = json!(true);
        let violations = find(jfn, &officer, &case, json!([violation("SCC 8.96.130"), danger])).await;
        Self { officer, place, case, owner, violations }
    }

    fn notice(&self, kind: &str) -> Value {
        json!({
            "idempotencyKey": key(), "caseId": self.case, "kind": kind,
            "services": [{ "partyId": self.owner, "method": "CERTIFIED_MAIL", "servedOn": "2026-11-20" }],
        })
    }

    async fn serve(&self, client: &Client, input: Value) -> Value {
        client.done("noticeServe", NOTICE, input).await["notice"].take()
    }

    async fn offered(&self, client: &Client, arguments: &str) -> Value {
        let query =
            format!("query ($id: ID!) {{ case(by: {{ id: $id }}) {{ letterDraftUrl({arguments}) }} }}");
        client.ask(&query, json!({ "id": self.case })).await["case"]["letterDraftUrl"].take()
    }

    async fn draft(&self, client: &Client, arguments: &str) -> String {
        self.offered(client, arguments).await.as_str().expect("an address").to_owned()
    }
}

pub const NOTICE: &str = "notice { id letterUrl letter { id kind sha256 url custody { action } \
                          evidence { id sha256 bytes contentType fileName caption url custody { action by { name } } } } }";

pub async fn lives_at(jfn: &Jfn, party: &str, address: &str) {
    let id: PartyId = party.parse().unwrap();
    let mut row: party::ActiveModel =
        party::Entity::find_by_id(id).one(&jfn.app.db).await.unwrap().unwrap().into();
    row.mailing_address = Set(Some(address.to_owned()));
    row.update(&jfn.app.db).await.unwrap();
}

async fn letter(client: &Client, notice: &Value) -> Page {
    Page::shown(client, notice["letterUrl"].as_str().unwrap()).await
}

/// What every letter says, whatever it is about.
#[track_caller]
pub fn is_a_letter(page: &Page, title: &str, place: &str) {
    assert_eq!(page.one("h1"), title);
    assert!(page.one("title").starts_with(title));
    assert_eq!(page.one(".place"), place);
    let right = page.one(".rights");
    assert!(RIGHT.iter().all(|words| right.contains(words)), "{right}");
    let style = page.one("style");
    assert!(style.contains("@media print") && style.contains("@page"), "it can be printed");
    assert!(page.all("script").is_empty());
}

story! {
    async fn a_notice_of_violation_names_what_was_found_and_by_when_to_correct_it(jfn) {
        let matter = Matter::new(jfn).await;
        let input = with(matter.notice("NOTICE_OF_VIOLATION"), "complyBy", json!("2026-12-04"));
        let notice = matter.serve(&matter.officer, with(input, "violationIds", json!([matter.violations[0]]))).await;
        let page = letter(&matter.officer, &notice).await;
        is_a_letter(&page, "Notice of violation", "1200 K ST");
        assert_eq!(page.one(".dated"), "Friday, November 20, 2026");
        assert_eq!(
            page.one("address.recipient"),
            "Olive Owner 77 Elsewhere Ave, Reno NV 89501 by certified mail, Friday, November 20, 2026"
        );
        assert_eq!(page.all(".violations .section"), ["SCC 8.96.130"], "only what it names");
        assert!(page.one(".violations tbody").contains("The stairs are rotten."));
        assert_eq!(page.one(".comply-by"), "Friday, December 4, 2026");
        assert_eq!(page.one(".dates .label"), "Correct the violation");
        assert_eq!(page.one(".dates .day"), "Friday, December 4, 2026");
        let steps = page.one(".dates .steps");
        assert!(steps.contains("14 calendar days from Fri 20 Nov 2026"), "{steps}");
        assert_eq!(page.one(".signature"), "Person code3 Justice for Neighbors, City of Sacramento");
        assert!(page.all(".draft").is_empty(), "it was sent");
    }
}

story! {
    async fn a_notice_and_order_and_a_demand_letter_rest_on_what_inspections_found(jfn) {
        let matter = Matter::new(jfn).await;
        let order = matter.serve(&matter.officer, matter.notice("NOTICE_AND_ORDER")).await;
        let page = letter(&matter.officer, &order).await;
        is_a_letter(&page, "Notice and order", "1200 K ST");
        assert_eq!(page.all(".violations .section"), ["SCC 8.96.130", "SCC 8.96.140"], "everything that is open");
        assert_eq!(page.all(".violations .danger").len(), 1);
        let attorney = jfn.attorney(3).await;
        let input = with(matter.notice("DEMAND_LETTER"), "complyBy", json!("2026-12-11"));
        let demand = matter.serve(&attorney, input).await;
        let page = letter(&attorney, &demand).await;
        is_a_letter(&page, "Demand to end a public nuisance", "1200 K ST");
        assert_eq!(page.one(".comply-by"), "Friday, December 11, 2026");
        assert_eq!(page.one(".dates .label"), "Answer the demand letter");
        assert_eq!(page.all(".violations .section").len(), 2);
        for (kind, title) in [("COURTESY", "Courtesy notice"), ("PRE_PETITION_NOTICE", "Notice of a petition for a receiver")] {
            let notice = matter.serve(&attorney, matter.notice(kind)).await;
            is_a_letter(&letter(&attorney, &notice).await, title, "1200 K ST");
        }
    }
}

story! {
    async fn a_citation_says_the_fine_and_how_and_until_when_to_appeal(jfn) {
        let matter = Matter::new(jfn).await;
        let input = with(matter.notice("ADMINISTRATIVE_CITATION"), "amount", json!("130.00"));
        let notice = matter.serve(&matter.officer, with(input, "violationIds", json!([matter.violations[1]]))).await;
        let page = letter(&matter.officer, &notice).await;
        is_a_letter(&page, "Administrative citation", "1200 K ST");
        assert_eq!(page.one("strong.amount"), "$130.00");
        assert_eq!(page.all(".violations .section"), ["SCC 8.96.140"]);
        let seen = matter.officer.ask(
            "query ($id: ID!) { case(by: { id: $id }) { deadlines { label dueOn } } }", json!({ "id": matter.case }),
        ).await;
        // 30 days end on Sunday 20 December; the date of the letter is the one that was computed.
        assert_eq!(seen["case"]["deadlines"], json!([{ "label": "Appeal the citation", "dueOn": "2026-12-21" }]));
        assert_eq!((page.one(".dates .label"), page.one(".dates .day")), ("Appeal the citation".into(), "Monday, December 21, 2026".into()));
        let steps = page.one(".dates .steps");
        assert!(steps.contains("Government Code 53069.4(a)") && steps.contains("next court day"), "{steps}");
        assert!(!steps.contains("confirm:"), "what counsel has to look at is not for the owner: {steps}");
        assert!(page.one(".appeal").contains("53069.4") && page.one(".hardship").contains("36900"));
    }
}

story! {
    async fn a_cost_statement_lists_the_costs_it_asks_for(jfn) {
        let matter = Matter::new(jfn).await;
        let cost = |amount: &str, on: &str, what: &str| json!({
            "idempotencyKey": key(), "caseId": matter.case, "kind": "ABATEMENT", "amount": amount, "on": on,
            "description": what, "source": "Invoice", "receipt": "DH-4411",
        });
        let mut ids = Vec::new();
        for (amount, on, what) in [("1200.00", "2026-11-10", "Boarding"), ("34.50", "2026-11-12", "Locks"), ("9.99", "2026-11-13", "Signs")] {
            let made = matter.officer.done("costRecord", "cost { id }", cost(amount, on, what)).await;
            ids.push(made["cost"]["id"].clone());
        }
        let draft = matter.draft(&matter.officer, "kind: COST_STATEMENT").await;
        let page = Page::shown(&matter.officer, &draft).await;
        assert_eq!((page.all(".costs .what"), page.one("strong.amount")), (vec!["Boarding".into(), "Locks".into(), "Signs".into()], "$1,244.49".into()));
        let input = with(matter.notice("COST_STATEMENT"), "amount", json!("1234.50"));
        let wrong = with(with(input.clone(), "amount", json!("1234.51")), "entryIds", json!(ids[..2]));
        assert!(!refusals(&matter.officer, "noticeServe", NOTICE, wrong).await.is_empty(), "the sum differs");
        let fine = with(with(matter.notice("NOTICE_AND_ORDER"), "complyBy", json!("2026-12-20")), "entryIds", json!(ids[..2]));
        assert_eq!(refusals(&matter.officer, "noticeServe", NOTICE, fine).await, [("INVALID".into(), "entryIds".into())]);
        let input = with(with(input, "complyBy", json!("2026-12-21")), "entryIds", json!(ids[..2]));
        let notice = matter.serve(&matter.officer, with(input, "idempotencyKey", json!(key()))).await;
        let page = letter(&matter.officer, &notice).await;
        is_a_letter(&page, "Statement of costs", "1200 K ST");
        assert_eq!(page.all(".costs .what"), ["Boarding", "Locks"]);
        assert_eq!(page.all(".costs td.amount"), ["$1,200.00", "$34.50"]);
        assert_eq!(page.one("strong.amount"), "$1,234.50");
        assert_eq!(page.one(".dates .day"), "Monday, December 21, 2026");
        let seen = matter.officer.ask(
            "query ($id: ID!) { case(by: { id: $id }) { costs { unbilled } } }", json!({ "id": matter.case }),
        ).await;
        assert_eq!(seen["case"]["costs"]["unbilled"], "9.99");
    }
}

story! {
    async fn a_602_letter_goes_out_for_signature_and_says_how_long_it_is_good(jfn) {
        let matter = Matter::new(jfn).await;
        let sergeant = jfn.sergeant(3).await;
        let tenant = party(jfn, &matter.place, "Tina Tenant", LinkStatus::Confirmed).await;
        occupies(jfn, &tenant).await;
        let input = json!({
            "idempotencyKey": key(), "caseId": matter.case, "partyId": matter.owner, "method": "PERSONAL", "sentOn": "2026-11-20",
        });
        let fields = "letter { id kind sentOn method recipient { name } sha256 url evidence { sha256 caption } }";
        for (field, value) in [("partyId", json!(tenant)), ("sentOn", json!("2026-11-21"))] {
            let wrong = with(input.clone(), field, value);
            assert_eq!(refusals(&sergeant, "trespassLetterSend", fields, wrong).await, [("INVALID".into(), field.into())]);
        }
        assert_eq!(jfn.sergeant(4).await.refused("trespassLetterSend", fields, input.clone()).await, "NOT_ALLOWED");
        let made = sergeant.done("trespassLetterSend", fields, input.clone()).await["letter"].take();
        assert_eq!((&made["kind"], &made["recipient"]["name"]), (&json!("TRESPASS_AUTHORIZATION"), &json!("Olive Owner")));
        assert_eq!(sergeant.done("trespassLetterSend", fields, input).await["letter"]["id"], made["id"], "a retry");
        let page = Page::shown(&sergeant, made["url"].as_str().unwrap()).await;
        is_a_letter(&page, "Request for help against trespassers (602 letter)", "1200 K ST");
        // A year, and three where the place is closed and posted, from the day of the letter; neither is moved.
        assert_eq!(page.all(".dates .day"), ["Saturday, November 20, 2027", "Tuesday, November 20, 2029"]);
        assert!(page.text().contains("Penal Code 602"));
        assert_eq!((sha256(&page.bytes), &made["evidence"]["sha256"]), (made["sha256"].as_str().unwrap().into(), &made["sha256"]));
        assert_eq!(told(&sergeant, &matter.case).await.last().unwrap(), "EVIDENCE_ADDED");
        let query = "query ($id: ID!) { property(by: { id: $id }) { letters { id kind } } }";
        let seen = sergeant.ask(query, json!({ "id": matter.place })).await;
        assert_eq!(seen["property"]["letters"], json!([{ "id": made["id"], "kind": "TRESPASS_AUTHORIZATION" }]));
    }
}

/// Makes the party an occupant.
async fn occupies(jfn: &Jfn, party: &str) {
    use entity::property_party::{Column, Entity, PartyRole};
    use sea_orm::{ColumnTrait, QueryFilter, sea_query::Expr};
    let id: PartyId = party.parse().unwrap();
    let update = Entity::update_many().col_expr(Column::Role, Expr::value(PartyRole::Occupant));
    update.filter(Column::PartyId.eq(id)).exec(&jfn.app.db).await.unwrap();
}

story! {
    async fn a_draft_follows_what_is_recorded_and_a_letter_stays_as_it_was_sent(jfn) {
        let matter = Matter::new(jfn).await;
        let draft = matter.draft(&matter.officer, "kind: NOTICE_OF_VIOLATION, complyBy: \"2026-12-04\"").await;
        let page = Page::shown(&matter.officer, &draft).await;
        is_a_letter(&page, "Notice of violation", "1200 K ST");
        assert_eq!(page.one(".draft"), "DRAFT");
        assert!(page.one("style").contains(".draft { position: fixed;"), "what is fixed is printed on each page");
        assert_eq!(page.one("address.recipient .mailing"), "77 Elsewhere Ave, Reno NV 89501");
        assert_eq!(page.one(".comply-by"), "Friday, December 4, 2026");
        lives_at(jfn, &matter.owner, "1 New St, Reno NV 89501").await;
        let page = Page::shown(&matter.officer, &draft).await;
        assert_eq!(page.one("address.recipient .mailing"), "1 New St, Reno NV 89501");
        let evidence = "query ($id: ID!) { case(by: { id: $id }) { evidence { totalCount } } }";
        let seen = matter.officer.ask(evidence, json!({ "id": matter.case })).await;
        assert_eq!(seen["case"]["evidence"]["totalCount"], 0, "nothing of a draft is kept");

        let input = with(matter.notice("NOTICE_OF_VIOLATION"), "complyBy", json!("2026-12-04"));
        let notice = matter.serve(&matter.officer, input.clone()).await;
        let kept = &notice["letter"]["evidence"];
        let sent = letter(&matter.officer, &notice).await;
        assert_eq!(kept["sha256"].as_str().unwrap(), sha256(&sent.bytes));
        assert_eq!((&kept["contentType"], &kept["bytes"]), (&json!("text/html"), &json!(sent.bytes.len())));
        assert_eq!(notice["letter"]["sha256"], kept["sha256"]);
        let header = |name: &str| sent.headers[name].to_str().unwrap().to_owned();
        assert_eq!((header("content-type"), header("cache-control")), ("text/html; charset=utf-8".into(), "no-store".into()));
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{policy}");
        assert!(sent.all(".draft").is_empty());

        // Whatever becomes of what it told.
        lives_at(jfn, &matter.owner, "2 Newer St, Reno NV 89501").await;
        let corrected = json!({ "violationId": matter.violations[0], "correctedOn": "2026-11-20" });
        matter.officer.change("violationCorrect", "violation { id }", corrected).await;
        jfn.wait(chrono::TimeDelta::hours(2));
        let attorney = jfn.attorney(5).await;
        assert_eq!(letter(&attorney, &notice).await.bytes, sent.bytes);
        let url = notice["letter"]["url"].as_str().unwrap();
        assert_eq!(Page::shown(&attorney, url).await.bytes, sent.bytes);
        assert_eq!(Page::shown(&attorney, kept["url"].as_str().unwrap()).await.bytes, sent.bytes);
        let again = matter.serve(&matter.officer, input).await;
        assert_eq!((&again["id"], &again["letter"]["id"]), (&notice["id"], &notice["letter"]["id"]), "a retry keeps no other");
        let custody = again["letter"]["evidence"]["custody"].as_array().unwrap();
        let custody: Vec<_> = custody.iter().rev().map(|entry| (entry["action"].as_str().unwrap(), entry["by"]["name"].as_str().unwrap())).collect();
        assert_eq!(custody, [
            ("ATTACHED", "Person code3"), ("VIEWED", "Person code3"), ("VIEWED", "Person attorney5"), ("VIEWED", "Person attorney5"),
            ("DOWNLOADED", "Person attorney5"),
        ]);
    }
}

story! {
    async fn a_letter_whose_file_was_tampered_with_is_not_shown(jfn) {
        let matter = Matter::new(jfn).await;
        let notice = matter.serve(&matter.officer, matter.notice("COURTESY")).await;
        letter(&matter.officer, &notice).await;
        let mut shelves: Vec<_> = std::fs::read_dir(jfn.evidence()).unwrap().map(|entry| entry.unwrap().path()).collect();
        let file = std::fs::read_dir(shelves.remove(0)).unwrap().next().unwrap().unwrap().path();
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("Olive Owner", "Olive Other")).unwrap();
        let page = Page::get(&matter.officer, notice["letterUrl"].as_str().unwrap()).await;
        assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!page.html().contains("Olive"));
    }
}

story! {
    async fn what_people_type_is_text_in_a_letter(jfn) {
        let matter = Matter::new(jfn).await;
        let name = "<script>alert(1)</script> & <b>Sons</b> \"O'Hara\"";
        let rogue = party(jfn, &matter.place, name, LinkStatus::Suggested).await;
        lives_at(jfn, &rogue, "<img src=x onerror=alert(2)>").await;
        let section = json!([{ "codeSection": "</td><script>3</script>", "description": "{{ draft }}<style>*{display:none}</style>" }]);
        let found = find(jfn, &matter.officer, &matter.case, section).await;
        let mut input = with(matter.notice("COURTESY"), "violationIds", json!(found));
        input["services"][0]["partyId"] = json!(rogue);
        let notice = matter.serve(&matter.officer, input).await;
        let draft = matter.draft(&matter.officer, &format!("kind: COURTESY, recipientIds: [\"{rogue}\"], violationIds: [{}]", found[0])).await;
        for page in [letter(&matter.officer, &notice).await, Page::shown(&matter.officer, &draft).await] {
            assert_eq!(page.one("address.recipient .name"), name);
            assert_eq!(page.one("address.recipient .mailing"), "<img src=x onerror=alert(2)>");
            assert_eq!(page.one(".violations .section"), "</td><script>3</script>");
            assert!(page.one(".violations").contains("{{ draft }}<style>"));
            assert!(page.all("script").is_empty() && page.all("img").is_empty() && page.all("b").is_empty());
            assert_eq!(page.all("style").len(), 1);
        }
    }
}

story! {
    async fn drafts_are_for_who_could_send_them_and_letters_for_who_sees_evidence(jfn) {
        let matter = Matter::new(jfn).await;
        let notice = matter.serve(&matter.officer, matter.notice("COURTESY")).await;
        let draft = matter.draft(&matter.officer, "kind: DEMAND_LETTER").await;
        let urls = [&draft, notice["letterUrl"].as_str().unwrap(), notice["letter"]["url"].as_str().unwrap()];
        let statuses = async |client: &Client| {
            let mut statuses = Vec::new();
            for url in urls {
                statuses.push(Page::get(client, url).await.status.as_u16());
            }
            statuses
        };
        assert_eq!(statuses(&jfn.nobody()).await, [401, 401, 401]);
        assert_eq!(statuses(&jfn.commissioner().await).await, [403, 403, 403]);
        assert_eq!(statuses(&jfn.administrator().await).await, [403, 403, 403]);
        assert_eq!(statuses(&jfn.code_officer(4).await).await, [404, 200, 200], "another district");
        assert_eq!(statuses(&jfn.city_attorney().await).await, [200, 200, 200]);
        let offered = async |client: &Client, kind: &str| matter.offered(client, &format!("kind: {kind}")).await;
        assert_eq!(offered(&jfn.code_officer(4).await, "DEMAND_LETTER").await, Value::Null, "it would answer 404");
        assert_eq!(offered(&matter.officer, "EARLY_WARNING").await, Value::Null, "it is no case's");
        assert_eq!(offered(&jfn.city_attorney().await, "DEMAND_LETTER").await, draft.as_str());
        for (url, status) in [
            ("/notices/notice_0/letter".to_owned(), 404),
            ("/letters/letter_00000000000000000000000000000000".to_owned(), 404),
            ("/cases/case_00000000000000000000000000000000/letter?kind=COURTESY".to_owned(), 404),
            (draft.replace("DEMAND_LETTER", "EARLY_WARNING"), 400),
            (draft.replace("DEMAND_LETTER", "POSTCARD"), 400),
            (format!("{draft}&to={}", matter.place), 400),
            (format!("{draft}&to=party_00000000000000000000000000000000"), 400),
        ] {
            let page = Page::get(&matter.officer, &url).await;
            assert_eq!(page.status.as_u16(), status, "{url}: {}", page.html());
        }
        let id: PropertyId = matter.place.parse().unwrap();
        assert_eq!(Page::get(&matter.officer, &format!("/places/{id}/early-warning?rule=rule_0")).await.status, StatusCode::NOT_FOUND);
    }
}
