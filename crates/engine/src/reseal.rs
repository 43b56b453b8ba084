//! Sealing anew: after the key of the vault was replaced, everything that the key before it sealed is sealed by the new one,
//! each as a change that the journal has. Broken off at any moment, it goes on where it was.

use crate::administer::{Asked, Mode, Request};
use crate::engine::Engine;
use crate::events::AuditEvent;
use crate::recorder::Deed;
use crate::secrets::{KINDS, kept_secret, with_secret};
use crate::signing::SigningKey;
use crate::users::TOTP;
use crate::{Refusal, Session};
use sclera_core::change::{Change, Kind};
use sclera_core::name::Folded;
use sclera_core::status::Status;
use sclera_store::kept::Keeping;
use sclera_store::port::{Activity, Read, Store};

/// What became of everything that was sealed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Secrets that are sealed by the new key now and were not before.
    pub anew: u64,
    /// Secrets that neither key opens. They are left as they are and are of no use, as before.
    pub lost: u64,
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Lets a session replace a key of the instance, which takes `%Admin_Secure:U`, and writes down that it does.
    pub fn allow_key_change(&self, session: &Session, key: &str) -> Result<(), Refusal> {
        self.require_secure(session, "change of a key")?;
        self.emit_of(session, &AuditEvent::KeyChange { key })
    }

    /// Seals everything by the key of now: keys that sign tokens, secrets of configurations, keys of one-time passwords.
    /// `watch` is told how many users of all were looked at.
    pub fn reseal(&self, session: &Session, watch: &mut dyn FnMut(u64, u64)) -> Result<Resealed, Refusal> {
        self.require_secure(session, "change of a key")?;
        let mut done = Resealed::default();
        self.reseal_signing_keys(&mut done)?;
        self.reseal_configurations(session, &mut done)?;
        self.reseal_users(session, &mut done, watch)?;
        Ok(done)
    }

    fn reseal_signing_keys(&self, done: &mut Resealed) -> Result<(), Refusal> {
        let vault = self.vault.as_ref().ok_or_else(no_key)?;
        for kept in self.all_kept(Keeping::SigningKey)? {
            match SigningKey::sealed_anew(&kept, vault, &self.key) {
                Ok(None) => {}
                Ok(Some(kept)) => {
                    self.recorder.perform(Deed::Keep { kept, now: self.world.now() })?;
                    done.anew += 1;
                }
                Err(_) => done.lost += 1,
            }
        }
        Ok(())
    }

    fn reseal_configurations(&self, session: &Session, done: &mut Resealed) -> Result<(), Refusal> {
        let vault = self.vault.as_ref().ok_or_else(no_key)?;
        let settings = self.settings()?;
        let all = KINDS
            .into_iter()
            .flat_map(|kind| with_secret(&settings.policy, kind).into_iter().map(move |name| (kind, name)));
        for (kind, name) in all {
            let kept = kept_secret(&settings.policy, kind, &name).unwrap_or_default();
            match vault.sealed_anew(kind.word(), Folded::of(&name).as_str(), kept) {
                Ok(None) => {}
                Ok(Some(sealed)) => {
                    self.submit(session, Change::SetSecret { kind, name, sealed })?;
                    done.anew += 1;
                }
                Err(_) => done.lost += 1,
            }
        }
        Ok(())
    }

    fn reseal_users(
        &self,
        session: &Session,
        done: &mut Resealed,
        watch: &mut dyn FnMut(u64, u64),
    ) -> Result<(), Refusal> {
        let vault = self.vault.as_ref().ok_or_else(no_key)?;
        let of = self.store.read()?.count(Kind::User as u8)?;
        let (mut after, mut seen): (Option<Folded>, u64) = (None, 0);
        loop {
            let page = self.store.read()?.users_after(after.as_ref())?;
            let mut changes = Vec::new();
            for row in &page {
                let user = row.user()?;
                let name = user.name.folded();
                if !user.totp_key.is_empty() {
                    match vault.sealed_anew(TOTP, name.as_str(), &user.totp_key) {
                        Ok(None) => {}
                        Ok(Some(sealed)) => changes.push(Change::ResealKey {
                            name: user.name.to_string(),
                            expected: user.totp_key.clone(),
                            sealed,
                        }),
                        Err(_) => done.lost += 1,
                    }
                }
                after = Some(name.clone());
            }
            if page.is_empty() {
                return Ok(());
            }
            done.anew += changes.len() as u64;
            if !changes.is_empty() {
                let asked = |change| Asked { request: Request::Change(change), place: String::new() };
                self.submit_all(session, changes.into_iter().map(asked), Mode::Perform)?;
            }
            seen += page.len() as u64;
            watch(seen, of);
        }
    }
}

fn no_key() -> Refusal {
    Status::general("this instance has no key to seal secrets with").into()
}
