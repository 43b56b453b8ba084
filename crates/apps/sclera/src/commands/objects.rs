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
        self.output.changed(receipt.has_changed(), &stored, verb);
        Ok(0)
    }
}

fn selected(which: &EventsSelected) -> EventSelection {
    let list = |text: &str| Selection::new(text, Matching::Exact);
    EventSelection { sources: list(&which.sources), types: list(&which.types), names: list(&which.events) }
}

fn words(change: &Change) -> (&'static str, String) {
    match change {
        Change::CreateResource { name, .. } => ("created resource", name.clone()),
        Change::CreateRole { name, .. } => ("created role", name.clone()),
        Change::CreateUser { name, .. } => ("created user", name.clone()),
        Change::CopyObject { kind, new_name, .. } => (copied_word(*kind), new_name.clone()),
        Change::RenameRole { new_name, .. } => ("renamed role", new_name.clone()),
        Change::CopySqlPrivileges { to, .. } => ("granted to", to.clone()),
        Change::CreateConfig { kind, name, .. } => {
            (config_word(*kind, ["created event", "created ssl", "created ldap"]), name.clone())
        }
        Change::ModifyConfig { kind, name, .. } | Change::SetSecret { kind, name, .. } => {
            (config_word(*kind, ["modified event", "modified ssl", "modified ldap"]), name.clone())
        }
        Change::DeleteConfig { kind, name } => {
            (config_word(*kind, ["deleted event", "deleted ssl", "deleted ldap"]), name.clone())
        }
        Change::CreateApplication { name, .. } => ("created application", name.clone()),
        Change::ModifyResource { name, .. } => ("modified resource", name.clone()),
        Change::ModifyRole { name, .. } => ("modified role", name.clone()),
        Change::ImportUser { name, .. } => ("imported user", name.clone()),
        Change::CopyUser { new_name, .. } => ("created user", new_name.clone()),
        Change::AdoptUser { name, .. } => ("adopted user", name.clone()),
        Change::ModifyUser { name, .. }
        | Change::UpgradeCredential { name, .. }
        | Change::ResealKey { name, .. }
        | Change::MarkPassword { user: name, .. }
        | Change::ChangeOwnPassword { user: name, .. } => ("modified user", name.clone()),
        Change::ModifyService { name, .. } => ("modified service", name.clone()),
        Change::ModifyApplication { name, .. } => ("modified application", name.clone()),
        Change::ModifySystem { .. } => ("modified system settings", "SYSTEM".to_owned()),
        Change::DeleteResource { name } => ("deleted resource", name.clone()),
        Change::DeleteRole { name } => ("deleted role", name.clone()),
        Change::DeleteUser { name } => ("deleted user", name.clone()),
        Change::DeleteApplication { name } => ("deleted application", name.clone()),
        Change::ChangeRoles { user, .. } => ("changed the roles of", user.clone()),
        Change::GrantSql { grantee, .. } | Change::GrantSqlBy { grantee, .. } => {
            ("granted to", grantee.clone())
        }
        Change::RevokeSql { grantee, .. } => ("revoked from", grantee.clone()),
    }
}

fn copied_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Resource => "created resource",
        Kind::Role => "created role",
        Kind::Application => "created application",
        kind => config_word(kind, ["created event", "created ssl", "created ldap"]),
    }
}

fn config_word(kind: Kind, [event, ssl, ldap]: [&'static str; 3]) -> &'static str {
    match kind {
        Kind::Event => event,
        Kind::SslConfig => ssl,
        _ => ldap,
    }
}
