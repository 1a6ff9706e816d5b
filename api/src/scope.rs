//! Where every read starts: the rows a viewer may see, as part of the SQL.

use entity::{
    address_alias, calendar_feed,
    call::{self, CallCategory},
    call_challenge, call_type_mapping, case, case_event, case_evidence, case_kind, citation_appeal,
    citation_fine, cost_billing, cost_entry, court_order, custody_entry, deadline, deadline_computation,
    deadline_extension, defendant, evidence, evidence_upload, feed, feed_run, flag, flag_call, flag_event,
    hearing,
    id::DistrictId,
    inspection, legal_action, legal_action_status_change, letter, letter_custody, notice, notice_service,
    nuisance_rule, order_violation, party, property, property_party, property_party_decision, referral,
    rejected_row, response_pause, session, staff, team_seat, tenant_impact, title_recording, violation,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait},
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
    ReadCases: case, case_kind, property, address_alias, party, property_party, property_party_decision, inspection,
        violation, notice, notice_service, legal_action, legal_action_status_change, hearing, deadline,
        deadline_computation, deadline_extension, court_order, order_violation, defendant, title_recording, tenant_impact,
        cost_entry, cost_billing, referral, citation_fine, citation_appeal, response_pause;
    ReadAggregates: nuisance_rule;
    ReadFeeds: feed, feed_run, call_type_mapping;
    ReadRejectedRows: rejected_row;
    ReadStaff: team_seat;
}

impl VisibleTo for staff::Entity {
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        // Whoever reads cases reads who works them.
        if viewer.reach(Action::ReadCases) == Reach::Everywhere {
            return unscoped();
        }
        within(viewer, Action::ReadStaff, |_| none())
    }
}

impl VisibleTo for case_event::Entity {
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let events = within(viewer, Action::ReadCases, |_| none());
        match viewer.reach(Action::ReadPrivileged) {
            Reach::Everywhere => events,
            _ => events.filter(case_event::Column::Privileged.eq(false)),
        }
    }
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
