//! The resources of a new instance.

use crate::choice::{Choice, Product, Profile};
use crate::data::{RESOURCES, ResourceEntry, ResourceKind};
use crate::fault::Fault;
use crate::policy::{New, put, said};
use sclera_core::id::ResourceId;
use sclera_core::name::ResourceName;
use sclera_core::permission::Permissions;
use sclera_core::resource::{Resource, ResourceType};

impl New<'_> {
    pub(crate) fn put_resources(&mut self) -> Result<(), Fault> {
        for entry in self.data.resources.iter().filter(|entry| entry.is_made(self.choice.product)) {
            let fault = |problem| Fault::new(RESOURCES, &entry.name, problem);
            let id = ResourceId(self.ids.next_object());
            let resource = resource(id, entry, self.choice).map_err(fault)?;
            put(&mut self.policy.resources, resource).map_err(fault)?;
        }
        Ok(())
    }
}

fn resource(id: ResourceId, entry: &ResourceEntry, choice: Choice) -> Result<Resource, String> {
    let name = ResourceName::predefined(&entry.name).map_err(said)?;
    Ok(Resource {
        description: entry.description.clone(),
        public: Permissions::from_property(entry.public(choice)).map_err(said)?,
        kind: entry.bits(),
        takes: Permissions::from_property(&entry.takes).map_err(said)?,
        predefined: !entry.removable,
        assumed: entry.assumed(choice.product),
        ..Resource::new(id, name)
    })
}

impl ResourceEntry {
    pub(crate) fn is_made(&self, product: Product) -> bool {
        self.created && self.products.contains(&product)
    }

    fn public(&self, choice: Choice) -> &str {
        let compatible = choice.profile == Profile::Compatible && choice.product == Product::Iris;
        let public = self.public_compatible.as_ref().filter(|_| compatible).or(self.public.as_ref());
        public.map_or("", |public| public.at(choice.level))
    }

    /// The bits that exports of the product show. The resources of interoperability stand there as if a user had made
    /// them (Q40).
    fn bits(&self) -> ResourceType {
        let kind = match self.kind {
            ResourceKind::System | ResourceKind::Gateway => ResourceType::APPLICATION,
            ResourceKind::Database => ResourceType::DATABASE,
            ResourceKind::Service => ResourceType::SERVICE,
            ResourceKind::DeepSee => ResourceType::DEEPSEE,
            ResourceKind::Application => return ResourceType::USER_DEFINED,
        };
        if self.removable { kind } else { kind.and(ResourceType::SYSTEM) }
    }

    /// The assumptions that concern a product: that Cache has a resource is one about Cache alone.
    fn assumed(&self, product: Product) -> String {
        let concerns = |word: &&str| product == Product::Cache || *word != "cache";
        self.assumed.iter().map(String::as_str).filter(concerns).collect::<Vec<_>>().join(", ")
    }
}
