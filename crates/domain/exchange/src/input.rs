//! The bytes of a file as they come: judged to be UTF-8 of a bounded length, and counted so that what is wrong has a
//! place. Nothing that was read over is kept.

use crate::cpf::Merge;
use crate::format::{self, Format};
use crate::malformed::Malformed;
use std::io::{self, BufRead, Read};
use zeroize::Zeroizing;

/// A line and a character in it, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    const FIRST: Self = Self { line: 1, column: 1 };

    /// The place behind a text that begins here.
    pub(crate) fn after(self, text: &[u8]) -> Self {
        let mut place = self;
        for byte in text {
            if *byte == b'\n' {
                place = Self { line: place.line + 1, column: 1 };
            } else {
                place.column += usize::from(!is_inner(*byte));
            }
        }
        place
    }
}

/// Tells whether a byte continues a character of UTF-8.
pub(crate) const fn is_inner(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// A file that is read once from its beginning to its end.
pub(crate) struct Input<'f> {
    file: &'f mut dyn Read,
    buffer: Zeroizing<Vec<u8>>,
    /// What of the buffer is not read yet and is known to be UTF-8, and where what is not known to be ends.
    from: usize,
    valid: usize,
    end: usize,
    /// How many bytes of the file are in the buffer or were.
    taken: u64,
    place: Place,
    /// How many more bytes may be read before [`Input::begin`] is called.
    room: usize,
    /// The white space at the beginning, which in YAML means something.
    blank: String,
    /// Why it was not read on; what parses it has only an error of its own form.
    fault: Option<Malformed>,
}

impl<'f> Input<'f> {
    /// Looks at the beginning of a file, which tells its format.
    pub(crate) fn open(file: &'f mut dyn Read) -> Result<(Format, Self), Malformed> {
        let buffer = Zeroizing::new(vec![0; CHUNK]);
        let mut input = Self {
            file,
            buffer,
            from: 0,
            valid: 0,
            end: 0,
            taken: 0,
            place: Place::FIRST,
            room: LONGEST_PIECE,
            blank: String::new(),
            fault: None,
        };
        while input.end < MARKS && input.take_in()? > 0 {}
        let start = input.buffer.get(..input.end).unwrap_or_default();
        if let Some(name) = format::foreign_encoding(start) {
            return Err(Malformed::Encoding(name));
        }
        if start.starts_with(format::UTF8_MARK) {
            input.from = format::UTF8_MARK.len();
        }
        input.valid = input.from;
        let first = input.skip_blank()?;
        input.begin();
        let ready = input.buffer.get(input.from..input.valid).unwrap_or_default();
        let is_merge = first == b'#' && Merge::is_one(ready);
        Ok((if is_merge { Format::Cpf } else { Format::beginning_with(first) }, input))
    }

    /// Reads over white space and gives the byte that follows.
    fn skip_blank(&mut self) -> Result<u8, Malformed> {
        loop {
            if let Err(error) = self.fill_buf() {
                return Err(self.told(&error));
            }
            let ready = self.buffer.get(self.from..self.valid).unwrap_or_default();
            let first = ready.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
            let blank: String = ready
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .map(|byte| char::from(*byte))
                .collect();
            let is_over = ready.is_empty();
            self.consume(blank.len());
            self.blank.push_str(&blank);
            match first {
                Some(first) => return Ok(first),
                None if is_over => return Err(Malformed::Empty),
                None => {}
            }
        }
    }

    /// The place of what is read next.
    pub(crate) const fn place(&self) -> Place {
        self.place
    }

    /// Allows the next piece; no piece may be longer than [`LONGEST_PIECE`].
    pub(crate) const fn begin(&mut self) {
        self.room = LONGEST_PIECE;
    }

    /// Why it was not read on, if that is its own doing.
    pub(crate) const fn take_fault(&mut self) -> Option<Malformed> {
        self.fault.take()
    }

    fn told(&mut self, error: &io::Error) -> Malformed {
        self.take_fault().unwrap_or_else(|| Malformed::Unreadable(error.to_string()))
    }

    /// All of the text, for formats that are read as a whole.
    pub(crate) fn whole(mut self) -> Result<Zeroizing<String>, Malformed> {
        let mut text = Zeroizing::new(core::mem::take(&mut self.blank));
        loop {
            let ready = self.fill_buf().map(|ready| String::from_utf8_lossy(ready).into_owned());
            let ready = ready.map_err(|error| self.told(&error))?;
            if ready.is_empty() {
                return Ok(text);
            }
            if text.len() + ready.len() > format::LONGEST_WHOLE {
                return Err(Malformed::TooLong { limit: format::LONGEST_WHOLE as u64 });
            }
            text.push_str(&ready);
            // Nothing asks for the place any more.
            self.from += ready.len();
        }
    }

    /// Takes in more of the file and says how much; 0 at its end.
    fn take_in(&mut self) -> Result<usize, Malformed> {
        loop {
            let space = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.file.read(space) {
                Ok(count) => {
                    self.end += count;
                    self.taken += count as u64;
                    return if self.taken > LONGEST {
                        Err(Malformed::TooLong { limit: LONGEST })
                    } else {
                        Ok(count)
                    };
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Malformed::Unreadable(error.to_string())),
            }
        }
    }

    /// Makes sure that something can be read, unless the file ends.
    fn refill(&mut self) -> Result<(), Malformed> {
        while self.from == self.valid {
            self.buffer.copy_within(self.valid..self.end, 0);
            (self.end, self.from, self.valid) = (self.end - self.valid, 0, 0);
            let is_over = self.take_in()? == 0;
            let read = self.buffer.get(..self.end).unwrap_or_default();
            match core::str::from_utf8(read) {
                Ok(_) => self.valid = self.end,
                Err(error) => {
                    self.valid = error.valid_up_to();
                    let is_cut = error.error_len().is_none() && !is_over;
                    if self.valid == 0 && !is_cut {
                        let before = self.taken - self.end as u64;
                        return Err(Malformed::NotUtf8 { offset: before });
                    }
                }
            }
            if is_over {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl Read for Input<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let count = ready.len().min(into.len());
        if let (Some(into), Some(ready)) = (into.get_mut(..count), ready.get(..count)) {
            into.copy_from_slice(ready);
        }
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Input<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let fault = match self.refill() {
            Ok(()) if self.room == 0 && self.from < self.valid => Some(Malformed::Syntax {
                line: self.place.line,
                column: self.place.column,
                what: format!("what stands here has more than {} MiB", LONGEST_PIECE >> 20),
            }),
            Ok(()) => None,
            Err(fault) => Some(fault),
        };
        if fault.is_some() {
            self.fault = fault;
            return Err(io::ErrorKind::InvalidData.into());
        }
        let end = self.valid.min(self.from + self.room);
        Ok(self.buffer.get(self.from..end).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        let read = self.buffer.get(self.from..self.from + count).unwrap_or_default();
        self.place = self.place.after(read);
        self.from += count;
        self.room = self.room.saturating_sub(count);
    }
}

/// The most bytes that a file may have.
const LONGEST: u64 = 16 << 30;
/// The most bytes that what a format reads at once may have: a text, a comment, a record of JSON.
const LONGEST_PIECE: usize = 16 << 20;
const CHUNK: usize = 64 << 10;
/// As many bytes as tell the encoding.
const MARKS: usize = 4;
