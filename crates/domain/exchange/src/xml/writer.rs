//! Records to elements, in the layout that the original writes (`export-xml.md` sections 2 to 6).

use super::encoding::LDAP_ATTRIBUTES;
use super::orders::{self, Order, When};
use super::reader::is_allowed;
use super::records::SECRETS;
use super::sql::SET;
use super::user;
use crate::document::{GrantOption, Record};
use crate::sql::SqlRecord;
use crate::table::{NAME, Shape, Table};
use crate::writer::{Part, Unwritable};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use core::fmt::Write as _;
use sclera_core::change::Kind;
use sclera_core::permission::Permissions;
use sclera_core::privilege::pairs;
use sclera_core::property::Value;
use sclera_core::sql::{ADMINISTRATIVE, OBJECT_PRIVILEGES, OBJECT_TYPES};
use sclera_core::superserver;
use zeroize::Zeroizing;

/// The level of the format that is written.
const LEVEL: &str = "2024.3";
/// The day that stands for none.
const NO_DAY: &str = "1840-12-31";

/// Writes an export in pieces.
pub(crate) struct Writer {
    text: Zeroizing<String>,
    /// The root inside of which parts are roots of their own; else the first part is the root.
    whole: bool,
    /// The root that is open, and whether its start tag is written.
    root: Option<(String, bool)>,
    /// How many parts have begun.
    parts: usize,
    kind: Option<(Kind, Table, Order)>,
    /// Roles that grant roles: they are written again, whole, after all others (section 5.1).
    again: Zeroizing<String>,
    /// The administrative privileges of one grantee in one namespace, while they are gathered.
    set: Option<Set>,
}

struct Set {
    namespace: String,
    grantee: String,
    levels: [u8; ADMINISTRATIVE.len()],
}

