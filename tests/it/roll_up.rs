//! The daily roll-up says what a recount of the calls says, whatever happens to the calls.

use std::{collections::BTreeMap, io::Cursor};

use api::{app::App, commands::import_calls, database, feeds::CallLog};
use chrono::NaiveDate;
use entity::{call, id::PropertyId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, Statement};
use serde_json::json;
use tests::{
    calls::{HEADER, load_file},
    story,
};

/// Calls as the log of the demo city tells them.
async fn told(app: &App, lines: &[String]) {
    let text = format!("{HEADER}\n{}\n", lines.join("\n"));
    load_file(app, "demo-police", text).await.expect("the lines load");
}

#[derive(FromQueryResult)]
struct Cell {
    property_id: PropertyId,
    occurred_on: NaiveDate,
    category: String,
    reason: String,
    calls: i64,
}

type Sums = BTreeMap<(PropertyId, NaiveDate, String, String), i64>;

async fn sums(app: &App, sql: &str) -> Sums {
    let statement = Statement::from_string(app.db.get_database_backend(), sql);
    let cells = Cell::find_by_statement(statement).all(&app.db).await.expect("sums");
    let of_cell = |cell: Cell| ((cell.property_id, cell.occurred_on, cell.category, cell.reason), cell.calls);
    cells.into_iter().map(of_cell).collect()
}

async fn rolled_up(app: &App) -> Sums {
    // A cell that fell to nothing must be gone.
    sums(
        app,
        "SELECT property_id, occurred_on, category, reason, CAST(calls AS BIGINT) AS calls FROM call_roll_up",
    )
    .await
}

/// Counted from the calls, one reason after the other, in statements that share nothing with the server's.
async fn recounted(app: &App) -> Sums {
    let protected = "('DOMESTIC','SEX_CRIME','STALKING','CHILD_OR_ELDER','MISSING_PERSON','MEDICAL','MENTAL_HEALTH',\
        'WELFARE','DEATH')";
    let never = "('THEFT','ROBBERY','BURGLARY','HANGUP','ALARM','TRAFFIC','ASSIST','ADMINISTRATIVE','FIRE')";
    let open = format!("category NOT IN {protected}");
    let listed = format!("{open} AND withdrawn_at IS NULL");
    let countable = format!("{listed} AND category <> 'UNMAPPED' AND category NOT IN {never}");
    let happened = format!("{countable} AND NOT disposition_excludes");
    let exact = format!("{happened} AND precision IN ('ADDRESS','UNIT')");
    let mut all = Sums::new();
    for (category, reason, condition) in [
        ("'PROTECTED'", "PROTECTED", format!("category IN {protected}")),
        ("category", "WITHDRAWN_BY_SOURCE", format!("{open} AND withdrawn_at IS NOT NULL")),
        ("category", "UNMAPPED", format!("{listed} AND category = 'UNMAPPED'")),
        ("category", "NOT_QUALIFYING", format!("{listed} AND category IN {never}")),
        ("category", "DISPOSITION", format!("{countable} AND disposition_excludes")),
        ("category", "PRECISION", format!("{happened} AND precision NOT IN ('ADDRESS','UNIT')")),
        ("category", "OFFICER_INITIATED", format!("{exact} AND officer_initiated")),
        ("category", "", format!("{exact} AND NOT officer_initiated")),
    ] {
        let sql = format!(
            "SELECT property_id, occurred_on, category, reason, COUNT(*) AS calls FROM (SELECT property_id, \
             occurred_on, {category} AS category, '{reason}' AS reason FROM call \
             WHERE property_id IS NOT NULL AND {condition}) AS of_reason GROUP BY 1, 2, 3, 4"
        );
        all.extend(sums(app, &sql).await);
    }
    all
}

/// The roll-up equals the recount; answers it.
async fn agree(app: &App, after: &str) -> Sums {
    let kept = rolled_up(app).await;
    assert_eq!(kept, recounted(app).await, "after {after}");
    assert!(kept.values().all(|calls| *calls > 0), "after {after}");
    kept
}

fn calls(sums: &Sums, reason: &str) -> i64 {
    sums.iter().filter(|((_, _, _, of), _)| of == reason).map(|(_, calls)| calls).sum()
}

