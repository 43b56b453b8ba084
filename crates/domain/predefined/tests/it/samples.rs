//! What is known of new instances, as single answers. Names such as `ENS-6` are rules of `authorization.md`; numbers
//! are those of its test vectors.

use crate::data::{entries, name};
use sclera_core::permission::Permissions;
use sclera_core::user::UserType;
use sclera_predefined::{Account, Choice, Installation, Level, Login, Product, Profile, installation};

fn new(product: Product, level: Level, profile: Profile) -> Installation {
    installation(Choice { product, level, profile }).unwrap()
}

fn iris() -> Installation {
    installation(Choice::default()).unwrap()
}

trait Ask {
    /// `CheckRolesPermission`.
    fn roles(&self, roles: &str, resource: &str, wanted: Option<&str>) -> String;
    /// `CheckUserPermission`: what the account would hold after a login.
    fn user(&self, name: &str, resource: &str, wanted: Option<&str>) -> String;
    fn account(&self, name: &str) -> &Account;
    fn roles_of(&self, name: &str) -> Vec<&str>;
}

impl Ask for Installation {
    fn roles(&self, roles: &str, resource: &str, wanted: Option<&str>) -> String {
        self.policy.check_roles(roles, resource, wanted).to_string()
    }

    fn user(&self, name: &str, resource: &str, wanted: Option<&str>) -> String {
        let roles = ["_PUBLIC", name].into_iter().flat_map(|name| self.account(name).user.roles.clone());
        self.policy.check(&self.policy.closure(roles), resource, wanted).to_string()
    }

    fn account(&self, name: &str) -> &Account {
        self.accounts.iter().find(|account| account.user.is(name)).unwrap()
    }

    fn roles_of(&self, name: &str) -> Vec<&str> {
        let roles = self.account(name).user.roles.iter();
        roles.map(|id| self.policy.role(*id).unwrap().name.as_str()).collect()
    }
}

#[test]
fn vector_45_everybody_uses_the_temporary_database() {
    let new = iris();
    assert_eq!(new.user("CSPSystem", "%DB_IRISTEMP", None), "READ,WRITE");
    assert_eq!(new.user("UnknownUser", "%DB_IRISTEMP", None), "READ,WRITE");
}

#[test]
fn vector_46_databases_of_cache() {
    let new = new(Product::Cache, Level::Normal, Profile::Strict);
    let answers = ["%DB_CACHE", "%DB_CACHELIB", "%DB_CACHETEMP", "%DB_DOCBOOK"]
        .map(|resource| new.user("CSPSystem", resource, None));
    assert_eq!(answers, ["READ", "READ", "READ,WRITE", "READ"]);
}

#[test]
fn vectors_47_and_48_developers_and_administrators() {
    let new = iris();
    assert_eq!(new.roles("%EnsRole_Developer", "%Development", Some("USE")), "1");
    assert_eq!(new.roles("%EnsRole_Developer", "%Ens_Rules", None), "READ,WRITE");
    assert_eq!(new.roles("%EnsRole_Administrator", "%Ens_MessageHeader", Some("USE")), "1");
    assert_eq!(new.roles("%EnsRole_Administrator", "%Admin_Manage", Some("USE")), "0");
    assert_eq!(new.roles("%EnsRole_Administrator", "%Ens_Code", Some("W")), "0");
}

/// All that a role holds on resources of interoperability.
fn production_privileges(new: &Installation, role: &str) -> Vec<String> {
    let held = new.policy.closure(new.policy.roles.named(role).map(|role| role.id));
    let set = new.policy.resource_set(&held).into_iter();
    set.filter(|(name, _)| name.starts_with("%Ens_")).map(|(name, held)| format!("{name}:{held}")).collect()
}

