use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::*;
use crate::model::{Build, Dockerfile};

/// By a run that knows nothing.
fn fresh(build: &Build) -> Result<String, ContextError> {
    digest(build, &Hashes::kept(None))
}

struct Context(tempfile::TempDir);

impl Context {
    fn new(files: &[(&str, &str)]) -> Self {
        let context = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            context.write(path, text);
        }
        context
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn build(&self, dockerfile: Dockerfile) -> Build {
        Build { context: self.path().to_str().unwrap().to_owned(), dockerfile, ..Build::default() }
    }

    fn digest(&self) -> String {
        fresh(&self.build(Dockerfile::default())).unwrap()
    }

    /// Path and content, by the archive itself.
    fn sent(&self, dockerfile: &Dockerfile) -> BTreeMap<String, String> {
        let mut bytes = Vec::new();
        Folder::open(self.path(), dockerfile).unwrap().write_tar(&mut bytes).unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let read = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            if let Some(target) = entry.link_name().unwrap() {
                text = format!("-> {}", target.display());
            }
            (entry.path().unwrap().to_str().unwrap().trim_end_matches('/').to_owned(), text)
        };
        archive.entries().unwrap().map(read).collect()
    }

    fn names(&self, dockerfile: &Dockerfile) -> Vec<String> {
        self.sent(dockerfile).into_keys().collect()
    }
}

#[test]
fn the_dockerfile_and_the_rules_are_always_sent() {
    let context = Context::new(&[(".dockerignore", "*\n"), ("Dockerfile", "FROM scratch"), ("secret", "x")]);
    assert_eq!(context.names(&Dockerfile::default()), [".dockerignore", "Dockerfile"]);
    let context = Context::new(&[(".dockerignore", "*\n"), ("build/Dockerfile", "FROM scratch"), ("build/x", "x")]);
    let dockerfile = Dockerfile::Path("build/Dockerfile".into());
    assert_eq!(context.names(&dockerfile), [".dockerignore", "build", "build/Dockerfile"]);
}

#[test]
fn rules_beside_the_dockerfile_win() {
    let files = [
        (".dockerignore", "a\n"),
        ("Dockerfile", "FROM scratch"),
        ("Dockerfile.dockerignore", "b\n"),
        ("a", ""),
        ("b", ""),
    ];
    let context = Context::new(&files);
    assert_eq!(context.names(&Dockerfile::default()), [".dockerignore", "Dockerfile", "Dockerfile.dockerignore", "a"]);
}

#[test]
fn an_exception_brings_a_file_back_out_of_an_excluded_folder() {
    let files = [
        (".dockerignore", "vendor\n!vendor/*/keep\n"),
        ("Dockerfile", ""),
        ("vendor/a/keep", ""),
        ("vendor/a/drop", ""),
        ("vendor/b/drop", ""),
    ];
    let sent = Context::new(&files).names(&Dockerfile::default());
    assert_eq!(sent, [".dockerignore", "Dockerfile", "vendor", "vendor/a", "vendor/a/keep"]);
}

#[test]
fn links_are_kept_and_not_followed() {
    let context = Context::new(&[("Dockerfile", "")]);
    symlink("/nowhere", context.path().join("link")).unwrap();
    assert_eq!(context.sent(&Dockerfile::default())["link"], "-> /nowhere");
}

#[test]
fn a_dockerfile_from_elsewhere_travels_beside_the_files_and_is_hidden_from_them() {
    let context = Context::new(&[("file", "x")]);
    let sent = context.sent(&Dockerfile::Inline("FROM scratch\nCOPY . /".into()));
    assert_eq!(sent.keys().collect::<Vec<_>>(), [".dockerignore", ".dsenv.Dockerfile", "file"]);
    assert_eq!(sent[".dockerignore"], ".dockerignore\n.dsenv.Dockerfile\n");
    let elsewhere = Context::new(&[("other.Dockerfile", "FROM scratch")]);
    let path = elsewhere.path().join("other.Dockerfile").to_str().unwrap().to_owned();
    assert_eq!(context.sent(&Dockerfile::Path(path.into()))[".dsenv.Dockerfile"], "FROM scratch");
}

#[test]
fn what_is_not_there_is_named() {
    let context = Context::new(&[("file", "x")]);
    let error = fresh(&context.build(Dockerfile::default())).unwrap_err();
    assert_eq!(error.to_string(), format!("Dockerfile {} is not there", context.path().join("Dockerfile").display()));
    let error = fresh(&Build { context: "/nowhere".into(), ..Build::default() }).unwrap_err();
    assert_eq!(error.to_string(), "build context /nowhere is not there");
}

#[test]
fn the_digest_changes_with_what_shapes_the_image_and_with_nothing_else() {
    let context = Context::new(&[(".dockerignore", "*.log\n"), ("Dockerfile", "FROM scratch"), ("src/a", "1")]);
    let first = context.digest();
    context.write("x.log", "noise");
    filetime_of(&context.path().join("src/a"));
    assert_eq!(context.digest(), first, "an ignored file and a time are nothing");
    let cached = Build { no_cache: true, pull: true, ..context.build(Dockerfile::default()) };
    assert_eq!(fresh(&cached).unwrap(), first);

    let argument = Build { target: Some("dev".into()), ..context.build(Dockerfile::default()) };
    assert_ne!(fresh(&argument).unwrap(), first);
    fs::set_permissions(context.path().join("src/a"), fs::Permissions::from_mode(0o755)).unwrap();
    let executable = context.digest();
    assert_ne!(executable, first);
    context.write("src/a", "2");
    assert_ne!(context.digest(), executable);
    fs::rename(context.path().join("src/a"), context.path().join("src/b")).unwrap();
    assert_ne!(context.digest(), executable);
}

/// Writes the same content again, which changes the time.
fn filetime_of(path: &Path) {
    let content = fs::read(path).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn a_pipe_is_never_read() {
    let pipe = |path: &Path| assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    let context = Context::new(&[("Dockerfile", "FROM x"), ("a", "1")]);
    let before = context.digest();
    pipe(&context.path().join("queue"));
    assert_eq!(context.digest(), before);
    assert_eq!(context.names(&Dockerfile::default()), ["Dockerfile", "a"]);
    for name in [".dockerignore", "Dockerfile.dockerignore", "Dockerfile"] {
        let context = Context::new(&[("Dockerfile", "FROM x")]);
        fs::remove_file(context.path().join(name)).ok();
        pipe(&context.path().join(name));
        let told = Folder::open(context.path(), &Dockerfile::default()).and_then(|folder| folder.dockerfile_text());
        let told = told.unwrap_err().to_string();
        assert!(told.contains("a regular file is needed"), "{told}");
    }
}
