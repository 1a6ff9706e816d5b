//! Sums of calls that may be shown: what can be said of a place's calls without telling of a single protected one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use entity::{call::CallCategory, flag_call::ExclusionReason};

/// Calls that share a day, a category and why they are not counted. Protected ones share only that they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub day: Option<NaiveDate>,
    pub category: Option<CallCategory>,
    pub reason: Option<ExclusionReason>,
    pub calls: i64,
}

/// Calls of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCount {
    pub day: NaiveDate,
    pub qualifying: i32,
    pub total: i32,
}

/// What a place's calls add up to in a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallVolume {
    /// What the sources list now, protected calls left out.
    pub total: i32,
    pub qualifying: i32,
    /// Days with a qualifying call.
    pub distinct_days: i32,
    pub protected: Option<i32>,
    /// By reason, in the order of the vocabulary; PROTECTED only where its sum may be shown.
    pub excluded: Vec<(ExclusionReason, i32)>,
    /// What `total` is made of, most first.
    pub by_category: Vec<(CallCategory, i32)>,
    /// What `total` is made of, by day; days without a call are left out.
    pub daily: Vec<DayCount>,
}

/// Adds groups up. `protected` is what `protected_sum` lets show of the window's protected calls.
#[must_use]
pub fn add_up(groups: &[Group], protected: Option<i32>) -> CallVolume {
    let mut excluded: BTreeMap<ExclusionReason, i64> = BTreeMap::new();
    let mut by_category: BTreeMap<CallCategory, i64> = BTreeMap::new();
    let mut daily: BTreeMap<NaiveDate, (i64, i64)> = BTreeMap::new();
    for group in groups {
        if let Some(reason) = group.reason {
            *excluded.entry(reason).or_default() += group.calls;
        }
        let (Some(day), Some(category)) = (group.day, group.category) else { continue };
        // The source no longer lists a withdrawn call, so it is in no total.
        if matches!(group.reason, Some(ExclusionReason::Protected | ExclusionReason::WithdrawnBySource)) {
            continue;
        }
        *by_category.entry(category).or_default() += group.calls;
        let (qualifying, total) = daily.entry(day).or_default();
        *total += group.calls;
        if group.reason.is_none() {
            *qualifying += group.calls;
        }
    }
    excluded.remove(&ExclusionReason::Protected);
    let mut by_category: Vec<_> =
        by_category.into_iter().map(|(category, calls)| (category, whole(calls))).collect();
    by_category.sort_by_key(|(category, calls)| (std::cmp::Reverse(*calls), *category));
    CallVolume {
        total: whole(daily.values().map(|(_, total)| total).sum()),
        qualifying: whole(daily.values().map(|(qualifying, _)| qualifying).sum()),
        distinct_days: count(daily.values().filter(|(qualifying, _)| *qualifying > 0).count()),
        protected,
        excluded: by_reason(excluded, protected),
        by_category,
        daily: daily
            .into_iter()
            .map(|(day, (qualifying, total))| DayCount {
                day,
                qualifying: whole(qualifying),
                total: whole(total),
            })
            .collect(),
    }
}

/// The calls left out of a flag, by reason; `protected` is what `protected_sum` lets show.
#[must_use]
pub fn left_out(
    reasons: impl IntoIterator<Item = ExclusionReason>,
    protected: Option<i32>,
) -> Vec<(ExclusionReason, i32)> {
    let mut excluded: BTreeMap<ExclusionReason, i64> = BTreeMap::new();
    for reason in reasons {
        *excluded.entry(reason).or_default() += 1;
    }
    excluded.remove(&ExclusionReason::Protected);
    by_reason(excluded, protected)
}

fn by_reason(
    excluded: BTreeMap<ExclusionReason, i64>,
    protected: Option<i32>,
) -> Vec<(ExclusionReason, i32)> {
    let others =
        excluded.into_iter().filter(|(_, calls)| *calls > 0).map(|(reason, calls)| (reason, whole(calls)));
    let found: BTreeSet<_> =
        protected.map(|calls| (ExclusionReason::Protected, calls)).into_iter().chain(others).collect();
    found.into_iter().collect()
}

