//! The cost ledger: what a case cost the city, what was assessed and what came in. Rows are added, never changed.

use sea_orm::entity::prelude::*;

use crate::id::{CaseId, CostEntryId, DistrictId, LegalActionId, NoticeId, PropertyId, StaffId};

words! {
    /// What an entry of the cost ledger is for.
    CostKind {
        /// Time of the city's staff, at an hourly rate.
        StaffHours,
        /// What ending the nuisance cost the city, such as clean-up, boarding or demolition.
        Abatement,
        /// What a response of police or fire cost, such as under Sacramento City Code 9.12.
        Response,
        /// A court's, recorder's or publisher's fee.
        FilingFee,
        /// A fine or penalty that was assessed.
        Fine,
        /// What a court added to make the costs of abatement three times what they were (Government Code 38773.7).
        TrebleCosts,
        /// Money that came in.
        Payment,
        /// What the city no longer asks for.
        Waiver,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cost_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CostEntryId,
    pub case_id: CaseId,
    /// The case's place, repeated so that a place's balance needs no join.
    pub property_id: PropertyId,
    /// The case's district, repeated so that lists across cases need no join.
    pub district_id: DistrictId,
    pub legal_action_id: Option<LegalActionId>,
    /// The citation whose fine it is, or what became of that fine.
    pub notice_id: Option<NoticeId>,
    pub kind: CostKind,
    /// What it adds to what is owed, in cents: payments and waivers are negative, a reversing entry has the opposite sign.
    pub amount_cents: i64,
    /// Minutes of staff time, and what an hour of it costs in cents.
    pub minutes: Option<i32>,
    pub hourly_rate_cents: Option<i64>,
    /// The day it was spent, assessed, paid or waived, as stated.
    pub occurred_on: Date,
    pub description: String,
    /// Where the amount comes from.
    pub source: String,
    /// Which paper shows it.
    pub receipt: String,
    /// The entry of the same case that this one takes back in full; no entry is taken back twice.
    pub reverses_id: Option<CostEntryId>,
    pub recorded_by: Option<StaffId>,
    pub recorded_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
