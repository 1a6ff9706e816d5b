//! Codes of an authenticator: six digits every thirty seconds (RFC 6238), and what sets one up.

use chrono::{DateTime, Utc};
use totp_rs::{Builder, Secret, Totp};

/// Bytes of a shared secret, as RFC 4226, 4, advises.
pub const SECRET: usize = 20;

/// A secret as authenticators take it when it is typed.
#[must_use]
pub fn written(secret: [u8; SECRET]) -> String {
    Secret::from(secret).to_base32()
}

/// The step whose code this is: the present one, the one before or the one after, since clocks differ (RFC 6238, 5.2).
#[must_use]
pub fn step_of(secret: &str, code: &str, now: DateTime<Utc>) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let now = u64::try_from(now.timestamp()).ok()?;
    let step = totp(secret, "", "")?.check(&code, now)?;
    i64::try_from(step).ok()
}

/// The `otpauth:` address that an authenticator reads as a QR code.
#[must_use]
pub fn address(secret: &str, email: &str, city: &str) -> Option<String> {
    totp(secret, email, &format!("Justice for Neighbors {city}"))?.to_url().ok()
}

fn totp(secret: &str, email: &str, issuer: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret).ok()?;
    let (email, issuer) = (email.replace(':', " "), issuer.replace(':', " "));
    Builder::new()
        .with_secret(secret)
        .with_skew(1)
        .with_account_name(email)
        .with_issuer(Some(issuer))
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    // The secret of RFC 6238, appendix B: the ASCII digits `12345678901234567890`.
    const RFC: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn the_codes_are_those_of_the_standard() {
        assert_eq!(written(*b"12345678901234567890"), RFC);
        // Appendix B tells eight digits; six are their end.
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            let at = DateTime::from_timestamp(seconds, 0).expect("a moment");
            assert_eq!(step_of(RFC, code, at), Some(seconds / 30), "{code}");
        }
    }

    #[test]
    fn a_code_is_good_for_a_step_before_and_after_and_no_longer() {
        let at = DateTime::from_timestamp(1_111_111_109, 0).expect("a moment");
        let step = Some(1_111_111_109 / 30);
        for (seconds, expected) in [(-60, None), (-30, step), (0, step), (30, step), (60, None)] {
            assert_eq!(step_of(RFC, "081 804", at + TimeDelta::seconds(seconds)), expected, "{seconds}");
        }
        for wrong in ["", "81804", "0818040", "081805", "０８１８０４", "abcdef"] {
            assert_eq!(step_of(RFC, wrong, at), None, "{wrong}");
        }
    }

    #[test]
    fn an_authenticator_is_told_whose_code_it_is() {
        let told = address(RFC, "sam@city.example", "Sacramento").expect("an address");
        assert!(
            told.starts_with("otpauth://totp/Justice%20for%20Neighbors%20Sacramento:sam%40city.example?"),
            "{told}"
        );
        assert!(told.contains(&format!("secret={RFC}")), "{told}");
    }
}
