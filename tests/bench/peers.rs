//! dsenv beside Docker Compose and beside the floor (the same engine calls made raw), in one run.
//!
//! ```text
//! cargo bench --bench peers -- [--dsenv BINARY] [--compose BINARY] [--runs N] [noop|cold|change|destroy|config|planner|plan|watch|idle]...
//! ```
//!
//! Without `--dsenv` the one that cargo just built is measured; without a Compose binary its columns stay empty. Everything runs interleaved; each figure is a median. What is
//! made carries a name that begins with `dsenvbench` and is removed.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

mod floor;
mod measure;
mod planner;
mod spec;
mod watch;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use measure::{Bench, Program, median, ms, ratio};
use spec::Settle;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let mut dsenv = PathBuf::from(env!("CARGO_BIN_EXE_dsenv"));
    let (mut compose, mut runs, mut cases) = (None, 5, Vec::new());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--dsenv" => dsenv = arguments.next().map_or(dsenv, PathBuf::from),
            "--compose" => compose = arguments.next().map(PathBuf::from),
            "--runs" => runs = arguments.next().and_then(|number| number.parse().ok()).unwrap_or(runs),
            case => cases.push(case.to_owned()),
        }
    }
    let bench = Bench::new(dsenv, compose, runs);
    let wanted = |case: &str| cases.is_empty() || cases.iter().any(|name| name == case);
    if wanted("config") {
        config(&bench);
    }
    if wanted("planner") {
        planner(&bench);
    }
    if wanted("plan") {
        plan(&bench);
    }
    if wanted("noop") {
        noop(&bench).await;
    }
    for case in ["cold", "change", "destroy"] {
        if wanted(case) {
            fifty(&bench, case).await;
        }
    }
    if wanted("watch") {
        watch::saves(&bench);
    }
    if wanted("idle") {
        watch::idle(&bench);
    }
}

/// Reading and printing; no engine.
fn config(bench: &Bench) {
    println!(
        "\nconfig: read, merge and print\n{:>9} {:>10} {:>10} {:>7} {:>10}",
        "services", "dsenv", "compose", "ratio", "peak MiB"
    );
    for services in [100, 1000, 10_000] {
        bench.write(&spec::many(services));
        let (mut ours, mut theirs, mut memory) = (Vec::new(), Vec::new(), 0);
        for _ in 0..bench.runs {
            let run = bench.run(Program::Dsenv, &["config", "-q"]);
            ours.push(run.took);
            memory = memory.max(run.peak_kib);
            if services <= 1000 && bench.compose.is_some() {
                theirs.push(bench.run(Program::Compose, &["config", "-q"]).took);
            }
        }
        let (ours, theirs) = (median(ours), median(theirs));
        println!(
            "{services:>9} {:>10} {:>10} {:>7} {:>10.1}",
            ms(ours),
            ms(theirs),
            ratio(ours, theirs),
            memory as f64 / 1024.0
        );
    }
}

/// `plan()` alone, in this process.
fn planner(bench: &Bench) {
    println!(
        "\nthe planner alone, and the model that it is given\n{:>9} {:>12} {:>14} {:>14} {:>10}",
        "services", "from nothing", "nothing to do", "us per service", "the model"
    );
    for services in [100, 1000, 10_000] {
        let planned = planner::Planned::new(&spec::many(services));
        let times = planned.times(bench.runs);
        let [cold, none] = times.map(|time| time.as_secs_f64() * 1e6 / services as f64);
        println!(
            "{services:>9} {:>12} {:>14} {:>14} {:>10}",
            ms(Some(times[0])),
            ms(Some(times[1])),
            format!("{cold:.1}, {none:.1}"),
            ms(Some(planned.resolving))
        );
    }
}

/// The verb, on the memory twin, from nothing.
fn plan(bench: &Bench) {
    println!(
        "\n`plan` of a new project on the memory twin\n{:>9} {:>10} {:>14}",
        "services", "dsenv", "less config -q"
    );
    for services in [100, 1000, 10_000] {
        bench.write(&spec::many(services));
        let world = format!("memory:{}", bench.folder().join("twin.json").display());
        let (mut whole, mut reading) = (Vec::new(), Vec::new());
        for _ in 0..bench.runs {
            whole.push(bench.run(Program::Dsenv, &["--host", &world, "plan", "--format", "plain"]).took);
            reading.push(bench.run(Program::Dsenv, &["config", "-q"]).took);
        }
        let (whole, reading) = (median(whole), median(reading));
        println!(
            "{services:>9} {:>10} {:>14}",
            ms(whole),
            ms(whole.map(|t| t.saturating_sub(reading.unwrap_or_default())))
        );
    }
}

