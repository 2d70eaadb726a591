//! Contents of configs and secrets. They are held in memory only; what leaves the program is a keyed digest.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The bytes of a config or secret. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Content(Arc<[u8]>);

impl Content {
    /// Takes the bytes.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The name of this content inside this process.
    pub fn id(&self) -> ContentId {
        ContentId { digits: blake3::hash(&self.0).to_hex().to_string(), keyed: false }
    }

    /// What stands for this content where it may not be shown: `digest:…`. Two that differ have two.
    pub fn keyed(&self, key: &Key) -> String {
        format!("digest:{}", self.id().keyed(key).as_str())
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes)", self.0.len())
    }
}

/// Names a content. The plain digest stays inside the process, since a short secret could be guessed from it;
/// [`ContentId::keyed`] makes the form that labels, names and plans may show. What is read from a record is of that
/// form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct ContentId {
    digits: String,
    keyed: bool,
}

impl From<String> for ContentId {
    fn from(digits: String) -> Self {
        Self { digits, keyed: true }
    }
}

impl From<ContentId> for String {
    fn from(id: ContentId) -> Self {
        id.digits
    }
}

impl ContentId {
    /// The form that may leave the process.
    #[must_use]
    pub fn keyed(&self, key: &Key) -> Self {
        if self.keyed {
            return self.clone();
        }
        Self::from(blake3::keyed_hash(&key.0, self.digits.as_bytes()).to_hex().to_string())
    }

    /// Hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.digits
    }
}

/// The project's key for digests: 32 random bytes, kept in a label of a volume of dsenv's own, which no log or
/// metric agent copies.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// Takes the bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text).ok().map(|hash| Self(*hash.as_bytes()))
    }

    /// 64 hexadecimal digits, for the label.
    pub fn to_hex(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}
