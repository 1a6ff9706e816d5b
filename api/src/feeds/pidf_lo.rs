//! Civic addresses in PIDF-LO (RFC 5139), as EIDO incidents hold them.

use std::collections::BTreeMap;

use quick_xml::{Reader, events::Event};

/// No location is so long or so deep; longer ones are somebody's trick.
const LONGEST: usize = 64 * 1024;

/// House number and street in the order in which people write them; `UNIT`, `ROOM`, `FLR` and the like are left out.
const PARTS: &[&str] = &["PRD", "RD", "A6", "STS", "POD"];

/// The street address of a location; none when the text is no XML, or tells no street.
pub(super) fn address(xml: &str) -> Option<String> {
    if xml.len() > LONGEST {
        return None;
    }
    let parts = parts(xml)?;
    let part = |name: &str| parts.get(name).map(String::as_str).unwrap_or_default();
    // Older locations have the street in A6; where both are told they say the same.
    let street: Vec<&str> = PARTS
        .iter()
        .filter(|name| **name != "A6" || part("RD").is_empty())
        .map(|name| part(name))
        .filter(|told| !told.is_empty())
        .collect();
    if part("RD").is_empty() && part("A6").is_empty() {
        return None;
    }
    let number = format!("{}{} {}", part("HNP"), part("HNO"), part("HNS"));
    let whole = format!("{} {}", number, street.join(" "));
    Some(whole.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The parts of the first civic address, whatever prefix its names have.
fn parts(xml: &str) -> Option<BTreeMap<String, String>> {
    let mut reader = Reader::from_str(xml);
    let (mut parts, mut within, mut name) = (BTreeMap::<String, String>::new(), false, None);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                let local = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
                if local == "civicAddress" {
                    within = true;
                } else if within {
                    name = Some(local);
                }
            }
            Event::Text(text) => {
                if let Some(name) = &name {
                    parts.entry(name.clone()).or_default().push_str(&text.decode().ok()?);
                }
            }
            Event::GeneralRef(reference) => {
                if let Some(name) = &name {
                    let known = match reference.decode().ok()?.as_ref() {
                        "amp" => "&",
                        "apos" => "'",
                        // Nothing else belongs into a street's name; entities of a document's own are not followed.
                        _ => " ",
                    };
                    parts.entry(name.clone()).or_default().push_str(known);
                }
            }
            Event::End(end) if end.local_name().as_ref() == b"civicAddress" => return Some(parts),
            Event::End(_) => name = None,
            Event::Eof => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn civic(parts: &str) -> Option<String> {
        address(&format!(
            "<?xml version='1.0'?><presence xmlns:ca='urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr'>\
             <ca:civicAddress>\n{parts}\n</ca:civicAddress></presence>"
        ))
    }

    #[test]
    fn the_parts_come_in_the_order_in_which_people_write_them() {
        let told = civic(
            "<ca:RD>Broad &amp; Main</ca:RD><ca:STS>St</ca:STS><ca:PRD>N</ca:PRD><ca:POD>E</ca:POD>\
             <ca:HNO>12</ca:HNO><ca:HNS>1/2</ca:HNS><ca:A3>Sacramento</ca:A3>",
        );
        assert_eq!(told.as_deref(), Some("12 1/2 N Broad & Main St E"));
        assert_eq!(
            civic("<ca:HNP>W</ca:HNP><ca:HNO>12</ca:HNO><ca:A6>Elm</ca:A6>").as_deref(),
            Some("W12 Elm")
        );
    }

    #[test]
    fn a_unit_is_left_out_and_no_street_is_no_address() {
        let told = civic(
            "<ca:HNO>12</ca:HNO><ca:RD>Elm</ca:RD><ca:UNIT>4</ca:UNIT><ca:FLR>2</ca:FLR><ca:NAM>Ms X</ca:NAM>",
        );
        assert_eq!(told.as_deref(), Some("12 Elm"));
        assert_eq!(civic("<ca:HNO>12</ca:HNO>"), None);
        assert_eq!(address("38.58,-121.49"), None);
        assert_eq!(address("<civicAddress><RD>Elm"), None);
    }

    proptest! {
        #[test]
        fn no_text_stops_the_reading(xml in "[<>/&;a-zA-Z!\\[\\]\"' =?-]{0,80}") {
            let _ = address(&xml);
            let wrapped = civic(&xml);
            prop_assert!(wrapped.is_none_or(|told| !told.starts_with(' ')));
        }
    }
}
