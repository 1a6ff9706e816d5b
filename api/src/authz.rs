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
    /// Districts in which the viewer holds a seat, or which a token is for.
    pub districts: Vec<DistrictId>,
    /// The session that asks, if one does.
    pub session: Option<SessionId>,
    /// The city asks for a second factor, and they signed in without one: they can enrol one and nothing else.
    pub lacks_second_factor: bool,
}

/// The person or program behind a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Staff(StaffId),
    Token {
        id: AccessTokenId,
        scope: TokenScope,
        feed: Option<FeedId>,
        /// Held to the viewer's districts.
        in_districts: bool,
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
    /// Make and revoke access tokens of programs.
    ChangeTokens,
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
        Self {
            actor: Actor::Server,
            role: StaffRole::Administrator,
            districts: Vec::new(),
            session: None,
            lacks_second_factor: false,
        }
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
        if self.lacks_second_factor && action != Action::KeepOwnAccount {
            return Reach::Nowhere;
        }
        match self.actor {
            Actor::Server => Reach::Everywhere,
            Actor::Token { scope, in_districts, .. } => reach_of_token(scope, in_districts, action),
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
        let message = match (self.reach(action), self.lacking(action)) {
            (Reach::Nowhere, Some(lacking)) => lacking,
            (Reach::Nowhere, None) => "Your role may not do this.".to_owned(),
            _ => "Only the team of this place's district may do this.".to_owned(),
        };
        Err(Refusal::new(Code::NotAllowed, message))
    }

    /// What a viewer who may not do it anywhere would need for it; none when it is not theirs to get.
    #[must_use]
    pub fn lacking(&self, action: Action) -> Option<String> {
        if self.lacks_second_factor {
            let message = "This city asks for a second factor: enrol yours with `secondFactorEnrol` and \
                           `secondFactorConfirm`.";
            return Some(message.to_owned());
        }
        let Actor::Token { scope: has, .. } = self.actor else { return None };
        let needed =
            TokenScope::ALL.iter().find(|scope| reach_of_token(**scope, false, action) != Reach::Nowhere);
        Some(match needed {
            Some(needed) => format!(
                "This needs a token of the scope {needed}; this token has the scope {has}. An administrator makes \
                 one with `accessTokenCreate`."
            ),
            None => format!("No token may do this, whatever its scope; this token has the scope {has}."),
        })
    }
}

fn reach_of_token(scope: TokenScope, in_districts: bool, action: Action) -> Reach {
    match (scope, action) {
        (TokenScope::ReadCases, Action::ReadCases) if in_districts => Reach::OwnDistricts,
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
        (R::CityAttorney, A::ReviewFlags | A::ReadRejectedRows | A::ChangeTokens | A::PushCalls) => Nowhere,
        (R::CityAttorney, _) => Everywhere,
        (R::Commissioner, A::ReadAggregates | A::ReadFeeds) => Everywhere,
        (
            R::Administrator,
            A::ReadFeeds
            | A::RunFeeds
            | A::ReadRejectedRows
            | A::ReadStaff
            | A::ChangeSeats
            | A::ChangeTokens,
        ) => Everywhere,
        (R::Commissioner | R::Administrator | R::Integration, _) => Nowhere,
    }
}
