//! `jfn staff` and `jfn token`: what an administrator does at the command line.

use api::commands::{
    staff::{Add, add, leave, list},
    token::{Create, create},
};
use chrono::TimeDelta;
use entity::{access_token::TokenScope, staff::StaffRole};
use serde_json::json;
use tests::story;

fn member(email: &str, role: StaffRole, district: Option<i32>) -> Add {
    Add { email: email.to_owned(), name: "New Member".to_owned(), role, district, password_stdin: false }
}

story! {
    async fn a_new_administrator_signs_in_with_the_password_that_was_printed(jfn) {
        let new = member("First@Jfn.example", StaffRole::Administrator, None);
        let (_, password) = add(&jfn.app, new, None).await.unwrap();
        assert_eq!(password.len(), 24);
        let mut client = jfn.nobody();
        client.sign_in("first@jfn.example", &password).await;
        let seen = client.ask("{ viewer { roles staff { email } } }", json!({})).await;
        assert_eq!(seen["viewer"]["roles"], json!(["ADMINISTRATOR"]));
        let again = member("first@jfn.example", StaffRole::Administrator, None);
        assert!(add(&jfn.app, again, None).await.unwrap_err().to_string().contains("already"));
        let program = member("feed@jfn.example", StaffRole::Integration, None);
        assert!(add(&jfn.app, program, None).await.unwrap_err().to_string().contains("jfn token create"));
        assert!(add(&jfn.app, member("nobody", StaffRole::Attorney, None), None).await.is_err());
    }
}

story! {
    async fn a_new_member_takes_a_vacant_seat_but_nobody_elses(jfn) {
        let new = || member("sergeant9@jfn.example", StaffRole::Sergeant, Some(3));
        let refused = add(&jfn.app, new(), None).await.unwrap_err().to_string();
        assert!(refused.contains("Person sergeant3 holds the seat"), "{refused}");
        let chief = jfn.city_attorney().await;
        let vacate = json!({ "district": 3, "role": "SERGEANT", "staffId": null, "from": "2026-11-20" });
        chief.done("teamSeatAssign", "team { vacancies }", vacate).await;
        add(&jfn.app, new(), Some("a long enough password".to_owned())).await.unwrap();
        let mut client = jfn.nobody();
        client.sign_in("sergeant9@jfn.example", "a long enough password").await;
        let seen = client.ask("{ viewer { districts { number } } }", json!({})).await;
        assert_eq!(seen["viewer"]["districts"], json!([{ "number": 3 }]));
        let everybody = list(&jfn.app).await.unwrap();
        assert_eq!(everybody.lines().count(), 28);
        let line = everybody.lines().find(|line| line.contains("sergeant9@jfn.example")).unwrap();
        assert!(line.starts_with("SERGEANT") && line.contains("district 3") && line.ends_with("active"), "{line}");
    }
}

story! {
    async fn whoever_leaves_is_signed_out_for_good_and_their_seat_is_vacant(jfn) {
        let sergeant = jfn.sergeant(3).await;
        sergeant.ask("{ cases { totalCount } }", json!({})).await;
        leave(&jfn.app, " Sergeant3@jfn.example").await.unwrap();
        assert_eq!(sergeant.error_of("{ cases { totalCount } }", json!({})).await, "UNAUTHENTICATED");
        let again = json!({ "email": "sergeant3@jfn.example", "password": "a long enough password" });
        assert_eq!(jfn.nobody().post("/auth/login", &again).await.status(), 401);
        let chief = jfn.city_attorney().await;
        let seen = chief.ask("{ district(number: 3) { team { vacancies } } }", json!({})).await;
        assert_eq!(seen["district"]["team"]["vacancies"], json!(["SERGEANT"]));
        let everybody = list(&jfn.app).await.unwrap();
        let line = everybody.lines().find(|line| line.contains("sergeant3@jfn.example")).unwrap();
        assert!(line.ends_with("inactive") && !line.contains("district"), "{line}");
        for nobody in ["sergeant3@jfn.example", "nobody@jfn.example"] {
            assert!(leave(&jfn.app, nobody).await.unwrap_err().to_string().contains("jfn staff list"));
        }
    }
}

story! {
    async fn a_token_reads_cases_until_it_ends_and_is_kept_only_as_a_hash(jfn) {
        let token = |scope, feed: Option<&str>, expires_days| Create {
            name: "Dashboard".to_owned(),
            scope,
            feed: feed.map(str::to_owned),
            districts: Vec::new(),
            expires_days,
        };
        let made = create(&jfn.app, token(TokenScope::ReadCases, None, Some(30))).await.unwrap();
        assert!(made.starts_with("jfn_") && made.len() == 68);
        let program = jfn.nobody().with_token(&made);
        let seen = program.ask("{ viewer { staff { id } } cases { totalCount } properties { totalCount } }", json!({})).await;
        assert_eq!(seen, json!({ "viewer": { "staff": null }, "cases": { "totalCount": 0 }, "properties": { "totalCount": 0 } }));
        for query in ["{ staff { id } }", "{ district(number: 3) { team { vacancies } } }"] {
            assert_eq!(program.error_of(query, json!({})).await, "FORBIDDEN", "{query}");
        }
        jfn.wait(TimeDelta::days(31));
        assert_eq!(program.error_of("{ cases { totalCount } }", json!({})).await, "UNAUTHENTICATED");

        let lacking = create(&jfn.app, token(TokenScope::PushCalls, None, None)).await.unwrap_err().to_string();
        assert!(lacking.contains("--feed"), "{lacking}");
        let unknown = create(&jfn.app, token(TokenScope::PushCalls, Some("x"), None)).await.unwrap_err().to_string();
        assert!(unknown.contains("demo-police"), "{unknown}");
        assert!(create(&jfn.app, token(TokenScope::ReadCases, Some("demo-police"), None)).await.is_err());
        assert!(create(&jfn.app, token(TokenScope::ReadCases, None, Some(0))).await.is_err());
        create(&jfn.app, token(TokenScope::PushCalls, Some("demo-police"), None)).await.unwrap();
    }
}
