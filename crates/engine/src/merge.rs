//! Merging: the steps of a CPF merge file, all or nothing (`security-classes.md` section 12).
//!
//! Steps say what is to be true afterwards, and each is taken as far as it is needed: what is there is not made again,
//! and what is missing is neither changed nor deleted. Whether it is there is asked inside the transaction, after the
//! steps before it.

use crate::administer::{Asked, Mode, Receipt, Request, config_exists};
use crate::adopt;
use crate::engine::Engine;
use crate::install::Instance;
use crate::new_passwords::Keys;
use crate::{Refusal, Session};
use sclera_core::change::{Change, Kind};
use sclera_core::name::Folded;
use sclera_core::policy::Policy;
use sclera_core::status::Status;
use sclera_core::user::{Credential, User};
use sclera_exchange::{Merge, Record, Step, Verb};
use sclera_store::port::{Activity, Read, Store};
use std::collections::BTreeMap;

impl<S: Store, A: Activity> Engine<S, A> {
    /// Takes the steps of a merge file as one change: all or nothing. Like an import, it asks for `%Admin_Secure:USE`.
    pub fn merge(&self, session: &Session, merge: &Merge, mode: Mode) -> Result<Receipt, Refusal> {
        self.require_secure(session, "merge")?;
        let settings = self.settings()?;
        let mut asked = Vec::new();
        for step in &merge.steps {
            match step.verb {
                Verb::FirstPasswords => asked.extend(self.first_passwords(&step.record)?),
                _ => asked.push(self.asked(step, &settings.policy)?),
            }
        }
        self.submit_all(session, asked, mode)
    }

    /// What a merge would pass over, a line each: what it makes and is there, what it changes or deletes and is not.
    pub fn passed_over(&self, session: &Session, merge: &Merge) -> Result<Vec<String>, Refusal> {
        self.require_secure(session, "merge")?;
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let mut known: BTreeMap<(Kind, Folded), bool> = BTreeMap::new();
        let mut notes = Vec::new();
        for Step { verb, record } in &merge.steps {
            if !matches!(verb, Verb::Create | Verb::Modify | Verb::Delete) {
                continue;
            }
            let name = adopt::name_here(record, &settings.policy);
            let key = (record.kind, Folded::of(name));
            let is_there = match known.get(&key) {
                Some(known) => *known,
                None => is_there(record.kind, name, &settings.policy, &reading)?,
            };
            let why = match (verb, is_there) {
                (Verb::Create, true) => Some("it is there already and stays as it is"),
                (Verb::Modify | Verb::Delete, false) => Some("there is none of this name; it is passed over"),
                _ => None,
            };
            notes.extend(why.map(|why| format!("{}: {why}", record.place)));
            known.insert(
                key,
                match verb {
                    Verb::Create => true,
                    Verb::Delete => false,
                    _ => is_there,
                },
            );
        }
        Ok(notes)
    }

    fn asked(&self, step: &Step, policy: &Policy) -> Result<Asked, Refusal> {
        let Step { verb, record } = step;
        let at = |status| Refusal::Rule { status, place: record.place.clone() };
        let asked = |request| Ok(Asked { request, place: record.place.clone() });
        if let Some(sql) = &record.sql {
            let request = crate::transfer::granted(sql).map_err(at)?;
            return match (verb, request) {
                (Verb::Revoke, Request::MergeSql { target, grantee, .. }) => {
                    asked(Request::Change(Change::RevokeSql { target, grantee, cascade: false }))
                }
                (_, request) => asked(request),
            };
        }
        let name = adopt::name_here(record, policy).to_owned();
        let credential = self.credential_of(record, &mut Keys::AtOnce)?;
        let change = change(*verb, record, &name, credential)
            .ok_or_else(|| at(Status::general(format!("no merge does this to a {}", record.kind.word()))))?;
        asked(Request::Where { kind: record.kind, name, is_there: *verb != Verb::Create, change })
    }

