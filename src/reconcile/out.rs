//! The effects that one input has, in order.

use super::{Effect, Show, Task};
use crate::event::Watched;

/// The effects that one input has, in order.
#[derive(Debug, Default)]
pub(super) struct Out(pub Vec<Effect>);

impl Out {
    pub fn push(&mut self, effect: Effect) {
        self.0.push(effect);
    }

    pub fn begin(&mut self, task: Task) {
        self.push(Effect::Begin(task));
    }

    pub fn show(&mut self, show: Show) {
        self.push(Effect::Show(show));
    }

    pub fn tell(&mut self, news: Watched) {
        self.show(Show::Tell(news));
    }

    pub fn notice(&mut self, message: impl Into<String>, hint: Option<String>) {
        self.tell(Watched::WatchNotice { message: message.into(), hint });
    }
}
