//! The address module on whole logs: how exact each row is, held against marks that anyone can see in it.
//!
//! What is expected is told from the row by a few plain marks (a masked digit, `BLOCK OF`, `&`, a number in front); the
//! rows that are read otherwise are listed one by one, having been looked at by hand.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::Read,
};

use api::domain::address::{Address, Writing};
use entity::call::AddressPrecision as Precision;
use tests::files::data;

type Row = HashMap<String, String>;

fn rows_of(name: &str) -> Vec<Row> {
    let bytes = std::fs::read(data(name)).expect("the file");
    let mut text = String::new();
    if name.ends_with("gz") {
        flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("whole gzip");
    } else {
        text = String::from_utf8(bytes).expect("UTF-8");
    }
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.expect("a whole row")).collect()
}

fn joined<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let told = parts.into_iter().map(str::trim).filter(|part| !part.is_empty());
    told.collect::<Vec<_>>().join(" ")
}

/// How exact a row is, as far as this test tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    House,
    Block,
    Corner,
    Place,
    Nothing,
}

fn seen_by_us(precision: Precision) -> Seen {
    match precision {
        Precision::Address | Precision::Unit => Seen::House,
        Precision::Block => Seen::Block,
        Precision::Intersection => Seen::Corner,
        Precision::Place => Seen::Place,
        Precision::Redacted | Precision::Unparsed => Seen::Nothing,
    }
}

/// Addresses as their log writes them, how often each comes, and how exact its marks say it is.
type Told = BTreeMap<String, (usize, Seen)>;

fn told(rows: &[Row], address: impl Fn(&Row) -> String, seen: impl Fn(&str) -> Seen) -> Told {
    let mut told = Told::new();
    for row in rows {
        let raw = address(row);
        let seen = seen(&raw);
        told.entry(raw).or_insert((0, seen)).0 += 1;
    }
    told
}

const BLOCKS: Writing =
    Writing { direction_follows_street: false, place_after_semicolon: false, block_level: true };

/// The rows of each exactness, and the addresses that are not what their marks say.
struct Judged {
    rows: BTreeMap<Seen, usize>,
    counting: usize,
    otherwise: Vec<(String, Seen)>,
}

fn judge(name: &str, told: &Told, writing: Writing) -> Judged {
    let mut judged = Judged { rows: BTreeMap::new(), counting: 0, otherwise: Vec::new() };
    for (raw, (times, marked)) in told {
        let address = Address::parse(raw, &writing);
        let seen = seen_by_us(address.precision);
        *judged.rows.entry(seen).or_default() += times;
        judged.counting += if address.is_exact() { *times } else { 0 };
        if seen != *marked {
            judged.otherwise.push((raw.clone(), seen));
        }
    }
    let all: usize = judged.rows.values().sum();
    println!("{name}: {all} rows, {:?}, {} exact", judged.rows, judged.counting);
    judged
}

/// No row of a log that hides house numbers may ever count towards a place.
fn expect_blocks(name: &str, told: &Told, rows: &[(Seen, usize)], otherwise: &[(&str, Seen)]) {
    let judged = judge(name, told, BLOCKS);
    assert_eq!(judged.counting, 0, "{name}");
    assert_eq!(judged.rows, rows.iter().copied().collect(), "{name}");
    let found: Vec<(&str, Seen)> = judged.otherwise.iter().map(|(raw, seen)| (raw.as_str(), *seen)).collect();
    assert_eq!(found, otherwise, "{name}: not what their marks say");
}

use Seen::{Block, Corner, House, Nothing, Place};

fn masked(raw: &str) -> Seen {
    let first = raw.split(' ').next().unwrap_or_default();
    if first.ends_with('X') {
        Block
    } else if raw.contains('/') {
        Corner
    } else {
        Place
    }
}

#[test]
fn seattle_and_st_louis_mask_the_digits_of_their_blocks() {
    let seattle = told(
        &rows_of("seattle-police-911-2016-03-25.csv"),
        |row| row["Hundred Block Location"].clone(),
        masked,
    );
    expect_blocks("Seattle", &seattle, &[(Block, 495), (Corner, 211)], &[]);
    let st_louis = told(&rows_of("stlouis-calls-2021-01-28.csv"), |row| row["location"].clone(), masked);
    expect_blocks("St. Louis", &st_louis, &[(Block, 41), (Corner, 15)], &[]);
    for (raw, text) in [
        ("92XX BLOCK OF RAINIER AV S", "9200 BLOCK RAINIER AVE S"),
        ("S KING ST / 8 AV S", "8TH AVE S & S KING ST"),
        ("21XX BLOCK OF N 55 ST", "2100 BLOCK N 55TH ST"),
        ("E GREEN LAKE WY N / NE RAVENNA BV", "E GREEN LAKE WAY N & NE RAVENNA BLVD"),
        ("44XX LABADIE AVE", "4400 BLOCK LABADIE AVE"),
        ("MARCUS AVE / DR MARTIN LUTHER KING DR", "DR MARTIN LUTHER KING DR & MARCUS AVE"),
    ] {
        assert_eq!(Address::parse(raw, &BLOCKS).text(), text);
    }
}

