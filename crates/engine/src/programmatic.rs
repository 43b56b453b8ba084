//! Logging in from code: `Login` and `EscalateLogin` (`authentication.md` section 14, `authorization.md` 14.1).
//!
//! Both give a session of their own and leave the one that asked as it is. Whoever keeps that one can go back to it, as
//! `NEW $ROLES` would; whoever is refused has lost nothing. A session that came about this way ends with the one that it
//! came from.
//!
//! ```text
//! session ── login ───────────► session of another user          %Service_Login
//!    │
//!    └────── escalate(role) ──► same user, that role alone        %Service_EscalateLogin
//!                                  │ unused for EscalateLoginTimeout
//!                                  ▼
//!                               locked ── unlock ──► as before
//! ```

use crate::engine::{Engine, user_named};
use crate::events::{AuditEvent, Origin};
use crate::gate::{Caller, Progress};
use crate::{Refusal, Session};
use sclera_authn::admission::{Attempt, Offer};
use sclera_authn::mechanism::Mechanism;
use sclera_authn::secret::Secret;
use sclera_core::id::RoleId;
use sclera_core::name::{one_line, same};
use sclera_core::permission::Permissions;
use sclera_core::process::CodeOrigin;
use sclera_core::property::Directory;
use sclera_core::status::{Code, Status};
use sclera_store::port::{Activity, Store};

/// What somebody asks for who escalates.
#[derive(Debug, Clone, Copy, Default)]
pub struct Escalation<'a> {
    /// The role; none for the only one there is.
    pub role: Option<&'a str>,
    /// Why, for the audit trail: at most [`LONGEST_REASON`] characters, told in one line.
    pub reason: &'a str,
}

/// The most characters of a reason.
pub const LONGEST_REASON: usize = 512;

impl<S: Store, A: Activity> Engine<S, A> {
    /// `Login` with a password: a session of that user, by the mechanisms of `%Service_Login`. The caller needs Use on it;
    /// the new session may hold less than the old one, and its roles are those of the new user alone.
    pub fn login(&self, session: &Session, user: &str, password: &Secret) -> Result<Session, Refusal> {
        self.require(session, LOGIN, Permissions::USE, "login as another user")?;
        let offer = Offer::Password { name: user.to_owned(), password: password.duplicate() };
        self.admit_from(session, Attempt { offer, ..inside(session, LOGIN) })
    }

    /// `Login` without a password, for code of the system database and for callers that may write it. The account must
    /// still be one that can be used.
    pub fn login_vouched(&self, session: &Session, user: &str, code: CodeOrigin) -> Result<Session, Refusal> {
        session.alive(self.world.now())?;
        if code == CodeOrigin::Elsewhere && !self.writes_system_database(session)? {
            let privilege = format!("{}:WRITE", SYSTEM_DATABASES[0]);
            self.record_denial(session, &privilege, "login as another user without a password")?;
            return Err(Refusal::NotPrivileged { privilege });
        }
        self.admit_from(session, Attempt { offer: Offer::Vouched(user.to_owned()), ..inside(session, LOGIN) })
    }

    /// `EscalateLogin`: a session of the same user with an escalation role in place of all its roles. The user proves
    /// again who it is, by the mechanism of the session, unless it did so within `EscalateAuthTimeout` seconds. A session
    /// that is not used for `EscalateLoginTimeout` seconds locks ([`Engine::unlock`]).
    pub fn escalate(
        &self,
        session: &Session,
        asked: Escalation<'_>,
        password: Option<&Secret>,
    ) -> Result<Session, Refusal> {
        self.require(session, ESCALATE, Permissions::USE, "escalation")?;
        if asked.reason.chars().count() > LONGEST_REASON {
            return Err(
                Status::general(format!("the reason has more than {LONGEST_REASON} characters")).into()
            );
        }
        let (role, name) = self.escalation_role(session, asked.role)?;
        let proven =
            self.prove_again(session, password, session.may_skip_proof(self.grace(), self.world.now()))?;
        if session.is_escalated() {
            self.emit_of(session, &AuditEvent::Logout { service: ESCALATE, application: "" })?;
        }
        let system = &self.settings()?.policy.system;
        let (limit, now) = (system.escalate_login_timeout, self.world.now());
        let escalated = proven.into_escalated(session, role, limit, now);
        let origin = Origin { roles: name.clone(), ..self.origin_of(&escalated)? };
        let reason = one_line(asked.reason);
        self.emit(&origin, &AuditEvent::Escalation { service: ESCALATE, role: &name, reason: &reason })?;
        Ok(escalated)
    }

    /// Goes on with an escalated session that locked, or begins its time anew; the user proves again who it is.
    pub fn unlock(&self, session: &Session, password: Option<&Secret>) -> Result<(), Refusal> {
        session.not_ended()?;
        self.prove_again(session, password, false)?;
        session.wake(self.world.now());
        let role = session.roles();
        self.emit_of(session, &AuditEvent::Escalation { service: ESCALATE, role: &role, reason: "unlocked" })
    }

    /// Gives an escalation role back: the session from before, whose roles count again. From then on an escalation asks for
    /// a proof, however short ago one was given (`authentication.md` section 14).
    pub fn leave_escalation(&self, session: Session) -> Result<Session, Refusal> {
        let Some(before) = session.before() else { return Ok(session) };
        self.emit_of(&session, &AuditEvent::Logout { service: ESCALATE, application: "" })?;
        session.end();
        Ok(before)
    }

