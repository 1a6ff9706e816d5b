//! What must hold under attack and failure, in a short form for every day and a long one for `make soak`.
//!
//! A trial panics where something is wrong, whatever the machine. What depends on the machine's speed is a [`Figure`], which only
//! the long form judges.

pub mod crowd;
pub mod database_away;
pub mod editors;
pub mod full;
pub mod ground;
pub mod kills;
pub mod live;
pub mod paused;
pub mod slow;
pub mod wholeness;
pub mod writers;

use std::{fmt, time::Duration};

/// What a trial found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// In words: how much was tried.
    pub tried: String,
    pub figures: Vec<Figure>,
}

/// Something measured.
#[derive(Clone, Debug)]
pub struct Figure {
    pub name: &'static str,
    pub value: f64,
    pub unit: &'static str,
    /// The most it may be, if there is a limit.
    pub most: Option<f64>,
}

impl Found {
    #[must_use]
    pub fn new(tried: impl Into<String>) -> Self {
        Self { tried: tried.into(), figures: Vec::new() }
    }

    /// Adds a figure that has a limit.
    #[must_use]
    pub fn limited(mut self, name: &'static str, value: f64, unit: &'static str, most: f64) -> Self {
        self.figures.push(Figure { name, value, unit, most: Some(most) });
        self
    }

    /// Adds a figure that is only told.
    #[must_use]
    pub fn told(mut self, name: &'static str, value: f64, unit: &'static str) -> Self {
        self.figures.push(Figure { name, value, unit, most: None });
        self
    }

    /// Whether every figure is within its limit.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.figures.iter().all(|figure| figure.most.is_none_or(|most| figure.value <= most))
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tried)?;
        for Figure { name, value, unit, most } in &self.figures {
            write!(f, "; {name} {value:.*} {unit}", if value.fract() == 0.0 { 0 } else { 2 })?;
            if let Some(most) = most {
                let verdict = if value <= most { "" } else { ", BROKEN" };
                write!(f, " (at most {most}{verdict})")?;
            }
        }
        Ok(())
    }
}

/// The value below which that share of the times lies, in milliseconds.
#[must_use]
pub fn percentile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let index = (times.len() as f64 * share) as usize;
    times.get(index.min(times.len().saturating_sub(1))).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
}
