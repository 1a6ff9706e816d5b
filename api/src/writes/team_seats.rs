//! Who takes which seat of a district's team, and from when.

use chrono::NaiveDate;
use entity::{
    district,
    id::{DistrictId, StaffId, TeamSeatId},
    staff::{self, StaffRole},
    team_seat,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr,
};

use crate::{
    app::Tx,
    authz::Action,
    domain::{
        refusal::Refusal,
        team_seat::{Period, last_day},
    },
    error::Result,
    scope::{LockRows, VisibleTo, unscoped},
};

/// Gives a seat to somebody from that day, or leaves it vacant. What was before stays in the history.
pub async fn assign(
    tx: &mut Tx,
    district: i32,
    role: StaffRole,
    member: Option<StaffId>,
    from: NaiveDate,
) -> Result<DistrictId> {
    let district = tx.city.district_numbered(district).map(|row| row.id).ok_or_else(|| {
        let message = format!("There is no district {district}; `districts` lists them.");
        Refusal::invalid("district", message)
    })?;
    tx.viewer.require(Action::ChangeSeats, Some(district))?;
    if !StaffRole::TEAM.contains(&role) {
        let message = format!("A team has the seats ATTORNEY, SERGEANT and CODE_OFFICER; {role} has none.");
        return Err(Refusal::invalid("role", message).into());
    }
    if let Some(member) = member {
        check_member(tx, member, role).await?;
    }
    lock(tx, district).await?;
    let latest = latest(tx, district, role).await?;
    if let Some(latest) = &latest {
        let open = latest.to_on.is_none_or(|to| to >= from);
        if open && member == Some(latest.staff_id) {
            return settled(latest, from).map(|()| district).map_err(Into::into);
        }
        end(tx, latest, from).await?;
    }
    if let Some(member) = member {
        take(tx, district, role, member, from).await?;
    }
    tx.changed(district);
    Ok(district)
}

// A repetition changes nothing; a later first day for who sits there already cannot be meant.
fn settled(latest: &team_seat::Model, from: NaiveDate) -> Result<(), Refusal> {
    if latest.from_on == from {
        return Ok(());
    }
    let message = format!("This person holds the seat since {}; there is nothing to change.", latest.from_on);
    Err(Refusal::invalid("staffId", message))
}

async fn check_member(tx: &Tx, id: StaffId, role: StaffRole) -> Result<()> {
    let found = staff::Entity::visible_to(&tx.viewer).filter(staff::Column::Id.eq(id)).one(tx.conn()).await?;
    let person = found.ok_or_else(|| Refusal::not_found("member of staff").at("staffId"))?;
    let refused = if !person.active {
        format!("{} is not active any more.", person.name)
    } else if person.role != role {
        format!("{} is {}, and this is the seat of {role}.", person.name, person.role)
    } else {
        return Ok(());
    };
    Err(Refusal::invalid("staffId", refused).into())
}

// Two who change one team at once take turns, also at a seat that nobody held yet.
async fn lock(tx: &Tx, id: DistrictId) -> Result<()> {
    unscoped::<district::Entity>().filter(district::Column::Id.eq(id)).lock_rows().one(tx.conn()).await?;
    Ok(())
}

async fn latest(tx: &Tx, district: DistrictId, role: StaffRole) -> Result<Option<team_seat::Model>> {
    let seats = unscoped::<team_seat::Entity>()
        .filter(team_seat::Column::DistrictId.eq(district))
        .filter(team_seat::Column::Role.eq(role))
        .order_by_desc(team_seat::Column::FromOn)
        .order_by_desc(team_seat::Column::Id)
        .all(tx.conn())
        .await?;
    Ok(seats.into_iter().find(|seat| !Period { from: seat.from_on, to: seat.to_on }.is_empty()))
}

async fn end(tx: &Tx, seat: &team_seat::Model, from: NaiveDate) -> Result<()> {
    let last = last_day(Period { from: seat.from_on, to: seat.to_on }, from)?;
    team_seat::Entity::update_many()
        .col_expr(team_seat::Column::ToOn, Expr::value(last))
        .filter(team_seat::Column::Id.eq(seat.id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

async fn take(
    tx: &Tx,
    district: DistrictId,
    role: StaffRole,
    member: StaffId,
    from: NaiveDate,
) -> Result<()> {
    team_seat::ActiveModel {
        id: Set(TeamSeatId::generate()),
        district_id: Set(district),
        role: Set(role),
        staff_id: Set(member),
        from_on: Set(from),
        to_on: Set(None),
    }
    .insert(tx.conn())
    .await?;
    Ok(())
}

/// Who holds the seat that day, by name.
pub async fn holder(
    tx: &Tx,
    district: DistrictId,
    role: StaffRole,
    day: NaiveDate,
) -> Result<Option<String>> {
    let seat = unscoped::<team_seat::Entity>()
        .filter(team_seat::Column::DistrictId.eq(district))
        .filter(team_seat::Column::Role.eq(role))
        .filter(crate::reads::teams::held_on(day))
        .one(tx.conn())
        .await?;
    let Some(seat) = seat else { return Ok(None) };
    let person =
        unscoped::<staff::Entity>().filter(staff::Column::Id.eq(seat.staff_id)).one(tx.conn()).await?;
    Ok(person.map(|person| person.name))
}
