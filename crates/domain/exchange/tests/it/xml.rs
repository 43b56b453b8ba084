//! What security XML exports may say, and what becomes of it.

use super::message;
use sclera_core::change::{History, Kind};
use sclera_core::property::Value;
use sclera_core::time::Timestamp;
use sclera_core::user::Credential;
use sclera_exchange::{Document, GrantOption, Origin, Record, SqlRecord, read};

/// An export of one class, its records given.
fn export(class: &str, records: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{class}Export>\n{records}\n</{class}Export>\n")
}

fn one(class: &str, elements: &str) -> Document {
    let document = read(export(class, &format!("<{class}>{elements}</{class}>")).as_bytes()).unwrap();
    assert_eq!(document.origin, Origin::SecurityXml);
    document
}

/// The refusal of one record, of which the class and the place are left out.
fn fault(class: &str, elements: &str) -> String {
    let message = message(export(class, &format!("<{class}>{elements}</{class}>")));
    let (place, fault) = message.split_once(", line 3: ").unwrap();
    assert!(place.starts_with(&format!("{class}[0]")), "{place}");
    fault.to_owned()
}

fn first(document: &Document) -> &Record {
    document.records.first().unwrap()
}

fn property<'a>(document: &'a Document, name: &str) -> Option<&'a Value> {
    first(document).properties.get(name)
}

fn shown(record: &Record) -> Vec<String> {
    record.properties.iter().map(|(name, value)| format!("{name}={}", value.text())).collect()
}

fn user(elements: &str) -> Document {
    one("Users", &format!("<Name>ann</Name>{elements}"))
}

const ALICE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<UsersExport>
  <Users>
    <AccountNeverExpires>false</AccountNeverExpires>
    <AutheEnabled>0</AutheEnabled>
    <ChangePassword>true</ChangePassword>
    <Comment>Test bench &amp; training</Comment>
    <CreateDateTime>67120,37800.1234567</CreateDateTime>
    <CreateUsername>_SYSTEM</CreateUsername>
    <EmailAddress>alice@example.org</EmailAddress>
    <Enabled>true</Enabled>
    <ExpirationDate>2026-12-31</ExpirationDate>
    <Flags>1</Flags>
    <FullName>Alice Example</FullName>
    <HOTPKey>ZGVmZ2hpamtsbW5vcHFyc3R1dnc=</HOTPKey>
    <HOTPKeyGenerate>false</HOTPKeyGenerate>
    <HOTPKeyDisplay>false</HOTPKeyDisplay>
    <LastModifiedDateTime>67121,1200.5</LastModifiedDateTime>
    <LastModifiedInfo>
Roles modified:
  New value: %SQL,Bench
</LastModifiedInfo>
    <LastModifiedUsername>_SYSTEM</LastModifiedUsername>
    <LegacyPassword>old</LegacyPassword>
    <Name>alice</Name>
    <NameSpace>USER</NameSpace>
    <Password>810PsDoVTBV8UU0zD5kE4W8mWBKl1CnEx25n4A/tbVCUj1JKl6q4dgQMtoa4hZYYCQc+2DaK9Z29sPz2+5k07g==</Password>
    <PasswordNeverExpires>false</PasswordNeverExpires>
    <PasswordChangedDateTime>67120,37800</PasswordChangedDateTime>
    <PasswordReset>false</PasswordReset>
    <Roles>
      <RolesItem>%SQL</RolesItem>
      <RolesItem>Bench</RolesItem>
    </Roles>
    <RolesAreAdmin>false</RolesAreAdmin>
    <Salt>AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==</Salt>
    <PasswordHashAlgorithm>SHA512</PasswordHashAlgorithm>
    <PasswordHashWorkFactor>10000</PasswordHashWorkFactor>
    <Version>2</Version>
  </Users>
</UsersExport>
"#;

