//! The rules of [`lint`](crate::lint). Objects that the product comes with are as the product made them, so rules about
//! what somebody chose look at those that somebody made.

use crate::lint::{Finding, Linter, Rule, Seen, Severity};
use sclera_core::application::Application;
use sclera_core::id::RoleId;
use sclera_core::name::same;
use sclera_core::permission::Permissions;
use sclera_core::policy::Closure;
use sclera_core::resource::Resource;
use sclera_core::role::{Origin, Role};
use sclera_core::service::Service;
use sclera_core::time::Timestamp;
use sclera_core::user::{PUBLIC, UNKNOWN_USER, User};

use Severity::{Error, Note, Warning};

macro_rules! rules {
    ($($name:ident $id:literal $severity:ident $title:literal $reason:literal $remedy:literal)+) => {
        $(static $name: Rule = Rule {
            id: $id, severity: $severity, title: $title, reason: $reason, remedy: $remedy,
        };)+
        /// Every rule, in the order of ids.
        pub static RULES: &[&Rule] = &[$(&$name),+];
    };
}

rules! {
    PUBLIC_ADMINISTRATION "SCL101" Error
        "An administrative resource is public"
        "Public permissions are everybody's, those of UnknownUser included; Use on an administrative resource is the power to change what protects the rest."
        "Empty PublicPermission of the resource and give it to a role."
    PUBLIC_SYSTEM_DATABASE "SCL102" Error
        "The system database or the audit database is public"
        "Write on the system database lets a process add any role to itself, %All included (authorization.md PRC-5); Read shows code and settings."
        "Empty PublicPermission of the resource."
    PUBLIC_DATABASE "SCL103" Warning
        "A database is public"
        "Whoever comes in reads or writes it, whatever roles say; nothing can take that away."
        "Empty PublicPermission and give the database to the roles that need it."
    PUBLIC_RESOURCE "SCL104" Note
        "A resource that somebody made is public"
        "Public permissions are everybody's, those of UnknownUser included."
        "Empty PublicPermission unless everybody is meant."
    UNAUTHENTICATED_SERVICE "SCL201" Error
        "A service lets people in unauthenticated"
        "Everybody who reaches it is UnknownUser, with that user's roles and all that is public."
        "Take 64 out of AutheEnabled of the service, or disable it."
    CLEARTEXT_SERVICE "SCL202" Warning
        "A service is enabled on which passwords travel in the clear"
        "Telnet sends names and passwords unprotected unless SSLTelnetServer requires TLS."
        "Disable %Service_Telnet, or set SSLTelnetServer to 2."
    ANY_ADDRESS "SCL203" Note
        "A service takes connections from any address"
        "Whoever can reach the port may try; a list of addresses keeps out all who have no business there (services.md section 7)."
        "Name the addresses and networks in ClientSystems."
    SYSTEM_DATABASE_WRITE "SCL301" Error
        "A role holds Write on the system database"
        "A process with %DB_IRISSYS:W may set $ROLES to any role, so whoever holds the role can hold %All (authorization.md PRC-5)."
        "Take Write out of the role; code in the system database needs it, people do not."
    AUDIT_DATABASE "SCL302" Warning
        "A role holds privileges on the audit database"
        "Who can write it can unmake what was recorded; who can read it sees what others did (authorization.md section 25)."
        "Take the privilege out of the role, or give the role to auditors alone."
    SECURE "SCL303" Warning
        "A role holds %Admin_Secure:U"
        "It administers users and roles, and so can give itself everything: it is as good as %All (authorization.md section 25)."
        "Give it to few, and count them with the holders of %All."
    DEVELOPMENT_WRITE "SCL304" Warning
        "A role can change code that others run"
        "%Development:U with Write on a database changes the programs in it, and they run with the roles of whoever runs them, and of privileged applications."
        "Separate developing from production databases: take one of the two out of the role."
    MANAGE "SCL305" Warning
        "A role holds %Admin_Manage:U"
        "It configures databases, mappings and tasks; a task or a mapped routine runs with more than its maker holds."
        "Give it to operators who hold everything anyway, or use %Admin_Operate."
    GRANTS_ALL "SCL306" Error
        "A role grants %All"
        "Its holders hold everything, though its name does not say so (authorization.md ALL-8)."
        "Take %All out of GrantedRoles, and give it to users by name."
    ROLE_CYCLE "SCL307" Error
        "A role leads to itself"
        "Every role of the circle holds what all of them hold; the rules refuse to make one, so the data came from elsewhere (authorization.md ROL-7)."
        "Take one of the grants out."
    UNUSED_ROLE "SCL308" Note
        "A role is used by nobody"
        "Nobody holds it, no role grants it, no application adds it: what it opens is forgotten until somebody gets it."
        "Delete it, or give it to those it was made for."
    TOO_FEW_SUPER_USERS "SCL401" Warning
        "Fewer than two users hold %All"
        "If the one account is lost, nobody can manage the instance (authorization.md section 25)."
        "Give %All to a second person who can log in."
    TOO_MANY_SUPER_USERS "SCL402" Warning
        "More than five users hold %All"
        "Each of these accounts is the whole instance to whoever gets at it (authorization.md section 25)."
        "Give roles that say what people do instead."
    UNKNOWN_USER_ROLES "SCL403" Error
        "UnknownUser holds roles"
        "Whoever comes in unauthenticated has them (authorization.md USR-3)."
        "Take the roles from UnknownUser."
    PUBLIC_ROLES "SCL404" Error
        "_PUBLIC holds roles"
        "Everybody gets them at login (authorization.md USR-2)."
        "Take the roles from _PUBLIC and give them to those who need them."
    WEAK_HASH "SCL405" Warning
        "A password is kept under a weak hash"
        "Whoever gets the file tries passwords faster than OWASP ASVS 5.0 allows: PBKDF2 takes 210,000 rounds with SHA-512, 600,000 with SHA-256."
        "Raise PasswordHashWorkFactor and PasswordHashAlgorithm, and have the password set anew."
    EXPIRED_ACCOUNT "SCL406" Note
        "An account is past its expiration date and still enabled"
        "Moving the date is enough to open it again."
        "Disable or delete it."
    UNUSED_ACCOUNT "SCL407" Note
        "An account was made more than 30 days ago and has not got a password of its own"
        "Its first password is still the one that was handed out (authorization.md section 25)."
        "Have it changed, or disable the account."
    UNLIMITED_SUPER_USER "SCL408" Note
        "An account with %All has no second factor"
        "One password opens everything."
        "Switch a second factor on in AutheEnabled of the user."
    ESCALATES_TO_ALL "SCL409" Warning
        "A user may escalate to %All"
        "The account is worth as much as one that holds %All, and counts among them nowhere."
        "Let it escalate to roles that say what is to be done."
    IDLE_ACCOUNT "SCL410" Warning
        "An account has not been used for more than 90 days"
        "Nobody would miss it, and nobody would notice who else uses it."
        "Disable or delete it, or let InactiveLimit do so."
    KNOWN_PASSWORD "SCL411" Error
        "An account has a password that everybody knows"
        "It is the one that installations and templates come with, and the first that is tried."
        "Set another password, or disable the account."
    APPLICATION_GIVES_ALL "SCL501" Error
        "An application gives %All to whoever runs it"
        "Application roles are everybody's who gets in (authorization.md ESC-11)."
        "Take %All out of MatchRoles."
    APPLICATION_MATCHES_ALL "SCL502" Error
        "An application gives %All to holders of a role"
        "Holders of the matching role hold everything inside, though no list of holders of %All shows them (authorization.md ESC-11)."
        "Name the roles that the application needs as targets."
    UNAUTHENTICATED_APPLICATION "SCL503" Warning
        "An application can be used unauthenticated"
        "It runs as UnknownUser; whoever finds the address gets in."
        "Take 64 out of AutheEnabled of the application."
    UNAUTHENTICATED_ROLES "SCL504" Error
        "An application can be used unauthenticated and adds roles"
        "Strangers get the roles."
        "Take 64 out of AutheEnabled, or the application roles out of MatchRoles."
    OPEN_PRIVILEGED_ROUTINE "SCL505" Error
        "A privileged routine application is open to everybody"
        "Without a resource it escalates any user who can call its routine (authorization.md ESC-17)."
        "Set Resource."
    OPEN_APPLICATION "SCL506" Note
        "An application that somebody made asks for no resource"
        "Everybody who can authenticate runs it (authorization.md section 25)."
        "Set Resource, and give Use on it to the roles that need it."
    AUDITING_OFF "SCL601" Warning
        "Auditing is off"
        "Nothing but changes is recorded, so a misuse leaves no trace (authorization.md section 25)."
        "Set AuditEnabled to 1."
    EVENT_OFF "SCL602" Note
        "An event is off that should be recorded"
        "Logins, failed logins and commands in programmer mode are what an investigation begins with (authorization.md section 25)."
        "Set Enabled of the event to 1."
    UNRECORDED_LOGINS "SCL603" Warning
        "Logins go on while they cannot be recorded"
        "Whoever fills the disk comes in unseen."
        "Set AdmitUnrecorded to 0."
    PERCENT_GLOBALS "SCL604" Warning
        "Percent globals may be written by all"
        "They are shared by all namespaces, code of the system included (authorization.md section 25)."
        "Set PercentGlobalWrite to 0."
    NO_LOGIN_LIMIT "SCL605" Warning
        "Failed logins are not limited"
        "Passwords can be tried without end."
        "Set InvalidLoginLimit to 5."
    SHORT_PASSWORDS "SCL606" Warning
        "New passwords may be short"
        "OWASP ASVS 5.0 asks for 8 characters at least and advises 15."
        "Set PasswordMinimumLength to 15."
    WEAK_TARGET "SCL607" Warning
        "New passwords are kept under a weak hash"
        "OWASP ASVS 5.0: PBKDF2 takes 210,000 rounds with SHA-512, 600,000 with SHA-256."
        "Set PasswordHashAlgorithm to SHA512 and PasswordHashWorkFactor to 210000."
    SQL_SECURITY_OFF "SCL608" Error
        "SQL privileges are not asked"
        "Whoever reaches SQL reads and writes every table."
        "Set SQLSecurity to 1."
    UNVERIFIED_TLS "SCL701" Warning
        "A TLS configuration of a client verifies nobody"
        "Anybody on the way can be the server."
        "Set VerifyPeer to 1 and name the authorities in CAFile."
    OLD_TLS "SCL702" Warning
        "A TLS configuration allows versions before 1.2"
        "They are broken (RFC 8996)."
        "Set TLSMinVersion to 16."
    CLEARTEXT_LDAP "SCL703" Error
        "An LDAP configuration in use has no TLS"
        "Passwords travel in the clear, and whoever is on the way says who holds which role."
        "Add 2 to LDAPFlags and name the authority in LDAPCACertFile."
}

