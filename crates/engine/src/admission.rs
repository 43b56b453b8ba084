//! Admission: who is asking. Only what is here makes a [`Session`].

use crate::engine::{Engine, Settings, public_roles, user_named};
use crate::install::Instance;
use crate::refusal::Refusal;
use sclera_authn::account;
use sclera_authn::password::{Derivation, Verdict, spend, verify};
use sclera_authn::secret::Secret;
use sclera_core::id::RoleId;
use sclera_core::permission::Permissions;
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
}

impl Door {
    /// The word for it in records.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Socket => "socket",
            Self::Library => "library",
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

    pub(crate) fn process(&self) -> &Process {
        &self.process
    }
}

/// The service whose mechanisms count for a login by name and password from code or command.
const LOGIN: &str = "%Service_Login";
/// The service whose mechanisms count for a local caller that the operating system vouches for.
const TERMINAL: &str = "%Service_Terminal";
const AUTHE_OS: i64 = 1 << 4;
const AUTHE_PASSWORD: i64 = 1 << 5;

impl<S: Store, A: Activity> Engine<S, A> {
    /// Admits a local caller by what the operating system says (`authentication.md` section 8). Whoever owns the files
    /// is the owner of the instance: that can be withheld from nobody who can write them.
    pub fn admit_os(&self, caller: &OsCaller, door: Door) -> Result<Session, Refusal> {
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let name = if caller.owns_instance {
            Instance::read(&reading)?.owner
        } else {
            caller.name.clone().unwrap_or_default()
        };
        let judged = match user_named(&reading, &name)? {
            None => Err(Status::new(Code::UserDoesNotExist, [name.as_str()])),
            Some(user) if caller.owns_instance && user.owner => Ok(user),
            Some(user) => self.os_user(user, &settings),
        };
        let roles = public_roles(&reading)?;
        drop(reading);
        let admitted =
            judged.and_then(|user| session(&user, &roles, settings, door, caller.name.clone(), TERMINAL));
        admitted.map_or_else(|why| self.refuse(&name, TERMINAL, door, caller.name.as_deref(), &why), Ok)
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
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let user = user_named(&reading, name)?;
        let roles = public_roles(&reading)?;
        drop(reading);
        let target = Derivation::target(&settings.policy.system);
        let known = user.ok_or_else(|| Status::new(Code::UserDoesNotExist, [name]));
        let usable = known.and_then(|user| account::usable(&user, self.world.now()).map(|()| user));
        let user = match usable.and_then(|user| mechanism_on(&settings, LOGIN, AUTHE_PASSWORD).map(|()| user))
        {
            Ok(user) => user,
            Err(why) => {
                spend(target);
                return self.refuse(name, LOGIN, door, os_user, &why);
            }
        };
        if verify(&user.credential, password, target) == Verdict::Differs {
            return self.refuse(name, LOGIN, door, os_user, &Status::plain(Code::InvalidPassword));
        }
        if let Err(why) = account::password_current(&user, &settings.policy.system, self.world.now()) {
            let _: Result<Session, Refusal> = self.refuse(name, LOGIN, door, os_user, &why);
            return Err(Refusal::PasswordChangeRequired);
        }
        let admitted = session(&user, &roles, settings, door, os_user.map(str::to_owned), LOGIN);
        admitted.map_or_else(|why| self.refuse(name, LOGIN, door, os_user, &why), Ok)
    }

    /// Writes down why, and tells nothing.
    fn refuse<T>(
        &self,
        name: &str,
        service: &str,
        door: Door,
        os_user: Option<&str>,
        why: &Status,
    ) -> Result<T, Refusal> {
        let mut fields = vec![
            ("Service".to_owned(), service.to_owned()),
            ("Door".to_owned(), door.word().to_owned()),
            ("Status".to_owned(), why.to_string()),
        ];
        fields.extend(os_user.map(|name| ("OSUsername".to_owned(), name.to_owned())));
        self.record(["%System", "%Login", "LoginFailure"], name, fields)?;
        Err(Refusal::NotAdmitted)
    }
}

/// The session of a user that proved who it is: Use on the resource of the service and the required role are asked
/// of its login roles (`authorization.md` SRV-1, USR-2, USR-7). The owner at its own files is not asked.
fn session(
    user: &User,
    public: &[RoleId],
    settings: Arc<Settings>,
    door: Door,
    os_user: Option<String>,
    service: &str,
) -> Result<Session, Status> {
    let policy = &settings.policy;
    let login: Vec<RoleId> =
        user.roles.iter().chain(public).copied().filter(|id| policy.role(*id).is_some()).collect();
    let closure = policy.closure(login.iter().copied());
    if !policy.granted(&closure, service, Permissions::USE).is_granted() && !user.owner {
        return Err(Status::new(Code::NotAuthorizedForService, [service]));
    }
    let required = policy.system.required_role.as_str();
    if !required.is_empty() && !policy.holds_role(&closure, required) {
        return Err(Status::new(Code::RequiredRoleMissing, [required]));
    }
    let process = Process::new(user.name.as_str(), &login);
    Ok(Session { process, door, os_user, settings })
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
