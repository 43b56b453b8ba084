//! TLS: from files in PEM to a connection.

use crate::client::{Client, Request};
use crate::clinic::{Clinic, PASSWORD};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};
use sclera_http::{Limits, PROTOCOLS, Tls, TlsFault};
use sclera_tcp::Clients;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

pub(crate) struct Made {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) chain: String,
    pub(crate) key: String,
}

pub(crate) fn http_tls(chain: &str, key: &str) -> Result<Tls, TlsFault> {
    Tls::from_pem(chain.as_bytes(), key.as_bytes(), Clients::Unknown, PROTOCOLS)
}

pub(crate) fn make() -> Made {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    Made { certificate: cert.der().clone(), chain: cert.pem(), key: signing_key.serialize_pem() }
}

fn connect(
    clinic: &Clinic,
    trusted: &CertificateDer<'static>,
    version: &'static SupportedProtocolVersion,
) -> Client<StreamOwned<ClientConnection, TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let settings = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
    let mut settings = settings.with_root_certificates(roots).with_no_client_auth();
    settings.alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(settings), name).unwrap();
    Client { stream: StreamOwned::new(connection, clinic.connect().stream) }
}

#[test]
fn requests_are_answered_in_both_versions() {
    let made = make();
    let tls = http_tls(&made.chain, &made.key).unwrap();
    let clinic = Clinic::started(Limits::default(), Some(tls));
    for version in [&TLS12, &TLS13] {
        let mut client = connect(&clinic, &made.certificate, version);
        let answer = client.ask(&Request::get("/api/sclera/v1/session").log_in("clerk", PASSWORD));
        assert_eq!((answer.status, answer.json()["Username"].as_str()), (200, Some("clerk")));
        assert_eq!(client.ask(&Request::get("/livez")).body, "ok");
        assert_eq!(client.stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert_eq!(client.stream.conn.protocol_version(), Some(version.version));
    }
}

#[test]
fn a_handshake_is_finished_when_the_server_stops() {
    let made = make();
    let tls = http_tls(&made.chain, &made.key).unwrap();
    let mut clinic = Clinic::started(Limits::default(), Some(tls));
    let mut client = connect(&clinic, &made.certificate, &TLS13);
    // Connections are taken in order, and handshakes begin with the first bytes.
    assert_eq!(connect(&clinic, &made.certificate, &TLS13).ask(&Request::get("/livez")).status, 200);
    let running = clinic.running.take().unwrap();
    std::thread::scope(|scope| {
        let stopping = scope.spawn(|| running.stop().unwrap());
        while TcpStream::connect(clinic.address).is_ok() {}
        assert_eq!(client.ask(&Request::get("/livez")).status, 200);
        stopping.join().unwrap();
    });
}

#[test]
fn whoever_does_not_speak_it_gets_no_answer() {
    let made = make();
    let tls = http_tls(&made.chain, &made.key).unwrap();
    let limits = Limits { head_time: Duration::from_millis(200), ..Limits::default() };
    let clinic = Clinic::started(limits, Some(tls));
    let mut plain = clinic.connect();
    plain.send(Request::get("/livez").bytes());
    assert!(plain.receive().is_none());
    let mut silent = clinic.connect();
    assert!(silent.is_ended());
    let mut wary = connect(&clinic, &make().certificate, &TLS13);
    assert!(!wary.send(Request::get("/livez").bytes()), "the certificate is another's");
    let mut client = connect(&clinic, &made.certificate, &TLS13);
    assert_eq!(client.ask(&Request::get("/livez")).status, 200);
}

#[test]
fn what_does_not_fit_is_told() {
    let (one, other) = (make(), make());
    let fault = |chain: &str, key: &str| http_tls(chain, key).err();
    assert_eq!(fault(&one.chain, &one.key), None);
    assert_eq!(fault(&format!("{}{}", one.chain, other.chain), &one.key), None, "a chain");
    assert_eq!(fault(&one.chain, &other.key), Some(TlsFault::Mismatch));
    assert_eq!(fault("", &one.key), Some(TlsFault::NoCertificate));
    assert_eq!(fault(&one.key, &one.key), Some(TlsFault::NoCertificate));
    assert_eq!(fault(&one.chain.replace('M', "!"), &one.key), Some(TlsFault::BadCertificate));
    let empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(fault(empty, &one.key), Some(TlsFault::BadCertificate));
    assert_eq!(fault(&one.chain, ""), Some(TlsFault::NoKey));
    assert_eq!(fault(&one.chain, &one.chain), Some(TlsFault::NoKey));
    let bad = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert_eq!(fault(&one.chain, bad), Some(TlsFault::BadKey));
    let locked = bad.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    assert_eq!(fault(&one.chain, &locked), Some(TlsFault::NoKey));
    for fault in [TlsFault::NoCertificate, TlsFault::BadCertificate] {
        assert!(!fault.is_about_key());
    }
}