/// Keys of passwords that are printed in the documentation and the templates of the original, with the salts that stand
/// there beside them.
const PUBLISHED_KEYS: [&str; 5] = [
    "fbfe8593aefa510c27fd184738d6e865a441de98",
    "d8191b3c433ed48c7cd60cb7a4b1bfd3068b38db",
    "ceb9ee6dbdff3f9d08b850fd6974c6fdd5b8e792",
    "34e80d2f1ad5135679b3a57a9c4b1611a8a8995e0849ebe954ac1c16ad253d0274296985fea058a8aaf2a149b88082595e6374b3c2f7d5f0774f05e4311ba52d",
    "a31d24aecc0bfe560a7e45bd913ad27c667dc25a75cbfd358c451bb595b6bd52bd25c82cafaa23ca1dd30b3b4947d12d3bb0ffb2a717df29912b743a281f97c1",
];
/// Entries of `ClientSystems` that are no bound.
const ANYWHERE: [&str; 6] =
    ["*", "*.*.*.*", "0.0.0.0-255.255.255.255", "0.0.0.0/0", "::/0", "*:*:*:*:*:*:*:*"];
/// A service that has a list of addresses (`services.md` 4.4).
const LISTS_ADDRESSES: i64 = 1 << 3;
const IDLE_DAYS: i64 = 90;
const UNAUTHENTICATED: i64 = 1 << 6;
const DAY: i64 = 86_400_000_000;
const SYSTEM_DATABASES: [&str; 2] = ["%DB_IRISSYS", "%DB_CACHESYS"];
const AUDIT_DATABASES: [&str; 2] = ["%DB_IRISAUDIT", "%DB_CACHEAUDIT"];
/// Databases that hold nothing but what everybody's programs need.
const SHARED_DATABASES: [&str; 4] = ["%DB_IRISLIB", "%DB_IRISTEMP", "%DB_CACHELIB", "%DB_CACHETEMP"];
const WATCHED: [&str; 3] =
    ["%System/%Login/Login", "%System/%Login/LoginFailure", "%System/%DirectMode/DirectMode"];
