//! Bytes as hexadecimal digits.

use alloc::string::String;
use alloc::vec::Vec;

/// Two small digits for each byte.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(if half < 10 { b'0' + half } else { b'a' - 10 + half });
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xf));
    }
    text
}

/// The bytes of digits, small or capital; none where there is anything else, or half a byte.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    if rest.is_empty() { bytes.collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_as_they_were_written() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(unhex(&hex(&all)).as_deref(), Some(all.as_slice()));
        assert_eq!(hex(&[0, 9, 10, 255]), "00090aff");
        assert_eq!(unhex("0aFf"), Some([10, 255].to_vec()));
        for none in ["0", "0g", "+1", " 1", "0x10", "\u{e9}"] {
            assert_eq!(unhex(none), None, "{none:?}");
        }
    }
}