#[test]
fn vectors_49_and_50_and_ens_8_small_roles_in_full() {
    let new = iris();
    let held = |role: &str| production_privileges(&new, role);
    assert_eq!(held("%EnsRole_Monitor"), ["%Ens_Dashboard:U", "%Ens_MsgBank_Dashboard:U", "%Ens_Portal:U"]);
    assert_eq!(held("%EnsRole_RulesDeveloper"), ["%Ens_Portal:U", "%Ens_RuleLog:U", "%Ens_Rules:RW"]);
    assert_eq!(held("%EnsRole_AlertOperator"), ["%Ens_Alerts:RW", "%Ens_Portal:U"]);
    assert_eq!(
        held("%EnsRole_AlertAdministrator"),
        ["%Ens_AlertAdministration:U", "%Ens_Alerts:RW", "%Ens_Portal:U"]
    );
    assert_eq!(held("%EnsRole_PubSubDeveloper"), ["%Ens_Portal:U", "%Ens_PubSub:RW"]);
    for empty in ["%EnsRole_RegistryManager", "%EnsRole_RegistrySelect", "%EnsRole_TempSQLDict"] {
        assert_eq!(held(empty), [""; 0], "{empty}");
    }
}

#[test]
fn vector_51_and_chk_7_system_roles() {
    let new = iris();
    assert_eq!(new.roles("%Operator", "%Admin_Task", Some("USE")), "0");
    assert_eq!(new.roles("%Operator", "%DB_IRISSYS", None), "READ,WRITE");
    assert_eq!(new.roles("%Manager,%Operator", "%DB_IRISSYS", None), "READ,WRITE");
    assert_eq!(new.roles("%Manager", "%Admin_Secure", Some("USE")), "1");
    assert_eq!(new.user("Admin", "%DB_IRISSYS", None), "READ,WRITE");
    assert_eq!(new.roles("%Operator", "%Admin_Secure", Some("USE")), "0");
    assert_eq!(new.roles("%Manager,%NoSuch", "%Admin_Secure", Some("USE")), "0");
}

/// The activities, by those who have them: Administrator, Developer and WebDeveloper, Operator, Monitor.
const ACTIVITIES: [(&str, &str); 4] = [
    (
        "A D O",
        "ConfigItemRun EventLog MessageHeader MessageResend MessageTrace MsgBank_EventLog MsgBank_MessageHeader \
         MsgBank_MessageResend MsgBank_MessageTrace ProductionRun RuleLog",
    ),
    ("A D O M", "Dashboard MsgBank_Dashboard Portal"),
    (
        "A D",
        "DTLTest DeploymentPkg MessageContent MessageDiscard MessageEditResend MessageSuspend MsgBank_MessageContent \
         MsgBank_MessageEditResend ProductionDocumentation Purge TestingService ViewFileSystem",
    ),
    ("A", "Deploy"),
];

#[test]
fn ens_6_activities() {
    let new = iris();
    let roles = [
        ("A", "%EnsRole_Administrator"),
        ("D", "%EnsRole_Developer"),
        ("D", "%EnsRole_WebDeveloper"),
        ("O", "%EnsRole_Operator"),
        ("M", "%EnsRole_Monitor"),
    ];
    let mut cells = 0;
    for (letters, activities) in ACTIVITIES {
        for activity in activities.split(' ') {
            for (letter, role) in roles {
                let expected = letters.split(' ').any(|known| known == letter);
                let answer = new.roles(role, &format!("%Ens_{activity}"), Some("USE"));
                assert_eq!(answer, if expected { "1" } else { "0" }, "{role} {activity}");
                cells += usize::from(expected && role != "%EnsRole_WebDeveloper");
            }
        }
    }
    assert_eq!(cells, 70);
}

/// A web developer equals a developer of productions but for the settings of purging, and has no terminal (ENS-7).
#[test]
fn ens_6_and_7_web_developers() {
    let new = iris();
    let without = |role| -> Vec<String> {
        let held = production_privileges(&new, role).into_iter();
        held.filter(|privilege| !privilege.starts_with("%Ens_PurgeSettings")).collect()
    };
    assert_eq!(without("%EnsRole_Developer"), without("%EnsRole_WebDeveloper"));
    assert_eq!(new.roles("%EnsRole_Developer", "%Ens_PurgeSettings", None), "READ,WRITE");
    assert_eq!(new.roles("%EnsRole_WebDeveloper", "%Ens_PurgeSettings", None), "READ");
    assert_eq!(new.roles("%EnsRole_WebDeveloper", "%Development", None), "");
    let production = new.policy.roles.iter().filter(|role| role.name.as_str().starts_with("%EnsRole_"));
    for role in production {
        let held = new.policy.resource_set(&new.policy.closure([role.id]));
        assert!(held.iter().all(|(resource, _)| !resource.starts_with("%Admin_")), "{}", role.name);
    }
}

