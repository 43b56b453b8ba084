//! The settings of a new instance, made from the files.

use crate::choice::{Choice, Product};
use crate::data::Data;
use crate::fault::Fault;
use sclera_core::id::Ids;
use sclera_core::name::same;
use sclera_core::policy::{Entry, Policy, Table};
use sclera_core::resource::Resource;
use std::fmt::Display;

/// Makes the settings. Ids are given in the order of the files: roles first, because `$ROLES` lists them by number
/// (`authorization.md` PRC-8, Q19), then resources, services, applications and events.
pub(crate) fn make(data: &Data, choice: Choice, ids: &mut Ids) -> Result<Policy, Fault> {
    let mut new = New { data, choice, ids, policy: Policy::default() };
    new.name_roles()?;
    new.put_resources()?;
    new.fill_roles()?;
    new.put_services()?;
    new.put_applications()?;
    new.put_events()?;
    new.policy.system = new.system()?;
    Ok(new.policy)
}

/// Settings in the making.
pub(crate) struct New<'a> {
    pub(crate) data: &'a Data,
    pub(crate) choice: Choice,
    pub(crate) ids: &'a mut Ids,
    pub(crate) policy: Policy,
}

/// What a resource that the files name is in the product of choice.
pub(crate) enum Found<'a> {
    Itself(&'a Resource),
    Equivalent(&'a Resource),
    Missing,
}

impl New<'_> {
    /// Finds a resource of the files. One that no file knows is a slip of the pen.
    pub(crate) fn find(&self, name: &str) -> Result<Found<'_>, String> {
        let no_such = |name: &str| format!("there is no resource `{name}`");
        if let Some(resource) = self.policy.resource(name) {
            return Ok(Found::Itself(resource));
        }
        if !self.data.resources.iter().any(|known| same(&known.name, name)) {
            return Err(no_such(name));
        }
        match self.equivalent(name) {
            None => Ok(Found::Missing),
            Some(other) => self.policy.resource(other).map(Found::Equivalent).ok_or_else(|| no_such(other)),
        }
    }

    fn equivalent(&self, name: &str) -> Option<&str> {
        let mut equivalents = self.data.equivalents.iter().filter(|_| self.choice.product == Product::Cache);
        equivalents.find(|known| same(&known.iris, name)).map(|known| known.cache.as_str())
    }
}

/// Puts a new object in; no two have one name.
pub(crate) fn put<T: Entry>(table: &mut Table<T>, object: T) -> Result<(), String> {
    if table.named(object.key().as_str()).is_some() {
        return Err("it stands twice".to_owned());
    }
    table.put(object);
    Ok(())
}

pub(crate) fn said(problem: impl Display) -> String {
    problem.to_string()
}
