//! Retries: a creating mutation that comes again with the same key answers what it made the first time.

use chrono::TimeDelta;
use entity::{
    id::IdempotencyRecordId,
    idempotency_record::{ActiveModel, Column, Entity},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
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
    forget_expired(tx, once).await?;
    let record = ActiveModel {
        id: Set(IdempotencyRecordId::generate()),
        actor: Set(actor(tx)),
        mutation: Set(tx.mutation.to_owned()),
        key: Set(once.key),
        input_hash: Set(once.input_hash.clone()),
        object_id: Set(None),
        created_at: Set(tx.now),
    };
    // A concurrent request with the same key waits here until the first one has ended.
    let claimed = Entity::insert(record)
        .on_conflict(
            OnConflict::columns([Column::Actor, Column::Mutation, Column::Key]).do_nothing().to_owned(),
        )
        .exec_without_returning(tx.conn())
        .await?;
    if claimed == 0 {
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

async fn repeated(tx: &Tx, once: &Once) -> Result<Uuid> {
    let record = unscoped::<Entity>().filter(of_key(tx, once)).one(tx.conn()).await?;
    let record = record.ok_or_else(|| Error::Internal("an idempotency record vanished".to_owned()))?;
    if record.input_hash != once.input_hash {
        let message = "This idempotencyKey was used with another input; make a new key for a new request.";
        return Err(Refusal::new(Code::IdempotencyKeyReused, message).at("idempotencyKey").into());
    }
    record.object_id.ok_or_else(|| Error::Internal("an idempotency record without its object".to_owned()))
}

async fn forget_expired(tx: &Tx, once: &Once) -> Result<()> {
    let expired = Column::CreatedAt.lt(tx.now - TimeDelta::hours(HOURS));
    Entity::delete_many().filter(of_key(tx, once)).filter(expired).exec(tx.conn()).await?;
    Ok(())
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
