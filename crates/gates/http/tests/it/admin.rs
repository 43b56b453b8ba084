//! `/api/admin` as a portal uses it.

use crate::client::{Answer, Request};
use crate::clinic::{Clinic, OTHER, PASSWORD};
use sclera_core::change::{Change, Kind};
use sclera_core::property::Properties;
use sclera_engine::export::Wanted;
use sclera_exchange::Form;
use sclera_http::{Limits, Place};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The password in base 64.
const ENCODED: &str = "S2VzdHJlbC1PcmJpdC03Nw==";

/// Somebody who holds `%All`, at work.
struct Portal(Clinic);

impl Portal {
    fn open() -> Self {
        Self(Clinic::open())
    }

    fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let answer = self.0.admin("boss", method, path, body);
        if method != "HEAD" {
            let told = answer.json();
            assert_eq!(told.as_object().unwrap().len(), 3, "{answer:?}");
            assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
        }
        answer
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, None);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()["result"].clone()
    }

    fn put(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.ask("PUT", path, Some(body));
        (answer.status, answer.json()["result"].clone())
    }

    /// Status, number and arguments of a refusal.
    fn refused(&self, method: &str, path: &str, body: Option<Value>) -> (u16, i64, Value) {
        let answer = self.ask(method, path, body);
        let error = answer.json()["status"]["errors"][0].clone();
        assert_eq!(answer.json()["status"]["Errors"][0], error["error"], "{answer:?}");
        (
            answer.status,
            error["code"].as_i64().unwrap_or_else(|| panic!("{answer:?}")),
            error["params"].clone(),
        )
    }

    /// Tells whether the settings keep the password as that of a property.
    fn keeps(&self, kind: Kind, property: &str) -> bool {
        let wanted = Wanted { secrets: true, ..Wanted::all(&[kind]) };
        let mut text = String::new();
        let done = self.0.engine.export_to(&self.0.owner(), &wanted, Form::Xml, &mut |piece| {
            text.push_str(piece);
            Ok(())
        });
        done.unwrap_or_else(|fault| panic!("{fault}"));
        text.contains(&format!("<{property}>{ENCODED}</{property}>"))
    }

    fn status(&self, method: &str, path: &str) -> u16 {
        self.ask(method, path, None).status
    }

    /// The result of a task that was queued.
    fn result(&self, path: &str) -> Value {
        let queued = self.ask("POST", path, None);
        assert_eq!(queued.status, 202, "{queued:?}");
        let id = queued.header("location").unwrap().rsplit('=').next().unwrap().to_owned();
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let task = self.get(&format!("/v2/async-result?id={id}"));
            match task["State"].as_str().unwrap() {
                "Finished" => return task["Result"].clone(),
                "Queued" | "Running" if Instant::now() < until => std::thread::yield_now(),
                _ => panic!("{task}"),
            }
        }
    }
}

#[test]
fn roles_are_made_merged_and_deleted() {
    let portal = Portal::open();
    let role = "/v2/security/role?name=Nurse";
    let body = json!({
        "Description": "Nursing staff",
        "GrantedRoles": ["Desk"],
        "Resources": [{ "Name": "AppData", "Permissions": "WR" }],
    });
    let made = json!({
        "Description": "Nursing staff",
        "GrantedRoles": ["Desk"],
        "EscalationOnly": false,
        "Resources": [{ "Name": "AppData", "Permissions": "RW" }],
    });
    assert_eq!(portal.put(role, body), (201, made.clone()));
    assert_eq!(portal.put(role, json!({})), (200, made.clone()));
    let other = json!({ "Resources": [{ "Name": "%Admin_Task", "Permissions": "U" }] });
    let (status, merged) = portal.put(role, other.clone());
    assert_eq!((status, &merged["Resources"]), (200, &other["Resources"]));
    assert_eq!(
        (&merged["Description"], &merged["GrantedRoles"]),
        (&made["Description"], &made["GrantedRoles"])
    );
    let (_, emptied) = portal.put(role, json!({ "Resources": [], "GrantedRoles": [] }));
    assert_eq!((&emptied["Resources"], &emptied["GrantedRoles"]), (&json!([]), &json!([])));
    assert_eq!(portal.get(role), emptied);
    assert_eq!(portal.refused("PUT", role, Some(json!({ "GrantedRoles": ["Nope"] }))).1, 883);
    assert_eq!(portal.refused("PUT", role, Some(json!({ "Name": "x" }))), (400, 40_307, json!(["Name"])));
    assert_eq!(portal.refused("PUT", role, Some(json!({ "GrantedRoles": "Desk" }))).1, 40_308);
    assert_eq!(portal.status("DELETE", role), 200);
    assert_eq!(portal.refused("DELETE", role, None), (404, 883, json!(["Nurse"])));
    assert_eq!(portal.refused("GET", role, None), (404, 883, json!(["Nurse"])));
    assert_eq!(portal.refused("DELETE", "/v2/security/role?name=%25Manager", None).0, 409);
    let all = portal.get("/v2/security/role?name=%25All");
    assert_eq!((&all["GrantedRoles"], &all["Resources"]), (&json!([]), &json!([])));
}

#[test]
fn owners_of_a_role_are_direct() {
    let portal = Portal::open();
    portal.put("/v2/security/role?name=Over", json!({ "GrantedRoles": ["Desk"] }));
    portal.0.modify("boss", "EscalationRoles", "Desk");
    let owners = portal.get("/v2/security/role/owners?name=desk");
    let row = |name: &str, kind: &str| json!({ "Name": name, "Type": kind, "AdminOption": "0" });
    let expected =
        [row("Over", "Role"), row("boss", "User (escalation)"), row("clerk", "User"), row("late", "User")];
    assert_eq!(owners, json!(expected));
    assert_eq!(portal.get("/v2/security/role/owners?name=Desk&maxRows=1"), json!([expected[0]]));
    assert_eq!(portal.refused("GET", "/v2/security/role/owners?name=Nope", None).0, 404);
}

