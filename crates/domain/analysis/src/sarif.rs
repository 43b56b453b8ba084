//! Findings as a log of SARIF 2.1.0, which code hosts and editors show.

use crate::lint::{Finding, RULES};
use serde_json::{Value, json};

/// The log of one run; `artifact` is the file that was looked at, none for a live instance.
pub fn sarif(findings: &[Finding], artifact: Option<&str>, version: &str) -> Value {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": { "text": rule.title },
                "fullDescription": { "text": rule.reason },
                "help": { "text": rule.remedy },
                "defaultConfiguration": { "level": rule.severity.word() },
            })
        })
        .collect();
    let result = |finding: &Finding| {
        let named = json!([{
            "name": finding.name,
            "fullyQualifiedName": format!("{}/{}", finding.kind, finding.name),
            "kind": "resource",
        }]);
        let location = match artifact {
            None => json!({ "logicalLocations": named }),
            Some(artifact) => json!({
                "physicalLocation": { "artifactLocation": { "uri": uri(artifact) } },
                "logicalLocations": named,
            }),
        };
        json!({
            "ruleId": finding.rule.id,
            "ruleIndex": RULES.iter().position(|rule| rule.id == finding.rule.id),
            "level": finding.rule.severity.word(),
            "message": { "text": format!("{} {}: {}", finding.kind, finding.name, finding.what) },
            "locations": [location],
        })
    };
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "Sclera lint", "version": version, "rules": rules } },
            "results": findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

/// A path as a reference of RFC 3986: what is neither unreserved nor a slash is escaped.
fn uri(path: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes()
        .map(|byte| if kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
