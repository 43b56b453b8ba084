//! The authorities that a server's certificate must be signed by.

use crate::connection::Fault;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use std::io::Read;
use std::sync::Arc;

/// The most bytes of a file of certificates.
const LARGEST: u64 = 1 << 20;

/// What TLS needs of a PEM file. It is read at each connection, so that a new one counts at once.
pub(crate) fn trust(authorities: &str) -> Result<Arc<ClientConfig>, Fault> {
    let trust = |what: &str| Fault::Trust(format!("LDAPCACertFile: {what}"));
    if authorities.is_empty() {
        return Err(trust("it names no file, and without one no server can be believed"));
    }
    // A pipe would never begin, and a device never end.
    if !std::fs::metadata(authorities).map_err(|error| trust(&error.to_string()))?.is_file() {
        return Err(trust("it names no file"));
    }
    let mut pem = Vec::new();
    let file = std::fs::File::open(authorities).map_err(|error| trust(&error.to_string()))?;
    file.take(LARGEST).read_to_end(&mut pem).map_err(|error| trust(&error.to_string()))?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&pem).flatten());
    if roots.is_empty() {
        return Err(trust("there is no certificate of an authority in PEM"));
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|error| trust(&error.to_string()))?.with_root_certificates(roots);
    Ok(Arc::new(builder.with_no_client_auth()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_stand_in_a_file() {
        for (named, why) in [
            ("", "LDAPCACertFile: it names no file, and"),
            ("/", "LDAPCACertFile: it names no file"),
            ("/dev/zero", "LDAPCACertFile: it names no file"),
            ("/proc/self/status", "LDAPCACertFile: there is no certificate"),
        ] {
            let Err(Fault::Trust(told)) = trust(named) else { panic!("{named}") };
            assert!(told.starts_with(why), "{named}: {told}");
        }
    }
}
