//! A city made up by arithmetic: the same places and the same calls every time.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use api::domain::address::{Address, Writing};
use chrono::{Days, NaiveDate};
use entity::{
    address_alias,
    id::{AddressAliasId, PropertyId},
    property::{self, ResidentialOccupancy, UseType},
};
use sea_orm::{ActiveModelTrait as _, EntityTrait, IntoActiveModel};
use tests::Jfn;

/// Places of the city.
pub const PLACES: u64 = 200_000;
/// Days over which the calls are spread; the last of them is `LAST`.
const DAYS: u64 = 1_095;
/// The last day of the log; the tests' clock stands on the day after.
pub const LAST: NaiveDate = NaiveDate::from_ymd_opt(2026, 11, 19).expect("a day of the calendar");

const STREETS: [&str; 40] = [
    "ALDER", "BAY", "BIRCH", "BLUFF", "BROOK", "CEDAR", "CHERRY", "CLAY", "CYPRESS", "DALE", "ELM", "FERN",
    "FIR", "FOREST", "GARDEN", "GLEN", "HAZEL", "HILL", "HOLLY", "IRIS", "IVY", "JUNIPER", "LAUREL", "LILAC",
    "LINDEN", "MAPLE", "MARSH", "MEADOW", "MYRTLE", "OAK", "OLIVE", "PEAR", "PINE", "POPLAR", "QUARRY",
    "ROSE", "SAGE", "SPRUCE", "WALNUT", "WILLOW",
];
const SUFFIXES: [&str; 5] = ["ST", "AVE", "DR", "WAY", "RD"];

/// Of a hundred calls: what they are about.
const TYPES: [(&str, u64); 22] = [
    ("TRAFFIC STOP", 14),
    ("PUBLIC ASSIST", 10),
    ("SUSPICIOUS", 9),
    ("DISORDERLY", 9),
    ("NOISE PARTY", 6),
    ("NOISE OTHER", 3),
    ("WELFARE CHECK", 6),
    ("MEDICAL", 5),
    ("THEFT", 5),
    ("TRESPASSING", 5),
    ("9-1-1 ABANDON", 4),
    ("ALARM AUDIBLE", 4),
    ("COLL NON INJ", 4),
    ("DOMESTIC VIOL", 3),
    ("PARKING PROBLEM", 3),
    ("ASSAULT", 2),
    ("VANDALISM", 2),
    ("CONTROLLED NARC", 2),
    ("MENTAL SUBJ", 1),
    ("BURG RES", 1),
    ("GOAT ON ROOF", 1),
    ("WARRANT", 1),
];

/// Numbers that look random and are not.
pub struct Numbers(u64);

impl Numbers {
    pub fn from(seed: u64) -> Self {
        Self(seed)
    }

    /// One below `most`.
    pub fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % most
    }

    /// A place: few have most of the calls, as everywhere. The busiest has some four a day, half have hardly one a year.
    fn place(&mut self) -> u64 {
        let drawn = self.below(1 << 20);
        (((drawn * drawn) >> 20) * PLACES) >> 20
    }
}

/// The address of the place with that number.
fn address(place: u64) -> String {
    let (street, suffix) = (STREETS[(place % 40) as usize], SUFFIXES[(place / 40 % 5) as usize]);
    format!("{} {street} {suffix}", 100 + place / 200 * 2)
}

// Among the busy places shops, bars and motels are many; of all places nine in ten are homes.
fn use_type(place: u64) -> UseType {
    use UseType as U;
    let drawn = Numbers::from(place).below(1_000);
    let business = if place < 4_000 { 600 } else { 100 };
    if drawn >= business {
        return if drawn.is_multiple_of(8) { U::MultiFamily } else { U::SingleFamily };
    }
    [
        U::Bar,
        U::Motel,
        U::LiquorStore,
        U::Retail,
        U::Retail,
        U::Restaurant,
        U::Office,
        U::VacantLot,
        U::Park,
        U::Other,
    ][(drawn % 10) as usize]
}

