//! The OpenAPI document: checked in, served, and true of every answer.

use crate::client::Request;
use crate::clinic::Clinic;
use std::path::Path;

/// The committed document. `SCLERA_BLESS=1` writes it anew.
#[test]
fn the_committed_document_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/openapi.json");
    let made = serde_json::to_string_pretty(&sclera_http::document()).unwrap() + "\n";
    if std::env::var_os("SCLERA_BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(made == committed, "docs/openapi.json differs; look at it after SCLERA_BLESS=1");
}

#[test]
fn the_document_is_served_to_anybody() {
    let clinic = Clinic::open();
    let served = clinic.ask(&Request::get("/api/openapi.json"));
    assert_eq!((served.status, served.json()), (200, sclera_http::document()));
}

#[test]
fn the_core_is_there_and_the_rest_is_marked() {
    let document = sclera_http::document();
    let (mut built, mut planned, mut names) = (0, 0, Vec::new());
    for (path, operations) in document["paths"].as_object().unwrap() {
        for operation in operations.as_object().unwrap().values() {
            names.push(operation["operationId"].as_str().unwrap().to_owned());
            if operation["x-planned"] == true {
                planned += 1;
            } else if path.starts_with("/api/admin") {
                built += 1;
            }
        }
    }
    // 53 of the core, twelve neighbours, the result of a task under its other version, superservers, TLS,
    // LDAP, web authentication, privileged routines, and purges.
    assert_eq!((built, planned), (53 + 12 + 1 + 4 + 4 + 6 + 3 + 4 + 1, 64));
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "each operation has a name of its own");
}
