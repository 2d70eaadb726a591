//! Reading a file into a text with a name.

use std::io;
use std::sync::Arc;

use camino::Utf8Path;

use super::{Reader, code};
use crate::diagnostic::Diagnostic;
use crate::place::{Place, Source};

/// Largest file that is read, in bytes.
pub const LARGEST: u64 = 16 << 20;

/// Reads a file. `asked` is the text that names it, if one does.
pub fn read(
    path: &Utf8Path,
    shown: String,
    reader: &dyn Reader,
    asked: Option<&Place>,
) -> Result<Arc<Source>, Box<Diagnostic>> {
    let at = |diagnostic: Diagnostic| match asked {
        Some(place) => Box::new(diagnostic.at(place.clone(), "")),
        None => Box::new(diagnostic),
    };
    let bytes = reader.read(path, LARGEST).map_err(|error| {
        let why = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            io::ErrorKind::PermissionDenied => "you may not read it".to_owned(),
            _ => error.to_string(),
        };
        let diagnostic = Diagnostic::error(code::FILE, format!("{shown} cannot be read: {why}"));
        at(match (error.kind(), asked) {
            (io::ErrorKind::NotFound, Some(_)) => diagnostic.help("mend the path, or make the file"),
            (io::ErrorKind::NotFound, None) => diagnostic.help("name another one with -f"),
            _ => diagnostic,
        })
    })?;
    if bytes.len() as u64 > LARGEST {
        return Err(at(Diagnostic::error(code::TOO_MUCH, format!("{shown} is larger than 16 MiB"))));
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            // The valid part is text enough to show where it ends.
            let text = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
            let source = Arc::new(Source::new(shown.clone(), text));
            let place = Place::new(source, valid, valid);
            let message = format!("{shown} is not UTF-8");
            return Err(Box::new(Diagnostic::error(code::ENCODING, message).at(place, "").help("save it as UTF-8")));
        }
    };
    Ok(Arc::new(Source::new(shown, text)))
}