impl Writer {
    /// Begins a file: with `whole`, all parts stand in one `SecurityExport`; else the first part is the root, and others
    /// stand in it.
    pub(crate) fn new(whole: bool) -> Self {
        let mut text = Zeroizing::new(String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"));
        if whole {
            text.push_str("<SecurityExport>\n");
        }
        Self { text, whole, root: None, parts: 0, kind: None, again: Zeroizing::default(), set: None }
    }

    /// Begins a part.
    pub(crate) fn begin(&mut self, part: &Part) {
        if let Part::Records(kind) = part {
            self.kind = orders::of(*kind).map(|order| (*kind, Table::of(*kind), order));
        }
        self.parts += 1;
        // The first root of a file with one class stays open, for what belongs to its records stands in it.
        if !self.whole && self.parts == 1 {
            self.line(0, &format!("<{}>", part.root()));
            return;
        }
        self.root = Some((part.root().to_owned(), false));
    }

    /// Ends the part.
    pub(crate) fn end_part(&mut self) {
        self.write_set();
        let again = core::mem::take(&mut self.again);
        self.text.push_str(&again);
        match self.root.take() {
            Some((root, true)) => self.line(0, &format!("</{root}>")),
            Some((root, false)) => self.line(0, &format!("<{root}/>")),
            None => {}
        }
    }

    /// What is written so far and was not taken yet.
    pub(crate) fn take(&mut self) -> Zeroizing<String> {
        core::mem::take(&mut self.text)
    }

    /// How much waits to be taken.
    pub(crate) fn waiting(&self) -> usize {
        self.text.len()
    }

    /// Ends the file.
    pub(crate) fn end(&mut self, first: &Part) {
        let root = if self.whole { "SecurityExport" } else { first.root() };
        self.line(0, &format!("</{root}>"));
    }

    /// Writes a record.
    pub(crate) fn record(&mut self, record: &Record) -> Result<(), Unwritable> {
        if let Some(sql) = &record.sql {
            return self.sql(sql, record);
        }
        let Some((kind, table, order)) = self.kind.take() else { return Ok(()) };
        let written = self.object(record, kind, &table, &order);
        self.kind = Some((kind, table, order));
        written
    }

    fn object(
        &mut self,
        record: &Record,
        kind: Kind,
        table: &Table,
        order: &Order,
    ) -> Result<(), Unwritable> {
        let whole = rendered(record, kind, table, order)?;
        self.open_root();
        let granted = record.properties.get(GRANTED).is_some_and(|value| !value.text().is_empty());
        if kind == Kind::Role && granted {
            let mut first = Record::new(kind, record.name.clone(), record.place.clone());
            first.properties = record.properties.clone();
            first.properties.take(GRANTED);
            self.text.push_str(&rendered(&first, kind, table, order)?);
            self.again.push_str(&whole);
        } else {
            self.text.push_str(&whole);
        }
        Ok(())
    }

    fn sql(&mut self, sql: &SqlRecord, record: &Record) -> Result<(), Unwritable> {
        let wrong = || Unwritable { place: format!("the SQL privilege of {}", record.name) };
        let Some((kind, name)) = &sql.object else { return self.administrative(sql).ok_or_else(wrong) };
        let number = OBJECT_TYPES.iter().find(|(number, word)| number == kind || word == kind);
        let letter = OBJECT_PRIVILEGES
            .iter()
            .find(|(letter, word)| *letter == sql.privilege || word.eq_ignore_ascii_case(&sql.privilege));
        let ((number, _), (letter, _)) = number.zip(letter).ok_or_else(wrong)?;
        let mut text = Zeroizing::new(String::from("  <SQLPrivileges>\n"));
        element(&mut text, 4, "Namespace", &sql.namespace).ok_or_else(wrong)?;
        element(&mut text, 4, "SQLObject", &format!("{number},{name}")).ok_or_else(wrong)?;
        element(&mut text, 4, "Privilege", letter).ok_or_else(wrong)?;
        element(&mut text, 4, "Grantee", &sql.grantee).ok_or_else(wrong)?;
        element(&mut text, 4, "Grantor", &sql.grantor).ok_or_else(wrong)?;
        element(&mut text, 4, "Grantable", if sql.grantable { "1" } else { "0" }).ok_or_else(wrong)?;
        text.push_str("  </SQLPrivileges>\n");
        self.open_root();
        self.text.push_str(&text);
        Ok(())
    }

    /// Gathers an administrative privilege: those of one grantee in one namespace follow each other and are one record.
    fn administrative(&mut self, sql: &SqlRecord) -> Option<()> {
        let place = ADMINISTRATIVE.iter().position(|known| known.eq_ignore_ascii_case(&sql.privilege))?;
        let writable = |text: &str| text.chars().all(is_allowed);
        if !writable(&sql.namespace) || !writable(&sql.grantee) {
            return None;
        }
        let same =
            self.set.as_ref().is_some_and(|set| set.namespace == sql.namespace && set.grantee == sql.grantee);
        if !same {
            self.write_set();
            self.set = Some(Set {
                namespace: sql.namespace.clone(),
                grantee: sql.grantee.clone(),
                levels: [0; ADMINISTRATIVE.len()],
            });
        }
        let level = self.set.as_mut()?.levels.get_mut(place)?;
        *level = (*level).max(if sql.grantable { 2 } else { 1 });
        Some(())
    }

    fn write_set(&mut self) {
        let Some(set) = self.set.take() else { return };
        self.open_root();
        self.text.push_str("  <SQLAdminPrivilegeSet>\n");
        let texts = [set.namespace, set.grantee].into_iter();
        let values = texts.chain(set.levels.iter().map(ToString::to_string));
        for (name, value) in SET.into_iter().zip(values) {
            // Its texts were looked at before it was gathered.
            let _ = element(&mut self.text, 4, name, &value);
        }
        self.text.push_str("  </SQLAdminPrivilegeSet>\n");
    }

    /// Writes whether a holder of a role may pass it on.
    pub(crate) fn grant_option(&mut self, option: &GrantOption) -> Result<(), Unwritable> {
        let mut text = Zeroizing::new(String::from("  <SQLRoleGrantOption>\n"));
        for (name, value) in [
            ("UserOrRole", option.holder.as_str()),
            ("RoleGranted", &option.role),
            ("Grantable", if option.grantable { "1" } else { "0" }),
        ] {
            let wrong = || Unwritable { place: format!("the roles of {}", option.holder) };
            element(&mut text, 4, name, value).ok_or_else(wrong)?;
        }
        text.push_str("  </SQLRoleGrantOption>\n");
        self.open_root();
        self.text.push_str(&text);
        Ok(())
    }

    fn open_root(&mut self) {
        if let Some((root, opened @ false)) = &mut self.root {
            *opened = true;
            let line = format!("<{root}>\n");
            self.text.push_str(&line);
        }
    }

    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.text, "{:indent$}{text}", "");
    }
}

const GRANTED: &str = "GrantedRoles";

/// A record as text.
fn rendered(
    record: &Record,
    kind: Kind,
    table: &Table,
    order: &Order,
) -> Result<Zeroizing<String>, Unwritable> {
    let mut text = Zeroizing::new(format!("  <{}>\n", order.record));
    for (name, when) in order.elements {
        let wrong = || Unwritable { place: format!("{} of the {} {}", name, kind.word(), record.name) };
        property(&mut text, record, kind, table, name, *when).ok_or_else(wrong)?;
    }
    if kind != Kind::System && !order.version.is_empty() {
        let _ = element(&mut text, 4, "Version", order.version);
    }
    let _ = writeln!(text, "  </{}>", order.record);
    Ok(text)
}

