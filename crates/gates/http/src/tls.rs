//! TLS: 1.2 and later, from a chain of certificates and a key.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{Error, ServerConfig, crypto::aws_lc_rs};
use std::fmt;
use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How connections are protected.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

/// Why a certificate and a key are of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFault {
    /// There is no certificate in PEM.
    NoCertificate,
    /// A certificate cannot be read.
    BadCertificate,
    /// There is no private key in PEM, or it is encrypted.
    NoKey,
    /// The key is of a kind that is not known, or it cannot be read.
    BadKey,
    /// The key is that of another certificate.
    Mismatch,
}

impl fmt::Display for TlsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCertificate => "there is no certificate in PEM",
            Self::BadCertificate => "a certificate cannot be read",
            Self::NoKey => "there is no private key in PEM that is not encrypted",
            Self::BadKey => "the private key cannot be read",
            Self::Mismatch => "the private key belongs to another certificate",
        })
    }
}

impl std::error::Error for TlsFault {}

impl TlsFault {
    /// Tells whether it is about the key rather than the certificate.
    pub const fn is_about_key(self) -> bool {
        matches!(self, Self::NoKey | Self::BadKey | Self::Mismatch)
    }
}

impl Tls {
    /// Takes a chain of certificates, the server's own first, and its private key; both in PEM.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, TlsFault> {
        let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|_| TlsFault::BadCertificate)?;
        if chain.is_empty() {
            return Err(TlsFault::NoCertificate);
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsFault::NoKey)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let fault = |error| match error {
            Error::InconsistentKeys(_) => TlsFault::Mismatch,
            Error::InvalidCertificate(_) => TlsFault::BadCertificate,
            _ => TlsFault::BadKey,
        };
        let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let settings = versions.map_err(fault)?.with_no_client_auth().with_single_cert(chain, key);
        let mut settings = settings.map_err(fault)?;
        settings.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(settings))))
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.0.accept(stream).await
    }
}
