//! The city attorney confirms a remedy that the preset does not enable, such as one past its sunset.

use chrono::NaiveDate;
use entity::{id::RemedyConfirmationId, remedy_confirmation};
use sea_orm::{ActiveModelTrait, EntityTrait};

use super::{cases::BODY, legal_actions::person};
use crate::{
    app::Tx,
    authz::Action,
    domain::refusal::{Refusal, text},
    error::Result,
    reads::remedies,
};

/// Confirms the remedy from now on, to the first day without the power where one is known.
pub async fn confirm(tx: &mut Tx, key: &str, reason: &str, valid_to: Option<NaiveDate>) -> Result<()> {
    tx.viewer.require(Action::ConfirmRemedies, None)?;
    let by = person(tx)?;
    let reason = text("reason", reason, BODY)?;
    let remedy = remedies::current(tx.conn(), &tx.city, key.trim()).await?;
    let remedy = remedy.ok_or_else(|| Refusal::not_found("remedy").at("remedyKey"))?;
    if remedy.unavailable_on(tx.today()).is_none() {
        let message = format!("{} can be used as it is; there is nothing to confirm.", remedy.name);
        return Err(Refusal::invalid("remedyKey", message).into());
    }
    if let Some(day) = valid_to.filter(|day| *day <= tx.today()) {
        let message =
            format!("{day} would be the first day without the power; it lies ahead or is left out.");
        return Err(Refusal::invalid("validTo", message).into());
    }
    let confirmation = remedy_confirmation::Model {
        id: RemedyConfirmationId::generate(),
        remedy_key: remedy.key,
        reason,
        valid_to,
        confirmed_by: by,
        confirmed_at: tx.now,
    };
    tx.changed(confirmation.id);
    let row: remedy_confirmation::ActiveModel = confirmation.into();
    remedy_confirmation::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    Ok(())
}
