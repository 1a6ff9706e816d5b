//! Failed sign-ins, by account and by address: who guesses must wait.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::{Error, Result};

/// Failures of one account after which nobody gets in for a while; NIST SP 800-63B, 3.2.2, allows up to 100 in a row.
const OF_ACCOUNT: u32 = 10;
/// The same for one address, behind which a whole office may sit.
const OF_ADDRESS: u32 = 50;
const WITHIN: Duration = Duration::from_secs(300);
/// Passwords that are verified at once. Each takes 19 MB for a while, and as many guesses at most as these get past the
/// limit together.
const AT_ONCE: usize = 8;

/// Failures in this process.
#[derive(Clone)]
pub struct Throttle {
    // An e-mail that is nobody's counts the same, so that the limit tells nothing.
    accounts: Failures<String>,
    addresses: Failures<IpAddr>,
    verifying: Arc<Semaphore>,
}

impl Default for Throttle {
    fn default() -> Self {
        let verifying = Arc::new(Semaphore::new(AT_ONCE));
        Self { accounts: Failures::default(), addresses: Failures::default(), verifying }
    }
}

impl Throttle {
    /// Waits for a turn to verify a password; it is asked for before `wait`, and kept until the failure is counted.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>> {
        self.verifying.acquire().await.map_err(|error| Error::Internal(error.to_string()))
    }

    /// Seconds until the next try of that account from that address; none when it may be tried now.
    pub(super) fn wait(&self, account: &str, address: Option<IpAddr>) -> Option<u64> {
        let of_account = self.accounts.wait(&account.to_owned(), OF_ACCOUNT);
        of_account.max(address.and_then(|address| self.addresses.wait(&address, OF_ADDRESS)))
    }

    pub(super) fn failed(&self, account: &str, address: Option<IpAddr>) {
        self.accounts.count(account.to_owned());
        if let Some(address) = address {
            self.addresses.count(address);
        }
    }

    /// The account's failures are forgotten; those of the address are not, or one account of one's own would do for
    /// guessing at all the others.
    pub(super) fn succeeded(&self, account: &str) {
        self.accounts.forget(&account.to_owned());
    }
}

struct Failures<K>(Arc<Mutex<HashMap<K, (u32, Instant)>>>);

impl<K> Clone for Failures<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K> Default for Failures<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Hash + Eq> Failures<K> {
    fn wait(&self, key: &K, most: u32) -> Option<u64> {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.retain(|_, (_, since)| since.elapsed() < WITHIN);
        let (count, since) = failures.get(key)?;
        (*count >= most).then(|| WITHIN.saturating_sub(since.elapsed()).as_secs().max(1))
    }

    fn count(&self, key: K) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.entry(key).or_insert((0, Instant::now())).0 += 1;
    }

    fn forget(&self, key: &K) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_guesses_at_many_accounts_must_wait_and_other_addresses_need_not() {
        let (throttle, here) = (Throttle::default(), Some(IpAddr::from([192, 0, 2, 1])));
        for guess in 0..OF_ADDRESS {
            assert_eq!(throttle.wait(&format!("{guess}@city.example"), here), None);
            throttle.failed(&format!("{guess}@city.example"), here);
            throttle.succeeded("mine@city.example");
        }
        assert!(throttle.wait("next@city.example", here).is_some());
        assert_eq!(throttle.wait("next@city.example", Some(IpAddr::from([192, 0, 2, 2]))), None);
    }

    #[test]
    fn an_account_at_which_somebody_guesses_must_wait_wherever_they_are() {
        let throttle = Throttle::default();
        for guess in 0..10 {
            throttle.failed("sam@city.example", Some(IpAddr::from([192, 0, 2, guess])));
        }
        assert!(throttle.wait("sam@city.example", None).is_some_and(|seconds| seconds > 290));
        throttle.succeeded("sam@city.example");
        assert_eq!(throttle.wait("sam@city.example", None), None);
    }
}
