//! The tables of the database and the words they use, one file per table.
//!
//! An enum's value is the same word here, in the database and in GraphQL. Ids are typed: a case's id
//! cannot be handed in where a property's is wanted.

#[macro_use]
mod words;
pub mod id;
#[macro_use]
pub mod in_order;

pub mod access_token;
pub mod address_alias;
pub mod audit_row;
pub mod calendar_feed;
pub mod call;
pub mod call_challenge;
pub mod call_roll_up;
pub mod call_type_mapping;
pub mod case;
pub mod case_event;
pub mod case_evidence;
pub mod case_evidence_call;
pub mod case_kind;
pub mod case_number;
pub mod case_register;
pub mod citation_appeal;
pub mod citation_fine;
pub mod cost_billing;
pub mod cost_entry;
pub mod court_order;
pub mod custody_entry;
pub mod deadline;
pub mod deadline_computation;
pub mod deadline_extension;
pub mod defendant;
pub mod district;
pub mod evidence;
pub mod evidence_upload;
pub mod feed;
pub mod feed_file;
pub mod feed_run;
pub mod flag;
pub mod flag_call;
pub mod flag_event;
pub mod hearing;
pub mod idempotency_record;
pub mod imported_case;
pub mod inspection;
pub mod last_write;
pub mod lease;
pub mod legal_action;
pub mod legal_action_status_change;
pub mod letter;
pub mod letter_custody;
pub mod litigation_hold;
pub mod notice;
pub mod notice_service;
pub mod notice_violation;
pub mod nuisance_rule;
pub mod openid_account;
pub mod openid_start;
pub mod order_violation;
pub mod party;
pub mod property;
pub mod property_party;
pub mod property_party_decision;
pub mod recovery_code;
pub mod referral;
pub mod rejected_row;
pub mod remedy_confirmation;
pub mod response_pause;
pub mod second_factor;
pub mod session;
pub mod staff;
pub mod team_seat;
pub mod tenant_impact;
pub mod title_recording;
pub mod violation;
