//! The public schema: one file per noun, each a thin layer over one function of `reads` or `writes`.

mod access_token;
mod as_of;
mod as_of_fields;
mod at_once;
mod batching;
mod calendar;
mod call;
mod call_challenge;
mod call_comparison;
mod call_loaders;
mod call_volume;
mod case;
mod case_event;
mod case_mutation;
mod case_query;
mod citation;
mod citation_mutation;
mod context;
mod cost;
mod cost_loaders;
mod cost_mutation;
mod cost_query;
mod counted;
mod court_order;
mod court_order_mutation;
mod deadline;
mod deadline_mutation;
mod deadline_rule;
mod errors;
mod evidence;
mod evidence_mutation;
mod feed;
mod feed_address;
mod feed_loaders;
mod feed_mutation;
#[cfg(test)]
mod field_sizes;
mod fitting;
mod flag;
mod flag_event;
mod flag_evidence;
mod flag_mutation;
mod flag_preview;
mod hearing;
mod inspection;
mod inspection_mutation;
mod known_documents;
mod legal_action;
mod legal_action_mutation;
mod legal_action_query;
mod letter;
mod letter_mutation;
mod limits;
mod litigation_hold;
mod live;
mod loaders;
mod named;
mod node;
mod notice;
mod notice_mutation;
mod nuisance_rule;
mod page;
mod party;
mod password;
mod property;
mod property_mutation;
mod protection_certificate;
mod referral;
mod referral_mutation;
mod remedy;
mod request_cost;
mod response;
mod response_mutation;
mod scalars;
mod second_factor;
mod session;
mod staff;
mod stage_option;
mod suggested_remedy;
mod team;
mod violation;

use async_graphql::{MergedObject, Schema, ValidationMode, parser::types::OperationType};
use futures_util::{FutureExt, Stream, StreamExt, future, future::BoxFuture, stream};
use uuid::Uuid;

use self::{as_of::Asked, known_documents::KnownDocuments, live::LiveSubscription, loaders::Loaders};
pub use self::{
    context::Background,
    fitting::{Misfit, misfit},
};
use crate::{
    app::{App, REQUEST_ID},
    audit::NAMED,
    authz::Viewer,
    live::Live,
    metrics::UNKNOWN,
    presence::Presence,
    reads::busy_places::Rankings,
};

/// What can be asked.
#[derive(MergedObject, Default)]
pub struct Query(
    node::NodeQuery,
    staff::StaffQuery,
    access_token::AccessTokenQuery,
    calendar::CalendarQuery,
    case_query::CaseQuery,
    case_event::ChangeQuery,
    citation::FineLadderQuery,
    cost_query::CostQuery,
    deadline::DeadlineQuery,
    hearing::HearingQuery,
    legal_action_query::LegalActionQuery,
    referral::ReferralQuery,
    remedy::RemedyQuery,
    second_factor::SecondFactorQuery,
    session::SessionQuery,
    deadline_rule::DeadlineRuleQuery,
    feed::FeedQuery,
    property::PropertyQuery,
    call_volume::CallVolumeQuery,
    flag::FlagQuery,
    flag_preview::FlagPreviewQuery,
    nuisance_rule::NuisanceRuleQuery,
    protection_certificate::ProtectionCertificateQuery,
);

/// What can be changed. A mutation field is one transaction: the change, its timeline entry and its audit row are
/// written together or not at all. What the viewer can act on comes back in `userErrors`.
#[derive(MergedObject, Default)]
pub struct Mutation(
    access_token::AccessTokenMutation,
    calendar::CalendarMutation,
    call_challenge::CallChallengeMutation,
    case_mutation::CaseMutation,
    citation_mutation::CitationMutation,
    cost_mutation::CostMutation,
    court_order_mutation::CourtOrderMutation,
    deadline_mutation::DeadlineMutation,
    evidence_mutation::EvidenceMutation,
    feed_address::FeedAddressMutation,
    feed_mutation::FeedMutation,
    flag_mutation::FlagMutation,
    inspection_mutation::InspectionMutation,
    legal_action_mutation::LegalActionMutation,
    letter_mutation::LetterMutation,
    litigation_hold::LitigationHoldMutation,
    notice_mutation::NoticeMutation,
    password::PasswordMutation,
    property_mutation::PropertyMutation,
    referral_mutation::ReferralMutation,
    remedy::RemedyMutation,
    response_mutation::ResponseMutation,
    second_factor::SecondFactorMutation,
    session::SessionMutation,
    team::TeamMutation,
    violation::ViolationMutation,
);

/// The schema with everything it needs to run.
pub struct JfnSchema {
    /// Holds documents against itself before they run.
    checking: Schema<Query, Mutation, LiveSubscription>,
    /// Runs those that are known to fit. Without extensions: the library hands every single field to each of them.
    trusting: Schema<Query, Mutation, LiveSubscription>,
    known: KnownDocuments,
}

/// The schema without an application, as it is printed.
#[must_use]
pub fn sdl() -> String {
    builder().finish().sdl()
}

/// The schema that serves `app`; `background` carries out what a mutation begins.
#[must_use]
pub fn schema(app: App, production: bool, background: Background) -> JfnSchema {
    let (live, rankings) = (Live::start(&app), Rankings::default());
    let finish = |builder: Builder| {
        let data = (app.clone(), live.clone(), background.clone(), rankings.clone());
        let builder = builder.data(data.0).data(data.1).data(data.2).data(data.3);
        let builder =
            if production { builder.disable_introspection().disable_suggestions() } else { builder };
        builder.finish()
    };
    JfnSchema {
        checking: finish(builder()),
        trusting: finish(bare_builder().validation_mode(ValidationMode::Fast)),
        known: KnownDocuments::default(),
    }
}

