//! A preset with a fault is refused with file, line and reason.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{Preset, PresetError};

/// A copy of the preset that is built in, to be broken.
struct Copy {
    directory: TempDir,
}

impl Copy {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let source = preset_directory();
        for folder in ["feeds", "letters"] {
            fs::create_dir(directory.path().join(folder)).unwrap();
        }
        for from in [source.clone(), source.join("feeds"), source.join("letters")] {
            for entry in fs::read_dir(from).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    let to = directory.path().join(path.strip_prefix(&source).unwrap());
                    fs::copy(&path, to).unwrap();
                }
            }
        }
        Self { directory }
    }

    fn load(&self) -> Result<Preset, PresetError> {
        Preset::from_directory(self.directory.path())
    }
}

fn preset_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("presets/sacramento")
}

/// Replaces the first `from` of a file and says what the loader thinks of it: the line of the fault and the reason.
#[track_caller]
fn fault(file: &str, from: &str, to: &str) -> (usize, String) {
    let copy = Copy::new();
    let path = copy.directory.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} holds no {from}");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    let error = copy.load().unwrap_err();
    assert!(error.file.ends_with(file), "{error}");
    let told = error.to_string();
    assert_eq!(told, format!("{}:{}: {}", error.file, error.line, error.reason));
    (error.line, error.reason)
}

/// Like `fault`, but also sees to it that the line is the one of the change.
#[track_caller]
fn fault_there(file: &str, from: &str, to: &str) -> String {
    let text = fs::read_to_string(preset_directory().join(file)).unwrap();
    let before = &text[..text.find(from).unwrap()];
    let (line, reason) = fault(file, from, to);
    assert_eq!(line, before.matches('\n').count() + 1, "{reason}");
    reason
}

#[test]
fn a_whole_copy_loads() {
    let copy = Copy::new();
    let preset = copy.load().unwrap();
    assert_eq!(preset.feeds.len(), Preset::sacramento().unwrap().feeds.len());
}

#[test]
fn what_is_no_toml_or_no_known_field_or_word_is_refused() {
    let reason = fault_there("city.toml", "days = 30", "days = ");
    assert!(!reason.is_empty());
    let reason = fault_there("city.toml", "case_number_prefix", "case_number_prefixx");
    assert!(reason.contains("unknown field `case_number_prefixx`"), "{reason}");
    let reason = fault_there("city.toml", "\"America/Los_Angeles\"", "\"Pacific\"");
    assert!(reason.contains("no IANA time zone"), "{reason}");
    let reason = fault_there("nuisance-rules.toml", "\"POLICY\"", "\"HABIT\"");
    assert!(reason.contains("unknown variant `HABIT`"), "{reason}");
}

#[test]
fn a_missing_field_or_file_is_named() {
    let (_, reason) = fault("city.toml", "name = \"Sacramento\"\n", "");
    assert!(reason.contains("missing field `name`"), "{reason}");
    let copy = Copy::new();
    fs::remove_file(copy.directory.path().join("remedies.toml")).unwrap();
    let error = copy.load().unwrap_err();
    assert!(error.file.ends_with("remedies.toml"));
    assert!(error.reason.contains("cannot be read"), "{error}");
}

#[test]
fn a_blank_citation_is_refused() {
    let from = "citation = \"Programme policy: default of this preset, no ordinance\"";
    let reason = fault_there("city.toml", from, "citation = \" \"");
    assert!(reason.contains("must not be blank"), "{reason}");
    let reason = fault_there("remedies.toml", "citation = \"Sacramento City Code 9.12\"", "citation = \"\"");
    assert!(reason.contains("must not be blank"), "{reason}");
}

