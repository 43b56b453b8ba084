//! What is counted, as OpenMetrics 1.0: for whoever watches an instance through `%Service_Monitor`.
//!
//! Labels name what the settings know: services, errors of refusals, audit events, listeners. What strangers say is in none,
//! so that their number is bounded.

use crate::Refusal;
use crate::engine::Engine;
use crate::services::{GateState, Tally};
use sclera_core::name::Folded;
use sclera_store::measure::{BOUNDS, Measured, Times};
use sclera_store::port::{Activity, Store, StoreError};
use std::fmt::{Display, Write};
use std::sync::atomic::Ordering;

/// The media type of it.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is counted, for whoever shows it in another form.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    /// The number of the last change of settings and users.
    pub revision: u64,
    /// How many users there are.
    pub users: u64,
    /// How many roles.
    pub roles: u64,
    /// How many resources.
    pub resources: u64,
    /// How many services.
    pub services_known: u64,
    /// How many applications.
    pub applications: u64,
    /// Sessions that run in this process.
    pub sessions: u64,
    /// Attempts beyond the limit on failures, which nobody looked at.
    pub not_evaluated: u64,
    /// Services with changes that wait for a restart.
    pub pending: u64,
    /// Audit events that were written.
    pub events_written: u64,
    /// Those that happened and could not be written.
    pub events_lost: u64,
    /// Answers that granted what was asked for ([`crate::answers`]).
    pub answers_permitted: u64,
    /// Those that denied it.
    pub answers_denied: u64,
    /// Those that told what is held.
    pub answers_told: u64,
    /// Answers of all kinds that nobody waited for.
    pub answers_at_hand: u64,
    /// Each service.
    pub services: Vec<CountedService>,
    /// Each gate.
    pub gates: Vec<CountedGate>,
    /// Each store.
    pub stores: Vec<CountedStore>,
}

/// What is counted of a service.
#[derive(Debug, Clone, Default)]
pub struct CountedService {
    /// Its number, which stays the same.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// It is on.
    pub is_on: bool,
    /// Logins, and machines that were let in.
    pub admitted: u64,
    /// Refusals.
    pub refused: u64,
}

/// What is counted of a gate.
#[derive(Debug, Clone, Default)]
pub struct CountedGate {
    /// Its service.
    pub service: String,
    /// What it is, such as `tcp`.
    pub kind: &'static str,
    /// Where it is.
    pub address: String,
    /// How it stands, in a word.
    pub state: &'static str,
    /// Connections that are open.
    pub open: u64,
    /// Connections that were taken.
    pub taken: u64,
    /// Connections that ended by a fault or a limit.
    pub failed: u64,
    /// Bytes from those who came.
    pub bytes_in: u64,
    /// Bytes to them.
    pub bytes_out: u64,
}

/// What is counted of a store.
#[derive(Debug, Clone, Default)]
pub struct CountedStore {
    /// `security`: settings, users and their journal; `activity`: what happens.
    pub name: &'static str,
    /// What it counted itself.
    pub measured: Measured,
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Everything that is counted, as numbers. No privilege is asked: the service through which it is read is a basic one.
    pub fn counted(&self) -> Result<Counted, Refusal> {
        let (state, settings, tallies) = (self.state()?, self.settings()?, self.tallies()?);
        let mut counted = Counted {
            revision: state.revision,
            users: state.users,
            roles: state.roles,
            resources: state.resources,
            services_known: state.services,
            applications: state.applications,
            sessions: self.sessions.running(),
            not_evaluated: self.skipped.load(Ordering::Relaxed),
            pending: self.pending()?.len() as u64,
            gates: self.gates_counted().iter().map(|gate| counted_gate(gate)).collect(),
            stores: self.stores_counted().into(),
            ..Counted::default()
        };
        for ([_, source, result], number) in self.answers.all() {
            match result {
                "permitted" => counted.answers_permitted += number,
                "denied" => counted.answers_denied += number,
                _ => counted.answers_told += number,
            }
            if source == "memory" {
                counted.answers_at_hand += number;
            }
        }
        for event in settings.policy.events.iter() {
            let counts = self.event_counts(Folded::of(&event.name.to_string()).as_str());
            counted.events_written += counts.written;
            counted.events_lost += counts.lost;
        }
        counted.services = (settings.policy.services.iter())
            .map(|service| {
                let name = service.name.to_string();
                let tally = tallies.iter().find(|(known, _)| *known == name).map(|(_, tally)| tally);
                CountedService {
                    number: service.id.0,
                    is_on: self.standing(&name, None).is_ok_and(|standing| standing.is_on),
                    admitted: tally.map_or(0, |tally| tally.admitted),
                    refused: tally.map_or(0, |tally| tally.refused.values().sum()),
                    name,
                }
            })
            .collect();
        Ok(counted)
    }