#[test]
fn users_are_made_edited_and_deleted() {
    let portal = Portal::open();
    let user = "/v2/security/user?name=Ann%20L%C3%A9e";
    let password = "Пароль-Kestrel-77";
    let body = json!({ "User": { "FullName": "Ann", "Roles": ["Desk", "%Operator"] }, "Password": password });
    let made = portal.ask("POST", user, Some(body.clone()));
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json()["result"].clone();
    assert_eq!(made.as_object().unwrap().len(), 16);
    assert_eq!(made["Roles"], json!(["%Operator", "Desk"]), "sorted");
    assert_eq!(portal.refused("POST", user, Some(body)).0, 409);
    let signed_in = portal.0.ask(&Request::get("/api/admin/info").log_in("ann lée", password));
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
    let (status, edited) = portal.put(user, json!({ "Comment": "x", "ExpirationDate": "2030-01-31" }));
    assert_eq!(
        (status, &edited["ExpirationDate"], &edited["FullName"]),
        (200, &json!("2030-01-31"), &json!("Ann"))
    );
    let (_, edited) = portal.put(user, json!({ "ExpirationDate": "1840-12-31", "Roles": [] }));
    assert_eq!((&edited["ExpirationDate"], &edited["Roles"]), (&json!(""), &json!([])));
    assert_eq!(
        portal.refused("PUT", "/v2/security/user?name=Nobody", Some(json!({}))),
        (404, 838, json!(["Nobody"]))
    );
    let unknown = json!({ "User": { "Roles": ["Nope"] }, "Password": OTHER });
    assert_eq!(portal.refused("POST", "/v2/security/user?name=Bea", Some(unknown)).1, 883);
    assert_eq!(portal.status("GET", "/v2/security/user?name=Bea"), 404, "nothing was created");
    for (body, code, field) in [
        (json!({ "Password": OTHER }), 40_301, "User"),
        (json!({ "User": {} }), 40_301, "Password"),
        (json!({ "User": {}, "Password": OTHER, "Name": "x" }), 40_307, "Name"),
        (json!({ "User": { "Password": OTHER }, "Password": OTHER }), 40_307, "Password"),
        (json!({ "User": [], "Password": OTHER }), 40_308, "User"),
    ] {
        let refused = portal.refused("POST", "/v2/security/user?name=Bea", Some(body));
        assert_eq!(refused, (400, code, json!([field])));
    }
    let set = |name: &str, new: &str| {
        let path = format!("/v2/security/user/password?name={name}");
        portal.ask("POST", &path, Some(json!({ "NewPassword": new }))).status
    };
    assert_eq!((set("clerk", OTHER), set("Nobody", OTHER), set("clerk", "x")), (200, 404, 400));
    assert_eq!((portal.0.session("clerk", OTHER), portal.0.session("clerk", PASSWORD)), (200, 401));
    assert_eq!((portal.status("DELETE", user), portal.status("DELETE", user)), (200, 404));
    assert_eq!(portal.refused("DELETE", "/v2/security/user?name=_SYSTEM", None).0, 409);
}

#[test]
fn lists_have_their_rows_and_bounds() {
    let portal = Portal::open();
    let users = portal.get("/v2/security/users?names=cl*,boss");
    let row = json!({
        "Name": "boss", "FullName": "", "Enabled": true, "Type": "Password user", "Namespace": "", "Routine": "",
    });
    assert_eq!((users.as_array().unwrap().len(), &users[0]), (2, &row));
    assert_eq!(portal.get("/v2/security/users?maxRows=1").as_array().unwrap().len(), 1);
    assert_eq!(portal.get("/v2/security/users?maxRows=0"), json!([]));
    for wrong in ["-1", "x", "1.5", "1e3"] {
        let path = format!("/v2/security/users?maxRows={wrong}");
        assert_eq!(portal.status("GET", &path), 400, "{wrong}");
    }
    let roles = portal.get("/v2/security/roles?filter=desk");
    assert_eq!(
        roles,
        json!([{ "Name": "Desk", "Description": "", "CreatedBy": "", "EscalationOnly": false }])
    );
    let resources = portal.get("/v2/security/resources?names=AppData");
    let row = json!({
        "Name": "AppData", "Description": "", "PublicPermission": "", "ResourceType": "Application",
        "AllowDelete": true,
    });
    assert_eq!(resources, json!([row]));
    let applications = portal.get("/v2/web-apps?filter=%2Fapi%2Fadmin");
    assert_eq!(applications[0]["AuthenticationMethods"], json!(["Password"]));
    assert_eq!(applications[0]["DispatchClass"], "%Api.Admin");
}

#[test]
fn resources_are_made_edited_and_deleted() {
    let portal = Portal::open();
    let resource = "/v2/security/resource?name=Ward%2FChart";
    assert_eq!(
        portal.refused("PUT", resource, Some(json!({ "Description": "x" }))),
        (400, 40_301, json!(["PublicPermission"]))
    );
    let null = json!({ "Description": "x", "PublicPermission": null });
    assert_eq!(portal.refused("PUT", resource, Some(null)), (400, 40_308, json!(["PublicPermission"])));
    let resource = "/v2/security/resource?name=Ward_Chart";
    let body = json!({ "Description": "A chart", "PublicPermission": "UR" });
    assert_eq!(
        portal.put(resource, body),
        (201, json!({ "Description": "A chart", "PublicPermission": "RU" }))
    );
    assert_eq!(portal.put(resource, json!({})).0, 200);
    let (status, none) = portal.put(resource, json!({ "PublicPermission": "" }));
    assert_eq!((status, &none["PublicPermission"]), (200, &json!("")));
    let long = json!({ "Description": "x".repeat(257) });
    assert_eq!(portal.refused("PUT", resource, Some(long)).0, 400);
    assert_eq!(portal.refused("DELETE", "/v2/security/resource?name=%25Admin_Secure", None).0, 409);
    assert_eq!((portal.status("DELETE", resource), portal.status("DELETE", resource)), (200, 404));
    assert_eq!(portal.refused("GET", resource, None), (404, 892, json!(["Ward_Chart"])));
}

