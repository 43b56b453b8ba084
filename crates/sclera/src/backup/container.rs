//! The outer form of a backup: a header, and a stream of bytes sealed in pieces.
//!
//! ```text
//! header   "sclera backup\n"  version u8 = 1  lock u8  rounds u32  salt 32
//! piece    up to 65,536 bytes, sealed by XChaCha20-Poly1305: the nonce is fifteen zeros, the number of the piece as
//!          u64, and 1 for the last piece, else 0; the header is bound to each
//! lock     1  the key is HMAC-SHA-256(seal key of the instance, "sclera backup key 1" ‖ header); rounds is 0
//!          2  the key is PBKDF2-HMAC-SHA-512(passphrase, salt, rounds)
//! ```
//!
//! Numbers are big-endian. The salt is random, so every backup has a key of its own and a nonce is used once. All pieces
//! but the last are full. So a file that was changed, cut, lengthened or put together from two is found, and both ways
//! need room for two pieces only. This is the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár (2015).

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use pbkdf2::pbkdf2_hmac;
use sclera_authn::secret::Secret;
use sha2::{Sha256, Sha512};
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

const MAGIC: &[u8; 14] = b"sclera backup\n";
const VERSION: u8 = 1;
const HEADER: usize = 52;
const PIECE: usize = 64 * 1024;
const TAG: usize = 16;
const KEYS: u8 = 1;
const PASSPHRASE: u8 = 2;
/// Rounds for new backups, as many as the strict profile takes for passwords (OWASP Password Storage Cheat Sheet); a
/// passphrase has at least [`super::SHORTEST_PASSPHRASE`] bytes on top.
const ROUNDS: u32 = 210_000;
/// More rounds than this are not worked through for a file that somebody sends.
const MOST_ROUNDS: u32 = 10_000_000;

/// What a backup is locked with.
#[derive(Clone, Copy)]
pub(super) enum Lock<'a> {
    /// The key with which the instance seals its secrets.
    Keys(&'a [u8; 32]),
    /// A passphrase.
    Passphrase(&'a Secret),
}

/// How a backup is locked, as its header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Keys,
    Passphrase,
}

/// Why the header of a file is not one of ours.
#[derive(Debug)]
pub(super) enum HeaderFault {
    Foreign,
    Version(u8),
    Unreadable(io::Error),
}

/// The first bytes of a backup.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Header {
    bytes: [u8; HEADER],
    kind: Kind,
    rounds: u32,
    salt: [u8; 32],
}

impl Header {
    /// The header of a new backup.
    pub(super) fn new(kind: Kind, salt: [u8; 32]) -> Self {
        let (number, rounds) = match kind {
            Kind::Keys => (KEYS, 0),
            Kind::Passphrase => (PASSPHRASE, ROUNDS),
        };
        let mut bytes = [0; HEADER];
        let parts = [MAGIC.as_slice(), &[VERSION, number], &rounds.to_be_bytes(), &salt].concat();
        bytes.copy_from_slice(&parts);
        Self { bytes, kind, rounds, salt }
    }