#[test]
fn a_district_without_polygon_and_a_polygon_without_district_are_refused() {
    let reason = fault_there("districts.toml", "number = 8", "number = 9");
    assert!(reason.contains("district 9 has no polygon"), "{reason}");
    let copy = Copy::new();
    let path = copy.directory.path().join("districts.toml");
    let text = fs::read_to_string(&path).unwrap();
    let (shorter, _) = text.rsplit_once("[[district]]").unwrap();
    fs::write(&path, shorter).unwrap();
    let PresetError { file, line, reason } = copy.load().unwrap_err();
    assert!(file.ends_with("districts.geojson"), "{file}");
    assert_eq!((line, reason.as_str()), (9, "district 8 is not listed in districts.toml"));
    let reason = fault_there("districts.toml", "number = 2", "number = 1");
    assert!(reason.contains("given twice"), "{reason}");
}

#[test]
fn boundaries_that_are_none_are_refused() {
    let (line, _) = fault(
        "districts.geojson",
        "\"Feature\",\"properties\":{\"district\":3}",
        "\"Feature\" \"properties\"",
    );
    assert_eq!(line, 4);
    let (line, reason) = fault("districts.geojson", "\"type\":\"Polygon\"", "\"type\":\"MultiLineString\"");
    assert_eq!(line, 2);
    assert!(reason.contains("neither a Polygon nor a MultiPolygon"), "{reason}");
}

#[test]
fn holidays_on_days_that_cannot_be_are_refused() {
    let day = "day = 2026-07-03";
    let refusal = |to| fault_there("court-holidays.toml", day, to);
    assert!(refusal("day = 2026-07-04").contains("is a Saturday"));
    assert!(refusal("day = 2027-07-05").contains("is not in 2026"));
    assert!(refusal("day = 2026-06-19").contains("twice or out of order"));
    assert!(!refusal("day = 2026-06-31").is_empty());
    assert!(!refusal("day = \"2026-07-03\"").is_empty());
    let reason = fault_there("court-holidays.toml", "year = 2027", "year = 2026");
    assert!(reason.contains("given twice"), "{reason}");
}

#[test]
fn a_rule_that_counts_what_may_not_count_is_refused() {
    let file = "nuisance-rules.toml";
    let counted = |to: &str| fault_there(file, "categories = [\"NOISE\"", &format!("categories = [\"{to}\""));
    assert!(counted("DOMESTIC").contains("DOMESTIC is protected"));
    assert!(counted("THEFT").contains("the place is the victim"));
    assert!(counted("HANGUP").contains("never counts"));
    let reason = fault_there(file, "[\"MOTEL\"]", "[\"MULTI_FAMILY\"]");
    assert!(reason.contains("it is or may be a home"), "{reason}");
}

#[test]
fn a_rule_with_impossible_figures_is_refused() {
    let file = "nuisance-rules.toml";
    for threshold in ["0.0", "-1.0", "nan"] {
        let reason = fault_there(file, "threshold = 0.5", &format!("threshold = {threshold}"));
        assert!(reason.contains("above zero"), "{reason}");
    }
    let reason = fault_there(file, "{ n = 12,", "{ n = 0,");
    assert!(reason.contains("above zero"), "{reason}");
    let (line, reason) =
        fault(file, "effective_from = 2020-01-01", "effective_from = 2020-01-01\neffective_to = 2019-01-01");
    assert!(reason.contains("must be after"), "{line} {reason}");
    let reason = fault_there(file, "bar-7-days-in-12-months", "bar-3-days-in-30");
    assert!(reason.contains("given twice"), "{reason}");
    let bands = "threshold = 0.5\nunit_bands = [{ from = 1, to = 9, threshold = 4.0 }, { from = 9, threshold = 9.0 }]";
    let (_, reason) = fault(file, "threshold = 0.5", bands);
    assert!(reason.contains("may not overlap"), "{reason}");
}

#[test]
fn a_remedy_that_is_off_says_why_and_its_dates_run_forward() {
    let file = "remedies.toml";
    let reason = fault_there(file, "enabled = true", "enabled = false");
    assert!(reason.contains("needs a disabled_reason"), "{reason}");
    let (_, reason) = fault(file, "valid_to = 2024-01-01", "valid_from = 2024-01-01\nvalid_to = 2024-01-01");
    assert!(reason.contains("must be after valid_from"), "{reason}");
    let reason = fault_there(file, "\"red-light-abatement\"", "\"drug-abatement\"");
    assert!(reason.contains("given twice"), "{reason}");
}

