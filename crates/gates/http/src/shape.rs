//! Shapes: what a value of a body or an answer is like. Bodies are read by them, answers are made by them, and the
//! OpenAPI document describes them.

use crate::reject::Reject;
use crate::strict::{Node, Object};
use sclera_core::property::{Properties, Value as Property};
use serde_json::{Map, Value, json};

/// What a value is like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// A text.
    Text,
    /// A text that no record and no screen should show.
    Secret,
    /// One of some texts.
    Choice(&'static [&'static str]),
    /// A number that is told by a word: the first word stands for the number.
    Coded(i64, &'static [&'static str]),
    /// True or false.
    Flag,
    /// A whole number.
    Integer,
    /// A number that says yes or no: 1 or 0, or true or false (`admin-api.md` D-12).
    Switch,
    /// A number, with a fraction or not.
    Number,
    /// A list of texts, which settings keep in one text with this between them.
    Texts(char),
    /// Privileges: `[{"Name","Permissions"}]`.
    Privileges,
    /// Match rules of an application: `[{"MatchRole","TargetRoles"}]`.
    Matches,
    /// A list.
    List(&'static Shape),
    /// An object with these members.
    Object(&'static [Member]),
    /// An object with these members, and others that are left aside.
    Open(&'static [Member]),
    /// One of several.
    Either(&'static [Shape]),
    /// Nothing.
    Null,
    /// Whatever JSON can say.
    Anything,
}

/// A member of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) need: Need,
    pub(crate) about: &'static str,
}

/// When a member must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// In every body, and in every answer.
    Always,
    /// In a body that makes something new, and in every answer.
    OnCreation,
    /// In every answer; in a body it may be left out.
    Told,
    /// It may be left out.
    Never,
}

impl Member {
    pub(crate) const fn new(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, need: Need::Told, about: "" }
    }

    pub(crate) const fn text(name: &'static str) -> Self {
        Self::new(name, Shape::Text)
    }

    pub(crate) const fn secret(name: &'static str) -> Self {
        Self::new(name, Shape::Secret)
    }

    pub(crate) const fn flag(name: &'static str) -> Self {
        Self::new(name, Shape::Flag)
    }

    pub(crate) const fn integer(name: &'static str) -> Self {
        Self::new(name, Shape::Integer)
    }

    pub(crate) const fn texts(name: &'static str) -> Self {
        Self::new(name, Shape::Texts(','))
    }

    pub(crate) const fn needed(self, need: Need) -> Self {
        Self { need, ..self }
    }

    pub(crate) const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }
}

/// Members and others after them; `N` is how many they are together.
pub(crate) const fn together<const N: usize>(members: &[Member], others: &[Member]) -> [Member; N] {
    assert!(members.len() + others.len() == N, "`N` counts both");
    let mut all = [Member::text(""); N];
    let mut position = 0;
    #[expect(clippy::indexing_slicing, reason = "within the bounds of all three, as asserted")]
    while position < N {
        let is_first = position < members.len();
        all[position] = if is_first { members[position] } else { others[position - members.len()] };
        position += 1;
    }
    all
}

/// The members of an object as a body gives them, each as its shape says.
#[derive(Debug, Default)]
pub(crate) struct Given<'a>(Vec<(&'static str, Node<'a>)>);

impl<'a> Given<'a> {
    /// Reads an object that may have these members and no others (`admin-api.md` D-16).
    pub(crate) fn read(members: &'static [Member], object: Object<'a>) -> Result<Self, Reject> {
        let mut given = Vec::new();
        for (name, node) in object.into_entries() {
            let member = members.iter().find(|member| member.name == name);
            let member = member.ok_or_else(|| Reject::unexpected_field(&name))?;
            fits(&member.shape, &node).map_err(|fault| Reject::field_of_wrong_kind(member.name, fault))?;
            given.push((member.name, node));
        }
        let missing = |member: &&Member| {
            member.need == Need::Always && !given.iter().any(|(name, _)| *name == member.name)
        };
        match members.iter().find(missing) {
            Some(member) => Err(Reject::missing_field(member.name)),
            None => Ok(Self(given)),
        }
    }

    /// Refuses where something is missing that a new object must have.
    pub(crate) fn complete(&self, members: &'static [Member]) -> Result<(), Reject> {
        let missing = |member: &&Member| member.need == Need::OnCreation && self.get(member.name).is_none();
        members.iter().find(missing).map_or(Ok(()), |member| Err(Reject::missing_field(member.name)))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, node)| node)
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Node<'a>> {
        let position = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.swap_remove(position).1)
    }

    pub(crate) fn take_text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Node::Text(text) => Some(text.into_owned()),
            _ => None,
        }
    }

    /// The same as properties of a class.
    pub(crate) fn properties(&self, members: &'static [Member]) -> Result<Properties, Reject> {
        let mut properties = Properties::new();
        for (name, node) in &self.0 {
            let Some(member) = members.iter().find(|member| member.name == *name) else { continue };
            let property = property(&member.shape, node)
                .map_err(|fault| Reject::field_of_wrong_kind(member.name, fault))?;
            properties.set(name, property);
        }
        Ok(properties)
    }
}

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It is of another kind of JSON.
    Kind,
    /// It is none of the words.
    Word,
    /// An element of a list holds what separates elements.
    Separator,
}

