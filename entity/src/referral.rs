//! Hand-offs: a case, or a question about it, given to somebody who accepts or declines within a time.

use sea_orm::entity::prelude::*;

use crate::id::{CaseId, DistrictId, ReferralId, StaffId};

words! {
    /// What is handed over.
    ReferralKind {
        /// The case, to a member of its team or the city attorney, who works it once they accept.
        Assign,
        /// A question, to anybody who works cases.
        Consult,
        /// A part of the matter, to a department; the case stays where it is.
        Refer,
        /// The case, from whoever works it now to another member or department.
        Transfer,
    }
}

words! {
    /// Where a hand-off stands.
    ReferralStatus {
        /// It waits for an answer.
        Waiting,
        /// It was accepted.
        Accepted,
        /// It was declined, with a reason.
        Declined,
        /// Whoever made it took it back.
        Withdrawn,
        /// Nobody answered within its time.
        Lapsed,
    }
}

words! {
    /// A department of the city that cases are handed to.
    Department {
        /// The city attorney's office: the attorney of the district answers, or the city attorney.
        CityAttorney,
        /// The police: the sergeant of the district answers.
        Police,
        /// Code enforcement: the code officer of the district answers.
        CodeEnforcement,
        /// The fire department; the team of the district records its answer, as for those below.
        Fire,
        /// Housing and dangerous buildings.
        Housing,
        /// Animal care.
        AnimalCare,
        /// Public works, solid waste among them.
        PublicWorks,
        /// Social services and outreach.
        Outreach,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "referral")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReferralId,
    pub case_id: CaseId,
    /// The case's district, repeated so that lists across cases need no join.
    pub district_id: DistrictId,
    pub kind: ReferralKind,
    /// Never LAPSED in the table: that is told from `answer_by`.
    pub status: ReferralStatus,
    pub made_by: Option<StaffId>,
    pub made_at: DateTimeUtc,
    /// Either a person or a department.
    pub to_staff_id: Option<StaffId>,
    pub to_department: Option<Department>,
    pub reason: String,
    /// The last day for an answer.
    pub answer_by: Date,
    pub answered_by: Option<StaffId>,
    pub answered_at: Option<DateTimeUtc>,
    /// The answer in words, or why it was declined or taken back.
    pub answer: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
