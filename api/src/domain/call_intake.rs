//! What a call that comes in means: its category by its types, and why it can count towards no place.

use entity::{
    call::{AddressPrecision, CallCategory},
    flag_call::ExclusionReason,
};

use super::call_behavior::{CallBehavior, behavior, stricter};

/// The category of a call by those of its initial and its final type, where the source told them.
///
/// A call without a final type is unmapped: what it became is not known, so it does not count.
#[must_use]
pub fn category(initial: Option<CallCategory>, last: Option<CallCategory>) -> CallCategory {
    let last = last.unwrap_or(CallCategory::Unmapped);
    initial.map_or(last, |initial| stricter(initial, last))
}

/// The first reason for which no rule could count such a call whatever the rule says; none when a rule may.
///
/// Officer-initiated calls are left out unless a rule says otherwise.
#[must_use]
pub fn left_out(
    category: CallCategory,
    disposition_excludes: bool,
    officer_initiated: bool,
    precision: AddressPrecision,
    exact: bool,
) -> Option<LeftOut> {
    use ExclusionReason as R;
    match behavior(category) {
        CallBehavior::Protected => return Some(LeftOut::For(R::Protected)),
        _ if category == CallCategory::Unmapped => return Some(LeftOut::For(R::Unmapped)),
        CallBehavior::Context | CallBehavior::Never => return Some(LeftOut::For(R::NotQualifying)),
        CallBehavior::Qualifying => {}
    }
    if disposition_excludes {
        Some(LeftOut::For(R::Disposition))
    } else if officer_initiated {
        Some(LeftOut::For(R::OfficerInitiated))
    } else if exact {
        None
    } else {
        Some(LeftOut::Inexact(precision))
    }
}

/// Why a call can count towards no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    For(ExclusionReason),
    /// Its address does not name one place; only how exact it is.
    Inexact(AddressPrecision),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_whose_final_type_is_not_told_is_unmapped_or_stricter() {
        use CallCategory::{Domestic, Noise, Unmapped};
        assert_eq!(category(Some(Noise), None), Unmapped);
        assert_eq!(category(Some(Domestic), None), Domestic);
        assert_eq!(category(None, None), Unmapped);
        assert_eq!(category(None, Some(Noise)), Noise);
    }

    #[test]
    fn of_a_protected_call_nothing_but_that_is_told() {
        let told = left_out(CallCategory::Medical, true, true, AddressPrecision::Block, false);
        assert_eq!(told, Some(LeftOut::For(ExclusionReason::Protected)));
    }

    #[test]
    fn a_qualifying_call_at_one_place_may_count() {
        let at = |exact| left_out(CallCategory::Noise, false, false, AddressPrecision::Address, exact);
        assert_eq!(at(true), None);
        assert_eq!(at(false), Some(LeftOut::Inexact(AddressPrecision::Address)));
    }
}
