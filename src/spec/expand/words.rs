//! A command line taken apart into words, as Compose does it: quotes and backslashes, but no shell.

/// What a command line is.
#[derive(Debug, PartialEq, Eq)]
pub enum Words {
    /// Its words.
    Whole(Vec<String>),
    /// Its words before a sign that only a shell understands; Compose drops what follows.
    Cut(Vec<String>, char),
    /// A quote that is not closed, or a parenthesis.
    Broken(char),
}

/// Takes a command line apart.
pub fn split(line: &str) -> Words {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => {
                let Some(next) = chars.next() else { return Words::Broken('\\') };
                word.get_or_insert_default().push(match next {
                    't' => '\t',
                    'n' => '\n',
                    other => other,
                });
            }
            ('"' | '\'', None) => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            ('`', None) => {
                word.get_or_insert_default().push(c);
                quote = Some(c);
            }
            ('`', Some('`')) => {
                word.get_or_insert_default().push(c);
                quote = None;
            }
            // `$(…)` stays one piece, as a shell that the command starts would want it.
            ('(', None) if word.as_deref().is_some_and(|word| word.ends_with('$')) => {
                word.get_or_insert_default().push(c);
                quote = Some(')');
            }
            (')', Some(')')) => {
                word.get_or_insert_default().push(c);
                quote = None;
            }
            (_, Some(open)) if c == open => quote = None,
            (' ' | '\t' | '\r' | '\n', None) => words.extend(word.take()),
            ('(' | ')', None) => return Words::Broken(c),
            (';' | '&' | '|' | '<' | '>', None) => {
                let is_descriptor = |word: &String| c == '>' && word.bytes().all(|byte| byte.is_ascii_digit());
                words.extend(word.filter(|word| !is_descriptor(word)));
                return Words::Cut(words, c);
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    match quote {
        Some(open) => Words::Broken(open),
        None => {
            words.extend(word);
            Words::Whole(words)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(line: &str) -> Vec<String> {
        match split(line) {
            Words::Whole(words) => words,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn quotes_and_backslashes_keep_words_together() {
        assert_eq!(whole("sh -c 'a && b' \"c \\\"d\\\"\" e\\ f"), ["sh", "-c", "a && b", "c \"d\"", "e f"]);
        assert_eq!(whole("a '' \"\""), ["a", "", ""]);
        assert_eq!(whole("  "), Vec::<String>::new());
        assert_eq!(whole("x`a b`"), ["x`a b`"]);
        assert_eq!(whole("a $(b c)d"), ["a", "$(b c)d"]);
    }

    #[test]
    fn what_needs_a_shell_is_seen() {
        assert_eq!(split("a && b"), Words::Cut(vec!["a".into()], '&'));
        assert_eq!(split("a 2> b"), Words::Cut(vec!["a".into()], '>'));
        assert_eq!((split("a 'b"), split("a (b)")), (Words::Broken('\''), Words::Broken('(')));
    }
}
