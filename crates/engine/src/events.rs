//! Events: what happened, written down as the settings say.
//!
//! Whoever has something to record calls [`Engine::emit`] with an [`Origin`] (who, and from where) and an
//! [`AuditEvent`] (what, with its fields), before the answer that the event is about is given:
//!
//! ```text
//! emit ─► switched on?  no ─► counted, nothing else
//!            │ yes
//!         written to the event log ─► counted as written
//!            │ cannot be written
//!         counted as lost ─► settings say: refuse the action, or let it go on
//! ```
//!
//! Changes of settings and users are events too (`authorization.md` section 26), but stand in the journal, in the
//! transaction of the change; they cannot be switched off.

use crate::engine::{Engine, Settings};
use crate::recorder::Deed;
use crate::{Door, Refusal, Session};
use sclera_core::event::is_always_recorded;
use sclera_core::name::Folded;
use sclera_core::policy::Policy;
use sclera_core::selection::Selection;
use sclera_store::journal::EventRecord;
use sclera_store::port::{Activity, Store, Stored};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Who is behind an event and from where, as far as it is known (`security-classes.md` section 8.4).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// `$USERNAME`, or the name attempted.
    pub user: String,
    /// `$ROLES`; empty for a failed login.
    pub roles: String,
    /// The door it came through; none for what the product does by itself.
    pub door: Option<Door>,
    /// The bit of the mechanism by which the user was authenticated.
    pub authentication: Option<i64>,
    /// The operating-system user.
    pub os_user: Option<String>,
    /// The address that the client told or a trusted proxy told of it.
    pub client_address: Option<String>,
    /// The address at the socket, where it is another one.
    pub socket_address: Option<String>,
    /// The program of the client.
    pub executable: Option<String>,
    /// The number of the session.
    pub session: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
}

impl Origin {
    /// The user of a session, with its roles by the given settings.
    pub fn of(session: &Session, policy: &Policy) -> Self {
        Self {
            user: session.user().to_owned(),
            roles: session.process().roles_text(policy),
            door: Some(session.door()),
            os_user: session.os_user().map(str::to_owned),
            ..Self::default()
        }
    }

    /// The product itself; the words in parentheses say why it acts.
    pub fn product(reason: &str) -> Self {
        Self { user: format!("({reason})"), ..Self::default() }
    }

    fn fields(&self) -> Vec<(&'static str, Cow<'_, str>)> {
        let text = |name, value: &'_ Option<String>| value.clone().map(|value| (name, Cow::Owned(value)));
        [
            Some(("Roles", Cow::Borrowed(self.roles.as_str()))),
            self.door.map(|door| ("Door", Cow::Borrowed(door.word()))),
            self.authentication.map(|bit| ("Authentication", Cow::Owned(bit.to_string()))),
            text("OSUsername", &self.os_user),
            text("ClientIPAddress", &self.client_address),
            text("StartupClientIPAddress", &self.socket_address),
            text("ClientExecutableName", &self.executable),
            text("CSPSessionID", &self.session),
            text("Namespace", &self.namespace),
        ]
        .into_iter()
        .flatten()
        .filter(|(name, value)| *name == "Roles" || !value.is_empty())
        .collect()
    }
}

