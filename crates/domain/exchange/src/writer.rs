//! Writing a document piece by piece, so that what is exported need not be in memory at once.

use crate::document::{self, GrantOption, Record};
use crate::node::{Entries, Node};
use crate::{Form, json, xml, yaml};
use core::fmt;
use sclera_core::change::Kind;
use sclera_core::name::quotable;
use zeroize::Zeroizing;

/// A part of an export; its records follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The records of a kind; of SQL privileges all together, in JSON and YAML.
    Records(Kind),
    /// Of XML, SQL privileges on objects.
    SqlObjects,
    /// Of XML, administrative SQL privileges.
    SqlAdministrative,
    /// Of XML, which roles may be passed on by SQL.
    GrantOptions,
    /// Of XML, a section of which Sclera keeps no records, by the name of its root.
    Nothing(&'static str),
}

impl Part {
    /// Tells whether a record belongs to the part.
    pub fn holds(&self, record: &Record) -> bool {
        let on_object = record.sql.as_ref().map(|sql| sql.object.is_some());
        match self {
            Self::Records(kind) => record.kind == *kind,
            Self::SqlObjects => on_object == Some(true),
            Self::SqlAdministrative => on_object == Some(false),
            Self::GrantOptions | Self::Nothing(_) => false,
        }
    }

    /// The name of the root that the part has in XML.
    pub(crate) const fn root(&self) -> &'static str {
        match self {
            Self::Records(Kind::Resource) => "ResourcesExport",
            Self::Records(Kind::Role) => "RolesExport",
            Self::Records(Kind::User) => "UsersExport",
            Self::Records(Kind::Service) => "ServicesExport",
            Self::Records(Kind::Application) => "ApplicationsExport",
            Self::Records(Kind::Event) => "EventsExport",
            Self::Records(Kind::System) => "SystemExport",
            Self::Records(Kind::SslConfig) => "SSLConfigsExport",
            Self::Records(Kind::LdapConfig) => "LDAPConfigsExport",
            Self::Records(Kind::PhoneProvider) => "PhoneProvidersExport",
            Self::Records(Kind::DocDb) => "DocDBsExport",
            Self::Records(Kind::X509User) => "X509UsersExport",
            Self::Records(Kind::Superserver) => "ServersExport",
            Self::Records(Kind::SqlPrivilege) | Self::SqlObjects => "SQLPrivilegesExport",
            Self::SqlAdministrative => "SQLAdminPrivilegeSetExport",
            Self::GrantOptions => "SQLRoleGrantOptionExport",
            Self::Nothing(root) => root,
        }
    }
}

/// The parts of a whole security export, in the order of dependence (`export-xml.md` section 6). Grant options, which
/// its source does not show, follow the other SQL privileges.
const WHOLE: [Part; 19] = [
    Part::Records(Kind::LdapConfig),
    Part::Records(Kind::System),
    Part::Records(Kind::DocDb),
    Part::Records(Kind::Event),
    Part::Records(Kind::Service),
    Part::Records(Kind::PhoneProvider),
    Part::Records(Kind::Resource),
    Part::Records(Kind::Role),
    Part::Records(Kind::User),
    Part::Records(Kind::X509User),
    Part::SqlObjects,
    Part::SqlAdministrative,
    Part::GrantOptions,
    Part::Records(Kind::Application),
    Part::Records(Kind::SslConfig),
    Part::Nothing("X509CredentialsExport"),
    Part::Nothing("OpenAMIdentityServicesExport"),
    Part::Nothing("KMIPServerExport"),
    Part::Records(Kind::Superserver),
];

/// A text has a character that XML has no way to write; JSON and YAML have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritable {
    /// What holds it.
    pub place: String,
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} holds a character that XML cannot hold; export as JSON or YAML, or change it",
            quotable(&self.place)
        )
    }
}

impl core::error::Error for Unwritable {}

/// Writes a document: parts in the order of [`Writer::parts`], each begun, filled with records and ended.
///
/// ```
/// use sclera_core::change::Kind;
/// use sclera_exchange::{Form, Record, Writer};
///
/// let mut writer = Writer::new(Form::Xml, &[Kind::Resource], false);
/// for part in writer.parts() {
///     writer.begin(&part);
///     writer.record(&Record::new(Kind::Resource, "Wards".to_owned(), String::new())).unwrap();
///     writer.end_part();
/// }
/// assert_eq!(
///     *writer.end(),
///     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ResourcesExport>\n  <Resources>\n    <Name>Wards</Name>\n    \
///      <Version>1</Version>\n  </Resources>\n</ResourcesExport>\n"
/// );
/// ```
pub struct Writer {
    parts: Vec<Part>,
    form: Inner,
}

enum Inner {
    Xml(Box<xml::Writer>),
    Json(Tree),
    Yaml(Tree),
}

/// What is written of JSON or YAML.
#[derive(Default)]
struct Tree {
    text: Zeroizing<String>,
    part: Option<Kind>,
    /// Parts and records of the part that are written.
    parts: usize,
    records: usize,
}

impl Writer {
    /// Begins a document of these kinds. With `sql` the SQL privileges of users or roles are among them, which in XML
    /// stand in the root of a class.
    pub fn new(form: Form, kinds: &[Kind], sql: bool) -> Self {
        match form {
            Form::Json => Self { parts: plain(kinds, sql), form: Inner::Json(Tree::default()) },
            Form::Yaml => Self { parts: plain(kinds, sql), form: Inner::Yaml(Tree::default()) },
            Form::Xml => {
                let is_class = matches!(kinds, [kind] if *kind != Kind::SqlPrivilege);
                Self {
                    parts: of_xml(kinds, sql, is_class),
                    form: Inner::Xml(Box::new(xml::Writer::new(!is_class))),
                }
            }
        }
    }

