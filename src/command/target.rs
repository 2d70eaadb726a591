//! Files that a verb writes where the user says: as a whole or not at all, and in the place of nothing but a regular file.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;

use camino::Utf8Path;

/// What a file to be written would replace. `None`: nothing is there.
///
/// # Errors
/// When it is no regular file but a folder, a link, a pipe or a device, or cannot be looked at: why, as the end of
/// "cannot be written: ".
pub fn replaced(file: &Utf8Path) -> Result<Option<Metadata>, String> {
    match fs::symlink_metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
        Ok(found) if found.is_dir() => Err("it is a folder".to_owned()),
        Ok(found) if found.is_symlink() => Err("it is a link".to_owned()),
        Ok(found) if !found.is_file() => Err("it is no regular file".to_owned()),
        Ok(found) => Ok(Some(found)),
    }
}

/// Writes a file with these permissions, less what the process takes away; what stood there is replaced as a whole or not
/// at all.
///
/// # Errors
/// When it cannot be written.
pub fn write(file: &Utf8Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let name = file.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let half = file.with_file_name(format!(".{name}.{}", std::process::id()));
    let mut open = File::options().write(true).create_new(true).mode(mode).open(&half)?;
    let written = open.write_all(bytes).and_then(|()| open.sync_all()).and_then(|()| fs::rename(&half, file));
    if written.is_err() {
        // What could not be written whole is nobody's.
        let _ = fs::remove_file(&half);
    }
    written
}
