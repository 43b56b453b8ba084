//! Which elements the records of each class have, in the order of the format (`export-xml.md` sections 4 and 5).

use sclera_core::change::Kind;

/// When an element stands in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Where the record says something of it; an empty text is never written.
    Given,
    /// As well, but not where it is 0.
    NotZero,
}

use When::{Given, NotZero};

/// The elements of a class and the number of its records' form.
pub(super) struct Order {
    /// The name of a record's element.
    pub(super) record: &'static str,
    /// The elements.
    pub(super) elements: &'static [(&'static str, When)],
    /// The value of the last one; of a class without one it is empty.
    pub(super) version: &'static str,
}

/// The order of a class; none for SQL privileges, which have no class.
pub(super) const fn of(kind: Kind) -> Option<Order> {
    let (record, elements, version): (_, &'static [(&'static str, When)], _) = match kind {
        Kind::Resource => ("Resources", RESOURCES, "1"),
        Kind::Role => ("Roles", ROLES, "5"),
        Kind::User => ("Users", USERS, "2"),
        Kind::Service => ("Services", SERVICES, "2"),
        Kind::Application => ("Applications", APPLICATIONS, "3"),
        Kind::Event => ("Events", EVENTS, "1"),
        Kind::System => ("System", SYSTEM, "4"),
        Kind::SslConfig => ("SSLConfigs", SSL_CONFIGS, "1"),
        Kind::LdapConfig => ("LDAPConfigs", LDAP_CONFIGS, "2"),
        Kind::PhoneProvider => ("PhoneProviders", PHONE_PROVIDERS, "1"),
        Kind::DocDb => ("DocDBs", DOC_DBS, "1"),
        Kind::X509User => ("X509Users", X509_USERS, ""),
        Kind::Superserver => ("Servers", SERVERS, "1"),
        Kind::SqlPrivilege => return None,
    };
    Some(Order { record, elements, version })
}

const RESOURCES: &[(&str, When)] =
    &[("Description", Given), ("Name", Given), ("PublicPermission", Given), ("Type", Given)];

const ROLES: &[(&str, When)] = &[
    ("Description", Given),
    ("GrantedRoles", Given),
    ("Name", Given),
    ("Resources", Given),
    ("EscalationOnly", Given),
];

const USERS: &[(&str, When)] = &[
    ("AccountNeverExpires", Given),
    ("Attributes", Given),
    ("AutheEnabled", Given),
    ("ChangePassword", Given),
    ("Comment", Given),
    ("CreateDateTime", Given),
    ("CreateUsername", Given),
    ("EmailAddress", Given),
    ("Enabled", Given),
    ("ExpirationDate", Given),
    ("Flags", Given),
    ("FullName", Given),
    ("HOTPKey", Given),
    ("HOTPKeyGenerate", Given),
    ("HOTPKeyDisplay", Given),
    ("LastModifiedDateTime", Given),
    ("LastModifiedInfo", Given),
    ("LastModifiedUsername", Given),
    ("LegacyPassword", Given),
    ("Name", Given),
    ("NameSpace", Given),
    ("Password", Given),
    ("PasswordNeverExpires", Given),
    ("PasswordChangedDateTime", Given),
    ("PasswordReset", Given),
    ("PhoneNumber", Given),
    ("PhoneProvider", Given),
    ("Roles", Given),
    ("RolesAreAdmin", Given),
    ("EscalationRoles", Given),
    ("Routine", Given),
    ("Salt", Given),
    ("EMSGroupEnabled", Given),
    ("PasswordHashAlgorithm", Given),
    ("PasswordHashWorkFactor", Given),
];

const SERVICES: &[(&str, When)] = &[
    ("AutheEnabled", Given),
    ("AutheEnabledCapabilities", Given),
    ("Capabilities", Given),
    ("ClientSystems", Given),
    ("Description", Given),
    ("Enabled", Given),
    ("HttpOnlyCookies", Given),
    ("Name", Given),
    ("TwoFactorEnabled", Given),
];

