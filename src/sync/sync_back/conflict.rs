//! A file that changed on both sides is kept twice: the container's beside this machine's.

use std::io;

use camino::Utf8PathBuf;

use super::beneath::LONGEST;
use super::{Beneath, IncomingFile, Torn};

/// Copies of one file that are kept beside it at most.
const BESIDE: usize = 99;

/// `a.ipynb` of container `lab-notebook-1` beside one of this machine: `a.from-lab-notebook-1.ipynb`; one that was
/// copied while somebody may have been writing it: `a.from-lab-notebook-1-unfinished.ipynb`. What is kept already is
/// never replaced, so a further one gets a number. `None`: this very content is kept already, or too many are.
pub fn beside(
    beneath: &Beneath,
    coming: &IncomingFile,
    digest: [u8; 32],
    container: &str,
) -> io::Result<Option<Utf8PathBuf>> {
    let torn = if coming.beside == Some(Torn::Perhaps) { "-unfinished" } else { "" };
    let stem = coming.place.file_stem().unwrap_or_default();
    let extension = coming.place.extension().map(|extension| format!(".{extension}")).unwrap_or_default();
    for number in 1..=BESIDE {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        let rest = format!(".from-{container}{torn}{number}{extension}");
        let room = LONGEST.saturating_sub(rest.len()).min(stem.len());
        let room = (0..=room).rev().find(|at| stem.is_char_boundary(*at)).unwrap_or_default();
        let place = coming.place.with_file_name(format!("{}{rest}", &stem[..room]));
        match beneath.look(&place)? {
            None => return Ok(Some(place)),
            Some((_, kept)) if kept == digest => return Ok(None),
            Some(_) => {}
        }
    }
    Ok(None)
}
