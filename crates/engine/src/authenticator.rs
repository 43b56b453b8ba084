//! Keys of one-time passwords for administrators: showing one, and making a new one (`authentication.md` 7.2).

use crate::engine::{Engine, user_named};
use crate::events::AuditEvent;
use crate::users::TOTP;
use crate::{Refusal, Session};
use sclera_authn::admission::Provision;
use sclera_authn::totp;
use sclera_core::change::Change;
use sclera_core::property::Properties;
use sclera_core::status::{Code, Status};
use sclera_store::port::{Activity, Store};

impl<S: Store, A: Activity> Engine<S, A> {
    /// The key of a user, for an authenticator. With `renew` it is a new one: programs that have the old one make no valid
    /// codes any more. Only administrators see keys, and only where that can be recorded; a user is shown its own once, at
    /// the login (`HOTPKeyDisplay`).
    pub fn authenticator(&self, session: &Session, user: &str, renew: bool) -> Result<Provision, Refusal> {
        self.require_secure(session, "key of one-time passwords")?;
        let what = format!("the key of one-time passwords of {}", sclera_core::name::quotable(user));
        if renew {
            let properties = Properties::new().with("HOTPKeyGenerate", true);
            self.submit(session, Change::ModifyUser { name: user.to_owned(), properties, credential: None })?;
        }
        let reading = self.store.read()?;
        let missing = || Status::new(Code::UserDoesNotExist, [user]);
        let found = user_named(&reading, user)?.ok_or_else(missing)?;
        let issuer = self.settings_in(&reading)?.policy.system.two_factor_issuer.clone();
        drop(reading);
        let opened = self.vault.as_ref().and_then(|vault| {
            vault.open(TOTP, found.name.folded().as_str(), &found.totp_key).ok().filter(|key| !key.is_empty())
        });
        let none = || Status::general("there is no key that this instance can open; make a new one");
        let key = opened.ok_or_else(none)?;
        self.emit_of(session, &AuditEvent::Export { what: &what })?;
        Ok(totp::provision(&key, &issuer, found.name.as_str()))
    }
}
