//! Security domains: which users a change of them reaches (`authentication.md` section 17).
//!
//! Where there are several domains, a user with one in its name is of that one, and a user without is of the default one.
//! Where there is one, all are of it.

use sclera_core::name::{Folded, same};
use sclera_core::policy::Policy;
use sclera_core::user::{User, UserType};
use sclera_store::port::{Read, Stored};
use sclera_store::record::Row;

/// The domain that a user is of.
fn domain_of<'a>(name: &'a str, policy: &'a Policy) -> &'a str {
    let own = name.rsplit_once('@').filter(|_| policy.system.security_domains);
    own.map_or(policy.system.default_domain.as_str(), |(_, domain)| domain)
}

/// The users that an LDAP configuration of a name brought, up to a page of them: those of the type LDAP in its domain.
pub(crate) fn brought_by(domain: &str, policy: &Policy, reading: &impl Read) -> Stored<Vec<String>> {
    let is_brought =
        |user: &User| user.kind() == UserType::Ldap && same(domain_of(user.name.as_str(), policy), domain);
    let mut found = Vec::new();
    each_page(reading, |users| {
        found.extend(users.iter().filter(|user| is_brought(user)).map(|user| user.name.to_string()));
        found.is_empty()
    })?;
    Ok(found)
}

/// A user of another domain than the default one; none where there is none.
pub(crate) fn outside_the_default(policy: &Policy, reading: &impl Read) -> Stored<Option<String>> {
    let default = policy.system.default_domain.as_str();
    let mut found = None;
    each_page(reading, |users| {
        let other =
            users.iter().map(|user| user.name.as_str()).find(|name| !same(domain_of(name, policy), default));
        found = other.map(str::to_owned);
        found.is_none()
    })?;
    Ok(found)
}

/// Shows all users, a page at a time, as long as whoever looks wants more.
fn each_page(reading: &impl Read, mut wants_more: impl FnMut(&[User]) -> bool) -> Stored<()> {
    let mut after: Option<Folded> = None;
    loop {
        let page = reading.users_after(after.as_ref())?;
        let users: Vec<User> = page.iter().map(Row::user).collect::<Stored<_>>()?;
        let Some(last) = users.last() else { return Ok(()) };
        after = Some(last.name.folded().clone());
        if !wants_more(&users) {
            return Ok(());
        }
    }
}
