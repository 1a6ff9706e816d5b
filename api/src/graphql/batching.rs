//! Runs a request and its loaders in one task, so that batches do not depend on how fast the machine is.
//!
//! The library starts a batch some time after the first key was asked for; what is asked for later becomes another
//! statement. Here a batch starts when every resolver that can run has run, which is always the same.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use async_graphql::dataloader::DataLoader;
use futures_util::{
    future::BoxFuture,
    stream::{FuturesUnordered, StreamExt},
    task::AtomicWaker,
};

use super::loaders::Loaders;

/// The batches that loaders have started and that the request's own task will run.
pub struct Batches(Receiver<BoxFuture<'static, ()>>);

/// How loaders of one request start their batches.
pub struct Batching(Sender<BoxFuture<'static, ()>>);

/// How a request's loaders start their batches, and where those go.
pub fn batching() -> (Batching, Batches) {
    let (start, batches) = channel();
    (Batching(start), Batches(batches))
}

impl Batching {
    /// Loaders whose batches the request runs itself.
    pub fn loader(&self, loaders: Loaders) -> DataLoader<Loaders> {
        let start = self.0.clone();
        // When the request has ended, nobody waits for a batch any more.
        let spawn = move |batch| drop(start.send(batch));
        DataLoader::new(loaders, spawn).delay(Duration::ZERO)
    }
}

impl Batches {
    /// Runs `request` to its end, and the batches in between.
    pub async fn run<T>(self, request: impl Future<Output = T>) -> T {
        let mut request = pin!(request);
        let mut running = FuturesUnordered::new();
        let alarm = Arc::new(Alarm { rung: AtomicBool::new(true), task: AtomicWaker::new() });
        let waker = Waker::from(alarm.clone());
        poll_fn(move |cx| {
            alarm.task.register(cx.waker());
            loop {
                // Long lists yield in the middle and ring at once; until that stops, not every resolver has run.
                while alarm.rung.swap(false, Ordering::AcqRel) {
                    if let Poll::Ready(value) = request.as_mut().poll(&mut Context::from_waker(&waker)) {
                        return Poll::Ready(value);
                    }
                }
                running.extend(self.0.try_iter());
                while let Poll::Ready(Some(())) = running.poll_next_unpin(cx) {}
                if !alarm.rung.load(Ordering::Acquire) {
                    return Poll::Pending;
                }
            }
        })
        .await
    }
}

/// Remembers that the request can go on, and wakes its task.
struct Alarm {
    rung: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.task.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, sync::atomic::AtomicUsize};

    use async_graphql::dataloader::Loader;
    use futures_util::future::try_join_all;

    use super::*;

    struct Doubling(Arc<AtomicUsize>);

    impl Loader<u32> for Doubling {
        type Value = u32;
        type Error = ();
        async fn load(&self, keys: &[u32]) -> Result<HashMap<u32, u32>, ()> {
            self.0.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(2)).await;
            Ok(keys.iter().map(|key| (*key, key * 2)).collect())
        }
    }

    #[tokio::test]
    async fn lists_within_lists_are_one_load_for_each_level() {
        let loads = Arc::new(AtomicUsize::new(0));
        let (start, batches) = channel();
        let loader = DataLoader::new(Doubling(loads.clone()), move |batch| drop(start.send(batch)));
        let loader = &loader.delay(Duration::ZERO);
        // Joins of more than thirty pause after each round, and what holds two that paused pauses as well.
        let twice = async |number: u32| {
            let double = loader.load_one(number).await?.unwrap_or_default();
            loader.load_one(double + 100_000).await
        };
        let list = async |list: u32| try_join_all((0..31).map(|number| twice(list * 31 + number))).await;
        let answers = Batches(batches).run(try_join_all((0..31).map(list))).await.unwrap();
        assert_eq!(answers[1][3], Some((34 * 2 + 100_000) * 2));
        assert_eq!(loads.load(Ordering::SeqCst), 2);
    }
}
