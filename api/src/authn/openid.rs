//! Signing in at the city's provider of identities: OpenID Connect, code flow with PKCE.
//!
//! The provider's addresses and keys are read afresh each time, so that a new key is known and a withdrawn one is not.

use std::{fmt, future::Future, pin::Pin, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use entity::session::SignInMethod;
use futures_util::StreamExt;
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AsyncHttpClient, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdTokenClaims, IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse,
    UserInfoClaims,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim,
        CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
        CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Origin, begin, digest, secret};
use crate::{
    app::App,
    authz::{Action, Viewer},
    config,
    error::{Error, Result},
    preset::OpenId,
    writes::{
        self,
        openid::{Known, Start},
    },
};

/// How long the provider may take over one answer.
const ANSWER: Duration = Duration::from_secs(10);
/// Bytes of an answer of the provider at most.
const LARGEST: usize = 1024 * 1024;
/// A token that was made longer ago, or so far ahead, is not the one that was just asked for.
const FRESH: TimeDelta = TimeDelta::minutes(10);
/// Signatures by the provider's own keys. None is made with the secret that we share, and none is left out.
const SIGNATURES: [CoreJwsSigningAlgorithm; 8] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// How a sign-in began.
#[derive(Debug)]
pub enum Begun {
    /// The browser goes to `address`, and keeps the cookie until it comes back.
    Away { address: String, cookie: String },
    /// The city has no provider.
    NoProvider,
    /// It did not answer, or not as a provider does; the reason is for the log.
    NoAnswer(String),
}

/// What the provider sent the browser back with.
#[derive(Clone, Debug, Default)]
pub struct Returned {
    pub state: Option<String>,
    pub code: Option<String>,
    /// Which provider says so (RFC 9207).
    pub issuer: Option<String>,
    /// Why it let nobody in.
    pub error: Option<String>,
}

/// How a sign-in at the provider ended.
#[derive(Debug)]
pub enum Ended {
    /// The secret for the cookie, and where to go.
    Session { secret: String, home: String },
    /// It was never begun in this browser, took too long, or was ended already.
    Unknown,
    /// The provider let nobody in, or what it said does not hold; the reason is for the log.
    Refused(String),
    /// The provider vouches for them, and nothing here is theirs; the message is for them.
    NotHere(String),
}

/// Every claim that is not the standard's.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Other(Map<String, Value>);

impl AdditionalClaims for Other {}

type Tokens = StandardTokenResponse<
    IdTokenFields<
        Other,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Party = Client<
    Other,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

type Claims = IdTokenClaims<Other, CoreGenderClaim>;

/// Begins a sign-in at the provider.
pub async fn start(app: &App) -> Result<Begun> {
    let Some(openid) = &app.city.preset.sign_in.openid else { return Ok(Begun::NoProvider) };
    let party = match party(openid, &Http::new()?).await {
        Ok(party) => party,
        Err(reason) => return Ok(Begun::NoAnswer(reason)),
    };
    let (state, nonce, cookie) = (secret(""), secret(""), secret(""));
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let kept = Start {
        state_hash: digest(&state),
        browser_hash: digest(&cookie),
        nonce: nonce.clone(),
        verifier: verifier.secret().clone(),
    };
    let request = party.authorize_url(
        CoreAuthenticationFlow::AuthorizationCode,
        || CsrfToken::new(state),
        || Nonce::new(nonce),
    );
    let request = request.add_scopes(openid.scopes.iter().cloned().map(Scope::new));
    let (address, ..) = request.set_pkce_challenge(challenge).url();
    app.write(&Viewer::server(), "openIdStart", Action::KeepOwnAccount, async |tx| {
        writes::openid::begin(tx, kept).await
    })
    .await?;
    Ok(Begun::Away { address: address.into(), cookie })
}

/// Ends a sign-in at the provider: what it says is verified, and whom it names gets a session.
pub async fn finish(app: &App, returned: Returned, cookie: Option<&str>, from: Origin) -> Result<Ended> {
    let (Some(openid), Some(state), Some(cookie)) =
        (&app.city.preset.sign_in.openid, &returned.state, cookie)
    else {
        return Ok(Ended::Unknown);
    };
    let (state, browser) = (digest(state), digest(cookie));
    let kept = app
        .write(&Viewer::server(), "openIdReturn", Action::KeepOwnAccount, async |tx| {
            writes::openid::take(tx, &state, &browser).await
        })
        .await?;
    let Some(kept) = kept else { return Ok(Ended::Unknown) };
    if let Some(error) = returned.error {
        return Ok(Ended::Refused(format!("the provider says {error:?}")));
    }
    if returned.issuer.is_some_and(|issuer| issuer != openid.issuer) {
        return Ok(Ended::Refused("another provider's answer".to_owned()));
    }
    let Some(code) = returned.code else { return Ok(Ended::Refused("an answer without a code".to_owned())) };
    let asked = Asked { code, nonce: Nonce::new(kept.nonce), verifier: PkceCodeVerifier::new(kept.verifier) };
    let known = match vouched(openid, asked, app.clock.now()).await {
        Ok(Some(known)) => known,
        Ok(None) => {
            let message = "Your groups at the city's provider give you no role here, or more than one.";
            return Ok(Ended::NotHere(message.to_owned()));
        }
        Err(reason) => return Ok(Ended::Refused(reason)),
    };
    let recognized = app
        .write(&Viewer::server(), "openIdSignIn", Action::KeepOwnAccount, async |tx| {
            writes::openid::recognize(tx, known).await
        })
        .await;
    let person = match recognized {
        Ok(person) => person,
        Err(Error::Refused(refusals)) => {
            let words: Vec<String> = refusals.into_iter().map(|refusal| refusal.message).collect();
            return Ok(Ended::NotHere(words.join(" ")));
        }
        Err(error) => return Err(error),
    };
    let secret = begin(app, &person, SignInMethod::OpenIdConnect, from, None).await?;
    Ok(Ended::Session { secret, home: openid.home.clone() })
}

