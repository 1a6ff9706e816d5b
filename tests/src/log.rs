//! What the servers of all tests log, kept so that a test can look up its own request.

use std::{
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

use tracing_subscriber::{EnvFilter, Layer, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Starts keeping the log as a server writes it; of that, a failing test shows errors, or what `JFN_LOG` asks for.
pub fn keep() {
    let shown = EnvFilter::try_from_env("JFN_LOG").unwrap_or_else(|_| EnvFilter::new("error"));
    let show = tracing_subscriber::fmt::layer().with_ansi(false).with_test_writer().with_filter(shown);
    let kept = EnvFilter::new("info,sqlx=warn");
    let keep = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Keeper).with_filter(kept);
    let _ = tracing_subscriber::registry().with(show).with(keep).try_init();
}

/// The lines that name `what`.
#[must_use]
pub fn lines_with(what: &str) -> Vec<String> {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(&lines);
    text.lines().filter(|line| line.contains(what)).map(str::to_owned).collect()
}

struct Keeper;

impl Write for Keeper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Keeper {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}
