//! What can be done with a place and with the parties that answer for it.

use async_graphql::{Context, Enum, InputObject, MaybeUndefined, Object, OneofObject, SimpleObject};
use entity::{
    id::{PartyId, PropertyId, PropertyPartyId},
    party::PartyKind,
    property::{ResidentialOccupancy, UseType},
    property_party::{LinkStatus, PartyRole},
};
use uuid::Uuid;

use super::{
    context::{Ask, once},
    errors::{UserError, settle, user_errors},
    property::{Property, property_by_id},
    scalars::Date,
};
use crate::{
    authz::Action,
    domain::refusal::Refusal,
    error::{Error, Result},
    reads,
    writes::{
        self, idempotency,
        parties::PartyChoice,
        property_edit::{DistrictChange, Edit, Field},
    },
};

/// The place as it is now, or why the mutation was refused.
#[derive(SimpleObject)]
pub struct PropertyPayload {
    /// The place as it is now, also when the change was refused; null only when nothing was found.
    property: Option<Property>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

impl PropertyPayload {
    async fn of(ctx: &Context<'_>, about: Option<PropertyId>, refusals: Vec<Refusal>) -> Result<Self> {
        Ok(Self { property: property_by_id(ctx, about).await?, user_errors: user_errors(refusals) })
    }
}

/// Corrections of a place; what is left out stays.
#[derive(InputObject)]
pub struct PropertyEditInput {
    /// The place.
    property_id: PropertyId,
    /// The version that was looked at.
    expected_version: i32,
    /// What it is used for.
    use_type: Option<UseType>,
    /// Whether people live there.
    residential_occupancy: Option<ResidentialOccupancy>,
    /// Dwelling units, or guest rooms of a motel, from 1 to 100,000; null when there are none or nobody knows.
    unit_count: MaybeUndefined<i32>,
    /// Assessor's parcel number, at most 40 characters; null when it has none.
    apn: MaybeUndefined<String>,
    /// Degrees north, WGS 84; together with `longitude`. The district follows the point unless it was overridden.
    latitude: Option<f64>,
    /// Degrees east, WGS 84; together with `latitude`.
    longitude: Option<f64>,
    /// Puts the place into another district than its point lies in. Open cases stay with the team that works them.
    district_override: Option<DistrictOverrideInput>,
    /// Takes an override back: the district is again the one that the point lies in.
    #[graphql(default = false)]
    district_from_point: bool,
    /// Further addresses of the place, at most 100. NOT_UNIQUE when one is another place's.
    add_aliases: Option<Vec<String>>,
    /// Aliases that are not addresses of the place after all, at most 100; the situs address always stays.
    remove_aliases: Option<Vec<String>>,
}

/// A district that a place belongs to although its point lies elsewhere.
#[derive(InputObject)]
pub struct DistrictOverrideInput {
    /// The number people use.
    number: i32,
    /// Why, at most 2,000 characters.
    reason: String,
}

/// A party's part in a place.
#[derive(InputObject)]
pub struct PartyLinkInput {
    /// A fresh UUID per request; the same one again links nothing new.
    idempotency_key: Uuid,
    /// The place.
    property_id: PropertyId,
    /// The party, one that is known or a new one.
    party: PartyRef,
    /// What they are to the place.
    role: PartyRole,
    /// SUGGESTED, or CONFIRMED when the viewer answers for it.
    #[graphql(default_with = "LinkStatus::Suggested")]
    status: LinkStatus,
    /// What it rests on, at most 2,000 characters; needed with CONFIRMED.
    evidence: Option<String>,
    /// The first day.
    from: Option<Date>,
    /// The last day.
    to: Option<Date>,
}

/// A party that is known, or a new one.
#[derive(OneofObject)]
pub enum PartyRef {
    /// Opaque id.
    Id(PartyId),
    /// Somebody nobody has entered yet.
    New(NewPartyInput),
}

/// A party that nobody has entered yet.
#[derive(InputObject)]
pub struct NewPartyInput {
    /// A person or an organisation.
    kind: PartyKind,
    /// Full name, at most 200 characters.
    name: String,
    /// Where mail reaches them, at most 2,000 characters.
    mailing_address: Option<String>,
}

/// What becomes of a link between a party and a place.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum LinkDecision {
    /// It is so.
    Confirm,
    /// It is not so.
    Reject,
}

