//! XML exports that are written: as the original lays them out, and read back as they were.

use super::{message, record, wholes};
use proptest::prelude::*;
use sclera_core::change::Kind;
use sclera_core::property::Properties;
use sclera_exchange::{Document, Form, Record, SqlRecord, read, write};

fn again(text: &str) -> String {
    write(&read(text.as_bytes()).unwrap(), Form::Xml).unwrap().to_string()
}

/// `export-xml.md` 4.2: every element of a user, in the order of the class.
const USER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<UsersExport>
  <Users>
    <AccountNeverExpires>false</AccountNeverExpires>
    <Attributes>
      <AttributesItem>BgF3YXJkAwE3</AttributesItem>
    </Attributes>
    <AutheEnabled>0</AutheEnabled>
    <ChangePassword>true</ChangePassword>
    <Comment>Test bench &amp; training &lt;2&gt;</Comment>
    <CreateDateTime>67120,37800.123456</CreateDateTime>
    <CreateUsername>_SYSTEM</CreateUsername>
    <EmailAddress>alice@example.org</EmailAddress>
    <Enabled>true</Enabled>
    <ExpirationDate>2026-12-31</ExpirationDate>
    <Flags>1</Flags>
    <FullName>Alice \"Ä\" Example</FullName>
    <HOTPKey>ZGVmZ2hpamtsbW5vcHFyc3R1dnc=</HOTPKey>
    <HOTPKeyGenerate>false</HOTPKeyGenerate>
    <HOTPKeyDisplay>false</HOTPKeyDisplay>
    <LastModifiedDateTime>67121,1200.5</LastModifiedDateTime>
    <LastModifiedInfo>
Roles modified:
  New value: %SQL,Bench
  Old value: %SQL
</LastModifiedInfo>
    <LastModifiedUsername>_SYSTEM</LastModifiedUsername>
    <LegacyPassword>old</LegacyPassword>
    <Name>alice</Name>
    <NameSpace>USER</NameSpace>
    <Password>810PsDoVTBV8UU0zD5kE4W8mWBKl1CnEx25n4A/tbVCUj1JKl6q4dgQMtoa4hZYYCQc+2DaK9Z29sPz2+5k07g==</Password>
    <PasswordNeverExpires>false</PasswordNeverExpires>
    <PasswordChangedDateTime>67120,37800</PasswordChangedDateTime>
    <PasswordReset>false</PasswordReset>
    <PhoneNumber>+49</PhoneNumber>
    <PhoneProvider>Example Mobile</PhoneProvider>
    <Roles>
      <RolesItem>%SQL</RolesItem>
      <RolesItem>Bench</RolesItem>
    </Roles>
    <RolesAreAdmin>false</RolesAreAdmin>
    <EscalationRoles>
      <EscalationRolesItem>%All</EscalationRolesItem>
    </EscalationRoles>
    <Routine>^%D</Routine>
    <Salt>AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==</Salt>
    <EMSGroupEnabled>Y</EMSGroupEnabled>
    <PasswordHashAlgorithm>SHA512</PasswordHashAlgorithm>
    <PasswordHashWorkFactor>10000</PasswordHashWorkFactor>
    <Version>2</Version>
  </Users>
</UsersExport>
";

#[test]
fn a_user_is_written_as_the_original_writes_it() {
    assert_eq!(again(USER), USER);
}

#[test]
fn an_empty_date_is_day_0_and_no_password_is_no_element() {
    let properties = Properties::new().with("ExpirationDate", "").with("PasswordHashAlgorithm", "SHA512");
    let text = write(&Document::of(vec![record(Kind::User, "ann", "", properties)]), Form::Xml).unwrap();
    assert!(text.contains("<ExpirationDate>1840-12-31</ExpirationDate>"), "{}", *text);
    assert!(!text.contains("<Password>") && !text.contains("<Salt>"), "{}", *text);
    let never = Properties::new().with("PasswordHashAlgorithm", "N/A").with("PasswordHashWorkFactor", 1024);
    let text = write(&Document::of(vec![record(Kind::User, "_Ensemble", "", never)]), Form::Xml).unwrap();
    assert!(
        text.contains("<Password>VW5jaGFuZ2VhYmxl</Password>"),
        "that there is none is no secret: {}",
        *text
    );
    let read = read(text.as_bytes()).unwrap();
    assert!(read.records[0].credential.as_ref().unwrap().is_unchangeable());
}

