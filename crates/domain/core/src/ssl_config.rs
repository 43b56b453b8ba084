//! TLS configurations (`security-classes.md` section 6). The password of a private key is sealed.

use crate::id::SslConfigId;
use crate::name::SslConfigName;
use crate::property::{Access, Class, Field, Kind, field};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// A TLS configuration; its name is the only one of which case matters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each member is the property of its name in `FIELDS`")]
pub struct SslConfig {
    pub id: SslConfigId,
    pub name: SslConfigName,
    pub description: String,
    pub enabled: bool,
    pub server: bool,
    pub ca_file: String,
    pub ca_path: String,
    pub crl_file: String,
    pub certificate_file: String,
    pub private_key_file: String,
    pub private_key_type: i64,
    /// Sealed; empty for none.
    pub private_key_password: Vec<u8>,
    pub cipher_list: String,
    pub cipher_suites: String,
    pub diffie_hellman_bits: i64,
    pub ocsp: bool,
    pub ocsp_issuer: String,
    pub ocsp_failures: i64,
    pub ocsp_response_file: String,
    pub ocsp_timeout: i64,
    pub ocsp_url: String,
    pub protocols: i64,
    pub sni_name: String,
    pub minimum: i64,
    pub maximum: i64,
    pub verify_depth: i64,
    pub verify_peer: i64,
    pub authorize_cn: bool,
}

impl SslConfig {
    /// An enabled client configuration for TLS 1.2 and 1.3 that verifies nothing, as the class initially makes it.
    pub fn new(id: SslConfigId, name: SslConfigName) -> Self {
        Self {
            id,
            name,
            description: String::new(),
            enabled: true,
            server: false,
            ca_file: String::new(),
            ca_path: String::new(),
            crl_file: String::new(),
            certificate_file: String::new(),
            private_key_file: String::new(),
            private_key_type: 2,
            private_key_password: Vec::new(),
            cipher_list: "ALL:!aNULL:!eNULL:!EXP:!SSLv2".to_owned(),
            cipher_suites: "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
                .to_owned(),
            diffie_hellman_bits: 0,
            ocsp: false,
            ocsp_issuer: String::new(),
            ocsp_failures: 0,
            ocsp_response_file: String::new(),
            ocsp_timeout: 2,
            ocsp_url: String::new(),
            protocols: 0,
            sni_name: String::new(),
            minimum: 16,
            maximum: 32,
            verify_depth: 9,
            verify_peer: 0,
            authorize_cn: false,
        }
    }
}

impl Class for SslConfig {
    const NAME: &'static str = "Security.SSLConfigs";
    const FIELDS: &'static [Field<Self>] = &[
        field!(Open "Description" text(256) description),
        field!(Open "Enabled" boolean enabled),
        field!(Open "Type" boolean server),
        field!(Open "CAFile" text(255) ca_file),
        field!(Open "CAPath" text(255) ca_path),
        field!(Open "CRLFile" text(255) crl_file),
        field!(Open "CertificateFile" text(255) certificate_file),
        field!(Open "PrivateKeyFile" text(255) private_key_file),
        field!(Open "PrivateKeyType" integer(1, 3) private_key_type),
        field!(Secret "PrivateKeyPassword" binary private_key_password),
        field!(Open "CipherList" text(4096) cipher_list),
        field!(Open "Ciphersuites" text(4096) cipher_suites),
        field!(Open "DiffieHellmanBits" integer(0, 4096) diffie_hellman_bits),
        field!(Open "OCSP" boolean ocsp),
        field!(Open "OCSPIssuerCert" text(255) ocsp_issuer),
        field!(Open "OCSPRequestFailures" integer(0, 1_000_000) ocsp_failures),
        field!(Open "OCSPResponseFile" text(255) ocsp_response_file),
        field!(Open "OCSPTimeout" integer(0, 86_400) ocsp_timeout),
        field!(Open "OCSPURL" text(255) ocsp_url),
        field!(Open "Protocols" integer(0, 63) protocols),
        field!(Open "SNIName" text(255) sni_name),
        field!(Open "TLSMinVersion" integer(2, 32) minimum),
        field!(Open "TLSMaxVersion" integer(2, 32) maximum),
        field!(Open "VerifyDepth" integer(0, 100) verify_depth),
        field!(Open "VerifyPeer" integer(0, 3) verify_peer),
        field!(Open "AuthorizeCN" boolean authorize_cn),
    ];
}