#[test]
fn san_diego_splits_an_address_into_seven_columns() {
    fn address(row: &Row) -> String {
        let number = row["address_number_primary"].as_str();
        let first =
            ["address_dir_primary", "address_road_primary", "address_sfx_primary"].map(|c| row[c].as_str());
        let crossing = ["address_dir_intersecting", "address_road_intersecting", "address_sfx_intersecting"];
        let first = joined([if number == "0" { "" } else { number }].into_iter().chain(first));
        let crossing = joined(crossing.map(|column| row[column].as_str()));
        if crossing.is_empty() { first } else { format!("{first} & {crossing}") }
    }
    fn seen(raw: &str) -> Seen {
        match raw.as_bytes() {
            [] => Nothing,
            _ if raw.contains('&') => Corner,
            [first, ..]
                if first.is_ascii_digit()
                    && raw.split(' ').next().is_some_and(|n| n.len() > 1 && n.ends_with('0')) =>
            {
                Block
            }
            _ => Place,
        }
    }
    let rows = rows_of("san-diego-pd-calls-2023_snapshot-1.csv.gz");
    let told = told(&rows, address, seen);
    let judged = judge("San Diego", &told, BLOCKS);
    // The publisher's own columns say it: 4,671 rows have no number, of which 4,333 name an intersecting street.
    assert_eq!(rows.iter().filter(|row| row["address_number_primary"] != "0").count(), 21_924);
    assert_eq!(judged.rows, BTreeMap::from([(Block, 21_924), (Corner, 4_332), (Place, 311), (Nothing, 28)]));
    assert_eq!(judged.counting, 0);
    // Patrol units, a licence plate, a lone 5900, and a corner of one street with itself.
    let codes = judged.otherwise.iter().filter(|(_, seen)| *seen == Nothing).count();
    let places: Vec<&str> =
        judged.otherwise.iter().filter(|(_, seen)| *seen == Place).map(|(raw, _)| raw.as_str()).collect();
    assert_eq!((codes, places), (22, vec!["DEAD END & DEAD END"]));
    assert_eq!(judged.otherwise.len(), 23, "{:?}", judged.otherwise);
}

#[test]
fn charlottesville_names_freeways_and_corners_where_streets_stand() {
    let rows = rows_of("charlottesville-calls-2013-07_2016-12_localtime.csv.gz");
    let address = |row: &Row| joined([row["BlockNumber"].as_str(), row["StreetName"].as_str()]);
    let seen = |raw: &str| match raw.split_once(' ') {
        _ if raw.is_empty() => Nothing,
        _ if raw.contains(['&', '/']) && !raw.contains("1/2") || raw.contains(" AND ") => Corner,
        Some((number, _)) if number.bytes().all(|b| b.is_ascii_digit()) => Block,
        _ => Place,
    };
    let rows_expected = [(Block, 21_953), (Corner, 11), (Place, 183), (Nothing, 2)];
    // A mile marker, a block without a street, and streets whose name is the number.
    let otherwise = [
        ("100 MM 101 WEST", Place),
        ("400", Nothing),
        ("500 ST SW", Place),
        ("600 ST SW", Place),
        ("7 1/2 ST SW", Place),
    ];
    expect_blocks("Charlottesville", &told(&rows, address, seen), &rows_expected, &otherwise);
}

#[test]
fn dallas_leaves_the_block_blank_at_corners() {
    let rows = rows_of("socrata-dallas-active-calls-2018-01-09.csv");
    let blocks = rows.iter().filter(|row| !row["block"].is_empty()).count();
    let address = |row: &Row| joined([row["block"].as_str(), row["location"].as_str()]);
    let seen = |raw: &str| if raw.contains('/') { Corner } else { Block };
    let otherwise = [("10600 N Stemmons Serv Nb", Place)];
    assert_eq!(blocks, 52);
    expect_blocks(
        "Dallas",
        &told(&rows, address, seen),
        &[(Block, 51), (Corner, 11), (Place, 1)],
        &otherwise,
    );
}

