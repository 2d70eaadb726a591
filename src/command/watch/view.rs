//! What a person at the terminal sees and asks for.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::patient;
use super::session::{Flow, Session};
use crate::command::Failure;
use crate::command::apply;
use crate::command::session;
use crate::event::{Act, Cause, Watched};
use crate::report::status;

/// The age of a container is shown in seconds until it is so old, and in minutes then.
const YOUNG: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

impl Session<'_> {
    pub(super) async fn key(&mut self, key: char) -> Flow {
        match key {
            'a' | '\n' | '\r' if self.waits => self.propose(true).await,
            'p' => {
                self.waits = true;
                self.show_plan().await
            }
            's' => {
                self.show_status();
                Ok(())
            }
            'l' => {
                if self.logs.toggle() {
                    self.follow_logs().await;
                }
                Ok(())
            }
            'r' => {
                self.picks = true;
                Ok(())
            }
            '1'..='9' if self.picks => {
                self.picks = false;
                let number = key.to_digit(10).map_or(0, |digit| digit as usize);
                self.restart_service(number - 1).await;
                Ok(())
            }
            'h' => {
                self.healer.forget();
                self.told.clear();
                self.look_at = Instant::now();
                Ok(())
            }
            _ => {
                self.picks = false;
                Ok(())
            }
        }
    }

    /// Restarts the service with this number, in the order of their names.
    async fn restart_service(&mut self, number: usize) {
        let Some(service) = self.applied.project.services.keys().nth(number).cloned() else { return };
        let begun = Instant::now();
        for container in self.containers(&service) {
            if let Err(error) = self.restart(&container).await {
                let message = error.to_string();
                self.tell(&Watched::WatchFailed { service: service.clone(), message, causes: Vec::new() });
                return;
            }
        }
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let cause = Cause { rule: "key r".to_owned(), files: Vec::new(), more: 0 };
        self.tell(&Watched::WatchActed { service, acts: vec![Act::Restarted], causes: vec![cause], took });
    }

    /// Shows the services as the last look had them, and the keys.
    pub(super) fn draw(&mut self) {
        self.older_at = None;
        let Some(screen) = &mut *self.screen.borrow_mut() else { return };
        let mut rows = status::rows(&self.applied.project, &self.observed, &BTreeMap::new());
        for row in rows.iter_mut().filter(|row| self.healer.has_given_up(&row.service)) {
            row.note = Some("degraded: it crashed again and again, so it is left alone; h tries again".to_owned());
        }
        let keys = if self.picks {
            let names = self.applied.project.services.keys().take(9).enumerate();
            let names: Vec<_> = names.map(|(at, name)| format!("{} {name}", at + 1)).collect();
            format!("restart which?  {}", names.join("  "))
        } else {
            let apply = if self.waits { "a apply  " } else { "" };
            let logs = if self.logs.is_on() { "l logs off" } else { "l logs" };
            let again = if self.args.flags.heal { "h mend again  " } else { "" };
            format!("{apply}p plan  r restart  {logs}  s status  {again}q quit")
        };
        let now = session::now();
        screen.draw(&rows, &keys, now);
        let youngest = rows.iter().flat_map(|row| &row.containers).filter_map(|it| it.started_at).max();
        let age = youngest.map(|at| Duration::try_from(now.duration_since(at)).unwrap_or_default());
        self.older_at = age.map(|age| Instant::now() + if age < YOUNG { SECOND } else { YOUNG });
    }

    /// Logs of all containers that do not ask to be left out, from their last lines on.
    pub(super) async fn follow_logs(&mut self) {
        let containers: Vec<_> = patient::ours(&self.applied.project, &self.observed).cloned().collect();
        for container in containers {
            if self.applied.unattached.contains(&container.service) {
                continue;
            }
            let Some(options) = self.logs.wants(&container.id) else { continue };
            if let Ok(lines) = self.engine.logs(&container.id, &options).await {
                self.logs.add(&container, lines);
            }
        }
    }

    /// The plan for what the files ask for, only to be seen.
    async fn show_plan(&mut self) -> Flow {
        let shown: Result<(), Failure> = async {
            let options = self.args.select.options(&self.wanted)?;
            let look = session::look(self.engine, &self.wanted, &options, None).await?;
            session::refuse(self.context, &look.plan)?;
            self.waits = !look.plan.is_empty();
            self.aside();
            apply::show(self.context, self.args, self.engine, &look.plan);
            Ok(())
        }
        .await;
        shown.or_else(|failure| self.survive(failure))
    }

    fn show_status(&self) {
        let rows = status::rows(&self.applied.project, &self.observed, &BTreeMap::new());
        let style = crate::command::perform::style(self.args.format);
        self.aside();
        self.context.shell.data(status::render(&rows, session::now(), &style));
    }
}
