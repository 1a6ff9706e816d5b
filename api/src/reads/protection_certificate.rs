//! What a city certifies each year about the protection of those who call for help (34 U.S.C. 12495(c)).

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, TimeDelta};
use entity::{
    call_roll_up::{self, QUALIFYING},
    flag::{self, FlagStatus},
    flag_call::ExclusionReason,
    legal_action, notice, notice_service, nuisance_rule,
};
use sea_orm::{
    ActiveEnum, ColumnTrait, FromQueryResult, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Func, SelectStatement},
};

use crate::{
    app::App,
    authz::Viewer,
    error::{Error, Result},
    scope::unscoped,
};

/// Sums below this are not shown to anybody: the certificate is made to be published.
pub const SMALLEST: i64 = 5;

/// What happened in a year.
#[derive(Clone, Debug, Default)]
pub struct Certificate {
    /// Rules that were in force on some day of it.
    pub rules: Vec<nuisance_rule::Model>,
    /// Calls at places by why they were left out; none for those that a rule could count.
    pub calls: BTreeMap<Option<ExclusionReason>, i64>,
    /// Flags that were raised in it, by where they stand now.
    pub flags: BTreeMap<FlagStatus, i64>,
    /// What followed in cases that were opened from a flag.
    pub of_flags: Penalties,
    /// And in all others.
    pub of_others: Penalties,
}

/// What was imposed, or begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Penalties {
    /// Notices served.
    pub notices: i64,
    /// Legal actions filed.
    pub legal_actions: i64,
}

/// The certificate of a year that is over in the city.
pub async fn of_year(app: &App, viewer: &Viewer, year: i32) -> Result<Certificate> {
    let this = app.today().year();
    let (Some(from), Some(to)) = (NaiveDate::from_ymd_opt(year, 1, 1), NaiveDate::from_ymd_opt(year, 12, 31))
    else {
        return Err(Error::BadInput(format!("There is no year {year}.")));
    };
    if year >= this || year < 1900 {
        // Whoever asked every day of a year that still runs would see on which day a call came.
        let message = format!(
            "`year` is {year}; a certificate is for a year from 1900 on that is over, before {this}."
        );
        return Err(Error::BadInput(message));
    }
    Ok(Certificate {
        rules: rules(app, viewer, from, to).await?,
        calls: calls(app, from, to).await?,
        flags: flags(app, from, to).await?,
        of_flags: penalties(app, from, to, true).await?,
        of_others: penalties(app, from, to, false).await?,
    })
}

/// What may be shown of a sum.
#[must_use]
pub fn shown(sum: i64) -> Option<i32> {
    (sum >= SMALLEST).then(|| i32::try_from(sum).unwrap_or(i32::MAX))
}

async fn rules(
    app: &App,
    viewer: &Viewer,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<nuisance_rule::Model>> {
    let all = super::nuisance_rules::list(app, viewer, None).await?;
    let next = |rule: &nuisance_rule::Model| {
        let later = all.iter().filter(|other| other.key == rule.key && other.version > rule.version);
        later.map(|other| other.effective_from).min()
    };
    let in_force = |rule: &nuisance_rule::Model| {
        let ends = [rule.effective_to, next(rule)].into_iter().flatten().min();
        rule.effective_from <= to && ends.is_none_or(|end| end > from)
    };
    Ok(all.iter().filter(|rule| in_force(rule)).cloned().collect())
}

#[derive(FromQueryResult)]
struct OfReason {
    reason: String,
    calls: i64,
}

async fn calls(app: &App, from: NaiveDate, to: NaiveDate) -> Result<BTreeMap<Option<ExclusionReason>, i64>> {
    use call_roll_up::Column as R;
    let sums = unscoped::<call_roll_up::Entity>()
        .select_only()
        .column(R::Reason)
        .expr_as(Expr::expr(Func::sum(Expr::col(R::Calls))).cast_as("bigint"), "calls")
        .filter(R::OccurredOn.between(from, to))
        .group_by(R::Reason)
        .into_model::<OfReason>()
        .all(&app.db)
        .await?;
    let of_reason = |sum: OfReason| {
        let reason = match sum.reason.as_str() {
            QUALIFYING => None,
            _ => Some(ExclusionReason::try_from_value(&sum.reason)?),
        };
        Ok((reason, sum.calls))
    };
    sums.into_iter().map(of_reason).collect()
}

#[derive(FromQueryResult)]
struct OfStatus {
    status: FlagStatus,
    count: i64,
}

async fn flags(app: &App, from: NaiveDate, to: NaiveDate) -> Result<BTreeMap<FlagStatus, i64>> {
    let midnight = |day: NaiveDate| {
        app.city
            .start_of(day)
            .ok_or_else(|| Error::Internal(format!("{day} has no beginning in the city's time")))
    };
    let (begins, ends) = (midnight(from)?, midnight(to + TimeDelta::days(1))?);
    let sums = unscoped::<flag::Entity>()
        .select_only()
        .column(flag::Column::Status)
        .column_as(flag::Column::Id.count(), "count")
        .filter(flag::Column::RaisedAt.gte(begins).and(flag::Column::RaisedAt.lt(ends)))
        .group_by(flag::Column::Status)
        .into_model::<OfStatus>()
        .all(&app.db)
        .await?;
    Ok(sums.into_iter().map(|sum| (sum.status, sum.count)).collect())
}

async fn penalties(app: &App, from: NaiveDate, to: NaiveDate, of_flags: bool) -> Result<Penalties> {
    let among =
        |case: Expr| if of_flags { case.in_subquery(flagged()) } else { case.not_in_subquery(flagged()) };
    let served = unscoped::<notice_service::Entity>()
        .select_only()
        .column(notice_service::Column::NoticeId)
        .filter(notice_service::Column::ServedOn.between(from, to));
    let notices = unscoped::<notice::Entity>()
        .filter(notice::Column::Id.in_subquery(served.into_query()))
        .filter(among(Expr::col(notice::Column::CaseId)))
        .count(&app.db)
        .await?;
    let legal_actions = unscoped::<legal_action::Entity>()
        .filter(legal_action::Column::FiledOn.between(from, to))
        .filter(among(Expr::col(legal_action::Column::CaseId)))
        .count(&app.db)
        .await?;
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    Ok(Penalties { notices: whole(notices), legal_actions: whole(legal_actions) })
}

// The cases that were opened from a flag.
fn flagged() -> SelectStatement {
    unscoped::<flag::Entity>()
        .select_only()
        .column(flag::Column::CaseId)
        .filter(flag::Column::CaseId.is_not_null())
        .into_query()
}
