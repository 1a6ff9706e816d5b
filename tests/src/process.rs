//! The server's very binary as a process, with a database and a folder of its own.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use api::database::{self, Opening};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    task::JoinHandle,
};
use uuid::Uuid;

use crate::{Client, Store};

/// The password of everybody whom a story adds.
pub const PASSWORD: &str = "a password for the night shift";

/// Bytes of a log that are kept.
const KEPT: usize = 4 * 1024 * 1024;

const SERGEANT: &str = "sergeant3@city.example";

/// The server's binary: it is built beside the program that runs the tests.
#[must_use]
pub fn program() -> PathBuf {
    let ours = std::env::current_exe().expect("this program");
    let folder = ours.parent().expect("its folder");
    let folder = if folder.ends_with("deps") { folder.parent().expect("its folder") } else { folder };
    folder.join("jfn-under-test")
}

/// Where a process runs: a database of its own, and a folder for its files.
pub struct Place {
    pub url: String,
    folder: TempDir,
    database: Option<(String, String)>,
}

impl Place {
    /// A new one, empty.
    pub async fn new(store: Store) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        match store {
            Store::Sqlite => {
                let url = format!("sqlite:{}", folder.path().join("jfn.db").display());
                Self { url, folder, database: None }
            }
            Store::Postgres => {
                let admin = std::env::var("JFN_TEST_POSTGRES").expect("`make test` sets it");
                let name = format!("process_{}", Uuid::now_v7().simple());
                Self::of_cluster(admin, name, folder).await
            }
        }
    }

    /// A new one, empty, in the cluster whose `postgres` has that address.
    pub async fn in_cluster(admin: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self::of_cluster(admin.to_owned(), format!("process_{}", Uuid::now_v7().simple()), folder).await
    }

    async fn of_cluster(admin: String, name: String, folder: TempDir) -> Self {
        run(&admin, &format!("CREATE DATABASE {name}")).await;
        let (server, _) = admin.rsplit_once('/').expect("an address with a database");
        Self { url: format!("{server}/{name}"), folder, database: Some((admin, name)) }
    }

    /// A file or folder in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DATABASE_URL", &self.url)
            .env("JFN_EVIDENCE", self.path("evidence"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs a command of the binary to its end.
    pub async fn jfn(&self, arguments: &[&str]) -> Ran {
        self.jfn_with(arguments, &[]).await
    }

    /// The same, with more in its environment.
    pub async fn jfn_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = self.command(arguments);
        command.envs(environment.iter().copied());
        let ran = tokio::time::timeout(Duration::from_secs(120), command.output()).await;
        Ran::of(ran.expect("it ends in time").expect("it starts"))
    }

    /// Begins a command of the binary, which goes on by itself.
    pub fn begin(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Begun {
        let mut command = self.command(arguments);
        command.envs(environment.iter().copied());
        Begun(command.spawn().expect("it starts"))
    }

    /// Starts a server and waits until it listens.
    pub async fn serve(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
        self.serve_without(&[], arguments, environment).await
    }

    /// The same, without what is otherwise in its environment.
    pub async fn serve_without(
        &self,
        without: &[&str],
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Server {
        let fixed = ["serve", "--listen", "127.0.0.1:0", "--connections", "8", "--no-schedule"];
        let mut command = self.command(&[&fixed, arguments].concat());
        command.envs(environment.iter().copied());
        for name in without {
            command.env_remove(name);
        }
        Server::listening(command).await
    }

    /// Starts a server as it is without any of that, and waits until it listens.
    pub async fn serve_plainly(&self, arguments: &[&str]) -> Server {
        let mut command = self.command(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
        command.env("JFN_LOG", "warn,api::http=info");
        Server::listening(command).await
    }

    /// Adds the sergeant of district 3.
    pub async fn sergeant(&self) {
        let mut command = self.command(&["staff", "add", "--email", SERGEANT, "--name", "Sam Reyes"]);
        command.args(["--role", "SERGEANT", "--district", "3", "--password-stdin"]).stdin(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut stdin = child.stdin.take().expect("its input");
        tokio::io::AsyncWriteExt::write_all(&mut stdin, PASSWORD.as_bytes()).await.expect("it reads");
        drop(stdin);
        let ran = Ran::of(child.wait_with_output().await.expect("it ends"));
        assert!(ran.well, "{}", ran.log);
    }

    /// Its database, as the application opens it.
    pub async fn database(&self) -> DatabaseConnection {
        open(&self.url).await
    }

    /// Removes it.
    pub async fn raze(self) {
        if let Some((admin, name)) = &self.database {
            run(admin, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

/// Any database, as the application opens it.
pub async fn open(url: &str) -> DatabaseConnection {
    let opening =
        Opening { url: url.to_owned(), connections: 2, schema: None, statement_time: None, durable: true };
    database::open(&opening).await.expect("the database opens")
}

/// Runs one statement on the database of that address.
pub async fn run(url: &str, sql: &str) {
    let db = Database::connect(url).await.expect("the PostgreSQL of the tests answers");
    db.execute_unprepared(sql).await.expect("the statement runs");
    db.close().await.expect("the connection closes");
}

// The log is for people, or JSON in production mode.
fn listens_at(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("127.0.0.1:").filter(|_| line.contains("listening"))?;
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(format!("127.0.0.1:{port}"))
}

/// How a command ended.
pub struct Ran {
    pub well: bool,
    pub out: String,
    pub log: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Self { well: output.status.success(), out: text(output.stdout), log: text(output.stderr) }
    }
}

/// A command at work.
pub struct Begun(Child);

impl Begun {
    /// What it calls itself where it holds a lease begins like this.
    #[must_use]
    pub fn name(&self) -> String {
        format!("process {} ", self.0.id().expect("it runs"))
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        send(self.0.id().expect("it runs"), name);
    }

    /// Waits for its end.
    pub async fn ended(self) -> Ran {
        let ended = tokio::time::timeout(Duration::from_secs(120), self.0.wait_with_output()).await;
        Ran::of(ended.expect("it ends in time").expect("a status"))
    }
}

fn send(id: u32, name: &str) {
    let sent = std::process::Command::new("kill").args([format!("-{name}"), id.to_string()]).status();
    assert!(sent.expect("`kill` is there").success(), "the signal {name} is sent");
}

/// A server that runs.
pub struct Server {
    child: Child,
    /// Address and port.
    pub address: String,
    log: Arc<Mutex<String>>,
    reading: JoinHandle<()>,
}

impl Server {
    async fn listening(mut command: Command) -> Self {
        command.stdout(Stdio::null());
        let mut child = command.spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        let log = Arc::new(Mutex::new(String::new()));
        let kept = log.clone();
        let (said, listening) = tokio::sync::oneshot::channel();
        let reading = tokio::spawn(async move {
            let mut said = Some(said);
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(address) = listens_at(&line)
                    && let Some(said) = said.take()
                {
                    let _ = said.send(address);
                }
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                // What a trial of many thousand requests logs is of use to nobody; the end of it may be.
                if kept.len() > KEPT {
                    kept.clear();
                }
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        let address =
            tokio::time::timeout(Duration::from_secs(180), listening).await.expect("it listens in time");
        let address = address.unwrap_or_else(|_| panic!("it does not listen: {}", log.lock().unwrap()));
        Self { child, address, log, reading }
    }

    /// Where it is, for a client.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The process's number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Megabytes that the process had in memory at most so far.
    #[must_use]
    pub fn most_memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("Linux tells");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak");
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").trim().parse().expect("a number");
        kilobytes / 1_024.0
    }

    /// Kills it, as a machine that fails would.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("SIGKILL");
    }

    /// Somebody who has not signed in.
    pub fn nobody(&self) -> Client {
        Client::new(&self.url())
    }

    /// The sergeant whom [`Place::sergeant`] added.
    pub async fn sergeant(&self) -> Client {
        let mut sergeant = self.nobody();
        sergeant.sign_in(SERGEANT, PASSWORD).await;
        sergeant
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        send(self.id(), name);
    }

    /// Waits for its end; answers whether it ended well, and all that it logged.
    pub async fn ended(mut self) -> Ran {
        let ended = tokio::time::timeout(Duration::from_secs(60), self.child.wait()).await.expect("it stops");
        let well = ended.expect("a status").success();
        self.reading.await.expect("its log is read");
        let log = std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner));
        Ran { well, out: String::new(), log }
    }

    /// Tells it to stop, and waits for its end.
    pub async fn stop(self) -> Ran {
        self.signal("TERM");
        self.ended().await
    }
}

/// The folders and files below `folder`, with what they hold, in order.
pub fn files_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).expect("a file");
                found.push((path.strip_prefix(folder).expect("below").to_owned(), bytes));
            }
        }
    }
    found.sort();
    found
}
