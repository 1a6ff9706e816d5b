//! A register of existing cases that changes while people work its cases here.

use api::commands::{
    case_mapping::CaseMapping,
    import_cases::{Summary, import},
};
use serde_json::{Value, json};
use tests::{Client, Jfn, key, story};

const MAPPING: &str = r#"
key = "old-cases"
name = "Old Cases"

[columns]
key = "number"
opened_on = "opened"
closed_on = "closed"
address = "address"
apn = "apn"
title = ["title"]
priority = "priority"
stage = "stage"
last_action = "action"
due_on = "due"
"#;
const HEADER: &str = "number,opened,closed,address,apn,title,priority,stage,action,due";
const FIRST: &str = "A-1,2025-03-01,,1200 K ST,,Broken stairs,NORMAL,NOTICE,Notice sent,2026-12-01";
const SECOND: &str = "A-2,2025-04-01,,1300 K ST,,Rubbish,LOW,INTAKE,,";

async fn attempt(jfn: &Jfn, as_of: &str, text: &[u8]) -> (Summary, Option<String>) {
    let mapping = CaseMapping::parse(MAPPING).unwrap();
    let mut summary = Summary::default();
    let done = import(&jfn.app, &mapping, as_of.parse().unwrap(), text, &mut summary).await;
    (summary, done.err().map(|error| error.to_string()))
}

async fn load(jfn: &Jfn, as_of: &str, rows: &[&str]) -> Summary {
    let (summary, refused) = attempt(jfn, as_of, format!("{HEADER}\n{}\n", rows.join("\n")).as_bytes()).await;
    assert_eq!(refused, None);
    summary
}

fn figures(summary: &Summary) -> [u64; 5] {
    let outcome = &summary.outcome;
    let counted = [outcome.unmatched.len() as u64, outcome.rejected.len() as u64];
    [outcome.added, outcome.updated, outcome.unchanged, counted[0], counted[1]]
}

async fn see(client: &Client, number: &str) -> Value {
    let query = "query ($text: String!) { cases(filter: { text: $text }) { nodes { id version number title priority \
                 stage nextActionOn events { nodes { kind summary actor { id } changes { field before after } } } } } }";
    client.ask(query, json!({ "text": format!("({number})") })).await["cases"]["nodes"][0].take()
}

fn kinds(case: &Value) -> Vec<String> {
    let events = case["events"]["nodes"].as_array().unwrap().iter();
    let mut kinds: Vec<String> = events.map(|event| event["kind"].as_str().unwrap().to_owned()).collect();
    kinds.sort();
    kinds
}

story! {
    async fn a_newer_snapshot_brings_what_changed_with_its_history_and_leaves_peoples_edits(jfn) {
        jfn.place("1200 K ST", 3).await;
        jfn.place("1300 K ST", 3).await;
        assert_eq!(figures(&load(jfn, "2026-11-01", &[FIRST, SECOND]).await), [2, 0, 0, 0, 0]);
        let sergeant = jfn.sergeant(3).await;
        let case = see(&sergeant, "A-1").await;
        assert_eq!((&case["stage"], &case["nextActionOn"]), (&json!("NOTICE"), &json!("2026-12-01")));
        assert_eq!(kinds(&case), ["NOTE", "OPENED"]);
        let edit = json!({ "caseId": case["id"], "expectedVersion": 1, "title": "Stairs and railing (A-1)" });
        sergeant.done("caseEdit", "case { version }", edit).await;

        let newer = "A-1,2025-03-01,,1200 K ST,,Broken stairs and door,HIGH,CITATION,Citation issued,2026-12-24";
        let summary = load(jfn, "2026-11-08", &[newer, SECOND]).await;
        assert_eq!(figures(&summary), [0, 1, 1, 0, 0]);
        assert_eq!(summary.outcome.left_out.len(), 1, "{:?}", summary.outcome.left_out);
        assert!(summary.outcome.left_out[0].1.contains("keeps its title"), "{:?}", summary.outcome.left_out);
        let case = see(&sergeant, "A-1").await;
        assert_eq!(case["title"], "Stairs and railing (A-1)", "a person's edit stays");
        assert_eq!((&case["priority"], &case["stage"]), (&json!("HIGH"), &json!("CITATION")));
        assert_eq!((&case["nextActionOn"], &case["version"]), (&json!("2026-12-24"), &json!(3)));
        assert_eq!(kinds(&case), ["CORRECTED", "CORRECTED", "NOTE", "NOTE", "OPENED", "STAGE_CHANGED"]);
        let events = case["events"]["nodes"].as_array().unwrap();
        let moved = events.iter().find(|event| event["kind"] == "STAGE_CHANGED").unwrap();
        let change = json!([{ "field": "stage", "before": "NOTICE", "after": "CITATION" }]);
        assert_eq!((&moved["changes"], &moved["actor"]), (&change, &Value::Null), "nobody here did it");

        assert_eq!(figures(&load(jfn, "2026-11-08", &[newer, SECOND]).await), [0, 0, 2, 0, 0]);
        assert_eq!(figures(&load(jfn, "2026-11-01", &[FIRST, SECOND]).await), [0, 0, 2, 0, 0], "it is older");
        assert_eq!(see(&sergeant, "A-1").await, case);
    }
}

