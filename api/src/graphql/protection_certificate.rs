//! What a city certifies each year about the protection of those who call for help.

use async_graphql::{Context, Enum, Object, SimpleObject};
use entity::{flag::FlagStatus, flag_call::ExclusionReason};

use super::{context::Ask, nuisance_rule::NuisanceRule};
use crate::{
    authz::Action,
    error::Result,
    reads::protection_certificate::{self, Certificate, Penalties, shown},
};

/// What a city certifies each year about the protection of those who call for help (34 U.S.C. 12495(c)): its rules, what
/// they left out, and what followed from flags. It is made to be published: no sum from one to four is shown.
#[derive(SimpleObject)]
pub struct ProtectionCertificate {
    /// The city's calendar year.
    year: i32,
    /// The rules that were in force on some day of the year, by key and version.
    rules: Vec<NuisanceRule>,
    /// Calls at known places by whether a rule could count them, and why not.
    calls: Vec<CertifiedCalls>,
    /// Flags that were raised in the year, by where they stand now.
    flags: Vec<CertifiedFlags>,
    /// What was imposed or begun in the year, in cases that were opened from a flag and in all others.
    penalties: Vec<CertifiedPenalties>,
}

/// Calls of a year that were left out for one reason, or that were not.
#[derive(SimpleObject)]
pub struct CertifiedCalls {
    /// Why no rule counts them; null for those that a rule could count.
    reason: Option<ExclusionReason>,
    /// How many; null when there are fewer than five.
    calls: Option<i32>,
}

/// Flags of a year that stand alike.
#[derive(SimpleObject)]
pub struct CertifiedFlags {
    /// Where they stand.
    status: FlagStatus,
    /// How many; null when there are fewer than five.
    flags: Option<i32>,
}

/// What penalties rest on.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum PenaltyBasis {
    /// The case was opened from a flag, after a sergeant confirmed it.
    Flag,
    /// The case was opened for what was seen or complained of.
    Conduct,
}

/// Penalties of a year that rest on the same.
#[derive(SimpleObject)]
pub struct CertifiedPenalties {
    /// What they rest on.
    basis: PenaltyBasis,
    /// Notices served; null when there are fewer than five.
    notices: Option<i32>,
    /// Legal actions filed; null when there are fewer than five.
    legal_actions: Option<i32>,
}

impl ProtectionCertificate {
    fn of(year: i32, found: Certificate) -> Self {
        let penalties = |basis: PenaltyBasis, of: Penalties| CertifiedPenalties {
            basis,
            notices: shown(of.notices),
            legal_actions: shown(of.legal_actions),
        };
        let calls = |(reason, calls)| CertifiedCalls { reason, calls: shown(calls) };
        let flags = |(status, flags)| CertifiedFlags { status, flags: shown(flags) };
        Self {
            year,
            rules: found.rules.into_iter().map(NuisanceRule).collect(),
            calls: found.calls.into_iter().map(calls).collect(),
            flags: found.flags.into_iter().map(flags).collect(),
            penalties: vec![
                penalties(PenaltyBasis::Flag, found.of_flags),
                penalties(PenaltyBasis::Conduct, found.of_others),
            ],
        }
    }
}

#[derive(Default)]
pub struct ProtectionCertificateQuery;

#[Object]
impl ProtectionCertificateQuery {
    /// What the city certifies about a year that is over, for whoever reads the rules in force. Errors: BAD_INPUT for a
    /// year that still runs.
    async fn protection_certificate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The city's calendar year, from 1900 on.")] year: i32,
    ) -> Result<ProtectionCertificate> {
        let viewer = ctx.viewer_who(Action::ReadAggregates, "protectionCertificate")?;
        let found = protection_certificate::of_year(ctx.app()?, viewer, year).await?;
        Ok(ProtectionCertificate::of(year, found))
    }
}