#[test]
fn steps_that_nobody_can_reach_or_leave_are_refused() {
    let file = "remedies.toml";
    let discharge = "from = [\"ORDERED\", \"COMPLYING\"], to = \"SATISFIED\", actors = [\"ATTORNEY\", \"CITY_ATTORNEY\"], requires = [\"compliance_verified\", \"recording_released\"], milestones = [\"receiver";
    let reason = fault_there(
        file,
        &format!("  {{ {discharge}"),
        &format!("  {{ {}", discharge.replacen("ORDERED", "SETTLED", 1)),
    );
    assert!(reason.contains("SETTLED is final"), "{reason}");
    let reason = fault_there(
        file,
        &format!("  {{ {discharge}"),
        &format!("  {{ {}", discharge.replacen("ORDERED", "EXPIRED", 1)),
    );
    assert!(reason.contains("EXPIRED is final"), "{reason}");
    let (_, reason) = fault(file, "paths = [\"referral\", \"local-hearing\"]", "paths = [\"local-hearing\"]");
    assert!(reason.contains("no step leads to FILED, so none can start there"), "{reason}");
    let executed = "from = [\"COMPLYING\"], to = \"SATISFIED\"";
    let (_, reason) = fault(file, executed, "from = [\"ORDERED\"], to = \"SATISFIED\"");
    assert!(reason.contains("COMPLYING is not final, but no step leads on from it"), "{reason}");
    let (_, reason) = fault(file, "paths = [\"referral\", \"court\"]", "paths = [\"referral\", \"curt\"]");
    assert!(reason.contains("there is no path `curt`"), "{reason}");
}

#[test]
fn nobody_gets_past_the_attorney() {
    let file = "remedies.toml";
    let authorise = "to = \"AUTHORIZED\", actors = [\"ATTORNEY\"";
    let (_, reason) = fault(file, authorise, "to = \"AUTHORIZED\", actors = [\"SERGEANT\"");
    assert!(reason.contains("only attorneys may decide"), "{reason}");
    let (_, reason) = fault(file, authorise, "to = \"PREPARING\", actors = [\"ATTORNEY\"");
    assert!(reason.contains("an attorney decides first"), "{reason}");
    let (_, reason) = fault(
        file,
        "from = [\"REFERRED\"], to = \"DECLINED\", actors = [\"ATTORNEY\"",
        "from = [\"REFERRED\"], to = \"DECLINED\", actors = [\"COMMISSIONER\"",
    );
    assert!(reason.contains("only attorneys"), "{reason}");
    let reason = fault_there(file, "requires = [\"reason\"]", "requires = [\"raison\"]");
    assert!(reason.contains("unknown variant `raison`"), "{reason}");
}

#[test]
fn a_feed_that_borrows_from_nobody_or_lists_a_type_wrongly_is_refused() {
    let reason = fault_there("feeds/demo-police.toml", "\"slo-police\"\n", "\"nowhere-police\"\n");
    assert!(reason.contains("there is no feed `nowhere-police`"), "{reason}");
    let reason = fault_there("feeds/demo-police.toml", "\"demo-police\"", "\"other-police\"");
    assert!(reason.contains("must be named other-police.toml"), "{reason}");
    let file = "feeds/slo-police.toml";
    let reason = fault_there(file, "[\"DISORDERLY\"]", "[\"Disorderly\"]");
    assert!(reason.contains("write `DISORDERLY`"), "{reason}");
    let reason = fault_there(file, "DISTURBANCE = [\"DISORDERLY\"]", "UNMAPPED = [\"DISORDERLY\"]");
    assert!(reason.contains("what is not listed is unmapped"), "{reason}");
    let (_, reason) = fault(file, "[\"DISORDERLY\"]", "[\"DISORDERLY\", \"WELFARE CHECK\"]");
    assert!(reason.contains("`WELFARE CHECK` is listed twice"), "{reason}");
    let reason = fault_there(file, "\"%m/%d/%y\"", "\"%Q\"");
    assert!(reason.contains("no form of a time"), "{reason}");
}

