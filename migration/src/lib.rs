//! The database's migrations: forward only, tables named by string, the same on SQLite and PostgreSQL.

mod m0001_city;
mod m0002_places;
mod m0003_cases;
mod m0004_calls;
mod m0005_legal_actions;
mod m0006_feed_runs;
mod m0007_call_roll_up;
mod m0008_fair_rules;
mod m0009_feed_addresses;
mod m0010_call_changes;
mod m0011_costs;
mod m0012_evidence;
mod m0013_orders;
mod m0014_referrals;
mod m0015_letters;
mod m0016_calendar;
mod m0017_fines;
mod m0018_served_papers;
mod m0019_existing_cases;
mod m0020_response_targets;
mod m0021_open_deadlines;
mod m0022_sign_in;
mod m0023_audit;
mod m0024_litigation_holds;
mod m0026_late_deadlines;
mod m0027_servers;
mod m0028_call_months;
mod m0029_fewer_indexes;
mod schema;

use sea_orm_migration::prelude::*;
pub use sea_orm_migration::{MigrationStatus, MigratorTrait};

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_city::Migration),
            Box::new(m0002_places::Migration),
            Box::new(m0003_cases::Migration),
            Box::new(m0004_calls::Migration),
            Box::new(m0005_legal_actions::Migration),
            Box::new(m0006_feed_runs::Migration),
            Box::new(m0007_call_roll_up::Migration),
            Box::new(m0008_fair_rules::Migration),
            Box::new(m0009_feed_addresses::Migration),
            Box::new(m0010_call_changes::Migration),
            Box::new(m0011_costs::Migration),
            Box::new(m0012_evidence::Migration),
            Box::new(m0013_orders::Migration),
            Box::new(m0014_referrals::Migration),
            Box::new(m0015_letters::Migration),
            Box::new(m0016_calendar::Migration),
            Box::new(m0017_fines::Migration),
            Box::new(m0018_served_papers::Migration),
            Box::new(m0019_existing_cases::Migration),
            Box::new(m0020_response_targets::Migration),
            Box::new(m0021_open_deadlines::Migration),
            Box::new(m0022_sign_in::Migration),
            Box::new(m0023_audit::Migration),
            Box::new(m0024_litigation_holds::Migration),
            Box::new(m0026_late_deadlines::Migration),
            Box::new(m0027_servers::Migration),
            Box::new(m0028_call_months::Migration),
            Box::new(m0029_fewer_indexes::Migration),
        ]
    }
}
