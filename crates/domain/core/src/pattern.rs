//! Patterns that a new password must match, such as `8.32ANP`.
//!
//! A pattern is a row of atoms, each with how often it may repeat (`3.32`, `.5`, `2.`, `7`, or `.` for any number) and
//! either class letters or a quoted literal; parentheses hold alternatives. Classes: `A` letters, `N` digits 0-9,
//! `P` punctuation, blank and symbols, `U` and `L` upper and lower case letters, `E` anything, `C` control characters
//! (`authentication.md` 6.1, DEC-A12). Matching is bounded in steps; a password on which it would take more is refused.

use alloc::vec::Vec;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};
use zeroize::Zeroizing;

/// A pattern that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Atom>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Atom {
    least: usize,
    most: usize,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Classes(Vec<char>),
    Literal(Vec<char>),
    Alternatives(Vec<Pattern>),
}

/// The text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidPattern;

/// The most steps that one match may take.
const STEPS: usize = 100_000;
/// The deepest alternatives may stand in each other.
const DEPTH: usize = 8;
/// The highest number a repeat count may name.
const MOST: usize = 10_000;

impl Pattern {
    /// Reads a pattern; an empty text is none.
    pub fn parse(text: &str) -> Result<Self, InvalidPattern> {
        let mut rest: &[char] = &text.chars().collect::<Vec<_>>();
        let pattern = sequence(&mut rest, DEPTH)?;
        if rest.is_empty() && !pattern.0.is_empty() { Ok(pattern) } else { Err(InvalidPattern) }
    }

    /// Tells whether a whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        // It is a password: the copy is wiped.
        let text: Zeroizing<Vec<char>> = Zeroizing::new(text.chars().collect());
        let mut steps = STEPS;
        ends(&self.0, &text, 0, &mut steps).is_some_and(|ends| ends.contains(&text.len()))
    }
}

fn sequence(rest: &mut &[char], depth: usize) -> Result<Pattern, InvalidPattern> {
    let mut atoms = Vec::new();
    while !matches!(rest.first(), None | Some(',' | ')')) {
        atoms.push(atom(rest, depth)?);
    }
    Ok(Pattern(atoms))
}

fn atom(rest: &mut &[char], depth: usize) -> Result<Atom, InvalidPattern> {
    let least = number(rest)?;
    let (least, most) = if take(rest, '.') {
        (least.unwrap_or(0), number(rest)?.unwrap_or(MOST))
    } else {
        let times = least.ok_or(InvalidPattern)?;
        (times, times)
    };
    let what = match rest.first() {
        Some('"') => What::Literal(literal(rest)?),
        Some('(') => What::Alternatives(alternatives(rest, depth.checked_sub(1).ok_or(InvalidPattern)?)?),
        _ => What::Classes(classes(rest)?),
    };
    if least <= most { Ok(Atom { least, most, what }) } else { Err(InvalidPattern) }
}

fn number(rest: &mut &[char]) -> Result<Option<usize>, InvalidPattern> {
    let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
    let (head, tail) = rest.split_at(digits);
    *rest = tail;
    if head.is_empty() {
        return Ok(None);
    }
    let number =
        head.iter().try_fold(0usize, |n, c| n.checked_mul(10)?.checked_add(c.to_digit(10)? as usize));
    number.filter(|n| *n <= MOST).map(Some).ok_or(InvalidPattern)
}

fn take(rest: &mut &[char], wanted: char) -> bool {
    let found = rest.first() == Some(&wanted);
    if found {
        *rest = rest.get(1..).unwrap_or_default();
    }
    found
}

fn literal(rest: &mut &[char]) -> Result<Vec<char>, InvalidPattern> {
    take(rest, '"');
    let mut text = Vec::new();
    loop {
        match rest.first() {
            None => return Err(InvalidPattern),
            Some('"') => {
                take(rest, '"');
                if !take(rest, '"') {
                    return Ok(text);
                }
                text.push('"');
            }
            Some(c) => {
                text.push(*c);
                take(rest, *c);
            }
        }
    }
}

fn alternatives(rest: &mut &[char], depth: usize) -> Result<Vec<Pattern>, InvalidPattern> {
    take(rest, '(');
    let mut each = Vec::new();
    loop {
        each.push(sequence(rest, depth)?);
        if take(rest, ')') {
            return Ok(each);
        }
        if !take(rest, ',') {
            return Err(InvalidPattern);
        }
    }
}

fn classes(rest: &mut &[char]) -> Result<Vec<char>, InvalidPattern> {
    let letters = rest.iter().take_while(|c| "ANPULECanpulec".contains(**c)).count();
    let (head, tail) = rest.split_at(letters);
    *rest = tail;
    if head.is_empty() {
        Err(InvalidPattern)
    } else {
        Ok(head.iter().map(char::to_ascii_uppercase).collect())
    }
}

