//! How the connections of a gate are protected: as its own configuration says, and as the superserver at its place does
//! (`services.md` section 9).
//!
//! The stricter of the two levels holds, so that no record can take away what the file demands. Where the superserver
//! names a TLS configuration, that one protects, and no other in its place: if it cannot be used, whoever begins TLS is
//! refused (996), and where TLS is required everybody is.

use crate::tls::{Protection, Tls};
use sclera_authn::secret::Secret;
use sclera_core::ssl_config::SslConfig;
use sclera_core::superserver::TlsLevel;
use sclera_engine::Refusal;
use sclera_engine::services::{Guarding, Material, Terms};

/// How the connections of a gate are protected.
pub struct Guard {
    own: Protection,
    load: Loader,
}

/// Reads the files of a TLS configuration, with the password of its private key where it has one, and says why they
/// cannot be used.
type Loader = Box<dyn Fn(&SslConfig, Option<&Secret>) -> Result<Tls, String> + Send + Sync>;

impl Guard {
    /// Its own word, and what reads the files of TLS configurations.
    pub fn new(
        own: Protection,
        load: impl Fn(&SslConfig, Option<&Secret>) -> Result<Tls, String> + Send + Sync + 'static,
    ) -> Self {
        Self { own, load: Box::new(load) }
    }

    /// Its own word alone: TLS configurations cannot be used.
    pub fn of(own: Protection) -> Self {
        Self::new(own, |_, _| Err("TLS configurations are not used here".to_owned()))
    }

    /// What protects under a superserver, and how that is told. Reads files; `password` is that of the private key of a
    /// configuration.
    pub(crate) fn under(
        &self,
        terms: Option<&Terms>,
        password: impl Fn(&SslConfig) -> Result<Option<Secret>, Refusal>,
    ) -> (Protection, Guarding) {
        let Some(terms) = terms else {
            return (
                self.own.clone(),
                Guarding { tls: word(self.own.level()).to_owned(), ..Guarding::default() },
            );
        };
        let tls = match &terms.material {
            Material::OfTheGate => {
                self.own.tls().cloned().ok_or_else(|| "there is no certificate".to_owned())
            }
            Material::Config(config) => {
                let opened = password(config).map_err(|refusal| refusal.to_string());
                let loaded = opened.and_then(|password| (self.load)(config, password.as_ref()));
                loaded.map_err(|why| format!("TLS configuration {}: {why}", config.name))
            }
            Material::Unusable(why) => Err(why.clone()),
        };
        let level = self.own.level().max(terms.level);
        let told = match &tls {
            Err(why) if level != TlsLevel::None => format!("{}: {why}", word(level)),
            _ => word(level).to_owned(),
        };
        let guarding = Guarding { superserver: terms.superserver.clone(), tls: told };
        (Protection::new(level, tls.ok()), guarding)
    }
}

const fn word(level: TlsLevel) -> &'static str {
    match level {
        TlsLevel::None => "none",
        TlsLevel::Accept => "accept",
        TlsLevel::Require => "require",
    }
}
