//! Names: what may be one, and when two are the same.
//!
//! A name keeps the spelling it was created with, and is found without regard to letter case: `basicuser` finds
//! `BasicUser`, and the two cannot stand beside each other. Case is folded by simple Unicode case folding
//! (`authorization.md` RES-5, RES-6, ROL-2; `security-users.md` 1.1).
//!
//! Beyond the limits of each class one rule holds for all: a name must look like what it is. It is in normal form
//! NFKC, holds no invisible or unassigned characters, no blanks at its ends, and does not mix Latin with Cyrillic or
//! Greek letters. So nobody can create a second `admin` that a reader cannot tell from the first.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use unicode_normalization::{IsNormalized, is_nfkc_quick};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_script::{Script, UnicodeScript};

/// The form of a name in which equal names are equal: case folded, blanks at the ends removed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Folded(Box<str>);

impl Folded {
    /// Folds any text; a text that is no name folds too and finds nothing.
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        // Most names are ASCII, which folds byte by byte.
        let folded =
            if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().map(fold).collect() };
        Self(folded.into_boxed_str())
    }

    /// Keeps a text as it is, for the one class whose names differ by case (`security-classes.md` section 6).
    pub fn exact(text: &str) -> Self {
        Self(text.trim().into())
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Folded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The form in which equal characters are equal (RES-6).
pub(crate) fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    unicode_case_mapping::case_folded(c).and_then(|folded| char::from_u32(folded.get())).unwrap_or(c)
}

/// Tells whether two texts name the same thing.
pub fn same(a: &str, b: &str) -> bool {
    a.trim().chars().map(fold).eq(b.trim().chars().map(fold))
}

/// Why a text is not a name of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFault {
    /// Nothing was given.
    Empty,
    /// More characters than the kind allows.
    TooLong {
        /// The most that are allowed.
        limit: usize,
    },
    /// A character that the kind forbids.
    Forbidden(char),
    /// A blank at the beginning or the end.
    OuterBlank,
    /// The first character does not fit the kind, such as `%` in a role of one's own.
    Start(char),
    /// A control, invisible, private or unassigned character.
    Invisible,
    /// No port from 100 on, behind an address or alone.
    Place,
    /// Letters of look-alike scripts together, or compatibility forms such as full-width letters.
    LookAlike,
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::TooLong { limit } => write!(f, "it has more than {limit} characters"),
            Self::Forbidden(c) => write!(f, "it may not contain `{c}`"),
            Self::OuterBlank => f.write_str("it begins or ends with a blank"),
            Self::Start(c) => write!(f, "it may not begin with `{c}`"),
            Self::Invisible => f.write_str("it holds an invisible or unassigned character"),
            Self::Place => f.write_str(
                "it is a port from 100 on, behind an address where it is of one: 1972 of any, 127.0.0.1:1972, [::1]:1972",
            ),
            Self::LookAlike => f.write_str("it mixes look-alike letters or uses compatibility forms"),
        }
    }
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident($check:path);)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Takes a text that follows the rules of this kind of name.
            pub fn new(text: &str) -> Result<Self, NameFault> {
                $check(text)?;
                Ok(Self(text.into()))
            }

            /// Takes a name that the product itself made or that a store kept; only length and visibility are asked.
            pub fn predefined(text: &str) -> Result<Self, NameFault> {
                visible(text, LONGEST)?;
                Ok(Self(text.into()))
            }

            /// The name as it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The form to find it by.
            pub fn folded(&self) -> Folded {
                Folded::of(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    )+};
}

names! {
    /// The name of a resource: 1 to 64 characters, no `,` and no `:`; the character after the first `_` is not `%`
    /// (`authorization.md` RES-2, RES-3).
    ResourceName(resource);
    /// The name of a role: 1 to 64 characters, no `,`, `:` or `/`, and no `%` at the beginning
    /// (`authorization.md` ROL-1, Q11).
    RoleName(role);
    /// The name of a user: 1 to 160 characters, no `*` and no `@` (`security-users.md` 1.1).
    UserName(user);
    /// The name of a service, as predefined.
    ServiceName(service);
    /// The name of an application: 1 to 64 characters; of a web application a path of letters, digits and `/-_.%`
    /// (`authorization.md` 19.1).
    ApplicationName(application);
    /// The name of an audit event, `Source/Type/Name`: each part 1 to 64 characters without `/`
    /// (`security-classes.md` 8.1).
    EventName(event);
    /// The name of a TLS configuration: 1 to 64 characters, of which case matters (`security-classes.md` section 6).
    SslConfigName(ssl_config);
    /// The name of an LDAP configuration, which is the name of its domain: 1 to 128 characters without `@`, `\` and `,`
    /// (`security-classes.md` section 7).
    LdapConfigName(ldap_config);
    /// The name of a provider of telephones: 1 to 64 characters (`authentication.md` 7.3).
    PhoneProviderName(phone_provider);
    /// The name of a document database, `Namespace/Name`: each 1 to 64 characters (`security-classes.md`, DocDBs).
    DocDbName(doc_db);
    /// The key of the user of a certificate, which is the distinguished name of its subject: 1 to 256 characters
    /// (`security-classes.md`, X509Users).
    X509UserName(x509_user);
    /// The name of a superserver: a port from 100 on, behind an address where it has one, as `1972`, `127.0.0.1:1972` or
    /// `[::1]:1972` (`security-classes.md`, Servers).
    SuperserverName(superserver);
}

