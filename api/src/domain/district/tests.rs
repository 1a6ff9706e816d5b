//! Points find the district that their sources tell.

use geo::{MultiPolygon, Polygon, polygon};

use super::{is_point, of_point};

const WARDS: &str = include_str!("../../../../tests/data/stlouis-wards.geojson");
const CALLS: &str = include_str!("../../../../tests/data/stlouis-calls-locations-with-ward.csv");

fn wards() -> Vec<(i64, MultiPolygon<f64>)> {
    let collection: geojson::FeatureCollection = WARDS.parse().unwrap();
    let ward = |feature: geojson::Feature| {
        let number = feature.property("WARD").unwrap().as_i64().unwrap();
        let outline: geo::Geometry<f64> = feature.geometry.unwrap().value.try_into().unwrap();
        let outline = match outline {
            geo::Geometry::Polygon(polygon) => MultiPolygon::new(vec![polygon]),
            geo::Geometry::MultiPolygon(polygons) => polygons,
            other => unreachable!("a ward is no area: {other:?}"),
        };
        (number, outline)
    };
    collection.features.into_iter().map(ward).collect()
}

fn rows(text: &str) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect()
}

#[test]
fn every_call_of_st_louis_lies_in_the_ward_that_its_geocoder_told() {
    let wards = wards();
    assert_eq!(wards.len(), 28);
    let rows = rows(CALLS);
    assert_eq!(rows.len(), 57);
    let mut outside = Vec::new();
    for row in &rows {
        let (latitude, longitude) = (row[1].parse().unwrap(), row[2].parse().unwrap());
        let found = of_point(wards.iter().map(|(number, outline)| (*number, outline)), latitude, longitude);
        match row[3].strip_prefix("Ward ") {
            Some(told) => assert_eq!(found, Some(told.parse().unwrap()), "{}", &row[0]),
            None => outside.push((row[0].to_owned(), found)),
        }
    }
    assert_eq!(outside, [("POPLAR ST BRIDGE".to_owned(), None)]);
}

#[test]
fn a_hole_is_outside_and_a_common_border_belongs_to_the_first() {
    let square =
        |from: f64, to: f64| polygon![(x: from, y: 0.), (x: to, y: 0.), (x: to, y: 4.), (x: from, y: 4.)];
    let hole = square(1., 3.).exterior().clone();
    let first = MultiPolygon::new(vec![Polygon::new(square(0., 4.).exterior().clone(), vec![hole])]);
    let second = MultiPolygon::new(vec![square(4., 8.), square(9., 10.)]);
    let at = |latitude, longitude| of_point([(1, &first), (2, &second)], latitude, longitude);
    assert_eq!(at(2., 0.5), Some(1));
    assert_eq!(at(2., 2.), None);
    assert_eq!(at(2., 4.), Some(1));
    assert_eq!(at(2., 9.5), Some(2));
    assert_eq!(at(2., 8.5), None);
}

#[test]
fn what_is_not_degrees_is_no_point() {
    assert!(is_point(38.58, -121.49));
    assert!(!is_point(-121.49, 38.58));
    assert!(!is_point(f64::NAN, 0.));
}
