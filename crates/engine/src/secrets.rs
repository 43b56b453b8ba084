//! Secrets of configurations: sealed by the vault before anything else sees them, and shown to nobody.

use crate::administer::{Asked, Mode, Receipt, Request};
use crate::engine::Engine;
use crate::{Refusal, Session};
use sclera_authn::secret::Secret;
use sclera_core::change::{Change, Kind};
use sclera_core::name::Folded;
use sclera_core::policy::Policy;
use sclera_core::ssl_config::SslConfig;
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
        let change = self.keeping(kind, name, secret)?;
        self.submit(session, change)
    }

    /// Performs a change of a configuration and keeps its secret: both or neither.
    pub fn submit_with_secret(
        &self,
        session: &Session,
        change: Change,
        (kind, name, secret): (Kind, &str, &Secret),
    ) -> Result<Receipt, Refusal> {
        self.require_secure(session, "change of security settings")?;
        let changes = [change, self.keeping(kind, name, Some(secret))?];
        let asked = |change| Asked { request: Request::Change(change), place: String::new() };
        self.submit_all(session, changes.map(asked), Mode::Perform)
    }

    /// The change that keeps a secret, sealed.
    fn keeping(&self, kind: Kind, name: &str, secret: Option<&Secret>) -> Result<Change, Refusal> {
        let sealed = match secret.filter(|secret| !secret.is_empty()) {
            None => Vec::new(),
            Some(secret) => self.sealed(kind, name, secret)?,
        };
        Ok(Change::SetSecret { kind, name: name.to_owned(), sealed })
    }

    /// The secret of a configuration; none where it has none.
    pub(crate) fn secret_of(
        &self,
        policy: &Policy,
        kind: Kind,
        name: &str,
    ) -> Result<Option<Secret>, Refusal> {
        kept_secret(policy, kind, name).map(|kept| self.opened(kind, name, kept)).transpose()
    }

    /// The password of the private key of a TLS configuration; none where it has none.
    pub fn private_key_password(&self, config: &SslConfig) -> Result<Option<Secret>, Refusal> {
        let kept = config.private_key_password.as_slice();
        (!kept.is_empty()).then(|| self.opened(Kind::SslConfig, config.name.as_str(), kept)).transpose()
    }

    fn opened(&self, kind: Kind, name: &str, kept: &[u8]) -> Result<Secret, Refusal> {
        let lost = || Status::general(format!("the secret of {} {name} cannot be opened", kind.word()));
        let vault = self.vault.as_ref().ok_or_else(lost)?;
        let opened = vault.open(kind.word(), Folded::of(name).as_str(), kept);
        let text = opened.ok().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()).ok_or_else(lost)?;
        Secret::new(text).map_err(|_| lost().into())
    }

    pub(crate) fn sealed(&self, kind: Kind, name: &str, secret: &Secret) -> Result<Vec<u8>, Refusal> {
        let none = || Refusal::from(Status::general("this instance has no key to seal secrets with"));
        let vault = self.vault.as_ref().ok_or_else(none)?;
        let owner = Folded::of(name);
        vault.seal(kind.word(), owner.as_str(), secret.expose().as_bytes()).map_err(|_| none())
    }
}

/// The kinds of configurations that have a secret.
pub(crate) const KINDS: [Kind; 3] = [Kind::LdapConfig, Kind::SslConfig, Kind::System];

/// What is kept of the secret of a configuration, sealed; none where it has none.
pub(crate) fn kept_secret<'p>(policy: &'p Policy, kind: Kind, name: &str) -> Option<&'p [u8]> {
    let kept = match kind {
        Kind::LdapConfig => policy.ldap_configs.named(name)?.search_password.as_slice(),
        Kind::SslConfig => policy.ssl_configs.named(name)?.private_key_password.as_slice(),
        Kind::System => policy.system.mail_password.as_slice(),
        _ => return None,
    };
    (!kept.is_empty()).then_some(kept)
}

/// The names of the configurations of a kind that have a secret.
pub(crate) fn with_secret(policy: &Policy, kind: Kind) -> Vec<String> {
    let names: Vec<&str> = match kind {
        Kind::LdapConfig => policy.ldap_configs.iter().map(|config| config.name.as_str()).collect(),
        Kind::SslConfig => policy.ssl_configs.iter().map(|config| config.name.as_str()).collect(),
        Kind::System => vec![sclera_core::system::NAME],
        _ => Vec::new(),
    };
    let has = |name: &&str| kept_secret(policy, kind, name).is_some();
    names.into_iter().filter(has).map(str::to_owned).collect()
}
