//! Anything with an id, by its id.

use async_graphql::{Context, ID, Interface, Object};
use entity::id::{
    CallChallengeId, CallId, CaseEventId, CaseId, CitationAppealId, CostEntryId, CourtOrderId, DeadlineId,
    DistrictId, EvidenceId, FeedId, FeedRunId, FlagId, HearingId, InspectionId, LegalActionId, LetterId,
    NoticeId, NuisanceRuleId, PartyId, PropertyId, ReferralId, RejectedRowId, StaffId, ViolationId,
};

use super::{
    call::Call,
    call_challenge::CallChallenge,
    case::Case,
    case_event::CaseEvent,
    citation::CitationAppeal,
    context::Ask,
    cost::CostEntry,
    court_order::CourtOrder,
    deadline::Deadline,
    evidence::Evidence,
    feed::{Feed, FeedRun, RejectedRow},
    flag::Flag,
    hearing::Hearing,
    inspection::Inspection,
    legal_action::LegalAction,
    letter::Letter,
    notice::Notice,
    nuisance_rule::NuisanceRule,
    party::Party,
    property::Property,
    referral::Referral,
    staff::{District, StaffMember},
    violation::Violation,
};
use crate::{
    authz::Viewer,
    error::{Error, Result},
    reads,
};

/// Anything with an id of its own.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "Opaque to clients; starts with what it is, such as `case_`."
))]
pub enum Node {
    Call(Call),
    CallChallenge(CallChallenge),
    Case(Case),
    CaseEvent(CaseEvent),
    CitationAppeal(CitationAppeal),
    CostEntry(CostEntry),
    CourtOrder(CourtOrder),
    Deadline(Deadline),
    District(District),
    Evidence(Evidence),
    Feed(Feed),
    FeedRun(FeedRun),
    Inspection(Inspection),
    Notice(Notice),
    Hearing(Hearing),
    LegalAction(LegalAction),
    Letter(Letter),
    Referral(Referral),
    RejectedRow(RejectedRow),
    Party(Party),
    Property(Property),
    Flag(Flag),
    NuisanceRule(NuisanceRule),
    StaffMember(StaffMember),
    Violation(Violation),
}

#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// The thing with that id. Error NOT_FOUND when there is none that the viewer may see.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An id of this API.")] id: ID,
    ) -> Result<Option<Node>> {
        find(ctx, ctx.viewer()?, &id).await?.map(Some).ok_or(Error::NotFound("thing"))
    }

    /// The things with these ids, in their order; null for each that the viewer may not see. At most 100.
    #[graphql(complexity = "ids.len() * child_complexity")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ids of this API.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > 100 {
            return Err(Error::BadInput(format!("`ids` holds {}; at most 100 can be asked for.", ids.len())));
        }
        let viewer = ctx.viewer()?;
        futures_util::future::try_join_all(ids.iter().map(|id| find(ctx, viewer, id))).await
    }
}

/// The nodes that a loader reads by their own id.
macro_rules! loaded {
    ($ctx:ident, $id:ident: $($key:ty => $node:expr;)+) => {
        $(if let Ok(key) = $id.parse::<$key>() {
            return Ok($ctx.loaders()?.load_one(key).await?.map($node));
        })+
    };
}

async fn find(ctx: &Context<'_>, viewer: &Viewer, id: &ID) -> Result<Option<Node>> {
    loaded! { ctx, id:
        CallId => |row| Node::Call(Call(row));
        CallChallengeId => |row| Node::CallChallenge(CallChallenge(row));
        CaseId => |row| Node::Case(row.into());
        CitationAppealId => |row| Node::CitationAppeal(CitationAppeal(row));
        CostEntryId => |row| Node::CostEntry(CostEntry(row));
        CourtOrderId => |row| Node::CourtOrder(CourtOrder(row));
        DeadlineId => |row| Node::Deadline(row.into());
        EvidenceId => |row| Node::Evidence(Evidence(row));
        FeedId => |row| Node::Feed(Feed(row));
        FlagId => |row| Node::Flag(row.into());
        HearingId => |row| Node::Hearing(row.into());
        InspectionId => |row| Node::Inspection(row.into());
        LegalActionId => |row| Node::LegalAction(row.into());
        LetterId => |row| Node::Letter(Letter(row));
        NoticeId => |row| Node::Notice(Notice(row));
        NuisanceRuleId => |row| Node::NuisanceRule(NuisanceRule(row));
        PartyId => |row| Node::Party(Party(row));
        PropertyId => |row| Node::Property(row.into());
        ReferralId => |row| Node::Referral(Referral(row));
        StaffId => |row| Node::StaffMember(row.into());
        ViolationId => |row| Node::Violation(Violation(row));
    }
    if let Ok(id) = id.parse::<CaseEventId>() {
        let found = reads::case_events::by_id(ctx.app()?, viewer, id).await?;
        return Ok(found.map(|row| Node::CaseEvent(row.into())));
    }
    if let Ok(id) = id.parse::<DistrictId>() {
        let found = ctx.app()?.city.district(id);
        return Ok(found.map(|row| Node::District(District(row.clone()))));
    }
    if let Ok(id) = id.parse::<FeedRunId>() {
        let found = reads::feeds::run_by_id(ctx.app()?, viewer, id).await?;
        return Ok(found.map(|row| Node::FeedRun(FeedRun(row))));
    }
    if let Ok(id) = id.parse::<RejectedRowId>() {
        let found = reads::feeds::rejected_by_id(ctx.app()?, viewer, id).await?;
        return Ok(found.map(|row| Node::RejectedRow(RejectedRow(row))));
    }
    Err(Error::BadInput("This is not an id of this API.".to_owned()))
}
