//! The form of AgentX (RFC 2741, sections 5 and 6): what a master says is read strictly and in bounds; what is said to it
//! is in network byte order.

use std::fmt;
use std::str::FromStr;

/// The most bytes of the payload of one PDU.
pub(crate) const LONGEST: usize = 64 * 1024;
/// The bytes of a header.
pub(crate) const HEADER: usize = 20;
/// The most identifiers that one PDU asks for.
const MOST_RANGES: usize = 1_024;
/// The most numbers of an object identifier (RFC 2578, 3.5).
const MOST_NUMBERS: usize = 128;
const NETWORK_ORDER: u8 = 0x10;
const WITH_CONTEXT: u8 = 0x08;
const VERSION: u8 = 1;

/// An object identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Oid(pub(crate) Vec<u32>);

impl Oid {
    /// It with more numbers behind.
    pub(crate) fn with(&self, more: &[u32]) -> Self {
        Self([self.0.as_slice(), more].concat())
    }
}

impl FromStr for Oid {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            "an object identifier is numbers with dots between, such as 1.3.6.1.4.1.8072.9999.9999.53"
                .to_owned()
        };
        let numbers: Result<Vec<u32>, _> = text.trim_start_matches('.').split('.').map(str::parse).collect();
        match numbers {
            Ok(numbers) if (2..=MOST_NUMBERS / 2).contains(&numbers.len()) => Ok(Self(numbers)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.0.iter().map(u32::to_string).collect();
        f.write_str(&numbers.join("."))
    }
}

/// A value, by its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Integer(u32),
    Text(String),
    Gauge(u32),
    Counter(u64),
    /// There is no such object.
    NoObject,
    /// There is nothing further.
    End,
}

/// From where on and up to where something is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: Oid,
    /// The start itself is meant, too.
    pub(crate) include: bool,
    /// The first that is not meant; of none, without end.
    pub(crate) end: Oid,
}

/// Who is spoken with, about what; each answer repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Address {
    pub(crate) session: u32,
    pub(crate) transaction: u32,
    pub(crate) packet: u32,
}

/// What a master says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Get(Vec<Range>),
    GetNext(Vec<Range>),
    /// The first so many once, the others so often.
    GetBulk {
        once: usize,
        times: usize,
        ranges: Vec<Range>,
    },
    /// Something is to be set.
    Set,
    /// What came of that is to be forgotten; no answer is wanted.
    Cleanup,
    /// An answer, with its error; 0 is none.
    Response(u16),
    Close,
    Ping,
}

/// A header: what kind of PDU, its flags, whom it is for, and how many bytes follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    kind: u8,
    flags: u8,
    pub(crate) address: Address,
    pub(crate) length: usize,
}

