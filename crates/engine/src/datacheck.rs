//! Comparing the security data of two instances by digests of ranges (`services.md`, `%Service_DataCheck`): one tells
//! digests, the other halves ranges whose digests differ until the records that differ are named. Neither changes.
//!
//! Records of a kind stand in the order of their keys, which are their folded names; that of an SQL privilege is all that
//! it says but for the grant option. A record counts with the properties that an export without secrets has: not with
//! passwords, keys, login records and times, which differ wherever the same was set up twice.

use crate::engine::Engine;
use crate::export::Keyed;
use crate::{Refusal, Session};
use sclera_core::change::Kind;
use sclera_core::hex::hex;
use sclera_core::name::one_line;
use sclera_core::permission::Permissions;
use sclera_store::port::{Activity, Store};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The most records that are told one by one.
pub const LEAF: usize = 32;
/// Into how many parts a longer range is divided.
const PARTS: usize = 16;
/// The most differences that are told.
const MOST_DIFFERENCES: usize = 10_000;

/// Records whose keys follow `after` up to `until`; none is without end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// The key before the first.
    pub after: Option<String>,
    /// The last key.
    pub until: Option<String>,
}

impl Range {
    /// Tells whether a key stands in it.
    pub fn has(&self, key: &str) -> bool {
        self.after.as_deref().is_none_or(|after| key > after)
            && self.until.as_deref().is_none_or(|until| key <= until)
    }
}

/// What is told of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Each record by its key, with its digest.
    Records(Vec<(String, String)>),
    /// Parts that follow each other.
    Parts(Vec<Part>),
}

/// A part of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its last key; of the last part none.
    pub until: Option<String>,
    /// How many records it has.
    pub count: u64,
    /// The digest of their keys and digests.
    pub digest: String,
}

/// How a record differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The kind of the record.
    pub kind: Kind,
    /// Its key.
    pub key: String,
    /// Where it stands.
    pub how: How,
}

/// Where a record stands that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// In the instance that asks alone.
    OnlyHere,
    /// In the other one alone.
    OnlyThere,
    /// In both, and not the same.
    Differs,
}

impl How {
    /// As it is told.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OnlyHere => "only here",
            Self::OnlyThere => "only there",
            Self::Differs => "differs",
        }
    }
}

/// What came of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// What differs, in order.
    pub differences: Vec<Difference>,
    /// There is more than is told.
    pub more: bool,
    /// How often the other instance was asked.
    pub questions: u64,
}

/// Asks the other instance about a range of a kind.
pub type Ask<'a> = dyn FnMut(Kind, &Range) -> Result<Told, String> + 'a;

/// Why a comparison came to no end.
#[derive(Debug)]
pub enum Halt {
    /// What is here may not or cannot be read.
    Here(Refusal),
    /// The other one gave no answer that can be used.
    There(String),
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// What is told of a range to whoever came through the gate of `%Service_DataCheck`.
    pub fn told_of_range(&self, kind: Kind, range: &Range) -> Result<Told, Refusal> {
        let count = self.count_keyed(kind, range)?;
        if count <= LEAF as u64 {
            return Ok(Told::Records(self.first_of(kind, range, LEAF)?));
        }
        let size = count.div_ceil(PARTS as u64);
        let (mut parts, mut part) = (Vec::new(), Digesting::default());
        self.each_keyed(kind, range, &mut |record| {
            if part.count >= size && parts.len() + 1 < PARTS {
                parts.push(std::mem::take(&mut part).finish());
            }
            part.add(record);
            true
        })?;
        parts.push(Part { until: range.until.clone(), ..part.finish() });
        Ok(Told::Parts(parts))
    }

    /// The first records of a range, up to so many.
    fn first_of(&self, kind: Kind, range: &Range, most: usize) -> Result<Vec<Keyed>, Refusal> {
        let mut first = Vec::new();
        self.each_keyed(kind, range, &mut |record| {
            first.push(record);
            first.len() < most
        })?;
        Ok(first)
    }

    /// Compares what is here with another instance, kind by kind.
    pub fn compare_with(
        &self,
        session: &Session,
        kinds: &[Kind],
        ask: &mut Ask<'_>,
    ) -> Result<Compared, Halt> {
        let may =
            self.require(session, "%Admin_Secure", Permissions::USE, "comparison with another instance");
        may.map_err(Halt::Here)?;
        let mut compared = Compared::default();
        for kind in kinds {
            self.compare_range(*kind, &Range::default(), ask, &mut compared)?;
        }
        Ok(compared)
    }

