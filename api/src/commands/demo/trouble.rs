//! What is wrong at an invented place.

/// What kind of trouble a place of that use gives: title, kinds, code section and what an inspection finds.
pub fn trouble(use_type: &str) -> (&'static str, &'static [&'static str], &'static str, &'static str) {
    match use_type {
        "BAR" | "RESTAURANT" => (
            "Noise and fights after closing",
            &["IRRESPONSIBLE_BUSINESS"],
            "8.68.060",
            "Music over the limit after 22:00",
        ),
        "LIQUOR_STORE" | "RETAIL" | "GAS_STATION" => (
            "Loitering and litter at the store",
            &["IRRESPONSIBLE_BUSINESS", "ILLEGAL_DUMPING"],
            "8.04.100",
            "Litter and shopping carts on the lot",
        ),
        "MOTEL" => (
            "Rooms let by the hour",
            &["IRRESPONSIBLE_BUSINESS", "DRUG_ACTIVITY"],
            "8.04.080",
            "Needles in the courtyard, broken locks",
        ),
        "VACANT_LOT" => {
            ("Rubbish on the vacant lot", &["ILLEGAL_DUMPING"], "8.04.100", "Mattresses, tires and rubble")
        }
        "VACANT_BUILDING" => (
            "People in the boarded building",
            &["SQUATTERS", "DANGEROUS_BUILDING"],
            "8.96.110",
            "Open window at the rear, fire damage on the first floor",
        ),
        _ => ("House left to decay", &["ABSENT_LANDLORD"], "8.100.340", "Roof leaks, no hot water, rats"),
    }
}
