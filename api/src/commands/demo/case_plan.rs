//! What becomes of an invented case, and on which days: a plan drawn from the seed.

use chrono::{DateTime, TimeDelta, Utc};
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

/// One thing that somebody of the team does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Open,
    Assign,
    Assess,
    Note(usize),
    PrivilegedNote,
    Inspect,
    AskForCompliance,
    ServeNotice,
    SetDeadline {
        days: i64,
    },
    MeetDeadline,
    Cite,
    Refer,
    Authorize,
    Prepare,
    Litigate,
    File,
    Serve,
    /// A hearing so many days from then.
    SetHearing {
        days: i64,
    },
    Hear,
    Order,
    FindCorrected,
    Monitor,
    CloseAsComplied,
    CloseEarly,
    FinishAction,
}

/// How far a case goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    Waiting,
    EndsEarly,
    Assessed,
    Voluntary,
    Complied,
    Noticed,
    Cited,
    Referred,
    InCourt,
    Ordered,
    Won,
}

const COURSES: [(Course, u32); 11] = [
    (Course::Waiting, 14),
    (Course::EndsEarly, 10),
    (Course::Assessed, 16),
    (Course::Voluntary, 10),
    (Course::Complied, 10),
    (Course::Noticed, 12),
    (Course::Cited, 8),
    (Course::Referred, 5),
    (Course::InCourt, 9),
    (Course::Ordered, 4),
    (Course::Won, 2),
];

impl Course {
    pub fn draw(dice: &mut StdRng) -> Self {
        COURSES.choose_weighted(dice, |(_, weight)| *weight).map_or(Self::Waiting, |(course, _)| *course)
    }

    /// Days since the opening: cases that went far began long ago.
    pub fn age(self, dice: &mut StdRng) -> i64 {
        match self {
            Self::Waiting => dice.random_range(0..6),
            Self::EndsEarly => dice.random_range(10..120),
            Self::Assessed => dice.random_range(4..70),
            Self::Voluntary => dice.random_range(10..60),
            Self::Complied => dice.random_range(45..140),
            Self::Noticed => dice.random_range(8..60),
            Self::Cited => dice.random_range(32..90),
            Self::Referred => dice.random_range(14..40),
            Self::InCourt => dice.random_range(50..120),
            Self::Ordered | Self::Won => dice.random_range(110..155),
        }
    }

    // The steps, each with the days since the one before.
    fn steps(self, dice: &mut StdRng) -> Vec<(i64, Step)> {
        use Step as S;
        let mut steps = vec![(0, S::Open), (0, S::Assign)];
        if self == Self::Waiting {
            return steps;
        }
        steps.extend([(dice.random_range(1..3), S::Assess), (0, S::Note(dice.random_range(0..8)))]);
        if self == Self::EndsEarly {
            steps.push((dice.random_range(2..6), S::CloseEarly));
            return steps;
        }
        steps.extend([(dice.random_range(1..4), S::Inspect), (1, S::Note(dice.random_range(0..8)))]);
        if matches!(self, Self::Assessed) {
            return steps;
        }
        if matches!(self, Self::Voluntary | Self::Complied) {
            steps.extend([(1, S::AskForCompliance), (0, S::SetDeadline { days: 21 })]);
            if self == Self::Complied {
                steps.extend([(20, S::FindCorrected), (0, S::MeetDeadline), (1, S::Monitor)]);
                steps.extend([(14, S::Note(7)), (1, S::CloseAsComplied)]);
            }
            return steps;
        }
        steps.extend([(1, S::ServeNotice), (0, S::SetDeadline { days: 14 })]);
        match self {
            Self::Noticed => {}
            Self::Cited => {
                steps.extend([(17, S::Note(3)), (0, S::MeetDeadline), (1, S::Cite), (9, S::Note(4))])
            }
            _ => self.to_court(dice, &mut steps),
        }
        steps
    }

    fn to_court(self, dice: &mut StdRng, steps: &mut Vec<(i64, Step)>) {
        use Step as S;
        steps.extend([(5, S::MeetDeadline), (0, S::Refer), (0, S::PrivilegedNote)]);
        if self == Self::Referred {
            return;
        }
        steps.extend([(3, S::Authorize), (0, S::Litigate), (2, S::Prepare), (8, S::File), (4, S::Serve)]);
        steps.push((0, S::SetDeadline { days: 30 }));
        if self == Self::InCourt {
            // Around today, whenever that is: some are heard already, most are still to come.
            let days = dice.random_range(15..75);
            steps.extend([(2, S::SetHearing { days }), (days + 4, S::Hear)]);
            return;
        }
        steps.extend([(2, S::SetHearing { days: 20 }), (24, S::Hear), (3, S::Order), (0, S::MeetDeadline)]);
        if self == Self::Won {
            steps.extend([
                (20, S::FindCorrected),
                (1, S::Monitor),
                (2, S::FinishAction),
                (1, S::CloseAsComplied),
            ]);
        } else {
            steps.extend([(5, S::SetHearing { days: 60 }), (64, S::Hear)]);
        }
    }
}

/// The steps of a course with their times, those that are still to come left out.
pub fn plan(
    course: Course,
    opened: DateTime<Utc>,
    now: DateTime<Utc>,
    dice: &mut StdRng,
) -> Vec<(DateTime<Utc>, Step)> {
    let mut at = opened;
    let mut planned = Vec::new();
    for (days, step) in course.steps(dice) {
        at += TimeDelta::days(days) + TimeDelta::minutes(dice.random_range(5..50));
        if at >= now {
            break;
        }
        planned.push((at, step));
    }
    planned
}
