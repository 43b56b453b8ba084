//! YAML: text to values and back.
//!
//! Of YAML 1.2 this is the part that says what it means: one document of lists, objects and values. Anchors, aliases
//! and merge keys are refused, so that nothing grows beyond what is written; tags are refused, since what a property
//! is like is known already. A plain value is null, true, false or a number where the core schema says so, and text
//! otherwise; `yes`, `no`, `on` and `off` are text. One thing differs: a whole number in any but the usual spelling
//! (`+4912345`, `007`, `0x1F`) stays text, so that telephone numbers keep their digits.

use crate::malformed::Malformed;
use crate::node::{Bounds, Entries, Keys, Node};
use sclera_core::name::quotable;
use serde_saphyr::granit_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput, options};

/// Reads one document that is all of a text.
pub(crate) fn parse(text: &str) -> Result<Node, Malformed> {
    printable(text)?;
    let options = options! { emit_comments: false, emit_unresolved_aliases: true };
    let events = Parser::new_from_str_with_options(text, options);
    Reader { events, bounds: Bounds::new() }.document()
}

/// Writes a value in block style, with a line break at the end.
pub(crate) fn text(node: &Node) -> String {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    #[expect(clippy::expect_used, reason = "keys are texts and a string takes all that is written to it")]
    let text = serde_saphyr::to_string_with_options(node, options).expect("a node has a YAML form");
    text
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    bounds: Bounds,
}

impl<'t> Reader<'t> {
    fn document(mut self) -> Result<Node, Malformed> {
        loop {
            match self.next()? {
                (Event::StreamStart, _) => {}
                (Event::DocumentStart(..), _) => break,
                _ => return Err(Malformed::Empty),
            }
        }
        let (event, span) = self.next()?;
        let node = self.node(event, span)?;
        loop {
            match self.next()? {
                (Event::DocumentEnd, _) => {}
                (Event::StreamEnd, _) => return Ok(node),
                (_, span) => {
                    return Err(syntax(&span.start, "a second document begins, and only one is read"));
                }
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Malformed> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(syntax(error.marker(), error.kind().to_string())),
            // The end of the stream is an event, after which nothing more is asked for.
            None => Err(Malformed::Empty),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span) -> Result<Node, Malformed> {
        plain(&event, &span)?;
        self.bounds.count().map_err(|what| syntax(&span.start, what))?;
        match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) => Ok(resolved(&text)),
            Event::Scalar(text, ..) => Ok(Node::text(text)),
            Event::SequenceStart(..) => self.list(&span),
            Event::MappingStart(..) => self.object(&span),
            _ => Err(syntax(&span.start, "expected a value")),
        }
    }

    fn list(&mut self, opened: &Span) -> Result<Node, Malformed> {
        self.bounds.enter().map_err(|what| syntax(&opened.start, what))?;
        let mut nodes = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => break,
                (event, span) => nodes.push(self.node(event, span)?),
            }
        }
        self.bounds.leave();
        Ok(Node::List(nodes))
    }

    fn object(&mut self, opened: &Span) -> Result<Node, Malformed> {
        self.bounds.enter().map_err(|what| syntax(&opened.start, what))?;
        let (mut keys, mut entries) = (Keys::default(), Entries::default());
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let key = key(event, &span)?;
            keys.admit(&key, &entries).map_err(|what| syntax(&span.start, what))?;
            let (event, span) = self.next()?;
            entries.push(key, self.node(event, span)?);
        }
        self.bounds.leave();
        Ok(Node::Object(entries))
    }
}

fn key(event: Event<'_>, span: &Span) -> Result<String, Malformed> {
    plain(&event, span)?;
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<" => {
            Err(syntax(&span.start, "merge keys (`<<`) are not supported; write the entries out"))
        }
        Event::Scalar(text, ..) => Ok(text.into_owned()),
        _ => Err(syntax(&span.start, "a key must be text")),
    }
}

/// Refuses what makes a value mean something else than it says.
fn plain(event: &Event<'_>, span: &Span) -> Result<(), Malformed> {
    let refuse =
        |what: &str| Err(syntax(&span.start, format!("{what} are not supported; write the value out")));
    match event {
        Event::Alias(_) | Event::UnresolvedAlias(_) => refuse("aliases (`*`)"),
        _ if event.anchor_id().is_some() => refuse("anchors (`&`)"),
        _ if event.tag().is_some() => refuse("tags (`!`)"),
        _ => Ok(()),
    }
}

/// What a plain value stands for.
fn resolved(text: &str) -> Node {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Node::Null,
        "true" | "True" | "TRUE" => Node::Boolean(true),
        "false" | "False" | "FALSE" => Node::Boolean(false),
        _ if is_usual_integer(text) => text.parse().map_or(Node::OtherNumber, Node::Integer),
        _ if is_other_number(text) => Node::OtherNumber,
        _ => Node::text(text),
    }
}

fn is_usual_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    is_digits(digits) && (text == "0" || !digits.starts_with('0'))
}

/// Tells whether a text is `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?` with a point or an exponent, or one
/// of the core schema's names for what is no number or infinite.
fn is_other_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, exponent) =
        unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let whole_exponent = exponent.is_none_or(|e| is_digits(e.strip_prefix(['-', '+']).unwrap_or(e)));
    whole_exponent
        && match mantissa.split_once('.') {
            Some(("", fraction)) => is_digits(fraction),
            Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
            None => exponent.is_some() && is_digits(mantissa),
        }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Refuses the characters that YAML does not allow unescaped (production `c-printable`), among them the zero that
/// parsers may take for the end.
fn printable(text: &str) -> Result<(), Malformed> {
    let forbidden = |c: &char| {
        matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}')
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    let Some((at, c)) = text.char_indices().find(|(_, c)| forbidden(c)) else { return Ok(()) };
    let read = text.get(..at + c.len_utf8()).unwrap_or(text);
    Err(Malformed::after(read, format!("the character `{}` must be escaped", quotable(&c.to_string()))))
}

fn syntax(at: &Marker, what: impl Into<String>) -> Malformed {
    Malformed::Syntax { line: at.line(), column: at.col() + 1, what: what.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_values_follow_the_core_schema() {
        let number = |text: &str| text.parse().map_or(Node::OtherNumber, Node::Integer);
        for text in ["0", "1", "-1", "9223372036854775807", "-9223372036854775808"] {
            assert_eq!(resolved(text), number(text), "{text}");
        }
        for text in [
            "9223372036854775808",
            "1.0",
            "1.",
            ".5",
            "-.5",
            "+1.5e-3",
            "1e400",
            "2E5",
            ".inf",
            "-.Inf",
            "+.INF",
            ".nan",
        ] {
            assert_eq!(resolved(text), Node::OtherNumber, "{text}");
        }
        for text in [
            "yes",
            "No",
            "on",
            "nUll",
            "tRUE",
            "007",
            "+4912345",
            "-0",
            "0x1F",
            "0o17",
            "1_000",
            ".",
            "-",
            "+",
            "e5",
            "1e",
            ".e1",
            "1.2.3",
            "10.0.0.1",
            "2026-11-22",
            "nan",
            "inf",
            "-.nan",
            "12:30",
        ] {
            assert_eq!(resolved(text), Node::text(text), "{text}");
        }
    }
}