const LONGEST: usize = 256;

/// The most bytes of a text that could be somebody's or something's name, with the blanks around it. What is asked about
/// is as long as whoever asks likes, and nothing longer need be looked for.
pub const MOST_BYTES: usize = 4 * LONGEST;

fn resource(text: &str) -> Result<(), NameFault> {
    visible(text, 64)?;
    without(text, &[',', ':'])?;
    match text.split_once('_') {
        Some((_, rest)) if rest.starts_with('%') => Err(NameFault::Forbidden('%')),
        _ => Ok(()),
    }
}

fn role(text: &str) -> Result<(), NameFault> {
    visible(text, 64)?;
    without(text, &[',', ':', '/'])?;
    if text.starts_with('%') { Err(NameFault::Start('%')) } else { Ok(()) }
}

fn user(text: &str) -> Result<(), NameFault> {
    visible(text, 160)?;
    without(text, &['*'])?;
    // Behind the last sign stands a security domain; whether there may be one is for a rule to say.
    match text.rsplit_once('@') {
        Some((name, domain)) if name.trim().is_empty() || domain.trim().is_empty() || name.contains('@') => {
            Err(NameFault::Forbidden('@'))
        }
        _ => Ok(()),
    }
}

fn service(text: &str) -> Result<(), NameFault> {
    visible(text, 64)
}

fn application(text: &str) -> Result<(), NameFault> {
    visible(text, 64)?;
    if !text.starts_with('/') {
        return Ok(());
    }
    match text.chars().find(|c| !c.is_alphanumeric() && !"/-_.%".contains(*c)) {
        Some(c) => Err(NameFault::Forbidden(c)),
        None => Ok(()),
    }
}

fn event(text: &str) -> Result<(), NameFault> {
    let mut parts = 0;
    for part in text.split('/') {
        visible(part, 64)?;
        parts += 1;
    }
    if parts == 3 { Ok(()) } else { Err(NameFault::Forbidden('/')) }
}

fn ssl_config(text: &str) -> Result<(), NameFault> {
    visible(text, 64)
}

fn phone_provider(text: &str) -> Result<(), NameFault> {
    visible(text, 64)
}

fn doc_db(text: &str) -> Result<(), NameFault> {
    let Some((namespace, name)) = text.split_once('/') else { return Err(NameFault::Forbidden('/')) };
    visible(namespace, 64)?;
    visible(name, 64)
}

fn x509_user(text: &str) -> Result<(), NameFault> {
    visible(text, 256)
}

fn superserver(text: &str) -> Result<(), NameFault> {
    visible(text, 64)?;
    crate::superserver::place_of(text).map(drop).ok_or(NameFault::Place)
}

fn ldap_config(text: &str) -> Result<(), NameFault> {
    visible(text, 128)?;
    without(text, &['@', '\\', ','])
}

fn without(text: &str, forbidden: &[char]) -> Result<(), NameFault> {
    text.chars().find(|c| forbidden.contains(c)).map_or(Ok(()), |c| Err(NameFault::Forbidden(c)))
}

/// The rule for all names (see the head of this module).
fn visible(text: &str, limit: usize) -> Result<(), NameFault> {
    if text.is_empty() {
        return Err(NameFault::Empty);
    }
    if text.chars().nth(limit).is_some() {
        return Err(NameFault::TooLong { limit });
    }
    if text.trim() != text {
        return Err(NameFault::OuterBlank);
    }
    if text.bytes().all(|b| (b' '..0x7f).contains(&b)) {
        return Ok(());
    }
    if text.chars().any(is_invisible) {
        return Err(NameFault::Invisible);
    }
    if is_nfkc_quick(text.chars()) != IsNormalized::Yes || mixes_look_alikes(text) {
        return Err(NameFault::LookAlike);
    }
    Ok(())
}

