//! Simulated changes: what they would do to who may do what, and that they do nothing.

use crate::client::{Answer, Request};
use crate::clinic::{Clinic, PASSWORD};
use serde_json::{Value, json};

fn simulate(clinic: &Clinic, user: &str, changes: &Value) -> Answer {
    let body = json!({ "Changes": changes });
    clinic.ask(&Request::post("/api/sclera/v1/simulate", &body).log_in(user, PASSWORD))
}

fn put(kind: &str, name: &str, properties: &Value) -> Value {
    json!({ "Action": "put", "Kind": kind, "Name": name, "Properties": properties })
}

fn delete(kind: &str, name: &str) -> Value {
    json!({ "Action": "delete", "Kind": kind, "Name": name })
}

#[test]
fn changes_tell_who_would_gain_and_lose_what() {
    let clinic = Clinic::open();
    let before = clinic.engine.revision().unwrap();
    let chart = put("resource", "Chart", &json!({ "Description": "", "PublicPermission": "" }));
    let nurse = |held: &str| {
        put("role", "Nurse", &json!({ "Resources": [{ "Name": "Chart", "Permissions": held }] }))
    };
    // The same role twice: made first, then changed.
    let changes = [chart, nurse("R"), nurse("RW"), put("user", "clerk", &json!({ "Roles": ["Nurse"] }))];
    let answer = simulate(&clinic, "boss", &json!(changes));
    assert_eq!(answer.status, 200, "{answer:?}");
    let told = answer.json();
    let plan: Vec<_> = told["Plan"].as_array().unwrap().iter().map(|step| &step["Action"]).collect();
    assert_eq!(plan, ["Create", "Create", "Modify", "Modify"]);
    let gain = |resource: &str, held: &str| json!({ "Resource": resource, "Permissions": held });
    let effect = json!({
        "Everybody": false, "Users": ["clerk"], "Count": 1,
        "RolesBefore": ["Desk"], "RolesAfter": ["Nurse"],
        "Gains": [gain("Chart", "RW")],
        "Loses": [gain("AppData", "R")],
    });
    assert_eq!(told["Effects"], json!([effect]));
    let gone = simulate(&clinic, "boss", &json!([delete("user", "clerk"), delete("role", "Desk")])).json();
    let of = |name: &str| {
        let effects = gone["Effects"].as_array().unwrap().iter();
        effects.clone().find(|effect| effect["Users"] == json!([name])).unwrap_or_else(|| panic!("{gone}"))
    };
    assert_eq!(of("clerk")["RolesAfter"], Value::Null);
    assert_eq!((&of("late")["RolesAfter"], &of("late")["Gains"]), (&json!([]), &json!([])));
    let shown =
        simulate(&clinic, "boss", &json!([put("resource", "AppData", &json!({ "PublicPermission": "R" }))]));
    let everybody = &shown.json()["Effects"][0];
    assert_eq!(
        (&everybody["Everybody"], &everybody["Gains"]),
        (&json!(true), &json!([gain("AppData", "R")]))
    );
    assert_eq!(simulate(&clinic, "boss", &json!([])).json(), json!({ "Plan": [], "Effects": [] }));
    assert_eq!(clinic.engine.revision().unwrap(), before, "nothing was changed");
    let role = clinic.admin("boss", "GET", "/v2/security/role?name=Nurse", None);
    assert_eq!(role.status, 404);
}

#[test]
fn rules_refuse_a_simulation_as_they_would_the_change() {
    let clinic = Clinic::open();
    let fine = put("resource", "Chart", &json!({ "Description": "", "PublicPermission": "" }));
    let text = |changes: &Value| {
        let answer = simulate(&clinic, "boss", changes);
        (answer.status, answer.code(), answer.json()["detail"].as_str().unwrap().to_owned())
    };
    let (status, code, detail) = text(&json!([fine, delete("role", "%Manager")]));
    assert_eq!((status, code.as_str()), (409, "880"));
    assert!(detail.starts_with("[1]: "), "{detail}");
    let (status, code, _) = text(&json!([delete("user", "nobody")]));
    assert_eq!((status, code.as_str()), (400, "838"));
    // Who is the last to hold %All stays, even in a simulation.
    let users = ["owner", "_SYSTEM", "_Ensemble", "SuperUser", "Admin"];
    let off = users
        .into_iter()
        .filter(|user| clinic.engine.exists(&clinic.owner(), sclera_core::change::Kind::User, user).unwrap());
    let mut all: Vec<Value> = off.map(|user| put("user", user, &json!({ "Enabled": false }))).collect();
    assert_eq!(simulate(&clinic, "boss", &json!(all)).status, 200);
    all.push(put("user", "boss", &json!({ "Roles": [] })));
    let (status, code, _) = text(&json!(all));
    assert_eq!((status, code.as_str()), (409, "840"), "{all:?}");
}

#[test]
fn what_is_no_change_is_refused() {
    let clinic = Clinic::open();
    let named = |action: &str, kind: &str| json!([{ "Action": action, "Kind": kind, "Name": "x" }]);
    let many: Vec<Value> = (0..101).map(|_| delete("role", "Desk")).collect();
    for changes in [
        json!({}),
        json!([1]),
        json!([{}]),
        named("put", "role"),
        named("drop", "role"),
        named("delete", "service"),
        json!([{ "Action": "delete", "Kind": "role" }]),
        json!([{ "Action": "delete", "Kind": "role", "Name": "Desk", "Properties": {} }]),
        json!([put("role", "Desk", &json!({ "Roles": [] }))]),
        json!([put("role", "Desk", &json!({ "GrantedRoles": ["A,B"] }))]),
        json!([put("role", "Desk", &json!(null))]),
        json!(many),
    ] {
        let answer = simulate(&clinic, "boss", &changes);
        assert_eq!(answer.status, 400, "{changes}: {answer:?}");
    }
    let body = json!({ "Changes": [], "Service": "%Service_Bindings" });
    let both = clinic.ask(&Request::post("/api/sclera/v1/simulate", &body).log_in("boss", PASSWORD));
    assert_eq!((both.status, both.code().as_str()), (400, "40307"));
}

#[test]
fn whoever_may_not_change_settings_learns_nothing_from_a_simulation() {
    let clinic = Clinic::open();
    let told = |role: &str| simulate(&clinic, "clerk", &json!([delete("role", role)])).told();
    assert_eq!(told("Desk").0, 403);
    assert_eq!(told("Desk"), told("NoSuchRole"));
}
