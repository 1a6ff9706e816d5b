//! One's own password, as clients change it.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{
    context::Ask,
    errors::{UserError, settle, user_errors},
};
use crate::{
    authn::{self, PasswordChange, Renewal},
    error::{Error, Result},
};

/// Whether the password was changed, or why not.
#[derive(SimpleObject)]
pub struct PasswordChangePayload {
    /// Whether the new password is in force.
    changed: bool,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// The old password and the new one.
#[derive(InputObject)]
pub struct PasswordChangeInput {
    /// The password that the viewer has.
    current_password: String,
    /// The one they want: of 15 to 256 characters, any characters and spaces in any language; 8 do for whoever signs in with
    /// a second factor. What everybody tries first is refused, and what is little more than the viewer's own name or
    /// e-mail or the city's (NIST SP 800-63B-4, 3.1.1.2).
    new_password: String,
}

#[derive(Default)]
pub struct PasswordMutation;

#[Object]
impl PasswordMutation {
    /// Changes the viewer's own password, signs them out everywhere else, and gives the session that asks a new cookie.
    /// Error RATE_LIMITED after ten wrong passwords within five minutes.
    async fn password_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The old password and the new one.")] input: PasswordChangeInput,
    ) -> Result<PasswordChangePayload> {
        let renewal = renewal(ctx)?;
        let PasswordChangeInput { current_password: current, new_password: new } = input;
        let change = PasswordChange { current, new, renewal };
        let (done, refusals) = settle(authn::change_password(ctx.app()?, ctx.viewer()?, change).await)?;
        Ok(PasswordChangePayload { changed: done.is_some(), user_errors: user_errors(refusals) })
    }
}

/// Where the secret goes that the session that asks gets from now on.
pub fn renewal<'a>(ctx: &Context<'a>) -> Result<&'a Renewal> {
    ctx.data_opt().ok_or_else(|| Error::Internal("no place for a new cookie".to_owned()))
}
