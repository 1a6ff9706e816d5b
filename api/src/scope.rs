//! Where every read starts: the rows a viewer may see, as part of the SQL.

use entity::{
    access_token, address_alias, calendar_feed,
    call::{self, CallCategory},
    call_challenge, call_type_mapping, case, case_event, case_evidence, case_kind, citation_appeal,
    citation_fine, cost_billing, cost_entry, court_order, custody_entry, deadline, deadline_computation,
    deadline_extension, defendant, evidence, evidence_upload, feed, feed_run, flag, flag_call, flag_event,
    hearing,
    id::DistrictId,
    inspection, legal_action, legal_action_status_change, letter, letter_custody, litigation_hold, notice,
    notice_service, nuisance_rule, order_violation, party, property, property_party, property_party_decision,
    referral, rejected_row, response_pause, session, staff, team_seat, tenant_impact, title_recording,
    violation,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, LockBehavior, LockType},
};

use crate::{
    authz::{Action, Reach, Viewer},
    domain::call_behavior::{CallBehavior, behavior},
};

/// An entity whose rows are not for everybody.
pub trait VisibleTo: EntityTrait {
    /// The rows that `viewer` may see.
    fn visible_to(viewer: &Viewer) -> Select<Self>;
}

/// All rows, for what is nobody's in particular: sign-in, retries, presets and imports.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one other place where a read may start")]
pub fn unscoped<E: EntityTrait>() -> Select<E> {
    E::find()
}

/// Rows that one transaction holds until it ends.
pub trait LockRows: QuerySelect {
    /// Whoever else locks or changes them waits.
    ///
    /// `NO KEY` on PostgreSQL: rows that refer to these may be written meanwhile. With `FOR UPDATE` two transactions that
    /// both wrote such a row, and then lock what it refers to, would wait for each other. SQLite has one writer.
    #[must_use]
    fn lock_rows(self) -> Self {
        self.lock(LockType::NoKeyUpdate)
    }

    /// The same, without those that somebody else holds.
    #[must_use]
    fn lock_free_rows(self) -> Self {
        self.lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked)
    }
}

impl<Q: QuerySelect> LockRows for Q {}

fn within<E: EntityTrait>(
    viewer: &Viewer,
    action: Action,
    own: impl FnOnce(&[DistrictId]) -> Condition,
) -> Select<E> {
    let all = unscoped::<E>();
    match viewer.reach(action) {
        Reach::Everywhere => all,
        Reach::OwnDistricts => all.filter(own(&viewer.districts)),
        Reach::Nowhere => all.filter(none()),
    }
}

fn none() -> Condition {
    Condition::all().add(Expr::val(1).eq(0))
}

/// Entities that one action opens everywhere or not at all.
macro_rules! visible {
    ($($action:ident: $($module:ident),+;)+) => {$($(
        impl VisibleTo for $module::Entity {
            fn visible_to(viewer: &Viewer) -> Select<Self> {
                // No role reads these in its own district only.
                within(viewer, Action::$action, |_| none())
            }
        }
    )+)+};
}

visible! {
    ReadAggregates: nuisance_rule;
    ReadFeeds: feed, feed_run, call_type_mapping;
    ReadRejectedRows: rejected_row;
    ReadStaff: team_seat;
}

/// Cases and what goes with them, by their own column of the district: people read all of them, a program may be held to
/// some districts.
macro_rules! visible_by_district {
    ($($module:ident),+) => {$(
        impl VisibleTo for $module::Entity {
            fn visible_to(viewer: &Viewer) -> Select<Self> {
                within(viewer, Action::ReadCases, |own| {
                    Condition::all().add($module::Column::DistrictId.is_in(own.iter().copied()))
                })
            }
        }
    )+};
}

visible_by_district!(case, property, legal_action, hearing, deadline, cost_entry, referral);

/// What belongs to one of those is seen by whoever sees the one it belongs to.
macro_rules! visible_with {
    ($($owner:ident by $column:ident: $($module:ident),+;)+) => {$($(
        impl VisibleTo for $module::Entity {
            fn visible_to(viewer: &Viewer) -> Select<Self> {
                within(viewer, Action::ReadCases, |_| {
                    let seen = $owner::Entity::visible_to(viewer).select_only().column($owner::Column::Id);
                    Condition::all().add($module::Column::$column.in_subquery(seen.into_query()))
                })
            }
        }
    )+)+};
}

visible_with! {
    case by CaseId: case_kind, inspection, litigation_hold, violation, notice, tenant_impact, response_pause;
    property by PropertyId: address_alias, property_party;
    property_party by PropertyPartyId: property_party_decision;
    notice by NoticeId: notice_service, citation_fine, citation_appeal;
    legal_action by LegalActionId: legal_action_status_change, court_order, defendant, title_recording;
    court_order by CourtOrderId: order_violation;
    deadline by DeadlineId: deadline_computation, deadline_extension;
    cost_entry by EntryId: cost_billing;
}

impl VisibleTo for party::Entity {
    /// Whoever is held to some districts sees who has a part in a place there.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        within(viewer, Action::ReadCases, |_| {
            let parts = property_party::Entity::visible_to(viewer);
            let parts = parts.select_only().column(property_party::Column::PartyId);
            Condition::all().add(party::Column::Id.in_subquery(parts.into_query()))
        })
    }
}

impl VisibleTo for staff::Entity {
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        // Whoever reads cases reads who works them.
        if viewer.reach(Action::ReadCases) != Reach::Nowhere {
            return unscoped();
        }
        within(viewer, Action::ReadStaff, |_| none())
    }
}

