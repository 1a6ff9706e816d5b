//! How people sign in: what passwords need beside them, and the city's own provider of identities.

use std::{collections::BTreeSet, path::PathBuf};

use entity::staff::StaffRole;
use serde::Deserialize;
use toml::Spanned;

use super::{
    document::{Document, some, words},
    error::PresetError,
};

/// How people sign in.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Whether a password alone opens nothing.
    pub second_factor_required: bool,
    /// The city's provider of identities, if it has one.
    pub openid: Option<OpenId>,
}

/// A provider of identities (OpenID Connect), and what its groups mean here.
#[derive(Clone, Debug)]
pub struct OpenId {
    /// Its address, as its tokens name it.
    pub issuer: String,
    /// What we are called there.
    pub client_id: String,
    /// Where the secret is that we share with it; else it is in `JFN_OPENID_CLIENT_SECRET`.
    pub client_secret_file: Option<PathBuf>,
    /// Where it sends people back: this server's `/auth/openid/callback`, as browsers see it.
    pub callback: String,
    /// Where people go once they are signed in.
    pub home: String,
    /// What is asked of it beside `openid`.
    pub scopes: Vec<String>,
    /// The claim that lists somebody's groups.
    pub groups_claim: String,
    pub groups: Vec<Group>,
}

/// What a group of the provider may do here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    #[serde(deserialize_with = "words")]
    pub group: String,
    pub role: StaffRole,
    /// Numbers of the districts in which it gives the role's seat, where nobody else holds it.
    #[serde(default)]
    pub districts: Vec<i32>,
}

impl OpenId {
    /// What somebody of these groups is here: the role, and the districts by number. None when no group says it, or when they
    /// say more than one role.
    #[must_use]
    pub fn role_of(&self, groups: &[String]) -> Option<(StaffRole, Vec<i32>)> {
        let theirs: Vec<&Group> = self.groups.iter().filter(|known| groups.contains(&known.group)).collect();
        let role = theirs.first()?.role;
        if theirs.iter().any(|group| group.role != role) {
            return None;
        }
        let districts: BTreeSet<i32> =
            theirs.iter().flat_map(|group| group.districts.iter().copied()).collect();
        Some((role, districts.into_iter().collect()))
    }

