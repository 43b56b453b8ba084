//! Elements to records: which elements each class knows, and what becomes of them.

use super::encoding::{LDAP_ATTRIBUTES, boolean, bytes, day, integer, list, permissions, plain, privileges};
use super::reader::{Element, MOST_ELEMENTS, Reader, Token, is_blank};
use super::{sql, user};
use crate::document;
use crate::malformed::{Fault, Malformed};
use crate::secret::Password;
use crate::table::{NAME, Shape, Table, Use};
use sclera_core::change::Kind;
use sclera_core::name::{quotable, same};
use sclera_core::property::Value;
use sclera_core::system;
use std::collections::BTreeSet;

/// What is wrong with a record, and the line in which.
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) fault: Fault,
}

/// A class whose records are kept.
pub(super) struct Class {
    /// The name of its records' elements.
    pub(super) name: &'static str,
    what: What,
    /// The names that are kept beside those of properties.
    kept: &'static [&'static str],
    /// Names of the format that say nothing here.
    ignored: &'static [&'static str],
    /// Names of secrets; those that have no place here, or are in a form that is not known, are left aside.
    secret: &'static [&'static str],
}

enum What {
    Object(Kind, Table),
    Sql(sql::Part),
}

/// What a record becomes.
pub(super) enum Made {
    Records(Vec<document::Record>),
    GrantOption(document::GrantOption),
}

enum Treatment {
    Keep,
    Ignore,
    LeaveAside,
    /// A secret: with a word about it if there is a value that is left aside.
    Conceal,
}

impl Class {
    /// Every class whose records are kept.
    pub(super) fn each() -> Vec<Self> {
        let object = |name, kind| Self {
            name,
            what: What::Object(kind, Table::of(kind)),
            kept: &[],
            ignored: &["Version"],
            secret: &[],
        };
        let sql = |name, part| Self {
            name,
            kept: sql::names(&part),
            what: What::Sql(part),
            ignored: &["Version", "Grantor"],
            secret: &[],
        };
        vec![
            Self { ignored: &["Version", "Type"], ..object("Resources", Kind::Resource) },
            object("Roles", Kind::Role),
            Self { kept: &user::NAMES, ignored: &user::IGNORED, ..object("Users", Kind::User) },
            Self { ignored: &["Version", "ForceSave"], ..object("Applications", Kind::Application) },
            Self { secret: &[PRIVATE_KEY_PASSWORD], ..object("SSLConfigs", Kind::SslConfig) },
            Self { secret: &[SEARCH_PASSWORD], ..object("LDAPConfigs", Kind::LdapConfig) },
            object("PhoneProviders", Kind::PhoneProvider),
            Self { kept: &["Namespace"], ..object("DocDBs", Kind::DocDb) },
            Self { kept: &["LookupKey"], ..object("X509Users", Kind::X509User) },
            Self {
                kept: &["Port", "BindAddress", "DoNotStart"],
                ignored: &["Version", "ImportOperation"],
                ..object("Servers", Kind::Superserver)
            },
            Self {
                kept: &["Source", "Type"],
                ignored: &["Version", "Flags"],
                ..object("Events", Kind::Event)
            },
            Self {
                ignored: &["Version", "AutheEnabledCapabilities", "Capabilities"],
                ..object("Services", Kind::Service)
            },
            Self {
                ignored: &["Version", "VersionSystem", "PublicJWKS", "PrivateJWKS", "BypassSecurity"],
                secret: &[MAIL_PASSWORD],
                ..object("System", Kind::System)
            },
            sql("SQLPrivileges", sql::Part::Privilege),
            sql("SQLAdminPrivilegeSet", sql::Part::Administrative),
            sql("SQLRoleGrantOption", sql::Part::GrantOption),
        ]
    }

    fn treatment(&self, name: &str) -> Treatment {
        if self.kept.contains(&name) {
            return Treatment::Keep;
        }
        if self.secret.contains(&name) {
            return Treatment::Conceal;
        }
        let What::Object(kind, table) = &self.what else {
            return if self.ignored.contains(&name) { Treatment::Ignore } else { Treatment::LeaveAside };
        };
        if name == NAME {
            return Treatment::Keep;
        }
        match table.find(name) {
            Ok(Use::Ignored) => Treatment::Ignore,
            Ok(_) => Treatment::Keep,
            Err(_) if self.ignored.contains(&name) => Treatment::Ignore,
            Err(_) if *kind == Kind::System && MOVED.iter().any(|start| name.starts_with(start)) => {
                Treatment::Ignore
            }
            Err(_) => Treatment::LeaveAside,
        }
    }
}

