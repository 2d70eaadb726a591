//! What a person sees.

use std::collections::BTreeMap;

use crate::command::perform::style;
use crate::command::{Context, apply, session};
use crate::engine::Engine;
use crate::event::Watched;
use crate::reconcile::{Show, Shown, State};
use crate::report::watch::{self as printer, Screen};
use crate::report::{Form, Printed, status};

/// Prints what a watch shows.
pub struct Printer<'a> {
    pub context: &'a Context<'a>,
    pub args: &'a apply::Args,
    pub engine: &'a dyn Engine,
    /// Where somebody sits: what stays on the screen.
    pub screen: Option<Screen>,
}

impl Printer<'_> {
    /// Shows something, `state` being what the watch knows now.
    pub fn show(&mut self, show: Show, state: &State) {
        match show {
            Show::Tell(news) => self.tell(&news),
            Show::Diagnostics(diagnostics) => self.context.shell.diagnostics(&diagnostics),
            Show::Plan(plan) => apply::show(self.context, self.args, self.engine, &plan),
            Show::Status => {
                let Shown { applied, observed, .. } = state.shown_to_person();
                let rows = status::rows(&applied.project, observed, &BTreeMap::new());
                self.context.shell.data(status::render(&rows, session::now(), &style(self.args.format)));
            }
            Show::Services => self.draw(&state.shown_to_person()),
            Show::Clear => {
                if let Some(screen) = &mut self.screen {
                    screen.hide();
                }
            }
            Show::LogLine { service, text } => self.say(&format!("{service} | {text}").into()),
        }
    }

    /// Tells what happened.
    pub fn tell(&self, news: &Watched) {
        let line = printer::line(news, &style(self.args.format));
        match self.args.format {
            Form::Json => self.context.shell.data(line),
            Form::Human | Form::Plain => self.say(&line),
        }
    }

    fn say(&self, line: &Printed) {
        match &self.screen {
            Some(screen) => screen.say(line),
            None => self.context.shell.note(line),
        }
    }

    /// The services as the last look had them, and the keys.
    fn draw(&mut self, shown: &Shown<'_>) {
        let Some(screen) = &mut self.screen else { return };
        let mut rows = status::rows(&shown.applied.project, shown.observed, &BTreeMap::new());
        for row in rows.iter_mut().filter(|row| shown.degraded.contains(&row.service)) {
            row.note = Some("degraded: it crashed again and again, so it is left alone; h tries again".to_owned());
        }
        screen.draw(&rows, &keys(shown), session::now());
    }
}

fn keys(shown: &Shown<'_>) -> String {
    if shown.picks_restart {
        let names = shown.applied.project.services.keys().take(9).enumerate();
        let names: Vec<_> = names.map(|(at, name)| format!("{} {name}", at + 1)).collect();
        return format!("restart which?  {}", names.join("  "));
    }
    let apply = if shown.awaits_word { "a apply  " } else { "" };
    let logs = if shown.logs { "l logs off" } else { "l logs" };
    let again = if shown.heals { "h mend again  " } else { "" };
    format!("{apply}p plan  r restart  {logs}  s status  {again}q quit")
}
