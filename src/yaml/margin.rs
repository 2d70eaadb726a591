//! Brackets and quotes whose further lines stand at the margin.
//!
//! YAML asks that they are indented deeper than their key, and the parser insists on it; Compose reads them wherever they
//! stand, and so do people. A text that the parser refuses is read once more with blanks before such lines, where blanks
//! say nothing, and [`Margins::original`] leads back to the places of what was written.

/// Blanks put in come to so many times the text at most: a deep indentation, on many lines, is nobody's.
const MOST_GROWTH: usize = 4;

/// A text with blanks put in.
pub(super) struct Margins {
    pub(super) text: String,
    /// Where blanks were put in, in the text as it was, and how many so far.
    put: Vec<(usize, usize)>,
}

impl Margins {
    /// The text with its brackets and quotes indented; `None` if all of them are.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut lines = Lines { text, at: 0, column: -1, counted: (0, 0), put: Vec::new() };
        lines.document();
        if lines.put.is_empty() {
            return None;
        }
        let total: usize = lines.put.iter().map(|(_, blanks)| blanks).sum();
        if total > MOST_GROWTH * text.len() {
            return None;
        }
        let (mut indented, mut from, mut sum) = (String::with_capacity(text.len() + total), 0, 0);
        for (at, blanks) in &mut lines.put {
            indented.push_str(&text[from..*at]);
            indented.extend(std::iter::repeat_n(' ', *blanks));
            sum += *blanks;
            (from, *blanks) = (*at, sum);
        }
        indented.push_str(&text[from..]);
        Some(Self { text: indented, put: lines.put })
    }

    /// The byte of the text as it was, for one of the text with blanks.
    pub(super) fn original(&self, byte: usize) -> usize {
        let behind = self.put.partition_point(|(at, sum)| at + sum <= byte);
        let before = behind.checked_sub(1).map_or(0, |last| self.put[last].1);
        // Within the blanks themselves: where they were put in.
        let next = self.put.get(behind).map_or(usize::MAX, |(at, _)| *at);
        (byte - before).min(next)
    }
}

/// Goes through a text as far as needed to know what is within brackets and quotes.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    /// The column of the last key or dash; `-1` at the beginning of a document.
    column: isize,
    /// A byte, and how many characters are before it on its line: columns are counted once, however long a line is.
    counted: (usize, usize),
    /// Where blanks are to be put in, and how many.
    put: Vec<(usize, usize)>,
}

/// What is not closed, or is followed by what cannot follow it: the parser says it better.
struct Unclear;

