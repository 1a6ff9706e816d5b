//! What a case is about; a case has one primary kind and may have others.

use sea_orm::entity::prelude::*;

use crate::id::CaseId;

words! {
    /// What a case is about.
    CaseKind {
        /// Rubbish left where it may not be.
        IllegalDumping,
        /// People in a building without a right to it.
        Squatters,
        /// An owner who is away and lets the place decay.
        AbsentLandlord,
        /// A building that endangers people.
        DangerousBuilding,
        /// A business that harms its neighbours.
        IrresponsibleBusiness,
        /// A place that overuses 911.
        HighCallVolume,
        /// Drug dealing or making.
        DrugActivity,
        /// Prostitution or trafficking.
        ProstitutionOrTrafficking,
        /// Gang activity.
        GangActivity,
        /// Something else.
        Other,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_kind")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub case_id: CaseId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: CaseKind,
    /// 0 is the primary kind.
    pub position: i32,
}

impl ActiveModelBehavior for ActiveModel {}
