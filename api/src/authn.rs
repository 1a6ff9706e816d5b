//! Who is asking: passwords, session cookies and access tokens.

pub mod openid;
mod password;
pub mod second_factor;
mod throttle;

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    access_token,
    id::{DistrictId, SessionId, StaffId},
    session::{self, SignInMethod},
    staff::{self, StaffRole},
    team_seat,
};
use rand::Rng;
use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, RelationTrait, sea_query::Expr};
use sha2::{Digest, Sha256};

use self::password::verify;
pub use self::{
    password::{PasswordChange, Renewal, change_password, hash_password},
    throttle::Throttle,
};
use crate::{
    app::App,
    authz::{Action, Actor, Viewer},
    error::{Error, Result},
    events::hex,
    reads,
    scope::unscoped,
    writes::{self, second_factors::GivenCode, sessions::NewSession},
};

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub struct SessionTimes {
    /// Without being used.
    pub idle: TimeDelta,
    /// At most.
    pub longest: TimeDelta,
}

impl Default for SessionTimes {
    /// Twelve hours, and an hour without use, as NIST SP 800-63B-4, 2.2.3, advises.
    fn default() -> Self {
        Self { idle: TimeDelta::hours(1), longest: TimeDelta::hours(12) }
    }
}

/// A session that is in use is written down once in so long.
const NOTED: TimeDelta = TimeDelta::minutes(1);

/// What somebody signs in with, and from where.
pub struct Attempt<'a> {
    pub email: &'a str,
    pub password: &'a str,
    /// A code of their authenticator or a recovery code.
    pub code: Option<&'a str>,
    pub from: Origin,
}

/// Where a sign-in comes from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
    /// The cookie that the browser has already.
    pub cookie: Option<String>,
}

/// What `POST /auth/login` answers.
#[derive(Debug)]
pub enum SignIn {
    /// The secret for the cookie.
    Session(String),
    /// Unknown e-mail or wrong password: the same answer in the same time.
    Refused,
    /// The password is right, and a code is asked for beside it.
    CodeNeeded,
    /// Too many failures for this e-mail or address; seconds until the next try.
    Throttled(u64),
}

/// Signs a person in by e-mail and password.
pub async fn sign_in(app: &App, attempt: Attempt<'_>) -> Result<SignIn> {
    let Attempt { email, password, code, from } = attempt;
    let (email, address) = (email.trim().to_lowercase(), from.address);
    let _turn = app.throttle.turn().await?;
    if let Some(seconds) = app.throttle.wait(&email, address) {
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
        app.throttle.failed(&email, address);
        return Ok(SignIn::Refused);
    };
    let begun = match (reads::second_factors::of(app, person.id).await?, code) {
        (None, _) => begin(app, &person, SignInMethod::Password, from, None).await,
        (Some(_), None) => return Ok(SignIn::CodeNeeded),
        (Some(_), Some(code)) => {
            let code = second_factor::given(code);
            begin(app, &person, SignInMethod::PasswordAndCode, from, Some(code)).await
        }
    };
    match begun {
        Ok(secret) => {
            app.throttle.succeeded(&email);
            Ok(SignIn::Session(secret))
        }
        // A wrong code, or one that was used.
        Err(Error::Refused(_)) => {
            app.throttle.failed(&email, address);
            Ok(SignIn::Refused)
        }
        Err(error) => Err(error),
    }
}

/// Begins a session of somebody who has proved who they are, but for the code that is used up with it; answers its secret.
async fn begin(
    app: &App,
    person: &staff::Model,
    method: SignInMethod,
    from: Origin,
    code: Option<GivenCode>,
) -> Result<String> {
    let secret = secret("");
    let new = NewSession {
        token_hash: digest(&secret),
        method,
        address: from.address.map(|address| address.to_string()),
        user_agent: from.user_agent,
        expires_at: app.clock.now() + app.sessions.longest,
        replaces: from.cookie.map(|cookie| digest(&cookie)),
    };
    let viewer = Viewer {
        actor: Actor::Staff(person.id),
        role: person.role,
        districts: Vec::new(),
        session: None,
        lacks_second_factor: false,
    };
    // Until it is known that they are who they say, the server does this: a wrong code is not theirs in the audit log.
    app.write(&Viewer::server(), "signIn", Action::KeepOwnAccount, async |tx| {
        tx.viewer = viewer;
        if let Some(code) = &code {
            writes::second_factors::spend(tx, code).await?;
        }
        writes::sessions::begin(tx, new).await
    })
    .await?;
    Ok(secret)
}

