//! Changes without a session: a closed list of what the product itself may change, and in whose name it stands in the
//! journal.

use crate::administer::{Asked, Mode, Receipt, Request};
use crate::engine::Engine;
use crate::{Door, Refusal};
use sclera_core::change::{Adoption, Change};
use sclera_core::property::Properties;
use sclera_core::user::Credential;
use sclera_store::port::{Activity, Store};

/// Something that is changed without an administrator.
#[derive(Debug)]
pub(crate) enum Unattended {
    /// An outside authority says who somebody is.
    Adopted(Adoption),
    /// An outside authority says that an account of its own cannot be used any more.
    GoneOutside,
    /// The limit on failed logins closes an account.
    LimitReached,
    /// An account that was not used for too long is closed.
    Inactive,
    /// The password that was due to be changed is changed at the login.
    ChangedAtLogin(Credential),
    /// A password is kept anew.
    Upgraded {
        /// What was kept.
        expected: Credential,
        /// What is kept from now on.
        credential: Credential,
    },
    /// The key of one-time passwords was shown.
    KeyShown,
    /// The user of an emergency is kept, disabled (`services.md` section 10).
    AfterEmergency(Credential),
}

impl Unattended {
    /// What stands in the journal as the actor.
    const fn actor(&self) -> &'static str {
        match self {
            Self::Adopted(_) | Self::GoneOutside => "(directory)",
            Self::LimitReached => "(login limit)",
            Self::Inactive => "(inactivity)",
            Self::ChangedAtLogin(_) => "(login)",
            Self::Upgraded { .. } => "(upgrade of the hash)",
            Self::KeyShown => "(first code)",
            Self::AfterEmergency(_) => "(emergency)",
        }
    }

    fn change(self, name: String) -> Change {
        let set = |property: &str, value: &str| Properties::new().with(property, value);
        let modify = |name, properties, credential| Change::ModifyUser { name, properties, credential };
        match self {
            Self::Adopted(adoption) => Change::AdoptUser { name, adoption: Box::new(adoption) },
            Self::GoneOutside => Change::DeleteUser { name },
            Self::LimitReached | Self::Inactive => modify(name, set("Enabled", "0"), None),
            Self::ChangedAtLogin(credential) => Change::ChangeOwnPassword { user: name, credential },
            Self::Upgraded { expected, credential } => {
                Change::UpgradeCredential { name, expected, credential }
            }
            Self::KeyShown => modify(name, set("HOTPKeyDisplay", "0"), None),
            Self::AfterEmergency(credential) => {
                let properties = set("Enabled", "0").with("Roles", "%All");
                Change::CreateUser { name, properties, credential: Some(credential) }
            }
        }
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Changes a user without a session.
    pub(crate) fn unattended(&self, name: &str, what: Unattended, door: Door) -> Result<Receipt, Refusal> {
        let actor = what.actor();
        let request = Request::Change(what.change(name.to_owned()));
        let asked = [Asked { request, place: String::new() }];
        self.carry_out_as(actor, door, asked, Mode::Perform, &|_, _| Ok(()))
    }
}
