//! Anything with an id, by its id.

use async_graphql::{Context, ID, Interface, Object};
use entity::id::{
    CaseEventId, CaseId, DeadlineId, DistrictId, HearingId, InspectionId, LegalActionId, NoticeId, StaffId,
    ViolationId,
};

use super::{
    case::Case,
    case_event::CaseEvent,
    context::Ask,
    deadline::Deadline,
    hearing::Hearing,
    inspection::Inspection,
    legal_action::LegalAction,
    notice::Notice,
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
    Case(Case),
    CaseEvent(CaseEvent),
    Deadline(Deadline),
    District(District),
    Hearing(Hearing),
    Inspection(Inspection),
    LegalAction(LegalAction),
    Notice(Notice),
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

async fn find(ctx: &Context<'_>, viewer: &Viewer, id: &ID) -> Result<Option<Node>> {
    let prefix = id.split_once('_').map_or("", |(prefix, _)| prefix);
    let wrong = |error: entity::id::NotAnId| Error::BadInput(error.to_string());
    match prefix {
        CaseId::PREFIX => {
            let id: CaseId = id.parse().map_err(wrong)?;
            Ok(ctx.loaders()?.load_one(id).await?.map(|row| Node::Case(row.into())))
        }
        CaseEventId::PREFIX => {
            let id: CaseEventId = id.parse().map_err(wrong)?;
            Ok(reads::case_events::by_id(ctx.app()?, viewer, id)
                .await?
                .map(|row| Node::CaseEvent(CaseEvent(row))))
        }
        DeadlineId::PREFIX => {
            let id: DeadlineId = id.parse().map_err(wrong)?;
            Ok(ctx.loaders()?.load_one(id).await?.map(|row| Node::Deadline(row.into())))
        }
        DistrictId::PREFIX => {
            let id: DistrictId = id.parse().map_err(wrong)?;
            Ok(ctx.app()?.city.district(id).map(|row| Node::District(District(row.clone()))))
        }
        HearingId::PREFIX => {
            let id: HearingId = id.parse().map_err(wrong)?;
            Ok(ctx.loaders()?.load_one(id).await?.map(|row| Node::Hearing(row.into())))
        }
        LegalActionId::PREFIX => {
            let id: LegalActionId = id.parse().map_err(wrong)?;
            Ok(ctx.loaders()?.load_one(id).await?.map(|row| Node::LegalAction(row.into())))
        }
        InspectionId::PREFIX => {
            let id: InspectionId = id.parse().map_err(wrong)?;
            Ok(ctx.loaders()?.load_one(id).await?.map(|row| Node::Inspection(row.into())))
        }
        NoticeId::PREFIX => {
            let id: NoticeId = id.parse().map_err(wrong)?;
            Ok(ctx.loaders()?.load_one(id).await?.map(|row| Node::Notice(Notice(row))))
        }
        StaffId::PREFIX => {
            let id: StaffId = id.parse().map_err(wrong)?;
            Ok(ctx.loaders()?.load_one(id).await?.map(|row| Node::StaffMember(StaffMember(row))))
        }
        ViolationId::PREFIX => {
            let id: ViolationId = id.parse().map_err(wrong)?;
            Ok(ctx.loaders()?.load_one(id).await?.map(|row| Node::Violation(Violation(row))))
        }
        _ => Err(Error::BadInput("This is not an id of this API.".to_owned())),
    }
}
