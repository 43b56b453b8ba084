//! `Negotiate` (RFC 4559): tokens of Kerberos in headers of HTTP.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The name of the scheme.
pub const SCHEME: &str = "Negotiate";

/// The token that stands behind the name of the scheme; none where that is no base64, or nothing.
pub fn token(encoded: &str) -> Option<Vec<u8>> {
    STANDARD.decode(encoded.trim_matches(' ')).ok().filter(|token| !token.is_empty())
}

/// What `WWW-Authenticate` says in an answer to somebody who was let in, which proves the server to the client; none where
/// there is nothing to be said.
pub fn answer(token: &[u8]) -> Option<String> {
    (!token.is_empty()).then(|| format!("{SCHEME} {}", STANDARD.encode(token)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_and_written() {
        let value = answer(b"\x60\xffticket").unwrap();
        let (scheme, encoded) = value.split_once(' ').unwrap();
        assert_eq!((scheme, token(encoded)), (SCHEME, Some(b"\x60\xffticket".to_vec())));
        assert!(answer(b"").is_none());
        for none in ["", " ", "?", "YQ", "YQ==x"] {
            assert_eq!(token(none), None, "{none}");
        }
    }
}
