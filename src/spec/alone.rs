//! A file that goes over another one, given alone: what it lacks stands in the other.

use camino::{Utf8Path, Utf8PathBuf};

use super::loader::shown;
use super::{Reader, code};
use crate::diagnostic::Diagnostic;

/// Names of a spec that nobody named, the first that is there.
pub const NAMES: [&str; 6] =
    ["env.yaml", "env.yml", "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// What a file that stands alone lacks, and what the one below it would have.
const LACKS: [&str; 7] = [
    code::NO_IMAGE,
    code::UNDEFINED_NETWORK,
    code::UNDEFINED_VOLUME,
    code::UNDEFINED_SECRET,
    code::UNDEFINED_CONFIG,
    code::UNDEFINED_MODEL,
    code::UNDEFINED_SERVICE,
];

/// Asks whether a file of another name than that of a whole spec goes over one, in the place of advice to define what it
/// lacks.
pub(super) fn ask(said: &mut [Diagnostic], files: &[Utf8PathBuf], reader: &dyn Reader, shown_from: &Utf8Path) {
    let [file] = files else { return };
    let Some((folder, name)) = file.parent().zip(file.file_name()) else { return };
    if NAMES.contains(&name) || name == "-" {
        return;
    }
    let below = NAMES.iter().map(|name| folder.join(name)).find(|below| reader.exists(below));
    let lacks_image = said.iter().any(|told| told.code == code::NO_IMAGE);
    if !name.contains("override") && !lacks_image {
        return;
    }
    let file = shown(file, shown_from);
    let below = below.map_or_else(|| "OTHER".to_owned(), |below| shown(&below, shown_from));
    let help = format!("if {file} goes over another file, name that one first: `-f {below} -f {file}`");
    for told in said.iter_mut().filter(|told| LACKS.contains(&told.code)) {
        // Advice to define it here would hide what the other file says.
        told.help.retain(|help| help.starts_with("did you mean"));
        told.help.push(help.clone());
    }
}
