//! Properties: one table a class, from which everything that handles its values is made.
//!
//! The Security classes hand properties around as an array of names and values. Here an array is [`Properties`], and
//! each class has one table of [`Field`]s that says which names it knows, what a value must be like, and where it
//! stands in the record. Showing, setting, storing, comparing, importing and exporting all walk that table, so a
//! property is described once.

use crate::hex::{hex, unhex};
use crate::id::{ResourceId, RoleId};
use crate::permission::Permissions;
use crate::status::{Code, Status};
use crate::time::{Date, Timestamp};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A value as it is given or shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text; also the form in which numbers, booleans and lists may be given.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
}

impl Value {
    /// The value as text, the way a person reads it.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Boolean(flag) => if *flag { "1" } else { "0" }.to_owned(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Boolean(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

/// Property names with values, in the order given; a name stands once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Properties(Vec<(String, Value)>);

impl Properties {
    /// No properties.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Sets a property; a value given earlier is replaced.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
        self
    }

    /// The same with the property set.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// The value of a property, by its exact name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Takes a property out.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let position = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(position).1)
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Tells whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Finds roles and resources by name, and their names by id; what a value that names them is read with.
pub trait Directory {
    /// The live role of this name.
    fn role_named(&self, name: &str) -> Option<RoleId>;
    /// The live resource of this name, and whether it protects databases.
    fn resource_named(&self, name: &str) -> Option<(ResourceId, bool)>;
    /// The name of a live role.
    fn name_of_role(&self, id: RoleId) -> Option<&str>;
    /// The name of a live resource.
    fn name_of_resource(&self, id: ResourceId) -> Option<&str>;
}

/// A match rule of an application: holders of the match role (or everyone) get the targets
/// (`authorization.md` ESC-12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchRule {
    /// The role to look for; none for an application role, which everyone gets.
    pub matched: Option<RoleId>,
    /// The roles it adds.
    pub targets: Vec<RoleId>,
}

/// Who may set a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Callers may.
    Open,
    /// The product alone does; values that callers pass are ignored (`security-users.md` section 4, rule 3).
    System,
    /// The product alone does, and the value is never shown: only stored, and compared by digest.
    Secret,
    /// The product alone does, and it is no property of the class: never shown, exported or passed.
    Internal,
}

/// One property of class `T`.
pub struct Field<T: 'static> {
    /// The name, spelled as in the class.
    pub name: &'static str,
    /// Who may set it.
    pub access: Access,
    /// What its value is like and where it stands.
    pub kind: Kind<T>,
}

/// What the value of a property is like, and where it stands in the record.
#[expect(missing_docs, reason = "`get` and `set` reach the place in the record")]
pub enum Kind<T: 'static> {
    /// A text of at most `max` characters.
    Text { max: usize, get: fn(&T) -> &str, set: fn(&mut T, String) },
    /// One of a few words.
    Choice { words: &'static [&'static str], get: fn(&T) -> &str, set: fn(&mut T, String) },
    /// Yes or no.
    Boolean { get: fn(&T) -> bool, set: fn(&mut T, bool) },
    /// A whole number in a range.
    Integer { min: i64, max: i64, get: fn(&T) -> i64, set: fn(&mut T, i64) },
    /// A calendar day or none.
    Date { get: fn(&T) -> Option<Date>, set: fn(&mut T, Option<Date>) },
    /// An instant or never.
    Instant { get: fn(&T) -> Option<Timestamp>, set: fn(&mut T, Option<Timestamp>) },
    /// A set of permissions.
    Permissions { get: fn(&T) -> Permissions, set: fn(&mut T, Permissions) },
    /// Privileges by resource.
    Privileges {
        get: fn(&T) -> &BTreeMap<ResourceId, Permissions>,
        set: fn(&mut T, BTreeMap<ResourceId, Permissions>),
    },
    /// Roles in the order given.
    Roles { get: fn(&T) -> &[RoleId], set: fn(&mut T, Vec<RoleId>) },
    /// Texts, separated by `separator` in one string.
    Texts { separator: char, get: fn(&T) -> &[String], set: fn(&mut T, Vec<String>) },
    /// Match rules of an application.
    Matches { get: fn(&T) -> &[MatchRule], set: fn(&mut T, Vec<MatchRule>) },
    /// Bytes.
    Binary { get: fn(&T) -> &[u8], set: fn(&mut T, Vec<u8>) },
}