/// Puts the places where an import of parcels would.
pub async fn places(jfn: &Jfn) {
    some_places(jfn, PLACES).await;
}

/// The same for so many of the places.
pub async fn some_places(jfn: &Jfn, count: u64) {
    let districts = jfn.app.city.districts();
    for some in (0..count).collect::<Vec<_>>().chunks(2_000) {
        let (mut places, mut aliases) = (Vec::new(), Vec::new());
        for &number in some {
            let read = Address::parse(&address(number), &Writing::default());
            let (id, now) = (PropertyId::generate(), jfn.app.clock.now());
            let use_type = use_type(number);
            let units = (use_type == UseType::Motel).then(|| 20 + (number % 100) as i32);
            let place = property::Model {
                id,
                version: 1,
                apn: None,
                address: read.text(),
                latitude: None,
                longitude: None,
                district_id: Some(districts[(number % districts.len() as u64) as usize].id),
                district_override_reason: None,
                use_type,
                residential_occupancy: ResidentialOccupancy::None,
                unit_count: units,
                created_at: now,
                updated_at: now,
            };
            places.push(place.into_active_model().reset_all());
            let alias = address_alias::Model {
                id: AddressAliasId::generate(),
                property_id: id,
                address: read.text(),
                key: read.key(),
                is_situs: true,
                created_at: now,
            };
            aliases.push(alias.into_active_model().reset_all());
        }
        property::Entity::insert_many(places).exec_without_returning(&jfn.app.db).await.expect("places");
        address_alias::Entity::insert_many(aliases)
            .exec_without_returning(&jfn.app.db)
            .await
            .expect("aliases");
    }
}

/// Writes so many calls as the log of the demo city's police, oldest first.
pub fn log(path: &Path, calls: u64) {
    let first = LAST - Days::new(DAYS - 1);
    let mut file = log_file(path);
    let mut numbers = Numbers::from(1);
    for number in 0..calls {
        line(&mut file, number, first + Days::new(number * DAYS / calls), &mut numbers);
    }
    file.flush().expect("the disk takes it");
}

/// Writes so many calls of one day, none of which the log has.
pub fn day(path: &Path, calls: u64) {
    let mut file = log_file(path);
    let mut numbers = Numbers::from(2);
    for number in 0..calls {
        line(&mut file, 900_000_000 + number, LAST, &mut numbers);
    }
    file.flush().expect("the disk takes it");
}

fn log_file(path: &Path) -> BufWriter<File> {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    writeln!(file, "case_number,date,received,dispatched,arrived,type,address,clearance_code")
        .expect("the disk takes it");
    file
}

fn line(file: &mut impl std::io::Write, number: u64, day: NaiveDate, numbers: &mut Numbers) {
    let (date, minute) = (day.format("%m/%d/%y"), numbers.below(1_440));
    let clock = |minute: u64| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
    let (received, dispatched, arrived) = (clock(minute), clock(minute + 5), clock(minute + 15));
    let mut drawn = numbers.below(100);
    let told = TYPES.iter().find(|(_, share)| {
        let here = drawn < *share;
        drawn = drawn.saturating_sub(*share);
        here
    });
    let told = told.map_or("NOISE PARTY", |(told, _)| told);
    let place = numbers.place();
    let at = match numbers.below(20) {
        0..12 => address(place),
        12 => format!("{} # {}", address(place), 1 + numbers.below(40)),
        13..17 => format!("{} BLK {}", 100 + place / 20_000 * 100, STREETS[(place % 40) as usize]),
        17..19 => format!("{} & {}", STREETS[(place % 40) as usize], STREETS[(place / 7 % 40) as usize]),
        _ => format!("{} HARBOR BLVD", 10_000 + numbers.below(5_000)),
    };
    let outcome = [
        "No Report",
        "No Report",
        "Report to Follow",
        "Call Cancelled",
        "Unfounded",
        "No Report",
        "Arrest Made",
    ][numbers.below(7) as usize];
    writeln!(file, "{number:010},{date},{received},{dispatched},{arrived},{told},{at},{outcome}")
        .expect("the disk takes it");
}
