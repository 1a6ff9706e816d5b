//! Letters: kept as they are sent, in the transaction that sends them; early warnings and 602 letters, which are no notices.

use std::collections::HashSet;

use entity::{
    case,
    case_event::CaseEventKind,
    custody_entry::CustodyAction,
    evidence, evidence_upload,
    id::{
        CaseId, CustodyEntryId, DistrictId, EvidenceId, EvidenceUploadId, LetterId, NoticeId, NuisanceRuleId,
        PartyId, PropertyId, StaffId,
    },
    letter::{self, LetterKind},
    letter_custody, notice, property,
    property_party::{self, LinkStatus, PartyRole},
};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};

use super::{cases, evidence as exhibits, evidence_uploads};
use crate::{
    app::{App, Tx},
    authz::{Action, Viewer},
    domain::{case_stage::require_open, letter::Facts, refusal::Refusal},
    error::{Error, Result},
    events::{self, Entry, hex},
    reads::{
        early_warnings,
        letter_facts::{Desk, Planned, Sending},
    },
    scope::VisibleTo,
};

/// What browsers show.
pub const CONTENT_TYPE: &str = "text/html";

/// A letter as it goes out.
struct Written {
    kind: LetterKind,
    file: EvidenceUploadId,
    html: Vec<u8>,
    sha256: String,
    by: StaffId,
}

impl Written {
    fn new(tx: &Tx, kind: LetterKind, facts: &Facts, by: StaffId) -> Result<Self> {
        let html = tx.city.preset.letters.write(kind, facts);
        let html = html.map_err(|error| Error::Internal(format!("the letter {kind}: {error}")))?.into_bytes();
        let sha256 = hex(&Sha256::digest(&html));
        Ok(Self { kind, file: EvidenceUploadId::generate(), html, sha256, by })
    }

    fn bytes(&self) -> i64 {
        i64::try_from(self.html.len()).unwrap_or(i64::MAX)
    }

    fn row(
        &self,
        tx: &Tx,
        place: PropertyId,
        district: DistrictId,
        sent_on: chrono::NaiveDate,
    ) -> letter::Model {
        letter::Model {
            id: LetterId::generate(),
            kind: self.kind,
            property_id: place,
            district_id: district,
            case_id: None,
            notice_id: None,
            rule_id: None,
            party_id: None,
            method: None,
            sent_on,
            evidence_id: None,
            file_id: self.file,
            bytes: self.bytes(),
            sha256: self.sha256.clone(),
            sent_by: self.by,
            sent_at: tx.now,
        }
    }

    // The last thing before the transaction ends: a file without its row is nobody's, a row without its file would be a lie.
    async fn store(&self, tx: &Tx) -> Result<()> {
        let store = tx.evidence.as_ref();
        let store = store.ok_or_else(|| Error::Internal("no store of evidence is open".to_owned()))?;
        let mut incoming = store.begin(self.file).await?;
        match incoming.write(&self.html).await {
            Ok(()) => incoming.finish().await,
            Err(error) => {
                incoming.give_up().await?;
                Err(error)
            }
        }
    }

    // As evidence of a case.
    async fn exhibit(&self, tx: &mut Tx, case: &case::Model, caption: &str) -> Result<EvidenceId> {
        let name = self.kind.word().to_lowercase().replace('_', "-");
        let upload = evidence_upload::Model {
            id: self.file,
            case_id: case.id,
            file_name: format!("{}-{name}-{}.html", case.number, tx.today()),
            bytes: self.bytes(),
            sha256: self.sha256.clone(),
            created_by: self.by,
            created_at: tx.now,
            expires_at: tx.now,
            content_type: Some(CONTENT_TYPE.to_owned()),
            received_at: Some(tx.now),
            discarded_at: None,
        };
        let evidence = evidence::Model {
            id: EvidenceId::generate(),
            case_id: case.id,
            upload_id: upload.id,
            inspection_id: None,
            file_name: upload.file_name.clone(),
            content_type: CONTENT_TYPE.to_owned(),
            bytes: upload.bytes,
            sha256: upload.sha256.clone(),
            captured_at: None,
            caption: Some(caption.to_owned()),
            privileged: false,
            added_by: self.by,
            added_at: tx.now,
        };
        let row: evidence_upload::ActiveModel = upload.into();
        evidence_upload::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
        exhibits::add(tx, &evidence).await?;
        Ok(evidence.id)
    }
}