#[test]
fn a_user_with_all_that_is_told() {
    let document = read(ALICE.as_bytes()).unwrap();
    let alice = first(&document);
    assert_eq!(
        (alice.kind, alice.name.as_str(), alice.place.as_str(), alice.whole),
        (Kind::User, "alice", r#"Users[0] "alice", line 3"#, true)
    );
    assert_eq!(
        shown(alice),
        [
            "AccountNeverExpires=0",
            "AutheEnabled=0",
            "ChangePassword=1",
            "Comment=Test bench & training",
            "EmailAddress=alice@example.org",
            "Enabled=1",
            "ExpirationDate=2026-12-31",
            "FullName=Alice Example",
            "HOTPKeyDisplay=0",
            "NameSpace=USER",
            "PasswordNeverExpires=0",
            "Roles=%SQL,Bench",
            "RolesAreAdmin=0",
        ]
    );
    let credential = alice.credential.as_ref().unwrap();
    assert_eq!((credential.algorithm.as_str(), credential.work_factor), ("SHA512", 10_000));
    assert_eq!(credential.salt, (0..64).collect::<Vec<u8>>());
    assert_eq!((credential.key.len(), credential.key[..3].to_vec()), (64, vec![0xf3, 0x5d, 0x0f]));
    assert_eq!(alice.totp_key.as_ref().unwrap().as_slice(), b"defghijklmnopqrstuvw");
    let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    let expected = History {
        flags: 1,
        created: at("2024-10-07T10:30:00.123456Z"),
        created_by: "_SYSTEM".to_owned(),
        modified: at("2024-10-08T00:20:00.5Z"),
        modified_by: "_SYSTEM".to_owned(),
        modified_what: "\nRoles modified:\n  New value: %SQL,Bench\n".to_owned(),
        password_changed: at("2024-10-07T10:30:00Z"),
        legacy_password: "old".to_owned(),
        ..History::default()
    };
    assert_eq!(alice.history.as_deref(), Some(&expected));
    assert!(alice.password.is_none() && alice.password_hash.is_none() && document.notes.is_empty());
    assert!(!format!("{alice:?}").contains("SHA512"), "{alice:?}");
}

#[test]
fn line_ends_marks_and_layout_do_not_matter() {
    let plain = read(ALICE.as_bytes()).unwrap();
    let compact: String = ALICE.lines().map(str::trim_start).collect::<Vec<_>>().join("\n");
    for text in [
        ALICE.replace('\n', "\r\n"),
        format!("\u{feff}{ALICE}"),
        format!("\n {ALICE}"),
        ALICE.replacen("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "", 1),
        ALICE.replacen(" encoding=\"UTF-8\"", " encoding='utf-8' standalone=\"yes\"", 1),
        ALICE.replace("<Version>", "<!-- a <comment> --><Version>"),
        ALICE.replace("%SQL</RolesItem>", "<![CDATA[%SQL]]></RolesItem>"),
        ALICE.replace("<Name>alice</Name>", "<Name>&#97;l&#x69;ce</Name>"),
        ALICE.replace("RolesItem", "PropertyItem"),
        ALICE.replace("</Name>", "</Name >"),
    ] {
        let document = read(text.as_bytes()).unwrap();
        assert_eq!(shown(first(&document)), shown(first(&plain)), "{text}");
        assert_eq!(first(&document).credential, first(&plain).credential);
        assert_eq!(first(&document).history, first(&plain).history, "{text}");
    }
    let compact = read(compact.as_bytes()).unwrap();
    assert_eq!(shown(first(&compact)), shown(first(&plain)));
}

#[test]
fn passwords_are_taken_as_they_are() {
    let credential = |elements: &str| first(&user(elements)).credential.clone();
    let base64 = |length: usize| match length {
        20 => "tUFM9yTxXuR6/F9hHoaCmGQD1fM=".to_owned(),
        length => format!("{}{}", "AAAA".repeat(length / 3), ["", "AA==", "AAA="][length % 3]),
    };
    let old =
        credential(&format!("<Password>{}</Password><Salt>AAEC\n AwQFBgc=</Salt>", base64(20))).unwrap();
    assert_eq!((old.algorithm.as_str(), old.work_factor, old.key.len()), ("SHA1", 1_024, 20));
    assert_eq!(old.salt, [0, 1, 2, 3, 4, 5, 6, 7]);
    for (length, algorithm) in [(28, "SHA224"), (32, "SHA256"), (48, "SHA384"), (64, "SHA512")] {
        let password = format!("<Password>{}</Password>", base64(length));
        let told = credential(&password).unwrap();
        assert_eq!((told.algorithm.as_str(), told.work_factor), (algorithm, 10_000));
        let told =
            credential(&format!("{password}<PasswordHashWorkFactor>2048</PasswordHashWorkFactor>")).unwrap();
        assert_eq!(told.work_factor, 2_048);
        let named = |name| format!("{password}<PasswordHashAlgorithm>{name}</PasswordHashAlgorithm>");
        assert_eq!(credential(&named(algorithm)).unwrap().algorithm, algorithm);
        let fault = fault("Users", &format!("<Name>ann</Name>{}", named("SHA1")));
        assert_eq!(fault, "`Password` must be a key of the length that its algorithm gives");
    }
    let unchangeable = "<Password>VW5jaGFuZ2VhYmxl</Password>";
    let marked = "<PasswordHashAlgorithm>N/A</PasswordHashAlgorithm><PasswordHashWorkFactor>1024</PasswordHashWorkFactor>";
    assert_eq!(credential(unchangeable), Some(Credential::unchangeable()));
    assert_eq!(credential(&format!("{unchangeable}{marked}")), Some(Credential::unchangeable()));
    assert_eq!(credential("<Salt>AAEC</Salt>"), None);
    assert_eq!(credential("<Password/>"), None);
}

#[test]
fn passwords_in_no_form_are_refused() {
    let key = "tUFM9yTxXuR6/F9hHoaCmGQD1fM=";
    for (elements, expected) in [
        (
            format!("<Password>{}</Password>", &key[..20]),
            "`Password` must be a key of the length that its algorithm gives",
        ),
        ("<Password>secret!</Password>".to_owned(), "`Password` must be base64"),
        (format!("<Password>{key}</Password><Salt>x</Salt>"), "`Salt` must be base64"),
        (
            format!("<Password>{key}</Password><Salt>{}AA==</Salt>", "AAAA".repeat(22)),
            "`Salt` must be at most 64 bytes",
        ),
        (
            format!("<Password>{key}</Password><PasswordHashAlgorithm>N/A</PasswordHashAlgorithm>"),
            "`Password` must be a key of the length that its algorithm gives",
        ),
        (
            "<PasswordHashAlgorithm>MD5</PasswordHashAlgorithm>".to_owned(),
            "ERROR #7205: Datatype value 'MD5' not in VALUELIST 'N/A,SHA1,SHA224,SHA256,SHA384,SHA512'",
        ),
        ("<HOTPKey>AAAA</HOTPKey>".to_owned(), "`HOTPKey` must be 20 bytes in base64"),
    ] {
        assert_eq!(fault("Users", &format!("<Name>ann</Name>{elements}")), expected);
    }
    for factor in ["1023", "100000001"] {
        let fault = fault(
            "Users",
            &format!("<PasswordHashWorkFactor>{factor}</PasswordHashWorkFactor><Name>ann</Name>"),
        );
        assert!(fault.contains("ERROR #720"), "{fault}");
    }
}

#[test]
fn a_password_hash_counts_where_no_password_stands() {
    let hash = "<PasswordHash>ab,cd,10000,SHA512</PasswordHash>";
    assert_eq!(first(&user(hash)).password_hash.as_deref(), Some("ab,cd,10000,SHA512"));
    let both = user(&format!("{hash}<Password>tUFM9yTxXuR6/F9hHoaCmGQD1fM=</Password>"));
    assert!(first(&both).password_hash.is_none() && first(&both).credential.is_some());
}

#[test]
fn flags_attributes_and_long_histories() {
    let history = |elements: &str| *first(&user(elements)).history.clone().unwrap();
    assert_eq!(history("").flags, 1);
    assert_eq!(history("<Flags>4</Flags>").flags, 4);
    let what = format!("<LastModifiedInfo>{}</LastModifiedInfo>", "ä".repeat(2_000));
    assert_eq!(history(&what).modified_what.chars().count(), 1_024);
    assert_eq!(history("<CreateDateTime>0</CreateDateTime>").created, None);
    let attributes = user(
        "<Attributes><AttributesItem>BgF3YXJkAwE3</AttributesItem><AttributesItem>AAA=</AttributesItem></Attributes>",
    );
    assert_eq!(first(&attributes).history.as_ref().unwrap().attributes, ["ward=7"]);
    assert_eq!(attributes.notes, ["Users: Attributes that cannot be read are left aside (1 record)"]);
    for (elements, part) in [
        ("<Flags>-1</Flags>", "#7204"),
        ("<Flags>x</Flags>", "#7207"),
        (
            "<LegacyPassword>0123456789012345678901234567890123456789012345678901234567890123456789</LegacyPassword>",
            "#7201",
        ),
        ("<CreateDateTime>67120</CreateDateTime>", "`CreateDateTime` must be an instant"),
        ("<CreateDateTime>67120,86400</CreateDateTime>", "must be an instant"),
        ("<CreateDateTime>-1,5</CreateDateTime>", "must be an instant"),
        ("<CreateDateTime>67120,1.x</CreateDateTime>", "must be an instant"),
        ("<CreateDateTime>99999999999,1</CreateDateTime>", "must be an instant"),
        ("<CreateDateTime>,</CreateDateTime>", "must be an instant"),
    ] {
        let fault = fault("Users", &format!("<Name>ann</Name>{elements}"));
        assert!(fault.contains(part), "{fault}");
    }
}

#[test]
fn booleans_numbers_and_days() {
    for (text, expected) in [("true", true), ("1", true), (" false\n", false), ("0", false)] {
        let document = user(&format!("<Enabled>{text}</Enabled>"));
        assert_eq!(property(&document, "Enabled"), Some(&Value::Boolean(expected)));
    }
    assert_eq!(
        fault("Users", "<Enabled>maybe</Enabled><Name>ann</Name>"),
        "ERROR #7206: Datatype value 'maybe' is not a valid boolean > ERROR #5802: Datatype validation failed on \
         property 'Enabled', with value equal to \"maybe\""
    );
    assert!(fault("Users", "<Name>ann</Name><Enabled/>").contains("#7206"));
    assert!(fault("Users", "<Name>ann</Name><AutheEnabled>1.5</AutheEnabled>").contains("#7207"));
    for (text, expected) in
        [("67630", "2026-03-01"), ("2026-03-01", "2026-03-01"), ("0", ""), ("1840-12-31", ""), ("", "")]
    {
        let document = user(&format!("<ExpirationDate>{text}</ExpirationDate>"));
        assert_eq!(property(&document, "ExpirationDate"), Some(&Value::from(expected)), "{text}");
    }
    for text in ["1.3.2026", "2026-02-30", "-5", "99999999999", "+7"] {
        let fault = fault("Users", &format!("<Name>ann</Name><ExpirationDate>{text}</ExpirationDate>"));
        assert!(fault.starts_with("ERROR #944"), "{fault}");
    }
}

#[test]
fn roles_stand_twice_and_the_later_is_whole() {
    let bench = |description: &str, granted: &str| {
        format!(
            "  <Roles>\n    {description}{granted}<Name>Bench</Name>\n    <Resources>\n      <Resource>\n        \
             <Name>%DB_USER</Name>\n        <Permission>3</Permission>\n      </Resource>\n      <Resource>\n        \
             <Name>BenchTool</Name>\n        <Permission>U</Permission>\n      </Resource>\n      <Resource>\n        \
             <Name>Off</Name>\n        <Permission>0</Permission>\n      </Resource>\n    </Resources>\n    \
             <Version>1</Version>\n  </Roles>\n"
        )
    };
    let granted = "<GrantedRoles><GrantedRolesItem>%SQL</GrantedRolesItem></GrantedRoles>";
    let text = export("Roles", &(bench("<Description>x</Description>", "") + &bench("", granted)));
    let document = read(text.as_bytes()).unwrap();
    assert_eq!(document.records.len(), 1);
    let role = first(&document);
    assert_eq!((role.kind, role.place.as_str()), (Kind::Role, r#"Roles[1] "Bench", line 21"#));
    assert_eq!(shown(role), ["GrantedRoles=%SQL", "Resources=%DB_USER:RW,BenchTool:U"]);
    assert!(role.history.is_none() && role.credential.is_none());
}

#[test]
fn the_later_of_two_records_wins() {
    let twice = |class: &str, a: &str, b: &str| {
        let record = |name: &str, n: u8| {
            format!("<{class}><Name>{name}</Name><Description>{n}</Description></{class}>")
        };
        read(export(class, &(record(a, 1) + &record(b, 2))).as_bytes()).unwrap()
    };
    let folded = twice("Services", "%Service_CSP", "%service_csp");
    assert_eq!(folded.records.len(), 1);
    assert_eq!(
        (first(&folded).name.as_str(), shown(first(&folded))),
        ("%service_csp", vec!["Description=2".to_owned()])
    );
    assert_eq!(twice("SSLConfigs", "Web", "web").records.len(), 2, "case matters");
    assert_eq!(twice("SSLConfigs", "Web", "Web").records.len(), 1);
    let users = export(
        "Users",
        "<Users><Name>ann</Name><FullName>A</FullName></Users>\n<Users><Name>Ann</Name></Users>",
    );
    let users = read(users.as_bytes()).unwrap();
    assert_eq!((users.records.len(), first(&users).place.as_str()), (1, r#"Users[1] "Ann", line 4"#));
    assert!(first(&users).properties.is_empty());
}

#[test]
fn permissions_of_roles_and_resources() {
    let role = |inner: &str| format!("<Name>R</Name><Resources><Resource>{inner}</Resource></Resources>");
    for (elements, expected) in [
        (
            "<Name>AppData</Name><Permission>RX</Permission>",
            "ERROR #897: Invalid permission RX for resource name AppData.",
        ),
        (
            "<Name>AppData</Name><Permission>8</Permission>",
            "ERROR #897: Invalid permission 8 for resource name AppData.",
        ),
        ("<Name>AppData</Name><Permission/>", "ERROR #897: Invalid permission  for resource name AppData."),
        ("<Name>AppData</Name>", "`Permission` is missing"),
        ("<Permission>1</Permission>", "`Name` is missing"),
        ("<Name> </Name><Permission>1</Permission>", "`Name` is empty"),
        ("", "`Name` is missing"),
        ("<Name>A</Name><Name>B</Name><Permission>1</Permission>", "`Name` stands twice"),
        (
            "<Name>A:RW,B</Name><Permission>1</Permission>",
            "an element of `Resources` holds `,`, which separates elements",
        ),
        (
            "<Name>A:R</Name><Permission>1</Permission>",
            "an element of `Resources` holds `:`, which separates elements",
        ),
    ] {
        assert_eq!(fault("Roles", &role(elements)), expected);
    }
    let empty = one("Roles", "<Name>R</Name><Resources>\n</Resources><EscalationOnly>1</EscalationOnly>");
    assert_eq!(shown(first(&empty)), ["Resources=", "EscalationOnly=1"]);
    let resource = one(
        "Resources",
        "<Name>BenchTool</Name><PublicPermission>5</PublicPermission><Type>2147483648</Type>",
    );
    assert_eq!(
        (first(&resource).kind, shown(first(&resource))),
        (Kind::Resource, vec!["PublicPermission=RU".to_owned()])
    );
    assert_eq!(
        fault("Resources", "<Name>Bench</Name><PublicPermission>9</PublicPermission>"),
        "ERROR #897: Invalid permission 9 for resource name Bench."
    );
}

#[test]
fn the_other_classes() {
    let service = one(
        "Services",
        "<AutheEnabled>32</AutheEnabled><AutheEnabledCapabilities>3156960</AutheEnabledCapabilities>\
         <Capabilities>909</Capabilities><ClientSystems><ClientSystemsItem>10.*.*.*</ClientSystemsItem>\
         <ClientSystemsItem>10.0.0.1|%SQL,Bench</ClientSystemsItem></ClientSystems><Enabled>true</Enabled>\
         <HttpOnlyCookies>false</HttpOnlyCookies><Name>%Service_CSP</Name><TwoFactorEnabled>false</TwoFactorEnabled>",
    );
    assert_eq!((first(&service).kind, first(&service).name.as_str()), (Kind::Service, "%Service_CSP"));
    assert_eq!(
        shown(first(&service)),
        [
            "AutheEnabled=32",
            "ClientSystems=10.*.*.*;10.0.0.1|%SQL,Bench",
            "Enabled=1",
            "HttpOnlyCookies=0",
            "TwoFactorEnabled=0"
        ]
    );
    let event = one(
        "Events",
        "<Description>Bench opened</Description><Enabled>1</Enabled><Flags>0</Flags><Name>Open</Name>\
         <Source>Bench</Source><Type>Door</Type>",
    );
    assert_eq!((first(&event).kind, first(&event).name.as_str()), (Kind::Event, "Bench/Door/Open"));
    assert_eq!(shown(first(&event)), ["Description=Bench opened", "Enabled=1"]);
    assert_eq!(fault("Events", "<Name>Open</Name><Type>Door</Type>"), "`Source` is missing");
    let ssl = one("SSLConfigs", "<Name>web</Name><Type>true</Type><Protocols>24</Protocols>");
    assert_eq!(
        (first(&ssl).kind, shown(first(&ssl))),
        (Kind::SslConfig, vec!["Type=1".to_owned(), "Protocols=24".to_owned()])
    );
    let ldap = one(
        "LDAPConfigs",
        "<Name>example.org</Name><LDAPFlags>65</LDAPFlags><LDAPAttributes><LDAPAttributesItem>mail</LDAPAttributesItem>\
         <LDAPAttributesItem>ou</LDAPAttributesItem></LDAPAttributes><LDAPHostNames>a b</LDAPHostNames>",
    );
    assert_eq!(shown(first(&ldap)), ["LDAPFlags=65", "LDAPAttributes=mail,ou", "LDAPHostNames=a b"]);
    let application = one(
        "Applications",
        "<MatchRoles><MatchRolesItem>:%All</MatchRolesItem><MatchRolesItem>Bench:%SQL:%DB_USER</MatchRolesItem>\
         </MatchRoles><Name>/bench</Name><TwoFactorEnabled>false</TwoFactorEnabled><iKnowEnabled>0</iKnowEnabled>",
    );
    assert_eq!(
        shown(first(&application)),
        ["MatchRoles=:%All,Bench:%SQL:%DB_USER", "TwoFactorEnabled=0", "iKnowEnabled=0"]
    );
    assert_eq!(
        fault(
            "Applications",
            "<Name>/a</Name><MatchRoles><MatchRolesItem>:a,:b</MatchRolesItem></MatchRoles>"
        ),
        "an element of `MatchRoles` holds `,`, which separates elements"
    );
    for document in [service, event, ssl, ldap, application] {
        assert!(document.notes.is_empty(), "{:?}", document.notes);
    }
}

#[test]
fn system_settings_have_one_name_and_keep_no_password() {
    let document = one(
        "System",
        "<InactiveLimit>90</InactiveLimit><Name>SYSTEM</Name><SMTPPassword>hunter2</SMTPPassword>\
         <TwoFactorEnabled>false</TwoFactorEnabled><VersionSystem>2022.1</VersionSystem><LDAPBaseDN>x</LDAPBaseDN>\
         <DBEncStartMode>0</DBEncStartMode><PrivateJWKS>secret</PrivateJWKS><PublicJWKS>x</PublicJWKS>",
    );
    let system = first(&document);
    assert_eq!(
        (system.kind, system.name.as_str(), shown(system)),
        (Kind::System, "SYSTEM", vec!["InactiveLimit=90".to_owned(), "TwoFactorEnabled=0".to_owned()])
    );
    assert_eq!(document.notes, ["System: SMTPPassword is left aside (1 record): Sclera does not keep it"]);
    assert!(one("System", "<SMTPPassword/>").notes.is_empty());
    assert_eq!(fault("System", "<Name>OTHER</Name>"), "these settings are named `SYSTEM`, not `OTHER`");
    let search = one("LDAPConfigs", "<Name>x</Name><LDAPSearchPassword>aHVudGVyMg==</LDAPSearchPassword>");
    assert_eq!(first(&search).secret.as_ref().map(sclera_exchange::Password::expose), Some("hunter2"));
    assert!(search.notes.is_empty() && !format!("{search:?}").contains("hunter2"));
    for (class, secret) in [("SSLConfigs", "PrivateKeyPassword"), ("System", "SMTPPassword")] {
        let name = if class == "System" { "SYSTEM" } else { "x" };
        let kept = one(class, &format!("<Name>{name}</Name><{secret}>aHVudGVyMg==</{secret}>"));
        let secret = first(&kept).secret.as_ref().map(sclera_exchange::Password::expose);
        assert!(secret == Some("hunter2") && kept.notes.is_empty(), "{class}");
    }
    // The first is no text, and the second no base64.
    for (class, secret, value) in
        [("LDAPConfigs", "LDAPSearchPassword", "/////w=="), ("LDAPConfigs", "LDAPSearchPassword", "hunter2")]
    {
        let document = one(class, &format!("<Name>x</Name><{secret}>{value}</{secret}>"));
        assert_eq!(
            document.notes,
            [format!("{class}: {secret} is left aside (1 record): Sclera does not keep it")]
        );
        assert!(first(&document).properties.is_empty());
    }
}

const PRIVILEGE: &str = "<SQLPrivileges><Namespace>USER</Namespace><SQLObject>1,Sample.Person</SQLObject>\
    <Privilege>s</Privilege><Grantee>Bench</Grantee><Grantor>_SYSTEM</Grantor><Grantable>1</Grantable></SQLPrivileges>";
const SET: &str = "<SQLAdminPrivilegeSet><Namespace>USER</Namespace><Grantee>ann</Grantee><UseEmbedding>1</UseEmbedding>\
    <CreateTable>2</CreateTable><DropTable>0</DropTable><NoCheck>1</NoCheck></SQLAdminPrivilegeSet>";
const OPTION: &str = "<SQLRoleGrantOption><UserOrRole>ann</UserOrRole><RoleGranted>Bench</RoleGranted>\
    <Grantable>0</Grantable></SQLRoleGrantOption>";

#[test]
fn sql_privileges_stand_alone_beside_others_or_in_sections_of_their_own() {
    let sql = |object: Option<&str>, privilege: &str, grantee: &str, grantable| SqlRecord {
        namespace: "USER".to_owned(),
        object: object.map(|name| ("1".to_owned(), name.to_owned())),
        privilege: privilege.to_owned(),
        grantee: grantee.to_owned(),
        grantable,
        grantor: if object.is_some() { "_SYSTEM" } else { "" }.to_owned(),
    };
    let expected = [
        sql(Some("Sample.Person"), "s", "Bench", true),
        sql(None, "%CREATE_TABLE", "ann", true),
        sql(None, "%NOCHECK", "ann", false),
        sql(None, "%USE_EMBEDDING", "ann", false),
    ];
    let beside = export("Users", &format!("{PRIVILEGE}{SET}{OPTION}<Users><Name>ann</Name></Users>"));
    let within = export(
        "Users",
        &format!(
            "<Users><Name>ann</Name></Users><SQLPrivilegesExport>{PRIVILEGE}</SQLPrivilegesExport>\
             <SQLAdminPrivilegeSetExport>{SET}</SQLAdminPrivilegeSetExport>\
             <SQLRoleGrantOptionExport>{OPTION}</SQLRoleGrantOptionExport>"
        ),
    );
    for text in [beside, within] {
        let document = read(text.as_bytes()).unwrap();
        let (users, records) = document.records.split_first().unwrap();
        assert_eq!(users.kind, Kind::User);
        let read: Vec<_> = records.iter().filter_map(|record| record.sql.clone()).collect();
        assert_eq!(read, expected);
        assert_eq!((records[0].kind, records[1].name.as_str()), (Kind::SqlPrivilege, "ann"));
        assert_eq!(records[1].place, "SQLAdminPrivilegeSet[0], line 3");
        let place = "SQLRoleGrantOption[0], line 3".to_owned();
        let option =
            GrantOption { holder: "ann".to_owned(), role: "Bench".to_owned(), grantable: false, place };
        assert_eq!(document.grant_options, [option]);
        assert!(document.notes.is_empty());
    }
    for (class, record) in
        [("SQLPrivileges", PRIVILEGE), ("SQLAdminPrivilegeSet", SET), ("SQLRoleGrantOption", OPTION)]
    {
        assert!(read(export(class, record).as_bytes()).is_ok(), "{class}");
    }
}

#[test]
fn sql_privileges_that_cannot_be_told_are_refused() {
    let letters = "`Privilege` must be one of the letters a, s, i, u, d, r, e and l";
    for (from, to, expected) in [
        (">s<", ">su<", letters),
        (">s<", ">x<", letters),
        (">s<", "><", "`Privilege` is empty"),
        (
            "1,Sample.Person",
            "Sample.Person",
            "the object `Sample.Person` must be written as `table Sample.Person` or `1,Sample.Person`",
        ),
        (
            ">1</Grantable",
            ">2</Grantable",
            "ERROR #7206: Datatype value '2' is not a valid boolean > ERROR #5802: Datatype validation failed on property 'Grantable', with value equal to \"2\"",
        ),
        ("<Grantee>Bench</Grantee>", "", "`Grantee` is missing"),
    ] {
        let message = message(export("SQLPrivileges", &PRIVILEGE.replace(from, to)));
        assert_eq!(message, format!("SQLPrivileges[0], line 3: {expected}"));
    }
    let set = message(export("SQLAdminPrivilegeSet", &SET.replace(">2<", ">3<")));
    assert!(set.starts_with("SQLAdminPrivilegeSet[0], line 3: ERROR #7203"), "{set}");
    let option = message(export("SQLRoleGrantOption", &OPTION.replace("ann", " ")));
    assert_eq!(option, "SQLRoleGrantOption[0], line 3: `UserOrRole` is empty");
}

#[test]
fn an_export_of_everything_in_order() {
    let text = "<SecurityExport>\n<LDAPConfigsExport/>\n<SystemExport>\n  <System>\n    <Name>SYSTEM</Name>\n  \
        </System>\n</SystemExport>\n<DocDBsExport><DocDBs><Name>o</Name><Namespace>USER</Namespace></DocDBs></DocDBsExport>\n<EventsExport><Events><Name>n</Name><Source>s</Source><Type>t</Type>\
        </Events></EventsExport>\n<PhoneProvidersExport>\n  <PhoneProviders><Name>a</Name><SMSGateway>g</SMSGateway>\
        </PhoneProviders></PhoneProvidersExport>\n<X509UsersExport><X509Users><LookupKey>CN=a</LookupKey></X509Users></X509UsersExport><ServersExport><Servers><BindAddress>0:0::1</BindAddress><Port>1972</Port></Servers></ServersExport>\
        <UsersExport><Users><Name>ann</Name><Odd>1</Odd></Users><Users><Odd/><Odd/><Name>bob</Name></Users></UsersExport>\n\
        <RolesExport><Roles><Name>R</Name></Roles></RolesExport><ResourcesExport><Resources><Name>W</Name>\
        </Resources></ResourcesExport>\n<X509CredentialsExport><Whatever/></X509CredentialsExport>\n<KMIPServerExport/>\
        <NewThingsExport><NewThings><Name>x</Name></NewThings></NewThingsExport>\n</SecurityExport>";
    let document = read(text.as_bytes()).unwrap();
    let kinds: Vec<_> = document.records.iter().map(|record| (record.kind, record.name.as_str())).collect();
    assert_eq!(
        kinds,
        [
            (Kind::Resource, "W"),
            (Kind::Role, "R"),
            (Kind::User, "ann"),
            (Kind::User, "bob"),
            (Kind::PhoneProvider, "a"),
            (Kind::DocDb, "USER/o"),
            (Kind::X509User, "CN=a"),
            (Kind::Superserver, "[::1]:1972"),
            (Kind::Event, "s/t/n"),
            (Kind::System, "SYSTEM"),
        ]
    );
    assert_eq!(document.records[9].place, "System[0] \"SYSTEM\", line 4");
    assert_eq!(
        document.notes,
        [
            "1 X509Credentials record is left aside: Sclera does not keep them",
            "the unknown section `NewThingsExport` is left aside",
            "Users: the unknown element `Odd` is left aside (2 records)",
        ]
    );
    for root in ["<SecurityExport/>", "<DocDBsExport/>", "<UsersExport></UsersExport>"] {
        let document = read(root.as_bytes()).unwrap();
        assert!(document.records.is_empty() && document.notes.is_empty(), "{root}");
    }
}

#[test]
fn unknown_elements_are_told_and_never_many() {
    let items = user("<Roles><RolesItem>A</RolesItem><Other>B</Other><RolesItem/></Roles>");
    assert_eq!(property(&items, "Roles"), Some(&Value::from("A")));
    assert_eq!(items.notes, ["Users: the unknown element `Other` is left aside (1 record)"]);
    let many: String =
        (0..1_000).map(|n| format!("<Users><Name>u{n}</Name><E{n}/></Users><S{n}/>")).collect();
    let notes = read(export("Users", &many).as_bytes()).unwrap().notes;
    assert_eq!(notes.len(), 201);
    assert_eq!(notes[200], "more unknown elements are left aside than are named here");
}

#[test]
fn faults_name_the_record_and_the_line() {
    let text = export(
        "Users",
        "<Users><Name>ann</Name></Users>\n<Users>\n  <Name>bob</Name>\n  <Enabled>1</Enabled>\n  <Enabled>1</Enabled>\n</Users>",
    );
    assert_eq!(message(text), r#"Users[1] "bob", line 7: `Enabled` stands twice"#);
    for (elements, expected) in [
        ("", "`Name` is missing"),
        ("<Name> </Name>", "`Name` is empty"),
        ("<Name/>", "`Name` is empty"),
        ("<Name><b>ann</b></Name>", "`Name` must be text, without elements inside"),
        ("<Name>a</Name><FullName><b/></FullName>", "`FullName` must be text, without elements inside"),
        (
            "<Name>a</Name><Roles><RolesItem>A,B</RolesItem></Roles>",
            "an element of `Roles` holds `,`, which separates elements",
        ),
    ] {
        assert_eq!(fault("Users", elements), expected, "{elements}");
    }
    let long = "x".repeat(1_000_000);
    assert!(
        message(export("Users", &format!("<Users><Name>{long}</Name><Enabled>{long}</Enabled></Users>")))
            .len()
            < 800
    );
}
