use crate::{change, entry, outlet};
use sclera_core::change::Action;
use sclera_forward::{LineForm, Target};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;

fn lines(form: LineForm) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let outlet = outlet(Target::File { path: path.clone(), form }).unwrap();
    outlet.send(&[entry(1), change(2, Action::Create, "user")]).unwrap();
    outlet.send(&[change(3, Action::Modify, "role")]).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_file_grows_line_by_line() {
    let lines = lines(LineForm::Json);
    assert_eq!(lines.iter().map(|line| line["AuditIndex"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(lines[0]["Event"], "LoginFailure");
    assert_eq!(lines[0]["UTCTimeStamp"], "2026-09-21T14:13:20.123456Z");
}

/// The attributes that OCSF requires of the classes, and the sums that its identifiers are.
#[test]
fn ocsf_events_are_of_their_classes() {
    let lines = lines(LineForm::Ocsf);
    for (line, class, activity) in [(&lines[0], 3002, 1), (&lines[1], 3001, 1), (&lines[2], 3004, 3)] {
        assert_eq!((&line["class_uid"], &line["activity_id"]), (&class.into(), &activity.into()));
        assert_eq!(line["type_uid"].as_u64(), Some(class * 100 + activity));
        assert_eq!(line["category_uid"].as_u64(), Some(class / 1000));
        assert_eq!(line["time"], 1_790_000_000_123_u64);
        assert!((0..=6).contains(&line["severity_id"].as_u64().unwrap()));
        assert!(line["metadata"]["version"].is_string() && line["metadata"]["product"]["name"].is_string());
    }
    assert_eq!((&lines[0]["status_id"], &lines[0]["user"]["name"]), (&2.into(), &"mal]lory\"\\\n".into()));
    assert_eq!(lines[0]["src_endpoint"]["ip"], "10.0.0.1");
    assert_eq!(
        (&lines[1]["user"]["name"], &lines[1]["actor"]["user"]["name"]),
        (&"bob".into(), &"ann".into())
    );
    assert_eq!((&lines[2]["entity"]["name"], &lines[2]["entity"]["type"]), (&"bob".into(), &"role".into()));
}

#[test]
fn a_file_that_cannot_be_written_says_so() {
    let path = std::path::PathBuf::from("/nowhere/audit.jsonl");
    assert!(outlet(Target::File { path, form: LineForm::Json }).unwrap().send(&[entry(1)]).is_err());
}