const EVENTS: &[(&str, When)] = &[
    ("Description", Given),
    ("Enabled", Given),
    ("Flags", Given),
    ("Name", Given),
    ("Source", Given),
    ("Type", Given),
];

const SYSTEM: &[(&str, When)] = &[
    ("AuditEnabled", Given),
    ("AuditEncrypt", NotZero),
    ("AuditFlags", Given),
    ("AutheEnabled", Given),
    ("ConfigurationSecurityEnabled", Given),
    ("DBEncDefaultKeyID", Given),
    ("DBEncIRISTemp", NotZero),
    ("DBEncJournal", NotZero),
    ("DBEncJournalKeyID", Given),
    ("DefaultSecurityDomain", Given),
    ("DefaultSignatureHash", Given),
    ("Description", Given),
    ("EscalateAuthTimeout", Given),
    ("EscalateLoginTimeout", Given),
    ("InactiveLimit", Given),
    ("InvalidLoginLimit", Given),
    ("InvalidLoginAction", Given),
    ("LoginCookieTimeout", Given),
    ("Name", Given),
    ("PasswordExpirationDays", Given),
    ("PasswordHashWorkFactor", Given),
    ("PasswordHashAlgorithm", Given),
    ("PasswordPattern", Given),
    ("PasswordValidationRoutine", Given),
    ("PercentGlobalWrite", Given),
    ("RequiredRole", Given),
    ("SecurityDomains", Given),
    ("SSLSuperServer", Given),
    ("SSLTelnetServer", Given),
    ("SSLECPServer", Given),
    ("SMTPPassword", Given),
    ("SMTPServer", Given),
    ("SMTPUsername", Given),
    ("TwoFactorEnabled", Given),
    ("TwoFactorFrom", Given),
    ("TwoFactorPWIssuer", Given),
    ("TwoFactorTimeout", Given),
    ("Version", Given),
    ("VersionSystem", Given),
    ("JWTSigAlg", Given),
    ("JWTIssuer", Given),
];

const APPLICATIONS: &[(&str, When)] = &[
    ("AutheEnabled", Given),
    ("AutoCompile", Given),
    ("ChangePasswordPage", Given),
    ("ClientApplications", Given),
    ("CookiePath", Given),
    ("CorsAllowlist", Given),
    ("CorsCredentialsAllowed", Given),
    ("CorsHeadersList", Given),
    ("CSPZENEnabled", Given),
    ("CSRFToken", Given),
    ("DeepSeeEnabled", Given),
    ("Description", Given),
    ("DispatchClass", Given),
    ("Enabled", Given),
    ("ErrorPage", Given),
    ("EventClass", Given),
    ("GroupById", Given),
    ("HyperEvent", Given),
    ("iKnowEnabled", Given),
    ("InbndWebServicesEnabled", Given),
    ("IsNameSpaceDefault", Given),
    ("JWTAuthEnabled", Given),
    ("JWTAccessTokenTimeout", Given),
    ("JWTRefreshTokenTimeout", Given),
    ("LockCSPName", Given),
    ("LoginPage", Given),
    ("MatchRoles", Given),
    ("Name", Given),
    ("NameSpace", Given),
    ("Package", Given),
    ("Path", Given),
    ("PermittedClasses", Given),
    ("Recurse", Given),
    ("RedirectEmptyPath", Given),
    ("Resource", Given),
    ("Routines", Given),
    ("ServeFiles", Given),
    ("ServeFilesTimeout", Given),
    ("SuperClass", Given),
    ("Timeout", Given),
    ("TraceEnabled", Given),
    ("TwoFactorEnabled", Given),
    ("Type", Given),
    ("UseCookies", Given),
    ("SessionScope", Given),
    ("UserCookieScope", Given),
    ("WSGIAppLocation", Given),
    ("WSGIAppName", Given),
    ("WSGICallable", Given),
    ("WSGIDebug", Given),
    ("WSGIType", Given),
];

