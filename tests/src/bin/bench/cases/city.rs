//! Cases with their timelines, legal actions and hearings, drawn by arithmetic from the row's number, and the people who ask.

use api::authn;
use chrono::{Datelike, Days, TimeDelta};
use entity::{
    case::{self, CasePriority, CaseSource, CaseStage},
    case_event::{self, CaseEventKind, Changes},
    deadline::{self, DeadlineKind},
    hearing::{self, HearingStatus},
    id::{
        CaseEventId, CaseId, DeadlineId, DistrictId, HearingId, LegalActionId, PropertyId, SessionId, StaffId,
    },
    legal_action::{self, LegalActionKind as Kind, LegalActionStatus as Status},
    property,
    session::{self, SignInMethod},
    staff::{self, StaffRole},
    team_seat,
};
use sea_orm::{ActiveModelBehavior, ActiveModelTrait, EntityTrait, IntoActiveModel, QueryOrder, QuerySelect};
use tests::{Jfn, start_of_time};

/// Cases of the whole city; with each go five events, two deadlines, and with six of ten a legal action and its hearing.
pub const CASES: usize = 100_000;

/// Somebody who is signed in.
pub struct Person {
    /// The header that an app or a browser sends.
    pub cookie: String,
    /// Whose team they belong to; none for those of the whole city.
    pub district: Option<DistrictId>,
}

/// What requests are made of.
pub struct City {
    pub people: Vec<Person>,
    pub cases: Vec<(CaseId, DistrictId)>,
    /// Numbers of the districts.
    pub districts: Vec<i32>,
}

/// Makes so many cases at places that are there.
pub async fn make(jfn: &Jfn, count: usize) -> City {
    let places: Vec<(PropertyId, Option<DistrictId>)> = property::Entity::find()
        .select_only()
        .columns([property::Column::Id, property::Column::DistrictId])
        .order_by_asc(property::Column::Address)
        .into_tuple()
        .all(&jfn.app.db)
        .await
        .expect("places");
    let seats = team_seat::Entity::find().all(&jfn.app.db).await.expect("seats");
    let mut cases = Vec::new();
    for numbers in (0..count).collect::<Vec<_>>().chunks(1_000) {
        let mut rows = Rows::default();
        for &number in numbers {
            let (place, district) = places[number * places.len() / count];
            let district = district.expect("every place of this city lies in a district");
            let seated = |role| {
                seats
                    .iter()
                    .find(|seat| seat.district_id == district && seat.role == role)
                    .map(|s| s.staff_id)
            };
            let drawn = Drawn {
                number,
                id: CaseId::generate(),
                district,
                attorney: seated(StaffRole::Attorney).expect("a team has an attorney"),
                officer: seated(StaffRole::CodeOfficer).expect("a team has a code officer"),
            };
            drawn.write(place, &mut rows);
            cases.push((drawn.id, district));
        }
        rows.insert(jfn).await;
    }
    let mut districts: Vec<i32> = jfn.app.city.districts().iter().map(|district| district.number).collect();
    districts.sort_unstable();
    City { people: sign_in(jfn, &seats).await, cases, districts }
}

// Straight into the table: whether a password is right is not what is measured.
async fn sign_in(jfn: &Jfn, seats: &[team_seat::Model]) -> Vec<Person> {
    let now = api::app::Clock::default().now();
    let (mut people, mut sessions) = (Vec::new(), Vec::new());
    let everybody = staff::Entity::find().order_by_asc(staff::Column::Email).all(&jfn.app.db).await;
    for person in everybody.expect("staff") {
        let district = seats.iter().find(|seat| seat.staff_id == person.id).map(|seat| seat.district_id);
        if district.is_none() && person.role != StaffRole::CityAttorney {
            continue;
        }
        let secret = authn::secret("");
        people.push(Person { cookie: format!("Cookie: jfn_session={secret}"), district });
        let session = session::Model {
            id: SessionId::generate(),
            token_hash: authn::digest(&secret),
            staff_id: person.id,
            method: SignInMethod::Password,
            address: None,
            user_agent: None,
            created_at: now,
            last_used_at: now,
            expires_at: now + TimeDelta::hours(12),
            revoked_at: None,
        };
        sessions.push(session.into_active_model().reset_all());
    }
    session::Entity::insert_many(sessions).exec_without_returning(&jfn.app.db).await.expect("sessions");
    people
}