const TLS_1_2: i64 = 16;
const LDAP_TLS: i64 = 1 << 1;

fn is_one(name: &str, of: &[&str]) -> bool {
    of.iter().any(|known| same(known, name))
}

impl Linter<'_> {
    fn find(&mut self, rule: &'static Rule, kind: &'static str, name: &str, what: impl Into<String>) {
        self.findings.push(Finding { rule, kind, name: name.to_owned(), what: what.into() });
    }

    fn names(&self, roles: &[RoleId]) -> String {
        let names = roles.iter().filter_map(|id| self.policy.role(*id)).map(|role| role.name.as_str());
        names.collect::<Vec<_>>().join(",")
    }
}

/// What is looked for in a user.
pub(crate) fn user(linter: &mut Linter<'_>, user: &User, seen: Seen) {
    let name = user.name.as_str();
    linter.users += 1;
    linter.held.extend(user.roles.iter().chain(&user.escalation_roles).copied());
    if same(name, PUBLIC) || same(name, UNKNOWN_USER) {
        if !user.roles.is_empty() {
            let rule = if same(name, PUBLIC) { &PUBLIC_ROLES } else { &UNKNOWN_USER_ROLES };
            linter.find(rule, "user", name, format!("it holds {}", linter.names(&user.roles)));
        }
        return;
    }
    if !user.enabled {
        return;
    }
    let holds_all = linter.policy.closure(user.roles.iter().copied()).has_all();
    if holds_all {
        linter.super_users.push(name.to_owned());
        if user.second_factors == 0 && user.credential.is_set() {
            linter.find(&UNLIMITED_SUPER_USER, "user", name, "a password is enough to hold everything");
        }
    } else if linter.policy.closure(user.escalation_roles.iter().copied()).has_all() {
        linter.find(
            &ESCALATES_TO_ALL,
            "user",
            name,
            format!("it may escalate to {}", linter.names(&user.escalation_roles)),
        );
    }
    let credential = &user.credential;
    if credential.is_set() && is_weak(&credential.algorithm, credential.work_factor) {
        let what = format!("{} with {} rounds", credential.algorithm, credential.work_factor);
        linter.find(&WEAK_HASH, "user", name, what);
    }
    if credential.is_set() && (seen.password_is_known || is_published(&credential.key)) {
        linter.find(&KNOWN_PASSWORD, "user", name, "its password is a published one");
    }
    let idle = |used: &Timestamp| used.micros() < linter.now.micros().saturating_sub(IDLE_DAYS * DAY);
    if let Some(used) = seen.last_used.filter(idle) {
        linter.find(&IDLE_ACCOUNT, "user", name, format!("it was not used since {}", used.date()));
    }
    if let Some(day) = user.expiration.filter(|day| *day < linter.now.date()) {
        linter.find(&EXPIRED_ACCOUNT, "user", name, format!("it expired on {day}"));
    }
    let old = user.created.is_some_and(|made| made.micros() < linter.now.micros().saturating_sub(30 * DAY));
    if old && user.change_password {
        linter.find(&UNUSED_ACCOUNT, "user", name, "its password still waits to be changed");
    }
}

