//! What of a rule's path counts: Docker's ignore rules, three times over.

use std::path::Path;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::context::{Ignore, regular};
use crate::model::{Build, Dockerfile, WatchRule};
use crate::watch::{Filter, Verdict};

/// What no rule means: traces of editors, and what tools make beside the sources. A rule's own `ignore` can take them
/// back with `!`.
const NOISE: [&str; 30] = [
    "**/.dsenv-*",
    "**/.git",
    "**/.hg",
    "**/.svn",
    "**/.DS_Store",
    "**/.idea",
    "**/*~",
    "**/*.swp",
    "**/*.swx",
    "**/*.swo",
    "**/4913",
    "**/.#*",
    "**/\\#*#",
    "**/*___jb_tmp___",
    "**/*___jb_old___",
    "**/*___jb_bak___",
    "**/.goutputstream-*",
    "**/sed??????",
    "**/.ipynb_checkpoints",
    "**/__pycache__",
    "**/*.pyc",
    "**/.pytest_cache",
    "**/.mypy_cache",
    "**/.venv",
    "**/.pixi",
    "**/node_modules",
    "**/mlruns",
    "**/.dvc/cache",
    "**/*.ckpt",
    "**/wandb",
];

/// Makes the filter of a rule. `build` is that of its service, whose `.dockerignore` counts for what is in its context.
///
/// # Errors
/// When a pattern is none; the text says which.
pub fn filter(rule: &WatchRule, build: Option<&Build>) -> Result<Filter, String> {
    let own = NOISE.iter().copied().chain(rule.ignore.iter().map(String::as_str)).collect::<Vec<_>>();
    let own = parse("ignore", &own.join("\n"))?;
    let include = match rule.include.as_slice() {
        [] => None,
        patterns => Some(parse("include", &patterns.join("\n"))?),
    };
    let context = build.map(|build| docker_ignore(build, &rule.path)).transpose()?.flatten();
    Ok(Arc::new(move |path, folder| {
        let left_out = verdict(&own, path, folder);
        let in_context = context.as_ref().map(|(below, ignore)| verdict(ignore, &below.join(path), folder));
        match (left_out, in_context) {
            (Verdict::Skip, _) | (_, Some(Verdict::Skip)) => Verdict::Skip,
            (Verdict::Enter, _) | (_, Some(Verdict::Enter)) => Verdict::Enter,
            (Verdict::Take, _) => match &include {
                Some(include) if !include.excludes(path.as_str()) => {
                    if folder {
                        Verdict::Enter
                    } else {
                        Verdict::Skip
                    }
                }
                _ => Verdict::Take,
            },
        }
    }))
}

fn verdict(ignore: &Ignore, path: &Utf8Path, folder: bool) -> Verdict {
    if !ignore.excludes(path.as_str()) {
        Verdict::Take
    } else if folder && !ignore.prunes(path.as_str()) {
        Verdict::Enter
    } else {
        Verdict::Skip
    }
}

/// The rules of the build's context for what is below `path`, and where `path` is in it.
fn docker_ignore(build: &Build, path: &Utf8Path) -> Result<Option<(Utf8PathBuf, Ignore)>, String> {
    let context = Utf8Path::new(&build.context);
    let Ok(below) = path.strip_prefix(context) else { return Ok(None) };
    for file in ignore_files(build) {
        match regular::read_to_string(file.as_std_path()) {
            Ok(text) => return parse(file.as_str(), &text).map(|ignore| Some((below.to_owned(), ignore))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("{file}: {error}")),
        }
    }
    Ok(None)
}

/// Where the ignore rules of a build may be; the first that is there counts.
pub fn ignore_files(build: &Build) -> Vec<Utf8PathBuf> {
    let context = Utf8Path::new(&build.context);
    let beside = match &build.dockerfile {
        Dockerfile::Path(path) => Some(Utf8PathBuf::from(format!("{}.dockerignore", context.join(path)))),
        Dockerfile::Inline(_) => None,
    };
    beside.into_iter().chain([context.join(".dockerignore")]).collect()
}

fn parse(name: &str, text: &str) -> Result<Ignore, String> {
    Ignore::parse(Path::new(name), text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::WatchAction;

    fn told(include: &[&str], ignore: &[&str], paths: &[&str]) -> String {
        let list = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        let rule = WatchRule {
            path: "/lab/src".into(),
            action: WatchAction::Sync,
            target: Some("/app".into()),
            exec: None,
            include: list(include),
            ignore: list(ignore),
            initial_sync: false,
        };
        let filter = filter(&rule, None).unwrap();
        let word = |path: &&str| match filter(Utf8Path::new(path.trim_end_matches('/')), path.ends_with('/')) {
            Verdict::Take => "take",
            Verdict::Enter => "enter",
            Verdict::Skip => "skip",
        };
        paths.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn traces_of_editors_and_tools_do_not_count_unless_asked_for() {
        let paths = ["a.py", "d/a.py~", ".#a.py", "d/#a.py#", "4913", ".git/", "d/node_modules/", "sedAbC123", "sedan"];
        assert_eq!(told(&[], &[], &paths), "take skip skip skip skip skip skip skip take");
        assert_eq!(told(&[], &["!**/node_modules"], &["d/node_modules/", "d/node_modules/x"]), "take take");
    }

    #[test]
    fn exceptions_keep_their_folders_open() {
        let paths = ["data/", "data/a", "data/keep/", "data/keep/x", "tmp/"];
        assert_eq!(told(&[], &["data", "!data/keep", "tmp"], &paths), "enter skip take take skip");
    }

    #[test]
    fn includes_name_files_and_leave_folders_open() {
        assert_eq!(
            told(&["**/*.py"], &["test"], &["a.py", "d/", "d/b.py", "d/c.txt", "test/"]),
            "take enter take skip skip"
        );
    }
}
