//! Just enough of Rust's grammar to tell code from what is written about it.

/// The source with comments, strings and characters blanked; every line stays where it is.
pub(crate) fn code_only(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let in_a_word = code.ends_with(is_word_letter);
        let silent = silent_length(rest, in_a_word);
        let (piece, after) = rest.split_at(if silent > 0 { silent } else { first.len_utf8() });
        if silent > 0 {
            code.extend(piece.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }));
        } else {
            code.push_str(piece);
        }
        rest = after;
    }
    code
}

/// Every word of code with the number of its line, from 1.
pub(crate) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(code.lines()).flat_map(|(number, line)| {
        line.split(|letter| !is_word_letter(letter))
            .filter(|word| !word.is_empty())
            .map(move |word| (number, word))
    })
}

/// How many bytes of comment, string or character the text starts with.
fn silent_length(text: &str, in_a_word: bool) -> usize {
    if text.starts_with("//") {
        text.find('\n').unwrap_or(text.len())
    } else if text.starts_with("/*") {
        block_comment_length(text)
    } else if text.starts_with('"') {
        1 + quoted_length(text.split_at(1).1, '"')
    } else if let Some(after) = text.strip_prefix('\'') {
        character_length(after)
    } else if in_a_word {
        0
    } else {
        raw_string_length(text)
    }
}

/// Block comments nest.
fn block_comment_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut rest = text;
    loop {
        if let Some(after) = rest.strip_prefix("/*") {
            depth += 1;
            rest = after;
        } else if let Some(after) = rest.strip_prefix("*/") {
            depth -= 1;
            rest = after;
        } else {
            let mut letters = rest.chars();
            if letters.next().is_none() {
                return text.len();
            }
            rest = letters.as_str();
        }
        if depth == 0 {
            return text.len() - rest.len();
        }
    }
}

/// The bytes up to and with the closing quote.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        if !escaped && letter == quote {
            return at + 1;
        }
        escaped = !escaped && letter == '\\';
    }
    text.len()
}

/// A lone quote begins a lifetime, which is code.
fn character_length(after_quote: &str) -> usize {
    let mut letters = after_quote.chars();
    let first = letters.next();
    let is_character = first == Some('\\') || letters.next() == Some('\'');
    if is_character { 1 + quoted_length(after_quote, '\'') } else { 0 }
}

fn raw_string_length(text: &str) -> usize {
    let after_letters = ["br", "cr", "r"].into_iter().find_map(|letters| text.strip_prefix(letters));
    let Some(after_letters) = after_letters else { return 0 };
    let body = after_letters.trim_start_matches('#');
    if !body.starts_with('"') {
        return 0;
    }
    let closing = format!("\"{}", "#".repeat(after_letters.len() - body.len()));
    let (_, content) = body.split_at(1);
    let opening = text.len() - content.len();
    content.find(&closing).map_or(text.len(), |at| opening + at + closing.len())
}

fn is_word_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(source: &str) -> String {
        let code = code_only(source);
        assert_eq!(code.lines().count(), source.lines().count(), "{source}");
        words(&code).map(|(_, word)| word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_are_blanked() {
        assert_eq!(left("a // b\nc /* d /* e */ f\n */ g"), "a c g");
        assert_eq!(left("//! a\nb /// c"), "b");
        assert_eq!(left("a /* never closed"), "a");
    }

    #[test]
    fn strings_are_blanked() {
        assert_eq!(left(r#"a "b \" c" d "\\" e b"f" c"g" h"#), "a d e b c h");
        assert_eq!(left("a r\"b\\\" c r#\"d \" e\"# f br##\"g \"# h\"## i"), "a c f i");
        assert_eq!(left("let r#type = for_r\"x\";"), "let r type for_r");
        assert_eq!(left("\"// not a comment\" a"), "a");
    }

    #[test]
    fn characters_are_blanked_and_lifetimes_are_not() {
        assert_eq!(left(r#"'a' b '"' c '\'' d '\\' e &'f g '→' h '\u{1F600}' i"#), "b c d e f g h i");
    }

    #[test]
    fn words_carry_their_lines() {
        assert_eq!(words("a\n\nb_2(c)").collect::<Vec<_>>(), [(1, "a"), (3, "b_2"), (3, "c")]);
    }
}
