//! Telling runs to stop at their next batch.

use tokio::sync::watch;

/// Tells every `Stop` made with it to stop; to be dropped without a word tells nothing.
pub struct Stopper(watch::Sender<bool>);

impl Stopper {
    /// Tells it.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

/// Whether one was told to stop.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

/// One was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told;

impl Stop {
    /// Both ends.
    #[must_use]
    pub fn new() -> (Stopper, Self) {
        let (sender, receiver) = watch::channel(false);
        (Stopper(sender), Self(receiver))
    }

    /// Nobody will ever tell.
    #[must_use]
    pub fn never() -> Self {
        Self::new().1
    }

    #[must_use]
    pub fn is_told(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until one is told.
    pub async fn told(&mut self) {
        if self.0.wait_for(|told| *told).await.is_err() {
            // Nobody is left who could tell.
            std::future::pending::<()>().await;
        }
    }

    /// Waits for `work`, unless told first; `work` is then given up.
    pub async fn unless_told<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Told> {
        tokio::select! {
            biased;
            () = self.told() => Err(Told),
            done = work => Ok(done),
        }
    }
}