/// What happened (`authentication.md` section 18.2, `authorization.md` section 26). Texts are bounded when they are
/// written, so they may be what a stranger sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditEvent<'a> {
    /// A login succeeded.
    Login {
        /// The service.
        service: &'a str,
        /// The application entered; empty for none.
        application: &'a str,
    },
    /// An escalation role was taken; to IRIS it is a login. It is recorded also where logins are not.
    Escalation {
        /// The service.
        service: &'a str,
        /// The role.
        role: &'a str,
        /// Why, as the user says; may be empty.
        reason: &'a str,
    },
    /// An attempt to log in failed, with one mechanism of the cascade or as a whole.
    LoginFailure {
        /// The service.
        service: &'a str,
        /// Why: the status as an administrator reads it.
        status: &'a str,
        /// The application asked for; empty for none.
        application: &'a str,
    },
    /// A session ended because its user left.
    Logout {
        /// The service.
        service: &'a str,
        /// The application left; empty for none.
        application: &'a str,
    },
    /// A session ended otherwise.
    Terminate {
        /// The service.
        service: &'a str,
        /// Why, such as `expired` or `ended by ann`.
        cause: &'a str,
    },
    /// A use case was asked for without the privilege it takes.
    AccessDenied {
        /// The privilege, as in `%Admin_Secure:USE`.
        privilege: &'a str,
        /// What was asked for.
        action: &'a str,
    },
    /// A rule refused what was asked for.
    ChangeRefused {
        /// What was asked for.
        action: &'a str,
        /// What the rule said.
        status: &'a str,
    },
    /// A running process met a protection error.
    Protect {
        /// The privilege that was missing; empty where none is known.
        privilege: &'a str,
        /// The error.
        error: &'a str,
    },
    /// A command was typed in programmer mode.
    DirectMode {
        /// The command.
        command: &'a str,
    },
    /// SQL was refused for want of a privilege (SQLCODE -99).
    PrivilegeFailure {
        /// The privilege.
        privilege: &'a str,
        /// What it would have to be held on.
        object: &'a str,
    },
    /// Something was done to the audit trail itself, such as a purge.
    AuditChange {
        /// What, in a few words.
        action: &'a str,
        /// The particulars.
        data: &'a str,
    },
    /// The audit trail was read or exported.
    AuditReport {
        /// What was read.
        report: &'a str,
    },
    /// Records were lost because they could not be written.
    AuditRecordLost {
        /// How many.
        count: u64,
    },
    /// What runs the instance was configured otherwise.
    ConfigurationChange {
        /// What.
        what: &'a str,
    },
    /// A server began to serve the instance.
    Start {
        /// How: its listeners.
        how: &'a str,
    },
    /// The server ended.
    Stop,
    /// The instance was backed up.
    Backup {
        /// How.
        how: &'a str,
    },
    /// A key of the instance was replaced.
    KeyChange {
        /// Which one.
        key: &'a str,
    },
    /// A machine was connected to what is behind a gate, or that ended.
    Connection {
        /// The service.
        service: &'a str,
        /// Whether it began.
        begins: bool,
        /// Between whom, and at the end how much.
        data: &'a str,
    },
    /// Password hashes and keys of one-time passwords were written to a file; it is not done where this cannot be told.
    Export {
        /// Of what kinds of objects.
        what: &'a str,
    },
    /// An administrator had a directory say what it thinks of a name, and perhaps of a password.
    DirectoryTest {
        /// The LDAP configuration; empty where none counts for the name.
        configuration: &'a str,
        /// The name.
        user: &'a str,
        /// Whether a password was tried, which is never told.
        password: bool,
        /// What came of it.
        outcome: &'a str,
    },
    /// An event of an application's own (`$SYSTEM.Security.Audit`).
    Own {
        /// Its source, type and name, which must have been made.
        name: [&'a str; 3],
        /// The description.
        description: &'a str,
        /// The data.
        data: &'a str,
    },
}

