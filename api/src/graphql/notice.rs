//! Notices as clients see them.

use async_graphql::{Context, Object, SimpleObject};
use entity::{
    id::NoticeId,
    notice::{self, NoticeKind},
    notice_service::ServiceMethod,
};

use super::{
    citation::{CitationAppeal, CitationFine},
    context::Ask,
    legal_action::LegalAction,
    letter::{Letter, LetterOf},
    loaders::{AppealsOf, ServicesOf, ViolationsNamedBy},
    party::Party,
    scalars::{Date, Money},
    staff::StaffMember,
    violation::Violation,
};
use crate::{
    domain::notice::gives_time_to_correct,
    error::{Error, Result},
    reads::notices::ServiceRow,
};

/// A paper that the city served in a case.
#[derive(Clone)]
pub struct Notice(pub notice::Model);

/// A paper that the city served in a case.
#[Object]
impl Notice {
    /// Opaque.
    pub async fn id(&self) -> NoticeId {
        self.0.id
    }

    /// What it is.
    async fn kind(&self) -> NoticeKind {
        self.0.kind
    }

    /// The legal action that it belongs to, such as the one whose papers were served; null where none was named.
    async fn legal_action(&self, ctx: &Context<'_>) -> Result<Option<LegalAction>> {
        let Some(id) = self.0.legal_action_id else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(LegalAction::from))
    }

    /// The day of its first service; `services` has all of them.
    async fn served_on(&self, ctx: &Context<'_>) -> Result<Date> {
        Ok(self.first(ctx).await?.service.served_on.into())
    }

    /// How its first recipient was served.
    async fn method(&self, ctx: &Context<'_>) -> Result<ServiceMethod> {
        Ok(self.first(ctx).await?.service.method)
    }

    /// Its first recipient; null when the place itself was served, such as by posting.
    async fn recipient(&self, ctx: &Context<'_>) -> Result<Option<Party>> {
        Ok(self.first(ctx).await?.recipient.map(Party))
    }

    /// Everybody it was served on, as stated; the first is the one of `servedOn`, `method` and `recipient`.
    async fn services(&self, ctx: &Context<'_>) -> Result<Vec<NoticeService>> {
        let rows = ctx.loaders()?.load_one(ServicesOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(NoticeService::from).collect())
    }

    /// By when to comply; of a cost statement, by when to pay.
    async fn comply_by(&self) -> Option<Date> {
        self.0.comply_by.map(Date)
    }

    /// By when to look again whether what it asked for was done, counted from `complyBy` (`DeadlineRule.afterCompliance`);
    /// null when it gives no time to correct, or when the court's holidays of that year are not recorded.
    async fn reinspection_due_on(&self, ctx: &Context<'_>) -> Result<Option<Date>> {
        let Some(day) = self.0.comply_by.filter(|_| gives_time_to_correct(self.0.kind)) else {
            return Ok(None);
        };
        let preset = &ctx.app()?.city.preset;
        let rule = preset.deadline_rules.iter().find(|rule| rule.after_compliance);
        let count = rule.and_then(|rule| rule.compute(&preset.court_calendar(), day, None).ok());
        Ok(count.map(|count| count.due_on.into()))
    }

    /// The fine of an administrative citation with how it was reached and what became of it; null for other notices and for
    /// a citation that names no violation.
    async fn fine(&self, ctx: &Context<'_>) -> Result<Option<CitationFine>> {
        CitationFine::of(ctx, &self.0).await
    }

    /// The appeal of an administrative citation; null while there is none.
    async fn appeal(&self, ctx: &Context<'_>) -> Result<Option<CitationAppeal>> {
        let rows = ctx.loaders()?.load_one(AppealsOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().next().map(CitationAppeal))
    }

    /// The fine of a citation as it was served, or what a cost statement asks for.
    async fn amount(&self) -> Option<Money> {
        self.0.amount_cents.map(Money::from)
    }

    /// The violations it names; none when it is about the case as a whole.
    async fn violations(&self, ctx: &Context<'_>) -> Result<Vec<Violation>> {
        let rows = ctx.loaders()?.load_one(ViolationsNamedBy(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|row| Violation(row.violation)).collect())
    }

    /// Where its letter is, on this server: as it was served, with an entry in the custody log; marked as a draft and written
    /// from what is recorded now, where none was kept. For whoever may see evidence. Nothing is
    /// found there (404) of legal papers and notices of liens, which are not written here.
    async fn letter_url(&self) -> String {
        format!("/notices/{}/letter", self.0.id)
    }

    /// Its letter as it was served; null where none was kept.
    async fn letter(&self, ctx: &Context<'_>) -> Result<Option<Letter>> {
        Ok(ctx.loaders()?.load_one(LetterOf(self.0.id)).await?.map(Letter))
    }

    /// Who recorded its service; null when the server did.
    async fn served_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>> {
        let Some(id) = self.0.served_by else { return Ok(None) };
        Ok(ctx.loaders()?.load_one(id).await?.map(StaffMember::from))
    }
}

impl Notice {
    async fn first(&self, ctx: &Context<'_>) -> Result<ServiceRow> {
        let rows = ctx.loaders()?.load_one(ServicesOf(self.0.id)).await?.unwrap_or_default();
        rows.into_iter().next().ok_or_else(|| Error::Internal("a notice without a service".to_owned()))
    }
}

/// How and when one recipient was served.
#[derive(SimpleObject)]
pub struct NoticeService {
    /// Whom; null when the place itself was served, such as by posting.
    recipient: Option<Party>,
    /// How.
    method: ServiceMethod,
    /// When; of mail, the day of mailing.
    served_on: Date,
    /// Which paper proves it; null while none is recorded.
    proof: Option<String>,
}

impl From<ServiceRow> for NoticeService {
    fn from(row: ServiceRow) -> Self {
        Self {
            recipient: row.recipient.map(Party),
            method: row.service.method,
            served_on: row.service.served_on.into(),
            proof: row.service.proof,
        }
    }
}
