//! A PostgreSQL of one's own, which a trial may stop and start.

use std::{path::PathBuf, process::Stdio};

use tokio::process::Command;
use uuid::Uuid;

/// A cluster in a temporary folder below that of the tests' PostgreSQL, which clears it away whatever happens.
///
/// It keeps what was committed when its processes are killed; only the machine must not lose its power.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    stopped: bool,
}

impl Cluster {
    /// Makes one and starts it.
    pub async fn start() -> Self {
        let mut cluster = Self::nowhere();
        let made = ["-U", "jfn", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
        cluster.run("initdb", &made).await;
        cluster.start_again().await;
        cluster
    }

    /// Makes a standby that follows this one, and starts it.
    pub async fn standby(&self) -> Self {
        let mut standby = Self::nowhere();
        let port = self.port.to_string();
        let from = ["-h", "127.0.0.1", "-p", &port, "-U", "jfn", "--write-recovery-conf", "--no-sync"];
        standby
            .run("pg_basebackup", &[&from[..], &["--checkpoint=fast", "--wal-method=stream"]].concat())
            .await;
        standby.start_again().await;
        standby
    }

    fn nowhere() -> Self {
        let folder =
            PathBuf::from(told("JFN_TEST_POSTGRES_FOLDER")).join(Uuid::now_v7().simple().to_string());
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("a bound socket").port();
        Self { folder, port, stopped: true }
    }

    /// The address of its database `postgres`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://jfn@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends all its processes at once, as `kill -9` of the first would; what was committed is found at the next start.
    pub async fn stop_at_once(&mut self) {
        self.run("pg_ctl", &["-m", "immediate", "stop"]).await;
        self.stopped = true;
    }

    /// Starts it, and waits until it takes connections.
    pub async fn start_again(&mut self) {
        let log = self.folder.join("log").display().to_string();
        let settings = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories= -c fsync=off -c timezone=UTC \
             -c max_connections=100 -c shared_buffers=32MB",
            self.port
        );
        self.run("pg_ctl", &["-w", "-t", "300", "-l", &log, "-o", &settings, "start"]).await;
        self.stopped = false;
    }

    async fn run(&self, program: &str, arguments: &[&str]) {
        let program = PathBuf::from(told("JFN_TEST_POSTGRES_PROGRAMS")).join(program);
        // PostgreSQL refuses to run as root.
        let owner = std::env::var("JFN_TEST_POSTGRES_OWNER").unwrap_or_default();
        let mut command = if owner.is_empty() {
            Command::new(program)
        } else {
            let mut command = Command::new("runuser");
            command.args(["-u", &owner, "--"]).arg(program);
            command
        };
        command.arg("-D").arg(&self.folder).args(arguments).current_dir("/");
        // The server keeps what it is given; a pipe would never end.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let ended = command.status().await.expect("it starts");
        assert!(ended.success(), "{arguments:?} of the cluster in {}", self.folder.display());
    }

    /// Stops and removes it.
    pub async fn raze(mut self) {
        if !self.stopped {
            self.stop_at_once().await;
        }
        std::fs::remove_dir_all(&self.folder).expect("its folder is removed");
    }
}

fn told(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; `make test` and `make soak` set it"))
}
