//! What containers have saved, fetched every few seconds while they run.

use std::time::Duration;

use camino::Utf8PathBuf;
use tokio::time::Instant;

use super::back::{self, Returned};
use super::session::Session;
use crate::event::Watched;
use crate::state::RunState;

/// How often what containers saved is fetched.
const BACK: Duration = Duration::from_secs(2);

impl Session<'_> {
    /// Brings back what containers have saved.
    pub(super) async fn fetch_back(&mut self) {
        self.back_at = Instant::now() + BACK;
        for (service, way) in self.list.back.clone() {
            let running =
                self.containers(&service).into_iter().filter(|container| container.state == RunState::Running);
            for container in running.collect::<Vec<_>>() {
                // What cannot be fetched now, such as a folder that is not there yet, is fetched another time.
                let Ok(found) = self.engine.fetch(&container.id, &way.target).await else { continue };
                let (way, known, name) = (way.clone(), self.copies.known(&container.id), container.name.to_string());
                let work = tokio::task::spawn_blocking(move || back::bring_back(&way, &found, &known, &name));
                match work.await.expect("bringing files back does not panic") {
                    Ok(returned) => {
                        let Returned { files, conflicts, known } = returned;
                        self.copies.learn(&container.id, known);
                        let shown =
                            |files: Vec<Utf8PathBuf>| files.iter().map(|file| self.shown(file.as_str())).collect();
                        if !files.is_empty() || !conflicts.is_empty() {
                            let (files, conflicts) = (shown(files), shown(conflicts));
                            self.tell(&Watched::CameBack { service: service.clone(), files, conflicts });
                        }
                    }
                    Err(error) => {
                        self.notice(format!("{service}: what it saved cannot be written here: {error}"), None)
                    }
                }
            }
        }
    }
}
