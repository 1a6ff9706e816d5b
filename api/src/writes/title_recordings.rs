//! What an action puts on record against a title, and its release, without which its case is not closed.

use chrono::NaiveDate;
use entity::{
    case_event::CaseEventKind,
    id::{LegalActionId, TitleRecordingId},
    title_recording::{self, TitleRecordingKind},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::legal_actions::{self, person, refuse_ended};
use crate::{
    app::Tx,
    authz::Action,
    domain::{
        legal_requirement::blocks_lien,
        refusal::{Refusal, line},
    },
    error::{Error, Result},
    events::{self, Entry},
    reads::legal_step_facts,
    scope::VisibleTo,
};

/// Characters of a recorder's number at most.
const INSTRUMENT: usize = 100;

/// Records that something stands against the title; a lien only for confirmed costs and after its notice.
pub async fn record(
    tx: &mut Tx,
    id: LegalActionId,
    kind: TitleRecordingKind,
    instrument: &str,
    recorded_on: NaiveDate,
) -> Result<TitleRecordingId> {
    let (mut case, action) = legal_actions::lock(tx, id).await?;
    tx.viewer.require(Action::ConductLegalAction, Some(action.district_id))?;
    person(tx)?;
    refuse_ended(&action)?;
    let instrument = line("instrument", instrument, INSTRUMENT)?;
    if kind == TitleRecordingKind::Lien {
        let remedy = legal_actions::remedy_of(tx, &action)?;
        let facts = legal_step_facts::of(tx.conn(), &tx.city, &[id], recorded_on).await?;
        let blocks = blocks_lien(&remedy, recorded_on, &facts.get(&id).cloned().unwrap_or_default());
        if !blocks.is_empty() {
            return Err(Error::Refused(blocks));
        }
    }
    if recorded_on > tx.today() {
        return Err(Refusal::invalid("recordedOn", format!("{recorded_on} is still to come.")).into());
    }
    let recording = title_recording::Model {
        id: TitleRecordingId::generate(),
        legal_action_id: id,
        kind,
        instrument,
        recorded_on,
        released_on: None,
        release_instrument: None,
        created_at: tx.now,
    };
    let row: title_recording::ActiveModel = recording.clone().into();
    title_recording::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    tx.changed(recording.id);
    let field = |name: &str| format!("{}.{name}", recording.id);
    let entry = Entry::new(CaseEventKind::LegalActionChanged, format!("{kind} recorded"))
        .on(recorded_on, tx)
        .change(&legal_actions::field(&action, "recording"), None::<String>, Some(recording.id))
        .change(&field("instrument"), None::<String>, Some(&recording.instrument))
        .change(&field("recordedOn"), None::<NaiveDate>, Some(recorded_on));
    events::append(tx, &mut case, entry).await?;
    Ok(recording.id)
}

/// Records that it was released; again with another day or number, it corrects the record.
pub async fn release(
    tx: &mut Tx,
    id: TitleRecordingId,
    released_on: NaiveDate,
    instrument: &str,
) -> Result<()> {
    let action = find(tx, id).await?.legal_action_id;
    // An action that has ended may still have something on record; that is when it is released.
    let (mut case, action) = legal_actions::lock(tx, action).await?;
    tx.viewer.require(Action::ConductLegalAction, Some(action.district_id))?;
    let before = find(tx, id).await?;
    let instrument = line("instrument", instrument, INSTRUMENT)?;
    if released_on > tx.today() || released_on < before.recorded_on {
        let message =
            format!("It was recorded on {}; it is released then or later, until today.", before.recorded_on);
        return Err(Refusal::invalid("releasedOn", message).into());
    }
    title_recording::Entity::update_many()
        .col_expr(title_recording::Column::ReleasedOn, Expr::value(released_on))
        .col_expr(title_recording::Column::ReleaseInstrument, Expr::value(instrument.clone()))
        .filter(title_recording::Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    tx.changed(id);
    let entry = Entry::new(CaseEventKind::LegalActionChanged, format!("{} released", before.kind))
        .on(released_on, tx)
        .change(&format!("{id}.releasedOn"), before.released_on, Some(released_on))
        .change(&format!("{id}.releaseInstrument"), before.release_instrument, Some(instrument));
    events::append(tx, &mut case, entry).await?;
    Ok(())
}

async fn find(tx: &Tx, id: TitleRecordingId) -> Result<title_recording::Model> {
    let found = title_recording::Entity::visible_to(&tx.viewer)
        .filter(title_recording::Column::Id.eq(id))
        .one(tx.conn())
        .await?;
    found.ok_or_else(|| Refusal::not_found("recording").at("titleRecordingId").into())
}
