//! Members of staff: how somebody joins and leaves.

use entity::{
    id::{DistrictId, StaffId},
    staff::{self, StaffRole},
    team_seat,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use super::{second_factors, sessions, team_seats};
use crate::{
    app::Tx,
    authz::Action,
    domain::refusal::{Code, Refusal, line},
    error::Result,
    scope::unscoped,
};

/// Somebody new.
#[derive(Clone, Debug)]
pub struct NewMember {
    pub name: String,
    pub email: String,
    pub role: StaffRole,
    /// Argon2id, in PHC form.
    pub password_hash: String,
    /// Number of the district whose seat they take from today.
    pub district: Option<i32>,
}

/// Adds a member of staff, and gives them a vacant seat when a district is named.
pub async fn add(tx: &mut Tx, new: NewMember) -> Result<StaffId> {
    tx.viewer.require(Action::ChangeStaff, None)?;
    let name = line("name", &new.name, 200)?;
    let email = line("email", &new.email, 254)?.to_lowercase();
    let is_mail = email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    if !is_mail || email.contains(char::is_whitespace) {
        return Err(Refusal::invalid("email", format!("`{email}` is no e-mail address.")).into());
    }
    if new.role == StaffRole::Integration {
        let message = "A program is no member of staff; make it a token with `jfn token create`.";
        return Err(Refusal::invalid("role", message).into());
    }
    if unscoped::<staff::Entity>().filter(staff::Column::Email.eq(&email)).one(tx.conn()).await?.is_some() {
        let message = format!("{email} is a member of staff already; `jfn staff list` shows them.");
        return Err(Refusal::new(Code::NotUnique, message).at("email").into());
    }
    let made = staff::ActiveModel {
        id: Set(StaffId::generate()),
        name: Set(name),
        email: Set(email),
        role: Set(new.role),
        active: Set(true),
        password_hash: Set(Some(new.password_hash)),
        created_at: Set(tx.now),
    }
    .insert(tx.conn())
    .await?;
    tx.changed(made.id);
    if let Some(district) = new.district {
        let from = tx.today();
        refuse_taken(tx, district, new.role).await?;
        team_seats::assign(tx, district, new.role, Some(made.id), from).await?;
    }
    Ok(made.id)
}

/// Keeps the hash of a new password, unless it was changed meanwhile.
pub async fn change_password(tx: &mut Tx, id: StaffId, before: &str, after: String) -> Result<()> {
    let changed = staff::Entity::update_many()
        .col_expr(staff::Column::PasswordHash, Expr::value(after))
        .filter(staff::Column::Id.eq(id))
        .filter(staff::Column::PasswordHash.eq(before))
        .exec(tx.conn())
        .await?;
    if changed.rows_affected == 0 {
        let message = "Your password was changed meanwhile; sign in with the new one.";
        return Err(Refusal::new(Code::StaleVersion, message).into());
    }
    tx.changed(id);
    Ok(())
}

/// Gives a member of staff another password, who forgot theirs, removes a second factor and signs them out everywhere.
pub async fn reset(tx: &mut Tx, email: &str, password_hash: String) -> Result<StaffId> {
    tx.viewer.require(Action::ChangeSeats, None)?;
    let email = email.trim().to_lowercase();
    let found = unscoped::<staff::Entity>().filter(staff::Column::Email.eq(&email)).one(tx.conn()).await?;
    let person = found.ok_or_else(|| Refusal::not_found("member of staff").at("email"))?;
    staff::Entity::update_many()
        .col_expr(staff::Column::PasswordHash, Expr::value(password_hash))
        .filter(staff::Column::Id.eq(person.id))
        .exec(tx.conn())
        .await?;
    second_factors::remove_of(tx, person.id).await?;
    sessions::end_of(tx, person.id).await?;
    tx.changed(person.id);
    Ok(person.id)
}

/// Somebody leaves: they are signed out everywhere, cannot sign in again, and their seats are vacant from today. Their name
/// stays on what they did.
pub async fn leave(tx: &mut Tx, email: &str) -> Result<StaffId> {
    tx.viewer.require(Action::ChangeSeats, None)?;
    let email = email.trim().to_lowercase();
    let person = unscoped::<staff::Entity>().filter(staff::Column::Email.eq(&email)).one(tx.conn()).await?;
    let Some(person) = person.filter(|person| person.active) else {
        let message = format!("{email} is no active member of staff; `jfn staff list` shows them.");
        return Err(Refusal::new(Code::NotFound, message).at("email").into());
    };
    staff::Entity::update_many()
        .col_expr(staff::Column::Active, Expr::value(false))
        .filter(staff::Column::Id.eq(person.id))
        .exec(tx.conn())
        .await?;
    sessions::end_of(tx, person.id).await?;
    let today = tx.today();
    let held = unscoped::<team_seat::Entity>()
        .filter(team_seat::Column::StaffId.eq(person.id))
        .filter(team_seat::Column::ToOn.is_null().or(team_seat::Column::ToOn.gte(today)))
        .all(tx.conn())
        .await?;
    for seat in held {
        let number = tx.city.district(seat.district_id).map(|district| district.number);
        if let Some(number) = number {
            team_seats::assign(tx, number, seat.role, None, Ord::max(today, seat.from_on)).await?;
        }
    }
    tx.changed(person.id);
    Ok(person.id)
}

// To replace somebody is a decision of its own, not a side effect of adding somebody else.
async fn refuse_taken(tx: &Tx, number: i32, role: StaffRole) -> Result<()> {
    let id: Option<DistrictId> = tx.city.district_numbered(number).map(|row| row.id);
    let Some(id) = id else { return Ok(()) };
    match team_seats::holder(tx, id, role, tx.today()).await? {
        None => Ok(()),
        Some(name) => {
            let message = format!(
                "{name} holds the seat of {role} in district {number}; add the new member without a district, then \
                 give them the seat with `teamSeatAssign`."
            );
            Err(Refusal::new(Code::NotUnique, message).at("district").into())
        }
    }
}
