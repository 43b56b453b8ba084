//! What the names of groups give (10.4): `intersystems-Instance-NODE-Role-Clerk^Nurse`.

use super::plan::UNIVERSAL;
use sclera_core::ldap_config::LdapConfig;
use sclera_core::name::same;

/// How far a group reaches; what is nearer comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    Instance,
    Group,
    Universal,
}

/// What groups or attributes give.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Grants {
    pub(super) roles: Vec<String>,
    pub(super) escalation_roles: Vec<String>,
    pub(super) namespace: String,
    pub(super) routine: String,
    /// What gives more than one thing where one counts (DEC-A25).
    pub(super) warnings: Vec<String>,
}

impl Grants {
    /// What groups of these names give.
    pub(super) fn of<'g>(groups: impl IntoIterator<Item = &'g str>, config: &LdapConfig) -> Self {
        let prefixes = prefixes(config);
        let mut grants = Self::default();
        let (mut namespaces, mut routines) = (Vec::new(), Vec::new());
        for group in groups {
            for (scope, prefix) in &prefixes {
                let Some(rest) = without_prefix(group, prefix) else { continue };
                let value = |word: &str| {
                    let rest = without_prefix(without_prefix(rest, word)?, &config.delimiter)?;
                    (!rest.is_empty()).then_some(rest)
                };
                if let Some(roles) = value(&config.role_word) {
                    add(&mut grants.roles, roles);
                } else if let Some(roles) = value(&config.escalation_role_word) {
                    add(&mut grants.escalation_roles, roles);
                } else if let Some(namespace) = value(&config.namespace_word) {
                    namespaces.push((*scope, namespace.to_owned()));
                } else if let Some(routine) = value(&config.routine_word) {
                    routines.push((*scope, routine.to_owned()));
                }
            }
        }
        grants.namespace = nearest(namespaces, "namespaces", &mut grants.warnings);
        grants.routine = nearest(routines, "routines", &mut grants.warnings);
        grants
    }

    /// Adds roles, each once.
    pub(super) fn add_roles<'r>(list: &mut Vec<String>, roles: impl Iterator<Item = &'r str>) {
        for role in roles.map(str::trim).filter(|role| !role.is_empty()) {
            if !list.iter().any(|known| same(known, role)) {
                list.push(role.to_owned());
            }
        }
    }
}

/// Roles that a name lists, joined by `^`.
fn add(list: &mut Vec<String>, roles: &str) {
    Grants::add_roles(list, roles.split('^'));
}

