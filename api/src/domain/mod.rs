//! The rules of the field: pure functions over plain values, without a database, a clock or async.

pub mod address;
pub mod call_behavior;
pub mod case_stage;
pub mod district;
pub mod refusal;
pub mod remedy;
pub mod team_seat;
