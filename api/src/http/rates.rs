//! How many requests one address and one viewer may make: who asks too much is told when to ask again.

use std::{
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _};
use poem::{Request, http::HeaderMap};
use uuid::Uuid;

use super::Edge;
use crate::authz::{Actor, Viewer};

/// Checks after which those who asked nothing for a while are forgotten.
const FORGET_EVERY: u32 = 4_096;

/// What was refused: the limit, and after how many seconds the next request will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany {
    pub(super) a_minute: u32,
    pub(super) retry_after: u64,
}

impl TooMany {
    pub(super) fn message(self) -> String {
        format!(
            "Too many requests: {} a minute is the limit; try again in {} s.",
            self.a_minute, self.retry_after
        )
    }
}

/// The requests of the last minute, by address and by viewer.
pub(super) struct Rates {
    by_address: Rate<IpAddr>,
    by_viewer: Rate<Uuid>,
    proxies: Vec<IpAddr>,
}

impl Rates {
    pub(super) fn of(edge: &Edge) -> Self {
        Self {
            by_address: Rate::of(edge.requests_by_address),
            by_viewer: Rate::of(edge.requests_by_viewer),
            proxies: edge.proxies.clone(),
        }
    }

    /// Where a request comes from, if that can be told.
    pub(super) fn client(&self, request: &Request) -> Option<IpAddr> {
        let peer = request.remote_addr().as_socket_addr().map(|peer| peer.ip());
        peer.map(|peer| client(peer, request.headers(), &self.proxies))
    }

    /// Counts a request of an address; one whose address cannot be told counts for nobody.
    pub(super) fn address(&self, client: Option<IpAddr>) -> Result<(), TooMany> {
        client.map_or(Ok(()), |address| self.by_address.count(&address))
    }

    /// Counts a request of a viewer.
    pub(super) fn viewer(&self, viewer: &Viewer) -> Result<(), TooMany> {
        match viewer.actor {
            Actor::Staff(id) => self.by_viewer.count(&id.0),
            Actor::Token { id, .. } => self.by_viewer.count(&id.0),
            Actor::Server => Ok(()),
        }
    }
}

// What a proxy of ours says of whom it speaks for; of others nothing is believed. The last address in the list is the one that
// the proxy itself saw.
fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    if !proxies.contains(&peer) {
        return peer;
    }
    let told = headers.get_all("x-forwarded-for").into_iter().filter_map(|value| value.to_str().ok());
    let mut told: Vec<IpAddr> =
        told.flat_map(|value| value.split(',')).filter_map(|part| part.trim().parse().ok()).collect();
    while let Some(last) = told.pop() {
        if !proxies.contains(&last) {
            return last;
        }
    }
    peer
}

struct Rate<K: Hash + Eq + Clone> {
    a_minute: u32,
    limiter: Option<DefaultKeyedRateLimiter<K>>,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> Rate<K> {
    fn of(a_minute: Option<NonZeroU32>) -> Self {
        let limiter = a_minute.map(|most| RateLimiter::keyed(Quota::per_minute(most)));
        Self { a_minute: a_minute.map_or(0, NonZeroU32::get), limiter, checks: AtomicU32::new(0) }
    }

    fn count(&self, key: &K) -> Result<(), TooMany> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if self.checks.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            limiter.retain_recent();
        }
        limiter.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(limiter.clock().now());
            TooMany { a_minute: self.a_minute, retry_after: wait.as_secs() + 1 }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn heard(peer: &str, told: &str, proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", told.parse().expect("a header"));
        let proxies: Vec<IpAddr> = proxies.iter().map(|p| p.parse().expect("an address")).collect();
        client(peer.parse().expect("an address"), &headers, &proxies).to_string()
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        assert_eq!(heard("203.0.113.9", "198.51.100.1", &[]), "203.0.113.9");
        assert_eq!(heard("10.0.0.2", "198.51.100.1", &["10.0.0.2"]), "198.51.100.1");
        let invented = heard("10.0.0.2", "192.0.2.66, 198.51.100.1, 10.0.0.3", &["10.0.0.2", "10.0.0.3"]);
        assert_eq!(invented, "198.51.100.1", "what the client itself wrote into the header is not");
        assert_eq!(heard("10.0.0.2", "nonsense", &["10.0.0.2"]), "10.0.0.2");
    }

    proptest! {
        #[test]
        fn whatever_a_header_says_an_address_comes_of_it_and_a_stranger_is_who_it_is(told in "[ -~]{0,60}", peer in any::<u32>()) {
            let peer = std::net::Ipv4Addr::from(peer).to_string();
            prop_assert_eq!(heard(&peer, &told, &[]), peer.clone());
            let believed = heard(&peer, &told, &[&peer]);
            prop_assert!(believed == peer || told.contains(&believed) || believed.contains(':'), "{}", believed);
        }
    }

    #[test]
    fn one_who_asks_too_much_is_told_when_to_ask_again_and_others_are_not() {
        let rate: Rate<u8> = Rate::of(NonZeroU32::new(3));
        for _ in 0..3 {
            assert_eq!(rate.count(&1), Ok(()));
        }
        let told = rate.count(&1).expect_err("it is the fourth");
        assert_eq!(told.a_minute, 3);
        assert!((1..=21).contains(&told.retry_after), "{told:?}");
        assert_eq!(rate.count(&2), Ok(()));
    }
}
