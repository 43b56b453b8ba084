//! Secrets of configurations: sealed by the vault before anything else sees them, and shown to nobody.

use crate::administer::Receipt;
use crate::engine::Engine;
use crate::{Refusal, Session};
use sclera_authn::secret::Secret;
use sclera_core::change::{Change, Kind};
use sclera_core::name::Folded;
use sclera_core::policy::Policy;
use sclera_core::status::Status;
use sclera_store::port::{Activity, Store};

impl<S: Store, A: Activity> Engine<S, A> {
    /// Keeps the secret of a configuration, such as the password of the search user of an LDAP domain; none forgets it.
    pub fn set_secret(
        &self,
        session: &Session,
        kind: Kind,
        name: &str,
        secret: Option<&Secret>,
    ) -> Result<Receipt, Refusal> {
        self.require_secure(session, "change of security settings")?;
        let sealed = match secret.filter(|secret| !secret.is_empty()) {
            None => Vec::new(),
            Some(secret) => self.sealed(kind, name, secret)?,
        };
        self.submit(session, Change::SetSecret { kind, name: name.to_owned(), sealed })
    }

    /// The secret of a configuration; none where it has none.
    pub(crate) fn secret_of(
        &self,
        policy: &Policy,
        kind: Kind,
        name: &str,
    ) -> Result<Option<Secret>, Refusal> {
        let known = if kind == Kind::LdapConfig { policy.ldap_configs.named(name) } else { None };
        let Some(config) = known.filter(|config| !config.search_password.is_empty()) else { return Ok(None) };
        let lost = || Status::general(format!("the secret of {} {name} cannot be opened", kind.word()));
        let vault = self.vault.as_ref().ok_or_else(lost)?;
        let opened = vault.open(kind.word(), config.name.folded().as_str(), &config.search_password);
        let text = opened.ok().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()).ok_or_else(lost)?;
        Ok(Some(Secret::new(text).map_err(|_| lost())?))
    }

    pub(crate) fn sealed(&self, kind: Kind, name: &str, secret: &Secret) -> Result<Vec<u8>, Refusal> {
        let none = || Refusal::from(Status::general("this instance has no key to seal secrets with"));
        let vault = self.vault.as_ref().ok_or_else(none)?;
        let owner = Folded::of(name);
        vault.seal(kind.word(), owner.as_str(), secret.expose().as_bytes()).map_err(|_| none())
    }
}
