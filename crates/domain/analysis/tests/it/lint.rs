use crate::world::{NOW, World};
use sclera_analysis::lint::{Finding, Linter, RULES, sarif};
use sclera_core::permission::Permissions;
use sclera_core::time::Timestamp;
use std::collections::BTreeSet;

const READ: Permissions = Permissions::READ;
const WRITE: Permissions = Permissions::WRITE;
const USE: Permissions = Permissions::USE;

fn findings(world: &World) -> Vec<Finding> {
    let mut linter = Linter::new(&world.policy, NOW);
    for user in &world.users {
        linter.user(user, world.seen.get(user.name.as_str()).copied().unwrap_or_default());
    }
    linter.finish()
}

/// The rule of an id, something bad that it must find, and the name of what is bad.
type Sample = (&'static str, &'static str, fn(&mut World));

const SAMPLES: &[Sample] = &[
    ("SCL101", "%Admin_Secure", |w| w.resource("%Admin_Secure", USE)),
    ("SCL102", "%DB_IRISSYS", |w| w.resource("%DB_IRISSYS", READ)),
    ("SCL103", "%DB_USER", |w| w.resource("%DB_USER", READ)),
    ("SCL104", "Ward_Chart", |w| w.resource("Ward_Chart", READ)),
    ("SCL201", "%Service_WebGateway", |w| {
        let mut service = w.policy.services.named("%Service_WebGateway").unwrap().clone();
        (service.enabled, service.mechanisms) = (true, 64);
        w.policy.services.put(service);
    }),
    ("SCL202", "%Service_Telnet", |w| {
        let mut service = w.policy.services.named("%Service_Telnet").unwrap().clone();
        (service.enabled, service.mechanisms) = (true, 32);
        w.policy.services.put(service);
    }),
    ("SCL203", "%Service_WebGateway", |w| {
        let mut service = w.policy.services.named("%Service_WebGateway").unwrap().clone();
        (service.enabled, service.mechanisms) = (true, 32);
        service.client_systems = vec!["10.0.0.0/8".into(), "*.*.*.*|Nurse".into()];
        w.policy.services.put(service);
    }),
    ("SCL301", "Used", |w| w.used_role(&[("%DB_IRISSYS", WRITE)], &[])),
    ("SCL302", "Used", |w| w.used_role(&[("%DB_IRISAUDIT", READ)], &[])),
    ("SCL303", "Used", |w| w.used_role(&[("%Admin_Secure", USE)], &[])),
    ("SCL304", "Used", |w| w.used_role(&[("%Development", USE), ("%DB_USER", WRITE)], &[])),
    ("SCL305", "Used", |w| w.used_role(&[("%Admin_Manage", USE)], &[])),
    ("SCL306", "Used", |w| {
        w.used_role(&[], &["%All"]);
        w.account("amara").second_factors = 1 << 21;
    }),
    ("SCL307", "Used", |w| {
        w.used_role(&[], &["Nurse"]);
        w.role("Nurse", &[], &["Used"]);
    }),
    ("SCL308", "Idle", |w| w.role("Idle", &[], &[])),
    ("SCL401", "%All", |w| w.account("grace").enabled = false),
    ("SCL402", "%All", |w| {
        for name in ["b", "c", "d", "e"] {
            let mut user = w.person(name, &["%All"]);
            user.second_factors = 1 << 21;
            w.users.push(user);
        }
    }),
    ("SCL403", "UnknownUser", |w| w.account("UnknownUser").roles = w.ids(&["Nurse"])),
    ("SCL404", "_PUBLIC", |w| w.account("_PUBLIC").roles = w.ids(&["Nurse"])),
    ("SCL405", "amara", |w| w.account("amara").credential.work_factor = 10_000),
    ("SCL406", "amara", |w| w.account("amara").expiration = "2026-01-01".parse().ok()),
    ("SCL407", "amara", |w| {
        let user = w.account("amara");
        user.change_password = true;
        user.created = Some(sclera_core::time::Timestamp::from_micros(0));
    }),
    ("SCL408", "ada", |w| w.account("ada").second_factors = 0),
    ("SCL409", "amara", |w| w.account("amara").escalation_roles = w.ids(&["%All"])),
    ("SCL410", "amara", |w| w.seen("amara").last_used = Some(days_ago(91))),
    ("SCL411", "amara", |w| w.seen("amara").password_is_known = true),
    ("SCL501", "/csp/ward", |w| w.application(|_| (), &[("", "%All")])),
    ("SCL502", "/csp/ward", |w| w.application(|_| (), &[("Nurse", "%All")])),
    ("SCL503", "/csp/ward", |w| w.application(|a| a.mechanisms = 64, &[])),
    ("SCL504", "/csp/ward", |w| w.application(|a| a.mechanisms = 96, &[("", "Nurse")])),
    ("SCL505", "/csp/ward", |w| {
        w.application(|a| (a.kind, a.resource) = (4, String::new()), &[("", "Nurse")]);
    }),
    ("SCL506", "/csp/ward", |w| w.application(|a| a.resource = String::new(), &[])),
    ("SCL601", "SYSTEM", |w| w.policy.system.audit_enabled = false),
    ("SCL602", "%System/%Login/LoginFailure", |w| {
        let mut event = w.policy.events.named("%System/%Login/LoginFailure").unwrap().clone();
        event.enabled = false;
        w.policy.events.put(event);
    }),
    ("SCL603", "SYSTEM", |w| w.policy.system.admit_unrecorded = true),
    ("SCL604", "SYSTEM", |w| w.policy.system.percent_global_write = 1),
    ("SCL605", "SYSTEM", |w| w.policy.system.invalid_login_limit = 0),
    ("SCL606", "SYSTEM", |w| {
        (w.policy.system.password_minimum_length, w.policy.system.password_pattern) = (0, "3.128ANP".into());
    }),
    ("SCL607", "SYSTEM", |w| w.policy.system.password_algorithm = "SHA1".into()),
    ("SCL608", "SYSTEM", |w| w.policy.system.sql_security = false),
    ("SCL701", "out", |w| w.ssl(|config| config.verify_peer = 0)),
    ("SCL702", "out", |w| w.ssl(|config| config.minimum = 8)),
    ("SCL703", "example.org", |w| w.ldap(1 << 6)),
];

