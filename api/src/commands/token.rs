//! `jfn token create`: access tokens of programs.

use clap::Subcommand;
use entity::access_token::TokenScope;
use sea_orm::ActiveEnum;

use super::print;
use crate::{
    app::App,
    authn,
    authz::{Action, Viewer},
    error::Result,
    writes::{self, access_tokens::NewToken},
};

/// What to do about access tokens.
#[derive(Subcommand)]
pub enum Token {
    /// Makes a token and prints it, once; only its hash is kept.
    Create(Create),
}

/// A new token.
#[derive(clap::Args)]
pub struct Create {
    /// The program it is for.
    #[arg(long)]
    pub name: String,
    /// `READ_CASES` or `PUSH_CALLS`.
    #[arg(long, value_parser = scope)]
    pub scope: TokenScope,
    /// Key of the feed that PUSH_CALLS is for.
    #[arg(long)]
    pub feed: Option<String>,
    /// Days until it ends; without it, it does not end.
    #[arg(long)]
    pub expires_days: Option<u32>,
}

pub async fn run(app: &App, what: Token) -> Result<()> {
    let Token::Create(new) = what;
    let token = create(app, new).await?;
    print(&format!("{token}\n"))
}

/// Makes a token; answers it.
pub async fn create(app: &App, new: Create) -> Result<String> {
    let token = authn::secret("jfn_");
    let row = NewToken {
        name: new.name,
        token_hash: authn::digest(&token),
        scope: new.scope,
        feed: new.feed,
        expires_days: new.expires_days,
    };
    app.write(&Viewer::server(), "tokenCreate", Action::ChangeStaff, async |tx| {
        writes::access_tokens::create(tx, row).await
    })
    .await?;
    Ok(token)
}

fn scope(text: &str) -> Result<TokenScope, String> {
    let word = text.trim().to_uppercase().replace('-', "_");
    TokenScope::try_from_value(&word)
        .map_err(|_| "there is no such scope; the scopes are READ_CASES, PUSH_CALLS".to_owned())
}
