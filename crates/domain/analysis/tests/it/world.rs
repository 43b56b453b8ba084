//! A hardened configuration, and ways to change it.

use sclera_analysis::lint::Seen;
use sclera_core::application::Application;
use sclera_core::id::{ApplicationId, LdapConfigId, ResourceId, RoleId, SslConfigId, UserId};
use sclera_core::ldap_config::LdapConfig;
use sclera_core::name::{ApplicationName, LdapConfigName, ResourceName, RoleName, SslConfigName, UserName};
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::property::MatchRule;
use sclera_core::resource::Resource;
use sclera_core::role::{Origin, Role};
use sclera_core::service::Service;
use sclera_core::ssl_config::SslConfig;
use sclera_core::time::Timestamp;
use sclera_core::user::{Credential, User};
use sclera_predefined::{Choice, Level, Profile, installation};
use std::collections::BTreeMap;

pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) users: Vec<User>,
    /// What is known besides.
    pub(crate) seen: BTreeMap<String, Seen>,
}

impl World {
    /// What `init --security locked-down` makes, with two managers and one nurse.
    pub(crate) fn hardened() -> Self {
        let choice = Choice { level: Level::LockedDown, profile: Profile::Strict, ..Choice::default() };
        let made = installation(choice).unwrap();
        let mut world = Self { policy: made.policy, users: Vec::new(), seen: BTreeMap::new() };
        let listing: Vec<Service> = world.policy.services.iter().cloned().collect();
        for service in listing {
            world.policy.services.put(Service { client_systems: vec!["10.20.0.0/16".into()], ..service });
        }
        for account in made.accounts {
            // Accounts that are handed out by the product are switched off.
            world.users.push(User { enabled: false, ..account.user });
        }
        for event in ["%System/%Login/Login", "%System/%DirectMode/DirectMode"] {
            let mut event = world.policy.events.named(event).unwrap().clone();
            event.enabled = true;
            world.policy.events.put(event);
        }
        // What asks for nothing is switched off until somebody needs it.
        let open: Vec<Application> =
            world.policy.applications.iter().filter(|found| found.resource.is_empty()).cloned().collect();
        for application in open {
            world.policy.applications.put(Application { enabled: false, ..application });
        }
        world.resource("Ward_Chart", Permissions::NONE);
        world.role("Nurse", &[("Ward_Chart", Permissions::READ | Permissions::WRITE)], &[]);
        for name in ["ada", "grace"] {
            let user = User { second_factors: 1 << 21, ..world.person(name, &["%All"]) };
            world.users.push(user);
        }
        let nurse = world.person("amara", &["Nurse"]);
        world.users.push(nurse);
        world
    }

    pub(crate) fn seen(&mut self, name: &str) -> &mut Seen {
        self.seen.entry(name.to_owned()).or_default()
    }

    fn next(&self) -> u32 {
        5_000
            + u32::try_from(
                self.policy.resources.len() + self.policy.roles.len() + self.policy.applications.len(),
            )
            .unwrap()
    }

    pub(crate) fn ids(&self, roles: &[&str]) -> Vec<RoleId> {
        roles.iter().map(|role| self.policy.roles.named(role).unwrap().id).collect()
    }

    pub(crate) fn person(&self, name: &str, roles: &[&str]) -> User {
        let id = UserId(9_000 + self.users.len() as u64);
        let credential = Credential {
            algorithm: "SHA512".into(),
            work_factor: 210_000,
            key: vec![1; 64],
            salt: vec![2; 16],
        };
        User { roles: self.ids(roles), credential, ..User::new(id, UserName::predefined(name).unwrap()) }
    }

    pub(crate) fn resource(&mut self, name: &str, public: Permissions) {
        let id = self.policy.resources.named(name).map_or(ResourceId(self.next()), |found| found.id);
        let known = self.policy.resources.get(id.0).cloned();
        let mut resource =
            known.unwrap_or_else(|| Resource::new(id, ResourceName::predefined(name).unwrap()));
        resource.public = public;
        self.policy.resources.put(resource);
    }

    pub(crate) fn role(&mut self, name: &str, privileges: &[(&str, Permissions)], grants: &[&str]) {
        let id = self.policy.roles.named(name).map_or(RoleId(self.next()), |found| found.id);
        let mut role = Role::new(id, RoleName::predefined(name).unwrap(), Origin::Created);
        role.grants = self.ids(grants);
        for (resource, permissions) in privileges {
            role.privileges.insert(self.policy.resources.named(resource).unwrap().id, *permissions);
        }
        self.policy.roles.put(role);
    }

    /// The same, held by the nurse.
    pub(crate) fn used_role(&mut self, privileges: &[(&str, Permissions)], grants: &[&str]) {
        self.role("Used", privileges, grants);
        let id = self.ids(&["Used"]);
        self.users.last_mut().unwrap().roles.extend(id);
    }

    pub(crate) fn application(&mut self, change: impl FnOnce(&mut Application), rules: &[(&str, &str)]) {
        let name = ApplicationName::predefined("/csp/ward").unwrap();
        let mut application = Application::new(ApplicationId(self.next()), name);
        application.enabled = true;
        application.kind = 2;
        application.mechanisms = 32;
        application.resource = "Ward_Chart".into();
        let rule = |(matched, target): &(&str, &str)| MatchRule {
            matched: self.policy.roles.named(matched).map(|role| role.id),
            targets: self.ids(&[target]),
        };
        application.match_rules = rules.iter().map(rule).collect();
        change(&mut application);
        self.policy.applications.put(application);
    }

    pub(crate) fn ssl(&mut self, change: impl FnOnce(&mut SslConfig)) {
        let mut config = SslConfig::new(SslConfigId(7_001), SslConfigName::predefined("out").unwrap());
        config.verify_peer = 1;
        change(&mut config);
        self.policy.ssl_configs.put(config);
    }

    pub(crate) fn ldap(&mut self, flags: i64) {
        let mut config =
            LdapConfig::new(LdapConfigId(7_002), LdapConfigName::predefined("example.org").unwrap());
        config.flags = flags;
        self.policy.ldap_configs.put(config);
    }

    pub(crate) fn account(&mut self, name: &str) -> &mut User {
        self.users.iter_mut().find(|user| user.name.as_str() == name).unwrap()
    }
}
