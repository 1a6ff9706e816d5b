//! Members of staff: who signs in and who acts.

use sea_orm::entity::prelude::*;

use crate::id::StaffId;

words! {
    /// What a person or a program is here for.
    StaffRole {
        /// The deputy city attorney of a district's team.
        Attorney,
        /// The police sergeant of a district's team.
        Sergeant,
        /// The code-enforcement officer of a district's team.
        CodeOfficer,
        /// The city attorney and those who act citywide for them.
        CityAttorney,
        /// A member of the oversight commission: aggregates, never people.
        Commissioner,
        /// Who runs the system: staff, seats, feeds; no case content.
        Administrator,
        /// A program with an access token.
        Integration,
    }
}

impl StaffRole {
    /// The three seats of a district's team.
    pub const TEAM: [Self; 3] = [Self::Attorney, Self::Sergeant, Self::CodeOfficer];
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StaffId,
    pub name: String,
    /// Lower case; unique.
    pub email: String,
    pub role: StaffRole,
    pub active: bool,
    /// Argon2id, in PHC form; none for people who sign in elsewhere.
    pub password_hash: Option<String>,
    pub created_at: DateTimeUtc,
}

in_order!(id, name, email, role, active, password_hash, created_at,);

impl ActiveModelBehavior for ActiveModel {}
