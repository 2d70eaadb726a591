//! From the flags and variables to the loaded spec; shared by every verb that reads one.

use super::{Context, Disk, Failure};
use crate::spec::{self, Loaded, Request};

/// Loads the spec that flags, variables and the folder ask for; `file` is the verb's own positional.
///
/// # Errors
/// When there is no file, or the spec has mistakes; nothing is printed but warnings.
pub fn load(context: &Context<'_>, file: Option<&str>) -> Result<Loaded, Failure> {
    let files = file.map_or_else(|| context.global.files.clone(), |file| vec![file.to_owned()]);
    let request = Request { files };
    spec::load(&request, &Disk).map_err(Failure::invalid)
}
