//! Reading the files that TLS needs.

use crate::configuration::LARGEST;
pub(crate) use crate::configuration::TlsFiles;
use crate::failure::Failure;
use sclera::Secret;
use sclera_core::ssl_config::SslConfig;
use sclera_tcp::{Clients, Tls, Versions, check_authorities, unlocked};
use std::io::Read as _;
use std::path::Path;
use zeroize::Zeroizing;

impl TlsFiles {
    /// Reads them and sees whether they fit.
    pub(crate) fn load(&self, clients: Clients<'_>, protocols: &[&str]) -> Result<Tls, Failure> {
        let (chain, key) = (bounded(&self.certificate)?, bounded(&self.key)?);
        Tls::from_pem(&chain, &key, clients, protocols).map_err(|fault| {
            let file = if fault.is_about_key() { &self.key } else { &self.certificate };
            Failure::bad_value(format!("{}: {fault}", file.display()))
        })
    }

    /// The same for HTTP.
    pub(crate) fn load_http(&self) -> Result<Tls, Failure> {
        let Some(asked) = &self.clients else { return self.load(Clients::Unknown, sclera_http::PROTOCOLS) };
        let authorities = authorities(&asked.authorities)?;
        let clients = if asked.are_required {
            Clients::Certified(&authorities)
        } else {
            Clients::Invited(&authorities)
        };
        self.load(clients, sclera_http::PROTOCOLS)
    }
}

/// The authorities of a file, of which there is at least one.
pub(crate) fn authorities(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let pem = bounded(path)?;
    check_authorities(&pem).map_err(|fault| Failure::bad_value(format!("{}: {fault}", path.display())))?;
    Ok(pem)
}

/// The bytes of a file that may be a secret.
pub(crate) fn bounded(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |error: std::io::Error| Failure::file(path, &error);
    let file = std::fs::File::open(path).map_err(failed)?;
    // One byte more than it may have, at once: a buffer that grows leaves copies behind.
    let size = file.metadata().map_err(failed)?.len().min(LARGEST) + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or_default()));
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::bad_value(format!("{}: it has more than {LARGEST} bytes", path.display())));
    }
    Ok(bytes)
}

/// What a TLS configuration of the settings protects connections with (`security-classes.md` section 6): its certificate and
/// key, the versions between `TLSMinVersion` and `TLSMaxVersion`, and with `VerifyPeer` clients that are certified by
/// `CAFile`. A gate that has authorities of its own believes those, and no others.
pub(crate) fn of_config(
    config: &SslConfig,
    password: Option<&Secret>,
    authorities: Option<&[u8]>,
    protocols: &[&str],
) -> Result<Tls, String> {
    let named = |name: &str, path: &str| {
        if path.is_empty() { Err(format!("{name} names no file")) } else { regular(name, Path::new(path)) }
    };
    let (chain, key) = (
        named("CertificateFile", &config.certificate_file)?,
        named("PrivateKeyFile", &config.private_key_file)?,
    );
    let opened =
        password.map(|password| unlocked(&key, password)).transpose().map_err(|fault| fault.to_string())?;
    let key = opened.as_ref().map_or(key.as_slice(), |opened| opened.as_bytes());
    let believed = match (authorities, config.verify_peer) {
        (Some(_), _) | (None, 0) => None,
        (None, _) => Some(named("CAFile", &config.ca_file)?),
    };
    let clients = match (authorities, &believed) {
        (Some(own), _) => Clients::Certified(own),
        (None, None) => Clients::Unknown,
        (None, Some(believed)) if config.verify_peer == REQUESTED => Clients::Invited(believed),
        (None, Some(believed)) => Clients::Certified(believed),
    };
    let speaks = |version: i64| (config.minimum..=config.maximum).contains(&version);
    let versions = Versions { tls12: speaks(TLS_1_2), tls13: speaks(TLS_1_3) };
    Tls::of_versions(&chain, key, clients, protocols, versions).map_err(|fault| fault.to_string())
}

/// The bytes of a file that a setting names: no pipe or device, which would never end or never begin.
fn regular(name: &str, path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let about = std::fs::metadata(path).map_err(|error| format!("{name} {}: {error}", path.display()))?;
    if !about.is_file() {
        return Err(format!("{name} {}: it is no file", path.display()));
    }
    bounded(path).map_err(|failure| format!("{name}: {failure}"))
}

/// `VerifyPeer` where a certificate is asked of clients and not demanded.
const REQUESTED: i64 = 1;
/// The bits of versions in `TLSMinVersion` and `TLSMaxVersion`.
const TLS_1_2: i64 = 16;
const TLS_1_3: i64 = 32;
