//! From the parser's count of characters to bytes.

/// Characters between two entries of the table.
const STRIDE: usize = 256;

/// From a count of characters to a count of bytes, for one text.
pub(super) struct Offsets<'a> {
    text: &'a str,
    /// The byte of every [`STRIDE`]th character; empty when characters are bytes.
    table: Vec<usize>,
}

impl<'a> Offsets<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let table = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().step_by(STRIDE).map(|(byte, _)| byte).collect()
        };
        Self { text, table }
    }

    /// The byte at which a character begins; the end of the text for one behind it.
    pub(super) fn byte(&self, character: usize) -> usize {
        if self.table.is_empty() {
            return character.min(self.text.len());
        }
        let Some(&from) = self.table.get(character / STRIDE) else { return self.text.len() };
        let within = self.text[from..].char_indices().nth(character % STRIDE);
        within.map_or(self.text.len(), |(byte, _)| from + byte)
    }
}

#[cfg(test)]
mod tests {
    use super::Offsets;

    #[test]
    fn a_character_behind_others_of_several_bytes_is_found() {
        let text = "ü".repeat(300) + "x";
        assert_eq!(Offsets::new(&text).byte(300), 600);
        assert_eq!(Offsets::new(&text).byte(301), 601);
        assert_eq!(Offsets::new(&text).byte(999), 601);
    }
}
