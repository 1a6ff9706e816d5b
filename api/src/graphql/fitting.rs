//! Whether a document fits the schema and its limits, told without running it.

use std::{
    fmt::{self, Display, Formatter},
    sync::Arc,
};

use async_graphql::{
    Name, Pos, Request, Response, Value, Variables,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute},
    parser::types::{BaseType, OperationDefinition, Type},
};

use super::{builder, limits};

/// What keeps a document from being run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Line and column, both from 1, where that can be told.
    pub place: Option<(usize, usize)>,
    pub message: String,
}

impl Misfit {
    fn new(place: Option<Pos>, message: impl Into<String>) -> Self {
        Self { place: place.map(|place| (place.line, place.column)), message: message.into() }
    }
}

impl Display for Misfit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => write!(f, "line {line}, column {column}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// The first thing that keeps any operation of the document from being run; none when all fit.
pub async fn misfit(document: &str) -> Option<Misfit> {
    let mut request = Request::new(document);
    if let Err(too_complex) = limits::check(&mut request) {
        return Some(Misfit::new(None, too_complex.to_string()));
    }
    let parsed = match request.parsed_query() {
        Ok(parsed) => parsed,
        Err(error) => {
            return Some(Misfit::new(error.locations.first().copied(), error.message));
        }
    };
    let names: Vec<Option<Name>> = parsed.operations.iter().map(|(name, _)| name.cloned()).collect();
    let variables = stand_ins(parsed.operations.iter().map(|(_, operation)| &operation.node));
    let schema = builder().extension(NothingRuns).finish();
    for name in names {
        let mut request = Request::new(document).variables(variables.clone());
        request.operation_name = name.map(|name| name.to_string());
        if let Some(error) = schema.execute(request).await.errors.into_iter().next() {
            return Some(Misfit::new(error.locations.first().copied(), error.message));
        }
    }
    None
}

// What operations cost is reckoned with the values of their variables, all operations at once, so those that count rows get
// the least.
fn stand_ins<'a>(operations: impl Iterator<Item = &'a OperationDefinition>) -> Variables {
    let mut values = Variables::default();
    for variable in operations.flat_map(|operation| &operation.variable_definitions) {
        let Type { base, .. } = &variable.node.var_type.node;
        let value = match base {
            _ if variable.node.default_value.is_some() => continue,
            BaseType::Named(name) if name == "Int" => Value::from(1),
            BaseType::Named(_) => continue,
            BaseType::List(_) => Value::List(Vec::new()),
        };
        values.insert(variable.node.name.node.clone(), value);
    }
    values
}

struct NothingRuns;

impl ExtensionFactory for NothingRuns {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for NothingRuns {
    async fn execute(&self, _: &ExtensionContext<'_>, _: Option<&str>, _: NextExecute<'_>) -> Response {
        Response::default()
    }
}

#[cfg(test)]
mod tests {
    use super::misfit;

    #[tokio::test]
    async fn documents_of_every_kind_fit() {
        for document in [
            "{ viewer { isCitywide } }",
            "query ($n: Int, $by: CaseRef!) { cases(first: $n) { nodes { id } } case(by: $by) { id } }",
            "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
            "query A { viewer { isCitywide } } query B($n: Int!) { cases(first: $n) { totalCount } }",
            "mutation ($input: CaseOpenInput!) { caseOpen(input: $input) { userErrors { code } } }",
            "subscription { caseChanged { cursor } }",
        ] {
            assert_eq!(misfit(document).await, None, "{document}");
        }
    }

    #[tokio::test]
    async fn what_does_not_fit_is_told_with_its_place() {
        for (document, place, what) in [
            ("{ viewer { isCitywide } \n casess { id } }", Some((2, 2)), "casess"),
            ("{ viewer {", Some((1, 11)), ""),
            (
                "query A { viewer { isCitywide } } query B { cases(first: 5) { total } }",
                Some((1, 63)),
                "total",
            ),
            ("query ($x: Nonsense) { viewer { isCitywide } }", Some((1, 8)), "Nonsense"),
            ("{ cases(first: \"5\") { totalCount } }", Some((1, 9)), "first"),
        ] {
            let misfit = misfit(document).await.expect("a misfit");
            assert_eq!(misfit.place, place, "{misfit}");
            assert!(misfit.message.contains(what), "{misfit}");
        }
        let deep = format!(
            "{{ case(by: {{ number: \"x\" }}) {}{{ id }}{} }}",
            "{ previousCase ".repeat(20),
            "}".repeat(20)
        );
        assert!(misfit(&deep).await.expect("a misfit").message.contains("too complex"));
    }
}
