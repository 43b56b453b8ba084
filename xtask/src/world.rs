//! `cargo xtask world`: makes up a configuration of any size, for measuring and for tests of endurance.
//!
//! The same numbers and seed always give the same bytes. Roles hold others three deep; users hold one to three roles and,
//! where hashes are wanted, the hash of a password that nobody knows. Records are written as they are made up, so a
//! world may be larger than the memory.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How large a world is wanted, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) files: Vec<Output>,
    pub(crate) users: u64,
    pub(crate) roles: u64,
    pub(crate) resources: u64,
    /// How many privileges each role has.
    pub(crate) privileges: u64,
    pub(crate) hashes: bool,
    pub(crate) seed: u64,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            users: 1_000,
            roles: 100,
            resources: 100,
            privileges: 10,
            hashes: false,
            seed: 1,
        }
    }
}

/// A file and the form that its name asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Output {
    path: PathBuf,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Xml,
    Json,
    Yaml,
}

impl Output {
    pub(crate) fn at(file: &str) -> Result<Self, String> {
        let form = match file.rsplit('.').next() {
            Some("xml") => Form::Xml,
            Some("json") => Form::Json,
            Some("yaml" | "yml") => Form::Yaml,
            _ => return Err(format!("`{file}` must end in .xml, .json or .yaml")),
        };
        Ok(Self { path: file.into(), form })
    }
}

