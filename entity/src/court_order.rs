//! What courts and hearing officers ordered in legal actions. Rows are added, never changed.

use sea_orm::entity::prelude::*;

use crate::id::{CourtOrderId, LegalActionId, StaffId};

words! {
    /// What a court or hearing officer ordered, or approved on the way of a remedy.
    CourtOrderKind {
        /// A temporary restraining order (Code of Civil Procedure 527).
        TemporaryRestrainingOrder,
        /// An injunction until the judgment (Code of Civil Procedure 526).
        PreliminaryInjunction,
        /// An injunction by judgment.
        PermanentInjunction,
        /// A judgment that the parties agreed on.
        StipulatedJudgment,
        /// Any other judgment.
        Judgment,
        /// Punishment for the violation of an order.
        Contempt,
        /// The building is closed until the judgment; only after an order was violated (Health & Safety Code 11573.5,
        /// Penal Code 11227).
        ClosureBeforeJudgment,
        /// The building is closed by the judgment (Health & Safety Code 11581, Penal Code 11230).
        Closure,
        /// A receiver was appointed (Health & Safety Code 17980.7(c)).
        ReceiverAppointed,
        /// The receiver gave bond and took the oath (Code of Civil Procedure 567).
        ReceiverQualified,
        /// The receiver's inventory was filed.
        InventoryFiled,
        /// The rehabilitation plan was approved.
        PlanApproved,
        /// The receiver may borrow on certificates.
        FinancingApproved,
        /// The receiver's final account was approved.
        FinalAccount,
        /// The receiver was discharged.
        ReceiverDischarged,
        /// A warrant to enter (Code of Civil Procedure 1822.50).
        Warrant,
        /// A hearing officer's or board's decision.
        Decision,
        /// The city's costs were confirmed (Government Code 38773).
        CostsConfirmed,
        /// A licence was suspended, conditioned or revoked.
        LicenseDecision,
        /// The court, or whoever gave the order, finds that what was ordered was done: a satisfaction of judgment (Code of
        /// Civil Procedure 724.030), the return of a warrant, the end of conditions or probation.
        ComplianceFound,
        /// Terms of a criminal sentence or probation.
        ProbationTerms,
        /// Anything else.
        Other,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "court_order")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CourtOrderId,
    pub legal_action_id: LegalActionId,
    pub kind: CourtOrderKind,
    pub issued_on: Date,
    pub comply_by: Option<Date>,
    pub expires_on: Option<Date>,
    pub terms: String,
    pub amount_cents: Option<i64>,
    pub recorded_by: StaffId,
    pub recorded_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
