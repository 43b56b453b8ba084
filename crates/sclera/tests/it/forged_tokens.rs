//! Somebody who can write the files, and has no key, changes what is kept of tokens: they let nobody in any more.

use rusqlite::Connection;
use sclera::{Change, Choice, Instance, Properties};
use sclera_authn::admission::Transport;
use sclera_authn::secret::Secret;
use sclera_engine::machine::NewMachine;
use sclera_engine::tokens::{TokenPair, WebSignIn};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

const APPLICATION: &str = "/api/admin";
const PASSWORD: &str = "Kestrel-Orbit-77";
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn open(directory: &Path) -> Instance {
    Instance::open(directory).unwrap()
}

/// An instance where ann may come in and root may do everything.
fn clinic(directory: &Path) -> Instance {
    Instance::create(directory, Choice::default(), "owner").unwrap();
    let instance = open(directory);
    let owner = instance.admit_process().unwrap();
    let properties = Properties::new().with("Resources", "%Service_WebGateway:U");
    instance.submit(&owner, Change::CreateRole { name: "Entry".to_owned(), properties }).unwrap();
    for (name, role) in [("ann", "Entry"), ("root", "%All")] {
        let password = Secret::new(PASSWORD.to_owned()).unwrap();
        instance.create_user(&owner, name, &Properties::new().with("Roles", role), Some(&password)).unwrap();
    }
    instance
}

fn sign_in(instance: &Instance, name: &str) -> TokenPair {
    let sign_in = WebSignIn {
        name: name.to_owned(),
        password: Secret::new(PASSWORD.to_owned()).unwrap(),
        code: None,
        peer: HERE,
        application: Some(APPLICATION.to_owned()),
        transport: Transport::Plain,
        may_return: false,
    };
    instance.begin_tokens(sign_in, None, "here/clinic").unwrap()
}

/// What is done to a row, as assignments of SQL.
const FORGERIES: [&str; 6] = [
    "text = replace(text, '\"User\":', '\"User\":1')",
    // What is genuine stands in for another.
    "(text, seal) = (SELECT text, seal FROM was WHERE was.id <> kept.id LIMIT 1)",
    "text = json_set(text, '$.Scopes', 'admin', '$.Role', 1)",
    "until = until + 1",
    "until = NULL",
    "seal = zeroblob(32)",
];

#[test]
fn what_was_changed_in_the_file_lets_nobody_in() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("clinic");
    let instance = clinic(&directory);
    let (ann, root) = (sign_in(&instance, "ann"), sign_in(&instance, "root"));
    let new = NewMachine { name: "gateway", user: "ann", addresses: "", scopes: "check", days: 3 };
    let (_, machine) = instance.create_machine(&instance.admit_process().unwrap(), &new).unwrap();
    drop(instance);
    // Each look is that of a process that has nothing at hand.
    let enters = || {
        let instance = open(&directory);
        let token = |pair: &TokenPair| instance.admit_token(&pair.access, Some(APPLICATION)).is_ok();
        [token(&ann), token(&root), instance.admit_machine(machine.expose(), HERE, "check", None).is_ok()]
    };
    let findings = || -> Vec<String> {
        let instance = open(&directory);
        let found = instance.audit_verify(&instance.admit_process().unwrap()).unwrap().events.findings;
        found.iter().map(|finding| finding.place.split(' ').next().unwrap().to_owned()).collect()
    };
    let connection = Connection::open(directory.join("activity.db")).unwrap();
    connection.execute("CREATE TEMP TABLE was AS SELECT * FROM kept WHERE keeping <> 2", []).unwrap();
    for forgery in FORGERIES {
        assert_eq!((enters(), findings().len()), ([true; 3], 0));
        let sql = format!("UPDATE kept SET {forgery} WHERE keeping <> 2");
        assert_eq!(connection.execute(&sql, []).unwrap(), 3, "{forgery}");
        assert_eq!(enters(), [false; 3], "{forgery}");
        assert_eq!(findings(), ["session", "session", "credential"], "{forgery}");
        let instance = open(&directory);
        assert!(instance.refresh_tokens(&ann.refresh, APPLICATION, "here/clinic").is_err(), "{forgery}");
        let owner = instance.admit_process().unwrap();
        assert!(instance.machines(&owner).unwrap().is_empty(), "{forgery}");
        assert!(instance.token_sessions(&owner).unwrap().is_empty(), "{forgery}");
        connection.execute("REPLACE INTO kept SELECT * FROM was", []).unwrap();
    }
    assert_eq!(enters(), [true; 3], "as it was");
}
