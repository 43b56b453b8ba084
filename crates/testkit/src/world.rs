//! Settings to test on, and short words for the changes that make them.

use crate::desk::Desk;
use crate::slow_model::{self, Permission, Set};
use sclera_core::change::{Change, Edit, RoleList};
use sclera_core::property::{Properties, Value};
use sclera_core::resource::ResourceType;
use sclera_core::role::Origin;
use sclera_core::user::{self, Credential};

/// World W1 of `authorization.md` section 28.
pub fn w1() -> Desk {
    let mut desk = Desk::installed();
    for change in [
        user("eve", "%All"),
        resource("AppData", ""),
        resource("AppRun", ""),
        resource("Pub", "R"),
        resource("%DB_SALES", ""),
        role("Clerk", "AppData:R,AppRun:U", ""),
        role("Boss", "AppData:RW", "Clerk"),
        role("Chief", "", "Boss"),
        role("Empty", "", ""),
        user("ann", "Clerk"),
        user("bob", "Boss"),
        user("cyd", "Chief"),
        user("dan", ""),
        user("fay", "%DB_SALES"),
    ] {
        desk.carry(&change);
    }
    desk.acting_as("eve");
    desk
}

/// World W1 with what it lacks: a system resource, a predefined role, a predefined user, users of a directory and of a
/// program, a service and an application that name roles.
pub fn stocked() -> Desk {
    let mut desk = w1();
    desk.install_resource("%Development", ResourceType::SYSTEM.and(ResourceType::APPLICATION));
    desk.install_role("%Developer", Origin::Predefined);
    desk.install_user("UnknownUser", |user| user.credential = Credential::unchangeable());
    desk.install_user("ldap", |user| user.flags = 0b010);
    desk.install_user("delegated", |user| user.flags = 0b100);
    desk.install_service("%Service_Test");
    desk.carry(&Change::ModifyService {
        name: "%Service_Test".to_owned(),
        properties: properties(&[("ClientSystems", "10.0.0.1|Clerk,Boss;10.0.0.2|Clerk;10.0.0.3")]),
    });
    desk.carry(&Change::CreateApplication {
        name: "/app".to_owned(),
        properties: properties(&[("Resource", "AppRun"), ("MatchRoles", "Clerk:Empty,:%DB_SALES")]),
    });
    desk
}

/// The desk of a world, made by the changes that an administrator would make. `%All` and the roles of database
/// resources come by themselves; the user `root` holds `%All` in every world.
pub fn desk_of(world: &slow_model::World) -> Desk {
    let mut desk = Desk::installed();
    desk.carry(&user("root", "%All"));
    for found in &world.resources {
        desk.carry(&resource(&found.name, &letters(&found.public)));
    }
    let made = |name: &str| !name.starts_with('%');
    for found in world.roles.iter().filter(|found| made(&found.name)) {
        desk.carry(&role(&found.name, "", ""));
    }
    for found in world.roles.iter().filter(|found| made(&found.name)) {
        let privileges = found.privileges.iter().map(|(name, set)| format!("{name}:{}", letters(set)));
        let privileges = privileges.collect::<Vec<_>>().join(",");
        let given = properties(&[("Resources", &privileges), ("GrantedRoles", &found.grants.join(","))]);
        desk.carry(&Change::ModifyRole { name: found.name.clone(), properties: given });
    }
    for found in world.users.iter().filter(|found| found.name != "root") {
        desk.carry(&user(&found.name, &found.roles.join(", ")));
    }
    desk.carry(&modify_user(user::PUBLIC, "Roles", world.roles_of_public.join(",").as_str()));
    desk
}

/// The short form of a set, such as `RW`.
pub fn letters(set: &Set) -> String {
    let letter = |permission: &Permission| match permission {
        Permission::Read => 'R',
        Permission::Write => 'W',
        Permission::Use => 'U',
    };
    set.iter().map(letter).collect()
}

/// Properties with text values.
pub fn properties(given: &[(&str, &str)]) -> Properties {
    given.iter().fold(Properties::new(), |all, (name, value)| all.with(name, *value))
}

/// The making of a resource.
pub fn resource(name: &str, public: &str) -> Change {
    Change::CreateResource { name: name.to_owned(), properties: properties(&[("PublicPermission", public)]) }
}

/// The making of a role.
pub fn role(name: &str, privileges: &str, grants: &str) -> Change {
    let properties = properties(&[("Resources", privileges), ("GrantedRoles", grants)]);
    Change::CreateRole { name: name.to_owned(), properties }
}

/// The making of a user with a password.
pub fn user(name: &str, roles: &str) -> Change {
    let properties = properties(&[("Roles", roles)]);
    Change::CreateUser { name: name.to_owned(), properties, credential: Some(password()) }
}

/// A change of one property of a resource.
pub fn modify_resource(name: &str, property: &str, value: impl Into<Value>) -> Change {
    Change::ModifyResource { name: name.to_owned(), properties: Properties::new().with(property, value) }
}

/// A change of one property of a role.
pub fn modify_role(name: &str, property: &str, value: impl Into<Value>) -> Change {
    Change::ModifyRole { name: name.to_owned(), properties: Properties::new().with(property, value) }
}

/// A change of one property of a user.
pub fn modify_user(name: &str, property: &str, value: impl Into<Value>) -> Change {
    let properties = Properties::new().with(property, value);
    Change::ModifyUser { name: name.to_owned(), properties, credential: None }
}

/// The adding of login roles to a user.
pub fn add_roles(user: &str, roles: &str) -> Change {
    change_roles(user, Edit::Add, roles)
}

/// The removing of login roles from a user.
pub fn remove_roles(user: &str, roles: &str) -> Change {
    change_roles(user, Edit::Remove, roles)
}

fn change_roles(user: &str, edit: Edit, roles: &str) -> Change {
    Change::ChangeRoles { user: user.to_owned(), list: RoleList::Login, edit, roles: roles.to_owned() }
}

/// The deleting of a resource.
pub fn delete_resource(name: &str) -> Change {
    Change::DeleteResource { name: name.to_owned() }
}

/// The deleting of a role.
pub fn delete_role(name: &str) -> Change {
    Change::DeleteRole { name: name.to_owned() }
}

/// The deleting of a user.
pub fn delete_user(name: &str) -> Change {
    Change::DeleteUser { name: name.to_owned() }
}

/// A password that was set, as it is kept.
pub fn password() -> Credential {
    Credential { algorithm: "SHA512".to_owned(), work_factor: 10_000, key: vec![1; 64], salt: vec![2; 16] }
}
