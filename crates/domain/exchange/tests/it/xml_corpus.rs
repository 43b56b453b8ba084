//! Exports that others have published, where a folder with them is given.

use sclera_core::change::Kind;
use sclera_core::property::Value;
use sclera_exchange::{Document, Record, read};
use std::path::PathBuf;

#[test]
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "the files are not part of the project, and that they were not there must show"
)]
fn published_exports_say_what_is_expected() {
    let Some(folder) = std::env::var_os("SCLERA_CORPUS").map(|folder| PathBuf::from(folder).join("exports"))
    else {
        eprintln!("skipped: SCLERA_CORPUS names no folder");
        return;
    };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "xml"));
    assert_eq!(files.len(), EXPECTED.len());
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let document = read(&std::fs::read(&file).unwrap()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let (_, expected) = EXPECTED.iter().find(|(id, _)| name.starts_with(id)).unwrap();
        assert_eq!(told(&document), *expected, "{name}");
    }
}

/// A document as lines: its records, its grant options, its notes.
fn told(document: &Document) -> Vec<String> {
    let options = document
        .grant_options
        .iter()
        .map(|option| format!("option {} {} {}", option.holder, option.role, option.grantable));
    let notes = document.notes.iter().map(|note| format!("note {note}"));
    document.records.iter().map(record).chain(options).chain(notes).collect()
}

fn record(record: &Record) -> String {
    assert!(record.whole);
    let of = |name: &str| match record.properties.get(name) {
        None => "-".to_owned(),
        Some(Value::Boolean(flag)) => flag.to_string(),
        Some(value) if value.text().is_empty() => "none".to_owned(),
        Some(value) => value.text(),
    };
    let all = |names: &[&str]| names.iter().map(|name| of(name)).collect::<Vec<_>>().join(" ");
    let properties = match record.kind {
        Kind::Resource => all(&["PublicPermission", "Description"]),
        Kind::Role => all(&["Resources", "GrantedRoles"]),
        Kind::User => {
            let names = [
                "Enabled",
                "Roles",
                "NameSpace",
                "Routine",
                "AccountNeverExpires",
                "PasswordNeverExpires",
                "ChangePassword",
                "ExpirationDate",
            ];
            let (history, hash) = (record.history.as_ref().unwrap(), record.credential.as_ref().unwrap());
            let lengths = (hash.salt.len(), hash.key.len(), record.totp_key.as_ref().unwrap().len());
            format!("{} {} {}/{} {lengths:?}", all(&names), history.flags, hash.algorithm, hash.work_factor)
        }
        Kind::Application => all(&[
            "Enabled",
            "Type",
            "NameSpace",
            "AutheEnabled",
            "Resource",
            "MatchRoles",
            "DispatchClass",
            "JWTAuthEnabled",
        ]),
        Kind::SslConfig => all(&[
            "Enabled",
            "Type",
            "VerifyPeer",
            "TLSMinVersion",
            "TLSMaxVersion",
            "Protocols",
            "CertificateFile",
        ]),
        _ => String::new(),
    };
    match &record.sql {
        Some(sql) => {
            let (kind, name) = sql.object.as_ref().unwrap();
            format!("sql {} {} {kind},{name} {} {}", sql.namespace, sql.privilege, sql.grantee, sql.grantable)
        }
        None => format!("{} {} {properties}", record.kind.word(), record.name),
    }
}

