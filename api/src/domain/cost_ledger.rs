//! The cost ledger: what an entry is worth, and what all of them add up to. Whole cents, never fractions.

use chrono::NaiveDate;
use entity::cost_entry::CostKind;

use super::{
    money::dollars,
    refusal::{Code, Refusal},
};

/// The most that one entry is worth, in cents: a hundred million dollars.
pub const MOST_CENTS: i64 = 10_000_000_000;
/// Minutes of staff time in one entry at most: a year of them.
const MOST_MINUTES: i32 = 366 * 24 * 60;

/// What a list of entries adds up to, in cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Costs and fines.
    pub assessed: i64,
    /// Payments; positive.
    pub collected: i64,
    /// Waivers; positive.
    pub waived: i64,
}

impl Balance {
    /// The balance of entries, or of their sums by kind; the amounts are what each adds to what is owed.
    pub fn of(entries: impl IntoIterator<Item = (CostKind, i64)>) -> Self {
        entries.into_iter().fold(Self::default(), |mut balance, (kind, cents)| {
            match kind {
                CostKind::Payment => balance.collected -= cents,
                CostKind::Waiver => balance.waived -= cents,
                _ => balance.assessed += cents,
            }
            balance
        })
    }

    /// What is still owed; below zero when more was paid than was asked.
    #[must_use]
    pub fn outstanding(self) -> i64 {
        self.assessed - self.collected - self.waived
    }
}

/// A sum that the city asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<I> {
    /// By what, where it matters whether it is paid.
    pub of: Option<I>,
    /// Since when.
    pub on: NaiveDate,
    pub cents: i64,
}

/// What asked for the claims that are paid in full by so many cents, the earliest claim first.
pub fn covered<I>(mut claims: Vec<Claim<I>>, mut cents: i64) -> Vec<I> {
    claims.sort_by_key(|claim| claim.on);
    let mut found = Vec::new();
    for claim in claims {
        cents -= claim.cents;
        if cents < 0 {
            break;
        }
        found.extend(claim.of);
    }
    found
}

/// Whether it is a cost that a cost statement asks for. A fine is asked for by its citation or order.
#[must_use]
pub fn is_billed_by_statement(kind: CostKind) -> bool {
    match kind {
        CostKind::StaffHours
        | CostKind::Abatement
        | CostKind::Response
        | CostKind::FilingFee
        | CostKind::TrebleCosts => true,
        CostKind::Fine | CostKind::Payment | CostKind::Waiver => false,
    }
}

/// What is said about how much a cost or fine was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    pub amount_cents: Option<i64>,
    pub minutes: Option<i32>,
    pub hourly_rate_cents: Option<i64>,
}

/// What a cost or fine adds to what is owed, in cents: staff time by its rate, rounded to the nearest cent, half a cent up;
/// anything else as stated.
pub fn charge(kind: CostKind, stated: Stated) -> Result<i64, Refusal> {
    match kind {
        CostKind::StaffHours => staff_time(stated),
        CostKind::Payment => Err(elsewhere("`paymentRecord` records what came in.")),
        CostKind::Waiver => Err(elsewhere("`costWaive` records what is no longer asked for.")),
        CostKind::TrebleCosts => Err(elsewhere("`trebleCostsRecord` computes and records them.")),
        _ if stated.minutes.is_some() || stated.hourly_rate_cents.is_some() => {
            let message = "Only STAFF_HOURS are counted in minutes by an hourly rate; state the amount.";
            Err(Refusal::invalid("minutes", message))
        }
        _ => {
            let missing = || Refusal::required("amount", "Please say how much it was.");
            within_bounds("amount", stated.amount_cents.ok_or_else(missing)?)
        }
    }
}

fn elsewhere(message: &str) -> Refusal {
    Refusal::invalid("kind", message)
}