/// Ends the session of that cookie, if there is one.
pub async fn sign_out(app: &App, secret: &str) -> Result<()> {
    let Some(viewer) = viewer_of_session(app, secret).await? else { return Ok(()) };
    let Some(session) = viewer.session else { return Ok(()) };
    app.write(&viewer, "signOut", Action::KeepOwnAccount, async |tx| {
        writes::sessions::revoke(tx, session).await
    })
    .await
}

/// The viewer behind a session cookie who asks for something, in one statement, and another one once a minute.
pub async fn viewer_of_session(app: &App, secret: &str) -> Result<Option<Viewer>> {
    let now = app.clock.now();
    let Some((viewer, last_used_at)) = session_of(app, secret).await? else { return Ok(None) };
    if let Some(id) = viewer.session.filter(|_| last_used_at + NOTED <= now) {
        app.jot(move |db| writes::sessions::used(db, id, now)).await?;
    }
    Ok(Some(viewer))
}

/// The viewer behind a session cookie who asks for nothing: to be told of things does not keep a session alive.
pub async fn listener_of_session(app: &App, secret: &str) -> Result<Option<Viewer>> {
    Ok(session_of(app, secret).await?.map(|(viewer, _)| viewer))
}

async fn session_of(app: &App, secret: &str) -> Result<Option<(Viewer, DateTime<Utc>)>> {
    let now = app.clock.now();
    type Row = (SessionId, SignInMethod, DateTime<Utc>, StaffId, StaffRole, Option<DistrictId>);
    let rows: Vec<Row> = unscoped::<session::Entity>()
        .select_only()
        .columns([session::Column::Id, session::Column::Method])
        .columns([session::Column::LastUsedAt, session::Column::StaffId])
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
        .filter(session::Column::LastUsedAt.gt(now - app.sessions.idle))
        .filter(staff::Column::Active.eq(true))
        .into_tuple()
        .all(&app.db)
        .await?;
    let Some(&(id, method, last_used_at, ..)) = rows.first() else { return Ok(None) };
    let seats = rows.into_iter().map(|(_, _, _, staff, role, seat)| (staff, role, seat)).collect();
    let lacks_second_factor =
        method == SignInMethod::Password && app.city.preset.sign_in.second_factor_required;
    let viewer = viewer_from(seats);
    Ok(viewer.map(|viewer| (Viewer { session: Some(id), lacks_second_factor, ..viewer }, last_used_at)))
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
    Some(Viewer { actor: Actor::Staff(id), role, districts, session: None, lacks_second_factor: false })
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

/// The viewer behind a bearer token, in one statement, and another one once a minute.
pub async fn viewer_of_token(app: &App, token: &str) -> Result<Option<Viewer>> {
    let now = app.clock.now();
    let found = unscoped::<access_token::Entity>()
        .filter(access_token::Column::TokenHash.eq(digest(token)))
        .filter(access_token::Column::RevokedAt.is_null())
        .one(&app.db)
        .await?;
    let Some(token) = found.filter(|token| token.expires_at.is_none_or(|at| at > now)) else {
        return Ok(None);
    };
    if token.last_used_at.is_none_or(|at| at + NOTED <= now) {
        app.jot(move |db| writes::access_tokens::used(db, token.id, now)).await?;
    }
    let in_districts = token.districts.is_some();
    Ok(Some(Viewer {
        actor: Actor::Token { id: token.id, scope: token.scope, feed: token.feed_id, in_districts },
        role: StaffRole::Integration,
        districts: token.districts.map_or_else(Vec::new, |districts| districts.0),
        session: None,
        lacks_second_factor: false,
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
