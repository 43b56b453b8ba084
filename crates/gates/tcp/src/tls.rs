//! TLS: 1.2 and later, from a chain of certificates and a key; and which connections must have it.

use crate::end_point::end_point;
use pkcs8::der::pem::{LineEnding, PemLabel};
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::Kdf;
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef, SecretDocument};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{Error, RootCertStore, ServerConfig, SupportedProtocolVersion, crypto::aws_lc_rs};
use sclera_authn::secret::Secret;
use sclera_core::superserver::TlsLevel;
use std::fmt;
use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use zeroize::Zeroizing;

/// Which connections are protected, and by what. Where TLS is accepted or required and nothing can protect, whoever begins
/// it is refused (996).
#[derive(Debug, Clone, Default)]
pub struct Protection {
    level: TlsLevel,
    tls: Option<Tls>,
}

impl Protection {
    /// Protects connections of a level.
    pub fn new(level: TlsLevel, tls: Option<Tls>) -> Self {
        Self { level, tls: tls.filter(|_| level != TlsLevel::None) }
    }

    /// Which connections are protected.
    pub const fn level(&self) -> TlsLevel {
        self.level
    }

    /// What protects, where anything does.
    pub const fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Whether whoever does not begin TLS is refused (995).
    pub const fn is_required(&self) -> bool {
        matches!(self.level, TlsLevel::Require)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

/// Which clients are believed to be who their certificates say.
#[derive(Clone, Copy)]
pub enum Clients<'a> {
    /// Nobody is asked for a certificate.
    Unknown,
    /// Everybody must bring one by one of these authorities, in PEM.
    Certified(&'a [u8]),
    /// Whoever brings one brings it by one of these authorities, in PEM.
    Invited(&'a [u8]),
}

/// Which versions are spoken: 1.2, 1.3 or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// TLS 1.2.
    pub tls12: bool,
    /// TLS 1.3.
    pub tls13: bool,
}

impl Versions {
    /// Both.
    pub const ALL: Self = Self { tls12: true, tls13: true };

    fn offered(self) -> Result<Vec<&'static SupportedProtocolVersion>, TlsFault> {
        let all = [(self.tls12, &rustls::version::TLS12), (self.tls13, &rustls::version::TLS13)];
        let offered: Vec<_> =
            all.into_iter().filter(|(is_on, _)| *is_on).map(|(_, version)| version).collect();
        if offered.is_empty() { Err(TlsFault::NoVersion) } else { Ok(offered) }
    }
}

/// On which terms connections are protected.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// Which clients are believed.
    pub clients: Clients<'a>,
    /// Certificates of clients that are revoked: lists in PEM by the authorities that issued them; none where nobody looks.
    pub revoked: Option<&'a [u8]>,
    /// The names of the protocols that are spoken inside, if they have names (ALPN).
    pub protocols: &'a [&'a str],
    /// The versions that are spoken.
    pub versions: Versions,
}

/// How connections are protected.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    end_point: Option<Arc<[u8]>>,
}

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
    /// There is no authority that could be believed.
    NoAuthority,
    /// No version of TLS is left.
    NoVersion,
    /// A list of revoked certificates cannot be read, or there is none.
    BadRevocations,
    /// The password does not open the private key, or it is encrypted in a way that is not known.
    Locked,
}

impl fmt::Display for TlsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCertificate => "there is no certificate in PEM",
            Self::BadCertificate => "a certificate cannot be read",
            Self::NoKey => "there is no private key in PEM that is not encrypted",
            Self::BadKey => "the private key cannot be read",
            Self::Mismatch => "the private key belongs to another certificate",
            Self::NoAuthority => "there is no certificate of an authority in PEM",
            Self::BadRevocations => "there is no list of revoked certificates in PEM that can be read",
            Self::Locked => {
                "the password does not open the private key, or it is not encrypted as PKCS #8 by PBES2"
            }
            Self::NoVersion => "only TLS 1.2 and 1.3 are spoken here",
        })
    }
}

impl std::error::Error for TlsFault {}

impl TlsFault {
    /// Tells whether it is about the key rather than the certificate.
    pub const fn is_about_key(self) -> bool {
        matches!(self, Self::NoKey | Self::BadKey | Self::Mismatch | Self::Locked)
    }
}

impl Tls {
    /// Takes a chain of certificates, the server's own first, and its private key, both in PEM; which clients are believed;
    /// and the names of the protocols that are spoken inside, if they have names (ALPN).
    pub fn from_pem(
        chain: &[u8],
        key: &[u8],
        clients: Clients<'_>,
        protocols: &[&str],
    ) -> Result<Self, TlsFault> {
        Self::of(chain, key, &Terms { clients, revoked: None, protocols, versions: Versions::ALL })
    }

