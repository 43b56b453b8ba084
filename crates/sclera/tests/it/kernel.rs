//! Processes that attach: they decide as the instance does, by themselves, and learn of deletions at once.

use sclera::{
    Attached, Change, Choice, CodeOrigin, Decision, Instance, NoSession, Permissions, Properties, SetRefused,
    TicketError,
};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

struct Clinic {
    folder: TempDir,
    instance: Instance,
}

impl Clinic {
    fn new() -> Self {
        Self::of_group(None)
    }

    /// A clinic of which a group of the operating system may read what is published.
    fn of_group(group: Option<u32>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("clinic");
        Instance::create(&directory, Choice::default(), "owner").unwrap();
        std::os::unix::fs::chown(&directory, None, group).unwrap();
        let instance = Instance::open(&directory).unwrap();
        let clinic = Self { folder, instance };
        clinic.call_in("Enabled", "1");
        clinic.resource("AppData");
        clinic.resource("Lab");
        clinic.role("Clerk", "AppData:R", "");
        clinic.role("Boss", "AppData:RW,Lab:U", "Clerk");
        clinic
    }

    fn directory(&self) -> PathBuf {
        self.folder.path().join("clinic")
    }

    fn submit(&self, change: Change) {
        let receipt = self.instance.submit(&self.owner(), change).unwrap();
        assert_eq!(receipt.unpublished, None);
    }

    fn owner(&self) -> sclera::Session {
        self.instance.admit_process().unwrap()
    }

    /// Changes a property of `%Service_CallIn`.
    fn call_in(&self, property: &str, value: &str) {
        let properties = Properties::new().with(property, value);
        self.submit(Change::ModifyService { name: "%Service_CallIn".to_owned(), properties });
    }

    fn resource(&self, name: &str) {
        self.submit(Change::CreateResource { name: name.to_owned(), properties: Properties::new() });
    }

    fn user(&self, name: &str, roles: &str) {
        let properties = Properties::new().with("Roles", roles);
        self.submit(Change::CreateUser { name: name.to_owned(), properties, credential: None });
    }

    /// A session of whom the operating system knows by this name.
    fn admit(&self, name: &str) -> sclera::Session {
        let caller = sclera::OsCaller { name: Some(name.to_owned()), owns_instance: false };
        self.instance.admit_os(&caller, sclera::Door::Library).unwrap()
    }

    fn role(&self, name: &str, privileges: &str, grants: &str) {
        let properties = Properties::new().with("Resources", privileges).with("GrantedRoles", grants);
        self.submit(Change::CreateRole { name: name.to_owned(), properties });
    }
}

/// A session of roles in an attached process, without a user.
fn session_of(attached: &Attached, roles: &[&str]) -> sclera::KernelSession {
    let image = sclera_engine::kernel::Source::current(attached.kernel().source()).unwrap();
    let roles: Vec<_> = roles.iter().map(|name| image.role_named(name).unwrap()).collect();
    attached.kernel().session_of("ann", &roles).unwrap()
}

fn granted(session: &sclera::KernelSession, resource: &str, wanted: &str) -> bool {
    session.check(resource, Some(wanted)).to_string() == "1"
}

#[test]
fn a_ticket_brings_a_session_to_an_attached_process() {
    let clinic = Clinic::new();
    let attached = Instance::attach(&clinic.directory()).unwrap();
    let ticket = clinic.instance.ticket(&clinic.owner(), 60).unwrap();
    let session = attached.session(&ticket).unwrap();
    assert_eq!((session.user(), session.roles().as_str()), ("owner", "%All"));
    assert!(granted(&session, "NoSuch", "W"));
    assert_eq!(
        attached.kernel().session(&ticket, sclera::now() + 61).err(),
        Some(NoSession::Ticket(TicketError::Expired))
    );
    for place in 0..ticket.len() {
        let mut forged = ticket.clone();
        forged[place] ^= 1;
        assert_eq!(attached.session(&forged).err(), Some(NoSession::Ticket(TicketError::Invalid)), "{place}");
    }
    assert!(attached.session(&ticket[..ticket.len() - 1]).is_err());
    // Of another instance it is worth nothing.
    let other = Clinic::new();
    let elsewhere = Instance::attach(&other.directory()).unwrap();
    assert_eq!(elsewhere.session(&ticket).err(), Some(NoSession::Ticket(TicketError::Invalid)));
}

