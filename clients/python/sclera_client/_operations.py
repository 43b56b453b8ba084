"""Every operation of the OpenAPI document. `cargo xtask clients` makes this file; do not edit it."""

from __future__ import annotations

from typing import Any, List, Literal, Optional, TypedDict, Union

from ._calls import Calls


class WellKnownAuthzenConfiguration(TypedDict):
    policy_decision_point: str
    access_evaluation_endpoint: str
    access_evaluations_endpoint: str
    search_subject_endpoint: str
    search_resource_endpoint: str
    search_action_endpoint: str


class _PostEvaluationSubject(TypedDict):
    type: str
    id: str


class PostEvaluationSubject(_PostEvaluationSubject, total=False):
    properties: Any  # they have no part in the decision


class _PostEvaluationAction(TypedDict):
    name: str  # read, write or use


class PostEvaluationAction(_PostEvaluationAction, total=False):
    properties: Any  # they have no part in the decision


class _PostEvaluation(TypedDict):
    subject: PostEvaluationSubject
    action: PostEvaluationAction
    resource: PostEvaluationSubject


class PostEvaluation(_PostEvaluation, total=False):
    context: Any


class _Evaluation(TypedDict):
    decision: bool


class Evaluation(_Evaluation, total=False):
    context: Any


class PostEvaluationsEvaluation(TypedDict, total=False):
    subject: PostEvaluationSubject
    action: PostEvaluationAction
    resource: PostEvaluationSubject
    context: Any


PostEvaluationsOptionsEvaluationsSemantic = Literal[
    "execute_all",
    "deny_on_first_deny",
    "permit_on_first_permit",
]


class PostEvaluationsOptions(TypedDict, total=False):
    evaluations_semantic: PostEvaluationsOptionsEvaluationsSemantic


class PostEvaluations(TypedDict, total=False):
    subject: PostEvaluationSubject
    action: PostEvaluationAction
    resource: PostEvaluationSubject
    context: Any
    evaluations: List[PostEvaluationsEvaluation]  # what they leave out is that of the whole
    options: PostEvaluationsOptions


class Evaluations(TypedDict, total=False):
    decision: bool
    evaluations: List[Evaluation]


class PostSearchActionPage(TypedDict, total=False):
    limit: int  # the most results: 100 where it is left out, 1000 at most
    token: str  # `next_token` of the page before; empty for the first


class _PostSearchAction(TypedDict):
    subject: PostEvaluationSubject
    resource: PostEvaluationSubject


class PostSearchAction(_PostSearchAction, total=False):
    context: Any
    page: PostSearchActionPage


class SearchActionResult(TypedDict):
    name: str


class SearchActionPage(TypedDict):
    next_token: str
    count: int


class SearchAction(TypedDict):
    results: List[SearchActionResult]
    page: SearchActionPage


class _PostSearchResourceResource(TypedDict):
    type: str


class PostSearchResourceResource(_PostSearchResourceResource, total=False):
    id: str
    properties: Any  # they have no part in the decision


class _PostSearchResource(TypedDict):
    subject: PostEvaluationSubject
    action: PostEvaluationAction
    resource: PostSearchResourceResource


class PostSearchResource(_PostSearchResource, total=False):
    context: Any
    page: PostSearchActionPage


class SearchResourceResult(TypedDict):
    type: str
    id: str


class SearchResource(TypedDict):
    results: List[SearchResourceResult]
    page: SearchActionPage


class _PostSearchSubject(TypedDict):
    subject: PostSearchResourceResource
    action: PostEvaluationAction
    resource: PostEvaluationSubject


class PostSearchSubject(_PostSearchSubject, total=False):
    context: Any
    page: PostSearchActionPage


class Info(TypedDict):
    apiVersion: int
    username: str
    serverVersion: str
    systemMode: str
    product: str
    namespaces: List[SearchActionResult]
    privileges: Any  # for each area, whether it may be used: `{"use": true}`


class _PostLogin(TypedDict):
    user: str  # the name of the account
    password: str  # its password


class PostLogin(_PostLogin, total=False):
    role: str  # a role to escalate to, which takes the place of all others
    totp: str  # the one-time password, where a second factor is asked
    code: str  # the code of a text message, where a second factor is asked


class Login(TypedDict):
    access_token: str
    refresh_token: str
    sub: str  # the name of the user
    iat: float  # when they were made, in seconds since 1970
    exp: int  # when the access token expires, in seconds since 1970


class PostRefresh(TypedDict):
    refresh_token: str


class AsyncResult(TypedDict):
    GUID: str
    TaskName: str
    State: str
    FailureReason: str
    TimeQueued: str
    TimeStarted: str
    TimeFinished: str
    Console: List[str]
    Result: Any  # what came of the task; its shape is that of the operation


class AsyncResultRow(TypedDict):
    GUID: str
    TaskName: str
    State: str
    FailureReason: str
    TimeQueued: str
    TimeStarted: str
    TimeFinished: str


class DatabaseRow(TypedDict):
    Name: str
    Resource: str
    ReadOnly: bool


class MonitorDashboardMainStatus(TypedDict):
    UpTime: str


class MonitorDashboardMain(TypedDict):
    Status: MonitorDashboardMainStatus


class Namespace(TypedDict):
    Globals: str
    Routines: str
    TempGlobals: str


class NamespaceRow(TypedDict):
    Name: str
    Globals: str
    Routines: str
    SysGlobals: str
    SysRoutines: str
    Library: str
    TempGlobals: str


class AuditEnabled(TypedDict):
    Enabled: bool


class AuditEvent(TypedDict):
    Description: str
    Enabled: bool


class PutAuditEvent(TypedDict, total=False):
    Description: str
    Enabled: bool


class AuditEventRow(TypedDict):
    EventName: str
    Enabled: bool
    Total: int
    Written: int
    Lost: int


class AuditRecord(TypedDict):
    SystemID: str
    AuditIndex: str
    UTCTimeStamp: str
    EventSource: str
    EventType: str
    Event: str
    Pid: str
    Username: str
    Description: str
    JobNumber: int
    JobId: int
    Authentication: str
    ClientExecutableName: str
    ClientIPAddress: str
    StartupClientIPAddress: str
    EventData: str
    Namespace: str
    Roles: str
    RoutineSpec: str
    UserInfo: str
    Status: str
    OSUsername: str


class PostAuditRecordPurge(TypedDict):
    BeginDateTime: str  # YYYY-MM-DD hh:mm:ss; empty for open
    EndDateTime: str  # the same; the first time that stays


class LdapConfiguration(TypedDict):
    Description: str
    LDAPFlags: int  # bits: 0 Active Directory, 1 TLS, 3 groups, 4 nested groups, 5 universal groups, 6 in use
    LDAPHostNames: List[str]
    LDAPCACertFile: str  # a file below the directory for them
    LDAPBaseDN: str  # needed of one that is in use
    LDAPBaseDNForGroups: str  # needed of one that is in use
    LDAPUniqueDNIdentifier: str
    LDAPSearchUsername: str
    LDAPClientTimeout: int  # seconds
    LDAPServerTimeout: int  # seconds
    LDAPAttributes: List[str]
    LDAPAttributeComment: str
    LDAPAttributeFullName: str
    LDAPAttributeMail: str
    LDAPAttributeMobile: str
    LDAPAttributeMobileProvider: str
    LDAPAttributeNameSpace: str
    LDAPAttributeRoutine: str
    LDAPAttributeRoles: str
    LDAPAttributeEscalationRoles: str
    LDAPGroupId: str
    LDAPInstanceId: str
    OrganizationId: str
    GroupId: str
    InstanceId: str
    RoleId: str
    EscalationRoleId: str
    RoutineId: str
    NamespaceId: str
    DelimiterId: str  # one of - _ ^ . ~


class PutLdapConfiguration(TypedDict, total=False):
    Description: str
    LDAPFlags: int  # bits: 0 Active Directory, 1 TLS, 3 groups, 4 nested groups, 5 universal groups, 6 in use
    LDAPHostNames: List[str]
    LDAPCACertFile: str  # a file below the directory for them
    LDAPBaseDN: str  # needed of one that is in use
    LDAPBaseDNForGroups: str  # needed of one that is in use
    LDAPUniqueDNIdentifier: str
    LDAPSearchUsername: str
    LDAPClientTimeout: int  # seconds
    LDAPServerTimeout: int  # seconds
    LDAPAttributes: List[str]
    LDAPAttributeComment: str
    LDAPAttributeFullName: str
    LDAPAttributeMail: str
    LDAPAttributeMobile: str
    LDAPAttributeMobileProvider: str
    LDAPAttributeNameSpace: str
    LDAPAttributeRoutine: str
    LDAPAttributeRoles: str
    LDAPAttributeEscalationRoles: str
    LDAPGroupId: str
    LDAPInstanceId: str
    OrganizationId: str
    GroupId: str
    InstanceId: str
    RoleId: str
    EscalationRoleId: str
    RoutineId: str
    NamespaceId: str
    DelimiterId: str  # one of - _ ^ . ~


