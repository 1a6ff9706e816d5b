//! NENA EIDO (STA-021) incidents as the columns of a row.
//!
//! Unverified against a live system: names are as public readings of STA-021.1a-2022 have them. Where those disagree
//! (`incidentComponent` alone or in a list, `LastUpdateTimeStamp` or `lastUpdateTimeStamp`, locations in
//! `locationInformationComponent` or `locationComponent`), each form is understood. Components that tell of callers,
//! persons, vehicles and notes are never looked at.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

use super::{clock::iso_utc, json, pidf_lo};

/// The columns of an EIDO's row, by the names that a mapping uses:
///
/// - `incident`: the tracking identifier, which stays the same while the incident goes on;
/// - `updated`: when the incident was last updated; `first_told`: the earliest update that the EIDO tells of, as an incident
///   bears no time of its own;
/// - `type_code`, `type_text`, `type_registry`: the local code and words of the type, and the common registry's word;
/// - `address`: the civic address, without a unit;
/// - `disposition`: the words of the disposition that is marked as the first one, or of the first.
#[must_use]
pub fn columns(eido: &Map<String, Value>) -> BTreeMap<String, String> {
    let incident = components(eido, &["incidentComponent"]).into_iter().next();
    let of_incident = |name: &str| incident.map_or(String::new(), |incident| text(incident.get(name)));
    let tracking = Some(of_incident("incidentTrackingIdentifier")).filter(|told| !told.is_empty());
    let mut columns = BTreeMap::new();
    let mut add = |name: &str, told: String| columns.insert(name.to_owned(), told);
    add("incident", tracking.unwrap_or_else(|| text(eido.get("incidentTrackingIdentifier"))));
    add("type_code", of_incident("incidentTypeInternalCode"));
    add("type_text", of_incident("incidentTypeInternalText"));
    add("type_registry", of_incident("incidentTypeCommonRegistryText"));
    add("disposition", incident.map(disposition).unwrap_or_default());
    add("address", address(eido, incident).unwrap_or_default());
    let told = incident.and_then(updated).or_else(|| updated(eido));
    let whole: Vec<&Map<String, Value>> =
        READ.iter().flat_map(|names| components(eido, names)).chain([eido]).collect();
    let first = whole.into_iter().filter_map(updated).min();
    let written = |time: Option<DateTime<Utc>>| {
        time.map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true)).unwrap_or_default()
    };
    add("updated", written(told));
    add("first_told", written(first));
    columns
}

/// The components whose update stamps may tell when the incident began.
const READ: &[&[&str]] = &[&["incidentComponent"], &["dispatchComponent"], LOCATIONS];
const LOCATIONS: &[&str] = &["locationInformationComponent", "locationComponent"];

/// The components of these names, whether they stand alone or in a list.
fn components<'a>(eido: &'a Map<String, Value>, names: &[&str]) -> Vec<&'a Map<String, Value>> {
    let told = names.iter().filter_map(|name| eido.get(*name));
    told.flat_map(|told| match told {
        Value::Array(list) => list.iter().filter_map(Value::as_object).collect(),
        Value::Object(alone) => vec![alone],
        _ => Vec::new(),
    })
    .collect()
}

fn updated(component: &Map<String, Value>) -> Option<DateTime<Utc>> {
    let told = component.get("LastUpdateTimeStamp").or_else(|| component.get("lastUpdateTimeStamp"))?;
    iso_utc(told.as_str()?)
}

/// The location that the incident refers to, or the first that has an address.
fn address(eido: &Map<String, Value>, incident: Option<&Map<String, Value>>) -> Option<String> {
    let referred: Vec<&str> = incident
        .map(|incident| components(incident, &["locationReference"]))
        .unwrap_or_default()
        .into_iter()
        .filter_map(|reference| reference.get("$ref").or_else(|| reference.get("ref"))?.as_str())
        .map(|reference| reference.trim_start_matches('#'))
        .collect();
    let mut locations = components(eido, LOCATIONS);
    let is_referred = |location: &Map<String, Value>| {
        location
            .get("$id")
            .and_then(Value::as_str)
            .is_some_and(|id| referred.contains(&id.trim_start_matches('#')))
    };
    locations.sort_by_key(|location| !is_referred(location));
    let by_value =
        |location: &Map<String, Value>| pidf_lo::address(location.get("locationByValue")?.as_str()?);
    locations.into_iter().find_map(by_value)
}