impl VisibleTo for case_event::Entity {
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let events: Select<Self> = within(viewer, Action::ReadCases, |_| {
            let cases = case::Entity::visible_to(viewer).select_only().column(case::Column::Id);
            Condition::all().add(case_event::Column::CaseId.in_subquery(cases.into_query()))
        });
        match viewer.reach(Action::ReadPrivileged) {
            Reach::Everywhere => events,
            _ => events.filter(case_event::Column::Privileged.eq(false)),
        }
    }
}

impl VisibleTo for access_token::Entity {
    /// What programs may do is known to whoever knows the staff.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        within(viewer, Action::ReadStaff, |_| none())
    }
}

/// The same for an entry that was read on behalf of several viewers.
#[must_use]
pub fn sees_case_event(viewer: &Viewer, district: DistrictId, privileged: bool) -> bool {
    viewer.may(Action::ReadCases, Some(district))
        && (!privileged || viewer.reach(Action::ReadPrivileged) == Reach::Everywhere)
}

impl VisibleTo for evidence::Entity {
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let evidence = within(viewer, Action::ReadEvidence, |_| none());
        match viewer.reach(Action::ReadPrivileged) {
            Reach::Everywhere => evidence,
            _ => evidence.filter(evidence::Column::Privileged.eq(false)),
        }
    }
}

impl VisibleTo for custody_entry::Entity {
    /// Who sees a piece of evidence sees who handled it.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let evidence =
            evidence::Entity::visible_to(viewer).select_only().column(evidence::Column::Id).into_query();
        unscoped::<Self>().filter(custody_entry::Column::EvidenceId.in_subquery(evidence))
    }
}

impl VisibleTo for letter::Entity {
    /// A letter of a case is evidence; an early warning tells of calls.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let of_cases = letter::Column::CaseId.is_not_null();
        let of_cases = Condition::all()
            .add(of_cases)
            .add_option((viewer.reach(Action::ReadEvidence) != Reach::Everywhere).then(none));
        let own = letter::Column::DistrictId.is_in(viewer.districts.iter().copied());
        let warnings = Condition::all().add(letter::Column::CaseId.is_null()).add_option(
            match viewer.reach(Action::ReadCalls) {
                Reach::Everywhere => None,
                Reach::OwnDistricts => Some(Condition::all().add(own)),
                Reach::Nowhere => Some(none()),
            },
        );
        unscoped::<Self>().filter(Condition::any().add(of_cases).add(warnings))
    }
}

impl VisibleTo for letter_custody::Entity {
    /// Who sees a letter sees who handled it.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let letters =
            letter::Entity::visible_to(viewer).select_only().column(letter::Column::Id).into_query();
        unscoped::<Self>().filter(letter_custody::Column::LetterId.in_subquery(letters))
    }
}

impl VisibleTo for evidence_upload::Entity {
    /// A file on its way is its sender's alone.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        match viewer.staff_id() {
            Some(sender) => within(viewer, Action::AddEvidence, |_| Condition::all())
                .filter(evidence_upload::Column::CreatedBy.eq(sender)),
            None => unscoped().filter(none()),
        }
    }
}

impl VisibleTo for calendar_feed::Entity {
    /// A calendar that can be followed from outside is its owner's alone.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        match viewer.staff_id() {
            Some(owner) => unscoped().filter(calendar_feed::Column::OwnerId.eq(owner)),
            None => unscoped().filter(none()),
        }
    }
}

impl VisibleTo for session::Entity {
    /// Where somebody is signed in is theirs alone.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        match viewer.staff_id() {
            Some(owner) => unscoped().filter(session::Column::StaffId.eq(owner)),
            None => unscoped().filter(none()),
        }
    }
}

impl VisibleTo for flag::Entity {
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        within(viewer, Action::ReadCalls, |own| {
            Condition::all().add(flag::Column::DistrictId.is_in(own.iter().copied()))
        })
    }
}

/// What belongs to a flag is seen by whoever sees the flag.
macro_rules! visible_with_the_flag {
    ($($module:ident),+) => {$(
        impl VisibleTo for $module::Entity {
            fn visible_to(viewer: &Viewer) -> Select<Self> {
                within(viewer, Action::ReadCalls, |own| {
                    let mut flags = sea_orm::sea_query::Query::select();
                    flags
                        .column(flag::Column::Id)
                        .from(flag::Entity)
                        .and_where(flag::Column::DistrictId.is_in(own.iter().copied()));
                    Condition::all().add($module::Column::FlagId.in_subquery(flags))
                })
            }
        }
    )+};
}

visible_with_the_flag!(flag_call, flag_event, case_evidence);

impl VisibleTo for call_challenge::Entity {
    /// A challenge whose call is protected now is shown to nobody either: its words may tell what happened.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let calls = call::Entity::visible_to(viewer).select_only().column(call::Column::Id).into_query();
        unscoped::<Self>().filter(call_challenge::Column::CallId.in_subquery(calls))
    }
}

impl VisibleTo for call::Entity {
    /// Protected calls are never shown singly, to nobody.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let calls: Select<Self> = within(viewer, Action::ReadCalls, |own| {
            let mut places = sea_orm::sea_query::Query::select();
            places
                .column(property::Column::Id)
                .from(property::Entity)
                .and_where(property::Column::DistrictId.is_in(own.iter().copied()));
            Condition::all().add(call::Column::PropertyId.in_subquery(places))
        });
        calls.filter(call::Column::Category.is_not_in(protected()))
    }
}

fn protected() -> impl Iterator<Item = CallCategory> {
    CallCategory::ALL.iter().copied().filter(|category| behavior(*category) == CallBehavior::Protected)
}
