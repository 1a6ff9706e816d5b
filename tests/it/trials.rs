//! What must hold under attack and failure, in the short form; `make soak` has the long one and judges times.

use std::time::Duration;

use tests::{
    Store,
    trials::{crowd, database_away, editors, full, kills, slow, slow::Kind},
};

const KILLS: kills::Scale = kills::Scale { kills: 3, writers: 3, between: 8 };
const EDITORS: editors::Scale = editors::Scale { people: 12, versions: 4 };
const CROWD: crowd::Scale = crowd::Scale { clients: 50, time: Duration::ZERO, times: 10 };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_kills_and_nothing_stays_by_half_on_sqlite() {
    println!("{}", kills::play(Store::Sqlite, &KILLS).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_kills_and_nothing_stays_by_half_on_postgres() {
    println!("{}", kills::play(Store::Postgres, &KILLS).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_goes_away_and_comes_back_loses_nothing_and_shows_nothing() {
    let scale = database_away::Scale { times: 2, writers: 3, subscribers: 4, between: 8 };
    println!("{}", database_away::play(&scale).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_sqlite_refuses_writes_by_name_and_goes_on_when_there_is_room() {
    println!("{}", full::play(&full::Scale { times: 2, room: 40 }).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_is_served_without_an_error_on_sqlite() {
    println!("{}", crowd::play(Store::Sqlite, &CROWD).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_is_served_without_an_error_on_postgres() {
    println!("{}", crowd::play(Store::Postgres, &CROWD).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_edit_one_version_of_a_case_one_wins_on_sqlite() {
    println!("{}", editors::play(Store::Sqlite, &EDITORS).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_edit_one_version_of_a_case_one_wins_on_postgres() {
    println!("{}", editors::play(Store::Postgres, &EDITORS).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_served_while_slow_clients_take_all_the_room() {
    let kinds = &[Kind::Silent, Kind::HalfOpen, Kind::DripsHead];
    let scale = slow::Scale { of_each: 20, kinds, others: 3, times: 10, room: 30 };
    println!("{}", slow::play(&scale).await);
}
