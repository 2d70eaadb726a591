//! A context as an archive: no owners and no times, so that the engine's cache sees the same for the same.

use std::io::{self, Write};

use tar::{Builder, EntryType, Header};

use super::folder::{Folder, IGNORE_FILE};
use super::regular::{self, Exactly};
use super::walk::{Entry, Kind};

impl Folder {
    /// Writes the archive. A file that changes its size meanwhile is an error.
    pub fn write_tar(&self, writer: impl Write) -> io::Result<()> {
        let mut archive = Builder::new(writer);
        for Entry { path, kind, mode, stamp: _ } in &self.entries {
            // With a Dockerfile of our own beside it, a longer one follows.
            if self.beside.is_some() && path.to_str() == Some(IGNORE_FILE) {
                continue;
            }
            match kind {
                Kind::Folder => archive.append_data(&mut header(EntryType::Directory, *mode, 0), path, io::empty())?,
                Kind::Link(target) => archive.append_link(&mut header(EntryType::Symlink, *mode, 0), path, target)?,
                Kind::File => {
                    let file = regular::open_itself(&self.root.join(path))?;
                    let size = file.metadata()?.len();
                    archive.append_data(
                        &mut header(EntryType::Regular, *mode, size),
                        path,
                        Exactly { file, left: size },
                    )?;
                }
            }
        }
        if let Some(text) = &self.beside {
            let mut file = |name: &str, text: &[u8]| {
                archive.append_data(&mut header(EntryType::Regular, 0o644, text.len() as u64), name, text)
            };
            file(&self.dockerfile, text)?;
            file(IGNORE_FILE, self.rules_with_dockerfile()?.as_bytes())?;
        }
        archive.into_inner()?.flush()
    }

    /// The engine takes away, before the build, the Dockerfile and the rules that the rules exclude: so `COPY .` does
    /// not see ours.
    fn rules_with_dockerfile(&self) -> io::Result<String> {
        let text = match regular::read_to_string(&self.root.join(IGNORE_FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => IGNORE_FILE.to_owned(),
            Err(error) => return Err(error),
        };
        Ok(format!("{text}\n{}\n", self.dockerfile))
    }
}

fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}
