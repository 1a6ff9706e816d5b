//! `jfn token create`: access tokens of programs.

use clap::Subcommand;
use entity::access_token::TokenScope;
use sea_orm::ActiveEnum;

use super::print;
use crate::{
    app::App,
    authn,
    authz::{Action, Viewer},
    error::{Error, Result},
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
    /// Numbers of the districts that READ_CASES is held to; without them, all.
    #[arg(long, value_delimiter = ',')]
    pub districts: Vec<i32>,
    /// Days until it ends: 365, if nothing is said, and 3,650 at most.
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
    let number = |number: &i32| {
        let district = app.city.district_numbered(*number);
        district.map(|row| row.id).ok_or_else(|| Error::BadInput(format!("There is no district {number}.")))
    };
    let districts = new.districts.iter().map(number).collect::<Result<Vec<_>>>()?;
    let row = NewToken {
        name: new.name,
        token_hash: authn::digest(&token),
        scope: new.scope,
        feed: new.feed,
        districts: (!districts.is_empty()).then_some(districts),
        expires_days: new.expires_days,
    };
    app.write(&Viewer::server(), "accessTokenCreate", Action::ChangeTokens, async |tx| {
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