const SEARCH_PASSWORD: &str = "LDAPSearchPassword";
const PRIVATE_KEY_PASSWORD: &str = "PrivateKeyPassword";
const MAIL_PASSWORD: &str = "SMTPPassword";
/// The secrets of configurations; each has one at most.
pub(super) const SECRETS: [&str; 3] = [SEARCH_PASSWORD, PRIVATE_KEY_PASSWORD, MAIL_PASSWORD];

/// The password of base64, as we write it. What is no text is not one, such as what an instance encrypted for itself.
fn password(name: &'static str, text: &str) -> Option<Password> {
    let bytes = bytes(name, text).ok()?;
    let password = core::str::from_utf8(&bytes).ok()?;
    let is_password = !password.is_empty() && !password.contains(char::is_control);
    is_password.then(|| Password::new(password.to_owned()))
}

/// How the names of system-wide settings begin that moved elsewhere or matter to the original alone.
const MOVED: [&str; 3] = ["LDAP", "DBEnc", "KeyEnc"];

/// A record while it is read.
pub(super) struct Record {
    class: &'static str,
    index: usize,
    pub(super) line: usize,
    name: Option<String>,
    elements: Vec<Element>,
    /// What is left aside: elements that are not known.
    pub(super) unknown: BTreeSet<String>,
    /// What is left aside: secrets that have no place here.
    pub(super) concealed: Vec<&'static str>,
    secret: Option<Password>,
    /// Attributes of a user that could not be read.
    pub(super) unreadable: bool,
}

impl Record {
    /// Reads the record whose element was opened last: the how-manieth of its class it is, from 0.
    pub(super) fn read(reader: &mut Reader<'_>, class: &Class, index: usize) -> Result<Self, Malformed> {
        let mut record = Self {
            class: class.name,
            index,
            line: reader.line(),
            name: None,
            elements: Vec::new(),
            unknown: BTreeSet::new(),
            concealed: Vec::new(),
            secret: None,
            unreadable: false,
        };
        let mut room = MOST_ELEMENTS;
        loop {
            match reader.next()? {
                Token::Text(text) if is_blank(text) => {}
                Token::Text(_) => {
                    let what = format!("text stands in `{}` beside its elements", class.name);
                    return Err(reader.wrong(what));
                }
                Token::Open(name) => {
                    let name = name.into();
                    record.element(reader, class, name, &mut room)?;
                }
                Token::Close | Token::End => return Ok(record),
            }
        }
    }

    fn element(
        &mut self,
        reader: &mut Reader<'_>,
        class: &Class,
        name: Box<str>,
        room: &mut usize,
    ) -> Result<(), Malformed> {
        let line = reader.line();
        match class.treatment(&name) {
            Treatment::Ignore => reader.skip(),
            Treatment::LeaveAside => {
                self.leave_aside(&name);
                reader.skip()
            }
            Treatment::Conceal => {
                let content = reader.content(room)?;
                let known = class.secret.iter().find(|secret| **secret == &*name);
                let Ok(text) = plain(Element { name, line, content }) else { return Ok(()) };
                if let Some(name) = known.filter(|_| !is_blank(&text)) {
                    self.keep_secret(name, &text);
                }
                Ok(())
            }
            Treatment::Keep => {
                if self.elements.iter().any(|known| known.name == name) {
                    return Err(self.wrong(Wrong { line, fault: Fault::Twice(name.into_string()) }));
                }
                let content = reader.content(room)?;
                let element = Element { name, line, content };
                if let (NAME, super::reader::Content::Text(text)) = (&*element.name, &element.content) {
                    self.name = Some(text.to_string());
                }
                self.elements.push(element);
                Ok(())
            }
        }
    }

    /// Keeps a secret that has a place here, and remembers that another is left aside.
    fn keep_secret(&mut self, name: &'static str, text: &str) {
        self.secret = if SECRETS.contains(&name) { password(name, text) } else { None };
        if self.secret.is_none() {
            self.concealed.push(name);
        }
    }

    /// Makes of it what its class stands for.
    pub(super) fn make(&mut self, class: &Class) -> Result<Made, Malformed> {
        match &class.what {
            What::Object(kind, table) => {
                let made = self.object(*kind, table).map_err(|wrong| self.wrong(wrong))?;
                Ok(Made::Records(vec![made]))
            }
            What::Sql(part) => sql::make(self, part).map_err(|wrong| self.wrong(wrong)),
        }
    }

