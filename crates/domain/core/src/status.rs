//! Statuses: the numbered errors that a rule answers with.
//!
//! A [`Status`] is a refusal by a rule of the model, with the number and text that scripts of the original know
//! (`security-classes.md` section 13), and often with a detail of ours that says what exactly is wrong.
//!
//! ```
//! use sclera_core::status::{Code, Status};
//!
//! let refused = Status::new(Code::RoleDoesNotExist, ["Nurse"]);
//! assert_eq!(refused.to_string(), "ERROR #883: Role Nurse does not exist.");
//! ```

use crate::name::quotable;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// The refusals that rules of this product give, by their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
#[expect(missing_docs, reason = "the text of each code stands in `TEXTS`")]
pub enum Code {
    AuthenticationFailed = 798,
    InvalidApplicationName = 799,
    ServiceDisabled = 800,
    LoginsDisabled = 801,
    Starting = 802,
    Stopping = 803,
    KerberosNotAllowed = 804,
    KerberosIntegrityNotAllowed = 805,
    KerberosEncryptionNotAllowed = 806,
    OsNotAllowed = 807,
    KerberosRequired = 808,
    ServiceDoesNotExist = 809,
    KerberosCacheNotAllowed = 811,
    KerberosPromptNotAllowed = 812,
    KerberosApiNotAllowed = 813,
    KerberosKeyTableNotAllowed = 814,
    NotAuthorizedForService = 815,
    InvalidAuthenticationOption = 816,
    AddressNotAllowed = 817,
    CannotDeleteService = 818,
    ServiceAlreadyExists = 819,
    InvalidOptionForService = 820,
    AccessDenied = 822,
    UserDisabled = 828,
    UnableToAddRole = 829,
    UserInvalidPassword = 831,
    LoginTimeout = 833,
    LoginAborted = 834,
    SecurityBypassed = 835,
    NoProgrammerAccess = 836,
    UserAlreadyExists = 837,
    UserDoesNotExist = 838,
    OnlyHolderOfAll = 840,
    CannotDeleteDefaultUser = 841,
    InvalidUserName = 842,
    NoNamespacePrivilege = 844,
    PasswordDoesNotMatch = 845,
    UserNameHasDomain = 846,
    SystemDoesNotExist = 849,
    InvalidEventName = 851,
    EventAlreadyExists = 852,
    EventDoesNotExist = 853,
    CannotDeleteEvent = 854,
    PrivilegedApplicationDisabled = 861,
    RestrictedFromApplication = 862,
    ApplicationAlreadyExists = 867,
    PrivilegedApplicationNotFound = 868,
    ApplicationDoesNotExist = 869,
    CannotDeleteSystemApplication = 870,
    DuplicateMatchRole = 874,
    MatchRoleDoesNotExist = 875,
    DuplicateTargetRole = 878,
    TargetRoleDoesNotExist = 879,
    CannotDeleteRole = 880,
    RoleDoesNotExist = 883,
    RoleAlreadyExists = 884,
    MaximumRoles = 885,
    CannotModifyRole = 886,
    InvalidRoleName = 887,
    CannotDeleteResource = 890,
    ResourceAlreadyExists = 891,
    ResourceDoesNotExist = 892,
    CannotModifyResource = 893,
    MaximumResources = 894,
    DuplicateResource = 895,
    InvalidResourceName = 896,
    InvalidPermission = 897,
    SslConfigAlreadyExists = 898,
    DomainAlreadyExists = 901,
    InvalidDomainName = 902,
    DomainDoesNotExist = 903,
    UsersOfOtherDomains = 904,
    PhoneProviderDoesNotExist = 913,
    CannotDeleteSystem = 930,
    PasswordChangeRequired = 935,
    UserAndRoleSameName = 942,
    InvalidExpirationDate = 944,
    NoAccessibleNamespace = 946,
    PasswordNotAllowed = 947,
    InvalidServiceName = 950,
    UnauthenticatedNotAllowed = 951,
    InvalidPassword = 952,
    KerberosBadCredentials = 955,
    KerberosError = 956,
    PasswordNotAllowedForApplication = 957,
    InvalidPasswordPattern = 958,
    UserExpired = 959,
    UserInactive = 960,
    NoMechanism = 963,
    LdapUnavailable = 964,
    LdapSearchBindFailed = 965,
    LdapSearchFailed = 966,
    LdapCountFailed = 967,
    NotInLdap = 968,
    NotUniqueInLdap = 969,
    LdapFirstEntryFailed = 970,
    LdapInvalidPassword = 971,
    NotAnLdapUser = 972,
    NotADelegatedUser = 973,
    NotAPasswordUser = 974,
    RequiredRoleMissing = 978,
    SslConfigDoesNotExist = 979,
    InvalidSslConfigName = 981,
    PrivateKeyRequired = 983,
    CertificateRequired = 984,
    PasswordExpired = 992,
    CannotModifyLdapUser = 993,
    CannotModifyDelegatedUser = 994,
    TlsRequired = 995,
    TlsNotConfigured = 996,
    OsAuthorizationFailed = 997,
    NotAKerberosUser = 1400,
    AuthorizeMissing = 1401,
    AuthenticateMissing = 1402,
    CannotModifyKerberosUser = 1404,
    NotAnOsUser = 1405,
    CannotModifyOsUser = 1407,
    InvalidOptionForApplication = 1408,
    NotSetUpForTwoFactor = 1409,
    TwoFactorTimeout = 1411,
    WrongToken = 1412,
    InvalidPhoneNumber = 1415,
    InvalidPhoneProvider = 1416,
    InvalidTwoFactor = 1417,
    LoginLimitReached = 1418,
    GetCredentialsFailed = 1419,
    NoCredentialsReturned = 1420,
    MirrorAndShadow = 1422,
    UnauthenticatedNotAllowedForApplication = 1426,
    NoPrivilegeForService = 1429,
    WrongVerificationCode = 1433,
    PasswordValidationFailed = 1446,
    General = 5001,
    Sql = 5540,
    PropertyRequired = 5659,
    PropertyInvalid = 5802,
    TooLong = 7201,
    TooShort = 7202,
    TooGreat = 7203,
    TooSmall = 7204,
    NotInList = 7205,
    NotABoolean = 7206,
    NotANumber = 7207,
    NotThePattern = 7209,
}

