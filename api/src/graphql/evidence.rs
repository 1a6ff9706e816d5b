//! Evidence as clients see it, with its custody log.

use std::collections::HashMap;

use async_graphql::{Context, Object, dataloader::Loader};
use chrono::{DateTime, Utc};
use entity::{
    custody_entry::{self, CustodyAction},
    evidence,
    id::{EvidenceId, InspectionId},
};

use super::{
    context::Ask,
    loaders::Loaders,
    page::{connection, cost},
    staff::{StaffMember, staff_named},
};
use crate::{
    error::{Error, Result},
    reads,
};

/// A file that proves something in a case: never changed, never deleted, and its custody log tells who handled it.
#[derive(Clone)]
pub struct Evidence(pub evidence::Model);

/// A file that proves something in a case: never changed, never deleted, and its custody log tells who handled it.
#[Object]
impl Evidence {
    /// Opaque.
    pub async fn id(&self) -> EvidenceId {
        self.0.id
    }

    /// The file's name, without a path, as its sender stated it.
    async fn file_name(&self) -> &str {
        &self.0.file_name
    }

    /// What the file's first bytes say it is, such as `image/jpeg`.
    async fn content_type(&self) -> &str {
        &self.0.content_type
    }

    /// How many bytes the file has.
    async fn bytes(&self) -> i32 {
        i32::try_from(self.0.bytes).unwrap_or(i32::MAX)
    }

    /// SHA-256 of the file in lower-case hex, checked when it was received and whenever it is handed out.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// When it was taken, as stated; null when nobody said.
    async fn captured_at(&self) -> Option<DateTime<Utc>> {
        self.0.captured_at
    }

    /// When it became evidence.
    async fn added_at(&self) -> DateTime<Utc> {
        self.0.added_at
    }

    /// Who added it.
    async fn added_by(&self, ctx: &Context<'_>) -> Result<StaffMember> {
        staff_named(ctx, self.0.added_by).await
    }

    /// What it shows, in words.
    async fn caption(&self) -> Option<&str> {
        self.0.caption.as_deref()
    }

    /// Attorneys' work product: for others it does not exist.
    async fn privileged(&self) -> bool {
        self.0.privileged
    }

    /// Where to download it, on this server: for whoever may see it here, by session or token, with an entry in the custody
    /// log. With `?view=true` behind it a browser shows it, and the log says so.
    async fn url(&self) -> String {
        format!("/evidence/{}", self.0.id)
    }

    /// Who handled it, the latest first.
    #[graphql(complexity = "cost(Some(first), child_complexity)")]
    async fn custody(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries, at most 100.", default = 25)] first: i32,
    ) -> Result<Vec<CustodyEntry>> {
        if !(1..=reads::page::MOST).contains(&first) {
            return Err(Error::BadInput(format!("`first` is {first}; it must be from 1 to 100.")));
        }
        let key = CustodyOf { evidence: self.0.id, first };
        let rows = ctx.loaders()?.load_one(key).await?.unwrap_or_default();
        Ok(rows.into_iter().map(CustodyEntry).collect())
    }

    /// That it was withdrawn, when, by whom and why; null while it stands. A withdrawn file stays, but court packets leave it
    /// out.
    async fn withdrawal(&self, ctx: &Context<'_>) -> Result<Option<CustodyEntry>> {
        Ok(ctx.loaders()?.load_one(WithdrawalOf(self.0.id)).await?.map(CustodyEntry))
    }
}

connection!(EvidenceConnection, EvidenceEdge, Evidence, "evidence");

/// One entry of a custody log; never changed once written.
#[derive(Clone)]
pub struct CustodyEntry(pub custody_entry::Model);

/// One entry of a custody log; never changed once written.
#[Object]
impl CustodyEntry {
    /// What was done with it.
    async fn action(&self) -> CustodyAction {
        self.0.action
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// By whom.
    async fn by(&self, ctx: &Context<'_>) -> Result<StaffMember> {
        staff_named(ctx, self.0.staff_id).await
    }

    /// SHA-256 of the file that was handled, in lower-case hex.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// Why it was withdrawn; null for every other entry.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
}

/// The newest entries of a piece's custody log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CustodyOf {
    pub evidence: EvidenceId,
    pub first: i32,
}

impl Loader<CustodyOf> for Loaders {
    type Value = Vec<custody_entry::Model>;
    type Error = Error;
    async fn load(&self, keys: &[CustodyOf]) -> Result<HashMap<CustodyOf, Self::Value>> {
        let mut found: HashMap<CustodyOf, Self::Value> = HashMap::new();
        let mut wanted: HashMap<i32, Vec<EvidenceId>> = HashMap::new();
        for key in keys {
            wanted.entry(key.first).or_default().push(key.evidence);
        }
        // Every parent of one field asks for the same number, so this is one statement in practice.
        for (first, evidence) in wanted {
            for row in
                reads::evidence::custody_of(&self.app, &self.viewer, &evidence, first, self.until()).await?
            {
                found.entry(CustodyOf { evidence: row.evidence_id, first }).or_default().push(row);
            }
        }
        Ok(found)
    }
}

/// The withdrawal of a piece of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WithdrawalOf(pub EvidenceId);

impl Loader<WithdrawalOf> for Loaders {
    type Value = custody_entry::Model;
    type Error = Error;
    async fn load(&self, keys: &[WithdrawalOf]) -> Result<HashMap<WithdrawalOf, Self::Value>> {
        let ids: Vec<EvidenceId> = keys.iter().map(|key| key.0).collect();
        let rows = self.past(reads::evidence::withdrawals_of(&self.app, &self.viewer, &ids).await?)?;
        Ok(rows.into_iter().map(|row| (WithdrawalOf(row.evidence_id), row)).collect())
    }
}

/// What was added at an inspection.
pub async fn of_inspection(ctx: &Context<'_>, id: InspectionId) -> Result<Vec<Evidence>> {
    let rows = ctx.loaders()?.load_one(super::loaders::EvidenceOf(id)).await?.unwrap_or_default();
    Ok(rows.into_iter().map(|row| Evidence(row.evidence)).collect())
}
