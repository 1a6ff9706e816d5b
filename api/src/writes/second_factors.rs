//! Second factors: how one is enrolled, confirmed, used and removed.

use entity::{
    id::{RecoveryCodeId, SecondFactorId, StaffId},
    recovery_code, second_factor,
    session::{self, SignInMethod},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use crate::{
    app::Tx,
    domain::{
        one_time_code::step_of,
        refusal::{Code, Refusal},
    },
    error::Result,
    scope::unscoped,
};

/// A code, and the hash of it in case it is a recovery code.
#[derive(Clone, Debug)]
pub struct GivenCode {
    pub code: String,
    /// SHA-256, in hex.
    pub hash: String,
}

/// Keeps the secret of an authenticator that has not shown a code yet; one enrolled before, and never confirmed, is
/// forgotten.
pub async fn enrol(tx: &mut Tx, secret: String) -> Result<SecondFactorId> {
    let staff = own(tx)?;
    if let Some(before) = of(tx, staff).await? {
        if before.confirmed_at.is_some() {
            let message = "You have a second factor; to move it to another device, remove it first with \
                           `secondFactorRemove`.";
            return Err(Refusal::new(Code::NotUnique, message).into());
        }
        second_factor::Entity::delete_by_id(before.id).exec(tx.conn()).await?;
    }
    let made = second_factor::ActiveModel {
        id: Set(SecondFactorId::generate()),
        staff_id: Set(staff),
        secret: Set(secret),
        created_at: Set(tx.now),
        confirmed_at: Set(None),
        last_step: Set(0),
    }
    .insert(tx.conn())
    .await?;
    tx.changed(made.id);
    Ok(made.id)
}

/// Confirms the enrolled authenticator by its first code, and keeps the hashes of new recovery codes. The session that
/// asks has both factors from then on.
pub async fn confirm(tx: &mut Tx, code: &str, recovery_hashes: Vec<String>) -> Result<()> {
    let staff = own(tx)?;
    let enrolled = of(tx, staff).await?.filter(|factor| factor.confirmed_at.is_none()).ok_or_else(|| {
        Refusal::required(
            "code",
            "No authenticator waits for its first code; enrol one with `secondFactorEnrol`.",
        )
    })?;
    let step = step_of(&enrolled.secret, code, tx.now).ok_or_else(wrong)?;
    second_factor::Entity::update_many()
        .col_expr(second_factor::Column::ConfirmedAt, Expr::value(tx.now))
        .col_expr(second_factor::Column::LastStep, Expr::value(step))
        .filter(second_factor::Column::Id.eq(enrolled.id))
        .exec(tx.conn())
        .await?;
    if let Some(session) = tx.viewer.session {
        session::Entity::update_many()
            .col_expr(session::Column::Method, Expr::value(SignInMethod::PasswordAndCode))
            .filter(session::Column::Id.eq(session))
            .exec(tx.conn())
            .await?;
    }
    tx.changed(enrolled.id);
    keep_recovery_codes(tx, recovery_hashes).await
}

/// Puts new recovery codes, by their hashes, in place of all old ones.
pub async fn keep_recovery_codes(tx: &mut Tx, hashes: Vec<String>) -> Result<()> {
    let staff = own(tx)?;
    forget_recovery_codes(tx, staff).await?;
    let rows = hashes.into_iter().map(|hash| recovery_code::ActiveModel {
        id: Set(RecoveryCodeId::generate()),
        staff_id: Set(staff),
        code_hash: Set(hash),
        used_at: Set(None),
    });
    recovery_code::Entity::insert_many(rows).exec_without_returning(tx.conn()).await?;
    tx.changed(staff);
    Ok(())
}

/// Uses up a code of the viewer's authenticator or one of their recovery codes; refused when it is neither, or was used.
pub async fn spend(tx: &mut Tx, given: &GivenCode) -> Result<()> {
    let staff = own(tx)?;
    let factor = of(tx, staff).await?.filter(|factor| factor.confirmed_at.is_some()).ok_or_else(|| {
        Refusal::new(Code::NotFound, "You have no second factor; enrol one with `secondFactorEnrol`.")
    })?;
    let used = match step_of(&factor.secret, &given.code, tx.now) {
        // In the statement, so that of two sign-ins at once with the same code one gets in.
        Some(step) => {
            second_factor::Entity::update_many()
                .col_expr(second_factor::Column::LastStep, Expr::value(step))
                .filter(second_factor::Column::Id.eq(factor.id))
                .filter(second_factor::Column::LastStep.lt(step))
                .exec(tx.conn())
                .await?
        }
        None => {
            recovery_code::Entity::update_many()
                .col_expr(recovery_code::Column::UsedAt, Expr::value(tx.now))
                .filter(recovery_code::Column::StaffId.eq(staff))
                .filter(recovery_code::Column::CodeHash.eq(given.hash.as_str()))
                .filter(recovery_code::Column::UsedAt.is_null())
                .exec(tx.conn())
                .await?
        }
    };
    if used.rows_affected == 0 { Err(wrong().into()) } else { Ok(()) }
}

/// Removes the viewer's second factor with its recovery codes.
pub async fn remove(tx: &mut Tx) -> Result<()> {
    let staff = own(tx)?;
    remove_of(tx, staff).await
}

/// Removes somebody's second factor with its recovery codes, if they have one.
pub async fn remove_of(tx: &mut Tx, staff: StaffId) -> Result<()> {
    let Some(factor) = of(tx, staff).await? else { return Ok(()) };
    second_factor::Entity::delete_by_id(factor.id).exec(tx.conn()).await?;
    forget_recovery_codes(tx, staff).await?;
    tx.changed(factor.id);
    Ok(())
}

async fn forget_recovery_codes(tx: &Tx, staff: StaffId) -> Result<()> {
    let theirs = recovery_code::Column::StaffId.eq(staff);
    recovery_code::Entity::delete_many().filter(theirs).exec(tx.conn()).await?;
    Ok(())
}

async fn of(tx: &Tx, staff: StaffId) -> Result<Option<second_factor::Model>> {
    let theirs = second_factor::Column::StaffId.eq(staff);
    Ok(unscoped::<second_factor::Entity>().filter(theirs).one(tx.conn()).await?)
}

fn own(tx: &Tx) -> Result<StaffId, Refusal> {
    let nobody = || Refusal::new(Code::NotAllowed, "Only a person who is signed in has a second factor.");
    tx.viewer.staff_id().ok_or_else(nobody)
}

fn wrong() -> Refusal {
    Refusal::invalid("code", "This code is wrong, or it was used before; wait for the next one.")
}
