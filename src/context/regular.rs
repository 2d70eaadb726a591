//! Regular files only: a pipe that nobody writes to waits for ever, and a device may never end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a file to read it. A link leads to what it leads to.
///
/// # Errors
/// When it is not there, may not be read, or is a folder, a pipe, a socket or a device.
pub fn open(path: &Path) -> io::Result<File> {
    open_with(path, OFlags::empty())
}

/// Opens a file to read it, unless it is a link.
///
/// # Errors
/// As [`open`], and when it is a link.
pub fn open_itself(path: &Path) -> io::Result<File> {
    open_with(path, OFlags::NOFOLLOW)
}

/// Reads a file whole.
///
/// # Errors
/// As [`open`].
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a file of text whole.
///
/// # Errors
/// As [`open`], and when it is no UTF-8.
pub fn read_to_string(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

/// Gives as many bytes of a file as an archive's header says, or fails: a file that is written to meanwhile would break
/// the whole archive.
#[derive(Debug)]
pub struct Exactly {
    /// The file, from its beginning.
    pub file: File,
    /// How many bytes are still to come.
    pub left: u64,
}

impl Read for Exactly {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.file.read(&mut buffer[..wanted])?;
        self.left -= read as u64;
        if read == 0 && wanted > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a file became shorter while it was read"));
        }
        Ok(read)
    }
}

fn open_with(path: &Path, more: OFlags) -> io::Result<File> {
    // Opening alone may do something to a device. What takes its place after this look is opened without waiting.
    check(&fs::metadata(path)?)?;
    let flags = (OFlags::NONBLOCK | more).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

fn check(about: &fs::Metadata) -> io::Result<()> {
    let is = if about.is_file() {
        return Ok(());
    } else if about.is_dir() {
        "a folder"
    } else {
        "a pipe, a socket or a device"
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is {is}, and a regular file is needed")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_a_device_and_a_folder_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        std::os::unix::fs::symlink(at("pipe"), at("link")).unwrap();
        for path in [at("pipe"), at("link"), at("."), "/dev/zero".into()] {
            assert_eq!(read(&path).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{}", path.display());
        }
        fs::write(at("file"), "text").unwrap();
        std::os::unix::fs::symlink("file", at("to")).unwrap();
        assert_eq!(read_to_string(&at("to")).unwrap(), "text");
        assert!(open_itself(&at("to")).is_err());
    }
}