/// `export-xml.md` 5.1 and 5.2.
#[test]
fn roles_are_written_first_without_the_roles_they_hold() {
    let bench = Properties::new()
        .with("Description", "People at the bench")
        .with("Resources", "%DB_USER:RW,BenchTool:U")
        .with("GrantedRoles", "%SQL");
    let tail = record(Kind::Role, "Tail", "", Properties::new().with("EscalationOnly", true));
    let document = Document::of(vec![record(Kind::Role, "Bench", "", bench), tail]);
    let text = write(&document, Form::Xml).unwrap();
    let part = |granted: &str| {
        format!(
            "  <Roles>
    <Description>People at the bench</Description>
{granted}    <Name>Bench</Name>
    <Resources>
      <Resource>
        <Name>%DB_USER</Name>
        <Permission>3</Permission>
      </Resource>
      <Resource>
        <Name>BenchTool</Name>
        <Permission>4</Permission>
      </Resource>
    </Resources>
    <Version>5</Version>
  </Roles>
"
        )
    };
    let held = "    <GrantedRoles>\n      <GrantedRolesItem>%SQL</GrantedRolesItem>\n    </GrantedRoles>\n";
    let tail = "  <Roles>\n    <Name>Tail</Name>\n    <EscalationOnly>true</EscalationOnly>\n    <Version>5</Version>\n  \
                </Roles>\n";
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<RolesExport>\n";
    assert_eq!(*text, format!("{head}{}{tail}{}</RolesExport>\n", part(""), part(held)));
}

/// `security-classes.md` section 11: one record for each grantee and namespace.
#[test]
fn administrative_privileges_are_gathered() {
    let sql = |namespace: &str, privilege: &str, grantee: &str, grantable| {
        let sql = SqlRecord {
            namespace: namespace.to_owned(),
            object: None,
            privilege: privilege.to_owned(),
            grantee: grantee.to_owned(),
            grantable,
            grantor: String::new(),
        };
        Record { sql: Some(sql), ..record(Kind::SqlPrivilege, grantee, "", Properties::new()) }
    };
    let document = Document::of(vec![
        sql("USER", "%CREATE_FUNCTION", "ann", false),
        sql("USER", "%USE_EMBEDDING", "ann", true),
        sql("OTHER", "%NOLOCK", "ann", false),
    ]);
    let text = write(&document, Form::Xml).unwrap();
    assert_eq!(text.matches("<SQLAdminPrivilegeSet>").count(), 2, "{}", *text);
    assert_eq!(text.matches("<CreateTable>0</CreateTable>").count(), 2);
    assert!(
        text.contains("<CreateFunction>1</CreateFunction>")
            && text.contains("<UseEmbedding>2</UseEmbedding>")
    );
    let back = read(text.as_bytes()).unwrap();
    let held = |document: &Document| -> Vec<SqlRecord> {
        document.records.iter().map(|record| record.sql.clone().unwrap()).collect()
    };
    assert_eq!(held(&back), held(&document));
    assert!(text.starts_with(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<SecurityExport>\n<SQLPrivilegesExport/>\n"
    ));
}

#[test]
fn what_xml_cannot_hold_is_refused_and_named() {
    for (bad, kind) in [("\u{1b}[31m", Kind::User), ("a\0", Kind::Role), ("\u{fffe}", Kind::Resource)] {
        let property = if kind == Kind::User { "Comment" } else { "Description" };
        let properties = Properties::new().with(property, bad);
        let fault = write(&Document::of(vec![record(kind, "ann", "", properties)]), Form::Xml).unwrap_err();
        assert!(
            fault.to_string().starts_with(&format!("{property} of the {} ann holds", kind.word())),
            "{fault}"
        );
    }
}

