//! Input that nobody sends by mistake: it is refused in words, changes nothing, and the server answers as before.

use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};
use tests::{Client, key, story};

use crate::case_at_work::{open, told};

/// The answer to bytes that are sent as JSON: its status, and the first error with code and words.
async fn sent(client: &Client, body: impl Into<reqwest::Body>) -> (u16, String, String) {
    let request = client.request(Method::POST, "/graphql").header(CONTENT_TYPE, "application/json");
    let response = request.body(body).send().await.expect("the server answers");
    let status = response.status().as_u16();
    let text = response.text().await.expect("an answer in UTF-8");
    assert!(text.len() < 3_000, "the answer does not tell the request back: {} bytes", text.len());
    let answer: Value = serde_json::from_str(&text).expect("an answer of JSON");
    assert!(answer.get("data").is_none_or(Value::is_null), "nothing was run: {text}");
    let error = &answer["errors"][0];
    let code = error["extensions"]["code"].as_str().unwrap_or_else(|| panic!("a code: {text}"));
    (status, code.to_owned(), error["message"].as_str().unwrap_or_default().to_owned())
}

/// A request to open a case, whose title is written as JSON writes it.
fn opening(place: &str, title: &[u8]) -> Vec<u8> {
    let query =
        "mutation ($input: CaseOpenInput!) { caseOpen(input: $input) { case { id } userErrors { code } } }";
    let body = json!({ "query": query, "variables": { "input": {
        "idempotencyKey": key(), "title": "TITLE", "kinds": ["OTHER"], "property": { "id": place }, "source": "PATROL",
    } } })
    .to_string();
    let (before, after) = body.split_once("TITLE").expect("a title");
    [before.as_bytes(), title, after.as_bytes()].concat()
}

async fn cases(client: &Client) -> Value {
    client.ask("{ cases { totalCount } }", json!({})).await["cases"]["totalCount"].take()
}

fn nested(levels: usize) -> String {
    format!(
        "{{ case(by: {{ number: \"x\" }}) {} {{ id }} {} }}",
        "{ previousCase".repeat(levels),
        "}".repeat(levels)
    )
}

story! {
    async fn what_is_no_text_is_refused_and_changes_nothing(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        for (what, title) in [
            ("no UTF-8", &b"Couch \xff\xfe"[..]),
            ("half a character", b"Couch \xe2\x82"),
            ("a surrogate in UTF-8", b"Couch \xed\xa0\x80"),
            ("too long a form of a slash", b"Couch \xc0\xaf"),
            ("a lone surrogate", br"Couch \ud800"),
            ("a lone second surrogate", br"Couch \udc00 x"),
            ("surrogates the wrong way round", br"Couch \udc00\ud800"),
            ("NUL", br"Couch \u0000"),
            ("NUL as it is", b"Couch \0"),
            ("a line feed as it is", b"Couch \n"),
        ] {
            let (status, code, words) = sent(&sergeant, opening(&place, title)).await;
            assert!((status == 400 || status == 200) && code == "BAD_INPUT" && !words.is_empty(), "{what}: {status} {code} {words}");
        }
        // The same in the document itself.
        for text in [r#"\ud800"#, r#"\u0000"#, "\0", r#"\u00"#, r#"\x41"#] {
            let query = format!("{{ cases(filter: {{ text: \"{text}\" }}) {{ totalCount }} }}");
            let (_, code, words) = sent(&sergeant, json!({ "query": query }).to_string()).await;
            assert!(code == "BAD_INPUT" && !words.is_empty(), "{text:?}: {code} {words}");
        }
        // And in whatever else is asked of the database.
        let by_number = "query ($it: String!) { case(by: { number: $it }) { id } }";
        let search = "query ($it: String) { properties(filter: { text: $it }) { totalCount } }";
        for query in [by_number, search] {
            assert_eq!(sergeant.error_of(query, json!({ "it": "a\u{0}b" })).await, "BAD_INPUT");
        }
        assert_eq!(cases(&sergeant).await, 0);
        let (title, whole) = (r"Couch \ud83d\udecb \u05d0".as_bytes(), "Couch 🛋 א");
        let request = sergeant.request(Method::POST, "/graphql").header(CONTENT_TYPE, "application/json");
        let answer: Value = request.body(opening(&place, title)).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["data"]["caseOpen"]["userErrors"], json!([]), "a whole pair is a character: {answer:#}");
        let seen = sergeant.ask("{ cases { nodes { title } } }", json!({})).await;
        assert_eq!(seen["cases"]["nodes"], json!([{ "title": whole }]));
    }
}

