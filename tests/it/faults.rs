//! Faults of our own: the cause is in the log, and not in the answer.

use sea_orm::ConnectionTrait;
use serde_json::json;
use tests::{key, log, story};

story! {
    async fn a_fault_is_logged_with_its_cause_and_answered_without(jfn) {
        let sergeant = jfn.sergeant(3).await;
        let place = jfn.place("1200 K ST", 3).await;
        let input = json!({
            "idempotencyKey": key(), "title": "Loud nights", "kinds": ["OTHER"], "property": { "id": place },
            "source": "PATROL",
        });
        sergeant.done("caseOpen", "case { id }", input).await;
        jfn.app.db.execute_unprepared("DROP TABLE case_kind").await.expect("the table goes");
        let answer = sergeant.answer("{ cases { nodes { kinds } } }", json!({})).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "INTERNAL");
        assert_eq!(error["message"], "Something went wrong on our side.");
        assert!(!answer.to_string().contains("case_kind"), "no database text: {answer}");
        let request = error["extensions"]["requestId"].as_str().expect("the request's id");
        let logged = log::lines_with(request).join("\n");
        assert!(logged.contains("database refused: code"), "{logged}");
        assert!(!logged.contains("Loud nights"), "{logged}");
    }
}