#[test]
fn an_ended_session_is_refused_at_its_next_check() {
    let clinic = Clinic::new();
    let attached = Instance::attach(&clinic.directory()).unwrap();
    let owner = clinic.owner();
    let (one, other) =
        (clinic.instance.ticket(&owner, 60).unwrap(), clinic.instance.ticket(&owner, 60).unwrap());
    let (ended, going_on) = (attached.session(&one).unwrap(), attached.session(&other).unwrap());
    let wanted = ended.prepare("AppData", Permissions::READ);
    assert!(ended.holds(&wanted).is_granted());
    clinic.instance.end_ticket(&owner, &one).unwrap();
    assert_eq!(ended.holds(&wanted), Decision::Denied);
    assert!(ended.has_ended() && !going_on.has_ended());
    assert!(going_on.holds(&wanted).is_granted());
    assert_eq!(attached.session(&one).err(), Some(NoSession::Ticket(TicketError::Ended)));
}

/// `docs/keys.md`: where the key is gone a new one is made, and what the old one signed counts no more.
#[test]
fn a_new_ticket_key_ends_all_tickets_of_the_old_one() {
    let Clinic { folder, instance } = Clinic::new();
    let directory = folder.path().join("clinic");
    let old = instance.ticket(&instance.admit_process().unwrap(), 60).unwrap();
    let attached = Instance::attach(&directory).unwrap();
    assert!(attached.session(&old).is_ok());
    drop(instance);
    std::fs::remove_file(directory.join("keys/ticket.key")).unwrap();
    let instance = Instance::open(&directory).unwrap();
    assert!(instance.publish_if_stale().unwrap(), "the settings are published with the new key");
    // Who was attached looks again when the settings change.
    let owner = instance.admit_process().unwrap();
    let change = Change::CreateResource { name: "Fresh".to_owned(), properties: Properties::new() };
    instance.submit(&owner, change).unwrap();
    let new = instance.ticket(&owner, 60).unwrap();
    for attached in [attached, Instance::attach(&directory).unwrap()] {
        assert!(attached.session(&new).is_ok());
        assert_eq!(attached.session(&old).err(), Some(NoSession::Ticket(TicketError::Invalid)));
    }
}

#[test]
fn tickets_come_through_the_service_for_programs_that_call_in() {
    let clinic = Clinic::new();
    let instance = &clinic.instance;
    let directory = clinic.directory();
    let newest = || {
        let filter = sclera::AuditFilter::default();
        let events = instance.audit_page(&clinic.owner(), &filter, None, 1).unwrap();
        format!("{:?}", events[0].0)
    };
    clinic.user("ann", "Clerk");
    let ann = clinic.admit("ann");
    let ticket = instance.ticket(&ann, 60).unwrap();
    let session = Instance::attach(&directory).unwrap().session(&ticket).unwrap();
    assert_eq!((session.user(), session.roles().as_str()), ("ann", "Clerk"));
    // Off is off, for whoever owns the files too; tickets that were given go on, as sessions do.
    clinic.call_in("Enabled", "0");
    for session in [&ann, &clinic.owner()] {
        assert_eq!(instance.ticket(session, 60), Err(sclera::Refusal::NotAdmitted));
        let why = newest();
        assert!(why.contains("%Service_CallIn") && why.contains("#800"), "{why}");
    }
    assert!(granted(&session, "AppData", "R"));
    clinic.call_in("Enabled", "1");
    // Use of the service's resource, where it is not public.
    let hidden = Properties::new().with("PublicPermission", "");
    clinic.submit(Change::ModifyResource { name: "%Service_CallIn".to_owned(), properties: hidden });
    assert_eq!(instance.ticket(&ann, 60), Err(sclera::Refusal::NotAdmitted));
    assert!(newest().contains("#815"), "{}", newest());
    clinic.role("Caller", "%Service_CallIn:U", "");
    let more = Properties::new().with("Roles", "Clerk,Caller");
    clinic.submit(Change::ModifyUser { name: "ann".to_owned(), properties: more, credential: None });
    let session = Instance::attach(&directory).unwrap().session(&instance.ticket(&ann, 60).unwrap());
    assert_eq!(session.unwrap().roles(), "Clerk,Caller", "the roles that it has now");
    // An account that may not log in any longer gets none, though its session goes on.
    let off = Properties::new().with("Enabled", "0");
    clinic.submit(Change::ModifyUser { name: "ann".to_owned(), properties: off, credential: None });
    assert_eq!(instance.ticket(&ann, 60), Err(sclera::Refusal::NotAdmitted));
}