story! {
    async fn what_is_too_large_deep_or_many_is_refused_and_the_server_answers_on(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let asked = |query: String| json!({ "query": query }).to_string();
        let aliases: String = (0..10_000).map(|n| format!("a{n}: viewer {{ isCitywide }} ")).collect();
        let deep_value = format!("{{\"query\": \"{{ viewer {{ isCitywide }} }}\", \"variables\": {}1{}}}", "{\"a\":".repeat(1_000), "}".repeat(1_000));
        let deep_list = format!("{{ cases(filter: {{ districts: {}1{} }}) {{ totalCount }} }}", "[".repeat(1_000), "]".repeat(1_000));
        for (what, body, code) in [
            ("1,000 levels", asked(nested(1_000)), "TOO_COMPLEX"),
            ("1,000 levels of a list", asked(deep_list), "TOO_COMPLEX"),
            ("1,000 levels of a variable", deep_value, "BAD_INPUT"),
            ("10,000 aliases", asked(format!("{{ {aliases} }}")), "TOO_COMPLEX"),
            ("10,000 directives", asked(format!("{{ viewer {} {{ isCitywide }} }}", "@skip(if: false) ".repeat(10_000))), "TOO_COMPLEX"),
            ("10 MB", asked("x".repeat(10 << 20)), "BAD_INPUT"),
            ("no JSON", "{\"query\": ".to_owned(), "BAD_INPUT"),
            ("nothing", String::new(), "BAD_INPUT"),
            ("a list", "[]".to_owned(), "BAD_INPUT"),
            ("a number", "7".to_owned(), "BAD_INPUT"),
            ("no document", "{\"query\": 7}".to_owned(), "BAD_INPUT"),
        ] {
            let (status, got, words) = sent(&sergeant, body).await;
            assert_eq!(got, code, "{what}: {status} {words}");
            assert!(!words.is_empty(), "{what}");
            assert_eq!(cases(&sergeant).await, 0, "{what}: the server answers on");
        }
    }
}

story! {
    async fn numbers_that_are_too_large_are_refused_where_they_stand(jfn) {
        let sergeant = jfn.sergeant(3).await;
        for number in ["2147483648", "-2147483649", "99999999999999999999", "1e400", "1e3", "1.5", "-0.0", "\"5\"", "NaN", "0x10"] {
            let query = format!("{{ cases(first: {number}) {{ totalCount }} }}");
            let (_, code, words) = sent(&sergeant, json!({ "query": query }).to_string()).await;
            assert!(code == "BAD_INPUT" && !words.is_empty(), "{number}: {code} {words}");
            let body = format!("{{\"query\": \"query ($n: Int) {{ cases(first: $n) {{ totalCount }} }}\", \"variables\": {{\"n\": {number}}}}}");
            let (_, code, words) = sent(&sergeant, body).await;
            assert!(code == "BAD_INPUT" && !words.is_empty(), "{number} as a variable: {code} {words}");
        }
        let case = open(jfn, &sergeant, "1200 K ST").await;
        for amount in ["99999999999999.00", "-1.00", "1e9", "1.005", "١.00", "0x1.00", " 1.00"] {
            let input = json!({
                "idempotencyKey": key(), "caseId": case, "kind": "ABATEMENT", "amount": amount, "on": "2026-11-18",
                "description": "Boarded up.", "source": "Invoice", "receipt": "I-1",
            });
            assert_eq!(refusal(&sergeant, "costRecord", input).await, "BAD_INPUT", "{amount}");
        }
        assert_eq!(told(&sergeant, &case).await, ["OPENED"], "nothing was written");
    }
}

/// The code with which a mutation is refused, at the top or by its own rules.
async fn refusal(client: &Client, mutation: &str, input: Value) -> String {
    let mut kind = mutation.to_owned();
    kind.replace_range(..1, &mutation[..1].to_uppercase());
    let query = format!(
        "mutation ($input: {kind}Input!) {{ {mutation}(input: $input) {{ userErrors {{ code message }} }} }}"
    );
    let answer = client.answer(&query, json!({ "input": input })).await;
    let top = &answer["errors"][0]["extensions"]["code"];
    let own = &answer["data"][mutation]["userErrors"][0]["code"];
    top.as_str().or(own.as_str()).unwrap_or_else(|| panic!("{mutation} is refused: {answer:#}")).to_owned()
}