    /// Compares a range: all of it was the same, or the other side tells more of it.
    fn compare_range(
        &self,
        kind: Kind,
        range: &Range,
        ask: &mut Ask<'_>,
        compared: &mut Compared,
    ) -> Result<(), Halt> {
        compared.questions += 1;
        match ask(kind, range).map_err(Halt::There)? {
            Told::Records(there) => {
                // Of more than these, more would differ than is told.
                let most = there.len() + MOST_DIFFERENCES + 1;
                let here = self.first_of(kind, range, most).map_err(Halt::Here)?;
                differences(kind, &here, &there, compared);
                Ok(())
            }
            Told::Parts(parts) => {
                let mut after = range.after.clone();
                for part in parts {
                    let narrower = Range { after: after.clone(), until: part.until.clone() };
                    // Without an end that is further on, a liar would have us ask for ever.
                    if part.until.is_some()
                        && (part.until <= after || !range.has(part.until.as_deref().unwrap_or_default()))
                    {
                        return Err(Halt::There("its parts do not follow each other".to_owned()));
                    }
                    if !compared.more && !self.is_as(kind, &narrower, &part).map_err(Halt::Here)? {
                        if narrower == *range {
                            return Err(Halt::There(
                                "a part of a range is no smaller than the range".to_owned(),
                            ));
                        }
                        self.compare_range(kind, &narrower, ask, compared)?;
                    }
                    after = part.until;
                    if after.is_none() {
                        break;
                    }
                }
                Ok(())
            }
        }
    }

    /// Whether what is here in a range is what the other side says of it.
    fn is_as(&self, kind: Kind, range: &Range, part: &Part) -> Result<bool, Refusal> {
        let mut own = Digesting::default();
        self.each_keyed(kind, range, &mut |record| {
            own.add(record);
            own.count <= part.count
        })?;
        let own = own.finish();
        Ok((own.count, &own.digest) == (part.count, &part.digest))
    }
}

/// Both in the order of keys.
fn differences(kind: Kind, here: &[Keyed], there: &[Keyed], compared: &mut Compared) {
    let (mut here, mut there) = (here.iter().peekable(), there.iter().peekable());
    loop {
        let (key, how) = match (here.peek(), there.peek()) {
            (Some((own, digest)), Some((other, others))) if own == other => {
                let how = (digest != others).then_some(How::Differs);
                let key = own.clone();
                here.next();
                there.next();
                (key, how)
            }
            (Some((own, _)), other) if other.is_none_or(|(other, _)| own < other) => {
                let key = own.clone();
                here.next();
                (key, Some(How::OnlyHere))
            }
            (_, Some((other, _))) => {
                let key = other.clone();
                there.next();
                (key, Some(How::OnlyThere))
            }
            // Neither has any more: if there were one here, it would be here alone.
            (_, None) => return,
        };
        let Some(how) = how else { continue };
        if compared.differences.len() >= MOST_DIFFERENCES {
            compared.more = true;
            return;
        }
        compared.differences.push(Difference { kind, key, how });
    }
}

/// A part in the making.
#[derive(Default)]
struct Digesting {
    hasher: Sha256,
    count: u64,
    last: String,
}

impl Digesting {
    fn add(&mut self, (key, digest): Keyed) {
        self.hasher.update((key.len() as u64).to_be_bytes());
        self.hasher.update(key.as_bytes());
        self.hasher.update(digest.as_bytes());
        self.count += 1;
        self.last = key;
    }

    fn finish(self) -> Part {
        Part { until: Some(self.last), count: self.count, digest: hex(&self.hasher.finalize()) }
    }
}

impl Told {
    /// As it goes over the line.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Records(records) => {
                let record = |(key, digest): &Keyed| json!({ "Key": key, "Digest": digest });
                json!({ "Records": records.iter().map(record).collect::<Vec<_>>() })
            }
            Self::Parts(parts) => {
                let part =
                    |part: &Part| json!({ "Until": part.until, "Count": part.count, "Digest": part.digest });
                json!({ "Parts": parts.iter().map(part).collect::<Vec<_>>() })
            }
        }
    }

    /// Reads it; more than would ever be told is refused.
    pub fn of_json(value: &Value) -> Result<Self, String> {
        let wrong = || "the other instance answered in a form that is not known".to_owned();
        let list = |name: &str, most: usize| {
            let list = value.get(name).and_then(Value::as_array);
            list.map(|list| if list.len() <= most { Ok(list) } else { Err(wrong()) }).transpose()
        };
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        if let Some(records) = list("Records", LEAF)? {
            let record = |value: &Value| Some((text(value, "Key")?, text(value, "Digest")?));
            let records: Option<Vec<Keyed>> = records.iter().map(record).collect();
            let mut records = records.ok_or_else(wrong)?;
            records.sort_unstable();
            return Ok(Self::Records(records));
        }
        let parts = list("Parts", PARTS)?.ok_or_else(wrong)?;
        let part = |value: &Value| {
            let count = value.get("Count")?.as_u64()?;
            Some(Part { until: text(value, "Until"), count, digest: text(value, "Digest")? })
        };
        parts.iter().map(part).collect::<Option<Vec<_>>>().map(Self::Parts).ok_or_else(wrong)
    }
}

impl Difference {
    /// One line about it.
    pub fn line(&self) -> String {
        format!("{:<10}  {} {}", self.how.word(), self.kind.word(), one_line(&self.key))
    }

    /// The same for programs.
    pub fn to_json(&self) -> Value {
        json!({ "Kind": self.kind.word(), "Key": self.key, "Difference": self.how.word() })
    }
}
