//! What a request says about who sends it: `Authorization: Basic` (RFC 7617), in UTF-8.

use crate::access::authorization;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sclera_authn::secret::Secret;
use zeroize::Zeroizing;

/// A name and a password, as typed.
pub(crate) struct Credentials {
    pub(crate) name: String,
    pub(crate) password: Secret,
}

impl Credentials {
    /// The credentials of a request; none where there are none, or nothing that could be right: another scheme, several
    /// of them, no base64, no UTF-8, no colon, a password longer than any can be.
    ///
    /// What is decoded here is wiped. The buffer of the connection, where the header came in, is not ours to wipe.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let encoded = authorization(headers, "Basic")?;
        // Decoding asks for all the room at once, so that nothing is left behind by growing.
        let mut decoded = Zeroizing::new(Vec::new());
        STANDARD.decode_vec(encoded, &mut decoded).ok()?;
        let (name, password) = str::from_utf8(&decoded).ok()?.split_once(':')?;
        Some(Self { name: name.to_owned(), password: Secret::new(password.to_owned()).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header::AUTHORIZATION;

    fn of(values: &[&str]) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        let found = Credentials::of(&headers)?;
        Some((found.name, found.password.expose().to_owned()))
    }

    fn basic(text: impl AsRef<[u8]>) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn a_name_ends_at_the_first_colon() {
        let pair = |name: &str, password: &str| Some((name.to_owned(), password.to_owned()));
        assert_eq!(of(&[&basic("ann:a:b")]), pair("ann", "a:b"));
        assert_eq!(of(&[&basic(":")]), pair("", ""));
        assert_eq!(of(&[&basic("Ann Lee:pässword")]), pair("Ann Lee", "pässword"));
        assert_eq!(of(&[&basic("ann:x").replace("Basic", "bAsIc  ")]), pair("ann", "x"));
    }

    #[test]
    fn what_cannot_be_right_is_nothing() {
        assert_eq!(of(&[]), None);
        let refused = [
            "Basic",
            "Basic ",
            "Basic ???",
            "Basic YQ",
            "Bearer YTpi",
            "YTpi",
            &basic("no colon"),
            &basic([0xff, b':', b'x']),
            &basic(format!("ann:{}", "x".repeat(513))),
        ];
        for value in refused {
            assert_eq!(of(&[value]), None, "{value}");
        }
        assert_eq!(of(&[&basic("ann:x"), &basic("ann:x")]), None);
    }
}