story! {
    async fn days_and_moments_out_of_all_reach_are_refused_and_change_nothing(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(jfn, &sergeant, "1200 K ST").await;
        for day in ["0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "+10000-01-01", "-0001-01-01", "2026-02-30", "2026-13-01", "26-1-1", "", "٢٠٢٦-01-01"] {
            let deadline = json!({ "idempotencyKey": key(), "caseId": case, "label": "Look again", "dueOn": day });
            assert_eq!(refusal(&sergeant, "deadlineSet", deadline).await, "BAD_INPUT", "{day:?}");
            for query in [
                "query ($d: Date!, $c: ID!) { case(by: { id: $c }, asOf: $d) { number } }",
                "query ($d: Date!) { deadlinePreview(input: { ruleKey: \"MOTION\", triggerOn: $d }) { dueOn } }",
                "query ($d: Date!) { cases(filter: { nextActionBefore: $d }) { totalCount } }",
                "query ($d: Date!) { docket(from: $d, to: $d) { totalCount } }",
            ] {
                let variables = if query.contains("$c") { json!({ "d": day, "c": case }) } else { json!({ "d": day }) };
                assert_eq!(sergeant.error_of(query, variables).await, "BAD_INPUT", "{day:?}: {query}");
            }
        }
        for moment in ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "+262142-12-31T23:59:59Z", "-262143-01-01T00:00:00Z", "2026-11-20", "2026-11-20T25:00:00Z", "now", ""] {
            for (mutation, input) in [
                ("inspectionSchedule", json!({ "idempotencyKey": key(), "caseId": case, "scheduledFor": moment })),
                ("inspectionRecord", json!({ "idempotencyKey": key(), "caseId": case, "performedAt": moment, "result": "NO_VIOLATION" })),
                ("caseAddNote", json!({ "idempotencyKey": key(), "caseId": case, "body": "Hello", "occurredAt": moment })),
            ] {
                let code = refusal(&sergeant, mutation, input).await;
                assert_eq!(code, "BAD_INPUT", "{moment:?} of {mutation}");
            }
        }
        assert_eq!(told(&sergeant, &case).await, ["OPENED"], "nothing was written");
    }
}

story! {
    async fn a_name_that_would_show_as_another_is_refused_and_any_script_is_kept(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(jfn, &sergeant, "1200 K ST").await;
        let place = jfn.place("1300 K ST", 3).await;
        // Turned around, it would read "invoice fdp.exe", "Olive Owner" and so on.
        for odd in ["a\u{202e}b", "a\u{2066}b", "a\u{200b}b", "a\u{feff}b", "a\u{ad}b", "a\u{2028}b", "a\nb", "a\u{1b}[31mb", "a\u{e0041}b"] {
            for (mutation, input) in [
                ("caseOpen", json!({ "idempotencyKey": key(), "title": odd, "kinds": ["OTHER"], "property": { "id": place }, "source": "PATROL" })),
                ("deadlineSet", json!({ "idempotencyKey": key(), "caseId": case, "label": odd, "dueOn": "2026-12-01" })),
                ("evidenceUpload", json!({ "idempotencyKey": key(), "caseId": case, "fileName": format!("{odd}.jpg"), "bytes": 5, "sha256": "0".repeat(64) })),
                ("partyLink", json!({
                    "idempotencyKey": key(), "propertyId": place, "role": "OWNER",
                    "party": { "new": { "kind": "PERSON", "name": odd } },
                })),
            ] {
                assert_eq!(refusal(&sergeant, mutation, input).await, "INVALID", "{odd:?} of {mutation}");
            }
        }
        let token = json!({ "idempotencyKey": key(), "name": "a\u{202e}b", "scope": "READ_CASES" });
        assert_eq!(refusal(&jfn.administrator().await, "accessTokenCreate", token).await, "INVALID");
        for control in ["a\u{1b}[2Jb", "a\u{7}b", "a\u{85}b", "a\u{7f}b"] {
            let note = json!({ "idempotencyKey": key(), "caseId": case, "body": control });
            assert_eq!(refusal(&sergeant, "caseAddNote", note).await, "INVALID", "{control:?}");
        }
        assert_eq!(told(&sergeant, &case).await, ["OPENED"], "nothing was written");
        assert_eq!(cases(&sergeant).await, 1);

        // What people write in their own script is kept to the letter; in a note, direction marks too.
        let body = "היא אמרה:\n\u{202b}לא\u{202c} 👩\u{200d}👧 e\u{301}";
        let note = json!({ "idempotencyKey": key(), "caseId": case, "body": body });
        sergeant.done("caseAddNote", "event { id }", note).await;
        let query = "query ($id: ID!) { case(by: { id: $id }) { events(first: 1) { nodes { body } } } }";
        let seen = sergeant.ask(query, json!({ "id": case })).await;
        assert_eq!(seen["case"]["events"]["nodes"][0]["body"], body);
        for name in ["عفيفة", "नि\u{200d}ल", "Zoë O'Šarić", "李小龍"] {
            let party = json!({
                "idempotencyKey": key(), "propertyId": place, "role": "OWNER", "party": { "new": { "kind": "PERSON", "name": name } },
            });
            sergeant.done("partyLink", "", party).await;
        }
    }
}

