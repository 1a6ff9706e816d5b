//! Who is asking: passwords, session cookies and access tokens.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use argon2::{
    Argon2, PasswordHash, PasswordVerifier,
    password_hash::{PasswordHasher, SaltString},
};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    access_token,
    id::{DistrictId, SessionId, StaffId},
    session,
    staff::{self, StaffRole},
    team_seat,
};
use rand::Rng;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, JoinType, QueryFilter, QuerySelect,
    RelationTrait, sea_query::Expr,
};
use sha2::{Digest, Sha256};

use crate::{
    app::App,
    authz::{Actor, Viewer},
    error::{Error, Result},
    events::hex,
    scope::unscoped,
};

/// How long a session lasts.
pub const SESSION_HOURS: i64 = 12;

const TRIES: u32 = 10;
const TRIES_WITHIN: Duration = Duration::from_secs(300);

/// What `POST /auth/login` answers.
#[derive(Debug)]
pub enum SignIn {
    /// The secret for the cookie, and when it ends.
    Session(String, DateTime<Utc>),
    /// Unknown e-mail or wrong password: the same answer in the same time.
    Refused,
    /// Too many failures for this e-mail; seconds until the next try.
    Throttled(u64),
}

/// Failures per e-mail in this process.
#[derive(Clone, Default)]
pub struct Throttle(Arc<Mutex<HashMap<String, (u32, Instant)>>>);

impl Throttle {
    fn wait(&self, email: &str) -> Option<u64> {
        let mut failures = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        failures.retain(|_, (_, since)| since.elapsed() < TRIES_WITHIN);
        let (count, since) = failures.get(email)?;
        (*count >= TRIES).then(|| (TRIES_WITHIN.saturating_sub(since.elapsed())).as_secs().max(1))
    }

    fn failed(&self, email: &str) {
        let mut failures = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        failures.entry(email.to_owned()).or_insert((0, Instant::now())).0 += 1;
    }

    fn succeeded(&self, email: &str) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(email);
    }
}

/// Signs a person in by e-mail and password.
pub async fn sign_in(app: &App, throttle: &Throttle, email: &str, password: &str) -> Result<SignIn> {
    let email = email.trim().to_lowercase();
    if let Some(seconds) = throttle.wait(&email) {
        return Ok(SignIn::Throttled(seconds));
    }
    let found = unscoped::<staff::Entity>()
        .filter(staff::Column::Email.eq(&email))
        .filter(staff::Column::Active.eq(true))
        .one(&app.db)
        .await?;
    let hash = found.as_ref().and_then(|person| person.password_hash.clone());
    let matches = verify(hash, password.to_owned()).await?;
    let Some(person) = found.filter(|_| matches) else {
        throttle.failed(&email);
        return Ok(SignIn::Refused);
    };
    throttle.succeeded(&email);
    let secret = secret("");
    let now = app.clock.now();
    let expires_at = now + TimeDelta::hours(SESSION_HOURS);
    let session = session::ActiveModel {
        id: Set(SessionId::generate()),
        token_hash: Set(digest(&secret)),
        staff_id: Set(person.id),
        created_at: Set(now),
        expires_at: Set(expires_at),
        revoked_at: Set(None),
    };
    session.insert(&app.db).await?;
    Ok(SignIn::Session(secret, expires_at))
}

/// Ends the session of that cookie, if there is one.
pub async fn sign_out(app: &App, secret: &str) -> Result<()> {
    session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(app.clock.now()))
        .filter(session::Column::TokenHash.eq(digest(secret)))
        .filter(session::Column::RevokedAt.is_null())
        .exec(&app.db)
        .await?;
    Ok(())
}