impl AuditEvent<'_> {
    /// Source, type and name.
    pub fn name(&self) -> [&str; 3] {
        let (kind, name) = match self {
            Self::Login { .. } | Self::Escalation { .. } => ("%Login", "Login"),
            Self::LoginFailure { .. } => ("%Login", "LoginFailure"),
            Self::Logout { .. } => ("%Login", "Logout"),
            Self::Terminate { .. } => ("%Login", "Terminate"),
            Self::AccessDenied { .. } => ("%Security", "AccessDenied"),
            Self::ChangeRefused { .. } => ("%Security", "ChangeRefused"),
            Self::Protect { .. } => ("%Security", "Protect"),
            Self::DirectMode { .. } => ("%DirectMode", "DirectMode"),
            Self::PrivilegeFailure { .. } => ("%SQL", "PrivilegeFailure"),
            Self::AuditChange { .. } => ("%Security", "AuditChange"),
            Self::AuditReport { .. } => ("%Security", "AuditReport"),
            Self::AuditRecordLost { .. } => ("%System", "AuditRecordLost"),
            Self::ConfigurationChange { .. } => ("%System", "ConfigurationChange"),
            Self::Start { .. } => ("%System", "Start"),
            Self::Stop => ("%System", "Stop"),
            Self::Backup { .. } => return ["Sclera", "Instance", "Backup"],
            Self::Export { .. } => return ["Sclera", "Instance", "Export"],
            Self::KeyChange { .. } => return ["Sclera", "Instance", "KeyChange"],
            Self::Connection { begins: true, .. } => return ["Sclera", "Gate", "Connect"],
            Self::Connection { begins: false, .. } => return ["Sclera", "Gate", "Disconnect"],
            Self::DirectoryTest { .. } => return ["Sclera", "Directory", "Test"],
            Self::Own { name, .. } => return *name,
        };
        ["%System", kind, name]
    }

    /// Tells whether an admission depends on it being written (`AdmitUnrecorded`).
    pub const fn is_admission(&self) -> bool {
        matches!(self, Self::Login { .. } | Self::Escalation { .. } | Self::LoginFailure { .. })
    }

    /// The fields of the event alone, named as in `%SYS.Audit` where the class has them.
    fn fields(&self) -> Vec<(&'static str, Cow<'_, str>)> {
        let entered = |service: &'_ str, application: &'_ str| {
            let web = if application.is_empty() {
                String::new()
            } else {
                lines(&[("Web Application", application)])
            };
            format!("Service: {service}\r\n{web}")
        };
        match self {
            Self::Login { service, application } | Self::Logout { service, application } => {
                vec![("Service", (*service).into()), ("EventData", entered(service, application).into())]
            }
            Self::Escalation { service, role, reason } => {
                let data = lines(&[("Service", service), ("Escalation role", role), ("Reason", reason)]);
                vec![("Service", (*service).into()), ("EventData", data.into())]
            }
            Self::LoginFailure { service, status, application } => {
                let data = format!("Error message: {status}\r\n{}", entered(service, application));
                vec![("Service", (*service).into()), ("Status", (*status).into()), ("EventData", data.into())]
            }
            Self::Terminate { service, cause } => {
                vec![("Service", (*service).into()), ("Description", (*cause).into())]
            }
            Self::AccessDenied { privilege, action } => {
                vec![("Privilege", (*privilege).into()), ("EventData", (*action).into())]
            }
            Self::ChangeRefused { action, status } => {
                vec![("EventData", (*action).into()), ("Status", (*status).into())]
            }
            Self::Protect { privilege, error } => {
                vec![("Privilege", (*privilege).into()), ("EventData", (*error).into())]
            }
            Self::DirectMode { command } => vec![("EventData", (*command).into())],
            Self::PrivilegeFailure { privilege, object } => {
                let data = lines(&[("Privilege", privilege), ("Object", object)]);
                vec![("Privilege", (*privilege).into()), ("EventData", data.into())]
            }
            Self::AuditChange { action, data } => {
                vec![("Description", (*action).into()), ("EventData", (*data).into())]
            }
            Self::AuditReport { report } => vec![("Description", (*report).into())],
            Self::AuditRecordLost { count } => {
                vec![
                    ("Description", "Audit records could not be written".into()),
                    ("EventData", format!("Lost: {count}").into()),
                ]
            }
            Self::ConfigurationChange { what } => vec![("Description", (*what).into())],
            Self::Start { how }
            | Self::Backup { how }
            | Self::KeyChange { key: how }
            | Self::Export { what: how } => {
                vec![("EventData", (*how).into())]
            }
            Self::Connection { service, data, .. } => {
                vec![("Service", (*service).into()), ("EventData", (*data).into())]
            }
            Self::DirectoryTest { configuration, user, password, outcome } => {
                let data = lines(&[
                    ("Configuration", configuration),
                    ("User", user),
                    ("Password", if *password { "tried" } else { "not tried" }),
                    ("Outcome", outcome),
                ]);
                vec![("EventData", data.into())]
            }
            Self::Stop => Vec::new(),
            Self::Own { description, data, .. } => {
                vec![("Description", (*description).into()), ("EventData", (*data).into())]
            }
        }
    }
}

