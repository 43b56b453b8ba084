//! `status`: what instance this is and how it is.

use super::Desk;
use crate::failure::Failure;
use crate::output::object;
use sclera::Properties;
use sclera::servers::{Health, State};

impl Desk<'_> {
    pub(super) fn status(&self, deep: bool) -> Result<u8, Failure> {
        let (about, state) = (self.instance.instance()?, self.instance.state()?);
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let record = Properties::new()
            .with("Directory", self.instance.directory().display().to_string().as_str())
            .with("Instance", about.id.as_str())
            .with("Product", about.product.as_str())
            .with("SecurityLevel", about.level.as_str())
            .with("Profile", about.profile.as_str())
            .with("Owner", about.owner.as_str())
            .with("Created", about.created.to_string().as_str())
            .with("Username", self.session.user())
            .with("LoginRoles", self.session.roles().as_str())
            .with("Revision", count(state.revision))
            .with("Users", count(state.users))
            .with("Roles", count(state.roles))
            .with("Resources", count(state.resources))
            .with("Services", count(state.services))
            .with("Applications", count(state.applications))
            .with("Events", count(state.event_links))
            .with("Pending", pending(&self.instance.pending()?).as_str());
        let servers: Vec<Properties> = self.instance.outside_servers(self.session)?.iter().map(row).collect();
        // Where the gates are is for administrators.
        let parts = [("Gates", self.instance.gates(self.session)?), ("Servers", servers)];
        if !deep {
            self.say_state(&record, &parts);
            return Ok(0);
        }
        // For a program the verification alone is the answer: there is one value on stdout.
        if !self.output.is_json() {
            self.say_state(&record, &parts);
        }
        self.audit_verify()
    }

    fn say_state(&self, record: &Properties, parts: &[(&str, Vec<Properties>)]) {
        if self.output.is_json() {
            let mut whole = object(record);
            if let Some(members) = whole.as_object_mut() {
                for (name, rows) in parts {
                    members.insert((*name).to_owned(), rows.iter().map(object).collect());
                }
            }
            self.output.value(&whole);
            return;
        }
        self.output.record(record);
        for (_, rows) in parts.iter().filter(|(_, rows)| !rows.is_empty()) {
            self.output.say("");
            self.output.list(rows);
        }
    }
}

/// How a server outside does, and what became of the calls since this process began.
fn row(health: &Health) -> Properties {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let rest = if let State::Open(rest) = health.state { rest.as_millis() } else { 0 };
    Properties::new()
        .with("Server", health.server.as_str())
        .with("State", health.state.word())
        .with("RetryInMs", i64::try_from(rest).unwrap_or(i64::MAX))
        .with("Calls", count(health.calls))
        .with("Failures", count(health.failures))
        .with("Skipped", count(health.skipped))
        .with("CrowdedOut", count(health.crowded_out))
        .with("UnderWay", i64::from(health.under_way))
        .with("TotalMs", i64::try_from(health.time.as_millis()).unwrap_or(i64::MAX))
        .with("LastFailure", health.last_failure.as_str())
}

/// What services wait for.
fn pending(services: &[(String, String)]) -> String {
    services.iter().map(|(name, what)| format!("{name} ({what})")).collect::<Vec<_>>().join("; ")
}
