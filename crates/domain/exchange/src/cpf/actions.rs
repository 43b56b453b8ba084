//! Entries to steps, in the documented order (`security-classes.md` 12.2 and 12.3).

use super::lines::{ACTIONS, Entry, arguments, unquoted};
use super::{Notes, Step, Verb, sql, values};
use crate::document::Record;
use crate::malformed::Malformed;
use crate::table::{NAME, Table};
use sclera_core::change::Kind;
use sclera_core::name::quotable;
use zeroize::Zeroizing;

/// What an action is about.
enum About {
    Object(Verb, Kind),
    Sql(Verb, sql::Granted),
}

/// The actions on security settings, in the order in which they are taken, whatever stands first in the file; several
/// of one kind keep their order.
const ORDER: [(&str, About); 33] = [
    ("CreateSSLConfig", About::Object(Verb::Create, Kind::SslConfig)),
    ("ModifySSLConfig", About::Object(Verb::Modify, Kind::SslConfig)),
    ("ModifySystem", About::Object(Verb::Modify, Kind::System)),
    ("DeleteSSLConfig", About::Object(Verb::Delete, Kind::SslConfig)),
    ("ModifyEvent", About::Object(Verb::Modify, Kind::Event)),
    ("DeleteEvent", About::Object(Verb::Delete, Kind::Event)),
    ("CreateEvent", About::Object(Verb::Create, Kind::Event)),
    ("DeleteResource", About::Object(Verb::Delete, Kind::Resource)),
    ("CreateResource", About::Object(Verb::Create, Kind::Resource)),
    ("ModifyService", About::Object(Verb::Modify, Kind::Service)),
    ("DeleteUser", About::Object(Verb::Delete, Kind::User)),
    ("DeleteLDAPConfig", About::Object(Verb::Delete, Kind::LdapConfig)),
    ("DeleteApplication", About::Object(Verb::Delete, Kind::Application)),
    ("DeleteDocDB", About::Object(Verb::Delete, Kind::DocDb)),
    ("DeleteRole", About::Object(Verb::Delete, Kind::Role)),
    ("DeleteServer", About::Object(Verb::Delete, Kind::Superserver)),
    ("CreateServer", About::Object(Verb::Create, Kind::Superserver)),
    ("CreateRole", About::Object(Verb::Create, Kind::Role)),
    ("CreateDocDB", About::Object(Verb::Create, Kind::DocDb)),
    ("CreateLDAPConfig", About::Object(Verb::Create, Kind::LdapConfig)),
    ("CreateUser", About::Object(Verb::Create, Kind::User)),
    ("CreateApplication", About::Object(Verb::Create, Kind::Application)),
    ("ModifyResource", About::Object(Verb::Modify, Kind::Resource)),
    ("ModifyRole", About::Object(Verb::Modify, Kind::Role)),
    ("ModifyServer", About::Object(Verb::Modify, Kind::Superserver)),
    ("ModifyDocDB", About::Object(Verb::Modify, Kind::DocDb)),
    ("ModifyLDAPConfig", About::Object(Verb::Modify, Kind::LdapConfig)),
    ("ModifyUser", About::Object(Verb::Modify, Kind::User)),
    ("ModifyApplication", About::Object(Verb::Modify, Kind::Application)),
    ("RevokePrivilege", About::Sql(Verb::Revoke, sql::Granted::OnObjects)),
    ("RevokeAdminPrivilege", About::Sql(Verb::Revoke, sql::Granted::Administrative)),
    ("GrantPrivilege", About::Sql(Verb::Grant, sql::Granted::OnObjects)),
    ("GrantAdminPrivilege", About::Sql(Verb::Grant, sql::Granted::Administrative)),
];

/// Takes an entry: steps, each with its place in the order, or a note.
pub(super) fn take(
    entry: &Entry<'_>,
    steps: &mut Vec<(usize, Step)>,
    notes: &mut Notes,
) -> Result<(), Malformed> {
    if entry.is_in(ACTIONS) {
        return action(entry, steps, notes);
    }
    if entry.is_in("Startup") && entry.name == "PasswordHash" {
        if !entry.rest.is_empty() {
            let mut record = Record::new(Kind::User, String::new(), place(entry, None));
            record.password_hash = Some(core::mem::take(&mut *unquoted(entry.rest)));
            // Before any action, so that one on a single account has the last word.
            steps.push((0, Step { verb: Verb::FirstPasswords, record }));
        }
        return Ok(());
    }
    notes.add(format!("[{}]: it is no matter of security and left aside", quotable(entry.section)));
    Ok(())
}

