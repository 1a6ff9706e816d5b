//! Questions about the addresses of a feed's newest calls: how many are at a known place, and which are at none.

use chrono::{DateTime, Utc};
use entity::{
    call::{self, AddressPrecision, CallCategory},
    id::FeedId,
};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, Order, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Query, WindowStatement},
};

use crate::{
    app::App,
    authz::{Action, Reach, Viewer},
    domain::{
        call_behavior::{CallBehavior, behaving},
        feed_span,
    },
    error::{Error, Result},
    scope::unscoped,
};

/// Addresses of one feed at most.
pub const MOST: i64 = 100;

/// A feed, and when the newest call happened that it has told of.
pub type Newest = (FeedId, DateTime<Utc>);

/// How many of a feed's newest calls have an exact address, and how many of these found their place.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Matched {
    pub feed_id: FeedId,
    pub exact: i64,
    pub matched: i64,
}

/// The same for each of these feeds that has such calls. Sums, of which none is told singly.
pub async fn matched_of(app: &App, feeds: &[Newest]) -> Result<Vec<Matched>> {
    use call::Column as C;
    Ok(unscoped::<call::Entity>()
        .select_only()
        .column(C::FeedId)
        .column_as(C::Id.count(), "exact")
        .column_as(C::PropertyId.count(), "matched")
        .filter(exact_of_late(feeds))
        .group_by(C::FeedId)
        .into_model::<Matched>()
        .all(&app.db)
        .await?)
}

/// An exact address that no place has, and how many calls came from there.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Unmatched {
    pub feed_id: FeedId,
    pub address: String,
    pub calls: i64,
    pub newest: DateTime<Utc>,
}

/// The unmatched addresses of each of these feeds, those of most calls first, at most [`MOST`] of a feed.
///
/// For whoever reads single calls and may link an address to a place. Such an address lies in no district yet, so it is
/// shown to them whichever district is theirs.
pub async fn unmatched_of(app: &App, viewer: &Viewer, feeds: &[Newest]) -> Result<Vec<Unmatched>> {
    if !may_read_unmatched(viewer) {
        return Err(Error::Forbidden("unmatchedAddresses"));
    }
    use call::Column as C;
    let mut counted = unscoped::<call::Entity>()
        .select_only()
        .column(C::FeedId)
        .column(C::AddressKey)
        .column_as(C::Address.min(), "address")
        .column_as(C::Id.count(), "calls")
        .column_as(C::OccurredAt.max(), "newest")
        .filter(exact_of_late(feeds))
        .filter(C::PropertyId.is_null())
        .group_by(C::FeedId)
        .group_by(C::AddressKey)
        .into_query();
    counted.expr_window_as(
        Expr::cust("ROW_NUMBER()"),
        WindowStatement::partition_by(C::FeedId)
            .order_by_expr(C::Id.count(), Order::Desc)
            .order_by((call::Entity, C::AddressKey), Order::Asc)
            .take(),
        "place",
    );
    let mut listed = Query::select();
    listed
        .columns(["feed_id", "address", "calls", "newest"])
        .from_subquery(counted, "counted")
        .and_where(Expr::col("place").lte(MOST))
        .order_by("feed_id", Order::Asc)
        .order_by("place", Order::Asc);
    Ok(Unmatched::find_by_statement(app.db.get_database_backend().build(&listed)).all(&app.db).await?)
}

/// Whether somebody may see which addresses wait for a place.
#[must_use]
pub fn may_read_unmatched(viewer: &Viewer) -> bool {
    [Action::ReadCalls, Action::RunFeeds].iter().all(|action| viewer.reach(*action) != Reach::Nowhere)
}

// Calls with an exact address among the newest of each feed. Protected calls are not among them, so that neither a share
// nor an address tells of one; nor are calls that the source took back.
fn exact_of_late(feeds: &[Newest]) -> Condition {
    use call::Column as C;
    let of_feed = |(feed, newest): &Newest| {
        Condition::all().add(C::FeedId.eq(*feed)).add(C::OccurredAt.gt(feed_span::recent(*newest)))
    };
    Condition::all()
        .add(feeds.iter().fold(Condition::any(), |any, feed| any.add(of_feed(feed))))
        .add(C::Precision.is_in([AddressPrecision::Address, AddressPrecision::Unit]))
        .add(C::AddressKey.ne(""))
        .add(C::WithdrawnAt.is_null())
        .add(C::Category.is_not_in(protected()))
}

fn protected() -> impl Iterator<Item = CallCategory> {
    behaving(CallBehavior::Protected)
}