#[test]
fn services_are_edited_and_keep_what_they_can_have() {
    let portal = Portal::open();
    let service = "/v2/security/service?name=%25Service_Bindings";
    let before = portal.get(service);
    let (status, edited) = portal.put(service, json!({ "ClientSystems": ["10.0.0.1", "10.0.0.2"] }));
    assert_eq!((status, &edited["ClientSystems"]), (200, &json!(["10.0.0.1", "10.0.0.2"])));
    assert_eq!((&edited["AutheEnabled"], &edited["Enabled"]), (&before["AutheEnabled"], &before["Enabled"]));
    let masked = portal.ask("PUT", service, Some(json!({ "AutheEnabled": 48, "Enabled": true })));
    assert_eq!((masked.status, &masked.json()["result"]["AutheEnabled"]), (200, &json!(32)));
    assert!(masked.json()["console"][0].as_str().unwrap().contains("16"), "{masked:?}");
    assert_eq!(portal.refused("PUT", service, Some(json!({ "AutheEnabled": 16 }))).1, 820);
    assert_eq!(portal.refused("PUT", service, Some(json!({ "AutheEnabled": 0 }))).1, 820);
    assert_eq!(portal.put(service, json!({ "AutheEnabled": 0, "Enabled": false })).0, 200, "one that is off");
    let unknown = portal.refused("PUT", "/v2/security/service?name=%25Service_Nope", Some(json!({})));
    assert_eq!(unknown, (404, 809, json!(["%Service_Nope"])));
    let rows = portal.get("/v2/security/services");
    let row = rows.as_array().unwrap().iter().find(|row| row["Name"] == "%Service_WebGateway").unwrap();
    assert_eq!(
        (&row["Enabled"], &row["EnabledBoolean"], &row["HttpOnlyCookies"]),
        (&json!(true), &json!(true), &json!(true))
    );
    assert_eq!(row["AuthenticationMethods"], json!(["Password"]));
}

#[test]
fn web_applications_are_made_edited_and_deleted() {
    let portal = Portal::open();
    let application = "/v2/web-app?name=%2Fcsp%2Fward";
    assert_eq!(portal.refused("PUT", application, Some(json!({}))), (400, 40_301, json!(["NameSpace"])));
    let body = json!({
        "NameSpace": "USER", "AutheEnabled": 3_145_764, "ServeFiles": "Always and cached", "UseCookies": "Never",
        "MatchRoles": [{ "MatchRole": "", "TargetRoles": ["Desk"] }], "CorsAllowlist": ["https://a.example"],
    });
    let (status, made) = portal.put(application, body);
    assert_eq!((status, &made["AutheEnabled"]), (201, &json!(3_145_764)), "{made}");
    assert_eq!((&made["ServeFiles"], &made["UseCookies"]), (&json!("Always and cached"), &json!("Never")));
    assert_eq!(made["MatchRoles"], json!([{ "MatchRole": "", "TargetRoles": ["Desk"] }]));
    let (status, edited) = portal.put(application, json!({ "Description": "Ward" }));
    let expected = made.as_object().unwrap().iter().map(|(name, value)| {
        (name.clone(), if name == "Description" { json!("Ward") } else { value.clone() })
    });
    assert_eq!((status, edited), (200, expected.collect()));
    assert_eq!(portal.refused("PUT", application, Some(json!({ "ServeFiles": "never" }))).1, 40_308);
    assert_eq!((portal.status("DELETE", application), portal.status("DELETE", application)), (200, 404));
    let stock = portal.get("/v2/web-app?name=%2Fapi%2Fadmin");
    for (name, value) in [
        ("AutheEnabled", json!(32)),
        ("JWTAuthEnabled", json!(true)),
        ("JWTAccessTokenTimeout", json!(60)),
        ("JWTRefreshTokenTimeout", json!(900)),
        ("NameSpace", json!("%SYS")),
        ("GroupById", json!("%ISCMgtPortal")),
        ("Resource", json!("")),
        ("UseCookies", json!("Always")),
        ("SessionScope", json!("Strict")),
        ("UserCookieScope", json!("Strict")),
        ("Timeout", json!(3600)),
        ("DispatchClass", json!("%Api.Admin")),
    ] {
        assert_eq!(stock[name], value, "{name}");
    }
    assert!(stock.get("Type").is_none());
}

