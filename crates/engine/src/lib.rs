//! The use cases of Sclera, over any store.
//!
//! An [`Engine`] joins a store, an event log, a key, a clock and a source of randomness. Whoever wants something comes
//! with a [`Session`], which only an admission makes ([`admission`]); every use case asks the session's privileges,
//! records refusals, and leaves the rules to the model.
//!
//! - [`admission`], [`gate`]: who is asking; [`outside`]: the ports to LDAP, Kerberos and the like.
//! - [`web`]: web applications, as gates ask; [`documents`]: document databases.
//! - [`metrics`]: what is counted, as OpenMetrics; [`answers`]: how many questions were answered.
//! - [`services`]: which settings services run with, restarting them, and how their gates stand.
//! - [`sessions`]: who is in, and ending it; [`tokens`]: sessions that tokens carry from request to request.
//! - [`administer`]: changes, in one transaction with their journal.
//! - [`users`]: the methods of Security.Users that are more than one change.
//! - [`inspect`]: lists and records; [`owners`]: who holds a role; [`effective_sql`]: SQL privileges in effect.
//! - [`decide`]: check and explain; [`search`]: who holds what.
//! - [`deliver`]: the audit trail, batch by batch, to wherever it is to go.
//! - [`compare`]: who gains and loses what between configurations, and where one is weak.
//! - [`transfer`]: documents in.
//! - [`export`]: documents out.
//! - [`events`]: what happened, written down as the settings say.
//! - [`machine`]: credentials of gateways and programs.
//! - [`programmatic`]: logging in from code, as another user or with an escalation role.
//! - [`audit`]: reading and verifying the journal and the event log.
//! - [`backup`]: who may make a backup, and what is written down about backups and restores.
//! - [`publish`]: settings for processes that decide by themselves.
//! - [`kernel`]: sessions that decide from published settings; [`ticket`] brings them to other processes.
//! - [`trail`]: the audit trail as one: filtered, page by page, and as other systems read it; [`audit_query`]: by its
//!   columns.
//! - [`install`]: a new instance.

#![forbid(unsafe_code)]

pub mod administer;
pub mod admission;
mod adopt;
pub mod answers;
pub mod audit;
pub mod audit_query;
mod authenticator;
mod authority;
pub mod backup;
pub mod compare;
pub mod datacheck;
pub mod decide;
pub mod deliver;
pub mod documents;
mod domains;
pub mod effective_sql;
mod emergency;
mod engine;
pub mod events;
pub mod export;
pub mod gate;
mod hashing;
pub mod inspect;
pub mod install;
mod keep;
pub mod kernel;
pub mod login_cookies;
pub mod logins;
pub mod machine;
mod merge;
pub mod metrics;
mod new_passwords;
pub mod outside;
pub mod owners;
mod pauses;
pub mod places;
pub mod programmatic;
pub mod publish;
pub mod purge;
pub mod queries;
pub mod recall;
mod recorder;
mod refusal;
pub mod reseal;
pub mod search;
mod secrets;
pub mod service_changes;
pub mod services;
pub mod sessions;
pub mod siblings;
mod signing;
pub mod ticket;
pub mod tokens;
pub mod trail;
pub mod transfer;
mod unattended;
pub mod user_query;
pub mod users;
pub mod validation;
pub mod vault;
mod waiting;
pub mod web;

pub use admission::{Door, Session};
pub use engine::{Engine, World};
pub use hashing::Bounds;
pub use refusal::Refusal;
