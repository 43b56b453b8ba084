//! Admission: who is asking. Only what is here makes a [`Session`].

use crate::engine::{Engine, Settings, public_roles, user_named};
use crate::events::{AuditEvent, Origin};
use crate::install::Instance;
use crate::refusal::Refusal;
use sclera_authn::account;
use sclera_authn::password::{Derivation, Verdict, spend, verify};
use sclera_authn::secret::Secret;
use sclera_core::id::RoleId;
use sclera_core::permission::Permissions;
use sclera_core::policy::{Closure, Policy};
use sclera_core::process::Process;
use sclera_core::status::{Code, Status};
use sclera_core::user::User;
use sclera_store::port::{Activity, Store};
use std::sync::Arc;

/// The door through which somebody came; it stands in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// The command, which opened the store itself.
    Command,
    /// The local socket of a server.
    Socket,
    /// A program in which Sclera is embedded.
    Library,
    /// The HTTP interface.
    Http,
}

impl Door {
    /// The word for it in records.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Socket => "socket",
            Self::Library => "library",
            Self::Http => "http",
        }
    }
}

/// What the operating system says of a caller; it comes from the kernel and never from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OsCaller {
    /// The name of the caller's user id; none where the name service has none.
    pub name: Option<String>,
    /// The user id owns the files of the instance.
    pub owns_instance: bool,
}

/// Somebody who was admitted: a user with the roles of the login, deciding from the settings of that moment.
#[derive(Clone)]
pub struct Session {
    process: Process,
    door: Door,
    os_user: Option<String>,
    pub(crate) settings: Arc<Settings>,
}

impl Session {
    /// `$USERNAME`.
    pub fn user(&self) -> &str {
        self.process.user()
    }

    /// `$ROLES` as a comma list.
    pub fn roles(&self) -> String {
        self.process.roles_text(&self.settings.policy)
    }

    /// The door it came through.
    pub fn door(&self) -> Door {
        self.door
    }

    /// The operating-system user behind it, where known.
    pub fn os_user(&self) -> Option<&str> {
        self.os_user.as_deref()
    }

    /// The revision of the settings and users at which it was admitted.
    pub fn revision(&self) -> u64 {
        self.settings.revision
    }

    pub(crate) fn process(&self) -> &Process {
        &self.process
    }
}

/// Where an attempt comes from.
#[derive(Clone, Copy)]
struct Caller<'a> {
    door: Door,
    os_user: Option<&'a str>,
    address: Option<&'a str>,
}

/// The service whose mechanisms count for a login by name and password from code or command.
const LOGIN: &str = "%Service_Login";
/// The service whose mechanisms count for a local caller that the operating system vouches for.
const TERMINAL: &str = "%Service_Terminal";
/// The service whose mechanisms count for a login over HTTP.
const WEB_GATEWAY: &str = "%Service_WebGateway";
const AUTHE_OS: i64 = 1 << 4;
const AUTHE_PASSWORD: i64 = 1 << 5;

impl<S: Store, A: Activity> Engine<S, A> {
    /// Admits a local caller by what the operating system says (`authentication.md` section 8). Whoever owns the files
    /// is the owner of the instance, by the account that it was made with.
    pub fn admit_os(&self, caller: &OsCaller, door: Door) -> Result<Session, Refusal> {
        let from = Caller { door, os_user: caller.name.as_deref(), address: None };
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let name = if caller.owns_instance {
            Instance::read(&reading)?.owner
        } else {
            caller.name.clone().unwrap_or_default()
        };
        let judged = match user_named(&reading, &name)? {
            None => Err(Status::new(Code::UserDoesNotExist, [name.as_str()])),
            Some(user) if caller.owns_instance && user.owner => Ok((user, None)),
            Some(user) => self.os_user(user, &settings).map(|user| (user, Some(TERMINAL))),
        };
        let roles = public_roles(&reading)?;
        drop(reading);
        let admitted = judged.and_then(|(user, service)| session(&user, &roles, settings, from, service));
        admitted.map_or_else(|why| self.refuse(&name, TERMINAL, from, &why), Ok)
    }

    fn os_user(&self, user: User, settings: &Settings) -> Result<User, Status> {
        mechanism_on(settings, TERMINAL, AUTHE_OS)?;
        account::usable(&user, self.world.now())?;
        Ok(user)
    }

    /// Admits a user by name and password (`authentication.md` section 5). Every refusal costs the work of one
    /// comparison and answers the same; the event log says why.
    pub fn admit_password(
        &self,
        name: &str,
        password: &Secret,
        door: Door,
        os_user: Option<&str>,
    ) -> Result<Session, Refusal> {
        self.admit_by_password(name, password, LOGIN, Caller { door, os_user, address: None })
    }