fn fits(shape: &Shape, node: &Node) -> Result<(), Misfit> {
    let fits = match (shape, node) {
        (Shape::Text | Shape::Secret | Shape::Choice(_) | Shape::Coded(..), Node::Text(_))
        | (Shape::Flag | Shape::Switch, Node::Flag(_))
        | (Shape::Integer | Shape::Number | Shape::Switch, Node::Integer(_))
        | (Shape::Number, Node::Fraction(_))
        | (Shape::Object(_) | Shape::Open(_), Node::Object(_))
        | (Shape::Null, Node::Null)
        | (Shape::Anything, _) => true,
        (Shape::Texts(_), Node::List(nodes)) => nodes.iter().all(|node| matches!(node, Node::Text(_))),
        (Shape::Privileges, Node::List(nodes)) => {
            nodes.iter().all(|node| object_has(node, &["Name", "Permissions"]))
        }
        (Shape::Matches, Node::List(nodes)) => {
            nodes.iter().all(|node| object_has(node, &["MatchRole", "TargetRoles"]))
        }
        (Shape::List(inner), Node::List(nodes)) => nodes.iter().all(|node| fits(inner, node).is_ok()),
        (Shape::Either(shapes), node) => shapes.iter().any(|shape| fits(shape, node).is_ok()),
        _ => false,
    };
    if fits { Ok(()) } else { Err(Misfit::Kind) }
}

fn object_has(node: &Node, names: &[&str]) -> bool {
    matches!(node, Node::Object(object) if object.has_exactly(names))
}

fn property(shape: &Shape, node: &Node) -> Result<Property, Misfit> {
    Ok(match (shape, node) {
        (Shape::Flag, Node::Flag(flag)) => Property::Boolean(*flag),
        (Shape::Integer, Node::Integer(number)) => Property::Integer(*number),
        (Shape::Text, Node::Text(text)) => Property::Text(text.to_string()),
        (Shape::Choice(words), Node::Text(text)) if words.contains(&text.as_ref()) => {
            Property::Text(text.to_string())
        }
        (Shape::Coded(first, words), Node::Text(text)) => {
            let position = words.iter().position(|word| word == text).ok_or(Misfit::Word)?;
            Property::Integer(first + i64::try_from(position).unwrap_or_default())
        }
        (Shape::Choice(_), Node::Text(_)) => return Err(Misfit::Word),
        (Shape::Texts(separator), Node::List(nodes)) => Property::Text(joined(nodes, *separator)?),
        (Shape::Privileges, Node::List(nodes)) => Property::Text(privileges(nodes)?),
        (Shape::Matches, Node::List(nodes)) => Property::Text(matches(nodes)?),
        _ => return Err(Misfit::Kind),
    })
}

/// Whatever is white separates where spaces do.
fn separates(separator: char, c: char) -> bool {
    c == separator || separator == ' ' && c.is_whitespace()
}

/// Texts in one text. None may hold what stands between them: it would be taken for two.
fn joined(nodes: &[Node], separator: char) -> Result<String, Misfit> {
    let texts: Vec<&str> = nodes
        .iter()
        .map(|node| match node {
            Node::Text(text) if text.contains(|c| separates(separator, c)) => Err(Misfit::Separator),
            Node::Text(text) => Ok(text.as_ref()),
            _ => Err(Misfit::Kind),
        })
        .collect::<Result<_, _>>()?;
    Ok(texts.join(separator.encode_utf8(&mut [0; 4])))
}

fn privileges(nodes: &[Node]) -> Result<String, Misfit> {
    let pairs = nodes.iter().map(|node| {
        let Node::Object(object) = node else { return Err(Misfit::Kind) };
        let (Some(Node::Text(name)), Some(Node::Text(held))) =
            (object.get("Name"), object.get("Permissions"))
        else {
            return Err(Misfit::Kind);
        };
        if [name, held].iter().any(|text| text.contains([',', ':'])) {
            return Err(Misfit::Separator);
        }
        Ok((name, held))
    });
    let pairs: Vec<_> = pairs.collect::<Result<_, _>>()?;
    // What holds nothing is no privilege.
    let held = pairs.iter().filter(|(_, held)| !held.is_empty());
    Ok(held.map(|(name, held)| format!("{name}:{held}")).collect::<Vec<_>>().join(","))
}

fn matches(nodes: &[Node]) -> Result<String, Misfit> {
    let rules = nodes.iter().map(|node| {
        let Node::Object(object) = node else { return Err(Misfit::Kind) };
        let (Some(Node::Text(matched)), Some(Node::List(targets))) =
            (object.get("MatchRole"), object.get("TargetRoles"))
        else {
            return Err(Misfit::Kind);
        };
        let targets = joined(targets, ':')?;
        if matched.contains([',', ':']) || targets.contains(',') {
            return Err(Misfit::Separator);
        }
        Ok(format!("{matched}:{targets}"))
    });
    Ok(rules.collect::<Result<Vec<_>, _>>()?.join(","))
}

