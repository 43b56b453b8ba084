//! What is wrong with a file of predefined objects.

use core::fmt;

/// A file that cannot be made into an instance: which one, where in it, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The name of the file.
    pub file: &'static str,
    /// The name of the entry, or the line where the file cannot be read at all.
    pub entry: String,
    /// What is wrong.
    pub problem: String,
}

impl Fault {
    pub(crate) fn new(file: &'static str, entry: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self { file, entry: entry.into(), problem: problem.to_string() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, `{}`: {}", self.file, self.entry, self.problem)
    }
}

impl core::error::Error for Fault {}