/// A class with a table of properties.
pub trait Class: Sized + 'static {
    /// The name of the class, such as `Security.Roles`.
    const NAME: &'static str;
    /// Its properties in the order in which they are shown.
    const FIELDS: &'static [Field<Self>];
}

/// What changed of one property, as text; secrets stand as digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The property.
    pub property: String,
    /// Its value before.
    pub old: String,
    /// Its value after.
    pub new: String,
}

/// Sets what `given` holds. Unknown names and names that callers may not set are left aside, as the class does.
pub fn assign<T: Class>(record: &mut T, given: &Properties, directory: &dyn Directory) -> Result<(), Status> {
    for (name, value) in given.iter() {
        if let Some(field) = T::FIELDS.iter().find(|field| field.name == name && field.access == Access::Open)
        {
            write(field, record, value, directory)?;
        }
    }
    Ok(())
}

/// The properties given, and for all others that callers may set their defaults: what a file means that gives the whole
/// record.
pub fn completed<T: Class>(given: &Properties, blank: &T, directory: &dyn Directory) -> Properties {
    let mut whole = Properties::new();
    for field in T::FIELDS.iter().filter(|field| field.access == Access::Open) {
        whole.set(
            field.name,
            given.get(field.name).cloned().unwrap_or_else(|| read(&field.kind, blank, directory)),
        );
    }
    whole
}

/// The visible properties of a record, in the order of the table.
pub fn show<T: Class>(record: &T, directory: &dyn Directory) -> Properties {
    let mut shown = Properties::new();
    for field in T::FIELDS.iter().filter(|field| matches!(field.access, Access::Open | Access::System)) {
        shown.set(field.name, read(&field.kind, record, directory));
    }
    shown
}

/// The properties in which two records of one class differ. `conceal` turns a secret into what may be written down.
pub fn differences<T: Class>(
    old: Option<&T>,
    new: Option<&T>,
    blank: &T,
    directory: &dyn Directory,
    conceal: &dyn Fn(&[u8]) -> String,
) -> Vec<Difference> {
    let form = |field: &Field<T>, record: &T| match &field.kind {
        Kind::Binary { get, .. } if get(record).is_empty() => String::new(),
        Kind::Binary { get, .. } => conceal(get(record)),
        kind => read(kind, record, directory).text(),
    };
    let differs = |field: &&Field<T>| {
        let (old, new) = (old.unwrap_or(blank), new.unwrap_or(blank));
        match &field.kind {
            // Deleted roles and resources may still stand in the record; they are nothing, and losing them is no
            // change (`security-users.md` section 4, rules 3 and 4).
            Kind::Roles { .. } | Kind::Privileges { .. } | Kind::Matches { .. } => {
                read(&field.kind, old, directory) != read(&field.kind, new, directory)
            }
            _ => !is_same(field, old, new),
        }
    };
    let fields = T::FIELDS.iter().filter(differs);
    fields
        .map(|field| Difference {
            property: field.name.to_owned(),
            old: old.map(|record| form(field, record)).unwrap_or_default(),
            new: new.map(|record| form(field, record)).unwrap_or_default(),
        })
        .collect()
}

/// A property as the store keeps it: roles and resources by id, bytes as hexadecimal digits.
pub fn stored<T>(field: &Field<T>, record: &T) -> Value {
    match &field.kind {
        Kind::Roles { get, .. } => Value::Text(joined(get(record).iter().map(|id| id.0.to_string()), ",")),
        Kind::Privileges { get, .. } => {
            Value::Text(joined(get(record).iter().map(|(id, held)| format!("{}:{}", id.0, held.bits())), ","))
        }
        Kind::Matches { get, .. } => Value::Text(joined(get(record).iter().map(stored_match), ",")),
        Kind::Texts { get, .. } => Value::Text(joined(get(record).iter().cloned(), "\n")),
        Kind::Binary { get, .. } => Value::Text(hex(get(record))),
        kind => read(kind, record, &Nobody),
    }
}