story! {
    async fn a_file_is_not_named_into_another_folder(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let case = open(jfn, &sergeant, "1200 K ST").await;
        let long = format!("{}.jpg", "x".repeat(300));
        for name in [
            "../a.jpg", "../../../../etc/cron.d/a", "/etc/passwd", "..\\..\\a.jpg", "C:\\a.jpg", "C:a.jpg", "..", ".", ".htaccess",
            "a.jpg.", "a/../b.jpg", "NUL", "nul.jpg", "COM1.txt", "a|b.jpg", "a\u{0}.jpg", "a\r\nContent-Type: text/html", "", "   ", &long,
        ] {
            let input = json!({ "idempotencyKey": key(), "caseId": case, "fileName": name, "bytes": 5, "sha256": "0".repeat(64) });
            let code = refusal(&sergeant, "evidenceUpload", input).await;
            assert!(["INVALID", "REQUIRED", "BAD_INPUT"].contains(&code.as_str()), "{name:?}: {code}");
        }
        assert!(std::fs::read_dir(jfn.evidence()).map_or(0, Iterator::count) == 0, "no file came of it");
    }
}

story! {
    async fn a_cursor_that_somebody_wrote_is_refused(jfn) {
        let sergeant = jfn.sergeant(3).await;
        open(jfn, &sergeant, "1200 K ST").await;
        let query = "query ($after: String) { cases(first: 5, after: $after) { edges { cursor } } }";
        let seen = sergeant.ask(query, json!({})).await;
        let cursor = seen["cases"]["edges"][0]["cursor"].as_str().expect("a cursor").to_owned();
        assert_eq!(sergeant.ask(query, json!({ "after": cursor })).await["cases"]["edges"], json!([]));
        let upside_down: String = cursor.chars().rev().collect();
        for after in ["x", "%%%", "AAAA", &cursor[1..], &upside_down, &"A".repeat(100_000)] {
            assert_eq!(sergeant.error_of(query, json!({ "after": after })).await, "BAD_INPUT", "{after:.40}");
        }
        for since in ["x", "1", "1.", ".1", "99999999999999999999.00000000000000000000000000000000", "1.zz", "-.0"] {
            let query = "query ($it: String!) { changesSince(cursor: $it) { hasMore } }";
            assert_eq!(sergeant.error_of(query, json!({ "it": since })).await, "BAD_INPUT", "{since}");
        }
    }
}

story! {
    async fn what_is_written_for_a_database_is_only_text(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let titles = ["'; DROP TABLE cases; --", "\" OR \"\"=\"", "100% sure_thing", r"C:\new\table", "$1 ? :name {{ draft }} ${HOME}", "!"];
        for title in titles {
            let input = json!({
                "idempotencyKey": key(), "title": title, "kinds": ["OTHER"], "property": { "id": place }, "source": "PATROL",
                "allowDuplicate": true,
            });
            sergeant.done("caseOpen", "case { id }", input).await;
        }
        let query = "query ($it: String) { cases(filter: { text: $it }) { nodes { title } } }";
        for title in titles {
            let seen = sergeant.ask(query, json!({ "it": title })).await;
            assert_eq!(seen["cases"]["nodes"], json!([{ "title": title }]), "what is sought is found, and nothing else");
        }
        assert_eq!(sergeant.ask(query, json!({ "it": "' OR '1'='1" })).await["cases"]["nodes"], json!([]));
        assert_eq!(cases(&sergeant).await, titles.len());
    }
}
