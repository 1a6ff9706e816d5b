//! Who may do what: the one policy of the server, a pure table of role, action and district.

use entity::{
    access_token::TokenScope,
    id::{AccessTokenId, DistrictId, FeedId, SessionId, StaffId},
    staff::StaffRole,
};

use crate::domain::refusal::{Code, Refusal};

/// Who is asking.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub actor: Actor,
    pub role: StaffRole,
    /// Districts in which the viewer holds a seat.
    pub districts: Vec<DistrictId>,
    /// The session that asks, if one does.
    pub session: Option<SessionId>,
}

/// The person or program behind a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Staff(StaffId),
    Token {
        id: AccessTokenId,
        scope: TokenScope,
        feed: Option<FeedId>,
    },
    /// The server itself or somebody at its command line.
    Server,
}

/// What somebody may do or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Cases, places, parties, violations, notices, inspections, legal actions, deadlines.
    ReadCases,
    WorkCases,
    ReadPrivileged,
    WritePrivileged,
    /// Single calls of a place, flags and their explanation.
    ReadCalls,
    ReviewFlags,
    /// Record that an owner, tenant or manager challenges a counted call.
    RecordChallenges,
    DecideChallenges,
    OpenCaseFromFlag,
    ReferLegalAction,
    /// Authorise, file, hearings, orders.
    ConductLegalAction,
    /// Take a step of a legal action; the remedy says whose step it is.
    TakeLegalSteps,
    /// Inspections, violations, notices, citations.
    EnforceCode,
    SetDeadlines,
    /// Confirm a remedy that the city's preset does not enable.
    ConfirmRemedies,
    /// Move a deadline to a later day.
    ExtendDeadlines,
    /// The same for the day by which a notice asks for compliance.
    ExtendCompliance,
    CloseCases,
    /// Evidence and its custody log; the privileged part needs `ReadPrivileged`, `WritePrivileged` as well.
    ReadEvidence,
    AddEvidence,
    /// Follow calendars of hearings and deadlines from outside.
    FollowCalendars,
    /// Their own password, second factor and sessions.
    KeepOwnAccount,
    /// Rules in force, oversight, aggregates.
    ReadAggregates,
    ReadFeeds,
    RunFeeds,
    ReadRejectedRows,
    ReadStaff,
    ChangeSeats,
    PushCalls,
}

/// Where a viewer may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Nowhere,
    OwnDistricts,
    Everywhere,
}

impl Viewer {
    /// The server itself: presets, imports and the command line.
    #[must_use]
    pub fn server() -> Self {
        Self { actor: Actor::Server, role: StaffRole::Administrator, districts: Vec::new(), session: None }
    }

    #[must_use]
    pub fn staff_id(&self) -> Option<StaffId> {
        match self.actor {
            Actor::Staff(id) => Some(id),
            Actor::Token { .. } | Actor::Server => None,
        }
    }

    #[must_use]
    pub fn reach(&self, action: Action) -> Reach {
        match self.actor {
            Actor::Server => Reach::Everywhere,
            Actor::Token { scope, .. } => reach_of_token(scope, action),
            Actor::Staff(_) => reach_of(self.role, action),
        }
    }

    /// Whether the viewer may do it in that district; a thing without a district counts as another's.
    #[must_use]
    pub fn may(&self, action: Action, district: Option<DistrictId>) -> bool {
        match self.reach(action) {
            Reach::Nowhere => false,
            Reach::Everywhere => true,
            Reach::OwnDistricts => district.is_some_and(|id| self.districts.contains(&id)),
        }
    }

    /// Whether the viewer may push calls of that feed: a program whose token is for it and nothing else.
    #[must_use]
    pub fn may_push(&self, to: FeedId) -> bool {
        matches!(self.actor, Actor::Token { scope: TokenScope::PushCalls, feed: Some(feed), .. } if feed == to)
    }

    /// The same as a verdict for a mutation.
    pub fn require(&self, action: Action, district: Option<DistrictId>) -> Result<(), Refusal> {
        if self.may(action, district) {
            return Ok(());
        }
        let message = match self.reach(action) {
            Reach::Nowhere => "Your role may not do this.",
            _ => "Only the team of this place's district may do this.",
        };
        Err(Refusal::new(Code::NotAllowed, message))
    }
}

fn reach_of_token(scope: TokenScope, action: Action) -> Reach {
    match (scope, action) {
        (TokenScope::ReadCases, Action::ReadCases) | (TokenScope::PushCalls, Action::PushCalls) => {
            Reach::Everywhere
        }
        _ => Reach::Nowhere,
    }
}

fn reach_of(role: StaffRole, action: Action) -> Reach {
    use Action as A;
    use Reach::{Everywhere, Nowhere, OwnDistricts};
    use StaffRole as R;
    match (role, action) {
        (_, A::KeepOwnAccount) => Everywhere,
        (R::Attorney | R::Sergeant | R::CodeOfficer, action) => match (action, role) {
            (A::ReadCases | A::ReadAggregates | A::ReadFeeds | A::ReadStaff, _) => Everywhere,
            (A::ReadEvidence, _) | (A::ReadPrivileged, R::Attorney) | (A::RunFeeds, R::Sergeant) => {
                Everywhere
            }
            (A::WorkCases | A::ReadCalls | A::OpenCaseFromFlag | A::ReferLegalAction, _) => OwnDistricts,
            (A::SetDeadlines | A::CloseCases | A::RecordChallenges | A::AddEvidence, _) => OwnDistricts,
            (A::FollowCalendars, _) => OwnDistricts,
            (A::DecideChallenges, R::Attorney | R::Sergeant) => OwnDistricts,
            (A::WritePrivileged | A::ConductLegalAction | A::ExtendDeadlines, R::Attorney) => OwnDistricts,
            (A::EnforceCode | A::ExtendCompliance, R::Attorney | R::CodeOfficer) => OwnDistricts,
            (A::TakeLegalSteps, R::Attorney | R::CodeOfficer) => OwnDistricts,
            (A::ReviewFlags, R::Sergeant) => OwnDistricts,
            _ => Nowhere,
        },
        (R::CityAttorney, A::ReviewFlags | A::ReadRejectedRows | A::PushCalls) => Nowhere,
        (R::CityAttorney, _) => Everywhere,
        (R::Commissioner, A::ReadAggregates | A::ReadFeeds) => Everywhere,
        (
            R::Administrator,
            A::ReadFeeds | A::RunFeeds | A::ReadRejectedRows | A::ReadStaff | A::ChangeSeats,
        ) => Everywhere,
        (R::Commissioner | R::Administrator | R::Integration, _) => Nowhere,
    }
}
