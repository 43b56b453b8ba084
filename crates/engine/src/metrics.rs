//! What is counted, as OpenMetrics 1.0: for whoever watches an instance through `%Service_Monitor`.
//!
//! Labels name what the settings know: services, errors of refusals, audit events, listeners. What strangers say is in none,
//! so that their number is bounded.

use crate::Refusal;
use crate::engine::Engine;
use crate::services::{GateState, Tally};
use sclera_core::name::Folded;
use sclera_store::port::{Activity, Store};
use std::fmt::Write;
use std::sync::atomic::Ordering;

/// The media type of it.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

impl<S: Store, A: Activity> Engine<S, A> {
    /// Everything that is counted. No privilege is asked: the service through which it is read is a basic one.
    pub fn metrics(&self) -> Result<String, Refusal> {
        let mut text = String::new();
        self.tell_state(&mut text)?;
        tell_tallies(&mut text, &self.tallies()?);
        self.tell_gates(&mut text);
        self.tell_events(&mut text)?;
        text.push_str("# EOF\n");
        Ok(text)
    }

    fn tell_state(&self, text: &mut String) -> Result<(), Refusal> {
        let state = self.state()?;
        family(text, "sclera_revision", "gauge", "The number of the last change of settings and users");
        sample(text, "sclera_revision", &[], state.revision);
        family(text, "sclera_objects", "gauge", "How many there are of a kind");
        let kinds = [
            ("user", state.users),
            ("role", state.roles),
            ("resource", state.resources),
            ("service", state.services),
            ("application", state.applications),
        ];
        for (kind, number) in kinds {
            sample(text, "sclera_objects", &[("kind", kind)], number);
        }
        family(text, "sclera_sessions", "gauge", "Sessions that run in this process");
        sample(text, "sclera_sessions", &[], self.sessions.running());
        family(text, "sclera_attempts_not_evaluated", "counter", "Attempts beyond the limit on failures");
        let skipped = self.skipped.load(Ordering::Relaxed);
        sample(text, "sclera_attempts_not_evaluated_total", &[], skipped);
        family(text, "sclera_services_pending", "gauge", "Services with changes that wait for a restart");
        sample(text, "sclera_services_pending", &[], self.pending()?.len() as u64);
        Ok(())
    }

    fn tell_gates(&self, text: &mut String) {
        let gates = self.gates_counted();
        let rows: Vec<_> = gates.iter().map(|gate| (gate, gate.state())).collect();
        for (name, kind, help, value) in COLUMNS {
            family(text, name, kind, help);
            let total = if *kind == "counter" { format!("{name}_total") } else { (*name).to_owned() };
            for (gate, (state, address)) in &rows {
                let labels = [("service", gate.service.as_str()), ("address", address.as_str())];
                sample(text, &total, &labels, value(gate, state));
            }
        }
    }

    fn tell_events(&self, text: &mut String) -> Result<(), Refusal> {
        let settings = self.settings()?;
        family(
            text,
            "sclera_events",
            "counter",
            "Audit events that happened, were written, and could not be",
        );
        for event in settings.policy.events.iter() {
            let name = event.name.to_string();
            let counts = self.event_counts(Folded::of(&name).as_str());
            for (outcome, number) in
                [("happened", counts.total), ("written", counts.written), ("lost", counts.lost)]
            {
                if counts.total > 0 {
                    sample(text, "sclera_events_total", &[("event", &name), ("outcome", outcome)], number);
                }
            }
        }
        Ok(())
    }
}

/// The name of a family, its kind, its help, and the value of a gate.
type Column = (&'static str, &'static str, &'static str, fn(&crate::services::Gate, &GateState) -> u64);
/// What is told of each gate.
const COLUMNS: &[Column] = &[
    ("sclera_gate_open", "gauge", "Whether a gate takes connections", |_, state| {
        u64::from(*state == GateState::Open)
    }),
    ("sclera_gate_connections", "gauge", "Connections that are open", |gate, _| {
        gate.open.load(Ordering::Relaxed)
    }),
    ("sclera_gate_taken", "counter", "Connections that were taken", |gate, _| {
        gate.taken.load(Ordering::Relaxed)
    }),
    ("sclera_gate_failed", "counter", "Connections that ended by a fault or a limit", |gate, _| {
        gate.failed.load(Ordering::Relaxed)
    }),
    ("sclera_gate_received_bytes", "counter", "Bytes from those who came", |gate, _| {
        gate.bytes_in.load(Ordering::Relaxed)
    }),
    ("sclera_gate_sent_bytes", "counter", "Bytes to those who came", |gate, _| {
        gate.bytes_out.load(Ordering::Relaxed)
    }),
];

fn tell_tallies(text: &mut String, tallies: &[(String, Tally)]) {
    family(text, "sclera_admitted", "counter", "Logins, and machines that were let in, by service");
    for (service, tally) in tallies {
        sample(text, "sclera_admitted_total", &[("service", service)], tally.admitted);
    }
    family(text, "sclera_refused", "counter", "Refusals by service and error");
    for (service, tally) in tallies {
        for (code, number) in &tally.refused {
            let code = code.to_string();
            sample(text, "sclera_refused_total", &[("service", service), ("code", &code)], *number);
        }
    }
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# TYPE {name} {kind}\n# HELP {name} {help}.");
}

fn sample(text: &mut String, name: &str, labels: &[(&str, &str)], value: u64) {
    let labels: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
    let _ = writeln!(text, "{name}{labels} {value}");
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
