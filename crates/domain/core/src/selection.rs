//! Selections of names, as the queries and exports of the classes take them.
//!
//! A selection is a comma list; `*` or nothing selects all, `Text*` every name that begins with the text. What an
//! element without `*` selects depends on the class: the very name, every name that begins with it, or every name that
//! contains it (`authorization.md` RES-13, `security-users.md` section 8). Case does not matter.

use crate::name::{Folded, list};
use alloc::vec::Vec;

/// How an element without `*` matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matching {
    /// The very name.
    Exact,
    /// Names that begin with it.
    Beginning,
    /// Names that contain it.
    Containing,
}

/// A selection of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    elements: Vec<Folded>,
    matching: Matching,
}

impl Selection {
    /// Reads a selection.
    pub fn new(text: &str, matching: Matching) -> Self {
        let elements: Vec<Folded> = list(text).map(Folded::of).collect();
        let everything = elements.iter().any(|element| element.as_str() == "*");
        Self { elements: if everything { Vec::new() } else { elements }, matching }
    }

    /// The selection of all names.
    pub fn all() -> Self {
        Self::new("*", Matching::Exact)
    }

    /// Tells whether a name is selected.
    pub fn has(&self, name: &str) -> bool {
        let name = Folded::of(name);
        self.elements.is_empty()
            || self.elements.iter().any(|element| self.matches(element.as_str(), name.as_str()))
    }

    fn matches(&self, element: &str, name: &str) -> bool {
        match (element.strip_suffix('*'), self.matching) {
            (Some(beginning), _) => name.starts_with(beginning),
            (None, Matching::Exact) => name == element,
            (None, Matching::Beginning) => name.starts_with(element),
            (None, Matching::Containing) => name.contains(element),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(text: &str, matching: Matching) -> Vec<&'static str> {
        let selection = Selection::new(text, matching);
        ["ann", "Anna", "joanna"].into_iter().filter(|name| selection.has(name)).collect()
    }

    #[test]
    fn elements_match_as_the_class_says() {
        assert_eq!(selected("ANN", Matching::Exact), ["ann"]);
        assert_eq!(selected("ann", Matching::Beginning), ["ann", "Anna"]);
        assert_eq!(selected("ann", Matching::Containing), ["ann", "Anna", "joanna"]);
        assert_eq!(selected("jo*", Matching::Exact), ["joanna"]);
        assert_eq!(selected("nobody", Matching::Exact), [""; 0]);
        for all in ["*", "", "nobody,*"] {
            assert_eq!(selected(all, Matching::Exact).len(), 3, "{all:?}");
        }
    }
}