struct Drawn {
    number: usize,
    id: CaseId,
    district: DistrictId,
    attorney: StaffId,
    officer: StaffId,
}

#[derive(Default)]
struct Rows {
    cases: Vec<case::ActiveModel>,
    events: Vec<case_event::ActiveModel>,
    actions: Vec<legal_action::ActiveModel>,
    hearings: Vec<hearing::ActiveModel>,
    deadlines: Vec<deadline::ActiveModel>,
}

impl Rows {
    async fn insert(self, jfn: &Jfn) {
        insert(jfn, self.cases).await;
        insert(jfn, self.events).await;
        insert(jfn, self.actions).await;
        insert(jfn, self.hearings).await;
        insert(jfn, self.deadlines).await;
    }
}

async fn insert<A>(jfn: &Jfn, mut rows: Vec<A>)
where
    A: ActiveModelTrait + ActiveModelBehavior + Send,
{
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(1_000));
        A::Entity::insert_many(rows).exec_without_returning(&jfn.app.db).await.expect("rows are taken");
        rows = rest;
    }
}

impl Drawn {
    fn write(&self, place: PropertyId, rows: &mut Rows) {
        let n = self.number;
        let days = |days: usize| TimeDelta::days(i64::try_from(days).expect("few days"));
        let opened = start_of_time() - days(1 + n % 1_000) - TimeDelta::seconds((n % 86_400) as i64);
        let open = !n.is_multiple_of(5);
        let priority = [CasePriority::High, CasePriority::Normal, CasePriority::Low][n % 3];
        let stages = [CaseStage::Assessment, CaseStage::Notice, CaseStage::Litigation, CaseStage::Monitoring];
        let events = 1 + n % 9;
        let case = case::Model {
            id: self.id,
            number: format!("JFN-2026-{:06}", 300_000 + n),
            version: 1,
            title: format!("Complaints about the place of case {n}"),
            description: Some("Neighbors report the same trouble on most nights of the week.".to_owned()),
            stage: if open { stages[n % 4] } else { CaseStage::Closed },
            stage_since: opened,
            previous_stage: None,
            was_litigated: false,
            priority,
            priority_rank: priority.rank(),
            source: CaseSource::Resident,
            district_id: self.district,
            property_id: place,
            assignee_id: (!n.is_multiple_of(7)).then_some(self.officer),
            opened_at: opened,
            updated_at: opened,
            closed_at: (!open).then_some(opened + days(1)),
            outcome: (!open).then_some(case::CaseOutcome::CompliedVoluntarily),
            duplicate_of_id: None,
            next_action_on: open.then(|| start_of_time().date_naive() + Days::new((n % 14) as u64)),
            previous_case_id: None,
            response_rule: None,
            response_due_at: None,
            responded_at: None,
            event_count: events as i32,
            event_hash: format!("{n:064x}"),
        };
        rows.cases.push(case.into_active_model().reset_all());
        rows.events.extend((0..events).map(|nth| self.event(nth, opened).into_active_model().reset_all()));
        let action = (n % 5 < 3).then(|| self.action(opened));
        if let Some(action) = &action {
            rows.hearings.push(self.hearing(action.id).into_active_model().reset_all());
            rows.actions.push(action.clone().into_active_model().reset_all());
        }
        let deadlines = (0..2).map(|nth| self.deadline(nth, action.as_ref()).into_active_model().reset_all());
        rows.deadlines.extend(deadlines);
    }

