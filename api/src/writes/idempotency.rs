//! Retries: a creating mutation that comes again with the same key answers what it made the first time.

use chrono::TimeDelta;
use entity::{
    id::IdempotencyRecordId,
    idempotency_record::{ActiveModel, Column, Entity},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use uuid::Uuid;

use crate::{
    app::Tx,
    authz::Actor,
    domain::refusal::{Code, Refusal},
    error::{Error, Result},
    scope::unscoped,
};

/// How long a key is remembered.
pub const HOURS: i64 = 72;

/// A retry key, and the hash of the input that came with it.
#[derive(Clone, Debug)]
pub struct Once {
    pub key: Uuid,
    pub input_hash: String,
}

/// Runs `operation` once per key: a repetition answers the id of what the first one made.
pub async fn once<I: From<Uuid> + Into<Uuid> + Copy>(
    tx: &mut Tx,
    once: &Once,
    operation: impl AsyncFnOnce(&mut Tx) -> Result<I>,
) -> Result<I> {
    if !claimed(tx, once, None).await? {
        return repeated(tx, once).await.map(I::from);
    }
    let made = operation(tx).await?;
    Entity::update_many()
        .col_expr(Column::ObjectId, Expr::value::<Uuid>(made.into()))
        .filter(of_key(tx, once))
        .exec(tx.conn())
        .await?;
    Ok(made)
}

/// What came of a mutation that makes something under an id of its own.
pub enum Made<I, T> {
    Now(T),
    /// By an earlier request with the same key.
    Before(I),
}

/// The same for an operation that makes what has this id, which spares a statement.
pub async fn once_as<I: From<Uuid> + Into<Uuid> + Copy, T>(
    tx: &mut Tx,
    once: &Once,
    id: I,
    operation: impl AsyncFnOnce(&mut Tx) -> Result<T>,
) -> Result<Made<I, T>> {
    if claimed(tx, once, Some(id.into())).await? {
        Ok(Made::Now(operation(tx).await?))
    } else {
        Ok(Made::Before(repeated(tx, once).await?.into()))
    }
}

// A concurrent request with the same key waits here until the first one has ended. A key that is no longer remembered is
// claimed anew.
async fn claimed(tx: &Tx, once: &Once, object: Option<Uuid>) -> Result<bool> {
    let record = ActiveModel {
        id: Set(IdempotencyRecordId::generate()),
        actor: Set(actor(tx)),
        mutation: Set(tx.mutation.to_owned()),
        key: Set(once.key),
        input_hash: Set(once.input_hash.clone()),
        object_id: Set(object),
        created_at: Set(tx.now),
    };
    let expired = Expr::col((Entity, Column::CreatedAt)).lt(tx.now - TimeDelta::hours(HOURS));
    let anew = OnConflict::columns([Column::Actor, Column::Mutation, Column::Key])
        .update_columns([Column::Id, Column::InputHash, Column::ObjectId, Column::CreatedAt])
        .action_and_where(expired)
        .to_owned();
    let claimed = Entity::insert(record).on_conflict(anew).exec_without_returning(tx.conn()).await?;
    Ok(claimed > 0)
}

async fn repeated(tx: &Tx, once: &Once) -> Result<Uuid> {
    let record = unscoped::<Entity>().filter(of_key(tx, once)).one(tx.conn()).await?;
    let record = record.ok_or_else(|| Error::Internal("an idempotency record vanished".to_owned()))?;
    if record.input_hash != once.input_hash {
        let message = "This idempotencyKey was used with another input; make a new key for a new request.";
        return Err(Refusal::new(Code::IdempotencyKeyReused, message).at("idempotencyKey").into());
    }
    record.object_id.ok_or_else(|| Error::Internal("an idempotency record without its object".to_owned()))
}

fn of_key(tx: &Tx, once: &Once) -> sea_orm::Condition {
    sea_orm::Condition::all()
        .add(Column::Actor.eq(actor(tx)))
        .add(Column::Mutation.eq(tx.mutation))
        .add(Column::Key.eq(once.key))
}

fn actor(tx: &Tx) -> String {
    match tx.viewer.actor {
        Actor::Staff(id) => id.to_string(),
        Actor::Token { id, .. } => id.to_string(),
        Actor::Server => "server".to_owned(),
    }
}
