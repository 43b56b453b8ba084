//! Whom an outlet trusts to be the receiver, and how it proves itself.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use std::fmt;
use std::sync::Arc;

/// The authorities whose certificates are believed, and a certificate of one's own where the receiver asks for it.
#[derive(Clone)]
pub struct Trust(pub(crate) Arc<ClientConfig>);

/// Why certificates are of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustFault {
    /// The file of authorities holds none that can be read.
    NoAuthority,
    /// The own certificate or its key cannot be read, or they do not belong together.
    BadIdentity,
}

impl fmt::Display for TrustFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAuthority => "there is no certificate of an authority in PEM",
            Self::BadIdentity => {
                "the certificate and the private key cannot be read or do not belong together"
            }
        })
    }
}

impl std::error::Error for TrustFault {}

impl Trust {
    /// Trust in the authorities of a PEM file; `identity` is a chain and its key, both in PEM.
    pub fn from_pem(authorities: &[u8], identity: Option<(&[u8], &[u8])>) -> Result<Self, TrustFault> {
        let mut roots = RootCertStore::empty();
        let read = CertificateDer::pem_slice_iter(authorities).flatten();
        roots.add_parsable_certificates(read);
        if roots.is_empty() {
            return Err(TrustFault::NoAuthority);
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = versions.map_err(|_| TrustFault::BadIdentity)?.with_root_certificates(roots);
        let settings = match identity {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<Vec<_>, _>>();
                let chain = chain.map_err(|_| TrustFault::BadIdentity)?;
                let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TrustFault::BadIdentity)?;
                builder.with_client_auth_cert(chain, key).map_err(|_| TrustFault::BadIdentity)?
            }
        };
        Ok(Self(Arc::new(settings)))
    }
}
