//! The files, as they are written. Only what makes an instance is read from them; what else stands there is for the
//! documentation and the tests.

use crate::choice::{Choice, Level, Product, Profile};
use crate::fault::Fault;
use sclera_core::property::Value;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error};

pub(crate) const RESOURCES: &str = "resources.toml";
pub(crate) const ROLES: &str = "roles.toml";
pub(crate) const EQUIVALENTS: &str = "equivalents.toml";
pub(crate) const SERVICES: &str = "services.toml";
pub(crate) const APPLICATIONS: &str = "applications.toml";
pub(crate) const ACCOUNTS: &str = "accounts.toml";
pub(crate) const EVENTS: &str = "events.toml";
pub(crate) const SYSTEM: &str = "system.toml";

/// The texts of the files.
#[derive(Clone, Copy)]
pub(crate) struct Files {
    pub(crate) resources: &'static str,
    pub(crate) roles: &'static str,
    pub(crate) equivalents: &'static str,
    pub(crate) services: &'static str,
    pub(crate) applications: &'static str,
    pub(crate) accounts: &'static str,
    pub(crate) events: &'static str,
    pub(crate) system: &'static str,
}

/// The files that this crate comes with.
pub(crate) const SHIPPED: Files = Files {
    resources: include_str!("../data/resources.toml"),
    roles: include_str!("../data/roles.toml"),
    equivalents: include_str!("../data/equivalents.toml"),
    services: include_str!("../data/services.toml"),
    applications: include_str!("../data/applications.toml"),
    accounts: include_str!("../data/accounts.toml"),
    events: include_str!("../data/events.toml"),
    system: include_str!("../data/system.toml"),
};

/// What the files say.
pub(crate) struct Data {
    pub(crate) resources: Vec<ResourceEntry>,
    pub(crate) roles: Vec<RoleEntry>,
    pub(crate) equivalents: Vec<Equivalent>,
    pub(crate) services: Vec<ServiceEntry>,
    pub(crate) applications: Vec<ApplicationEntry>,
    pub(crate) accounts: Vec<AccountEntry>,
    pub(crate) events: Vec<EventEntry>,
    pub(crate) settings: Vec<Setting>,
}

impl Data {
    pub(crate) fn read(files: &Files) -> Result<Self, Fault> {
        Ok(Self {
            resources: file::<Resources>(RESOURCES, files.resources)?.resource,
            roles: file::<Roles>(ROLES, files.roles)?.role,
            equivalents: file::<Equivalents>(EQUIVALENTS, files.equivalents)?.equivalent,
            services: file::<Services>(SERVICES, files.services)?.service,
            applications: file::<Applications>(APPLICATIONS, files.applications)?.application,
            accounts: file::<Accounts>(ACCOUNTS, files.accounts)?.account,
            events: file::<Events>(EVENTS, files.events)?.event,
            settings: file::<Settings>(SYSTEM, files.system)?.setting,
        })
    }
}

fn file<T: DeserializeOwned>(name: &'static str, text: &str) -> Result<T, Fault> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        Fault::new(name, format!("line {}", before.matches('\n').count() + 1), error.message())
    })
}

macro_rules! files {
    ($($file:ident { $entries:ident: $entry:ident })+) => {$(
        #[derive(Deserialize)]
        struct $file {
            $entries: Vec<$entry>,
        }
    )+};
}

files! {
    Resources { resource: ResourceEntry }
    Roles { role: RoleEntry }
    Equivalents { equivalent: Equivalent }
    Services { service: ServiceEntry }
    Applications { application: ApplicationEntry }
    Accounts { account: AccountEntry }
    Events { event: EventEntry }
    Settings { setting: Setting }
}

