//! Words that no file of the repository contains: paths of somebody's machine, how a text came to be, and work that
//! was left for later without an issue.
//!
//! The words are put together from parts, so that this file may be checked as well.

use crate::workspace::TextFile;

/// Each word, in lower case, with what is wrong about it.
const FORBIDDEN: [(&str, &str); 8] = [
    (concat!("/wo", "rk/"), MACHINE),
    (concat!("/fa", "rm/"), MACHINE),
    (concat!("../sha", "red"), MACHINE),
    (concat!("developer ", "session"), PROVENANCE),
    (concat!("ai ", "assistant"), PROVENANCE),
    (concat!("language ", "model"), PROVENANCE),
    (concat!("to", "do!("), UNFINISHED),
    (concat!("unimple", "mented!("), UNFINISHED),
];
const IGNORED_TEST: &str = concat!("#[ig", "nore]");
const LATER: &str = concat!("TO", "DO");

const MACHINE: &str = "a path of one machine";
const PROVENANCE: &str = "a text speaks of its subject, not of its making";
const UNFINISHED: &str = "unfinished code";

/// Every line with a forbidden word.
pub(crate) fn violations(files: &[TextFile]) -> Vec<String> {
    files
        .iter()
        .flat_map(|(path, text)| (1..).zip(text.lines()).map(move |(number, line)| (path, number, line)))
        .flat_map(|(path, number, line)| {
            faults(line).into_iter().map(move |fault| format!("{path}:{number}: {fault}"))
        })
        .collect()
}

fn faults(line: &str) -> Vec<String> {
    let folded = line.to_lowercase();
    let mut faults: Vec<String> = FORBIDDEN
        .iter()
        .filter(|(word, _)| folded.contains(word))
        .map(|(word, fault)| format!("`{word}`: {fault}"))
        .collect();
    if line.contains(IGNORED_TEST) {
        faults.push(format!("`{IGNORED_TEST}`: an ignored test gives its reason and names an issue"));
    }
    if has_later_without_issue(line) {
        faults.push(format!("`{LATER}` without an issue: write `{LATER}(#123)`"));
    }
    faults
}

/// Whether the word stands in the line without the number of an issue.
fn has_later_without_issue(line: &str) -> bool {
    line.match_indices(LATER).any(|(at, _)| {
        let (before, word) = line.split_at(at);
        let after = word.strip_prefix(LATER).unwrap_or_default();
        let is_whole = !before.ends_with(is_word_letter) && !after.starts_with(is_word_letter);
        is_whole && !names_an_issue(after)
    })
}

/// Whether the text begins like `(#123)`.
fn names_an_issue(after: &str) -> bool {
    let number = after.strip_prefix("(#").and_then(|rest| rest.split_once(')'));
    number.is_some_and(|(digits, _)| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_word_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Vec<String> {
        violations(&[("a.md".to_owned(), text.to_owned())])
    }

    #[test]
    fn a_clean_text_passes() {
        let text = format!(
            "{LATER}(#12): compare\nthe {LATER}S of a {LATER}_LIST\n#[ignore = \"#3: slow disks\"]\nwork/"
        );
        assert_eq!(check(&text), [""; 0]);
    }

    #[test]
    fn every_forbidden_word_is_found_in_any_case() {
        for (word, fault) in FORBIDDEN {
            let expected = format!("a.md:2: `{word}`: {fault}");
            assert_eq!(check(&format!("first\nsay {word}now")), [expected.as_str()]);
            assert!(check(&format!("first\nsay {}now", word.to_uppercase())).contains(&expected));
        }
    }

    #[test]
    fn an_ignored_test_is_found() {
        assert_eq!(check(IGNORED_TEST).len(), 1);
    }

    #[test]
    fn later_needs_an_issue() {
        for text in ["", ": compare", "(#)", "(#n)", "(me)", "(12)", "(#12"] {
            assert_eq!(check(&format!("// {LATER}{text}")).len(), 1, "{text}");
        }
    }
}
