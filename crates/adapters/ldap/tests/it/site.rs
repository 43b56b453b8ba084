//! Settings that name a real directory, and logins by them.

use sclera_authn::admission::{Answer, Identity, LdapTask};
use sclera_authn::breaker::Bounds;
use sclera_authn::ldap::Plan;
use sclera_authn::secret::Secret;
use sclera_core::id::LdapConfigId;
use sclera_core::ldap_config::LdapConfig;
use sclera_core::name::LdapConfigName;
use sclera_core::policy::Policy;
use sclera_core::time::Timestamp;
use sclera_ldap::{LdapServers, Spoken};
use sclera_testkit::slapd::{BASE, READER, READER_PASSWORD, Slapd};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const ENABLED: i64 = 64;
pub(crate) const ACTIVE_DIRECTORY: i64 = 1;
pub(crate) const TLS: i64 = 2;
pub(crate) const GROUPS: i64 = 8;
pub(crate) const NESTED: i64 = 16;
pub(crate) const UNIVERSAL: i64 = 32;

pub(crate) struct Site {
    pub(crate) config: LdapConfig,
    pub(crate) search_password: String,
    pub(crate) mechanisms: i64,
    pub(crate) servers: LdapServers,
}

impl Site {
    pub(crate) fn of(slapd: &Slapd, flags: i64) -> Self {
        let name = LdapConfigName::new("example.test").unwrap();
        let config = LdapConfig {
            flags: ENABLED | flags,
            host_names: format!("127.0.0.1:{}", slapd.port),
            base_dn: BASE.to_owned(),
            base_dn_groups: format!("ou=groups,{BASE}"),
            search_user: READER.to_owned(),
            unique_dn: "uid".to_owned(),
            instance_id: "node1".to_owned(),
            ca_file: slapd.authority.display().to_string(),
            ..LdapConfig::new(LdapConfigId(1), name)
        };
        let servers = LdapServers::new(Duration::from_millis(1_200), Bounds::default());
        Self { config, search_password: READER_PASSWORD.to_owned(), mechanisms: 0, servers }
    }

    pub(crate) fn login(&self, name: &str, password: Option<&str>) -> Spoken {
        let mut policy = Policy::default();
        "example.test".clone_into(&mut policy.system.default_domain);
        policy.system.mechanisms = self.mechanisms;
        policy.ldap_configs.put(self.config.clone());
        let secret = |text: &str| Secret::new(text.to_owned()).unwrap();
        let task = LdapTask { name: name.to_owned(), password: password.map(|text| Arc::new(secret(text))) };
        let now = Timestamp::from_micros(1_790_000_000_000_000);
        match Plan::of(&task, Some(secret(&self.search_password)), &policy, now) {
            Ok(plan) => self.servers.converse(&plan),
            Err(status) => Spoken { answer: Answer::Failed(status), told: Vec::new() },
        }
    }

    /// Who it is, as the directory says.
    pub(crate) fn granted(&self, name: &str, password: &str) -> Identity {
        granted(self.login(name, Some(password)))
    }

    /// The number with which a login fails.
    pub(crate) fn code(&self, name: &str, password: &str) -> u16 {
        code(&self.login(name, Some(password)))
    }
}

pub(crate) fn granted(spoken: Spoken) -> Identity {
    match spoken.answer {
        Answer::Granted(identity) => *identity,
        other => panic!("{other:?}, {:?}", spoken.told),
    }
}

pub(crate) fn code(spoken: &Spoken) -> u16 {
    match &spoken.answer {
        Answer::Failed(status) | Answer::Unreachable(status) | Answer::Gone(status) => status.code().number(),
        other => panic!("{other:?}, {:?}", spoken.told),
    }
}