story! {
    async fn the_roll_up_is_a_recount_after_late_changed_mapped_moved_and_withdrawn_calls(jfn) {
        let (app, sergeant) = (&jfn.app, jfn.sergeant(3).await);
        let elm = jfn.place("12 ELM ST", 3).await;
        jfn.place("14 ELM ST", 3).await;
        let line = |n: u32, day: u32, what: &str, at: &str, outcome: &str| {
            format!("{n},10/{day:02}/21,10:00,,,{what},{at},{outcome}")
        };
        let mut lines: Vec<String> = (1..=20).map(|n| line(n, 1 + n % 5, "Noise Party", "12 ELM ST", "")).collect();
        lines.extend((21..=30).map(|n| line(n, 1 + n % 3, "Domestic Viol", "12 ELM ST", "")));
        lines.extend((31..=36).map(|n| line(n, 1 + n % 2, "Goat on Roof", "14 ELM ST", "")));
        lines.push(line(37, 1, "Noise Party", "14 ELM ST", "Unfounded"));
        lines.push("38,10/01/21,10:00,,10:00,Noise Party,14 ELM ST,".to_owned());
        lines.push(line(39, 1, "Theft", "14 ELM ST", ""));
        lines.push(line(40, 1, "Noise Party", "99 FAR ST", ""));
        lines.push(line(40, 2, "Noise Party", "16 ELM ST", ""));
        told(app, &lines).await;
        let first = agree(app, "an import").await;
        for (reason, expected) in
            [("", 20), ("PROTECTED", 10), ("UNMAPPED", 6), ("DISPOSITION", 1), ("OFFICER_INITIATED", 1), ("NOT_QUALIFYING", 1)]
        {
            assert_eq!(calls(&first, reason), expected, "{reason}");
        }
        told(app, &lines).await;
        assert_eq!(agree(app, "the same again").await, first);

        let changes = [
            line(41, 1, "Fight Party", "12 ELM ST", ""),   // late
            line(1, 9, "Noise Party", "12 ELM ST", ""),    // on another day
            line(2, 3, "Noise Party", "14 ELM ST", ""),    // at another place
            line(3, 4, "Noise Party", "99 FAR ST", ""),    // at no known place
            line(40, 2, "Noise Party", "14 ELM ST", ""),   // at a known place
            line(4, 5, "Domestic Viol", "12 ELM ST", ""),  // protected by now
            line(5, 1, "Noise Party", "12 ELM ST", "Unfounded"),
        ];
        told(app, &changes).await;
        let changed = agree(app, "late and changed rows").await;
        assert_eq!((calls(&changed, ""), calls(&changed, "PROTECTED")), (18, 11));

        let feed = sergeant.ask("{ feeds { id key } }", json!({})).await["feeds"].take();
        let feed = feed.as_array().unwrap().iter().find(|feed| feed["key"] == "demo-police").unwrap()["id"].clone();
        for (category, qualifying) in [("NOISE", 24), ("WELFARE", 18), ("TRESPASS", 24)] {
            let input = json!({ "feedId": feed, "description": "goat on roof", "category": category });
            sergeant.done("callCategoryMap", "callsChanged", input).await;
            assert_eq!(calls(&agree(app, category).await, ""), qualifying, "{category}");
        }

        let edit = async |version: i32, changes: serde_json::Value| {
            let mut input = changes;
            input["propertyId"] = json!(elm);
            input["expectedVersion"] = json!(version);
            sergeant.done("propertyEdit", "property { version }", input).await;
        };
        edit(1, json!({ "addAliases": ["99 FAR ST"] })).await;
        assert_eq!(calls(&agree(app, "an alias").await, ""), 25);
        edit(2, json!({ "removeAliases": ["99 FAR ST"] })).await;
        assert_eq!(calls(&agree(app, "no alias").await, ""), 24);

        let gone = call::Entity::find()
            .filter(call::Column::PropertyId.eq(elm.parse::<PropertyId>().unwrap()))
            .filter(call::Column::SourceId.is_in((1..=20).map(|n| n.to_string())))
            .all(&app.db)
            .await
            .unwrap();
        let withdrawn = gone.into_iter().map(|call| call::Model { withdrawn_at: Some(app.clock.now()), ..call });
        jfn.stored(withdrawn.collect()).await;
        assert!(calls(&agree(app, "withdrawn rows").await, "WITHDRAWN_BY_SOURCE") > 10);
        // The source lists them again.
        told(app, &lines).await;
        assert_eq!(calls(&agree(app, "their return").await, "WITHDRAWN_BY_SOURCE"), 0);
    }
}

story! {
    async fn two_feeds_that_tell_of_one_place_and_day_at_once_lose_no_call(jfn) {
        jfn.place("12 ELM ST", 3).await;
        let line = |n: usize| format!("{n},10/01/21,10:00,,,Noise Party,12 ELM ST,");
        let lines: Vec<String> = (0..200).map(line).collect();
        let text = format!("{HEADER}\n{}\n", lines.join("\n"));
        let slo = jfn.app.city.preset.feed("demo-police").expect("the feed").mapping.clone();
        let one = async |feed: &str| {
            let open = |_: &_| CallLog::read(Cursor::new(text.clone()), &slo);
            import_calls::load(&jfn.app, feed, open, |line| line, |_| ()).await.expect("it loads");
        };
        tokio::join!(one("demo-police"), one("slo-police"));
        let sums = agree(&jfn.app, "two feeds at once").await;
        assert_eq!(sums.values().sum::<i64>(), 400);
    }
}