    /// The parts, in the order in which they must come.
    pub fn parts(&self) -> Vec<Part> {
        self.parts.clone()
    }

    /// Begins a part.
    pub fn begin(&mut self, part: &Part) {
        match (&mut self.form, part) {
            (Inner::Xml(writer), part) => writer.begin(part),
            (Inner::Json(tree) | Inner::Yaml(tree), Part::Records(kind)) => {
                tree.part = Some(*kind);
                tree.records = 0;
            }
            _ => {}
        }
    }

    /// Writes a record of the part.
    pub fn record(&mut self, record: &Record) -> Result<(), Unwritable> {
        match &mut self.form {
            Inner::Xml(writer) => writer.record(record)?,
            Inner::Json(tree) => tree.json(record),
            Inner::Yaml(tree) => tree.yaml(record),
        }
        Ok(())
    }

    /// Writes, in XML, whether a holder of a role may pass it on.
    pub fn grant_option(&mut self, option: &GrantOption) -> Result<(), Unwritable> {
        if let Inner::Xml(writer) = &mut self.form { writer.grant_option(option) } else { Ok(()) }
    }

    /// Ends the part.
    pub fn end_part(&mut self) {
        match &mut self.form {
            Inner::Xml(writer) => writer.end_part(),
            Inner::Json(tree) => tree.end_json(),
            Inner::Yaml(tree) => tree.part = None,
        }
    }

    /// How many bytes wait to be taken.
    pub fn waiting(&self) -> usize {
        match &self.form {
            Inner::Xml(writer) => writer.waiting(),
            Inner::Json(tree) | Inner::Yaml(tree) => tree.text.len(),
        }
    }

    /// Takes what is written so far.
    pub fn take(&mut self) -> Zeroizing<String> {
        match &mut self.form {
            Inner::Xml(writer) => writer.take(),
            Inner::Json(tree) | Inner::Yaml(tree) => core::mem::take(&mut tree.text),
        }
    }

    /// Ends the document and gives the rest of it.
    pub fn end(mut self) -> Zeroizing<String> {
        match &mut self.form {
            Inner::Xml(writer) => writer.end(self.parts.first().unwrap_or(&Part::Nothing("SecurityExport"))),
            Inner::Json(tree) => tree.text.push_str(if tree.parts == 0 { "{}\n" } else { "\n}\n" }),
            Inner::Yaml(tree) if tree.parts == 0 => tree.text.push_str("{}\n"),
            Inner::Yaml(_) => {}
        }
        self.take()
    }
}

fn plain(kinds: &[Kind], sql: bool) -> Vec<Part> {
    let wanted = |kind: &Kind| kinds.contains(kind) || (sql && *kind == Kind::SqlPrivilege);
    document::in_order().filter(wanted).map(Part::Records).collect()
}

fn of_xml(kinds: &[Kind], sql: bool, is_class: bool) -> Vec<Part> {
    let everything = Kind::EACH.iter().all(|kind| kinds.contains(kind));
    let wanted = |part: &Part| match part {
        Part::Records(kind) => kinds.contains(kind),
        Part::SqlObjects | Part::SqlAdministrative => sql || kinds.contains(&Kind::SqlPrivilege),
        Part::GrantOptions => {
            (sql && kinds.contains(&Kind::User)) || (!is_class && kinds.contains(&Kind::SqlPrivilege))
        }
        Part::Nothing(_) => everything,
    };
    WHOLE.into_iter().filter(wanted).collect()
}

impl Tree {
    fn section(&self) -> &'static str {
        self.part.map_or("", document::section)
    }

    fn json(&mut self, record: &Record) {
        let text = Zeroizing::new(json::text(&document::written(record)));
        let first = self.records == 0;
        if first {
            self.text.push_str(if self.parts == 0 { "{\n" } else { ",\n" });
            self.parts += 1;
        }
        let is_list = self.part != Some(Kind::System);
        let indent = if is_list { "    " } else { "  " };
        let opening = match (is_list, first) {
            (true, true) => format!("  \"{}\": [\n{indent}", self.section()),
            (true, false) => format!(",\n{indent}"),
            (false, _) => format!("  \"{}\": ", self.section()),
        };
        self.text.push_str(&opening);
        // Line breaks inside of texts are escaped, so these stand between lines.
        self.text.push_str(&Zeroizing::new(text.trim_end().replace('\n', &format!("\n{indent}"))));
        self.records += 1;
    }

    fn end_json(&mut self) {
        if self.records > 0 && self.part != Some(Kind::System) {
            self.text.push_str("\n  ]");
        }
        self.part = None;
        self.records = 0;
    }

    fn yaml(&mut self, record: &Record) {
        let node = document::written(record);
        let text = if self.part == Some(Kind::System) {
            let mut section = Entries::default();
            section.push(self.section(), node);
            yaml::text(&Node::Object(section))
        } else {
            let list = Zeroizing::new(yaml::text(&Node::List(vec![node])));
            let head = if self.records == 0 { format!("{}:\n", self.section()) } else { String::new() };
            format!("{head}{}", *list)
        };
        self.parts += usize::from(self.records == 0);
        self.records += 1;
        self.text.push_str(&Zeroizing::new(text));
    }
}