fn whole(calls: i64) -> i32 {
    i32::try_from(calls).unwrap_or(i32::MAX)
}

fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn group(day_of: &str, category: CallCategory, reason: Option<ExclusionReason>, calls: i64) -> Group {
        Group { day: Some(day(day_of)), category: Some(category), reason, calls }
    }

    fn protected(calls: i64) -> Group {
        Group { day: None, category: None, reason: Some(ExclusionReason::Protected), calls }
    }

    #[test]
    fn nothing_shown_depends_on_protected_calls_that_are_not_shown() {
        let others = [
            group("2026-03-02", CallCategory::Noise, None, 3),
            group("2026-03-02", CallCategory::Alarm, Some(ExclusionReason::NotQualifying), 2),
        ];
        for calls in [1, 4, 5, 1_000] {
            let with = [others.as_slice(), &[protected(calls)]].concat();
            assert_eq!(add_up(&with, None), add_up(&others, None), "{calls}");
        }
    }

    #[test]
    fn a_shown_sum_changes_nothing_else() {
        let others = [group("2026-03-02", CallCategory::Noise, None, 3)];
        let with = add_up(&[others[0].clone(), protected(7)], Some(5));
        assert_eq!(with.protected, Some(5));
        assert_eq!(with.excluded, [(ExclusionReason::Protected, 5)]);
        assert_eq!(CallVolume { protected: None, excluded: Vec::new(), ..with }, add_up(&others, None));
    }

    #[test]
    fn even_a_protected_call_that_came_with_its_day_is_in_no_total() {
        // The database hides day and category; should it ever not, the sum still does.
        let leaky = group("2026-03-02", CallCategory::Domestic, Some(ExclusionReason::Protected), 9);
        let volume = add_up(&[leaky], None);
        assert_eq!((volume.total, volume.daily.len(), volume.by_category.len()), (0, 0, 0));
        assert_eq!(volume.excluded, []);
    }

    #[test]
    fn total_categories_and_days_add_up_to_the_same() {
        use ExclusionReason as E;
        let volume = add_up(
            &[
                group("2026-03-02", CallCategory::Noise, None, 3),
                group("2026-03-02", CallCategory::Noise, Some(E::OfficerInitiated), 1),
                group("2026-03-03", CallCategory::Fight, None, 1),
                group("2026-03-03", CallCategory::Unmapped, Some(E::Unmapped), 5),
                group("2026-03-04", CallCategory::Noise, Some(E::WithdrawnBySource), 2),
                protected(6),
            ],
            Some(5),
        );
        assert_eq!((volume.total, volume.qualifying, volume.distinct_days), (10, 4, 2));
        assert_eq!(volume.by_category.iter().map(|(_, calls)| calls).sum::<i32>(), volume.total);
        assert_eq!(volume.daily.iter().map(|day| day.total).sum::<i32>(), volume.total);
        assert_eq!(volume.by_category[0], (CallCategory::Unmapped, 5));
        assert_eq!(
            volume.excluded,
            [(E::Protected, 5), (E::Unmapped, 5), (E::OfficerInitiated, 1), (E::WithdrawnBySource, 2)]
        );
        let day = DayCount { day: day("2026-03-02"), qualifying: 3, total: 4 };
        assert_eq!(volume.daily[0], day);
        assert_eq!(volume.daily.len(), 2);
    }

    #[test]
    fn a_flag_sums_protected_calls_by_the_same_rule() {
        use ExclusionReason as E;
        let reasons = || [E::SameDay, E::NotQualifying, E::SameDay];
        assert_eq!(left_out(reasons(), None), [(E::NotQualifying, 1), (E::SameDay, 2)]);
        assert_eq!(left_out(reasons(), Some(5)), [(E::Protected, 5), (E::NotQualifying, 1), (E::SameDay, 2)]);
        assert_eq!(left_out([E::Protected], None), []);
    }
}