fn is_published(key: &[u8]) -> bool {
    PUBLISHED_KEYS.contains(&sclera_core::hex::hex(key).as_str())
}

/// What the work of one guess must be at least (OWASP ASVS 5.0, appendix C).
fn is_weak(algorithm: &str, rounds: i64) -> bool {
    match algorithm {
        "SHA512" | "SHA384" => rounds < 210_000,
        "SHA256" => rounds < 600_000,
        _ => true,
    }
}

/// What is looked for in everything but users.
pub(crate) fn settings(linter: &mut Linter<'_>) {
    let policy = linter.policy;
    for found in policy.resources.iter() {
        resource(linter, found);
    }
    for found in policy.services.iter() {
        service(linter, found);
    }
    for found in policy.roles.iter() {
        role(linter, found);
    }
    for found in policy.applications.iter() {
        application(linter, found);
    }
    super_users(linter);
    system(linter);
    configurations(linter);
}

fn resource(linter: &mut Linter<'_>, resource: &Resource) {
    let (name, public) = (resource.name.as_str(), resource.public);
    if public.is_empty() {
        return;
    }
    let is_administrative = name.starts_with("%Admin_") || is_one(name, &["%Development", "%Secure_Break"]);
    let rule = if is_administrative {
        &PUBLIC_ADMINISTRATION
    } else if is_one(name, &SYSTEM_DATABASES) || is_one(name, &AUDIT_DATABASES) {
        &PUBLIC_SYSTEM_DATABASE
    } else if resource.is_database() && !is_one(name, &SHARED_DATABASES) {
        &PUBLIC_DATABASE
    } else if !resource.is_system() && !resource.is_database() {
        &PUBLIC_RESOURCE
    } else {
        return;
    };
    linter.find(rule, "resource", name, format!("everybody holds {public}"));
}

