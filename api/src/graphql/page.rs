//! Relay connections over keyset pages.

use async_graphql::SimpleObject;

use crate::reads::page::{DEFAULT, MOST};

/// Where a page stands in its list.
#[derive(Clone, Debug, SimpleObject)]
pub struct PageInfo {
    /// Whether items follow this page.
    pub has_next_page: bool,
    /// Whether items precede this page.
    pub has_previous_page: bool,
    /// Cursor of the first item.
    pub start_cursor: Option<String>,
    /// Cursor of the last item.
    pub end_cursor: Option<String>,
}

/// The complexity of a list: each item costs what is selected of it.
#[must_use]
pub fn cost(count: Option<i32>, of_one: usize) -> usize {
    // A count out of range is refused when the field runs; here it only has to be large.
    usize::try_from(count.unwrap_or(DEFAULT).clamp(1, MOST)).unwrap_or(1) * of_one.max(1)
}

/// Declares `XConnection` and `XEdge` over the node type `X`.
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ty, $what:literal) => {
        #[doc = concat!("A page of ", $what, ".")]
        pub struct $connection(pub $crate::reads::page::Page<$node>);

        #[doc = concat!("One of the ", $what, " of a page, with its cursor.")]
        #[derive(async_graphql::SimpleObject)]
        pub struct $edge {
            /// The item.
            node: $node,
            /// Opaque; `after` or `before` take it.
            cursor: String,
        }

        impl $connection {
            /// Makes nodes of a page's rows.
            pub fn of<T>(page: $crate::reads::page::Page<T>, node: impl Fn(T) -> $node) -> Self {
                let rows = page.rows.into_iter().map(|(cursor, row)| (cursor, node(row))).collect();
                Self($crate::reads::page::Page {
                    rows,
                    has_next: page.has_next,
                    has_previous: page.has_previous,
                    count: page.count,
                })
            }
        }

        #[doc = concat!("A page of ", $what, ".")]
        #[async_graphql::Object]
        impl $connection {
            /// The items with their cursors.
            async fn edges(&self) -> Vec<$edge> {
                let edge =
                    |(cursor, node): &(String, $node)| $edge { node: node.clone(), cursor: cursor.clone() };
                self.0.rows.iter().map(edge).collect()
            }

            /// The items.
            async fn nodes(&self) -> $crate::graphql::at_once::AllAtOnce<&$node> {
                self.0.rows.iter().map(|(_, node)| node).collect()
            }

            /// Where this page stands in the list.
            async fn page_info(&self) -> $crate::graphql::page::PageInfo {
                $crate::graphql::page::PageInfo {
                    has_next_page: self.0.has_next,
                    has_previous_page: self.0.has_previous,
                    start_cursor: self.0.rows.first().map(|(cursor, _)| cursor.clone()),
                    end_cursor: self.0.rows.last().map(|(cursor, _)| cursor.clone()),
                }
            }

            /// Items of the whole list; counted only when selected.
            async fn total_count(&self, ctx: &async_graphql::Context<'_>) -> $crate::error::Result<i32> {
                use $crate::graphql::context::Ask as _;
                self.0.count.total(&ctx.app()?.db).await
            }
        }
    };
}
pub(crate) use connection;
