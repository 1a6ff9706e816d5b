//! Administrative citations as clients see them: the fine with how it was reached, and its appeal.

use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    citation_appeal::{self, AppealOutcome},
    citation_fine,
    cost_entry::CostKind,
    id::CitationAppealId,
    notice,
    property::UseType,
};

use super::{
    context::Ask,
    cost::CostEntry,
    loaders::{FineEntriesOf, FinesOf},
    notice::Notice,
    party::Party,
    scalars::{Date, Money},
};
use crate::{
    authz::Action,
    domain::{fine::Ladder, money::dollars},
    error::{Error, Result},
};

/// The fine of an administrative citation, and what became of it (Government Code 53069.4, 36900).
#[derive(SimpleObject)]
pub struct CitationFine {
    /// What the ladders give for all that it names.
    computed: Money,
    /// What the citation asked for: what was computed, or less with `reason`.
    assessed: Money,
    /// Why it asked for less than was computed; null when it did not.
    reason: Option<String>,
    /// What is left of it in the cost ledger after reductions and appeals; payments are made to the case and not counted.
    remaining: Money,
    /// How much of it the law lets be reduced for hardship (`citationHardshipGrant`) altogether.
    reducible: Money,
    /// One line for each code section that it names.
    lines: Vec<CitationFineLine>,
    /// What was assessed, reduced and taken back, in the order in which it was recorded. Nothing is ever changed in it.
    entries: Vec<CostEntry>,
}

/// What a citation asks for one code section, and how that was reached.
#[derive(SimpleObject)]
pub struct CitationFineLine {
    /// The section.
    code_section: String,
    /// The ladder of fines; `fineLadders` has those of today.
    ladder_key: String,
    /// The law that its amounts rest on.
    citation: String,
    /// How many months back earlier citations of the section to the same party were counted.
    look_back_months: i32,
    /// 1, and one more for each such citation; of several parties cited, the lowest number.
    offense_number: i32,
    /// What the ladder gives for it.
    amount: Money,
    /// How that was reached, in words and in order.
    steps: Vec<String>,
    /// Whether the law knows a reduction of it for hardship.
    may_be_reduced: bool,
    /// The source was not verified, or the law leaves a question.
    confirm_with_counsel: bool,
}

impl From<citation_fine::Model> for CitationFineLine {
    fn from(row: citation_fine::Model) -> Self {
        Self {
            code_section: row.code_section,
            ladder_key: row.ladder_key,
            citation: row.citation,
            look_back_months: row.months,
            offense_number: row.offense_number,
            amount: row.amount_cents.into(),
            steps: row.steps.0,
            may_be_reduced: row.may_be_reduced,
            confirm_with_counsel: row.confirm_with_counsel,
        }
    }
}

impl CitationFine {
    /// The fine of that notice; none when it has none.
    pub async fn of(ctx: &Context<'_>, notice: &notice::Model) -> Result<Option<Self>> {
        let rows = ctx.loaders()?.load_one(FinesOf(notice.id)).await?.unwrap_or_default();
        if rows.is_empty() {
            return Ok(None);
        }
        let entries = ctx.loaders()?.load_one(FineEntriesOf(notice.id)).await?.unwrap_or_default();
        let sum = |rows: &mut dyn Iterator<Item = i64>| Money::from(rows.sum::<i64>());
        let reducible = rows.iter().filter(|row| row.may_be_reduced).map(|row| row.amount_cents);
        let is_fine = |kind| kind == CostKind::Fine || kind == CostKind::Waiver;
        Ok(Some(Self {
            computed: sum(&mut rows.iter().map(|row| row.amount_cents)),
            assessed: notice.amount_cents.unwrap_or_default().into(),
            reason: notice.amount_reason.clone(),
            remaining: sum(&mut entries
                .iter()
                .filter(|row| is_fine(row.entry.kind))
                .map(|row| row.entry.amount_cents)),
            reducible: sum(&mut reducible.into_iter()),
            lines: rows.iter().cloned().map(CitationFineLine::from).collect(),
            entries: entries.into_iter().map(|row| CostEntry(row.entry)).collect(),
        }))
    }
}