    /// Everything that is counted. No privilege is asked: the service through which it is read is a basic one.
    pub fn metrics(&self) -> Result<String, Refusal> {
        let mut text = String::new();
        self.tell_state(&mut text)?;
        tell_tallies(&mut text, &self.tallies()?);
        self.tell_gates(&mut text);
        self.tell_events(&mut text)?;
        self.tell_answers(&mut text);
        tell_stores(&mut text, &self.stores_counted());
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

impl<S: Store, A: Activity> Engine<S, A> {
    fn stores_counted(&self) -> [CountedStore; 2] {
        [
            CountedStore { name: "security", measured: self.store.measured() },
            CountedStore { name: "activity", measured: self.activity.measured() },
        ]
    }

    fn tell_answers(&self, text: &mut String) {
        family(text, "sclera_checks", "counter", "Questions about privileges that were answered");
        for ([entrance, source, result], number) in self.answers.all() {
            let labels = [("door", entrance), ("source", source), ("result", result)];
            sample(text, "sclera_checks_total", &labels, number);
        }
    }
}

fn tell_stores(text: &mut String, stores: &[CountedStore]) {
    let times: [Timed; 2] = [
        ("sclera_store_commit_seconds", "How long commits took", |measured| &measured.commits),
        ("sclera_store_wait_seconds", "How long the turn to write was waited for", |measured| {
            &measured.waits
        }),
    ];
    for (name, help, of) in times {
        family(text, name, "histogram", help);
        for store in stores {
            histogram(text, name, ("store", store.name), of(&store.measured));
        }
    }
    family(text, "sclera_store_failures", "counter", "Transactions that could not be begun or committed");
    for store in stores {
        for (reason, number) in StoreError::WORDS.iter().zip(store.measured.failures) {
            let labels = [("store", store.name), ("reason", *reason)];
            sample(text, "sclera_store_failures_total", &labels, number);
        }
    }
    family(text, "sclera_store_bytes", "gauge", "How large the files are");
    for store in stores {
        let files = store.measured.files;
        for (file, bytes) in [("database", files.database), ("log", files.log)] {
            sample(text, "sclera_store_bytes", &[("store", store.name), ("file", file)], bytes);
        }
    }
}

/// The name of a family of times, its help, and the times of a store.
type Timed = (&'static str, &'static str, fn(&Measured) -> &Times);

/// Each class of a histogram counts those before it, too.
fn histogram(text: &mut String, name: &str, label: (&str, &str), times: &Times) {
    let bounds = BOUNDS.iter().map(|bound| format!("{:?}", bound.as_secs_f64()));
    let mut count = 0;
    for (bound, number) in bounds.chain(["+Inf".to_owned()]).zip(times.classes) {
        count += number;
        sample(text, &format!("{name}_bucket"), &[label, ("le", &bound)], count);
    }
    sample(text, &format!("{name}_count"), &[label], count);
    sample(text, &format!("{name}_sum"), &[label], format!("{:?}", times.total.as_secs_f64()));
}

fn counted_gate(gate: &crate::services::Gate) -> CountedGate {
    let (state, address) = gate.state();
    let count = |number: &std::sync::atomic::AtomicU64| number.load(Ordering::Relaxed);
    CountedGate {
        service: gate.service.clone(),
        kind: gate.kind,
        address,
        state: state.word(),
        open: count(&gate.open),
        taken: count(&gate.taken),
        failed: count(&gate.failed),
        bytes_in: count(&gate.bytes_in),
        bytes_out: count(&gate.bytes_out),
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

fn sample(text: &mut String, name: &str, labels: &[(&str, &str)], value: impl Display) {
    let labels: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
    let _ = writeln!(text, "{name}{labels} {value}");
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