fn prefixes(config: &LdapConfig) -> Vec<(Scope, String)> {
    let delimiter = config.delimiter.as_str();
    let joined = |parts: &[&str]| -> String {
        let organization = Some(config.organization.as_str()).filter(|organization| !organization.is_empty());
        organization.iter().chain(parts).flat_map(|part| [*part, delimiter]).collect()
    };
    let instance = || (Scope::Instance, joined(&[&config.instance_word, &config.instance_id]));
    let group = || (Scope::Group, joined(&[&config.group_word, &config.group_id]));
    [
        (!config.instance_id.is_empty()).then(instance),
        (!config.group_id.is_empty()).then(group),
        (config.flags & UNIVERSAL != 0).then(|| (Scope::Universal, joined(&[]))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What of a text follows a prefix, whose case does not count.
fn without_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let mut rest = text.chars();
    for wanted in prefix.chars() {
        let found = rest.next()?;
        if found != wanted && !found.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
    }
    Some(rest.as_str())
}

/// The value of the nearest scope, within one the first in name order.
fn nearest(mut values: Vec<(Scope, String)>, what: &str, warnings: &mut Vec<String>) -> String {
    values.sort();
    values.dedup_by(|one, other| same(&one.1, &other.1));
    if let [(_, first), _, ..] = values.as_slice() {
        warnings.push(format!("{} {what} are given, and {first} is taken", values.len()));
    }
    values.into_iter().next().map(|(_, value)| value).unwrap_or_default()
}

/// The first value of a distinguished name, such as `a,b` of `CN=a\,b,OU=x` (RFC 4514).
pub(super) fn common_name(dn: &str) -> Option<String> {
    let (_, value) = dn.split_once('=')?;
    let mut bytes = Vec::new();
    let mut rest = value.trim_start().bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b',' | b'+' | b';' => break,
            b'\\' => {
                let escaped = rest.next()?;
                let digit =
                    |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                match digit(escaped) {
                    Some(high) => bytes.push(high << 4 | digit(rest.next()?)?),
                    None => bytes.push(escaped),
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sclera_core::id::LdapConfigId;
    use sclera_core::name::LdapConfigName;

    fn config(universal: bool) -> LdapConfig {
        let mut config = LdapConfig::new(LdapConfigId(1), LdapConfigName::new("example.test").unwrap());
        config.instance_id = "Node1_Test".to_owned();
        config.group_id = "SALESDB".to_owned();
        config.flags = if universal { UNIVERSAL } else { 0 };
        config
    }

    fn grants(group: &str, universal: bool) -> Grants {
        Grants::of([group], &config(universal))
    }

    fn roles(names: &[&str]) -> Grants {
        Grants { roles: names.iter().map(|name| (*name).to_owned()).collect(), ..Grants::default() }
    }

    /// The table of 10.4, row by row.
    #[test]
    fn groups_grant_by_their_names() {
        for universal in [false, true] {
            let group = "intersystems-Instance-Node1_Test-Role-LocalApplication^Administrator";
            assert_eq!(grants(group, universal), roles(&["LocalApplication", "Administrator"]));
            let group = "INTERSYSTEMS-instance-NODE1_TEST-role-%All";
            assert_eq!(grants(group, universal), roles(&["%All"]));
            let group = "intersystems-Group-SALESDB-Routine-INTEGRIT";
            let routine = Grants { routine: "INTEGRIT".to_owned(), ..Grants::default() };
            assert_eq!(grants(group, universal), routine);
            assert_eq!(grants("intersystems-Group-SALESAPP-Role-%All", universal), Grants::default());
        }
        assert_eq!(grants("intersystems-Namespace-USER", false), Grants::default());
        assert_eq!(grants("intersystems-Namespace-USER", true).namespace, "USER");
        assert_eq!(grants("intersystems-EscalationRole-%Manager", false), Grants::default());
        assert_eq!(grants("intersystems-EscalationRole-%Manager", true).escalation_roles, ["%Manager"]);
    }

    #[test]
    fn what_is_nearest_counts_where_one_counts() {
        let groups = [
            "intersystems-Routine-C",
            "intersystems-Group-SALESDB-Routine-B",
            "intersystems-Instance-Node1_Test-Routine-Z",
            "intersystems-Instance-Node1_Test-Routine-Y",
            "intersystems-Instance-Node1_Test-Role-Clerk",
            "intersystems-Role-clerk^Nurse^",
        ];
        let grants = Grants::of(groups, &config(true));
        assert_eq!((grants.routine.as_str(), grants.roles.len()), ("Y", 2), "roles add up");
        assert_eq!(grants.warnings, ["4 routines are given, and Y is taken"]);
    }

    #[test]
    fn words_and_delimiter_are_those_of_the_configuration() {
        let mut config = config(false);
        (config.organization, config.delimiter) = (String::new(), "_".to_owned());
        (config.instance_word, config.role_word) = ("Node".to_owned(), "Duty".to_owned());
        assert_eq!(Grants::of(["Node_Node1_Test_Duty_Nurse"], &config), roles(&["Nurse"]));
        config.instance_id = String::new();
        assert_eq!(Grants::of(["Node__Duty_Nurse"], &config), Grants::default());
    }

    #[test]
    fn the_name_of_a_group_is_the_first_of_its_dn() {
        for (dn, name) in [
            ("CN=intersystems-Role-Clerk,OU=Groups,DC=x", "intersystems-Role-Clerk"),
            (r"cn=a\,b\+c\\d,dc=x", r"a,b+c\d"),
            (r"cn=\e4\20x+uid=1,dc=x", "?"),
            (r"cn=\c3\a4,dc=x", "ä"),
        ] {
            let found = common_name(dn);
            assert!(name == "?" && found.is_none() || found.as_deref() == Some(name), "{dn}: {found:?}");
        }
        assert_eq!(common_name("nothing"), None);
        assert_eq!(common_name(r"cn=a\"), None);
    }

    proptest! {
        #[test]
        fn no_name_breaks_it(name in "\\PC{0,40}", dn in "\\PC{0,40}") {
            let _ = (Grants::of([name.as_str()], &config(true)), common_name(&dn));
        }

        /// Only names that begin as the convention has it give anything.
        #[test]
        fn other_names_give_nothing(name in "[a-z-]{0,12}Role-[%A-Z]{1,8}") {
            prop_assume!(!name.to_lowercase().starts_with("intersystems-"));
            prop_assert_eq!(grants(&name, true), Grants::default());
        }
    }
}
