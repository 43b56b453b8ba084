//! Applications: what may be run, by whom, and with which roles (`authorization.md` section 19).

use crate::id::ApplicationId;
use crate::name::ApplicationName;
use crate::property::{Access, Class, Directory, Field, Kind, MatchRule, field};
use crate::status::{Code, Status};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// An application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// Its name; fixed.
    pub name: ApplicationName,
    /// What it is for.
    pub description: String,
    /// It may run; 0 stops it for everyone, holders of `%All` included.
    pub enabled: bool,
    /// The resource whose Use is asked; empty: open to everyone.
    pub resource: String,
    /// Application roles and matching roles.
    pub match_rules: Vec<MatchRule>,
    /// Mechanisms of a web application.
    pub mechanisms: i64,
    /// Where a web application runs.
    pub namespace: String,
    /// The class that answers for a REST application.
    pub dispatch_class: String,
    /// Routines and classes that may add the roles: `Name:database:flag`.
    pub routines: Vec<String>,
    /// Bit 0 system, 1 web, 2 privileged routine, 3 client or document database.
    pub kind: i64,
    /// What only web applications have.
    pub web: Box<Web>,
}

/// What a web application is like beside who may run it; the gate that serves it acts on these.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each member is the property of its name in `Application::FIELDS`")]
pub struct Web {
    pub auto_compile: bool,
    pub change_password_page: String,
    pub client_applications: Vec<String>,
    pub cookie_path: String,
    pub cors_allowed: Vec<String>,
    pub cors_credentials: bool,
    pub cors_headers: Vec<String>,
    pub csp_zen: bool,
    pub csrf_token: bool,
    pub deepsee: bool,
    pub iknow: bool,
    pub error_page: String,
    pub login_page: String,
    pub event_class: String,
    pub group: String,
    pub hyper_event: i64,
    pub inbound_web_services: bool,
    pub namespace_default: bool,
    pub jwt: bool,
    pub jwt_access_timeout: i64,
    pub jwt_refresh_timeout: i64,
    pub lock_csp_name: bool,
    pub package: String,
    pub path: String,
    pub permitted_classes: String,
    pub recurse: bool,
    pub redirect_empty_path: bool,
    pub serve_files: i64,
    pub serve_files_timeout: i64,
    pub super_class: String,
    pub timeout: i64,
    pub trace: bool,
    pub two_factor: bool,
    pub use_cookies: i64,
    pub session_scope: i64,
    pub user_cookie_scope: i64,
    pub wsgi_location: String,
    pub wsgi_name: String,
    pub wsgi_callable: String,
    pub wsgi_debug: bool,
    pub wsgi_type: i64,
}

impl Default for Web {
    fn default() -> Self {
        Self {
            auto_compile: true,
            change_password_page: String::new(),
            client_applications: Vec::new(),
            cookie_path: String::new(),
            cors_allowed: Vec::new(),
            cors_credentials: true,
            cors_headers: Vec::new(),
            csp_zen: true,
            csrf_token: true,
            deepsee: false,
            iknow: false,
            error_page: String::new(),
            login_page: String::new(),
            event_class: String::new(),
            group: String::new(),
            hyper_event: 0,
            inbound_web_services: true,
            namespace_default: false,
            jwt: false,
            jwt_access_timeout: 60,
            jwt_refresh_timeout: 900,
            lock_csp_name: true,
            package: String::new(),
            path: String::new(),
            permitted_classes: String::new(),
            recurse: true,
            redirect_empty_path: false,
            serve_files: 1,
            serve_files_timeout: 3600,
            super_class: String::new(),
            timeout: 900,
            trace: false,
            two_factor: false,
            use_cookies: 2,
            session_scope: 2,
            user_cookie_scope: 2,
            wsgi_location: String::new(),
            wsgi_name: String::new(),
            wsgi_callable: "app".to_owned(),
            wsgi_debug: false,
            wsgi_type: 1,
        }
    }
}

impl Application {
    /// An enabled web application that allows unauthenticated use, as the class initially makes it.
    pub fn new(id: ApplicationId, name: ApplicationName) -> Self {
        Self {
            id,
            name,
            description: String::new(),
            enabled: true,
            resource: String::new(),
            match_rules: Vec::new(),
            mechanisms: 64,
            namespace: String::new(),
            dispatch_class: String::new(),
            routines: Vec::new(),
            kind: 2,
            web: Box::default(),
        }
    }

    /// The bit of `Type` of a web application.
    pub const WEB: i64 = 1 << 1;
    /// The bit of `Type` of an application whose routines add its roles (`authorization.md` 19.1).
    pub const PRIVILEGED: i64 = 1 << 2;

    /// Tells whether it was made by the system and so cannot be deleted.
    pub const fn is_system(&self) -> bool {
        self.kind & 1 == 1
    }
}

/// The mechanisms an application may use: bits 2, 5, 6, 11, 13, 14, 20, 21 (`authorization.md` 19.1).
pub(crate) const MECHANISMS: i64 =
    (1 << 2) | (1 << 5) | (1 << 6) | (1 << 11) | (1 << 13) | (1 << 14) | (1 << 20) | (1 << 21);

