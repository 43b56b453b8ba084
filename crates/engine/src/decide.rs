//! Deciding: check, and say why.

use crate::engine::{Engine, Settings, public_roles, user_named};
use crate::events::AuditEvent;
use crate::{Refusal, Session};
use sclera_core::decision::{Answer, Decision};
use sclera_core::explain::{self, Remedy, Subject};
use sclera_core::id::RoleId;
use sclera_core::permission::Permissions;
use sclera_core::policy::{Closure, Policy};
use sclera_core::privilege::{Pair, Requirement, pair};
use sclera_core::property::Directory;
use sclera_core::status::{Code, Status};
use sclera_store::port::{Activity, Read, Store};
use serde_json::{Value, json};

/// The answer about a user, and whether the user is known at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserAnswer {
    /// What a login of the user would be answered; for an unknown user "nothing".
    pub answer: Answer,
    /// There is such a user.
    pub known: bool,
}

/// Why a user holds a privilege or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The user, as stored.
    pub user: String,
    /// The resource, as stored where it exists.
    pub resource: String,
    /// What matters beside the privilege, such as that the account is disabled.
    pub notes: Vec<String>,
    /// One part for each permission asked for.
    pub parts: Vec<Part>,
}

/// Why one permission is held or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The permission.
    pub permission: Permissions,
    /// It is held.
    pub granted: bool,
    /// It is public.
    pub public: bool,
    /// The shortest chains: user, roles, and how the last one holds it.
    pub chains: Vec<Chain>,
    /// How many chains there are.
    pub total: u64,
    /// What would grant it, the smallest change first.
    pub remedies: Vec<String>,
}

/// One way from the user to the privilege.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The first role comes from `_PUBLIC`.
    pub from_public: bool,
    /// The roles on the way.
    pub roles: Vec<String>,
    /// The last role holds it by rule.
    pub by_rule: bool,
}

impl Explained {
    /// Tells whether every permission asked for is held.
    pub fn is_granted(&self) -> bool {
        self.parts.iter().all(|part| part.granted)
    }

    /// The explanation as programs read it, the same through every door.
    pub fn to_json(&self) -> Value {
        let chain = |chain: &Chain| json!({ "FromPublic": chain.from_public, "Roles": chain.roles, "ByRule": chain.by_rule });
        let part = |part: &Part| {
            json!({
                "Permission": part.permission.words().to_string(),
                "Granted": part.granted,
                "Public": part.public,
                "Chains": part.chains.iter().map(chain).collect::<Vec<_>>(),
                "TotalChains": part.total,
                "Remedies": part.remedies,
            })
        };
        json!({
            "User": self.user,
            "Resource": self.resource,
            "Granted": self.is_granted(),
            "Notes": self.notes,
            "Permissions": self.parts.iter().map(part).collect::<Vec<_>>(),
        })
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// `Check` for the session itself; anyone may ask.
    pub fn check(&self, session: &Session, resource: &str, wanted: Option<&str>) -> Result<Answer, Refusal> {
        session.alive(self.world.now())?;
        let now = self.settings()?;
        Ok(in_session(session, &now, resource, wanted))
    }

    /// `CheckUserPermission`: what a login of a user would be answered, by the settings of now (CHK-7, Q36). Asking
    /// about others is a privilege.
    pub fn check_user(
        &self,
        session: &Session,
        user: &str,
        resource: &str,
        wanted: Option<&str>,
    ) -> Result<UserAnswer, Refusal> {
        self.require_secure_of_others(session, user, "check of another user's privileges")?;
        Ok(match self.closure_of(user)? {
            (_, None) => UserAnswer { answer: Answer::nothing(wanted), known: false },
            (settings, Some(closure)) => {
                UserAnswer { answer: settings.policy.check(&closure, resource, wanted), known: true }
            }
        })
    }

    /// `CheckRolesPermission`.
    pub fn check_roles(
        &self,
        session: &Session,
        roles: &str,
        resource: &str,
        wanted: Option<&str>,
    ) -> Result<Answer, Refusal> {
        self.require_secure(session, "check of roles")?;
        Ok(self.settings()?.policy.check_roles(roles, resource, wanted))
    }

    /// Tells whether a session holds everything that an operation requires, and records a refusal as `<PROTECT>`: the
    /// Requires keyword (`authorization.md` REQ-3, REQ-4, section 26). What cannot be read or recorded is refused.
    pub fn demand(
        &self,
        session: &Session,
        requirement: &Requirement,
        operation: &str,
    ) -> Result<Decision, Refusal> {
        session.alive(self.world.now())?;
        let now = self.settings()?;
        let missing = missing(session, &now, requirement);
        if missing.is_empty() {
            return Ok(Decision::Granted);
        }
        let list: Vec<String> =
            missing.iter().map(|pair| format!("{}:{}", pair.resource, pair.permissions.words())).collect();
        let (privilege, error) = (list.join(","), format!("<PROTECT> {operation}"));
        self.emit_of(session, &AuditEvent::Protect { privilege: &privilege, error: &error })?;
        Ok(Decision::Denied)
    }

    /// Says why a user holds a privilege such as `AppData:RW`, or what would grant it.
    pub fn explain(&self, session: &Session, user: &str, privilege: &str) -> Result<Explained, Refusal> {
        self.require_secure_of_others(session, user, "explanation of another user's privileges")?;
        let asked = pair(privilege)?;
        if asked.permissions.is_empty() {
            return Err(Status::new(Code::InvalidPermission, ["", asked.resource.as_str()]).into());
        }
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let policy = &settings.policy;
        let unknown = || Status::new(Code::UserDoesNotExist, [user]);
        let (record, subject) = subject(&reading, user)?.ok_or_else(unknown)?;
        let holders = |role: RoleId| {
            let leading: Vec<RoleId> = policy.leading_to(role).into_iter().collect();
            reading.holders(&leading).unwrap_or(u64::MAX)
        };
        let explanations = explain::explain(policy, &subject, &asked.resource, asked.permissions, &holders);
        let found = policy.resource(&asked.resource);
        let resource = found.map_or(asked.resource.clone(), |found| found.name.to_string());
        let mut notes = Vec::new();
        if found.is_none() {
            notes.push(format!("there is no resource {}", sclera_core::name::quotable(&resource)));
        }
        if let Err(state) = sclera_authn::account::usable(&record, self.world.now()) {
            notes.push(format!("no login is possible now: {}", state.text()));
        }
        let parts = explanations
            .into_iter()
            .map(|part| named(part, policy, &record.name.to_string(), &resource))
            .collect();
        Ok(Explained { user: record.name.to_string(), resource, notes, parts })
    }
}

/// A user and the roles that a login would give.
pub(crate) fn subject(
    reading: &impl Read,
    user: &str,
) -> Result<Option<(sclera_core::user::User, Subject)>, Refusal> {
    let Some(record) = user_named(reading, user)? else { return Ok(None) };
    let subject = Subject { own: record.roles.clone(), from_public: public_roles(reading)? };
    Ok(Some((record, subject)))
}

/// What of a requirement a session does not hold.
pub(crate) fn missing<'a>(session: &Session, now: &Settings, requirement: &'a Requirement) -> Vec<&'a Pair> {
    let held = |pair: &Pair| {
        settings_for(session, now, &pair.resource).is_some_and(|(policy, closure)| {
            policy.granted(&closure, &pair.resource, pair.permissions).is_granted()
        })
    };
    requirement.pairs().iter().filter(|pair| !held(pair)).collect()
}

