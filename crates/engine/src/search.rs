//! Searching by privileges: who holds one, and what somebody holds. Answers are those of [`Engine::check_user`], name by
//! name, in the order of names and page by page.

use crate::engine::{Engine, public_roles, user_named};
use crate::{Refusal, Session};
use sclera_core::id::RoleId;
use sclera_core::name::{Folded, same};
use sclera_core::permission::Permissions;
use sclera_store::port::{Activity, Read, Store};
use std::collections::HashMap;

/// The most sets of roles whose answers are remembered during one search.
const MOST_SETS: usize = 10_000;
/// The most users that one search looks at; whoever wants more goes on from the last.
const MOST_LOOKED_AT: usize = 200_000;

/// A page of what was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The names.
    pub names: Vec<String>,
    /// Where the next page begins: behind this name; none where there is no more.
    pub next: Option<String>,
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// The users who hold permissions on a resource.
    pub fn holders(
        &self,
        session: &Session,
        resource: &str,
        wanted: Permissions,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Found, Refusal> {
        self.require_secure(session, "search of users by a privilege")?;
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let public = public_roles(&reading)?;
        let mut answers: HashMap<Vec<RoleId>, bool> = HashMap::new();
        let mut holds = |roles: Vec<RoleId>| {
            if let Some(known) = answers.get(&roles) {
                return *known;
            }
            let closure = settings.policy.closure(roles.iter().chain(&public).copied());
            let held = settings.policy.granted(&closure, resource, wanted).is_granted();
            if answers.len() < MOST_SETS {
                answers.insert(roles, held);
            }
            held
        };
        let (mut found, mut looked_at) = (Found::default(), 0);
        let mut last = after.map(Folded::of);
        loop {
            let page = reading.users_after(last.as_ref())?;
            let Some(end) = page.last() else {
                found.next = None;
                return Ok(found);
            };
            last = Some(end.folded());
            for row in &page {
                looked_at += 1;
                if found.names.len() == limit || looked_at > MOST_LOOKED_AT {
                    return Ok(found);
                }
                found.next = Some(row.name.clone());
                if holds(row.roles.clone()) {
                    found.names.push(row.name.clone());
                }
            }
            if page.len() < sclera_store::port::PAGE as usize {
                found.next = None;
                return Ok(found);
            }
        }
    }

    /// The resources on which a user holds permissions.
    pub fn held_by(
        &self,
        session: &Session,
        user: &str,
        wanted: Permissions,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Found, Refusal> {
        if !same(user, session.user()) {
            self.require_secure(session, "search of resources by the privileges of another user")?;
        }
        session.alive(self.now())?;
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let policy = &settings.policy;
        let Some(record) = user_named(&reading, user)? else { return Ok(Found::default()) };
        let closure = policy.closure(record.roles.iter().copied().chain(public_roles(&reading)?));
        let after = after.map(Folded::of);
        let mut names: Vec<(Folded, &str)> = policy
            .resources
            .iter()
            .map(|resource| (Folded::of(resource.name.as_str()), resource.name.as_str()))
            .filter(|(folded, _)| after.as_ref().is_none_or(|after| folded > after))
            .filter(|(_, name)| policy.granted(&closure, name, wanted).is_granted())
            .collect();
        names.sort();
        let next = (names.len() > limit)
            .then(|| names.get(limit.saturating_sub(1)).map(|(_, name)| (*name).to_owned()));
        let names = names.into_iter().take(limit).map(|(_, name)| name.to_owned()).collect();
        Ok(Found { names, next: next.flatten() })
    }
}