fn days_ago(days: i64) -> Timestamp {
    Timestamp::from_micros(NOW.micros() - days * 86_400_000_000)
}

/// Each at the edge of what a rule finds.
#[test]
fn rules_about_logins_and_addresses_find_no_more_than_they_say() {
    let mut world = World::hardened();
    world.seen("amara").last_used = Some(days_ago(90));
    assert_eq!(findings(&world), [], "90 days are not more than 90");
    // Switched off, it is no way in.
    world.account("_SYSTEM").credential = world.account("amara").credential.clone();
    world.seen("_SYSTEM").password_is_known = true;
    world.seen("_SYSTEM").last_used = Some(days_ago(1_000));
    assert_eq!(findings(&world), []);
    let of = |world: &World| findings(world).iter().map(|finding| finding.rule.id).collect::<Vec<_>>();
    let published = "a31d24aecc0bfe560a7e45bd913ad27c667dc25a75cbfd358c451bb595b6bd52\
                     bd25c82cafaa23ca1dd30b3b4947d12d3bb0ffb2a717df29912b743a281f97c1";
    let bytes = (0..64).map(|at| u8::from_str_radix(&published[at * 2..at * 2 + 2], 16).unwrap()).collect();
    world.account("amara").credential.key = bytes;
    assert_eq!(of(&world), ["SCL411"], "known by its key alone");
    let mut world = World::hardened();
    let mut service = world.policy.services.named("%Service_WebGateway").unwrap().clone();
    (service.enabled, service.mechanisms, service.client_systems) = (true, 32, Vec::new());
    world.policy.services.put(service);
    assert_eq!(of(&world), ["SCL203"], "an empty list keeps nobody out");
}

#[test]
fn a_hardened_configuration_has_no_findings() {
    let mut world = World::hardened();
    world.ssl(|_| ());
    world.ldap((1 << 6) | 2);
    world.application(|_| (), &[("Nurse", "Nurse")]);
    world.used_role(&[("Ward_Chart", READ)], &[]);
    assert_eq!(findings(&world), []);
}

#[test]
fn every_rule_finds_what_is_bad_and_nothing_else() {
    for (id, name, spoil) in SAMPLES {
        let mut world = World::hardened();
        spoil(&mut world);
        let found: Vec<(&str, String)> =
            findings(&world).into_iter().map(|finding| (finding.rule.id, finding.name)).collect();
        let others = found.iter().filter(|(other, _)| other != id).collect::<Vec<_>>();
        assert!(others.is_empty(), "{id}: {others:?} as well");
        assert!(found.iter().any(|(_, found)| found == name), "{id} does not find {name}: {found:?}");
    }
    let sampled: BTreeSet<&str> = SAMPLES.iter().map(|(id, ..)| *id).collect();
    assert_eq!(sampled, RULES.iter().map(|rule| rule.id).collect(), "every rule has its sample");
}

#[test]
fn findings_come_the_worst_first() {
    let mut world = World::hardened();
    for (.., spoil) in SAMPLES.iter().filter(|(id, ..)| ["SCL104", "SCL608", "SCL605"].contains(id)) {
        spoil(&mut world);
    }
    let ids: Vec<&str> = findings(&world).iter().map(|finding| finding.rule.id).collect();
    assert_eq!(ids, ["SCL608", "SCL605", "SCL104"]);
}

#[test]
fn the_log_is_sarif() {
    let mut world = World::hardened();
    world.resource("Ward_Chart", READ);
    let log = sarif(&findings(&world), Some("a dir/ünit.xml"), "0.1.0");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), RULES.len());
    let result = &run["results"][0];
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!((&rules[index]["id"], &result["ruleId"]), (&"SCL104".into(), &"SCL104".into()));
    assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
    assert!(result["message"]["text"].as_str().unwrap().contains("Ward_Chart"));
    let location = &result["locations"][0];
    assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], "a%20dir/%C3%BCnit.xml");
    assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], "resource/Ward_Chart");
    assert!(sarif(&[], None, "0")["runs"][0]["results"].as_array().unwrap().is_empty());
}

/// `docs/lint.md` lists every rule; it is printed here and compared.
#[test]
#[expect(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests compare files")]
fn the_page_lists_every_rule() {
    let mut page = String::from(
        "# Findings of `sclera lint`\n\nA test of `sclera-analysis` prints this page from the rules; `SCLERA_BLESS=1 cargo test -p sclera-analysis` writes it\nanew. The rules about what somebody chose look at objects that somebody made, and not at those the product comes with.\n\n`sclera lint` looks at the live instance, `sclera lint FILE` at a file that `import` takes; `--format text`, `json` or\n`sarif`. It ends with exit code 1 if anything was found.\n",
    );
    for rule in RULES {
        let severity = rule.severity.word();
        page.extend(["\n## ", rule.id, " ", rule.title, "\n\n", severity, ". ", rule.reason]);
        page.extend(["\n\n**Do:** ", rule.remedy, "\n"]);
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/lint.md");
    if std::env::var_os("SCLERA_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), page);
}
