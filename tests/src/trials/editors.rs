//! Many people who edit one case at once, all having looked at the same version of it.

use api::app::App;
use entity::{
    case, case_event,
    case_event::CaseEventKind,
    id::StaffId,
    staff::{self, StaffRole},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Found, ground::Ground, ground::signed_in};
use crate::{Client, Store, city, key};

/// How much is tried.
pub struct Scale {
    pub people: usize,
    pub versions: i64,
}

/// For each version exactly one of them wins, and the others are told that theirs is stale.
pub async fn play(store: Store, scale: &Scale) -> Found {
    let ground = Ground::new(store).await;
    let server = ground.serve(&[]).await;
    let sergeant = signed_in(&server.url(), "sergeant3").await;
    people(&ground.app, scale.people).await;
    let mut editors = Vec::new();
    for number in 0..scale.people {
        editors.push(signed_in(&server.url(), &format!("editor{number}")).await);
    }
    let place = city::place(&ground.app, "1200 K ST", 3).await;
    let input = json!({
        "idempotencyKey": key(), "title": "Nobody's", "kinds": ["OTHER"], "property": { "id": place }, "source": "PATROL",
    });
    let opened = sergeant.done("caseOpen", "case { id number version }", input).await;
    let case = &opened["case"];
    for version in 1..=scale.versions {
        let mut editing = JoinSet::new();
        for (number, editor) in editors.iter().enumerate() {
            editing.spawn(edit(
                editor.clone(),
                case["id"].clone(),
                version,
                format!("Of {number} at {version}"),
            ));
        }
        let outcomes = editing.join_all().await;
        let winners: Vec<&String> = outcomes.iter().filter_map(|(title, won)| won.then_some(title)).collect();
        assert_eq!(winners.len(), 1, "version {version} has one winner: {winners:?}");
        let query = "query ($id: ID!) { case(by: { id: $id }) { title version } }";
        let seen = sergeant.ask(query, json!({ "id": case["id"] })).await["case"].take();
        assert_eq!(seen, json!({ "title": winners[0], "version": version + 1 }));
    }
    let number = case["number"].as_str().expect("a number");
    let row = case::Entity::find().filter(case::Column::Number.eq(number)).one(&ground.app.db).await;
    let row = row.expect("cases").expect("the case");
    let edits = case_event::Entity::find()
        .filter(case_event::Column::CaseId.eq(row.id))
        .filter(case_event::Column::Kind.eq(CaseEventKind::Corrected));
    let edits = edits.count(&ground.app.db).await.expect("entries");
    assert_eq!(i64::try_from(edits).expect("few"), scale.versions, "nobody who lost left an entry");
    ground.is_verified().await;
    server.kill().await;
    ground.raze().await;
    Found::new(format!(
        "{store:?}: {} people at {} versions; one winner each, the others STALE_VERSION",
        scale.people, scale.versions
    ))
}

/// The title that was sent, and whether it won.
async fn edit(editor: Client, case: Value, version: i64, title: String) -> (String, bool) {
    let input = json!({ "caseId": case, "expectedVersion": version, "title": title });
    let payload = editor.change("caseEdit", "case { version title }", input).await;
    let won = payload["userErrors"] == json!([]);
    if !won {
        assert_eq!(payload["userErrors"][0]["code"], "STALE_VERSION", "{payload:#}");
        let present = payload["case"]["version"].as_i64().expect("the present case");
        assert!(present > version, "whoever is late is shown what is there: {payload:#}");
    }
    (title, won)
}

/// So many more people, who may edit in all districts.
async fn people(app: &App, count: usize) {
    let hash = staff::Entity::find()
        .filter(staff::Column::Email.eq("cityattorney@jfn.example"))
        .one(&app.db)
        .await
        .expect("staff")
        .expect("the city attorney");
    let people = (0..count).map(|number| staff::ActiveModel {
        id: Set(StaffId::generate()),
        name: Set(format!("Editor {number}")),
        email: Set(format!("editor{number}@jfn.example")),
        role: Set(StaffRole::CityAttorney),
        active: Set(true),
        password_hash: Set(hash.password_hash.clone()),
        created_at: Set(app.clock.now()),
    });
    staff::Entity::insert_many(people).exec_without_returning(&app.db).await.expect("staff");
}
