//! Servers outside: joins the adapters that talk to them with the ports of the engine.

use crate::errands::Errands;
use crate::instance::OpenError;
use crate::kerberos::KerberosBy;
use crate::os_passwords::OsPasswordsBy;
use crate::site::{Codes, DelegatedBy};
use sclera_authn::admission::{Answer, LdapTask};
use sclera_authn::breaker::{Bounds, Health};
use sclera_authn::ldap::{Plan, domain};
use sclera_authn::secret::Secret;
use sclera_core::change::Kind;
use sclera_core::status::{Code, Status};
use sclera_engine::Engine;
use sclera_engine::outside::{Directory, Spoken, Surroundings};
use sclera_ldap::LdapServers;
use sclera_store::port::{Activity, Store};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How servers outside are dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// How long a login waits for LDAP servers, all of them together.
    pub ldap_patience: Duration,
    /// How codes get to telephones; none where they do not.
    pub codes: Option<Codes>,
    /// Who answers delegated authentication; none where nobody does.
    pub delegated: Option<DelegatedBy>,
    /// Who compares passwords of the operating system; none where nobody gets in by one.
    pub os_passwords: Option<OsPasswordsBy>,
    /// Who asks Kerberos; none where nobody gets in by a ticket.
    pub kerberos: Option<KerberosBy>,
}

impl Default for Outside {
    fn default() -> Self {
        Self {
            ldap_patience: Duration::from_millis(1_200),
            codes: None,
            delegated: None,
            os_passwords: None,
            kerberos: None,
        }
    }
}

impl Outside {
    /// The longest that a login may wait (`authentication.md` DEC-A23).
    pub const LONGEST: Duration = Duration::from_secs(30);

    /// Sees whether everything that it names is there.
    pub fn check(&self, directory: &Path) -> Result<(), OpenError> {
        self.codes.as_ref().map(Codes::open).transpose()?;
        self.delegated.as_ref().map(|delegated| delegated.open(directory)).transpose()?;
        self.os_passwords.as_ref().map(OsPasswordsBy::check).transpose()?;
        self.kerberos.as_ref().map(KerberosBy::check).transpose()?;
        Ok(())
    }

    /// The engine with what talks to servers outside.
    pub(crate) fn joined<S: Store, A: Activity>(
        &self,
        engine: Engine<S, A>,
        directory: &Path,
    ) -> Result<Engine<S, A>, OpenError> {
        let mut engine = engine.with_directory(Box::new(Ldap::new(self)));
        if let Some(codes) = &self.codes {
            engine = engine.with_courier(codes.open()?);
        }
        if let Some(delegated) = &self.delegated {
            engine = engine.with_program(delegated.open(directory)?);
        }
        if let Some(passwords) = &self.os_passwords {
            engine = engine.with_os_passwords(passwords.open());
        }
        if let Some(kerberos) = &self.kerberos {
            engine = engine.with_kerberos(kerberos.open());
        }
        Ok(engine)
    }
}

/// LDAP servers.
pub(crate) struct Ldap {
    servers: Arc<LdapServers>,
    errands: Errands,
}

impl Ldap {
    pub(crate) fn new(outside: &Outside) -> Self {
        let servers = LdapServers::new(outside.ldap_patience, Bounds::default());
        Self { servers: Arc::new(servers), errands: Errands::default() }
    }
}

impl Directory for Ldap {
    fn converse(&self, task: &LdapTask, around: &Surroundings<'_>) -> Spoken {
        let plan = match plan(task, around) {
            Ok(plan) => plan,
            Err(status) => return Spoken { answer: Answer::Failed(status), told: Vec::new() },
        };
        // The servers keep to their time but for the resolver of the system, which has a mind of its own.
        let servers = Arc::clone(&self.servers);
        let limit = servers.patience() + Duration::from_millis(50);
        match self.errands.run(limit, move || servers.converse(&plan)) {
            Ok(spoken) => Spoken { answer: spoken.answer, told: spoken.told },
            Err(why) => {
                let status = Status::plain(Code::LdapUnavailable).because(why.word());
                Spoken { answer: Answer::Unreachable(status), told: vec![why.word().to_owned()] }
            }
        }
    }

    fn health(&self) -> Vec<Health> {
        self.servers.health()
    }
}

fn plan(task: &LdapTask, around: &Surroundings<'_>) -> Result<Plan, Status> {
    let (config, _) = domain(&task.name, around.policy)?;
    let sealed = config.search_password.as_slice();
    let opened = around.open(Kind::LdapConfig.word(), config.name.folded().as_str(), sealed);
    let text = opened.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let secret = text.and_then(|text| Secret::new(text).ok());
    Plan::of(task, secret, around.policy, around.now)
}
