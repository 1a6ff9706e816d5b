//! Calls for service: what a feed told, without a caller, a unit number or a narrative.

use sea_orm::entity::prelude::*;

use crate::id::{CallId, FeedId, PropertyId};

words! {
    /// What a call was about, in our words. Which ones a rule may count is in `CallBehavior`.
    CallCategory {
        /// Loud music, a party.
        Noise,
        /// A disturbance that is not a family's.
        Disturbance,
        /// A fight.
        Fight,
        /// Drugs used or sold; an overdose is MEDICAL.
        Drug,
        /// Prostitution; trafficking is SEX_CRIME.
        Prostitution,
        /// Illegal gambling.
        Gambling,
        /// A breach of liquor laws.
        Liquor,
        /// Somebody with a weapon.
        Weapon,
        /// Shots heard or fired.
        ShotsFired,
        /// An assault that is not domestic.
        Assault,
        /// Trespass.
        Trespass,
        /// Vandalism or graffiti.
        Vandalism,
        /// Illegal dumping.
        Dumping,
        /// Drunk in public.
        Intoxication,
        /// Theft, a stolen vehicle included: the place is the victim.
        Theft,
        /// Robbery: the place is the victim.
        Robbery,
        /// Burglary: the place is the victim.
        Burglary,
        /// Domestic violence or a family dispute; protected.
        Domestic,
        /// A sex crime or trafficking; protected.
        SexCrime,
        /// Stalking, harassment of a person, a restraining order; protected.
        Stalking,
        /// Abuse or neglect of a child, an elder or a dependent adult; protected.
        ChildOrElder,
        /// A missing person; protected.
        MissingPerson,
        /// Medical aid, an overdose; protected.
        Medical,
        /// A mental-health crisis; protected.
        MentalHealth,
        /// A welfare check; protected.
        Welfare,
        /// Fire.
        Fire,
        /// A death; protected.
        Death,
        /// A 911 hang-up or incomplete call.
        Hangup,
        /// An alarm.
        Alarm,
        /// Traffic.
        Traffic,
        /// Help for another agency or a citizen.
        Assist,
        /// Patrol, information, follow-up and the like.
        Administrative,
        /// A call type nobody has mapped yet; never counted.
        Unmapped,
    }
}

words! {
    /// How exactly an address names a place. Only UNIT and ADDRESS may count towards a place.
    AddressPrecision {
        /// A unit of an address; the unit itself is not kept.
        Unit,
        /// A house number and street.
        Address,
        /// A hundred block.
        Block,
        /// A corner of two streets.
        Intersection,
        /// A place's name only.
        Place,
        /// The source removed it.
        Redacted,
        /// It could not be read.
        Unparsed,
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "call")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CallId,
    pub feed_id: FeedId,
    /// The source's own key; unique within the feed.
    pub source_id: String,
    pub occurred_at: DateTimeUtc,
    /// When the source last changed it, where the source tells: what it told before that is left aside.
    pub source_changed_at: Option<DateTimeUtc>,
    /// The city's calendar day of `occurred_at`.
    pub occurred_on: Date,
    /// Normalised, without the unit.
    pub address: String,
    /// What addresses are matched by.
    pub address_key: String,
    pub precision: AddressPrecision,
    pub category: CallCategory,
    /// The call type as the source last gave it.
    pub description: Option<String>,
    /// The call type as first reported, where the source tells both.
    pub initial_description: Option<String>,
    pub disposition: Option<String>,
    /// The disposition says there was nothing to count: cancelled, unfounded, a duplicate, no such address.
    pub disposition_excludes: bool,
    pub officer_initiated: bool,
    pub property_id: Option<PropertyId>,
    /// SHA-256 of the source's mapped columns: equal means the row has not changed.
    pub row_hash: String,
    pub recorded_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// The source no longer lists it.
    pub withdrawn_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
