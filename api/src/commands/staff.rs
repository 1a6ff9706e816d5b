//! `jfn staff add|list`: the first administrator, and everybody after.

use std::io::BufRead;

use clap::Subcommand;
use entity::{id::StaffId, staff::StaffRole};
use sea_orm::ActiveEnum;

use super::print;
use crate::{
    app::App,
    authn,
    authz::{Action, Viewer},
    domain::password::{self, Owner},
    error::{Error, Result},
    reads,
    writes::{self, staff::NewMember},
};

/// What to do about members of staff.
#[derive(Subcommand)]
pub enum Staff {
    /// Adds somebody, and prints the password they sign in with, once.
    Add(Add),
    /// Signs somebody out for good and makes their seats vacant from today.
    Leave {
        /// What they signed in with.
        email: String,
    },
    /// Gives somebody another password, printed once, who forgot theirs or lost their second factor, which is removed, and
    /// signs them out everywhere.
    Reset(Reset),
    /// Lists everybody, with the seats they hold today.
    List,
}

/// Somebody new.
#[derive(clap::Args)]
pub struct Add {
    /// What they sign in with.
    #[arg(long)]
    pub email: String,
    /// Full name.
    #[arg(long)]
    pub name: String,
    /// `ATTORNEY`, `SERGEANT`, `CODE_OFFICER`, `CITY_ATTORNEY`, `COMMISSIONER` or `ADMINISTRATOR`.
    #[arg(long, value_parser = role)]
    pub role: StaffRole,
    /// Number of the district whose vacant seat they take from today.
    #[arg(long)]
    pub district: Option<i32>,
    /// Read the password from the first line of standard input in place of making one.
    #[arg(long)]
    pub password_stdin: bool,
}

/// Who forgot their password or lost their second factor.
#[derive(clap::Args)]
pub struct Reset {
    /// What they sign in with.
    #[arg(long)]
    pub email: String,
}

pub async fn run(app: &App, what: Staff) -> Result<()> {
    match what {
        Staff::Add(new) => {
            let given =
                if new.password_stdin { Some(password_of(&mut std::io::stdin().lock())?) } else { None };
            let email = new.email.trim().to_lowercase();
            let (_, password) = add(app, new, given.clone()).await?;
            if given.is_some() {
                return print(&format!("{email} can sign in.\n"));
            }
            print(&format!("{email} can sign in with this password, which is not shown again:\n{password}\n"))
        }
        Staff::Leave { email } => {
            leave(app, &email).await?;
            print(&format!("{email} is signed out and cannot sign in again; their seats are vacant.\n"))
        }
        Staff::Reset(Reset { email }) => {
            let password = reset(app, &email).await?;
            print(&format!("{email} can sign in with this password, which is not shown again:\n{password}\n"))
        }
        Staff::List => print(&list(app).await?),
    }
}

/// Adds somebody; answers their id and password.
pub async fn add(app: &App, new: Add, password: Option<String>) -> Result<(StaffId, String)> {
    let password = match password {
        Some(password) => {
            let owner = Owner { name: &new.name, email: &new.email, city: &app.city.preset.city.name };
            password::check("password", &password, owner, app.city.preset.sign_in.second_factor_required)?;
            password
        }
        None => made_up(),
    };
    let member = NewMember {
        name: new.name,
        email: new.email,
        role: new.role,
        password_hash: authn::hash_password(password.clone()).await?,
        district: new.district,
    };
    let id = app
        .write(&Viewer::server(), "staffAdd", Action::ChangeStaff, async |tx| {
            writes::staff::add(tx, member).await
        })
        .await?;
    Ok((id, password))
}

/// Somebody leaves.
pub async fn leave(app: &App, email: &str) -> Result<StaffId> {
    app.write(&Viewer::server(), "staffLeave", Action::ChangeSeats, async |tx| {
        writes::staff::leave(tx, email).await
    })
    .await
}

/// Gives somebody another password; answers it.
pub async fn reset(app: &App, email: &str) -> Result<String> {
    let password = made_up();
    let hash = authn::hash_password(password.clone()).await?;
    app.write(&Viewer::server(), "staffReset", Action::ChangeSeats, async |tx| {
        writes::staff::reset(tx, email, hash).await
    })
    .await?;
    Ok(password)
}

fn made_up() -> String {
    authn::secret("").chars().take(24).collect()
}

/// Everybody, one a line: role, e-mail, name, seats, and whether they may sign in.
pub async fn list(app: &App) -> Result<String> {
    let viewer = Viewer::server();
    let people = reads::staff::list(app, &viewer, reads::staff::Filter::default()).await?;
    let ids: Vec<StaffId> = people.iter().map(|person| person.id).collect();
    let seats = reads::teams::seats_of_members(app, &viewer, &ids).await?;
    let today = app.today();
    let mut lines = String::new();
    for person in people {
        let held = seats.iter().filter(|row| row.staff_id == person.id && row.period().holds(today));
        let mut districts: Vec<i32> = held
            .filter_map(|row| app.city.district(row.district_id))
            .map(|district| district.number)
            .collect();
        districts.sort_unstable();
        let seats: Vec<String> = districts.iter().map(|number| format!("district {number}")).collect();
        let state = if person.active { "active" } else { "inactive" };
        lines += &format!(
            "{:<14}  {:<36}  {:<28}  {:<12}  {state}\n",
            person.role.word(),
            person.email,
            person.name,
            if seats.is_empty() { "-".to_owned() } else { seats.join(", ") },
        );
    }
    Ok(lines)
}

fn password_of(input: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    input
        .read_line(&mut line)
        .map_err(|error| Error::BadInput(format!("Standard input cannot be read: {error}.")))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn role(text: &str) -> Result<StaffRole, String> {
    let word = text.trim().to_uppercase().replace('-', "_");
    StaffRole::try_from_value(&word).map_err(|_| {
        let words: Vec<String> = StaffRole::ALL.iter().map(|role| role.word()).collect();
        format!("there is no such role; the roles are {}", words.join(", "))
    })
}
