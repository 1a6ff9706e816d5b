//! Templates of letters that cannot be used are refused with file and line.

use std::fs;

use super::{
    super::{Preset, PresetError},
    *,
};

/// What the loader thinks of the built-in preset with one template of the city's own.
fn with(name: &str, text: &str) -> Result<Preset, PresetError> {
    let directory = tempfile::tempdir().unwrap();
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("presets/sacramento");
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, directory.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    fs::create_dir(directory.path().join("letters")).unwrap();
    fs::write(directory.path().join("letters").join(name), text).unwrap();
    Preset::from_directory(directory.path())
}

#[track_caller]
fn fault(name: &str, text: &str) -> (usize, String) {
    let PresetError { file, line, reason } = with(name, text).unwrap_err();
    assert!(file.ends_with(&format!("letters/{name}")), "{file}: {reason}");
    (line, reason)
}

const HEAD: &str = "{% extends \"layout.html\" %}\n{% block body %}\n";

#[test]
fn a_folder_holds_only_the_letters_that_the_city_changed() {
    let preset =
        with("courtesy.html", &format!("{HEAD}Good day, {{{{ place.address }}}}.{{% endblock %}}")).unwrap();
    let facts = Facts { dated: "today".to_owned(), ..Facts::default() };
    assert!(preset.letters.write(LetterKind::Courtesy, &facts).unwrap().contains("Good day, ."));
    let notice = preset.letters.write(LetterKind::NoticeOfViolation, &facts).unwrap();
    assert_eq!(
        notice,
        Preset::sacramento().unwrap().letters.write(LetterKind::NoticeOfViolation, &facts).unwrap()
    );
}

#[test]
fn a_template_that_cannot_be_read_is_refused_with_its_line() {
    let (line, reason) = fault("courtesy.html", &format!("{HEAD}\n{{% if %}}\n{{% endblock %}}"));
    assert_eq!(line, 4, "{reason}");
    let (line, _) = fault("demand-letter.html", &format!("{HEAD}{{% for x in violations %}}"));
    assert!(line >= 3);
    let (line, reason) = fault("courtesy.html", "{% extends \"layot.html\" %}");
    assert!(line == 1 && reason.contains("layot.html"), "{line}: {reason}");
}

#[test]
fn a_name_that_no_letter_knows_is_refused_with_its_line_wherever_it_stands() {
    for unknown in [
        "{{ adress }}",
        "{{ place.adress }}",
        "{% for row in violations %}{{ row.sektion }}{% endfor %}",
        "{% if draft and not draft %}{{ place.adress }}{% endif %}",
        "{{ warning.counted }}",
        "{{ case_number | shouted }}",
    ] {
        let (line, reason) = fault("courtesy.html", &format!("{HEAD}\n<p>{unknown}</p>\n{{% endblock %}}"));
        assert_eq!(line, 4, "{unknown}: {reason}");
    }
}

#[test]
fn a_letter_cannot_drop_what_every_letter_must_say() {
    let layout = Files::sacramento().document("letters/layout.html").unwrap().text.to_owned();
    for (part, what) in [
        ("{{ right_to_call.text }}", "right-to-call"),
        ("{{ draft }}</div>", "mark of a draft"),
        ("{{ place.address }}", "place's address"),
    ] {
        assert!(layout.contains(part));
        let error = with("layout.html", &layout.replace(part, "")).unwrap_err();
        assert!(error.reason.contains(what), "{error}");
    }
}

#[test]
fn nothing_is_taken_for_markup() {
    for around in ["{{ city | safe }}", "{%\n autoescape false %}{{ city }}{% endautoescape %}"] {
        let (line, reason) = fault("courtesy.html", &format!("{HEAD}{around}{{% endblock %}}"));
        assert!((3..=4).contains(&line), "{reason}");
    }
    let facts = Facts { city: "<b>\"&'".to_owned(), ..Facts::default() };
    let written = Preset::sacramento().unwrap().letters.write(LetterKind::Courtesy, &facts).unwrap();
    assert!(written.contains("&lt;b&gt;") && !written.contains("<b>"));
}

#[test]
fn a_file_that_is_no_letter_is_refused() {
    let (line, reason) = fault("notice-of-violations.html", "");
    assert!(line == 1 && reason.contains("notice-of-violation.html"), "{reason}");
}