/// Tells whether a property is kept in the same form of two records, without making that form.
pub fn is_same<T>(field: &Field<T>, one: &T, other: &T) -> bool {
    match &field.kind {
        Kind::Text { get, .. } | Kind::Choice { get, .. } => {
            is_same_bytes(get(one).as_bytes(), get(other).as_bytes())
        }
        Kind::Boolean { get, .. } => get(one) == get(other),
        Kind::Integer { get, .. } => get(one) == get(other),
        Kind::Date { get, .. } => get(one) == get(other),
        Kind::Instant { get, .. } => get(one) == get(other),
        Kind::Permissions { get, .. } => get(one) == get(other),
        Kind::Privileges { get, .. } => get(one) == get(other),
        Kind::Roles { get, .. } => get(one) == get(other),
        Kind::Texts { get, .. } => get(one) == get(other),
        Kind::Matches { get, .. } => get(one) == get(other),
        Kind::Binary { get, .. } => is_same_bytes(get(one), get(other)),
    }
}

/// Most of what is compared is empty. The comparison of the C library may look at where such bytes would be, which is
/// nowhere, and to find that out takes a processor with AVX-512 longer than all the rest.
fn is_same_bytes(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}

/// A record whose stored form cannot be read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The property that could not be read.
    pub property: &'static str,
}

/// Puts back what [`stored`] gave.
pub fn restore<T>(field: &Field<T>, record: &mut T, value: &Value) -> Result<(), Unreadable> {
    let unreadable = || Unreadable { property: field.name };
    let text = value.text();
    let parts = || text.split(',').filter(|part| !part.is_empty());
    match &field.kind {
        Kind::Roles { set, .. } => {
            let ids = parts().map(|id| id.parse().map(RoleId)).collect::<Result<_, _>>();
            set(record, ids.map_err(|_| unreadable())?);
        }
        Kind::Privileges { set, .. } => {
            let held = parts().map(restored_privilege).collect::<Option<_>>();
            set(record, held.ok_or_else(unreadable)?);
        }
        Kind::Matches { set, .. } => {
            let rules = parts().map(restored_match).collect::<Option<_>>();
            set(record, rules.ok_or_else(unreadable)?);
        }
        Kind::Texts { set, .. } => {
            set(record, text.split('\n').filter(|t| !t.is_empty()).map(str::to_owned).collect());
        }
        Kind::Binary { set, .. } => set(record, unhex(&text).ok_or_else(unreadable)?),
        Kind::Instant { set, .. } if text.is_empty() => set(record, None),
        Kind::Instant { set, .. } => set(record, Some(text.parse().map_err(|_| unreadable())?)),
        _ => write(field, record, value, &Nobody).map_err(|_| unreadable())?,
    }
    Ok(())
}

fn stored_match(rule: &MatchRule) -> String {
    let matched = rule.matched.map(|id| id.0.to_string()).unwrap_or_default();
    format!("{matched}:{}", joined(rule.targets.iter().map(|id| id.0.to_string()), ":"))
}

fn restored_match(text: &str) -> Option<MatchRule> {
    let mut parts = text.split(':');
    let matched = match parts.next()? {
        "" => None,
        id => Some(RoleId(id.parse().ok()?)),
    };
    let targets =
        parts.filter(|id| !id.is_empty()).map(|id| id.parse().ok().map(RoleId)).collect::<Option<_>>()?;
    Some(MatchRule { matched, targets })
}

fn restored_privilege(text: &str) -> Option<(ResourceId, Permissions)> {
    let (id, bits) = text.split_once(':')?;
    Some((ResourceId(id.parse().ok()?), Permissions::from_bits(bits.parse().ok()?)?))
}

fn read<T>(kind: &Kind<T>, record: &T, directory: &dyn Directory) -> Value {
    match kind {
        Kind::Text { get, .. } | Kind::Choice { get, .. } => Value::Text(get(record).to_owned()),
        Kind::Boolean { get, .. } => Value::Boolean(get(record)),
        Kind::Integer { get, .. } => Value::Integer(get(record)),
        Kind::Date { get, .. } => Value::Text(get(record).map(|day| day.to_string()).unwrap_or_default()),
        Kind::Instant { get, .. } => Value::Text(get(record).map(|at| at.to_string()).unwrap_or_default()),
        Kind::Permissions { get, .. } => Value::Text(get(record).to_string()),
        Kind::Privileges { get, .. } => Value::Text(privileges_text(get(record), directory)),
        Kind::Roles { get, .. } => Value::Text(roles_text(get(record), directory)),
        Kind::Texts { separator, get, .. } => {
            Value::Text(joined(get(record).iter().cloned(), separator.encode_utf8(&mut [0; 4])))
        }
        Kind::Matches { get, .. } => {
            Value::Text(joined(get(record).iter().map(|rule| match_text(rule, directory)), ","))
        }
        Kind::Binary { .. } => Value::Text(String::new()),
    }
}

