//! Every command that there is, with a call of it that works.
//!
//! A command that is not in this table fails a test; so whatever is asked of all of them is asked of a new one too.

use crate::harness::{Kind, Scratch};
use std::collections::BTreeSet;

/// Who may use a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    /// It works on no open instance.
    NoInstance,
    /// Anyone who was admitted.
    Nothing,
    /// Whoever holds `%Admin_Operate:USE`.
    Operate,
    /// Whoever holds `%Admin_Secure:USE`.
    Secure,
}

/// What nonsense in place of a name comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    /// An object of that name must exist.
    Known,
    /// The name is given to a new object.
    New,
}

/// A command.
pub(crate) struct Leaf {
    pub(crate) path: &'static str,
    /// The rest of a call that works on [`Kind::Worked`]. `@users` and the like are files with one object of the kind,
    /// and `@out` is a file to write.
    pub(crate) rest: &'static [&'static str],
    pub(crate) asks: Asks,
    /// Where names stand in the rest.
    pub(crate) names: &'static [(usize, Name)],
}

const fn leaf(path: &'static str, rest: &'static [&'static str], names: &'static [(usize, Name)]) -> Leaf {
    Leaf { path, rest, asks: Asks::Secure, names }
}

const fn free(path: &'static str, rest: &'static [&'static str]) -> Leaf {
    Leaf { path, rest, asks: Asks::Nothing, names: &[] }
}

const fn apart(path: &'static str) -> Leaf {
    Leaf { path, rest: &[], asks: Asks::NoInstance, names: &[] }
}

const KNOWN: &[(usize, Name)] = &[(0, Name::Known)];
const NEW: &[(usize, Name)] = &[(0, Name::New)];
const COPY: &[(usize, Name)] = &[(0, Name::Known), (1, Name::New)];
const TWO: &[(usize, Name)] = &[(0, Name::Known), (1, Name::Known)];

pub(crate) const LEAVES: &[Leaf] = &[
    apart("init"),
    apart("demo"),
    apart("bench"),
    apart("generate man"),
    apart("generate completions"),
    // It asks another instance, which `tests/gates.rs` gives it.
    apart("datacheck"),
    apart("check-config"),
    apart("passwordhash"),
    apart("serve"),
    free("status", &[]),
    leaf("user list", &[], &[]),
    leaf("user show", &["ann"], KNOWN),
    leaf("user create", &["new", "--set", "FullName=New"], NEW),
    leaf("user copy", &["ann", "new"], COPY),
    leaf("user exists", &["ann"], &[]),
    leaf("user expire-passwords", &["ann"], &[]),
    leaf("user unexpire-passwords", &["ann"], &[]),
    leaf("user unlock", &["ann"], KNOWN),
    leaf("user modify", &["ann", "--set", "FullName=Ann"], KNOWN),
    leaf("user delete", &["bob"], KNOWN),
    leaf("user passwd", &["ann"], KNOWN),
    leaf("user totp", &["ann"], KNOWN),
    leaf("user add-roles", &["ann", "Writer"], TWO),
    leaf("user remove-roles", &["ann", "Reader"], TWO),
    leaf("user add-escalation-roles", &["ann", "Writer"], TWO),
    leaf("user remove-escalation-roles", &["ann", "Writer"], TWO),
    leaf("user roles", &["ann"], KNOWN),
    leaf("user resources", &["ann"], KNOWN),
    leaf("user import", &["@users"], &[]),
    leaf("user export", &["@out"], &[]),
    leaf("role list", &[], &[]),
    leaf("role show", &["Reader"], KNOWN),
    leaf("role create", &["New", "--set", "Resources=AppData:R"], NEW),
    leaf("role copy", &["Reader", "New"], COPY),
    leaf("role exists", &["Reader"], &[]),
    leaf("role modify", &["Reader", "--set", "Description=Reads"], KNOWN),
    leaf("role delete", &["Reader"], KNOWN),
    leaf("role rename", &["Reader", "Lector"], COPY),
    leaf("role in-use", &["Reader"], KNOWN),
    leaf("role holding", &["AppData:W"], &[]),
    leaf("role resources", &["Writer"], &[]),
    leaf("role copy-sql", &["Reader", "Writer"], TWO),
    leaf("role import", &["@roles"], &[]),
    leaf("role export", &["@out"], &[]),
    leaf("resource list", &[], &[]),
    leaf("resource show", &["AppData"], KNOWN),
    leaf("resource create", &["New", "--set", "PublicPermission=R"], NEW),
    leaf("resource copy", &["AppData", "New"], COPY),
    leaf("resource exists", &["AppData"], &[]),
    leaf("resource modify", &["AppData", "--set", "PublicPermission=R"], KNOWN),
    leaf("resource delete", &["AppData"], KNOWN),
    leaf("resource in-use", &["AppData"], KNOWN),
    leaf("resource import", &["@resources"], &[]),
    leaf("resource export", &["@out"], &[]),
    leaf("service list", &[], &[]),
    leaf("service show", &["%Service_Login"], KNOWN),
    leaf("service modify", &["%Service_Telnet", "--set", "ClientSystems=10.0.0.1"], KNOWN),
    leaf("service restart", &["%Service_Telnet"], KNOWN),
    leaf("service import", &["@services"], &[]),
    leaf("service export", &["@out"], &[]),
    leaf("application list", &[], &[]),
    leaf("application show", &["/app"], KNOWN),
    leaf("application create", &["/new", "--set", "NameSpace=USER"], NEW),
    leaf("application copy", &["/app", "/new"], COPY),
    leaf("application exists", &["/app"], &[]),
    leaf("application modify", &["/app", "--set", "NameSpace=USER"], KNOWN),
    leaf("application delete", &["/app"], KNOWN),
    leaf("application import", &["@applications"], &[]),
    leaf("application export", &["@out"], &[]),
    leaf("event list", &[], &[]),
    leaf("event counts", &["--sources", "Mine"], &[]),
    leaf("event clear", &[], &[]),
    leaf("event show", &["Mine/Type/Name"], KNOWN),
    leaf("event create", &["Mine/Type/Other", "--set", "Enabled=1"], NEW),
    leaf("event copy", &["Mine/Type/Name", "Mine/Type/Other"], COPY),
    leaf("event exists", &["Mine/Type/Name"], &[]),
    leaf("event modify", &["Mine/Type/Name", "--set", "Enabled=1"], KNOWN),
    leaf("event delete", &["Mine/Type/Name"], KNOWN),
    leaf("event import", &["@events"], &[]),
    leaf("event export", &["@out"], &[]),
    leaf("ssl list", &[], &[]),
    leaf("ssl show", &["Front"], KNOWN),
    leaf("ssl create", &["Back", "--set", "Description=Said"], NEW),
    leaf("ssl copy", &["Front", "Back"], COPY),
    leaf("ssl exists", &["Front"], &[]),
    leaf("ssl modify", &["Front", "--set", "Description=Said"], KNOWN),
    leaf("ssl delete", &["Front"], KNOWN),
    leaf("ssl import", &["@ssl"], &[]),
    leaf("ssl export", &["@out"], &[]),
    leaf("phone-provider list", &[], &[]),
    leaf("phone-provider show", &["Acme"], KNOWN),
    leaf("phone-provider create", &["Other", "--set", "SMSGateway=sms.example.org"], NEW),
    leaf("phone-provider copy", &["Acme", "Other"], COPY),
    leaf("phone-provider exists", &["Acme"], &[]),
    leaf("phone-provider modify", &["Acme", "--set", "SMSGateway=text.example.org"], KNOWN),
    leaf("phone-provider delete", &["Acme"], KNOWN),
    leaf("phone-provider import", &["@providers"], &[]),
    leaf("phone-provider export", &["@out"], &[]),
    leaf("docdb list", &[], &[]),
    leaf("docdb show", &["USER/Orders"], KNOWN),
    leaf("docdb create", &["USER/Bills", "--set", "Description=Said"], NEW),
    leaf("docdb copy", &["USER/Orders", "USER/Bills"], COPY),
    leaf("docdb exists", &["USER/Orders"], &[]),
    leaf("docdb modify", &["USER/Orders", "--set", "Description=Said"], KNOWN),
    leaf("docdb delete", &["USER/Orders"], KNOWN),
    leaf("docdb import", &["@docdbs"], &[]),
    leaf("docdb export", &["@out"], &[]),
    leaf("x509-user list", &[], &[]),
    leaf("x509-user show", &["CN=ann"], KNOWN),
    leaf("x509-user create", &["CN=bob", "--set", "Username=bob"], NEW),
    leaf("x509-user copy", &["CN=ann", "CN=bob"], COPY),
    leaf("x509-user exists", &["CN=ann"], &[]),
    leaf("x509-user modify", &["CN=ann", "--set", "Comment=Said"], KNOWN),
    leaf("x509-user delete", &["CN=ann"], KNOWN),
    leaf("x509-user import", &["@certified"], &[]),
    leaf("x509-user export", &["@out"], &[]),
    leaf("superserver list", &[], &[]),
    leaf("superserver show", &["1972"], KNOWN),
    leaf("superserver create", &["1974", "--set", "EnableClients=0"], NEW),
    leaf("superserver copy", &["1972", "1974"], COPY),
    leaf("superserver exists", &["1972"], &[]),
    leaf("superserver modify", &["1972", "--set", "Description=Said"], KNOWN),
    leaf("superserver delete", &["127.0.0.1:1973"], KNOWN),
    leaf("superserver import", &["@superservers"], &[]),
    leaf("superserver export", &["@out"], &[]),
    leaf("ldap list", &[], &[]),
    leaf("ldap show", &["site.example"], KNOWN),
    leaf("ldap create", &["other.example", "--set", "Description=Said"], NEW),
    leaf("ldap copy", &["site.example", "other.example"], COPY),
    leaf("ldap exists", &["site.example"], &[]),
    leaf("ldap modify", &["site.example", "--set", "Description=Said"], KNOWN),
    leaf("ldap delete", &["site.example"], KNOWN),
    leaf("ssl private-key-password", &["Front"], KNOWN),
    leaf("system smtp-password", &[], &[]),
    leaf("ldap search-password", &["site.example"], KNOWN),
    leaf("ldap test", &["ann", "--roles"], &[]),
    leaf("ldap import", &["@ldap"], &[]),
    leaf("ldap export", &["@out"], &[]),
    leaf("system show", &[], &[]),
    leaf("system modify", &["--set", "PasswordExpirationDays=90"], &[]),
    leaf("system import", &["@system"], &[]),
    leaf("system export", &["@out"], &[]),
    leaf("sql-privilege list", &["ann"], KNOWN),
    leaf("sql-privilege create", &["ann", "UPDATE", "--object", "table Ward.Patient"], TWO),
    leaf("sql-privilege check", &["ann", "SELECT", "--object", "table Ward.Patient"], TWO),
    leaf("sql-privilege delete", &["ann", "SELECT", "--object", "table Ward.Patient"], TWO),
    leaf("sql-privilege import", &["@sql"], &[]),
    leaf("sql-privilege export", &["@out"], &[]),
    free("namespace list", &[]),
    free("namespace check", &["USER", "Orders(1)"]),
    free("check", &["AppData"]),
    leaf("explain", &["ann", "AppData:R"], KNOWN),
    leaf("import", &["@users"], &[]),
    leaf("export", &["@out"], &[]),
    leaf("diff", &["@exported"], &[]),
    leaf("simulate", &["user", "modify", "ann", "--set", "FullName=Ann"], &[]),
    leaf("lint", &[], &[]),
    leaf("login", &["%Service_Terminal", "ann", "--simulate"], &[]),
    free("session list", &[]),
    free("session end", &["ann"]),
    free("session ticket", &["@ticket"]),
    leaf("token list", &[], &[]),
    leaf("token create", &["gateway", "--user", "ann", "--scopes", "gate"], &[]),
    leaf("token rotate", &["Front"], KNOWN),
    leaf("token revoke", &["Front"], KNOWN),
    leaf("audit list", &[], &[]),
    leaf("audit purge", &["--older-than", "9000"], &[]),
    leaf("audit export", &["@out"], &[]),
    leaf("audit verify", &[], &[]),
    Leaf { path: "backup", rest: &["@out"], asks: Asks::Operate, names: &[] },
    apart("restore"),
    apart("key list"),
    apart("key rotate"),
];

impl Leaf {
    /// With which code the call ends that works: a worked instance of the compatible profile has its weak spots, and no
    /// directory.
    pub(crate) fn code(&self) -> i32 {
        i32::from(["lint", "ldap test"].contains(&self.path))
    }

    /// The words of a call that works.
    pub(crate) fn call(&self, scratch: &Scratch) -> Vec<String> {
        let rest = self.rest.iter().map(|word| match *word {
            "@out" => scratch.path("out.json").to_str().unwrap().to_owned(),
            "@exported" if !scratch.data().exists() => scratch.file("exported.json", "{}"),
            "@exported" => {
                let path = scratch.path("exported.json").to_str().unwrap().to_owned();
                scratch.ok(["export", &path]);
                path
            }
            "@ticket" => {
                // The service that gives tickets starts switched off.
                if scratch.data().exists() {
                    scratch.ok(["service", "modify", "%Service_CallIn", "--set", "Enabled=1"]);
                }
                scratch.path("ticket").to_str().unwrap().to_owned()
            }
            "@users" => scratch.file("users.json", r#"{"Users":[{"Name":"cyd","Roles":"Reader"}]}"#),
            "@roles" => scratch.file("roles.json", r#"{"Roles":[{"Name":"Third","Resources":"AppData:R"}]}"#),
            "@resources" => scratch.file("resources.json", r#"{"Resources":[{"Name":"More"}]}"#),
            "@services" => {
                scratch.file("services.json", r#"{"Services":[{"Name":"%Service_Telnet","Enabled":false}]}"#)
            }
            "@applications" => scratch.file("applications.json", r#"{"Applications":[{"Name":"/second"}]}"#),
            "@events" => scratch.file("events.json", r#"{"Events":[{"Name":"Mine/Type/Third"}]}"#),
            "@providers" => scratch.file(
                "PhoneProviders.json",
                r#"{"PhoneProviders":[{"Name":"Third","SMSGateway":"sms.example.net"}]}"#,
            ),
            "@docdbs" => scratch.file("DocDBs.json", r#"{"DocDBs":[{"Name":"USER/Third"}]}"#),
            "@superservers" => {
                scratch.file("Servers.json", r#"{"Servers":[{"Name":"1975","EnableCSP":true}]}"#)
            }
            "@certified" => {
                scratch.file("X509Users.json", r#"{"X509Users":[{"Name":"CN=third","Username":"ann"}]}"#)
            }
            "@ssl" => scratch.file("ssl.json", r#"{"SSLConfigs":[{"Name":"Third"}]}"#),
            "@ldap" => scratch.file("ldap.json", r#"{"LDAPConfigs":[{"Name":"third.example"}]}"#),
            "@system" => scratch.file("system.json", r#"{"System":{"InactiveLimit":60}}"#),
            "@sql" => scratch.file(
                "sql.json",
                r#"{"SQLPrivileges":[{"Namespace":"USER","Privilege":"%NOLOCK","Grantee":"ann"}]}"#,
            ),
            word => word.to_owned(),
        });
        self.path.split(' ').map(str::to_owned).chain(rest).collect()
    }

    /// The same call with another word at a place of the rest.
    pub(crate) fn call_with(&self, scratch: &Scratch, place: usize, word: &str) -> Vec<String> {
        let mut call = self.call(scratch);
        let place = self.path.split(' ').count() + place;
        word.clone_into(&mut call[place]);
        call
    }
}

#[test]
fn every_command_stands_in_the_table() {
    let scratch = Scratch::empty();
    let mut found = BTreeSet::new();
    let mut waiting = vec![Vec::<String>::new()];
    while let Some(path) = waiting.pop() {
        let below = subcommands(&scratch.ok(path.iter().map(String::as_str).chain(["--help"])));
        if below.is_empty() {
            found.insert(path.join(" "));
        }
        waiting.extend(below.into_iter().map(|word| [path.clone(), vec![word]].concat()));
    }
    let listed: BTreeSet<String> = LEAVES.iter().map(|leaf| leaf.path.to_owned()).collect();
    assert_eq!(found, listed);
}

#[test]
fn every_call_of_the_table_works() {
    for leaf in LEAVES.iter().filter(|leaf| leaf.asks != Asks::NoInstance) {
        let scratch = Scratch::new(Kind::Worked);
        let call = scratch.call(leaf.call(&scratch));
        let call = if leaf.path == "user passwd" {
            call.env("SCLERA_NEW_PASSWORD", crate::harness::PASSWORD)
        } else {
            call
        };
        call.is(leaf.code());
    }
}

/// The words under `Commands:` in a help text.
fn subcommands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    // A description that goes on in a second line is indented further.
    let words = lines.filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    words.filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}
