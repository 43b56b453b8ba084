//! The clients against a server over TLS.

use crate::harness::PASSWORD;
use crate::served::Served;
use sclera_client::{
    Client, Error, GetAuditRecordQuery, GetRolesQuery, HeadSqlPrivilegeQuery, PostAuditRecordsQuery,
    PostEvaluation, PostEvaluationAction, PostEvaluationSubject, PostExplain, PostLogin, PostSimulate,
    PostSimulateChanges, PostSimulateChangesChange, PostSimulateChangesChangePutUser,
    PostSqlPrivilegeGrantQuery, PostUser, PutResource, PutRole, PutUser, RoleResource, Secret, Simulate,
};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

fn client(served: &Served) -> Client {
    Client::at(&served.address).trusting(served.authority.as_bytes()).build().unwrap()
}

pub(crate) fn signed_in(served: &Served, user: &str) -> Client {
    let client = client(served);
    let password = Secret::from(PASSWORD);
    client.sign_in(&PostLogin { user: user.to_owned(), password, ..PostLogin::default() }).unwrap();
    client
}

fn status<T: std::fmt::Debug>(result: Result<T, Error>) -> (u16, String) {
    match result {
        Err(Error::Refused(refusal)) => (refusal.status, refusal.code),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_client_in_rust_administers_over_a_session() {
    let served = Served::new();
    let boss = signed_in(&served, "boss");
    let info = boss.get_info().unwrap();
    assert_eq!((info.username.as_str(), info.api_version), ("boss", 2));
    let resource = PutResource {
        description: Some("Results of the laboratory".to_owned()),
        public_permission: Some(String::new()),
    };
    assert_eq!(boss.put_resource("Lab Résults", &resource).unwrap().description, "Results of the laboratory");
    let held = RoleResource { name: "Lab Résults".to_owned(), permissions: "RW".to_owned() };
    let role = PutRole { resources: Some(vec![held]), ..PutRole::default() };
    assert_eq!(boss.put_role("Analyst", &role).unwrap().resources.len(), 1);
    let described = PutRole { description: Some("Of the laboratory".to_owned()), ..PutRole::default() };
    assert_eq!(boss.put_role("Analyst", &described).unwrap().resources.len(), 1, "what is not named stays");
    let user = PutUser { roles: Some(vec!["Analyst".to_owned()]), ..PutUser::default() };
    let new = PostUser { user, password: Secret::from(PASSWORD) };
    assert_eq!(boss.post_user("ann", &new).unwrap().roles, ["Analyst"]);
    assert_eq!(status(boss.post_user("ann", &new)), (409, "837".to_owned()));
    assert_eq!(status(boss.get_role("Nobody")), (404, "883".to_owned()));
    let listed =
        boss.get_roles(&GetRolesQuery { filter: Some("laboratory".to_owned()), max_rows: Some(5) }).unwrap();
    assert_eq!(listed.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["Analyst"]);
    sql_privileges(&boss);
    records(&boss);
    boss.delete_role("Analyst").unwrap();
    assert!(boss.get_user("ann").unwrap().roles.is_empty());
    assert_eq!(status(signed_in(&served, "clerk").get_role("Reader")), (403, String::new()));
    boss.sign_out().unwrap();
    assert_eq!(status(boss.get_info()).0, 401);
}

fn sql_privileges(boss: &Client) {
    let text = str::to_owned;
    let grant = PostSqlPrivilegeGrantQuery {
        namespace: text("USER"),
        grantee: text("Analyst"),
        r#type: text("TABLE"),
        object: text("Lab.Result"),
        action: text("SELECT"),
        with_grant: None,
    };
    boss.post_sql_privilege_grant(&grant).unwrap();
    let asked = |action: &str| HeadSqlPrivilegeQuery {
        namespace: text("USER"),
        grantee: text("ann"),
        r#type: text("TABLE"),
        object: text("Lab.Result"),
        action: text(action),
        with_grant: None,
    };
    assert!(boss.head_sql_privilege(&asked("SELECT")).unwrap());
    assert!(!boss.head_sql_privilege(&asked("DELETE")).unwrap());
}

/// A query of records is a task; each row leads to its record.
fn records(boss: &Client) {
    let query = PostAuditRecordsQuery {
        events: Some("UserChange".to_owned()),
        max_rows: Some(1),
        ..Default::default()
    };
    let task = boss.post_audit_records(&query).unwrap();
    let late = Instant::now() + Duration::from_secs(30);
    let result = loop {
        let task = boss.get_async_result(&task).unwrap();
        if task.state == "Finished" {
            break task.result;
        }
        assert!(Instant::now() < late, "{task:?}");
        thread::yield_now();
    };
    let row = &result[0];
    let text = |name: &str| row[name].as_str().unwrap().to_owned();
    let place = GetAuditRecordQuery {
        utc_time_stamp: text("UTCTimeStamp"),
        system_id: text("SystemID"),
        audit_index: row["AuditIndex"].as_i64().unwrap(),
    };
    assert_eq!(boss.get_audit_record(&place).unwrap().event, "UserChange");
}

#[test]
fn the_client_in_rust_asks_with_a_token_of_a_machine() {
    let served = Served::new();
    let token = served.machine();
    let ward = client(&served);
    assert_eq!(status(ward.holds("Ward_Chart", "R")).0, 401, "nobody");
    ward.use_token(&Secret::from(token));
    assert!(ward.holds("Ward_Chart", "R").unwrap() && !ward.holds("Ward_Chart", "RW").unwrap());
    assert_eq!(ward.held("Ward_Chart").unwrap(), "READ");
    assert_eq!(ward.get_session().unwrap().username, "clerk");
    assert_eq!(ward.passage("Ward_Chart:R").unwrap().user, "clerk");
    assert_eq!(status(ward.passage("Ward_Chart:W")).0, 403);
    assert_eq!(status(ward.user_holds("boss", "Ward_Chart", "R")).0, 403);
    assert_eq!(status(ward.get_info()).0, 401, "another scope");
    let boss = client(&served);
    boss.use_basic("boss", &Secret::from(PASSWORD));
    assert!(boss.user_holds("clerk", "Ward_Chart", "R").unwrap());
    let question = PostExplain { user: "clerk".to_owned(), privilege: "Ward_Chart:R".to_owned() };
    assert_eq!(boss.post_explain(&question).unwrap()["Granted"], true);
    assert!(boss.post_evaluation(&evaluation("read")).unwrap().decision);
    assert!(!boss.post_evaluation(&evaluation("write")).unwrap().decision);
    simulated(&boss);
    assert_eq!((boss.get_livez().unwrap().as_str(), boss.get_readyz().unwrap().as_str()), ("ok", "ready"));
    assert_eq!(boss.get_openapi_json().unwrap()["openapi"], "3.1.0");
    served.scratch.ok(["token", "revoke", "ward"]);
    assert_eq!(status(ward.held("Ward_Chart")).0, 401);
}

fn evaluation(action: &str) -> PostEvaluation {
    let entity = |kind: &str, id: &str| PostEvaluationSubject {
        r#type: kind.to_owned(),
        id: id.to_owned(),
        ..PostEvaluationSubject::default()
    };
    PostEvaluation {
        subject: entity("user", "clerk"),
        action: PostEvaluationAction { name: action.to_owned(), ..PostEvaluationAction::default() },
        resource: entity("resource", "Ward_Chart"),
        ..PostEvaluation::default()
    }
}

fn simulated(boss: &Client) {
    let change = PostSimulateChangesChangePutUser {
        name: "clerk".to_owned(),
        properties: PutUser { enabled: Some(false), ..PutUser::default() },
        ..Default::default()
    };
    let changes = vec![PostSimulateChangesChange::PutUser(change)];
    let simulation = PostSimulate::Changes(PostSimulateChanges { changes });
    let Simulate::Plan(plan) = boss.post_simulate(&simulation).unwrap() else { panic!("no plan") };
    assert_eq!((plan.effects.len(), &plan.effects[0].roles_after), (1, &None));
    assert!(plan.effects[0].loses.iter().any(|lost| lost.resource == "Ward_Chart"));
}

/// The pair is exchanged while several threads ask, and no request is refused.
#[test]
fn the_client_in_rust_keeps_its_session_fresh() {
    let served = Served::new();
    served.scratch.ok(["application", "modify", "/api/admin", "--set", "JWTAccessTokenTimeout=1"]);
    let boss = signed_in(&served, "boss");
    let late = Instant::now() + Duration::from_millis(2_500);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while Instant::now() < late {
                    assert_eq!(boss.get_info().unwrap().username, "boss");
                }
            });
        }
    });
    boss.sign_out().unwrap();
}

