//! Which role of the database a user stands for, and the passwords of those roles.

use sclera_authn::secret::Secret;
use sclera_engine::Session;
use std::collections::BTreeMap;

/// Which role of the database a user stands for: the first pair whose role the user holds decides, else the last word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roles {
    /// Roles here, with roles there.
    pub pairs: Vec<(String, String)>,
    /// The role of everybody else; `{user}` stands for the name of the user. Without it nobody else comes in.
    pub otherwise: Option<String>,
}

impl Roles {
    /// The role of a session; none where it stands for none.
    pub fn of(&self, session: &Session) -> Option<String> {
        let held = self.pairs.iter().find(|(role, _)| session.holds_role(role)).map(|(_, there)| there);
        let role = held.or(self.otherwise.as_ref())?.replace("{user}", session.user());
        // The database cuts longer names off, and then it would be another role.
        let fits = !role.is_empty() && role.len() <= LONGEST && !role.contains('\0');
        fits.then_some(role)
    }
}

/// The passwords of roles of the database.
#[derive(Default)]
pub struct Passwords(BTreeMap<String, Secret>);

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Passwords({})", self.0.len())
    }
}

impl Passwords {
    /// Reads lines of the form `role:password`; empty ones and those that begin with `#` are left aside. A fault names
    /// the line and nothing of what stands there.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut passwords = BTreeMap::new();
        for (place, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = || format!("line {}: it is not of the form role:password", place + 1);
            let (role, password) = line.split_once(':').ok_or_else(wrong)?;
            let password = Secret::new(password.to_owned()).map_err(|_| wrong())?;
            if role.is_empty() || password.is_empty() || passwords.insert(role.to_owned(), password).is_some()
            {
                return Err(wrong());
            }
        }
        Ok(Self(passwords))
    }

    /// The password of a role.
    pub fn of(&self, role: &str) -> Option<&Secret> {
        self.0.get(role)
    }
}

/// The most bytes of the name of a role in PostgreSQL.
const LONGEST: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_read_line_by_line() {
        let read = Passwords::read("# roles\nclinic:pa:ss\n\nadmin: x\n").unwrap();
        let of = |role: &str| read.of(role).map(|secret| secret.expose().to_owned());
        assert_eq!(of("clinic").as_deref(), Some("pa:ss"));
        assert_eq!(of("admin").as_deref(), Some(" x"));
        assert_eq!(of("Admin"), None);
        assert_eq!(format!("{read:?}"), "Passwords(2)");
        for (wrong, line) in [("a", 1), ("\n:b", 2), ("a:", 1), ("a:b\na:c", 2)] {
            assert_eq!(
                Passwords::read(wrong).unwrap_err(),
                format!("line {line}: it is not of the form role:password")
            );
        }
    }
}
