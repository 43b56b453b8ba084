//! What no input may do to a parser, whatever its bytes: one function a parser, which panics where a promise is broken.
//! The fuzz targets in `fuzz/` and the property tests run the same functions.
//!
//! The promises: nothing panics, overflows or goes on for ever; a refusal is one short line without control characters;
//! what was read and written again reads as the same.

use sclera_authn::ldap::{Content, LARGEST, Message};
use sclera_core::address::{Addresses, Pattern as AddressPattern, Resolver, plain};
use sclera_core::id::ResourceId;
use sclera_core::name::{
    ApplicationName, EventName, Folded, LdapConfigName, ResourceName, RoleName, ServiceName, SslConfigName,
    UserName, list, one_line, quotable, same,
};
use sclera_core::pattern::Pattern;
use sclera_core::permission::Permissions;
use sclera_core::privilege::{Requirement, pairs};
use sclera_core::selection::{Matching, Selection};
use sclera_core::snapshot::{Image, Pages, Prepared, seal};
use sclera_core::time::{Date, Timestamp};
use sclera_exchange::{Form, Merge, read, write};
use std::net::IpAddr;

/// A parser and its promises.
pub type Target = fn(&[u8]);

/// All of them by name.
pub const TARGETS: [(&str, Target); 9] = [
    ("xml", xml),
    ("json", json),
    ("yaml", yaml),
    ("permission", permission),
    ("name", name),
    ("ldap", ldap),
    ("cpf", cpf),
    ("address", address),
    ("image", image),
];

/// The longest refusal.
const LONGEST: usize = 2_000;

fn is_one_line(text: &str) {
    assert!(!text.is_empty() && text.len() <= LONGEST, "a refusal of {} bytes", text.len());
    assert!(!text.chars().any(char::is_control), "a refusal with control characters: {text:?}");
}

/// A security XML export.
pub fn xml(bytes: &[u8]) {
    match read(bytes) {
        Err(fault) => is_one_line(&fault.to_string()),
        Ok(document) => document.notes.iter().for_each(|note| is_one_line(note)),
    }
}

/// A document in JSON, or whatever else its beginning says that it is.
pub fn json(bytes: &[u8]) {
    document(bytes);
}

/// A document in YAML: the mark at its beginning makes it one.
pub fn yaml(bytes: &[u8]) {
    document(&[b"--- ".as_slice(), bytes].concat());
}

fn document(bytes: &[u8]) {
    let document = match read(bytes) {
        Err(fault) => return is_one_line(&fault.to_string()),
        Ok(document) => document,
    };
    // An export holds what JSON and YAML have no words for.
    if !document.notes.is_empty() || bytes.trim_ascii_start().starts_with(b"<") {
        return;
    }
    for form in [Form::Json, Form::Yaml] {
        let text = write(&document, form).unwrap_or_else(|fault| panic!("it is not written: {fault}"));
        match read(text.as_bytes()) {
            Ok(again) => {
                assert!(
                    write(&again, form).as_ref() == Ok(&text),
                    "it does not read as it was written: {}",
                    *text
                );
            }
            Err(fault) => panic!("what was written is refused: {fault}: {}", *text),
        }
    }
}

/// What an LDAP server sends: messages one after another.
pub fn ldap(bytes: &[u8]) {
    let mut rest = bytes;
    loop {
        let length = match Message::length(rest) {
            Err(fault) => return is_one_line(&fault.to_string()),
            Ok(None) => return,
            Ok(Some(length)) => length,
        };
        assert!((2..=LARGEST + 6).contains(&length), "a message of {length} bytes");
        let Some((message, behind)) = rest.split_at_checked(length) else { return };
        match Message::read(message) {
            Err(fault) => is_one_line(&fault.to_string()),
            Ok(Message { content: Content::Bound(ended) | Content::Searched(ended), .. }) => {
                is_one_line(&ended.told());
            }
            Ok(_) => {}
        }
        rest = behind;
    }
}

/// A merge file.
pub fn cpf(bytes: &[u8]) {
    match Merge::read(&[("", bytes)]) {
        Err(fault) => is_one_line(&fault.to_string()),
        Ok(merge) => merge.notes.iter().for_each(|note| is_one_line(note)),
    }
}

/// Allowed addresses, before the first blank line, and a peer.
pub fn address(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (allowed, peer) = text.split_once("\n\n").unwrap_or((&text, "127.0.0.1"));
    for entry in allowed.split(['\n', ',']) {
        if let Err(fault) = entry.parse::<AddressPattern>() {
            is_one_line(&fault.to_string());
        }
    }
    let addresses = Addresses::of(allowed.split(['\n', ',']));
    let Ok(peer) = peer.trim().parse::<IpAddr>() else { return };
    let found = addresses.find(peer, &Resolver::nothing());
    assert_eq!(found, addresses.find(plain(peer), &Resolver::nothing()), "{peer} is its IPv4 form");
    let all = Addresses::of(["*.*.*.*", "::/0"]).find(peer, &Resolver::nothing());
    assert!(found.is_none() || all.is_some(), "{peer}");
}

/// An image of settings: as it is, and with sums that fit, as whoever can write the file can make them.
pub fn image(bytes: &[u8]) {
    if let Ok(image) = Image::open(bytes) {
        walk(&image);
    }
    let number = |at: usize| {
        let bytes = bytes.get(at..at + 8)?.try_into().ok()?;
        usize::try_from(u64::from_le_bytes(bytes)).ok()
    };
    let section = |place: usize| {
        let (start, length) = (number(HEADER + place * ENTRY)?, number(HEADER + place * ENTRY + 8)?);
        Some(bytes.get(start..start.checked_add(length)?)?.to_vec())
    };
    let sections: Option<Vec<Vec<u8>>> = (0..SECTIONS).map(section).collect();
    let head = bytes.get(..HEADER).and_then(|head| head.try_into().ok());
    if let (Some(sections), Some(head)) = (sections, head)
        && let Ok(image) = Image::open(seal(head, &sections))
    {
        walk(&image);
    }
}

