//! What a request cost, told with its answer, so that who writes queries sees how near the limit they are.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_graphql::{
    Response, ServerError, ValidationResult, Value,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextRequest, NextValidation},
    value,
};

use super::limits;

/// Where in `extensions` it stands.
pub const NAME: &str = "cost";

/// Puts `extensions.cost` on answers.
pub struct Costs;

impl ExtensionFactory for Costs {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Cost(AtomicUsize::new(0)))
    }
}

struct Cost(AtomicUsize);

#[async_trait::async_trait]
impl Extension for Cost {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let response = next.run(ctx).await;
        // What was refused before it was counted has no cost.
        match self.0.load(Ordering::Relaxed) {
            0 => response,
            cost => response.extension(NAME, told(cost)),
        }
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let validated = next.run(ctx).await?;
        self.0.store(validated.complexity, Ordering::Relaxed);
        Ok(validated)
    }
}

/// What an answer tells of its cost.
pub fn told(cost: usize) -> Value {
    value!({ "requested": cost, "limit": limits::COMPLEXITY })
}

/// The cost that an answer tells; none when the request was refused before it was counted.
pub fn of(response: &Response) -> Option<usize> {
    let Some(Value::Object(told)) = response.extensions.get(NAME) else { return None };
    let Some(Value::Number(cost)) = told.get("requested") else { return None };
    usize::try_from(cost.as_u64()?).ok()
}