/// What each file says, by the beginning of its name.
const EXPECTED: &[(&str, &[&str])] = &[
    (
        "d001",
        &[
            "resource DP_ADMIN none -",
            "resource DP_MENU_DASHBOARD none -",
            "resource DP_MENU_SEARCH none -",
            "resource DP_PIPE_HL7ADT none -",
        ],
    ),
    (
        "d002",
        &[
            "role DataPipe_Admin %DB_%DEFAULT:RW,%DB_DPIPE:RW,%DB_USER:RW,%DB_HSLIB:RW,%DB_HSSYS:RW,%DB_IRISAUDIT:RW,%DB_IRISLIB:RW,%DB_IRISLOCALDATA:RW,%DB_IRISSYS:RW,%DB_IRISTEMP:RW,%Service_WebGateway:U,DP_ADMIN:RWU,DP_MENU_DASHBOARD:RWU,DP_MENU_SEARCH:RWU,DP_PIPE_HL7ADT:RWU -",
            "sql DPIPE i 1,DataPipe_Data.Pipe DataPipe_Admin false",
            "sql DPIPE s 1,DataPipe_Data.Pipe DataPipe_Admin false",
            "sql DPIPE u 1,DataPipe_Data.Pipe DataPipe_Admin false",
            "sql DPIPE s 3,DataPipe_Data.VInbox DataPipe_Admin false",
            "sql DPIPE s 3,DataPipe_Data.VIngestion DataPipe_Admin false",
            "sql DPIPE s 3,DataPipe_Data.VOper DataPipe_Admin false",
            "sql DPIPE s 3,DataPipe_Data.VStaging DataPipe_Admin false",
        ],
    ),
    (
        "d003",
        &[
            "user dpadmin true DataPipe_Admin - - true false false none 1 SHA512/10000 (64, 64, 20)",
            "option dpadmin DataPipe_Admin false",
        ],
    ),
    (
        "d004",
        &[
            "application /test/api true 2 DPIPE 32 - - DataPipe.Test.REST.BS.ApiService false",
            "application /test/user/api/ true 2 USER 32 - - DataPipe.Test.REST.BS.ApiService false",
        ],
    ),
    (
        "d005",
        &[
            "application /fhiraas/v1 true 2 FHIRAAS 32 - :%All FHIRAAS.API.disp -",
            "application /fhiraas/ui true 2 FHIRAAS 64 - :%All - -",
        ],
    ),
    (
        "d006",
        &[
            "application /api/cda true 2 HEALTHTOOLKIT 64 - :%All HealthToolKit.REST.CDA -",
            "application /api/custom true 2 HEALTHTOOLKIT 64 - :%All HealthToolKit.REST.Custom -",
            "application /api/hl7 true 2 HEALTHTOOLKIT 64 - :%All HealthToolKit.REST.HL7 -",
        ],
    ),
    (
        "d007",
        &[
            "application /api/resttodicom/v1 true 2 RESTTODICOM 32 - :%All RestToDicom.WS.REST.V1 -",
            "application /api/resttodicom/v1/patients true 2 RESTTODICOM 32 - :%All Form.REST.Main -",
        ],
    ),
    ("d008", &["ssl llm_ssl true false 0 16 32 - -"]),
    ("d009", &["application /api/shipping true 2 USER 64 - :%All Agent.BS.ShippingStatusAPI false"]),
    ("d010", &["application /api/encoder true 2 ENCODER 64 - :%All ENCODER.WS.Service false"]),
    ("d011", &["ssl ssl true false 0 16 32 - -"]),
    ("d012", &["application /csp/external true 2 FHIRINTEROP 96 - :%All interop.external.SimpleService -"]),
    ("d013", &["ssl SSL true false 0 - - 24 -"]),
    ("d014", &["application /dicom true 2 USER 96 - :%All DICOM.BS.RESTService false"]),
    ("d015", &["application /api/quiniela true 2 QUINIELA 32 - :%All QUINIELA.WS.Service true"]),
    ("d016", &["application /audit true 2 WEBINAR 64 - :Webinar Webinar.API.Audit -"]),
    (
        "d017",
        &["application /leaderboard/api/v1 true 2 WEBINAR 96 - :Webinar Webinar.API.Leaderboard.v1.disp -"],
    ),
    ("d018", &["application /graphqlserver true 2 USER 64 - :%All %SYS.Python.WSGI false"]),
    ("d019", &["user tech true %All USER - true true false none 1 SHA1/1024 (8, 20, 20)"]),
    ("d020", &["application /database true 2 USER 64 - :%All DatabaseManager.WebService -"]),
];
