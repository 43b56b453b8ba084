//! Credentials of machines: scoped, bound to a user and to addresses, and gone when they are taken away.

use crate::client::Request;
use crate::clinic::Clinic;
use sclera_core::change::Change;
use sclera_core::property::Properties;
use sclera_engine::machine::NewMachine;
use serde_json::json;

fn new<'a>(name: &'a str, scopes: &'a str, addresses: &'a str) -> NewMachine<'a> {
    NewMachine { name, user: "clerk", addresses, scopes, days: 30 }
}

fn token(clinic: &Clinic, new: &NewMachine<'_>) -> String {
    let (_, token) = clinic.engine.create_machine(&clinic.owner(), new).unwrap();
    token.expose().to_owned()
}

fn status(clinic: &Clinic, token: &str, path: &str) -> u16 {
    clinic.ask(&Request::get(path).bearer(token)).status
}

const SESSION: &str = "/api/sclera/v1/session";
const GATE: &str = "/gate/auth?privilege=AppData:R";

#[test]
fn a_credential_is_good_for_its_scopes() {
    let clinic = Clinic::open();
    let gate = token(&clinic, &new("gateway", "gate", ""));
    let check = token(&clinic, &new("checker", "check,AUTHZEN", ""));
    let admin = token(&clinic, &new("robot", "admin", ""));
    assert!(gate.starts_with("sct_"));
    let all = |token: &str| [GATE, SESSION, "/api/admin/info"].map(|path| status(&clinic, token, path));
    assert_eq!((all(&gate), all(&check), all(&admin)), ([200, 401, 401], [401, 200, 401], [401, 401, 403]));
    let question = json!({ "subject": { "type": "user", "id": "clerk" }, "action": { "name": "read" },
        "resource": { "type": "resource", "id": "AppData" } });
    let asked = Request::new("POST", "/access/v1/evaluation").json(&question).bearer(&check);
    assert_eq!(clinic.ask(&asked).json(), json!({ "decision": true }));
    let who = clinic.ask(&Request::get(SESSION).bearer(&check)).json();
    assert_eq!((&who["Username"], &who["Roles"]), (&json!("clerk"), &json!("Desk")));
    for wrong in ["sct_", "sct__", &gate[..gate.len() - 1], &gate.replace("sct_", "sct"), &format!("{gate}x")]
    {
        assert_eq!(status(&clinic, wrong, GATE), 401, "{wrong}");
    }
    let (id, other) = (gate.rsplit_once('_').unwrap().0, check.rsplit_once('_').unwrap().1);
    assert_eq!(status(&clinic, &format!("{id}_{other}"), GATE), 401, "the secret of another");
}

/// What is answered from memory, and what is not, refuses the same.
#[test]
fn a_query_that_cannot_be_read_is_refused_of_whoever_is_known_too() {
    let clinic = Clinic::open();
    let token = token(&clinic, &new("gateway", "gate,authzen", ""));
    let question = json!({ "subject": { "type": "user", "id": "clerk" }, "action": { "name": "read" },
        "resource": { "type": "resource", "id": "AppData" } });
    let evaluation = |query: &str| {
        let path = format!("/access/v1/evaluation{query}");
        clinic.ask(&Request::new("POST", &path).json(&question).bearer(&token)).status
    };
    let malformed = ["?a=%zz", "?a=1&a=2", "?a=%FF"];
    let gate = |query: &str| status(&clinic, &token, &format!("{GATE}&{}", &query[1..]));
    let all = || malformed.map(|query| (evaluation(query), gate(query)));
    let before = all();
    assert_eq!((evaluation(""), evaluation("?a=1"), status(&clinic, &token, GATE)), (200, 200, 200));
    assert_eq!((before, all()), ([(400, 400); 3], [(400, 400); 3]));
}