    /// Lets the user of a session call in from a process of its own: the service must be on, the account usable, and Use of
    /// the service's resource held or public, all by the settings of now. An escalated session must hold that Use itself.
    pub(crate) fn admit_call_in(&self, session: &Session) -> Result<Session, Refusal> {
        session.alive(self.world.now())?;
        if session.is_escalated() {
            self.require(session, CALL_IN, Permissions::USE, "calling in")?;
        }
        let offer = Offer::Vouched(session.user().to_owned());
        self.admit_from(session, Attempt { offer, ..inside(session, CALL_IN) })
    }

    fn grace(&self) -> i64 {
        self.settings().map_or(0, |settings| settings.policy.system.escalate_auth_timeout)
    }

    fn writes_system_database(&self, session: &Session) -> Result<bool, Refusal> {
        let settings = self.settings()?;
        let held = session.process().closure(&settings.policy);
        let writes =
            |resource: &&str| settings.policy.granted(&held, resource, Permissions::WRITE).is_granted();
        Ok(SYSTEM_DATABASES.iter().any(writes))
    }

    /// The role that is meant, if the user may take it now.
    fn escalation_role(&self, session: &Session, wanted: Option<&str>) -> Result<(RoleId, String), Refusal> {
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let user = user_named(&reading, session.user())?;
        let policy = &settings.policy;
        let named = |id: &RoleId| policy.name_of_role(*id).map(|name| (*id, name.to_owned()));
        let roles: Vec<(RoleId, String)> =
            user.iter().flat_map(|user| &user.escalation_roles).filter_map(named).collect();
        match (wanted, roles.as_slice()) {
            (None, [only]) => Ok(only.clone()),
            (None, []) => Err(Status::general("the user has no escalation roles").into()),
            (None, several) => {
                let names: Vec<&str> = several.iter().map(|(_, name)| name.as_str()).collect();
                Err(Status::general(format!("name one of the roles {}", names.join(", "))).into())
            }
            (Some(wanted), roles) => {
                if let Some(found) = roles.iter().find(|(_, name)| same(name, wanted)) {
                    return Ok(found.clone());
                }
                let status = Status::new(Code::UnableToAddRole, [session.user(), wanted]);
                Err(self.refused(session, &status.to_string())?)
            }
        }
    }

    /// Has the user of a session prove again who it is, by the mechanism of the session.
    fn prove_again(
        &self,
        session: &Session,
        password: Option<&Secret>,
        skip: bool,
    ) -> Result<Session, Refusal> {
        let name = session.user().to_owned();
        let mechanism = session.mechanism();
        let offer = match (skip, mechanism, password) {
            (true, ..) => Offer::Vouched(name.clone()),
            (_, Mechanism::Vouched, _) => return Err(self.not_proven(session)?),
            (.., Some(password)) => Offer::Password { name: name.clone(), password: password.duplicate() },
            (.., None) => Offer::Nothing,
        };
        let os_user = if mechanism == Mechanism::Os { Some(name.clone()) } else { None };
        let only = Some(mechanism).filter(|_| !skip);
        let proven =
            self.admit_from(session, Attempt { offer, os_user, only, ..inside(session, ESCALATE) })?;
        // The operating system may have come to call the caller otherwise.
        if same(proven.user(), &name) { Ok(proven) } else { Err(self.not_proven(session)?) }
    }

    fn not_proven(&self, session: &Session) -> Result<Refusal, Refusal> {
        self.refused(session, "the mechanism of the session cannot be asked again")
    }

    /// Writes down why an escalation was refused, and gives what the caller is told.
    fn refused(&self, session: &Session, status: &str) -> Result<Refusal, Refusal> {
        self.emit_of(session, &AuditEvent::LoginFailure { service: ESCALATE, status, application: "" })?;
        Ok(Refusal::NotAdmitted)
    }

    fn admit_from(&self, session: &Session, attempt: Attempt) -> Result<Session, Refusal> {
        let caller = Caller { door: session.door(), os_user: session.os_user().map(str::to_owned) };
        match self.begin_admission(attempt, caller)? {
            Progress::Granted(admitted) => Ok(admitted.within(session)),
            Progress::Refused(refusal) => Err(refusal),
            // Code asks no questions.
            Progress::Ask(..) => Err(Refusal::NotAdmitted),
        }
    }

    fn origin_of(&self, session: &Session) -> Result<Origin, Refusal> {
        Ok(Origin::of(session, &self.settings()?.policy))
    }
}

/// An attempt that a session makes from inside.
fn inside(session: &Session, service: &str) -> Attempt {
    Attempt { device: session.about().device.clone(), ..Attempt::at(service) }
}

/// The service of `Login`.
const LOGIN: &str = "%Service_Login";
/// The service of `EscalateLogin`.
pub(crate) const ESCALATE: &str = "%Service_EscalateLogin";
/// The service of programs that decide for themselves from published settings.
const CALL_IN: &str = "%Service_CallIn";
/// The resources whose Write lets a caller vouch for others (PRC-5, PRC-13).
const SYSTEM_DATABASES: [&str; 2] = ["%DB_IRISSYS", "%DB_CACHESYS"];
