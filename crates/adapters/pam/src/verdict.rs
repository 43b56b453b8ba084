//! What is said between the helper and whoever asks it.

use sclera_authn::secret::Secret;
use std::ffi::CString;
use zeroize::Zeroizing;

/// The most bytes of a question.
pub const LONGEST: usize = 4_096;
/// The most characters of a reason.
const REASON: usize = 200;

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
    /// The line that says it.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Granted => "granted\n".to_owned(),
            Self::Expired => "expired\n".to_owned(),
            Self::Ready => "ready\n".to_owned(),
            Self::Refused(why) => format!("refused {}\n", plain(why)),
            Self::Unavailable(why) => format!("unavailable {}\n", plain(why)),
        }
    }
}

/// A reason on one line. It comes from the library or from us and never holds what was typed.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(REASON).collect()
}

/// What the helper is asked; none where no account can have that name, or the password is one that PAM cannot be given.
pub fn question(name: &str, password: &Secret) -> Option<Zeroizing<Vec<u8>>> {
    let mut asked = Zeroizing::new(Vec::with_capacity(name.len() + password.expose().len() + 1));
    asked.extend_from_slice(name.as_bytes());
    asked.push(0);
    asked.extend_from_slice(password.expose().as_bytes());
    self::asked(&asked).map(|_| asked)
}

/// The name and the password of a question. No account has a name with a control character, and a password that holds a
/// zero byte would end there.
pub(crate) fn asked(bytes: &[u8]) -> Option<(CString, CString)> {
    let split = bytes.iter().position(|byte| *byte == 0).filter(|_| bytes.len() <= LONGEST)?;
    let (name, password) = (bytes.get(..split)?, bytes.get(split + 1..)?);
    let is_name = !name.is_empty() && !name.iter().any(u8::is_ascii_control) && name != b"." && name != b"..";
    if !is_name || name.contains(&b'/') {
        return None;
    }
    Some((CString::new(name).ok()?, CString::new(password).ok()?))
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

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned()).unwrap()
    }

    #[test]
    fn a_question_is_read_as_it_was_asked() {
        let question = question("ann", &secret("pass wörd\n")).unwrap();
        let (name, password) = asked(&question).unwrap();
        assert_eq!((name.to_str(), password.to_str()), (Ok("ann"), Ok("pass wörd\n")));
    }

    #[test]
    fn what_pam_cannot_be_asked_is_no_question() {
        for name in ["", "a\nb", "a\0b", "a/b", "..", ".", &"x".repeat(LONGEST)] {
            assert!(question(name, &secret("x")).is_none(), "{name:?}");
        }
        assert!(question("ann", &secret("pass\0word")).is_none());
        assert!(asked(b"ann").is_none() && asked(b"").is_none());
        assert!(question("ann", &secret("")).is_some(), "PAM itself refuses an empty password");
    }

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
