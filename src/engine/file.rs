//! Files of the user's machine that say how things are set up. All of them are read here.

#![expect(clippy::disallowed_types, reason = "settings that the user keeps in files")]

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// The most that such a file holds, in bytes.
const LARGEST: u64 = 4 << 20;

/// Reads a regular file: a FIFO would block for ever, a device never end.
///
/// # Errors
/// When it cannot be read, is no regular file, or is far too large.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    // Without the flag the opening of a FIFO would wait for who writes to it.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is far too large"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_regular_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        rustix::fs::mkfifoat(rustix::fs::CWD, at("fifo"), rustix::fs::Mode::RWXU).unwrap();
        std::fs::write(at("file"), "text").unwrap();
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        std::os::unix::fs::symlink(at("fifo"), at("link to fifo")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        for bad in [at("fifo"), at("link to fifo"), at("socket"), "/dev/zero".into(), at(""), at("absent")] {
            assert!(read(&bad).is_err(), "{}", bad.display());
        }
        assert_eq!([read(&at("file")).unwrap(), read(&at("link")).unwrap()], [b"text", b"text"]);
        File::create(at("huge")).unwrap().set_len(LARGEST + 1).unwrap();
        assert!(read(&at("huge")).is_err());
    }
}