impl Lines<'_> {
    fn document(&mut self) {
        let mut text_goes_on = false;
        while self.at < self.text.len() {
            let blanks = self.blanks();
            match self.peek() {
                None => return,
                Some('\n' | '\r') => self.skip(1),
                Some('#') => {
                    text_goes_on = false;
                    self.skip_line();
                }
                _ if self.begins_or_ends_a_document() => {
                    self.column = -1;
                    self.skip(3);
                    match self.line() {
                        Ok(goes_on) => text_goes_on = goes_on,
                        Err(Unclear) => return,
                    }
                }
                Some('%') if blanks == 0 && self.column < 0 => self.skip_line(),
                // More of a text that stands without quotes.
                _ if text_goes_on && signed(blanks) > self.column => self.skip_line(),
                _ => match self.line() {
                    Ok(goes_on) => text_goes_on = goes_on,
                    Err(Unclear) => return,
                },
            }
        }
    }

    /// Reads from a token to the end of its line, and of the brackets and quotes that begin on it. Whether it ends with a
    /// text without quotes, which may go on.
    fn line(&mut self) -> Result<bool, Unclear> {
        let known = self.put.len();
        self.tokens().inspect_err(|Unclear| self.put.truncate(known))
    }

    fn tokens(&mut self) -> Result<bool, Unclear> {
        // Where the key begins, if what comes is one: before its anchor and its tag.
        let mut start = None;
        loop {
            self.blanks();
            let Some(next) = self.peek() else { return Ok(false) };
            let begin = *start.get_or_insert(self.at);
            match next {
                '\n' | '\r' => return Ok(false),
                '#' => {
                    self.skip_line();
                    return Ok(false);
                }
                '-' | '?' | ':' if self.blank_at(self.at + 1) => {
                    self.column = self.column_of(self.at);
                    self.skip(1);
                    start = None;
                    continue;
                }
                '&' | '*' | '!' => {
                    self.skip_word();
                    // An alias can be a key; behind a tag or an anchor comes what it is for.
                    if next != '*' {
                        continue;
                    }
                }
                '|' | '>' => {
                    self.block();
                    return Ok(false);
                }
                '"' | '\'' => self.quoted(next)?,
                '[' | '{' => self.brackets()?,
                _ => {
                    if !self.plain_to_colon() {
                        return Ok(true);
                    }
                }
            }
            self.blanks();
            match self.peek() {
                Some(':') if self.blank_at(self.at + 1) => {
                    self.column = self.column_of(begin);
                    self.skip(1);
                    start = None;
                }
                None | Some('\n' | '\r' | '#') => {}
                Some(_) => return Err(Unclear),
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Result<(), Unclear> {
        self.skip(1);
        loop {
            let Some(next) = self.peek() else { return Err(Unclear) };
            self.skip(next.len_utf8());
            match next {
                '\n' | '\r' => self.indented(next),
                '\\' if quote == '"' => {
                    // What is behind a backslash may be the end of the line, which is indented as others are.
                    let behind = self.peek().filter(|next| !matches!(next, '\n' | '\r'));
                    self.skip(behind.map_or(0, char::len_utf8));
                }
                // A quote twice is one within the text.
                _ if next == quote && quote == '\'' && self.peek() == Some(quote) => self.skip(1),
                _ if next == quote => return Ok(()),
                _ => {}
            }
        }
    }

    fn brackets(&mut self) -> Result<(), Unclear> {
        let mut open = Vec::new();
        // Whether what comes stands in a text without quotes, where quotes are letters.
        let mut plain = false;
        loop {
            let Some(next) = self.peek() else { return Err(Unclear) };
            if !plain && matches!(next, '"' | '\'') {
                self.quoted(next)?;
                continue;
            }
            let behind_blank = self.at == 0 || self.blank_at(self.at - 1);
            self.skip(next.len_utf8());
            match next {
                '\n' | '\r' => self.indented(next),
                ' ' | '\t' => {}
                '#' if behind_blank => self.skip_line(),
                '[' | '{' => {
                    open.push(next);
                    plain = false;
                }
                ']' | '}' => {
                    if open.pop() != Some(if next == ']' { '[' } else { '{' }) {
                        return Err(Unclear);
                    }
                    plain = false;
                    if open.is_empty() {
                        return Ok(());
                    }
                }
                ',' => plain = false,
                ':' if !plain || self.blank_at(self.at) || matches!(self.peek(), Some(',' | '[' | ']' | '{' | '}')) => {
                    plain = false;
                }
                '?' if !plain && self.blank_at(self.at) => {}
                '&' | '*' | '!' if !plain => {
                    let rest = &self.text[self.at..];
                    self.at += rest.find(|c: char| c.is_whitespace() || ",[]{}".contains(c)).unwrap_or(rest.len());
                }
                _ => plain = true,
            }
        }
    }

    /// The beginning of a line within brackets or quotes, which is to stand deeper than their key.
    fn indented(&mut self, end: char) {
        if end == '\r' && self.peek() == Some('\n') {
            self.skip(1);
        }
        let start = self.at;
        let spaces = self.text[start..].bytes().take_while(|byte| *byte == b' ').count();
        // One more than the parser's own step behind a key.
        let wanted = usize::try_from(self.column + 2).unwrap_or_default();
        let blank = self.text[start + spaces..].chars().next().is_none_or(|next| matches!(next, '\n' | '\r'));
        // A line that ends the document ends it there, too.
        if spaces < wanted && !blank && !self.begins_or_ends_a_document() {
            self.put.push((start, wanted - spaces));
        }
    }

    /// A text behind `|` or `>`: all that is indented like its first line.
    fn block(&mut self) {
        let rest = &self.text[self.at..];
        let header = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
        let told = header.chars().take_while(|c| !c.is_whitespace()).find_map(|c| c.to_digit(10));
        let mut indent = told.and_then(|digit| usize::try_from(self.column.max(0) + isize::try_from(digit).ok()?).ok());
        self.skip_line();
        loop {
            let start = self.at;
            self.next_line();
            let spaces = self.text[self.at..].bytes().take_while(|byte| *byte == b' ').count();
            match self.text[self.at + spaces..].chars().next() {
                None => return self.at = self.text.len(),
                Some('\n' | '\r') => self.skip(spaces),
                Some(_) if signed(spaces) > self.column && spaces >= *indent.get_or_insert(spaces) => {
                    self.skip_line();
                }
                Some(_) => return self.at = start,
            }
        }
    }

    /// Goes behind a text without quotes. Whether a colon follows.
    fn plain_to_colon(&mut self) -> bool {
        while let Some(next) = self.peek() {
            match next {
                '\n' | '\r' => return false,
                ':' if self.blank_at(self.at + 1) => return true,
                '#' if self.blank_at(self.at - 1) => return false,
                _ => self.skip(next.len_utf8()),
            }
        }
        false
    }

    fn begins_or_ends_a_document(&self) -> bool {
        let begins_line = self.at == 0 || self.text[..self.at].ends_with(['\n', '\r', '\u{feff}']);
        let rest = &self.text[self.at..];
        begins_line && (rest.starts_with("---") || rest.starts_with("...")) && self.blank_at(self.at + 3)
    }

    /// The column of a byte, which is not before the one that was asked for last.
    fn column_of(&mut self, at: usize) -> isize {
        let (from, before) = self.counted;
        let passed = &self.text[from..at];
        let (passed, before) = match passed.rfind(['\n', '\r']) {
            Some(end) => (&passed[end + 1..], 0),
            None => (passed, before),
        };
        let column = before + passed.chars().filter(|c| *c != '\u{feff}').count();
        self.counted = (at, column);
        signed(column)
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// Whether a blank or the end of the line stands at a byte.
    fn blank_at(&self, at: usize) -> bool {
        self.text.as_bytes().get(at).is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
    }

    fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Goes behind blanks, and says how many there were.
    fn blanks(&mut self) -> usize {
        let rest = &self.text[self.at..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\u{feff}']).len();
        self.at += blanks;
        blanks
    }

    fn skip_word(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.find([' ', '\t', '\n', '\r']).unwrap_or(rest.len());
    }

    fn skip_line(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
    }

    fn next_line(&mut self) {
        self.skip_line();
        let rest = &self.text[self.at..];
        let end = if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) };
        self.skip(end);
    }
}

/// A count of bytes or characters of a text.
fn signed(count: usize) -> isize {
    isize::try_from(count).unwrap_or(isize::MAX)
}

#[cfg(test)]
mod tests {
    use super::Margins;

    /// What becomes of a text, its blanks put in as dots; nothing if it stays.
    fn dotted(text: &str) -> Option<String> {
        let margins = Margins::of(text)?;
        let dot = |(byte, letter): (usize, char)| {
            let at = margins.original(byte);
            let same = letter != ' ' || byte + 1 < margins.text.len() && margins.original(byte + 1) > at;
            if same { letter } else { '.' }
        };
        Some(margins.text.char_indices().map(dot).collect())
    }

    fn check(text: &str, wanted: &str) {
        assert_eq!(dotted(text).as_deref(), Some(wanted), "{text}");
    }

    #[test]
    fn lines_within_brackets_and_quotes_are_indented_behind_their_key() {
        check("a: [\nb\n]", "a: [\n..b\n..]");
        check("s:\n  a: [\n  b, # c\n# d\n   'e\nf']", "s:\n  a: [\n..  b, # c\n....# d\n.   'e\n....f']");
        check("- - k: \"x\ny\"", "- - k: \"x\n......y\"");
        check("a:\n  [\n b]", "a:\n  [\n. b]");
        check("a: {\n\tb: c}", "a: {\n..\tb: c}");
        check("a: [x\r\n, y]", "a: [x\r\n.., y]");
        check("&k a: !t [\nb]", "&k a: !t [\n..b]");
        check("é: [\nb]", "é: [\n..b]");
        check("[\na]", "[\n.a]");
    }

    #[test]
    fn what_only_looks_like_a_bracket_or_quote_is_left_alone() {
        for text in [
            "a: |\n  b: [\nc: 1",
            "a: |2\n   'b\nc: 1",
            "a: >-\n\n  \"b\n\n  c\nd: 1",
            "- |\n 'a\n- b",
            "a:\n  |\n  '\nb: 1",
            "a: it's [\nb: 1",
            "a: b\n  'c\nd: 1",
            "# a: [\nb: 1",
            "a: b # [\nc: 1",
            "a: [it's, b\"c, d#e]\nb: 'f'",
            "a: ['it''s', \"\\\"\", x]\nb: 1",
            "a: [\n  b\n  ]",
            "a: [\n\n  b]",
        ] {
            assert_eq!(dotted(text), None, "{text}");
        }
    }

    #[test]
    fn a_long_line_is_gone_through_once() {
        for part in ["- ", "a: ", "? ", "'a': ", "[]: "] {
            let text = part.repeat(50_000) + "[\nb]";
            let began = std::time::Instant::now();
            let _ = Margins::of(&text);
            assert!(began.elapsed().as_secs() < 5, "{part}");
        }
    }

    #[test]
    fn what_is_not_closed_is_left_to_the_parser() {
        for text in ["a: [\nb: 1", "a: 'x\nb: 'y'", "a: [\n}\n]", "a: [\n---\n", "a: \"\nb: \"c\"", "a: [b\n] c"] {
            assert_eq!(dotted(text), None, "{text}");
        }
    }
}
