//! TLS: demanded, accepted, refused; and certificates that say who it is.

use crate::house::{Before, DIRECT, ECP, House, echo, echoes, is_ended, reach};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use sclera_core::change::Change;
use sclera_core::property::Properties;
use sclera_core::superserver::TlsLevel;
use sclera_tcp::{Clients, Protection, Tls};
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;

/// An authority of a test.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

/// A certificate and its key.
#[derive(Clone)]
pub(crate) struct Identity {
    certificate: CertificateDer<'static>,
    pem: String,
    key: Vec<u8>,
    key_pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority of a test");
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    fn issue(&self, name: &str, until: i32) -> Identity {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let made = params.signed_by(&key, &self.issuer).unwrap();
        Identity {
            certificate: made.der().clone(),
            pem: made.pem(),
            key: key.serialize_der(),
            key_pem: key.serialize_pem(),
        }
    }

    pub(crate) fn tls(&self, clients: &[&Self]) -> Tls {
        let server = self.issue("server", 2100);
        let authorities: String = clients.iter().map(|authority| authority.certificate.pem()).collect();
        let clients =
            if clients.is_empty() { Clients::Unknown } else { Clients::Certified(authorities.as_bytes()) };
        Tls::from_pem(server.pem.as_bytes(), server.key_pem.as_bytes(), clients, &[]).unwrap()
    }

    pub(crate) fn connect(
        &self,
        stream: TcpStream,
        identity: Option<&Identity>,
    ) -> StreamOwned<ClientConnection, TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let settings = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let settings = settings.unwrap().with_root_certificates(roots);
        let settings = match identity {
            None => settings.with_no_client_auth(),
            Some(identity) => {
                let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key.clone()));
                settings.with_client_auth_cert(vec![identity.certificate.clone()], key).unwrap()
            }
        };
        let name = ServerName::try_from("localhost").unwrap();
        StreamOwned::new(ClientConnection::new(Arc::new(settings), name).unwrap(), stream)
    }
}

pub(crate) fn required(tls: Tls) -> Protection {
    Protection::new(TlsLevel::Require, Some(tls))
}

fn house(service: &'static str, protection: Protection) -> House {
    House::with(vec![Before { protection, ..Before::of(service, &echo()) }])
}

#[test]
fn where_tls_is_required_plain_is_refused() {
    let authority = Authority::new();
    let house = house(ECP, required(authority.tls(&[])));
    assert!(echoes(&mut authority.connect(house.connect(ECP), None), "sealed"));
    let mut plain = house.connect(ECP);
    plain.write_all(b"plain").unwrap();
    assert!(is_ended(&mut plain));
    assert_eq!(house.refused(ECP, 995), 1);
    let mut silent = house.connect(ECP);
    assert!(is_ended(&mut silent), "the handshake has its time");
    let mut slow = house.connect(ECP);
    slow.write_all(&[0x16, 3, 1]).unwrap();
    assert!(is_ended(&mut slow));
}

#[test]
fn where_there_is_none_tls_is_refused() {
    let authority = Authority::new();
    let house = house(ECP, Protection::default());
    assert!(echoes(&mut house.connect(ECP), "plain"));
    assert!(!echoes(&mut authority.connect(house.connect(ECP), None), "sealed"));
    house.wait_for(ECP, "Connections", "0");
    assert_eq!(house.refused(ECP, 996), 1);
}

#[test]
fn where_it_is_accepted_both_are() {
    let authority = Authority::new();
    let house = house(ECP, Protection::new(TlsLevel::Accept, Some(authority.tls(&[]))));
    assert!(echoes(&mut house.connect(ECP), "plain"));
    assert!(echoes(&mut authority.connect(house.connect(ECP), None), "sealed"));
}

#[test]
fn a_certificate_says_who_comes_and_use_is_asked() {
    let (authority, other) = (Authority::new(), Authority::new());
    let house = house(DIRECT, required(authority.tls(&[&authority])));
    let created = |name: &str, roles: &str| Change::CreateUser {
        name: name.to_owned(),
        properties: Properties::new().with("Roles", roles),
        credential: None,
    };
    house.submit(created("ann", ""));
    house.submit(created("eve", "%All"));
    let comes = |identity: Option<&Identity>| {
        echoes(&mut authority.connect(reach(house.address(DIRECT)), identity), "here I am")
    };
    assert!(comes(Some(&authority.issue("ann", 2100))));
    let logins = house.engine.event_counts("%System/%Login/Login").total;
    assert_eq!(logins, 1);
    assert!(!comes(None), "without one");
    assert!(!comes(Some(&other.issue("ann", 2100))), "by another authority");
    assert!(!comes(Some(&authority.issue("ann", 2021))), "expired");
    assert!(!comes(Some(&authority.issue("nobody", 2100))), "of nobody");
    assert!(house.tally(DIRECT).admitted == 1 && house.tally(DIRECT).refusals() == 4);
    // Use on the service, once it is not public.
    let properties = Properties::new().with("PublicPermission", "");
    house.submit(Change::ModifyResource { name: DIRECT.to_owned(), properties });
    assert!(!comes(Some(&authority.issue("ann", 2100))));
    assert_eq!(house.refused(DIRECT, 815), 1);
    assert!(comes(Some(&authority.issue("eve", 2100))));
}

#[test]
fn a_session_that_is_ended_takes_its_connection_along() {
    let authority = Authority::new();
    let house = house(DIRECT, required(authority.tls(&[&authority])));
    let properties = Properties::new();
    house.submit(Change::CreateUser { name: "ann".to_owned(), properties, credential: None });
    let mut stream = authority.connect(house.connect(DIRECT), Some(&authority.issue("ann", 2100)));
    assert!(echoes(&mut stream, "x"));
    house.modify(DIRECT, "Enabled", false);
    house.wait(DIRECT, "draining");
    std::thread::sleep(std::time::Duration::from_millis(900));
    assert!(echoes(&mut stream, "sessions go on where a service is off"));
    assert_eq!(house.engine.end_sessions(&house.owner(), "ann").unwrap(), 1);
    assert!(is_ended(&mut stream));
    house.wait(DIRECT, "closed");
}
