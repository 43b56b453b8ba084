//! Rules for changing superservers (`services.md` section 9).
//!
//! Where there is any, exactly one is the system default. The first is it at once; another takes it over by being made it,
//! and then the one of before is it no more, in the same change, and has no switch on that only the default may have.

use super::config::{Config, exists, misnamed, missing};
use super::{Context, Object, Step, changed};
use crate::id::SuperserverId;
use crate::name::{NameFault, SuperserverName};
use crate::policy::{Policy, Table};
use crate::status::Status;
use crate::superserver::Superserver;
use alloc::boxed::Box;
use alloc::vec::Vec;

impl Config for Superserver {
    const OWN: &'static [&'static str] = &["SystemDefault"];
    const MISSING: fn(&str) -> Status = |name| missing("superserver", name);
    const EXISTS: fn(&str) -> Status = |name| exists("superserver", name);

    fn named(id: u32, name: &str) -> Result<Self, NameFault> {
        Ok(Self::new(SuperserverId(id), SuperserverName::new(name)?))
    }
    fn invalid(name: &str) -> Status {
        misnamed("superserver", name)
    }
    fn table(policy: &Policy) -> &Table<Self> {
        &policy.superservers
    }
    fn object(self) -> Object {
        Object::Superserver(Box::new(self))
    }
    fn judge(&self) -> Result<(), Status> {
        match self.beyond_its_place() {
            Some(switch) => Err(Status::general(alloc::format!(
                "{switch} is for the superserver that is the system default"
            ))),
            None => Ok(()),
        }
    }

    fn settle(
        &mut self,
        before: Option<&Self>,
        policy: &Policy,
        context: &Context<'_>,
    ) -> Result<Vec<Step>, Status> {
        let default = policy.superservers.system_default();
        let Some(other) = default.filter(|default| default.id != self.id) else {
            if before.is_some_and(|before| before.system_default) && !self.system_default {
                return Err(Status::general(
                    "one superserver is the system default: make another one it, and this one is it no more",
                ));
            }
            self.system_default = true;
            return Ok(Vec::new());
        };
        if !self.system_default {
            return Ok(Vec::new());
        }
        let after = other.clone().not_default();
        Ok(changed(after.clone().object(), other, &after, policy, context).into_iter().collect())
    }

    fn deletable(&self, policy: &Policy) -> Result<(), Status> {
        if self.system_default && policy.superservers.len() > 1 {
            return Err(Status::general(alloc::format!(
                "superserver {} is the system default: make another one it first",
                self.name
            )));
        }
        Ok(())
    }
}