/// The resources of databases on which anything is public.
fn public_databases(new: &Installation) -> Vec<String> {
    let databases = new.policy.resources.iter().filter(|r| r.is_database() && !r.public.is_empty());
    databases.map(|r| format!("{}:{}", r.name, r.public)).collect()
}

#[test]
fn pub_3_databases() {
    for level in Level::ALL {
        let strict = new(Product::Iris, *level, Profile::Strict);
        assert_eq!(public_databases(&strict), ["%DB_IRISTEMP:RW"], "{level}");
        let mut compatible = vec!["%DB_IRISLIB:R", "%DB_IRISTEMP:RW", "%DB_IRISLOCALDATA:R"];
        compatible.extend((*level == Level::Minimal).then_some("%DB_ENSLIB:R"));
        assert_eq!(public_databases(&new(Product::Iris, *level, Profile::Compatible)), compatible, "{level}");
        for profile in Profile::ALL {
            let cache = new(Product::Cache, *level, *profile);
            let expected = ["%DB_CACHE:R", "%DB_CACHELIB:R", "%DB_CACHETEMP:RW", "%DB_DOCBOOK:R"];
            assert_eq!(public_databases(&cache), expected, "{level} {profile}");
        }
    }
}

#[test]
fn pub_4_services() {
    for product in Product::ALL {
        for level in Level::ALL {
            let new = new(*product, *level, Profile::Strict);
            let expected = if *level == Level::LockedDown { "NO" } else { "YES" };
            for service in new.policy.services.iter() {
                let exists = |name: &String| new.policy.resource(name).is_some();
                let expected = match service.resources.iter().all(exists) {
                    _ if service.is_basic() => "N/A",
                    true => expected,
                    false => "NO",
                };
                assert_eq!(new.policy.service_public(service), expected, "{level} {}", service.name);
            }
        }
    }
}

#[test]
fn pub_5_tools() {
    let public = |level, resource: &str| {
        new(Product::Iris, level, Profile::Strict).policy.resource(resource).unwrap().public
    };
    let tools = entries("resource").into_iter().filter(|r| name(r).starts_with("%DeepSee_"));
    for tool in tools {
        assert_eq!(public(Level::Minimal, name(&tool)), Permissions::USE);
        assert_eq!(public(Level::Normal, name(&tool)), Permissions::NONE);
    }
    for closed in ["%Development", "%Admin_Secure", "%Ens_Portal"] {
        assert_eq!(public(Level::Minimal, closed), Permissions::NONE, "{closed}");
    }
}

#[test]
fn usr_8_accounts() {
    for product in Product::ALL {
        for level in Level::ALL {
            let new = new(*product, *level, Profile::Strict);
            assert_eq!(new.roles_of("_SYSTEM"), ["%All"]);
            assert_eq!(new.roles_of("SuperUser"), ["%All"]);
            assert_eq!(new.roles_of("Admin"), ["%Manager"]);
            assert_eq!(new.roles_of("_PUBLIC"), [""; 0]);
            let unknown: &[&str] = if *level == Level::Minimal { &["%All"] } else { &[] };
            assert_eq!(new.roles_of("UnknownUser"), unknown, "{level}");
            assert_eq!(new.account("_SYSTEM").user.enabled, *level != Level::LockedDown);
            assert!(!new.account("_PUBLIC").user.enabled);
            assert!(new.account("SuperUser").user.enabled, "somebody can manage the instance");
            assert!(new.accounts.iter().all(|account| account.user.kind() == UserType::Password));
            assert!(new.accounts.iter().all(|account| !account.user.credential.is_set()));
        }
    }
    let new = iris();
    let names: Vec<_> = new.accounts.iter().map(|account| account.user.name.as_str()).collect();
    let expected =
        ["_SYSTEM", "SuperUser", "Admin", "CSPSystem", "IAM", "UnknownUser", "_PUBLIC", "_Ensemble"];
    assert_eq!(names, expected);
    assert_eq!(new.roles_of("IAM"), ["%IAM_API"]);
    assert!(new.account("IAM").user.change_password && !new.account("IAM").user.enabled);
    assert!(new.account("CSPSystem").user.account_never_expires);
    assert!(new.account("CSPSystem").user.password_never_expires);
    assert_eq!(new.account("_Ensemble").login, Login::Unchangeable);
    assert!(new.account("_Ensemble").user.credential.is_unchangeable());
    assert_eq!([new.account("_PUBLIC").login, new.account("UnknownUser").login], [Login::None, Login::None]);
    assert_eq!(new.account("Admin").login, Login::Password);
}