/// A session decides from the settings of its authentication, except that deletions count at once; with the setting
/// `RoleChangesAtOnce` from those of now (`authorization.md` section 15, Q22).
pub(crate) fn in_session(session: &Session, now: &Settings, resource: &str, wanted: Option<&str>) -> Answer {
    match settings_for(session, now, resource) {
        Some((policy, closure)) => policy.check(&closure, resource, wanted),
        None => Answer::nothing(wanted),
    }
}

/// The settings and roles by which a session's question about a resource is decided; none if the resource is deleted.
fn settings_for<'a>(
    session: &'a Session,
    now: &'a Settings,
    resource: &str,
) -> Option<(&'a Policy, Closure)> {
    let then = &session.settings;
    let roles = session.process().roles();
    if then.revision == now.revision || now.policy.system.role_changes_at_once {
        return Some((&now.policy, now.policy.closure(roles)));
    }
    let closure = then.policy.closure_of_living(roles, |id| now.policy.role(id).is_some());
    let lives =
        then.policy.resource(resource).is_none_or(|found| now.policy.resources.get(found.id.0).is_some());
    (lives || closure.has_all()).then_some((&then.policy, closure))
}

fn named(part: explain::Explanation, policy: &Policy, user: &str, resource: &str) -> Part {
    let name = |id: RoleId| policy.name_of_role(id).unwrap_or_default().to_owned();
    let chain = |chain: explain::Chain| Chain {
        from_public: chain.from_public,
        roles: chain.roles.into_iter().map(name).collect(),
        by_rule: chain.by_rule,
    };
    let privilege = format!("{resource}:{}", part.permission);
    let remedy = |remedy: &Remedy| match remedy {
        Remedy::NewRole => {
            format!("make a role of just {privilege} and give it to {user}: one user gains one privilege")
        }
        Remedy::GiveRole { role, extra: usize::MAX } => {
            format!("give {user} the role {}: it brings everything", name(*role))
        }
        Remedy::GiveRole { role, extra } => {
            format!(
                "give {user} the role {}: it brings {}",
                name(*role),
                counted(*extra as u64, "other permission")
            )
        }
        Remedy::ExtendRole { role, others } => {
            format!(
                "add {privilege} to the role {}: {} would gain it too",
                name(*role),
                counted(*others, "other user")
            )
        }
        Remedy::MakePublic => format!("make {privilege} public: every user gains it"),
        Remedy::CreateResource => {
            format!("create the resource {resource}; until then only holders of %All hold it")
        }
    };
    Part {
        permission: part.permission,
        granted: part.is_granted(),
        public: part.public,
        total: part.total,
        remedies: part.remedies.iter().map(remedy).collect(),
        chains: part.chains.into_iter().map(chain).collect(),
    }
}

fn counted(number: u64, noun: &str) -> String {
    match number {
        0 => format!("no {noun}"),
        1 => format!("one {noun}"),
        _ => format!("{number} {noun}s"),
    }
}