fn service(linter: &mut Linter<'_>, service: &Service) {
    let name = service.name.as_str();
    if !service.enabled {
        return;
    }
    if linter.policy.system.mechanisms & service.mechanisms & UNAUTHENTICATED != 0 {
        linter.find(&UNAUTHENTICATED_SERVICE, "service", name, "unauthenticated access is allowed");
    }
    let is_any = |entry: &String| ANYWHERE.contains(&entry.split('|').next().unwrap_or_default().trim());
    let systems = &service.client_systems;
    if service.capabilities & LISTS_ADDRESSES != 0 && (systems.is_empty() || systems.iter().any(is_any)) {
        linter.find(&ANY_ADDRESS, "service", name, "ClientSystems keeps nobody out");
    }
    if same(name, "%Service_Telnet") && linter.policy.system.tls_telnet < 2 {
        linter.find(&CLEARTEXT_SERVICE, "service", name, "TLS is not required");
    }
}

fn role(linter: &mut Linter<'_>, role: &Role) {
    let (policy, name) = (linter.policy, role.name.as_str());
    let cycle = role.grants.iter().find_map(|granted| policy.path(*granted, role.id));
    if let Some(cycle) = cycle {
        linter.find(&ROLE_CYCLE, "role", name, format!("{name} leads to {}", linter.names(&cycle)));
    }
    if role.origin != Origin::Created {
        return;
    }
    let closure = policy.closure([role.id]);
    if closure.has_all() {
        linter.find(&GRANTS_ALL, "role", name, "its holders hold everything");
    } else {
        escalations(linter, name, &closure);
    }
    let granted = policy.roles.iter().any(|other| other.grants.contains(&role.id));
    let mut rules = policy.applications.iter().flat_map(|found| &found.match_rules);
    let added = rules.any(|rule| rule.targets.contains(&role.id) || rule.matched == Some(role.id));
    let required = same(&policy.system.required_role, name);
    if linter.users > 0 && !(linter.held.contains(&role.id) || granted || added || required) {
        linter.find(&UNUSED_ROLE, "role", name, "no user, role or application has it");
    }
}