impl Class for Application {
    const NAME: &'static str = "Security.Applications";
    const FIELDS: &'static [Field<Self>] = &[
        field!(Open "Description" text(256) description),
        field!(Open "Enabled" boolean enabled),
        field!(Open "Resource" text(64) resource),
        field!(Open "MatchRoles" matches match_rules),
        field!(Open "AutheEnabled" integer(0, 0xffff_ffff) mechanisms),
        Field {
            name: "NameSpace",
            access: Access::Open,
            kind: Kind::Text { max: 64, get: |a| &a.namespace, set: |a, v| a.namespace = v.to_uppercase() },
        },
        field!(Open "DispatchClass" text(256) dispatch_class),
        field!(Open "Routines" texts(',') routines),
        field!(Open "Type" integer(2, 9) kind),
        field!(Open "AutoCompile" boolean web.auto_compile),
        field!(Open "ChangePasswordPage" text(256) web.change_password_page),
        field!(Open "ClientApplications" texts(',') web.client_applications),
        field!(Open "CookiePath" text(256) web.cookie_path),
        field!(Open "CorsAllowlist" texts(',') web.cors_allowed),
        field!(Open "CorsCredentialsAllowed" boolean web.cors_credentials),
        field!(Open "CorsHeadersList" texts(',') web.cors_headers),
        field!(Open "CSPZENEnabled" boolean web.csp_zen),
        field!(Open "CSRFToken" boolean web.csrf_token),
        field!(Open "DeepSeeEnabled" boolean web.deepsee),
        field!(Open "iKnowEnabled" boolean web.iknow),
        field!(Open "ErrorPage" text(256) web.error_page),
        field!(Open "LoginPage" text(256) web.login_page),
        field!(Open "EventClass" text(64) web.event_class),
        field!(Open "GroupById" text(64) web.group),
        field!(Open "HyperEvent" integer(0, 3) web.hyper_event),
        field!(Open "InbndWebServicesEnabled" boolean web.inbound_web_services),
        field!(Open "IsNameSpaceDefault" boolean web.namespace_default),
        field!(Open "JWTAuthEnabled" boolean web.jwt),
        field!(Open "JWTAccessTokenTimeout" integer(1, 31_536_000) web.jwt_access_timeout),
        field!(Open "JWTRefreshTokenTimeout" integer(1, 31_536_000) web.jwt_refresh_timeout),
        field!(Open "LockCSPName" boolean web.lock_csp_name),
        field!(Open "Package" text(64) web.package),
        field!(Open "Path" text(256) web.path),
        field!(Open "PermittedClasses" text(32767) web.permitted_classes),
        field!(Open "Recurse" boolean web.recurse),
        field!(Open "RedirectEmptyPath" boolean web.redirect_empty_path),
        field!(Open "ServeFiles" integer(0, 3) web.serve_files),
        field!(Open "ServeFilesTimeout" integer(0, 31_536_000) web.serve_files_timeout),
        field!(Open "SuperClass" text(1024) web.super_class),
        field!(Open "Timeout" integer(0, 100_000) web.timeout),
        field!(Open "TraceEnabled" boolean web.trace),
        // Moved into `AutheEnabled`; kept as exports have it, and of no effect.
        field!(Open "TwoFactorEnabled" boolean web.two_factor),
        field!(Open "UseCookies" integer(0, 2) web.use_cookies),
        field!(Open "SessionScope" integer(0, 2) web.session_scope),
        field!(Open "UserCookieScope" integer(0, 2) web.user_cookie_scope),
        field!(Open "WSGIAppLocation" text(256) web.wsgi_location),
        field!(Open "WSGIAppName" text(256) web.wsgi_name),
        field!(Open "WSGICallable" text(256) web.wsgi_callable),
        field!(Open "WSGIDebug" boolean web.wsgi_debug),
        field!(Open "WSGIType" integer(1, 2) web.wsgi_type),
    ];
}

/// Reads `Match1:Target1:Target2,Match2:Target3`; an empty match is an application role (ESC-12).
pub(crate) fn match_rules(text: &str, directory: &dyn Directory) -> Result<Vec<MatchRule>, Status> {
    let mut rules: Vec<MatchRule> = Vec::new();
    for entry in crate::name::list(text) {
        let rule = match_rule(entry, directory)?;
        if rules.iter().any(|known| known.matched == rule.matched) {
            let name = entry.split(':').next().unwrap_or_default();
            return Err(Status::new(Code::DuplicateMatchRole, [name]));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn match_rule(entry: &str, directory: &dyn Directory) -> Result<MatchRule, Status> {
    let mut names = entry.split(':').map(str::trim);
    let matched = match names.next().unwrap_or_default() {
        "" => None,
        name => {
            Some(directory.role_named(name).ok_or_else(|| Status::new(Code::MatchRoleDoesNotExist, [name]))?)
        }
    };
    let mut targets = Vec::new();
    for name in names.filter(|name| !name.is_empty()) {
        let unknown = || Status::new(Code::TargetRoleDoesNotExist, [name]);
        let target = directory.role_named(name).ok_or_else(unknown)?;
        if targets.contains(&target) {
            return Err(Status::new(Code::DuplicateTargetRole, [name]));
        }
        targets.push(target);
    }
    if targets.is_empty() {
        return Err(Status::new(Code::TargetRoleDoesNotExist, [""])
            .because("write `match:target`, or `:target` for everyone"));
    }
    Ok(MatchRule { matched, targets })
}
