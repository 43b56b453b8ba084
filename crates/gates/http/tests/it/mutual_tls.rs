//! Certificates of clients: who must bring one, and whom it stands for where.

use crate::client::{Answer, Client, Request};
use crate::clinic::{Clinic, OTHER, PASSWORD};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use sclera_core::change::Change;
use sclera_core::property::Properties;
use sclera_http::{Limits, PROTOCOLS, Place, Tls};
use sclera_tcp::Clients;
use serde_json::json;
use std::net::TcpStream;
use std::sync::Arc;

/// The bit of mutual TLS.
const MUTUAL: i64 = 1 << 25;
const SESSION: &str = "/api/sclera/v1/session";

/// Who signs certificates.
struct Authority {
    certificate: CertificateDer<'static>,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
#[derive(Clone)]
struct Identity {
    certificate: CertificateDer<'static>,
    pem: String,
    key: Vec<u8>,
    key_pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let made = params.self_signed(&key).unwrap();
        Self { certificate: made.der().clone(), pem: made.pem(), issuer: Issuer::new(params, key) }
    }

    fn issue(&self, name: &str, until: i32) -> Identity {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name = DistinguishedName::new();
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

    fn clinic(&self, is_required: bool, place: Place) -> Clinic {
        let own = self.issue("server", 2100);
        let pem = self.pem.as_bytes();
        let clients = if is_required { Clients::Certified(pem) } else { Clients::Invited(pem) };
        let tls = Tls::from_pem(own.pem.as_bytes(), own.key_pem.as_bytes(), clients, PROTOCOLS).unwrap();
        Clinic::placed(Limits::default(), Some(tls), place)
    }

    /// Asks on a connection of its own; none where the handshake fails.
    fn ask(&self, clinic: &Clinic, identity: Option<&Identity>, request: &Request) -> Option<Answer> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
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
        let connection = ClientConnection::new(Arc::new(settings), name).unwrap();
        let stream: StreamOwned<ClientConnection, TcpStream> =
            StreamOwned::new(connection, clinic.connect().stream);
        let mut client = Client { stream };
        client.send(request.bytes());
        client.receive()
    }
}

/// Lets certificates say who somebody is, or no longer.
fn take_certificates(clinic: &Clinic, takes: bool) {
    let service = "%Service_WebGateway";
    let kept = clinic.engine.show(&clinic.owner(), sclera_core::change::Kind::Service, service).unwrap();
    let mask: i64 = kept.get("AutheEnabled").unwrap().text().parse().unwrap();
    let mask = if takes { mask | MUTUAL } else { mask & !MUTUAL };
    let properties = Properties::new().with("AutheEnabled", mask);
    clinic.submit(Change::ModifyService { name: service.to_owned(), properties });
}

#[test]
fn whoever_must_bring_a_certificate_brings_one_that_is_believed() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let clinic = authority.clinic(true, Place::default());
    let live = Request::get("/livez");
    let answered = |identity: Option<&Identity>| authority.ask(&clinic, identity, &live).is_some();
    assert!(answered(Some(&authority.issue("anybody", 2100))));
    assert!(!answered(None));
    assert!(!answered(Some(&stranger.issue("anybody", 2100))), "another authority");
    assert!(!answered(Some(&authority.issue("anybody", 2021))), "it has expired");
}

#[test]
fn a_certificate_stands_for_its_user_where_machines_ask_for_decisions() {
    let authority = Authority::new();
    let clinic = authority.clinic(false, Place::default());
    let (clerk, nobody) = (authority.issue("clerk", 2100), authority.issue("nobody", 2100));
    let ask =
        |identity: &Identity, request: &Request| authority.ask(&clinic, Some(identity), request).unwrap();
    let status = |request: &Request| ask(&clerk, request).status;
    let session = Request::get(SESSION);
    assert_eq!(status(&session), 401, "the service does not take it");
    take_certificates(&clinic, true);
    let told = ask(&clerk, &session);
    assert_eq!(
        (told.status, &told.json()["Username"], &told.json()["Roles"]),
        (200, &json!("clerk"), &json!("Desk"))
    );
    let question = json!({ "subject": { "type": "user", "id": "clerk" }, "action": { "name": "read" },
        "resource": { "type": "resource", "id": "AppData" } });
    let evaluation = Request::new("POST", "/access/v1/evaluation").json(&question);
    assert_eq!(ask(&clerk, &evaluation).json(), json!({ "decision": true }));
    // Not where the settings of an application say how one comes in, nor where a proxy asks for others.
    assert_eq!((status(&Request::get("/api/admin/info")), status(&Request::get("/gate/auth"))), (401, 401));
    // Whatever else says who it is counts alone, right or wrong.
    assert_eq!(ask(&clerk, &session.clone().log_in("boss", PASSWORD)).json()["Username"], "boss");
    assert_eq!(
        (status(&session.clone().log_in("clerk", OTHER)), status(&session.clone().bearer("x"))),
        (401, 401)
    );
    assert_eq!(ask(&nobody, &session).status, 401);
    let empty = session.clone().log_in("clerk", "");
    assert_eq!(
        authority.ask(&clinic, None, &empty).unwrap().status,
        401,
        "what is remembered is of the certificate"
    );
    assert_eq!(authority.ask(&clinic, None, &session).unwrap().status, 401);
    // Nothing is remembered over a change.
    clinic.modify("clerk", "Enabled", false);
    assert_eq!(status(&session), 401);
    clinic.modify("clerk", "Enabled", true);
    assert_eq!(status(&session), 200);
    take_certificates(&clinic, false);
    assert_eq!(status(&session), 401);
}

#[test]
fn the_certificate_of_a_proxy_is_not_that_of_whoever_asks() {
    let authority = Authority::new();
    let place = Place { trusted: vec!["127.0.0.1".to_owned()], ..Place::default() };
    let clinic = authority.clinic(false, place);
    take_certificates(&clinic, true);
    let clerk = authority.issue("clerk", 2100);
    let session = Request::get(SESSION).header("X-Forwarded-For", "10.0.0.7");
    assert_eq!(authority.ask(&clinic, Some(&clerk), &session).unwrap().status, 401);
    let named = session.log_in("clerk", PASSWORD);
    assert_eq!(authority.ask(&clinic, Some(&clerk), &named).unwrap().status, 200);
}
