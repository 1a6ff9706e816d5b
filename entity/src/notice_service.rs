//! How and when a notice was served on each recipient.

use sea_orm::entity::prelude::*;

use crate::id::{NoticeId, NoticeServiceId, PartyId};

words! {
    /// How a paper reached its recipient; some methods extend the time to answer.
    ServiceMethod {
        /// Handed over in person.
        Personal,
        /// Left with somebody else, as the law allows.
        Substituted,
        /// First-class mail within California.
        MailInState,
        /// Mail to another state.
        MailOutOfState,
        /// Mail abroad.
        MailAbroad,
        /// Certified mail; counts as mail.
        CertifiedMail,
        /// Express or overnight delivery.
        Overnight,
        /// Fax.
        Fax,
        /// Electronic service.
        Electronic,
        /// Posted on the property.
        Posting,
        /// Published in a newspaper.
        Publication,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice_service")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NoticeServiceId,
    pub notice_id: NoticeId,
    /// None when served on the place, such as by posting.
    pub party_id: Option<PartyId>,
    pub method: ServiceMethod,
    pub served_on: Date,
    /// Which paper proves it.
    pub proof: Option<String>,
    /// The order in which the services were stated.
    pub position: i32,
    #[sea_orm(belongs_to, from = "party_id", to = "id")]
    pub party: BelongsTo<Option<super::party::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