/// Keeps the letter of a notice as it is served. What is recorded without a person or without a place for files, such as the
/// past of a city, has no letter of ours to keep; nor have papers that are not ours to write.
pub async fn keep_notice(tx: &mut Tx, case: &case::Model, id: NoticeId) -> Result<()> {
    let (Some(by), true) = (tx.viewer.staff_id(), tx.evidence.is_some()) else { return Ok(()) };
    let found = notice::Entity::visible_to(&tx.viewer).filter(notice::Column::Id.eq(id));
    let notice = found.one(tx.conn()).await?.ok_or_else(|| Error::Internal("a lost notice".to_owned()))?;
    let Some(kind) = LetterKind::of(notice.kind) else { return Ok(()) };
    let facts = desk(tx).of_notice(&notice).await?;
    let written = Written::new(tx, kind, &facts, by)?;
    let exhibit = written.exhibit(tx, case, "The letter as it was served").await?;
    let letter = letter::Model {
        case_id: Some(case.id),
        notice_id: Some(id),
        evidence_id: Some(exhibit),
        ..written.row(tx, case.property_id, case.district_id, tx.today())
    };
    insert(tx, letter).await?;
    written.store(tx).await
}

/// An early warning that is sent.
#[derive(Clone, Copy, Debug)]
pub struct Warned {
    pub place: PropertyId,
    pub rule: NuisanceRuleId,
    pub recipient: PartyId,
    pub sending: Sending,
}

/// Sends an early warning to somebody who answers for the place, and keeps it; for the sergeant, who has looked at the calls.
pub async fn warn(tx: &mut Tx, warned: Warned) -> Result<LetterId> {
    let by = tx.viewer.staff_id().ok_or_else(evidence_uploads::not_a_person)?;
    let place = property::Entity::visible_to(&tx.viewer)
        .filter(property::Column::Id.eq(warned.place))
        .one(tx.conn())
        .await?;
    let district = place.and_then(|place| place.district_id);
    let Some(district) = district.filter(|id| tx.viewer.may(Action::ReadCalls, Some(*id))) else {
        return Err(Refusal::not_found("place with calls that you may see").at("propertyId").into());
    };
    tx.viewer.require(Action::ReviewFlags, Some(district))?;
    refuse_future(tx, warned.sending)?;
    check_recipient(tx, warned.place, warned.recipient).await?;
    let warning =
        early_warnings::at(tx.conn(), &tx.city, &tx.viewer, warned.place, warned.rule).await?.ok_or_else(|| {
            let message =
                "This place is not near the threshold of that rule now; `earlyWarnings` lists the places that are.";
            Refusal::blocked(message).at("ruleId")
        })?;
    let facts = desk(tx).of_warning(&warning, &[warned.recipient], Some(warned.sending)).await?;
    let written = Written::new(tx, LetterKind::EarlyWarning, &facts, by)?;
    let letter = letter::Model {
        rule_id: Some(warned.rule),
        party_id: Some(warned.recipient),
        method: Some(warned.sending.method),
        ..written.row(tx, warned.place, district, warned.sending.on)
    };
    let id = letter.id;
    insert(tx, letter.clone()).await?;
    log(tx, &letter, CustodyAction::Attached).await?;
    written.store(tx).await?;
    Ok(id)
}