/// A body may come long after the head that it follows: what decides is what is so then.
#[test]
fn what_was_at_hand_before_the_body_came_does_not_decide() {
    let clinic = Clinic::open();
    let token = token(&clinic, &new("gateway", "authzen", ""));
    let question = json!({ "subject": { "type": "user", "id": "clerk" }, "action": { "name": "read" },
        "resource": { "type": "resource", "id": "AppData" } });
    let asked = Request::new("POST", "/access/v1/evaluation").json(&question).bearer(&token);
    let expecting = asked.clone().header("Expect", "100-continue").bytes();
    let body = expecting.len() - question.to_string().len();
    for (roles, decision) in [("", false), ("Desk", true)] {
        // So that all is at hand.
        assert_eq!(clinic.ask(&asked).json(), json!({ "decision": !decision }));
        let mut client = clinic.connect();
        assert!(client.send(&expecting[..body]));
        assert_eq!(client.receive().unwrap().status, 100, "whoever asks is let in, and may go on");
        clinic.modify("clerk", "Roles", roles);
        assert!(client.send(&expecting[body..]));
        assert_eq!(client.receive().unwrap().json(), json!({ "decision": decision }));
    }
}

#[test]
fn a_credential_comes_from_its_addresses_until_its_day() {
    let clinic = Clinic::open();
    let here = token(&clinic, &new("here", "check", "10.0.0.*,127.0.0.1"));
    let there = token(&clinic, &new("there", "check", "10.0.0.*"));
    assert_eq!((status(&clinic, &here, SESSION), status(&clinic, &there, SESSION)), (200, 401));
    clinic.pass(30 * 86_400 - 1);
    assert_eq!(status(&clinic, &here, SESSION), 200);
    clinic.pass(1);
    assert_eq!(status(&clinic, &here, SESSION), 401);
    assert!(clinic.engine.machines(&clinic.owner()).unwrap().is_empty());
}

#[test]
fn what_is_taken_away_counts_at_once() {
    let clinic = Clinic::open();
    let made = token(&clinic, &new("gateway", "check", ""));
    let works = |token: &str| status(&clinic, token, SESSION) == 200;
    assert!(works(&made));
    clinic.modify("clerk", "Enabled", false);
    assert!(!works(&made), "of a user that is disabled");
    clinic.modify("clerk", "Enabled", true);
    let roles = || clinic.ask(&Request::get(SESSION).bearer(&made)).json()["Roles"].clone();
    clinic.modify("clerk", "Roles", "%Operator");
    assert_eq!(roles(), "%Operator", "the roles of now");
    clinic.modify("clerk", "Roles", "Desk");
    let (_, next) = clinic.engine.rotate_machine(&clinic.owner(), "GATEWAY", 1).unwrap();
    assert!(!works(&made) && works(next.expose()), "rotated");
    clinic.engine.revoke_machine(&clinic.owner(), "gateway").unwrap();
    assert!(!works(next.expose()), "revoked");
    let again = token(&clinic, &new("gateway", "check", ""));
    clinic.submit(Change::DeleteUser { name: "clerk".to_owned() });
    clinic.create("clerk", Properties::new().with("Roles", "Desk"));
    assert!(!works(&again), "another user of the same name is another user");
}

#[test]
fn credentials_are_made_by_administrators_and_told() {
    let clinic = Clinic::open();
    let owner = clinic.owner();
    for wrong in [
        new("", "check", ""),
        new("x", "", ""),
        new("x", "everything", ""),
        NewMachine { days: 0, ..new("x", "check", "") },
        NewMachine { user: "nobody", ..new("x", "check", "") },
    ] {
        assert!(clinic.engine.create_machine(&owner, &wrong).is_err(), "{wrong:?}");
    }
    let made = token(&clinic, &new("gateway", "check", "127.0.0.1"));
    assert!(clinic.engine.create_machine(&owner, &new("Gateway", "check", "")).is_err(), "the name is taken");
    let listed = clinic.engine.machines(&owner).unwrap();
    assert_eq!((listed.len(), listed[0].user.as_str(), listed[0].made_by.as_str()), (1, "clerk", "owner"));
    let records = format!("{:?}", clinic.engine.audit_list(&owner, 10_000).unwrap());
    assert!(records.contains("Credential of a machine made"), "it stands in the trail");
    let secret = made.rsplit_once('_').unwrap().1;
    assert!(!records.contains(secret) && !format!("{listed:?}").contains(secret));
    let clerk = Request::get(SESSION).bearer(&made);
    assert_eq!(clinic.ask(&clerk).status, 200);
}
