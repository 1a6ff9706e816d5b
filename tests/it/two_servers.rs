//! Two server processes on one PostgreSQL: one dies or sleeps in the middle of a run, and the other takes over.

use tests::trials::paused::{Scale, play, play_killed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_in_the_middle_of_a_run_loses_no_call_and_doubles_none() {
    println!("{}", play_killed(&Scale { times: 1 }).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_sleeps_through_its_lease_writes_nothing_when_it_wakes() {
    println!("{}", play(&Scale { times: 1 }).await);
}
