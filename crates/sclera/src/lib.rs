//! Sclera as a library: one trustworthy place for accounts, roles and decisions, in a directory of files.
//!
//! ```
//! use sclera::{Change, Choice, Instance, Properties};
//!
//! # let folder = tempfile::tempdir()?;
//! # let directory = folder.path().join("clinic");
//! Instance::create(&directory, Choice::default(), "owner")?;
//! let instance = Instance::open(&directory)?;
//! let owner = instance.admit_process()?;
//!
//! let name = || "AppData".to_owned();
//! instance.submit(&owner, Change::CreateResource { name: name(), properties: Properties::new() })?;
//! let reader = Properties::new().with("Resources", "AppData:R");
//! instance.submit(&owner, Change::CreateRole { name: "Reader".to_owned(), properties: reader })?;
//! let ann = Properties::new().with("Roles", "Reader");
//! instance.submit(&owner, Change::CreateUser { name: "ann".to_owned(), properties: ann, credential: None })?;
//!
//! let asked = instance.check_user(&owner, "ann", "AppData", None)?;
//! assert_eq!(asked.answer.to_string(), "READ");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An [`Instance`] is opened by whoever owns its files; everything else goes through a [`Session`], and every use case
//! of [`Engine`] is a method of the instance.

#![forbid(unsafe_code)]

mod backup;
pub mod datacheck;
mod errands;
mod files;
pub mod forward;
mod instance;
mod kerberos;
mod kernel;
mod keys;
mod namespaces;
mod os_passwords;
mod outside;
pub mod requires;
mod site;

pub use backup::{
    BackupError, Existing, How as HowToRestore, Made, Restored, SHORTEST_PASSPHRASE, Sealing, Tampered,
    is_sealed_with_a_passphrase,
};
pub use files::{Files, Input, Unfit};
pub use instance::{Instance, OpenError, SqliteEngine, password_hash, timestamp};
pub use kerberos::KerberosBy;
pub use kernel::{Attached, KernelSession, Shared, now, withdraw};
pub use keys::{KeyFile, ReplaceableKey};
pub use os_passwords::{OsPasswordsBy, PAM_SERVICE};
pub use outside::Outside;
pub use requires::{Acting, Caller, Protect, requires};
pub use sclera_analysis::difference::Change as Gain;
pub use sclera_analysis::lint;
pub use sclera_authn::password::{Algorithm, WorkFactor};
pub use sclera_authn::qr::TooLong;
pub use sclera_authn::secret::Secret;
pub use sclera_core::change::{Action, Change, Edit, Entry, Kind, RoleList, UserCopy};
pub use sclera_core::decision::{Answer, Decision};
pub use sclera_core::hex::{hex, unhex};
pub use sclera_core::layout::Matter;
pub use sclera_core::name::{one_line, same};
pub use sclera_core::permission::Permissions;
pub use sclera_core::privilege::Requirement;
pub use sclera_core::process::{CodeOrigin, SetRefused};
pub use sclera_core::property::{Difference, Properties, Value};
pub use sclera_core::selection::{Matching, Selection};
pub use sclera_core::snapshot::Prepared;
pub use sclera_core::sql::SqlTarget;
pub use sclera_core::status::{Code, Status};
pub use sclera_core::time::Timestamp;
pub use sclera_engine::administer::{Asked, Mode, Receipt, Request};
pub use sclera_engine::admission::OsCaller;
pub use sclera_engine::answers;
pub use sclera_engine::audit::{Log, Placed, Verification};
pub use sclera_engine::compare::Sketch;
pub use sclera_engine::decide::{Chain, Explained, Part, UserAnswer};
pub use sclera_engine::events::{AuditEvent, Counts, EventSelection, Origin};
pub use sclera_engine::export;
pub use sclera_engine::inspect::UserFilter;
pub use sclera_engine::install::{FirstPassword, Instance as About};
pub use sclera_engine::kernel::{Kernel, NoSession};
pub use sclera_engine::machine::{Machine, NewMachine};
pub use sclera_engine::outside::Spoken;
pub use sclera_engine::programmatic::{Escalation, LONGEST_REASON};
pub use sclera_engine::reseal::Resealed;
pub use sclera_engine::services::Restarted;
pub use sclera_engine::sessions::RunningSession;
pub use sclera_engine::ticket::TicketError;
pub use sclera_engine::trail::{AuditFilter, Cursor};
pub use sclera_engine::transfer::{ORDER as IMPORT_ORDER, Source, Stage, Unread};
pub use sclera_engine::user_query::UserQuery;
pub use sclera_engine::validation::Validation;
pub use sclera_engine::{Door, Engine, Refusal, Session};
pub use sclera_exchange as exchange;
/// Is a helper that asks a library in C, where the first argument says so. A program that is to be one begins with it, as
/// soon as core dumps are forbidden.
pub use sclera_helper::help as helper;
/// The same where the program is linked statically and so can load no library: it says that, and nobody gets in by one.
pub use sclera_helper::refuse as no_helper;
pub use sclera_predefined::{Choice, Level, Product, Profile};
pub use sclera_shm::AttachError;
pub use sclera_store::journal::{ChangeRecord, EventRecord, Mark, MarkRecord, Record};
pub use sclera_store::port::StoreError;
pub use sclera_store::verify::{Finding, Report};
pub use site::{Codes, DelegatedBy, HookAt, HookBy, MailTls, Way};

/// Servers outside: how they do, and what they say.
pub mod servers {
    pub use sclera_authn::admission::Answer;
    pub use sclera_authn::breaker::{Health, State};
}

/// Mechanisms that an embedding program brings: it implements a trait and gives it to [`Instance::open_own`].
pub mod mechanisms {
    pub use sclera_authn::admission::{
        Answer, DelegatedTask, Identity, KerberosTask, LdapTask, Profile, Recipient, Supplied,
    };
    pub use sclera_engine::outside::{
        Courier, Delegated, Directory, HostNames, Kerberized, Kerberos, OsPasswords, Program, Spoken,
        Surroundings,
    };
}

/// Asking a gate: what an admission starts from, asks and finds.
pub mod gate {
    pub use sclera_authn::admission::{Attempt, Dialogue, Finding, Note, Offer, Provision, Question, Reply};
    pub use sclera_engine::admission::Person;
    pub use sclera_engine::gate::{Caller, Watched};
}

/// The tables of properties of the Security classes.
pub mod classes {
    pub use sclera_core::application::Application;
    pub use sclera_core::doc_db::DocDb;
    pub use sclera_core::event::Event;
    pub use sclera_core::ldap_config::LdapConfig;
    pub use sclera_core::phone_provider::PhoneProvider;
    pub use sclera_core::property::{Access, Class, Field};
    pub use sclera_core::resource::Resource;
    pub use sclera_core::role::Role;
    pub use sclera_core::service::Service;
    pub use sclera_core::ssl_config::SslConfig;
    pub use sclera_core::superserver::Superserver;
    pub use sclera_core::system::System;
    pub use sclera_core::user::User;
    pub use sclera_core::x509_user::X509User;
}
