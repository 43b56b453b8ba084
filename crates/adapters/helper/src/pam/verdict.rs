//! What is said between the helper and whoever asks it.

use crate::{Told, plain};

/// What PAM says of a name and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// They belong together, and the account may be used now.
    Granted,
    /// They belong together, and the operating system wants another password first.
    Expired,
    /// They do not, or the account may not be used.
    Refused(String),
    /// PAM could not be asked.
    Unavailable(String),
    /// PAM is there; nobody was asked about.
    Ready,
}

impl Verdict {
    pub(crate) fn told(&self) -> Told {
        Told { line: self.line(), is_granted: *self == Self::Granted }
    }

    /// The line that says it.
    fn line(&self) -> String {
        match self {
            Self::Granted => "granted\n".to_owned(),
            Self::Expired => "expired\n".to_owned(),
            Self::Ready => "ready\n".to_owned(),
            Self::Refused(why) => format!("refused {}\n", plain(why)),
            Self::Unavailable(why) => format!("unavailable {}\n", plain(why)),
        }
    }
}

/// What the helper said, and whether it ended as one that grants. Only the one line counts as granted; what is none of its
/// lines, and a line that does not fit its end, is no answer.
pub fn answer(has_succeeded: bool, stdout: &[u8]) -> Verdict {
    let strange = || Verdict::Unavailable("the helper broke off".to_owned());
    let Some(line) = std::str::from_utf8(stdout).ok().and_then(|text| text.strip_suffix('\n')) else {
        return strange();
    };
    match (has_succeeded, line.split_once(' ')) {
        (true, None) if line == "granted" => Verdict::Granted,
        (false, None) if line == "expired" => Verdict::Expired,
        (false, None) if line == "ready" => Verdict::Ready,
        (false, Some(("refused", why))) => Verdict::Refused(plain(why)),
        (false, Some(("unavailable", why))) => Verdict::Unavailable(plain(why)),
        _ => strange(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_it_was_given() {
        for verdict in [
            Verdict::Granted,
            Verdict::Expired,
            Verdict::Ready,
            Verdict::Refused("no such user".to_owned()),
            Verdict::Unavailable("no library".to_owned()),
        ] {
            assert_eq!(answer(verdict == Verdict::Granted, verdict.line().as_bytes()), verdict);
            let other = answer(verdict != Verdict::Granted, verdict.line().as_bytes());
            assert!(matches!(other, Verdict::Unavailable(why) if why == "the helper broke off"));
        }
    }

    #[test]
    fn nothing_but_the_one_line_grants() {
        for line in [
            "",
            "granted",
            "Granted\n",
            "granted\n\n",
            "x\ngranted\n",
            "granted \n",
            "granted now\n",
            " granted\n",
        ] {
            assert_ne!(answer(true, line.as_bytes()), Verdict::Granted, "{line:?}");
        }
        assert_ne!(answer(true, b"granted\xff\n"), Verdict::Granted);
    }
}