    /// The same on more terms.
    pub fn of(chain: &[u8], key: &[u8], terms: &Terms<'_>) -> Result<Self, TlsFault> {
        let offered = terms.versions.offered()?;
        let chain = certificates(chain)?;
        if chain.is_empty() {
            return Err(TlsFault::NoCertificate);
        }
        let end_point = chain.first().and_then(|own| end_point(own)).map(Arc::from);
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsFault::NoKey)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let fault = |error| match error {
            Error::InconsistentKeys(_) => TlsFault::Mismatch,
            Error::InvalidCertificate(_) => TlsFault::BadCertificate,
            _ => TlsFault::BadKey,
        };
        let versions = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let versions = versions.with_protocol_versions(&offered).map_err(fault)?;
        let settings = match terms.clients {
            Clients::Unknown => versions.with_no_client_auth(),
            Clients::Certified(authorities) | Clients::Invited(authorities) => {
                let verifier = WebPkiClientVerifier::builder_with_provider(believed(authorities)?, provider);
                let verifier = match terms.revoked {
                    Some(lists) => verifier.with_crls(revocations(lists)?).only_check_end_entity_revocation(),
                    None => verifier,
                };
                let verifier = match terms.clients {
                    Clients::Invited(_) => verifier.allow_unauthenticated(),
                    _ => verifier,
                };
                versions.with_client_cert_verifier(verifier.build().map_err(|_| TlsFault::NoAuthority)?)
            }
        };
        let mut settings = settings.with_single_cert(chain, key).map_err(fault)?;
        if !matches!(terms.clients, Clients::Unknown) {
            // A session that goes on would not look at the certificate again, which may have expired.
            settings.session_storage = Arc::new(NoServerSessionStorage {});
            settings.send_tls13_tickets = 0;
        }
        settings.alpn_protocols = terms.protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(settings)), end_point })
    }

    /// Shakes hands.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }

    /// What proofs inside can be bound to (`tls-server-end-point`); none where the certificate does not tell.
    pub fn end_point(&self) -> Option<&[u8]> {
        self.end_point.as_deref()
    }
}

/// A private key in PEM that a password opens (PKCS #8, PBES2), in PEM and open.
pub fn unlocked(pem: &[u8], password: &Secret) -> Result<Zeroizing<String>, TlsFault> {
    let pem = std::str::from_utf8(pem).map_err(|_| TlsFault::NoKey)?;
    let (label, sealed) = SecretDocument::from_pem(pem).map_err(|_| TlsFault::NoKey)?;
    if label != EncryptedPrivateKeyInfoRef::PEM_LABEL {
        return Err(TlsFault::Locked);
    }
    let sealed = EncryptedPrivateKeyInfoRef::try_from(sealed.as_bytes()).map_err(|_| TlsFault::Locked)?;
    if !costs_little(&sealed.encryption_algorithm) {
        return Err(TlsFault::Locked);
    }
    let opened = sealed.decrypt(password.expose().as_bytes()).map_err(|_| TlsFault::Locked)?;
    opened.to_pem(PrivateKeyInfoRef::PEM_LABEL, LineEnding::LF).map_err(|_| TlsFault::BadKey)
}

/// Lists of revoked certificates, of which there is at least one.
fn revocations(pem: &[u8]) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsFault> {
    let lists: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(pem).collect();
    lists.ok().filter(|lists| !lists.is_empty()).ok_or(TlsFault::BadRevocations)
}

/// Whether a password can be tried in a bounded time and memory: seconds, and some hundred MiB.
fn costs_little(scheme: &EncryptionScheme) -> bool {
    match scheme.pbes2().map(|scheme| &scheme.kdf) {
        Some(Kdf::Pbkdf2(asked)) => asked.iteration_count <= MOST_ROUNDS,
        Some(Kdf::Scrypt(asked)) => {
            let each = asked.cost_parameter.saturating_mul(u64::from(asked.block_size)).saturating_mul(128);
            each.saturating_mul(u64::from(asked.parallelization)) <= MOST_SCRYPT
        }
        _ => false,
    }
}

/// The most rounds of PBKDF2 for the password of a private key.
const MOST_ROUNDS: u32 = 10_000_000;
/// The most bytes that scrypt goes through for it.
const MOST_SCRYPT: u64 = 1 << 28;

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| TlsFault::BadCertificate)
}

/// Whether there are authorities that could be believed, in PEM.
pub fn check_authorities(pem: &[u8]) -> Result<(), TlsFault> {
    believed(pem).map(drop)
}

fn believed(pem: &[u8]) -> Result<Arc<RootCertStore>, TlsFault> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(pem)? {
        store.add(certificate).map_err(|_| TlsFault::BadCertificate)?;
    }
    if store.is_empty() { Err(TlsFault::NoAuthority) } else { Ok(Arc::new(store)) }
}
