//! The loop, and what rules do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use camino::Utf8PathBuf;
use futures_util::future::join_all;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use tokio::time::Instant;

use super::back::{self, Returned};
use super::copies::Lack;
use super::guard::Leave;
use super::job::{self, Changed, Job, Work};
use super::keys::Keys;
use super::patient;
use super::rules::Rule;
use super::session::{Flow, Session, sort};
use crate::command::apply::Word;
use crate::command::session::{self, Builds};
use crate::command::{Failure, Kind, Outcome};
use crate::engine::{Engine, EngineError, LogOptions, Poke};
use crate::event::{Act, Cause, Watched};
use crate::model::{Hook, ServiceName};
use crate::plan::{ContainerRef, Handle, Step};
use crate::report::watch::Screen;
use crate::report::{Form, status};
use crate::state::{Container, RunState};
use crate::watch::News;

/// How often the world is looked at when nothing happens.
const CLOCK: Duration = Duration::from_secs(30);
/// What happens so shortly after a poke is looked at together with it.
const JOIN: Duration = Duration::from_millis(100);
/// How often what containers saved is fetched.
const BACK: Duration = Duration::from_secs(2);
/// An engine that went away is asked again after this.
const AGAIN: Duration = Duration::from_secs(2);
/// Bytes of files that one call carries at most, unless a file alone is larger.
const AT_ONCE: usize = 32 << 20;
/// Files of a cause that are named.
const NAMED: usize = 3;

enum Wake {
    End,
    Key(char),
    News(News),
    Poke,
    Deaf,
    Clock,
    Back,
    Log(ServiceName, String),
}

/// What is done for one container.
struct Delivery<'s> {
    service: &'s ServiceName,
    container: Container,
    lack: Lack,
    commands: Vec<Hook>,
    restart: bool,
}

