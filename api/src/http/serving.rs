//! Connections: how many there may be, how long a client may take over each part of them, and how they end.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use poem::{
    Endpoint, Request,
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_io_timeout::TimeoutStream;

use crate::{metrics::Standing, schedule::Stop};

/// How long nothing is accepted after the machine had no room for another socket.
const BREATH: Duration = Duration::from_millis(100);

/// What a client may take of us.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manners {
    /// Connections open at once at most; whoever comes then waits in the machine's queue.
    pub(super) connections: usize,
    /// How long the head of a request may take, and a connection be idle before it.
    pub(super) head_within: Duration,
    /// How long the client may take nothing of an answer that is ready.
    pub(super) taken_within: Duration,
    /// How long running requests get at the end.
    pub(super) grace: Duration,
}

/// Serves `endpoint` until `stop` is told. Then nothing more is accepted, running requests end, and those that do not within
/// the grace are dropped, which takes back what they had not committed.
pub(super) async fn serve(
    socket: TcpListener,
    endpoint: impl Endpoint + 'static,
    manners: Manners,
    open: &Standing,
    mut stop: Stop,
) -> io::Result<()> {
    let local = socket.local_addr()?;
    let endpoint = Arc::new(endpoint);
    let room = Arc::new(Semaphore::new(manners.connections));
    let mut connections = JoinSet::new();
    let told = stop.clone();
    loop {
        let next = async {
            let permit = room.clone().acquire_owned().await;
            (accept(&socket).await, permit)
        };
        tokio::select! {
            biased;
            _ = stop.unless_told(std::future::pending::<()>()) => break,
            Some(ended) = connections.join_next() => if let Err(fault) = ended { tell(&fault) },
            ((stream, peer), permit) = next => {
                let connection = Connection { endpoint: endpoint.clone(), local, peer, manners };
                let (open, stop) = (open.one_more(), told.clone());
                connections.spawn(async move {
                    connection.serve(stream, stop).await;
                    drop((open, permit));
                });
            }
        }
    }
    drop(socket);
    let all = async {
        while let Some(ended) = connections.join_next().await {
            if let Err(fault) = ended {
                tell(&fault);
            }
        }
    };
    if tokio::time::timeout(manners.grace, all).await.is_err() {
        tracing::warn!(connections = connections.len(), "requests did not end in time and are dropped");
        connections.shutdown().await;
    }
    Ok(())
}

// What goes wrong with one who comes is no reason to stop; without room for sockets, others must end first.
async fn accept(socket: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match socket.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection could be accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn tell(fault: &tokio::task::JoinError) {
    if fault.is_panic() {
        tracing::error!("a connection ended by a fault of ours");
    }
}

struct Connection<E> {
    endpoint: Arc<E>,
    local: SocketAddr,
    peer: SocketAddr,
    manners: Manners,
}

impl<E: Endpoint + 'static> Connection<E> {
    async fn serve(self, stream: TcpStream, mut stop: Stop) {
        // Answers are written whole, so waiting to fill a packet only makes them late.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.manners.taken_within));
        let mut builder = http1::Builder::new();
        // Without a timer hyper waits for ever.
        builder.timer(TokioTimer::new()).header_read_timeout(self.manners.head_within);
        let service = service_fn(|request: hyper::Request<Incoming>| {
            let endpoint = self.endpoint.clone();
            let (local, remote) = (LocalAddr(self.local.into()), RemoteAddr(self.peer.into()));
            async move {
                let request = Request::from((request, local, remote, Scheme::HTTP));
                Ok::<_, std::convert::Infallible>(endpoint.get_response(request).await.into())
            }
        });
        let mut connection =
            pin!(builder.serve_connection(TokioIo::new(Box::pin(stream)), service).with_upgrades());
        let ended = match stop.unless_told(connection.as_mut()).await {
            Ok(ended) => ended,
            Err(_) => {
                // The request that is running ends; an idle connection ends now.
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            // Clients go away all the time.
            tracing::debug!(%error, "a connection ended early");
        }
    }
}