/// Role names as a comma list, in the order given; deleted roles are left out.
pub fn roles_text(roles: &[RoleId], directory: &dyn Directory) -> String {
    joined(roles.iter().filter_map(|id| directory.name_of_role(*id)).map(str::to_owned), ",")
}

/// Privileges as `A:RW,B:U`, sorted by resource name (`security-classes.md` 1.3); deleted resources are left out.
pub fn privileges_text(held: &BTreeMap<ResourceId, Permissions>, directory: &dyn Directory) -> String {
    let mut named: Vec<_> = held
        .iter()
        .filter_map(|(id, permissions)| Some((directory.name_of_resource(*id)?, permissions)))
        .collect();
    named.sort_unstable_by_key(|(name, _)| *name);
    joined(named.into_iter().map(|(name, permissions)| format!("{name}:{permissions}")), ",")
}

fn match_text(rule: &MatchRule, directory: &dyn Directory) -> String {
    let matched = rule.matched.and_then(|id| directory.name_of_role(id)).unwrap_or_default();
    let targets = rule.targets.iter().filter_map(|id| directory.name_of_role(*id)).map(str::to_owned);
    format!("{matched}:{}", joined(targets, ":"))
}

pub(crate) fn joined(parts: impl Iterator<Item = String>, separator: &str) -> String {
    parts.collect::<Vec<_>>().join(separator)
}

pub(crate) fn write<T>(
    field: &Field<T>,
    record: &mut T,
    value: &Value,
    directory: &dyn Directory,
) -> Result<(), Status> {
    let invalid = |cause: Status| {
        Status::new(Code::PropertyInvalid, [field.name, value.text().as_str()]).caused_by(cause)
    };
    match &field.kind {
        Kind::Text { max, set, .. } => set(record, bounded(value.text(), *max).map_err(invalid)?),
        Kind::Choice { words, set, .. } => set(record, chosen(&value.text(), words).map_err(invalid)?),
        Kind::Boolean { set, .. } => set(record, boolean(value).map_err(invalid)?),
        Kind::Integer { min, max, set, .. } => set(record, integer(value, *min, *max).map_err(invalid)?),
        Kind::Date { set, .. } => set(record, day(&value.text())?),
        Kind::Permissions { set, .. } => set(record, permissions(&value.text()).map_err(invalid)?),
        Kind::Privileges { set, .. } => set(record, crate::privilege::privileges(&value.text(), directory)?),
        Kind::Roles { set, .. } => set(record, roles(&value.text(), directory)?),
        Kind::Texts { separator, set, .. } => set(record, texts(&value.text(), *separator).map_err(invalid)?),
        Kind::Matches { set, .. } => set(record, crate::application::match_rules(&value.text(), directory)?),
        Kind::Instant { .. } | Kind::Binary { .. } => {}
    }
    Ok(())
}

/// The longest list of texts that is taken, in characters (`security-classes.md` 3.1).
const LONGEST_LIST: usize = 32_767;

fn bounded(text: String, max: usize) -> Result<String, Status> {
    if text.chars().nth(max).is_some() {
        return Err(Status::new(Code::TooLong, [text, max.to_string()]));
    }
    match text.chars().find(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n')) {
        Some(_) => Err(Status::general("control characters other than tab and line break are not allowed")),
        None => Ok(text),
    }
}

fn chosen(text: &str, words: &[&str]) -> Result<String, Status> {
    let found = words.iter().find(|word| **word == text);
    found.map(|word| (*word).to_owned()).ok_or_else(|| Status::new(Code::NotInList, [text, &words.join(",")]))
}

fn boolean(value: &Value) -> Result<bool, Status> {
    match value.text().as_str() {
        "1" | "true" => Ok(true),
        // An empty text is no omission: it was seen to read as 0 (`security-users.md` 5.1).
        "0" | "false" | "" => Ok(false),
        other => Err(Status::new(Code::NotABoolean, [other])),
    }
}

fn integer(value: &Value, min: i64, max: i64) -> Result<i64, Status> {
    let text = value.text();
    let number: i64 = text.trim().parse().map_err(|_| Status::new(Code::NotANumber, [text.as_str()]))?;
    if number > max {
        return Err(Status::new(Code::TooGreat, [number, max]));
    }
    if number < min {
        return Err(Status::new(Code::TooSmall, [number, min]));
    }
    Ok(number)
}