fn lines(parts: &[(&str, &str)]) -> String {
    parts.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect()
}

/// Which events are meant: by source, type and name, each a comma list with `*` and `Text*`.
#[derive(Debug, Clone)]
pub struct EventSelection {
    /// Sources.
    pub sources: Selection,
    /// Types.
    pub types: Selection,
    /// Names.
    pub names: Selection,
}

impl EventSelection {
    /// Tells whether the event `Source/Type/Name` is meant.
    pub fn has(&self, title: &str) -> bool {
        let mut parts = title.splitn(3, '/');
        [&self.sources, &self.types, &self.names]
            .iter()
            .all(|wanted| wanted.has(parts.next().unwrap_or_default()))
    }
}

/// How often an event happened since this process opened the instance (`security-classes.md` section 8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// How often it happened, recorded or not.
    pub total: u64,
    /// How often it was written down.
    pub written: u64,
    /// How often it should have been and could not be.
    pub lost: u64,
}

/// The counters of this process. Only events that exist are counted, so their number is bounded.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    counts: Mutex<BTreeMap<Folded, Counts>>,
    /// Lost records that no record tells of yet.
    untold: AtomicU64,
}

impl Counters {
    pub(crate) fn count(&self, event: &str, change: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        change(counts.entry(Folded::of(event)).or_default());
    }

    pub(crate) fn of(&self, event: &str) -> Counts {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(&Folded::of(event)).copied().unwrap_or_default()
    }

    pub(crate) fn clear(&self, event: &str) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).remove(&Folded::of(event));
    }
}

/// The event that stands for those of applications that nobody made.
const OVERFLOW: [&str; 3] = ["%System", "%System", "UserEventOverflow"];
/// The most characters of one field, but for the data of an event.
const LONGEST: usize = 4_096;
/// The most characters of the data of an event (`security-classes.md` section 8.4).
const LONGEST_DATA: usize = 16_384;

impl<S: Store, A: Activity> Engine<S, A> {
    /// Records an event, if the settings say so, before the answer that it is about is given. An error means that it
    /// could not be written and that the settings say that the action must then not be taken.
    pub fn emit(&self, origin: &Origin, event: &AuditEvent<'_>) -> Result<(), Refusal> {
        let settings = self.settings()?;
        self.emit_by(&settings, origin, event)
    }

    /// The same for an event of a session.
    pub fn emit_of(&self, session: &Session, event: &AuditEvent<'_>) -> Result<(), Refusal> {
        let settings = self.settings()?;
        self.emit_by(&settings, &Origin::of(session, &settings.policy), event)
    }

    /// The same where the settings are at hand.
    pub(crate) fn emit_by(
        &self,
        settings: &Settings,
        origin: &Origin,
        event: &AuditEvent<'_>,
    ) -> Result<(), Refusal> {
        let policy = &settings.policy;
        let (name, wanted) = standing(event, policy);
        let title = name.join("/");
        self.counters.count(&title, |counts| counts.total += 1);
        // In an emergency everything is recorded that can be, and nothing waits for it (`services.md` section 10).
        let is_emergency = self.emergency.is_some();
        if !wanted && !is_emergency {
            return Ok(());
        }
        let record = EventRecord {
            at: self.world.now(),
            event: name.map(|part| bounded(part, LONGEST)),
            user: bounded(&origin.user, LONGEST),
            fields: fields(origin, event, self.world.pid()),
        };
        match self.write_event(record) {
            Ok(()) => {
                self.counters.count(&title, |counts| counts.written += 1);
                Ok(())
            }
            Err(error) => {
                self.counters.count(&title, |counts| counts.lost += 1);
                self.counters.untold.fetch_add(1, Ordering::Relaxed);
                if must_be_written(event, policy) && !is_emergency { Err(error.into()) } else { Ok(()) }
            }
        }
    }

