//! Legal tools that fit a case, each with what the case still lacks for it.

use entity::{
    id::PropertyId,
    property::{self, ResidentialOccupancy},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use tests::{Client, Jfn, key, story};

use crate::{
    case_at_work::{find, violation, with},
    legal::{announce_petition, notice},
};

const SUGGESTED: &str = "suggestedRemedies { remedy { key } fits available unavailableBecause missing { fact suppliedBy message } }";

async fn case_of(jfn: &Jfn, address: &str, kinds: &[&str]) -> Value {
    let place = jfn.place(address, 3).await;
    let input = json!({
        "idempotencyKey": key(), "title": "Trouble", "kinds": kinds, "property": { "id": place }, "source": "RESIDENT",
    });
    jfn.sergeant(3).await.done("caseOpen", "case { id property { id } }", input).await["case"].take()
}

async fn suggested(client: &Client, case: &Value) -> Vec<Value> {
    let query = format!("query ($id: ID!) {{ case(by: {{ id: $id }}) {{ {SUGGESTED} }} }}");
    let seen = client.ask(&query, json!({ "id": case["id"] })).await;
    seen["case"]["suggestedRemedies"].as_array().unwrap().clone()
}

fn of<'a>(rows: &'a [Value], key: &str) -> &'a Value {
    rows.iter()
        .find(|row| row["remedy"]["key"] == key)
        .unwrap_or_else(|| panic!("{key} is suggested: {rows:#?}"))
}

/// The missing facts with the mutations that supply them.
fn missing(row: &Value) -> Vec<(&str, &str)> {
    let facts = row["missing"].as_array().unwrap().iter();
    facts.map(|fact| (fact["fact"].as_str().unwrap(), fact["suppliedBy"].as_str().unwrap())).collect()
}

story! {
    async fn a_dangerous_building_is_told_its_remedies_and_what_each_lacks_until_nothing_is_missing(jfn) {
        let (attorney, officer) = (jfn.attorney(3).await, jfn.code_officer(3).await);
        let case = case_of(jfn, "1200 K ST", &["DANGEROUS_BUILDING", "DRUG_ACTIVITY"]).await;
        let place: PropertyId = case["property"]["id"].as_str().unwrap().parse().unwrap();
        let homes = property::Entity::update_many()
            .col_expr(property::Column::ResidentialOccupancy, Expr::value(ResidentialOccupancy::Some))
            .filter(property::Column::Id.eq(place));
        homes.exec(&jfn.app.db).await.unwrap();
        let rows = suggested(&attorney, &case).await;
        let keys: Vec<&str> = rows.iter().map(|row| row["remedy"]["key"].as_str().unwrap()).collect();
        // By the primary kind first, in the order of the catalogue; then what only the drugs bring in.
        assert_eq!(keys, [
            "administrative-citation", "administrative-penalty", "dangerous-building-order", "state-housing-law-notice",
            "state-housing-law-suit", "receivership", "public-nuisance-suit", "criminal-nuisance", "preliminary-relief",
            "abatement-cost-lien", "abatement-special-assessment", "inspection-warrant", "abatement-warrant",
            "drug-abatement", "weapons-eviction", "drug-eviction", "owner-unlawful-detainer", "abc-license-action",
        ]);
        assert_eq!(of(&rows, "drug-abatement")["fits"], json!(["DRUG_ACTIVITY"]));
        assert_eq!(of(&rows, "public-nuisance-suit")["fits"], json!(["DANGEROUS_BUILDING", "DRUG_ACTIVITY"]));
        assert_eq!(missing(of(&rows, "receivership")), [
            ("evidence_of_conduct", "inspectionRecord"), ("served_notice", "noticeServe"), ("notice_expired", "noticeServe"),
            ("pre_petition_notice", "noticeServe"), ("tenant_impact", "tenantImpactRecord"),
        ]);
        assert_eq!(missing(of(&rows, "inspection-warrant")), [
            ("evidence_of_conduct", "inspectionRecord"), ("consent_refused", "inspectionRecord"), ("tenant_impact", "tenantImpactRecord"),
        ]);
        let words = of(&rows, "administrative-citation")["missing"][1]["message"].as_str().unwrap();
        assert!(words.contains("NOTICE_OF_VIOLATION") && words.contains("`noticeServe`"), "{words}");
        let lapsed = of(&rows, "drug-eviction");
        assert_eq!(lapsed["available"], false);
        assert!(lapsed["unavailableBecause"].as_str().unwrap().contains("2024-01-01"), "{lapsed}");
        assert_eq!(of(&rows, "receivership")["available"], true);
        assert_eq!(of(&rows, "receivership")["unavailableBecause"], Value::Null);

        find(jfn, &officer, &case["id"], json!([violation("SCC 8.96.130")])).await;
        let answer = json!({
            "idempotencyKey": key(), "caseId": case["id"], "asOf": "2026-11-20", "occupied": true, "relocationPlan": "Nobody leaves.",
        });
        officer.done("tenantImpactRecord", "case { id }", answer).await;
        let rows = suggested(&attorney, &case).await;
        assert_eq!(missing(of(&rows, "public-nuisance-suit")), []);
        let pending = with(notice(&case, "NOTICE_AND_ORDER", &["POSTING"], "2026-11-20"), "complyBy", json!("2026-12-21"));
        officer.done("noticeServe", "notice { id }", pending).await;
        let rows = suggested(&attorney, &case).await;
        assert_eq!(missing(of(&rows, "state-housing-law-suit")), [("correction_period_passed", "noticeServe")]);
        announce_petition(&officer, &case).await;
        assert_eq!(missing(of(&suggested(&attorney, &case).await, "receivership")), []);
        let confirm = json!({ "remedyKey": "drug-eviction", "reason": "Extended by a statute of 2025." });
        jfn.city_attorney().await.done("remedyConfirm", "remedy { key }", confirm).await;
        let rows = suggested(&attorney, &case).await;
        assert_eq!(of(&rows, "drug-eviction")["available"], true);
        assert_eq!(of(&rows, "weapons-eviction")["available"], false);
    }
}

