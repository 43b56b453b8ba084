//! Reading the files that TLS needs.

use crate::configuration::LARGEST;
pub(crate) use crate::configuration::TlsFiles;
use crate::failure::Failure;
use sclera::Secret;
use sclera_core::ssl_config::SslConfig;
use sclera_tcp::{Clients, Tls, TlsFault, TlsTerms, Versions, check_authorities, unlocked};
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
    read(std::fs::File::open(path).map_err(|error| Failure::file(path, &error))?, path)
}

fn read(file: std::fs::File, path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |error: std::io::Error| Failure::file(path, &error);
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
/// `CAFile` and not revoked by `CRLFile`. A gate that has authorities of its own believes those, and no others. What it
/// demands beyond that cannot be kept, so that it cannot be used.
pub(crate) fn of_config(
    config: &SslConfig,
    password: Option<&Secret>,
    authorities: Option<&[u8]>,
    protocols: &[&str],
) -> Result<Tls, String> {
    let asks = authorities.is_some() || config.verify_peer != 0;
    if asks && config.authorize_cn {
        return Err("AuthorizeCN is not looked at here".to_owned());
    }
    let chain = named("CertificateFile", &config.certificate_file)?;
    let key = named("PrivateKeyFile", &config.private_key_file)?;
    let opened = password.map(|password| unlocked(&key, password)).transpose();
    let opened = opened.map_err(|fault| format!("PrivateKeyFile: {fault}"))?;
    let believed = match authorities {
        None if asks => Some(named("CAFile", &config.ca_file)?),
        _ => None,
    };
    if let Some(believed) = &believed {
        check_authorities(believed).map_err(|fault| format!("CAFile: {fault}"))?;
    }
    let has_revoked = asks && !config.crl_file.is_empty();
    let revoked = has_revoked.then(|| named("CRLFile", &config.crl_file)).transpose()?;
    let clients = match (authorities, &believed) {
        (Some(own), _) => Clients::Certified(own),
        (None, None) => Clients::Unknown,
        (None, Some(believed)) if config.verify_peer == REQUESTED => Clients::Invited(believed),
        (None, Some(believed)) => Clients::Certified(believed),
    };
    let speaks = |version: i64| (config.minimum..=config.maximum).contains(&version);
    let versions = Versions { tls12: speaks(TLS_1_2), tls13: speaks(TLS_1_3) };
    let terms =
        TlsTerms { clients, revoked: revoked.as_ref().map(|lists| lists.as_slice()), protocols, versions };
    let key = opened.as_ref().map_or(key.as_slice(), |opened| opened.as_bytes());
    Tls::of(&chain, key, &terms).map_err(|fault| match fault {
        TlsFault::BadRevocations => format!("CRLFile: {fault}"),
        TlsFault::NoVersion => fault.to_string(),
        _ if fault.is_about_key() => format!("PrivateKeyFile: {fault}"),
        _ => format!("CertificateFile: {fault}"),
    })
}

/// The bytes of a file that a property names: no pipe or device, which would never end or never begin.
fn named(property: &str, path: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    if path.is_empty() {
        return Err(format!("{property} names no file"));
    }
    let file =
        sclera_os::files::open_regular(Path::new(path)).map_err(|error| format!("{property}: {error}"))?;
    read(file, Path::new(path)).map_err(|failure| format!("{property}: {failure}"))
}

/// `VerifyPeer` where a certificate is asked of clients and not demanded.
const REQUESTED: i64 = 1;
/// The bits of versions in `TLSMinVersion` and `TLSMaxVersion`.
const TLS_1_2: i64 = 16;
const TLS_1_3: i64 = 32;
