//! Passwords: hashed, verified in the same time for everybody, and changed.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use argon2::{
    Argon2, PasswordHash, PasswordVerifier,
    password_hash::{PasswordHasher, SaltString},
};
use entity::staff;
use rand::Rng;
use sea_orm::{ColumnTrait, QueryFilter};

use super::{digest, secret};
use crate::{
    app::{App, Tx},
    audit::{self, Attempt},
    authz::{Action, Reach, Viewer},
    domain::{
        password::{Owner, check, normal},
        refusal::{Code, Refusal},
    },
    error::{Error, Result},
    reads,
    scope::unscoped,
    writes,
};

/// A new secret for the session that asks, on its way to the browser's cookie.
#[derive(Clone, Default)]
pub struct Renewal(Arc<Mutex<Option<String>>>);

impl Renewal {
    pub(super) fn set(&self, secret: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(secret);
    }

    /// The secret, if the request made one.
    #[must_use]
    pub fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What somebody changes their password with.
pub struct PasswordChange<'a> {
    pub current: String,
    pub new: String,
    pub renewal: &'a Renewal,
}

/// Changes the viewer's own password: signs them out everywhere else, and gives the session that asks a new secret.
pub async fn change_password(app: &App, viewer: &Viewer, change: PasswordChange<'_>) -> Result<()> {
    let person = proved(app, viewer, "passwordChange", change.current.clone()).await?;
    let fits = fits(app, &person, &change).await;
    audited(app, viewer, "passwordChange", fits).await?;
    let hash = hash_password(change.new).await?;
    let secret = secret("");
    let renewed = app
        .write(viewer, "passwordChange", Action::KeepOwnAccount, async |tx| {
            let before = person.password_hash.as_deref().unwrap_or_default();
            writes::staff::change_password(tx, person.id, before, hash).await?;
            renew(tx, &secret).await
        })
        .await?;
    if renewed {
        change.renewal.set(secret);
    }
    Ok(())
}

// Whether the new password will do.
async fn fits(app: &App, person: &staff::Model, change: &PasswordChange<'_>) -> Result<()> {
    if normal(&change.new) == normal(&change.current) {
        return Err(Refusal::invalid("newPassword", "This is the password that you have already.").into());
    }
    let has_second_factor = reads::second_factors::of(app, person.id).await?.is_some();
    check("newPassword", &change.new, owner(app, person), has_second_factor)?;
    Ok(())
}

/// What was refused before a transaction began is in the audit log like what was refused in one.
pub(super) async fn audited<T>(
    app: &App,
    viewer: &Viewer,
    mutation: &'static str,
    outcome: Result<T>,
) -> Result<T> {
    if let Err(error) = &outcome {
        let result = audit::result_of(error);
        app.noted(Attempt { who: Some(viewer), action: mutation, subjects: &[], result }).await;
    }
    outcome
}

/// Ends the viewer's other sessions and gives the one that asks a new secret; false when no session asks.
pub(super) async fn renew(tx: &mut Tx, secret: &str) -> Result<bool> {
    writes::sessions::revoke_all(tx, true).await?;
    writes::sessions::renew(tx, digest(secret)).await
}

/// The viewer's own row, once they proved again that they know their password; guesses are throttled as at sign-in.
pub(super) async fn proved(
    app: &App,
    viewer: &Viewer,
    mutation: &'static str,
    password: String,
) -> Result<staff::Model> {
    let person = match viewer.reach(Action::KeepOwnAccount) {
        Reach::Nowhere => Err(Error::closed_to(viewer, Action::KeepOwnAccount, mutation)),
        Reach::OwnDistricts | Reach::Everywhere => who_knows(app, viewer, password).await,
    };
    audited(app, viewer, mutation, person).await
}

async fn who_knows(app: &App, viewer: &Viewer, password: String) -> Result<staff::Model> {
    let nobody = || Refusal::new(Code::NotAllowed, "Only a person who is signed in has a password.");
    let id = viewer.staff_id().ok_or_else(nobody)?;
    let found = unscoped::<staff::Entity>().filter(staff::Column::Id.eq(id)).one(&app.db).await?;
    let person = found.ok_or(Error::Unauthenticated)?;
    if person.password_hash.is_none() {
        let message = "You sign in with the city's provider of identities; your password is kept there.";
        return Err(Refusal::new(Code::NotAllowed, message).into());
    }
    // Whoever asks is known, and so is the account; the address adds nothing.
    let address: Option<IpAddr> = None;
    let _turn = app.throttle.turn().await?;
    if let Some(retry_after) = app.throttle.wait(&person.email, address) {
        let message = format!("Too many wrong passwords; try again in {retry_after} s.");
        return Err(Error::Busy { message, retry_after });
    }
    if !verify(person.password_hash.clone(), password).await? {
        app.throttle.failed(&person.email, address);
        return Err(Refusal::invalid("currentPassword", "This is not your password.").into());
    }
    app.throttle.succeeded(&person.email);
    Ok(person)
}

fn owner<'a>(app: &'a App, person: &'a staff::Model) -> Owner<'a> {
    Owner { name: &person.name, email: &person.email, city: &app.city.preset.city.name }
}

/// The argon2id hash of a password, in PHC form.
pub async fn hash_password(password: String) -> Result<String> {
    blocking(move || {
        let salt: [u8; 16] = rand::rng().random();
        let salt = SaltString::encode_b64(&salt).map_err(|error| Error::Internal(error.to_string()))?;
        let password = normal(&password);
        let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
        hash.map(|hash| hash.to_string()).map_err(|error| Error::Internal(error.to_string()))
    })
    .await?
}

pub(super) async fn verify(hash: Option<String>, password: String) -> Result<bool> {
    blocking(move || {
        // An unknown e-mail costs the same work as a wrong password.
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let Ok(parsed) = PasswordHash::new(&hash) else { return false };
        let password = normal(&password);
        Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && known
    })
    .await
}

const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(error.to_string()))
}
