//! One line when a step begins that takes its time, one when a step is done, one every ten seconds in between.

use std::time::Duration;

use super::cue::Weight;
use super::sink::{Out, Sink, Talk};
use super::story::{News, Story};
use super::{failure, words};
use crate::event::{End, Event, Verdict};
use crate::plan::Plan;
use crate::report::status::{self, Row};
use crate::report::{Style, text};

/// For pipes and CI.
pub struct Plain {
    story: Story,
    talk: Talk,
    messages: Out,
    results: Out,
    table: Style,
}

impl Plain {
    pub fn new(plan: &Plan, talk: Talk, messages: Out, results: Out, table: Style) -> Self {
        Self { story: Story::new(plan), talk, messages, results, table }
    }

    fn say(&mut self, line: &str) {
        (self.messages)(line.into());
    }

    fn news(&mut self, news: &News) {
        match news {
            News::Began(node) => {
                let cue = self.story.cue(*node);
                if self.talk == Talk::All || self.talk == Talk::Steps && cue.weight == Weight::Slow {
                    self.say(&format!("{}: {}", cue.address, cue.doing));
                }
            }
            News::Ended(node, took) => {
                let cue = self.story.cue(*node);
                if self.talk == Talk::All || self.talk == Talk::Steps && cue.weight != Weight::Small {
                    self.say(&format!("{}: {} ({})", cue.address, cue.done, words::duration(*took)));
                }
            }
            News::Failed(node, took, why) => {
                let cue = self.story.cue(*node);
                let lines = failure::lines(cue, *took, why);
                lines.iter().for_each(|line| self.say(&line.text()));
            }
            News::Logs(node, lines) => {
                let lines = failure::log(self.story.cue(*node), lines);
                lines.iter().for_each(|line| self.say(&line.text()));
            }
            // The steps have told it.
            News::Group(_, End::Done, ..) => {}
            News::Group(address, _, words, _) => self.say(&format!("{address}: {words}")),
            News::Interrupted(times) => self.say(words::interrupted(*times)),
        }
    }
}

impl Sink for Plain {
    fn event(&mut self, at: Duration, event: &Event) {
        for news in self.story.tell(at, event) {
            self.news(&news);
        }
    }

    fn tick(&mut self, at: Duration) {
        if self.talk == Talk::Failures {
            return;
        }
        for running in self.story.overdue(at) {
            let cue = self.story.cue(running.node);
            let news = running.news.as_ref().and_then(words::progress);
            let news = news.map_or_else(String::new, |news| format!("; {}", text::cut_end(&news, 200)));
            let time = words::duration(at - running.since);
            self.say(&format!("{}: still {}, {time}{news}", cue.address, cue.doing));
        }
    }

    fn pace(&self) -> Option<Duration> {
        Some(Duration::from_secs(1))
    }

    fn finish(&mut self, at: Duration, verdict: Verdict) {
        if self.talk != Talk::Failures || verdict != Verdict::Done {
            let line = words::verdict(verdict, &self.story.score(), at);
            self.say(&line);
        }
    }

    fn services(&mut self, rows: &[Row], now: jiff::Timestamp) {
        if self.talk != Talk::Failures {
            (self.results)(status::render(rows, now, &self.table));
        }
    }
}
