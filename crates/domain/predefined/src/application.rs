//! The applications of a new instance.

use crate::data::{APPLICATIONS, ApplicationEntry};
use crate::fault::Fault;
use crate::policy::{Found, New, put, said};
use sclera_core::application::Application;
use sclera_core::id::ApplicationId;
use sclera_core::name::ApplicationName;
use sclera_core::property::{Properties, assign};

const SYSTEM: i64 = 1;
const WEB: i64 = 2;

impl New<'_> {
    pub(crate) fn put_applications(&mut self) -> Result<(), Fault> {
        let product = self.choice.product;
        let made = self.data.applications.iter().filter(|a| a.created && a.products.contains(&product));
        for entry in made {
            let fault = |problem| Fault::new(APPLICATIONS, &entry.name, problem);
            let id = ApplicationId(self.ids.next_object());
            let application = self.application(id, entry).map_err(fault)?;
            put(&mut self.policy.applications, application).map_err(fault)?;
        }
        Ok(())
    }

    fn application(&self, id: ApplicationId, entry: &ApplicationEntry) -> Result<Application, String> {
        let mut application = Application::new(id, ApplicationName::new(&entry.name).map_err(said)?);
        let mut given = Properties::new()
            .with("Description", entry.description.as_str())
            .with("Enabled", *entry.enabled.at(self.choice.level))
            .with("Resource", self.guard(entry)?)
            .with("MatchRoles", entry.match_roles.join(",").as_str())
            .with("AutheEnabled", *entry.mask.at(self.choice.level))
            .with("NameSpace", entry.namespace.as_str())
            .with("DispatchClass", entry.dispatch_class.as_str())
            .with("GroupById", entry.group.as_str())
            .with("JWTAuthEnabled", entry.tokens)
            .with("Type", if entry.system { SYSTEM | WEB } else { WEB });
        if let Some(timeout) = entry.timeout {
            given.set("Timeout", timeout);
        }
        assign(&mut application, &given, &self.policy).map_err(said)?;
        Ok(application)
    }

    /// The resource of an application. Without one it would be open, so the product must have it.
    fn guard(&self, entry: &ApplicationEntry) -> Result<&str, String> {
        let Some(name) = &entry.resource else { return Ok("") };
        match self.find(name)? {
            Found::Itself(resource) | Found::Equivalent(resource) => Ok(resource.name.as_str()),
            Found::Missing => Err(format!("the product has no resource `{name}`")),
        }
    }
}