    /// The password of `[Startup]`, for every enabled predefined account that has a role and still has the password it
    /// was made with. So it is set once, and never takes the place of one that somebody chose.
    fn first_passwords(&self, record: &Record) -> Result<Vec<Asked>, Refusal> {
        let Some(credential) = self.credential_of(record, &mut Keys::AtOnce)? else { return Ok(Vec::new()) };
        let reading = self.store.read()?;
        let instance = Instance::read(&reading)?;
        let mut asked = Vec::new();
        let mut after: Option<Folded> = None;
        loop {
            let page = reading.users_after(after.as_ref())?;
            let Some(last) = page.last() else { return Ok(asked) };
            after = Some(last.folded());
            for row in &page {
                let user = row.user()?;
                if has_first_password(&user, &instance) {
                    let change = Change::ModifyUser {
                        name: user.name.to_string(),
                        properties: sclera_core::property::Properties::new(),
                        credential: Some(credential.clone()),
                    };
                    asked.push(Asked { request: Request::Change(change), place: record.place.clone() });
                }
            }
        }
    }
}

fn has_first_password(user: &User, instance: &Instance) -> bool {
    let made = Some(instance.created);
    let untouched = user.password_changed.is_none() || user.password_changed == user.created;
    let predefined = user.created == made && user.created_by.is_empty();
    user.enabled && !user.roles.is_empty() && user.credential.is_set() && predefined && untouched
}

/// Tells whether there is an object of a name.
pub(crate) fn is_there(
    kind: Kind,
    name: &str,
    policy: &Policy,
    reading: &impl Read,
) -> Result<bool, Refusal> {
    Ok(match kind {
        Kind::Resource => policy.resources.named(name).is_some(),
        Kind::Role => policy.roles.named(name).is_some(),
        Kind::Service => policy.services.named(name).is_some(),
        Kind::Application => policy.applications.named(name).is_some(),
        Kind::System => true,
        Kind::User => reading.user(&Folded::of(name))?.is_some(),
        kind => config_exists(kind, name, policy),
    })
}

/// The change that a step is; none for what merges do not do.
fn change(verb: Verb, record: &Record, name: &str, credential: Option<Credential>) -> Option<Change> {
    let (kind, name, properties) = (record.kind, name.to_owned(), record.properties.clone());
    Some(match (verb, kind) {
        (Verb::Create, Kind::Resource) => Change::CreateResource { name, properties },
        (Verb::Modify, Kind::Resource) => Change::ModifyResource { name, properties },
        (Verb::Delete, Kind::Resource) => Change::DeleteResource { name },
        (Verb::Create, Kind::Role) => Change::CreateRole { name, properties },
        (Verb::Modify, Kind::Role) => Change::ModifyRole { name, properties },
        (Verb::Delete, Kind::Role) => Change::DeleteRole { name },
        (Verb::Create, Kind::User) => Change::CreateUser { name, properties, credential },
        (Verb::Modify, Kind::User) => Change::ModifyUser { name, properties, credential },
        (Verb::Delete, Kind::User) => Change::DeleteUser { name },
        (Verb::Create, Kind::Application) => Change::CreateApplication { name, properties },
        (Verb::Modify, Kind::Application) => Change::ModifyApplication { name, properties },
        (Verb::Delete, Kind::Application) => Change::DeleteApplication { name },
        (Verb::Modify, Kind::Service) => Change::ModifyService { name, properties },
        (Verb::Modify, Kind::System) => Change::ModifySystem { properties },
        (Verb::Create, kind) if kind.is_config() => Change::CreateConfig { kind, name, properties },
        (Verb::Modify, kind) if kind.is_config() => Change::ModifyConfig { kind, name, properties },
        (Verb::Delete, kind) if kind.is_config() => Change::DeleteConfig { kind, name },
        _ => return None,
    })
}
