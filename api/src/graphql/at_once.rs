//! Objects and lists that answer at once what is there already.
//!
//! The library makes a task of each field and each item and lets all of them wait for one another, which costs more than most
//! fields take to answer. Here each is asked once, in the order of the document; only those that wait are waited for, together,
//! so that what they load is loaded in one batch.

use std::{borrow::Cow, task::Poll};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Name, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::{Field, Selection},
    registry::Registry,
    resolver_utils::resolve_container,
};
use futures_util::{
    future::FutureExt,
    poll,
    stream::{FuturesUnordered, StreamExt},
};

/// One object.
#[derive(Clone, Debug)]
pub struct AtOnce<T>(pub T);

impl<T: ContainerType> OutputType for AtOnce<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        // On the heap, as objects lie in one another without end.
        object(ctx, &self.0).boxed().await
    }
}

/// Objects in their order.
#[derive(Clone, Debug)]
pub struct AllAtOnce<T>(Vec<T>);

impl<T> FromIterator<T> for AllAtOnce<T> {
    fn from_iter<I: IntoIterator<Item = T>>(objects: I) -> Self {
        Self(objects.into_iter().collect())
    }
}

impl<T: ContainerType> OutputType for AllAtOnce<T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        list(ctx, &self.0).boxed().await
    }
}

async fn list<T: ContainerType>(ctx: &ContextSelectionSet<'_>, items: &[T]) -> ServerResult<Value> {
    let mut values = vec![Value::Null; items.len()];
    let places: Vec<_> = (0..items.len()).map(|index| ctx.with_index(index)).collect();
    let asked = items.iter().zip(&places).map(|(item, at)| object(at, item));
    each_at_once(asked, |index, value| {
        if let Some(value) = value {
            values[index] = value?;
        }
        Ok(())
    })
    .await?;
    Ok(Value::List(values))
}

async fn object<T: ContainerType>(ctx: &ContextSelectionSet<'_>, root: &T) -> ServerResult<Value> {
    let Some(fields) = plain_fields(ctx, &T::type_name()) else {
        return resolve_container(ctx, root).boxed().await;
    };
    let fields: Vec<Context<'_>> = fields.into_iter().map(|field| ctx.with_field(field)).collect();
    let asked = fields.iter().map(|field| async move {
        if field.item.node.name.node == "__typename" {
            return Ok(Some(Value::String(root.introspection_type_name().into_owned())));
        }
        root.resolve_field(field).await
    });
    let mut answers = Answers { ctx, of: IndexMap::with_capacity(fields.len()) };
    each_at_once(asked, |index, value| {
        // Who waits keeps its place in the order of the document.
        answers.keep(&fields[index].item.node.response_key().node, value.unwrap_or(Ok(None)));
        Ok(())
    })
    .await?;
    Ok(if answers.of.is_empty() { Value::Null } else { Value::Object(answers.of) })
}

/// Asks each once and keeps what it answers, or that it waits; then what those answer that had to wait.
async fn each_at_once<T, F: Future<Output = T> + Send>(
    asked: impl Iterator<Item = F>,
    mut keep: impl FnMut(usize, Option<T>) -> ServerResult<()>,
) -> ServerResult<()> {
    let mut waiting = Vec::new();
    for (index, future) in asked.enumerate() {
        let mut answer = Box::pin(future);
        match poll!(&mut answer) {
            Poll::Ready(value) => keep(index, Some(value))?,
            Poll::Pending => {
                keep(index, None)?;
                waiting.push(answer.map(move |value| (index, value)));
            }
        }
    }
    if waiting.is_empty() {
        return Ok(());
    }
    let mut waiting: FuturesUnordered<_> = waiting.into_iter().collect();
    while let Some((index, value)) = waiting.next().await {
        keep(index, Some(value))?;
    }
    Ok(())
}

struct Answers<'a> {
    ctx: &'a ContextSelectionSet<'a>,
    of: IndexMap<Name, Value>,
}

impl Answers<'_> {
    // As the library does it: what failed is told, and is not there.
    fn keep(&mut self, key: &Name, value: ServerResult<Option<Value>>) {
        match value {
            Ok(value) => {
                self.of.insert(key.clone(), value.unwrap_or_default());
            }
            Err(error) => {
                self.of.shift_remove(key);
                self.ctx.add_error(error);
            }
        }
    }
}

/// What is asked for, where each of it is asked for once and as it is. What has to be put together from several places, what
/// stands behind a directive and what is asked of an interface is left to the library.
fn plain_fields<'a>(ctx: &ContextSelectionSet<'a>, of: &str) -> Option<Vec<&'a Positioned<Field>>> {
    let mut fields = Vec::with_capacity(ctx.item.node.items.len());
    collect(ctx, &ctx.item.node.items, of, &mut fields).then_some(fields)
}

