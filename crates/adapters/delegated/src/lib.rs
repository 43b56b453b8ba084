//! Delegated authentication: what the program of the site is asked at a login, and what its answer means
//! (`authentication.md` section 11). How question and answer are carried is for others: a process, a hook over HTTP.
//!
//! One object of JSON is asked, and one is answered:
//!
//! ```text
//! {"Version":1,"Call":"Authenticate","Service":"%Service_Terminal","Username":"ann","Password":"…"}
//! {"Status":"OK","Properties":{"Roles":"Clerk","FullName":"Ann Lee"}}
//! ```
//!
//! | call | also has | a right answer also has |
//! |---|---|---|
//! | `GetCredentials` | `Service` | `Username`, `Password` |
//! | `Authenticate` | `Service`, `Username`, `Password` | `Properties` |
//! | `Authorize` | `Service`, `Username` | `Properties` |
//! | `ChangePassword` | `Username`, `OldPassword`, `NewPassword` | nothing |
//!
//! A status that is not `OK` is one of section 11.5, `GetCredentialsFailed`, or `Error` with a `Message`; what it says is
//! for the audit trail alone. Whatever cannot be read as an answer is a failure, and so is a name that is not known here:
//! a mistake in a program must not let anybody in, and a misspelt property must not be lost.

#![forbid(unsafe_code)]

use sclera_authn::admission::{Answer, DelegatedTask, Identity, Profile, Supplied};
use sclera_authn::secret::Secret;
use sclera_authn::totp::Key;
use sclera_core::status::{Code, Status};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The most bytes of an answer.
pub const LARGEST_ANSWER: usize = 64 * 1024;
/// The bytes of a key of one-time passwords.
const KEY: usize = 20;

/// The question that a task is.
pub fn question(task: &DelegatedTask) -> Zeroizing<Vec<u8>> {
    match task {
        DelegatedTask::Credentials { service } => object(&[("Call", "GetCredentials"), ("Service", service)]),
        DelegatedTask::Authenticate { service, name, password } => object(&[
            ("Call", "Authenticate"),
            ("Service", service),
            ("Username", name),
            ("Password", password.expose()),
        ]),
        DelegatedTask::Authorize { service, name } => {
            object(&[("Call", "Authorize"), ("Service", service), ("Username", name)])
        }
        DelegatedTask::ChangePassword { name, old, new } => object(&[
            ("Call", "ChangePassword"),
            ("Username", name),
            ("OldPassword", old.expose()),
            ("NewPassword", new.expose()),
        ]),
    }
}

/// What the hook of codes by text message is told. Any answer of success will do.
pub fn send_code(user: &str, phone: &str, provider: &str, code: &str) -> Zeroizing<Vec<u8>> {
    object(&[
        ("Call", "SendCode"),
        ("Username", user),
        ("PhoneNumber", phone),
        ("PhoneProvider", provider),
        ("Code", code),
    ])
}

fn object(members: &[(&str, &str)]) -> Zeroizing<Vec<u8>> {
    // Room for all at once, so that nothing secret is left behind by growing: an escaped byte takes six at most.
    let room = members.iter().map(|(name, text)| name.len() + 6 * text.len() + 8).sum::<usize>() + 32;
    let mut json = Zeroizing::new(Vec::with_capacity(room));
    json.extend_from_slice(b"{\"Version\":1");
    for (name, text) in members {
        json.extend_from_slice(b",\"");
        json.extend_from_slice(name.as_bytes());
        json.extend_from_slice(b"\":");
        // Writing a text into memory cannot fail.
        let _ = serde_json::to_writer(&mut *json, text);
    }
    json.extend_from_slice(b"}");
    json
}

/// An answer as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Written {
    status: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<Hidden>,
    #[serde(default)]
    properties: Properties,
}

/// The properties of section 11.1. What is missing is stored as empty.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "PascalCase")]
struct Properties {
    roles: List,
    escalation_roles: List,
    full_name: String,
    comment: String,
    email_address: String,
    name_space: String,
    routine: String,
    username: Option<String>,
    password: Option<Hidden>,
    phone_number: String,
    phone_provider: String,
    authe_enabled: i64,
    #[serde(rename = "HOTPKey")]
    hotp_key: Hidden,
    #[serde(rename = "HOTPKeyDisplay")]
    hotp_key_display: Option<bool>,
    attributes: BTreeMap<String, String>,
}

