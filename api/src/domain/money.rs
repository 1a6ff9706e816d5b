//! Amounts of money as text; everywhere else they are whole cents.

/// An amount as programs write it, such as `2400.50`.
#[must_use]
pub fn decimal(cents: i64) -> String {
    let (sign, cents) = (if cents < 0 { "-" } else { "" }, cents.unsigned_abs());
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

/// An amount as people write it, such as `$2,400.50`.
#[must_use]
pub fn dollars(cents: i64) -> String {
    let (sign, cents) = (if cents < 0 { "-" } else { "" }, cents.unsigned_abs());
    let digits = (cents / 100).to_string();
    let mut whole = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            whole.push(',');
        }
        whole.push(digit);
    }
    format!("{sign}${whole}.{:02}", cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        let written = [0, 5, 100, 99_999, 100_000, 123_456_789, -240_050].map(dollars);
        let expected = ["$0.00", "$0.05", "$1.00", "$999.99", "$1,000.00", "$1,234,567.89", "-$2,400.50"];
        assert_eq!(written, expected);
    }

    #[test]
    fn amounts_read_as_programs_write_them() {
        let written = [0, 5, 99_999, 123_456_789, -5, -240_050].map(decimal);
        assert_eq!(written, ["0.00", "0.05", "999.99", "1234567.89", "-0.05", "-2400.50"]);
    }
}
