//! Signing in at the city's provider of identities: what is kept meanwhile, and who comes back with which role and seats.

use chrono::TimeDelta;
use entity::{
    id::{OpenIdAccountId, OpenIdStartId, StaffId},
    openid_account, openid_start,
    staff::{self, StaffRole},
    team_seat,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{sessions, team_seats};
use crate::{
    app::Tx,
    domain::refusal::{Code, Refusal, line},
    error::Result,
    scope::unscoped,
};

/// How long somebody may take at the provider.
pub const PATIENCE: TimeDelta = TimeDelta::minutes(10);

/// A sign-in that begins.
#[derive(Clone, Debug)]
pub struct Start {
    pub state_hash: String,
    pub browser_hash: String,
    pub nonce: String,
    pub verifier: String,
}

/// Keeps what the end of a sign-in needs; what nobody came back for is forgotten.
pub async fn begin(tx: &mut Tx, start: Start) -> Result<()> {
    let old = openid_start::Column::CreatedAt.lt(tx.now - PATIENCE);
    openid_start::Entity::delete_many().filter(old).exec(tx.conn()).await?;
    openid_start::ActiveModel {
        id: Set(OpenIdStartId::generate()),
        state_hash: Set(start.state_hash),
        browser_hash: Set(start.browser_hash),
        nonce: Set(start.nonce),
        verifier: Set(start.verifier),
        created_at: Set(tx.now),
    }
    .insert(tx.conn())
    .await?;
    Ok(())
}

/// Takes what was kept for this state and browser, once; none when it never began, is too old or was taken.
pub async fn take(tx: &mut Tx, state_hash: &str, browser_hash: &str) -> Result<Option<openid_start::Model>> {
    let found = unscoped::<openid_start::Entity>()
        .filter(openid_start::Column::StateHash.eq(state_hash))
        .filter(openid_start::Column::BrowserHash.eq(browser_hash))
        .filter(openid_start::Column::CreatedAt.gte(tx.now - PATIENCE))
        .one(tx.conn())
        .await?;
    let Some(found) = found else { return Ok(None) };
    let gone = openid_start::Entity::delete_by_id(found.id).exec(tx.conn()).await?;
    // Of two who come back at once with the same state, one finds it.
    Ok((gone.rows_affected == 1).then_some(found))
}

/// Somebody as the provider knows them, with what the city's configuration makes of their groups.
#[derive(Clone, Debug)]
pub struct Known {
    pub issuer: String,
    pub subject: String,
    /// Their e-mail, if the provider says that it is theirs.
    pub email: Option<String>,
    pub name: Option<String>,
    pub role: StaffRole,
    /// Numbers of the districts whose seat their groups give them.
    pub districts: Vec<i32>,
    /// Whether groups decide who sits where at all.
    pub seats_by_groups: bool,
}

/// Who they are here: found by the provider's own name for them, else by their e-mail, else made. Role and seats become what
/// their groups say.
pub async fn recognize(tx: &mut Tx, known: Known) -> Result<staff::Model> {
    let mut person = match by_account(tx, &known).await? {
        Some(person) => person,
        None => link(tx, &known).await?,
    };
    if !person.active {
        return Err(Refusal::new(Code::NotAllowed, "This member of staff is not active any more.").into());
    }
    if person.role != known.role {
        give_up_seats(tx, person.id, &[]).await?;
        staff::Entity::update_many()
            .col_expr(staff::Column::Role, Expr::value(known.role))
            .filter(staff::Column::Id.eq(person.id))
            .exec(tx.conn())
            .await?;
        // What is open elsewhere was opened by another role.
        sessions::end_of(tx, person.id).await?;
        tx.changed(person.id);
        person.role = known.role;
    }
    if known.seats_by_groups {
        give_up_seats(tx, person.id, &known.districts).await?;
        take_seats(tx, &person, &known.districts).await?;
    }
    Ok(person)
}

async fn by_account(tx: &Tx, known: &Known) -> Result<Option<staff::Model>> {
    let account = unscoped::<openid_account::Entity>()
        .filter(openid_account::Column::Issuer.eq(known.issuer.as_str()))
        .filter(openid_account::Column::Subject.eq(known.subject.as_str()))
        .one(tx.conn())
        .await?;
    let Some(account) = account else { return Ok(None) };
    Ok(unscoped::<staff::Entity>().filter(staff::Column::Id.eq(account.staff_id)).one(tx.conn()).await?)
}

// The first time: an e-mail that is theirs for certain makes them the one who is known here by it.
async fn link(tx: &mut Tx, known: &Known) -> Result<staff::Model> {
    let email =
        known.email.as_deref().map(str::trim).filter(|email| email.contains('@')).ok_or_else(|| {
            let message =
                "The provider tells no verified e-mail address of yours (`email`, `email_verified`).";
            Refusal::new(Code::Required, message)
        })?;
    let email = line("email", email, 254)?.to_lowercase();
    let found = unscoped::<staff::Entity>().filter(staff::Column::Email.eq(&email)).one(tx.conn()).await?;
    let person = match found {
        Some(person) => person,
        None => {
            let name =
                known.name.as_deref().map_or_else(|| Ok(email.clone()), |name| line("name", name, 200))?;
            let made = staff::ActiveModel {
                id: Set(StaffId::generate()),
                name: Set(name),
                email: Set(email),
                role: Set(known.role),
                active: Set(true),
                password_hash: Set(None),
                created_at: Set(tx.now),
            };
            made.insert(tx.conn()).await?
        }
    };
    openid_account::ActiveModel {
        id: Set(OpenIdAccountId::generate()),
        staff_id: Set(person.id),
        issuer: Set(known.issuer.clone()),
        subject: Set(known.subject.clone()),
        created_at: Set(tx.now),
    }
    .insert(tx.conn())
    .await?;
    tx.changed(person.id);
    Ok(person)
}

async fn give_up_seats(tx: &mut Tx, staff: StaffId, but: &[i32]) -> Result<()> {
    let today = tx.today();
    let held = unscoped::<team_seat::Entity>()
        .filter(team_seat::Column::StaffId.eq(staff))
        .filter(crate::reads::teams::held_on(today))
        .all(tx.conn())
        .await?;
    for seat in held {
        let number = tx.city.district(seat.district_id).map(|district| district.number);
        if let Some(number) = number.filter(|number| !but.contains(number)) {
            team_seats::assign(tx, number, seat.role, None, today).await?;
        }
    }
    Ok(())
}

// To replace somebody is a decision of its own: a seat that somebody else holds stays theirs.
async fn take_seats(tx: &mut Tx, person: &staff::Model, districts: &[i32]) -> Result<()> {
    let today = tx.today();
    for number in districts {
        let Some(district) = tx.city.district_numbered(*number).map(|row| row.id) else { continue };
        if team_seats::holder(tx, district, person.role, today).await?.is_none() {
            team_seats::assign(tx, *number, person.role, Some(person.id), today).await?;
        }
    }
    Ok(())
}
