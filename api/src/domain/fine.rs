//! What an administrative citation costs: a ladder that rises with every offense of the same section by the same party.

use chrono::NaiveDate;
use entity::{id::PartyId, property::UseType};

use super::{
    money::dollars,
    offense::{looks_back_to, same_section},
    refusal::Refusal,
};

/// A table of fines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder {
    pub key: String,
    pub name: String,
    pub citation: String,
    /// How far back earlier citations count.
    pub months: u32,
    /// In cents, for the first, the second … offense; the last for every further one.
    pub amounts: Vec<i64>,
    /// Beginnings of the code sections it is for; none: all that no other ladder is for.
    pub sections: Vec<String>,
    /// Only at such places; none: at all.
    pub use_types: Vec<UseType>,
    /// Only where the citation asks for it, because the law depends on what exactly happened.
    pub on_request: bool,
    /// From this offense on a fine may be reduced for hardship; none: no such process is known.
    pub hardship_from: Option<u32>,
    pub confirm_with_counsel: bool,
    pub note: Option<String>,
}

/// The process by which a fine is reduced for hardship, and the rules that its appeal runs by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fines {
    pub ladders: Vec<Ladder>,
    /// Keys of deadline rules: the time to appeal a citation, and to have the decision reviewed by a court.
    pub appeal_rule: String,
    pub review_rule: String,
    pub hardship_citation: String,
}

impl Fines {
    /// The ladder of that section at such a place; the one that is asked for, or the one whose beginning is longest.
    pub fn ladder(&self, section: &str, place: UseType, asked: Option<&str>) -> Result<&Ladder, Refusal> {
        if let Some(key) = asked {
            return self.asked(key, section, place);
        }
        let fits =
            |ladder: &&Ladder| !ladder.on_request && ladder.fit(section).is_some() && ladder.is_at(place);
        let best = self.ladders.iter().filter(fits).max_by_key(|ladder| ladder.fit(section));
        best.ok_or_else(|| {
            let message = format!("No ladder of fines is for {section}; the preset's fines.toml has none.");
            Refusal::invalid("violationIds", message)
        })
    }

    fn asked(&self, key: &str, section: &str, place: UseType) -> Result<&Ladder, Refusal> {
        let keys = || self.ladders.iter().map(|ladder| ladder.key.as_str()).collect::<Vec<_>>().join(", ");
        let found = self.ladders.iter().find(|ladder| ladder.key == key);
        let ladder = found.ok_or_else(|| {
            Refusal::not_found(&format!("ladder of fines; there are {}", keys())).at("ladderKey")
        })?;
        if ladder.fit(section).is_some() && ladder.is_at(place) {
            return Ok(ladder);
        }
        let message =
            format!("{} ({}) is not for {section} at a place of the use {place}.", ladder.name, ladder.key);
        Err(Refusal::invalid("ladderKey", message))
    }
}

impl Ladder {
    // How much of the section one of the beginnings names; none when it is for others.
    fn fit(&self, section: &str) -> Option<usize> {
        if self.sections.is_empty() {
            return Some(0);
        }
        let section = letters(section);
        let begins = |start: &String| {
            let start = letters(start);
            let rest = section.strip_prefix(&start)?;
            // `SCC 15` is not the beginning of `SCC 150.010`.
            (!rest.starts_with(|c: char| c.is_ascii_digit())).then_some(start.len())
        };
        self.sections.iter().filter_map(begins).max()
    }

    fn is_at(&self, place: UseType) -> bool {
        self.use_types.is_empty() || self.use_types.contains(&place)
    }

    /// What the offense of that number costs, in cents.
    #[must_use]
    pub fn amount(&self, number: u32) -> i64 {
        let step = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
        self.amounts.get(step).or(self.amounts.last()).copied().unwrap_or_default()
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect()
}

/// Somebody whom a citation was served on; nobody in particular, when it was left at the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cited {
    pub party: Option<PartyId>,
    pub name: String,
}

/// That a section was cited before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    pub party: Option<PartyId>,
    pub section: String,
    pub served_on: NaiveDate,
}

/// What a citation asks for one section, and how that was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FineLine {
    pub section: String,
    pub ladder: Ladder,
    pub offense_number: u32,
    pub amount_cents: i64,
    /// In words, in order.
    pub steps: Vec<String>,
}

impl FineLine {
    /// Whether the law knows a reduction of it for hardship.
    #[must_use]
    pub fn may_be_reduced(&self) -> bool {
        self.ladder.hardship_from.is_some_and(|from| self.offense_number >= from)
    }
}

