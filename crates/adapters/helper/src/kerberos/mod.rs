//! Kerberos, asked through the libraries of MIT (`authentication.md` section 9): GSSAPI (RFC 2743, 2744) for the tokens of
//! clients, bare or in SPNEGO (RFC 4178), and its own interface for typed passwords.
//!
//! Where the configuration and the key table are, the environment says (`KRB5_CONFIG`, `KRB5_KTNAME`); whoever runs the
//! helper sets it.
//!
//! ```text
//! probe                                    ready WHAT
//! accept      stdin: the token             granted TOKEN PRINCIPAL      the token for the client, in hex; `-` for none
//! prompt      stdin: PRINCIPAL NUL PASSWORD granted - PRINCIPAL
//! initiate TARGET                          token TOKEN
//!                                          refused WHY | unreachable WHY | unavailable WHY
//! ```

mod library;
mod said;

use crate::pair::{LONGEST_PAIR, Pair};
use std::ffi::{CString, OsString};
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use zeroize::Zeroizing;

pub use said::{Said, answer};

/// The first argument of the helper, which no command of people has.
pub const HELPER: &str = "--ask-kerberos";

/// The most bytes of a token. Tickets with many groups in them have some thousands.
pub const LONGEST_TOKEN: usize = 48 * 1_024;

/// What the helper does, as its second argument says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// Sees whether the library and the key table are there.
    Probe,
    /// Accepts the token of a client.
    Accept,
    /// Gets a ticket with a typed password, and verifies it by the key table (DEC-A21).
    Prompt,
    /// Makes the first token for a server, with the ticket of whoever runs the helper.
    Initiate,
}

impl Errand {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::Accept => "accept",
            Self::Prompt => "prompt",
            Self::Initiate => "initiate",
        }
    }
}

/// Does what the arguments say.
pub(crate) fn perform(arguments: impl Iterator<Item = OsString>) -> Said {
    let words: Option<Vec<CString>> =
        arguments.map(|argument| CString::new(argument.into_vec()).ok()).collect();
    let words = words.unwrap_or_default();
    let words: Vec<&[u8]> = words.iter().map(|word| word.to_bytes()).collect();
    let is = |word: &[u8], errand: Errand| word == errand.word().as_bytes();
    let done = match words.as_slice() {
        [word] if is(word, Errand::Probe) => library::probe(),
        [word] if is(word, Errand::Accept) => match stdin(LONGEST_TOKEN) {
            Some(token) => library::accept(&token),
            None => Err(not_asked()),
        },
        [word] if is(word, Errand::Prompt) => match stdin(LONGEST_PAIR).and_then(|asked| Pair::of(&asked)) {
            Some(pair) => library::prompt(&pair.name, &pair.password),
            None => Err(not_asked()),
        },
        [word, target] if is(word, Errand::Initiate) => library::initiate(target),
        _ => Err(not_asked()),
    };
    done.unwrap_or_else(|said| said)
}

fn not_asked() -> Said {
    Said::Unavailable("it was not asked as it must be".to_owned())
}

/// What comes on stdin; none where that is nothing or too much.
fn stdin(most: usize) -> Option<Zeroizing<Vec<u8>>> {
    let mut asked = Zeroizing::new(Vec::with_capacity(most + 1));
    let read = io::stdin().take(most as u64 + 1).read_to_end(&mut asked).ok()?;
    (1..=most).contains(&read).then_some(asked)
}
