//! `audit`: the journal of changes and the event log.

use super::Desk;
use crate::arguments::{AuditCommand, AuditForm, AuditSelection};
use crate::failure::{Failure, NEGATIVE};
use crate::output::Output;
use sclera::exchange::audit::{json_line, ocsf};
use sclera::{
    AuditFilter, ChangeRecord, Cursor, Kind, Mark, MarkRecord, Matching, Placed, Properties, Record, Report,
    Selection, Timestamp, Verification,
};
use serde_json::{Value, json};
use std::path::Path;

/// As many bytes are written at once.
const PIECE: usize = 64 * 1024;

impl Desk<'_> {
    pub(super) fn audit(&self, command: &AuditCommand) -> Result<u8, Failure> {
        match command {
            AuditCommand::List { limit, after, filter } => {
                self.audit_list(*limit as usize, after.as_deref(), filter)
            }
            AuditCommand::Export { file, format, filter } => self.audit_export(file, *format, filter),
            AuditCommand::Purge { older_than, all, filter } => self.audit_purge(*older_than, *all, filter),
            AuditCommand::Verify => self.audit_verify(),
        }
    }

    fn audit_list(
        &self,
        limit: usize,
        after: Option<&str>,
        selection: &AuditSelection,
    ) -> Result<u8, Failure> {
        let cursor = after.map(str::parse::<Cursor>).transpose();
        let cursor =
            cursor.map_err(|_| Failure::bad_value("--after takes the Cursor of a record".to_owned()))?;
        let records = self.instance.audit_page(self.session, &filter(selection)?, cursor, limit)?;
        let value = |(placed, cursor): &(Placed, Cursor)| {
            let mut value = as_json(placed);
            if let Some(object) = value.as_object_mut() {
                object.insert("Cursor".to_owned(), json!(cursor.to_string()));
            }
            value
        };
        self.output.value(&records.iter().map(value).collect());
        if !self.output.is_json() {
            self.output.list(&records.iter().map(|(placed, _)| row(placed)).collect::<Vec<_>>());
        }
        Ok(0)
    }

    fn audit_export(&self, file: &Path, form: AuditForm, selection: &AuditSelection) -> Result<u8, Failure> {
        let filter = filter(selection)?;
        let mut out = self.around.create(file)?;
        let (mut lines, mut failed) = (String::new(), None);
        let count = self.instance.audit_export(self.session, &filter, &mut |entry| {
            lines += &match form {
                AuditForm::Json => json_line(entry),
                AuditForm::Ocsf => ocsf(entry).to_string(),
            };
            lines.push('\n');
            if lines.len() >= PIECE {
                failed = out.write(&lines).err();
                lines.clear();
            }
            failed.is_none()
        })?;
        if let Some(error) = failed.or_else(|| out.write(&lines).err()) {
            return Err(Failure::file(file, &error));
        }
        out.finish()?;
        if file == Path::new("-") {
            return Ok(0);
        }
        self.output.changed(true, &file.display().to_string(), &format!("wrote {count} records to"));
        Ok(0)
    }

    /// What goes is said in full: nothing selected means nothing.
    fn audit_purge(
        &self,
        older_than: Option<u32>,
        all: bool,
        selection: &AuditSelection,
    ) -> Result<u8, Failure> {
        let mut wanted = filter(selection)?;
        if let Some(days) = older_than {
            let before = sclera::timestamp().micros().saturating_sub(i64::from(days) * 86_400_000_000);
            let before = Timestamp::from_micros(before);
            wanted.end = Some(wanted.end.map_or(before, |end| end.min(before)));
        }
        let named = [
            &selection.sources,
            &selection.types,
            &selection.events,
            &selection.users,
            &selection.pids,
            &selection.groups,
            &selection.systems,
        ];
        let selects = wanted.begin.is_some()
            || wanted.end.is_some()
            || wanted.authentication.is_some()
            || !wanted.text.is_empty()
            || named.iter().any(|list| list.as_str() != "*");
        if selects == all {
            return Err(Failure::Usage(
                "say which events go: --all, or --older-than DAYS, --end TIME, --events LIST and the like"
                    .to_owned(),
            ));
        }
        let what = what(&wanted, selection);
        let count = self.instance.audit_purge(self.session, &wanted, &what, &|| true)?;
        self.output.value(&json!({ "Changed": count > 0, "Name": "audit", "Purged": count }));
        self.output.mention(&format!("purged {count} events"));
        Ok(0)
    }

    pub(super) fn audit_verify(&self) -> Result<u8, Failure> {
        Ok(say(&self.instance.audit_verify(self.session)?, self.output))
    }
}

