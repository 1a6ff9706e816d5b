//! Our server and the floor as processes of their own: how they are started, and what they and their database use.

use std::{
    fs,
    net::TcpListener,
    process::Stdio,
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use tests::process::program;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

use super::{CONNECTIONS, load::Connection};

/// One of the two, running.
pub struct Process {
    child: Child,
    pub address: String,
    /// What its connections to PostgreSQL are called.
    name: &'static str,
}

/// Where a process finds the city.
pub struct Place {
    url: String,
}

impl Place {
    pub fn of(opening: &api::database::Opening) -> Self {
        let url = match &opening.schema {
            Some(schema) => format!("{}?options[search_path]={schema}", opening.url),
            None => opening.url.clone(),
        };
        Self { url }
    }

    fn named(&self, name: &str) -> String {
        if self.url.starts_with("sqlite:") {
            self.url.clone()
        } else {
            format!("{}&application_name={name}", self.url)
        }
    }

    /// Our server's own binary, as it is run for a city but for the limits on how often one may ask; answers with it how many
    /// seconds went by until it answered `request`.
    pub async fn ours(&self, request: &[u8]) -> (Process, f64) {
        let name = "bench-ours";
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = free.local_addr().expect("a bound socket").to_string();
        drop(free);
        let connections = CONNECTIONS.to_string();
        let mut command = Command::new(program());
        command
            .args(["serve", "--listen", &address, "--no-schedule", "--connections", &connections])
            .args(["--requests-by-address", "0", "--requests-by-viewer", "0"])
            .env("DATABASE_URL", self.named(name))
            .env("JFN_EVIDENCE", std::env::temp_dir().join("jfn-bench-evidence"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            // As it is: every request is a line of the log, which goes nowhere here.
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let began = Instant::now();
        let child = command.spawn().expect("our server starts");
        while TcpStream::connect(&address).await.is_err() {
            assert!(began.elapsed() < Duration::from_secs(120), "our server does not listen");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Connection::open(&address).await.ask(request).await;
        (Process { child, address, name }, began.elapsed().as_secs_f64())
    }

    /// The floor.
    pub async fn floor(&self) -> Process {
        let name = "bench-floor";
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["floor", &self.named(name)]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().expect("the floor starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let address = lines.next_line().await.expect("it is read").expect("it tells its address");
        Process { child, address, name }
    }
}

impl Process {
    fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Seconds of processor time of the process and of its connections' processes so far.
    pub async fn processor(&self, db: &DatabaseConnection) -> f64 {
        let mut ticks = used(self.id()).0;
        if let sea_orm::DbBackend::Postgres = db.get_database_backend() {
            let sql = "SELECT pid FROM pg_stat_activity WHERE application_name = $1";
            let asked = Statement::from_sql_and_values(db.get_database_backend(), sql, [self.name.into()]);
            let rows = db.query_all_raw(asked).await.expect("PostgreSQL tells");
            let ids: Vec<u32> = rows
                .iter()
                .map(|row| row.try_get_by_index::<i32>(0).expect("a process").unsigned_abs())
                .collect();
            // Helpers of a statement end with it, and then PostgreSQL's first process has their time.
            let first = ids.first().map_or(0, |id| used(parent(*id)).1);
            ticks += first + ids.into_iter().map(|id| used(id).0).sum::<u64>();
        }
        // Linux counts in hundredths of a second.
        ticks as f64 / 100.0
    }

    /// Megabytes in memory: now, and at most so far.
    pub fn memory(&self) -> (f64, f64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).expect("Linux tells");
        let told = |name: &str| -> f64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a figure");
            line.trim().trim_end_matches(" kB").trim().parse::<f64>().expect("a number") / 1_024.0
        };
        (told("VmRSS:"), told("VmHWM:"))
    }

    /// Statements that our server has sent, and answers with an error.
    pub async fn told(&self) -> (f64, f64) {
        let mut connection = Connection::open(&self.address).await;
        let page = connection.ask(b"GET /metrics HTTP/1.1\r\nHost: bench\r\n\r\n").await;
        let page = std::str::from_utf8(page).expect("text");
        let sum = |prefix: &str, without: &str| -> f64 {
            let lines = page.lines().filter(|line| line.starts_with(prefix) && !line.contains(without));
            lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum()
        };
        let statements = sum("jfn_sql_duration_seconds_count", "none is left out");
        (statements, sum("jfn_graphql_requests_total", "code=\"OK\""))
    }

    pub async fn stop(mut self) {
        self.child.kill().await.expect("it ends");
    }
}

// Ticks of a process, and of its children that have ended.
fn used(id: u32) -> (u64, u64) {
    let fields = stat(id);
    let number = |nth: usize| fields.get(nth).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    (number(11) + number(12), number(13) + number(14))
}

fn parent(id: u32) -> u32 {
    stat(id).get(1).and_then(|field| field.parse().ok()).unwrap_or(0)
}

// What stands behind the name of the process, which may hold anything; a process that has ended has nothing.
fn stat(id: u32) -> Vec<String> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    rest.split(' ').map(str::to_owned).collect()
}

/// Megabytes of our server's binary without its symbols; none where nothing can strip it.
pub fn stripped() -> Option<f64> {
    let folder = tempfile::tempdir().ok()?;
    let file = folder.path().join("jfn");
    let ran = std::process::Command::new("strip").arg("-o").arg(&file).arg(program()).status();
    ran.ok().filter(std::process::ExitStatus::success)?;
    Some(fs::metadata(file).ok()?.len() as f64 / 1e6)
}
