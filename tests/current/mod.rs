//! Files of the repository that tests write: schemas, tables, transcripts.

use std::fs;
use std::path::Path;

use similar::TextDiff;

/// Holds a file of the repository against what it should be, which ends with one newline. With `DSENV_UPDATE=1` it is
/// written anew instead.
#[track_caller]
pub fn is_current(path: &str, text: &str) {
    let text = format!("{}\n", text.trim_end());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("DSENV_UPDATE").is_some() {
        fs::create_dir_all(file.parent().expect("it is in a folder")).expect("the folder can be made");
        fs::write(&file, text).expect("the file can be written");
        return;
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    if committed != text {
        let diff = TextDiff::from_lines(&committed, &text);
        let diff = diff.unified_diff().header("committed", "now").to_string();
        panic!("{path} is not current; run this test with DSENV_UPDATE=1 to write it anew\n{diff:.8000}");
    }
}
