//! Documents: records of the Security classes, as values of a text and back.

use crate::malformed::{Fault, Malformed};
use crate::near::near;
use crate::node::{Entries, Node};
use crate::secret::Password;
use crate::sql::{self, SqlRecord};
use crate::stream::{Item, Stop, Take};
use crate::table::{NAME, Table, Use};
use core::fmt;
use core::mem::take;
use sclera_core::change::{History, Kind};
use sclera_core::name::{quotable, same};
use sclera_core::property::{Properties, Value};
use sclera_core::user::Credential;
use sclera_core::{superserver, system};
use zeroize::Zeroizing;

/// A configuration: records in the order Resources, Roles, Users, Applications, SSLConfigs, LDAPConfigs, Events,
/// Services, System, SQLPrivileges.
#[derive(Debug, Default)]
pub struct Document {
    /// The records.
    pub records: Vec<Record>,
    /// Who wrote it.
    pub origin: Origin,
    /// What was left aside, a line each for the person who imports it.
    pub notes: Vec<String>,
    /// Which holders of roles may pass them on by SQL.
    pub grant_options: Vec<GrantOption>,
}

impl Document {
    /// A document of records alone.
    pub fn of(records: Vec<Record>) -> Self {
        Self { records, ..Self::default() }
    }

    /// Adds another document; together they are an export of the classes if either is.
    pub fn add(&mut self, other: Self) {
        self.records.extend(other.records);
        self.notes.extend(other.notes);
        self.grant_options.extend(other.grant_options);
        if other.origin == Origin::SecurityXml {
            self.origin = Origin::SecurityXml;
        }
    }
}

/// Where a document comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// It is in a form of Sclera: what is not given stays as it is.
    #[default]
    Sclera,
    /// It is an export of the Security classes: what it names may come with it or be missing.
    SecurityXml,
}

/// Whether a holder of a role may pass it on by SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantOption {
    /// The user or role that holds it.
    pub holder: String,
    /// The role held.
    pub role: String,
    /// It may be passed on.
    pub grantable: bool,
    /// Where it stands.
    pub place: String,
}

/// One object as a text gives it.
pub struct Record {
    /// What it is.
    pub kind: Kind,
    /// Its name; `SYSTEM` for the system-wide settings, and the grantee for an SQL privilege.
    pub name: String,
    /// What it sets: properties that callers may set, in the order given.
    pub properties: Properties,
    /// The password of a user.
    pub password: Option<Password>,
    /// A password hash of a user, in the form `hash,salt[,workfactor[,algorithm]]`.
    pub password_hash: Option<String>,
    /// Where it stands, such as `Users[2] "ann"` for the third user; of XML also the line.
    pub place: String,
    /// What an SQL privilege says.
    pub sql: Option<SqlRecord>,
    /// The record is given whole: properties that are not given return to their defaults.
    pub whole: bool,
    /// The password of a user as it is kept.
    pub credential: Option<Credential>,
    /// What is told of a user beside what callers may set; without the key of one-time passwords.
    pub history: Option<Box<History>>,
    /// The key of a user's one-time passwords, not sealed.
    pub totp_key: Option<Zeroizing<Vec<u8>>>,
    /// The password of the search user of an LDAP domain, not sealed.
    pub secret: Option<Password>,
}

impl fmt::Debug for Record {
    /// Leaves secrets out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("place", &self.place)
            .field("properties", &self.properties)
            .field("sql", &self.sql)
            .finish_non_exhaustive()
    }
}

impl Record {
    /// A record that sets nothing.
    pub fn new(kind: Kind, name: String, place: String) -> Self {
        Self {
            kind,
            name,
            properties: Properties::new(),
            password: None,
            password_hash: None,
            place,
            sql: None,
            whole: false,
            credential: None,
            history: None,
            totp_key: None,
            secret: None,
        }
    }
}

/// The sections of a document in the order in which records come, with what they hold.
const SECTIONS: [(&str, Kind); 14] = [
    ("Resources", Kind::Resource),
    ("Roles", Kind::Role),
    ("Users", Kind::User),
    ("Applications", Kind::Application),
    ("SSLConfigs", Kind::SslConfig),
    ("LDAPConfigs", Kind::LdapConfig),
    ("PhoneProviders", Kind::PhoneProvider),
    ("DocDBs", Kind::DocDb),
    ("X509Users", Kind::X509User),
    ("Servers", Kind::Superserver),
    ("Events", Kind::Event),
    ("Services", Kind::Service),
    (SYSTEM, Kind::System),
    ("SQLPrivileges", Kind::SqlPrivilege),
];
const SYSTEM: &str = "System";