#[test]
fn what_is_given_whole_reads_back_equal_in_every_line_break() {
    let text = "a\r\nb\rc\n d \t";
    let document = Document::of(vec![record(Kind::User, "ann", "", Properties::new().with("Comment", text))]);
    let back = read(write(&document, Form::Xml).unwrap().as_bytes()).unwrap();
    assert_eq!(back.records[0].properties.get("Comment"), Some(&text.into()));
    assert_eq!(message("<UsersExport><Users/></UsersExport>"), "Users[0], line 1: `Name` is missing");
}

/// A text that XML can hold.
fn text() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| text.chars().filter(|c| !c.is_control() && *c < '\u{fff0}').collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_as_it_was(
        description in text(),
        items in prop::collection::vec("[%a-zA-Z0-9&<>' ]{0,6}x", 0..4),
        number in any::<i64>(),
        flag in any::<bool>(),
    ) {
        let properties = Properties::new()
            .with("Description", description.as_str())
            .with("Enabled", flag)
            .with("Timeout", number)
            .with("CorsAllowlist", items.iter().map(|i| i.trim()).collect::<Vec<_>>().join(",").as_str());
        let written = |document: &Document| write(document, Form::Xml).unwrap();
        let text = written(&Document::of(vec![record(Kind::Application, "/a", "", properties)]));
        let back = read(text.as_bytes()).unwrap();
        let properties = &back.records[0].properties;
        prop_assert_eq!(properties.get("Enabled"), Some(&flag.into()));
        prop_assert_eq!(properties.get("Timeout"), Some(&number.into()));
        let given = |name: &str| properties.get(name).map(sclera_core::property::Value::text).unwrap_or_default();
        prop_assert_eq!(given("Description"), description);
        prop_assert_eq!(given("CorsAllowlist"), items.iter().map(|i| i.trim()).collect::<Vec<_>>().join(","));
        prop_assert_eq!(written(&back), text, "{:?}", wholes(&back));
    }
}

/// `export-xml.md` section 5: the small classes, in the order of their elements; users of certificates have no version.
#[test]
fn providers_document_databases_and_certificates_are_written_as_they_were_read() {
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    for (class, elements) in [
        (
            "PhoneProviders",
            "    <Name>Mobile &amp; More</Name>\n    <SMSGateway>sms.example.org</SMSGateway>\n    <Version>1</Version>\n",
        ),
        (
            "DocDBs",
            "    <Description>Of orders</Description>\n    <Enabled>true</Enabled>\n    <Name>Orders</Name>\n    \
             <Namespace>USER</Namespace>\n    <Resource>Ward</Resource>\n    <Version>1</Version>\n",
        ),
        (
            "X509Users",
            "    <Comment>Of the ward</Comment>\n    <Enabled>false</Enabled>\n    <LookupKey>CN=ann,O=Clinic/Ward</LookupKey>\n    \
             <Username>ann</Username>\n",
        ),
        (
            "Servers",
            "    <BindAddress>127.0.0.1</BindAddress>\n    <Enabled>true</Enabled>\n    <EnableCSP>false</EnableCSP>\n    \
             <EnableClients>true</EnableClients>\n    <Port>1972</Port>\n    <SSLConfig>Front</SSLConfig>\n    \
             <SSLSupportLevel>2</SSLSupportLevel>\n    <SystemDefault>true</SystemDefault>\n    <Version>1</Version>\n",
        ),
    ] {
        let text = format!("{head}<{class}Export>\n  <{class}>\n{elements}  </{class}>\n</{class}Export>\n");
        assert_eq!(again(&text), text);
    }
    for (class, faulty) in [
        ("DocDBs", "<Name>x</Name>"),
        ("X509Users", "<Name>x</Name>"),
        ("PhoneProviders", ""),
        ("Servers", ""),
    ] {
        let text = format!("<{class}Export><{class}>{faulty}</{class}></{class}Export>");
        assert!(message(&text).contains("is missing"), "{class}: {}", message(&text));
    }
    for (place, why) in [
        ("<Port>99</Port>", "a port from 100 on"),
        ("<BindAddress>host.example</BindAddress><Port>1972</Port>", "an address, or nothing for any"),
    ] {
        let text = format!("<ServersExport><Servers>{place}</Servers></ServersExport>");
        assert!(message(&text).contains(why), "{}", message(&text));
    }
}