#[test]
fn sql_privileges_are_granted_seen_through_roles_and_revoked() {
    let portal = Portal::open();
    portal.put("/v2/security/role?name=High", json!({}));
    portal.put("/v2/security/role?name=Middle", json!({ "GrantedRoles": ["High"] }));
    portal.put("/v2/security/role?name=Low", json!({ "GrantedRoles": ["Middle"] }));
    portal.0.modify("clerk", "Roles", "Low,Desk");
    let at = |operation: &str, grantee: &str, action: &str| {
        format!(
            "/v2/security/sql-privilege{operation}?namespace=USER&grantee={grantee}&type=TABLE&object=Sample.Person&action={action}"
        )
    };
    let held = |grantee: &str, action: &str| portal.ask("HEAD", &at("", grantee, action), None).status;
    assert_eq!(held("clerk", "SELECT"), 404);
    assert_eq!(portal.status("POST", &at("/grant", "High", "SELECT")), 200);
    assert_eq!((held("clerk", "SELECT"), held("clerk", "UPDATE"), held("boss", "UPDATE")), (200, 404, 200));
    let row = json!({
        "Type": "TABLE", "Object": "Sample.Person", "Name": "Sample.Person", "Action": "SELECT",
        "Privilege": "SELECT", "GrantedBy": "boss", "GrantOption": false, "GrantedVia": "Role:High",
        "HasColumnPriv": false,
    });
    assert_eq!(portal.get("/v2/security/sql-privileges?grantee=clerk&namespace=USER"), json!([row]));
    assert_eq!(portal.get("/v2/security/sql-privileges?grantee=clerk&namespace=OTHER"), json!([]));
    assert_eq!(portal.status("POST", &at("/revoke", "High", "SELECT")), 200);
    assert_eq!(held("clerk", "SELECT"), 404);
    // All at once, with the right to pass them on, and that right alone taken away.
    assert_eq!(portal.status("POST", &(at("/grant", "clerk", "*") + "&withGrant=1")), 200);
    let grantable = || portal.ask("HEAD", &(at("", "clerk", "DELETE") + "&withGrant=1"), None).status;
    assert_eq!((held("clerk", "DELETE"), held("clerk", "ALTER"), grantable()), (200, 200, 200));
    assert_eq!(portal.status("POST", &(at("/revoke", "clerk", "DELETE") + "&withGrant=1")), 200);
    assert_eq!((held("clerk", "DELETE"), grantable()), (200, 404));
    assert_eq!(portal.status("POST", &(at("/revoke", "clerk", "DELETE") + "&asGrantor=nobody")), 200);
    assert_eq!(held("clerk", "DELETE"), 200);
    assert_eq!(portal.status("POST", &(at("/revoke", "clerk", "*") + "&asGrantor=BOSS&cascade=1")), 200);
    assert_eq!(held("clerk", "SELECT"), 404);
    for wrong in [
        at("/grant", "nobody", "SELECT"),
        at("/grant", "clerk", "FLY"),
        at("/grant", "clerk", "SELECT").replace("TABLE", "CUBES"),
        at("/grant", "clerk", "SELECT") + "&withGrant=2",
        "/v2/security/sql-privileges?grantee=nobody&namespace=USER"
            .replace("sql-privileges", "sql-privilege/grant"),
    ] {
        assert_eq!(portal.status("POST", &wrong), 400, "{wrong}");
    }
}

#[test]
fn sql_privileges_on_columns_and_of_administration() {
    let portal = Portal::open();
    let column = |operation: &str| {
        format!(
            "/v2/security/sql-column-privilege{operation}?action=UPDATE&grantee=clerk&namespace=USER&object=Sample.Person&column=Name&type=TABLE"
        )
    };
    assert_eq!(portal.status("POST", &column("/grant")), 200);
    assert_eq!(portal.ask("HEAD", &column(""), None).status, 200);
    let columns = "/v2/security/sql-column-privileges?grantee=clerk&namespace=USER&object=sample.person";
    let row = json!({
        "Column": "Name", "Privilege": "UPDATE", "GrantedBy": "boss", "GrantOption": false,
        "GrantedVia": "Direct",
    });
    assert_eq!(portal.get(columns), json!([row]));
    assert_eq!(portal.status("POST", &column("/revoke")), 200);
    assert_eq!(portal.ask("HEAD", &column(""), None).status, 404);
    let admin = |operation: &str| {
        format!(
            "/v2/security/sql-admin-privilege{operation}?privilege=%25CREATE_TABLE&grantee=clerk&namespace=USER"
        )
    };
    assert_eq!(portal.status("POST", &(admin("/grant") + "&withGrant=true")), 200);
    assert_eq!(portal.ask("HEAD", &(admin("") + "&withGrant=1"), None).status, 200);
    let list = |grantee: &str| {
        portal.get(&format!("/v2/security/sql-admin-privileges?grantee={grantee}&namespace=USER"))
    };
    let row = json!({ "Privilege": "%CREATE_TABLE", "GrantOption": true, "GrantedVia": "Direct" });
    assert_eq!(list("clerk"), json!([row]));
    assert_eq!(list("boss")[0]["GrantedVia"], "SuperUser");
    assert_eq!(portal.status("POST", &admin("/revoke")), 200);
    assert_eq!(list("clerk"), json!([]));
}

#[test]
fn what_is_written_stands_in_the_audit_trail() {
    let portal = Portal::open();
    portal.put("/v2/security/role?name=Nurse", json!({ "Description": "x" }));
    let rows = portal.result("/v2/security/audit/records?events=RoleChange&usernames=boss");
    let row = &rows[0];
    assert!(row["Description"].as_str().unwrap().contains("Nurse"), "{row}");
    assert_eq!((&row["EventSource"], &row["EventType"]), (&json!("%System"), &json!("%Security")));
    assert!(row["AuditIndex"].is_u64() && row["Pid"].is_u64(), "{row}");
    let text = |name: &str| row[name].as_str().unwrap().replace(' ', "%20").replace(':', "%3A");
    let record = format!(
        "/v2/security/audit/record?utcTimeStamp={}&systemID={}&auditIndex={}",
        text("UTCTimeStamp"),
        text("SystemID"),
        row["AuditIndex"]
    );
    let found = portal.get(&record);
    assert_eq!(found["Description"], row["Description"]);
    assert_eq!(found["AuditIndex"], json!(row["AuditIndex"].to_string()));
    assert!(found.get("TimeStamp").is_none() && found.get("SessionID").is_none());
    let other = record.replace("auditIndex=", "auditIndex=9");
    assert_eq!(portal.status("GET", &other), 404);
    let newest = portal.result("/v2/security/audit/records?maxRows=2");
    let oldest = portal.result("/v2/security/audit/records?maxRows=2&ascending=1");
    assert_eq!((newest.as_array().unwrap().len(), oldest.as_array().unwrap().len()), (2, 2));
    assert_ne!(newest, oldest);
    let none = "/v2/security/audit/records?endDateTime=2000-01-01%2000:00:00";
    assert_eq!(portal.result(none), json!([]));
    assert_eq!(portal.status("POST", "/v2/security/audit/records?beginDateTime=yesterday"), 400);
    let tasks = portal.get("/v2/async-results");
    assert_eq!((tasks.as_array().unwrap().len(), &tasks[0]["State"]), (4, &json!("Finished")));
    portal.0.holder("ann", "%Admin_Operate");
    assert_eq!(portal.0.admin("ann", "GET", "/v2/async-results", None).json()["result"], json!([]));
    assert_eq!(portal.0.admin("ann", "GET", "/v2/async-result?id=1", None).status, 404);
    assert_eq!(portal.0.admin("boss", "GET", "/v2/async-result?id=1", None).status, 200);
    assert_eq!(portal.status("POST", "/v2/async-result/cancel?id=1"), 409);
}