/// The viewer behind a session cookie, in one statement.
pub async fn viewer_of_session(app: &App, secret: &str) -> Result<Option<Viewer>> {
    let now = app.clock.now();
    let rows: Vec<(StaffId, StaffRole, Option<DistrictId>)> = unscoped::<session::Entity>()
        .select_only()
        .column(session::Column::StaffId)
        .join(
            JoinType::InnerJoin,
            session::Entity::belongs_to(staff::Entity)
                .from(session::Column::StaffId)
                .to(staff::Column::Id)
                .into(),
        )
        .column(staff::Column::Role)
        .join(JoinType::LeftJoin, current_seat(app))
        .column(team_seat::Column::DistrictId)
        .filter(session::Column::TokenHash.eq(digest(secret)))
        .filter(session::Column::RevokedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now))
        .filter(staff::Column::Active.eq(true))
        .into_tuple()
        .all(&app.db)
        .await?;
    Ok(viewer_from(rows))
}

/// A member of staff as a viewer, for commands that act in somebody's name.
pub async fn viewer_of_staff(app: &App, email: &str) -> Result<Option<Viewer>> {
    viewer_who_is(app, staff::Column::Email.eq(email)).await
}

/// The same by id, for what is read in somebody's name while they are not there; nobody when they are not active.
pub async fn viewer_of_member(app: &App, id: StaffId) -> Result<Option<Viewer>> {
    viewer_who_is(app, staff::Column::Id.eq(id)).await
}

async fn viewer_who_is(app: &App, who: Expr) -> Result<Option<Viewer>> {
    let rows = unscoped::<staff::Entity>()
        .select_only()
        .column(staff::Column::Id)
        .column(staff::Column::Role)
        .join(JoinType::LeftJoin, current_seat(app))
        .column(team_seat::Column::DistrictId)
        .filter(who)
        .filter(staff::Column::Active.eq(true))
        .into_tuple()
        .all(&app.db)
        .await?;
    Ok(viewer_from(rows))
}

fn viewer_from(rows: Vec<(StaffId, StaffRole, Option<DistrictId>)>) -> Option<Viewer> {
    let (id, role, _) = *rows.first()?;
    let districts = rows.into_iter().filter_map(|(_, _, district)| district).collect();
    Some(Viewer { actor: Actor::Staff(id), role, districts })
}

fn current_seat(app: &App) -> sea_orm::RelationDef {
    let today = app.today();
    let relation: sea_orm::RelationDef = team_seat::Relation::Staff.def().rev();
    relation.on_condition(move |_, _| {
        sea_orm::Condition::all().add(team_seat::Column::FromOn.lte(today)).add(
            sea_orm::Condition::any()
                .add(team_seat::Column::ToOn.is_null())
                .add(team_seat::Column::ToOn.gte(today)),
        )
    })
}

/// The viewer behind a bearer token.
pub async fn viewer_of_token(app: &App, token: &str) -> Result<Option<Viewer>> {
    let now = app.clock.now();
    let found = unscoped::<access_token::Entity>()
        .filter(access_token::Column::TokenHash.eq(digest(token)))
        .filter(access_token::Column::RevokedAt.is_null())
        .one(&app.db)
        .await?;
    Ok(found.filter(|token| token.expires_at.is_none_or(|at| at > now)).map(|token| Viewer {
        actor: Actor::Token { id: token.id, scope: token.scope, feed: token.feed_id },
        role: StaffRole::Integration,
        districts: Vec::new(),
    }))
}

/// A fresh random secret of 256 bits behind a prefix.
#[must_use]
pub fn secret(prefix: &str) -> String {
    let bytes: [u8; 32] = rand::rng().random();
    format!("{prefix}{}", hex(&bytes))
}

/// What is stored in place of a secret.
#[must_use]
pub fn digest(secret: &str) -> String {
    hex(&Sha256::digest(secret))
}

/// The argon2id hash of a password, in PHC form.
pub async fn hash_password(password: String) -> Result<String> {
    blocking(move || {
        let salt: [u8; 16] = rand::rng().random();
        let salt = SaltString::encode_b64(&salt).map_err(|error| Error::Internal(error.to_string()))?;
        let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
        hash.map(|hash| hash.to_string()).map_err(|error| Error::Internal(error.to_string()))
    })
    .await?
}

async fn verify(hash: Option<String>, password: String) -> Result<bool> {
    blocking(move || {
        // An unknown e-mail costs the same work as a wrong password.
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let Ok(parsed) = PasswordHash::new(&hash) else { return false };
        Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && known
    })
    .await
}

const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(error.to_string()))
}
