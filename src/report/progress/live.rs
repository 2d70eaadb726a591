//! For a terminal: a line for each group at work, drawn again and again; what is finished stays above in its order.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::sink::{Out, Sink};
use super::story::{News, Running, Story};
use super::{failure, words};
use crate::event::{End, Event, Verdict};
use crate::model::Address;
use crate::plan::Plan;
use crate::report::ink::{BARE, BOLD, CYAN, DIM, GREEN, Ink, RED, YELLOW};
use crate::report::status::{self, Row};
use crate::report::text::{cut_end, pad, width};
use crate::report::{Form, Printed, Style};

/// Between two pictures.
const FRAME: Duration = Duration::from_millis(100);
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/// Addresses are padded to the longest, up to this.
const ADDRESS: usize = 32;
/// Times stand at the right edge of at most so many columns.
const WIDEST: usize = 100;

/// For a terminal.
pub struct Live {
    story: Story,
    screen: MultiProgress,
    lines: BTreeMap<Address, ProgressBar>,
    foot: ProgressBar,
    style: Style,
    table: Style,
    results: Out,
    column: usize,
}

impl Live {
    /// On this process's standard error.
    pub fn of_process(plan: &Plan, results: Out) -> Self {
        let target = ProgressDrawTarget::stderr();
        Self::new(plan, target, Style::of_stderr(Form::Human), results, Style::of_stdout(Form::Human))
    }

    pub fn new(plan: &Plan, target: ProgressDrawTarget, style: Style, results: Out, table: Style) -> Self {
        let story = Story::new(plan);
        let screen = MultiProgress::with_draw_target(target);
        let longest = story.addresses().map(|address| width(&address.to_string())).max().unwrap_or(0);
        let foot = screen.add(line());
        // The plan stands above. (An empty text would be no line.)
        let _ = screen.println(" ");
        let style = Style { width: style.width.min(WIDEST), ..style };
        Self { story, screen, lines: BTreeMap::new(), foot, style, table, results, column: longest.min(ADDRESS) }
    }

    fn say(&self, line: &Printed) {
        let _ = self.screen.println(&**line);
    }

    /// `✔ service.web[1]  created, healthy  3.2 s`
    fn ended(&self, mark: &str, paint: anstyle::Style, address: &Address, words: &str, took: Option<Duration>) {
        let mut ink = Ink::new(&self.style);
        ink.put(mark, paint.bold()).put(" ", BARE).put(&address.to_string(), BARE).tab(self.column + 4);
        ink.flow(words, self.column + 4, paint);
        if let Some(took) = took {
            ink.put(&format!("  {}", words::duration(took)), DIM);
        }
        self.say(&ink.take());
    }

    fn block(&self, lines: &[failure::Line]) {
        for line in lines {
            let mut ink = Ink::new(&self.style);
            match line {
                failure::Line::Head { address, rest } => {
                    let (mark, paint) = match () {
                        () if rest.starts_with("failed") => ("✖ ", RED),
                        () if rest.starts_with("warning") => ("▲ ", YELLOW),
                        () => ("  ", BARE),
                    };
                    ink.put(mark, paint.bold()).put(address, BOLD).tab(self.column + 4);
                    ink.flow(rest, self.column + 4, paint);
                }
                failure::Line::Quote(line) => drop(ink.put("  │ ", DIM).put(line, BARE)),
                failure::Line::Hint(hint) => drop(ink.put("  hint: ", CYAN.bold()).flow(hint, 8, BARE)),
            }
            self.say(&ink.take());
        }
    }