impl Code {
    /// The number shown after `ERROR #`.
    pub const fn number(self) -> u16 {
        self as u16
    }
}

/// A refusal by a rule: number, arguments and, where it helps, a detail.
#[derive(Clone, PartialEq, Eq)]
pub struct Status {
    code: Code,
    arguments: Vec<String>,
    detail: Option<String>,
    cause: Option<Box<Status>>,
}

impl Status {
    /// A status whose text takes the given arguments in place of `%1`, `%2` and so on.
    pub fn new<A: ToString>(code: Code, arguments: impl IntoIterator<Item = A>) -> Self {
        let arguments = arguments.into_iter().map(|argument| quotable(&argument.to_string())).collect();
        Self { code, arguments, detail: None, cause: None }
    }

    /// A status without arguments.
    pub fn plain(code: Code) -> Self {
        Self { code, arguments: Vec::new(), detail: None, cause: None }
    }

    /// A refusal for which the original has no number (`authorization.md` Q28).
    pub fn general(text: impl fmt::Display) -> Self {
        Self { code: Code::General, arguments: [text.to_string()].into(), detail: None, cause: None }
    }

    /// Says what exactly is wrong, in our own words, after the numbered text.
    #[must_use]
    pub fn because(mut self, detail: impl fmt::Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    /// Puts the error that led to this one before it, as the original shows nested errors.
    #[must_use]
    pub fn caused_by(mut self, cause: Self) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    /// Which refusal this is.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The arguments, in the order of their numbers.
    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }

    /// The innermost error: the one that says what is wrong with the value.
    pub fn root(&self) -> &Self {
        self.cause.as_deref().map_or(self, Self::root)
    }

    /// The text without its number.
    pub fn text(&self) -> String {
        let template = text_of(self.code.number()).unwrap_or("%1");
        let mut pieces = template.split('%');
        let mut text = pieces.next().unwrap_or_default().to_string();
        for piece in pieces {
            let (argument, rest) = match self.argument(piece) {
                Some(argument) => (argument, piece.get(1..).unwrap_or_default()),
                None => ("%", piece),
            };
            text.push_str(argument);
            text.push_str(rest);
        }
        text
    }

