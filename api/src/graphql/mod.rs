//! The public schema: one file per noun, each a thin layer over one function of `reads` or `writes`.

mod call;
mod call_loaders;
mod call_volume;
mod case;
mod case_event;
mod case_mutation;
mod context;
mod errors;
mod flag;
mod flag_mutation;
mod limits;
mod loaders;
mod node;
mod nuisance_rule;
mod page;
mod property;
mod scalars;
mod staff;

use async_graphql::{EmptySubscription, MergedObject, Schema, dataloader::DataLoader};
use uuid::Uuid;

use self::loaders::Loaders;
use crate::{
    app::{App, REQUEST_ID},
    authz::Viewer,
};

/// What can be asked.
#[derive(MergedObject, Default)]
pub struct Query(
    node::NodeQuery,
    staff::StaffQuery,
    case::CaseQuery,
    case_event::ChangeQuery,
    call_volume::CallVolumeQuery,
    flag::FlagQuery,
    nuisance_rule::NuisanceRuleQuery,
);

/// What can be changed. A mutation field is one transaction: the change, its timeline entry and its audit row are
/// written together or not at all. What the viewer can act on comes back in `userErrors`.
#[derive(MergedObject, Default)]
pub struct Mutation(case_mutation::CaseMutation, flag_mutation::FlagMutation);

/// The schema with everything it needs to run.
pub type JfnSchema = Schema<Query, Mutation, EmptySubscription>;

/// The schema without an application, as it is printed.
#[must_use]
pub fn sdl() -> String {
    builder().finish().sdl()
}

/// The schema that serves `app`.
#[must_use]
pub fn schema(app: App, production: bool) -> JfnSchema {
    let builder = builder().data(app).extension(limits::Limits { introspection: !production });
    let builder = if production { builder.disable_introspection().disable_suggestions() } else { builder };
    builder.finish()
}

fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        .limit_complexity(limits::COMPLEXITY)
        .limit_recursive_depth(limits::RECURSION)
}

/// Runs one request for a viewer; nobody is a viewer too, of nothing.
pub async fn execute(
    schema: &JfnSchema,
    app: &App,
    viewer: Option<Viewer>,
    request: async_graphql::Request,
    request_id: Uuid,
) -> async_graphql::Response {
    let mut request = request;
    if let Some(viewer) = viewer {
        let loaders = Loaders { app: app.clone(), viewer: viewer.clone() };
        request = request.data(viewer).data(DataLoader::new(loaders, tokio::spawn));
    }
    let mut response = REQUEST_ID.scope(request_id, schema.execute(request)).await;
    errors::stamp(&mut response, request_id);
    response
}
