//! Flags: raised and withdrawn as calls change, reviewed by a sergeant, and turned into cases.

mod challenges;
mod evaluate;
mod evidence;
mod history;
mod known;
mod open_case;
mod review;
mod stale;
mod stored;

pub use self::{
    challenges::{Challenge, Deciding, Verdict, challenge, decide},
    evaluate::evaluate,
    open_case::{Opening, open_case},
    review::{CallDecision, Decision, Review, review},
    stale::{mark_stale, mark_stale_if_due},
};
