//! The catalogue of remedies as counsel would write it down: every step, and what has to be on record before it.
//!
//! Written by hand from the law (domain sections 3.2 and 3.3), never read from the preset, so that either can be wrong.

use std::collections::{BTreeMap, BTreeSet};

/// A step by where it starts and leads, and the facts that it requires.
pub type Steps = BTreeMap<(String, String), BTreeSet<String>>;

/// One remedy: its key, whether it runs in court (`C`), before the city's hearing officer (`L`) or neither, and its own steps as
/// `FROM|FROM TO fact fact`, which stand instead of those that it shares.
pub struct Row(pub &'static str, pub char, pub &'static [&'static str]);

/// Every action begins so.
const REFERRAL: &[&str] = &[
    "REFERRED AUTHORIZED flag_confirmed evidence_of_conduct",
    "REFERRED DECLINED reason",
    "REFERRED|AUTHORIZED|PREPARING WITHDRAWN reason",
    "AUTHORIZED PREPARING",
];

const COURT: &[&str] = &[
    "AUTHORIZED|PREPARING FILED court court_case_number tenant_impact",
    "FILED SERVED proof_of_service",
    "FILED|SERVED|HEARD|ORDERED|COMPLYING HEARING_SET hearing_scheduled",
    "HEARING_SET HEARD",
    "SERVED|HEARD ORDERED",
    "ORDERED COMPLYING",
    "ORDERED|COMPLYING SATISFIED compliance_verified recording_released",
    "ORDERED|COMPLYING APPEALED",
    "APPEALED ORDERED",
    "HEARD|APPEALED DENIED reason",
    "PREPARING|FILED|SERVED|HEARING_SET|HEARD SETTLED reason",
    "FILED|SERVED|HEARING_SET|HEARD|ORDERED|COMPLYING DISMISSED reason",
    "FILED|SERVED|HEARING_SET WITHDRAWN reason",
];

const LOCAL: &[&str] = &[
    "FILED SERVED proof_of_service",
    "SERVED APPEALED",
    "APPEALED HEARING_SET hearing_scheduled",
    "HEARING_SET HEARD",
    "SERVED|HEARD ORDERED",
    "ORDERED APPEALED",
    "APPEALED ORDERED",
    "ORDERED COMPLYING",
    "HEARD|APPEALED DISMISSED reason",
    "FILED|SERVED|APPEALED|HEARING_SET WITHDRAWN reason",
    "SERVED|APPEALED|HEARING_SET|HEARD SETTLED reason",
];

const FINE: &[&str] =
    &["AUTHORIZED|PREPARING FILED correction_period_passed", "SERVED|ORDERED|COMPLYING SATISFIED paid"];

const CONDUCT: &[&str] = &[
    "AUTHORIZED|PREPARING FILED court court_case_number evidence_of_conduct tenant_impact",
    "COMPLYING HEARING_SET hearing_scheduled order_violation",
];

const WARRANT: &[&str] = &[
    "AUTHORIZED PREPARING consent_refused",
    "AUTHORIZED|PREPARING FILED court court_case_number consent_refused tenant_impact",
    "FILED HEARING_SET hearing_scheduled",
    "HEARING_SET HEARD",
    "FILED|HEARD ORDERED",
    "FILED|HEARD DENIED reason",
    "ORDERED SERVED proof_of_service",
    "ORDERED|SERVED COMPLYING",
    "COMPLYING SATISFIED compliance_verified",
    "ORDERED|SERVED EXPIRED reason",
    "FILED|HEARING_SET|ORDERED|SERVED WITHDRAWN reason",
];

const EVICTION: &[&str] = &[
    "AUTHORIZED PREPARING arrest_documentation",
    "AUTHORIZED|PREPARING FILED court court_case_number served_notice notice_expired arrest_documentation tenant_impact",
];

/// A to N of the catalogue, the three that have their place by key among them.
pub const TABLE: &[Row] = &[
    Row("administrative-citation", 'L', FINE),
    Row("administrative-penalty", 'L', FINE),
    Row(
        "dangerous-building-order",
        'L',
        &[
            "AUTHORIZED|PREPARING FILED tenant_impact",
            "SERVED|ORDERED COMPLYING",
            "SERVED|ORDERED|COMPLYING SATISFIED compliance_verified recording_released",
        ],
    ),
    Row(
        "state-housing-law-notice",
        'L',
        &[
            "AUTHORIZED|PREPARING FILED tenant_impact",
            "SERVED COMPLYING",
            "SERVED|ORDERED|COMPLYING SATISFIED compliance_verified",
        ],
    ),
    Row(
        "state-housing-law-suit",
        'C',
        &[
            "AUTHORIZED|PREPARING FILED court court_case_number served_notice correction_period_passed tenant_impact",
        ],
    ),
    Row(
        "receivership",
        'C',
        &[
            "AUTHORIZED|PREPARING FILED court court_case_number served_notice notice_expired pre_petition_notice tenant_impact",
        ],
    ),
    Row("drug-abatement", 'C', CONDUCT),
    Row("red-light-abatement", 'C', CONDUCT),
    Row("public-nuisance-suit", 'C', CONDUCT),
    Row(
        "criminal-nuisance",
        'C',
        &[
            "AUTHORIZED|PREPARING FILED court court_case_number served_notice evidence_of_conduct tenant_impact",
            "ORDERED|COMPLYING SATISFIED compliance_verified",
        ],
    ),
    Row(
        "preliminary-relief",
        'C',
        &[
            "AUTHORIZED|PREPARING FILED court court_case_number evidence_of_conduct tenant_impact",
            "FILED|SERVED|HEARD ORDERED",
            "ORDERED SERVED proof_of_service",
            "ORDERED|SERVED EXPIRED reason",
            "COMPLYING HEARING_SET hearing_scheduled order_violation",
        ],
    ),
    Row(
        "abatement-cost-lien",
        'L',
        &[
            "AUTHORIZED|PREPARING FILED",
            "FILED|SERVED HEARING_SET hearing_scheduled",
            "HEARD|SERVED ORDERED cost_confirmed",
            "ORDERED COMPLYING cost_confirmed lien_notice",
            "ORDERED|COMPLYING SATISFIED paid recording_released",
        ],
    ),
    Row(
        "abatement-special-assessment",
        'L',
        &[
            "AUTHORIZED|PREPARING FILED",
            "FILED|SERVED HEARING_SET hearing_scheduled",
            "HEARD|SERVED ORDERED cost_confirmed",
            "ORDERED COMPLYING cost_confirmed lien_notice",
            "ORDERED|COMPLYING SATISFIED paid",
        ],
    ),
    Row("inspection-warrant", '-', WARRANT),
    Row("abatement-warrant", '-', WARRANT),
    Row("weapons-eviction", 'C', EVICTION),
    Row("drug-eviction", 'C', EVICTION),
    Row("owner-unlawful-detainer", 'C', &["AUTHORIZED PREPARING tenant_impact"]),
    Row(
        "abc-license-action",
        '-',
        &[
            "AUTHORIZED PREPARING evidence_of_conduct",
            "AUTHORIZED|PREPARING FILED evidence_of_conduct tenant_impact",
            "FILED SERVED proof_of_service",
            "SERVED|HEARD HEARING_SET hearing_scheduled",
            "HEARING_SET HEARD",
            "SERVED|HEARD ORDERED",
            "ORDERED APPEALED",
            "APPEALED ORDERED",
            "ORDERED COMPLYING",
            "ORDERED|COMPLYING SATISFIED compliance_verified",
            "HEARD|APPEALED DENIED reason",
            "FILED|SERVED|HEARING_SET|HEARD DISMISSED reason",
            "FILED|SERVED|HEARING_SET|HEARD SETTLED reason",
            "FILED|SERVED|HEARING_SET WITHDRAWN reason",
        ],
    ),
    Row(
        "social-host-costs",
        'L',
        &[
            "AUTHORIZED|PREPARING FILED earlier_response",
            "SERVED|HEARD ORDERED cost_confirmed",
            "SERVED|ORDERED|COMPLYING SATISFIED paid",
        ],
    ),
];

/// What has to be on record before each step of that remedy.
pub fn steps(row: &Row) -> Steps {
    let shared = match row.1 {
        'C' => COURT,
        'L' => LOCAL,
        _ => &[],
    };
    let mut found = Steps::new();
    for line in REFERRAL.iter().chain(shared).chain(row.2) {
        let mut words = line.split(' ');
        let (from, to) = (words.next().unwrap(), words.next().unwrap());
        let facts: BTreeSet<String> = words.map(str::to_owned).collect();
        for from in from.split('|') {
            found.insert((from.to_owned(), to.to_owned()), facts.clone());
        }
    }
    found
}

/// The code with which a step is refused that lacks the fact, and the mutation that the refusal names.
pub fn refusal(fact: &str, remedy: &str) -> (&'static str, &'static str) {
    match fact {
        "reason" => ("REQUIRED", "Say why"),
        "court" => ("REQUIRED", "court"),
        "court_case_number" => ("REQUIRED", "number"),
        "tenant_impact" => ("TRANSITION_BLOCKED", "`tenantImpactRecord`"),
        "evidence_of_conduct" => ("TRANSITION_BLOCKED", "`inspectionRecord`"),
        "consent_refused" => ("TRANSITION_BLOCKED", "`inspectionRecord`"),
        "compliance_verified" => ("TRANSITION_BLOCKED", "`inspectionRecord`"),
        "proof_of_service" | "pre_petition_notice" | "lien_notice" => ("TRANSITION_BLOCKED", "`noticeServe`"),
        "served_notice" if remedy.ends_with("-eviction") => ("TRANSITION_BLOCKED", "`deadlineStart`"),
        "served_notice" => ("TRANSITION_BLOCKED", "`noticeServe`"),
        "notice_expired" if remedy.ends_with("-eviction") => ("CLOCK_NOT_RUN", "`deadlineStart`"),
        "notice_expired" | "correction_period_passed" => ("CLOCK_NOT_RUN", "`noticeServe`"),
        "hearing_scheduled" => ("TRANSITION_BLOCKED", "`hearingSchedule`"),
        "order_violation" => ("TRANSITION_BLOCKED", "`orderViolationRecord`"),
        "arrest_documentation" => ("TRANSITION_BLOCKED", "`evidenceAttach`"),
        "earlier_response" => ("TRANSITION_BLOCKED", "`costRecord`"),
        "cost_confirmed" if remedy == "social-host-costs" => ("CLOCK_NOT_RUN", "`hearingRecord`"),
        "cost_confirmed" => ("TRANSITION_BLOCKED", "`hearingRecord`"),
        "paid" => ("TRANSITION_BLOCKED", "`paymentRecord`"),
        "recording_released" => ("TRANSITION_BLOCKED", "`titleRecordingRelease`"),
        "waiting_period" => ("CLOCK_NOT_RUN", "waiting period"),
        other => panic!("{other} has no refusal"),
    }
}
