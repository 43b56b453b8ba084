//! The name that was probably meant.

/// The first known name that differs from the given one in letter case only or in one character.
pub(crate) fn near(given: &str, known: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    known.into_iter().find(|name| name.eq_ignore_ascii_case(given) || one_edit(name, given))
}

/// Tells whether one character was replaced, added or left out.
fn one_edit(a: &str, b: &str) -> bool {
    let common = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    let rest = |text: &str| text.chars().skip(common).collect::<Vec<_>>();
    let (a, b) = (rest(a), rest(b));
    let (after_a, after_b) = (a.get(1..), b.get(1..));
    after_a == Some(&b[..]) || after_b == Some(&a[..]) || (after_a.is_some() && after_a == after_b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_one_character_are_near() {
        for given in ["roles", "ROLES", "Role", "Roless", "oles", "Rples", "Rolesé", "Röles"] {
            assert_eq!(near(given, ["Name", "Roles"]), Some("Roles"), "{given}");
        }
        for given in ["", "Rolls!", "Rolse", "Groups", "rle"] {
            assert_eq!(near(given, ["Name", "Roles"]), None, "{given}");
        }
        assert_eq!(near("x", [""]), Some(""));
    }
}