    fn news(&mut self, news: &News) {
        match news {
            News::Began(_) | News::Ended(..) => {}
            News::Failed(node, took, why) => self.block(&failure::lines(self.story.cue(*node), *took, why)),
            News::Logs(node, lines) => self.block(&failure::log(self.story.cue(*node), lines)),
            News::Group(address, end, words, took) => match end {
                End::Done => self.ended("✔", GREEN, address, words, Some(*took)),
                End::Failed => self.ended("✖", RED, address, words, Some(*took)),
                End::PutBack | End::Kept => self.ended("↶", YELLOW, address, words, Some(*took)),
                End::Untouched { .. } | End::CutShort { .. } => self.ended("○", YELLOW, address, words, None),
            },
            News::Interrupted(times) => {
                self.say(&self.style.paint(YELLOW.bold(), words::interrupted(*times)));
            }
        }
    }

    /// Draws the lines of what runs now, a group a line, and the foot.
    fn draw(&mut self, at: Duration) {
        let mut groups: BTreeMap<&Address, Vec<&Running>> = BTreeMap::new();
        for running in &self.story.running {
            groups.entry(&self.story.cue(running.node).address).or_default().push(running);
        }
        self.lines.retain(|address, line| {
            let stays = groups.contains_key(address);
            if !stays {
                line.finish_and_clear();
                self.screen.remove(line);
            }
            stays
        });
        for (address, running) in groups {
            let text = self.working(at, address, &running);
            let fresh = || self.screen.insert_before(&self.foot, line());
            self.lines.entry(address.clone()).or_insert_with(fresh).set_message(text.to_string());
        }
        let standing =
            format!("  {}, {}", words::standing(&self.story.score(), self.story.running.len()), words::duration(at));
        self.foot.set_message(self.style.paint(DIM, &standing).to_string());
    }

    /// `⠹ service.web[1]  waiting until healthy; last probe exited 1      3.2 s`
    fn working(&self, at: Duration, address: &Address, running: &[&Running]) -> Printed {
        let frame = usize::try_from(at.as_millis() / FRAME.as_millis()).unwrap_or(0) % SPINNER.len();
        let doing = |running: &&Running| {
            let news = running.news.as_ref().and_then(words::progress);
            self.story.cue(running.node).doing.clone() + &news.map_or_else(String::new, |news| format!("; {news}"))
        };
        let doing = running.iter().map(doing).collect::<Vec<_>>().join("; ");
        let since = running.iter().map(|running| running.since).min().unwrap_or(at);
        let time = words::duration(at.saturating_sub(since));
        let mut ink = Ink::new(&self.style);
        ink.put(SPINNER[frame], CYAN).put(" ", BARE).put(&cut_end(&address.to_string(), self.column), BARE);
        ink.tab(self.column + 4);
        let room = ink.left().saturating_sub(width(&time) + 2);
        ink.put(&pad(&cut_end(&doing, room), room), BARE).put(&format!("  {time}"), DIM);
        ink.take()
    }
}

/// A line that says what it is told; indicatif cuts it at the terminal's edge.
fn line() -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_msg}").expect("the template is constant and known to be right");
    ProgressBar::no_length().with_style(style)
}

impl Sink for Live {
    fn event(&mut self, at: Duration, event: &Event) {
        let news = self.story.tell(at, event);
        // A finished line takes the place of the one that was drawn.
        if !news.is_empty() {
            self.draw(at);
        }
        news.iter().for_each(|news| self.news(news));
    }

    fn tick(&mut self, at: Duration) {
        self.draw(at);
    }

    fn pace(&self) -> Option<Duration> {
        Some(FRAME)
    }

    fn finish(&mut self, at: Duration, verdict: Verdict) {
        let _ = self.screen.clear();
        let paint = match verdict {
            Verdict::Done => GREEN,
            Verdict::RolledBack => YELLOW,
            Verdict::Partial | Verdict::Deadline | Verdict::Unreachable | Verdict::Interrupted => RED,
        };
        let mut ink = Ink::new(&self.style);
        ink.flow(&words::verdict(verdict, &self.story.score(), at), 2, paint.bold());
        self.foot.finish_and_clear();
        self.say(&ink.take());
    }

    fn services(&mut self, rows: &[Row], now: jiff::Timestamp) {
        self.say(&" ".into());
        (self.results)(status::render(rows, now, &self.table));
    }
}