#[test]
fn audit_events_are_counted_made_and_switched() {
    let portal = Portal::open();
    assert_eq!(portal.get("/v2/security/audit/enabled"), json!({ "Enabled": true }));
    assert_eq!(
        portal.put("/v2/security/audit/enabled", json!({ "Enabled": false })),
        (200, json!({ "Enabled": false }))
    );
    assert_eq!(portal.put("/v2/security/audit/enabled", json!({ "Enabled": true })).0, 200);
    assert_eq!(portal.refused("PUT", "/v2/security/audit/enabled", Some(json!({}))).1, 40_301);
    let event = "/v2/security/audit/event?source=Ward&type=Door&name=Opened";
    let body = json!({ "Description": "A door", "Enabled": true });
    assert_eq!(portal.put(event, body.clone()), (201, body.clone()));
    assert_eq!(portal.put(event, json!({ "Enabled": false })).1["Enabled"], false);
    assert_eq!(
        portal.get("/v2/security/audit/events?names=Opene*&eventOwner=0")[0]["EventName"],
        "Ward/Door/Opened"
    );
    assert_eq!(portal.get("/v2/security/audit/events?names=Opene*&eventOwner=1"), json!([]));
    let system = "/v2/security/audit/event?source=%25System&type=%25Login&name=Login";
    assert_eq!(portal.put(system, json!({ "Enabled": true })).0, 200);
    assert_eq!(portal.refused("DELETE", system, None).0, 409);
    let count = || portal.get("/v2/security/audit/events?names=Login")[0]["Total"].clone();
    assert!(count().as_u64().unwrap() > 0);
    assert_eq!(portal.status("POST", &system.replace("event?", "event/clear-count?")), 200);
    assert_eq!(count(), 0);
    assert_eq!((portal.status("DELETE", event), portal.status("DELETE", event)), (200, 404));
    assert_eq!(portal.status("POST", &event.replace("event?", "event/clear-count?")), 404);
}

#[test]
fn neighbours_tell_the_truth() {
    let portal = Portal::open();
    for empty in ["database-dirs", "processes", "locks", "journal/files", "tasks", "wallet/collections"] {
        assert_eq!(portal.get(&format!("/v2/{empty}")), json!([]), "{empty}");
    }
    assert_eq!(portal.get("/v2/namespaces")[0]["Name"], "%SYS");
    assert_eq!(portal.get("/v2/namespace?name=user")["Globals"], "USER");
    let missing = portal.refused("GET", "/v2/namespace?name=NOPE", None);
    assert_eq!(missing, (404, 420, json!(["Namespace", "NOPE"])));
    assert_eq!(portal.get("/v2/databases")[0]["Name"], "IRISSYS");
    assert_eq!(portal.get("/v2/monitor/dashboard/main")["Status"]["UpTime"], "0d 00h 00m");
}