/// The appeal of an administrative citation to a hearing officer (Government Code 53069.4(a)).
#[derive(Clone)]
pub struct CitationAppeal(pub citation_appeal::Model);

/// The appeal of an administrative citation to a hearing officer (Government Code 53069.4(a)).
#[Object]
impl CitationAppeal {
    /// Opaque.
    pub async fn id(&self) -> CitationAppealId {
        self.0.id
    }

    /// Rises with every change of the appeal.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The citation.
    async fn notice(&self, ctx: &Context<'_>) -> Result<Notice> {
        let row = ctx.loaders()?.load_one(self.0.notice_id).await?;
        row.map(Notice).ok_or(Error::NotFound("notice"))
    }

    /// When it came in.
    async fn filed_on(&self) -> Date {
        self.0.filed_on.into()
    }

    /// Who appealed; null when it was none of the parties that the citation was served on.
    async fn filed_by(&self, ctx: &Context<'_>) -> Result<Option<Party>> {
        let Some(id) = self.0.party_id else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(Party))
    }

    /// Why, as they said.
    async fn grounds(&self) -> &str {
        &self.0.grounds
    }

    /// When it is or was heard; null while that is not set.
    async fn hearing_at(&self) -> Option<DateTime<Utc>> {
        self.0.hearing_at
    }

    /// Where, and before whom.
    async fn hearing_place(&self) -> Option<&str> {
        self.0.hearing_place.as_deref()
    }

    /// What became of it; null while it is not decided.
    async fn outcome(&self) -> Option<AppealOutcome> {
        self.0.outcome
    }

    /// The day of the decision.
    async fn decided_on(&self) -> Option<Date> {
        self.0.decided_on.map(Date)
    }

    /// The reasons of the decision.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// What the decision left of the fine, where it was reduced.
    async fn reduced_to(&self) -> Option<Money> {
        self.0.reduced_to_cents.map(Money::from)
    }
}

/// A table of fines that rises with every offense.
#[derive(SimpleObject)]
pub struct FineLadder {
    /// What mutations call it.
    key: String,
    /// What it is for.
    name: String,
    /// The law that its amounts rest on.
    citation: String,
    /// How far back earlier citations of the same section to the same party count.
    look_back_months: u32,
    /// For the first, the second … offense; the last one for every further one. No citation asks for more.
    amounts: Vec<Money>,
    /// Beginnings of the code sections it is for; none: all that no other ladder is for.
    sections: Vec<String>,
    /// Only at places of these uses; none: at all.
    use_types: Vec<UseType>,
    /// Only where `noticeServe` names it, because the law depends on what exactly happened.
    on_request: bool,
    /// From this offense on a fine may be reduced for hardship; null when no such process is known.
    hardship_from: Option<u32>,
    /// The source was not verified, or the law leaves a question.
    confirm_with_counsel: bool,
    /// What is to be confirmed.
    note: Option<String>,
    /// All of it in one line.
    summary: String,
}

impl From<&Ladder> for FineLadder {
    fn from(ladder: &Ladder) -> Self {
        let amounts: Vec<String> = ladder.amounts.iter().map(|cents| dollars(*cents)).collect();
        Self {
            key: ladder.key.clone(),
            name: ladder.name.clone(),
            citation: ladder.citation.clone(),
            look_back_months: ladder.months,
            amounts: ladder.amounts.iter().copied().map(Money::from).collect(),
            sections: ladder.sections.clone(),
            use_types: ladder.use_types.clone(),
            on_request: ladder.on_request,
            hardship_from: ladder.hardship_from,
            confirm_with_counsel: ladder.confirm_with_counsel,
            note: ladder.note.clone(),
            summary: format!("{}: {} within {} months", ladder.name, amounts.join(", "), ladder.months),
        }
    }
}

#[derive(Default)]
pub struct FineLadderQuery;

#[Object]
impl FineLadderQuery {
    /// The city's tables of fines, as they are in its preset today.
    async fn fine_ladders(&self, ctx: &Context<'_>) -> Result<Vec<FineLadder>> {
        ctx.viewer_who(Action::ReadAggregates, "fineLadders")?;
        Ok(ctx.app()?.city.preset.fines.ladders.iter().map(FineLadder::from).collect())
    }
}
