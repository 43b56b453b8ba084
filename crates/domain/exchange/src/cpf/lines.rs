//! A merge file to its entries: sections, lines, quotes.

use crate::malformed::Malformed;
use sclera_core::name::quotable;
use zeroize::Zeroizing;

/// A line that says something: `key=value` of a section, or an action.
pub(super) struct Entry<'t> {
    /// The section, as it is written.
    pub(super) section: &'t str,
    /// The line, from 1.
    pub(super) line: usize,
    /// What stands before the first `:` of an action or the first `=` of another entry.
    pub(super) name: &'t str,
    /// What stands after it.
    pub(super) rest: &'t str,
}

impl Entry<'_> {
    /// Something is wrong with the entry.
    pub(super) fn wrong(&self, what: impl Into<String>) -> Malformed {
        Malformed::Syntax { line: self.line, column: 1, what: what.into() }
    }

    /// Tells whether it stands in the section of a name.
    pub(super) fn is_in(&self, section: &str) -> bool {
        self.section.eq_ignore_ascii_case(section)
    }
}

/// The entries of a file. Blank lines, and lines that begin with `#` or `;`, say nothing.
pub(super) fn entries(text: &str) -> Result<Vec<Entry<'_>>, Malformed> {
    let mut section = None;
    let mut entries = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let (number, line) = (index + 1, line.trim());
        let wrong = |what: &str| Malformed::Syntax { line: number, column: 1, what: what.to_owned() };
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            let name = name.strip_suffix(']').ok_or_else(|| wrong("a section is written as `[Name]`"))?;
            section = Some(name.trim());
            continue;
        }
        let section = section.ok_or_else(|| wrong("this stands before the first section"))?;
        // What a mirror or a device is made of may look otherwise, and is left aside anyhow.
        let separator = if section.eq_ignore_ascii_case(ACTIONS) { ':' } else { '=' };
        let (name, rest) = line.split_once(separator).unwrap_or((line, ""));
        if entries.len() == MOST_ENTRIES {
            return Err(wrong(&format!("more than {MOST_ENTRIES} lines that say something")));
        }
        entries.push(Entry { section, line: number, name: name.trim(), rest: rest.trim() });
    }
    Ok(entries)
}

/// The section of actions.
pub(super) const ACTIONS: &str = "Actions";
const MOST_ENTRIES: usize = 1_000_000;

/// The keys and values of an action: pieces between commas, of which one without `key=` goes on with the value before
/// it, comma and all. In double quotes commas and `=` mean nothing, and `""` is a quote.
pub(super) fn arguments<'t>(entry: &Entry<'t>) -> Result<Vec<(&'t str, Zeroizing<String>)>, Malformed> {
    let mut given: Vec<(&'t str, Zeroizing<String>)> = Vec::new();
    for piece in pieces(entry)? {
        match (key(piece), given.last_mut()) {
            (Some((key, value)), _) => {
                if given.iter().any(|(known, _)| *known == key) {
                    return Err(entry.wrong(format!("`{}` stands twice", quotable(key))));
                }
                given.push((key, unquoted(value.trim())));
            }
            (None, Some((_, value))) => {
                let whole = Zeroizing::new(format!("{},{}", **value, *unquoted(piece.trim())));
                *value = whole;
            }
            (None, None) if piece.trim().is_empty() => {}
            (None, None) => return Err(entry.wrong("an action is written as `Action:Key=Value,Key=Value`")),
        }
    }
    Ok(given)
}

fn pieces<'t>(entry: &Entry<'t>) -> Result<Vec<&'t str>, Malformed> {
    let (mut pieces, mut quoted, mut from) = (Vec::new(), false, 0);
    for (at, c) in entry.rest.char_indices() {
        match c {
            // Two in a row close and open again.
            '"' => quoted = !quoted,
            ',' if !quoted => {
                pieces.push(entry.rest.get(from..at).unwrap_or_default());
                from = at + 1;
            }
            _ => {}
        }
    }
    if quoted {
        return Err(entry.wrong("a quote is opened and not closed"));
    }
    pieces.push(entry.rest.get(from..).unwrap_or_default());
    Ok(pieces)
}

/// The key of a piece that has one: a name, and `=` behind it.
fn key(piece: &str) -> Option<(&str, &str)> {
    let (key, value) = piece.split_once('=')?;
    let key = key.trim();
    let is_name = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric())
        && key.len() <= LONGEST_KEY;
    is_name.then_some((key, value))
}

const LONGEST_KEY: usize = 64;

/// A value without its quotes.
pub(super) fn unquoted(value: &str) -> Zeroizing<String> {
    // As long as it can become, so that no copy of a secret stays behind.
    let mut text = Zeroizing::new(String::with_capacity(value.len()));
    let (mut quoted, mut characters) = (false, value.chars().peekable());
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                text.push('"');
            }
            '"' => quoted = !quoted,
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(rest: &str) -> Result<Vec<(String, String)>, String> {
        let entry = Entry { section: ACTIONS, line: 7, name: "CreateUser", rest };
        let owned = |(key, value): (&str, Zeroizing<String>)| (key.to_owned(), value.to_string());
        arguments(&entry)
            .map(|given| given.into_iter().map(owned).collect())
            .map_err(|fault| fault.to_string())
    }

    fn are(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_piece_without_a_key_goes_on_with_the_value_before_it() {
        assert_eq!(
            told("Name=ann,Roles=%All,%Developer,PasswordHash=a,b,10000,SHA512"),
            Ok(are(&[("Name", "ann"), ("Roles", "%All,%Developer"), ("PasswordHash", "a,b,10000,SHA512")]))
        );
        assert_eq!(
            told("Name=R,Resources=ResA:READ,W,ResB:U"),
            Ok(are(&[("Name", "R"), ("Resources", "ResA:READ,W,ResB:U")]))
        );
        assert_eq!(told(" Name = ann , Enabled=1 "), Ok(are(&[("Name", "ann"), ("Enabled", "1")])));
        assert_eq!(told("Name=ann,Comment="), Ok(are(&[("Name", "ann"), ("Comment", "")])));
        assert_eq!(told("Name=a,Comment=1<2,x@y=z"), Ok(are(&[("Name", "a"), ("Comment", "1<2,x@y=z")])));
        assert_eq!(told(""), Ok(Vec::new()));
    }

    #[test]
    fn quotes_hold_what_would_separate() {
        assert_eq!(told(r#"Name=a,Comment="b,C=d""#), Ok(are(&[("Name", "a"), ("Comment", "b,C=d")])));
        assert_eq!(told(r#"Name="a""b""#), Ok(are(&[("Name", r#"a"b"#)])));
        assert_eq!(told(r#"Name="",Comment=x"y"z"#), Ok(are(&[("Name", ""), ("Comment", "xyz")])));
        assert_eq!(told(r#"Roles="A,B",C"#), Ok(are(&[("Roles", "A,B,C")])));
    }

    #[test]
    fn what_is_no_action_is_refused_in_its_line() {
        for (rest, what) in [
            (r#"Name="ann"#, "a quote is opened and not closed"),
            ("ann", "an action is written as `Action:Key=Value,Key=Value`"),
            ("Name=a,Name=b", "`Name` stands twice"),
        ] {
            assert_eq!(told(rest), Err(format!("line 7, column 1: {what}")));
        }
    }
}