#[test]
fn what_is_no_request_is_told() {
    let portal = Portal::open();
    let role = "/v2/security/role?name=Desk";
    assert_eq!(portal.ask("PUT", role, None).status, 415, "without a body");
    let form = Request::post(&format!("/api/admin{role}"), "x=1").log_in("boss", PASSWORD);
    assert_eq!(portal.0.ask(&form).status, 405);
    assert_eq!(portal.0.ask(&form).header("allow"), Some("GET,PUT,DELETE"));
    let body = Request::post("/api/admin/v2/security/user?name=x", "{}").log_in("boss", PASSWORD);
    assert_eq!(portal.0.ask(&body).status, 415, "not JSON by its header");
    for (path, status) in [
        ("/v2/security/role?name=%zz", 400),
        ("/v2/security/role?name=a&name=b", 400),
        ("/v2/security/role", 400),
        ("/v2/security/rolex", 404),
        ("/v1/security/role?name=Desk", 404),
        ("", 404),
    ] {
        assert_eq!(portal.status("GET", path), status, "{path}");
    }
    let twice = Request::post("/api/admin/v2/security/user?name=x", r#"{"Password":"a","Password":"b"}"#);
    let twice = twice.log_in("boss", PASSWORD).header("Content-Type", "application/json; charset=utf-8");
    let twice = portal.0.ask(&twice);
    assert_eq!(twice.status, 400);
    assert!(twice.body.contains("the key `Password` stands twice"), "{twice:?}");
}

#[test]
fn the_tree_answers_below_the_prefix_of_the_instance() {
    let place = Place { prefix: "/iris".to_owned(), ..Place::default() };
    let clinic = Clinic::placed(Limits::default(), None, place);
    for (path, status) in [
        ("/iris/api/admin/info", 200),
        ("/api/admin/info", 200),
        ("/iris/iris/api/admin/info", 404),
        ("/irisapi/admin/info", 404),
        ("/iris", 404),
    ] {
        assert_eq!(clinic.ask(&Request::get(path).log_in("boss", PASSWORD)).status, status, "{path}");
    }
}

#[test]
fn pages_of_other_origins_are_kept_out_unless_they_are_let_in() {
    let portal = Portal::open();
    let ask = |method: &str, origin: &str| {
        let request = Request::new(method, "/api/admin/info").header("Origin", origin);
        portal.0.ask(&request.log_in("boss", PASSWORD))
    };
    assert_eq!(ask("GET", "http://here").status, 200, "its own");
    assert_eq!(
        (ask("GET", "https://portal.example").status, ask("OPTIONS", "https://portal.example").status),
        (403, 405)
    );
    let allow = json!({ "CorsAllowlist": ["https://portal.example"] });
    assert_eq!(portal.put("/v2/web-app?name=%2Fapi%2Fadmin", allow).0, 200);
    let let_in = ask("GET", "https://portal.example");
    assert_eq!(let_in.status, 200);
    assert_eq!(let_in.header("access-control-allow-origin"), Some("https://portal.example"));
    assert_eq!(let_in.header("access-control-expose-headers"), Some("Location"));
    assert_eq!(ask("OPTIONS", "https://portal.example").status, 204);
    assert_eq!(ask("GET", "https://other.example").status, 403);
}

/// A superserver is found by its place, however its address is written.
#[test]
fn superservers_are_made_found_changed_and_deleted_by_their_place() {
    let portal = Portal::open();
    let one = |place: &str| format!("/v2/security/superserver?{place}");
    assert_eq!(portal.get("/v2/security/superservers"), json!([]), "there is none at first");
    assert_eq!(portal.status("GET", &one("port=1972")), 404);
    assert_eq!(portal.status("DELETE", &one("port=1972")), 404);
    for wrong in [
        "",
        "port=",
        "port=99",
        "port=65536",
        "port=x",
        "port=1972&bindAddress=host.example",
        "port=1&port=2",
    ] {
        assert_eq!(portal.status("GET", &one(wrong)), 400, "{wrong}");
    }
    assert_eq!(portal.put(&one("port=1972"), json!({})).0, 201);
    let (status, made) = portal.put(&one("port=1973&bindAddress=0:0::1"), json!({ "EnableCSP": true }));
    assert_eq!((status, &made["EnableCSP"], &made["SystemDefault"]), (201, &json!(true), &json!(false)));
    let (status, changed) = portal.put(&one("port=1973&bindAddress=::1"), json!({ "SystemDefault": true }));
    assert_eq!((status, &changed["EnableCSP"], &changed["SystemDefault"]), (200, &json!(true), &json!(true)));
    assert_eq!(portal.put(&one("port=1972&bindAddress=::ffff:10.0.0.1"), json!({})).0, 201);
    assert_eq!(portal.status("GET", &one("port=1972&bindAddress=10.0.0.1")), 200);
    assert_eq!(portal.status("GET", &one("port=1972&bindAddress=0.0.0.0")), 200, "any address");
    let row = json!({ "Port": 1973, "BindAddress": "::1", "Enabled": true, "SystemDefault": true });
    assert_eq!(portal.get("/v2/security/superservers?filter=1973"), json!([row]));
    assert_eq!(portal.refused("DELETE", &one("port=1973&bindAddress=::1"), None).0, 400, "the default");
    assert_eq!(portal.status("DELETE", &one("port=1972")), 200);
    assert_eq!(portal.status("GET", &one("port=1972")), 404);
}

/// What a configuration of TLS says is kept, its password is not shown, and files lie below the directory for them.
#[test]
fn tls_configurations_name_only_files_below_their_directory() {
    let folder = tempfile::tempdir().unwrap();
    let below = |name: &str| folder.path().join("tls").join(name).display().to_string();
    std::fs::create_dir(folder.path().join("tls")).unwrap();
    for file in ["tls/front.pem", "tls/front.key", "elsewhere.pem"] {
        std::fs::write(folder.path().join(file), "").unwrap();
    }
    let place = Place { files: Some(folder.path().join("tls")), ..Place::default() };
    let portal = Portal(Clinic::placed(Limits::default(), None, place));
    let one = "/v2/security/ssl-configuration?name=Front";
    assert_eq!((portal.status("GET", one), portal.status("DELETE", one)), (404, 404));
    let whole = json!({
        "Enabled": true, "Type": 1, "VerifyPeer": 3, "CertificateFile": below("front.pem"),
        "PrivateKeyFile": below("front.key"), "PrivateKeyPassword": PASSWORD, "PrivateKeyType": 3, "OCSP": 1,
        "Ciphersuites": ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"],
    });
    let (status, made) = portal.put(one, whole);
    assert_eq!((status, &made["Type"], &made["VerifyPeer"]), (201, &json!(1), &json!(3)));
    assert_eq!((&made["PrivateKeyType"], &made["OCSP"]), (&json!(3), &json!(1)));
    assert_eq!(made["Ciphersuites"], json!(["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"]));
    assert_eq!(made.get("PrivateKeyPassword"), None);
    assert_eq!(portal.get(one), made);
    assert!(portal.keeps(Kind::SslConfig, "PrivateKeyPassword"));
    for wrong in [
        json!({ "VerifyPeer": 2 }),
        json!({ "Type": 0 }),
        json!({ "TLSMinVersion": 3 }),
        json!({ "TLSMaxVersion": 4 }),
        json!({ "DiffieHellmanBits": 1 }),
    ] {
        assert_eq!(portal.put(one, wrong.clone()).0, 400, "{wrong}");
    }
    for (file, why) in [
        (folder.path().join("elsewhere.pem").display().to_string(), "a file elsewhere"),
        (below("../elsewhere.pem"), "the way out"),
        (below("none.pem"), "a file that is not there"),
    ] {
        let named = json!({ "CertificateFile": file, "PrivateKeyFile": below("front.key") });
        let refused = portal.ask("PUT", one, Some(named));
        assert!(refused.status == 400 && refused.body.contains("CertificateFile: "), "{why}: {refused:?}");
    }
    assert_eq!(portal.get(one), made, "nothing is half done");
    assert_eq!(portal.put(one, json!({ "CertificateFile": "" })).0, 400, "a key without a certificate");
    assert_eq!(portal.put(one, json!({ "Type": 2 })).0, 400);
    assert_eq!(portal.put(one, json!({ "Enabled": false })).1["Enabled"], json!(false));
    let row = json!({ "Name": "Front", "Description": "", "Enabled": false, "Type": "Server" });
    assert_eq!(portal.get("/v2/security/ssl-configurations?filter=front"), json!([row]));
    assert_eq!((portal.status("DELETE", one), portal.status("GET", one)), (200, 404));
}

/// Whatever names a file is judged, and says which it is.
#[test]
fn every_property_that_names_a_file_is_judged() {
    let portal = Portal::open();
    let tls = ["CAFile", "CAPath", "CertificateFile", "PrivateKeyFile", "OCSPIssuerCert", "OCSPResponseFile"];
    let whole = |name: &str| json!({ "Enabled": true, "Type": 0, "VerifyPeer": 0, name: "/etc/passwd" });
    let tls = tls.map(|name| ("/v2/security/ssl-configuration?name=Out", name, whole(name)));
    let authority = json!({ "LDAPCACertFile": "/etc/passwd" });
    let ldap = [("/v2/security/ldap/configuration?name=company.com", "LDAPCACertFile", authority)];
    for (path, name, body) in tls.into_iter().chain(ldap) {
        let refused = portal.ask("PUT", path, Some(body));
        let told = format!("{name}: no file can be named over HTTP here");
        assert!(refused.status == 400 && refused.body.contains(&told), "{refused:?}");
        assert_eq!(portal.status("GET", path), 404, "nothing is half done");
    }
}

/// What somebody else named is sent back as it was read, and stays.
#[test]
fn files_that_are_named_already_may_be_sent_back() {
    let portal = Portal::open();
    let properties = Properties::new().with("CAFile", "/etc/ssl/certs/company.pem");
    portal.0.submit(Change::CreateConfig { kind: Kind::SslConfig, name: "Out".to_owned(), properties });
    let one = "/v2/security/ssl-configuration?name=Out";
    let mut whole = portal.get(one);
    whole["Description"] = json!("to the directory");
    assert_eq!(portal.put(one, whole).0, 200);
    assert_eq!(portal.get(one)["CAFile"], "/etc/ssl/certs/company.pem");
    assert_eq!(portal.put(one, json!({ "CAFile": "/etc/passwd" })).0, 400);
}

#[test]
fn ldap_configurations_are_made_read_by_operators_and_tried() {
    let portal = Portal::open();
    portal.0.holder("operator", "%Admin_Operate");
    let one = "/v2/security/ldap/configuration?name=company.com";
    assert_eq!((portal.status("GET", one), portal.status("DELETE", one)), (404, 404));
    let body = json!({
        "LDAPFlags": 64, "LDAPHostNames": ["a.company.com", "b.company.com:390"], "LDAPBaseDN": "dc=a",
        "LDAPBaseDNForGroups": "dc=a", "LDAPAttributes": ["title", "l"],
    });
    let (status, made) = portal.put(one, body);
    assert_eq!((status, &made["LDAPAttributes"]), (201, &json!(["title", "l"])));
    assert_eq!(made["LDAPHostNames"], json!(["a.company.com", "b.company.com:390"]));
    assert_eq!(portal.put(one, json!({ "LDAPFlags": 0 })).0, 200);
    assert_eq!(portal.put(one, json!({ "LDAPCACertFile": "/etc/passwd" })).0, 400);
    assert_eq!(
        portal.put(one, json!({ "LDAPSearchPassword": "x" })).0,
        400,
        "it has an operation of its own"
    );
    let row = json!({ "Name": "company.com", "Enabled": false, "Description": "", "LDAPCACertFile": "" });
    for path in ["/v2/security/ldap/configurations", "/v2/security/ldap/configuration?name=company.com"] {
        let answer = portal.0.admin("operator", "GET", path, None);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }
    assert_eq!(portal.0.admin("operator", "DELETE", one, None).status, 403);
    assert_eq!(portal.get("/v2/security/ldap/configurations?names=comp*"), json!([row]));
    assert_eq!(portal.get("/v2/security/ldap/configurations?names=other*"), json!([]));
    let password = "/v2/security/ldap/configuration/search-password?name=company.com";
    let set = portal.ask("POST", password, Some(json!({ "LDAPSearchPassword": PASSWORD })));
    assert_eq!(set.status, 200, "{set:?}");
    assert!(!portal.get(one).to_string().contains(PASSWORD));
    assert!(portal.keeps(Kind::LdapConfig, "LDAPSearchPassword"));
    assert_eq!((portal.status("DELETE", one), portal.status("GET", one)), (200, 404));
}

/// Directories are asked about somebody no faster than somebody could sign in.
#[test]
fn passwords_are_not_tried_at_directories_without_end() {
    let limits = Limits { sign_ins_at_once: 3, sign_ins_a_second: 1, ..Limits::default() };
    let portal = Portal(Clinic::within(limits));
    let body = || json!({ "Username": "ann@company.com", "Password": OTHER });
    let asked: Vec<u16> =
        (0..6).map(|_| portal.ask("POST", "/v2/security/ldap/test", Some(body())).status).collect();
    assert_eq!((asked[0], asked[5]), (202, 429), "{asked:?}");
    let long = json!({ "Username": "a".repeat(257), "Password": OTHER });
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(portal.ask("POST", "/v2/security/ldap/test", Some(long)).status, 400);
}

/// Switches are bits of one number: each changes its own, and what nobody names stays.
#[test]
fn web_authentication_is_switched_bit_by_bit() {
    const KERBEROS: i64 = 0b11_1000_1111;
    const PASSWORDS: i64 = 1 << 5;
    const LDAP: i64 = 1 << 11;
    let portal = Portal::open();
    let one = "/v2/security/web-auth";
    let bits = || {
        let system = portal.0.engine.show(&portal.0.owner(), Kind::System, "SYSTEM").unwrap();
        system.get("AutheEnabled").unwrap().text().parse::<i64>().unwrap()
    };
    let (before, told) = (bits(), portal.get(one));
    assert_eq!(told["AutheCache"], json!(before & PASSWORDS != 0));
    let (status, changed) = portal.put(one, json!({ "AutheLDAP": true, "AutheKB": true }));
    assert_eq!((status, bits()), (200, before | LDAP | if before & KERBEROS == 0 { KERBEROS } else { 0 }));
    assert_eq!((&changed["AutheLDAP"], &changed["AutheKB"]), (&json!(true), &json!(true)));
    assert_eq!(portal.put(one, json!({ "AutheKB": false, "AutheAlwaysTryDelegated": true })).0, 200);
    assert_eq!(bits(), (before | LDAP) & !KERBEROS);
    let told = portal.get(one);
    assert_eq!((&told["AutheKB"], &told["AutheAlwaysTryDelegated"]), (&json!(false), &json!(true)));
    let mail = json!({ "SMTPServer": "mail.company.com", "SMTPUsername": "sclera", "TwoFactorTimeout": 300 });
    assert_eq!(portal.put(one, mail).0, 200);
    assert_eq!(bits(), (before | LDAP) & !KERBEROS, "no switch was named");
    assert_eq!(portal.get(one)["TwoFactorTimeout"], 300);
    assert_eq!(portal.put(one, json!({ "AutheCache": 1 })).0, 400);
    assert_eq!(portal.put(one, json!({ "SMPTPPassword": "x" })).0, 400, "it has an operation of its own");
    let password = json!({ "SMPTPPassword": PASSWORD });
    assert_eq!(portal.ask("POST", &format!("{one}/smtp-password"), Some(password)).status, 200);
    assert!(portal.keeps(Kind::System, "SMTPPassword"));
    assert!(!portal.get(one).to_string().contains(PASSWORD));
}

#[test]
fn privileged_routines_are_kept_apart_from_web_applications() {
    let portal = Portal::open();
    let one = "/v2/security/privileged-routine?name=Rounds";
    let calls = json!([{ "RoutineOrClass": "Ward.Rounds", "Db": "USER", "Type": "Class" }]);
    let (status, made) = portal.put(one, json!({ "Routines": calls, "Resource": "AppData" }));
    assert_eq!((status, &made["Routines"], &made["Enabled"]), (201, &calls, &json!(true)));
    let kept = portal.0.engine.show(&portal.0.owner(), Kind::Application, "Rounds").unwrap();
    assert_eq!(kept.get("Routines").unwrap().text(), "Ward.Rounds:USER:1");
    assert_eq!(portal.put(one, json!({ "Description": "rounds" })).1["Routines"], calls);
    for wrong in [
        json!([{ "RoutineOrClass": "a:b", "Db": "USER", "Type": "Class" }]),
        json!([{ "RoutineOrClass": "a", "Db": "USER" }]),
        json!([{ "RoutineOrClass": "a", "Db": "USER", "Type": "Method" }]),
        json!([{ "RoutineOrClass": "a", "Db": "USER", "Type": "Class", "More": 1 }]),
        json!(["a"]),
        json!({}),
    ] {
        assert_eq!(portal.put(one, json!({ "Routines": wrong })).0, 400, "{wrong}");
    }
    assert_eq!(portal.get(one)["Routines"], calls, "nothing is half done");
    let names = portal.get("/v2/security/privileged-routines?filter=rounds");
    assert_eq!((names[0]["Name"].as_str(), names[0]["Type"].as_str()), (Some("Rounds"), Some("Privileged")));
    assert!(!portal.get("/v2/security/privileged-routines").to_string().contains("/api/admin"));
    let web = "/v2/security/privileged-routine?name=%2Fapi%2Fadmin";
    assert_eq!((portal.status("GET", web), portal.status("DELETE", web)), (404, 404));
    assert_eq!(portal.put(web, json!({ "Enabled": false })).0, 409);
    assert_eq!(portal.put(one, json!({ "Routines": [] })).1["Routines"], json!([]));
    assert_eq!((portal.status("DELETE", one), portal.status("GET", one)), (200, 404));
}

/// What is to go is said in full; what went is told, and leaves its mark.
#[test]
fn records_are_purged_in_a_task() {
    let portal = Portal::open();
    let purge = |from: &str, to: &str| {
        let body = json!({ "BeginDateTime": from, "EndDateTime": to });
        let queued = portal.ask("POST", "/v2/security/audit/record/purge", Some(body));
        assert_eq!(queued.status, 202, "{queued:?}");
        let id = queued.header("location").unwrap().rsplit('=').next().unwrap().to_owned();
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let task = portal.get(&format!("/v2/async-result?id={id}"));
            if task["State"] == "Finished" {
                return task["Console"][0].as_str().unwrap().to_owned();
            }
            assert!(Instant::now() < until, "{task}");
        }
    };
    for wrong in
        [json!({}), json!({ "BeginDateTime": "" }), json!({ "BeginDateTime": "soon", "EndDateTime": "" })]
    {
        let refused = portal.ask("POST", "/v2/security/audit/record/purge", Some(wrong));
        assert_eq!(refused.status, 400, "{refused:?}");
    }
    assert_eq!(portal.put("/v2/security/audit/enabled", json!({ "Enabled": true })).0, 200);
    let event = "/v2/security/audit/event?source=%25System&type=%25Login&name=LoginFailure";
    assert_eq!(portal.put(event, json!({ "Enabled": true })).0, 200);
    for _ in 0..6 {
        assert_eq!(portal.0.session("clerk", OTHER), 401);
    }
    assert_eq!(purge("", "2020-12-31 23:59:59"), "purged 0 events", "all are younger");
    let told = purge("", "");
    let count: u64 = told.trim_start_matches("purged ").trim_end_matches(" events").parse().unwrap();
    assert!(count > 5, "{told}");
    assert_eq!(portal.result("/v2/security/audit/records?events=LoginFailure"), json!([]));
}
