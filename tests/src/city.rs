//! The people and places a test starts with.

use api::{
    app::App,
    authn,
    domain::address::{Address, Writing},
};
use entity::{
    address_alias,
    id::{AddressAliasId, PropertyId, StaffId, TeamSeatId},
    property::{self, ResidentialOccupancy, UseType},
    staff::{self, StaffRole},
    team_seat,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use tokio::sync::OnceCell;

pub const PASSWORD: &str = "a long enough password";

/// Hashing is slow on purpose, so one hash serves all.
static HASH: OnceCell<String> = OnceCell::const_new();

/// Three people for each district, and one of every citywide role.
pub async fn staff(app: &App) {
    let hash =
        HASH.get_or_init(|| async { authn::hash_password(PASSWORD.to_owned()).await.expect("a hash") }).await;
    let mut people = Vec::new();
    let mut seats = Vec::new();
    for district in app.city.districts() {
        for (role, name) in [
            (StaffRole::Attorney, "attorney"),
            (StaffRole::Sergeant, "sergeant"),
            (StaffRole::CodeOfficer, "code"),
        ] {
            let person = person(app, role, &format!("{name}{}", district.number), hash);
            seats.push(team_seat::ActiveModel {
                id: Set(TeamSeatId::generate()),
                district_id: Set(district.id),
                role: Set(role),
                staff_id: person.id.clone(),
                from_on: Set(app.today() - chrono::Days::new(400)),
                to_on: Set(None),
            });
            people.push(person);
        }
    }
    people.push(person(app, StaffRole::CityAttorney, "cityattorney", hash));
    people.push(person(app, StaffRole::Commissioner, "commissioner", hash));
    people.push(person(app, StaffRole::Administrator, "administrator", hash));
    staff::Entity::insert_many(people).exec_without_returning(&app.db).await.expect("staff");
    team_seat::Entity::insert_many(seats).exec_without_returning(&app.db).await.expect("seats");
}

fn person(app: &App, role: StaffRole, name: &str, hash: &str) -> staff::ActiveModel {
    staff::ActiveModel {
        id: Set(StaffId::generate()),
        name: Set(format!("Person {name}")),
        email: Set(format!("{name}@jfn.example")),
        role: Set(role),
        active: Set(true),
        password_hash: Set(Some(hash.to_owned())),
        created_at: Set(app.clock.now()),
    }
}

/// A place with its address as only alias, and without a point.
pub async fn place(app: &App, address: &str, district: i32) -> String {
    let read = Address::parse(address, &Writing::default());
    let district = app.city.district_numbered(district).expect("a district of the city").id;
    let place = property::ActiveModel {
        id: Set(PropertyId::generate()),
        version: Set(1),
        apn: Set(None),
        address: Set(read.text()),
        latitude: Set(None),
        longitude: Set(None),
        district_id: Set(Some(district)),
        district_override_reason: Set(Some("a test says so".to_owned())),
        use_type: Set(UseType::Bar),
        residential_occupancy: Set(ResidentialOccupancy::None),
        unit_count: Set(None),
        created_at: Set(app.clock.now()),
        updated_at: Set(app.clock.now()),
    }
    .insert(&app.db)
    .await
    .expect("a place");
    address_alias::ActiveModel {
        id: Set(AddressAliasId::generate()),
        property_id: Set(place.id),
        address: Set(read.text()),
        key: Set(read.key()),
        is_situs: Set(true),
        created_at: Set(app.clock.now()),
    }
    .insert(&app.db)
    .await
    .expect("an alias");
    place.id.to_string()
}
