//! HTTP/2, by a client that also does what no client should.

use crate::clinic::{Clinic, PASSWORD};
use crate::tls::{http_tls, make};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{Ping, PingPong, Reason};
use hyper::body::Bytes;
use hyper::http::{Method, Request, Response};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use sclera_http::{Limits, Place};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Longer than any limit of these servers.
const PATIENCE: Duration = Duration::from_secs(20);

struct Connected {
    requests: SendRequest<Bytes>,
    pings: PingPong,
    /// Ends with the connection.
    connection: JoinHandle<Result<(), h2::Error>>,
}

/// A server over TLS and a connection to it on which both speak HTTP/2.
fn connected(limits: Limits) -> (Clinic, Runtime, Connected) {
    let made = make();
    let tls = http_tls(&made.chain, &made.key).unwrap();
    let clinic = Clinic::placed(limits, Some(tls), Place::default());
    let mut roots = RootCertStore::empty();
    roots.add(made.certificate).unwrap();
    let settings = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let settings = settings.with_safe_default_protocol_versions().unwrap();
    let mut settings = settings.with_root_certificates(roots).with_no_client_auth();
    settings.alpn_protocols = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
    let runtime = Runtime::new().unwrap();
    let connected = runtime.block_on(async {
        let stream = TcpStream::connect(clinic.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::new(settings)).connect(name, stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (requests, mut connection) = Builder::new().enable_push(false).handshake(stream).await.unwrap();
        let pings = connection.ping_pong().unwrap();
        let connection = tokio::spawn(connection);
        Connected { requests: requests.ready().await.unwrap(), pings, connection }
    });
    (clinic, runtime, connected)
}

fn request(method: Method, path: &str, user: Option<&str>) -> Request<()> {
    let request = Request::builder().method(method).uri(format!("https://localhost{path}"));
    let request = match user {
        Some(user) => {
            let pair = STANDARD.encode(format!("{user}:{PASSWORD}"));
            request.header("Authorization", format!("Basic {pair}"))
        }
        None => request,
    };
    request.body(()).unwrap()
}

async fn whole(response: ResponseFuture) -> Result<(u16, Value), h2::Error> {
    let response: Response<h2::RecvStream> = timeout(PATIENCE, response).await.unwrap()?;
    let (head, mut body) = response.into_parts();
    let mut read = Vec::new();
    while let Some(bytes) = body.data().await {
        let bytes = bytes?;
        let _ = body.flow_control().release_capacity(bytes.len());
        read.extend(bytes);
    }
    Ok((head.status.as_u16(), serde_json::from_slice(&read).unwrap_or_default()))
}

/// Waits until so many sign-ins are at work.
fn are_judged(clinic: &Clinic, count: u64) {
    let late = Instant::now() + PATIENCE;
    while clinic.server.sign_ins_judged() < count {
        assert!(Instant::now() < late, "they do not come");
        std::thread::yield_now();
    }
}

impl Connected {
    fn begin(&mut self, request: Request<()>) -> ResponseFuture {
        self.requests.send_request(request, true).unwrap().0
    }

    async fn ask(&mut self, request: Request<()>) -> Result<(u16, Value), h2::Error> {
        whole(self.begin(request)).await
    }

    /// Sends a body, as far as it is taken.
    async fn send(&mut self, request: Request<()>, body: Vec<u8>) -> Result<(u16, Value), h2::Error> {
        let (response, mut stream) = self.requests.send_request(request, false)?;
        stream.reserve_capacity(body.len());
        // Whoever refuses early does not read to the end.
        let _ = stream.send_data(body.into(), true);
        whole(response).await
    }
}

#[test]
fn many_requests_are_answered_on_one_connection() {
    let (_clinic, runtime, mut connected) = connected(Limits::default());
    runtime.block_on(async {
        let session = || request(Method::GET, "/api/sclera/v1/session", Some("clerk"));
        let all: Vec<_> = (0..20).map(|_| connected.begin(session())).collect();
        for response in all {
            let (status, told) = whole(response).await.unwrap();
            assert_eq!((status, &told["Username"]), (200, &json!("clerk")));
        }
        let head = connected.begin(request(Method::HEAD, "/livez", None)).await.unwrap();
        assert_eq!((head.status().as_u16(), &head.headers()["content-length"]), (200, &"2".parse().unwrap()));
        assert!(head.body().is_end_stream(), "a head has no body");
        assert_eq!(connected.ask(request(Method::GET, "/api/admin/info", None)).await.unwrap().0, 401);
        // The host stands beside the headers.
        let asked = request(Method::GET, "/.well-known/authzen-configuration", None);
        let told = connected.ask(asked).await.unwrap().1;
        assert_eq!(told["policy_decision_point"], "https://localhost");
        let mut foreign = request(Method::POST, "/api/sclera/v1/session", Some("clerk"));
        foreign.headers_mut().insert("Origin", "https://localhost".parse().unwrap());
        assert_eq!(connected.ask(foreign.clone()).await.unwrap().0, 200, "a page of the same host");
        foreign.headers_mut().insert("Origin", "https://evil.example".parse().unwrap());
        assert_eq!(connected.ask(foreign).await.unwrap().0, 403);
        let check = request(Method::POST, "/api/sclera/v1/check", Some("clerk"));
        let answered = connected.send(check, br#"{"Resource":"AppData"}"#.to_vec()).await.unwrap();
        assert_eq!(answered, (200, json!({ "Permissions": "READ" })));
    });
}

#[test]
fn heads_bodies_and_requests_are_bounded() {
    let limits = Limits { body_bytes: 1_000, streams: 3, ..Limits::default() };
    let (_clinic, runtime, mut connected) = connected(limits);
    runtime.block_on(async {
        let mut long = request(Method::GET, "/livez", None);
        long.headers_mut().insert("x-long", "x".repeat(20_000).parse().unwrap());
        let refused = connected.ask(long).await;
        assert!(refused.as_ref().map_or(true, |(status, _)| *status == 431), "{refused:?}");
        let check = || request(Method::POST, "/api/sclera/v1/check", Some("clerk"));
        assert_eq!(connected.send(check(), vec![b' '; 1_001]).await.unwrap().0, 413);
        assert_eq!(connected.requests.current_max_send_streams(), 3);
        assert_eq!(connected.ask(request(Method::GET, "/livez", None)).await.unwrap().0, 200);
    });
}

#[test]
fn one_more_request_than_there_is_room_for_waits() {
    let limits = Limits { requests: 2, ..Limits::default() };
    let (clinic, runtime, mut connected) = connected(limits);
    let held = clinic.hold_sign_ins();
    runtime.block_on(async {
        let session = || request(Method::GET, "/api/sclera/v1/session", Some("clerk"));
        let at_work: Vec<_> = (0..2).map(|_| connected.begin(session())).collect();
        are_judged(&clinic, 2);
        let mut waiting = Box::pin(whole(connected.begin(request(Method::GET, "/livez", None))));
        assert!(timeout(Duration::from_millis(200), &mut waiting).await.is_err(), "it waits");
        drop(held);
        assert_eq!(waiting.await.unwrap().0, 200);
        for response in at_work {
            assert_eq!(whole(response).await.unwrap().0, 200);
        }
    });
}

/// Bytes that belong to no request keep no connection open.
#[test]
fn whoever_only_asks_whether_somebody_is_there_is_left() {
    let limits = Limits { idle_time: Duration::from_millis(300), ..Limits::default() };
    let (_clinic, runtime, mut connected) = connected(limits);
    runtime.block_on(async {
        assert_eq!(connected.ask(request(Method::GET, "/livez", None)).await.unwrap().0, 200);
        let asked = timeout(PATIENCE, async { while connected.pings.ping(Ping::opaque()).await.is_ok() {} });
        asked.await.unwrap();
    });
}

#[test]
fn whoever_takes_requests_back_at_once_is_left() {
    let (clinic, runtime, connected) = connected(Limits::default());
    runtime.block_on(async {
        let abused = timeout(PATIENCE, async {
            for _ in 0..100_000 {
                let asked = request(Method::GET, "/livez", None);
                let Ok(mut ready) = connected.requests.clone().ready().await else { break };
                let Ok((_, mut stream)) = ready.send_request(asked, true) else { break };
                stream.send_reset(Reason::CANCEL);
            }
            connected.connection.await.unwrap()
        });
        let ended = abused.await.unwrap();
        assert!(ended.is_err(), "it ends without regard to what was asked");
    });
    let still = timeout_of(&runtime, TcpStream::connect(clinic.address));
    assert!(still.is_ok(), "others are answered");
}

fn timeout_of<T>(runtime: &Runtime, future: impl Future<Output = T>) -> T {
    runtime.block_on(async { timeout(PATIENCE, future).await.unwrap() })
}

#[test]
fn what_is_at_work_is_finished_when_the_server_stops() {
    let (mut clinic, runtime, mut connected) = connected(Limits::default());
    let running = clinic.running.take().unwrap();
    let held = clinic.hold_sign_ins();
    let session = request(Method::GET, "/api/sclera/v1/session", Some("clerk"));
    let at_work = connected.begin(session);
    are_judged(&clinic, 1);
    std::thread::scope(|scope| {
        let stopping = scope.spawn(|| running.stop().unwrap());
        while std::net::TcpStream::connect(clinic.address).is_ok() {}
        assert!(!stopping.is_finished());
        drop(held);
        assert_eq!(timeout_of(&runtime, whole(at_work)).unwrap().0, 200);
        stopping.join().unwrap();
    });
    let _ended = timeout_of(&runtime, connected.connection).unwrap();
}

#[test]
fn whoever_is_connected_may_still_ask_when_the_server_stops() {
    let (mut clinic, runtime, mut connected) = connected(Limits::default());
    let running = clinic.running.take().unwrap();
    std::thread::scope(|scope| {
        let stopping = scope.spawn(|| running.stop().unwrap());
        while std::net::TcpStream::connect(clinic.address).is_ok() {}
        let asked = connected.begin(request(Method::GET, "/livez", None));
        assert_eq!(timeout_of(&runtime, whole(asked)).unwrap().0, 200);
        stopping.join().unwrap();
    });
}