/// Lets certificates of clients say who they are.
fn take_certificates(served: &Served) {
    served.scratch.ok(["service", "modify", "%Service_WebGateway", "--set", "AutheEnabled=33554464"]);
}

#[test]
fn the_client_in_rust_shows_a_certificate() {
    let served = Served::new();
    let file = |name: &str| std::fs::read(served.scratch.data().join(name)).unwrap();
    let client = Client::at(&served.address).trusting(served.authority.as_bytes());
    let ward = client.identity(&file("clerk.pem"), &file("clerk.key")).build().unwrap();
    assert_eq!(status(ward.get_session()).0, 401, "the service does not take it");
    take_certificates(&served);
    assert_eq!(ward.get_session().unwrap().username, "clerk");
    assert!(ward.holds("Ward_Chart", "R").unwrap());
    assert_eq!((status(ward.get_info()).0, status(ward.passage("")).0), (401, 401));
    let wrong = Client::at(&served.address).identity(&file("clerk.pem"), b"no key").build();
    assert!(matches!(wrong, Err(Error::Misconfigured(_))));
}

#[test]
fn the_client_in_rust_trusts_nobody_it_was_not_told_of() {
    let served = Served::new();
    for authority in ["", &Served::new().authority] {
        let client = Client::at(&served.address).trusting(authority.as_bytes()).build().unwrap();
        client.use_basic("boss", &Secret::from(PASSWORD));
        assert!(matches!(client.get_livez(), Err(Error::Unreachable(_))));
    }
}

#[test]
fn the_client_in_python_does_the_same() {
    let python = Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|output| output.status.success()) {
        let _ = writeln!(std::io::stderr(), "skipped: python3 is not installed");
        return;
    }
    let served = Served::new();
    served.scratch.ok(["application", "modify", "/api/admin", "--set", "JWTAccessTokenTimeout=1"]);
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../clients/python");
    let mut tests = Command::new("python3");
    tests.args(["-B", "-m", "unittest", "-v", "tests/end_to_end.py"]).current_dir(&place);
    tests.env("PYTHONPATH", &place).env("SCLERA_TEST_ADDRESS", &served.address);
    tests.env("SCLERA_TEST_AUTHORITIES", served.scratch.data().join("chain.pem"));
    tests.env("SCLERA_TEST_PASSWORD", PASSWORD);
    take_certificates(&served);
    tests.env("SCLERA_TEST_CERTIFICATE", served.scratch.data().join("clerk.pem"));
    tests.env("SCLERA_TEST_KEY", served.scratch.data().join("clerk.key"));
    let output = tests.env("SCLERA_TEST_TOKEN", served.machine()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("Ran 6 tests"), "{told}");
}
