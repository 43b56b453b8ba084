//! The four messages of a conversation, as text and back (RFC 5802 section 7), with bounds.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a client says first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct First {
    /// What it knows of binding to the connection.
    pub(super) binding: Binding,
    /// The message without that: the name, which PostgreSQL leaves aside, the nonce, and extensions, which nobody
    /// knows.
    pub(super) bare: String,
    /// Its part of the nonce.
    pub(super) nonce: String,
}

/// What a client knows of binding to the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Binding {
    /// Nothing.
    Unknown,
    /// It could do so, and was not offered it.
    NotOffered,
    /// It binds to this, by its name.
    To(String),
}

/// What the server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// The nonce of both.
    pub(super) nonce: String,
    /// The salt.
    pub(super) salt: Vec<u8>,
    /// The iterations.
    pub(super) rounds: u32,
}

/// What the client says last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Last {
    /// What it is bound to, with what was said of that at first.
    pub(super) channel: Vec<u8>,
    /// The nonce of both.
    pub(super) nonce: String,
    /// The message without its proof.
    pub(super) bare: String,
    /// The proof.
    pub(super) proof: [u8; 32],
}

impl First {
    /// A message without a name.
    pub(super) fn new(binding: Binding, nonce: String) -> Self {
        Self { binding, bare: format!("n=,r={nonce}"), nonce }
    }

    pub(super) fn text(&self) -> String {
        format!("{}{}", self.binding.head(), self.bare)
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let (binding, rest) = text.split_once(',')?;
        // Nobody acts for somebody else here.
        let bare = rest.strip_prefix(',')?;
        let binding = match binding {
            "n" => Binding::Unknown,
            "y" => Binding::NotOffered,
            other => Binding::To(value(other, "p=").filter(|name| !name.is_empty())?.to_owned()),
        };
        let mut parts = bare.split(',');
        value(parts.next()?, "n=")?;
        let nonce = nonce(parts.next()?)?.to_owned();
        parts.all(is_extension).then(|| Self { binding, bare: bare.to_owned(), nonce })
    }
}

impl Binding {
    /// How the first message begins.
    pub(super) fn head(&self) -> String {
        match self {
            Self::Unknown => "n,,".to_owned(),
            Self::NotOffered => "y,,".to_owned(),
            Self::To(name) => format!("p={name},,"),
        }
    }
}

impl Question {
    pub(super) fn text(&self) -> String {
        format!("r={},s={},i={}", self.nonce, STANDARD.encode(&self.salt), self.rounds)
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(',');
        let nonce = nonce(parts.next()?)?.to_owned();
        let salt = STANDARD.decode(value(parts.next()?, "s=")?).ok().filter(|salt| !salt.is_empty())?;
        let rounds = value(parts.next()?, "i=")?.parse().ok()?;
        parts.all(is_extension).then_some(Self { nonce, salt, rounds })
    }
}

impl Last {
    /// A message that has no proof yet.
    pub(super) fn bare(channel: &[u8], nonce: &str) -> String {
        format!("c={},r={nonce}", STANDARD.encode(channel))
    }

    pub(super) fn text(bare: &str, proof: &[u8; 32]) -> String {
        format!("{bare},p={}", STANDARD.encode(proof))
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let (bare, proof) = text.rsplit_once(',')?;
        let proof = STANDARD.decode(value(proof, "p=")?).ok()?.try_into().ok()?;
        let mut parts = bare.split(',');
        let channel = STANDARD.decode(value(parts.next()?, "c=")?).ok()?;
        let nonce = nonce(parts.next()?)?.to_owned();
        parts.all(is_extension).then(|| Self { channel, nonce, bare: bare.to_owned(), proof })
    }
}

/// What the server says last: that it knows the password too.
pub(super) fn verified(signature: &[u8]) -> String {
    format!("v={}", STANDARD.encode(signature))
}

/// The signature of the server, unless it says no.
pub(super) fn signature(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(value(text.split(',').next()?, "v=")?).ok()
}

fn value<'a>(part: &'a str, name: &str) -> Option<&'a str> {
    part.strip_prefix(name)
}