/// Writes the world into every file.
pub(crate) fn write(wanted: &Wanted) -> Result<()> {
    for file in &wanted.files {
        let path = &file.path;
        let out = File::create(path).with_context(|| format!("cannot make `{}`", path.display()))?;
        let mut out = BufWriter::with_capacity(1 << 20, out);
        let written = world(wanted, file.form, &mut out).and_then(|()| Ok(out.flush()?));
        written.with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

fn world(wanted: &Wanted, form: Form, out: &mut impl Write) -> Result<()> {
    let mut writer = Writer { out, form };
    writer.begin()?;
    writer.section("Resources", wanted.resources, |number| resource(wanted, number))?;
    writer.section("Roles", wanted.roles, |number| role(wanted, number))?;
    writer.section("Users", wanted.users, |number| user(wanted, number))?;
    writer.end()
}

/// A record: its properties by name.
type Record = Vec<(&'static str, Value)>;

enum Value {
    Text(String),
    Names(Vec<String>),
    Privileges(Vec<(String, u64)>),
    /// Key and salt of a password.
    Hash(Vec<u8>, Vec<u8>),
}

fn resource(wanted: &Wanted, number: u64) -> Record {
    let mut lots = Lots::of(wanted.seed, 1, number);
    let mut record = vec![
        ("Name", Value::Text(resource_name(number))),
        ("Description", Value::Text(format!("Made-up resource {number}"))),
    ];
    if lots.below(20) == 0 {
        record.push(("PublicPermission", Value::Text("R".to_owned())));
    }
    record
}

fn role(wanted: &Wanted, number: u64) -> Record {
    let mut lots = Lots::of(wanted.seed, 2, number);
    let mut privileges: Vec<(String, u64)> = Vec::new();
    for _ in 0..wanted.privileges.min(wanted.resources) {
        let name = resource_name(lots.below(wanted.resources));
        if privileges.iter().all(|(known, _)| *known != name) {
            privileges.push((name, 1 + lots.below(7)));
        }
    }
    // Of every three roles the first holds the second and that the third.
    let next = (number % 3 < 2 && number + 1 < wanted.roles).then(|| role_name(number + 1));
    vec![
        ("Name", Value::Text(role_name(number))),
        ("Description", Value::Text(format!("Made-up role {number}"))),
        ("Resources", Value::Privileges(privileges)),
        ("GrantedRoles", Value::Names(next.into_iter().collect())),
    ]
}

fn user(wanted: &Wanted, number: u64) -> Record {
    let mut lots = Lots::of(wanted.seed, 3, number);
    let mut roles: Vec<String> = Vec::new();
    for _ in 0..(1 + lots.below(3)).min(wanted.roles) {
        let name = role_name(lots.below(wanted.roles));
        if !roles.contains(&name) {
            roles.push(name);
        }
    }
    let mut record = vec![
        ("Name", Value::Text(user_name(number))),
        ("FullName", Value::Text(format!("Made-up Person {number}"))),
        ("Comment", Value::Text(format!("Ward {}", lots.below(400)))),
        ("EmailAddress", Value::Text(format!("user{number}@hospital.example"))),
        ("Enabled", Value::Text(u64::from(lots.below(50) > 0).to_string())),
        ("Roles", Value::Names(roles)),
    ];
    if wanted.hashes {
        record.push(("Password", Value::Hash(lots.bytes(64), lots.bytes(64))));
    }
    record
}

pub(crate) fn user_name(number: u64) -> String {
    format!("user{number:08}")
}

pub(crate) fn resource_name(number: u64) -> String {
    format!("Resource{number:06}")
}

fn role_name(number: u64) -> String {
    format!("Role{number:06}")
}

/// Numbers that look like chance and always are the same (SplitMix64).
struct Lots(u64);

impl Lots {
    /// Those of one object, so that objects do not depend on each other.
    fn of(seed: u64, kind: u64, number: u64) -> Self {
        let mut lots = Self(seed ^ (kind << 56));
        lots.0 = lots.next() ^ number;
        lots
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            bytes.extend(self.next().to_be_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}

struct Writer<'w, W> {
    out: &'w mut W,
    form: Form,
}

impl<W: Write> Writer<'_, W> {
    fn begin(&mut self) -> Result<()> {
        Ok(self.out.write_all(match self.form {
            Form::Xml => b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<SecurityExport>\n",
            Form::Json => b"{",
            Form::Yaml => b"",
        })?)
    }

    fn end(&mut self) -> Result<()> {
        Ok(self.out.write_all(match self.form {
            Form::Xml => b"</SecurityExport>\n",
            Form::Json => b"\n}\n",
            Form::Yaml => b"",
        })?)
    }

    fn section(&mut self, name: &str, count: u64, record: impl Fn(u64) -> Record) -> Result<()> {
        let comma = if name == "Resources" { "" } else { "," };
        match self.form {
            Form::Xml => writeln!(self.out, "<{name}Export>")?,
            Form::Json => write!(self.out, "{comma}\n\"{name}\":[")?,
            Form::Yaml if count == 0 => writeln!(self.out, "{name}: []")?,
            Form::Yaml => writeln!(self.out, "{name}:")?,
        }
        for number in 0..count {
            match self.form {
                Form::Xml => self.xml(name, &record(number))?,
                Form::Json => {
                    self.out.write_all(if number == 0 { b"\n" } else { b",\n" })?;
                    self.json(&record(number))?;
                }
                Form::Yaml => {
                    // One JSON object is one value of YAML.
                    self.out.write_all(b"- ")?;
                    self.json(&record(number))?;
                    self.out.write_all(b"\n")?;
                }
            }
        }
        match self.form {
            Form::Xml => writeln!(self.out, "</{name}Export>")?,
            Form::Json => write!(self.out, "]")?,
            Form::Yaml => {}
        }
        Ok(())
    }

    fn xml(&mut self, class: &str, record: &Record) -> Result<()> {
        writeln!(self.out, "<{class}>")?;
        for (name, value) in record {
            match value {
                Value::Text(text) => writeln!(self.out, "  <{name}>{text}</{name}>")?,
                Value::Names(names) => {
                    write!(self.out, "  <{name}>")?;
                    for item in names {
                        write!(self.out, "<{name}Item>{item}</{name}Item>")?;
                    }
                    writeln!(self.out, "</{name}>")?;
                }
                Value::Privileges(privileges) => {
                    writeln!(self.out, "  <{name}>")?;
                    for (resource, bits) in privileges {
                        writeln!(
                            self.out,
                            "    <Resource><Name>{resource}</Name><Permission>{bits}</Permission></Resource>"
                        )?;
                    }
                    writeln!(self.out, "  </{name}>")?;
                }
                Value::Hash(key, salt) => writeln!(
                    self.out,
                    "  <{name}>{}</{name}>\n  <Salt>{}</Salt>\n  <PasswordHashAlgorithm>SHA512</PasswordHashAlgorithm>\n  <PasswordHashWorkFactor>10000</PasswordHashWorkFactor>",
                    STANDARD.encode(key),
                    STANDARD.encode(salt)
                )?,
            }
        }
        Ok(writeln!(self.out, "</{class}>")?)
    }

    fn json(&mut self, record: &Record) -> Result<()> {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let letters =
            |bits: u64| [(1, 'R'), (2, 'W'), (4, 'U')].into_iter().filter(move |(bit, _)| bits & bit > 0);
        for (index, (name, value)) in record.iter().enumerate() {
            let (name, text) = match value {
                Value::Text(text) => (*name, text.clone()),
                Value::Names(names) => (*name, names.join(",")),
                Value::Privileges(privileges) => {
                    let each = privileges.iter().map(|(resource, bits)| {
                        format!("{resource}:{}", letters(*bits).map(|(_, letter)| letter).collect::<String>())
                    });
                    (*name, each.collect::<Vec<_>>().join(","))
                }
                Value::Hash(key, salt) => {
                    ("PasswordHash", format!("{},{},10000,SHA512", hex(key), hex(salt)))
                }
            };
            write!(self.out, "{}\"{name}\":\"{text}\"", if index == 0 { "{" } else { "," })?;
        }
        Ok(self.out.write_all(b"}")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(form: Form, hashes: bool) -> String {
        let wanted = Wanted { users: 5, roles: 7, resources: 4, privileges: 3, hashes, ..Wanted::default() };
        let mut bytes = Vec::new();
        world(&wanted, form, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_world_is_always_the_same() {
        for form in [Form::Xml, Form::Json, Form::Yaml] {
            assert_eq!(text(form, true), text(form, true));
            assert_ne!(text(form, true), text(form, false));
        }
    }

    #[test]
    fn a_world_is_what_was_wanted() {
        let value: serde_json::Value = serde_json::from_str(&text(Form::Json, true)).unwrap();
        let count = |section: &str| value[section].as_array().unwrap().len();
        assert_eq!((count("Users"), count("Roles"), count("Resources")), (5, 7, 4));
        let granted = |number: usize| value["Roles"][number]["GrantedRoles"].as_str().unwrap();
        assert_eq!([0, 1, 2, 3, 6].map(granted), ["Role000001", "Role000002", "", "Role000004", ""]);
        let xml = text(Form::Xml, true);
        assert_eq!(xml.matches("<Users>").count(), 5);
        assert!(xml.contains("<RolesItem>Role") && xml.contains("<Salt>"));
        assert!(text(Form::Yaml, false).starts_with("Resources:\n- {\"Name\":\"Resource000000\","));
    }
}
