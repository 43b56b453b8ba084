//! The roles of a new instance, and their SQL privileges.

use crate::choice::Product;
use crate::data::{Data, RESOURCES, ROLES, ResourceKind, RoleEntry, Rule, SqlEntry};
use crate::fault::Fault;
use crate::policy::{Found, New, put, said};
use sclera_core::id::{ResourceId, RoleId};
use sclera_core::name::{RoleName, same};
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::privilege::{self, Pair};
use sclera_core::property;
use sclera_core::role::{Origin, Role};
use sclera_core::sql::{Grantee, SqlPrivilege, SqlTarget};
use std::collections::BTreeMap;

/// Who granted what the product itself grants.
const GRANTOR: &str = "_SYSTEM";

/// Stands for every namespace that is enabled for interoperability.
const EVERY_NAMESPACE: &str = "*";

impl New<'_> {
    /// Puts in every role by its name alone. Each database resource has its role, in the file or not (ROL-9).
    pub(crate) fn name_roles(&mut self) -> Result<(), Fault> {
        let (data, product) = (self.data, self.choice.product);
        for role in data.roles.iter().filter(|role| role.is_made(data, product)) {
            let put = self.put_role(&role.name, role.origin());
            put.map_err(|problem| Fault::new(ROLES, &role.name, problem))?;
        }
        let made = data.resources.iter().filter(|resource| resource.is_made(product));
        for database in made.filter(|resource| resource.kind == ResourceKind::Database) {
            if self.policy.roles.named(&database.name).is_none() {
                let put = self.put_role(&database.name, Origin::Database);
                put.map_err(|problem| Fault::new(RESOURCES, &database.name, problem))?;
            }
        }
        Ok(())
    }

    fn put_role(&mut self, name: &str, origin: Origin) -> Result<(), String> {
        let name = RoleName::predefined(name).map_err(said)?;
        put(&mut self.policy.roles, Role::new(RoleId(self.ids.next_object()), name, origin))
    }

    /// Gives the roles what they hold.
    pub(crate) fn fill_roles(&mut self) -> Result<(), Fault> {
        for named in self.policy.clone().roles.iter() {
            let entry = self.data.roles.iter().find(|entry| entry.name == named.name.as_str());
            let filled = match entry {
                Some(entry) => self.filled(named.clone(), entry),
                None => Ok(self.with_database(named.clone())),
            };
            let role = filled.map_err(|problem| Fault::new(ROLES, named.name.as_str(), problem))?;
            self.policy.roles.put(role);
        }
        Ok(())
    }

    fn filled(&self, role: Role, entry: &RoleEntry) -> Result<Role, String> {
        let stored = entry.privileges.iter().map(|text| (text, false));
        let assumed = entry.assumed.iter().map(|text| (text, true));
        let (mut all, mut not_known) = (BTreeMap::new(), BTreeMap::new());
        for (text, chosen_by_us) in stored.chain(assumed) {
            let Some(privilege) = self.privilege(text)? else { continue };
            privilege.add_to(&mut all);
            if chosen_by_us || privilege.equivalent {
                privilege.add_to(&mut not_known);
            }
        }
        Ok(Role {
            description: entry.description.clone(),
            grants: self.grants(entry)?,
            privileges: all,
            assumed: property::privileges_text(&not_known, &self.policy),
            ..role
        })
    }

    /// Reads a privilege; none where the product has neither the resource nor an equivalent.
    fn privilege(&self, text: &str) -> Result<Option<Privilege>, String> {
        let Pair { resource, permissions } = privilege::pair(text).map_err(said)?;
        if permissions.is_empty() {
            return Err(format!("`{text}` gives nothing"));
        }
        let (resource, equivalent) = match self.find(&resource)? {
            Found::Itself(resource) => (resource, false),
            Found::Equivalent(resource) => (resource, true),
            Found::Missing => return Ok(None),
        };
        let permissions = if resource.is_database() { permissions.on_database() } else { permissions };
        Ok(Some(Privilege { resource: resource.id, permissions, equivalent }))
    }

    /// The roles granted, without those that the product lacks.
    fn grants(&self, entry: &RoleEntry) -> Result<Vec<RoleId>, String> {
        let unknown = |name: &&String| !self.data.roles.iter().any(|role| role.name == **name);
        if let Some(name) = entry.grants.iter().find(unknown) {
            return Err(format!("there is no role `{name}`"));
        }
        Ok(entry.grants.iter().filter_map(|name| Some(self.policy.roles.named(name)?.id)).collect())
    }

    fn with_database(&self, mut role: Role) -> Role {
        let resource = self.policy.resource(role.name.as_str()).map(|resource| resource.id);
        role.privileges.extend(resource.map(|id| (id, Permissions::READ | Permissions::WRITE)));
        role
    }
}

/// One privilege of a role.
struct Privilege {
    resource: ResourceId,
    permissions: Permissions,
    /// The file names another resource, of which this one is the equivalent.
    equivalent: bool,
}

impl Privilege {
    /// Several entries on one resource are united.
    fn add_to(&self, held: &mut BTreeMap<ResourceId, Permissions>) {
        *held.entry(self.resource).or_default() |= self.permissions;
    }
}

impl RoleEntry {
    /// Tells whether the role is made. A template is not: its roles come with their namespaces.
    fn is_made(&self, data: &Data, product: Product) -> bool {
        let guarded = || data.resources.iter().any(|r| same(&r.name, &self.name) && r.is_made(product));
        self.products.contains(&product) && !self.template && (!self.implicit || guarded())
    }

    fn origin(&self) -> Origin {
        match self.rule {
            Some(Rule::All) => Origin::Everything,
            None if self.implicit => Origin::Database,
            None => Origin::Predefined,
        }
    }
}

/// The SQL privileges of the roles.
pub(crate) fn sql_privileges(data: &Data, policy: &Policy) -> Result<Vec<SqlPrivilege>, Fault> {
    let mut privileges = Vec::new();
    for entry in &data.roles {
        let Some(role) = policy.roles.named(&entry.name) else { continue };
        for sql in &entry.sql {
            let granted = sql.objects.iter().map(|object| sql_privilege(role.id, sql, object));
            let granted = granted.collect::<Result<Vec<_>, _>>();
            privileges.extend(granted.map_err(|problem| Fault::new(ROLES, &entry.name, problem))?);
        }
    }
    Ok(privileges)
}

fn sql_privilege(role: RoleId, entry: &SqlEntry, object: &str) -> Result<SqlPrivilege, String> {
    let target = SqlTarget::new(EVERY_NAMESPACE, Some((&entry.object_type, object)), &entry.privilege);
    let target = target.map_err(said)?;
    Ok(SqlPrivilege {
        grantee: Grantee::Role(role),
        namespace: target.namespace,
        object: target.object,
        privilege: target.privilege,
        grantor: GRANTOR.to_owned(),
        grantable: false,
    })
}