const PHONE_PROVIDERS: &[(&str, When)] = &[("Name", Given), ("SMSGateway", Given)];

const DOC_DBS: &[(&str, When)] =
    &[("Description", Given), ("Enabled", Given), ("Name", Given), ("Namespace", Given), ("Resource", Given)];

const X509_USERS: &[(&str, When)] =
    &[("Comment", Given), ("Enabled", Given), ("LookupKey", Given), ("Username", Given)];

const SSL_CONFIGS: &[(&str, When)] = &[
    ("AuthorizeCN", Given),
    ("CAFile", Given),
    ("CAPath", Given),
    ("CRLFile", Given),
    ("CertificateFile", Given),
    ("CipherList", Given),
    ("Ciphersuites", Given),
    ("Description", Given),
    ("DiffieHellmanBits", NotZero),
    ("Enabled", Given),
    ("Name", Given),
    ("OCSP", Given),
    ("OCSPIssuerCert", Given),
    ("OCSPRequestFailures", Given),
    ("OCSPResponseFile", Given),
    ("OCSPTimeout", Given),
    ("OCSPURL", Given),
    ("PrivateKeyFile", Given),
    ("PrivateKeyPassword", Given),
    ("PrivateKeyType", Given),
    // Deprecated, and only in configurations that have them.
    ("Protocols", NotZero),
    ("SNIName", Given),
    ("TLSMaxVersion", Given),
    ("TLSMinVersion", Given),
    ("Type", Given),
    ("VerifyDepth", Given),
    ("VerifyPeer", Given),
];

const LDAP_CONFIGS: &[(&str, When)] = &[
    ("Description", Given),
    ("LDAPAttributes", Given),
    ("LDAPAttributeComment", Given),
    ("LDAPAttributeFullName", Given),
    ("LDAPAttributeMail", Given),
    ("LDAPAttributeMobile", Given),
    ("LDAPAttributeMobileProvider", Given),
    ("LDAPAttributeNameSpace", Given),
    ("LDAPAttributeRoutine", Given),
    ("LDAPAttributeRoles", Given),
    ("LDAPAttributeEscalationRoles", Given),
    ("LDAPBaseDN", Given),
    ("LDAPBaseDNForGroups", Given),
    ("LDAPCACertFile", Given),
    ("LDAPClientTimeout", Given),
    ("LDAPFlags", Given),
    ("LDAPGroupId", Given),
    ("LDAPHostNames", Given),
    ("LDAPInstanceId", Given),
    ("OrganizationId", Given),
    ("GroupId", Given),
    ("InstanceId", Given),
    ("RoleId", Given),
    ("EscalationRoleId", Given),
    ("RoutineId", Given),
    ("NamespaceId", Given),
    ("DelimiterId", Given),
    ("LDAPSearchPassword", Given),
    ("LDAPSearchUsername", Given),
    ("LDAPServerTimeout", Given),
    ("LDAPUniqueDNIdentifier", Given),
    ("Name", Given),
];

/// No source shows the order: it is that of the names, as in most classes.
const SERVERS: &[(&str, When)] = &[
    ("BindAddress", Given),
    ("Description", Given),
    ("Enabled", Given),
    ("EnableCSP", Given),
    ("EnableCacheDirect", Given),
    ("EnableClients", Given),
    ("EnableDataCheck", Given),
    ("EnableECP", Given),
    ("EnableMirror", Given),
    ("EnableNodeJS", Given),
    ("EnableSNMP", Given),
    ("EnableShadows", Given),
    ("EnableSharding", Given),
    ("EnableWebLink", Given),
    ("Port", Given),
    ("SSLConfig", Given),
    ("SSLSupportLevel", Given),
    ("SystemDefault", Given),
];
