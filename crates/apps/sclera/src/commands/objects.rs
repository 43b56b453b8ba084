//! Roles, resources, applications, services and settings: the same verbs for all.

use super::Desk;
use crate::arguments::{EventCommand, EventsSelected, ObjectCommand, ResourceCommand, RoleCommand, Settings};
use crate::failure::{Failure, NEGATIVE};
use crate::properties;
use sclera::{Change, EventSelection, Kind, Matching, Mode, Receipt, Selection};
use serde_json::json;

impl Desk<'_> {
    pub(super) fn object(&self, kind: Kind, command: &ObjectCommand) -> Result<u8, Failure> {
        match command {
            ObjectCommand::List { names } => self.list(kind, names.as_deref()),
            ObjectCommand::Show { name } => self.show(kind, name),
            ObjectCommand::Create { name, set } => self.create(kind, name, set),
            ObjectCommand::Copy { name, new_name, set } => {
                let properties = properties::given(kind, &set.set)?;
                let (name, new_name) = (name.clone(), new_name.clone());
                self.perform(Change::CopyObject { kind, name, new_name, properties })
            }
            ObjectCommand::Exists { name } => self.exists(kind, name),
            ObjectCommand::Modify { name, set } => self.modify(kind, name, set),
            ObjectCommand::Delete { name } => self.delete(kind, name),
            ObjectCommand::Transfer(transfer) => self.transfer(kind, transfer),
        }
    }

    pub(super) fn role(&self, command: &RoleCommand) -> Result<u8, Failure> {
        match command {
            RoleCommand::Object(command) => self.object(Kind::Role, command),
            RoleCommand::Rename { name, new_name } => {
                self.perform(Change::RenameRole { name: name.clone(), new_name: new_name.clone() })
            }
            RoleCommand::InUse { name } => self.in_use(Kind::Role, name),
            RoleCommand::Holding { resources } => {
                self.output.list(&self.instance.roles(self.session, &Selection::all(), resources)?);
                Ok(0)
            }
            RoleCommand::Resources { roles } => {
                let set = self.instance.resource_set_of_roles(self.session, roles)?;
                Ok(self.say_resources(roles, &set))
            }
            RoleCommand::CopySql { from, to, namespaces } => {
                let namespaces = namespaces.split(',').map(str::trim).filter(|name| !name.is_empty());
                let namespaces = namespaces.map(str::to_owned).collect();
                self.perform(Change::CopySqlPrivileges { from: from.clone(), to: to.clone(), namespaces })
            }
        }
    }

    pub(super) fn resource(&self, command: &ResourceCommand) -> Result<u8, Failure> {
        match command {
            ResourceCommand::Object(command) => self.object(Kind::Resource, command),
            ResourceCommand::InUse { name } => self.in_use(Kind::Resource, name),
        }
    }

    pub(super) fn event(&self, command: &EventCommand) -> Result<u8, Failure> {
        match command {
            EventCommand::Object(command) => return self.object(Kind::Event, command),
            EventCommand::Counts { which } => {
                self.output.list(&self.instance.events(self.session, &selected(which))?);
            }
            EventCommand::Clear { which } => {
                let cleared = self.instance.clear_event_counts(self.session, &selected(which))?;
                self.output.value(&json!({ "Changed": cleared > 0, "Name": "counters", "Events": cleared }));
                self.output.mention(&format!("cleared the counters of {cleared} events"));
            }
        }
        Ok(0)
    }

    fn in_use(&self, kind: Kind, name: &str) -> Result<u8, Failure> {
        self.output.record(&self.instance.in_use(self.session, kind, name)?);
        Ok(0)
    }

    pub(super) fn list(&self, kind: Kind, names: Option<&str>) -> Result<u8, Failure> {
        let names = Selection::new(names.unwrap_or("*"), Matching::Exact);
        self.output.list(&self.instance.list(self.session, kind, &names)?);
        Ok(0)
    }

    pub(super) fn show(&self, kind: Kind, name: &str) -> Result<u8, Failure> {
        self.output.record(&self.instance.show(self.session, kind, name)?);
        Ok(0)
    }

    /// Says whether there is an object of a name.
    pub(super) fn exists(&self, kind: Kind, name: &str) -> Result<u8, Failure> {
        let exists = self.instance.exists(self.session, kind, name)?;
        self.output.value(&json!({ "Name": name, "Exists": exists }));
        self.output.say(if exists { "1" } else { "0" });
        Ok(if exists { 0 } else { NEGATIVE })
    }

    fn create(&self, kind: Kind, name: &str, set: &Settings) -> Result<u8, Failure> {
        let properties = properties::given(kind, &set.set)?;
        let name = name.to_owned();
        self.perform(match kind {
            Kind::Resource => Change::CreateResource { name, properties },
            Kind::Role => Change::CreateRole { name, properties },
            Kind::Application => Change::CreateApplication { name, properties },
            kind => Change::CreateConfig { kind, name, properties },
        })
    }

    pub(super) fn modify(&self, kind: Kind, name: &str, set: &Settings) -> Result<u8, Failure> {
        let properties = properties::given(kind, &set.set)?;
        let name = name.to_owned();
        self.perform(match kind {
            Kind::Resource => Change::ModifyResource { name, properties },
            Kind::Role => Change::ModifyRole { name, properties },
            Kind::Service => Change::ModifyService { name, properties },
            Kind::System => Change::ModifySystem { properties },
            Kind::Application => Change::ModifyApplication { name, properties },
            kind => Change::ModifyConfig { kind, name, properties },
        })
    }

    fn delete(&self, kind: Kind, name: &str) -> Result<u8, Failure> {
        let name = name.to_owned();
        self.perform(match kind {
            Kind::Resource => Change::DeleteResource { name },
            Kind::Role => Change::DeleteRole { name },
            Kind::Application => Change::DeleteApplication { name },
            kind => Change::DeleteConfig { kind, name },
        })
    }

    /// Says that other processes do not know of a change yet.
    pub(super) fn tell_unpublished(&self, receipt: &Receipt) {
        if let Some(why) = &receipt.unpublished {
            self.output
                .warn(&format!("the change was made, and attached processes do not know it yet: {why}"));
        }
    }

    /// Asks for a change and says what came of it.
    pub(super) fn perform(&self, change: Change) -> Result<u8, Failure> {
        if self.mode == Mode::Simulate {
            let receipt = self.instance.simulate(self.session, [change])?;
            return Ok(self.say_plan(&receipt, &[], self.mode));
        }
        let (verb, name) = words(&change);
        let receipt = self.instance.submit(self.session, change)?;
        self.tell_unpublished(&receipt);
        let stored = receipt.entries.first().map_or(name, |entry| entry.name.clone());
        self.output.changed(receipt.has_changed(), &stored, &verb);
        Ok(0)
    }
}