/// The ways from a role to more than it says.
fn escalations(linter: &mut Linter<'_>, name: &str, closure: &Closure) {
    let policy = linter.policy;
    // What is public is found at the resource, and not once more at every role.
    let set = policy.resource_set(closure);
    let held = |resource: &str| {
        let found = set.iter().find(|(name, _)| same(name, resource));
        found.map(|(_, permissions)| *permissions).unwrap_or_default()
    };
    let holds = |resource: &str, wanted| held(resource).holds(wanted);
    let write = |resource: &&str| holds(resource, Permissions::WRITE);
    if let Some(resource) = SYSTEM_DATABASES.iter().copied().find(|resource| write(resource)) {
        linter.find(&SYSTEM_DATABASE_WRITE, "role", name, format!("it holds {resource}:W"));
    }
    let some = |resource: &&str| !held(resource).is_empty();
    if let Some(resource) = AUDIT_DATABASES.iter().copied().find(|resource| some(resource)) {
        let what = format!("it holds {resource}:{}", held(resource));
        linter.find(&AUDIT_DATABASE, "role", name, what);
    }
    if holds("%Admin_Secure", Permissions::USE) {
        linter.find(&SECURE, "role", name, "it administers users and roles");
    }
    if holds("%Admin_Manage", Permissions::USE) {
        linter.find(&MANAGE, "role", name, "it configures databases and tasks");
    }
    if holds("%Development", Permissions::USE) {
        let databases = policy.resources.iter().filter(|resource| resource.is_database());
        let names = databases.map(|resource| resource.name.as_str());
        let written: Vec<&str> =
            names.filter(|name| !is_one(name, &SHARED_DATABASES)).filter(write).collect();
        if !written.is_empty() {
            let what = format!("it holds %Development:U and Write on {}", written.join(","));
            linter.find(&DEVELOPMENT_WRITE, "role", name, what);
        }
    }
}

fn application(linter: &mut Linter<'_>, application: &Application) {
    let (policy, name) = (linter.policy, application.name.as_str());
    if !application.enabled {
        return;
    }
    for rule in &application.match_rules {
        if !policy.closure(rule.targets.iter().copied()).has_all() {
            continue;
        }
        match rule.matched.filter(|matched| policy.role(*matched).is_some()) {
            None if rule.matched.is_none() => {
                linter.find(&APPLICATION_GIVES_ALL, "application", name, "its roles lead to %All");
            }
            Some(matched) if !policy.closure([matched]).has_all() => {
                let what = format!("holders of {} get %All", linter.names(&[matched]));
                linter.find(&APPLICATION_MATCHES_ALL, "application", name, what);
            }
            _ => {}
        }
    }
    let given: Vec<RoleId> = application
        .match_rules
        .iter()
        .filter(|rule| rule.matched.is_none())
        .flat_map(|rule| rule.targets.iter().copied())
        .collect();
    let is_system = application.kind & 1 != 0;
    let is_unauthenticated = application.mechanisms & UNAUTHENTICATED != 0;
    if is_unauthenticated && !given.is_empty() {
        let what = format!("strangers get {}", linter.names(&given));
        linter.find(&UNAUTHENTICATED_ROLES, "application", name, what);
    } else if is_unauthenticated && !is_system {
        linter.find(&UNAUTHENTICATED_APPLICATION, "application", name, "unauthenticated access is allowed");
    }
    if application.resource.is_empty() && !is_system {
        if application.kind & Application::PRIVILEGED != 0 && !given.is_empty() {
            let what = format!("everybody who calls it gets {}", linter.names(&given));
            linter.find(&OPEN_PRIVILEGED_ROUTINE, "application", name, what);
        } else {
            linter.find(&OPEN_APPLICATION, "application", name, "it asks for no resource");
        }
    }
}