    /// Writes a record, and before it, if records were lost, how many.
    fn write_event(&self, record: EventRecord) -> Stored<()> {
        let untold = self.counters.untold.load(Ordering::Relaxed);
        if untold > 0 {
            let lost = AuditEvent::AuditRecordLost { count: untold };
            let event = EventRecord {
                at: self.world.now(),
                event: lost.name().map(str::to_owned),
                user: "(audit)".to_owned(),
                fields: fields(&Origin::default(), &lost, self.world.pid()),
            };
            self.recorder.perform(Deed::Event(event))?;
        }
        self.recorder.perform(Deed::Event(record))?;
        // What was lost meanwhile is told next time.
        self.counters.untold.fetch_sub(untold, Ordering::Relaxed);
        Ok(())
    }

    /// How often an event happened since this process opened the instance.
    pub fn event_counts(&self, event: &str) -> Counts {
        self.counters.of(event)
    }

    /// `Security.Events.Clear`: sets the counters of the events selected back to zero, and says how many events those are.
    /// That it was done is an event itself.
    pub fn clear_event_counts(&self, session: &Session, wanted: &EventSelection) -> Result<usize, Refusal> {
        self.require_secure(session, "clearing of the counters of events")?;
        let settings = self.settings()?;
        let named = settings.policy.events.iter().filter(|event| wanted.has(event.name.as_str()));
        let named: Vec<&str> = named.map(|event| event.name.as_str()).collect();
        for event in &named {
            self.counters.clear(event);
        }
        let data = format!("Events: {}", named.len());
        self.emit_of(session, &AuditEvent::AuditChange { action: "Counters cleared", data: &data })?;
        Ok(named.len())
    }

    /// A server began to serve; where it says so in what words.
    pub fn tell_start(&self, how: &str) -> Result<(), Refusal> {
        self.emit(&Origin::product("server"), &AuditEvent::Start { how })
    }

    /// The server ends.
    pub fn tell_stop(&self) -> Result<(), Refusal> {
        self.emit(&Origin::product("server"), &AuditEvent::Stop)
    }
}

/// Under which name an event is recorded, and whether it is (`authentication.md` section 18). One of an application
/// that nobody made counts as an overflow. One of the product that the settings do not know is recorded.
fn standing<'a>(event: &'a AuditEvent<'_>, policy: &Policy) -> ([&'a str; 3], bool) {
    let own = event.name();
    let is_overflow =
        matches!(event, AuditEvent::Own { .. }) && policy.events.named(&own.join("/")).is_none();
    let name = if is_overflow { OVERFLOW } else { own };
    let title = name.join("/");
    let enabled = policy.events.named(&title).is_none_or(|event| event.enabled);
    // A reason is given to be read.
    let always = is_always_recorded(&title)
        || matches!(event, AuditEvent::Escalation { .. } | AuditEvent::KeyChange { .. });
    (name, always || (policy.system.audit_enabled && enabled))
}

/// Whether the action is refused when the event cannot be written (`authentication.md` section 18.2): all are where
/// `AuditFlags` says so, admissions unless `AdmitUnrecorded` does.
fn must_be_written(event: &AuditEvent<'_>, policy: &Policy) -> bool {
    policy.system.audit_flags & 1 == 1
        || matches!(event, AuditEvent::Export { .. } | AuditEvent::KeyChange { .. })
        || (event.is_admission() && !policy.system.admit_unrecorded)
}

fn fields(origin: &Origin, event: &AuditEvent<'_>, pid: u32) -> Vec<(String, String)> {
    let process = ("Pid", Cow::Owned(pid.to_string()));
    let all = origin.fields().into_iter().chain([process]).chain(event.fields());
    let longest = |name: &str| if name == "EventData" { LONGEST_DATA } else { LONGEST };
    all.map(|(name, value)| (name.to_owned(), bounded(&value, longest(name)))).collect()
}

/// Of control characters only line ends and tabs are kept (`authentication.md` section 18.1).
fn bounded(text: &str, longest: usize) -> String {
    let kept = |c: char| {
        if c.is_control() && !['\r', '\n', '\t'].contains(&c) { char::REPLACEMENT_CHARACTER } else { c }
    };
    text.chars().take(longest).map(kept).collect()
}
