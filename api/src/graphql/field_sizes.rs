//! Every field of an answer is a future on the heap, as large as the largest one of its type: those that lists are full of
//! are kept small.

use std::future::Future;

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, OutputType, Positioned, parser::types::Field,
};

use super::{
    case::Case,
    case_event::CaseEvent,
    flag::Flag,
    hearing::Hearing,
    legal_action::LegalAction,
    property::Property,
    staff::{District, StaffMember},
};

// Of the type alone, no future is made.
fn size<'a, T: 'a, F: Future>(_: impl FnOnce(&'a T, &'a Context<'a>) -> F) -> usize {
    size_of::<F>()
}

fn whole<'a, T: 'a, F: Future>(
    _: impl FnOnce(&'a T, &'a ContextSelectionSet<'a>, &'a Positioned<Field>) -> F,
) -> usize {
    size_of::<F>()
}

#[test]
fn the_fields_that_lists_are_full_of_are_small() {
    let fields = [
        ("Case", size(Case::resolve_field), whole(<Case as OutputType>::resolve)),
        ("CaseEvent", size(CaseEvent::resolve_field), whole(<CaseEvent as OutputType>::resolve)),
        ("District", size(District::resolve_field), whole(<District as OutputType>::resolve)),
        ("Flag", size(Flag::resolve_field), whole(<Flag as OutputType>::resolve)),
        ("Hearing", size(Hearing::resolve_field), whole(<Hearing as OutputType>::resolve)),
        ("LegalAction", size(LegalAction::resolve_field), whole(<LegalAction as OutputType>::resolve)),
        ("Property", size(Property::resolve_field), whole(<Property as OutputType>::resolve)),
        ("StaffMember", size(StaffMember::resolve_field), whole(<StaffMember as OutputType>::resolve)),
    ];
    let large: Vec<_> = fields.into_iter().filter(|(_, field, _)| *field > 1_536).collect();
    assert!(large.is_empty(), "bytes of a field, of the whole: {large:?}");
}
