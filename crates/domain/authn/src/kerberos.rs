//! Principals of Kerberos and the users they stand for (`authentication.md` section 9).
//!
//! Where the instance has one security domain, the name of a user is the principal without its realm, which must be the
//! realm of the instance: whoever is called `ann` in another realm, which the KDC trusts, is another Ann. Where it has
//! several, the realm is part of the name: `ann@EXAMPLE.ORG`.

use sclera_core::name::same;
use sclera_core::status::{Code, Status};
use sclera_core::system::System;

/// The characters that a principal of a person does not have: what parts it (`ann/admin` is not `ann`), what escapes, and
/// what none of us can type.
fn is_odd(c: char) -> bool {
    c.is_control() || c == '/' || c == '\\'
}

/// The user that a principal stands for. `realm` is that of the instance as the configuration spells it; without it, the
/// default domain of the settings counts, in capitals or not.
pub fn user_of(principal: &str, realm: Option<&str>, system: &System) -> Result<String, Status> {
    let foreign = |why: &str| Err(Status::new(Code::KerberosBadCredentials, [principal]).because(why));
    let Some((name, of)) = principal.rsplit_once('@') else {
        return foreign("the principal has no realm");
    };
    if name.is_empty() || of.is_empty() || principal.contains(is_odd) || name.contains('@') {
        return foreign("no user has such a name");
    }
    if system.security_domains {
        return Ok(principal.to_owned());
    }
    match (realm, system.default_domain.as_str()) {
        (Some(realm), _) if realm == of => Ok(name.to_owned()),
        (None, domain) if !domain.is_empty() && same(domain, of) => Ok(name.to_owned()),
        (None, "") => foreign("neither `kerberos.realm` nor DefaultSecurityDomain says which realm is ours"),
        _ => foreign("it is of another realm"),
    }
}

/// The principal whose password somebody typed. A realm is written in capitals where nothing else is said of it.
pub fn principal_of(user: &str, realm: Option<&str>, system: &System) -> Result<String, Status> {
    let unusable = |why: &str| Err(Status::new(Code::KerberosBadCredentials, [user]).because(why));
    let home = realm.map_or_else(|| system.default_domain.to_uppercase(), str::to_owned);
    let (name, realm) = match user.rsplit_once('@').filter(|_| system.security_domains) {
        Some((name, domain)) if same(domain, &home) => (name, home),
        Some((name, domain)) => (name, domain.to_uppercase()),
        None => (user, home),
    };
    if realm.is_empty() {
        return unusable("neither `kerberos.realm` nor DefaultSecurityDomain says which realm is ours");
    }
    if name.is_empty() || name.contains('@') || name.contains(is_odd) || realm.contains(is_odd) {
        return unusable("no principal has such a name");
    }
    Ok(format!("{name}@{realm}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Option<&str> = Some("EXAMPLE.ORG");

    fn system(domain: &str, several: bool) -> System {
        System { default_domain: domain.to_owned(), security_domains: several, ..System::default() }
    }

    #[test]
    fn a_principal_of_the_realm_is_the_user_of_its_name() {
        let one = system("example.org", false);
        assert_eq!(user_of("ann@EXAMPLE.ORG", HOME, &one).unwrap(), "ann");
        assert_eq!(user_of("ann@EXAMPLE.ORG", None, &one).unwrap(), "ann");
        for (principal, realm) in [
            ("ann@OTHER.ORG", HOME),
            ("ann@OTHER.ORG", None),
            ("ann@example.org", HOME),
            ("ann/admin@EXAMPLE.ORG", HOME),
            ("ann\\@EXAMPLE.ORG", HOME),
            ("ann@OTHER.ORG@EXAMPLE.ORG", HOME),
            ("ann\\@OTHER.ORG@EXAMPLE.ORG", HOME),
            ("@EXAMPLE.ORG", HOME),
            ("ann@", Some("")),
            ("ann", HOME),
            ("", HOME),
        ] {
            let refused = user_of(principal, realm, &one).unwrap_err();
            assert_eq!(refused.code(), Code::KerberosBadCredentials, "{principal}");
        }
        assert!(user_of("ann@EXAMPLE.ORG", None, &system("", false)).is_err(), "whose realm is not known");
    }

    #[test]
    fn where_there_are_several_domains_the_realm_is_part_of_the_name() {
        let several = system("example.org", true);
        assert_eq!(user_of("ann@OTHER.ORG", HOME, &several).unwrap(), "ann@OTHER.ORG");
        assert!(user_of("ann/admin@OTHER.ORG", HOME, &several).is_err());
        for (user, principal) in [
            ("ann", "ann@EXAMPLE.ORG"),
            ("ann@example.org", "ann@EXAMPLE.ORG"),
            ("ann@other.org", "ann@OTHER.ORG"),
        ] {
            assert_eq!(principal_of(user, None, &several).unwrap(), principal);
        }
    }

    #[test]
    fn a_typed_name_is_of_the_realm() {
        let one = system("example.org", false);
        assert_eq!(principal_of("ann", HOME, &one).unwrap(), "ann@EXAMPLE.ORG");
        assert_eq!(principal_of("Ann Lee", Some("Mixed.Org"), &one).unwrap(), "Ann Lee@Mixed.Org");
        for name in ["", "ann@OTHER.ORG", "ann/admin", "ann\\", "a\nb"] {
            assert!(principal_of(name, HOME, &one).is_err(), "{name:?}");
        }
        assert!(principal_of("ann", None, &system("", false)).is_err());
    }
}