/// A decision about a link between a party and a place.
#[derive(InputObject)]
pub struct PartyLinkDecideInput {
    /// `PropertyParty.id`.
    link_id: PropertyPartyId,
    /// Whether it is so.
    decision: LinkDecision,
    /// Why, at most 2,000 characters.
    reason: String,
    /// The first day, where it is known now; what is left out stays.
    from: Option<Date>,
    /// The last day, where it is known now; what is left out stays.
    to: Option<Date>,
}

#[derive(Default)]
pub struct PropertyMutation;

#[Object]
impl PropertyMutation {
    /// Corrects use, units, point, district and addresses of a place. NOT_UNIQUE names the other place that has an
    /// address or parcel number already. Calls follow the addresses.
    async fn property_edit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to correct.")] input: PropertyEditInput,
    ) -> Result<PropertyPayload> {
        let (id, version) = (input.property_id, input.expected_version);
        let edit = input.read()?;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "propertyEdit", Action::WorkCases, async |tx| {
                writes::property_edit::edit(tx, id, version, edit).await
            })
            .await;
        PropertyPayload::of(ctx, Some(id), settle(outcome)?.1).await
    }

    /// Suggests or states what a party is to a place. NOT_UNIQUE when they are linked in that role already.
    async fn party_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who is what.")] input: PartyLinkInput,
    ) -> Result<PropertyPayload> {
        let once = once(input.idempotency_key, &input)?;
        let place = input.property_id;
        let link = writes::parties::Link {
            place,
            party: match input.party {
                PartyRef::Id(id) => PartyChoice::Known(id),
                PartyRef::New(NewPartyInput { kind, name, mailing_address }) => {
                    PartyChoice::New { kind, name, mailing_address }
                }
            },
            role: input.role,
            status: input.status,
            evidence: input.evidence,
            from: input.from.map(Into::into),
            to: input.to.map(Into::into),
        };
        let outcome: Result<PropertyPartyId> = ctx
            .app()?
            .write(ctx.viewer()?, "partyLink", Action::WorkCases, async |tx| {
                idempotency::once(tx, &once, async |tx| writes::parties::link(tx, link).await).await
            })
            .await;
        PropertyPayload::of(ctx, Some(place), settle(outcome)?.1).await
    }

    /// Confirms or rejects a link; decided again, the earlier decision stays in `PropertyParty.decisions`.
    async fn party_link_decide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: PartyLinkDecideInput,
    ) -> Result<PropertyPayload> {
        let id = input.link_id;
        let decision = writes::parties::Decision {
            status: match input.decision {
                LinkDecision::Confirm => LinkStatus::Confirmed,
                LinkDecision::Reject => LinkStatus::Rejected,
            },
            reason: input.reason,
            from: input.from.map(Into::into),
            to: input.to.map(Into::into),
        };
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let outcome = app
            .write(viewer, "partyLinkDecide", Action::WorkCases, async |tx| {
                writes::parties::decide(tx, id, decision).await
            })
            .await;
        let refusals = settle(outcome)?.1;
        let place = reads::parties::place_of(app, viewer, id).await?;
        PropertyPayload::of(ctx, place, refusals).await
    }
}

impl PropertyEditInput {
    fn read(self) -> Result<Edit> {
        let district = match (self.district_override, self.district_from_point) {
            (Some(_), true) => {
                let message = "Use `districtOverride` or `districtFromPoint`, not both.";
                return Err(Error::BadInput(message.to_owned()));
            }
            (Some(stated), false) => {
                Some(DistrictChange::Override { number: stated.number, reason: stated.reason })
            }
            (None, true) => Some(DistrictChange::FromPoint),
            (None, false) => None,
        };
        Ok(Edit {
            use_type: self.use_type,
            residential_occupancy: self.residential_occupancy,
            unit_count: field(self.unit_count),
            apn: field(self.apn),
            latitude: self.latitude,
            longitude: self.longitude,
            district,
            add_aliases: self.add_aliases.unwrap_or_default(),
            remove_aliases: self.remove_aliases.unwrap_or_default(),
        })
    }
}

fn field<T>(value: MaybeUndefined<T>) -> Option<Field<T>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(Field::Cleared),
        MaybeUndefined::Value(value) => Some(Field::Set(value)),
    }
}
