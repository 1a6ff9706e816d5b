//! The city's preset in the database: by key, again and again, and nothing is deleted.

use api::{
    app::App,
    authz::Viewer,
    city::City,
    preset::Preset,
    writes::{self, presets},
};
use entity::{call::CallCategory, call_type_mapping, district, feed, nuisance_rule};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use tests::{Jfn, story};

async fn rules(app: &App) -> Vec<nuisance_rule::Model> {
    let rules = nuisance_rule::Entity::find().order_by_asc(nuisance_rule::Column::Key);
    rules.order_by_asc(nuisance_rule::Column::Version).all(&app.db).await.expect("rules")
}

async fn mappings(app: &App) -> Vec<call_type_mapping::Model> {
    let mappings = call_type_mapping::Entity::find().order_by_asc(call_type_mapping::Column::Id);
    mappings.all(&app.db).await.expect("mappings")
}

/// The same server started again with another preset.
fn with(jfn: &Jfn, preset: Preset) -> App {
    App::new(jfn.app.db.clone(), City::new(preset), jfn.clock.clone())
}

story! {
    async fn a_preset_that_was_taken_before_changes_nothing(jfn) {
        let before = (rules(&jfn.app).await, mappings(&jfn.app).await);
        assert!(!before.0.is_empty() && before.0.iter().all(|rule| rule.version == 1));
        jfn.wait(chrono::TimeDelta::hours(1));
        let districts = presets::load(&jfn.app).await.expect("it loads");
        assert_eq!(districts.iter().map(|district| district.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(districts, jfn.app.city.districts());
        assert_eq!((rules(&jfn.app).await, mappings(&jfn.app).await), before);
    }
}

story! {
    async fn two_servers_that_start_at_once_take_it_once(jfn) {
        let mut preset = (*jfn.app.city).clone().preset;
        for rule in &mut preset.nuisance_rules {
            rule.label.push_str(", as amended");
        }
        let (one, two) = (with(jfn, preset.clone()), with(jfn, preset));
        let (one, two) = tokio::join!(presets::load(&one), presets::load(&two));
        assert_eq!(one.expect("it loads"), two.expect("it loads"));
        assert!(rules(&jfn.app).await.iter().all(|rule| rule.version <= 2));
    }
}

story! {
    async fn a_changed_rule_becomes_a_new_version_and_the_old_one_stays(jfn) {
        let before = rules(&jfn.app).await;
        let mut preset = (*jfn.app.city).clone().preset;
        let changed = preset.nuisance_rules[0].key.clone();
        preset.nuisance_rules[0].threshold += 1.0;
        let gone = preset.nuisance_rules.pop().expect("a rule");
        preset.districts[0].name = "Another name".to_owned();
        presets::load(&with(jfn, preset)).await.expect("it loads");
        let after = rules(&jfn.app).await;
        assert_eq!(after.len(), before.len() + 1);
        assert!(before.iter().all(|rule| after.contains(rule)), "no version was touched, no rule is gone");
        let versions: Vec<_> = after.iter().filter(|rule| rule.key == changed).collect();
        assert_eq!(versions.iter().map(|rule| rule.version).collect::<Vec<_>>(), [1, 2]);
        assert!((versions[1].threshold - versions[0].threshold - 1.0).abs() < 1e-9);
        assert!(after.iter().any(|rule| rule.key == gone.key));
        let first = district::Entity::find().order_by_asc(district::Column::Number).one(&jfn.app.db).await;
        let first = first.expect("districts").expect("a district");
        assert_eq!((first.name.as_str(), first.id), ("Another name", jfn.app.city.districts()[0].id));
    }
}

story! {
    async fn what_a_person_mapped_stands_and_what_nobody_touched_follows_the_preset(jfn) {
        let feed = feed::Entity::find().filter(feed::Column::Key.eq("demo-police")).one(&jfn.app.db).await;
        let feed = feed.expect("feeds").expect("the feed").id;
        let mapping = async |description: &str| {
            let found = call_type_mapping::Entity::find()
                .filter(call_type_mapping::Column::FeedId.eq(feed))
                .filter(call_type_mapping::Column::Description.eq(description));
            found.one(&jfn.app.db).await.expect("mappings").expect("the mapping")
        };
        let mut sergeant = Viewer::server();
        let staff = entity::staff::Entity::find().one(&jfn.app.db).await.expect("staff").expect("a person");
        sergeant.actor = api::authz::Actor::Staff(staff.id);
        let mapped = jfn.app.write(&sergeant, "test", api::authz::Action::RunFeeds, async |tx| {
            writes::call_types::map(tx, feed, "NOISE PARTY", CallCategory::Disturbance).await
        });
        mapped.await.expect("it is mapped");
        let mut preset = (*jfn.app.city).clone().preset;
        let stated = preset.feeds.iter_mut().find(|feed| feed.key == "demo-police").expect("the feed");
        stated.call_types.insert("NOISE PARTY".to_owned(), CallCategory::Noise);
        stated.call_types.insert("SUSPICIOUS".to_owned(), CallCategory::Welfare);
        stated.call_types.remove("THEFT");
        presets::load(&with(jfn, preset)).await.expect("it loads");
        assert_eq!(mapping("NOISE PARTY").await.category, CallCategory::Disturbance);
        assert_eq!(mapping("SUSPICIOUS").await.category, CallCategory::Welfare);
        assert_eq!(mapping("THEFT").await.category, CallCategory::Theft);
    }
}