    /// Whether groups decide who sits where.
    #[must_use]
    pub fn seats_by_groups(&self) -> bool {
        self.groups.iter().any(|group| !group.districts.is_empty())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignInToml {
    passwords: PasswordsToml,
    openid: Option<OpenIdToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordsToml {
    second_factor_required: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenIdToml {
    issuer: Spanned<String>,
    #[serde(deserialize_with = "words")]
    client_id: String,
    client_secret_file: Option<PathBuf>,
    callback: Spanned<String>,
    #[serde(default = "root")]
    home: String,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(deserialize_with = "words")]
    groups_claim: String,
    #[serde(deserialize_with = "some")]
    groups: Vec<Spanned<Group>>,
}

fn root() -> String {
    "/".to_owned()
}

pub(super) fn read(document: Document<'_>, districts: &BTreeSet<i32>) -> Result<SignIn, PresetError> {
    let told: SignInToml = document.parse()?;
    let openid = told.openid.map(|told| openid(document, told, districts)).transpose()?;
    Ok(SignIn { second_factor_required: told.passwords.second_factor_required, openid })
}

fn openid(
    document: Document<'_>,
    told: OpenIdToml,
    districts: &BTreeSet<i32>,
) -> Result<OpenId, PresetError> {
    for address in [&told.issuer, &told.callback] {
        if !is_safe(address.get_ref()) {
            let reason = "must be an `https` address; `http` will do on 127.0.0.1 alone, which nobody can listen in on";
            return Err(document.wrong(address, reason));
        }
    }
    let mut seen = BTreeSet::new();
    for group in &told.groups {
        let stated = group.get_ref();
        if !seen.insert(stated.group.clone()) {
            return Err(document.wrong(group, format!("group `{}` is given twice", stated.group)));
        }
        if stated.role == StaffRole::Integration {
            return Err(document.wrong(group, "a program is no member of staff; make it a token"));
        }
        if !stated.districts.is_empty() && !StaffRole::TEAM.contains(&stated.role) {
            return Err(document.wrong(group, format!("{} has no seat in a district's team", stated.role)));
        }
        if let Some(unknown) = stated.districts.iter().find(|number| !districts.contains(number)) {
            return Err(document.wrong(group, format!("there is no district {unknown}")));
        }
    }
    Ok(OpenId {
        issuer: told.issuer.into_inner(),
        client_id: told.client_id,
        client_secret_file: told.client_secret_file,
        callback: told.callback.into_inner(),
        home: told.home,
        scopes: told.scopes,
        groups_claim: told.groups_claim,
        groups: told.groups.into_iter().map(Spanned::into_inner).collect(),
    })
}

fn is_safe(address: &str) -> bool {
    address.starts_with("https://")
        || address.strip_prefix("http://127.0.0.1").is_some_and(|rest| rest.starts_with([':', '/']))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "[passwords]\nsecond_factor_required = false\n[openid]\nclient_id = \"jfn\"\n\
        groups_claim = \"groups\"\n";

    fn read_with(rest: &str) -> Result<SignIn, String> {
        let text = format!("{START}{rest}");
        let document = Document { place: "city", name: "sign-in.toml", text: &text };
        read(document, &BTreeSet::from([1, 2, 3])).map_err(|error| error.to_string())
    }

    const ADDRESSES: &str = "issuer = \"https://login.city.example\"\ncallback = \"https://jfn.city.example/auth/openid/callback\"\n";

    #[test]
    fn groups_say_what_somebody_is_here() {
        let groups = "[[openid.groups]]\ngroup = \"a1\"\nrole = \"ATTORNEY\"\ndistricts = [2, 1]\n\
            [[openid.groups]]\ngroup = \"a3\"\nrole = \"ATTORNEY\"\ndistricts = [3]\n\
            [[openid.groups]]\ngroup = \"boss\"\nrole = \"CITY_ATTORNEY\"\n";
        let openid =
            read_with(&format!("{ADDRESSES}{groups}")).expect("it is whole").openid.expect("a provider");
        let role_of =
            |groups: &[&str]| openid.role_of(&groups.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(role_of(&["x", "a3", "a1"]), Some((StaffRole::Attorney, vec![1, 2, 3])));
        assert_eq!(role_of(&["boss"]), Some((StaffRole::CityAttorney, vec![])));
        assert_eq!(role_of(&["x"]), None);
        assert_eq!(role_of(&["a1", "boss"]), None, "two roles are none");
    }

    #[test]
    fn what_cannot_be_meant_stops_the_server_with_its_line() {
        let group = |rest: &str| format!("{ADDRESSES}[[openid.groups]]\ngroup = \"a\"\n{rest}\n");
        for (text, reason) in [
            (group("role = \"INTEGRATION\""), "a program"),
            (group("role = \"COMMISSIONER\"\ndistricts = [1]"), "no seat"),
            (group("role = \"ATTORNEY\"\ndistricts = [9]"), "no district 9"),
            (group("role = \"KING\""), "KING"),
            (
                format!(
                    "{}[[openid.groups]]\ngroup = \"a\"\nrole = \"ATTORNEY\"",
                    group("role = \"ATTORNEY\"")
                ),
                "twice",
            ),
            (group("role = \"ATTORNEY\"").replace("https://login", "http://login"), "https"),
            (group("role = \"ATTORNEY\"").replace("https://login", "http://127.0.0.1.evil"), "https"),
            (format!("{ADDRESSES}groups = []\n"), "must not be empty"),
        ] {
            let told = read_with(&text).expect_err(&text);
            assert!(told.contains("sign-in.toml") && told.contains(reason), "{told}");
        }
    }
}
