//! Flags: raised and withdrawn as calls change, reviewed by a sergeant, and turned into cases.

mod evaluate;
mod known;
mod open_case;
mod review;
mod stale;
mod stored;

pub use self::{
    evaluate::evaluate,
    open_case::{Opening, open_case},
    review::{CallDecision, Decision, Review, review},
    stale::mark_stale,
};
