//! Worlds and changes by chance.
//!
//! Names come from small tables, each name in several spellings that mean the same, so that what is drawn meets what
//! was drawn before. Everything is drawn as lists of small numbers, which proptest makes smaller when a test fails.

use crate::slow_model::{Permission, Resource, Role, Set, User, World};
use crate::world::{password, properties};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use sclera_core::change::{Change, Edit, Kind, RoleList, UserCopy};
use sclera_core::property::Properties;
use sclera_core::sql::SqlTarget;
use std::ops::Range;

/// Names of resources, each in spellings that are the same name. The last two protect databases.
pub const RESOURCES: [[&str; 3]; 12] = [
    ["AppData", "appdata", "APPDATA"],
    ["AppRun", "appRUN", "APPRUN"],
    ["Pub", "pub", "PUB"],
    ["%Mine", "%mine", "%MINE"],
    ["My resource", "my resource", "MY Resource"],
    ["R1", "r1", "R1"],
    ["Größe", "größe", "GRÖẞE"],
    ["Ярмарка", "ярмарка", "ЯРМАРКА"],
    ["ΜΈΓΑ", "μέγα", "Μέγα"],
    ["数据", "数据", "数据"],
    ["%DB_SALES", "%db_sales", "%Db_Sales"],
    ["%DB_Ärzte", "%db_ärzte", "%DB_ÄRZTE"],
];

/// Names of roles, each in spellings that are the same name.
pub const ROLES: [[&str; 3]; 12] = [
    ["Clerk", "clerk", "CLERK"],
    ["Boss", "boss", "BOSS"],
    ["Chief", "chief", "CHIEF"],
    ["Empty", "empty", "EMPTY"],
    ["Prüfer", "prüfer", "PRÜFER"],
    ["Врач", "врач", "ВРАЧ"],
    ["Night shift", "night shift", "NIGHT Shift"],
    ["r.o^l-e", "R.O^L-E", "r.O^l-E"],
    ["Auditor", "auditor", "AUDITOR"],
    ["Guest", "guest", "GUEST"],
    ["Ops", "ops", "OPS"],
    ["医生", "医生", "医生"],
];

/// Names of users, each in spellings that are the same name.
pub const USERS: [[&str; 3]; 8] = [
    ["ann", "Ann", "ANN"],
    ["bob", "Bob", "BOB"],
    ["cyd", "Cyd", "CYD"],
    ["dan", "Dan", "DAN"],
    ["eve", "Eve", "EVE"],
    ["Zoë", "zoë", "ZOË"],
    ["пётр", "Пётр", "ПЁТР"],
    ["_fay", "_Fay", "_FAY"],
];

/// Spellings of permissions, good and bad, that every test of a decision goes through.
pub const SPELLINGS: [&str; 24] = [
    "R",
    "w",
    "USE",
    "READ,WRITE",
    "W,R",
    "R,Write",
    "rw",
    "RWRITE",
    "WRITEREAD",
    "USER",
    "RUSE",
    " R , W ",
    "READ,w,U",
    "RWU",
    "W,W",
    "",
    " ",
    "X",
    "READX",
    "R,,W",
    "R;W",
    "EAD",
    "R,",
    "RŴ",
];

/// A spelling of permissions put together from pieces, good or bad.
pub fn spelling() -> impl Strategy<Value = String> {
    let pieces = ["R", "w", "U", "READ", "Write", "use", "rEAD", ",", ",", " ", "X", "EAD", ";", "ŕ", "7"];
    prop_oneof![
        3 => select(&SPELLINGS).prop_map(str::to_owned),
        2 => vec(select(pieces.to_vec()), 0..7).prop_map(|pieces| pieces.concat()),
    ]
}

/// A role to be held or granted: mostly one of [`ROLES`], seldom that of a database resource or `%All`.
#[derive(Debug, Clone, Copy)]
struct Pick {
    role: usize,
    spelling: usize,
}

const DATABASE_ROLES: Range<usize> = 12..14;
const ALL_ROLE: usize = 14;

fn picks(most: usize) -> impl Strategy<Value = Vec<Pick>> {
    let role = prop_oneof![30 => 0..12usize, 4 => DATABASE_ROLES, 1 => Just(ALL_ROLE)];
    vec((role, 0..3usize).prop_map(|(role, spelling)| Pick { role, spelling }), 0..=most)
}

