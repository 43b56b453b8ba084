//! The services of a new instance.

use crate::choice::{Choice, Product};
use crate::data::{SERVICES, ServiceEntry, ServiceKind};
use crate::fault::Fault;
use crate::policy::{Found, New, put, said};
use sclera_core::id::ServiceId;
use sclera_core::name::ServiceName;
use sclera_core::service::Service;

impl New<'_> {
    pub(crate) fn put_services(&mut self) -> Result<(), Fault> {
        for entry in &self.data.services {
            let fault = |problem| Fault::new(SERVICES, &entry.name, problem);
            let guards = self.guards(entry).map_err(fault)?;
            let id = ServiceId(self.ids.next_object());
            let service = service(id, entry, guards, self.choice).map_err(fault)?;
            put(&mut self.policy.services, service).map_err(fault)?;
        }
        Ok(())
    }

    /// The resources whose Use the service asks, without those that the product lacks. Where it lacks them all they
    /// stay in the list: nobody but a holder of `%All` has Use on what does not exist, while a service that asked for
    /// nothing would be open to all.
    fn guards(&self, entry: &ServiceEntry) -> Result<Vec<String>, String> {
        let own = entry.resources_cache.as_ref().filter(|_| self.choice.product == Product::Cache);
        let listed = own.unwrap_or(&entry.resources);
        if listed.is_empty() != (entry.kind == ServiceKind::Basic) {
            return Err("basic services ask for no resource, all others do".to_owned());
        }
        let mut guards = Vec::new();
        for name in listed {
            if let Found::Itself(resource) | Found::Equivalent(resource) = self.find(name)? {
                guards.push(resource.name.to_string());
            }
        }
        if guards.is_empty() {
            guards.clone_from(listed);
        }
        Ok(guards)
    }
}

fn service(
    id: ServiceId,
    entry: &ServiceEntry,
    resources: Vec<String>,
    choice: Choice,
) -> Result<Service, String> {
    let mechanisms = *entry.mask.at(choice.level);
    let extra = mechanisms & !entry.storable_mask;
    if extra != 0 {
        return Err(format!("its mask has bits that cannot be stored: {extra}"));
    }
    let name = ServiceName::predefined(&entry.name).map_err(said)?;
    Ok(Service {
        description: entry.description.clone(),
        enabled: *entry.enabled.at(choice.level),
        mechanisms,
        storable_mechanisms: entry.storable_mask,
        capabilities: entry.capabilities,
        resources,
        assumed: entry.assumed.join(", "),
        ..Service::new(id, name)
    })
}