/// Roles are numbered in the order that shows in `$ROLES` (PRC-8).
#[test]
fn prc_8_order_of_roles() {
    let new = iris();
    let number = |name: &str| new.policy.roles.named(name).unwrap().id;
    assert!(number("%Developer") < number("%Admin_Secure") && number("%Admin_Secure") < number("%DB_USER"));
    assert!(number("%Manager") < number("%Operator"));
    assert_eq!(number("%All").0, 1);
}

#[test]
fn sql_privileges_of_production_roles() {
    let new = iris();
    let of = |role: &str, privilege: &str, object: &str| {
        let role = new.policy.roles.named(role).unwrap().id;
        let held = new.sql.iter().filter(|sql| sql.grantee == sclera_core::sql::Grantee::Role(role));
        held.filter(|sql| sql.privilege == privilege && sql.object.starts_with(object)).count()
    };
    for role in ["%EnsRole_Administrator", "%EnsRole_Developer", "%EnsRole_WebDeveloper"] {
        assert_eq!(of(role, "s", "1,"), 34, "{role}");
    }
    assert_eq!(of("%EnsRole_Operator", "s", "1,"), 13);
    assert_eq!(of("%EnsRole_RulesDeveloper", "s", "1,Ens_Rule."), 2);
    assert_eq!(of("%EnsRole_InteropEditorsAPI", "e", "9,"), 10);
    assert_eq!(new.sql.len(), 3 * 34 + 13 + 2 + 10);
    assert!(new.sql.iter().all(|sql| sql.namespace == "*" && sql.grantor == "_SYSTEM" && !sql.grantable));
    assert!(new_cache().sql.is_empty());
}

fn new_cache() -> Installation {
    new(Product::Cache, Level::Normal, Profile::Strict)
}

#[test]
fn services_and_applications() {
    let new = iris();
    let bindings = new.policy.services.named("%Service_Bindings").unwrap();
    assert_eq!(bindings.resources.len(), 6);
    let cache = new_cache();
    let bindings = cache.policy.services.named("%Service_Bindings").unwrap();
    assert_eq!(bindings.resources, ["%Service_SQL", "%Service_Object"]);
    let gateway = cache.policy.services.named("%Service_WebGateway").unwrap();
    assert_eq!(gateway.resources, ["%Service_CSP"]);
    for later in ["%Service_DocDB", "%Service_EscalateLogin"] {
        let service = cache.policy.services.named(later).unwrap();
        assert!(!service.is_basic() && cache.policy.resource(later).is_none(), "{later} is for %All alone");
    }
    let security = new.policy.applications.named("/csp/sys/sec").unwrap();
    assert_eq!((security.resource.as_str(), security.is_system()), ("%Admin_Secure", true));
    let user = new.policy.applications.named("/csp/user").unwrap();
    assert_eq!(user.match_rules.len(), 1);
    assert_eq!(user.namespace, "USER");
    assert!(new.policy.applications.named("/ui/interop").is_none());
}

#[test]
fn settings_by_profile() {
    let settings = |profile| new(Product::Iris, Level::Normal, profile).policy.system;
    let (strict, compatible) = (settings(Profile::Strict), settings(Profile::Compatible));
    assert_eq!((strict.password_work_factor, compatible.password_work_factor), (210_000, 10_000));
    assert_eq!((strict.password_minimum_length, compatible.password_minimum_length), (15, 0));
    assert_eq!((strict.password_pattern.as_str(), compatible.password_pattern.as_str()), ("", "3.128ANP"));
    assert_eq!((strict.maximum_roles, compatible.maximum_roles), (0, 10_240));
    assert_eq!((strict.mechanisms, compatible.mechanisms), (33_556_471, 33_556_471));
    let open = new(Product::Iris, Level::Minimal, Profile::Compatible).policy.system;
    assert_eq!((open.inactive_limit, open.percent_global_write, open.audit_enabled), (0, 1, false));
}