#[test]
fn a_session_decides_from_its_beginning_and_deletions_count_at_once() {
    let clinic = Clinic::new();
    let attached = Instance::attach(&clinic.directory()).unwrap();
    let mut boss = session_of(&attached, &["Boss"]);
    let read = boss.prepare("AppData", Permissions::READ);
    assert_eq!(boss.held("appdata"), Permissions::READ | Permissions::WRITE);
    // A changed definition counts for the next session only (TIM-1).
    let less = Properties::new().with("Resources", "Lab:U");
    clinic.submit(Change::ModifyRole { name: "Boss".to_owned(), properties: less });
    assert!(granted(&boss, "AppData", "W"));
    assert!(!granted(&session_of(&attached, &["Boss"]), "AppData", "W"));
    // A deletion counts at once (TIM-2), in the short way and the long one.
    clinic.submit(Change::DeleteResource { name: "AppData".to_owned() });
    assert_eq!(boss.holds(&read), Decision::Denied);
    assert!(!granted(&boss, "AppData", "R") && granted(&boss, "Lab", "U"));
    boss.refresh();
    assert_eq!(boss.holds(&read), Decision::Denied);
    clinic.resource("AppData");
    assert!(!granted(&boss, "AppData", "R"), "another resource of that name");
    clinic.submit(Change::DeleteRole { name: "Boss".to_owned() });
    assert!(!granted(&boss, "Lab", "U"));
    assert_eq!(boss.check("Lab", None).to_string(), "");
}

#[test]
fn where_changes_of_roles_count_at_once_they_do() {
    let clinic = Clinic::new();
    let attached = Instance::attach(&clinic.directory()).unwrap();
    let clerk = session_of(&attached, &["Clerk"]);
    let at_once = Properties::new().with("RoleChangesAtOnce", "1");
    clinic.submit(Change::ModifySystem { properties: at_once });
    let more = Properties::new().with("Resources", "AppData:RW");
    clinic.submit(Change::ModifyRole { name: "Clerk".to_owned(), properties: more });
    assert!(granted(&clerk, "AppData", "W"));
}

#[test]
fn added_roles_grow_and_shrink_the_session() {
    let clinic = Clinic::new();
    clinic.role("Empty", "", "");
    let attached = Instance::attach(&clinic.directory()).unwrap();
    let mut clerk = session_of(&attached, &["Clerk"]);
    assert_eq!(clerk.set_roles("Boss", CodeOrigin::Elsewhere), Err(SetRefused::Protect));
    clerk.push_roles();
    clerk.set_roles("boss, Empty", CodeOrigin::SystemDatabase).unwrap();
    assert!(granted(&clerk, "Lab", "U"));
    assert_eq!(clerk.roles(), "Clerk,Boss,Empty");
    assert!(matches!(clerk.set_roles("Nobody", CodeOrigin::SystemDatabase), Err(SetRefused::Unknown(_))));
    assert_eq!(clerk.roles(), "Clerk,Boss,Empty");
    clerk.pop_roles();
    assert!(!granted(&clerk, "Lab", "U") && granted(&clerk, "AppData", "R"));
    // A role that was made since can be added, and its definition is read then (TIM-3).
    clinic.role("Newer", "Lab:U", "Boss");
    clerk.set_roles("Newer", CodeOrigin::SystemDatabase).unwrap();
    assert!(granted(&clerk, "Lab", "U") && granted(&clerk, "AppData", "W"));
    clerk.set_roles("", CodeOrigin::Elsewhere).unwrap();
    assert!(!granted(&clerk, "Lab", "U"));
}