fn disposition(incident: &Map<String, Value>) -> String {
    let told = components(incident, &["dispositionComponent", "disposition"]);
    let is_first = |told: &&&Map<String, Value>| {
        told.get("dispositionPrimaryIndicator").and_then(Value::as_bool).unwrap_or(false)
    };
    let Some(told) = told.iter().find(is_first).or(told.first()) else { return String::new() };
    let words = text(told.get("dispositionDescriptionText"));
    if words.is_empty() { text(told.get("dispositionCommonRegistryCode")) } else { words }
}

fn text(value: Option<&Value>) -> String {
    // Anything but a word or a number is not what the standard has there.
    value.filter(|value| value.is_string() || value.is_number()).map(json::text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const LOCATION: &str = "<presence xmlns='urn:ietf:params:xml:ns:pidf'><civicAddress xmlns='c'><RD>K</RD><STS>ST</STS>\
         <HNO>1200</HNO><UNIT>APT 4</UNIT></civicAddress></presence>";

    fn of(eido: Value) -> BTreeMap<String, String> {
        let Value::Object(eido) = eido else { panic!("an object") };
        columns(&eido)
    }

    fn incident() -> Value {
        json!({
            "LastUpdateTimeStamp": "2026-11-20T10:05:00Z",
            "incidentTrackingIdentifier": "urn:emergency:uid:incidentid:1:example.gov",
            "incidentComponent": [{
                "incidentTypeInternalCode": "415N", "incidentTypeInternalText": "Noise",
                "LastUpdateTimeStamp": "2026-11-20T10:04:00Z",
                "locationReference": [{ "$ref": "#there" }],
                "dispositionComponent": [
                    { "dispositionDescriptionText": "Second" },
                    { "dispositionDescriptionText": "Report", "dispositionPrimaryIndicator": true },
                ],
            }],
            "dispatchComponent": [{ "LastUpdateTimeStamp": "2026-11-20T10:00:00-00:00" }],
            "locationInformationComponent": [
                { "$id": "caller", "locationByValue": LOCATION.replace("1200", "77") },
                { "$id": "there", "locationByValue": LOCATION },
            ],
            "callComponent": [{ "callBackNumber": "9165550100" }],
            "personComponent": [{ "name": "Ms Caller" }],
        })
    }

    #[test]
    fn an_incident_becomes_a_row_without_its_callers() {
        let row = of(incident());
        assert_eq!(row["incident"], "urn:emergency:uid:incidentid:1:example.gov");
        assert_eq!((row["type_code"].as_str(), row["type_text"].as_str()), ("415N", "Noise"));
        assert_eq!(row["address"], "1200 K ST");
        assert_eq!(row["disposition"], "Report");
        assert_eq!(row["updated"], "2026-11-20T10:04:00.000000Z");
        assert_eq!(row["first_told"], "2026-11-20T10:00:00.000000Z");
        let whole = format!("{row:?}");
        assert!(
            !whole.contains("Caller") && !whole.contains("9165550100") && !whole.contains("APT"),
            "{whole}"
        );
    }

    #[test]
    fn the_other_spellings_are_understood() {
        let mut eido = incident();
        eido["incidentComponent"] = json!({
            "incidentTrackingIdentifier": "2", "incidentTypeCommonRegistryText": "Fire",
            "lastUpdateTimeStamp": "2026-11-20T10:04:00Z", "disposition": [{ "dispositionCommonRegistryCode": "UNF" }],
        });
        eido["locationComponent"] = eido["locationInformationComponent"].take();
        let row = of(eido);
        assert_eq!((row["incident"].as_str(), row["type_registry"].as_str()), ("2", "Fire"));
        assert_eq!((row["disposition"].as_str(), row["address"].as_str()), ("UNF", "77 K ST"));
    }

    #[test]
    fn an_empty_incident_is_a_row_of_blanks() {
        assert!(of(json!({})).values().all(String::is_empty));
        assert!(
            of(json!({ "incidentComponent": 7, "locationComponent": ["x"] })).values().all(String::is_empty)
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let names = prop::sample::select(vec![
            "incidentComponent",
            "locationComponent",
            "locationByValue",
            "LastUpdateTimeStamp",
            "$id",
            "$ref",
            "locationReference",
            "disposition",
            "dispatchComponent",
            "x",
        ]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,20}".prop_map(Value::from),
            "<[a-zA-Z/<>&; ]{0,20}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 40, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((names.clone(), inner), 0..5).prop_map(|pairs| {
                    Value::Object(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_incident_however_odd_stops_the_reading(eido in any_json()) {
            if let Value::Object(eido) = eido {
                prop_assert_eq!(columns(&eido).len(), 8);
            }
        }
    }
}