/// An object of properties as an answer tells it: every member, each as its shape says.
pub(crate) fn told(members: &'static [Member], properties: &Properties) -> Map<String, Value> {
    let value = |member: &Member| {
        let value = properties.get(member.name);
        (member.name.to_owned(), value_of(&member.shape, value))
    };
    members.iter().map(value).collect()
}

fn value_of(shape: &Shape, property: Option<&Property>) -> Value {
    let text = property.map(Property::text).unwrap_or_default();
    let number = || match property {
        Some(Property::Integer(number)) => *number,
        _ => text.parse().unwrap_or_default(),
    };
    match shape {
        Shape::Flag => json!(text == "1"),
        Shape::Integer | Shape::Number => json!(number()),
        Shape::Coded(first, words) => {
            let position = usize::try_from(number() - first).ok();
            json!(position.and_then(|position| words.get(position)).copied().unwrap_or_default())
        }
        Shape::Texts(separator) => json!(parts(&text, *separator).collect::<Vec<_>>()),
        Shape::Privileges => parts(&text, ',')
            .map(|pair| {
                let (name, held) = pair.rsplit_once(':').unwrap_or((pair, ""));
                json!({ "Name": name, "Permissions": held })
            })
            .collect(),
        Shape::Matches => parts(&text, ',')
            .map(|rule| {
                let (matched, targets) = rule.split_once(':').unwrap_or(("", rule));
                json!({ "MatchRole": matched, "TargetRoles": parts(targets, ':').collect::<Vec<_>>() })
            })
            .collect(),
        _ => json!(text),
    }
}

fn parts(text: &str, separator: char) -> impl Iterator<Item = &str> {
    text.split(separator).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strict;

    const MEMBERS: &[Member] = &[
        Member::text("Name").needed(Need::Always),
        Member::flag("Enabled"),
        Member::integer("Bits").needed(Need::OnCreation),
        Member::texts("Roles"),
        Member::new("Systems", Shape::Texts(';')),
        Member::new("Resources", Shape::Privileges),
        Member::new("MatchRoles", Shape::Matches),
        Member::new("Scope", Shape::Coded(0, &["None", "Lax", "Strict"])),
    ];

    fn read(text: &str) -> Result<Given<'_>, Reject> {
        let Ok(Node::Object(object)) = strict::parse(text.as_bytes()) else { panic!("{text}") };
        Given::read(MEMBERS, object)
    }

    #[test]
    fn what_is_given_comes_back() {
        let text = r#"{"Name":"a","Enabled":true,"Bits":48,"Roles":["B","A"],"Systems":["10.0.0.1","10.0.0.2|R,S"],
            "Resources":[{"Name":"Ward","Permissions":"RW"}],
            "MatchRoles":[{"MatchRole":"","TargetRoles":["A"]},{"MatchRole":"B","TargetRoles":["C","D"]}],
            "Scope":"Lax"}"#;
        let properties = read(text).unwrap().properties(MEMBERS).unwrap();
        assert_eq!(properties.get("MatchRoles"), Some(&Property::from(":A,B:C:D")));
        assert_eq!(properties.get("Scope"), Some(&Property::Integer(1)));
        let again = Value::Object(told(MEMBERS, &properties));
        assert_eq!(again, serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_field() {
        for (text, code, field) in [
            (r#"{"Name":"a","Colour":"blue"}"#, "40307", "Colour"),
            (r#"{"Enabled":true}"#, "40301", "Name"),
            (r#"{"Name":null}"#, "40308", "Name"),
            (r#"{"Name":"a","Roles":"A,B"}"#, "40308", "Roles"),
            (r#"{"Name":"a","Enabled":1}"#, "40308", "Enabled"),
            (r#"{"Name":["a"]}"#, "40308", "Name"),
            (r#"{"Name":"a","Resources":[{"Name":"Ward"}]}"#, "40308", "Resources"),
        ] {
            let reject = read(text).unwrap_err();
            assert_eq!((reject.code(), reject.params()), (code, [field.to_owned()].as_slice()), "{text}");
        }
        assert_eq!(read(r#"{"Name":"a"}"#).unwrap().complete(MEMBERS).unwrap_err().code(), "40301");
    }

    #[test]
    fn an_element_is_never_taken_for_two() {
        for text in [
            r#"{"Name":"a","Roles":["A,%All"]}"#,
            r#"{"Name":"a","Systems":["1;2"]}"#,
            r#"{"Name":"a","Resources":[{"Name":"Ward:R,X","Permissions":"W"}]}"#,
            r#"{"Name":"a","MatchRoles":[{"MatchRole":"A","TargetRoles":["B,:%All"]}]}"#,
            r#"{"Name":"a","MatchRoles":[{"MatchRole":"A:%All","TargetRoles":["B"]}]}"#,
        ] {
            assert_eq!(read(text).unwrap().properties(MEMBERS).unwrap_err().code(), "40308", "{text}");
        }
        assert!(read(r#"{"Name":"a","Scope":"lax"}"#).unwrap().properties(MEMBERS).is_err());
    }
}
