//! Limits on what one request may ask, checked right after parsing and before the library walks the document.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{
    Name, Positioned, ServerError, ServerResult, Variables,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextParseQuery},
    parser::types::{ExecutableDocument, FragmentDefinition, Selection, SelectionSet},
};

use crate::error::Error;

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

/// The extension that refuses what is too large.
pub struct Limits {
    /// Whether introspection is allowed, and may be nested deeper.
    pub introspection: bool,
}

impl ExtensionFactory for Limits {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self { introspection: self.introspection })
    }
}

#[async_trait::async_trait]
impl Extension for Limits {
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let document = next.run(ctx, query, variables).await?;
        let mut count = Count { fragments: &document.fragments, ..Count::default() };
        for (_, operation) in document.operations.iter() {
            count.directives += operation.node.directives.len();
            count.walk(&operation.node.selection_set.node, 1, false).map_err(|message| {
                ServerError::new(message.clone(), Some(operation.pos)).set_code(Error::TooComplex(message))
            })?;
        }
        Ok(document)
    }
}

trait SetCode {
    fn set_code(self, error: Error) -> Self;
}

impl SetCode for ServerError {
    fn set_code(mut self, error: Error) -> Self {
        self.extensions.get_or_insert_default().set("code", error.code());
        self
    }
}

#[derive(Clone, Copy)]
struct Count<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    fields: usize,
    aliases: usize,
    directives: usize,
}

impl Default for Count<'_> {
    fn default() -> Self {
        static NONE: std::sync::LazyLock<HashMap<Name, Positioned<FragmentDefinition>>> =
            std::sync::LazyLock::new(HashMap::new);
        Self { fragments: &NONE, fields: 0, aliases: 0, directives: 0 }
    }
}

impl Count<'_> {
    // A spread is walked each time it occurs, but the totals end the walk long before it can take long.
    fn walk(&mut self, set: &SelectionSet, depth: usize, introspection: bool) -> Result<(), String> {
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

    fn check(&self, depth: usize, introspection: bool) -> Result<(), String> {
        let deepest = if introspection { INTROSPECTION_DEPTH } else { DEPTH };
        let limits = [
            ("levels", depth, deepest),
            ("fields", self.fields, FIELDS),
            ("aliases", self.aliases, ALIASES),
            ("directives", self.directives, DIRECTIVES),
        ];
        match limits.into_iter().find(|(_, count, most)| count > most) {
            Some((what, _, most)) => Err(format!("The request is too complex: more than {most} {what}.")),
            None => Ok(()),
        }
    }
}
