//! A second factor beside the password: enrolled, confirmed, asked for at sign-in, and removed.

use rand::Rng;

use super::{
    digest,
    password::{Renewal, audited, proved, renew},
    secret,
};
use crate::{
    app::App,
    authz::{Action, Viewer},
    domain::{
        one_time_code::{SECRET, address, written},
        password::{ALONE, normal},
        refusal::{Code, Refusal},
    },
    error::{Error, Result},
    writes::{self, second_factors::GivenCode},
};

/// Recovery codes that somebody gets at once.
const RECOVERY_CODES: usize = 10;
/// What they are written with: no letter that is taken for another or for a digit (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of a recovery code: 80 bits, so that a plain hash keeps it (NIST SP 800-63B-4, 3.1.2.2).
const LENGTH: usize = 16;

/// What an authenticator is set up with; shown once.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// In base 32, to be typed.
    pub secret: String,
    /// The same as an `otpauth:` address, to be shown as a QR code.
    pub address: String,
}

/// Begins the enrolment of the viewer's authenticator, once they proved again that they know their password.
pub async fn enrol(app: &App, viewer: &Viewer, password: String) -> Result<Enrolment> {
    let person = proved(app, viewer, "secondFactorEnrol", password).await?;
    let bytes: [u8; SECRET] = rand::rng().random();
    let secret = written(bytes);
    let address = address(&secret, &person.email, &app.city.preset.city.name)
        .ok_or_else(|| Error::Internal("a secret that no authenticator takes".to_owned()))?;
    let kept = secret.clone();
    app.write(viewer, "secondFactorEnrol", Action::KeepOwnAccount, async |tx| {
        writes::second_factors::enrol(tx, kept).await
    })
    .await?;
    Ok(Enrolment { secret, address })
}

/// Confirms the authenticator by its first code: signs the viewer out everywhere else, gives the session that asks a new
/// secret, and answers the recovery codes.
pub async fn confirm(app: &App, viewer: &Viewer, code: &str, renewal: &Renewal) -> Result<Vec<String>> {
    let (codes, hashes) = recovery_codes();
    let secret = secret("");
    let confirmed = app
        .write(viewer, "secondFactorConfirm", Action::KeepOwnAccount, async |tx| {
            writes::second_factors::confirm(tx, code, hashes).await?;
            renew(tx, &secret).await
        })
        .await;
    if guessed(app, viewer, confirmed).await? {
        renewal.set(secret);
    }
    Ok(codes)
}

/// What shows that the viewer still has both factors.
pub struct Both {
    pub password: String,
    pub code: String,
}

/// Makes new recovery codes in place of all old ones.
pub async fn renew_recovery_codes(app: &App, viewer: &Viewer, both: Both) -> Result<Vec<String>> {
    proved(app, viewer, "recoveryCodesRenew", both.password).await?;
    let (codes, hashes) = recovery_codes();
    let given = given(&both.code);
    let renewed = app
        .write(viewer, "recoveryCodesRenew", Action::KeepOwnAccount, async |tx| {
            writes::second_factors::spend(tx, &given).await?;
            writes::second_factors::keep_recovery_codes(tx, hashes).await
        })
        .await;
    guessed(app, viewer, renewed).await?;
    Ok(codes)
}

/// Removes the viewer's second factor, unless the city asks for one or the password is too short to stand alone.
pub async fn remove(app: &App, viewer: &Viewer, both: Both) -> Result<()> {
    let length = normal(&both.password).chars().count();
    proved(app, viewer, "secondFactorRemove", both.password).await?;
    let stands_alone = stands_alone(app, length);
    audited(app, viewer, "secondFactorRemove", stands_alone).await?;
    let given = given(&both.code);
    let removed = app
        .write(viewer, "secondFactorRemove", Action::KeepOwnAccount, async |tx| {
            writes::second_factors::spend(tx, &given).await?;
            writes::second_factors::remove(tx).await
        })
        .await;
    guessed(app, viewer, removed).await
}

// Whether a password of so many characters will do without a code.
fn stands_alone(app: &App, length: usize) -> Result<()> {
    if app.city.preset.sign_in.second_factor_required {
        let message = "This city asks for a second factor; who lost theirs turns to an administrator \
                       (`jfn staff reset`).";
        return Err(Refusal::new(Code::NotAllowed, message).into());
    }
    if length < ALONE {
        let message = format!(
            "Without a second factor a password has {ALONE} characters at least; yours has {length}. Change it first, \
             with `passwordChange`."
        );
        return Err(Refusal::blocked(message).into());
    }
    Ok(())
}

/// A code as it is looked up: spaces, dashes and small letters do not matter.
pub(super) fn given(code: &str) -> GivenCode {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    GivenCode { code: code.to_owned(), hash: digest(&plain.to_uppercase()) }
}

// A wrong code counts as a failed sign-in, so that nobody tries all of them.
async fn guessed<T>(app: &App, viewer: &Viewer, outcome: Result<T>) -> Result<T> {
    let is_guess = |refusal: &Refusal| refusal.code == Code::Invalid && refusal.field == ["code"];
    if let (Err(Error::Refused(refused)), Some(id)) = (&outcome, viewer.staff_id())
        && refused.iter().any(is_guess)
        && let Some(person) = crate::reads::staff::own(app, id).await?
    {
        app.throttle.failed(&person.email, None);
        if let Some(retry_after) = app.throttle.wait(&person.email, None) {
            let message = format!("Too many wrong codes; try again in {retry_after} s.");
            return Err(Error::Busy { message, retry_after });
        }
    }
    outcome
}

fn recovery_codes() -> (Vec<String>, Vec<String>) {
    let mut random = rand::rng();
    let code = |_| (0..LENGTH).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect();
    let codes: Vec<String> = (0..RECOVERY_CODES).map(code).collect();
    let hashes = codes.iter().map(|code| digest(code)).collect();
    let grouped = |code: &String| format!("{}-{}-{}-{}", &code[..4], &code[4..8], &code[8..12], &code[12..]);
    (codes.iter().map(grouped).collect(), hashes)
}