fn staff_time(stated: Stated) -> Result<i64, Refusal> {
    if stated.amount_cents.is_some() {
        let message = "The amount of STAFF_HOURS is computed from `minutes` and `hourlyRate`; leave it out.";
        return Err(Refusal::invalid("amount", message));
    }
    let missing = |field| Refusal::required(field, "STAFF_HOURS need `minutes` and `hourlyRate`.");
    let minutes = stated.minutes.ok_or_else(|| missing("minutes"))?;
    let rate = within_bounds("hourlyRate", stated.hourly_rate_cents.ok_or_else(|| missing("hourlyRate"))?)?;
    if !(1..=MOST_MINUTES).contains(&minutes) {
        let message = format!("`minutes` is {minutes}; it must be from 1 to {MOST_MINUTES}.");
        return Err(Refusal::invalid("minutes", message));
    }
    within_bounds("minutes", (i64::from(minutes) * rate + 30) / 60)
}

/// The amount, if an entry can be of that much.
pub fn within_bounds(field: &'static str, cents: i64) -> Result<i64, Refusal> {
    if (1..=MOST_CENTS).contains(&cents) {
        return Ok(cents);
    }
    let message =
        format!("{} cannot be recorded; it must be from $0.01 to {}.", dollars(cents), dollars(MOST_CENTS));
    Err(Refusal::invalid(field, message))
}

/// Why so much cannot be waived, if it cannot.
#[must_use]
pub fn blocks_waiver(cents: i64, balance: Balance) -> Option<Refusal> {
    let outstanding = balance.outstanding();
    (cents > outstanding).then(|| {
        let message =
            format!("Only {} is owed in this case, so no more can be waived.", dollars(outstanding.max(0)));
        Refusal::invalid("amount", message)
    })
}

/// An entry that somebody wants taken back.
#[derive(Clone, Copy, Debug)]
pub struct Reversing {
    pub occurred_on: NaiveDate,
    pub is_reversal: bool,
    pub is_reversed: bool,
}

/// The day from which an entry no longer counts: its own, as if it had never been, or a later one that is stated.
pub fn reversed_on(
    entry: Reversing,
    stated: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<NaiveDate, Refusal> {
    if entry.is_reversal {
        let message = "This entry takes another one back; record the cost or payment anew instead.";
        return Err(Refusal::blocked(message).at("entryId"));
    }
    if entry.is_reversed {
        return Err(Refusal::new(Code::NotUnique, "This entry was taken back already.").at("entryId"));
    }
    match stated {
        Some(day) if day < entry.occurred_on || day > today => {
            let message =
                format!("{day} is not between the entry's own day, {}, and today.", entry.occurred_on);
            Err(Refusal::invalid("on", message))
        }
        day => Ok(day.unwrap_or(entry.occurred_on)),
    }
}

/// Why that statement does not ask for these costs, if their sum is not what it asks for.
#[must_use]
pub fn blocks_billing(asked_cents: Option<i64>, costs_cents: i64) -> Option<Refusal> {
    let asked = asked_cents.unwrap_or_default();
    (asked != costs_cents).then(|| {
        let message = format!(
            "The statement asks for {}, and these costs are {}; name exactly the costs that it asks for.",
            dollars(asked),
            dollars(costs_cents)
        );
        Refusal::invalid("entryIds", message)
    })
}

/// What is owed on that day, in one sentence.
#[must_use]
pub fn payoff_in_words(balance: Balance, on: NaiveDate) -> String {
    let outstanding = balance.outstanding();
    let owed = match outstanding {
        0 => "nothing is owed".to_owned(),
        1.. => format!("{} is owed", dollars(outstanding)),
        _ => format!("nothing is owed, and {} was paid too much", dollars(-outstanding)),
    };
    format!(
        "As of {}, {owed}: {} was assessed, {} was paid and {} was waived. Entries dated after that day are not counted.",
        on.format("%A %-d %B %Y"),
        dollars(balance.assessed),
        dollars(balance.collected),
        dollars(balance.waived)
    )
}

#[cfg(test)]
#[path = "cost_ledger_tests.rs"]
mod tests;