/// The place of a kind in that order.
pub(crate) fn rank(kind: Kind) -> usize {
    SECTIONS.iter().position(|(_, known)| *known == kind).unwrap_or(SECTIONS.len())
}

/// The kinds in that order.
pub(crate) fn in_order() -> impl Iterator<Item = Kind> {
    SECTIONS.into_iter().map(|(_, kind)| kind)
}

/// The name of the superserver at a port and an address, which may be empty.
pub(crate) fn superserver_name(port: &str, address: &str) -> Result<String, Fault> {
    let (port, address) = (port.trim(), address.trim());
    let (name, wanted) = match superserver::name_as_written(port, "") {
        None => ("Port", "a port from 100 on"),
        Some(_) => ("BindAddress", "an address, or nothing for any"),
    };
    superserver::name_as_written(port, address).ok_or_else(|| Fault::Form { name: name.to_owned(), wanted })
}

/// The name of the section of a kind.
pub(crate) fn section(kind: Kind) -> &'static str {
    SECTIONS.iter().find(|(_, known)| *known == kind).map_or("", |(section, _)| section)
}

/// The values that give a record back.
pub(crate) fn written(record: &Record) -> Node {
    if record.kind == Kind::System {
        return Node::Object(properties(record));
    }
    if let Some(sql) = &record.sql {
        return Node::Object(sql::to_entries(sql));
    }
    let mut entries = Entries::default();
    entries.push(NAME, Node::text(&record.name));
    for (name, node) in properties(record) {
        entries.push(name, node);
    }
    if let Some(password) = &record.password {
        entries.push("Password", Node::text(password.expose()));
    }
    if let Some(hash) = &record.password_hash {
        entries.push("PasswordHash", Node::text(hash));
    }
    Node::Object(entries)
}

fn properties(record: &Record) -> Entries {
    let mut entries = Entries::default();
    for (name, value) in record.properties.iter() {
        let node = match value {
            Value::Text(text) => Node::text(text),
            Value::Integer(number) => Node::Integer(*number),
            Value::Boolean(flag) => Node::Boolean(*flag),
        };
        entries.push(name, node);
    }
    entries
}

/// Reads records out of a tree of values.
pub(crate) fn from_node(node: Node, take: &mut Take<'_>) -> Result<(), Stop> {
    let mut sections = Vec::new();
    for (key, node) in object(node, TOP)? {
        sections.push((Section::named(&key)?, node));
    }
    sections.sort_unstable_by_key(|(section, _)| rank(section.kind));
    for (section, node) in sections {
        if section.is_settings() {
            section.settings(node, take)?;
        } else {
            for (index, node) in list(node, section.name)?.into_iter().enumerate() {
                section.element(index, node, take)?;
            }
        }
    }
    Ok(())
}

const TOP: &str = "top level";

/// A section of a document.
pub(crate) struct Section {
    pub(crate) name: &'static str,
    kind: Kind,
    table: Table,
}

impl Section {
    pub(crate) fn named(key: &str) -> Result<Self, Malformed> {
        let found = SECTIONS.iter().find(|(section, _)| *section == key);
        let (name, kind) = *found.ok_or_else(|| {
            let near = near(key, SECTIONS.map(|(section, _)| section));
            Malformed::contents(TOP, Fault::Unknown { name: key.to_owned(), near })
        })?;
        Ok(Self { name, kind, table: Table::of(kind) })
    }

    /// Tells whether it is one record and no list of them.
    pub(crate) fn is_settings(&self) -> bool {
        self.kind == Kind::System
    }

    pub(crate) fn settings(&self, node: Node, take: &mut Take<'_>) -> Result<(), Stop> {
        settings(node, &self.table)?.map_or(Ok(()), |record| take(Item::Record(record)))
    }

    /// Takes the element of the list at an index.
    pub(crate) fn element(&self, index: usize, node: Node, take: &mut Take<'_>) -> Result<(), Stop> {
        let record = match self.kind {
            Kind::SqlPrivilege => sql_record(self.name, index, node),
            kind => named_record(self.name, index, kind, &self.table, node),
        };
        take(Item::Record(record?))
    }

    /// It is not what a section can be.
    pub(crate) fn misplaced(&self, found: &Node) -> Malformed {
        misplaced(self.name, "a list of objects", found)
    }
}

