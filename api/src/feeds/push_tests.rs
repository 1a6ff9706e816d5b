//! Bodies that are pushed, whole and broken.

use proptest::prelude::*;

use super::*;

const MAPPING: &str = "time_zone = 'America/Los_Angeles'\nsource_key = ['id']\nfinal_type = 'type'\nchanged_at = 'changed'\n\
     occurred_at = [{ column = 'at', format = 'ISO' }]\n[address]\ncolumns = ['address']";

fn mapping() -> FeedMapping {
    toml::from_str(MAPPING).unwrap()
}

/// The number of a row, and its key or what is wrong with it.
type Told = (u64, Result<String, String>);

fn told(form: Form, body: &str) -> Result<Vec<Told>, String> {
    let rows = rows(&mapping(), form, body.as_bytes())?;
    let row = |line: Line| match line {
        Ok(row) => (row.line, Ok(row.source_id)),
        Err(row) => (row.line, Err(row.reason)),
    };
    Ok(rows.into_iter().map(row).collect())
}

#[test]
fn lines_are_numbered_as_in_the_body_and_one_that_is_broken_spoils_no_other() {
    let body = "{\"id\":1,\"at\":\"2026-01-02T03:04:05\"}\r\n\n{\"id\":\n[]\n{\"id\":2,\"at\":\"soon\"}\n";
    let found = told(Form::Lines, body).unwrap();
    assert_eq!(found[0], (1, Ok("1".to_owned())));
    assert_eq!(found[1], (3, Err("line is no JSON object: see line 1, column 6".to_owned())));
    assert_eq!(found[2].0, 4);
    let reason = found[3].1.as_ref().unwrap_err();
    assert!(found[3].0 == 5 && reason.starts_with("at: "), "{reason}");
}

#[test]
fn a_list_that_is_broken_is_refused_as_a_whole_without_being_quoted() {
    let broken = told(Form::List, "[{\"id\":\"secret\"},]").unwrap_err();
    assert_eq!(broken, "the body is no JSON: see line 1, column 18");
    assert!(told(Form::List, "{\"id\":1}").unwrap_err().contains("application/x-ndjson"));
    let elements = told(Form::List, "[7,{\"id\":1,\"at\":\"2026-01-02T03:04:05\"}]").unwrap();
    assert_eq!(elements, [(1, Err("the element is no JSON object".to_owned())), (2, Ok("1".to_owned()))]);
}

#[test]
fn of_rows_that_changed_one_after_the_other_the_newest_comes_last() {
    let row = |changed: &str| {
        format!("{{\"id\":1,\"at\":\"2026-01-02T03:04:05\",\"changed\":\"2026-01-02T{changed}Z\"}}")
    };
    let body = format!("{}\n{}\n{}", row("05:00:00"), row("03:00:00"), row("04:00:00"));
    let order: Vec<u64> = told(Form::Lines, &body).unwrap().into_iter().map(|(line, _)| line).collect();
    assert_eq!(order, [2, 3, 1]);
}

#[test]
fn a_time_of_change_that_is_none_is_refused() {
    let body = "{\"id\":1,\"at\":\"2026-01-02T03:04:05\",\"changed\":\"late\"}";
    let found = told(Form::Lines, body).unwrap();
    assert_eq!(found[0].1, Err("changed: `late` is no time as ISO 8601 has it".to_owned()));
}

#[test]
fn media_types_name_forms_whatever_follows_them() {
    assert_eq!(Form::of("application/x-ndjson; charset=utf-8"), Some(Form::Lines));
    assert_eq!(Form::of("Application/JSON"), Some(Form::List));
    assert_eq!(Form::of("application/emergency.eido+json"), Some(Form::Eido));
    assert_eq!(Form::of("text/csv"), None);
}

// RFC 4231, test case 2.
#[test]
fn a_signature_is_the_one_of_the_standard() {
    let key = Secret::new("Jefe");
    let body = b"what do ya want for nothing?";
    let right = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert!(is_signed(&key, right, body));
    assert!(is_signed(&key, &right.to_uppercase().replace("SHA256", "sha256"), body));
    for wrong in
        ["", "sha256=", "sha256=5b", "sha256=5", "sha256=zz", &right[7..], &right.replace("5b", "5c")]
    {
        assert!(!is_signed(&key, wrong, body), "{wrong}");
    }
    assert!(!is_signed(&key, right, b"something else"));
    assert!(!is_signed(&Secret::new("jefe"), right, body));
}

proptest! {
    #[test]
    fn no_body_however_odd_stops_the_reading(body in prop::collection::vec(any::<u8>(), 0..200), json in "[\\[\\]{}\":,a-z0-9\n ]{0,80}") {
        for form in [Form::Lines, Form::List, Form::Eido] {
            let _ = rows(&mapping(), form, &body);
            let _ = rows(&mapping(), form, json.as_bytes());
        }
    }
}
