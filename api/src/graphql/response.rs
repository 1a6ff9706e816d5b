//! The clock of a case's first look at its place, as clients see it.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::{
    case,
    response_pause::{self, ResponsePauseReason, ResponseStatus},
};

use super::{
    context::Ask,
    loaders::ResponsePausesOf,
    staff::{StaffMember, staff_by_id},
};
use crate::{
    error::Result,
    reads::responses::{clock, spans},
};

/// By when somebody is to look at the place of a case, and whether somebody did: a target of the city, no deadline of law.
pub struct ResponseTarget {
    due_at: DateTime<Utc>,
    responded_at: Option<DateTime<Utc>>,
    status: ResponseStatus,
    pauses: Vec<response_pause::Model>,
    explanation: Vec<String>,
    citation: String,
    note: Option<String>,
}

impl ResponseTarget {
    /// The clock of that case as it stands now; none when it has none.
    pub async fn of(ctx: &Context<'_>, case: &case::Model) -> Result<Option<Self>> {
        let Some(rule) = &case.response_rule else { return Ok(None) };
        let app = ctx.app()?;
        let pauses = ctx.loaders()?.load_one(ResponsePausesOf(case.id)).await?.unwrap_or_default();
        let spans = spans(&pauses);
        let Some(clock) = clock(&app.city, case, &spans) else { return Ok(None) };
        let now = app.clock.now();
        Ok(Some(Self {
            due_at: clock.due_at(now),
            responded_at: case.responded_at,
            status: clock.status(now),
            explanation: clock.explanation(now, app.city.zone()),
            citation: rule.citation.clone(),
            note: rule.note.clone(),
            pauses,
        }))
    }
}

/// By when somebody is to look at the place of a case, and whether somebody did: a target of the city, no deadline of law.
#[Object]
impl ResponseTarget {
    /// By when somebody is to look. It moves by the length of each pause; while one lasts, it is what would be due if the
    /// clock ran on now.
    async fn due_at(&self) -> DateTime<Utc> {
        self.due_at
    }

    /// When somebody first looked: the first inspection that was made, whatever it found, or the first notice served, of
    /// which only the day is known. Null while nobody has.
    async fn responded_at(&self) -> Option<DateTime<Utc>> {
        self.responded_at
    }

    /// Where the clock stands now.
    async fn status(&self) -> ResponseStatus {
        self.status
    }

    /// When and why the clock stood still, in order; the last one may still last.
    async fn pauses(&self) -> Vec<ResponsePause> {
        self.pauses.iter().cloned().map(ResponsePause).collect()
    }

    /// How the moment is reached and how it went, step by step in words, in the city's time.
    async fn explanation(&self) -> &[String] {
        &self.explanation
    }

    /// What the target rests on.
    async fn citation(&self) -> &str {
        &self.citation
    }

    /// What that source leaves open.
    async fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

/// A time in which the clock of a first look stood still.
pub struct ResponsePause(response_pause::Model);

/// A time in which the clock of a first look stood still.
#[Object]
impl ResponsePause {
    /// Why.
    async fn reason(&self) -> ResponsePauseReason {
        self.0.reason
    }

    /// More about it; always there with OTHER.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// Since when.
    async fn from(&self) -> DateTime<Utc> {
        self.0.paused_at
    }

    /// Until when; null while it lasts.
    async fn to(&self) -> Option<DateTime<Utc>> {
        self.0.resumed_at
    }

    /// Who paused it.
    async fn by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        staff_by_id(ctx, self.0.paused_by).await
    }

    /// Who let it run on, or did what ended the pause; null while it lasts and when the server did.
    async fn resumed_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        staff_by_id(ctx, self.0.resumed_by).await
    }
}
