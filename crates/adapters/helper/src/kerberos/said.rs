//! What is said between the helper and whoever asks it.

use crate::{Told, plain};
use sclera_core::hex::{hex, unhex};

/// What Kerberos says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Who it is, with realm, and the token that proves the server to the client.
    Granted {
        /// Such as `ann@EXAMPLE.ORG`, as Kerberos spells it.
        principal: String,
        /// Empty where the client wants none.
        token: Vec<u8>,
    },
    /// A token for a server.
    Token(Vec<u8>),
    /// It was asked and said no.
    Refused(String),
    /// No KDC of the realm could be reached.
    Unreachable(String),
    /// It could not be asked.
    Unavailable(String),
    /// It is there; of which version, and with how many keys.
    Ready(String),
}

impl Said {
    pub(crate) fn told(&self) -> Told {
        Told { line: self.line(), is_granted: matches!(self, Self::Granted { .. }) }
    }

    fn line(&self) -> String {
        match self {
            Self::Granted { principal, token } => {
                let token = if token.is_empty() { "-".to_owned() } else { hex(token) };
                // A principal with such a character is nobody's here; it is cut, so that it never becomes a line.
                let principal: String = principal.chars().take_while(|c| !c.is_control()).collect();
                format!("granted {token} {principal}\n")
            }
            Self::Token(token) => format!("token {}\n", hex(token)),
            Self::Refused(why) => format!("refused {}\n", plain(why)),
            Self::Unreachable(why) => format!("unreachable {}\n", plain(why)),
            Self::Unavailable(why) => format!("unavailable {}\n", plain(why)),
            Self::Ready(what) => format!("ready {}\n", plain(what)),
        }
    }
}

/// What the helper said, and whether it ended as one that grants. What is none of its lines, and a line that does not fit
/// its end, is no answer.
pub fn answer(has_succeeded: bool, stdout: &[u8]) -> Said {
    read(has_succeeded, stdout).unwrap_or_else(|| Said::Unavailable("the helper broke off".to_owned()))
}

fn read(has_succeeded: bool, stdout: &[u8]) -> Option<Said> {
    let line = std::str::from_utf8(stdout).ok()?.strip_suffix('\n')?;
    if line.contains(char::is_control) {
        return None;
    }
    let (word, rest) = line.split_once(' ')?;
    let why = || plain(rest);
    match (has_succeeded, word) {
        (true, "granted") => {
            let (token, principal) = rest.split_once(' ')?;
            let token =
                if token == "-" { Vec::new() } else { unhex(token).filter(|token| !token.is_empty())? };
            (!principal.is_empty()).then(|| Said::Granted { principal: principal.to_owned(), token })
        }
        (false, "token") => unhex(rest).filter(|token| !token.is_empty()).map(Said::Token),
        (false, "refused") => Some(Said::Refused(why())),
        (false, "unreachable") => Some(Said::Unreachable(why())),
        (false, "unavailable") => Some(Said::Unavailable(why())),
        (false, "ready") => Some(Said::Ready(why())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(principal: &str, token: &[u8]) -> Said {
        Said::Granted { principal: principal.to_owned(), token: token.to_vec() }
    }

    #[test]
    fn an_answer_is_read_as_it_was_given() {
        for said in [
            granted("ann@EXAMPLE.ORG", &[]),
            granted("ann lee@EXAMPLE.ORG", &[0, 255]),
            Said::Token(vec![1, 2]),
            Said::Refused("no such principal".to_owned()),
            Said::Unreachable("no KDC".to_owned()),
            Said::Unavailable("no library".to_owned()),
            Said::Ready("2 keys".to_owned()),
        ] {
            let told = said.told();
            assert_eq!(answer(told.is_granted, told.line.as_bytes()), said);
            let other = answer(!told.is_granted, told.line.as_bytes());
            assert!(matches!(other, Said::Unavailable(why) if why == "the helper broke off"), "{said:?}");
        }
    }

    #[test]
    fn nothing_else_grants() {
        for line in [
            "",
            "granted\n",
            "granted - \n",
            "granted ann\n",
            "granted zz ann\n",
            "granted  ann\n",
            "granted - ann",
            "x\ngranted - ann\n",
            "granted - ann\n\n",
            "granted - ann\rx\n",
            "Granted - ann\n",
            "token 01\n",
        ] {
            assert!(!matches!(answer(true, line.as_bytes()), Said::Granted { .. }), "{line:?}");
        }
        let cut = granted("ann@A\ngranted - root@A", &[]).told();
        assert_eq!(cut.line, "granted - ann@A\n");
    }
}
