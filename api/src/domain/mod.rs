//! The rules of the field: pure functions over plain values, without a database, a clock or async.

pub mod address;
pub mod call_behavior;
pub mod call_intake;
pub mod case_stage;
pub mod deadline;
pub mod district;
pub mod feed_health;
pub mod hearing;
pub mod inspection;
pub mod legal_step;
pub mod notice;
pub mod offense;
pub mod refusal;
pub mod remedy;
pub mod repeated_rows;
pub mod team_seat;
