//! Web applications, as a gate that serves them asks (`services.md` 8.2).

use crate::engine::{Engine, Settings, user_numbered};
use crate::events::AuditEvent;
use crate::gate::{Caller, Progress};
use crate::recall::SettingsAtHand;
use crate::tokens::WEB_GATEWAY;
use crate::{Door, Refusal, Session};
use sclera_authn::account;
use sclera_authn::admission::{Attempt, Offer, Reply, Transport, may_go_on};
use sclera_authn::mechanism::{Mask, Mechanism};
use sclera_core::application::Application;
use sclera_core::id::RoleId;
use sclera_core::policy::Policy;
use sclera_store::port::{Activity, Store};
use std::net::IpAddr;
use std::time::Duration;

/// What a gate must know of a web application at each request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebApplication {
    /// It may run. One that is off is closed even to holders of `%All`.
    pub is_enabled: bool,
    /// How long a session of it may rest.
    pub timeout: Duration,
    /// Its sessions are carried by cookies.
    pub uses_cookies: bool,
    /// Tickets of Kerberos are taken.
    pub takes_tickets: bool,
    /// Names and passwords are taken, by whichever mechanism.
    pub takes_passwords: bool,
    /// Nobody in particular may come.
    pub takes_anybody: bool,
    /// Login cookies are taken, and given to whoever logs in with a password.
    pub takes_login_cookies: bool,
    /// There may be second factors.
    pub asks_codes: bool,
    /// A log-in counts only from the page that this instance gave out (`CSRFToken`).
    pub guards_sign_in: bool,
    /// Where else its sessions count.
    pub scope: Scope,
    /// The revision of settings and users of which this is true.
    pub revision: u64,
}

/// Which applications share a login: those of one group, or those of one cookie path (`authentication.md` 12.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The group of `GroupById`, where there is one, else the path of the cookie.
    pub name: String,
    /// It is a group.
    pub is_group: bool,
    /// The path that browsers send the cookie to.
    pub path: String,
    /// From which sites browsers send it (`SessionScope`): `None`, `Lax` or `Strict`.
    pub same_site: &'static str,
}