class PostLdapConfigurationSearchPassword(TypedDict):
    LDAPSearchPassword: str  # empty for none; it is kept sealed


class LdapConfigurationRow(TypedDict):
    Name: str
    Enabled: bool
    Description: str
    LDAPCACertFile: str


class PostLdapTest(TypedDict):
    Username: str
    Password: str


class PrivilegedRoutineMatchRole(TypedDict):
    MatchRole: str
    TargetRoles: List[str]


class PrivilegedRoutineRoutine(TypedDict):
    RoutineOrClass: str
    Db: str  # the database that it is in
    Type: str


class PrivilegedRoutine(TypedDict):
    Description: str
    Enabled: bool
    MatchRoles: List[PrivilegedRoutineMatchRole]  # an empty MatchRole gives the targets to everybody
    Resource: str  # whoever may use it gets the roles; none for everybody
    Routines: List[PrivilegedRoutineRoutine]  # what may add the roles


PutPrivilegedRoutineRoutineType = Literal[
    "Routine",
    "Class",
]


class PutPrivilegedRoutineRoutine(TypedDict):
    RoutineOrClass: str
    Db: str  # the database that it is in
    Type: PutPrivilegedRoutineRoutineType


class PutPrivilegedRoutine(TypedDict, total=False):
    Description: str
    Enabled: bool
    MatchRoles: List[PrivilegedRoutineMatchRole]  # an empty MatchRole gives the targets to everybody
    Resource: str  # whoever may use it gets the roles; none for everybody
    Routines: List[PutPrivilegedRoutineRoutine]  # what may add the roles


class PrivilegedRoutineRow(TypedDict):
    Name: str
    Namespace: str
    NamespaceDefault: bool
    Enabled: bool
    Type: str
    Resource: str
    AuthenticationMethods: List[str]
    IsSystemApp: bool
    DispatchClass: str


class Resource(TypedDict):
    Description: str
    PublicPermission: str  # what everybody holds: letters of R, W and U


class PutResource(TypedDict, total=False):
    Description: str
    PublicPermission: str  # what everybody holds: letters of R, W and U


class ResourceRow(TypedDict):
    Name: str
    Description: str
    PublicPermission: str
    ResourceType: str
    AllowDelete: bool


class RoleResource(TypedDict):
    Name: str
    Permissions: str


class Role(TypedDict):
    Description: str
    GrantedRoles: List[str]  # the roles that it grants, one level
    EscalationOnly: bool
    Resources: List[RoleResource]  # its privileges; a list replaces all of them


class PutRole(TypedDict, total=False):
    Description: str
    GrantedRoles: List[str]  # the roles that it grants, one level
    EscalationOnly: bool
    Resources: List[RoleResource]  # its privileges; a list replaces all of them


class RoleOwnerRow(TypedDict):
    Name: str
    Type: str
    AdminOption: str


class RoleRow(TypedDict):
    Name: str
    Description: str
    CreatedBy: str
    EscalationOnly: bool


class Service(TypedDict):
    AutheEnabled: int  # the bits of the mechanisms that it allows
    ClientSystems: List[str]  # the addresses that may connect; none for any
    Description: str
    Enabled: bool


class PutService(TypedDict, total=False):
    AutheEnabled: int  # the bits of the mechanisms that it allows
    ClientSystems: List[str]  # the addresses that may connect; none for any
    Description: str
    Enabled: bool


class ServiceRow(TypedDict):
    Name: str
    Enabled: bool
    EnabledBoolean: bool
    Public: str
    AuthenticationMethods: List[str]
    AllowedConnections: List[str]
    Description: str
    HttpOnlyCookies: bool
    TwoFactorEnabled: bool


class SqlAdminPrivilegeRow(TypedDict):
    Privilege: str
    GrantOption: bool
    GrantedVia: str


class SqlColumnPrivilegeRow(TypedDict):
    Column: str
    Privilege: str
    GrantedBy: str
    GrantOption: bool
    GrantedVia: str


class SqlPrivilegeRow(TypedDict):
    Type: str
    Object: str
    Name: str
    Action: str
    Privilege: str
    GrantedBy: str
    GrantOption: bool
    GrantedVia: str
    HasColumnPriv: bool


class SslConfiguration(TypedDict):
    Description: str
    Enabled: bool
    Type: int  # 0 client, 1 server
    VerifyPeer: int  # 0 no, 1 a certificate is asked for; of servers also 3, it is required
    AuthorizeCN: bool
    CAFile: str  # a file below the directory for them
    CAPath: str  # a directory below that one
    CertificateFile: str  # a file below that directory
    PrivateKeyFile: str  # a file below that directory
    PrivateKeyType: int  # 1 DSA, 2 RSA, 3 ECDSA
    CipherList: List[str]  # up to TLS 1.2
    Ciphersuites: List[str]  # of TLS 1.3
    DiffieHellmanBits: int
    OCSP: int  # 1 yes, 0 no
    OCSPIssuerCert: str  # a file below that directory
    OCSPResponseFile: str  # a file below that directory
    OCSPTimeout: int  # seconds
    OCSPURL: str
    TLSMinVersion: int  # 2 SSL 3.0, 4 TLS 1.0, 8 TLS 1.1, 16 TLS 1.2, 32 TLS 1.3
    TLSMaxVersion: int  # the same
    VerifyDepth: int


class PutSslConfiguration(TypedDict, total=False):
    Description: str
    Enabled: bool
    Type: int  # 0 client, 1 server
    VerifyPeer: int  # 0 no, 1 a certificate is asked for; of servers also 3, it is required
    AuthorizeCN: bool
    CAFile: str  # a file below the directory for them
    CAPath: str  # a directory below that one
    CertificateFile: str  # a file below that directory
    PrivateKeyFile: str  # a file below that directory
    PrivateKeyType: int  # 1 DSA, 2 RSA, 3 ECDSA
    CipherList: List[str]  # up to TLS 1.2
    Ciphersuites: List[str]  # of TLS 1.3
    DiffieHellmanBits: int
    OCSP: int  # 1 yes, 0 no
    OCSPIssuerCert: str  # a file below that directory
    OCSPResponseFile: str  # a file below that directory
    OCSPTimeout: int  # seconds
    OCSPURL: str
    TLSMinVersion: int  # 2 SSL 3.0, 4 TLS 1.0, 8 TLS 1.1, 16 TLS 1.2, 32 TLS 1.3
    TLSMaxVersion: int  # the same
    VerifyDepth: int
    PrivateKeyPassword: str  # empty for none; it is kept sealed


class SslConfigurationRow(TypedDict):
    Name: str
    Description: str
    Enabled: bool
    Type: str


class Superserver(TypedDict):
    Description: str
    Enabled: bool  # the whole listener
    SystemDefault: bool  # exactly one is it; another takes it over by being made it
    EnableCacheDirect: bool
    EnableClients: bool  # lets %Service_Bindings through
    EnableCSP: bool  # lets %Service_WebGateway through
    EnableDataCheck: bool
    EnableECP: bool  # only at the system default
    EnableMirror: bool  # only at the system default
    EnableNodeJS: bool
    EnableShadows: bool
    EnableSharding: bool  # only at the system default
    EnableSNMP: bool  # lets %Service_Monitor through
    EnableWebLink: bool
    SSLConfig: str  # the TLS configuration that protects; none for that of the gate
    SSLSupportLevel: int  # 0 no TLS, 1 TLS is accepted, 2 it is required


class PutSuperserver(TypedDict, total=False):
    Description: str
    Enabled: bool  # the whole listener
    SystemDefault: bool  # exactly one is it; another takes it over by being made it
    EnableCacheDirect: bool
    EnableClients: bool  # lets %Service_Bindings through
    EnableCSP: bool  # lets %Service_WebGateway through
    EnableDataCheck: bool
    EnableECP: bool  # only at the system default
    EnableMirror: bool  # only at the system default
    EnableNodeJS: bool
    EnableShadows: bool
    EnableSharding: bool  # only at the system default
    EnableSNMP: bool  # lets %Service_Monitor through
    EnableWebLink: bool
    SSLConfig: str  # the TLS configuration that protects; none for that of the gate
    SSLSupportLevel: int  # 0 no TLS, 1 TLS is accepted, 2 it is required


class SuperserverRow(TypedDict):
    Port: int
    BindAddress: str
    Enabled: bool
    SystemDefault: bool


