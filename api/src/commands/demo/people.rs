//! The invented staff of the demo city.

use entity::staff::StaffRole;

use crate::{
    app::App,
    authn,
    authz::Viewer,
    commands::staff::{self, Add},
    error::{Error, Result},
};

/// The password of everybody in the demo city; it guards nothing.
pub const PASSWORD: &str = "good-neighbors-2026";

const FIRST: [&str; 24] = [
    "Amara",
    "Bennett",
    "Carmen",
    "Dashiell",
    "Esperanza",
    "Farid",
    "Greta",
    "Hideo",
    "Imani",
    "Jonas",
    "Keiko",
    "Lorenzo",
    "Marisol",
    "Nikolai",
    "Odalys",
    "Percival",
    "Quyen",
    "Rashida",
    "Soren",
    "Tamsin",
    "Ulises",
    "Vesna",
    "Winifred",
    "Yusuf",
];
const LAST: [&str; 24] = [
    "Abernoth",
    "Brightwell",
    "Castellane",
    "Dunmarrow",
    "Eastlake",
    "Fairweather",
    "Greenhollow",
    "Harrowgate",
    "Ironside",
    "Juniper",
    "Kestrel",
    "Larkspur",
    "Merriwether",
    "Northcote",
    "Oakhurst",
    "Pemberwick",
    "Quillon",
    "Ravenscroft",
    "Silverthorn",
    "Thistlewood",
    "Underhill",
    "Vantongeren",
    "Winterbourne",
    "Yarrowby",
];

/// Everybody, as viewers.
pub struct People {
    teams: Vec<Team>,
    pub city_attorney: Viewer,
}

/// The three of a district.
pub struct Team {
    pub district: i32,
    pub attorney: Viewer,
    pub sergeant: Viewer,
    pub code_officer: Viewer,
}

impl People {
    pub fn team(&self, district: i32) -> Result<&Team> {
        let team = self.teams.iter().find(|team| team.district == district);
        team.ok_or_else(|| Error::Internal(format!("the demo has no team in district {district}")))
    }

    pub fn teams(&self) -> &[Team] {
        &self.teams
    }

    /// One line for each role: role, e-mail, password.
    pub fn sign_ins(&self) -> Vec<(String, String, &'static str)> {
        let line = |role: StaffRole, email: &str| (role.word(), email.to_owned(), PASSWORD);
        vec![
            line(StaffRole::Attorney, &email(StaffRole::Attorney, 3)),
            line(StaffRole::Sergeant, &email(StaffRole::Sergeant, 3)),
            line(StaffRole::CodeOfficer, &email(StaffRole::CodeOfficer, 3)),
            line(StaffRole::CityAttorney, CITY_ATTORNEY),
            line(StaffRole::Commissioner, COMMISSIONER),
            line(StaffRole::Administrator, ADMINISTRATOR),
        ]
    }
}

const CITY_ATTORNEY: &str = "cityattorney@demo.example";
const COMMISSIONER: &str = "commissioner@demo.example";
const ADMINISTRATOR: &str = "administrator@demo.example";

fn email(role: StaffRole, district: i32) -> String {
    let role = match role {
        StaffRole::Attorney => "attorney",
        StaffRole::Sergeant => "sergeant",
        _ => "code",
    };
    format!("{role}{district}@demo.example")
}

/// Hires a team for every district, and one person for each citywide role.
pub async fn hire(app: &App) -> Result<People> {
    let mut names = FIRST.iter().zip(LAST).map(|(first, last)| format!("{first} {last}"));
    let mut name = || names.next().unwrap_or_else(|| "Somebody Else".to_owned());
    let mut teams = Vec::new();
    for district in app.city.districts() {
        for role in StaffRole::TEAM {
            add(app, role, name(), &email(role, district.number), Some(district.number)).await?;
        }
        teams.push(Team {
            district: district.number,
            attorney: viewer(app, &email(StaffRole::Attorney, district.number)).await?,
            sergeant: viewer(app, &email(StaffRole::Sergeant, district.number)).await?,
            code_officer: viewer(app, &email(StaffRole::CodeOfficer, district.number)).await?,
        });
    }
    add(app, StaffRole::CityAttorney, "Zenobia Ashgrove".to_owned(), CITY_ATTORNEY, None).await?;
    add(app, StaffRole::Commissioner, "Xavier Hollowell".to_owned(), COMMISSIONER, None).await?;
    add(app, StaffRole::Administrator, "Ottoline Marchbanks".to_owned(), ADMINISTRATOR, None).await?;
    Ok(People { teams, city_attorney: viewer(app, CITY_ATTORNEY).await? })
}

async fn add(app: &App, role: StaffRole, name: String, email: &str, district: Option<i32>) -> Result<()> {
    let new = Add { email: email.to_owned(), name, role, district, password_stdin: false };
    staff::add(app, new, Some(PASSWORD.to_owned())).await.map(|_| ())
}

async fn viewer(app: &App, email: &str) -> Result<Viewer> {
    let found = authn::viewer_of_staff(app, email).await?;
    found.ok_or_else(|| Error::Internal(format!("{email} was not hired")))
}
