//! The PROXY protocol, version 2: what a proxy that is trusted says of whoever is behind it.
//!
//! Only the binary form is taken, only of a bounded length, and only from peers that are listed as trusted; from anybody
//! else the bytes are what the protocol makes of them. Nothing of it but addresses is used.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tokio::io::{AsyncRead, AsyncReadExt};

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// The proxy speaks for itself, as when it looks whether anybody is there.
    Local,
    /// The address of whoever is behind it.
    Of(IpAddr),
}

/// It is no header that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotProxy;

/// Reads a header, and not a byte more.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Header, NotProxy> {
    let mut head = [0; HEAD];
    stream.read_exact(&mut head).await.map_err(|_| NotProxy)?;
    let length = length(&head)?;
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await.map_err(|_| NotProxy)?;
    meaning(&head, &rest)
}

/// How much follows the fixed part.
fn length(head: &[u8; HEAD]) -> Result<usize, NotProxy> {
    let [signature @ .., _, _, high, low] = head;
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if signature == SIGNATURE && length <= LONGEST { Ok(length) } else { Err(NotProxy) }
}

fn meaning(head: &[u8; HEAD], rest: &[u8]) -> Result<Header, NotProxy> {
    let [.., command, family, _, _] = head;
    match (command, family, rest) {
        // Version 2, LOCAL: whatever follows is left aside.
        (0x20, _, _) => Ok(Header::Local),
        // Version 2, PROXY, TCP over IPv4: source, destination, ports; other things may follow.
        (0x21, 0x11, [a, b, c, d, _, _, _, _, _, _, _, _, ..]) => {
            Ok(Header::Of(Ipv4Addr::new(*a, *b, *c, *d).into()))
        }
        (0x21, 0x21, rest) if rest.len() >= 36 => {
            let source = rest.first_chunk::<16>().ok_or(NotProxy)?;
            Ok(Header::Of(IpAddr::from(Ipv6Addr::from(*source)).to_canonical()))
        }
        _ => Err(NotProxy),
    }
}

/// The bytes of the fixed part.
const HEAD: usize = 16;
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The most bytes that may follow it: what the protocol says fits everything.
const LONGEST: usize = 536;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, rest].concat()
    }

    fn of(bytes: &[u8]) -> (Result<Header, NotProxy>, usize) {
        let mut left = bytes;
        let read = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(read(&mut left));
        (read, left.len())
    }

    #[test]
    fn addresses_are_read_and_what_follows_is_not() {
        let v4 = [10, 0, 0, 7, 127, 0, 0, 1, 1, 2, 3, 4];
        let mut v6 = [0; 36];
        v6[15] = 9;
        let mut mapped = [0; 36];
        mapped[10..16].copy_from_slice(&[255, 255, 10, 0, 0, 8]);
        for (bytes, wanted) in [
            (header(0x21, 0x11, &v4), Ok(Header::Of("10.0.0.7".parse().unwrap()))),
            (
                header(0x21, 0x11, &[&v4[..], &[4, 0, 1, 9]].concat()),
                Ok(Header::Of("10.0.0.7".parse().unwrap())),
            ),
            (header(0x21, 0x21, &v6), Ok(Header::Of("::9".parse().unwrap()))),
            (header(0x21, 0x21, &mapped), Ok(Header::Of("10.0.0.8".parse().unwrap()))),
            (header(0x20, 0, &[]), Ok(Header::Local)),
            (header(0x21, 0x11, &v4[..11]), Err(NotProxy)),
            (header(0x21, 0x21, &v6[..35]), Err(NotProxy)),
            (header(0x21, 0x12, &v4), Err(NotProxy)),
            (header(0x21, 0x31, &[0; 216]), Err(NotProxy)),
            (header(0x22, 0x11, &v4), Err(NotProxy)),
            (header(0x11, 0x11, &v4), Err(NotProxy)),
            (header(0x21, 0x11, &[0; 537]), Err(NotProxy)),
        ] {
            let (read, left) = of(&[&bytes[..], b"GET /"].concat());
            assert_eq!(read, wanted, "{bytes:?}");
            assert!(read.is_err() || left == 5, "{bytes:?}");
        }
        assert_eq!(of(b"PROXY TCP4 10.0.0.7 127.0.0.1 1 2\r\n").0, Err(NotProxy));
        assert_eq!(of(b"").0, Err(NotProxy));
        let whole = header(0x21, 0x11, &v4);
        for cut in 0..whole.len() {
            assert_eq!(of(&whole[..cut]).0, Err(NotProxy));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_are_too_strange(rest in proptest::collection::vec(any::<u8>(), 0..600), command in any::<u8>(), family in any::<u8>()) {
            let _ = of(&header(command, family, &rest));
            let _ = of(&rest);
        }
    }
}