/// One element of a record; none if its text has a character that XML does not allow.
fn property(
    text: &mut String,
    record: &Record,
    kind: Kind,
    table: &Table,
    name: &str,
    when: When,
) -> Option<()> {
    if let Some(fixed) = fixed(kind, name, record) {
        return element(text, 4, name, &fixed);
    }
    if SECRETS.contains(&name) {
        let encoded = record.secret.as_ref().map(|secret| Zeroizing::new(STANDARD.encode(secret.expose())));
        return encoded.map_or(Some(()), |encoded| element(text, 4, name, &encoded));
    }
    if kind == Kind::User && user::NAMES.contains(&name) {
        return match user::written(record, name) {
            user::Written::Nothing => Some(()),
            user::Written::Text(value) => element(text, 4, name, &value),
            user::Written::List(items) => list(text, name, items.iter().map(String::as_str)),
            user::Written::Property => value_of(text, record, table, name, when),
        };
    }
    value_of(text, record, table, name, when)
}

/// What stands in every record, or follows from its name.
fn fixed(kind: Kind, name: &str, record: &Record) -> Option<String> {
    let given = || record.properties.get(name).is_some();
    match (kind, name) {
        (Kind::Event, NAME) => record.name.splitn(3, '/').nth(2).map(str::to_owned),
        (Kind::Event, "Source") => record.name.split('/').next().map(str::to_owned),
        (Kind::Event, "Type") => record.name.split('/').nth(1).map(str::to_owned),
        (Kind::DocDb, NAME) => record.name.split_once('/').map(|(_, name)| name.to_owned()),
        (Kind::DocDb, "Namespace") => record.name.split_once('/').map(|(namespace, _)| namespace.to_owned()),
        (Kind::Superserver, "Port" | "BindAddress") => {
            let (port, address) = superserver::place_of(&record.name)?;
            let address = || address.map(|address| address.to_string()).unwrap_or_default();
            Some(if name == "Port" { port.to_string() } else { address() })
        }
        (Kind::X509User, "LookupKey") | (_, NAME) => Some(record.name.clone()),
        (Kind::User, "HOTPKeyGenerate" | "PasswordReset") => Some("false".to_owned()),
        (Kind::System, "Version") => Some("4".to_owned()),
        (Kind::System, "VersionSystem") => Some(LEVEL.to_owned()),
        (Kind::System | Kind::Service, "TwoFactorEnabled") | (Kind::Service, "HttpOnlyCookies")
            if !given() =>
        {
            Some("false".to_owned())
        }
        _ => None,
    }
}

fn value_of(text: &mut String, record: &Record, table: &Table, name: &str, when: When) -> Option<()> {
    let Some(value) = record.properties.get(name) else { return Some(()) };
    let shape = if name == LDAP_ATTRIBUTES { Shape::List(',') } else { table.shape(name) };
    let plain = value.text();
    let written = match shape {
        Shape::List(separator) => return list(text, name, plain.split(separator)),
        Shape::Privileges => return privileges(text, &plain),
        Shape::Boolean => {
            let yes = matches!(value, Value::Boolean(true)) || matches!(plain.as_str(), "1" | "true");
            if !yes && when == When::NotZero {
                return Some(());
            }
            if yes { "true" } else { "false" }.to_owned()
        }
        Shape::Date if plain.is_empty() => NO_DAY.to_owned(),
        Shape::Permissions => Permissions::from_property(&plain).ok()?.bits().to_string(),
        Shape::Integer if when == When::NotZero && plain == "0" => return Some(()),
        Shape::Integer | Shape::Date | Shape::Text => plain,
    };
    if written.is_empty() { Some(()) } else { element(text, 4, name, &written) }
}

fn list<'t>(text: &mut String, name: &str, items: impl Iterator<Item = &'t str>) -> Option<()> {
    let mut items = items.map(str::trim).filter(|item| !item.is_empty()).peekable();
    if items.peek().is_none() {
        return Some(());
    }
    let _ = writeln!(text, "    <{name}>");
    for item in items {
        element(text, 6, &format!("{name}Item"), item)?;
    }
    let _ = writeln!(text, "    </{name}>");
    Some(())
}

fn privileges(text: &mut String, held: &str) -> Option<()> {
    let held = pairs(held).ok()?;
    if held.is_empty() {
        return Some(());
    }
    text.push_str("    <Resources>\n");
    for pair in held {
        text.push_str("      <Resource>\n");
        element(text, 8, NAME, &pair.resource)?;
        element(text, 8, "Permission", &pair.permissions.bits().to_string())?;
        text.push_str("      </Resource>\n");
    }
    text.push_str("    </Resources>\n");
    Some(())
}

/// Writes an element with text inside; none if the text has a character that XML does not allow.
fn element(text: &mut String, indent: usize, name: &str, value: &str) -> Option<()> {
    let _ = write!(text, "{:indent$}<{name}>", "");
    for c in value.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            // Written as it is it would be read as a line feed.
            '\r' => text.push_str("&#13;"),
            c if is_allowed(c) => text.push(c),
            _ => return None,
        }
    }
    let _ = writeln!(text, "</{name}>");
    Some(())
}
