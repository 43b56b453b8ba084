//! Who may do what: every operation of the table, asked by nobody, by holders of one privilege each, and by holders of
//! all.

use crate::client::{Client, Request};
use crate::clinic::{Clinic, PASSWORD};
use serde_json::Value;
use std::collections::BTreeSet;

/// The resources that operations ask Use on.
const RESOURCES: [&str; 16] = [
    "%Admin_ConfigStore",
    "%Admin_ExternalLanguageServerEdit",
    "%Admin_FileSystemAccess",
    "%Admin_Journal",
    "%Admin_Manage",
    "%Admin_OAuth2_Client",
    "%Admin_OAuth2_Registration",
    "%Admin_OAuth2_Server",
    "%Admin_Operate",
    "%Admin_RoleEdit",
    "%Admin_Secure",
    "%Admin_Task",
    "%Admin_UserEdit",
    "%Admin_Wallet",
    "%DB_IRISSYS",
    "AppData",
];

/// Method, path, and the resources any of which is enough; none where nobody is asked.
fn operations() -> Vec<(String, String, Option<BTreeSet<String>>)> {
    let document = sclera_http::document();
    let mut all = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if !path.starts_with("/api/admin/") {
                continue;
            }
            let named = operation["x-privilege"].as_array().into_iter().flatten().map(text);
            let any_of: BTreeSet<String> = named.map(|name| name.trim_end_matches(":U").to_owned()).collect();
            // What ends tokens asks for one, and nothing else.
            let is_open = ![0, 1].iter().all(|way| operation["security"][way].is_object());
            all.push((method.to_uppercase(), path.clone(), (!is_open).then_some(any_of)));
        }
    }
    all
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn opens(any_of: &BTreeSet<String>, resource: &str) -> bool {
    let any_administrative = any_of.contains("%Admin_*") && resource.starts_with("%Admin_");
    any_of.contains(resource) || any_administrative
}

#[test]
fn every_operation_asks_the_privilege_of_its_row() {
    let clinic = Clinic::open();
    for (number, resource) in RESOURCES.iter().enumerate() {
        clinic.holder(&format!("holder{number}"), resource);
    }
    let operations = operations();
    assert!(operations.len() > 150, "{}", operations.len());
    let status = |connection: &mut Client, method: &str, path: &str, user: Option<&str>| {
        let request = Request::new(method, path);
        let answer = connection.ask(&match user {
            Some(user) => request.log_in(user, PASSWORD),
            None => request,
        });
        assert_ne!(answer.status, 500, "{method} {path}: {answer:?}");
        if answer.status == 403 && method != "HEAD" {
            let told = answer.json();
            assert_eq!(told["status"]["errors"], Value::Array(Vec::new()), "{method} {path}");
            assert_eq!((&told["status"]["summary"], &told["result"]), (&"".into(), &serde_json::json!({})));
        }
        answer.status
    };
    let mut connection = clinic.connect();
    for (method, path, any_of) in &operations {
        let nobody = status(&mut connection, method, path, None);
        let Some(any_of) = any_of else {
            assert!([401, 415].contains(&nobody), "{method} {path} by nobody: {nobody}");
            continue;
        };
        assert_eq!(nobody, 401, "{method} {path} by nobody");
        assert_eq!(status(&mut connection, method, path, Some("clerk")), 403, "{method} {path} by a clerk");
        let all = status(&mut connection, method, path, Some("boss"));
        assert!(![401, 403].contains(&all), "{method} {path} by a holder of %All: {all}");
        for (number, resource) in RESOURCES.iter().enumerate() {
            let user = format!("holder{number}");
            let found = status(&mut connection, method, path, Some(&user));
            assert_eq!(
                found != 403,
                opens(any_of, resource),
                "{method} {path} by a holder of {resource}: {found}"
            );
        }
    }
}

#[test]
fn a_privilege_comes_before_parameters_and_existence() {
    let clinic = Clinic::open();
    clinic.holder("operator", "%Admin_Operate");
    clinic.holder("secure", "%Admin_Secure");
    for path in ["/v2/security/role?name=NoSuchRole", "/v2/security/role", "/v2/security/user?name=clerk"] {
        assert_eq!(clinic.admin("operator", "GET", path, None).status, 403, "{path}");
    }
    assert_eq!(clinic.admin("secure", "GET", "/v2/security/role", None).status, 400);
    assert_eq!(clinic.admin("secure", "GET", "/v2/security/role?name=NoSuchRole", None).status, 404);
    let planned = clinic.admin("secure", "GET", "/v2/security/mft/connections", None);
    assert_eq!(planned.status, 501);
    let summary = &planned.json()["status"]["summary"];
    assert_eq!(summary, "GET /api/admin/v2/security/mft/connections is not there yet");
    assert_eq!(clinic.admin("operator", "GET", "/v2/security/mft/connections", None).status, 403);
    assert_eq!(clinic.admin("secure", "POST", "/v2/security/oauth2/server/revoke", None).status, 403);
    // Whoever may query records and may not operate reads no result of it.
    let queued = clinic.admin("secure", "POST", "/v2/security/audit/records", None);
    let location = queued.header("location").unwrap().to_owned();
    assert_eq!(queued.status, 202);
    let result = clinic.ask(&Request::get(&location).log_in("secure", PASSWORD));
    assert_eq!(result.status, 403);
}
