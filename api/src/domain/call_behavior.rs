//! What each category of calls may do: be counted by a rule, be shown, or only be part of a sum.

use entity::call::CallCategory;

/// What may be done with a call of some category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CallBehavior {
    /// A rule may count it.
    Qualifying,
    /// Shown, never counted: the place is the victim.
    Context,
    /// Part of totals, never counted.
    Never,
    /// Only ever part of a sum; never counted, never shown singly.
    Protected,
}

/// What may be done with a call of this category.
#[must_use]
pub fn behavior(category: CallCategory) -> CallBehavior {
    use CallCategory as C;
    // No wildcard: who adds a category must decide here whether it may count.
    match category {
        C::Noise
        | C::Disturbance
        | C::Fight
        | C::Drug
        | C::Prostitution
        | C::Gambling
        | C::Liquor
        | C::Weapon
        | C::ShotsFired
        | C::Assault
        | C::Trespass
        | C::Vandalism
        | C::Dumping
        | C::Intoxication => CallBehavior::Qualifying,
        C::Theft | C::Robbery | C::Burglary => CallBehavior::Context,
        C::Hangup | C::Alarm | C::Traffic | C::Assist | C::Administrative | C::Fire | C::Unmapped => {
            CallBehavior::Never
        }
        C::Domestic
        | C::SexCrime
        | C::Stalking
        | C::ChildOrElder
        | C::MissingPerson
        | C::Medical
        | C::MentalHealth
        | C::Welfare
        | C::Death => CallBehavior::Protected,
    }
}

/// The categories that behave so.
pub fn behaving(wanted: CallBehavior) -> impl Iterator<Item = CallCategory> {
    CallCategory::ALL.iter().copied().filter(move |category| behavior(*category) == wanted)
}

/// The category of a call whose type changed: of the initial and the final type the stricter counts,
/// and of two that are equally strict the final one.
#[must_use]
pub fn stricter(initial: CallCategory, last: CallCategory) -> CallCategory {
    if behavior(initial) > behavior(last) { initial } else { last }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_behaves_as_the_design_says() {
        let count =
            |wanted| CallCategory::ALL.iter().filter(|&&category| behavior(category) == wanted).count();
        assert_eq!(count(CallBehavior::Qualifying), 14);
        assert_eq!(count(CallBehavior::Context), 3);
        assert_eq!(count(CallBehavior::Never), 7);
        assert_eq!(count(CallBehavior::Protected), 9);
    }

    #[test]
    fn a_call_that_was_or_became_protected_is_protected() {
        use CallCategory::{Disturbance, Domestic, Theft, Unmapped, Weapon};
        assert_eq!(stricter(Disturbance, Domestic), Domestic);
        assert_eq!(stricter(Domestic, Disturbance), Domestic);
        assert_eq!(stricter(Unmapped, Weapon), Unmapped);
        assert_eq!(stricter(Weapon, Unmapped), Unmapped);
        assert_eq!(stricter(Theft, Weapon), Theft);
    }

    #[test]
    fn of_two_that_are_equally_strict_the_final_one_stands() {
        use CallCategory::{Medical, Noise, Weapon, Welfare};
        assert_eq!(stricter(Noise, Weapon), Weapon);
        assert_eq!(stricter(Medical, Welfare), Welfare);
    }
}