fn action(entry: &Entry<'_>, steps: &mut Vec<(usize, Step)>, notes: &mut Notes) -> Result<(), Malformed> {
    if entry.name == STARTUP {
        return startup(entry, steps, notes);
    }
    let found = ORDER.iter().enumerate().find(|(_, (name, _))| *name == entry.name);
    let Some((rank, (_, about))) = found else {
        notes.add(left_aside(entry.name));
        return Ok(());
    };
    let given = arguments(entry)?;
    match about {
        About::Object(verb, kind) => {
            let record = object(entry, *verb, *kind, given, notes)?;
            steps.push((rank + 1, Step { verb: *verb, record }));
        }
        About::Sql(verb, granted) => {
            let at = place(entry, None);
            let wrong = |fault| Malformed::contents(&at, fault);
            for sql in sql::read(*granted, &given, notes).map_err(wrong)? {
                let name = sql.grantee.clone();
                let record = Record { sql: Some(sql), ..Record::new(Kind::SqlPrivilege, name, at.clone()) };
                steps.push((rank + 1, Step { verb: *verb, record }));
            }
        }
    }
    Ok(())
}

/// `ModifyStartup` sets what stands in `[Startup]`, of which the first password alone is a matter of security.
fn startup(entry: &Entry<'_>, steps: &mut Vec<(usize, Step)>, notes: &mut Notes) -> Result<(), Malformed> {
    for (key, value) in arguments(entry)? {
        if key == "PasswordHash" {
            if !value.is_empty() {
                let mut record = Record::new(Kind::User, String::new(), place(entry, None));
                record.password_hash = Some(value.as_str().to_owned());
                steps.push((0, Step { verb: Verb::FirstPasswords, record }));
            }
        } else {
            notes.add(format!("{STARTUP} {}: it is no matter of security and left aside", quotable(key)));
        }
    }
    Ok(())
}

fn object(
    entry: &Entry<'_>,
    verb: Verb,
    kind: Kind,
    given: Vec<(&str, Zeroizing<String>)>,
    notes: &mut Notes,
) -> Result<Record, Malformed> {
    let named = values::name(kind, &given);
    let at = place(entry, named.as_deref().ok());
    let wrong = |fault| Malformed::contents(&at, fault);
    let mut record = Record::new(kind, named.map_err(wrong)?, at.clone());
    if verb == Verb::Delete {
        return Ok(record);
    }
    let table = Table::of(kind);
    let of_name = |key: &str| match kind {
        Kind::Event => [NAME, "Source", "Type"].contains(&key),
        Kind::DocDb => [NAME, "Namespace"].contains(&key),
        Kind::Superserver => ["Port", "BindAddress"].contains(&key),
        _ => key == NAME,
    };
    for (key, value) in given.into_iter().filter(|(key, _)| !of_name(key)) {
        values::set(&mut record, &table, key, value, notes).map_err(wrong)?;
    }
    Ok(record)
}

const STARTUP: &str = "ModifyStartup";

/// Why an action is not taken.
fn left_aside(name: &str) -> String {
    let shown = quotable(name);
    match name {
        "Execute" => "Execute: it is left aside; no code is run by a merge".to_owned(),
        _ if OTHER.iter().any(|word| name.ends_with(word)) => {
            format!("{shown}: it is no matter of security and left aside")
        }
        _ if name.ends_with("WebAppPctAccess") || name.contains("OAuth2") || name.contains("Wallet") => {
            format!("{shown}: it is not supported and left aside")
        }
        _ => format!("{shown}: the unknown action is left aside"),
    }
}

/// What other actions are about.
const OTHER: [&str; 9] = [
    "Database",
    "DatabaseFile",
    "Namespace",
    "MapGlobal",
    "MapRoutine",
    "MapPackage",
    "Journal",
    "Config",
    "Production",
];

fn place(entry: &Entry<'_>, name: Option<&str>) -> String {
    let action = quotable(entry.name);
    match name {
        Some(name) => format!("{action} \"{}\", line {}", quotable(name), entry.line),
        None => format!("{action}, line {}", entry.line),
    }
}