/// What is drawn of a role: its spelling, its privileges as resource, bits and spelling, and what it grants.
type DrawnRole = (usize, Vec<(usize, u8, usize)>, Vec<Pick>);

struct Drawn {
    resources: Vec<Option<(u8, usize)>>,
    roles: Vec<Option<DrawnRole>>,
    ranks: Vec<usize>,
    users: Vec<Option<(Vec<Pick>, usize)>>,
    public: Vec<Pick>,
}

/// A world of at most 12 resources, 12 roles and 8 users beside `%All`, the roles of database resources, and `root`.
/// Role graphs have no cycles.
pub fn world() -> impl Strategy<Value = World> {
    let bits = prop_oneof![2 => Just(0u8), 1 => 0..8u8];
    let resources = vec(option::weighted(0.8, (bits, 0..3usize)), RESOURCES.len());
    let privileges = vec((0..RESOURCES.len(), 1..8u8, 0..3usize), 0..5);
    let roles = vec(option::weighted(0.8, (0..3usize, privileges, picks(3))), ROLES.len());
    let ranks = Just((0..ROLES.len()).collect::<Vec<_>>()).prop_shuffle();
    let users = vec(option::weighted(0.8, (picks(3), 0..3usize)), USERS.len());
    (resources, roles, ranks, users, picks(2)).prop_map(|(resources, roles, ranks, users, public)| {
        Drawn { resources, roles, ranks, users, public }.world()
    })
}

impl Drawn {
    fn world(&self) -> World {
        World {
            resources: self.resources(),
            roles: self.roles(),
            users: self.users(),
            roles_of_public: self.names(&self.public, |_| true),
        }
    }

    fn resources(&self) -> Vec<Resource> {
        let drawn = self.resources.iter().enumerate();
        let present =
            drawn.filter_map(|(number, drawn)| drawn.map(|(bits, spelling)| (number, bits, spelling)));
        let made = present.map(|(number, bits, spelling)| Resource {
            name: RESOURCES[number][spelling].to_owned(),
            public: stored(number, bits),
        });
        made.collect()
    }

    fn roles(&self) -> Vec<Role> {
        let all = Role { name: "%All".to_owned(), privileges: Vec::new(), grants: Vec::new(), is_all: true };
        let databases =
            self.resources().into_iter().filter(|found| found.name.to_lowercase().starts_with("%db_"));
        let of_databases = databases.map(|found| Role {
            privileges: vec![(found.name.clone(), [Permission::Read, Permission::Write].into())],
            name: found.name,
            grants: Vec::new(),
            is_all: false,
        });
        let drawn = self.roles.iter().enumerate();
        let own = drawn.filter_map(|(number, drawn)| Some(self.role(number, drawn.as_ref()?)));
        std::iter::once(all).chain(of_databases).chain(own).collect()
    }

    fn role(&self, number: usize, (spelling, privileges, grants): &DrawnRole) -> Role {
        let mut held: Vec<(usize, (String, Set))> = Vec::new();
        for (resource, bits, spelling) in privileges {
            let first = !held.iter().any(|(known, _)| known == resource);
            if self.resources[*resource].is_some() && first {
                let name = RESOURCES[*resource][*spelling].to_owned();
                held.push((*resource, (name, stored(*resource, *bits))));
            }
        }
        let outranked = |pick: &Pick| pick.role >= 12 || self.ranks[number] < self.ranks[pick.role];
        Role {
            name: ROLES[number][*spelling].to_owned(),
            privileges: held.into_iter().map(|(_, privilege)| privilege).collect(),
            grants: self.names(grants, outranked),
            is_all: false,
        }
    }

    fn users(&self) -> Vec<User> {
        let root = User { name: "root".to_owned(), roles: vec!["%All".to_owned()] };
        let drawn = self.users.iter().enumerate();
        let present = drawn.filter_map(|(number, drawn)| drawn.as_ref().map(|drawn| (number, drawn)));
        let made = present.map(|(number, (picks, spelling))| User {
            name: USERS[number][*spelling].to_owned(),
            roles: self.names(picks, |_| true),
        });
        std::iter::once(root).chain(made).collect()
    }

