//! Limits on what one request may ask, checked before the library walks the document.
//!
//! The library follows a fragment anew at each spread, before any limit of its own acts; so the counting is done here,
//! and it ends as soon as a limit is passed.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Request, Value,
    parser::types::{FragmentDefinition, OperationType, Selection, SelectionSet},
};

use crate::error::{Error, Result};

/// Cost of one operation at most: each field 1, lists times their `first`.
pub const COMPLEXITY: usize = 20_000;
/// Nesting that the parser follows at most.
pub const RECURSION: usize = 32;
/// Nesting of data fields at most.
pub const DEPTH: usize = 12;
/// Nesting of introspection fields at most.
pub const INTROSPECTION_DEPTH: usize = 20;
/// Fields of a document at most, those of a fragment once for every spread.
pub const FIELDS: usize = 2_000;
/// Aliases of a document at most, counted likewise.
pub const ALIASES: usize = 100;
/// Directives of a document at most, counted likewise.
pub const DIRECTIVES: usize = 50;

/// Brackets open at once in a document at most: what the parser may recurse into.
pub const BRACKETS: usize = 64;

/// Parses the request's document, once, and refuses what is too large or no text that can be kept.
pub fn check(request: &mut Request) -> Result<()> {
    if says_nul(&request.query) || request.variables.values().any(has_nul) {
        let message = "A text of the request holds the character U+0000, which no database keeps.";
        return Err(Error::BadInput(message.to_owned()));
    }
    if deepest_bracket(&request.query) > BRACKETS {
        return Err(Error::TooComplex(format!(
            "The request is too complex: more than {BRACKETS} brackets deep."
        )));
    }
    let Ok(document) = request.parsed_query() else {
        // The library tells what is wrong, and where, when it runs.
        return Ok(());
    };
    let mut count = Count { fragments: &document.fragments, fields: 0, aliases: 0, directives: 0 };
    for (_, operation) in document.operations.iter() {
        count.directives += operation.node.directives.len();
        count.walk(&operation.node.selection_set.node, 1, false)?;
    }
    Ok(())
}

/// What a request asks for, as far as it can be read and is not too large; a query when it cannot.
pub fn operation_of(request: &mut Request) -> OperationType {
    if check(request).is_err() {
        return OperationType::Query;
    }
    let wanted = request.operation_name.clone();
    let Ok(document) = request.parsed_query() else { return OperationType::Query };
    let mut asked = document.operations.iter().filter(|(name, _)| {
        let name: Option<&str> = name.map(Name::as_str);
        wanted.is_none() || name == wanted.as_deref()
    });
    let types: Vec<OperationType> = asked.by_ref().map(|(_, operation)| operation.node.ty).collect();
    let of = |ty| types.contains(&ty).then_some(ty);
    of(OperationType::Mutation).or_else(|| of(OperationType::Subscription)).unwrap_or(OperationType::Query)
}

// As it is, or as a string of the document writes it.
fn says_nul(document: &str) -> bool {
    document.contains('\0') || document.contains("\\u0000")
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::List(values) => values.iter().any(has_nul),
        Value::Object(fields) => fields.values().any(has_nul),
        Value::Null | Value::Number(_) | Value::Boolean(_) | Value::Binary(_) | Value::Enum(_) => false,
    }
}

// Brackets within strings count too, which only a document made for it notices.
fn deepest_bracket(query: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for byte in query.bytes() {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

struct Count<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    fields: usize,
    aliases: usize,
    directives: usize,
}

impl Count<'_> {
    // A spread is walked each time it occurs, but the totals end the walk long before it can take long.
    fn walk(&mut self, set: &SelectionSet, depth: usize, introspection: bool) -> Result<()> {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    self.fields += 1;
                    self.aliases += usize::from(field.alias.is_some());
                    self.directives += field.directives.len();
                    let inside = introspection || matches!(field.name.node.as_str(), "__schema" | "__type");
                    self.check(depth, inside)?;
                    self.walk(&field.selection_set.node, depth + 1, inside)?;
                }
                Selection::InlineFragment(fragment) => {
                    self.directives += fragment.node.directives.len();
                    self.check(depth, introspection)?;
                    self.walk(&fragment.node.selection_set.node, depth, introspection)?;
                }
                Selection::FragmentSpread(spread) => {
                    self.fields += 1;
                    self.directives += spread.node.directives.len();
                    self.check(depth, introspection)?;
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) {
                        // One deeper, so that fragments which spread each other in a circle end here.
                        self.walk(&fragment.node.selection_set.node, depth + 1, introspection)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn check(&self, depth: usize, introspection: bool) -> Result<()> {
        let deepest = if introspection { INTROSPECTION_DEPTH } else { DEPTH };
        let limits = [
            ("levels", depth, deepest),
            ("fields", self.fields, FIELDS),
            ("aliases", self.aliases, ALIASES),
            ("directives", self.directives, DIRECTIVES),
        ];
        match limits.into_iter().find(|(_, count, most)| count > most) {
            Some((what, _, most)) => {
                Err(Error::TooComplex(format!("The request is too complex: more than {most} {what}.")))
            }
            None => Ok(()),
        }
    }
}