const HEADER: usize = 128;
const ENTRY: usize = 24;
const SECTIONS: usize = 20;

/// Goes through everything that a reader can ask of an image.
pub fn walk<B: AsRef<[u8]>>(image: &Image<B>) {
    let mut pages = Pages::new();
    let public = pages.public(image);
    for name in ["Clerk", "Boss", "Chief", "%All", "%DB_SALES", "Gr\u{f6}\u{df}e", "", "x"] {
        let role = image.role_named(name);
        let reached = image.closure(role, |_| true);
        let dead: Vec<ResourceId> = image.resources().take(3).collect();
        let privileges = pages.privileges(image, &public, &reached, &dead);
        for resource in ["AppData", "appRUN", "%DB_SALES", "%Development", &"long ".repeat(20)] {
            let id = image.resource(resource);
            let _ = (privileges.held(id), privileges.holds(&Prepared::new(id, Permissions::USE)));
            let _ = id.map(|id| image.name_of_resource(id).map(str::len));
        }
        let _ = role.map(|role| (image.name_of_role(role).map(str::len), image.is_escalation_only(role)));
        let _ = (image.service("%Service_Test"), image.application("/app"), image.ticket_key());
    }
}

/// Permissions, privileges and what selects names.
pub fn permission(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match text.parse::<Permissions>() {
        Ok(permissions) if permissions.is_empty() => {}
        Ok(permissions) => {
            assert_eq!(permissions.to_string().parse(), Ok(permissions), "{text:?}");
            assert_eq!(permissions.words().to_string().parse(), Ok(permissions), "{text:?}");
        }
        Err(fault) => is_one_line(&fault.to_string()),
    }
    let _ = Permissions::from_property(&text);
    if let Err(status) = pairs(&text) {
        assert!(!one_line(&status.to_string()).contains('\n'));
    }
    let _ = Requirement::parse(&text);
    for matching in [Matching::Exact, Matching::Beginning, Matching::Containing] {
        let _ = Selection::new(&text, matching).has("Name");
    }
    if let Some((pattern, value)) = text.split_once('\0')
        && let Ok(pattern) = Pattern::parse(pattern)
    {
        let _ = pattern.matches(value);
    }
}

/// Names, dates and times.
pub fn name(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let folded = Folded::of(&text);
    assert_eq!(Folded::of(folded.as_str()), folded, "folding twice is folding once: {text:?}");
    assert!(same(&text, folded.as_str()), "{text:?}");
    assert!(!one_line(&text).contains(['\n', '\r']) && !quotable(&text).contains(['\n', '\r']));
    assert!(list(&text).all(|name| name.len() <= text.len()));
    for fault in [
        RoleName::new(&text).err(),
        ResourceName::new(&text).err(),
        UserName::new(&text).err(),
        ServiceName::new(&text).err(),
        ApplicationName::new(&text).err(),
        EventName::new(&text).err(),
        SslConfigName::new(&text).err(),
        LdapConfigName::new(&text).err(),
    ]
    .into_iter()
    .flatten()
    {
        is_one_line(&one_line(&fault.to_string()));
    }
    if let Ok(name) = UserName::new(&text) {
        assert_eq!(name.folded(), folded, "{text:?}");
    }
    if let Ok(date) = text.parse::<Date>() {
        assert_eq!(date.to_string().parse(), Ok(date));
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        assert_eq!(at.to_string().parse(), Ok(at));
    }
}

/// An example with edits: a place, what is done there, and a byte to do it with.
pub fn edited(example: &[u8], edits: &[(u16, u8, u8)]) -> Vec<u8> {
    let mut bytes = example.to_vec();
    for (place, what, byte) in edits {
        let place = usize::from(*place) % (bytes.len() + 1);
        match what % 5 {
            0 if place < bytes.len() => bytes[place] = *byte,
            1 if place < bytes.len() => drop(bytes.remove(place)),
            2 => bytes.truncate(place),
            3 => {
                let again = bytes[place..].to_vec();
                bytes.extend(again);
                bytes.truncate(64 * 1024);
            }
            _ => bytes.insert(place, *byte),
        }
    }
    bytes
}

/// Examples of what each parser reads, to begin from.
pub fn seeds(target: &str) -> Vec<&'static [u8]> {
    macro_rules! seed {
        ($name:literal) => {
            include_bytes!(concat!("../../../fuzz/seeds/", $name)).as_slice()
        };
    }
    match target {
        "xml" => vec![seed!("xml/roles"), seed!("xml/users")],
        "json" => vec![seed!("json/roles"), seed!("json/sql")],
        "yaml" => vec![seed!("yaml/roles"), seed!("yaml/system")],
        "permission" => vec![seed!("permission/pairs"), seed!("permission/pattern")],
        "ldap" => vec![seed!("ldap/entry"), seed!("ldap/bound")],
        "name" => vec![seed!("name/resource"), seed!("name/unicode"), seed!("name/time")],
        "cpf" => vec![seed!("cpf/actions"), seed!("cpf/startup")],
        "address" => vec![seed!("address/v4"), seed!("address/v6")],
        "image" => vec![seed!("image/small")],
        _ => Vec::new(),
    }
}
