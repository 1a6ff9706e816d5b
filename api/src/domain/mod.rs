//! The rules of the field: pure functions over plain values, without a database, a clock or async.

pub mod address;
pub mod call_behavior;
pub mod call_count;
pub mod call_intake;
pub mod call_volume;
pub mod call_window;
pub mod case_stage;
pub mod day_window;
pub mod deadline;
pub mod district;
pub mod feed_health;
pub mod feed_span;
pub mod flag_clearing;
pub mod flag_plan;
pub mod hearing;
pub mod inspection;
pub mod legal_step;
pub mod notice;
pub mod offense;
pub mod refusal;
pub mod remedy;
pub mod repeated_rows;
pub mod rule_scope;
pub mod team_seat;