fn collect<'a>(
    ctx: &ContextSelectionSet<'a>,
    selections: &'a [Positioned<Selection>],
    of: &str,
    fields: &mut Vec<&'a Positioned<Field>>,
) -> bool {
    selections.iter().all(|selection| match &selection.node {
        Selection::Field(field) => {
            let key = &field.node.response_key().node;
            let same = fields.iter().find(|other| other.node.response_key().node == *key);
            match same {
                // Documents where they could differ do not fit the schema.
                Some(_) if !field.node.directives.is_empty() => false,
                Some(_) => field.node.selection_set.node.items.is_empty(),
                None => {
                    fields.push(field);
                    field.node.directives.is_empty()
                }
            }
        }
        Selection::InlineFragment(fragment) => {
            let condition = fragment.node.type_condition.as_ref();
            fragment.node.directives.is_empty()
                && condition.is_none_or(|condition| condition.node.on.node == of)
                && collect(ctx, &fragment.node.selection_set.node.items, of, fields)
        }
        Selection::FragmentSpread(spread) => {
            let fragment = ctx.query_env.fragments.get(&spread.node.fragment_name.node);
            fragment.is_some_and(|fragment| {
                spread.node.directives.is_empty()
                    && fragment.node.type_condition.node.on.node == of
                    && collect(ctx, &fragment.node.selection_set.node.items, of, fields)
            })
        }
    })
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema, Union};

    use super::*;

    struct Library;

    #[derive(Clone, Copy)]
    struct Book(i32);

    #[derive(Clone, Copy)]
    struct Sheet;

    #[derive(Clone, Copy, Union)]
    enum Item {
        Book(Book),
        Sheet(Sheet),
    }

    const ITEMS: [Item; 2] = [Item::Book(Book(1)), Item::Sheet(Sheet)];

    #[Object]
    impl Sheet {
        async fn scale(&self) -> i32 {
            25_000
        }
    }

    #[Object]
    impl Library {
        async fn book(&self) -> Book {
            Book(1)
        }

        async fn books(&self) -> Vec<Book> {
            vec![Book(1), Book(2), Book(3)]
        }

        async fn items(&self) -> Vec<Item> {
            ITEMS.to_vec()
        }
    }

    struct AtOnceLibrary;

    #[Object(name = "Library")]
    impl AtOnceLibrary {
        async fn book(&self) -> AtOnce<Book> {
            AtOnce(Book(1))
        }

        async fn books(&self) -> AllAtOnce<Book> {
            [Book(1), Book(2), Book(3)].into_iter().collect()
        }

        async fn items(&self) -> AllAtOnce<Item> {
            ITEMS.into_iter().collect()
        }
    }

    #[Object]
    impl Book {
        async fn number(&self) -> i32 {
            self.0
        }

        /// Waits, the first the longest.
        async fn lent(&self) -> bool {
            for _ in 0..4 - self.0 {
                tokio::task::yield_now().await;
            }
            self.0 == 2
        }

        async fn burnt(&self) -> Option<async_graphql::Result<i32>> {
            None
        }

        async fn torn(&self) -> async_graphql::Result<Option<i32>> {
            tokio::task::yield_now().await;
            Err("torn".into())
        }

        async fn lost(&self) -> async_graphql::Result<i32> {
            if self.0 == 2 { Err("lost".into()) } else { Ok(self.0) }
        }

        async fn next(&self) -> Book {
            Book(self.0 + 1)
        }
    }

    const DOCUMENTS: [&str; 13] = [
        "{ book { number } books { number } }",
        "{ books { lent number __typename } }",
        "{ book { torn number } books { torn lent } }",
        "{ books { burnt } }",
        "{ books { lost number } }",
        "{ book { lost } }",
        "{ book { torn } }",
        "{ items { __typename ... on Book { number lent } ... on Sheet { scale } } }",
        "{ books { one: number two: number next { number lent } } }",
        "{ book { next { number } next { lent } number number } }",
        "query { books { ...Some number ... on Book { lent } ... { burnt } } } fragment Some on Book { number next { number } }",
        "query ($no: Boolean = false) { books { number @include(if: $no) lent @skip(if: $no) } }",
        "query ($no: Boolean = false) { books { number ... @include(if: $no) { lent } ...Some @skip(if: $no) } } fragment Some on Book { burnt }",
    ];

    #[tokio::test]
    async fn what_is_answered_at_once_is_what_the_library_answers() {
        let library = Schema::new(Library, EmptyMutation, EmptySubscription);
        let at_once = Schema::new(AtOnceLibrary, EmptyMutation, EmptySubscription);
        assert_eq!(at_once.sdl(), library.sdl());
        for document in DOCUMENTS {
            let told = async |response: async_graphql::Response| {
                let mut errors: Vec<_> = response.errors.iter().map(|error| format!("{error:?}")).collect();
                errors.sort();
                (response.data.into_json().expect("JSON"), errors)
            };
            let answer = told(at_once.execute(document).await).await;
            assert_eq!(answer, told(library.execute(document).await).await, "{document}");
        }
    }

    #[tokio::test]
    async fn fields_are_answered_in_the_order_of_the_document_whoever_waits() {
        let at_once = Schema::new(AtOnceLibrary, EmptyMutation, EmptySubscription);
        let response = at_once.execute("{ books { lent number burnt } }").await;
        let of_one = |lent, number| format!("{{lent: {lent}, number: {number}, burnt: null}}");
        let books = [of_one(false, 1), of_one(true, 2), of_one(false, 3)].join(", ");
        assert_eq!(response.data.to_string(), format!("{{books: [{books}]}}"));
    }
}