/// A nonce: what is printed of ASCII, without commas.
fn nonce(part: &str) -> Option<&str> {
    let nonce = value(part, "r=")?;
    let fits =
        (1..=LONGEST_NONCE).contains(&nonce.len()) && nonce.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(nonce)
}

/// An extension that may be left aside: a letter and what belongs to it. One that must not be left aside is called `m`,
/// and comes where the name or the nonce is expected.
fn is_extension(part: &str) -> bool {
    let mut bytes = part.bytes();
    bytes.next().is_some_and(|letter| letter.is_ascii_alphabetic()) && bytes.next() == Some(b'=')
}

/// The most bytes of a nonce, both halves of it.
const LONGEST_NONCE: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_message_is_not_read() {
        assert!(First::read("n,,n=user,r=abc").is_some() && First::read("y,,n=,r=abc,x=1").is_some());
        let long = format!("n,,n=,r={}", "x".repeat(513));
        for wrong in [
            "",
            "n",
            "n,",
            "n,,",
            "n,,n=user",
            "n,,r=abc",
            "n,,n=,r=",
            "n,,n=,r=a b",
            "n,,n=,r=\u{e4}",
            "n,a=eve,n=,r=abc",
            "z,,n=,r=abc",
            "p=,,n=,r=abc",
            "p,,n=,r=abc",
            "n,,m=x,n=,r=abc",
            "n,,n=,m=x,r=abc",
            "n,,n=,r=abc,",
            "n,,n=,r=abc,1=2",
            "nn,,n=,r=abc",
            &long,
        ] {
            assert_eq!(First::read(wrong), None, "{wrong}");
        }
        assert!(Question::read("r=abc,s=W22ZaA==,i=4096,x=1").is_some());
        for wrong in
            ["", "r=abc", "r=abc,s=,i=1", "r=abc,s=!,i=1", "r=abc,s=W22ZaA==,i=x", "m=x,r=abc,s=W22ZaA==,i=1"]
        {
            assert_eq!(Question::read(wrong), None, "{wrong}");
        }
        let proof = STANDARD.encode([7; 32]);
        assert!(Last::read(&format!("c=biws,r=abc,p={proof}")).is_some());
        for wrong in [
            String::new(),
            format!("p={proof}"),
            format!("c=biws,p={proof}"),
            format!("c=!,r=abc,p={proof}"),
            format!("r=abc,c=biws,p={proof}"),
            format!("c=biws,r=abc,p={proof},x=1"),
            format!("c=biws,r=abc,p={}", STANDARD.encode([7; 31])),
            "c=biws,r=abc,p=".to_owned(),
            "c=biws,r=abc".to_owned(),
        ] {
            assert_eq!(Last::read(&wrong), None, "{wrong}");
        }
        assert_eq!(signature("v=W22ZaA=="), Some(vec![0x5b, 0x6d, 0x99, 0x68]));
        assert_eq!((signature("e=invalid-proof"), signature("")), (None, None));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_said_is_read_back(
            nonce in "[!-+--~]{1,256}",
            salt in proptest::collection::vec(any::<u8>(), 1..64),
            rounds: u32,
            channel in proptest::collection::vec(any::<u8>(), 0..64),
            proof: [u8; 32],
        ) {
            for binding in [Binding::Unknown, Binding::NotOffered, Binding::To("tls-unique".to_owned())] {
                let first = First::new(binding, nonce.clone());
                prop_assert_eq!(First::read(&first.text()), Some(first));
            }
            let question = Question { nonce: nonce.clone(), salt, rounds };
            prop_assert_eq!(Question::read(&question.text()), Some(question));
            let bare = Last::bare(&channel, &nonce);
            let text = Last::text(&bare, &proof);
            prop_assert_eq!(Last::read(&text), Some(Last { channel, nonce, bare, proof }));
            prop_assert_eq!(signature(&verified(&proof)), Some(proof.to_vec()));
        }

        #[test]
        fn no_text_is_too_strange(text in "(n,,|y,,|p=a,,)?(n=,)?(r=|s=|i=|c=|p=|v=|m=|,|[a-zA-Z0-9+/=]|\\PC){0,40}") {
            let _ = (First::read(&text), Question::read(&text), Last::read(&text), signature(&text));
        }
    }
}