/// Sends a 602 letter of a case to somebody who may sign it, and keeps it as evidence.
pub async fn ask_to_sign(tx: &mut Tx, case: CaseId, to: PartyId, sending: Sending) -> Result<LetterId> {
    let mut case = cases::lock(tx, case).await?;
    tx.viewer.require(Action::WorkCases, Some(case.district_id))?;
    tx.viewer.require(Action::AddEvidence, Some(case.district_id))?;
    require_open(case.stage)?;
    let by = tx.viewer.staff_id().ok_or_else(evidence_uploads::not_a_person)?;
    refuse_future(tx, sending)?;
    check_recipient(tx, case.property_id, to).await?;
    let planned = Planned {
        kind: LetterKind::TrespassAuthorization,
        recipients: vec![to],
        comply_by: None,
        amount_cents: None,
        violations: Vec::new(),
        sending: Some(sending),
    };
    let facts = desk(tx).of_planned(&case, &planned).await?;
    let written = Written::new(tx, planned.kind, &facts, by)?;
    let exhibit = written.exhibit(tx, &case, "The 602 letter as it was sent for signature").await?;
    let letter = letter::Model {
        case_id: Some(case.id),
        party_id: Some(to),
        method: Some(sending.method),
        evidence_id: Some(exhibit),
        ..written.row(tx, case.property_id, case.district_id, sending.on)
    };
    let id = letter.id;
    insert(tx, letter).await?;
    let told = Entry::new(CaseEventKind::EvidenceAdded, "602 letter sent for signature")
        .on(sending.on, tx)
        .change("evidence", None::<EvidenceId>, Some(exhibit))
        .change("sha256", None::<String>, Some(&written.sha256));
    events::append(tx, &mut case, told).await?;
    written.store(tx).await?;
    Ok(id)
}

/// Notes that a letter is shown, before its first byte leaves.
pub async fn show(app: &App, viewer: &Viewer, letter: &letter::Model) -> Result<()> {
    app.write(viewer, "letterView", Action::ReadEvidence, async |tx| {
        let Some(exhibit) = letter.evidence_id else { return log(tx, letter, CustodyAction::Viewed).await };
        let found = evidence::Entity::visible_to(&tx.viewer).filter(evidence::Column::Id.eq(exhibit));
        let exhibit = found.one(tx.conn()).await?.ok_or(Error::NotFound("letter"))?;
        exhibits::log(tx, &exhibit, CustodyAction::Viewed, None).await
    })
    .await
}

fn desk(tx: &Tx) -> Desk<'_, sea_orm::DatabaseTransaction> {
    Desk { db: tx.conn(), city: &tx.city, viewer: &tx.viewer, today: tx.today() }
}

async fn insert(tx: &mut Tx, letter: letter::Model) -> Result<()> {
    tx.changed(letter.id);
    let row: letter::ActiveModel = letter.into();
    letter::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    Ok(())
}

async fn log(tx: &mut Tx, letter: &letter::Model, action: CustodyAction) -> Result<()> {
    let entry = letter_custody::Model {
        id: CustodyEntryId::generate(),
        letter_id: letter.id,
        action,
        at: tx.now,
        staff_id: tx.viewer.staff_id().ok_or_else(evidence_uploads::not_a_person)?,
        sha256: letter.sha256.clone(),
    };
    let row: letter_custody::ActiveModel = entry.into();
    letter_custody::Entity::insert(row.reset_all()).exec_without_returning(tx.conn()).await?;
    tx.changed(letter.id);
    Ok(())
}

fn refuse_future(tx: &Tx, sending: Sending) -> Result<(), Refusal> {
    if sending.on <= tx.today() {
        return Ok(());
    }
    let message = format!("{} is still to come; record a letter on the day it is sent.", sending.on);
    Err(Refusal::invalid("sentOn", message))
}

// Never an occupant: a letter about calls or trespassers in a tenant's hands reads as a threat (Government Code 53165).
async fn check_recipient(tx: &Tx, place: PropertyId, to: PartyId) -> Result<(), Error> {
    let links = property_party::Entity::visible_to(&tx.viewer)
        .filter(property_party::Column::PropertyId.eq(place))
        .filter(property_party::Column::PartyId.eq(to))
        .filter(property_party::Column::Status.ne(LinkStatus::Rejected))
        .all(tx.conn())
        .await?;
    let roles: HashSet<PartyRole> = links.iter().map(|link| link.role).collect();
    if [PartyRole::Owner, PartyRole::Manager, PartyRole::BusinessOperator]
        .iter()
        .any(|role| roles.contains(role))
    {
        return Ok(());
    }
    let message = "This letter goes to an owner, manager or business operator of the place who was not rejected as one; link \
                   them with `partyLink`.";
    Err(Refusal::invalid("partyId", message).into())
}
