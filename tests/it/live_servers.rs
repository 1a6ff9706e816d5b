//! Live changes from several servers on one PostgreSQL, while one of them is killed and another one joins.

use tests::trials::live::{Scale, play};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_subscriber_of_three_servers_hears_exactly_what_is_in_the_table() {
    println!("{}", play(&Scale { subscribers: 60, writes_a_second: 50, seconds: 10 }).await);
}