story! {
    async fn the_migration_rolls_up_the_calls_that_are_there(jfn) {
        jfn.place("12 ELM ST", 3).await;
        let types = ["Noise Party", "Domestic Viol", "Goat on Roof", "Theft"];
        let line = |n: usize| {
            let outcome = if n.is_multiple_of(5) { "Unfounded" } else { "" };
            format!("{n},10/{:02}/21,10:00,,,{},12 ELM ST,{outcome}", 1 + n % 7, types[n % 4])
        };
        told(&jfn.app, &(0..100).map(line).collect::<Vec<_>>()).await;
        let before = agree(&jfn.app, "an import").await;
        for sql in [
            "DROP TABLE call_roll_up",
            "DELETE FROM seaql_migrations WHERE version = 'm0007_call_roll_up'",
            "CREATE INDEX call_feed_id_index ON call (feed_id)",
            "CREATE INDEX call_property_id_occurred_on_index ON call (property_id, occurred_on)",
            "CREATE INDEX call_occurred_on_property_id_index ON call (occurred_on, property_id)",
        ] {
            jfn.app.db.execute_unprepared(sql).await.expect("the schema as it was");
        }
        database::migrate(&jfn.app.db).await.expect("the migration runs");
        assert_eq!(rolled_up(&jfn.app).await, before);
    }
}

story! {
    async fn the_busiest_places_follow_every_change_though_they_are_remembered(jfn) {
        let (app, sergeant) = (&jfn.app, jfn.sergeant(3).await);
        let (elm, oak) = (jfn.place("12 ELM ST", 3).await, jfn.place("14 OAK ST", 3).await);
        let line = |n: u32, what: &str, at: &str| format!("{n},10/{:02}/21,10:00,,,{what},{at},", 1 + n % 9);
        let list = "{ highVolumeProperties(window: { days: 30 }) { nodes { property { id } } totalCount } }";
        let order = async || {
            let found = sergeant.ask(list, json!({})).await["highVolumeProperties"].take();
            let nodes = found["nodes"].as_array().unwrap().clone();
            assert_eq!(found["totalCount"], nodes.len());
            nodes.iter().map(|node| node["property"]["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let mut lines = vec![line(1, "Noise Party", "12 ELM ST"), line(2, "Noise Party", "12 ELM ST"), line(3, "Noise Party", "14 OAK ST")];
        lines.extend([4, 5, 6].map(|n| line(n, "Goat on Roof", "12 ELM ST")));
        lines.extend([7, 8, 9].map(|n| line(n, "Noise Party", "99 FAR ST")));
        told(app, &lines).await;
        assert_eq!(order().await, [elm.clone(), oak.clone()]);
        let statements = jfn.statements();
        order().await;
        let remembered = jfn.statements() - statements;
        told(app, &[line(10, "Noise Party", "14 OAK ST"), line(11, "Noise Party", "14 OAK ST")]).await;
        let statements = jfn.statements();
        assert_eq!(order().await, [oak.clone(), elm.clone()], "new calls");
        let again = remembered + 3;
        assert_eq!(jfn.statements() - statements, again, "how the calls stand, the sums, and the places once more");
        let ranked = async |fields: &str| {
            let list = format!("{{ highVolumeProperties(window: {{ days: 30 }}) {{ nodes {{ property {{ id }} volume {{ {fields} }} }} }} }}");
            sergeant.ask(&list, json!({})).await["highVolumeProperties"]["nodes"].take()
        };
        let statements = jfn.statements();
        let known = ranked("qualifying").await;
        assert_eq!(jfn.statements() - statements, 2, "the sign-in, and the places with how the calls stand");
        let mut whole = ranked("qualifying distinctDays").await;
        for node in whole.as_array_mut().unwrap() {
            node["volume"].as_object_mut().unwrap().remove("distinctDays").expect("it was added up");
        }
        assert_eq!(known, whole, "what the list is ordered by is what is added up");

        let feed = sergeant.ask("{ feeds { id key } }", json!({})).await["feeds"].take();
        let feed = feed.as_array().unwrap().iter().find(|feed| feed["key"] == "demo-police").unwrap()["id"].clone();
        let input = json!({ "feedId": feed, "description": "goat on roof", "category": "TRESPASS" });
        sergeant.done("callCategoryMap", "callsChanged", input).await;
        assert_eq!(order().await, [elm.clone(), oak.clone()], "a call type is mapped");
        let input = json!({ "propertyId": oak, "expectedVersion": 1, "addAliases": ["99 FAR ST"] });
        sergeant.done("propertyEdit", "property { version }", input).await;
        assert_eq!(order().await, [oak.clone(), elm.clone()], "an address belongs to a place");
        let gone = call::Entity::find().filter(call::Column::SourceId.is_in(["3", "10", "11"])).all(&app.db).await.unwrap();
        jfn.stored(gone.into_iter().map(|call| call::Model { withdrawn_at: Some(jfn.app.clock.now()), ..call }).collect()).await;
        assert_eq!(order().await, [elm, oak], "calls are withdrawn");
    }
}