    // The first says that the case was opened; the others are notes, some of them for attorneys alone.
    fn event(&self, nth: usize, opened: chrono::DateTime<chrono::Utc>) -> case_event::Model {
        let at = opened + TimeDelta::hours(nth as i64);
        let note = nth > 0;
        let body = "Spoke with the manager, who will have the lights repaired and the gate locked at ten.";
        case_event::Model {
            id: CaseEventId::generate(),
            case_id: self.id,
            position: 1 + nth as i32,
            transaction: 1,
            kind: if note { CaseEventKind::Note } else { CaseEventKind::Opened },
            occurred_at: at,
            recorded_at: at,
            actor_id: Some(self.officer),
            summary: if note { "Note" } else { "Opened" }.to_owned(),
            body: note.then(|| format!("{nth}. {body}")),
            privileged: note && (self.number + nth).is_multiple_of(11),
            changes: Changes::default(),
            case_version: 1,
            previous_hash: format!("{:064x}", self.number),
            hash: format!("{:064x}", self.number),
        }
    }

    fn action(&self, opened: chrono::DateTime<chrono::Utc>) -> legal_action::Model {
        let n = self.number;
        let statuses = [
            Status::Referred,
            Status::Authorized,
            Status::Filed,
            Status::Served,
            Status::HearingSet,
            Status::Ordered,
            Status::Satisfied,
            Status::Settled,
            Status::Dismissed,
        ];
        let kinds = [Kind::NoticeAndOrder, Kind::DrugAbatement, Kind::Receivership, Kind::Injunction];
        let status = statuses[n % statuses.len()];
        legal_action::Model {
            id: LegalActionId::generate(),
            version: 1,
            case_id: self.id,
            district_id: self.district,
            kind: kinds[n % kinds.len()],
            remedy_key: "receivership".to_owned(),
            status,
            status_since: opened,
            is_final: status.is_final(),
            court: None,
            court_case_number: None,
            responsible_attorney_id: Some(self.attorney),
            filed_on: None,
            claimed_cents: None,
            assessed_cents: None,
            collected_cents: None,
            privileged_notes: None,
            next_on: None,
            created_at: opened,
        }
    }

    fn hearing(&self, action: LegalActionId) -> hearing::Model {
        let n = self.number as i64;
        let at = start_of_time() + TimeDelta::days(n % 900 - 600) + TimeDelta::minutes(n % 480);
        hearing::Model {
            id: HearingId::generate(),
            version: 1,
            legal_action_id: action,
            case_id: self.id,
            district_id: self.district,
            starts_at: at,
            starts_on: at.date_naive(),
            court: "Superior Court".to_owned(),
            department: Some(format!("Department {}", n % 60)),
            purpose: "Hearing on the order to show cause".to_owned(),
            status: if at < start_of_time() { HearingStatus::Held } else { HearingStatus::Scheduled },
            outcome: None,
            continued_to_id: None,
            created_at: start_of_time(),
            changed_at: None,
        }
    }

    fn deadline(&self, nth: usize, action: Option<&legal_action::Model>) -> deadline::Model {
        let n = 2 * self.number + nth;
        let due = start_of_time().date_naive() + Days::new((n * 7 % 1_100) as u64) - Days::new(800);
        let met = due < start_of_time().date_naive() && !n.is_multiple_of(9);
        deadline::Model {
            id: DeadlineId::generate(),
            version: 1,
            kind: [DeadlineKind::Due, DeadlineKind::Due, DeadlineKind::NotBefore][n % 3],
            case_id: self.id,
            legal_action_id: action.map(|action| action.id),
            action_status: action.map(|action| action.status),
            district_id: self.district,
            label: format!("Deadline of {}", due.year()),
            due_on: due,
            completed_on: met.then_some(due),
            completed_by: None,
            met_by: None,
            responsible_id: None,
            created_at: start_of_time(),
            changed_at: None,
        }
    }
}