    /// The same for a caller over HTTP, who comes through the web gateway's service.
    pub fn admit_http(&self, name: &str, password: &Secret, address: &str) -> Result<Session, Refusal> {
        let caller = Caller { door: Door::Http, os_user: None, address: Some(address) };
        self.admit_by_password(name, password, WEB_GATEWAY, caller)
    }

    fn admit_by_password(
        &self,
        name: &str,
        password: &Secret,
        service: &'static str,
        caller: Caller<'_>,
    ) -> Result<Session, Refusal> {
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let user = user_named(&reading, name)?;
        let roles = public_roles(&reading)?;
        drop(reading);
        let target = Derivation::target(&settings.policy.system);
        let known = user.ok_or_else(|| Status::new(Code::UserDoesNotExist, [name]));
        let usable = known.and_then(|user| account::usable(&user, self.world.now()).map(|()| user));
        let user =
            match usable.and_then(|user| mechanism_on(&settings, service, AUTHE_PASSWORD).map(|()| user)) {
                Ok(user) => user,
                Err(why) => {
                    spend(target);
                    return self.refuse(name, service, caller, &why);
                }
            };
        if verify(&user.credential, password, target) == Verdict::Differs {
            return self.refuse(name, service, caller, &Status::plain(Code::InvalidPassword));
        }
        if let Err(why) = account::password_current(&user, &settings.policy.system, self.world.now()) {
            let _: Result<Session, Refusal> = self.refuse(name, service, caller, &why);
            return Err(Refusal::PasswordChangeRequired);
        }
        let admitted = session(&user, &roles, settings, caller, Some(service));
        admitted.map_or_else(|why| self.refuse(name, service, caller, &why), Ok)
    }

    /// Writes down why, and tells nothing.
    fn refuse<T>(&self, name: &str, service: &str, caller: Caller<'_>, why: &Status) -> Result<T, Refusal> {
        let origin = Origin {
            user: name.to_owned(),
            door: Some(caller.door),
            os_user: caller.os_user.map(str::to_owned),
            client_address: caller.address.map(str::to_owned),
            ..Origin::default()
        };
        let status = why.to_string();
        self.emit(&origin, &AuditEvent::LoginFailure { service, status: &status, application: "" })?;
        Err(Refusal::NotAdmitted)
    }
}

/// The session of a user that proved who it is, through a service. The owner at its own files comes through none.
fn session(
    user: &User,
    public: &[RoleId],
    settings: Arc<Settings>,
    caller: Caller<'_>,
    service: Option<&str>,
) -> Result<Session, Status> {
    let policy = &settings.policy;
    let login: Vec<RoleId> =
        user.roles.iter().chain(public).copied().filter(|id| policy.role(*id).is_some()).collect();
    if let Some(service) = service {
        may_enter(policy, &policy.closure(login.iter().copied()), service)?;
    }
    let process = Process::new(user.name.as_str(), &login);
    Ok(Session { process, door: caller.door, os_user: caller.os_user.map(str::to_owned), settings })
}

/// Use on a resource of the service and the required role are asked of the login roles (`authorization.md` SRV-1,
/// USR-2, USR-7).
fn may_enter(policy: &Policy, closure: &Closure, service: &str) -> Result<(), Status> {
    let resources =
        policy.services.named(service).map(|found| found.resources.as_slice()).unwrap_or_default();
    let usable = |resource: &String| policy.granted(closure, resource, Permissions::USE).is_granted();
    if !resources.iter().any(usable) {
        return Err(Status::new(Code::NotAuthorizedForService, [service]));
    }
    let required = policy.system.required_role.as_str();
    if !required.is_empty() && !policy.holds_role(closure, required) {
        return Err(Status::new(Code::RequiredRoleMissing, [required]));
    }
    Ok(())
}

/// A mechanism counts where the instance, the service and what the service can do all have it (`services.md` 4.3).
fn mechanism_on(settings: &Settings, service: &str, bit: i64) -> Result<(), Status> {
    let policy = &settings.policy;
    let found =
        policy.services.named(service).ok_or_else(|| Status::new(Code::ServiceDoesNotExist, [service]))?;
    let effective = policy.system.mechanisms & found.mechanisms & found.storable_mechanisms;
    if !found.enabled {
        return Err(Status::general(format!("service {service} is disabled")));
    }
    if effective & bit == 0 {
        return Err(Status::general(format!("the mechanism is not allowed for {service}")));
    }
    Ok(())
}
