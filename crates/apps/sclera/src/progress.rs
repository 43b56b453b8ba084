//! How far a long work is: one line on a terminal, drawn over and over.

use std::fmt;
use std::io::Write as _;
use std::time::{Duration, Instant};

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Bytes are read and judged.
    Reading,
    /// Records are brought in.
    Importing,
}

/// The line on the terminal. Dropped, it takes the line away.
pub(crate) struct Bar {
    /// Where nobody looks on there is none.
    is_shown: bool,
    stage: Option<(Stage, Instant)>,
    /// When it is drawn again.
    next: u64,
    drawn: Option<Instant>,
}

impl Bar {
    pub(crate) fn new(is_shown: bool) -> Self {
        Self { is_shown, stage: None, next: 0, drawn: None }
    }

    /// Says how much is done; it is drawn ten times a second.
    pub(crate) fn show(&mut self, stage: Stage, done: u64, of: u64) {
        if !self.is_shown {
            return;
        }
        let began = self.stage.filter(|(known, _)| *known == stage).map(|(_, began)| began);
        if began.is_some() && done < self.next && done < of {
            return;
        }
        let now = Instant::now();
        let began = began.unwrap_or_else(|| {
            self.stage = Some((stage, now));
            now
        });
        // The clock is not asked at every record.
        self.next = done + if stage == Stage::Reading { 1 << 20 } else { 64 };
        let is_time = self.drawn.is_none_or(|drawn| now.duration_since(drawn) >= Duration::from_millis(100));
        if is_time || done >= of {
            self.drawn = Some(now);
            let line = Line { stage, done, of, since: now.duration_since(began) };
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K{line}");
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}

/// What the line says.
struct Line {
    stage: Stage,
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
        let word = match self.stage {
            Stage::Reading => "reading",
            Stage::Importing => "importing",
        };
        let bar: String = (0..WIDTH).map(|at| if at < full { '#' } else { '.' }).collect();
        write!(f, "{word:9} [{bar}] {percent:3}%")?;
        let millis = self.since.as_millis();
        if millis == 0 || done == 0 {
            return Ok(());
        }
        let rate = u128::from(done) * 1_000 / millis;
        match self.stage {
            Stage::Reading => write!(f, "  {} MB/s", rate / 1_000_000)?,
            Stage::Importing => write!(f, "  {done} of {of}  {rate}/s")?,
        }
        if done == self.of {
            return f.write_str(if self.stage == Stage::Importing { "  writing to the disk" } else { "" });
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
        let line = |stage, done, of, millis| {
            Line { stage, done, of, since: Duration::from_millis(millis) }.to_string()
        };
        assert_eq!(line(Stage::Reading, 0, 100, 0), "reading   [........................]   0%");
        assert_eq!(
            line(Stage::Reading, 150_000_000, 600_000_000, 500),
            "reading   [######..................]  25%  300 MB/s  0:01 left"
        );
        assert_eq!(
            line(Stage::Importing, 250_000, 1_000_000, 40_000),
            "importing [######..................]  25%  250000 of 1000000  6250/s  2:00 left"
        );
        assert_eq!(
            line(Stage::Importing, 10, 10, 1_000),
            "importing [########################] 100%  10 of 10  10/s  writing to the disk"
        );
        assert_eq!(line(Stage::Importing, 0, 0, 0), "importing [........................]   0%");
    }
}
