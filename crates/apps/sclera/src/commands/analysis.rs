//! `diff` and `lint`: who gains and loses what between two configurations, and where one is weak.

use super::Desk;
use crate::arguments::LintForm;
use crate::commands::transfer::{LARGEST, unfit};
use crate::failure::{Failure, NEGATIVE};
use crate::output::Output;
use crate::surroundings::{Here, Surroundings};
use sclera::lint::{Finding, sarif};
use sclera::{Files, Gain, Properties, Sketch};
use serde_json::{Value, json};
use std::path::Path;

impl Desk<'_> {
    /// From a file to the live configuration.
    pub(super) fn diff(&self, before: &Path) -> Result<u8, Failure> {
        let before = self.instance.sketch(self.session, &document(before, self.around)?)?;
        Ok(tell(&self.instance.differences_from(self.session, &before)?, self.output))
    }

    /// The live configuration.
    pub(super) fn lint(&self, form: LintForm) -> Result<u8, Failure> {
        Ok(show(&self.instance.lint(self.session)?, None, form, self.output))
    }
}

/// From one file to another.
pub(super) fn diff(before: &Path, after: &Path, output: &Output) -> Result<u8, Failure> {
    Ok(tell(&sketch(before)?.differences(&sketch(after)?)?, output))
}

/// What a file holds.
pub(super) fn lint(file: &Path, form: LintForm, output: &Output) -> Result<u8, Failure> {
    Ok(show(&sketch(file)?.lint()?, Some(file), form, output))
}

fn sketch(file: &Path) -> Result<Sketch, Failure> {
    let around = Here { password_file: None, server: None };
    Ok(Sketch::of(&document(file, &around)?, sclera::timestamp())?)
}

fn document(file: &Path, around: &dyn Surroundings) -> Result<Files, Failure> {
    let given = (file.display().to_string(), around.open(file, LARGEST)?);
    Files::read(vec![given], &mut |_, _| ()).map_err(unfit)
}

fn tell(changes: &[Gain], output: &Output) -> u8 {
    output.value(&changes.iter().map(Gain::to_json).collect());
    for line in changes.iter().flat_map(Gain::lines) {
        output.say(&line);
    }
    if changes.is_empty() {
        output.mention("nobody gains or loses anything");
        return 0;
    }
    NEGATIVE
}

fn show(findings: &[Finding], file: Option<&Path>, form: LintForm, output: &Output) -> u8 {
    let all = || findings.iter().map(as_json).collect::<Value>();
    match form {
        LintForm::Sarif => {
            let artifact = file.map(|file| file.display().to_string());
            let log = sarif(findings, artifact.as_deref(), env!("CARGO_PKG_VERSION"));
            output.line(&format!("{log:#}"));
        }
        LintForm::Json => output.line(&format!("{:#}", all())),
        LintForm::Text if output.is_json() => output.value(&all()),
        LintForm::Text if findings.is_empty() => output.mention("no findings"),
        LintForm::Text => output.list(&findings.iter().map(row).collect::<Vec<_>>()),
    }
    if findings.is_empty() { 0 } else { NEGATIVE }
}

fn row(finding: &Finding) -> Properties {
    Properties::new()
        .with("Rule", finding.rule.id)
        .with("Severity", finding.rule.severity.word())
        .with("Object", format!("{} {}", finding.kind, finding.name).as_str())
        .with("Finding", finding.what.as_str())
        .with("Remedy", finding.rule.remedy)
}

fn as_json(finding: &Finding) -> Value {
    json!({
        "Rule": finding.rule.id,
        "Severity": finding.rule.severity.word(),
        "Title": finding.rule.title,
        "Kind": finding.kind,
        "Name": finding.name,
        "Finding": finding.what,
        "Reason": finding.rule.reason,
        "Remedy": finding.rule.remedy,
    })
}