class User(TypedDict):
    FullName: str
    Comment: str
    EmailAddress: str
    PhoneNumber: str
    PhoneProvider: str
    NameSpace: str
    Routine: str
    Enabled: bool
    AccountNeverExpires: bool
    PasswordNeverExpires: bool
    ChangePassword: bool
    HOTPKeyDisplay: bool
    AutheEnabled: int  # second factors: 1048576 text message, 2097152 one-time password
    ExpirationDate: str  # YYYY-MM-DD; empty, or 1840-12-31, for none
    Roles: List[str]  # roles of the login, sorted
    EscalationRoles: List[str]  # roles to escalate to, sorted


class PutUser(TypedDict, total=False):
    FullName: str
    Comment: str
    EmailAddress: str
    PhoneNumber: str
    PhoneProvider: str
    NameSpace: str
    Routine: str
    Enabled: bool
    AccountNeverExpires: bool
    PasswordNeverExpires: bool
    ChangePassword: bool
    HOTPKeyDisplay: bool
    AutheEnabled: int  # second factors: 1048576 text message, 2097152 one-time password
    ExpirationDate: str  # YYYY-MM-DD; empty, or 1840-12-31, for none
    Roles: List[str]  # roles of the login, sorted
    EscalationRoles: List[str]  # roles to escalate to, sorted


class PostUser(TypedDict):
    User: PutUser
    Password: str


class PostUserPassword(TypedDict):
    NewPassword: str


class UserRow(TypedDict):
    Name: str
    FullName: str
    Enabled: bool
    Type: str
    Namespace: str
    Routine: str


class WebAuth(TypedDict):
    AutheUnauthenticated: bool
    AutheOS: bool
    AutheOSDelegated: bool
    AutheOSLDAP: bool
    AutheCache: bool  # passwords of the instance
    AutheDelegated: bool
    AutheAlwaysTryDelegated: bool
    AutheKB: bool  # all of Kerberos
    AutheLDAP: bool
    AutheLDAPCache: bool
    AutheOAuth2: bool  # kept; nobody comes in by it yet
    AutheLoginToken: bool  # login cookies
    AutheTwoFactorSMS: bool
    AutheTwoFactorPW: bool  # one-time passwords
    LoginCookieTimeout: int  # seconds
    TwoFactorTimeout: int  # seconds
    SMTPServer: str
    SMTPUsername: str
    TwoFactorFrom: str
    JWTIssuer: str
    JWTSigAlg: str


class PutWebAuth(TypedDict, total=False):
    AutheUnauthenticated: bool
    AutheOS: bool
    AutheOSDelegated: bool
    AutheOSLDAP: bool
    AutheCache: bool  # passwords of the instance
    AutheDelegated: bool
    AutheAlwaysTryDelegated: bool
    AutheKB: bool  # all of Kerberos
    AutheLDAP: bool
    AutheLDAPCache: bool
    AutheOAuth2: bool  # kept; nobody comes in by it yet
    AutheLoginToken: bool  # login cookies
    AutheTwoFactorSMS: bool
    AutheTwoFactorPW: bool  # one-time passwords
    LoginCookieTimeout: int  # seconds
    TwoFactorTimeout: int  # seconds
    SMTPServer: str
    SMTPUsername: str
    TwoFactorFrom: str
    JWTIssuer: str
    JWTSigAlg: str


class PostWebAuthSmtpPassword(TypedDict):
    SMPTPPassword: str  # empty for none; it is kept sealed


class WebApp(TypedDict):
    AutheEnabled: int  # the bits of the mechanisms that it allows
    Enabled: bool
    AutoCompile: bool
    CorsCredentialsAllowed: bool
    CSPZENEnabled: bool
    CSRFToken: bool
    DeepSeeEnabled: bool
    iKnowEnabled: bool
    InbndWebServicesEnabled: bool
    IsNameSpaceDefault: bool
    JWTAuthEnabled: bool
    LockCSPName: bool
    Recurse: bool
    RedirectEmptyPath: bool
    TraceEnabled: bool
    TwoFactorEnabled: bool
    WSGIDebug: bool
    JWTAccessTokenTimeout: int  # seconds
    JWTRefreshTokenTimeout: int  # seconds
    ServeFilesTimeout: int  # seconds
    Timeout: int  # seconds
    ServeFiles: str
    UseCookies: str
    SessionScope: str
    UserCookieScope: str
    CorsAllowlist: List[str]
    CorsHeadersList: List[str]
    MatchRoles: List[PrivilegedRoutineMatchRole]  # an empty MatchRole gives the targets to everybody who enters
    WSGIType: str
    ChangePasswordPage: str
    CookiePath: str
    Description: str
    DispatchClass: str
    ErrorPage: str
    EventClass: str
    GroupById: str
    LoginPage: str
    NameSpace: str
    Package: str
    Path: str
    PermittedClasses: str
    Resource: str
    SuperClass: str
    WSGIAppLocation: str
    WSGIAppName: str
    WSGICallable: str


PutWebAppServeFiles = Literal[
    "Never",
    "Always",
    "Always and cached",
    "Use CSP security",
]


PutWebAppUseCookies = Literal[
    "Never",
    "AutoDetect",
    "Always",
]


PutWebAppSessionScope = Literal[
    "None",
    "Lax",
    "Strict",
]


PutWebAppWsgiType = Literal[
    "WSGI",
    "ASGI",
]


class PutWebApp(TypedDict, total=False):
    AutheEnabled: int  # the bits of the mechanisms that it allows
    Enabled: bool
    AutoCompile: bool
    CorsCredentialsAllowed: bool
    CSPZENEnabled: bool
    CSRFToken: bool
    DeepSeeEnabled: bool
    iKnowEnabled: bool
    InbndWebServicesEnabled: bool
    IsNameSpaceDefault: bool
    JWTAuthEnabled: bool
    LockCSPName: bool
    Recurse: bool
    RedirectEmptyPath: bool
    TraceEnabled: bool
    TwoFactorEnabled: bool
    WSGIDebug: bool
    JWTAccessTokenTimeout: int  # seconds
    JWTRefreshTokenTimeout: int  # seconds
    ServeFilesTimeout: int  # seconds
    Timeout: int  # seconds
    ServeFiles: PutWebAppServeFiles
    UseCookies: PutWebAppUseCookies
    SessionScope: PutWebAppSessionScope
    UserCookieScope: PutWebAppSessionScope
    CorsAllowlist: List[str]
    CorsHeadersList: List[str]
    MatchRoles: List[PrivilegedRoutineMatchRole]  # an empty MatchRole gives the targets to everybody who enters
    WSGIType: PutWebAppWsgiType
    ChangePasswordPage: str
    CookiePath: str
    Description: str
    DispatchClass: str
    ErrorPage: str
    EventClass: str
    GroupById: str
    LoginPage: str
    NameSpace: str
    Package: str
    Path: str
    PermittedClasses: str
    Resource: str
    SuperClass: str
    WSGIAppLocation: str
    WSGIAppName: str
    WSGICallable: str
    Type: int


class WebSessionRow(TypedDict):
    ID: str
    Username: str
    Preserve: int
    Application: str
    Timeout: str
    LicenseId: str
    SesProcessId: str
    AllowEndSession: bool


class _PostCheckOne(TypedDict):
    Resource: str  # the name of a resource


class PostCheckOne(_PostCheckOne, total=False):
    Permissions: str  # such as READ,WRITE or RW; without it what is held is told
    User: str  # whom it is about; without it whoever asks


PostCheck = Union[
    List[PostCheckOne],
    PostCheckOne,
]


class CheckOne(TypedDict, total=False):
    Permissions: str  # what is held, where no permissions were asked about
    Granted: bool  # whether all are held that were asked about


Check = Union[
    List[CheckOne],
    CheckOne,
]


class PostExplain(TypedDict):
    User: str
    Privilege: str  # such as Ward_Chart:W


class _Session(TypedDict):
    Username: str
    Roles: str  # a comma list
    Door: str  # how the session came in


class Session(_Session, total=False):
    Warning: str  # what whoever signed in is to be warned of


class _PostSimulateService(TypedDict):
    Service: str  # the service that would be called
    User: str  # who would come, with a right password


class PostSimulateService(_PostSimulateService, total=False):
    Peer: str  # the address it would come from
    Application: str  # the web application that would be wanted


PostSimulateChangesChangePutResourceAction = Literal[
    "put",
]


PostSimulateChangesChangePutResourceKind = Literal[
    "resource",
]


class PostSimulateChangesChangePutResource(TypedDict):
    Action: PostSimulateChangesChangePutResourceAction
    Kind: PostSimulateChangesChangePutResourceKind
    Name: str
    Properties: PutResource  # what the operation of `/api/admin` takes; what is not named stays as it is


PostSimulateChangesChangePutRoleKind = Literal[
    "role",
]