    /// Reads the header of a file.
    pub(super) fn read(from: &mut dyn Read) -> Result<Self, HeaderFault> {
        let start = up_to(from, HEADER).map_err(HeaderFault::Unreadable)?;
        let foreign = || HeaderFault::Foreign;
        let bytes: [u8; HEADER] = start.as_slice().try_into().map_err(|_| HeaderFault::Foreign)?;
        let (magic, rest) = bytes.split_first_chunk::<14>().ok_or_else(foreign)?;
        let (&[version, number], rest) = rest.split_first_chunk::<2>().ok_or_else(foreign)?;
        let (rounds, salt) = rest.split_first_chunk::<4>().ok_or_else(foreign)?;
        if magic != MAGIC {
            return Err(HeaderFault::Foreign);
        }
        if version != VERSION {
            return Err(HeaderFault::Version(version));
        }
        let rounds = u32::from_be_bytes(*rounds);
        let kind = match (number, rounds) {
            (KEYS, 0) => Kind::Keys,
            (PASSPHRASE, 1..=MOST_ROUNDS) => Kind::Passphrase,
            _ => return Err(HeaderFault::Foreign),
        };
        Ok(Self { bytes, kind, rounds, salt: salt.try_into().map_err(|_| HeaderFault::Foreign)? })
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    fn cipher(&self, lock: Lock<'_>) -> io::Result<XChaCha20Poly1305> {
        let impossible = || io::Error::other("a key of 32 bytes was refused");
        let mut key = Zeroizing::new([0; 32]);
        match lock {
            Lock::Keys(seal) => {
                let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(seal).map_err(|_| impossible())?;
                mac.update(b"sclera backup key 1");
                mac.update(&self.bytes);
                key.copy_from_slice(&mac.finalize().into_bytes());
            }
            Lock::Passphrase(phrase) => {
                pbkdf2_hmac::<Sha512>(
                    phrase.expose().as_bytes(),
                    &self.salt,
                    self.rounds,
                    key.as_mut_slice(),
                );
            }
        }
        XChaCha20Poly1305::new_from_slice(key.as_slice()).map_err(|_| impossible())
    }
}

fn nonce(number: u64, last: bool) -> XNonce {
    let mut nonce = [0; 24];
    let end = [number.to_be_bytes().as_slice(), &[u8::from(last)]].concat();
    for (byte, of_end) in nonce.iter_mut().skip(15).zip(end) {
        *byte = of_end;
    }
    XNonce::from(nonce)
}

/// Seals what is written to it; without [`Sealer::finish`] nobody can open it.
pub(super) struct Sealer<'a> {
    out: &'a mut dyn Write,
    cipher: XChaCha20Poly1305,
    header: Header,
    number: u64,
    piece: Zeroizing<Vec<u8>>,
}

impl<'a> Sealer<'a> {
    pub(super) fn begin(out: &'a mut dyn Write, header: Header, lock: Lock<'_>) -> io::Result<Self> {
        let cipher = header.cipher(lock)?;
        out.write_all(&header.bytes)?;
        Ok(Self { out, cipher, header, number: 0, piece: Zeroizing::new(Vec::with_capacity(PIECE)) })
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        let payload = Payload { msg: &self.piece, aad: &self.header.bytes };
        let sealed = self.cipher.encrypt(&nonce(self.number, last), payload);
        self.out.write_all(&sealed.map_err(|_| io::Error::other("a piece could not be sealed"))?)?;
        self.number += 1;
        self.piece.clear();
        Ok(())
    }

    /// Seals the last piece.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.seal(true)?;
        self.out.flush()
    }
}

impl Write for Sealer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.piece.len() == PIECE {
            self.seal(false)?;
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Opens what was sealed. What is not as it was sealed is an error of kind [`io::ErrorKind::InvalidData`].
pub(super) struct Opener<'a> {
    from: &'a mut dyn Read,
    cipher: XChaCha20Poly1305,
    header: Header,
    number: u64,
    /// The next piece, as it stands in the file.
    ahead: Vec<u8>,
    piece: Zeroizing<Vec<u8>>,
    /// How much of the piece was read.
    read: usize,
    ended: bool,
}

impl<'a> Opener<'a> {
    pub(super) fn begin(from: &'a mut dyn Read, header: Header, lock: Lock<'_>) -> io::Result<Self> {
        let cipher = header.cipher(lock)?;
        let ahead = up_to(from, PIECE + TAG)?;
        let piece = Zeroizing::new(Vec::new());
        Ok(Self { from, cipher, header, number: 0, ahead, piece, read: 0, ended: false })
    }

    fn open(&mut self) -> io::Result<()> {
        let sealed = std::mem::take(&mut self.ahead);
        self.ahead = up_to(self.from, PIECE + TAG)?;
        let last = self.ahead.is_empty();
        let payload = Payload { msg: &sealed, aad: &self.header.bytes };
        let opened = self.cipher.decrypt(&nonce(self.number, last), payload);
        self.piece = Zeroizing::new(opened.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?);
        (self.read, self.ended) = (0, last);
        self.number += 1;
        Ok(())
    }

    /// Makes sure that nothing follows.
    pub(super) fn finish(mut self) -> io::Result<()> {
        match self.read(&mut [0])? {
            0 => Ok(()),
            _ => Err(io::Error::from(io::ErrorKind::InvalidData)),
        }
    }
}

impl Read for Opener<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.read == self.piece.len() {
            if self.ended {
                return Ok(0);
            }
            self.open()?;
        }
        let mut rest = self.piece.get(self.read..).unwrap_or_default();
        let count = rest.read(into)?;
        self.read += count;
        Ok(count)
    }
}

