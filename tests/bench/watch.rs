//! Saves that reach a container, and a watch that has nothing to do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::measure::{Bench, Program, median, ms, ratio};

/// Saves for each of the bench's runs.
const SAVES: usize = 40;
/// Compose waits half a second each time, so it gets fewer.
const FEWER: usize = 8;
/// A save that has not arrived by then is lost.
const LOST: Duration = Duration::from_secs(20);
const IDLE: Duration = Duration::from_secs(60);

const SPEC: &str = "\
services:
  web:
    image: busybox:latest
    command: [sleep, '100000']
    init: true
    stop_grace_period: 1s
    network_mode: none
    develop:
      watch: [{path: ./src, action: sync, target: /app}]
";

/// From the close of the file on this machine to its content in the container, as the container sees it.
pub fn saves(bench: &Bench) {
    println!(
        "\nwatch: save to file in the container\n{:>9} {:>6} {:>9} {:>9} {:>9}",
        "", "saves", "median", "p99", "worst"
    );
    let mut medians = Vec::new();
    for program in [Program::Dsenv, Program::Compose] {
        if program == Program::Compose && bench.compose.is_none() {
            continue;
        }
        let (name, saves) = match program {
            Program::Dsenv => ("dsenv", bench.runs * SAVES),
            Program::Compose => ("compose", bench.runs * FEWER),
        };
        let watched = Watched::start(bench, program);
        let mut times: Vec<_> = (0..saves).map(|number| watched.save(number)).collect();
        times.sort();
        let at = |share: f64| times.get(((times.len() - 1) as f64 * share).round() as usize).copied();
        println!("{name:>9} {saves:>6} {:>9} {:>9} {:>9}", ms(at(0.5)), ms(at(0.99)), ms(at(1.0)));
        medians.push(median(times.clone()));
    }
    if let [ours, theirs] = medians.as_slice() {
        println!("   median dsenv / compose: {}", ratio(*ours, *theirs));
    }
}

/// A minute in which nothing happens.
pub fn idle(bench: &Bench) {
    let watched = Watched::start(bench, Program::Dsenv);
    std::thread::sleep(Duration::from_secs(3));
    let before = watched.ticks();
    std::thread::sleep(IDLE);
    let used = (watched.ticks() - before) as f64 / 100.0;
    println!(
        "\nwatch, idle for {} s: {:.3} % of a core, {:.1} MiB resident",
        IDLE.as_secs(),
        100.0 * used / IDLE.as_secs_f64(),
        watched.resident_kib() as f64 / 1024.0
    );
}

/// A program that watches, and its container.
struct Watched<'a> {
    bench: &'a Bench,
    child: Child,
    source: PathBuf,
    /// The container's `/app`, through the process that runs in it.
    inside: PathBuf,
}

impl<'a> Watched<'a> {
    fn start(bench: &'a Bench, program: Program) -> Self {
        bench.clean();
        let source = bench.folder().join("src");
        fs::create_dir_all(&source).expect("a folder can be made");
        bench.write_for(program, SPEC);
        let up: &[&str] = match program {
            Program::Dsenv => &["apply", "--yes"],
            Program::Compose => &["up", "-d"],
        };
        bench.run(program, up).expect_success();
        let watch: &[&str] = match program {
            Program::Dsenv => &["watch", "--no-up", "--format", "plain"],
            Program::Compose => &["watch", "--no-up"],
        };
        let mut command = bench.command(program);
        command.args(watch).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("the program starts");
        let inside = Path::new("/proc").join(bench.pid()).join("root/app");
        let watched = Self { bench, child, source, inside };
        // It is at work when a first save arrives.
        let begun = Instant::now();
        while watched.put("warm-up", &begun.elapsed().as_nanos().to_string(), Duration::from_secs(2)).is_none() {
            assert!(begun.elapsed() < Duration::from_secs(60), "{program:?} never begins to watch");
        }
        watched
    }

    fn save(&self, number: usize) -> Duration {
        // Somebody who saves does not do it in step with anything.
        std::thread::sleep(Duration::from_millis(50 + (number as u64 * 37) % 90));
        let took = self.put(&format!("file{}.py", number % 7), &format!("edition {number}\n"), LOST);
        took.expect("a save reaches the container")
    }

    fn put(&self, name: &str, text: &str, limit: Duration) -> Option<Duration> {
        fs::write(self.source.join(name), text).expect("the source can be written");
        let begun = Instant::now();
        while begun.elapsed() < limit {
            if fs::read(self.inside.join(name)).is_ok_and(|found| found == text.as_bytes()) {
                return Some(begun.elapsed());
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        None
    }

    /// Processor time so far, in hundredths of a second.
    fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("it runs");
        let fields: Vec<_> = stat.rsplit(')').next().expect("it has a name").split_whitespace().collect();
        [11, 12].iter().map(|at| fields[*at].parse::<u64>().expect("it is a number")).sum()
    }

    fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it has memory");
        line.trim().trim_end_matches("kB").trim().parse().expect("it is a number")
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
        self.bench.clean();
    }
}
