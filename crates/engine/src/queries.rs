//! The queries of the sibling classes that are more than a list of their objects (`security-classes.md` sections 1 to 7),
//! and what else they answer without a change.

use crate::engine::Engine;
use crate::events::AuditEvent;
use crate::{Refusal, Session};
use sclera_authn::mechanism::Mechanism;
use sclera_core::application::Application;
use sclera_core::name::quotable;
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::property::Properties;
use sclera_core::resource::Resource;
use sclera_core::role::{ALL, Origin, Role};
use sclera_core::selection::Selection;
use sclera_core::service::Service;
use sclera_core::status::Status;
use sclera_store::port::{Activity, Store};

/// Which resources a list holds.
#[derive(Debug, Clone)]
pub struct ResourceQuery {
    /// By name.
    pub names: Selection,
    /// Those with exactly these public permissions; none asks nothing.
    pub public: Option<Permissions>,
    /// Those whose type has one of these bits; none asks nothing.
    pub types: Option<i64>,
}

/// The most characters of the description of an event that an application records (`security-classes.md` section 9).
const LONGEST_DESCRIPTION: usize = 128;

impl<S: Store, A: Activity> Engine<S, A> {
    /// `Security.Resources.List`.
    pub fn resources(&self, session: &Session, query: &ResourceQuery) -> Result<Vec<Properties>, Refusal> {
        self.require_secure(session, "list of security settings")?;
        let settings = self.settings()?;
        let mut found: Vec<&Resource> = settings.policy.resources.iter().collect();
        found.retain(|resource| {
            query.names.has(resource.name.as_str())
                && query.public.is_none_or(|wanted| resource.public == wanted)
                && query.types.is_none_or(|bits| i64::from(resource.kind.bits()) & bits != 0)
        });
        found.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
        Ok(found.into_iter().map(crate::inspect::resource_row).collect())
    }

    /// `Security.Roles.ListResources`: a row for each privilege of the roles selected, on the resources selected.
    pub fn role_resources(
        &self,
        session: &Session,
        roles: &Selection,
        resources: &Selection,
    ) -> Result<Vec<Properties>, Refusal> {
        self.require_secure(session, "list of roles")?;
        let settings = self.settings()?;
        let mut rows: Vec<[String; 3]> = Vec::new();
        for role in settings.policy.roles.iter().filter(|role| roles.has(role.name.as_str())) {
            for (id, held) in &role.privileges {
                if let Some(resource) = settings.policy.resources.get(id.0)
                    && resources.has(resource.name.as_str())
                {
                    rows.push([role.name.to_string(), resource.name.to_string(), held.to_string()]);
                }
            }
        }
        rows.sort_unstable();
        let row = |[role, resource, held]: &[String; 3]| {
            Properties::new()
                .with("Name", role.as_str())
                .with("Resource", resource.as_str())
                .with("Permission", held.as_str())
        };
        Ok(rows.iter().map(row).collect())
    }