    /// The names of the picks that are there and fit, each once.
    fn names(&self, picks: &[Pick], fits: impl Fn(&Pick) -> bool) -> Vec<String> {
        let mut taken: Vec<Pick> = Vec::new();
        for pick in picks.iter().filter(|pick| fits(pick)) {
            let there = match pick.role {
                ALL_ROLE => true,
                number if DATABASE_ROLES.contains(&number) => self.resources[number - 2].is_some(),
                number => self.roles[number].is_some(),
            };
            if there && !taken.iter().any(|known| known.role == pick.role) {
                taken.push(*pick);
            }
        }
        taken.into_iter().map(|pick| pick_name(pick).to_owned()).collect()
    }
}

fn pick_name(pick: Pick) -> &'static str {
    match pick.role {
        ALL_ROLE => ["%All", "%all", "%ALL"][pick.spelling],
        number if DATABASE_ROLES.contains(&number) => RESOURCES[number - 2][pick.spelling],
        number => ROLES[number][pick.spelling],
    }
}

/// A set the way it is stored on a resource: Write brings Read on the two that protect databases (PRM-8).
fn stored(resource: usize, bits: u8) -> Set {
    let mut set = Set::new();
    for (bit, permission) in [(1, Permission::Read), (2, Permission::Write), (4, Permission::Use)] {
        if bits & bit != 0 {
            set.insert(permission);
        }
    }
    if resource >= 10 && set.contains(&Permission::Write) {
        set.insert(Permission::Read);
    }
    set
}

/// Names that a list of names to look up is made of: known in a world or not.
pub fn role_list() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        12 => picks(1).prop_map(|picks| picks.first().map_or("Clerk", |pick| pick_name(*pick)).to_owned()),
        1 => Just("NoSuch".to_owned()),
        1 => Just(String::new()),
        1 => select(&ROLES).prop_map(|names| format!(" {} ", names[0])),
    ];
    vec(name, 0..4).prop_map(|names| names.join(","))
}

/// A change and the name under which it is made.
pub type Deed = (&'static str, Change);

/// A row of changes, of which many are refused and many undo or repeat others.
pub fn deeds(most: usize) -> impl Strategy<Value = Vec<Deed>> {
    vec((select(vec!["eve", "ann", "bob"]), change()), 0..=most)
}

/// One change of any kind.
pub fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => change_of_resource(),
        5 => change_of_role(),
        6 => change_of_user(),
        2 => change_of_application(),
        1 => of_service(),
        1 => given(&SYSTEM).prop_map(|properties| Change::ModifySystem { properties }),
        3 => change_of_sql(),
    ]
}

/// Names that meet each other and those of world W1; some are no names.
const RESOURCE_NAMES: [&str; 12] = [
    "AppData",
    "appdata",
    "AppRun",
    "Pub",
    "%DB_SALES",
    "%db_sales",
    "%DB_Hr",
    "%Mine",
    "%Development",
    "Größe",
    "%DB_%X",
    "a:b",
];
const NEW_ROLE_NAMES: [&str; 12] =
    ["Clerk", "Größe", "GRÖẞE", "Boss", "Fresh", "fresh", "ann", "BOB", "%DB_SALES", "%New", "a,b", "gus"];
const ROLE_NAMES: [&str; 12] = [
    "Clerk",
    "clerk",
    "Boss",
    "BOSS",
    "Chief",
    "Empty",
    "Größe",
    "Fresh",
    "%Developer",
    "%All",
    "%DB_SALES",
    "ann",
];
const USER_NAMES: [&str; 12] =
    ["ann", "Ann", "bob", "cyd", "dan", "eve", "EVE", "gus", "_PUBLIC", "Clerk", "Größe", "a*b"];
const ROLE_LISTS: [&str; 16] = [
    "",
    "Clerk",
    "boss",
    "Boss,Clerk",
    " Chief , Empty ",
    "%All",
    "%all,Clerk",
    "Größe",
    "GRÖẞE,Boss",
    "Empty",
    "%DB_SALES",
    "%DB_Hr",
    "%Developer",
    "NoSuch",
    "Clerk,NoSuch",
    "Chief",
];

