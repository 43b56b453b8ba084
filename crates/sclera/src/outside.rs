//! Servers outside: joins the adapters that talk to them with the ports of the engine.

use crate::errands::Errands;
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
use std::sync::Arc;
use std::time::Duration;

/// How servers outside are dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// How long a login waits for LDAP servers, all of them together.
    pub ldap_patience: Duration,
}

impl Default for Outside {
    fn default() -> Self {
        Self { ldap_patience: Duration::from_millis(1_200) }
    }
}

impl Outside {
    /// The longest that a login may wait (`authentication.md` DEC-A23).
    pub const LONGEST: Duration = Duration::from_secs(30);

    /// The engine with what talks to servers outside.
    pub(crate) fn joined<S: Store, A: Activity>(&self, engine: Engine<S, A>) -> Engine<S, A> {
        engine.with_directory(Box::new(Ldap::new(self)))
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
