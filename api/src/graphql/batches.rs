//! When loads start: once no resolver of the request can go on, so that each relation is one statement on any machine.
//!
//! The library would start them after a millisecond, by when a busy machine has asked for only part of a list.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::{
    future::{BoxFuture, poll_fn},
    stream::{FuturesUnordered, StreamExt},
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

type Load = BoxFuture<'static, ()>;

/// Where the loaders of one request put what they are asked to load.
pub fn queue() -> (UnboundedSender<Load>, UnboundedReceiver<Load>) {
    unbounded_channel()
}

/// Runs a request and the loads that it queues.
pub async fn run<T>(request: impl Future<Output = T>, mut queued: UnboundedReceiver<Load>) -> T {
    let mut request = pin!(request);
    let mut loads = FuturesUnordered::new();
    poll_fn(move |cx| {
        let noted = Arc::new(Noted { woken: AtomicBool::new(false), waker: cx.waker().clone() });
        let waker = Waker::from(noted.clone());
        if let Poll::Ready(answer) = request.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Poll::Ready(answer);
        }
        // Whoever woke itself only paused; its loads wait for the rest of its list.
        if !noted.woken.load(Ordering::SeqCst) {
            while let Ok(load) = queued.try_recv() {
                loads.push(load);
            }
        }
        while let Poll::Ready(Some(())) = loads.poll_next_unpin(cx) {}
        Poll::Pending
    })
    .await
}

/// A waker that remembers.
struct Noted {
    woken: AtomicBool,
    waker: Waker,
}

impl Wake for Noted {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.waker.wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, sync::atomic::AtomicUsize, time::Duration};

    use async_graphql::dataloader::{DataLoader, Loader};
    use futures_util::future::{join_all, try_join_all};

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
    async fn a_slow_walk_over_nested_lists_is_one_load_for_each_level() {
        let loads = Arc::new(AtomicUsize::new(0));
        let (sender, queued) = queue();
        let loader =
            DataLoader::new(Doubling(loads.clone()), move |load| sender.send(load)).delay(Duration::ZERO);
        let loader = &loader;
        // Lists of this length pause in between, and each item is slower than the library's own delay.
        let item = async |number: u32| {
            std::thread::sleep(Duration::from_micros(100));
            let double = loader.load_one(number).await?.unwrap_or_default();
            loader.load_one(double + 100_000).await
        };
        let list = async |list: u32| try_join_all((0..40).map(|number| item(list * 40 + number))).await;
        let answers = run(join_all((0..40).map(list)), queued).await;
        let first = answers.into_iter().next().unwrap().unwrap();
        assert_eq!(first[3], Some(200_012));
        // A load takes at most 1000 keys.
        assert_eq!(loads.load(Ordering::SeqCst), 4);
    }
}
