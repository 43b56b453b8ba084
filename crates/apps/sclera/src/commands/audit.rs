//! `audit`: the journal of changes and the event log.

use super::Desk;
use crate::arguments::AuditCommand;
use crate::failure::{Failure, NEGATIVE};
use crate::output::Output;
use sclera::{MarkRecord, Placed, Properties, Record, Report, Verification};
use serde_json::{Value, json};

impl Desk<'_> {
    pub(super) fn audit(&self, command: &AuditCommand) -> Result<u8, Failure> {
        match command {
            AuditCommand::List { limit } => self.audit_list(*limit as usize),
            AuditCommand::Verify => self.audit_verify(),
        }
    }

    fn audit_list(&self, limit: usize) -> Result<u8, Failure> {
        let records = self.instance.audit_list(self.session, limit)?;
        self.output.value(&records.iter().map(as_json).collect());
        if !self.output.is_json() {
            self.output.list(&records.iter().map(row).collect::<Vec<_>>());
        }
        Ok(0)
    }

    pub(super) fn audit_verify(&self) -> Result<u8, Failure> {
        Ok(say(&self.instance.audit_verify(self.session)?, self.output))
    }
}

/// Says what a verification found, and with which code the process ends.
pub(super) fn say(verification: &Verification, output: &Output) -> u8 {
    let logs = [("journal", &verification.journal), ("events", &verification.events)];
    output.value(&json!({
        "Clean": verification.is_clean(),
        "Journal": report_json(&verification.journal),
        "Events": report_json(&verification.events),
    }));
    for (name, report) in logs {
        let rows = if name == "journal" { format!(", {} objects", report.rows) } else { String::new() };
        let verdict = if report.is_clean() { "intact" } else { "TAMPERED WITH" };
        output.say(&format!("{name}: {verdict} ({} links, {} records{rows})", report.links, report.records));
        for (link, mark) in &report.marks {
            let (at, before) = (mark.at, epoch_before(mark));
            output
                .say(&format!("  a new epoch begins at link {link}, restored at {at}; before it, {before}"));
        }
        for (link, position) in &report.backward {
            output.say(&format!(
                "  the clock had gone back before record {link}/{position}; the order is that of the records"
            ));
        }
        for finding in &report.findings {
            output.say(&format!("  {}: {}", finding.place, finding.what));
        }
        if report.more > 0 {
            output.say(&format!("  … and {} more findings", report.more));
        }
    }
    if verification.is_clean() { 0 } else { NEGATIVE }
}

fn report_json(report: &Report) -> Value {
    let epochs: Vec<Value> = report.marks.iter().map(|(link, mark)| mark_json(*link, mark)).collect();
    let findings: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| json!({ "Place": finding.place, "What": finding.what }))
        .collect();
    json!({
        "Links": report.links,
        "Records": report.records,
        "Objects": report.rows,
        "Epochs": epochs,
        "ClockBack": report.backward.iter().map(|(link, position)| format!("{link}/{position}")).collect::<Vec<_>>(),
        "Findings": findings,
        "MoreFindings": report.more,
    })
}

/// Which chain stood here before a restore.
fn epoch_before(mark: &MarkRecord) -> String {
    match mark.head.sequence {
        0 => "nothing is known to have stood here".to_owned(),
        last => format!("a chain that ended with link {last} stood here"),
    }
}

fn mark_json(link: u64, mark: &MarkRecord) -> Value {
    let fields: serde_json::Map<String, Value> =
        mark.fields.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mac: String = mark.head.mac.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "Link": link,
        "UTCTimeStamp": mark.at.to_string(),
        "Event": mark.mark.word(),
        "Username": mark.actor,
        "LinksBefore": mark.head.sequence,
        "HeadBefore": mac,
        "EventData": fields,
    })
}

fn row(placed: &Placed) -> Properties {
    let (at, user, event, about) = match &placed.record {
        Record::Change(change) => {
            let properties: Vec<&str> = change.differences.iter().map(|d| d.property.as_str()).collect();
            let about = format!("{} {} ({})", change.action.word(), change.name, properties.join(", "));
            (change.at, &change.actor, change.event().to_owned(), about)
        }
        Record::Event(event) => {
            let fields: Vec<String> =
                event.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
            (event.at, &event.user, event.event[2].clone(), fields.join(" "))
        }
        Record::Mark(mark) => {
            let about = format!("a new epoch begins; before it, {}", epoch_before(mark));
            (mark.at, &mark.actor, mark.mark.word().to_owned(), about)
        }
    };
    Properties::new()
        .with("Time", at.to_string().as_str())
        .with("User", user.as_str())
        .with("Event", event.as_str())
        .with("About", about.as_str())
}

fn as_json(placed: &Placed) -> Value {
    let place = format!("{}/{}", placed.link, placed.position);
    match &placed.record {
        Record::Change(change) => {
            let differences: Vec<Value> = change
                .differences
                .iter()
                .map(|d| json!({ "Property": d.property, "OldValue": d.old, "NewValue": d.new }))
                .collect();
            json!({
                "Record": place,
                "UTCTimeStamp": change.at.to_string(),
                "Event": format!("%System/%Security/{}", change.event()),
                "Username": change.actor,
                "Door": change.door,
                "Description": format!("{} {} {}", change.action.word(), sclera_word(change.kind), change.name),
                "EventData": differences,
            })
        }
        Record::Event(event) => {
            let fields: serde_json::Map<String, Value> =
                event.fields.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            json!({
                "Record": place,
                "UTCTimeStamp": event.at.to_string(),
                "Event": event.event.join("/"),
                "Username": event.user,
                "EventData": fields,
            })
        }
        Record::Mark(mark) => mark_json(placed.link, mark),
    }
}

fn sclera_word(kind: u8) -> &'static str {
    sclera::Kind::from_number(kind).map_or("instance", sclera::Kind::word)
}