#[test]
fn a_clock_that_no_rule_knows_and_an_order_out_of_its_turn_are_refused() {
    let file = "remedies.toml";
    let reason = fault_there(file, "\"ANSWER_CIVIL\"", "\"ANSWER\"");
    assert!(reason.contains("no deadline rule `ANSWER`"), "{reason}");
    let (_, reason) = fault(file, "after = \"RECEIVER_APPOINTED\"", "after = \"FINAL_ACCOUNT\"");
    assert!(reason.contains("RECEIVER_QUALIFIED follows FINAL_ACCOUNT"), "{reason}");
    let (_, reason) = fault(file, "kind = \"FINANCING_APPROVED\"", "kind = \"PLAN_APPROVED\"");
    assert!(reason.contains("PLAN_APPROVED is given twice"), "{reason}");
}

#[test]
fn a_fact_that_could_never_be_found_on_record_is_refused() {
    let file = "remedies.toml";
    let reason = fault_there(file, "waits = [\"CA_UD_OWNER\"]", "waits = [\"CA_UD\"]");
    assert!(reason.contains("no deadline rule `CA_UD`"), "{reason}");
    for (given, without, lacks) in [
        ("grounds = { waits = [\"CA_UD_OWNER\"] }\n", "", "`grounds` names neither `notices` nor `waits`"),
        (", response_window_days = 60", "", "`response_window_days`"),
        (", lien_notice_by = [\"CERTIFIED_MAIL\"]", "", "`lien_notice_by`"),
    ] {
        let (_, reason) = fault(file, given, without);
        assert!(reason.contains(lacks), "{reason}");
    }
}

#[test]
fn a_ladder_of_fines_without_a_step_or_a_clock_is_refused() {
    let file = "fines.toml";
    let reason = fault_there(file, "\"CITE_APPEAL_LOCAL\"", "\"CITE_APPEAL\"");
    assert!(reason.contains("no rule `CITE_APPEAL` in deadline-rules.toml"), "{reason}");
    let reason = fault_there(file, "[\"100.00\", \"200.00\", \"500.00\"]", "[]");
    assert!(reason.contains("must not be empty"), "{reason}");
    let reason = fault_there(file, "\"130.00\", \"700.00\", \"1300.00\"", "\"130.00\", \"700\", \"1300.00\"");
    assert!(reason.contains("`700` is no amount above zero"), "{reason}");
    let reason = fault_there(file, "key = \"fireworks\"", "key = \"general\"");
    assert!(reason.contains("the ladder `general` is given twice"), "{reason}");
    let (_, reason) = fault(file, "sections = [\"SCC 8.48\"]", "sections = []");
    assert!(reason.contains("two ladders are for all other sections"), "{reason}");
}

#[test]
fn a_response_target_that_is_missing_twofold_or_endless_is_refused() {
    let file = "response-targets.toml";
    let (_, reason) = fault(file, "priority = \"HIGH\"", "priority = \"NORMAL\"");
    assert!(reason.contains("given twice"), "{reason}");
    let (_, reason) = fault(file, "hours = 48", "hours = 48\ndays = 2");
    assert!(reason.contains("either `hours` or `days`"), "{reason}");
    let (_, reason) = fault(file, "hours = 48", "hours = 0");
    assert!(reason.contains("`hours` are above zero"), "{reason}");
    let (_, reason) = fault(file, "days = 30", "days = 3000");
    assert!(reason.contains("within 366 days"), "{reason}");
    let reason = fault_there(file, "\"ASKED_TO_WAIT\"", "\"HOLIDAY\"");
    assert!(reason.contains("unknown variant `HOLIDAY`"), "{reason}");
    let copy = Copy::new();
    let path = copy.directory.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.rsplit_once("[[target]]").unwrap().0).unwrap();
    assert_eq!(copy.load().unwrap_err().reason, "the priority LOW has no target");
}
