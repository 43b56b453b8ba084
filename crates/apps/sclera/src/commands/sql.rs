//! `sql-privilege`: what users and roles may do by SQL.

use super::Desk;
use crate::arguments::{SqlArguments, SqlCommand};
use crate::failure::{Failure, NEGATIVE};
use sclera::{Change, Kind, SqlTarget};
use serde_json::json;

impl Desk<'_> {
    pub(super) fn sql(&self, command: &SqlCommand) -> Result<u8, Failure> {
        match command {
            SqlCommand::List { grantee } => {
                self.output.list(&self.instance.sql_privileges(self.session, grantee.as_deref())?);
                Ok(0)
            }
            SqlCommand::Create { target, grantable } => {
                let (grantee, grantable) = (target.grantee.clone(), *grantable);
                self.perform(Change::GrantSql { target: read(target)?, grantee, grantable })
            }
            SqlCommand::Check { target, grantable } => {
                let wanted = read(target)?;
                let held = self.instance.check_sql(self.session, &target.grantee, &wanted, *grantable)?;
                let granted = held.is_granted();
                self.output.value(&json!({ "Name": target.grantee, "Granted": granted }));
                self.output.say(if granted { "1" } else { "0" });
                Ok(if granted { 0 } else { NEGATIVE })
            }
            SqlCommand::Transfer(transfer) => self.transfer(Kind::SqlPrivilege, transfer),
            SqlCommand::Delete { target, cascade } => {
                let (grantee, cascade) = (target.grantee.clone(), *cascade);
                self.perform(Change::RevokeSql { target: read(target)?, grantee, cascade })
            }
        }
    }
}

fn read(given: &SqlArguments) -> Result<SqlTarget, Failure> {
    let object =
        given.object.as_deref().map(|object| object.split_once([' ', ',']).unwrap_or(("table", object)));
    Ok(SqlTarget::new(&given.namespace, object, &given.privilege)?)
}