/// So many bytes, or those that are left.
fn up_to(from: &mut dyn Read, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(count);
    from.take(count as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEAL: [u8; 32] = [7; 32];

    fn sealed(content: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let header = Header::new(Kind::Keys, [9; 32]);
        let mut sealer = Sealer::begin(&mut out, header, Lock::Keys(&SEAL)).unwrap();
        sealer.write_all(content).unwrap();
        sealer.finish().unwrap();
        out
    }

    fn opened(mut file: &[u8], lock: Lock<'_>) -> io::Result<Vec<u8>> {
        let invalid = |_| io::Error::from(io::ErrorKind::InvalidData);
        let header = Header::read(&mut file).map_err(invalid)?;
        let mut opener = Opener::begin(&mut file, header, lock)?;
        let mut content = Vec::new();
        opener.read_to_end(&mut content)?;
        opener.finish()?;
        Ok(content)
    }

    #[test]
    fn what_was_sealed_opens_again_at_every_length() {
        for length in [0, 1, 1_000, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 5] {
            let content: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let file = sealed(&content);
            assert_eq!(opened(&file, Lock::Keys(&SEAL)).unwrap(), content, "{length} bytes");
            assert!(opened(&file, Lock::Keys(&[8; 32])).is_err());
        }
    }

    #[test]
    fn a_changed_byte_and_a_cut_are_found_everywhere() {
        let file = sealed(&vec![1; PIECE + 100]);
        for place in (0..HEADER + 20).chain([HEADER + PIECE, HEADER + PIECE + TAG, file.len() - 1]) {
            let mut changed = file.clone();
            changed[place] ^= 1;
            assert!(opened(&changed, Lock::Keys(&SEAL)).is_err(), "byte {place}");
        }
        for end in (0..HEADER + 20).chain([HEADER + PIECE, HEADER + PIECE + TAG, file.len() - 1]) {
            assert!(opened(&file[..end], Lock::Keys(&SEAL)).is_err(), "cut at {end}");
        }
        let longer = [file.as_slice(), &[0]].concat();
        assert!(opened(&longer, Lock::Keys(&SEAL)).is_err());
    }

    #[test]
    fn pieces_cannot_be_exchanged_or_left_out() {
        let file = sealed(&[1, 2, 3].map(|byte| vec![byte; PIECE]).concat());
        let piece = |number: usize| {
            let start = HEADER + number * (PIECE + TAG);
            &file[start..start + PIECE + TAG]
        };
        let put = |numbers: &[usize]| {
            let mut out = file[..HEADER].to_vec();
            for number in numbers {
                out.extend_from_slice(piece(*number));
            }
            out
        };
        assert!(opened(&put(&[0, 1, 2]), Lock::Keys(&SEAL)).is_ok());
        for wrong in [&[1, 0, 2][..], &[0, 2], &[0, 1], &[0, 1, 2, 2], &[0, 0, 2], &[2]] {
            assert!(opened(&put(wrong), Lock::Keys(&SEAL)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_passphrase_opens_what_it_sealed() {
        let phrase = |text: &str| Secret::new(text.to_owned()).unwrap();
        let mut out = Vec::new();
        let header = Header::new(Kind::Passphrase, [9; 32]);
        let right = phrase("nine small kestrels");
        let mut sealer = Sealer::begin(&mut out, header, Lock::Passphrase(&right)).unwrap();
        sealer.write_all(b"content").unwrap();
        sealer.finish().unwrap();
        assert_eq!(opened(&out, Lock::Passphrase(&right)).unwrap(), b"content");
        assert!(opened(&out, Lock::Passphrase(&phrase("nine small kestrel"))).is_err());
        assert!(opened(&out, Lock::Keys(&SEAL)).is_err());
    }

    #[test]
    fn a_header_asks_for_no_endless_work() {
        let mut file = Header::new(Kind::Passphrase, [9; 32]).bytes;
        file[16..20].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(matches!(Header::read(&mut file.as_slice()), Err(HeaderFault::Foreign)));
        file[14] = 2;
        assert!(matches!(Header::read(&mut file.as_slice()), Err(HeaderFault::Version(2))));
    }
}