#[derive(Deserialize)]
pub(crate) struct ResourceEntry {
    pub(crate) name: String,
    pub(crate) kind: ResourceKind,
    pub(crate) takes: String,
    #[serde(deserialize_with = "products")]
    pub(crate) products: Vec<Product>,
    pub(crate) description: String,
    pub(crate) public: Option<ByLevel<String>>,
    pub(crate) public_compatible: Option<ByLevel<String>>,
    #[serde(default)]
    pub(crate) assumed: Vec<String>,
    #[serde(default = "yes")]
    pub(crate) created: bool,
    #[serde(default)]
    pub(crate) removable: bool,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResourceKind {
    System,
    Database,
    Gateway,
    Service,
    DeepSee,
    Application,
}

#[derive(Deserialize)]
pub(crate) struct RoleEntry {
    pub(crate) name: String,
    pub(crate) description: String,
    #[serde(deserialize_with = "products")]
    pub(crate) products: Vec<Product>,
    #[serde(default)]
    pub(crate) grants: Vec<String>,
    #[serde(default)]
    pub(crate) privileges: Vec<String>,
    #[serde(default)]
    pub(crate) assumed: Vec<String>,
    pub(crate) rule: Option<Rule>,
    #[serde(default)]
    pub(crate) template: bool,
    #[serde(default)]
    pub(crate) implicit: bool,
    #[serde(default)]
    pub(crate) sql: Vec<SqlEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Rule {
    All,
}

#[derive(Deserialize)]
pub(crate) struct SqlEntry {
    pub(crate) privilege: String,
    pub(crate) object_type: String,
    pub(crate) objects: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Equivalent {
    pub(crate) iris: String,
    pub(crate) cache: String,
}

#[derive(Deserialize)]
pub(crate) struct ServiceEntry {
    pub(crate) name: String,
    pub(crate) kind: ServiceKind,
    #[serde(default)]
    pub(crate) resources: Vec<String>,
    pub(crate) resources_cache: Option<Vec<String>>,
    pub(crate) description: String,
    pub(crate) storable_mask: i64,
    pub(crate) capabilities: i64,
    pub(crate) enabled: ByLevel<bool>,
    pub(crate) mask: ByLevel<i64>,
    #[serde(default)]
    pub(crate) assumed: Vec<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ServiceKind {
    Resource,
    Basic,
}

#[derive(Deserialize)]
pub(crate) struct ApplicationEntry {
    pub(crate) name: String,
    pub(crate) description: String,
    #[serde(deserialize_with = "products")]
    pub(crate) products: Vec<Product>,
    #[serde(default)]
    pub(crate) system: bool,
    pub(crate) resource: Option<String>,
    #[serde(default)]
    pub(crate) match_roles: Vec<String>,
    #[serde(default)]
    pub(crate) namespace: String,
    #[serde(default)]
    pub(crate) dispatch_class: String,
    #[serde(default)]
    pub(crate) group: String,
    #[serde(default)]
    pub(crate) tokens: bool,
    pub(crate) timeout: Option<i64>,
    pub(crate) enabled: ByLevel<bool>,
    pub(crate) mask: ByLevel<i64>,
    #[serde(default = "yes")]
    pub(crate) created: bool,
}

#[derive(Deserialize)]
pub(crate) struct AccountEntry {
    pub(crate) name: String,
    pub(crate) full_name: String,
    pub(crate) description: String,
    pub(crate) roles: ByLevel<Vec<String>>,
    pub(crate) enabled: ByLevel<bool>,
    pub(crate) login: LoginKind,
    #[serde(default)]
    pub(crate) account_never_expires: bool,
    #[serde(default)]
    pub(crate) password_never_expires: bool,
    #[serde(default)]
    pub(crate) change_password: bool,
    #[serde(deserialize_with = "products")]
    pub(crate) products: Vec<Product>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LoginKind {
    Password,
    None,
    Unchangeable,
}

#[derive(Deserialize)]
pub(crate) struct EventEntry {
    pub(crate) name: String,
    pub(crate) description: String,
    enabled: ByLevel<bool>,
    strict: Option<ByLevel<bool>>,
}

impl EventEntry {
    pub(crate) fn enabled(&self, choice: Choice) -> bool {
        let strict = self.strict.as_ref().filter(|_| choice.profile == Profile::Strict);
        *strict.unwrap_or(&self.enabled).at(choice.level)
    }
}

#[derive(Deserialize)]
pub(crate) struct Setting {
    pub(crate) name: String,
    compatible: ByLevel<Scalar>,
    strict: ByLevel<Scalar>,
    #[serde(default = "yes")]
    pub(crate) stored: bool,
}

impl Setting {
    pub(crate) fn value(&self, choice: Choice) -> Value {
        let values = match choice.profile {
            Profile::Strict => &self.strict,
            Profile::Compatible => &self.compatible,
        };
        match values.at(choice.level) {
            Scalar::Boolean(flag) => Value::Boolean(*flag),
            Scalar::Integer(number) => Value::Integer(*number),
            Scalar::Text(text) => Value::Text(text.clone()),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Boolean(bool),
    Integer(i64),
    Text(String),
}

/// One value for each installation level.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByLevel<T> {
    minimal: T,
    normal: T,
    locked_down: T,
}

impl<T> ByLevel<T> {
    pub(crate) const fn at(&self, level: Level) -> &T {
        match level {
            Level::Minimal => &self.minimal,
            Level::Normal => &self.normal,
            Level::LockedDown => &self.locked_down,
        }
    }
}

fn products<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Product>, D::Error> {
    let words = Vec::<String>::deserialize(from)?;
    words.iter().map(|word| word.parse().map_err(Error::custom)).collect()
}

const fn yes() -> bool {
    true
}