/// Where in the text a match of the atoms may end; none if that takes too many steps.
fn ends(atoms: &[Atom], text: &[char], start: usize, steps: &mut usize) -> Option<Vec<usize>> {
    let mut places = alloc::vec![start];
    for atom in atoms {
        let mut next = Vec::new();
        for place in places {
            repeat(atom, text, place, steps, &mut next)?;
        }
        next.sort_unstable();
        next.dedup();
        places = next;
    }
    Some(places)
}

/// Adds where the repetitions of an atom may end. A place that fewer repetitions reached is not followed again: more of
/// them lead from it nowhere else.
fn repeat(atom: &Atom, text: &[char], start: usize, steps: &mut usize, found: &mut Vec<usize>) -> Option<()> {
    let mut places = alloc::vec![start];
    for _ in 0..atom.least {
        places = advance(&atom.what, text, &places, steps)?;
    }
    let mut seen = places.clone();
    for _ in atom.least..atom.most {
        places = advance(&atom.what, text, &places, steps)?;
        places.retain(|place| !seen.contains(place));
        if places.is_empty() {
            break;
        }
        seen.extend(places.iter().copied());
    }
    found.extend(seen);
    Some(())
}

/// Where one more repetition leads from some places.
fn advance(what: &What, text: &[char], places: &[usize], steps: &mut usize) -> Option<Vec<usize>> {
    let mut next = Vec::new();
    for place in places {
        *steps = steps.checked_sub(1)?;
        next.extend(once(what, text, *place, steps)?);
    }
    next.sort_unstable();
    next.dedup();
    Some(next)
}

fn once(what: &What, text: &[char], place: usize, steps: &mut usize) -> Option<Vec<usize>> {
    let rest = text.get(place..).unwrap_or_default();
    Some(match what {
        What::Classes(classes) => {
            let fits = rest.first().is_some_and(|c| classes.iter().any(|class| in_class(*c, *class)));
            fits.then_some(place + 1).into_iter().collect()
        }
        What::Literal(literal) => {
            rest.starts_with(literal).then_some(place + literal.len()).into_iter().collect()
        }
        What::Alternatives(each) => {
            let mut places = Vec::new();
            for pattern in each {
                places.extend(ends(&pattern.0, text, place, steps)?);
            }
            places
        }
    })
}

fn in_class(c: char, class: char) -> bool {
    match class {
        'A' => c.is_alphabetic(),
        'N' => c.is_ascii_digit(),
        'U' => c.is_uppercase(),
        'L' => c.is_lowercase(),
        'C' => c.is_control(),
        'E' => true,
        _ => {
            c == ' '
                || c.is_ascii_punctuation()
                || matches!(
                    c.general_category_group(),
                    GeneralCategoryGroup::Punctuation | GeneralCategoryGroup::Symbol
                )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(text)
    }

    #[test]
    fn documented_patterns() {
        for (pattern, good, bad) in [
            ("3.32ANP", &["SYS", "a1!", "Pässwörd 1"][..], &["SY", "a\tb", &"x".repeat(33)][..]),
            ("8.32ANP", &["Password1"], &["SYS", "1234567"]),
            ("8.8N", &["12345678"], &["1234567a", "123456789"]),
            ("1.128E", &["\u{1}"], &[""]),
        ] {
            assert!(good.iter().all(|text| matches(pattern, text)), "{pattern}");
            assert!(!bad.iter().any(|text| matches(pattern, text)), "{pattern}");
        }
    }

    #[test]
    fn general_patterns() {
        assert!(matches("1U.E1N", "Abc1") && !matches("1U.E1N", "abc1"));
        assert!(matches("2\"ab\"1.N", "abab7") && !matches("2\"ab\"1.N", "ab7"));
        assert!(matches("1\"a\"\"b\"", "a\"b"));
        assert!(
            matches("1(2N,3L)1P", "12!") && matches("1(2N,3L)1P", "abc!") && !matches("1(2N,3L)1P", "1!")
        );
        assert!(matches(".(.A)", &"a".repeat(60)) && !matches(".(.A)", "1"));
        assert!(matches(".(1A,1N)", "") && matches(".(1A,1N)", "a1b2"));
    }

    #[test]
    fn what_is_no_pattern() {
        for text in ["", "ANP", "3.32", "3.32X", "3.2ANP", "1\"a", "1(2N", "99999N", "3.32ANP)", "X.Y"] {
            assert_eq!(Pattern::parse(text), Err(InvalidPattern), "{text}");
        }
        assert_eq!(Pattern::parse(&"1(".repeat(100)), Err(InvalidPattern));
    }

    #[test]
    fn hostile_patterns_stop() {
        let nested = Pattern::parse(".(.(.(.(.A,.N),.E),.E),.E)1N").unwrap();
        assert!(!nested.matches(&"a".repeat(2_000)));
        assert!(!Pattern::parse(".E.E.E.E.E.E1\"x\"").unwrap().matches(&"a".repeat(2_000)));
    }
}