/// `apply` with nothing to do, with the full look at drift.
async fn noop(bench: &Bench) {
    println!(
        "\nno-op apply\n{:>9} {:>9} {:>9} {:>9} {:>8} {:>8} {:>10} {:>10}",
        "services", "dsenv", "compose", "floor", "/compose", "/floor", "MiB dsenv", "MiB compose"
    );
    for services in [1, 10, 50, 200] {
        bench.clean();
        bench.write(&spec::sleepers(services, 0, Settle::Default));
        bench.run(Program::Dsenv, &["apply", "--yes"]).expect_success();
        if bench.compose.is_some() {
            bench.run(Program::Compose, &["up", "-d"]).expect_success();
        }
        let floor = floor::Floor::connect();
        let (mut ours, mut theirs, mut raw, mut memory) = (Vec::new(), Vec::new(), Vec::new(), (0, 0));
        for _ in 0..bench.runs {
            let run = bench.run(Program::Dsenv, &["apply", "--yes"]);
            run.expect_success();
            ours.push(run.took);
            memory.0 = memory.0.max(run.peak_kib);
            if bench.compose.is_some() {
                let run = bench.run(Program::Compose, &["up", "-d"]);
                theirs.push(run.took);
                memory.1 = memory.1.max(run.peak_kib);
            }
            raw.push(floor.look(&bench.project()).await);
        }
        let (ours, theirs, raw) = (median(ours), median(theirs), median(raw));
        println!(
            "{services:>9} {:>9} {:>9} {:>9} {:>8} {:>8} {:>10.1} {:>10.1}",
            ms(ours),
            ms(theirs),
            ms(raw),
            ratio(ours, theirs),
            ratio(ours, raw),
            memory.0 as f64 / 1024.0,
            memory.1 as f64 / 1024.0
        );
        bench.clean();
    }
}

/// Fifty services: made, one changed, removed. dsenv twice: as a file is that says nothing of `settle`, and with zero.
async fn fifty(bench: &Bench, case: &str) {
    const SERVICES: usize = 50;
    let floor = floor::Floor::connect();
    let mut columns: [Column; 4] = Default::default();
    for round in 0..bench.runs {
        let ours = (Program::Dsenv, Settle::Default);
        for (column, (program, settle)) in
            [ours, (Program::Dsenv, Settle::Zero), (Program::Compose, Settle::Zero)].into_iter().enumerate()
        {
            if program == Program::Compose && bench.compose.is_none() {
                continue;
            }
            bench.clean();
            let (up, down): (&[&str], &[&str]) = match program {
                Program::Dsenv => (&["apply", "--yes"], &["destroy", "--yes"]),
                Program::Compose => (&["up", "-d"], &["down"]),
            };
            bench.write_for(program, &spec::sleepers(SERVICES, 0, settle));
            let mut took = bench.run(program, up).expect_success();
            let began = SystemTime::now();
            if case == "change" {
                bench.write_for(program, &spec::sleepers(SERVICES, round + 1, settle));
                took = bench.run(program, up).expect_success();
            }
            if case == "destroy" {
                took = bench.run(program, down).expect_success();
            }
            columns[column].add(took, bench.outage(began));
        }
        bench.clean();
        floor.create(SERVICES).await;
        let began = SystemTime::now();
        let took = match case {
            "cold" => {
                bench.clean();
                floor.create(SERVICES).await
            }
            "change" => floor.change(SERVICES).await,
            _ => floor.destroy(SERVICES).await,
        };
        columns[3].add(took, bench.outage(began));
        bench.clean();
    }
    let columns = columns.map(Column::medians);
    row(&format!("{case} of {SERVICES}"), columns.map(|(took, _)| took));
    if case == "change" {
        row("its outage", columns.map(|(_, outage)| outage));
    }
}

/// Times of one program, and how long the changed service was down.
#[derive(Default)]
struct Column {
    took: Vec<Duration>,
    outage: Vec<Duration>,
}

impl Column {
    fn add(&mut self, took: Duration, outage: Option<Duration>) {
        self.took.push(took);
        self.outage.extend(outage);
    }

    fn medians(self) -> (Option<Duration>, Option<Duration>) {
        (median(self.took), median(self.outage))
    }
}

fn row(name: &str, [ours, bare, theirs, raw]: [Option<Duration>; 4]) {
    println!(
        "{name:>12}: dsenv {}  with settle: 0s {}  compose {}  floor {}  /compose {}  /floor {}",
        ms(ours),
        ms(bare),
        ms(theirs),
        ms(raw),
        ratio(ours, theirs),
        ratio(ours, raw)
    );
}
