//! Calendars that people follow, as clients see them.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    calendar_feed,
    id::{CalendarFeedId, StaffId},
};
use uuid::Uuid;

use super::{
    context::{Ask, once},
    errors::{UserError, settle, user_errors},
    staff::{District, StaffMember, district_ids, staff_by_id, staff_named},
};
use crate::{
    authn,
    authz::Action,
    error::Result,
    reads,
    writes::{self, calendars::NewCalendar, idempotency},
};

/// A calendar that a member of staff follows in a program of their own: hearings and deadlines as iCalendar (RFC 5545).
/// Its address is its only key, and shows what its owner may see at that moment.
#[derive(Clone)]
pub struct Calendar(pub calendar_feed::Model);

/// A calendar that a member of staff follows in a program of their own: hearings and deadlines as iCalendar (RFC 5545).
/// Its address is its only key, and shows what its owner may see at that moment.
#[Object]
impl Calendar {
    /// Opaque.
    pub async fn id(&self) -> CalendarFeedId {
        self.0.id
    }

    /// What its owner calls it, such as the device it is for.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whose it is.
    async fn owner(&self, ctx: &Context<'_>) -> Result<StaffMember> {
        staff_named(ctx, self.0.owner_id).await
    }

    /// The attorney whose hearings and deadlines it shows; null for a district's.
    async fn attorney(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        staff_by_id(ctx, self.0.attorney_id).await
    }

    /// The district whose hearings and deadlines it shows; null for an attorney's.
    async fn district(&self, ctx: &Context<'_>) -> Result<Option<District>> {
        let Some(id) = self.0.district_id else { return Ok(None) };
        Ok(ctx.app()?.city.district(id).cloned().map(District))
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was revoked; null while it can be followed.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }
}

#[derive(Default)]
pub struct CalendarQuery;

#[Object]
impl CalendarQuery {
    /// The calendars that the viewer made, revoked ones too, the newest first.
    async fn calendars(&self, ctx: &Context<'_>) -> Result<Vec<Calendar>> {
        let viewer = ctx.viewer_who(Action::FollowCalendars, "calendars")?;
        let rows = reads::calendars::own(ctx.app()?, viewer).await?;
        Ok(rows.into_iter().map(Calendar).collect())
    }
}

/// The calendar that was made, or why not.
#[derive(SimpleObject)]
pub struct CalendarCreatePayload {
    /// The calendar; null when it was refused.
    calendar: Option<Calendar>,
    /// Where it is followed, below the server's own address. Whoever has it can read the calendar, so it is shown once: null
    /// when the same request comes again.
    path: Option<String>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// The calendar as it is now, or why it was not revoked.
#[derive(SimpleObject)]
pub struct CalendarRevokePayload {
    /// The calendar as it is now; null when it was not found.
    calendar: Option<Calendar>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// A calendar to follow: of an attorney or of a district.
#[derive(InputObject)]
pub struct CalendarCreateInput {
    /// A fresh UUID per request; the same one again answers the same calendar, without its address.
    idempotency_key: Uuid,
    /// What to call it, such as the device it is for; at most 100 characters.
    name: String,
    /// The attorney whose hearings, and whose deadlines, it shows: the viewer's own id, or for the city attorney anybody's.
    /// Either this or `district`.
    attorney_id: Option<StaffId>,
    /// Number of the district whose hearings and deadlines it shows; one in which the viewer holds a seat, or for the city
    /// attorney any.
    district: Option<i32>,
}

/// Which calendar to revoke.
#[derive(InputObject)]
pub struct CalendarRevokeInput {
    /// One of the viewer's own calendars.
    calendar_id: CalendarFeedId,
}

#[derive(Default)]
pub struct CalendarMutation;

#[Object]
impl CalendarMutation {
    /// Makes a calendar that can be followed from outside, without signing in, at an address that is shown once. It holds
    /// hearings and deadlines of the last year and all that are to come: case number, court, department and what the hearing
    /// is for; of deadlines what their rule calls them. What was continued, vacated or met stays, as cancelled. It ends when
    /// it is revoked, and shows nothing as long as its owner is not active or holds no seat that opens it.
    async fn calendar_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose calendar.")] input: CalendarCreateInput,
    ) -> Result<CalendarCreatePayload> {
        let once = once(input.idempotency_key, &input)?;
        let district = district_ids(ctx, input.district.map(|number| vec![number]))?;
        let token = authn::secret("");
        let new = NewCalendar {
            name: input.name,
            attorney: input.attorney_id,
            district: district.and_then(|ids| ids.first().copied()),
            token_hash: authn::digest(&token),
        };
        let mut is_new = false;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "calendarCreate", Action::FollowCalendars, async |tx| {
                idempotency::once(tx, &once, async |tx| {
                    is_new = true;
                    writes::calendars::create(tx, new).await
                })
                .await
            })
            .await;
        let (made, refusals) = settle(outcome)?;
        let calendar = match made {
            Some(id) => found(ctx, id).await?,
            None => None,
        };
        let path = (is_new && calendar.is_some()).then(|| format!("/calendar/{token}.ics"));
        Ok(CalendarCreatePayload { calendar, path, user_errors: user_errors(refusals) })
    }

    /// Ends one of the viewer's own calendars for good: its address answers 404 from then on.
    async fn calendar_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: CalendarRevokeInput,
    ) -> Result<CalendarRevokePayload> {
        let id = input.calendar_id;
        let outcome = ctx
            .app()?
            .write(ctx.viewer()?, "calendarRevoke", Action::FollowCalendars, async |tx| {
                writes::calendars::revoke(tx, id).await
            })
            .await;
        let user_errors = user_errors(settle(outcome)?.1);
        Ok(CalendarRevokePayload { calendar: found(ctx, id).await?, user_errors })
    }
}

async fn found(ctx: &Context<'_>, id: CalendarFeedId) -> Result<Option<Calendar>> {
    let rows = reads::calendars::by_ids(ctx.app()?, ctx.viewer()?, &[id]).await?;
    Ok(rows.into_iter().next().map(Calendar))
}