story! {
    async fn a_case_that_a_snapshot_lacks_or_closes_is_told_and_stays_open(jfn) {
        jfn.place("1200 K ST", 3).await;
        jfn.place("1300 K ST", 3).await;
        load(jfn, "2026-11-01", &[FIRST, SECOND]).await;
        let closed = FIRST.replace("2025-03-01,,", "2025-03-01,2026-11-02,");
        let summary = load(jfn, "2026-11-08", &[&closed]).await;
        assert_eq!(figures(&summary), [0, 1, 0, 0, 0]);
        let missing: Vec<&str> = summary.missing.iter().map(|(_, case)| case.as_str()).collect();
        assert_eq!(missing, ["JFN-2026-000002 (A-2)"]);
        assert!(summary.outcome.left_out[0].1.contains("close it here with `caseClose`"));
        let sergeant = jfn.sergeant(3).await;
        assert_eq!(see(&sergeant, "A-1").await["stage"], "NOTICE");
        let second = see(&sergeant, "A-2").await;
        assert_eq!(second["stage"], "INTAKE");

        let close = json!({
            "caseId": second["id"], "expectedVersion": 1, "outcome": "NO_VIOLATION", "reason": "Nothing was there.",
        });
        sergeant.done("caseClose", "case { stage }", close).await;
        let summary = load(jfn, "2026-11-09", &[&closed, &SECOND.replace("LOW", "HIGH")]).await;
        assert_eq!((figures(&summary), summary.missing.len()), ([0, 1, 1, 0, 0], 0));
        assert!(summary.outcome.left_out[0].1.contains("is closed here"), "{:?}", summary.outcome.left_out);
        assert_eq!(see(&sergeant, "A-2").await["priority"], "LOW", "a closed case is left as it is");
        let ended = closed.replace("A-1", "A-3");
        let summary = load(jfn, "2026-11-10", &[&closed, SECOND, &ended]).await;
        assert!(summary.outcome.rejected[0].1.contains("only open cases are taken"));
    }
}

story! {
    async fn lines_with_a_problem_are_told_with_the_reason_and_change_nothing(jfn) {
        jfn.place("1200 K ST", 3).await;
        load(jfn, "2026-11-01", &[FIRST]).await;
        let sergeant = jfn.sergeant(3).await;
        let before = see(&sergeant, "A-1").await;
        let summary = load(
            jfn,
            "2026-11-08",
            &[
                &FIRST.replace("NORMAL,NOTICE", "NORMAL,SHELVED"),
                &FIRST.replace("A-1", ""),
                &FIRST.replace("A-1", "B-1").replace("2025-03-01", "March"),
                &FIRST.replace("A-1", "B-2").replace("1200 K ST", "K ST / 12TH ST"),
                &FIRST.replace("A-1", "B-3").replace("1200 K ST", ""),
                &FIRST.replace("A-1", "B-4").replace("1200 K ST", "1500 K ST"),
                &FIRST.replace("A-1", "B-5").replace("2025-03-01", "2026-11-09"),
                "B-6,2025-03-01",
            ],
        )
        .await;
        assert_eq!(figures(&summary), [0, 0, 0, 3, 5]);
        assert!(summary.missing.is_empty(), "a line with a problem still lists its case");
        let outcome = &summary.outcome;
        let told = |line: u64| {
            let mut lines = outcome.unmatched.iter().chain(&outcome.rejected);
            lines.find(|(at, _)| *at == line).unwrap_or_else(|| panic!("line {line}")).1.clone()
        };
        for (line, reason) in [
            (2, "no stage for `SHELVED`"),
            (3, "it has no number"),
            (4, "`March` is no day"),
            (5, "is not the address of one place"),
            (6, "it has no address"),
            (7, "import the parcel first with `jfn import-places`"),
            (8, "still to come"),
            (9, "it has 2 columns, the header 10"),
        ] {
            assert!(told(line).contains(reason), "line {line}: {}", told(line));
        }
        assert_eq!(see(&sergeant, "A-1").await, before);
        let all = sergeant.ask("{ cases { totalCount } properties { totalCount } }", json!({})).await;
        assert_eq!((&all["cases"]["totalCount"], &all["properties"]["totalCount"]), (&json!(1), &json!(1)));

        let cut = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0];
        let (_, refused) = attempt(jfn, "2026-11-08", &cut).await;
        assert!(refused.expect("it is truncated").contains("Nothing of the file was taken"));
        let (_, refused) = attempt(jfn, "2026-11-08", b"number,opened\nA-1,2025-03-01\n").await;
        assert!(refused.expect("columns are missing").contains("`address`"));
    }
}