type Builder = async_graphql::SchemaBuilder<Query, Mutation, LiveSubscription>;

fn builder() -> Builder {
    bare_builder().extension(request_cost::Costs)
}

fn bare_builder() -> Builder {
    Schema::build(Query::default(), Mutation::default(), LiveSubscription)
        .limit_complexity(limits::COMPLEXITY)
        .limit_recursive_depth(limits::RECURSION)
}

/// What a request asks for, as far as it can be read and is not too large; a query when it cannot.
pub fn operation_of(schema: &JfnSchema, request: &mut async_graphql::Request) -> OperationType {
    schema.known.recall(request);
    limits::operation_of(request)
}

/// Runs one request for a viewer; nobody is a viewer too, of nothing.
///
/// The future is made here, and not by whoever waits for it, so that all the resolvers are compiled with this crate and not
/// with each program that uses it.
pub fn execute<'a>(
    schema: &'a JfnSchema,
    app: &'a App,
    viewer: Option<Viewer>,
    request: async_graphql::Request,
    request_id: Uuid,
) -> BoxFuture<'a, async_graphql::Response> {
    answer(schema, app, viewer, request, request_id).boxed()
}

async fn answer(
    schema: &JfnSchema,
    app: &App,
    viewer: Option<Viewer>,
    request: async_graphql::Request,
    request_id: Uuid,
) -> async_graphql::Response {
    let began = std::time::Instant::now();
    let mut request = request;
    if let Err(error) = limits::check(&mut request) {
        let response = refused(error, request_id);
        app.metrics.asked(UNKNOWN, &counted::code(&response), began.elapsed());
        return response;
    }
    let operation = counted::asked(&mut request);
    let named = named::of(&mut request);
    let mut response = match viewer {
        Some(viewer) => {
            let is_change = named.is_some();
            // What follows the changes needs the newest, and the primary's own order of them.
            let may_be_older = !is_change && !request.query.contains("changesSince");
            let from = if may_be_older { app.reading_for(&viewer).await } else { None };
            let running = Box::pin(read_from(schema, app, from, viewer.clone(), request));
            let running = async {
                let response = NAMED.scope(named.unwrap_or_default(), running).await;
                if !is_change {
                    errors::keep_refused(app, &viewer, &response).await;
                }
                response
            };
            REQUEST_ID.scope(request_id, running).await
        }
        None => schema.run(request).await,
    };
    errors::stamp(&mut response, request_id);
    let operation = counted::operation(operation.as_deref(), &response);
    tracing::Span::current().record("operation", operation);
    app.metrics.asked(operation, &counted::code(&response), began.elapsed());
    response
}

/// Runs the request on the replica, if it is to be read from; what fails there by no fault of the request is asked of the
/// primary.
async fn read_from(
    schema: &JfnSchema,
    app: &App,
    replica: Option<App>,
    viewer: Viewer,
    request: async_graphql::Request,
) -> async_graphql::Response {
    let Some(replica) = replica else { return run_for(schema, app.clone(), viewer, request).await };
    let mut again = async_graphql::Request::new(request.query.clone()).variables(request.variables.clone());
    again.operation_name.clone_from(&request.operation_name);
    let response = run_for(schema, replica, viewer.clone(), request).await;
    let Some(cause) = errors::own_fault(&response) else { return response };
    tracing::warn!(cause, "a question to the replica failed and is asked of the primary");
    if let Some(replica) = app.replica() {
        replica.failed();
    }
    run_for(schema, app.clone(), viewer, again).await
}

async fn run_for(
    schema: &JfnSchema,
    app: App,
    viewer: Viewer,
    request: async_graphql::Request,
) -> async_graphql::Response {
    let loaders = Loaders { app: app.clone(), viewer: viewer.clone(), record: None };
    let (batching, batches) = batching::batching();
    let asked = Asked::new(loaders, batching);
    // Before the schema's own application, which reads from the primary.
    let request = request.data(app).data(viewer).data(asked);
    batches.run(schema.run(request)).await
}

impl JfnSchema {
    /// Runs a request, whose document was read; held against the schema is only what is not known to fit.
    async fn run(&self, mut request: async_graphql::Request) -> async_graphql::Response {
        if let Some(cost) = self.known.cost(&request) {
            let response = self.trusting.execute(request).await;
            return response.extension(request_cost::NAME, request_cost::told(cost));
        }
        let unknown = KnownDocuments::unknown(&mut request);
        let response = self.checking.execute(request).await;
        let cost = request_cost::of(&response);
        if let (Some(unknown), Some(cost)) = (unknown, cost) {
            self.known.keep(unknown, cost);
        }
        response
    }
}

/// Runs one subscription for whoever is present: its events, or one answer of errors.
pub fn follow(
    schema: &JfnSchema,
    app: App,
    (presence, viewer): (Presence, Viewer),
    mut request: async_graphql::Request,
    request_id: Uuid,
) -> impl Stream<Item = async_graphql::Response> + Send + use<> {
    if let Err(error) = limits::check(&mut request) {
        return stream::once(future::ready(refused(error, request_id))).boxed();
    }
    let events = schema.checking.execute_stream(request.data(viewer.clone()).data(presence));
    let stamped = events.then(move |mut response| {
        let (app, viewer) = (app.clone(), viewer.clone());
        REQUEST_ID.scope(request_id, async move {
            errors::keep_refused(&app, &viewer, &response).await;
            errors::stamp(&mut response, request_id);
            response
        })
    });
    stamped.boxed()
}

fn refused(error: crate::error::Error, request_id: Uuid) -> async_graphql::Response {
    let error = async_graphql::Error::from(error).into_server_error(async_graphql::Pos::default());
    let mut response = async_graphql::Response::from_errors(vec![error]);
    errors::stamp(&mut response, request_id);
    response
}
