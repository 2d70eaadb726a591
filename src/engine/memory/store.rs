//! A world in a file that several processes use: replaced as a whole, one writer at a time.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a world that lives in a file, and whose time is that of the clock"
)]

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::clock::Calendar;
use super::world::World;
use crate::engine::EngineError;

/// As much of the world's time is lived through since somebody changed it last; for what goes beyond it stood still.
const LONGEST: Duration = Duration::from_secs(3600);

/// Where a world is kept.
pub(super) struct Store {
    path: PathBuf,
    /// For a world that is not there yet.
    pace: u32,
}

impl Store {
    pub(super) fn new(path: PathBuf, pace: u32) -> Self {
        Self { path, pace }
    }

    /// Reads the world, up to now. A reader needs no lock, since the file is replaced as a whole.
    pub(super) fn read<T>(&self, look: impl FnOnce(&World) -> T) -> Result<T, EngineError> {
        self.load().map(|world| look(&world)).map_err(|error| self.failed("read", &error))
    }

    /// Changes the world while no other process does.
    pub(super) fn change<T>(&self, act: impl FnOnce(&mut World) -> T) -> Result<T, EngineError> {
        let run = || {
            let lock = File::create(beside(&self.path, "lock"))?;
            lock.lock()?;
            let mut world = self.load()?;
            let result = act(&mut world);
            self.save(&world)?;
            Ok(result)
        };
        run().map_err(|error: io::Error| self.failed("write", &error))
    }

    fn load(&self) -> io::Result<World> {
        let now = Timestamp::now();
        let mut world = match fs::read(&self.path) {
            Ok(text) => serde_json::from_slice(&text)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                World::new(Calendar { began: now.as_microsecond(), pace: self.pace })
            }
            Err(error) => return Err(error),
        };
        let now = world.calendar.moment(now);
        world.sleep(now.since(world.now).saturating_sub(LONGEST));
        world.advance(now);
        Ok(world)
    }

    fn save(&self, world: &World) -> io::Result<()> {
        let new = beside(&self.path, "new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(world)?)?;
        drop(file);
        fs::rename(new, &self.path)
    }

    fn failed(&self, what: &str, error: &io::Error) -> EngineError {
        EngineError::Local(format!("cannot {what} the world in {}: {error}", self.path.display()))
    }
}

/// A file beside the world's.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}