impl Session<'_> {
    /// Watches until the user ends it.
    pub async fn serve(mut self) -> Result<Outcome, Failure> {
        self.keys = (self.args.format == Form::Human).then(Keys::listen).flatten();
        if self.keys.is_some() && !self.context.global.quiet {
            *self.screen.borrow_mut() = Some(Screen::of_process());
        }
        self.tell(&Watched::WatchStarted { rules: self.list.rules.len(), heal: self.args.flags.heal });
        self.list.notes.iter().for_each(|note| self.notice(note, None));
        let result = self.live().await;
        drop(self.keys.take());
        drop(self.screen.take());
        match result {
            Ok(()) => {}
            Err(failure) if failure.kind == Kind::Interrupted => {}
            Err(failure) => return Err(failure),
        }
        self.tell(&Watched::WatchEnded);
        Ok(Outcome::Done)
    }

    pub(super) async fn live(&mut self) -> Flow {
        let mut pokes = self.listen().await;
        self.glance().await?;
        let first = self.first_copies().await;
        self.act(first).await?;
        loop {
            self.catch_up_with_files().await?;
            self.draw();
            let wake = self.wake(&mut pokes).await;
            match wake {
                Wake::End => return Ok(()),
                Wake::Key('q') => return Ok(()),
                Wake::Key(key) => self.key(key).await?,
                Wake::News(News::Notice(notice)) => self.notice(notice.to_string(), notice.hint()),
                Wake::News(News::Changes(changes)) => {
                    let (files, changed) = sort(&self.list, changes);
                    if !changed.is_empty() {
                        self.act(changed).await?;
                    }
                    self.saved_meanwhile.extend(files);
                }
                Wake::Poke => {
                    // Everything that has come by now is answered by one look.
                    while let Some(Some(Poke)) = pokes.next().now_or_never() {}
                    self.look_at = self.look_at.min(Instant::now() + JOIN);
                }
                Wake::Deaf => {
                    tokio::time::sleep(AGAIN).await;
                    pokes = self.listen().await;
                    self.look_at = Instant::now();
                }
                Wake::Clock => self.glance().await?,
                Wake::Back => self.fetch_back().await,
                Wake::Log(service, line) => self.say(&format!("{service} | {line}")),
            }
        }
    }

    /// Does what had to wait, the spec first: its rules may be others now.
    async fn catch_up_with_files(&mut self) -> Flow {
        while !self.saved_meanwhile.is_empty() || !self.backlog.is_empty() {
            let files = std::mem::take(&mut self.saved_meanwhile);
            if !files.is_empty() {
                self.saved(files.iter().map(|file| self.shown(file)).collect()).await?;
            }
            let changed = std::mem::take(&mut self.backlog);
            self.act(changed).await?;
        }
        Ok(())
    }

    /// News while a plan is carried out: files are copied all the same, everything else waits.
    pub(super) async fn meanwhile(&mut self, news: News) {
        let changes = match news {
            News::Notice(notice) => return self.notice(notice.to_string(), notice.hint()),
            News::Changes(changes) => changes,
        };
        let (files, changed) = sort(&self.list, changes);
        self.saved_meanwhile.extend(files);
        let (now, later): (Vec<_>, Vec<_>) =
            job::jobs(&self.list.rules, &changed).into_iter().partition(Job::only_copies);
        for (rule, paths) in later.into_iter().flat_map(|job| job.cause) {
            self.backlog.entry(rule).or_default().extend(paths);
        }
        if !now.is_empty() {
            self.deliver(&now).await;
        }
    }

    async fn wake(&mut self, pokes: &mut BoxStream<'static, Poke>) -> Wake {
        let Self { signals, keys, watch, look_at, logs, back_at, list, .. } = self;
        let key = async {
            match keys {
                Some(keys) => keys.next().await,
                None => std::future::pending().await,
            }
        };
        let signal = signals.as_mut().expect("they are back when a plan has been carried out").next();
        tokio::select! {
            biased;
            () = signal => Wake::End,
            key = key => Wake::Key(key),
            news = watch.next() => Wake::News(news),
            poke = pokes.next() => if poke.is_some() { Wake::Poke } else { Wake::Deaf },
            () = tokio::time::sleep_until(*look_at) => Wake::Clock,
            () = tokio::time::sleep_until(*back_at), if !list.back.is_empty() => Wake::Back,
            (service, line) = logs.next() => Wake::Log(service, line),
        }
    }

    async fn listen(&mut self) -> BoxStream<'static, Poke> {
        match self.engine.pokes(&session::scope(&self.wanted.project)).await {
            Ok(pokes) => pokes,
            Err(error) => {
                self.notice(format!("the engine does not tell what happens: {error}"), None);
                stream::empty().boxed()
            }
        }
    }

    /// A path as the user would write it.
    fn shown(&self, path: &str) -> String {
        let folder = format!("{}/", self.context.folder);
        path.strip_prefix(&folder).unwrap_or(path).to_owned()
    }

    /// Everything under rules that copy once at the start.
    async fn first_copies(&self) -> Changed {
        let mut all = Changed::new();
        for (root, purpose) in self.list.purposes.iter().enumerate() {
            let super::rules::Purpose::Rule(number) = purpose else { continue };
            if self.list.rules[*number].initial_sync {
                all.insert(*number, self.watch.paths(root).await);
            }
        }
        all
    }

    /// Does what rules say about what changed.
    pub(super) async fn act(&mut self, changed: Changed) -> Flow {
        if changed.is_empty() {
            return Ok(());
        }
        let jobs: Vec<_> = job::jobs(&self.list.rules, &changed).into_iter().filter(|job| self.leave(job)).collect();
        let (rebuilds, copies): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.work == Work::Rebuild);
        if !copies.is_empty() {
            self.deliver(&copies).await;
        }
        for job in &rebuilds {
            self.rebuild(job).await?;
        }
        Ok(())
    }

    /// Whether the rules of a job may act. Copying alone sets nothing off.
    fn leave(&mut self, job: &Job) -> bool {
        if job.only_copies() {
            return true;
        }
        let now = self.now();
        for rule in job.cause.keys() {
            match self.guard.ask(*rule, now) {
                Leave::Granted => {}
                Leave::StillRests => return false,
                Leave::Rests(time) => {
                    let name = self.list.rules[*rule].name();
                    self.notice(
                        format!("{name} sets itself off again and again, so it rests for {} s", time.as_secs()),
                        Some("let it ignore what its own action writes".to_owned()),
                    );
                    return false;
                }
            }
        }
        true
    }

    async fn deliver(&mut self, jobs: &[Job]) {
        let begun = Instant::now();
        // What a container saved meanwhile must not be overwritten unseen.
        if self.list.back.iter().any(|(service, _)| jobs.iter().any(|job| job.service == *service)) {
            self.fetch_back().await;
        }
        let mut errands = Vec::new();
        for job in jobs {
            let Work::Copy { paths, commands, restart } = &job.work else { continue };
            let mut targets = self.copies.want(&job.service, &self.list.rules, paths);
            targets.extend(self.unsent.remove(&job.service).unwrap_or_default());
            let hooks: Vec<_> = commands.iter().filter_map(|rule| self.list.rules[*rule].exec.clone()).collect();
            for container in self.containers(&job.service) {
                let errand = self.copies.errand(&job.service, &container.id, &targets);
                errands.push((job, container, errand, hooks.clone(), *restart));
            }
            if self.containers(&job.service).is_empty() {
                self.unsent.entry(job.service.clone()).or_default().extend(targets);
            }
        }
        let read = errands.into_iter().map(|(job, container, errand, commands, restart)| async move {
            let lack = tokio::task::spawn_blocking(move || errand.run()).await.expect("reading files does not panic");
            // What every container has already is no reason to run anything.
            let idle = lack.is_empty() && !matches!(&job.work, Work::Copy { paths, .. } if paths.is_empty());
            let (commands, restart) = if idle { (Vec::new(), false) } else { (commands, restart) };
            (job, Delivery { service: &job.service, container, lack, commands, restart })
        });
        let engine = self.engine;
        let done = join_all(read).await.into_iter().map(|(job, delivery)| async move {
            let result = bring(engine, &delivery).await;
            (job, delivery, result)
        });
        let mut told: BTreeMap<&ServiceName, (&Job, Vec<Act>)> = BTreeMap::new();
        for (job, delivery, result) in join_all(done).await {
            match result {
                Ok(acts) => {
                    self.copies.sent(&delivery.container.id, delivery.lack);
                    if !acts.is_empty() {
                        told.entry(&job.service).or_insert((job, acts));
                    }
                }
                Err(error) => {
                    self.lost(&delivery, &error);
                    let causes = self.causes(&job.cause);
                    let message = error.to_string();
                    self.tell(&Watched::WatchFailed { service: job.service.clone(), message, causes });
                }
            }
        }
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        for (service, (job, acts)) in told {
            let causes = self.causes(&job.cause);
            self.tell(&Watched::WatchActed { service: service.clone(), acts, causes, took });
        }
        let now = self.now();
        jobs.iter().flat_map(|job| job.cause.keys()).for_each(|rule| self.guard.ended(*rule, now));
    }

    /// Brings back what containers have saved.
    async fn fetch_back(&mut self) {
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

    /// What could not be copied is tried again with the next look, which also shows whether the container still lives.
    fn lost(&mut self, delivery: &Delivery<'_>, error: &EngineError) {
        let missing =
            delivery.lack.files.iter().map(|file| file.path.clone()).chain(delivery.lack.gone.iter().cloned());
        let refused = matches!(error, EngineError::Refused(_) | EngineError::Exit { .. });
        // What the engine refuses it will refuse again; the next save tries anew.
        if !refused {
            self.unsent.entry(delivery.service.clone()).or_default().extend(missing);
            self.look_at = self.look_at.min(Instant::now() + AGAIN);
        }
    }

    /// Copies what new containers lack, and what could not be copied before.
    pub(super) async fn catch_up(&mut self) {
        let services: BTreeSet<_> = self.list.rules.iter().map(|rule| rule.service.clone()).collect();
        let behind = |service: &ServiceName| {
            let new = self.containers(service).iter().any(|container| self.copies.is_new(service, &container.id));
            new || self.unsent.contains_key(service)
        };
        let jobs: Vec<_> = services
            .into_iter()
            .filter(behind)
            .filter(|service| !self.containers(service).is_empty())
            .map(|service| Job {
                service,
                work: Work::Copy { paths: Changed::new(), commands: BTreeSet::new(), restart: false },
                cause: Changed::new(),
            })
            .collect();
        if !jobs.is_empty() {
            self.deliver(&jobs).await;
        }
    }

    fn containers(&self, service: &ServiceName) -> Vec<Container> {
        let all = patient::ours(&self.applied.project, &self.observed);
        all.filter(|container| container.service == *service && container.state != RunState::Removing)
            .cloned()
            .collect()
    }

    async fn rebuild(&mut self, job: &Job) -> Flow {
        let begun = Instant::now();
        let desired = self.applied.clone();
        let options = match self.args.select.options(&desired.project) {
            Ok(options) => options,
            Err(failure) => return self.survive(failure),
        };
        let options = crate::plan::Options { targets: [job.service.clone()].into(), ..options };
        let look = match session::look(self.engine, &desired, &options, None).await {
            Ok(look) => look,
            Err(failure) => return self.survive(failure),
        };
        let causes = self.causes(&job.cause);
        if look.plan.is_empty() {
            let files = causes.iter().flat_map(|cause| cause.files.clone()).collect::<Vec<_>>().join(", ");
            self.notice(format!("{}: the image holds {files} as it is already", job.service), None);
            return Ok(());
        }
        let result = self.carry_out(&desired, options, look, Word::Given, Builds::Compared).await;
        let now = self.now();
        job.cause.keys().for_each(|rule| self.guard.ended(*rule, now));
        match result {
            Ok(()) => {
                self.copies.built(&job.service);
                let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.tell(&Watched::WatchActed {
                    service: job.service.clone(),
                    acts: vec![Act::Rebuilt],
                    causes,
                    took,
                });
                Ok(())
            }
            Err(failure) => {
                let message =
                    if failure.message.is_empty() { "the rebuild failed" } else { &failure.message }.to_owned();
                self.tell(&Watched::WatchFailed { service: job.service.clone(), message, causes });
                self.survive(Failure { message: String::new(), ..failure })
            }
        }
    }

    fn causes(&self, cause: &Changed) -> Vec<Cause> {
        let of = |(number, paths): (&usize, &BTreeSet<Utf8PathBuf>)| {
            let rule: &Rule = &self.list.rules[*number];
            let files: Vec<_> =
                paths.iter().take(NAMED).map(|path| self.shown(rule.source_of(path).as_str())).collect();
            Cause { rule: rule.name(), more: paths.len() - files.len(), files }
        };
        cause.iter().map(of).collect()
    }

    async fn key(&mut self, key: char) -> Flow {
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

    fn draw(&self) {
        let Some(screen) = &mut *self.screen.borrow_mut() else { return };
        let rows = status::rows(&self.applied.project, &self.observed, &BTreeMap::new());
        let keys = if self.picks {
            let names = self.applied.project.services.keys().take(9).enumerate();
            let names: Vec<_> = names.map(|(at, name)| format!("{} {name}", at + 1)).collect();
            format!("restart which?  {}", names.join("  "))
        } else {
            let apply = if self.waits { "a apply  " } else { "" };
            let logs = if self.logs.is_on() { "l logs off" } else { "l logs" };
            format!("{apply}p plan  r restart  {logs}  s status  h mend again  q quit")
        };
        screen.draw(&rows, &keys, session::now());
    }

    /// Logs of all containers, from their last lines on.
    pub(super) async fn follow_logs(&mut self) {
        let containers: Vec<_> = patient::ours(&self.applied.project, &self.observed).cloned().collect();
        for container in containers {
            if !self.logs.has(&container.id) {
                let options = LogOptions { follow: true, tail: Some(5), ..LogOptions::default() };
                if let Ok(lines) = self.engine.logs(&container.id, &options).await {
                    self.logs.add(&container, lines);
                }
            }
        }
    }

    pub(super) fn rest(&mut self) {
        self.look_at = Instant::now() + CLOCK;
    }
}

/// Brings a container what it lacks, runs the commands, restarts it. Answers with what was done.
async fn bring(engine: &dyn Engine, delivery: &Delivery<'_>) -> Result<Vec<Act>, EngineError> {
    let Delivery { service: _, container, lack, commands, restart } = delivery;
    let reference = ContainerRef { name: container.name.clone(), handle: Handle::Known(container.id.clone()) };
    let mut acts = Vec::new();
    let perform = async |step: Step| engine.perform(&step, &|_| {}).await;
    for files in portions(lack) {
        perform(Step::CopyIn { container: reference.clone(), files: files.to_vec() }).await?;
    }
    if !lack.files.is_empty() {
        acts.push(Act::Copied(lack.files.len()));
    }
    if !lack.gone.is_empty() {
        perform(Step::Erase { container: reference.clone(), paths: lack.gone.clone() }).await?;
        acts.push(Act::Deleted(lack.gone.len()));
    }
    let runs = container.state == RunState::Running;
    for hook in commands.iter().filter(|_| runs) {
        perform(Step::Hook { container: reference.clone(), hook: hook.clone() }).await?;
        acts.push(Act::Ran(hook.command.join(" ")));
    }
    if *restart {
        if container.state.is_up() {
            perform(Step::Stop { container: reference.clone(), grace: None }).await?;
        }
        perform(Step::Start { container: reference }).await?;
        acts.push(Act::Restarted);
    }
    Ok(acts)
}

/// The files in portions of a size that an engine takes at once.
fn portions(lack: &Lack) -> Vec<&[crate::plan::CopiedFile]> {
    let size = |file: &crate::plan::CopiedFile| match &file.kind {
        crate::plan::CopiedKind::File(content) => content.bytes().len(),
        crate::plan::CopiedKind::Folder | crate::plan::CopiedKind::Link(_) => 0,
    };
    let (mut portions, mut start, mut sum) = (Vec::new(), 0, 0);
    for (at, file) in lack.files.iter().enumerate() {
        if at > start && sum + size(file) > AT_ONCE {
            portions.push(&lack.files[start..at]);
            (start, sum) = (at, 0);
        }
        sum += size(file);
    }
    if start < lack.files.len() {
        portions.push(&lack.files[start..]);
    }
    portions
}
