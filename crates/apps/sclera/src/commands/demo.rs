//! `demo`: a throw-away instance of a hospital, what its people may do, and why.

use super::explain;
use crate::failure::Failure;
use crate::output::Output;
use sclera::exchange;
use sclera::{Choice, Instance, Mode, Session};
use serde_json::json;

/// The configuration that the demonstration starts from.
const HOSPITAL: &str = include_str!("../../samples/hospital.yaml");

/// Who asks for what, and what a visitor may learn from the answer.
const QUESTIONS: [(&str, &str, &str, &str); 8] = [
    ("amara", "Ward_Chart", "RW", "a nurse writes the chart of her ward"),
    ("amara", "Prescribing", "U", "but signs no prescription"),
    ("chandra", "Lab_Results", "R", "a consultant reads results, through three roles in a row"),
    ("emil", "%DB_PHARMACY", "W", "the pharmacist changes the stock; Write brings Read"),
    ("dora", "Bed_Board", "R", "anyone sees the free beds: that is public"),
    ("dora", "Ward_Chart", "R", "the laboratory sees results, not charts"),
    ("goran", "%Ens_MessageContent", "U", "the operator restarts messages and never reads them"),
    ("jonas", "Dispensing", "U", "whoever has left keeps roles, but cannot log in"),
];

pub(crate) fn run(output: &Output) -> Result<u8, Failure> {
    let folder =
        tempfile::tempdir().map_err(|error| Failure::Environment(format!("temporary directory: {error}")))?;
    let directory = folder.path().join("hospital");
    Instance::create(&directory, Choice::default(), "demo-owner")?;
    let instance = Instance::open(&directory)?;
    let session = instance.admit_process()?;
    let document =
        exchange::read(HOSPITAL.as_bytes()).map_err(|fault| Failure::bad_value(fault.to_string()))?;
    let receipt = instance.import(&session, &document, Mode::Perform)?;
    output.say(&format!(
        "A hospital: {} objects brought in as one change, beside the predefined ones.\n",
        receipt.changes
    ));
    let answers = questions(&instance, &session, output)?;
    why(&instance, &session, output)?;
    let verified = instance.audit_verify(&session)?;
    output.say(&format!(
        "Every change stands in a chained journal: {} records, {}.",
        verified.journal.records,
        if verified.is_clean() { "intact" } else { "tampered with" }
    ));
    output.say("The instance is gone again. `sclera init` makes one that stays.");
    output.value(&json!({ "Answers": answers, "Intact": verified.is_clean() }));
    Ok(0)
}

fn questions(
    instance: &Instance,
    session: &Session,
    output: &Output,
) -> Result<Vec<serde_json::Value>, Failure> {
    output.say("Who may do what?\n");
    let mut answers = Vec::new();
    for (user, resource, wanted, lesson) in QUESTIONS {
        let held = instance.check_user(session, user, resource, None)?.answer.to_string();
        let granted = instance.check_user(session, user, resource, Some(wanted))?.answer.to_string() == "1";
        let verdict = if granted { "yes" } else { "no " };
        let question = format!("{user} {resource}:{wanted}");
        output.say(&format!(
            "  {verdict}  {question:32}  {lesson} (holds: {})",
            if held.is_empty() { "nothing" } else { &held }
        ));
        answers.push(
            json!({ "User": user, "Resource": resource, "Wanted": wanted, "Granted": granted, "Held": held }),
        );
    }
    output.say("");
    Ok(answers)
}

fn why(instance: &Instance, session: &Session, output: &Output) -> Result<(), Failure> {
    for (user, privilege) in [
        ("chandra", "Lab_Results:R"),
        ("amara", "Prescribing:U"),
        ("hana", "%Ens_Rules:W"),
        ("jonas", "Dispensing:U"),
    ] {
        output.say(&format!("$ sclera explain {user} {privilege}"));
        explain::say(&instance.explain(session, user, privilege)?, output);
        output.say("");
    }
    Ok(())
}