fn named_record(
    section: &str,
    index: usize,
    kind: Kind,
    table: &Table,
    node: Node,
) -> Result<Record, Malformed> {
    let numbered = format!("{section}[{index}]");
    let mut entries = object(node, &numbered)?;
    let place = match entries.get(NAME) {
        Some(Node::Text(name)) => format!("{numbered} \"{}\"", quotable(name)),
        _ => numbered,
    };
    let mut record = Record::new(kind, String::new(), place);
    let name = entries.take_required(NAME);
    // The name is judged last: of a record with `name`, the spelling is told and not that it has no `Name`.
    let filled = fill(&mut record, table, entries).and(name);
    record.name = filled.map_err(|fault| Malformed::contents(&record.place, fault))?;
    Ok(record)
}

/// The system-wide settings: one record, if they are given.
fn settings(node: Node, table: &Table) -> Result<Option<Record>, Malformed> {
    if matches!(node, Node::Null) {
        return Ok(None);
    }
    let mut entries = object(node, SYSTEM)?;
    let name = entries.take_text(NAME);
    let mut record = Record::new(Kind::System, system::NAME.to_owned(), SYSTEM.to_owned());
    let filled = fill(&mut record, table, entries).and_then(|()| is_system(name?));
    filled.map_err(|fault| Malformed::contents(SYSTEM, fault))?;
    Ok(Some(record))
}

fn is_system(name: Option<String>) -> Result<(), Fault> {
    match name {
        Some(name) if !same(&name, system::NAME) => Err(Fault::NotSystem(name)),
        _ => Ok(()),
    }
}

/// Takes what a record sets out of its entries.
fn fill(record: &mut Record, table: &Table, entries: Entries) -> Result<(), Fault> {
    for (name, node) in entries {
        match table.find(&name)? {
            Use::Property => set(record, &name, node, None)?,
            Use::Listed(separator) => set(record, &name, node, Some(separator))?,
            Use::Password => record.password = node.into_text(&name)?.map(Password::new),
            Use::PasswordHash => record.password_hash = node.into_text(&name)?,
            Use::Ignored => {}
        }
    }
    Ok(())
}

fn set(record: &mut Record, name: &str, node: Node, separator: Option<char>) -> Result<(), Fault> {
    let value = match (node, separator) {
        (Node::Null, _) => return Ok(()),
        (Node::Text(mut text), _) => Value::Text(take(&mut *text)),
        (Node::Integer(number), _) => Value::Integer(number),
        (Node::Boolean(flag), _) => Value::Boolean(flag),
        (Node::List(nodes), Some(separator)) => Value::Text(joined(name, &nodes, separator)?),
        (other, Some(_)) => return Err(other.misfit(name, ONE_OR_MORE)),
        (other, None) => return Err(other.misfit(name, ONE)),
    };
    record.properties.set(name, value);
    Ok(())
}

const ONE: &str = "text, a whole number, true or false";
const ONE_OR_MORE: &str = "text, a whole number, true, false or a list of texts";

fn joined(name: &str, nodes: &[Node], separator: char) -> Result<String, Fault> {
    let mut joined = String::new();
    for node in nodes {
        let Node::Text(text) = node else { return Err(node.misfit(name, "a list of texts")) };
        if text.contains(separator) {
            return Err(Fault::Separator { property: name.to_owned(), separator });
        }
        if !joined.is_empty() {
            joined.push(separator);
        }
        joined.push_str(text);
    }
    Ok(joined)
}

fn sql_record(section: &str, index: usize, node: Node) -> Result<Record, Malformed> {
    let place = format!("{section}[{index}]");
    let sql = sql::from_entries(object(node, &place)?).map_err(|fault| Malformed::contents(&place, fault))?;
    let name = sql.grantee.clone();
    Ok(Record { sql: Some(sql), ..Record::new(Kind::SqlPrivilege, name, place) })
}

fn list(node: Node, place: &str) -> Result<Vec<Node>, Malformed> {
    match node {
        Node::Null => Ok(Vec::new()),
        Node::List(nodes) => Ok(nodes),
        other => Err(misplaced(place, "a list of objects", &other)),
    }
}

fn object(node: Node, place: &str) -> Result<Entries, Malformed> {
    match node {
        Node::Object(entries) => Ok(entries),
        other => Err(misplaced(place, "an object", &other)),
    }
}

fn misplaced(place: &str, wanted: &'static str, found: &Node) -> Malformed {
    Malformed::contents(place, Fault::Shape { property: None, wanted, found: found.word() })
}
