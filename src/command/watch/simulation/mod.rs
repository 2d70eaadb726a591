//! Work with a watch in a few seconds that takes hours: real files, the twin of an engine, and a clock that runs ahead.

mod damage;
mod day;

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::runner::Runner;
use super::verb::Flags;
use crate::command::perform::Pace;
use crate::command::select::Select;
use crate::command::{Context, Desired, Global, apply, desired};
use crate::engine::memory::Memory;
use crate::reconcile::{Input, Terminal};
use crate::report::{Form, Shell};

/// A folder with a spec, and an engine.
struct Stage {
    folder: Utf8PathBuf,
    engine: Memory,
}

impl Stage {
    /// What the spec asks for.
    fn desired(&self) -> Desired {
        desired::desired(&self.context(&Shell::of_process(true, 0)), None, &crate::command::select::Select::default())
            .unwrap()
    }

    fn context<'a>(&self, shell: &'a Shell) -> Context<'a> {
        let environment: BTreeMap<_, _> = [("XDG_RUNTIME_DIR".to_owned(), self.folder.to_string())].into();
        Context { global: Global::default(), environment, folder: self.folder.clone(), shell }
    }
}

/// Applies a spec, and hands over the watch that may begin now.
fn play(spec: &str, work: impl AsyncFnOnce(&Stage, Runner<'_>)) {
    let removed_at_the_end = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(removed_at_the_end.path()).unwrap().canonicalize_utf8().unwrap();
    let stage = Stage { folder, engine: Memory::new() };
    fs::create_dir(stage.folder.join("src")).unwrap();
    fs::write(stage.folder.join("env.yaml"), spec).unwrap();
    let shell = Shell::of_process(true, 0);
    let context = stage.context(&shell);
    let args = apply::Args {
        file: None,
        select: Select::default(),
        pace: Pace { lock_timeout: Duration::from_secs(10), timeout: None },
        watch: true,
        flags: Flags { heal: true, auto: Some(super::Auto::All) },
        format: Form::Plain,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut runner = Runner::begin(&context, &args, &stage.engine, stage.desired()).unwrap();
        runner.first_apply().await.unwrap();
        assert_eq!(runner.feed(Input::Begin(Terminal::default())), None);
        work(&stage, runner).await;
    });
}
