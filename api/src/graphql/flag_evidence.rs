//! What a case that grew from a flag rested on when it was opened, beside what it rests on now.

use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    call::CallCategory,
    case_evidence_call,
    flag_call::ExclusionReason,
    id::{CallId, CaseId},
};

use super::{
    call_loaders::EvidenceOf,
    context::Ask,
    flag::{Flag, flag_by_id},
    nuisance_rule::NuisanceRule,
    scalars::Date,
};
use crate::{
    error::{Error, Result},
    reads::case_evidence::Evidence,
};

/// The calls behind a case, as they were when it was opened and as they are now.
#[derive(Clone)]
pub struct CaseFlagEvidence(Evidence);

/// The calls behind a case, as they were when it was opened and as they are now.
#[Object]
impl CaseFlagEvidence {
    /// As the case was opened; it does not change, but a call that is protected now is not shown any more.
    async fn as_opened(&self) -> FrozenEvidence {
        FrozenEvidence(self.0.clone())
    }

    /// The flag as it is now, with what it measures without calls that no longer count.
    async fn now(&self, ctx: &Context<'_>) -> Result<Flag> {
        flag_by_id(ctx, self.0.row.flag_id).await?.ok_or(Error::NotFound("flag"))
    }
}

/// What a flag rested on when a case was opened from it.
pub struct FrozenEvidence(Evidence);

/// What a flag rested on when a case was opened from it.
#[Object]
impl FrozenEvidence {
    /// The rule, in the version that raised the flag.
    async fn rule(&self, ctx: &Context<'_>) -> Result<NuisanceRule> {
        let found = ctx.loaders()?.load_one(self.0.row.rule_id).await?;
        found.map(NuisanceRule).ok_or(Error::NotFound("rule"))
    }

    /// First day that was counted.
    async fn window_from(&self) -> Date {
        self.0.row.window_from.into()
    }

    /// Last day that was counted.
    async fn window_to(&self) -> Date {
        self.0.row.window_to.into()
    }

    /// What the rule measured then.
    async fn measured(&self) -> f64 {
        self.0.row.measured
    }

    /// What it was held against then.
    async fn threshold(&self) -> f64 {
        self.0.row.threshold
    }

    /// How far the data reached then.
    async fn data_as_of(&self) -> DateTime<Utc> {
        self.0.row.data_as_of
    }

    /// When it was kept.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.row.recorded_at
    }

    /// Each call that was looked at then, counted or not, oldest first; without those that are protected now.
    async fn calls(&self) -> Vec<FrozenCall> {
        self.0.calls.iter().cloned().map(FrozenCall::from).collect()
    }

    /// How many of the calls of that time are protected now; nothing else of them is shown (Government Code 53165;
    /// 34 U.S.C. 12495).
    async fn protected_now(&self) -> i32 {
        i32::try_from(self.0.protected_now).unwrap_or(i32::MAX)
    }
}

/// A call as it was when a case was opened.
#[derive(SimpleObject)]
pub struct FrozenCall {
    /// The call's id; `node` answers it as it is now.
    call_id: CallId,
    /// When it came in.
    occurred_at: DateTime<Utc>,
    /// The city's calendar day of `occurredAt`.
    occurred_on: Date,
    /// What it was about, as known then.
    category: CallCategory,
    /// Where, as known then; normalised and without a unit number.
    address: String,
    /// Whether it counted.
    counted: bool,
    /// Why it did not.
    reason: Option<ExclusionReason>,
    /// What the review said of it.
    review_note: Option<String>,
}

impl From<case_evidence_call::Model> for FrozenCall {
    fn from(row: case_evidence_call::Model) -> Self {
        Self {
            call_id: row.call_id,
            occurred_at: row.occurred_at,
            occurred_on: row.occurred_on.into(),
            category: row.category,
            address: row.address,
            counted: row.counted,
            reason: row.reason,
            review_note: row.review_note,
        }
    }
}

/// The evidence of a case, for its field.
pub async fn evidence_of(ctx: &Context<'_>, case: CaseId) -> Result<Option<CaseFlagEvidence>> {
    Ok(ctx.loaders()?.load_one(EvidenceOf(case)).await?.map(CaseFlagEvidence))
}
