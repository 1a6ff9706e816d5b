//! One's own second factor, as clients see and change it.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    context::Ask,
    errors::{UserError, settle, user_errors},
    password::renewal,
};
use crate::{
    authn::second_factor::{self as factor, Both},
    authz::Action,
    error::{Error, Result},
    reads,
};

/// The viewer's second factor: an authenticator that shows a new code every thirty seconds (TOTP, RFC 6238).
#[derive(SimpleObject)]
pub struct SecondFactor {
    /// When its first code was taken; null while sign-in does not ask for a code.
    confirmed_at: Option<DateTime<Utc>>,
    /// Recovery codes that were not used.
    recovery_codes_left: u64,
    /// Whether the city asks for one of everybody who signs in with a password.
    required: bool,
}

#[derive(Default)]
pub struct SecondFactorQuery;

#[Object]
impl SecondFactorQuery {
    /// The viewer's own second factor. Error FORBIDDEN for a token.
    async fn second_factor(&self, ctx: &Context<'_>) -> Result<SecondFactor> {
        let viewer = ctx.viewer_who(Action::KeepOwnAccount, "secondFactor")?;
        let id = viewer.staff_id().ok_or(Error::Forbidden("secondFactor"))?;
        let app = ctx.app()?;
        Ok(SecondFactor {
            confirmed_at: reads::second_factors::of(app, id).await?.and_then(|row| row.confirmed_at),
            recovery_codes_left: reads::second_factors::recovery_codes_left(app, id).await?,
            required: app.city.preset.sign_in.second_factor_required,
        })
    }
}

/// What an authenticator is set up with, or why not.
#[derive(SimpleObject)]
pub struct SecondFactorEnrolPayload {
    /// The secret in base 32, to be typed into an authenticator; shown once, null when it was refused.
    secret: Option<String>,
    /// The same as an `otpauth:` address, to be shown as a QR code.
    address: Option<String>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// Recovery codes, or why there are none.
#[derive(SimpleObject)]
pub struct RecoveryCodesPayload {
    /// Ten codes for whoever loses the authenticator, each good for one sign-in; shown once, null when it was refused.
    recovery_codes: Option<Vec<String>>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// Whether the second factor was removed, or why not.
#[derive(SimpleObject)]
pub struct SecondFactorRemovePayload {
    /// Whether sign-in asks for no code any more.
    removed: bool,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// What shows that it is the viewer who enrols.
#[derive(InputObject)]
pub struct SecondFactorEnrolInput {
    /// The viewer's password.
    current_password: String,
}

/// The authenticator's first code.
#[derive(InputObject)]
pub struct SecondFactorConfirmInput {
    /// The six digits that it shows now.
    code: String,
}

/// What shows that the viewer has both factors.
#[derive(InputObject)]
pub struct SecondFactorRemoveInput {
    /// The viewer's password.
    current_password: String,
    /// A code of the authenticator that was not used, or a recovery code.
    code: String,
}

/// What shows that the viewer has both factors.
#[derive(InputObject)]
pub struct RecoveryCodesRenewInput {
    /// The viewer's password.
    current_password: String,
    /// A code of the authenticator that was not used, or a recovery code.
    code: String,
}

#[derive(Default)]
pub struct SecondFactorMutation;

#[Object]
impl SecondFactorMutation {
    /// Begins to enrol an authenticator as the viewer's second factor: it is asked for once `secondFactorConfirm` has taken
    /// its first code.
    async fn second_factor_enrol(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The viewer's password.")] input: SecondFactorEnrolInput,
    ) -> Result<SecondFactorEnrolPayload> {
        let enrolled = factor::enrol(ctx.app()?, ctx.viewer()?, input.current_password).await;
        let (made, refusals) = settle(enrolled)?;
        let (secret, address) = made.map(|made| (made.secret, made.address)).unzip();
        Ok(SecondFactorEnrolPayload { secret, address, user_errors: user_errors(refusals) })
    }

    /// Takes the first code of the authenticator: from now on sign-in asks for one. It signs the viewer out everywhere else,
    /// gives the session that asks a new cookie, and shows recovery codes once.
    async fn second_factor_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code.")] input: SecondFactorConfirmInput,
    ) -> Result<RecoveryCodesPayload> {
        let confirmed = factor::confirm(ctx.app()?, ctx.viewer()?, &input.code, renewal(ctx)?).await;
        let (recovery_codes, refusals) = settle(confirmed)?;
        Ok(RecoveryCodesPayload { recovery_codes, user_errors: user_errors(refusals) })
    }

    /// Removes the viewer's second factor. Refused where the city asks for one, and as long as the password is too short to
    /// stand alone.
    async fn second_factor_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Both factors.")] input: SecondFactorRemoveInput,
    ) -> Result<SecondFactorRemovePayload> {
        let both = Both { password: input.current_password, code: input.code };
        let (done, refusals) = settle(factor::remove(ctx.app()?, ctx.viewer()?, both).await)?;
        Ok(SecondFactorRemovePayload { removed: done.is_some(), user_errors: user_errors(refusals) })
    }

    /// Makes new recovery codes and shows them once; the old ones are good for nothing from then on.
    async fn recovery_codes_renew(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Both factors.")] input: RecoveryCodesRenewInput,
    ) -> Result<RecoveryCodesPayload> {
        let both = Both { password: input.current_password, code: input.code };
        let renewed = factor::renew_recovery_codes(ctx.app()?, ctx.viewer()?, both).await;
        let (recovery_codes, refusals) = settle(renewed)?;
        Ok(RecoveryCodesPayload { recovery_codes, user_errors: user_errors(refusals) })
    }
}
