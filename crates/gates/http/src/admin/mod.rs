//! `/api/admin`: the administration that portals made for IRIS 2026.2 speak. Every operation is a use case of the engine
//! that commands have, too; here its parameters are read and its answer is written.

pub(crate) mod applications;
pub(crate) mod audit;
pub(crate) mod information;
pub(crate) mod ldap;
pub(crate) mod neighbours;
pub(crate) mod planned;
pub(crate) mod privileged_routines;
pub(crate) mod resources;
pub(crate) mod roles;
pub(crate) mod services;
pub(crate) mod sign_in;
pub(crate) mod sql;
pub(crate) mod superservers;
pub(crate) mod tasks;
pub(crate) mod tls;
pub(crate) mod users;
pub(crate) mod web_auth;

/// The names of the mechanisms of a mask, in the order in which lists have them (`admin-api.md` section 8, D-11).
fn mechanism_names(mask: i64) -> Vec<&'static str> {
    /// Bits and the name that they have together.
    const NAMES: [(&[u32], &str); 8] = [
        (&[6], "Unauthenticated"),
        (&[5], "Password"),
        (&[0, 1, 2, 3, 7, 8, 9], "Kerberos"),
        (&[4], "Operating System"),
        (&[11], "LDAP"),
        (&[13], "Delegated"),
        (&[14], "Login Cookie"),
        (&[20, 21], "Two-Factor"),
    ];
    let has = |bits: &[u32]| bits.iter().any(|bit| mask & (1 << bit) != 0);
    NAMES.iter().filter(|(bits, _)| has(bits)).map(|(_, name)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::mechanism_names;

    #[test]
    fn mechanisms_have_the_names_that_were_seen() {
        assert_eq!(mechanism_names(48), ["Password", "Operating System"]);
        assert_eq!(mechanism_names(96), ["Unauthenticated", "Password"]);
        assert_eq!(mechanism_names(1024), [""; 0]);
        assert_eq!(mechanism_names(8192 | 32), ["Password", "Delegated"]);
    }
}
