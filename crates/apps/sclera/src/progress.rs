//! How far a long work is: one line on a terminal, drawn over and over. Whoever called the command over the socket of a
//! server has the terminal: there the line is carried.

use sclera::Stage;
use std::fmt;
use std::io::Write as _;
use std::time::{Duration, Instant};

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Bytes are read and judged.
    Reading,
    /// An import is at work.
    Import(Stage),
    /// Secrets of users are sealed anew.
    Sealing,
}

/// Where the line goes; an empty one takes it away.
pub(crate) type Watcher<'a> = Box<dyn Fn(&str) + 'a>;

/// Draws the line on this terminal.
pub(crate) fn draw(line: &str) {
    let _ = write!(std::io::stderr().lock(), "\r\x1b[K{line}");
}

/// The line on the terminal. Dropped, it takes the line away.
pub(crate) struct Bar<'a> {
    /// Where nobody looks on there is none.
    watcher: Option<Watcher<'a>>,
    work: Option<(Work, Instant)>,
    /// When it is drawn again.
    next: u64,
    drawn: Option<Instant>,
}

impl<'a> Bar<'a> {
    pub(crate) fn new(watcher: Option<Watcher<'a>>) -> Self {
        Self { watcher, work: None, next: 0, drawn: None }
    }

    /// Says how much is done; it is drawn ten times a second.
    pub(crate) fn show(&mut self, work: Work, done: u64, of: u64) {
        let Some(watcher) = &self.watcher else { return };
        let began = self.work.filter(|(known, _)| *known == work).map(|(_, began)| began);
        if began.is_some() && done < self.next && done < of {
            return;
        }
        let now = Instant::now();
        let began = began.unwrap_or_else(|| {
            self.work = Some((work, now));
            now
        });
        // The clock is not asked at every record.
        self.next = done + step_of(work);
        let is_time = self.drawn.is_none_or(|drawn| now.duration_since(drawn) >= Duration::from_millis(100));
        if is_time || done >= of {
            self.drawn = Some(now);
            watcher(&Line { work, done, of, since: now.duration_since(began) }.to_string());
        }
    }
}

impl Drop for Bar<'_> {
    fn drop(&mut self) {
        if let Some(watcher) = self.watcher.as_ref().filter(|_| self.drawn.is_some()) {
            watcher("");
        }
    }
}

/// After how much the clock is asked again.
fn step_of(work: Work) -> u64 {
    match work {
        Work::Reading => 1 << 20,
        Work::Import(Stage::Hashing) => 1,
        Work::Import(Stage::Judging | Stage::Importing) | Work::Sealing => 64,
    }
}

/// What the line says.
struct Line {
    work: Work,
    done: u64,
    of: u64,
    since: Duration,
}

const WIDTH: u64 = 24;

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, of) = (self.done.min(self.of), self.of.max(1));
        let full = (u128::from(done) * u128::from(WIDTH) / u128::from(of)).try_into().unwrap_or(0);
        let percent = u128::from(done) * 100 / u128::from(of);
        let word = match self.work {
            Work::Reading => "reading",
            Work::Import(Stage::Judging) => "checking",
            Work::Import(Stage::Hashing) => "hashing",
            Work::Import(Stage::Importing) => "importing",
            Work::Sealing => "sealing",
        };
        let bar: String = (0..WIDTH).map(|at| if at < full { '#' } else { '.' }).collect();
        write!(f, "{word:9} [{bar}] {percent:3}%")?;
        let millis = self.since.as_millis();
        if millis == 0 || done == 0 {
            return Ok(());
        }
        let rate = u128::from(done) * 1_000 / millis;
        match self.work {
            Work::Reading => write!(f, "  {} MB/s", rate / 1_000_000)?,
            Work::Import(_) | Work::Sealing => write!(f, "  {done} of {of}  {rate}/s")?,
        }
        if done == self.of {
            return f.write_str(if self.work == Work::Import(Stage::Importing) {
                "  writing to the disk"
            } else {
                ""
            });
        }
        let left = u128::from(of - done) * millis / u128::from(done) / 1_000;
        write!(f, "  {}:{:02} left", left / 60, left % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_share_rate_and_estimate() {
        let line = |work, done, of, millis| {
            Line { work, done, of, since: Duration::from_millis(millis) }.to_string()
        };
        assert_eq!(line(Work::Reading, 0, 100, 0), "reading   [........................]   0%");
        assert_eq!(
            line(Work::Reading, 150_000_000, 600_000_000, 500),
            "reading   [######..................]  25%  300 MB/s  0:01 left"
        );
        assert_eq!(
            line(Work::Import(Stage::Importing), 250_000, 1_000_000, 40_000),
            "importing [######..................]  25%  250000 of 1000000  6250/s  2:00 left"
        );
        assert_eq!(
            line(Work::Import(Stage::Importing), 10, 10, 1_000),
            "importing [########################] 100%  10 of 10  10/s  writing to the disk"
        );
        assert_eq!(
            line(Work::Import(Stage::Hashing), 600, 1_200, 2_000),
            "hashing   [############............]  50%  600 of 1200  300/s  0:02 left"
        );
        assert_eq!(
            line(Work::Import(Stage::Importing), 0, 0, 0),
            "importing [........................]   0%"
        );
    }
}