impl Scope {
    fn of(application: &Application) -> Self {
        let web = &application.web;
        let same_site = match web.session_scope {
            0 => "None",
            1 => "Lax",
            _ => "Strict",
        };
        let own = if web.cookie_path.is_empty() { application.name.as_str() } else { &web.cookie_path };
        match web.group.as_str() {
            "" => Self { name: own.to_owned(), is_group: false, path: own.to_owned(), same_site },
            group => Self { name: group.to_lowercase(), is_group: true, path: "/".to_owned(), same_site },
        }
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Tells whether a session that began at another application of the scope serves this one as well, by the settings of
    /// now: its way of proof is one of this application's, with a second factor where its user has one, and it holds what is
    /// asked at the door (`authentication.md` 12.1).
    pub fn serves(&self, session: &Session, service: &str, application: &str) -> Result<bool, Refusal> {
        session.alive(self.world.now())?;
        let settings = self.settings()?;
        let policy = &settings.policy;
        let Some(found) = policy.applications.named(application).filter(|found| found.enabled) else {
            return Ok(false);
        };
        let mask = self.mask_of(policy, found);
        let is_proven = match session.mechanism() {
            Mechanism::Kerberos | Mechanism::KerberosApi => mask.has(Mask::ANY_KERBEROS),
            other => mask.has(Mask(other.bit())),
        };
        let held = session.process().closure(policy);
        if !is_proven || may_go_on(&held, service, Some(application), policy).is_err() {
            return Ok(false);
        }
        // Nobody has an account of an emergency.
        let Some(id) = session.about().user_id else { return Ok(true) };
        let user = user_numbered(&self.store.read()?, id)?;
        let Some(user) = user.filter(|user| account::usable(user, self.world.now()).is_ok()) else {
            return Ok(false);
        };
        let wanted = mask & Mask::SECOND_FACTORS & Mask(user.second_factors);
        Ok(wanted.is_empty() || wanted.has(session.second_factor()))
    }

    /// Ends a session at a web application, and writes that down.
    pub fn log_out(&self, session: &Session, service: &str, application: &str) -> Result<(), Refusal> {
        session.end();
        self.services.ring();
        self.emit_of(session, &AuditEvent::Logout { service, application })
    }

    /// The mechanisms of an application: in an emergency a password alone (`services.md` section 10).
    fn mask_of(&self, policy: &Policy, application: &Application) -> Mask {
        match self.emergency {
            Some(_) => Mask::PASSWORD,
            None => Mask::of_application(&policy.system, application),
        }
    }

    /// What is true of a web application now; none where there is none of the name.
    pub fn web_application(&self, name: &str) -> Result<Option<WebApplication>, Refusal> {
        Ok(self.web_application_in(&*self.settings()?, name))
    }

    /// The same, if it can be told without waiting.
    pub fn web_application_at_hand(&self, name: &str) -> Option<Option<WebApplication>> {
        let SettingsAtHand { settings, .. } = self.settings_at_hand()?;
        Some(self.web_application_in(&settings, name))
    }

    fn web_application_in(&self, settings: &Settings, name: &str) -> Option<WebApplication> {
        let policy = &settings.policy;
        let found = policy.applications.named(name)?;
        let mask = self.mask_of(policy, found);
        Some(WebApplication {
            is_enabled: found.enabled,
            timeout: Duration::from_secs(u64::try_from(found.web.timeout).unwrap_or_default()),
            uses_cookies: found.web.use_cookies != 0,
            takes_tickets: self.outside.kerberos.is_some() && mask.has(Mask::KERBEROS_API),
            takes_passwords: mask.has(Mask::TYPED),
            takes_anybody: mask.has(Mask::UNAUTHENTICATED),
            takes_login_cookies: mask.has(Mask::LOGIN_TOKEN),
            asks_codes: mask.has(Mask::SECOND_FACTORS),
            guards_sign_in: found.web.csrf_token,
            scope: Scope::of(found),
            revision: settings.revision,
        })
    }

    /// Admits a caller over HTTP whom the certificate of its connection names (`authentication.md` 13.2).
    pub fn admit_certified(
        &self,
        name: &str,
        peer: IpAddr,
        application: Option<String>,
    ) -> Result<Session, Refusal> {
        let offer = Offer::Certificate(name.to_owned());
        let (transport, peer) = (Transport::Tls, Some(peer));
        self.admit_at_web(Attempt { offer, peer, application, transport, ..Attempt::at(WEB_GATEWAY) })
    }

    /// Admits a caller over HTTP by a token of Kerberos, bare or in SPNEGO (`authentication.md` section 9, RFC 4559).
    /// [`Session::server_proof`] goes back to the client.
    pub fn admit_kerberos(
        &self,
        token: Vec<u8>,
        peer: IpAddr,
        application: Option<String>,
        transport: Transport,
    ) -> Result<Session, Refusal> {
        let (offer, peer) = (Offer::Kerberos(token), Some(peer));
        self.admit_at_web(Attempt { offer, peer, application, transport, ..Attempt::at(WEB_GATEWAY) })
    }

    /// Tells whether a caller over HTTP can come with a ticket of Kerberos: to an application, or to the service itself.
    pub fn takes_tickets(&self, application: Option<&str>) -> Result<bool, Refusal> {
        if self.outside.kerberos.is_none() {
            return Ok(false);
        }
        let settings = self.settings()?;
        let policy = &settings.policy;
        Ok(match application {
            Some(name) => policy.applications.named(name).is_some_and(|found| takes_tickets(found, policy)),
            None => policy
                .services
                .named(WEB_GATEWAY)
                .is_some_and(|found| Mask::of_service(&policy.system, found).kerberos_level().is_some()),
        })
    }

    pub(crate) fn begin_at_web(&self, attempt: Attempt) -> Result<Progress, Refusal> {
        self.begin_admission(attempt, Caller { door: Door::Http, os_user: None })
    }

    /// Admits a caller over HTTP, who can be asked nothing.
    pub(crate) fn admit_at_web(&self, attempt: Attempt) -> Result<Session, Refusal> {
        let wanted = attempt.application.clone();
        let caller = Caller { door: Door::Http, os_user: None };
        let session = self.admit(attempt, caller, &mut |_| Reply::Aborted)?;
        Ok(entered_where(session, wanted.as_deref()))
    }
}

/// A session where it was wanted: at an application, or at none.
pub(crate) fn entered_where(session: Session, application: Option<&str>) -> Session {
    match application {
        Some(application) => entered(session, application),
        None => session,
    }
}

fn takes_tickets(application: &Application, policy: &Policy) -> bool {
    Mask::of_application(&policy.system, application).has(Mask::KERBEROS_API)
}

impl Session {
    /// Its roles in an application, a comma list: its own, and those that the application gives it.
    pub fn roles_in(&self, application: &str) -> String {
        entered(self.clone(), application).roles()
    }
}

/// A session at a web application: with its roles, and the targets of each match role that is held (`authorization.md`
/// ESC-11, ESC-16).
pub(crate) fn entered(mut session: Session, application: &str) -> Session {
    let policy = &session.settings.policy;
    let Some(found) = policy.applications.named(application) else { return session };
    let held = session.process.closure(policy);
    let hits = |role: Option<RoleId>| role.is_none_or(|role| held.contains(role));
    let added: Vec<RoleId> = found
        .match_rules
        .iter()
        .filter(|rule| hits(rule.matched))
        .flat_map(|rule| rule.targets.iter().copied())
        .filter(|role| policy.role(*role).is_some())
        .collect();
    if !added.is_empty() {
        session.process.add_roles(&added);
    }
    session
}
