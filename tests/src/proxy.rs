//! A small proxy before several servers, or before one that dies and comes again at another address.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Passes each connection to the next server that takes it. While there is none, who comes waits for one.
#[derive(Clone)]
pub struct Proxy {
    servers: watch::Sender<Vec<String>>,
    next: Arc<AtomicUsize>,
    /// Where it listens.
    pub url: String,
}

impl Proxy {
    /// Starts it before the servers at these addresses.
    pub async fn before(servers: Vec<String>) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", socket.local_addr().expect("a bound socket"));
        let proxy = Self { servers: watch::channel(servers).0, next: Arc::default(), url };
        let passing = proxy.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = socket.accept().await {
                let mut proxy = passing.clone();
                tokio::spawn(async move {
                    let _ = client.set_nodelay(true);
                    let mut server = proxy.connect().await;
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
        proxy
    }

    /// Who comes from now on is passed to these.
    pub fn pass_to(&self, servers: Vec<String>) {
        self.servers.send_replace(servers);
    }

    /// One more server.
    pub fn add(&self, server: String) {
        self.servers.send_modify(|servers| servers.push(server));
    }

    /// Who comes from now on is passed to others.
    pub fn remove(&self, server: &str) {
        self.servers.send_modify(|servers| servers.retain(|known| known != server));
    }

    async fn connect(&mut self) -> TcpStream {
        let mut told = self.servers.subscribe();
        loop {
            let servers = told.borrow_and_update().clone();
            let first = self.next.fetch_add(1, Ordering::SeqCst);
            for step in 0..servers.len() {
                if let Ok(stream) = TcpStream::connect(&servers[(first + step) % servers.len()]).await {
                    let _ = stream.set_nodelay(true);
                    return stream;
                }
            }
            told.changed().await.expect("this proxy has the sender");
        }
    }
}
