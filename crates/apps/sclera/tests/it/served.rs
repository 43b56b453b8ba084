//! A server over HTTP for tests that come as clients.

use crate::harness::{Kind, PASSWORD, Scratch};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedKey, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    generate_simple_self_signed,
};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Child;

const TLS: &str = "[tls]\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\nclient_ca = \"clients.pem\"\n\
                   client_certificates = \"accepted\"\n";

/// A server at work, over TLS unless something else is said; it does not outlive its test.
pub(crate) struct Served {
    pub(crate) scratch: Scratch,
    /// Such as `https://127.0.0.1:39123`.
    pub(crate) address: String,
    /// The certificate that it shows, in PEM.
    pub(crate) authority: String,
    child: Child,
}

impl Served {
    /// A server with `boss`, who holds `%All`, and `clerk`, who reads `Ward_Chart` and comes in by HTTP.
    pub(crate) fn new() -> Self {
        Self::configured(TLS)
    }

    /// The same without TLS, behind proxies of this machine.
    pub(crate) fn behind_proxies() -> Self {
        Self::configured("trusted_proxies = [\"127.0.0.1\"]\n")
    }

    /// The same with TLS and more lines of configuration, and whatever files they need.
    pub(crate) fn with(configuration: &str, prepare: impl FnOnce(&Scratch)) -> Self {
        Self::prepared(&format!("{configuration}{TLS}"), prepare)
    }

    fn configured(configuration: &str) -> Self {
        Self::prepared(configuration, |_| ())
    }

    fn prepared(configuration: &str, prepare: impl FnOnce(&Scratch)) -> Self {
        let scratch = Scratch::new(Kind::Compatible);
        scratch.ok(["resource", "create", "Ward_Chart"]);
        scratch.ok(["role", "create", "Reader", "--set", "Resources=Ward_Chart:R,%Service_WebGateway:U"]);
        for (user, role) in [("boss", "%All"), ("clerk", "Reader")] {
            let create = ["user", "create", user, "--set", &format!("Roles={role}")];
            scratch.call(create).env("SCLERA_NEW_PASSWORD", PASSWORD).is(0);
        }
        prepare(&scratch);
        Self::at(scratch, configuration)
    }

    fn at(scratch: Scratch, configuration: &str) -> Self {
        let name = ["127.0.0.1".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(name).unwrap();
        let file = |name: &str, text: &str| fs::write(scratch.data().join(name), text).unwrap();
        file("chain.pem", &cert.pem());
        file("key.pem", &signing_key.serialize_pem());
        let [authority, certificate, key] = client_certificate("clerk");
        file("clients.pem", &authority);
        file("clerk.pem", &certificate);
        file("clerk.key", &key);
        file("sclera.toml", &format!("listen = \"127.0.0.1:0\"\n{configuration}"));
        let mut child = scratch.call(["serve"]).start();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.split_whitespace().find(|word| word.starts_with("http"));
        let address = address.unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { scratch, address, authority: cert.pem(), child }
    }

    /// A token of a machine that asks for the clerk.
    pub(crate) fn machine(&self) -> String {
        let create = ["token", "create", "ward", "--user", "clerk", "--scopes", "check,authzen,gate"];
        let told = self.scratch.ok(create);
        told.split_whitespace().find(|word| word.starts_with("sct_")).unwrap().to_owned()
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The certificate of an authority, that of a client by it, and the client's key.
fn client_certificate(name: &str) -> [String; 3] {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    [authority, certificate.pem(), key.serialize_pem()]
}

impl Drop for Served {
    fn drop(&mut self) {
        self.kill();
    }
}
