//! Where a feed is fetched from, how patiently, and what it may reach: the `[connection]` of a feed's file.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use reqwest::Url;
use serde::Deserialize;

/// How a feed is fetched. What is not named here is never reached.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    /// The data set (SODA: `https://HOST/resource/xxxx-xxxx`), the layer (ArcGIS: `https://HOST/…/FeatureServer/0`) or the
    /// folder (files: `file:///folder` or `s3://bucket/prefix`).
    pub url: Place,
    /// Hosts besides the one of `url` that may be reached, by redirects: `host` or `host:port`.
    #[serde(default)]
    pub hosts: Vec<HostName>,
    /// Whether the hosts may be at private addresses, such as a city's own network. Addresses that only the machine next
    /// door has, and the metadata services of clouds among them, are refused all the same.
    #[serde(default)]
    pub allow_private_addresses: bool,
    /// A file that holds the portal's app token; otherwise it comes from the environment, if there is one.
    pub token_file: Option<PathBuf>,
    /// Rows asked for at a time.
    #[serde(default = "page_rows")]
    pub page_rows: u32,
    /// A condition that every row must meet, in the portal's own language.
    pub condition: Option<String>,
    /// The column that tells when a row was last changed, where the portal keeps no such time itself (ArcGIS).
    pub changed_at: Option<String>,
    /// The types of columns as last seen, in the portal's own words; another type stops the run.
    #[serde(default)]
    pub types: BTreeMap<String, String>,
    /// How to get from one page of a portal to the next.
    #[serde(default)]
    pub paging: Paging,
    /// Files: which names are taken, `*` standing for anything.
    #[serde(default = "every_name")]
    pub pattern: String,
    /// Files: how long a file must have lain unchanged before it is read.
    #[serde(default = "settle_seconds")]
    pub settle_seconds: u32,
    /// How long to wait for what.
    #[serde(default)]
    pub patience: Patience,
}

/// How to get from one page of a portal to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Paging {
    /// By the id of the last row. Nothing moves when rows change in between, so none is missed.
    #[default]
    Keyset,
    /// By the number of rows read, for portals that cannot compare ids; each page begins with the last row of the one
    /// before, which shows whether anything moved.
    Offset,
}

/// How long to wait, how often to try again, and how much to take.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Patience {
    /// Milliseconds to connect.
    pub connect_ms: u64,
    /// Milliseconds between two pieces of an answer.
    pub read_ms: u64,
    /// Milliseconds for a whole answer.
    pub total_ms: u64,
    /// Times that a question is asked at most.
    pub attempts: u32,
    /// Milliseconds before the second time; each further wait is twice as long.
    pub retry_ms: u64,
    /// Milliseconds of the longest wait. A source that asks for a longer one is left alone until the next run.
    pub longest_wait_ms: u64,
    /// Bytes of an answer at most, after decompression.
    pub body_bytes: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect_ms: 10_000,
            read_ms: 30_000,
            total_ms: 120_000,
            attempts: 5,
            retry_ms: 1_000,
            longest_wait_ms: 120_000,
            body_bytes: 64 << 20,
        }
    }
}

impl Patience {
    pub(super) fn connect(&self) -> Duration {
        Duration::from_millis(self.connect_ms)
    }

    pub(super) fn read(&self) -> Duration {
        Duration::from_millis(self.read_ms)
    }

    pub(super) fn total(&self) -> Duration {
        Duration::from_millis(self.total_ms)
    }

    pub(super) fn longest_wait(&self) -> Duration {
        Duration::from_millis(self.longest_wait_ms)
    }

    /// The wait after that many failures, before chance shortens it.
    pub(super) fn wait(&self, failures: u32) -> Duration {
        let doubled = self.retry_ms.saturating_mul(1 << failures.saturating_sub(1).min(16));
        Duration::from_millis(doubled).min(self.longest_wait())
    }
}

/// An address without a password in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Place(Url);

impl Place {
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let url: Url = text.parse().map_err(|_| format!("`{text}` is no address; write the whole URL"))?;
        if !["http", "https", "file", "s3"].contains(&url.scheme()) {
            return Err(format!("`{}:` is not read; use http, https, file or s3", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("leave the name and password out of the address; a token belongs into `token_file`"
                .to_owned());
        }
        Ok(Self(url))
    }
}

/// A host, with its port where that is not the usual one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct HostName {
    host: String,
    port: Option<u16>,
}

impl TryFrom<String> for HostName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let refusal = || format!("`{text}` is no host; write `data.example.gov` or `data.example.gov:8443`");
        // The parser of addresses knows every way to write a host, IPv6 in brackets too.
        let url: Url = format!("https://{text}/").parse().map_err(|_| refusal())?;
        let named = url.path() == "/" && url.query().is_none() && url.username().is_empty();
        let host = url.host_str().filter(|_| named).ok_or_else(refusal)?.to_owned();
        let port = text.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        Ok(Self { host, port })
    }
}

impl HostName {
    /// The host of an address, with its port.
    pub(super) fn of(url: &Url) -> Option<Self> {
        Some(Self { host: url.host_str()?.to_owned(), port: url.port() })
    }

    /// Whether the address is at this host, and at its port: the usual one of its scheme where none is named.
    pub(super) fn has(&self, url: &Url) -> bool {
        let port = url.port_or_known_default();
        url.host_str() == Some(&self.host)
            && match self.port {
                Some(named) => port == Some(named),
                None => url.port().is_none() || port == Some(80) || port == Some(443),
            }
    }
}

fn page_rows() -> u32 {
    5_000
}

fn every_name() -> String {
    "*".to_owned()
}

fn settle_seconds() -> u32 {
    60
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(named: &str, url: &str) -> bool {
        HostName::try_from(named.to_owned()).unwrap().has(&url.parse().unwrap())
    }

    #[test]
    fn a_host_is_itself_and_no_other() {
        assert!(has("data.example.gov", "https://data.example.gov/x"));
        assert!(has("DATA.example.gov", "http://data.example.gov/x"));
        assert!(!has("data.example.gov", "https://evil.data.example.gov/x"));
        assert!(!has("data.example.gov", "https://data.example.gov.evil.example/x"));
        assert!(!has("data.example.gov", "https://data.example.gov:8443/x"));
        assert!(has("data.example.gov:8443", "https://data.example.gov:8443/x"));
        assert!(!has("data.example.gov:8443", "https://data.example.gov/x"));
        assert!(has("[::1]:80", "http://[::1]/x"));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in ["", "a/b", "user@host", "host?x", "ho st", "https://host"] {
            assert!(HostName::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_bears_no_password_and_is_of_a_known_kind() {
        let place = |text: &str| Place::try_from(text.to_owned());
        assert!(place("https://data.example.gov/resource/abcd-1234").is_ok());
        assert!(place("https://me:secret@data.example.gov/").is_err());
        assert!(place("ftp://data.example.gov/").is_err());
        assert!(place("data.example.gov").is_err());
    }

    #[test]
    fn waits_grow_up_to_the_longest() {
        let patience = Patience { retry_ms: 10, longest_wait_ms: 50, ..Patience::default() };
        let waits: Vec<u128> = (1..=5).map(|failures| patience.wait(failures).as_millis()).collect();
        assert_eq!(waits, [10, 20, 40, 50, 50]);
        assert_eq!(Patience::default().wait(u32::MAX).as_millis(), 120_000);
    }
}
