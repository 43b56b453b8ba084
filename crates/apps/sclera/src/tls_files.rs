//! Reading the files that TLS needs.

use crate::configuration::LARGEST;
pub(crate) use crate::configuration::TlsFiles;
use crate::failure::Failure;
use sclera_tcp::{Clients, Tls, check_authorities};
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