    /// `Security.Roles.List` with its flag: the names of the roles that somebody may edit, without `%All` and the roles of
    /// databases.
    pub fn editable_roles(&self, session: &Session, names: &Selection) -> Result<Vec<String>, Refusal> {
        self.require_secure(session, "list of roles")?;
        let settings = self.settings()?;
        let is_wanted = |role: &&Role| {
            names.has(role.name.as_str()) && role.name.as_str() != ALL && role.origin != Origin::Database
        };
        let mut found: Vec<String> =
            settings.policy.roles.iter().filter(is_wanted).map(|role| role.name.to_string()).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// `Security.Services.Detail`.
    pub fn services(&self, session: &Session, names: &Selection) -> Result<Vec<Properties>, Refusal> {
        self.require_secure(session, "list of security settings")?;
        let settings = self.settings()?;
        let mut found: Vec<&Service> = settings.policy.services.iter().collect();
        found.retain(|service| names.has(service.name.as_str()));
        found.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
        Ok(found.into_iter().map(|service| service_row(service, &settings.policy)).collect())
    }

    /// `Security.Applications.List` by type, and `NamespaceList` by namespace: the applications selected.
    pub fn applications(
        &self,
        session: &Session,
        names: &Selection,
        types: Option<i64>,
        namespaces: &Selection,
    ) -> Result<Vec<Properties>, Refusal> {
        self.require_secure(session, "list of security settings")?;
        let settings = self.settings()?;
        let mut found: Vec<&Application> = settings.policy.applications.iter().collect();
        found.retain(|application| {
            names.has(application.name.as_str())
                && namespaces.has(application.namespace.as_str())
                && types.is_none_or(|bits| application.kind & bits != 0)
        });
        found.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
        Ok(found.into_iter().map(crate::inspect::application_row).collect())
    }

    /// `$SYSTEM.Security.Audit`: records an event of an application's own, `[source, type, name]`, and says whether it was
    /// recorded: it must have been made and be switched on, and auditing must be on. It needs no privilege. One that nobody
    /// made counts as `UserEventOverflow`.
    pub fn audit(
        &self,
        session: &Session,
        event: [&str; 3],
        data: &str,
        description: &str,
    ) -> Result<bool, Refusal> {
        if event.iter().any(|part| part.is_empty() || part.chars().count() > 64 || part.contains('/')) {
            return Err(
                Status::general("an event has a source, a type and a name of 1 to 64 characters").into()
            );
        }
        let title = event.join("/");
        let written = || self.event_counts(&title).written;
        let known = self.settings()?.policy.events.named(&title).is_some();
        let before = written();
        let description: String = description.chars().take(LONGEST_DESCRIPTION).collect();
        self.emit_of(session, &AuditEvent::Own { name: event, description: &description, data })?;
        Ok(known && written() > before)
    }
}

/// `Security.LDAPConfigs.FormatName`: the name of a domain as a configuration has it, and the base DN that goes with it:
/// in lower case, without `@`, `\` and `,`, with `.com` where there is no suffix.
pub fn format_ldap_name(name: &str) -> Result<(String, String), Status> {
    let mut formed: String = name.to_lowercase().chars().filter(|c| !['@', '\\', ','].contains(c)).collect();
    formed = formed.trim().trim_matches('.').to_owned();
    if formed.is_empty() || formed.chars().count() > 128 {
        return Err(Status::general(format!("`{}` is no name of a domain", quotable(name))));
    }
    if !formed.contains('.') {
        formed += ".com";
    }
    let base = formed.split('.').map(|part| format!("DC={part}")).collect::<Vec<_>>().join(",");
    Ok((formed, base))
}

/// Mechanisms in the order in which they are tried; Kerberos is told once.
const LISTED: [Mechanism; 10] = [
    Mechanism::Kerberos,
    Mechanism::KerberosPrompt,
    Mechanism::KerberosApi,
    Mechanism::Os,
    Mechanism::Ldap,
    Mechanism::Delegated,
    Mechanism::Password,
    Mechanism::Unauthenticated,
    Mechanism::Certificate,
    Mechanism::LoginCookie,
];

fn service_row(service: &Service, policy: &Policy) -> Properties {
    let is_allowed = |mechanism: &&Mechanism| service.mechanisms & mechanism.bit() != 0;
    let mut methods: Vec<&str> = LISTED.iter().filter(is_allowed).map(|mechanism| mechanism.word()).collect();
    methods.dedup();
    let systems = service.client_systems.join(";");
    let allowed = if systems.is_empty() { "Unrestricted" } else { systems.as_str() };
    Properties::new()
        .with("Name", service.name.as_str())
        .with("Enabled", service.enabled)
        .with("Public", policy.service_public(service))
        .with("AuthenticationMethods", methods.join(",").as_str())
        .with("AllowedConnections", allowed)
        .with("Description", service.description.as_str())
        .with("HttpOnlyCookies", service.http_only_cookies)
        .with("TwoFactorEnabled", service.two_factor)
}
