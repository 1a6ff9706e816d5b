//! Council districts and where they lie.

use std::collections::{BTreeMap, BTreeSet};

use geo::MultiPolygon;
use geojson::{Feature, FeatureCollection, Value};
use serde::Deserialize;
use toml::Spanned;

use super::{
    document::{Document, some, words},
    error::PresetError,
};
use crate::domain::district;

/// A council district.
#[derive(Clone, Debug)]
pub struct District {
    /// The number people use.
    pub number: i32,
    pub name: String,
    /// Longitude and latitude, WGS84 degrees.
    pub boundary: MultiPolygon<f64>,
    /// The same as an RFC 7946 geometry.
    pub boundary_geojson: String,
}

/// Where the boundaries come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boundaries {
    #[serde(deserialize_with = "words")]
    pub attribution: String,
    /// What one has to know before relying on them.
    pub note: Option<String>,
    /// The member of each feature's properties that holds the district's number.
    #[serde(deserialize_with = "words")]
    pub number_property: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DistrictsToml {
    boundaries: Boundaries,
    #[serde(rename = "district", deserialize_with = "some")]
    districts: Vec<DistrictToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DistrictToml {
    number: Spanned<i32>,
    #[serde(deserialize_with = "words")]
    name: String,
}

pub(super) fn read(
    document: Document<'_>,
    shapes: Document<'_>,
) -> Result<(Vec<District>, Boundaries), PresetError> {
    let listed: DistrictsToml = document.parse()?;
    let mut outlines = outlines(shapes, &listed.boundaries.number_property)?;
    let mut numbers = BTreeSet::new();
    let mut districts = Vec::with_capacity(listed.districts.len());
    for district in listed.districts {
        document.unique(&mut numbers, &district.number, "the district")?;
        let number = *district.number.get_ref();
        let Some((boundary, boundary_geojson)) = outlines.remove(&number) else {
            let reason = format!("district {number} has no polygon in {}", shapes.name);
            return Err(document.wrong(&district.number, reason));
        };
        districts.push(District { number, name: district.name, boundary, boundary_geojson });
    }
    if let Some(number) = outlines.keys().next() {
        let reason = format!("district {number} is not listed in {}", document.name);
        return Err(shapes.fault(line_of_number(shapes, *number), reason));
    }
    districts.sort_by_key(|district| district.number);
    Ok((districts, listed.boundaries))
}

pub(super) fn at(districts: &[District], latitude: f64, longitude: f64) -> Option<i32> {
    let outlines = districts.iter().map(|district| (district.number, &district.boundary));
    district::of_point(outlines, latitude, longitude)
}

type Outlines = BTreeMap<i32, (MultiPolygon<f64>, String)>;

fn outlines(shapes: Document<'_>, number_property: &str) -> Result<Outlines, PresetError> {
    let collection = shapes.text.parse::<FeatureCollection>().map_err(|error| match &error {
        geojson::Error::MalformedJson(json) => shapes.fault(json.line().max(1), json.to_string()),
        other => shapes.fault(1, other.to_string()),
    })?;
    let mut outlines = Outlines::new();
    for feature in collection.features {
        let number = feature
            .property(number_property)
            .and_then(serde_json::Value::as_i64)
            .and_then(|number| i32::try_from(number).ok());
        let Some(number) = number else {
            let reason = format!("a feature has no whole number in `{number_property}`");
            return Err(shapes.fault(1, reason));
        };
        let wrong = |reason: &str| {
            let reason = format!("district {number}: {reason}");
            shapes.fault(line_of_number(shapes, number), reason)
        };
        let outline = outline(feature).map_err(wrong)?;
        if outlines.insert(number, outline).is_some() {
            return Err(wrong("has two features; join them to one multipolygon"));
        }
    }
    Ok(outlines)
}

fn outline(feature: Feature) -> Result<(MultiPolygon<f64>, String), &'static str> {
    let geometry = feature.geometry.ok_or("has no geometry")?;
    let text = geometry.to_string();
    let rings = match &geometry.value {
        Value::Polygon(rings) => rings.len(),
        Value::MultiPolygon(polygons) => polygons.iter().map(Vec::len).sum(),
        _ => return Err("is neither a Polygon nor a MultiPolygon"),
    };
    let polygons: geo::Geometry<f64> =
        geometry.value.try_into().map_err(|_| "has a geometry that cannot be read")?;
    let boundary = match polygons {
        geo::Geometry::Polygon(polygon) => MultiPolygon::new(vec![polygon]),
        geo::Geometry::MultiPolygon(polygons) => polygons,
        _ => return Err("is neither a Polygon nor a MultiPolygon"),
    };
    if rings == 0 || boundary.iter().any(|polygon| polygon.exterior().0.len() < 4) {
        return Err("has an outline of fewer than four points");
    }
    let degrees =
        |point: &geo::Coord<f64>| (-180.0..=180.0).contains(&point.x) && (-90.0..=90.0).contains(&point.y);
    if !boundary.iter().all(|polygon| polygon.exterior().0.iter().all(degrees)) {
        return Err("has a point that is not longitude and latitude in degrees, in this order");
    }
    Ok((boundary, text))
}

/// The first line that can be about the district; the parser does not keep its lines.
fn line_of_number(shapes: Document<'_>, number: i32) -> usize {
    let about = |line: &str| {
        let line: String = line.chars().filter(|c| !c.is_whitespace()).collect();
        let member = format!("\":{number}");
        line.match_indices(&member)
            .any(|(at, _)| !line[at + member.len()..].starts_with(|c: char| c.is_ascii_digit()))
    };
    1 + shapes.text.lines().position(about).unwrap_or(0)
}