fn selected(which: &EventsSelected) -> EventSelection {
    let list = |text: &str| Selection::new(text, Matching::Exact);
    EventSelection { sources: list(&which.sources), types: list(&which.types), names: list(&which.events) }
}

/// What was done, and to what.
fn words(change: &Change) -> (String, String) {
    let of = |done: &str, kind: Kind, name: &String| (format!("{done} {}", kind.word()), name.clone());
    let said = |done: &str, name: &String| (done.to_owned(), name.clone());
    match change {
        Change::CreateResource { name, .. } => of("created", Kind::Resource, name),
        Change::CreateRole { name, .. } => of("created", Kind::Role, name),
        Change::CreateApplication { name, .. } => of("created", Kind::Application, name),
        Change::CreateUser { name, .. } | Change::CopyUser { new_name: name, .. } => {
            of("created", Kind::User, name)
        }
        Change::CreateConfig { kind, name, .. } | Change::CopyObject { kind, new_name: name, .. } => {
            of("created", *kind, name)
        }
        Change::RenameRole { new_name, .. } => of("renamed", Kind::Role, new_name),
        Change::ImportUser { name, .. } => of("imported", Kind::User, name),
        Change::AdoptUser { name, .. } => of("adopted", Kind::User, name),
        Change::ModifyResource { name, .. } => of("modified", Kind::Resource, name),
        Change::ModifyRole { name, .. } => of("modified", Kind::Role, name),
        Change::ModifyService { name, .. } => of("modified", Kind::Service, name),
        Change::ModifyApplication { name, .. } => of("modified", Kind::Application, name),
        Change::ModifyUser { name, .. }
        | Change::UpgradeCredential { name, .. }
        | Change::ResealKey { name, .. }
        | Change::MarkPassword { user: name, .. }
        | Change::ChangeOwnPassword { user: name, .. } => of("modified", Kind::User, name),
        Change::ModifyConfig { kind, name, .. } | Change::SetSecret { kind, name, .. } => {
            of("modified", *kind, name)
        }
        Change::ModifySystem { .. } => ("modified system settings".to_owned(), "SYSTEM".to_owned()),
        Change::DeleteResource { name } => of("deleted", Kind::Resource, name),
        Change::DeleteRole { name } => of("deleted", Kind::Role, name),
        Change::DeleteUser { name } => of("deleted", Kind::User, name),
        Change::DeleteApplication { name } => of("deleted", Kind::Application, name),
        Change::DeleteConfig { kind, name } => of("deleted", *kind, name),
        Change::ChangeRoles { user, .. } => said("changed the roles of", user),
        Change::CopySqlPrivileges { to, .. } => said("granted to", to),
        Change::GrantSql { grantee, .. } | Change::GrantSqlBy { grantee, .. } => said("granted to", grantee),
        Change::RevokeSql { grantee, .. } => said("revoked from", grantee),
    }
}
