//! `service`: the settings of services, and restarting them.

use super::Desk;
use crate::arguments::ServiceCommand;
use crate::failure::Failure;
use crate::properties;
use sclera::{Asked, Change, Kind, Mode, Request, Restarted};
use serde_json::json;

impl Desk<'_> {
    pub(super) fn service(&self, command: &ServiceCommand) -> Result<u8, Failure> {
        match command {
            ServiceCommand::List { names } => self.list(Kind::Service, names.as_deref()),
            ServiceCommand::Show { name } => self.show(Kind::Service, name),
            ServiceCommand::Modify { name, set, no_restart: false } => self.modify(Kind::Service, name, set),
            ServiceCommand::Modify { name, set, no_restart: true } => {
                let properties = properties::given(Kind::Service, &set.set)?;
                let change = Change::ModifyService { name: name.clone(), properties };
                let asked = Asked { request: Request::Change(change), place: String::new() };
                let receipt = self.instance.submit_all(self.session, [asked], Mode::Defer)?;
                self.tell_unpublished(&receipt);
                let stored = receipt.entries.first().map_or(name, |entry| &entry.name);
                self.output.changed(receipt.has_changed(), stored, "stored, to be applied by a restart:");
                Ok(0)
            }
            ServiceCommand::Restart { name, now } => {
                let Restarted { name, applied, ended } =
                    self.instance.restart_service(self.session, name, *now)?;
                self.output
                    .value(&json!({ "Changed": applied || ended > 0, "Name": name, "Sessions": ended }));
                let ended = if *now { format!("; {ended} sessions ended") } else { String::new() };
                self.output.mention(&format!("restarted service {name}{ended}"));
                Ok(0)
            }
            ServiceCommand::Transfer(transfer) => self.transfer(Kind::Service, transfer),
        }
    }
}
