//! The common name of a certificate's subject: the user that it stands for.
//!
//! Only a certificate that was verified is read here. What is looked for is found by walking the outermost elements in their
//! order; nothing is decoded that is not passed through on the way.

/// The common name, if the subject has exactly one and it is plain text of a bounded length.
pub fn common_name(certificate: &[u8]) -> Option<String> {
    let (certificate, _) = element(certificate, SEQUENCE)?;
    let (mut rest, _) = element(certificate, SEQUENCE)?;
    if let Some((_, after)) = element(rest, VERSION) {
        rest = after;
    }
    // Serial number, signature algorithm, issuer, validity; then the subject.
    for tag in [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE] {
        rest = element(rest, tag)?.1;
    }
    let (mut names, _) = element(rest, SEQUENCE)?;
    let mut found = None;
    while !names.is_empty() {
        let (mut set, after) = element(names, SET)?;
        names = after;
        while !set.is_empty() {
            let (pair, after) = element(set, SEQUENCE)?;
            set = after;
            let (kind, value) = element(pair, OBJECT_IDENTIFIER)?;
            // Of two nobody could say which one is meant.
            if kind == COMMON_NAME && found.replace(text(value)?).is_some() {
                return None;
            }
        }
    }
    found
}

/// A text of the kinds that are UTF-8 or a part of it.
fn text(value: &[u8]) -> Option<String> {
    let bytes =
        [UTF8_STRING, PRINTABLE_STRING, IA5_STRING].into_iter().find_map(|tag| element(value, tag))?.0;
    let text = std::str::from_utf8(bytes).ok()?;
    let fits = !text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// The contents of the first element, if it has the tag, and what follows it.
pub(crate) fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if *first != tag {
        return None;
    }
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (digits.iter().fold(0, |all, digit| all << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

pub(crate) const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const IA5_STRING: u8 = 0x16;
/// `[0] EXPLICIT`, which holds the version.
const VERSION: u8 = 0xa0;
/// 2.5.4.3
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// The most bytes of a name, as of a user.
const LONGEST: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, KeyPair};

    fn certificate(names: &[(DnType, &str)]) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["host.example".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        for (kind, name) in names {
            params.distinguished_name.push(kind.clone(), *name);
        }
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn the_common_name_is_found_among_others() {
        let organisation = (DnType::OrganizationName, "Hospital");
        let of = |names: &[(DnType, &str)]| common_name(&certificate(names));
        assert_eq!(of(&[organisation.clone(), (DnType::CommonName, "ann")]).as_deref(), Some("ann"));
        assert_eq!(of(&[(DnType::CommonName, "Zoë"), organisation.clone()]).as_deref(), Some("Zoë"));
        assert_eq!(of(std::slice::from_ref(&organisation)), None);
        assert_eq!(
            of(&[(DnType::CommonName, "a\u{0}b")]),
            None,
            "no character that could end a text elsewhere"
        );
        assert_eq!(of(&[(DnType::CommonName, &"a".repeat(161))]), None);
    }

    #[test]
    fn what_is_cut_off_names_nobody() {
        let whole = certificate(&[(DnType::CommonName, "ann")]);
        for length in 0..whole.len() {
            assert_eq!(common_name(&whole[..length]), None);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = common_name(&bytes);
            let _ = common_name(&[&[SEQUENCE, 100, SEQUENCE, 98][..], &bytes].concat());
        }
    }
}
