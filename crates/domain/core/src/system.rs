//! System-wide security settings: the one record `SYSTEM` (`security-classes.md` section 5, `authentication.md`
//! section 2), with a few settings of our own.

use crate::property::{Access, Class, Field, Kind, field};
use alloc::borrow::ToOwned;
use alloc::string::String;

/// The name of the record.
pub const NAME: &str = "SYSTEM";

/// The system-wide settings. Defaults are those of the class; an instance starts with those of its profile.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each member is the property of its name in `FIELDS`, described in docs/settings.md"
)]
pub struct System {
    pub description: String,
    pub audit_enabled: bool,
    pub audit_encrypt: bool,
    pub audit_flags: i64,
    pub mechanisms: i64,
    pub configuration_security: bool,
    pub encrypt_temporary: bool,
    pub encrypt_journal: bool,
    pub encryption_key: String,
    pub journal_encryption_key: String,
    pub default_domain: String,
    pub signature_hash: String,
    pub escalate_auth_timeout: i64,
    pub escalate_login_timeout: i64,
    pub inactive_limit: i64,
    pub invalid_login_limit: i64,
    pub invalid_login_action: i64,
    pub login_cookie_timeout: i64,
    pub password_expiration_days: i64,
    pub password_work_factor: i64,
    pub password_algorithm: String,
    pub password_pattern: String,
    pub password_validation: String,
    pub percent_global_write: i64,
    pub required_role: String,
    pub security_domains: bool,
    pub tls_superserver: i64,
    pub tls_telnet: i64,
    pub tls_ecp: i64,
    pub mail_server: String,
    pub mail_user: String,
    pub two_factor_from: String,
    pub two_factor_issuer: String,
    pub two_factor_timeout: i64,
    pub token_algorithm: String,
    pub token_issuer: String,
    pub sql_security: bool,
    pub password_minimum_length: i64,
    pub password_common_list: bool,
    pub password_history: i64,
    pub maximum_resources: i64,
    pub maximum_roles: i64,
    pub role_changes_at_once: bool,
    pub exact_resource_names: bool,
    pub admit_unrecorded: bool,
}

impl Default for System {
    fn default() -> Self {
        Self {
            description: "System security parameters".to_owned(),
            audit_enabled: false,
            audit_encrypt: false,
            audit_flags: 0,
            mechanisms: 0,
            configuration_security: false,
            encrypt_temporary: false,
            encrypt_journal: false,
            encryption_key: String::new(),
            journal_encryption_key: String::new(),
            default_domain: String::new(),
            signature_hash: "SHA256".to_owned(),
            escalate_auth_timeout: 0,
            escalate_login_timeout: 300,
            inactive_limit: 90,
            invalid_login_limit: 5,
            invalid_login_action: 0,
            login_cookie_timeout: 0,
            password_expiration_days: 0,
            password_work_factor: 10_000,
            password_algorithm: "SHA512".to_owned(),
            password_pattern: "3.128ANP".to_owned(),
            password_validation: String::new(),
            percent_global_write: 0,
            required_role: String::new(),
            security_domains: false,
            tls_superserver: 0,
            tls_telnet: 0,
            tls_ecp: 0,
            mail_server: String::new(),
            mail_user: String::new(),
            two_factor_from: String::new(),
            two_factor_issuer: String::new(),
            two_factor_timeout: 180,
            token_algorithm: "ES256".to_owned(),
            token_issuer: String::new(),
            sql_security: true,
            password_minimum_length: 0,
            password_common_list: false,
            password_history: 0,
            maximum_resources: 10_240,
            maximum_roles: 10_240,
            role_changes_at_once: false,
            exact_resource_names: false,
            admit_unrecorded: false,
        }
    }
}

const MASK: i64 = 0xffff_ffff;
const SECONDS: i64 = 31_536_000;

impl Class for System {
    const NAME: &'static str = "Security.System";
    const FIELDS: &'static [Field<Self>] = &[
        field!(System "Description" text(256) description),
        field!(Open "AuditEnabled" boolean audit_enabled),
        field!(Open "AuditEncrypt" boolean audit_encrypt),
        field!(Open "AuditFlags" integer(0, 1) audit_flags),
        field!(Open "AutheEnabled" integer(0, MASK) mechanisms),
        field!(Open "ConfigurationSecurityEnabled" boolean configuration_security),
        field!(Open "DBEncIRISTemp" boolean encrypt_temporary),
        field!(Open "DBEncJournal" boolean encrypt_journal),
        field!(Open "DBEncDefaultKeyID" text(64) encryption_key),
        field!(Open "DBEncJournalKeyID" text(64) journal_encryption_key),
        field!(Open "DefaultSecurityDomain" text(128) default_domain),
        field!(Open "DefaultSignatureHash" choice(&["SHA1", "SHA256", "SHA384", "SHA512"]) signature_hash),
        field!(Open "EscalateAuthTimeout" integer(0, SECONDS) escalate_auth_timeout),
        field!(Open "EscalateLoginTimeout" integer(0, SECONDS) escalate_login_timeout),
        field!(Open "InactiveLimit" integer(0, 365) inactive_limit),
        field!(Open "InvalidLoginLimit" integer(0, 64) invalid_login_limit),
        field!(Open "InvalidLoginAction" integer(0, 1) invalid_login_action),
        field!(Open "LoginCookieTimeout" integer(0, SECONDS) login_cookie_timeout),
        field!(Open "PasswordExpirationDays" integer(0, 99_999) password_expiration_days),
        field!(Open "PasswordHashWorkFactor" integer(10_000, 100_000_000) password_work_factor),
        // `N/A` is no target for the whole instance (`authentication.md` DEC-A09).
        field!(Open "PasswordHashAlgorithm" choice(&["SHA1", "SHA224", "SHA256", "SHA384", "SHA512"]) password_algorithm),
        field!(Open "PasswordPattern" text(64) password_pattern),
        field!(Open "PasswordValidationRoutine" text(128) password_validation),
        field!(Open "PercentGlobalWrite" integer(0, 1) percent_global_write),
        field!(Open "RequiredRole" text(64) required_role),
        field!(Open "SecurityDomains" boolean security_domains),
        field!(Open "SSLSuperServer" integer(0, 2) tls_superserver),
        field!(Open "SSLTelnetServer" integer(0, 2) tls_telnet),
        field!(Open "SSLECPServer" integer(0, 2) tls_ecp),
        field!(Open "SMTPServer" text(256) mail_server),
        field!(Open "SMTPUsername" text(256) mail_user),
        field!(Open "TwoFactorFrom" text(256) two_factor_from),
        field!(Open "TwoFactorPWIssuer" text(256) two_factor_issuer),
        field!(Open "TwoFactorTimeout" integer(0, SECONDS) two_factor_timeout),
        field!(Open "JWTSigAlg" choice(&["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]) token_algorithm),
        field!(Open "JWTIssuer" text(1_024) token_issuer),
        field!(Open "SQLSecurity" boolean sql_security),
        field!(Open "PasswordMinimumLength" integer(0, 255) password_minimum_length),
        field!(Open "PasswordCommonList" boolean password_common_list),
        field!(Open "PasswordHistory" integer(0, 24) password_history),
        field!(Open "MaximumResources" integer(0, MASK) maximum_resources),
        field!(Open "MaximumRoles" integer(0, MASK) maximum_roles),
        field!(Open "RoleChangesAtOnce" boolean role_changes_at_once),
        field!(Open "ExactResourceNames" boolean exact_resource_names),
        field!(Open "AdmitUnrecorded" boolean admit_unrecorded),
    ];
}