fn super_users(linter: &mut Linter<'_>) {
    let count = linter.super_users.len();
    if linter.users == 0 {
        return;
    }
    if count < 2 {
        linter.find(&TOO_FEW_SUPER_USERS, "role", "%All", format!("{count} enabled users hold it"));
    }
    if count > 5 {
        let some: Vec<String> = linter.super_users.iter().take(20).cloned().collect();
        let more = if count > some.len() { ", …" } else { "" };
        let what = format!("{count} enabled users hold it: {}{more}", some.join(", "));
        linter.find(&TOO_MANY_SUPER_USERS, "role", "%All", what);
    }
}

fn system(linter: &mut Linter<'_>) {
    let policy = linter.policy;
    let system = &policy.system;
    let hash = format!("{} with {} rounds", system.password_algorithm, system.password_work_factor);
    let length = shortest(system.password_minimum_length, &system.password_pattern);
    let checks: [(&'static Rule, bool, String); 7] = [
        (&AUDITING_OFF, !system.audit_enabled, "AuditEnabled is 0".to_owned()),
        (
            &UNRECORDED_LOGINS,
            system.admit_unrecorded && system.audit_flags & 1 == 0,
            "AdmitUnrecorded is 1".to_owned(),
        ),
        (&PERCENT_GLOBALS, system.percent_global_write != 0, "PercentGlobalWrite is 1".to_owned()),
        (&NO_LOGIN_LIMIT, system.invalid_login_limit == 0, "InvalidLoginLimit is 0".to_owned()),
        (&SHORT_PASSWORDS, length < 8, format!("{length} characters are enough")),
        (&WEAK_TARGET, is_weak(&system.password_algorithm, system.password_work_factor), hash),
        (&SQL_SECURITY_OFF, !system.sql_security, "SQLSecurity is 0".to_owned()),
    ];
    for (rule, _, what) in checks.into_iter().filter(|(_, applies, _)| *applies) {
        linter.find(rule, "system", sclera_core::system::NAME, what);
    }
    for event in policy.events.iter().filter(|event| is_one(event.name.as_str(), &WATCHED) && !event.enabled)
    {
        linter.find(&EVENT_OFF, "event", event.name.as_str(), "it is switched off");
    }
}

/// The fewest characters of a new password: what the length asks, or what a pattern such as `8.32ANP` begins with.
fn shortest(minimum: i64, pattern: &str) -> i64 {
    let digits: String = pattern.chars().take_while(char::is_ascii_digit).collect();
    minimum.max(digits.parse().unwrap_or_default())
}

fn configurations(linter: &mut Linter<'_>) {
    let policy = linter.policy;
    for config in policy.ssl_configs.iter().filter(|config| config.enabled) {
        let name = config.name.as_str();
        if !config.server && config.verify_peer == 0 {
            linter.find(&UNVERIFIED_TLS, "ssl", name, "VerifyPeer is 0");
        }
        if config.minimum < TLS_1_2 {
            linter.find(&OLD_TLS, "ssl", name, format!("TLSMinVersion is {}", config.minimum));
        }
    }
    for config in policy.ldap_configs.iter().filter(|config| config.is_enabled()) {
        if config.flags & LDAP_TLS == 0 {
            linter.find(&CLEARTEXT_LDAP, "ldap", config.name.as_str(), "TLS is not switched on");
        }
    }
}