class PostSimulateChangesChangePutRole(TypedDict):
    Action: PostSimulateChangesChangePutResourceAction
    Kind: PostSimulateChangesChangePutRoleKind
    Name: str
    Properties: PutRole  # what the operation of `/api/admin` takes; what is not named stays as it is


PostSimulateChangesChangePutUserKind = Literal[
    "user",
]


class PostSimulateChangesChangePutUser(TypedDict):
    Action: PostSimulateChangesChangePutResourceAction
    Kind: PostSimulateChangesChangePutUserKind
    Name: str
    Properties: PutUser  # what the operation of `/api/admin` takes; what is not named stays as it is


PostSimulateChangesChangeDeleteAction = Literal[
    "delete",
]


PostSimulateChangesChangeDeleteKind = Literal[
    "resource",
    "role",
    "user",
]


class PostSimulateChangesChangeDelete(TypedDict):
    Action: PostSimulateChangesChangeDeleteAction
    Kind: PostSimulateChangesChangeDeleteKind
    Name: str


PostSimulateChangesChange = Union[
    PostSimulateChangesChangePutResource,
    PostSimulateChangesChangePutRole,
    PostSimulateChangesChangePutUser,
    PostSimulateChangesChangeDelete,
]


class PostSimulateChanges(TypedDict):
    Changes: List[PostSimulateChangesChange]  # made in order, as one: if a rule refuses one of them, none could be made


PostSimulate = Union[
    PostSimulateService,
    PostSimulateChanges,
]


class SimulateAdmittedStep(TypedDict):
    Step: str
    Outcome: str
    Found: str


class SimulateAdmitted(TypedDict):
    Admitted: bool
    Username: str
    Roles: str
    Told: str  # what the caller would be told
    Reason: str  # why, which no caller is told
    Steps: List[SimulateAdmittedStep]


class SimulatePlanPlanProperty(TypedDict):
    Property: str
    OldValue: str
    NewValue: str


class SimulatePlanPlan(TypedDict):
    Action: str
    Kind: str
    Name: str
    Properties: List[SimulatePlanPlanProperty]


class SimulatePlanEffectGain(TypedDict):
    Resource: str
    Permissions: str


class SimulatePlanEffect(TypedDict):
    Everybody: bool  # it is about all, by what is public
    Users: List[str]  # the first of them
    Count: int
    RolesBefore: Optional[List[str]]  # null where nobody could log in
    RolesAfter: Optional[List[str]]  # null where nobody could log in
    Gains: List[SimulatePlanEffectGain]  # the resource `*` is everything
    Loses: List[SimulatePlanEffectGain]


class SimulatePlan(TypedDict):
    Plan: List[SimulatePlanPlan]  # what the journal would say
    Effects: List[SimulatePlanEffect]  # who would gain and lose what; those who gain and lose the same are told together


Simulate = Union[
    SimulateAdmitted,
    SimulatePlan,
]