/// A text that is wiped when it is dropped.
#[derive(Default, Deserialize)]
#[serde(from = "String")]
struct Hidden(Zeroizing<String>);

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl Hidden {
    fn secret(&self) -> Option<Secret> {
        Secret::new(self.0.as_str().to_owned()).ok()
    }
}

/// A comma list, or an array.
#[derive(Deserialize)]
#[serde(untagged)]
enum List {
    Text(String),
    Many(Vec<String>),
}

impl Default for List {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl List {
    fn names(self) -> Vec<String> {
        match self {
            Self::Text(text) => sclera_core::name::list(&text).map(str::to_owned).collect(),
            Self::Many(names) => names,
        }
    }
}

/// What the answer to `GetCredentials` means. A program that is not there, crashes or talks nonsense gives none, as an
/// untrapped error does (11.2): then the caller is asked.
pub fn credentials(answered: Result<&[u8], String>) -> Supplied {
    let Ok(written) = answered.and_then(read) else { return Supplied::Nothing };
    if written.status == "GetCredentialsFailed" {
        return Supplied::Nothing;
    }
    if let Err(status) = succeeded(&written, "") {
        return Supplied::Denied(status);
    }
    let password = written.password.as_ref().and_then(Hidden::secret);
    match (written.username, password) {
        (Some(name), Some(password)) if !name.is_empty() && !password.is_empty() => {
            Supplied::Both { name, password }
        }
        _ => Supplied::Denied(Status::plain(Code::NoCredentialsReturned)),
    }
}

/// What the answer to any other call means.
pub fn answer(task: &DelegatedTask, answered: Result<&[u8], String>) -> Answer {
    let name = match task {
        DelegatedTask::Authenticate { name, .. }
        | DelegatedTask::Authorize { name, .. }
        | DelegatedTask::ChangePassword { name, .. } => name,
        DelegatedTask::Credentials { .. } => {
            return Answer::Failed(Status::plain(Code::GetCredentialsFailed));
        }
    };
    let written = match answered.and_then(read) {
        Ok(written) => written,
        Err(why) => return Answer::Failed(Status::general(why)),
    };
    if written.status == "PasswordChangeRequired" {
        return Answer::ChangePassword;
    }
    let granted = succeeded(&written, name).and_then(|()| identity(task, name, written));
    granted.map_or_else(Answer::Failed, |identity| Answer::Granted(Box::new(identity)))
}

fn read(bytes: &[u8]) -> Result<Written, String> {
    if bytes.len() > LARGEST_ANSWER {
        return Err(format!("the program answers more than {LARGEST_ANSWER} bytes"));
    }
    // What is wrong may quote what was answered: the place alone is told.
    serde_json::from_slice(bytes).map_err(|error| {
        format!(
            "the program's answer cannot be read, from column {} of line {} on",
            error.column(),
            error.line()
        )
    })
}

/// Errors that a hook may return (11.5).
const ERRORS: &[(&str, Code)] = &[
    ("AccessDenied", Code::AccessDenied),
    ("InvalidUsernameOrPassword", Code::InvalidPassword),
    ("UserNotAuthorizedOnSystem", Code::AccessDenied),
    ("UserAccountIsDisabled", Code::UserDisabled),
    ("UserInvalidUsernameOrPassword", Code::UserInvalidPassword),
    ("UserLoginTimeout", Code::LoginTimeout),
    ("UserCTRLC", Code::LoginAborted),
    ("UserDoesNotExist", Code::UserDoesNotExist),
    ("UserInvalid", Code::InvalidUserName),
    ("UserAccountIsExpired", Code::UserExpired),
    ("UserAccountIsInactive", Code::UserInactive),
    ("UserInvalidPassword", Code::InvalidPassword),
    ("ServiceDisabled", Code::ServiceDisabled),
    ("ServiceLoginsDisabled", Code::LoginsDisabled),
    ("ServiceNotAuthorized", Code::NotAuthorizedForService),
];

fn succeeded(written: &Written, name: &str) -> Result<(), Status> {
    if written.status == "OK" {
        return Ok(());
    }
    let status = sclera_core::name::quotable(&written.status);
    let message = sclera_core::name::quotable(&written.message);
    let known = ERRORS.iter().find(|(word, _)| *word == written.status);
    let error = match known {
        Some((_, code)) => Status::new(*code, [name]),
        None if written.status == "Error" => return Err(Status::general(message)),
        None => return Err(Status::general(format!("the program answers with the status {status}"))),
    };
    Err(if written.message.is_empty() { error } else { error.because(message) })
}

fn identity(task: &DelegatedTask, asked: &str, written: Written) -> Result<Identity, Status> {
    let given = written.properties;
    let invalid = |name: &str, why: &str| Status::new(Code::PropertyInvalid, [name]).because(why);
    if matches!(task, DelegatedTask::ChangePassword { .. }) {
        return Ok(Identity::named(asked.to_owned()));
    }
    let second = [0, 1 << 20, 1 << 21];
    if !second.contains(&given.authe_enabled) {
        return Err(invalid("AutheEnabled", "it must be 0, 1048576 or 2097152"));
    }
    let key = hexadecimal(&given.hotp_key.0)
        .filter(|key| key.is_empty() || key.len() == KEY)
        .ok_or_else(|| invalid("HOTPKey", "it must be 40 hexadecimal digits"))?;
    let password = match given.password {
        Some(text) => Some(Arc::new(text.secret().ok_or_else(|| invalid("Password", "it is too long"))?)),
        None => None,
    };
    let profile = Profile {
        roles: given.roles.names(),
        escalation_roles: given.escalation_roles.names(),
        full_name: given.full_name,
        comment: given.comment,
        email: given.email_address,
        namespace: given.name_space,
        routine: given.routine,
        phone_number: given.phone_number,
        phone_provider: given.phone_provider,
        second_factors: given.authe_enabled,
        totp_display: !key.is_empty() && given.hotp_key_display.unwrap_or(true),
        totp_key: Key::new(key),
        attributes: given.attributes.into_iter().map(|(name, value)| format!("{name}={value}")).collect(),
        expiration: None,
        password,
    };
    let name = given.username.unwrap_or_else(|| asked.to_owned());
    Ok(Identity::with(name, profile))
}

fn hexadecimal(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY));
    for pair in text.as_bytes().chunks(2) {
        let &[high, low] = pair else { return None };
        bytes.push(digit(high)? << 4 | digit(low)?);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned()).unwrap()
    }

    fn authenticate() -> DelegatedTask {
        let password = Arc::new(secret("a\"b\n"));
        DelegatedTask::Authenticate {
            service: "%Service_Terminal".to_owned(),
            name: "ann".to_owned(),
            password,
        }
    }

    fn granted(text: &str) -> Identity {
        match answer(&authenticate(), Ok(text.as_bytes())) {
            Answer::Granted(identity) => *identity,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn failed(text: &str) -> Status {
        match answer(&authenticate(), Ok(text.as_bytes())) {
            Answer::Failed(status) => status,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_question_is_one_object() {
        assert_eq!(
            std::str::from_utf8(&question(&authenticate())).unwrap(),
            r#"{"Version":1,"Call":"Authenticate","Service":"%Service_Terminal","Username":"ann","Password":"a\"b\n"}"#
        );
        let task = DelegatedTask::ChangePassword {
            name: "ann".to_owned(),
            old: Arc::new(secret("old")),
            new: secret("new"),
        };
        assert_eq!(
            std::str::from_utf8(&question(&task)).unwrap(),
            r#"{"Version":1,"Call":"ChangePassword","Username":"ann","OldPassword":"old","NewPassword":"new"}"#
        );
        let long = Arc::new(secret(&"\u{1}".repeat(512)));
        let task =
            DelegatedTask::Authenticate { service: String::new(), name: "\u{1}".repeat(99), password: long };
        let written = question(&task);
        assert!(written.len() <= written.capacity() && written.len() > 3_000);
    }

    #[test]
    fn an_answer_gives_roles_and_properties() {
        let identity = granted(
            r#"{"Status":"OK","Properties":{"Roles":"Clerk, Boss","FullName":"Ann","NameSpace":"USER","Username":"ANN",
                "PhoneNumber":"12","PhoneProvider":"Verizon","AutheEnabled":2097152,"Password":"x",
                "HOTPKey":"3132333435363738393031323334353637383930","Attributes":{"Ward":"7"}}}"#,
        );
        let profile = identity.profile.unwrap();
        assert_eq!(
            (identity.name.as_str(), profile.roles.as_slice()),
            ("ANN", &["Clerk".to_owned(), "Boss".to_owned()][..])
        );
        assert_eq!(
            (profile.full_name.as_str(), profile.attributes.as_slice()),
            ("Ann", &["Ward=7".to_owned()][..])
        );
        assert_eq!(profile.totp_key.expose(), b"12345678901234567890");
        assert!(profile.totp_display && profile.password.is_some() && profile.second_factors == 2_097_152);
        let bare = granted(r#"{"Status":"OK"}"#);
        let profile = bare.profile.unwrap();
        assert!(bare.name == "ann" && profile.roles.is_empty() && !profile.totp_display);
        let many = granted(r#"{"Status":"OK","Properties":{"Roles":["A","B"]}}"#).profile.unwrap();
        assert_eq!(many.roles, ["A", "B"]);
    }

    #[test]
    fn whatever_cannot_be_read_is_a_failure() {
        for wrong in [
            "",
            "null",
            "{}",
            "[]",
            "OK",
            r#"{"Status":"ok"}"#,
            r#"{"Status":true}"#,
            r#"{"Status":"OK"} x"#,
            r#"{"Status":"OK","Status":"OK"}"#,
            r#"{"Status":"OK","Properties":{"Role":"A"}}"#,
            r#"{"Status":"OK","Properties":{"Roles":7}}"#,
            r#"{"Status":"OK","Properties":{"AutheEnabled":1}}"#,
            r#"{"Status":"OK","Properties":{"AutheEnabled":3145728}}"#,
            r#"{"Status":"OK","Properties":{"HOTPKey":"31"}}"#,
            r#"{"Status":"OK","Properties":{"HOTPKey":"zz32333435363738393031323334353637383930"}}"#,
            r#"{"Status":"OK","More":1}"#,
            r#"{"Status":"Granted"}"#,
        ] {
            assert_eq!(failed(wrong).to_string().lines().count(), 1, "{wrong}");
        }
        let secret = failed(r#"{"Status":"OK","Password":"hunter2"#).to_string();
        assert!(!secret.contains("hunter2"), "{secret}");
        let large = format!(r#"{{"Status":"OK","Message":"{}"}}"#, "x".repeat(LARGEST_ANSWER));
        assert!(failed(&large).to_string().contains("65536"));
        assert!(
            matches!(answer(&authenticate(), Err("it hangs".to_owned())), Answer::Failed(why) if why.to_string().contains("it hangs"))
        );
        let deep = "[".repeat(60_000);
        failed(&deep);
    }

    /// Section 11.5.
    #[test]
    fn errors_have_their_numbers() {
        for (status, number) in [
            ("AccessDenied", 822),
            ("InvalidUsernameOrPassword", 952),
            ("UserAccountIsDisabled", 828),
            ("UserDoesNotExist", 838),
            ("UserAccountIsExpired", 959),
            ("UserAccountIsInactive", 960),
            ("ServiceNotAuthorized", 815),
            ("Error", 5_001),
        ] {
            let failed = failed(&format!(r#"{{"Status":"{status}","Message":"be\ncause"}}"#));
            assert_eq!(failed.code().number(), number, "{status}");
            assert!(!failed.to_string().contains('\n'), "{failed}");
        }
        let change = answer(&authenticate(), Ok(br#"{"Status":"PasswordChangeRequired"}"#));
        assert!(matches!(change, Answer::ChangePassword));
    }

    /// The table of section 11.2, five rows; scenario 21.
    #[test]
    fn credentials_are_given_whole_or_not() {
        let of = |text: &str| credentials(Ok(text.as_bytes()));
        let both = of(r#"{"Status":"OK","Username":"ann","Password":"x"}"#);
        assert!(
            matches!(both, Supplied::Both { name, password } if name == "ann" && password.expose() == "x")
        );
        for missing in [
            r#"{"Status":"OK"}"#,
            r#"{"Status":"OK","Username":"ann","Password":""}"#,
            r#"{"Status":"OK","Password":"x"}"#,
        ] {
            assert!(
                matches!(of(missing), Supplied::Denied(why) if why.code() == Code::NoCredentialsReturned),
                "{missing}"
            );
        }
        assert!(matches!(of(r#"{"Status":"GetCredentialsFailed"}"#), Supplied::Nothing));
        assert!(
            matches!(of(r#"{"Status":"AccessDenied"}"#), Supplied::Denied(why) if why.code() == Code::AccessDenied)
        );
        assert!(matches!(credentials(Err("missing".to_owned())), Supplied::Nothing));
        assert!(matches!(of("nonsense"), Supplied::Nothing));
    }

    proptest::proptest! {
        #[test]
        fn no_text_lets_anybody_in_by_chance(text in r#"(\{|\}|\[|"Status"|:|"OK"|,|"Properties"|[a-z0-9"\\]|\PC){0,40}"#) {
            if let Answer::Granted(_) = answer(&authenticate(), Ok(text.as_bytes())) {
                let value: serde_json::Value = serde_json::from_str(&text).unwrap();
                proptest::prop_assert_eq!(&value["Status"], "OK");
            }
        }
    }
}
