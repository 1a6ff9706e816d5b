//! The ladders that are built in, climbed by hand.

use super::*;
use crate::{domain::refusal::Code, preset::Preset};

const SERVED: &str = "2026-11-20";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn fines() -> Fines {
    Preset::sacramento().unwrap().fines
}

fn owner() -> Cited {
    Cited { party: Some(PartyId::generate()), name: "Olive Owner".to_owned() }
}

fn before(who: &Cited, section: &str, on: &str) -> Earlier {
    Earlier { party: who.party, section: section.to_owned(), served_on: day(on) }
}

fn of(section: &str, cited: &[Cited], earlier: &[Earlier]) -> (u32, i64) {
    let fines = fines();
    let ladder = fines.ladder(section, UseType::SingleFamily, None).unwrap();
    let line = fine(ladder, section, cited, earlier, day(SERVED));
    (line.offense_number, line.amount_cents)
}

#[test]
fn every_ladder_rises_and_stays_at_its_top() {
    for (section, amounts) in [
        ("SCC 17.232.010", [10_000, 20_000, 50_000, 50_000]),
        ("SCC 8.96.130", [13_000, 70_000, 130_000, 130_000]),
        ("SCC 8.48.020", [100_000, 250_000, 500_000, 500_000]),
    ] {
        let owner = owner();
        let mut earlier = Vec::new();
        for (number, amount) in (1..).zip(amounts) {
            assert_eq!(of(section, std::slice::from_ref(&owner), &earlier), (number, amount), "{section}");
            earlier.push(before(&owner, section, "2026-10-01"));
        }
    }
}

#[test]
fn a_citation_counts_for_a_year_to_the_day_for_its_party_and_its_section() {
    let (owner, other) = (owner(), owner());
    let first = (1, 13_000);
    let one = |earlier: Earlier| of("SCC 8.96.130", std::slice::from_ref(&owner), &[earlier]);
    assert_eq!(one(before(&owner, "scc 8.96.130", "2025-11-20")), (2, 70_000));
    assert_eq!(one(before(&owner, "SCC 8.96.130", "2025-11-19")), first);
    assert_eq!(one(before(&owner, "SCC 8.96.130", "2026-11-21")), first, "what came later");
    assert_eq!(one(before(&owner, "SCC 8.96.140", "2026-10-01")), first);
    assert_eq!(one(before(&other, "SCC 8.96.130", "2026-10-01")), first);
}

#[test]
fn of_several_parties_the_one_with_the_fewest_offenses_decides() {
    let (owner, manager) = (owner(), owner());
    let earlier = [before(&owner, "SCC 8.96.130", "2026-10-01")];
    let fines = fines();
    let ladder = fines.ladder("SCC 8.96.130", UseType::Bar, None).unwrap();
    let line = fine(ladder, "SCC 8.96.130", &[owner, manager], &earlier, day(SERVED));
    assert_eq!((line.offense_number, line.amount_cents), (1, 13_000));
    assert!(line.steps.iter().any(|step| step.contains("the lowest number, 1,")), "{:#?}", line.steps);
}

#[test]
fn the_longest_beginning_of_a_section_picks_the_ladder_and_some_are_only_asked_for() {
    let fines = fines();
    let key =
        |section: &str, place, asked| fines.ladder(section, place, asked).map(|ladder| ladder.key.clone());
    assert_eq!(key("SCC 15.40.010", UseType::Bar, None).unwrap(), "building-and-safety");
    assert_eq!(key("SCC 150.010", UseType::Bar, None).unwrap(), "general");
    assert_eq!(key("SCC 8.960", UseType::Bar, None).unwrap(), "general");
    let asked = Some("commercial-refuse");
    assert_eq!(key("SCC 8.100.020", UseType::Retail, asked).unwrap(), "commercial-refuse");
    for (section, place) in [("SCC 8.100.020", UseType::SingleFamily), ("SCC 17.232.010", UseType::Retail)] {
        assert_eq!(key(section, place, asked).unwrap_err().code, Code::Invalid);
    }
    assert_eq!(key("SCC 8.100.020", UseType::Retail, Some("none")).unwrap_err().code, Code::NotFound);
}

#[test]
fn commercial_refuse_looks_back_two_years() {
    let owner = owner();
    let fines = fines();
    let ladder = fines.ladder("SCC 8.100.020", UseType::Retail, Some("commercial-refuse")).unwrap();
    let two = [before(&owner, "SCC 8.100.020", "2024-11-20"), before(&owner, "SCC 8.100.020", "2025-12-01")];
    let line = fine(ladder, "SCC 8.100.020", std::slice::from_ref(&owner), &two, day(SERVED));
    assert_eq!((line.offense_number, line.amount_cents), (3, 250_000));
    assert!(line.steps.last().unwrap().starts_with("confirm with counsel: "));
}

#[test]
fn a_citation_asks_for_no_more_than_the_ladder_and_for_less_with_a_reason() {
    let owner = owner();
    let fines = fines();
    let ladder = fines.ladder("SCC 8.96.130", UseType::Bar, None).unwrap();
    let lines = [fine(ladder, "SCC 8.96.130", &[owner], &[], day(SERVED))];
    let code = |stated, reason| asked(&lines, stated, reason).map_err(|refusal| refusal.code);
    assert_eq!(code(None, None), Ok(Some(13_000)));
    assert_eq!(code(Some(13_000), None), Ok(Some(13_000)));
    assert_eq!(code(Some(13_001), Some("It is bad.")), Err(Code::Invalid));
    assert_eq!(code(Some(10_000), None), Err(Code::Required));
    assert_eq!(code(Some(10_000), Some("Half is done.")), Ok(Some(10_000)));
    assert_eq!(code(None, Some("Half is done.")), Err(Code::Invalid));
    assert_eq!(asked(&[], None, None).unwrap(), None);
    assert_eq!(asked(&[], Some(1), None).unwrap_err().code, Code::Required);
}

#[test]
fn hardship_lowers_a_second_fine_and_leaves_something_of_it() {
    let code = |by, reducible, owed| blocks_hardship(by, reducible, owed, "law").map(|refusal| refusal.code);
    assert_eq!(code(40_000, 70_000, 70_000), None);
    assert_eq!(code(0, 70_000, 70_000), Some(Code::Invalid));
    assert_eq!(code(70_000, 70_000, 70_000), Some(Code::Invalid), "nothing would be left");
    assert_eq!(code(70_001, 70_000, 90_000), Some(Code::Invalid), "more than may be reduced");
    assert_eq!(code(1, 0, 13_000), Some(Code::TransitionBlocked), "a first offense");
    assert_eq!(code(1, 70_000, 0), Some(Code::TransitionBlocked), "nothing is left");
}
