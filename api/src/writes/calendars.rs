//! Calendars that people follow: made with a token of their own, and revoked.

use entity::{
    calendar_feed,
    id::{CalendarFeedId, DistrictId, StaffId},
    staff::{self, StaffRole},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use crate::{
    app::Tx,
    domain::refusal::{Code, Refusal, line},
    error::Result,
    reads::calendars::{Of, may_follow},
    scope::{VisibleTo, unscoped},
};

/// Characters of a calendar's name at most.
const NAME: usize = 100;
/// Calendars of one person that are not revoked, at most.
const MOST: usize = 20;

/// A calendar, before it is written.
#[derive(Clone, Debug)]
pub struct NewCalendar {
    pub name: String,
    pub attorney: Option<StaffId>,
    pub district: Option<DistrictId>,
    /// SHA-256 of the token, in hex.
    pub token_hash: String,
}

/// Keeps a calendar with its token's hash; the token itself is its maker's to show.
pub async fn create(tx: &mut Tx, new: NewCalendar) -> Result<CalendarFeedId> {
    let nobody = || Refusal::new(Code::NotAllowed, "A calendar is some member of staff's.");
    let owner = tx.viewer.staff_id().ok_or_else(nobody)?;
    let name = line("name", &new.name, NAME)?;
    let of = match (new.attorney, new.district) {
        (Some(attorney), None) => Of::Attorney(known_attorney(tx, attorney).await?),
        (None, Some(district)) => Of::District(district),
        _ => {
            let message = "Say either of which attorney it is, in `attorneyId`, or of which `district`.";
            return Err(Refusal::required("district", message).into());
        }
    };
    if !may_follow(&tx.viewer, of) {
        let message =
            "A team follows the calendar of its own district, an attorney their own, the city attorney any.";
        return Err(Refusal::new(Code::NotAllowed, message).into());
    }
    let followed = calendar_feed::Entity::visible_to(&tx.viewer)
        .filter(calendar_feed::Column::RevokedAt.is_null())
        .all(tx.conn())
        .await?;
    if followed.len() >= MOST {
        let message = format!("You follow {MOST} calendars; revoke one first with `calendarRevoke`.");
        return Err(Refusal::blocked(message).into());
    }
    let made = calendar_feed::ActiveModel {
        id: Set(CalendarFeedId::generate()),
        owner_id: Set(owner),
        name: Set(name),
        token_hash: Set(new.token_hash),
        attorney_id: Set(new.attorney),
        district_id: Set(new.district),
        created_at: Set(tx.now),
        revoked_at: Set(None),
    }
    .insert(tx.conn())
    .await?;
    tx.changed(made.id);
    Ok(made.id)
}

/// Ends a calendar for good; again, it changes nothing.
pub async fn revoke(tx: &mut Tx, id: CalendarFeedId) -> Result<()> {
    let found = calendar_feed::Entity::visible_to(&tx.viewer)
        .filter(calendar_feed::Column::Id.eq(id))
        .one(tx.conn())
        .await?;
    let feed = found.ok_or_else(|| Refusal::not_found("calendar").at("calendarId"))?;
    if feed.revoked_at.is_some() {
        return Ok(());
    }
    calendar_feed::Entity::update_many()
        .col_expr(calendar_feed::Column::RevokedAt, Expr::value(tx.now))
        .filter(calendar_feed::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    tx.changed(id);
    Ok(())
}

async fn known_attorney(tx: &Tx, id: StaffId) -> Result<StaffId> {
    let found = unscoped::<staff::Entity>()
        .filter(staff::Column::Id.eq(id))
        .filter(staff::Column::Active.eq(true))
        .filter(staff::Column::Role.is_in([StaffRole::Attorney, StaffRole::CityAttorney]))
        .one(tx.conn())
        .await?;
    let person = found.ok_or_else(|| Refusal::not_found("active attorney").at("attorneyId"))?;
    Ok(person.id)
}