story! {
    async fn a_list_of_cases_reads_its_suggestions_in_a_fixed_number_of_statements(jfn) {
        let attorney = jfn.attorney(3).await;
        let query = format!("{{ cases(first: 50) {{ nodes {{ {SUGGESTED} }} }} }}");
        let mut counts = Vec::new();
        for numbers in [1..3, 3..13] {
            for number in numbers {
                let case = case_of(jfn, &format!("{number}00 K ST"), &["DRUG_ACTIVITY"]).await;
                find(jfn, &jfn.code_officer(3).await, &case["id"], json!([violation("SCC 8.04.100")])).await;
                announce_petition(&attorney, &case).await;
            }
            let before = jfn.statements();
            let seen = attorney.ask(&query, json!({})).await;
            counts.push(jfn.statements() - before);
            let rows = seen["cases"]["nodes"][0]["suggestedRemedies"].as_array().unwrap().clone();
            assert_eq!(missing(of(&rows, "drug-abatement")), []);
        }
        assert_eq!(counts[0], counts[1], "for two cases as for twelve");
        assert!(counts[0] <= 9, "the sign-in, the cases, their kinds, the confirmations and what is on record: {counts:?}");
    }
}

story! {
    async fn the_lacks_of_a_suggestion_are_those_that_a_step_is_refused_for(jfn) {
        let attorney = jfn.attorney(3).await;
        let case = case_of(jfn, "1200 K ST", &["DRUG_ACTIVITY"]).await;
        let told = of(&suggested(&attorney, &case).await, "drug-abatement")["missing"][0]["message"].clone();
        let action = crate::legal::refer(&attorney, &case, "drug-abatement").await;
        let payload = attorney
            .change("legalActionAdvance", crate::legal::ACTION, crate::legal::step(&action, 1, "AUTHORIZED", "2026-11-20"))
            .await;
        assert_eq!(payload["userErrors"][0]["message"], told);
        let query = "query ($id: ID!) { legalAction(id: $id) { allowedSteps { to allowed missing { fact message suppliedBy } } } }";
        let seen = attorney.ask(query, json!({ "id": action["id"] })).await;
        let step = &seen["legalAction"]["allowedSteps"][0];
        let lack = json!([{ "fact": "evidence_of_conduct", "message": told, "suppliedBy": "inspectionRecord" }]);
        assert_eq!((&step["to"], &step["allowed"], &step["missing"]), (&json!("AUTHORIZED"), &json!(false), &lack));
        for client in [jfn.commissioner().await, jfn.administrator().await] {
            let query = format!("query ($id: ID!) {{ case(by: {{ id: $id }}) {{ {SUGGESTED} }} }}");
            assert_eq!(client.error_of(&query, json!({ "id": case["id"] })).await, "FORBIDDEN");
        }
    }
}