/// Reads a day; day 0 in any spelling means none (`security-users.md` section 2).
fn day(text: &str) -> Result<Option<Date>, Status> {
    match text.trim() {
        "" | "0" | "1840-12-31" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            Status::plain(Code::InvalidExpirationDate)
                .because(format!("`{}` is not a day YYYY-MM-DD", crate::name::quotable(text)))
        }),
    }
}

fn permissions(text: &str) -> Result<Permissions, Status> {
    Permissions::from_property(text).map_err(Status::general)
}

fn roles(text: &str, directory: &dyn Directory) -> Result<Vec<RoleId>, Status> {
    let mut found = Vec::new();
    for name in crate::name::list(text) {
        let id = directory.role_named(name).ok_or_else(|| Status::new(Code::RoleDoesNotExist, [name]))?;
        if !found.contains(&id) {
            found.push(id);
        }
    }
    Ok(found)
}

fn texts(text: &str, separator: char) -> Result<Vec<String>, Status> {
    let text = bounded(text.to_owned(), LONGEST_LIST)?;
    if separator != '\n' && text.contains('\n') {
        return Err(Status::general("a list holds no line breaks"));
    }
    Ok(text.split(separator).map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
}

/// A directory in which nothing is; for values that name no roles and resources.
struct Nobody;

impl Directory for Nobody {
    fn role_named(&self, _: &str) -> Option<RoleId> {
        None
    }
    fn resource_named(&self, _: &str) -> Option<(ResourceId, bool)> {
        None
    }
    fn name_of_role(&self, _: RoleId) -> Option<&str> {
        None
    }
    fn name_of_resource(&self, _: ResourceId) -> Option<&str> {
        None
    }
}

/// Writes one row of a class's table: access, name, kind with its limits, and the member of the record.
macro_rules! field {
    ($access:ident $name:literal text($max:expr) $($member:ident).+) => {
        Field { name: $name, access: Access::$access, kind: Kind::Text { max: $max, get: |r| &r.$($member).+, set: |r, v| r.$($member).+ = v } }
    };
    ($access:ident $name:literal choice($words:expr) $($member:ident).+) => {
        Field { name: $name, access: Access::$access, kind: Kind::Choice { words: $words, get: |r| &r.$($member).+, set: |r, v| r.$($member).+ = v } }
    };
    ($access:ident $name:literal integer($min:expr, $max:expr) $($member:ident).+) => {
        Field { name: $name, access: Access::$access, kind: Kind::Integer { min: $min, max: $max, get: |r| r.$($member).+, set: |r, v| r.$($member).+ = v } }
    };
    ($access:ident $name:literal texts($separator:literal) $($member:ident).+) => {
        Field { name: $name, access: Access::$access, kind: Kind::Texts { separator: $separator, get: |r| &r.$($member).+, set: |r, v| r.$($member).+ = v } }
    };
    ($access:ident $name:literal boolean $($member:ident).+) => { field!(@copied Boolean, $access, $name, $($member).+) };
    ($access:ident $name:literal date $($member:ident).+) => { field!(@copied Date, $access, $name, $($member).+) };
    ($access:ident $name:literal instant $($member:ident).+) => { field!(@copied Instant, $access, $name, $($member).+) };
    ($access:ident $name:literal permissions $($member:ident).+) => { field!(@copied Permissions, $access, $name, $($member).+) };
    ($access:ident $name:literal privileges $($member:ident).+) => { field!(@borrowed Privileges, $access, $name, $($member).+) };
    ($access:ident $name:literal roles $($member:ident).+) => { field!(@borrowed Roles, $access, $name, $($member).+) };
    ($access:ident $name:literal matches $($member:ident).+) => { field!(@borrowed Matches, $access, $name, $($member).+) };
    ($access:ident $name:literal binary $($member:ident).+) => { field!(@borrowed Binary, $access, $name, $($member).+) };
    (@copied $kind:ident, $access:ident, $name:literal, $($member:ident).+) => {
        Field { name: $name, access: Access::$access, kind: Kind::$kind { get: |r| r.$($member).+, set: |r, v| r.$($member).+ = v } }
    };
    (@borrowed $kind:ident, $access:ident, $name:literal, $($member:ident).+) => {
        Field { name: $name, access: Access::$access, kind: Kind::$kind { get: |r| &r.$($member).+, set: |r, v| r.$($member).+ = v } }
    };
}
pub(crate) use field;
