//! What a spec may come to in all: files that name others, and services that stand for others, grow without end.

use super::code;
use crate::diagnostic::Diagnostic;

/// Most files of one spec, each counted as often as it is named.
const MOST_FILES: usize = 1_000;
/// Most bytes of files that others include or extend, each counted as often as it is named.
const MOST_BYTES: usize = 4 << 20;
/// Most keys and values that `extends` may copy, a long text counting for several.
const MOST_COPIED: usize = 200_000;

/// What is left of each.
#[derive(Debug)]
pub struct Allowance {
    files: usize,
    bytes: usize,
    copied: usize,
    /// Whether it was told that something is spent: once is enough.
    told: bool,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { files: MOST_FILES, bytes: MOST_BYTES, copied: MOST_COPIED, told: false }
    }
}

/// Nothing is left; with the mistake, unless it was told.
pub type Spent = Option<Box<Diagnostic>>;

impl Allowance {
    /// A file that another one names is read; it has so many bytes.
    ///
    /// # Errors
    /// When there are too many, or they are too large together.
    pub fn read(&mut self, bytes: usize) -> Result<(), Spent> {
        let files = self.files.checked_sub(1);
        let left = self.bytes.checked_sub(bytes);
        match (files, left) {
            (Some(files), Some(left)) => {
                (self.files, self.bytes) = (files, left);
                Ok(())
            }
            (None, _) => Err(self.spent(format!("the spec names more than {MOST_FILES} files"))),
            (Some(_), None) => {
                Err(self.spent("the files that are included or extended are larger than 4 MiB together".to_owned()))
            }
        }
    }

    /// A service of so many values is copied.
    ///
    /// # Errors
    /// When copies come to too much.
    pub fn copy(&mut self, weight: usize) -> Result<(), Spent> {
        match self.copied.checked_sub(weight) {
            Some(left) => {
                self.copied = left;
                Ok(())
            }
            None => Err(self.spent(format!("`extends` adds more than {MOST_COPIED} keys and values"))),
        }
    }

    fn spent(&mut self, message: String) -> Spent {
        let help = "does one that includes or extends others stand for itself again and again?";
        (!std::mem::replace(&mut self.told, true))
            .then(|| Box::new(Diagnostic::error(code::TOO_MUCH, message).help(help)))
    }
}