/// The selection in words, for the mark of a purge.
fn what(wanted: &AuditFilter, selection: &AuditSelection) -> String {
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    let parts = [
        ("from", time(wanted.begin)),
        ("before", time(wanted.end)),
        ("sources", selection.sources.clone()),
        ("types", selection.types.clone()),
        ("events", selection.events.clone()),
        ("users", selection.users.clone()),
        ("authentication", wanted.authentication.map(|bit| bit.to_string()).unwrap_or_default()),
        ("pids", selection.pids.clone()),
        ("groups", selection.groups.clone()),
        ("systems", selection.systems.clone()),
        ("search", wanted.text.clone()),
    ];
    let told = parts.into_iter().filter(|(_, value)| !value.is_empty() && value != "*");
    let told: Vec<String> = told.map(|(name, value)| format!("{name} {value}")).collect();
    if told.is_empty() { "all".to_owned() } else { told.join("; ") }
}

/// What the selection means.
fn filter(selection: &AuditSelection) -> Result<AuditFilter, Failure> {
    let list = |text: &str| Selection::new(text, Matching::Exact);
    let time = |text: &Option<String>| text.as_deref().map(instant).transpose();
    Ok(AuditFilter {
        begin: time(&selection.begin)?,
        end: time(&selection.end)?,
        sources: list(&selection.sources),
        types: list(&selection.types),
        names: list(&selection.events),
        users: list(&selection.users),
        authentication: selection.authentication,
        pids: list(&selection.pids),
        groups: list(&selection.groups),
        systems: list(&selection.systems),
        text: selection.search.clone(),
        oldest_first: selection.oldest_first,
    })
}

/// An instant: a day, a day with a time in UTC, or a whole one of ISO 8601.
pub(super) fn instant(text: &str) -> Result<Timestamp, Failure> {
    let forms = [text.to_owned(), format!("{text}Z"), format!("{text}T00:00:00Z")];
    let read = forms.iter().find_map(|form| form.parse().ok());
    read.ok_or_else(|| {
        Failure::bad_value(format!("`{text}` is no time such as 2026-11-25 or 2026-11-25T08:15:00Z"))
    })
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
            output.say(&format!("  link {link}, {}: {}", mark.at, told(mark)));
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

/// What was done to a chain.
fn told(mark: &MarkRecord) -> String {
    match (mark.mark, mark.head.sequence) {
        (Mark::Restored, 0) => {
            "a new epoch begins; before it, nothing is known to have stood here".to_owned()
        }
        (Mark::Restored, last) => {
            format!("a new epoch begins; before it, a chain that ended with link {last} stood here")
        }
        (Mark::Purged, _) => {
            let field = |name| mark.fields.iter().find(|(field, _)| field == name);
            let value = |name| field(name).map(|(_, value)| value.as_str()).unwrap_or_default();
            format!("{} purged {} records ({})", mark.actor, value("Records"), value("Which"))
        }
    }
}

fn mark_json(link: u64, mark: &MarkRecord) -> Value {
    let fields: serde_json::Map<String, Value> =
        mark.fields.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mac = sclera_core::hex::hex(&mark.head.mac);
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
            let about = format!("{} {} ({})", change.action.word(), change.name, differing(change));
            (change.at, &change.actor, change.event().to_owned(), about)
        }
        Record::Event(event) => {
            let fields: Vec<String> =
                event.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
            (event.at, &event.user, event.event[2].clone(), fields.join(" "))
        }
        Record::Mark(mark) => (mark.at, &mark.actor, mark.mark.word().to_owned(), told(mark)),
    };
    Properties::new()
        .with("Time", at.to_string().as_str())
        .with("User", user.as_str())
        .with("Event", event.as_str())
        .with("About", about.as_str())
}

/// The names of the properties that differ. Of SQL privileges a name has many, so there the privilege is told.
fn differing(change: &ChangeRecord) -> String {
    let is_sql = change.kind == Kind::SqlPrivilege as u8;
    let told = change.differences.iter().map(|difference| match is_sql {
        true if difference.new.is_empty() => difference.old.as_str(),
        true => difference.new.as_str(),
        false => difference.property.as_str(),
    });
    told.collect::<Vec<_>>().join(", ")
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