class Operations(Calls):
    """The operations, each a method."""

    def get_well_known_authzen_configuration(
        self,
    ) -> WellKnownAuthzenConfiguration:
        """Tells where all this is: `GET /.well-known/authzen-configuration`.
        """
        return self._bare(
            "GET",
            "/.well-known/authzen-configuration",
            is_open=True,
        )

    def post_evaluation(
        self,
        body: PostEvaluation,
    ) -> Evaluation:
        """Tells whether a subject may perform an action on a resource: `POST /access/v1/evaluation`.
        """
        return self._bare(
            "POST",
            "/access/v1/evaluation",
            body=body,
        )

    def post_evaluations(
        self,
        body: PostEvaluations,
    ) -> Evaluations:
        """Tells so of several at once: `POST /access/v1/evaluations`.
        """
        return self._bare(
            "POST",
            "/access/v1/evaluations",
            body=body,
        )

    def post_search_action(
        self,
        body: PostSearchAction,
    ) -> SearchAction:
        """Finds what a user may do with a resource: `POST /access/v1/search/action`.
        """
        return self._bare(
            "POST",
            "/access/v1/search/action",
            body=body,
        )

    def post_search_resource(
        self,
        body: PostSearchResource,
    ) -> SearchResource:
        """Finds the resources on which a user may: `POST /access/v1/search/resource`.
        """
        return self._bare(
            "POST",
            "/access/v1/search/resource",
            body=body,
        )

    def post_search_subject(
        self,
        body: PostSearchSubject,
    ) -> SearchResource:
        """Finds the users who may: `POST /access/v1/search/subject`.
        """
        return self._bare(
            "POST",
            "/access/v1/search/subject",
            body=body,
        )

    def get_info(
        self,
    ) -> Info:
        """Who signed in, and what they may use: `GET /api/admin/info`.

        It takes %Admin_*:U.
        """
        return self._enveloped(
            "GET",
            "/api/admin/info",
        )

    def post_login(
        self,
        body: PostLogin,
    ) -> Login:
        """Signs in and begins a session of tokens: `POST /api/admin/login`.
        """
        return self._bare(
            "POST",
            "/api/admin/login",
            body=body,
            is_open=True,
        )

    def post_logout(
        self,
    ) -> None:
        """Ends the session of the access token that came along: `POST /api/admin/logout`.
        """
        return self._nothing(
            "POST",
            "/api/admin/logout",
        )

    def post_refresh(
        self,
        body: PostRefresh,
    ) -> Login:
        """Exchanges a refresh token for the next pair: `POST /api/admin/refresh`.
        """
        return self._bare(
            "POST",
            "/api/admin/refresh",
            body=body,
            is_open=True,
        )

    def post_revoke(
        self,
    ) -> None:
        """Ends the session of the access token and all others of the user in the group of the application: `POST /api/admin/revoke`.
        """
        return self._nothing(
            "POST",
            "/api/admin/revoke",
        )

    def get_async_result(
        self,
        *,
        id: str,
    ) -> AsyncResult:
        """Reads a task and its result: `GET /api/admin/v2/async-result`.

        It takes %Admin_Operate:U.

        :param id: the number of the task
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/async-result",
            query={
                "id": id,
            },
        )

    def post_async_result_cancel(
        self,
        *,
        id: str,
    ) -> AsyncResult:
        """Cancels a task: `POST /api/admin/v2/async-result/cancel`.

        It takes %Admin_Operate:U.

        :param id: the number of the task
        """
        return self._enveloped(
            "POST",
            "/api/admin/v2/async-result/cancel",
            query={
                "id": id,
            },
        )

    def post_async_result_pause(
        self,
        *,
        id: str,
    ) -> AsyncResult:
        """Pauses a task: `POST /api/admin/v2/async-result/pause`.

        It takes %Admin_Operate:U.

        :param id: the number of the task
        """
        return self._enveloped(
            "POST",
            "/api/admin/v2/async-result/pause",
            query={
                "id": id,
            },
        )

    def post_async_result_resume(
        self,
        *,
        id: str,
    ) -> AsyncResult:
        """Resumes a task that is paused: `POST /api/admin/v2/async-result/resume`.

        It takes %Admin_Operate:U.

        :param id: the number of the task
        """
        return self._enveloped(
            "POST",
            "/api/admin/v2/async-result/resume",
            query={
                "id": id,
            },
        )

    def get_async_results(
        self,
        *,
        max_rows: Optional[int] = None,
    ) -> List[AsyncResultRow]:
        """Lists one's own tasks: `GET /api/admin/v2/async-results`.

        It takes %Admin_Operate:U.

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/async-results",
            query={
                "maxRows": max_rows,
            },
        )

    def get_database_dirs(
        self,
        *,
        max_rows: Optional[int] = None,
    ) -> List[Any]:
        """Lists directories of databases: there are none: `GET /api/admin/v2/database-dirs`.

        It takes %Admin_Manage:U or %Admin_Operate:U.

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/database-dirs",
            query={
                "maxRows": max_rows,
            },
        )

    def get_databases(
        self,
        *,
        max_rows: Optional[int] = None,
    ) -> List[DatabaseRow]:
        """Lists databases: `GET /api/admin/v2/databases`.

        It takes %Admin_Manage:U or %Admin_Operate:U.

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/databases",
            query={
                "maxRows": max_rows,
            },
        )

    def get_journal_files(
        self,
        *,
        max_rows: Optional[int] = None,
    ) -> List[Any]:
        """Lists files of a journal of databases: there are none: `GET /api/admin/v2/journal/files`.

        It takes %Admin_Operate:U.

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/journal/files",
            query={
                "maxRows": max_rows,
            },
        )

    def get_locks(
        self,
        *,
        max_rows: Optional[int] = None,
    ) -> List[Any]:
        """Lists locks: there are none: `GET /api/admin/v2/locks`.

        It takes %Admin_Operate:U.

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/locks",
            query={
                "maxRows": max_rows,
            },
        )

    def get_monitor_dashboard_main(
        self,
    ) -> MonitorDashboardMain:
        """Tells how long the server has been up: `GET /api/admin/v2/monitor/dashboard/main`.

        It takes %Admin_Operate:U.
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/monitor/dashboard/main",
        )

    def get_namespace(
        self,
        *,
        name: str,
    ) -> Namespace:
        """Reads a namespace: `GET /api/admin/v2/namespace`.

        It takes %Admin_Manage:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/namespace",
            query={
                "name": name,
            },
        )

    def get_namespaces(
        self,
        *,
        max_rows: Optional[int] = None,
    ) -> List[NamespaceRow]:
        """Lists namespaces: `GET /api/admin/v2/namespaces`.

        It takes %Admin_Manage:U.

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/namespaces",
            query={
                "maxRows": max_rows,
            },
        )

    def get_processes(
        self,
        *,
        max_rows: Optional[int] = None,
    ) -> List[Any]:
        """Lists processes: there are none: `GET /api/admin/v2/processes`.

        It takes %Admin_Operate:U.

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/processes",
            query={
                "maxRows": max_rows,
            },
        )

    def get_audit_enabled(
        self,
    ) -> AuditEnabled:
        """Tells whether auditing is on: `GET /api/admin/v2/security/audit/enabled`.

        It takes %Admin_Secure:U.
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/audit/enabled",
        )

    def put_audit_enabled(
        self,
        body: AuditEnabled,
    ) -> AuditEnabled:
        """Turns auditing on or off: `PUT /api/admin/v2/security/audit/enabled`.

        It takes %Admin_Secure:U.
        """
        return self._enveloped(
            "PUT",
            "/api/admin/v2/security/audit/enabled",
            body=body,
        )

    def get_audit_event(
        self,
        *,
        source: str,
        type: str,
        name: str,
    ) -> AuditEvent:
        """Reads an event: `GET /api/admin/v2/security/audit/event`.

        It takes %Admin_Secure:U.

        :param source: the source of the event

        :param type: the type of the event

        :param name: the name of the event
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/audit/event",
            query={
                "source": source,
                "type": type,
                "name": name,
            },
        )

    def put_audit_event(
        self,
        body: PutAuditEvent,
        *,
        source: str,
        type: str,
        name: str,
    ) -> AuditEvent:
        """Makes or changes an event: `PUT /api/admin/v2/security/audit/event`.

        It takes %Admin_Secure:U.

        :param source: the source of the event

        :param type: the type of the event

        :param name: the name of the event
        """
        return self._enveloped(
            "PUT",
            "/api/admin/v2/security/audit/event",
            query={
                "source": source,
                "type": type,
                "name": name,
            },
            body=body,
        )

    def delete_audit_event(
        self,
        *,
        source: str,
        type: str,
        name: str,
    ) -> None:
        """Deletes an event that a user made: `DELETE /api/admin/v2/security/audit/event`.

        It takes %Admin_Secure:U.

        :param source: the source of the event

        :param type: the type of the event

        :param name: the name of the event
        """
        return self._nothing(
            "DELETE",
            "/api/admin/v2/security/audit/event",
            query={
                "source": source,
                "type": type,
                "name": name,
            },
        )

    def post_audit_event_clear_count(
        self,
        *,
        source: str,
        type: str,
        name: str,
    ) -> None:
        """Counts an event from zero again: `POST /api/admin/v2/security/audit/event/clear-count`.

        It takes %Admin_Secure:U.

        :param source: the source of the event

        :param type: the type of the event

        :param name: the name of the event
        """
        return self._nothing(
            "POST",
            "/api/admin/v2/security/audit/event/clear-count",
            query={
                "source": source,
                "type": type,
                "name": name,
            },
        )

    def get_audit_events(
        self,
        *,
        names: Optional[str] = None,
        event_owner: Optional[int] = None,
        max_rows: Optional[int] = None,
    ) -> List[AuditEventRow]:
        """Lists events and how often they happened: `GET /api/admin/v2/security/audit/events`.

        It takes %Admin_Secure:U.

        :param names: a comma list of names, each exact or with `*` at its end

        :param event_owner: 0: events that users made, 1: those of the system

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/audit/events",
            query={
                "names": names,
                "eventOwner": event_owner,
                "maxRows": max_rows,
            },
        )

    def get_audit_record(
        self,
        *,
        utc_time_stamp: str,
        system_id: str,
        audit_index: int,
    ) -> AuditRecord:
        """Reads a record by what tells it from all others: `GET /api/admin/v2/security/audit/record`.

        It takes %Admin_Secure:U.

        :param utc_time_stamp: its time, YYYY-MM-DD hh:mm:ss.fff

        :param system_id: its system

        :param audit_index: its index
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/audit/record",
            query={
                "utcTimeStamp": utc_time_stamp,
                "systemID": system_id,
                "auditIndex": audit_index,
            },
        )

    def post_audit_record_purge(
        self,
        body: PostAuditRecordPurge,
    ) -> str:
        """Takes away the records of a time; the result is that of a task: `POST /api/admin/v2/security/audit/record/purge`.

        It takes %Admin_Secure:U.
        """
        return self._task(
            "POST",
            "/api/admin/v2/security/audit/record/purge",
            body=body,
        )

    def post_audit_records(
        self,
        *,
        begin_date_time: Optional[str] = None,
        end_date_time: Optional[str] = None,
        event_sources: Optional[str] = None,
        event_types: Optional[str] = None,
        events: Optional[str] = None,
        usernames: Optional[str] = None,
        system_i_ds: Optional[str] = None,
        pids: Optional[str] = None,
        namespaces: Optional[str] = None,
        authentication: Optional[str] = None,
        ascending: Optional[int] = None,
        json_search: Optional[str] = None,
        max_rows: Optional[int] = None,
    ) -> str:
        """Queues a query of records; its rows are the result of the task: `POST /api/admin/v2/security/audit/records`.

        It takes %Admin_Secure:U.

        :param begin_date_time: the first time, YYYY-MM-DD hh:mm:ss; empty for open

        :param end_date_time: the last time, YYYY-MM-DD hh:mm:ss; empty for open

        :param event_sources: a comma list

        :param event_types: a comma list

        :param events: a comma list

        :param usernames: a comma list

        :param system_i_ds: a comma list

        :param pids: a comma list

        :param namespaces: a comma list

        :param authentication: a comma list of bits of mechanisms

        :param ascending: 1: the oldest first

        :param json_search: a text in the data of the event

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._task(
            "POST",
            "/api/admin/v2/security/audit/records",
            query={
                "beginDateTime": begin_date_time,
                "endDateTime": end_date_time,
                "eventSources": event_sources,
                "eventTypes": event_types,
                "events": events,
                "usernames": usernames,
                "systemIDs": system_i_ds,
                "pids": pids,
                "namespaces": namespaces,
                "authentication": authentication,
                "ascending": ascending,
                "jsonSearch": json_search,
                "maxRows": max_rows,
            },
        )

    def get_ldap_configuration(
        self,
        *,
        name: str,
    ) -> LdapConfiguration:
        """Reads an LDAP configuration: `GET /api/admin/v2/security/ldap/configuration`.

        It takes %Admin_Operate:U or %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/ldap/configuration",
            query={
                "name": name,
            },
        )

    def put_ldap_configuration(
        self,
        body: PutLdapConfiguration,
        *,
        name: str,
    ) -> LdapConfiguration:
        """Makes or changes an LDAP configuration; what is not named stays as it is: `PUT /api/admin/v2/security/ldap/configuration`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "PUT",
            "/api/admin/v2/security/ldap/configuration",
            query={
                "name": name,
            },
            body=body,
        )

    def delete_ldap_configuration(
        self,
        *,
        name: str,
    ) -> None:
        """Deletes an LDAP configuration, and the users of its domain: `DELETE /api/admin/v2/security/ldap/configuration`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._nothing(
            "DELETE",
            "/api/admin/v2/security/ldap/configuration",
            query={
                "name": name,
            },
        )

    def post_ldap_configuration_search_password(
        self,
        body: PostLdapConfigurationSearchPassword,
        *,
        name: str,
    ) -> None:
        """Sets the password of the user who searches: `POST /api/admin/v2/security/ldap/configuration/search-password`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._nothing(
            "POST",
            "/api/admin/v2/security/ldap/configuration/search-password",
            query={
                "name": name,
            },
            body=body,
        )

    def get_ldap_configurations(
        self,
        *,
        names: Optional[str] = None,
        max_rows: Optional[int] = None,
    ) -> List[LdapConfigurationRow]:
        """Lists LDAP configurations: `GET /api/admin/v2/security/ldap/configurations`.

        It takes %Admin_Operate:U or %Admin_Secure:U.

        :param names: a comma list of names, each exact or with `*` at its end

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/ldap/configurations",
            query={
                "names": names,
                "maxRows": max_rows,
            },
        )

    def post_ldap_test(
        self,
        body: PostLdapTest,
    ) -> str:
        """Asks a directory about somebody; nobody is signed in: `POST /api/admin/v2/security/ldap/test`.

        It takes %Admin_Secure:U.
        """
        return self._task(
            "POST",
            "/api/admin/v2/security/ldap/test",
            body=body,
        )

    def get_privileged_routine(
        self,
        *,
        name: str,
    ) -> PrivilegedRoutine:
        """Reads a privileged routine: `GET /api/admin/v2/security/privileged-routine`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/privileged-routine",
            query={
                "name": name,
            },
        )

    def put_privileged_routine(
        self,
        body: PutPrivilegedRoutine,
        *,
        name: str,
    ) -> PrivilegedRoutine:
        """Makes or changes a privileged routine; what is not named stays as it is: `PUT /api/admin/v2/security/privileged-routine`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "PUT",
            "/api/admin/v2/security/privileged-routine",
            query={
                "name": name,
            },
            body=body,
        )

    def delete_privileged_routine(
        self,
        *,
        name: str,
    ) -> None:
        """Deletes a privileged routine: `DELETE /api/admin/v2/security/privileged-routine`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._nothing(
            "DELETE",
            "/api/admin/v2/security/privileged-routine",
            query={
                "name": name,
            },
        )

    def get_privileged_routines(
        self,
        *,
        filter: Optional[str] = None,
        max_rows: Optional[int] = None,
    ) -> List[PrivilegedRoutineRow]:
        """Lists privileged routines: `GET /api/admin/v2/security/privileged-routines`.

        It takes %Admin_Secure:U.

        :param filter: a text that the rows contain

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/privileged-routines",
            query={
                "filter": filter,
                "maxRows": max_rows,
            },
        )

    def get_resource(
        self,
        *,
        name: str,
    ) -> Resource:
        """Reads a resource: `GET /api/admin/v2/security/resource`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/resource",
            query={
                "name": name,
            },
        )

    def put_resource(
        self,
        body: PutResource,
        *,
        name: str,
    ) -> Resource:
        """Makes or changes a resource; what is not named stays as it is: `PUT /api/admin/v2/security/resource`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "PUT",
            "/api/admin/v2/security/resource",
            query={
                "name": name,
            },
            body=body,
        )

    def delete_resource(
        self,
        *,
        name: str,
    ) -> None:
        """Deletes a resource: `DELETE /api/admin/v2/security/resource`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._nothing(
            "DELETE",
            "/api/admin/v2/security/resource",
            query={
                "name": name,
            },
        )

    def get_resources(
        self,
        *,
        names: Optional[str] = None,
        max_rows: Optional[int] = None,
    ) -> List[ResourceRow]:
        """Lists resources: `GET /api/admin/v2/security/resources`.

        It takes %Admin_Secure:U.

        :param names: a comma list of names, each exact or with `*` at its end

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/resources",
            query={
                "names": names,
                "maxRows": max_rows,
            },
        )

    def get_role(
        self,
        *,
        name: str,
    ) -> Role:
        """Reads a role: `GET /api/admin/v2/security/role`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/role",
            query={
                "name": name,
            },
        )

    def put_role(
        self,
        body: PutRole,
        *,
        name: str,
    ) -> Role:
        """Makes or changes a role; what is not named stays as it is: `PUT /api/admin/v2/security/role`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "PUT",
            "/api/admin/v2/security/role",
            query={
                "name": name,
            },
            body=body,
        )

    def delete_role(
        self,
        *,
        name: str,
    ) -> None:
        """Deletes a role: `DELETE /api/admin/v2/security/role`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._nothing(
            "DELETE",
            "/api/admin/v2/security/role",
            query={
                "name": name,
            },
        )

    def get_role_owners(
        self,
        *,
        name: str,
        max_rows: Optional[int] = None,
    ) -> List[RoleOwnerRow]:
        """Lists who holds a role directly: `GET /api/admin/v2/security/role/owners`.

        It takes %Admin_Secure:U.

        :param name: the name of the object

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/role/owners",
            query={
                "name": name,
                "maxRows": max_rows,
            },
        )

    def get_roles(
        self,
        *,
        filter: Optional[str] = None,
        max_rows: Optional[int] = None,
    ) -> List[RoleRow]:
        """Lists roles: `GET /api/admin/v2/security/roles`.

        It takes %Admin_Secure:U.

        :param filter: a text that the rows contain

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/roles",
            query={
                "filter": filter,
                "maxRows": max_rows,
            },
        )

    def get_service(
        self,
        *,
        name: str,
    ) -> Service:
        """Reads a service: `GET /api/admin/v2/security/service`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/service",
            query={
                "name": name,
            },
        )

    def put_service(
        self,
        body: PutService,
        *,
        name: str,
    ) -> Service:
        """Changes a service; what is not named stays as it is: `PUT /api/admin/v2/security/service`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "PUT",
            "/api/admin/v2/security/service",
            query={
                "name": name,
            },
            body=body,
        )

    def get_services(
        self,
        *,
        max_rows: Optional[int] = None,
    ) -> List[ServiceRow]:
        """Lists services: `GET /api/admin/v2/security/services`.

        It takes %Admin_Secure:U.

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/services",
            query={
                "maxRows": max_rows,
            },
        )

    def head_sql_admin_privilege(
        self,
        *,
        privilege: str,
        grantee: str,
        namespace: str,
        with_grant: Optional[int] = None,
    ) -> bool:
        """Tells whether a grantee holds an administrative privilege: 200 or 404: `HEAD /api/admin/v2/security/sql-admin-privilege`.

        It takes %Admin_Secure:U.

        :param privilege: the privilege, such as %CREATE_TABLE

        :param grantee: a user or a role

        :param namespace: the namespace

        :param with_grant: 1: with the right to pass it on
        """
        return self._whether(
            "HEAD",
            "/api/admin/v2/security/sql-admin-privilege",
            query={
                "privilege": privilege,
                "grantee": grantee,
                "namespace": namespace,
                "withGrant": with_grant,
            },
        )

    def post_sql_admin_privilege_grant(
        self,
        *,
        privilege: str,
        grantee: str,
        namespace: str,
        with_grant: Optional[int] = None,
    ) -> None:
        """Grants an administrative privilege: `POST /api/admin/v2/security/sql-admin-privilege/grant`.

        It takes %Admin_Secure:U.

        :param privilege: the privilege, such as %CREATE_TABLE

        :param grantee: a user or a role

        :param namespace: the namespace

        :param with_grant: 1: with the right to pass it on
        """
        return self._nothing(
            "POST",
            "/api/admin/v2/security/sql-admin-privilege/grant",
            query={
                "privilege": privilege,
                "grantee": grantee,
                "namespace": namespace,
                "withGrant": with_grant,
            },
        )

    def post_sql_admin_privilege_revoke(
        self,
        *,
        privilege: str,
        grantee: str,
        namespace: str,
    ) -> None:
        """Revokes an administrative privilege: `POST /api/admin/v2/security/sql-admin-privilege/revoke`.

        It takes %Admin_Secure:U.

        :param privilege: the privilege, such as %CREATE_TABLE

        :param grantee: a user or a role

        :param namespace: the namespace
        """
        return self._nothing(
            "POST",
            "/api/admin/v2/security/sql-admin-privilege/revoke",
            query={
                "privilege": privilege,
                "grantee": grantee,
                "namespace": namespace,
            },
        )

    def get_sql_admin_privileges(
        self,
        *,
        grantee: str,
        namespace: str,
        max_rows: Optional[int] = None,
    ) -> List[SqlAdminPrivilegeRow]:
        """Lists the administrative privileges that a grantee holds: `GET /api/admin/v2/security/sql-admin-privileges`.

        It takes %Admin_Secure:U.

        :param grantee: a user or a role

        :param namespace: the namespace

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/sql-admin-privileges",
            query={
                "grantee": grantee,
                "namespace": namespace,
                "maxRows": max_rows,
            },
        )

    def head_sql_column_privilege(
        self,
        *,
        action: str,
        grantee: str,
        namespace: str,
        object: str,
        column: str,
        type: str,
        with_grant: Optional[int] = None,
    ) -> bool:
        """Tells whether a grantee holds a privilege on a column: 200 or 404: `HEAD /api/admin/v2/security/sql-column-privilege`.

        It takes %Admin_Secure:U.

        :param action: the privilege, such as SELECT; `*` for all that the type can have

        :param grantee: a user or a role

        :param namespace: the namespace

        :param object: the object, such as Sample.Person

        :param column: the column

        :param type: the type of the object, such as TABLE

        :param with_grant: 1: with the right to pass it on
        """
        return self._whether(
            "HEAD",
            "/api/admin/v2/security/sql-column-privilege",
            query={
                "action": action,
                "grantee": grantee,
                "namespace": namespace,
                "object": object,
                "column": column,
                "type": type,
                "withGrant": with_grant,
            },
        )

    def post_sql_column_privilege_grant(
        self,
        *,
        action: str,
        grantee: str,
        namespace: str,
        object: str,
        column: str,
        type: str,
        with_grant: Optional[int] = None,
    ) -> None:
        """Grants a privilege on a column: `POST /api/admin/v2/security/sql-column-privilege/grant`.

        It takes %Admin_Secure:U.

        :param action: the privilege, such as SELECT; `*` for all that the type can have

        :param grantee: a user or a role

        :param namespace: the namespace

        :param object: the object, such as Sample.Person

        :param column: the column

        :param type: the type of the object, such as TABLE

        :param with_grant: 1: with the right to pass it on
        """
        return self._nothing(
            "POST",
            "/api/admin/v2/security/sql-column-privilege/grant",
            query={
                "action": action,
                "grantee": grantee,
                "namespace": namespace,
                "object": object,
                "column": column,
                "type": type,
                "withGrant": with_grant,
            },
        )

    def post_sql_column_privilege_revoke(
        self,
        *,
        action: str,
        grantee: str,
        namespace: str,
        object: str,
        column: str,
        type: str,
        with_grant: Optional[int] = None,
        as_grantor: Optional[str] = None,
    ) -> None:
        """Revokes a privilege on a column: `POST /api/admin/v2/security/sql-column-privilege/revoke`.

        It takes %Admin_Secure:U.

        :param action: the privilege, such as SELECT; `*` for all that the type can have

        :param grantee: a user or a role

        :param namespace: the namespace

        :param object: the object, such as Sample.Person

        :param column: the column

        :param type: the type of the object, such as TABLE

        :param with_grant: 1: takes only the right to pass it on

        :param as_grantor: takes what this one granted
        """
        return self._nothing(
            "POST",
            "/api/admin/v2/security/sql-column-privilege/revoke",
            query={
                "action": action,
                "grantee": grantee,
                "namespace": namespace,
                "object": object,
                "column": column,
                "type": type,
                "withGrant": with_grant,
                "asGrantor": as_grantor,
            },
        )

    def get_sql_column_privileges(
        self,
        *,
        grantee: str,
        namespace: str,
        object: str,
        include_system: Optional[int] = None,
        max_rows: Optional[int] = None,
    ) -> List[SqlColumnPrivilegeRow]:
        """Lists what a grantee holds on the columns of an object: `GET /api/admin/v2/security/sql-column-privileges`.

        It takes %Admin_Secure:U.

        :param grantee: a user or a role

        :param namespace: the namespace

        :param object: the object, such as Sample.Person

        :param include_system: 1: objects of the system, too

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/sql-column-privileges",
            query={
                "grantee": grantee,
                "namespace": namespace,
                "object": object,
                "includeSystem": include_system,
                "maxRows": max_rows,
            },
        )

    def head_sql_privilege(
        self,
        *,
        namespace: str,
        grantee: str,
        type: str,
        object: str,
        action: str,
        with_grant: Optional[int] = None,
    ) -> bool:
        """Tells whether a grantee holds a privilege on an object: 200 or 404: `HEAD /api/admin/v2/security/sql-privilege`.

        It takes %Admin_Secure:U.

        :param namespace: the namespace

        :param grantee: a user or a role

        :param type: the type of the object, such as TABLE

        :param object: the object, such as Sample.Person

        :param action: the privilege, such as SELECT; `*` for all that the type can have

        :param with_grant: 1: with the right to pass it on
        """
        return self._whether(
            "HEAD",
            "/api/admin/v2/security/sql-privilege",
            query={
                "namespace": namespace,
                "grantee": grantee,
                "type": type,
                "object": object,
                "action": action,
                "withGrant": with_grant,
            },
        )

    def post_sql_privilege_grant(
        self,
        *,
        namespace: str,
        grantee: str,
        type: str,
        object: str,
        action: str,
        with_grant: Optional[int] = None,
    ) -> None:
        """Grants a privilege on an object: `POST /api/admin/v2/security/sql-privilege/grant`.

        It takes %Admin_Secure:U.

        :param namespace: the namespace

        :param grantee: a user or a role

        :param type: the type of the object, such as TABLE

        :param object: the object, such as Sample.Person

        :param action: the privilege, such as SELECT; `*` for all that the type can have

        :param with_grant: 1: with the right to pass it on
        """
        return self._nothing(
            "POST",
            "/api/admin/v2/security/sql-privilege/grant",
            query={
                "namespace": namespace,
                "grantee": grantee,
                "type": type,
                "object": object,
                "action": action,
                "withGrant": with_grant,
            },
        )

    def post_sql_privilege_revoke(
        self,
        *,
        namespace: str,
        grantee: str,
        type: str,
        object: str,
        action: str,
        with_grant: Optional[int] = None,
        cascade: Optional[int] = None,
        as_grantor: Optional[str] = None,
    ) -> None:
        """Revokes a privilege on an object: `POST /api/admin/v2/security/sql-privilege/revoke`.

        It takes %Admin_Secure:U.

        :param namespace: the namespace

        :param grantee: a user or a role

        :param type: the type of the object, such as TABLE

        :param object: the object, such as Sample.Person

        :param action: the privilege, such as SELECT; `*` for all that the type can have

        :param with_grant: 1: takes only the right to pass it on

        :param cascade: 1: takes it from those who hold it through the grantee, too

        :param as_grantor: takes what this one granted
        """
        return self._nothing(
            "POST",
            "/api/admin/v2/security/sql-privilege/revoke",
            query={
                "namespace": namespace,
                "grantee": grantee,
                "type": type,
                "object": object,
                "action": action,
                "withGrant": with_grant,
                "cascade": cascade,
                "asGrantor": as_grantor,
            },
        )

    def get_sql_privileges(
        self,
        *,
        grantee: str,
        namespace: str,
        include_system: Optional[int] = None,
        max_rows: Optional[int] = None,
    ) -> List[SqlPrivilegeRow]:
        """Lists what a grantee holds on objects: `GET /api/admin/v2/security/sql-privileges`.

        It takes %Admin_Secure:U.

        :param grantee: a user or a role

        :param namespace: the namespace

        :param include_system: 1: objects of the system, too

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/sql-privileges",
            query={
                "grantee": grantee,
                "namespace": namespace,
                "includeSystem": include_system,
                "maxRows": max_rows,
            },
        )

    def get_ssl_configuration(
        self,
        *,
        name: str,
    ) -> SslConfiguration:
        """Reads a TLS configuration: `GET /api/admin/v2/security/ssl-configuration`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/ssl-configuration",
            query={
                "name": name,
            },
        )

    def put_ssl_configuration(
        self,
        body: PutSslConfiguration,
        *,
        name: str,
    ) -> SslConfiguration:
        """Makes or changes a TLS configuration; what is not named stays as it is: `PUT /api/admin/v2/security/ssl-configuration`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "PUT",
            "/api/admin/v2/security/ssl-configuration",
            query={
                "name": name,
            },
            body=body,
        )

    def delete_ssl_configuration(
        self,
        *,
        name: str,
    ) -> None:
        """Deletes a TLS configuration: `DELETE /api/admin/v2/security/ssl-configuration`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._nothing(
            "DELETE",
            "/api/admin/v2/security/ssl-configuration",
            query={
                "name": name,
            },
        )

    def get_ssl_configurations(
        self,
        *,
        filter: Optional[str] = None,
        max_rows: Optional[int] = None,
    ) -> List[SslConfigurationRow]:
        """Lists TLS configurations: `GET /api/admin/v2/security/ssl-configurations`.

        It takes %Admin_Secure:U.

        :param filter: a text that the rows contain

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/ssl-configurations",
            query={
                "filter": filter,
                "maxRows": max_rows,
            },
        )

    def get_superserver(
        self,
        *,
        port: int,
        bind_address: Optional[str] = None,
    ) -> Superserver:
        """Reads a superserver: `GET /api/admin/v2/security/superserver`.

        It takes %Admin_Secure:U.

        :param port: the port, from 100 on

        :param bind_address: the address that is bound there; none for any
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/superserver",
            query={
                "port": port,
                "bindAddress": bind_address,
            },
        )

    def put_superserver(
        self,
        body: PutSuperserver,
        *,
        port: int,
        bind_address: Optional[str] = None,
    ) -> Superserver:
        """Makes or changes a superserver; what is not named stays as it is: `PUT /api/admin/v2/security/superserver`.

        It takes %Admin_Secure:U.

        :param port: the port, from 100 on

        :param bind_address: the address that is bound there; none for any
        """
        return self._enveloped(
            "PUT",
            "/api/admin/v2/security/superserver",
            query={
                "port": port,
                "bindAddress": bind_address,
            },
            body=body,
        )

    def delete_superserver(
        self,
        *,
        port: int,
        bind_address: Optional[str] = None,
    ) -> None:
        """Deletes a superserver: `DELETE /api/admin/v2/security/superserver`.

        It takes %Admin_Secure:U.

        :param port: the port, from 100 on

        :param bind_address: the address that is bound there; none for any
        """
        return self._nothing(
            "DELETE",
            "/api/admin/v2/security/superserver",
            query={
                "port": port,
                "bindAddress": bind_address,
            },
        )

    def get_superservers(
        self,
        *,
        filter: Optional[str] = None,
        max_rows: Optional[int] = None,
    ) -> List[SuperserverRow]:
        """Lists superservers: `GET /api/admin/v2/security/superservers`.

        It takes %Admin_Secure:U.

        :param filter: a text that the rows contain

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/superservers",
            query={
                "filter": filter,
                "maxRows": max_rows,
            },
        )

    def get_user(
        self,
        *,
        name: str,
    ) -> User:
        """Reads a user: `GET /api/admin/v2/security/user`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/user",
            query={
                "name": name,
            },
        )

    def put_user(
        self,
        body: PutUser,
        *,
        name: str,
    ) -> User:
        """Changes a user; what is not named stays as it is: `PUT /api/admin/v2/security/user`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "PUT",
            "/api/admin/v2/security/user",
            query={
                "name": name,
            },
            body=body,
        )

    def post_user(
        self,
        body: PostUser,
        *,
        name: str,
    ) -> User:
        """Makes a user: `POST /api/admin/v2/security/user`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "POST",
            "/api/admin/v2/security/user",
            query={
                "name": name,
            },
            body=body,
        )

    def delete_user(
        self,
        *,
        name: str,
    ) -> None:
        """Deletes a user: `DELETE /api/admin/v2/security/user`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._nothing(
            "DELETE",
            "/api/admin/v2/security/user",
            query={
                "name": name,
            },
        )

    def post_user_password(
        self,
        body: PostUserPassword,
        *,
        name: str,
    ) -> None:
        """Sets the password of a user: `POST /api/admin/v2/security/user/password`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._nothing(
            "POST",
            "/api/admin/v2/security/user/password",
            query={
                "name": name,
            },
            body=body,
        )

    def get_users(
        self,
        *,
        names: Optional[str] = None,
        max_rows: Optional[int] = None,
    ) -> List[UserRow]:
        """Lists users: `GET /api/admin/v2/security/users`.

        It takes %Admin_Secure:U.

        :param names: a comma list of names, each exact or with `*` at its end

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/users",
            query={
                "names": names,
                "maxRows": max_rows,
            },
        )

    def get_web_auth(
        self,
    ) -> WebAuth:
        """Reads how people come in: `GET /api/admin/v2/security/web-auth`.

        It takes %Admin_Secure:U.
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/security/web-auth",
        )

    def put_web_auth(
        self,
        body: PutWebAuth,
    ) -> WebAuth:
        """Changes how people come in; what is not named stays as it is: `PUT /api/admin/v2/security/web-auth`.

        It takes %Admin_Secure:U.
        """
        return self._enveloped(
            "PUT",
            "/api/admin/v2/security/web-auth",
            body=body,
        )

    def post_web_auth_smtp_password(
        self,
        body: PostWebAuthSmtpPassword,
    ) -> None:
        """Sets the password of the user who sends mail: `POST /api/admin/v2/security/web-auth/smtp-password`.

        It takes %Admin_Secure:U.
        """
        return self._nothing(
            "POST",
            "/api/admin/v2/security/web-auth/smtp-password",
            body=body,
        )

    def get_tasks(
        self,
        *,
        max_rows: Optional[int] = None,
    ) -> List[Any]:
        """Lists scheduled tasks: there are none: `GET /api/admin/v2/tasks`.

        It takes %Admin_Operate:U or %Admin_Task:U.

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/tasks",
            query={
                "maxRows": max_rows,
            },
        )

    def get_wallet_collections(
        self,
        *,
        max_rows: Optional[int] = None,
    ) -> List[Any]:
        """Lists collections of secrets: there are none: `GET /api/admin/v2/wallet/collections`.

        It takes %Admin_Wallet:U.

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/wallet/collections",
            query={
                "maxRows": max_rows,
            },
        )

    def get_web_app(
        self,
        *,
        name: str,
    ) -> WebApp:
        """Reads a web application: `GET /api/admin/v2/web-app`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/web-app",
            query={
                "name": name,
            },
        )

    def put_web_app(
        self,
        body: PutWebApp,
        *,
        name: str,
    ) -> WebApp:
        """Makes or changes a web application; what is not named stays as it is: `PUT /api/admin/v2/web-app`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._enveloped(
            "PUT",
            "/api/admin/v2/web-app",
            query={
                "name": name,
            },
            body=body,
        )

    def delete_web_app(
        self,
        *,
        name: str,
    ) -> None:
        """Deletes a web application: `DELETE /api/admin/v2/web-app`.

        It takes %Admin_Secure:U.

        :param name: the name of the object
        """
        return self._nothing(
            "DELETE",
            "/api/admin/v2/web-app",
            query={
                "name": name,
            },
        )

    def get_web_apps(
        self,
        *,
        filter: Optional[str] = None,
        max_rows: Optional[int] = None,
    ) -> List[PrivilegedRoutineRow]:
        """Lists web applications: `GET /api/admin/v2/web-apps`.

        It takes %Admin_Secure:U.

        :param filter: a text that the rows contain

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/web-apps",
            query={
                "filter": filter,
                "maxRows": max_rows,
            },
        )

    def delete_web_session(
        self,
        *,
        id: str,
    ) -> None:
        """Ends one of them: `DELETE /api/admin/v2/web-session`.

        It takes %Admin_Operate:U.

        :param id: the ID of the session
        """
        return self._nothing(
            "DELETE",
            "/api/admin/v2/web-session",
            query={
                "id": id,
            },
        )

    def get_web_sessions(
        self,
        *,
        max_rows: Optional[int] = None,
    ) -> List[WebSessionRow]:
        """Lists the sessions that tokens carry: `GET /api/admin/v2/web-sessions`.

        It takes %Admin_Operate:U.

        :param max_rows: the most rows; 1000 where it is left out
        """
        return self._enveloped(
            "GET",
            "/api/admin/v2/web-sessions",
            query={
                "maxRows": max_rows,
            },
        )

    def get_openapi_json(
        self,
    ) -> Any:
        """This document: `GET /api/openapi.json`.
        """
        return self._bare(
            "GET",
            "/api/openapi.json",
            is_open=True,
        )

    def post_check(
        self,
        body: PostCheck,
    ) -> Check:
        """Tells what is held on a resource, or whether some permissions are: `POST /api/sclera/v1/check`.
        """
        return self._bare(
            "POST",
            "/api/sclera/v1/check",
            body=body,
        )

    def post_explain(
        self,
        body: PostExplain,
    ) -> Any:
        """Tells why a privilege is held, or what would give it: `POST /api/sclera/v1/explain`.
        """
        return self._bare(
            "POST",
            "/api/sclera/v1/explain",
            body=body,
        )

    def get_session(
        self,
    ) -> Session:
        """Tells who signed in: `GET /api/sclera/v1/session`.
        """
        return self._bare(
            "GET",
            "/api/sclera/v1/session",
        )

    def post_session(
        self,
    ) -> Session:
        """Tells who signed in: `POST /api/sclera/v1/session`.
        """
        return self._bare(
            "POST",
            "/api/sclera/v1/session",
        )

    def post_simulate(
        self,
        body: PostSimulate,
    ) -> Simulate:
        """Tells how an admission would go, or who would gain and lose what by changes; leaves no trace: `POST /api/sclera/v1/simulate`.
        """
        return self._bare(
            "POST",
            "/api/sclera/v1/simulate",
            body=body,
        )

    def get_livez(
        self,
    ) -> str:
        """Tells that the server is there: `GET /livez`.
        """
        return self._text(
            "GET",
            "/livez",
            is_open=True,
        )

    def get_readyz(
        self,
    ) -> str:
        """Tells whether the store can be read: `GET /readyz`.
        """
        return self._text(
            "GET",
            "/readyz",
            is_open=True,
        )

    def get_v1_async_result(
        self,
        *,
        id: str,
    ) -> AsyncResult:
        """Reads a task and its result: `GET /api/admin/v1/async-result`.

        It takes %Admin_Operate:U.

        :param id: the number of the task
        """
        return self._enveloped(
            "GET",
            "/api/admin/v1/async-result",
            query={
                "id": id,
            },
        )