/// Properties with values that they may be given, good and bad.
type Given = [(&'static str, &'static [&'static str])];

const DESCRIPTION: (&str, &[&str]) = ("Description", &["", "What it is for", "Wozu es dient: Größe"]);
const RESOURCE: [(&str, &[&str]); 2] =
    [DESCRIPTION, ("PublicPermission", &["", "R", "W", "RWU", "use", "6", "R,W", "X", "8"])];
const PRIVILEGES: [&str; 12] = [
    "",
    "AppData:R",
    "AppData:RW,AppRun:U",
    "%DB_SALES:W",
    "%DB_Hr:W, Pub:use",
    "appdata:WRITE,pub:7",
    "AppData:",
    "Größe:U",
    "AppData:R,APPDATA:W",
    "NoSuch:R",
    "AppData:X",
    "AppData",
];
const ROLE: [(&str, &[&str]); 4] = [
    DESCRIPTION,
    ("Resources", &PRIVILEGES),
    ("GrantedRoles", &ROLE_LISTS),
    ("EscalationOnly", &["0", "0", "1", "maybe"]),
];
const USER: [(&str, &[&str]); 9] = [
    ("Roles", &ROLE_LISTS),
    ("EscalationRoles", &ROLE_LISTS),
    ("Enabled", &["0", "1", "1", "no"]),
    ("ExpirationDate", &["", "2020-02-29", "2026-11-21", "2026-11-22", "2030-01-01", "2017-02-29", "abc"]),
    ("FullName", &["", "Ann Example"]),
    ("ChangePassword", &["0", "1"]),
    ("AutheEnabled", &["0", "1048576", "2097184"]),
    ("RolesAreAdmin", &["1"]),
    ("SuperUser", &["1"]),
];
const APPLICATION: [(&str, &[&str]); 5] = [
    ("Resource", &["", "AppRun", "appdata", "%Mine", "NoSuch"]),
    (
        "MatchRoles",
        &[
            "",
            "Clerk:Boss",
            "Clerk:Empty:Chief,:%DB_SALES",
            ":%All",
            "Clerk:Boss,clerk:Empty",
            "Clerk:NoSuch",
        ],
    ),
    ("Enabled", &["0", "1"]),
    ("Type", &["2", "3", "4", "9", "1"]),
    ("AutheEnabled", &["64", "32", "96", "1"]),
];
const SERVICE: [(&str, &[&str]); 3] = [
    ("Enabled", &["0", "1"]),
    ("AutheEnabled", &["0", "32", "16480"]),
    ("ClientSystems", &["", "10.0.0.1", "10.0.0.1|Clerk,Boss;10.0.0.2|Chief"]),
];
const SYSTEM: [(&str, &[&str]); 4] = [
    ("RequiredRole", &["", "Clerk", "%DB_SALES", "Größe", "NoSuch"]),
    ("MaximumRoles", &["0", "9", "10240"]),
    ("MaximumResources", &["0", "6", "10240"]),
    ("PasswordPattern", &["3.32ANP", "8.128ANP", "?"]),
];

/// A few of the properties of a class.
fn given(known: &'static Given) -> impl Strategy<Value = Properties> {
    let one = select(known).prop_flat_map(|(name, values)| (Just(name), select(values)));
    vec(one, 0..4).prop_map(|given| properties(&given))
}

fn name(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(names).prop_map(str::to_owned)
}

fn change_of_resource() -> impl Strategy<Value = Change> {
    prop_oneof![
        2 => (name(&RESOURCE_NAMES), given(&RESOURCE))
            .prop_map(|(name, properties)| Change::CreateResource { name, properties }),
        2 => (name(&RESOURCE_NAMES), given(&RESOURCE))
            .prop_map(|(name, properties)| Change::ModifyResource { name, properties }),
        1 => name(&RESOURCE_NAMES).prop_map(|name| Change::DeleteResource { name }),
    ]
}

fn change_of_role() -> impl Strategy<Value = Change> {
    prop_oneof![
        2 => (name(&NEW_ROLE_NAMES), given(&ROLE))
            .prop_map(|(name, properties)| Change::CreateRole { name, properties }),
        4 => (name(&ROLE_NAMES), given(&ROLE))
            .prop_map(|(name, properties)| Change::ModifyRole { name, properties }),
        1 => name(&ROLE_NAMES).prop_map(|name| Change::DeleteRole { name }),
        1 => (name(&ROLE_NAMES), name(&NEW_ROLE_NAMES)).prop_map(|(name, new_name)| Change::CopyObject {
            kind: Kind::Role,
            name,
            new_name,
            properties: Properties::new(),
        }),
        1 => (name(&ROLE_NAMES), name(&NEW_ROLE_NAMES))
            .prop_map(|(name, new_name)| Change::RenameRole { name, new_name }),
    ]
}

fn change_of_user() -> impl Strategy<Value = Change> {
    let credential = || option::weighted(0.2, Just(password()));
    let edit = || prop_oneof![Just(Edit::Add), Just(Edit::Remove)];
    let list =
        || prop_oneof![Just(RoleList::Login), Just(RoleList::LoginWithAdmin), Just(RoleList::Escalation)];
    prop_oneof![
        2 => (name(&USER_NAMES), given(&USER), credential())
            .prop_map(|(name, properties, credential)| Change::CreateUser { name, properties, credential }),
        3 => (name(&USER_NAMES), given(&USER), credential())
            .prop_map(|(name, properties, credential)| Change::ModifyUser { name, properties, credential }),
        1 => name(&USER_NAMES).prop_map(|name| Change::DeleteUser { name }),
        1 => (name(&USER_NAMES), name(&USER_NAMES), any::<bool>(), any::<bool>()).prop_map(
            |(name, new_name, sql_system, sql_objects)| {
                let how = UserCopy { full_name: String::new(), sql_system, sql_objects };
                Change::CopyUser { name, new_name, how: Box::new(how), credential: None }
            }
        ),
        1 => (name(&USER_NAMES), any::<bool>())
            .prop_map(|(user, expired)| Change::MarkPassword { user, expired }),
        3 => (name(&USER_NAMES), list(), edit(), name(&ROLE_LISTS))
            .prop_map(|(user, list, edit, roles)| Change::ChangeRoles { user, list, edit, roles }),
    ]
}

fn change_of_application() -> impl Strategy<Value = Change> {
    const NAMES: [&str; 5] = ["/app", "/APP", "Night batch", "/csp/docbook", "/a b"];
    prop_oneof![
        (name(&NAMES), given(&APPLICATION))
            .prop_map(|(name, properties)| Change::CreateApplication { name, properties }),
        (name(&NAMES), given(&APPLICATION))
            .prop_map(|(name, properties)| Change::ModifyApplication { name, properties }),
        name(&NAMES).prop_map(|name| Change::DeleteApplication { name }),
    ]
}

fn of_service() -> impl Strategy<Value = Change> {
    (name(&["%Service_Test", "%service_test", "%Service_No"]), given(&SERVICE))
        .prop_map(|(name, properties)| Change::ModifyService { name, properties })
}

fn change_of_sql() -> impl Strategy<Value = Change> {
    let grantee = || name(&["ann", "bob", "ann", "bob", "Clerk", "_PUBLIC", "Nobody"]);
    prop_oneof![
        2 => (sql_target(), grantee(), any::<bool>())
            .prop_map(|(target, grantee, grantable)| Change::GrantSql { target, grantee, grantable }),
        1 => (sql_target(), grantee(), any::<bool>())
            .prop_map(|(target, grantee, cascade)| Change::RevokeSql { target, grantee, cascade }),
        1 => (name(&ROLE_NAMES), name(&ROLE_NAMES))
            .prop_map(|(from, to)| Change::CopySqlPrivileges { from, to, namespaces: Vec::new() }),
    ]
}

/// One of a few targets of an SQL privilege.
pub fn sql_target() -> impl Strategy<Value = SqlTarget> {
    let target = |object, privilege| SqlTarget::new("USER", object, privilege).expect("a target");
    select(vec![
        target(Some(("table", "Sample.Person")), "SELECT"),
        target(Some(("table", "Sample.Person")), "SELECT"),
        target(Some(("schema", "Sample")), "SELECT"),
        target(None, "%CREATE_TABLE"),
    ])
}
