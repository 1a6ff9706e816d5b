//! Opening a case from a flag that a sergeant confirmed.

use entity::{
    case::{CasePriority, CaseSource},
    case_event::CaseEventKind,
    case_kind::CaseKind,
    flag::{self, FlagStatus},
    flag_event::FlagEventKind,
    id::{CaseId, FlagId},
    nuisance_rule::Model as Rule,
};

use super::{
    evidence, history,
    review::{lock, rule_of},
    stored,
};
use crate::{
    app::Tx,
    authz::Action,
    domain::refusal::{Code, Refusal},
    error::{Error, Result},
    events::{self, Entry},
    writes::{
        cases::{self, Opening as NewCase},
        properties::PlaceRef,
    },
};

/// What the new case starts with; place and source follow from the flag.
#[derive(Clone, Debug)]
pub struct Opening {
    pub flag: FlagId,
    pub title: String,
    pub kinds: Vec<CaseKind>,
}

/// Opens a case at the flag's place; only a confirmed flag makes one.
pub async fn open_case(tx: &mut Tx, opening: Opening) -> Result<CaseId> {
    let (place, mut flag) = lock(tx, opening.flag).await?;
    tx.viewer.require(Action::OpenCaseFromFlag, Some(flag.district_id))?;
    check_confirmed(&flag)?;
    let rule = rule_of(tx, &flag).await?;
    let new = NewCase {
        title: opening.title,
        kinds: opening.kinds,
        place: PlaceRef::Id(place.id),
        source: CaseSource::CallVolume,
        allow_duplicate: false,
        priority: CasePriority::Normal,
        description: None,
        assignee: None,
        next_action_on: None,
    };
    let id = cases::open(tx, new).await.map_err(told_of_a_flag)?;
    flag.status = FlagStatus::CaseOpened;
    flag.case_id = Some(id);
    stored::update(tx, &mut flag).await?;
    history::append(tx, [history::entry(tx, &flag, FlagEventKind::CaseOpened, "A case was opened from it.")])
        .await?;
    evidence::freeze(tx, id, &flag).await?;
    let mut case = cases::lock(tx, id).await?;
    events::append(tx, &mut case, grounds(&flag, &rule)).await?;
    Ok(id)
}

fn check_confirmed(flag: &flag::Model) -> Result<(), Refusal> {
    let message = match flag.status {
        FlagStatus::Confirmed => return Ok(()),
        FlagStatus::NeedsReview => {
            "The district's sergeant has to confirm this flag first, with `flagReview`.".to_owned()
        }
        FlagStatus::CaseOpened => "A case was opened from this flag already.".to_owned(),
        status => format!("This flag is {status}; only a CONFIRMED one opens a case."),
    };
    let mut refusal = Refusal::blocked(message).at("flagId");
    refusal.existing = flag.case_id.into_iter().collect();
    Err(refusal)
}

// The input of this mutation has no `property` and no `allowDuplicate` that the message could point to.
fn told_of_a_flag(error: Error) -> Error {
    let Error::Refused(refusals) = error else { return error };
    let refusals = refusals.into_iter().map(|refusal| {
        if refusal.code != Code::NotUnique {
            return refusal;
        }
        let message =
            "A case is open at this place already; work it there, or close it before a new one is opened.";
        Refusal { existing: refusal.existing, ..Refusal::new(Code::NotUnique, message).at("flagId") }
    });
    Error::Refused(refusals.collect())
}

fn grounds(flag: &flag::Model, rule: &Rule) -> Entry {
    let body = format!(
        "{} ({}, version {}). {} measured from {} to {}, threshold {}. Review: {}",
        rule.label,
        rule.citation,
        rule.version,
        flag.measured,
        flag.window_from,
        flag.window_to,
        flag.threshold,
        flag.review_reason.as_deref().unwrap_or("-"),
    );
    Entry::new(CaseEventKind::CallsChanged, format!("Opened from a call-volume flag: {}", rule.label))
        .body(Some(body))
        .change("flag", None::<FlagId>, Some(flag.id))
}