    fn object(&mut self, kind: Kind, table: &Table) -> Result<document::Record, Wrong> {
        let name = match kind {
            Kind::System => self.system_name()?,
            Kind::Event => self.event_name()?,
            Kind::DocDb => format!("{}/{}", self.required("Namespace")?, self.required(NAME)?),
            Kind::X509User => self.required("LookupKey")?,
            Kind::Superserver => self.superserver_name()?,
            _ => self.required(NAME)?,
        };
        let mut record = document::Record { whole: true, ..document::Record::new(kind, name, self.place()) };
        if kind == Kind::User {
            user::fill(&mut record, self)?;
        }
        record.secret = self.secret.take();
        let is_idle = self.optional("DoNotStart", |text| boolean("DoNotStart", text))?.unwrap_or_default();
        for element in core::mem::take(&mut self.elements) {
            let name = element.name.clone();
            let value = self.value(table, element)?;
            record.properties.set(&name, value);
        }
        // It says nothing else of a superserver that does not listen.
        if is_idle {
            record.properties.set("Enabled", Value::Boolean(false));
        }
        Ok(record)
    }

    /// The value of a property.
    fn value(&mut self, table: &Table, element: Element) -> Result<Value, Wrong> {
        let line = element.line;
        let shape =
            if &*element.name == LDAP_ATTRIBUTES { Shape::List(',') } else { table.shape(&element.name) };
        let name = element.name.clone();
        let text = match shape {
            Shape::List(separator) => return list(self, element, separator).map(Value::Text),
            Shape::Privileges => return privileges(self, element).map(Value::Text),
            _ => plain(element)?,
        };
        let value = match shape {
            Shape::Boolean => boolean(&name, &text).map(Value::Boolean),
            Shape::Integer => integer(&name, &text).map(Value::Integer),
            Shape::Date => day(&text).map(Value::Text),
            Shape::Permissions => permissions(&text, self.name.as_deref().unwrap_or_default())
                .map(|permissions| Value::Text(permissions.to_string())),
            _ => Ok(Value::Text(text.to_string())),
        };
        value.map_err(|fault| Wrong { line, fault })
    }

    fn system_name(&mut self) -> Result<String, Wrong> {
        let given = self.optional(NAME, |text| Ok(text.to_owned()))?;
        match given {
            Some(name) if !same(&name, system::NAME) => {
                Err(Wrong { line: self.line, fault: Fault::NotSystem(name) })
            }
            _ => Ok(system::NAME.to_owned()),
        }
    }

    fn superserver_name(&mut self) -> Result<String, Wrong> {
        let line = self.line;
        let port = self.required("Port")?;
        let address = self.optional("BindAddress", |text| Ok(text.to_owned()))?.unwrap_or_default();
        document::superserver_name(&port, &address).map_err(|fault| Wrong { line, fault })
    }

    fn event_name(&mut self) -> Result<String, Wrong> {
        let (source, kind, name) = (self.required("Source")?, self.required("Type")?, self.required(NAME)?);
        Ok(format!("{source}/{kind}/{name}"))
    }

    /// Takes a text out that must be given and must not be blank.
    pub(super) fn required(&mut self, name: &'static str) -> Result<String, Wrong> {
        let line = self.line;
        let Some(element) = self.take(name) else { return Err(Wrong { line, fault: Fault::Missing(name) }) };
        let line = element.line;
        let text = plain(element)?;
        if text.trim().is_empty() {
            Err(Wrong { line, fault: Fault::Blank(name) })
        } else {
            Ok(text.to_string())
        }
    }

    /// Takes a text out and reads it; none where it is not given.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Result<Option<T>, Wrong> {
        let Some(element) = self.take(name) else { return Ok(None) };
        let line = element.line;
        read(&plain(element)?).map(Some).map_err(|fault| Wrong { line, fault })
    }

    /// Takes an element out.
    pub(super) fn take(&mut self, name: &str) -> Option<Element> {
        let position = self.elements.iter().position(|element| &*element.name == name)?;
        Some(self.elements.remove(position))
    }

    /// The line in which an element stands, or the record where it does not stand.
    pub(super) fn line_of(&self, name: &str) -> usize {
        self.elements.iter().find(|element| &*element.name == name).map_or(self.line, |element| element.line)
    }

    /// Remembers an element that is not known.
    pub(super) fn leave_aside(&mut self, name: &str) {
        if self.unknown.len() < MOST_UNKNOWN {
            self.unknown.insert(name.to_owned());
        }
    }

    /// Where it stands.
    pub(super) fn place(&self) -> String {
        self.place_in(self.line)
    }

    fn place_in(&self, line: usize) -> String {
        let Self { class, index, name, .. } = self;
        match name {
            // Most names are shown as they are, and there may be millions.
            Some(name) if name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_graphic()) => {
                format!("{class}[{index}] \"{name}\", line {line}")
            }
            Some(name) => format!("{class}[{index}] \"{}\", line {line}", quotable(name)),
            None => format!("{class}[{index}], line {line}"),
        }
    }

    fn wrong(&self, wrong: Wrong) -> Malformed {
        Malformed::Contents { place: self.place_in(wrong.line), fault: wrong.fault }
    }
}

/// As many unknown names as are remembered.
pub(super) const MOST_UNKNOWN: usize = 100;