story! {
    async fn a_case_at_a_place_where_people_opened_one_is_taken_and_told(jfn) {
        let place = jfn.place("1200 K ST", 3).await;
        let sergeant = jfn.sergeant(3).await;
        let input = json!({
            "idempotencyKey": key(), "title": "Stairs", "kinds": ["OTHER"], "property": { "id": place },
            "source": "PATROL",
        });
        sergeant.done("caseOpen", "case { id }", input).await;
        let summary = load(jfn, "2026-11-01", &[FIRST]).await;
        assert_eq!(figures(&summary), [1, 0, 0, 0, 0]);
        let note = &summary.outcome.left_out[0].1;
        assert!(note.contains("JFN-2026-000001 is open") && note.contains("DUPLICATE"), "{note}");
    }
}

story! {
    async fn a_register_that_tells_of_the_first_look_has_its_cases_clocked_from_their_opening(jfn) {
        jfn.place("1200 K ST", 3).await;
        jfn.place("1300 K ST", 3).await;
        let clocked = MAPPING.replace("old-cases", "clocked-cases") + "responded_on = \"looked\"\n";
        let rows = |looked: &str| format!(
            "{HEADER},looked\nC-1,2026-11-18,,1300 K ST,,Broken stairs,HIGH,NOTICE,,,{looked}\n"
        );
        let load_clocked = async |as_of: &str, looked: &str| {
            let mapping = CaseMapping::parse(&clocked).unwrap();
            let mut summary = Summary::default();
            let rows = rows(looked);
            import(&jfn.app, &mapping, as_of.parse().unwrap(), rows.as_bytes(), &mut summary).await.unwrap();
            figures(&summary)
        };
        load(jfn, "2026-11-19", &[FIRST]).await;
        assert_eq!(load_clocked("2026-11-19", "").await, [1, 0, 0, 0, 0]);
        let sergeant = jfn.sergeant(3).await;
        let clock = async |number: &str| {
            let query = "query ($text: String!) { cases(filter: { text: $text }) \
                         { nodes { id responseTarget { dueAt status respondedAt } } } }";
            sergeant.ask(query, json!({ "text": number })).await["cases"]["nodes"][0].take()
        };
        let without = clock("(A-1)").await;
        assert_eq!(without["responseTarget"], Value::Null, "nobody promised to look by then");
        let pause = json!({ "idempotencyKey": key(), "caseId": without["id"], "reason": "WEATHER" });
        assert_eq!(sergeant.refused("caseResponsePause", "case { id }", pause).await, "TRANSITION_BLOCKED");
        let open = clock("(C-1)").await;
        assert_eq!(open["responseTarget"], json!({
            "dueAt": "2026-11-20T08:00:00+00:00", "status": "LATE", "respondedAt": null,
        }));
        let late = sergeant.ask("{ cases(filter: { responseLate: true }) { nodes { id } } }", json!({})).await;
        assert_eq!(late["cases"]["nodes"], json!([{ "id": open["id"] }]));
        assert_eq!(load_clocked("2026-11-20", "2026-11-19").await, [0, 1, 0, 0, 0]);
        assert_eq!(clock("(C-1)").await["responseTarget"], json!({
            "dueAt": "2026-11-20T08:00:00+00:00", "status": "MET", "respondedAt": "2026-11-19T08:00:00+00:00",
        }));
    }
}
