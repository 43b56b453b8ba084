//! `token`: credentials of gateways and programs for HTTP.

use super::Desk;
use crate::arguments::TokenCommand;
use crate::failure::Failure;
use sclera::{Machine, NewMachine, Properties, Secret};
use serde_json::json;

impl Desk<'_> {
    pub(super) fn token(&self, command: &TokenCommand) -> Result<u8, Failure> {
        match command {
            TokenCommand::List => {
                let rows: Vec<Properties> = self.instance.machines(self.session)?.iter().map(row).collect();
                self.output.list(&rows);
            }
            TokenCommand::Create { name, user, scopes, addresses, days } => {
                let new = NewMachine { name, user, addresses, scopes, days: *days };
                let (machine, token) = self.instance.create_machine(self.session, &new)?;
                self.show_token(&machine, &token);
            }
            TokenCommand::Rotate { name, days } => {
                let (machine, token) = self.instance.rotate_machine(self.session, name, *days)?;
                self.show_token(&machine, &token);
            }
            TokenCommand::Revoke { name } => {
                self.instance.revoke_machine(self.session, name)?;
                self.output.changed(true, name, "revoked the credential");
            }
        }
        Ok(0)
    }

    /// The one time that a token is shown.
    fn show_token(&self, machine: &Machine, token: &Secret) {
        self.output.value(&json!({
            "Changed": true,
            "Name": machine.name,
            "Token": token.expose(),
            "Until": machine.until.to_string(),
        }));
        self.output.say(token.expose());
        self.output.mention(&format!(
            "the token of {}, which has the roles of {}, shown this once; it is good until {}",
            machine.name, machine.user, machine.until
        ));
    }
}

fn row(machine: &Machine) -> Properties {
    Properties::new()
        .with("Name", machine.name.as_str())
        .with("Username", machine.user.as_str())
        .with("Scopes", machine.scopes.as_str())
        .with("Addresses", machine.addresses.as_str())
        .with("Made", machine.made.to_string().as_str())
        .with("MadeBy", machine.made_by.as_str())
        .with("Until", machine.until.to_string().as_str())
        .with("ID", machine.id.as_str())
}
