//! What is said to the gate itself: reserved names in queries, and forms of its pages (`authentication.md` 12.1).

use http_body_util::BodyExt;
use hyper::Uri;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap};
use sclera_authn::secret::Secret;
use std::borrow::Cow;
use std::time::Duration;
use tokio::time::timeout;
use zeroize::{Zeroize, Zeroizing};

/// The user.
pub(crate) const USER: &str = "IRISUserName";
/// The password.
pub(crate) const PASSWORD: &str = "IRISPassword";
/// The password of before: then `IRISPassword` becomes the new one.
pub(crate) const OLD_PASSWORD: &str = "IRISOldPassword";
/// The code of a second factor.
pub(crate) const CODE: &str = "IRISSecurityToken";
/// The button that gives up.
pub(crate) const CANCEL: &str = "IRISSecurityCancel";
/// The page where people sign in, or what comes from it.
pub(crate) const LOGIN_PAGE: &str = "IRISLoginPage";
/// The end of a session, and of the login cookie; `cookie` for the latter alone.
pub(crate) const LOGOUT: &str = "IRISLogout";
/// The button that has another code sent.
pub(crate) const RESEND: &str = "ScleraResend";
/// A new password where one is due, twice.
pub(crate) const NEW_PASSWORD: &str = "ScleraNewPassword";
pub(crate) const NEW_PASSWORD_AGAIN: &str = "ScleraNewPasswordAgain";
/// What a page gives out, and its form brings back.
pub(crate) const PAGE: &str = "ScleraPage";

/// The most bytes of a form.
const LARGEST: usize = 16 * 1024;
/// The most fields of one.
const MOST: usize = 32;

/// What a request wants of the gate itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Nothing: it is for the upstream.
    Nothing,
    /// To sign in: the page, or its form.
    SignIn,
    /// To end the session and the login cookie.
    LogOut,
    /// To end the login cookie.
    LogOutCookie,
}

impl Wish {
    /// What the query of a request says.
    pub(crate) fn of(uri: &Uri) -> Self {
        // Every reserved name has these letters; most queries have not.
        let Some(query) = uri.query().filter(|query| query.contains("IRISLog")) else { return Self::Nothing };
        let mut wish = Self::Nothing;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match (&*name, &*value) {
                (LOGOUT, "cookie") => wish = Self::LogOutCookie,
                (LOGOUT, _) => return Self::LogOut,
                (LOGIN_PAGE, "1") if wish == Self::Nothing => wish = Self::SignIn,
                _ => {}
            }
        }
        wish
    }
}

/// The target of a request without what is said to the gate: where a browser goes once it has signed in.
pub(crate) fn target(uri: &Uri) -> String {
    let is_for_gate = |pair: &&str| {
        let name = form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name);
        name.is_some_and(|name| name.starts_with("IRIS") || name.starts_with("Sclera"))
    };
    let rest =
        uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !is_for_gate(pair));
    let rest = rest.collect::<Vec<_>>().join("&");
    let question = if rest.is_empty() { "" } else { "?" };
    format!("{}{question}{rest}", uri.path())
}

/// Whether a body is a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = said.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// A form. Its fields may be secrets, and are wiped.
pub(crate) struct Form(Vec<(String, String)>);

impl Drop for Form {
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            value.zeroize();
        }
    }
}

impl Form {
    /// Reads a form within the time for it; none if it is too large, has too many fields, one twice, or does not come.
    pub(crate) async fn read(body: Incoming, within: Duration) -> Option<Self> {
        let bytes = timeout(within, gathered(body)).await.ok()??;
        Self::of(&bytes)
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        let mut form = Self(Vec::new());
        for (name, value) in form_urlencoded::parse(bytes) {
            if form.0.len() == MOST || form.0.iter().any(|(known, _)| *known == name) {
                return None;
            }
            form.0.push((name.into_owned(), Cow::into_owned(value)));
        }
        Some(form)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A field as a secret; none where it is not there, empty or too long.
    pub(crate) fn secret(&self, name: &str) -> Option<Secret> {
        let text = self.get(name).filter(|text| !text.is_empty())?;
        Secret::new(text.to_owned()).ok()
    }
}

async fn gathered(mut body: Incoming) -> Option<Zeroizing<Vec<u8>>> {
    // As large as it may become, so that nothing of it is left behind where it grew.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LARGEST));
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.ok()?.into_data() {
            if bytes.len() + data.len() > LARGEST {
                return None;
            }
            bytes.extend_from_slice(&data);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_to_the_gate_is_told_from_what_is_not() {
        let of = |text: &str| Wish::of(&text.parse().unwrap());
        assert_eq!(of("/ward"), Wish::Nothing);
        assert_eq!(of("/ward?a=IRISLogout&b=1"), Wish::Nothing);
        assert_eq!(of("/ward?x=1&IRISLoginPage=1"), Wish::SignIn);
        assert_eq!(of("/ward?IRISLoginPage=0"), Wish::Nothing);
        assert_eq!(of("/ward?IRISLogout=1"), Wish::LogOut);
        assert_eq!(of("/ward?IRISLoginPage=1&IRISLogout"), Wish::LogOut);
        assert_eq!(of("/ward?IRISLogout=cookie&IRISLoginPage=1"), Wish::LogOutCookie);
        assert_eq!(of("/ward?%49RISLogout=1"), Wish::Nothing, "an escaped name is none of ours");
    }

    #[test]
    fn the_target_is_what_is_left() {
        for (said, left) in [
            ("/ward", "/ward"),
            ("/ward/beds?x=1&IRISLoginPage=1&y=%20", "/ward/beds?x=1&y=%20"),
            ("/ward?IRISPassword=x&%49RISUserName=y", "/ward"),
            ("/ward?&", "/ward"),
        ] {
            assert_eq!(target(&said.parse().unwrap()), left);
        }
    }

    #[test]
    fn forms_are_read_whole_or_not_at_all() {
        let form = Form::of(b"IRISUserName=Zo%C3%AB&IRISPassword=a+b%2B&empty=").unwrap();
        assert_eq!((form.get(USER), form.get("empty"), form.get("other")), (Some("Zoë"), Some(""), None));
        assert_eq!(form.secret(PASSWORD).unwrap().expose(), "a b+");
        assert!(form.secret("empty").is_none());
        assert!(Form::of(b"a=1&a=2").is_none());
        assert!(Form::of("x=1&".repeat(MOST + 1).as_bytes()).is_none());
        let many: String = (0..=MOST).map(|number| format!("f{number}=1&")).collect();
        assert!(Form::of(many.as_bytes()).is_none());
    }
}
