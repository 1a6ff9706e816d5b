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
    /// Where letters reach an owner, a manager or an occupant: often their home.
    ReadPartyAddresses,
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
    /// Who is a member of staff.
    ChangeStaff,
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
            Actor::Token { scope, in_districts, .. } => match row(action)[column_of_token(scope)] {
                Reach::Everywhere if in_districts => Reach::OwnDistricts,
                reach => reach,
            },
            Actor::Staff(_) => column_of(self.role).map_or(Reach::Nowhere, |column| row(action)[column]),
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
            TokenScope::ALL.iter().find(|scope| row(action)[column_of_token(**scope)] != Reach::Nowhere);
        Some(match needed {
            Some(needed) => format!(
                "This needs a token of the scope {needed}; this token has the scope {has}. An administrator makes \
                 one with `accessTokenCreate`."
            ),
            None => format!("No token may do this, whatever its scope; this token has the scope {has}."),
        })
    }
}

/// Where each role and each kind of token may do a thing: DESIGN.md's table, one line per action. The columns are, in this
/// order: attorney, sergeant, code officer, city attorney, commissioner, administrator, a token that reads cases (of its
/// districts only, when it is held to some), a token that pushes calls. Another district's things are what `OWN` leaves out;
/// what has no district is another's too.
#[rustfmt::skip] // or the columns no longer stand below one another
const fn row(action: Action) -> [Reach; 8] {
    use Action as A;
    const NO: Reach = Reach::Nowhere;
    const OWN: Reach = Reach::OwnDistricts;
    const ALL: Reach = Reach::Everywhere;
    match action {
        //                        attorney sergeant code  city comm. admin. reads pushes
        A::ReadCases             => [ALL, ALL, ALL, ALL, NO , NO , ALL, NO],
        A::WorkCases             => [OWN, OWN, OWN, ALL, NO , NO , NO , NO],
        A::ReadPartyAddresses    => [ALL, ALL, ALL, ALL, NO , NO , NO , NO],
        A::ReadPrivileged        => [ALL, NO , NO , ALL, NO , NO , NO , NO],
        A::WritePrivileged       => [OWN, NO , NO , ALL, NO , NO , NO , NO],
        A::ReadCalls             => [OWN, OWN, OWN, ALL, NO , NO , NO , NO],
        A::ReviewFlags           => [NO , OWN, NO , NO , NO , NO , NO , NO],
        A::RecordChallenges      => [OWN, OWN, OWN, ALL, NO , NO , NO , NO],
        A::DecideChallenges      => [OWN, OWN, NO , ALL, NO , NO , NO , NO],
        A::OpenCaseFromFlag      => [OWN, OWN, OWN, ALL, NO , NO , NO , NO],
        A::ReferLegalAction      => [OWN, OWN, OWN, ALL, NO , NO , NO , NO],
        A::ConductLegalAction    => [OWN, NO , NO , ALL, NO , NO , NO , NO],
        A::TakeLegalSteps        => [OWN, NO , OWN, ALL, NO , NO , NO , NO],
        A::EnforceCode           => [OWN, NO , OWN, ALL, NO , NO , NO , NO],
        A::SetDeadlines          => [OWN, OWN, OWN, ALL, NO , NO , NO , NO],
        A::ConfirmRemedies       => [NO , NO , NO , ALL, NO , NO , NO , NO],
        A::ExtendDeadlines       => [OWN, NO , NO , ALL, NO , NO , NO , NO],
        A::ExtendCompliance      => [OWN, NO , OWN, ALL, NO , NO , NO , NO],
        A::CloseCases            => [OWN, OWN, OWN, ALL, NO , NO , NO , NO],
        A::ReadEvidence          => [ALL, ALL, ALL, ALL, NO , NO , NO , NO],
        A::AddEvidence           => [OWN, OWN, OWN, ALL, NO , NO , NO , NO],
        A::FollowCalendars       => [OWN, OWN, OWN, ALL, NO , NO , NO , NO],
        A::KeepOwnAccount        => [ALL, ALL, ALL, ALL, ALL, ALL, NO , NO],
        A::ReadAggregates        => [ALL, ALL, ALL, ALL, ALL, NO , NO , NO],
        A::ReadFeeds             => [ALL, ALL, ALL, ALL, ALL, ALL, NO , NO],
        A::RunFeeds              => [NO , ALL, NO , ALL, NO , ALL, NO , NO],
        A::ReadRejectedRows      => [NO , NO , NO , NO , NO , ALL, NO , NO],
        A::ReadStaff             => [ALL, ALL, ALL, ALL, NO , ALL, NO , NO],
        A::ChangeSeats           => [NO , NO , NO , ALL, NO , ALL, NO , NO],
        A::ChangeStaff           => [NO , NO , NO , NO , NO , ALL, NO , NO],
        A::ChangeTokens          => [NO , NO , NO , NO , NO , ALL, NO , NO],
        A::PushCalls             => [NO , NO , NO , NO , NO , NO , NO , ALL],
    }
}

/// Which column of the table is a member's of staff; a program that is no token has none.
const fn column_of(role: StaffRole) -> Option<usize> {
    match role {
        StaffRole::Attorney => Some(0),
        StaffRole::Sergeant => Some(1),
        StaffRole::CodeOfficer => Some(2),
        StaffRole::CityAttorney => Some(3),
        StaffRole::Commissioner => Some(4),
        StaffRole::Administrator => Some(5),
        StaffRole::Integration => None,
    }
}

const fn column_of_token(scope: TokenScope) -> usize {
    match scope {
        TokenScope::ReadCases => 6,
        TokenScope::PushCalls => 7,
    }
}