pub(crate) fn is_invisible(c: char) -> bool {
    use GeneralCategory::{
        Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Surrogate, Unassigned,
    };
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(
        c.general_category(),
        Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Surrogate | Unassigned
    )
}

fn mixes_look_alikes(text: &str) -> bool {
    let has = |script: Script| text.chars().any(|c| c.script() == script);
    let scripts = [Script::Latin, Script::Cyrillic, Script::Greek];
    scripts.into_iter().filter(|script| has(*script)).count() > 1
}

/// Splits a comma list of names and drops blanks and empty elements (`security-users.md` U-6).
pub fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty())
}

/// Makes a text one line that a terminal shows as it is: control and invisible characters are made visible.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| show(&mut out, c));
    out
}

/// Makes a text fit for one line of a message: at most 80 characters, control characters made visible.
pub fn quotable(text: &str) -> String {
    const LIMIT: usize = 80;
    let mut out = String::new();
    text.chars().take(LIMIT).for_each(|c| show(&mut out, c));
    if text.chars().nth(LIMIT).is_some() {
        out.push('…');
    }
    out
}

fn show(out: &mut String, c: char) {
    if is_invisible(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_ignores_case_beyond_ascii() {
        assert!(same("BasicUser", "basicUSER"));
        assert!(same("GRÖẞE", "größe"), "capital sharp s folds to the small one");
        assert!(same("ΣΊΣΥΦΟΣ", "σίσυφος"), "final sigma folds to sigma");
        assert!(!same("I", "ı"), "dotless i is a letter of its own");
        assert!(same(" R1 ", "R1"), "blanks around a name do not count");
        let names =
            ["", " ", "R1", " r1\t", "R12", "[R1", "{r1", "GRÖẞE", "größe", "I", "ı", "İ", "\u{a0}R1"];
        for (a, b) in names.iter().flat_map(|a| names.map(|b| (a, b))) {
            assert_eq!(same(a, b), Folded::of(a) == Folded::of(b), "{a:?} and {b:?}");
        }
    }

    #[test]
    fn resource_names() {
        for good in ["A", "%Mine", "%DB_MINE", "My resource", "Größe", &"x".repeat(64)] {
            assert!(ResourceName::new(good).is_ok(), "{good}");
        }
        for (bad, fault) in [
            ("", NameFault::Empty),
            ("a,b", NameFault::Forbidden(',')),
            ("a:b", NameFault::Forbidden(':')),
            ("%DB_%X", NameFault::Forbidden('%')),
            ("My_%X", NameFault::Forbidden('%')),
            (" a", NameFault::OuterBlank),
            ("a\0b", NameFault::Invisible),
            ("a\u{200b}b", NameFault::Invisible),
            ("a\u{202e}b", NameFault::Invisible),
            ("\u{430}dmin", NameFault::LookAlike),
            ("ａｄｍｉｎ", NameFault::LookAlike),
        ] {
            assert_eq!(ResourceName::new(bad).unwrap_err(), fault, "{bad:?}");
        }
        assert_eq!(ResourceName::new(&"x".repeat(65)).unwrap_err(), NameFault::TooLong { limit: 64 });
    }

    #[test]
    fn role_and_user_names() {
        assert_eq!(RoleName::new("%New").unwrap_err(), NameFault::Start('%'));
        assert_eq!(RoleName::new("a/b").unwrap_err(), NameFault::Forbidden('/'));
        assert!(RoleName::new("#role.x-1").is_ok());
        assert_eq!(UserName::new("a*b").unwrap_err(), NameFault::Forbidden('*'));
        assert!(UserName::new("a@b").is_ok());
        for name in ["@b", "a@", "a@b@c", " @b", "@"] {
            assert!(UserName::new(name).is_err(), "{name}");
        }
        assert!(UserName::new(&"u".repeat(160)).is_ok());
        assert_eq!(UserName::new(&"u".repeat(161)).unwrap_err(), NameFault::TooLong { limit: 160 });
    }

    #[test]
    fn application_names() {
        assert!(ApplicationName::new("/csp/user").is_ok());
        assert_eq!(ApplicationName::new("/csp/a b").unwrap_err(), NameFault::Forbidden(' '));
        assert!(ApplicationName::new("Night batch").is_ok());
    }

    #[test]
    fn messages_stay_short_and_visible() {
        assert_eq!(quotable("a\nb"), "a\\u{a}b");
        assert_eq!(quotable(&"x".repeat(1_000)).chars().count(), 81);
    }
}