/// What is none of the protocol.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Header {
    pub(crate) fn read(bytes: [u8; HEADER]) -> Result<Self, Malformed> {
        let [version, kind, flags, _, rest @ ..] = bytes;
        let mut reader = Reader { rest: &rest, is_network: flags & NETWORK_ORDER != 0 };
        let address =
            Address { session: reader.word()?, transaction: reader.word()?, packet: reader.word()? };
        let length = reader.word()? as usize;
        if version != VERSION || length > LONGEST || !length.is_multiple_of(4) {
            return Err(Malformed);
        }
        Ok(Self { kind, flags, address, length })
    }

    /// What the bytes behind it say; none where it is nothing that a master says.
    pub(crate) fn said(&self, payload: &[u8]) -> Result<Said, Malformed> {
        let mut reader = Reader { rest: payload, is_network: self.flags & NETWORK_ORDER != 0 };
        if self.flags & WITH_CONTEXT != 0 {
            reader.octets()?;
        }
        Ok(match self.kind {
            2 => Said::Close,
            5 => Said::Get(reader.ranges()?),
            6 => Said::GetNext(reader.ranges()?),
            7 => {
                let (once, times) = (reader.half()?.into(), reader.half()?.into());
                Said::GetBulk { once, times, ranges: reader.ranges()? }
            }
            8..=10 => Said::Set,
            11 => Said::Cleanup,
            13 => Said::Ping,
            18 => {
                reader.word()?;
                Said::Response(reader.half()?)
            }
            _ => return Err(Malformed),
        })
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    is_network: bool,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn word(&mut self) -> Result<u32, Malformed> {
        let bytes = self.take()?;
        Ok(if self.is_network { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn half(&mut self) -> Result<u16, Malformed> {
        let bytes = self.take()?;
        Ok(if self.is_network { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    /// Octets, which are passed over, and what fills them up to whole words.
    fn octets(&mut self) -> Result<(), Malformed> {
        let length = self.word()? as usize;
        let whole = length.checked_next_multiple_of(4).ok_or(Malformed)?;
        self.rest = self.rest.get(whole..).ok_or(Malformed)?;
        Ok(())
    }

    fn oid(&mut self) -> Result<(Oid, bool), Malformed> {
        let [count, prefix, include, _] = self.take()?;
        if usize::from(count) > MOST_NUMBERS {
            return Err(Malformed);
        }
        let mut numbers = if prefix == 0 { Vec::new() } else { vec![1, 3, 6, 1, prefix.into()] };
        for _ in 0..count {
            numbers.push(self.word()?);
        }
        Ok((Oid(numbers), include != 0))
    }

    fn ranges(&mut self) -> Result<Vec<Range>, Malformed> {
        let mut ranges = Vec::new();
        while !self.rest.is_empty() {
            if ranges.len() == MOST_RANGES {
                return Err(Malformed);
            }
            let (start, include) = self.oid()?;
            let (end, _) = self.oid()?;
            ranges.push(Range { start, include, end });
        }
        Ok(ranges)
    }
}

/// What is said to a master.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Saying<'a> {
    /// A session begins, of so many seconds of patience, under a name.
    Open {
        seconds: u8,
        name: &'a str,
    },
    Close,
    Register(&'a Oid),
    Ping,
    /// An answer: its error, which of the things asked for has it, and what was found.
    Response {
        error: u16,
        at: u16,
        found: &'a [(Oid, Value)],
    },
}

/// A PDU.
pub(crate) fn pdu(address: Address, saying: Saying<'_>) -> Vec<u8> {
    let mut payload = Vec::new();
    let kind = match saying {
        Saying::Open { seconds, name } => {
            payload.extend([seconds, 0, 0, 0]);
            put_oid(&mut payload, &Oid::default());
            put_octets(&mut payload, name.as_bytes());
            1
        }
        Saying::Close => {
            // The reason "shutdown".
            payload.extend([5, 0, 0, 0]);
            2
        }
        Saying::Register(subtree) => {
            // The timeout of the session, and the middle of all priorities.
            payload.extend([0, 127, 0, 0]);
            put_oid(&mut payload, subtree);
            3
        }
        Saying::Ping => 13,
        Saying::Response { error, at, found } => {
            payload.extend([0; 4]);
            payload.extend(error.to_be_bytes());
            payload.extend(at.to_be_bytes());
            for (name, value) in found {
                put_binding(&mut payload, name, value);
            }
            18
        }
    };
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut whole = vec![VERSION, kind, NETWORK_ORDER, 0];
    for number in [address.session, address.transaction, address.packet, length] {
        whole.extend(number.to_be_bytes());
    }
    whole.append(&mut payload);
    whole
}

fn put_oid(payload: &mut Vec<u8>, oid: &Oid) {
    let count = u8::try_from(oid.0.len()).unwrap_or(u8::MAX);
    payload.extend([count, 0, 0, 0]);
    oid.0.iter().take(count.into()).for_each(|number| payload.extend(number.to_be_bytes()));
}

fn put_octets(payload: &mut Vec<u8>, bytes: &[u8]) {
    payload.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    payload.extend(bytes);
    payload.resize(payload.len().next_multiple_of(4), 0);
}

fn put_binding(payload: &mut Vec<u8>, name: &Oid, value: &Value) {
    let kind: u16 = match value {
        Value::Integer(_) => 2,
        Value::Text(_) => 4,
        Value::Gauge(_) => 66,
        Value::Counter(_) => 70,
        Value::NoObject => 128,
        Value::End => 130,
    };
    payload.extend(kind.to_be_bytes());
    payload.extend([0, 0]);
    put_oid(payload, name);
    match value {
        Value::Integer(number) | Value::Gauge(number) => payload.extend(number.to_be_bytes()),
        Value::Counter(number) => payload.extend(number.to_be_bytes()),
        Value::Text(text) => put_octets(payload, text.as_bytes()),
        Value::NoObject | Value::End => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ADDRESS: Address = Address { session: 7, transaction: 8, packet: 9 };

    fn said(bytes: &[u8]) -> Result<Said, Malformed> {
        let (header, payload) = bytes.split_first_chunk::<HEADER>().ok_or(Malformed)?;
        Header::read(*header)?.said(payload)
    }

    /// `GetNext` of 1.3.6.1.4.1.8072 up to 1.3.6.1.4.1.8073, as Net-SNMP writes it in the order of its own machine.
    #[test]
    fn what_a_master_asks_is_read_in_both_orders() {
        let expected = Said::GetNext(vec![Range {
            start: Oid(vec![1, 3, 6, 1, 4, 1, 8072]),
            include: true,
            end: Oid(vec![1, 3, 6, 1, 4, 1, 8073]),
        }]);
        for (flags, order) in
            [(0_u8, u32::to_le_bytes as fn(u32) -> [u8; 4]), (NETWORK_ORDER, u32::to_be_bytes)]
        {
            let mut bytes = vec![1, 6, flags, 0];
            for number in [7, 8, 9, 24] {
                bytes.extend(order(number));
            }
            for (include, last) in [(1, 8072), (0, 8073)] {
                bytes.extend([2, 4, include, 0]);
                bytes.extend(order(1));
                bytes.extend(order(last));
            }
            assert_eq!(said(&bytes), Ok(expected.clone()));
        }
    }

    #[test]
    fn what_is_said_has_the_form_of_the_protocol() {
        let oid = Oid(vec![1, 3, 6]);
        let found = [(oid.clone(), Value::Text("abcde".to_owned())), (oid, Value::Counter(1 << 33))];
        let whole = pdu(ADDRESS, Saying::Response { error: 0, at: 0, found: &found });
        let binding = [0, 4, 0, 0, 3, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 6, 0, 0, 0, 5];
        let head = [1, 18, 0x10, 0, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 68, 0, 0, 0, 0, 0, 0, 0, 0];
        let counter = [0, 70, 0, 0, 3, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 6, 0, 0, 0, 2, 0, 0, 0, 0];
        assert_eq!(whole, [&head[..], &binding, b"abcde\0\0\0", &counter].concat());
        assert_eq!(said(&whole), Ok(Said::Response(0)));
        assert_eq!(said(&pdu(ADDRESS, Saying::Ping)), Ok(Said::Ping));
        assert_eq!(said(&pdu(ADDRESS, Saying::Close)), Ok(Said::Close));
    }

    #[test]
    fn identifiers_are_read_and_written() {
        assert_eq!(".1.3.6.1".parse::<Oid>().unwrap().to_string(), "1.3.6.1");
        for wrong in ["", "1", "1.x", "1..2", "1.3.4294967296", "-1.3", &"1.".repeat(200)] {
            assert!(wrong.parse::<Oid>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_are_too_strange(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), kind in 0_u8..20) {
            if let [version, place, ..] = bytes.as_mut_slice() {
                (*version, *place) = (1, kind);
            }
            if let Ok(Said::Get(ranges) | Said::GetNext(ranges) | Said::GetBulk { ranges, .. }) = said(&bytes) {
                prop_assert!(ranges.len() <= MOST_RANGES);
            }
        }
    }
}
