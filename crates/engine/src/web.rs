//! Web applications, as a gate that serves them asks (`services.md` 8.2).

use crate::engine::{Engine, Settings};
use crate::gate::{Caller, Progress};
use crate::tokens::WEB_GATEWAY;
use crate::{Door, Refusal, Session};
use sclera_authn::admission::{Attempt, Offer, Reply, Transport};
use sclera_authn::mechanism::Mask;
use sclera_core::application::Application;
use sclera_core::id::RoleId;
use sclera_core::policy::Policy;
use sclera_store::port::{Activity, Store};
use std::net::IpAddr;
use std::time::Duration;

/// What a gate must know of a web application at each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebApplication {
    /// It may run. One that is off is closed even to holders of `%All`.
    pub is_enabled: bool,
    /// How long a session of it may rest.
    pub timeout: Duration,
    /// Its sessions are carried by cookies.
    pub uses_cookies: bool,
    /// Tickets of Kerberos are taken.
    pub takes_tickets: bool,
    /// The revision of settings and users of which this is true.
    pub revision: u64,
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// What is true of a web application now; none where there is none of the name.
    pub fn web_application(&self, name: &str) -> Result<Option<WebApplication>, Refusal> {
        Ok(WebApplication::of(&*self.settings()?, name, self.outside.kerberos.is_some()))
    }

    /// The same, if it can be told without waiting.
    pub fn web_application_at_hand(&self, name: &str) -> Option<Option<WebApplication>> {
        let (_, settings) = self.settings_at_hand()?;
        Some(WebApplication::of(&settings, name, self.outside.kerberos.is_some()))
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
    /// [`Session::kerberos_answer`] goes back to the client.
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

impl WebApplication {
    fn of(settings: &Settings, name: &str, has_kerberos: bool) -> Option<Self> {
        settings.policy.applications.named(name).map(|found| Self {
            is_enabled: found.enabled,
            timeout: Duration::from_secs(u64::try_from(found.web.timeout).unwrap_or_default()),
            uses_cookies: found.web.use_cookies != 0,
            takes_tickets: has_kerberos && takes_tickets(found, &settings.policy),
            revision: settings.revision,
        })
    }
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