/// The fine for one section. A ladder is each party's own, so where several are cited, the one with the fewest offenses
/// decides: nobody is fined for what another one did.
#[must_use]
pub fn fine(
    ladder: &Ladder,
    section: &str,
    cited: &[Cited],
    earlier: &[Earlier],
    served_on: NaiveDate,
) -> FineLine {
    let since = looks_back_to(served_on, ladder.months);
    let mut steps = vec![format!("{section} falls under {} ({})", ladder.name, ladder.citation)];
    let mut numbers = Vec::new();
    for one in cited {
        let mut days: Vec<NaiveDate> = earlier
            .iter()
            .filter(|before| before.party == one.party && same_section(&before.section, section))
            .map(|before| before.served_on)
            .filter(|day| (since..=served_on).contains(day))
            .collect();
        days.sort_unstable();
        let number = u32::try_from(days.len()).unwrap_or(u32::MAX - 1) + 1;
        let months = ladder.months;
        let counted = if days.is_empty() {
            format!("was not cited for it in the {months} months since {since}")
        } else {
            let days: Vec<String> = days.iter().map(ToString::to_string).collect();
            format!("was cited for it on {}, in the {months} months since {since}", days.join(", "))
        };
        steps.push(format!("{} {counted}: offense {number}", one.name));
        numbers.push(number);
    }
    let offense_number = numbers.iter().copied().min().unwrap_or(1);
    if numbers.iter().any(|number| *number != offense_number) {
        steps.push(format!("several parties are cited; the lowest number, {offense_number}, holds for all"));
    }
    let amount_cents = ladder.amount(offense_number);
    let rungs: Vec<String> = ladder.amounts.iter().map(|cents| dollars(*cents)).collect();
    steps.push(format!(
        "offense {offense_number} on the ladder {}: {}",
        rungs.join(", "),
        dollars(amount_cents)
    ));
    if ladder.confirm_with_counsel {
        let note = ladder.note.as_deref().unwrap_or("the source was not verified");
        steps.push(format!("confirm with counsel: {note}"));
    }
    FineLine { section: section.to_owned(), ladder: ladder.clone(), offense_number, amount_cents, steps }
}

/// The sum that a citation asks for: what the ladders give, or less with a reason.
pub fn asked(lines: &[FineLine], stated: Option<i64>, reason: Option<&str>) -> Result<Option<i64>, Refusal> {
    let computed: i64 = lines.iter().map(|line| line.amount_cents).sum();
    let how =
        || lines.iter().flat_map(|line| line.steps.iter().map(String::as_str)).collect::<Vec<_>>().join("; ");
    match stated {
        Some(_) if lines.is_empty() => {
            let message = "A fine is computed from what is cited; name the violations in `violationIds`.";
            Err(Refusal::required("violationIds", message))
        }
        Some(cents) if cents > computed => {
            let message = format!("The fine is {} at most: {}.", dollars(computed), how());
            Err(Refusal::invalid("amount", message))
        }
        Some(cents) if cents < computed && reason.is_none() => {
            let message = format!(
                "The ladder gives {}: {}. Say in `amountReason` why this citation asks for less.",
                dollars(computed),
                how()
            );
            Err(Refusal::required("amountReason", message))
        }
        _ if reason.is_some() && stated.is_none_or(|cents| cents == computed) => {
            let message =
                "A reason goes with an amount below the ladder's; leave it out, or state the amount.";
            Err(Refusal::invalid("amountReason", message))
        }
        Some(cents) => Ok(Some(cents)),
        None => Ok((!lines.is_empty()).then_some(computed)),
    }
}

/// Why a fine cannot be reduced by so much for hardship, if it cannot. `reducible` is what the law lets be reduced, `owed`
/// what is left of the fine, both in cents.
#[must_use]
pub fn blocks_hardship(reduce_by: i64, reducible: i64, owed: i64, law: &str) -> Option<Refusal> {
    if reducible <= 0 {
        let message = format!(
            "The law knows no hardship reduction of this fine ({law}: from the second violation on); `costWaive` drops what \
             the city no longer asks for."
        );
        return Some(Refusal::blocked(message).at("noticeId"));
    }
    if owed <= 0 {
        return Some(Refusal::blocked("Nothing is left of this fine.").at("noticeId"));
    }
    if reduce_by < 1 || reduce_by > reducible || reduce_by >= owed {
        let message = format!(
            "A reduction is of more than nothing, of {} at most, and leaves something of the {} that are left of the fine; \
             `costWaive` drops what the city no longer asks for.",
            dollars(reducible),
            dollars(owed)
        );
        return Some(Refusal::invalid("reduceBy", message));
    }
    None
}

#[cfg(test)]
#[path = "fine_tests.rs"]
mod tests;
