//! Connections: how many there may be, how long a client may take over each part of them, and how they end.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use poem::{
    Body, Endpoint, Request,
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};
#[cfg(any(target_os = "linux", target_os = "android"))]
use socket2::SockRef;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_io_timeout::TimeoutStream;

use super::room::{Place, Room};
use crate::{metrics::Standing, schedule::Stop};

/// How long nothing is accepted after the machine had no room for another socket.
const BREATH: Duration = Duration::from_millis(100);

/// Bytes of answers that the machine holds for a client whose side has no room for them.
#[cfg(any(target_os = "linux", target_os = "android"))]
const HELD: u32 = 64 * 1024;

/// What a client may take of us.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manners {
    /// Connections open at once at most; whoever comes then gets the place of who keeps us waiting, or waits in the machine's
    /// queue.
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
    let room = Room::new(manners.connections);
    let mut connections = JoinSet::new();
    let told = stop.clone();
    // Who has come and has no place yet.
    let mut come = None;
    loop {
        let next = async {
            if come.is_none() {
                come = Some(accept(&socket).await);
            }
            room.enter().await
        };
        tokio::select! {
            biased;
            _ = stop.unless_told(std::future::pending::<()>()) => break,
            Some(ended) = connections.join_next() => if let Err(fault) = ended { tell(&fault) },
            place = next => {
                let Some((stream, peer)) = come.take() else { continue };
                let connection = Connection { endpoint: endpoint.clone(), local, peer, manners };
                let (open, stop) = (open.one_more(), told.clone());
                connections.spawn(async move {
                    connection.serve(stream, Arc::new(place), stop).await;
                    drop(open);
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

// Who reads nothing is otherwise answered into megabytes of the machine's memory, thousands of requests long, before we hear
// that nothing is taken. What is on its way to somebody far is not bounded by it.
fn hold_little(stream: &TcpStream) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = SockRef::from(stream).set_tcp_notsent_lowat(HELD) {
        tracing::debug!(%error, "a connection may hold more answers than it should");
    }
}

struct Connection<E> {
    endpoint: Arc<E>,
    local: SocketAddr,
    peer: SocketAddr,
    manners: Manners,
}

impl<E: Endpoint + 'static> Connection<E> {
    async fn serve(self, stream: TcpStream, place: Arc<Place>, mut stop: Stop) {
        let client = &place.client;
        // Answers are written whole, so waiting to fill a packet only makes them late.
        let _ = stream.set_nodelay(true);
        hold_little(&stream);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.manners.taken_within));
        let mut builder = http1::Builder::new();
        // Without a timer hyper waits for ever.
        builder.timer(TokioTimer::new()).header_read_timeout(self.manners.head_within);
        let service = service_fn(|request: hyper::Request<Incoming>| {
            let endpoint = self.endpoint.clone();
            let (local, remote) = (LocalAddr(self.local.into()), RemoteAddr(self.peer.into()));
            let (asked, place) = (client.has_asked(), place.clone());
            async move {
                let mut request = Request::from((request, local, remote, Scheme::HTTP));
                // Whoever goes on with the connection after the answer keeps its place.
                request.extensions_mut().insert(place);
                let body = request.take_body();
                if !body.is_empty() {
                    let pieces = asked.clone().awaiting(body.into_bytes_stream());
                    request.set_body(Body::from_bytes_stream(pieces));
                }
                let response: hyper::Response<_> = endpoint.get_response(request).await.into();
                Ok::<_, std::convert::Infallible>(response.map(|body| asked.answered(body)))
            }
        });
        let mut connection =
            pin!(builder.serve_connection(TokioIo::new(Box::pin(stream)), service).with_upgrades());
        let ended = tokio::select! {
            biased;
            () = client.is_let_go() => {
                tracing::debug!("a client that kept us waiting makes room for another");
                return;
            }
            ended = stop.unless_told(connection.as_mut()) => ended,
        };
        let ended = match ended {
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
