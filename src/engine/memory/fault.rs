//! What goes wrong on purpose.

use std::collections::BTreeMap;
use std::time::Duration;

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks, before the engine has acted or after it.
    Break {
        /// Whether the engine has acted.
        acted: bool,
    },
    /// The connection breaks in the middle of a step that takes several requests: a container has only the first of its
    /// networks, a volume has none of its files and its carrier is left. A step of one request is not done.
    Half,
    /// No answer ever comes, as for a caller that is killed: the future never ends.
    Hang {
        /// Whether the engine has acted.
        acted: bool,
    },
    /// The engine answers 500 and does nothing.
    ServerError,
    /// The engine takes its time.
    Delay(Duration),
}

/// Which requests go wrong. A request is a step or a look; they are counted from 1.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    at: BTreeMap<usize, Fault>,
    on: Vec<(String, Fault)>,
    random: Option<Random>,
}

#[derive(Debug, Clone)]
struct Random {
    state: u64,
    per_mille: u64,
    kinds: Vec<Fault>,
}

impl Faults {
    /// Nothing goes wrong.
    pub fn none() -> Self {
        Self::default()
    }

    /// The request with this number, counted since these faults were set.
    #[must_use]
    pub fn at(mut self, request: usize, fault: Fault) -> Self {
        self.at.insert(request, fault);
        self
    }

    /// The next request with this text, once: a step's verb and object (`start lab-web-1`), or `observe`.
    #[must_use]
    pub fn on(mut self, request: impl Into<String>, fault: Fault) -> Self {
        self.on.push((request.into(), fault));
        self
    }

    /// So many in a thousand requests, each with one of these kinds; the same for the same seed.
    #[must_use]
    pub fn random(mut self, seed: u64, per_mille: u64, kinds: impl Into<Vec<Fault>>) -> Self {
        self.random = Some(Random { state: seed, per_mille, kinds: kinds.into() });
        self
    }

    /// What happens to this request.
    pub(super) fn next(&mut self, number: usize, request: &str) -> Option<Fault> {
        let position = self.on.iter().position(|(text, _)| text == request);
        let named = position.map(|position| self.on.remove(position).1);
        named.or_else(|| self.at.remove(&number)).or_else(|| self.random.as_mut()?.next())
    }
}

impl Random {
    fn next(&mut self) -> Option<Fault> {
        let hit = self.draw() % 1000 < self.per_mille;
        let kind = usize::try_from(self.draw()).unwrap_or(0).checked_rem(self.kinds.len())?;
        hit.then(|| self.kinds[kind])
    }

    /// SplitMix64: small, and good enough to choose with.
    fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) >> 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_request_fails_once() {
        let mut faults = Faults::none().on("start web", Fault::ServerError);
        assert_eq!(faults.next(1, "start db"), None);
        assert_eq!(faults.next(2, "start web"), Some(Fault::ServerError));
        assert_eq!(faults.next(3, "start web"), None);
    }

    #[test]
    fn chance_is_the_same_for_the_same_seed() {
        let draw = || {
            let mut faults = Faults::none().random(7, 200, [Fault::ServerError, Fault::Break { acted: true }]);
            (0..1000).map(|number| faults.next(number, "look")).collect::<Vec<_>>()
        };
        assert_eq!(draw(), draw());
        let hits = draw().into_iter().flatten().count();
        assert!((150..250).contains(&hits), "{hits} of 1000");
    }
}
