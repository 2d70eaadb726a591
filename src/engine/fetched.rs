//! Files of a container, one part after the other: a file may be larger than what fits into memory.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;

use super::EngineError;
use crate::model::Content;
use crate::plan::{CopiedFile, CopiedKind};

/// What is fetched, in the order of the engine.
pub type Parts = BoxStream<'static, Result<Part, EngineError>>;

/// A part of what is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A file, a folder or something else begins.
    Entry(Entry),
    /// The next bytes of the file that began last.
    Bytes(Bytes),
}

/// Something in a container. Its names and contents are the container's, and nothing of them is to be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// In the container, absolute.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits, those that change the user included.
    pub mode: u32,
}

/// What something in a container is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder.
    Folder,
    /// A regular file, whose bytes follow.
    File,
    /// A symbolic link to this path.
    Link(String),
    /// Another name of the file with this path, which came before.
    Same(String),
    /// A device, a pipe or a socket.
    Other,
}

/// Regular files, folders and links, in memory.
///
/// # Errors
/// When the files hold more than `most` bytes together, or the engine breaks off.
pub async fn held(mut parts: Parts, most: usize) -> Result<Vec<CopiedFile>, EngineError> {
    let mut files: Vec<CopiedFile> = Vec::new();
    let (mut open, mut sum): (Option<(Entry, Vec<u8>)>, usize) = (None, 0);
    let mut contents: BTreeMap<String, Content> = BTreeMap::new();
    let mut close = |open: &mut Option<(Entry, Vec<u8>)>, files: &mut Vec<CopiedFile>| {
        let Some((Entry { path, kind, mode }, bytes)) = open.take() else { return };
        let kind = match kind {
            EntryKind::Folder => CopiedKind::Folder,
            EntryKind::Link(to) => CopiedKind::Link(to),
            EntryKind::File => {
                let content = Content::new(bytes);
                contents.insert(path.clone(), content.clone());
                CopiedKind::File(content)
            }
            EntryKind::Same(other) => match contents.get(&other) {
                Some(content) => CopiedKind::File(content.clone()),
                None => return,
            },
            EntryKind::Other => return,
        };
        files.push(CopiedFile { path, kind, mode });
    };
    while let Some(part) = parts.try_next().await? {
        match part {
            Part::Entry(entry) => {
                close(&mut open, &mut files);
                open = Some((entry, Vec::new()));
            }
            Part::Bytes(bytes) => {
                sum += bytes.len();
                if sum > most {
                    return Err(EngineError::Refused(format!("the files hold more than {most} bytes")));
                }
                if let Some((_, held)) = &mut open {
                    held.extend_from_slice(&bytes);
                }
            }
        }
    }
    close(&mut open, &mut files);
    Ok(files)
}
