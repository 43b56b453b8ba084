//! `namespace`: what may be done with globals and routines.

use super::Desk;
use crate::arguments::NamespaceCommand;
use crate::failure::{Failure, NEGATIVE};
use sclera::Matter;
use serde_json::json;

impl Desk<'_> {
    pub(super) fn namespace(&self, command: &NamespaceCommand) -> Result<u8, Failure> {
        match command {
            NamespaceCommand::List => {
                self.output.list(&self.instance.namespaces(self.session)?);
                Ok(0)
            }
            NamespaceCommand::Check { namespace, name, permissions, routine } => {
                let matter = if *routine { Matter::Routines } else { Matter::Globals };
                self.place(namespace, matter, name, permissions.as_deref())
            }
        }
    }

    fn place(
        &self,
        namespace: &str,
        matter: Matter,
        name: &str,
        wanted: Option<&str>,
    ) -> Result<u8, Failure> {
        let (instance, session) = (self.instance, self.session);
        let at = name.find('(').unwrap_or(name.len());
        let (global, subscript) = name.split_at(at);
        let Some(wanted) = wanted else {
            let held = instance.place_permission(session, namespace, matter, global, subscript)?;
            self.output.value(&json!({ "Permissions": held }));
            self.output.say(&held);
            return Ok(0);
        };
        let granted =
            instance.place_check(session, wanted, namespace, matter, global, subscript)?.is_granted();
        self.output.value(&json!({ "Granted": granted }));
        self.output.say(if granted { "1" } else { "0" });
        Ok(if granted { 0 } else { NEGATIVE })
    }
}