    /// The argument that a piece of text behind a `%` begins with the number of. Arguments are names of strangers: what
    /// stands in them is never read as a number again.
    fn argument(&self, piece: &str) -> Option<&str> {
        let number = piece.chars().next()?.to_digit(10)?;
        let position = usize::try_from(number).ok()?.checked_sub(1)?;
        self.arguments.get(position).map(String::as_str)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(cause) = &self.cause {
            write!(f, "{cause} > ")?;
        }
        write!(f, "ERROR #{}: {}", self.code.number(), self.text())?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for Status {}

/// The text of an error number, with `%1` and so on for its arguments.
pub fn text_of(number: u16) -> Option<&'static str> {
    let position = TEXTS.binary_search_by_key(&number, |(known, _)| *known).ok()?;
    TEXTS.get(position).map(|(_, text)| *text)
}

/// Numbers and texts in ascending order (`security-classes.md` 13.2).
const TEXTS: &[(u16, &str)] = &[
    (797, "User account has expired"),
    (798, "%1 authentication failed"),
    (799, "Invalid Application name %1"),
    (800, "Logins for Service %1 are disabled"),
    (801, "Logins are disabled"),
    (802, "Logins are disabled for service %1, system startup in progress"),
    (803, "Logins are disabled, system shutdown is in progress"),
    (804, "Kerberos logins not allowed for service %1"),
    (805, "Kerberos data integrity not allowed for service %1"),
    (806, "Kerberos data encryption not allowed for service %1"),
    (807, "O/S logins are not allowed for service %1"),
    (808, "Kerberos logins required for service %1"),
    (809, "Service %1 does not exist"),
    (810, "Invalid username or password"),
    (811, "Kerberos cache logins not allowed for service %1"),
    (812, "Kerberos prompt logins not allowed for service %1"),
    (813, "Kerberos API logins not allowed for service %1"),
    (814, "Kerberos key table logins not allowed for service %1"),
    (815, "User not authorized for service %1"),
    (816, "Invalid authentication option %1"),
    (817, "Client IP Address %1 not authorized for service %2"),
    (818, "Cannot delete service %1"),
    (819, "Service %1 already exists"),
    (820, "Invalid authentication option %1 for service %2"),
    (821, "Access Denied: Cannot access %1"),
    (822, "Access Denied"),
    (824, "Invalid Username or Password"),
    (827, "User %1 is not authorized"),
    (828, "User %1 account is disabled"),
    (829, "User %1 unable to add role %2"),
    (830, "User %1 unable to update last login"),
    (831, "User %1 invalid name or password"),
    (832, "User %1 error updating password"),
    (833, "Login timeout"),
    (834, "Login aborted"),
    (835, "User %1 bypassing system security"),
    (836, "Insufficient privilege for programmer access"),
    (837, "User %1 already exists"),
    (838, "User %1 does not exist"),
    (839, "Cannot delete superuser %1."),
    (840, "Cannot delete %1, only user with %All role."),
    (841, "Cannot delete default user %1."),
    (842, "Username %1 is invalid."),
    (843, "Username %1 is in use by service %2."),
    (844, "Insufficient privilege for namespace %1, database %2, resource %3"),
    (845, "Password does not match length or pattern requirements"),
    (846, "Username cannot contain domain specification"),
    (848, "System Security configuration %1 already exists."),
    (849, "System Security configuration %1 does not exist."),
    (850, "Audit database %1 not available"),
    (851, "Invalid Audit Event name %1"),
    (852, "Audit Event %1 already exists"),
    (853, "Audit Event %1 does not exist"),
    (854, "Cannot delete system Audit Event %1"),
    (855, "Cannot modify system Audit Event %1"),
    (859, "Audit record %1 does not exist"),
    (861, "Privileged application %1 is disabled."),
    (862, "User is restricted from running privileged application %2 -- cannot execute."),
    (863, "Privileged application %1 is locked."),
    (864, "An authenticated user name is required."),
    (865, "Routine %1, in database %2, is not authorized to add roles for application %3."),
    (866, "Client application %1 not authorized to add roles - Signature %2."),
    (867, "Cannot create privileged application %1 -- an application by that name already exists."),
    (868, "Privileged application %1 not found."),
    (869, "Application %1 does not exist"),
    (870, "Cannot delete system application %1"),
    (874, "Duplicate Match role %1."),
    (875, "Match role %1 does not exist."),
    (878, "Duplicate Target role %1."),
    (879, "Target role %1 does not exist."),
    (880, "Cannot delete role %1."),
    (881, "Cannot remove role %1."),
    (883, "Role %1 does not exist."),
    (884, "Role %1 already exists."),
    (885, "Maximum number of roles reached."),
    (886, "Cannot modify role %1."),
    (887, "Invalid role name %1."),
    (890, "Cannot delete system resource %1."),
    (891, "Resource %1 already exists."),
    (892, "Resource %1 does not exist."),
    (893, "Cannot modify system resource %1."),
    (894, "Maximum number of resources reached."),
    (895, "Duplicate resource %1."),
    (896, "Invalid resource name %1."),
    (897, "Invalid permission %1 for resource name %2."),
    (898, "SSL configuration %1 already exists"),
    (900, "Cannot delete domain %1, domain is in use."),
    (901, "Domain %1 already exists."),
    (902, "Invalid Domain name %1"),
    (903, "Domain %1 does not exist"),
    (904, "User's must all be in domain %1, user %2 is not"),
    (913, "PhoneProvider %1 does not exist"),
    (914, "X509Credentials %1 does not exist"),
    (920, "Cannot modify field '%1'"),
    (921, "Operation requires %1 privilege"),
    (922, "Operation requires %1 privilege on resource %2"),
    (923, "Operation requires %1 privilege on resource %2 or %3"),
    (924, "Operation requires %1 privilege on resources %2 and %3"),
    (930, "Cannot delete system security parameters"),
    (935, "Password change required."),
    (939, "Insufficient privilege for object access '%1'"),
    (940, "Insufficient privilege for operation"),
    (941, "Audit header contains unwritten records"),
    (942, "Username and Role cannot have the same name"),
    (943, "User %1 has no role"),
    (944, "Invalid expiration date"),
    (945, "Import of audit events to namespace '%1' is prohibited"),
    (946, "User %1 has no accessible namespaces"),
    (947, "Password logins not allowed for service %1"),
    (950, "Invalid service name %1"),
    (951, "Unauthenticated access for service %1 is disabled"),
    (952, "Invalid password"),
    (953, "Invalid Legacy password"),
    (954, "Cannot convert legacy password"),
    (955, "Invalid Kerberos username or password for user %1"),
    (956, "Kerberos error: %1"),
    (957, "Password logins not allowed for application %1"),
    (958, "Invalid password pattern '%1'"),
    (959, "User %1 account has expired"),
    (960, "User %1 account is inactive"),
    (961, "Kerberos Authentication Not Permitted With Current License"),
    (963, "No authentication enabled for service"),
    (964, "LDAP server is unavailable"),
    (965, "LDAP search user cannot bind, %1"),
    (966, "LDAP search failed, %1"),
    (967, "LDAP entries cannot be counted, %1"),
    (968, "User %1 does not exist in the LDAP database"),
    (969, "LDAP user %1 not unique"),
    (970, "LDAP entry cannot be read, %1"),
    (971, "Invalid LDAP password, error %1, %2"),
    (972, "User %1 is not a LDAP user"),
    (973, "User %1 is not a Delegated user"),
    (974, "User %1 is not an IRIS user. They are either LDAP, Delegated, Kerberos, or O/S"),
    (977, "Attribute value %1 must be in $list format"),
    (978, "System requires that the user must own the %1 role to connect"),
    (979, "SSL configuration %1 does not exist"),
    (980, "Unable to activate SSL configuration %1"),
    (981, "Invalid SSL configuration name %1"),
    (983, "Private Key File is required when Certificate File is specified"),
    (984, "Certificate File is required when Private Key File is specified"),
    (985, "Private Key File is required when Private Key Password is specified"),
    (986, "CA File is required when Peer Verification or CRL File is specified"),
    (987, "SSL configuration %1 is disabled"),
    (988, "SSL handshake failed"),
    (990, "Can only test SSL Client configurations"),
    (991, "Host and Port must be specified"),
    (992, "Password has expired"),
    (993, "Cannot modify LDAP authentication user"),
    (994, "Cannot modify Delegated authentication user"),
    (995, "Service %1 requires TLS"),
    (996, "TLS is not configured for service %1"),
    (997, "User %1 failed O/S delegated authentication"),
    (998, "Login Token expired"),
    (999, "User %1 Login Token expired"),
    (1400, "User %1 is not a Kerberos user"),
    (1401, "ZAUTHORIZE is missing"),
    (1402, "ZAUTHENTICATE is missing"),
    (1403, "ZAUTHENTICATE has the wrong parameters"),
    (1404, "Cannot modify Kerberos authentication user"),
    (1405, "User %1 is not a O/S user"),
    (1406, "ZAUTHORIZE has the wrong parameters"),
    (1407, "Cannot modify O/S authentication user"),
    (1408, "Invalid authentication option %1 for application %2"),
    (1409, "User '%1' is not configured for two-factor authentication"),
    (1410, "Incorrect function code '%1' for two-factor authentication"),
    (1411, "Two-factor authentication timeout"),
    (1412, "Incorrect token received for two-factor authentication"),
    (1413, "Mobile phone service provider '%1' already exists"),
    (1414, "Mobile phone service provider '%1' does not exist"),
    (1415, "User '%1' has invalid mobile phone number"),
    (1416, "User '%1' has invalid mobile phone service provider '%2'"),
    (1417, "Invalid configuration for two-factor authentication"),
    (1418, "User %1 account has reached the invalid login limit"),
    (1419, "GetCredentials failed"),
    (1420, "GetCredentials returned no username or password"),
    (1421, "User '%1' has mobile phone number but no service provider"),
    (1422, "Mirror and shadow service cannot both be enabled."),
    (1425, "You must modify settings through the Security.System class"),
    (1426, "Unauthenticated access for application %1 is disabled"),
    (1427, "Unable to add or set Audit Event %1, event table may be full"),
    (1428, "Studio does not support Two Factor Authentication"),
    (1429, "Insufficient privilege for service %1"),
    (1431, "The %Manager role requires the %1 resource with R/W access"),
    (1433, "Incorrect verification code received for one time password authentication"),
    (1434, "Two-factor Authentication requires one of the following to be enabled: %1"),
    (1435, "Two-factor SMS text authentication requires a phone number and service provider"),
    (1436, "Only one type of Two-factor authentication can be enabled"),
    (1446, "Password validation failed"),
    (1501, "SSL configuration '%1' does not include valid SSL certificate"),
    (5001, "%1"),
    (5540, "SQLCODE: %1 Message: %2"),
    (5659, "Property '%1' required"),
    (5750, "Security violation opening object '%1'"),
    (5759, "Property is read only"),
    (5770, "Object open failed because '%1' key value of '%2' was not found"),
    (5802, "Datatype validation failed on property '%1', with value equal to \"%2\""),
    (5809, "Object to Load not found, class '%1', ID '%2'"),
    (5810, "Object to Delete not found, class '%1', ID '%2'"),
    (7201, "Datatype value '%1' length longer than MAXLEN allowed of %2"),
    (7202, "Datatype value '%1' length less than MINLEN allowed of %2"),
    (7203, "Datatype value '%1' greater than MAXVAL allowed of %2"),
    (7204, "Datatype value '%1' less than MINVAL allowed of %2"),
    (7205, "Datatype value '%1' not in VALUELIST '%2'"),
    (7206, "Datatype value '%1' is not a valid boolean"),
    (7207, "Datatype value '%1' is not a valid number"),
    (7209, "Datatype value '%1' does not match PATTERN '%2'"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_in_ascending_order() {
        assert!(TEXTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn arguments_stand_in_the_text() {
        let status = Status::new(Code::InvalidPermission, ["RX", "AppData"]);
        assert_eq!(status.to_string(), "ERROR #897: Invalid permission RX for resource name AppData.");
    }

    #[test]
    fn a_cause_stands_before_what_it_led_to() {
        let status = Status::new(Code::PropertyInvalid, ["Security.Users:Enabled", "maybe"])
            .caused_by(Status::new(Code::NotABoolean, ["maybe"]));
        assert_eq!(
            status.to_string(),
            "ERROR #7206: Datatype value 'maybe' is not a valid boolean > ERROR #5802: Datatype validation failed \
             on property 'Security.Users:Enabled', with value equal to \"maybe\""
        );
        assert_eq!(status.root().code(), Code::NotABoolean);
    }

    #[test]
    fn long_and_hostile_arguments_stay_on_one_line() {
        let status = Status::new(Code::RoleDoesNotExist, ["x\n".repeat(10_000)]);
        assert!(status.to_string().len() < 700 && !status.to_string().contains('\n'));
    }
}