struct Asked {
    code: String,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

/// Whom the provider vouches for, once its token is verified; none when their groups say no role. An error says what did
/// not hold, in words for the log.
async fn vouched(openid: &OpenId, asked: Asked, now: DateTime<Utc>) -> Result<Option<Known>, String> {
    let http = Http::new().map_err(|error| error.to_string())?;
    let party = party(openid, &http).await?;
    let exchange =
        party.exchange_code(AuthorizationCode::new(asked.code)).map_err(|error| error.to_string())?;
    let tokens = exchange.set_pkce_verifier(asked.verifier).request_async(&http).await;
    let tokens = tokens.map_err(|error| format!("the code was not exchanged: {error}"))?;
    let token = tokens.id_token().ok_or("no ID token")?;
    let verifier = party
        .id_token_verifier()
        .set_allowed_algs(SIGNATURES)
        .set_time_fn(move || now)
        .set_issue_time_verifier_fn(move |made| {
            let is_fresh = made >= now - FRESH && made <= now + FRESH;
            if is_fresh { Ok(()) } else { Err(format!("it was made at {made}")) }
        });
    let claims = token.claims(&verifier, &asked.nonce).map_err(|error| format!("the ID token: {error}"))?;
    if let Some(expected) = claims.access_token_hash() {
        let signing = (token.signing_alg(), token.signing_key(&verifier));
        let (Ok(algorithm), Ok(key)) = signing else { return Err("no key of the ID token".to_owned()) };
        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
        if actual.map_err(|error| error.to_string())? != *expected {
            return Err("the access token is not the ID token's".to_owned());
        }
    }
    let told = match party.user_info(tokens.access_token().clone(), Some(claims.subject().clone())) {
        Ok(request) => {
            let told = request.request_async::<Other, _, CoreGenderClaim>(&http).await;
            Some(told.map_err(|error| format!("the user info: {error}"))?)
        }
        // A provider need not have such an address; the token says all then.
        Err(_) => None,
    };
    Ok(known(openid, claims, told.as_ref()))
}

fn known(
    openid: &OpenId,
    claims: &Claims,
    told: Option<&UserInfoClaims<Other, CoreGenderClaim>>,
) -> Option<Known> {
    let groups = claims.additional_claims().0.get(&openid.groups_claim);
    let groups = groups.or_else(|| told?.additional_claims().0.get(&openid.groups_claim));
    let (role, districts) = openid.role_of(&names(groups?))?;
    // Address and proof of it come from the same place.
    let own = claims.email().zip(claims.email_verified());
    let email = own.or_else(|| told.and_then(|told| told.email().zip(told.email_verified())));
    let name = claims.name().or_else(|| told.and_then(UserInfoClaims::name));
    Some(Known {
        issuer: openid.issuer.clone(),
        subject: claims.subject().to_string(),
        email: email.filter(|(_, verified)| *verified).map(|(email, _)| email.to_string()),
        name: name.and_then(|name| name.get(None)).map(|name| name.to_string()),
        role,
        districts,
        seats_by_groups: openid.seats_by_groups(),
    })
}

// A list, or one name alone.
fn names(groups: &Value) -> Vec<String> {
    match groups {
        Value::String(name) => vec![name.clone()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

async fn party(openid: &OpenId, http: &Http) -> Result<Party, String> {
    let issuer = IssuerUrl::new(openid.issuer.clone()).map_err(|error| error.to_string())?;
    let found = CoreProviderMetadata::discover_async(issuer, http).await;
    let found = found.map_err(|error| format!("the provider of identities cannot be read: {error}"))?;
    let secret = config::openid_client_secret(openid.client_secret_file.as_deref());
    let secret = secret.map_err(|error| error.to_string())?;
    let secret = secret.map(|secret| ClientSecret::new(secret.reveal().to_owned()));
    let callback = RedirectUrl::new(openid.callback.clone()).map_err(|error| error.to_string())?;
    let party: Party = Client::from_provider_metadata(found, ClientId::new(openid.client_id.clone()), secret)
        .set_redirect_uri(callback);
    Ok(party)
}

/// What fetches the provider's answers: without following it elsewhere, for a while, and up to a size.
struct Http(reqwest::Client);

impl Http {
    fn new() -> Result<Self> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("justice-for-neighbors/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ANSWER)
            .build();
        client.map(Self).map_err(|error| Error::Internal(error.to_string()))
    }

    async fn fetch(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let request = reqwest::Request::try_from(request).map_err(NoAnswer::of)?;
        let answer = self.0.execute(request).await.map_err(NoAnswer::of)?;
        let mut response = openidconnect::http::Response::new(Vec::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        let mut body = answer.bytes_stream();
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(NoAnswer::of)?;
            if response.body().len() + piece.len() > LARGEST {
                return Err(NoAnswer(format!("more than {LARGEST} bytes")));
            }
            response.body_mut().extend_from_slice(&piece);
        }
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.fetch(request))
    }
}

/// Why the provider did not answer.
#[derive(Debug)]
struct NoAnswer(String);

impl NoAnswer {
    fn of(error: reqwest::Error) -> Self {
        // An address may hold a code.
        Self(error.without_url().to_string())
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoAnswer {}
