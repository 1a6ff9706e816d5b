//! A desk at which somebody of the demo city sends requests to the public schema.

use async_graphql::{Request, Variables};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    app::App,
    authz::Viewer,
    error::{Error, Result},
    graphql::{self, Background, JfnSchema},
};

/// The public schema, without the network.
pub struct Desk {
    app: App,
    schema: JfnSchema,
}

impl Desk {
    pub fn new(app: &App) -> Self {
        // Nobody at the desk runs a feed; a run that was begun all the same ends when its lease does.
        let background = Background::new(drop);
        Self { app: app.clone(), schema: graphql::schema(app.clone(), false, background) }
    }

    /// The answer to a query, which must have one.
    pub async fn ask(&self, viewer: &Viewer, query: &str, variables: Value) -> Result<Value> {
        let request = Request::new(query).variables(Variables::from_json(variables));
        let viewer = Some(viewer.clone());
        let response = graphql::execute(&self.schema, &self.app, viewer, request, Uuid::now_v7()).await;
        if let Some(error) = response.errors.first() {
            return Err(Error::Internal(format!("the demo's request failed: {}: {query}", error.message)));
        }
        response.data.into_json().map_err(|error| Error::Internal(error.to_string()))
    }

    /// The payload of a mutation, which must not be refused.
    pub async fn change(&self, viewer: &Viewer, mutation: &str, fields: &str, input: Value) -> Result<Value> {
        let mut name = mutation.to_owned();
        name.replace_range(..1, &mutation[..1].to_uppercase());
        let query = format!(
            "mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ {fields} userErrors {{ message }} }} }}"
        );
        let payload = self.ask(viewer, &query, json!({ "input": input })).await?[mutation].take();
        match payload["userErrors"].get(0) {
            Some(error) => {
                Err(Error::Internal(format!("the demo's {mutation} was refused: {error}: {input}")))
            }
            None => Ok(payload),
        }
    }
}

/// A fresh idempotency key.
pub fn key() -> String {
    Uuid::new_v4().to_string()
}