#[test]
fn an_application_adds_what_its_match_rules_say() {
    let clinic = Clinic::new();
    clinic.role("Extra", "Lab:R", "");
    let application = |name: &str, properties: Properties| {
        clinic.submit(Change::CreateApplication {
            name: name.to_owned(),
            properties: properties.with("Type", "4"),
        });
    };
    application("Rounds", Properties::new().with("MatchRoles", "Clerk:Boss,:Extra"));
    application("Guarded", Properties::new().with("Resource", "Lab").with("MatchRoles", ":Boss"));
    application("Off", Properties::new().with("Enabled", "0"));
    let attached = Instance::attach(&clinic.directory()).unwrap();
    let mut clerk = session_of(&attached, &["Clerk"]);
    let number = |refused: Result<(), sclera::Status>| refused.unwrap_err().code().number();
    assert_eq!(number(clerk.add_roles("NoSuch")), 868);
    assert_eq!(number(clerk.add_roles("off")), 861);
    assert_eq!(number(clerk.add_roles("Guarded")), 862);
    clerk.push_roles();
    clerk.add_roles("rounds").unwrap();
    assert_eq!(clerk.roles(), "Clerk,Boss,Extra");
    assert_eq!(clerk.held("Lab"), Permissions::READ | Permissions::USE);
    clerk.add_roles("Guarded").unwrap();
    clerk.pop_roles();
    assert_eq!(clerk.roles(), "Clerk");
    let mut nobody = session_of(&attached, &[]);
    nobody.add_roles("Rounds").unwrap();
    assert_eq!(nobody.roles(), "Extra");
}

/// The same answers as the engine gives, for every predefined role and resource.
#[test]
fn attached_processes_answer_as_the_instance_does() {
    let clinic = Clinic::new();
    let attached = Instance::attach(&clinic.directory()).unwrap();
    let image = sclera_engine::kernel::Source::current(attached.kernel().source()).unwrap();
    let names: Vec<String> =
        image.resources().filter_map(|id| image.name_of_resource(id)).map(str::to_owned).collect();
    assert!(names.len() > 50);
    for role in ["%Manager", "%Operator", "%Developer", "Boss", "%DB_IRISSYS", "%All"] {
        let session = session_of(&attached, &[role]);
        for name in names.iter().map(String::as_str).chain(["NoSuch", ""]) {
            let engine = clinic.instance.check_roles(&clinic.owner(), role, name, None).unwrap();
            assert_eq!(session.check(name, None), engine, "{role} on {name}");
        }
    }
}

const CHILD: &str = "SCLERA_TEST_ATTACH";

/// Another process, another user of the operating system, who may read and nothing else, and nobody has the instance open.
#[test]
fn another_user_decides_with_nobody_else_there() {
    if let Ok(given) = std::env::var(CHILD) {
        return child(&given);
    }
    let is_root =
        std::fs::metadata("/proc/self").is_ok_and(|about| std::os::unix::fs::MetadataExt::uid(&about) == 0);
    if !is_root {
        println!("skipped: only root can run a program as another user");
        return;
    }
    let group = 54_321;
    let clinic = Clinic::of_group(Some(group));
    std::fs::set_permissions(clinic.folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    clinic.resource("Later");
    let ticket = clinic.instance.ticket(&clinic.owner(), 60).unwrap();
    let directory = clinic.directory();
    let Clinic { folder, instance } = clinic;
    drop(instance);
    let hex: String = ticket.iter().map(|byte| format!("{byte:02x}")).collect();
    let run = |group: u32| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kernel::another_user_decides_with_nobody_else_there", "--nocapture"])
            .env(CHILD, format!("{}:{hex}", directory.display()))
            .uid(54_322)
            .gid(group)
            .output()
            .unwrap()
    };
    let (member, stranger) = (run(group), run(54_399));
    let said = String::from_utf8_lossy(&member.stdout).into_owned();
    assert!(said.contains("decided: 1"), "{said}{}", String::from_utf8_lossy(&member.stderr));
    assert!(!stranger.status.success(), "who is not of the group may not read");
    drop(folder);
}

fn child(given: &str) {
    let (directory, hex) = given.split_once(':').unwrap();
    let ticket: Vec<u8> =
        (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect();
    let attached = Instance::attach(Path::new(directory)).unwrap();
    let session = attached.session(&ticket).unwrap();
    println!("decided: {}", session.check("Later", Some("RW")));
}