#[test]
fn san_luis_obispo_writes_the_direction_last_and_places_behind_semicolons() {
    const LOG: Writing =
        Writing { direction_follows_street: true, place_after_semicolon: true, block_level: false };
    fn seen(raw: &str) -> Seen {
        let street = raw.split(';').next().unwrap_or_default().trim();
        let number = street.split(' ').next().unwrap_or_default();
        if street.is_empty() || street == "REDACTED" {
            Nothing
        } else if street.contains('&') || street.contains(" AND ") {
            Corner
        } else if street.contains(" BLK ") {
            Block
        } else if number.bytes().all(|b| b.is_ascii_digit()) {
            House
        } else {
            Place
        }
    }
    let rows = rows_of("slo-police-calls-2021-09_2021-12.csv.gz");
    let told = told(&rows, |row| row["address"].clone(), seen);
    let judged = judge("San Luis Obispo", &told, LOG);
    assert_eq!(
        judged.rows,
        BTreeMap::from([(House, 6_381), (Block, 158), (Corner, 1_199), (Place, 382), (Nothing, 2_220)])
    );
    let found: Vec<(&str, Seen)> = judged.otherwise.iter().map(|(raw, seen)| (raw.as_str(), *seen)).collect();
    // Freeways whatever number stands before them, tracks, stops named by a corner, and a street crossing itself.
    let otherwise = [
        "101N BTWN MADONNA AND MARSH;",
        "2566 HWY 101 SB;",
        "2599 HWY 101 SB;",
        "2763 HWY 101 SB;",
        "2818 HWY 101 NB;",
        "2866 HWY 101 SB;",
        "3 101SOFF MADONNA;",
        "RR TRACKS AT END OF TORO AND LEFF;",
        "RTA GOVERNMENT CENTER PALM AND OSOS;",
        "TRANSIT CENTER PALM AND OSOS;",
        "TWIN RIDGE & TWIN RIDGE;",
    ];
    assert_eq!(found, otherwise.map(|raw| (raw, Place)));
    // Houses near which something was, and not at them: `AREA OF`, `ACROSS FROM`.
    let near = |raw: &str| {
        ["AREA", "FROM", "NEAR", "BEHIND", "BHND", "NEXT TO", "X STREET"]
            .iter()
            .any(|word| raw.contains(word))
    };
    let houses = told.iter().filter(|(raw, _)| seen(raw) == House && near(raw));
    let near: usize = houses.map(|(_, (times, _))| times).sum();
    assert_eq!(judged.counting, 6_381 - near);
    for (raw, precision, text) in [
        ("692 MARSH; 711;", Precision::Address, "692 MARSH"),
        ("3433 HIGUERA S", Precision::Address, "3433 S HIGUERA"),
        ("77 CASA # 201; CHC;", Precision::Unit, "77 CASA"),
        ("355 CHORRO N # A;", Precision::Unit, "355 N CHORRO"),
        ("1000 BLK PACIFIC", Precision::Block, "1000 BLOCK PACIFIC"),
        ("LOVR & HIGUERA S; GRID H-17;", Precision::Intersection, "LOVR & S HIGUERA"),
        ("101NOFF MADONNA", Precision::Place, "101NOFF MADONNA"),
        ("DOWNTOWN;", Precision::Place, "DOWNTOWN"),
        ("1299 BRIARWOOD; 216; LAS BRISAS;", Precision::Address, "1299 BRIARWOOD"),
    ] {
        let address = Address::parse(raw, &LOG);
        assert_eq!((address.precision, address.text()), (precision, text.to_owned()), "{raw}");
    }
}

/// The rule of the expected `intersections-folded` figures: spaces folded, the parts around `&` in order.
fn folded(raw: &str) -> String {
    let text = joined(raw.to_uppercase().split(' '));
    let mut parts: Vec<&str> = text.split('&').map(str::trim).collect();
    parts.sort_unstable();
    parts.join(" & ")
}

#[test]
fn a_corner_of_montgomery_has_one_key_in_both_orders() {
    let rows = rows_of("montgomery-911-2015-12_2016-06.csv.gz");
    let seen = |raw: &str| match raw {
        "" | "NO LOCATION - NEIGHBORING COUNTY" => Nothing,
        corner if corner.contains('&') => Corner,
        _ => Place,
    };
    let told = told(&rows, |row| row["addr"].trim().to_owned(), seen);
    let judged = judge("Montgomery", &told, Writing::default());
    assert_eq!(judged.rows, BTreeMap::from([(Corner, 73_218), (Place, 4_491), (Nothing, 568)]));
    assert_eq!(judged.counting, 0, "cross streets are nobody's premises");
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut folds: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for raw in told.keys().filter(|raw| !raw.is_empty()) {
        let (key, fold) = (Address::parse(raw, &Writing::default()).key(), folded(raw));
        folds.entry(fold.clone()).or_default().insert(key.clone());
        keys.entry(key).or_default().insert(fold);
    }
    // As many corners as the expected figures have, each with one key of ours.
    assert_eq!(folds.len(), 16_456);
    assert!(folds.values().all(|keys| keys.len() == 1));
    // Where we join what the figures keep apart: codes that name no place, a street and its corner with itself, and one
    // corner written with MT and MOUNT.
    let joined: Vec<(&String, &BTreeSet<String>)> =
        keys.iter().filter(|(_, folds)| folds.len() > 1).collect();
    let with_itself = |key: &str, folds: &BTreeSet<String>| {
        *folds == BTreeSet::from([key.to_owned(), format!("{key} & {key}")])
    };
    let (itself, others): (Vec<_>, Vec<_>) =
        joined.into_iter().partition(|(key, folds)| with_itself(key, folds));
    assert_eq!(itself.len(), 12);
    assert_eq!(
        others.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
        ["", "HANOVER ST & MT ZION AVE"]
    );
    assert_eq!(keys[""].len(), 7, "the codes, and the words for no location");
}
