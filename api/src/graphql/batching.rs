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

/// A request's loaders, and where their batches go.
pub fn batched(loaders: Loaders) -> (DataLoader<Loaders>, Batches) {
    let (start, batches): (Sender<BoxFuture<'static, ()>>, _) = channel();
    // When the request has ended, nobody waits for a batch any more.
    let spawn = move |batch| drop(start.send(batch));
    (DataLoader::new(loaders, spawn).delay(Duration::ZERO), Batches(batches))
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
