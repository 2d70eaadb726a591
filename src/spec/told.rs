//! How much is told at once. A file may have more mistakes than anybody reads; none costs more than its place in line.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::did_you_mean::did_you_mean;
use crate::place::Place;

/// Most mistakes, and most warnings, that are told at once.
pub const MOST: usize = 100;
/// Most of each that are kept before it is known which stand first, and which are the same.
const KEPT: usize = 10 * MOST;

/// What was said of a spec so far; of very many mistakes or warnings the first ones.
#[derive(Debug, Clone, Default)]
pub struct Told {
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

impl Told {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let list = match diagnostic.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        if list.len() < KEPT {
            list.push(diagnostic);
        }
    }

    pub fn errors(&self) -> &[Diagnostic] {
        &self.errors
    }

    /// Mistakes and warnings.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.errors.iter().chain(&self.warnings)
    }

    /// Whether so many mistakes were found that looking for more is idle: what is shown are the first ones.
    pub fn is_enough(&self) -> bool {
        self.errors.len() > 3 * MOST
    }

    /// Whether so many warnings were given that looking for more is idle.
    pub fn is_warned_enough(&self) -> bool {
        self.warnings.len() > 3 * MOST
    }

    /// "Did you mean", as long as there is a reader for it.
    pub fn near<'a>(&self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
        if self.is_enough() || self.is_warned_enough() { String::new() } else { did_you_mean(word, candidates) }
    }

    /// By place, and one of each kind for a place: what is wrong there is told by the first that saw it, and a node that
    /// aliases repeat is wrong once. Of very many the first ones.
    pub fn in_order(mut self) -> Vec<Diagnostic> {
        self.name_causes();
        let (mut kept, more_errors) = shortened(self.errors, "mistakes");
        let (mut warnings, more_warnings) = shortened(merged(self.warnings), "warnings");
        kept.append(&mut warnings);
        by_place(&mut kept);
        kept.extend(more_errors.into_iter().chain(more_warnings));
        kept
    }
}

impl Told {
    /// A mistake in a value that has a variable in it which is not set comes from that: one message says both.
    fn name_causes(&mut self) {
        let holds = |whole: &Place, part: &Place| {
            Arc::ptr_eq(&whole.source, &part.source)
                && whole.span.start() <= part.span.start()
                && part.span.end() <= whole.span.end()
        };
        let (errors, warnings) = (&mut self.errors, &mut self.warnings);
        if errors.is_empty() {
            return;
        }
        warnings.retain(|warning| {
            let Some(place) = warning.place.as_ref().filter(|_| warning.code == code::UNSET_VARIABLE) else {
                return true;
            };
            let caused = errors.iter_mut().find(|error| error.place.as_ref().is_some_and(|whole| holds(whole, place)));
            let Some(error) = caused else { return true };
            let name = warning.message.split(' ').nth(2).unwrap_or_default();
            error.message.push_str(&format!(", because {name} is not set"));
            error.help.extend(warning.help.iter().filter(|help| !help.starts_with("did you mean")).cloned());
            false
        });
    }
}

impl Extend<Diagnostic> for Told {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, more: T) {
        more.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }
}

/// What was said of a spec by several, in the order and at the length of [`Told::in_order`].
pub fn in_order(said: impl IntoIterator<Item = Diagnostic>) -> Vec<Diagnostic> {
    let mut told = Told::default();
    told.extend(said);
    told.in_order()
}

fn by_place(told: &mut [Diagnostic]) {
    told.sort_by_cached_key(|d| d.place.as_ref().map(|place| (place.source.name.clone(), place.span.start())));
}

/// Places of one warning that are named.
const NAMED: usize = 8;

/// One for each warning that is given in the same words at several places, with where else: a variable that is not set
/// is one warning, however often it is used.
fn merged(mut told: Vec<Diagnostic>) -> Vec<Diagnostic> {
    by_place(&mut told);
    let mut kept: Vec<(Diagnostic, Vec<Place>)> = Vec::new();
    let mut known: HashMap<(&'static str, String), usize> = HashMap::new();
    for diagnostic in told {
        let at = *known.entry((diagnostic.code, diagnostic.message.clone())).or_insert(kept.len());
        match (kept.get_mut(at), &diagnostic.place) {
            (Some((_, more)), Some(place)) => more.push(place.clone()),
            (Some(_), None) => {}
            (None, _) => kept.push((diagnostic, Vec::new())),
        }
    }
    let whole = |(first, more): (Diagnostic, Vec<Place>)| {
        let mut places: Vec<String> = more.iter().map(ToString::to_string).collect();
        places.dedup();
        places.retain(|place| first.place.as_ref().is_none_or(|first| first.to_string() != *place));
        let left = places.len().saturating_sub(NAMED);
        places.truncate(NAMED);
        let more = if left > 0 { format!(" and {left} more") } else { String::new() };
        if places.is_empty() { first } else { first.help(format!("the same at {}{more}", places.join(", "))) }
    };
    kept.into_iter().map(whole).collect()
}

/// One for each place, in order; leaves the first ones, and says so.
fn shortened(told: Vec<Diagnostic>, what: &str) -> (Vec<Diagnostic>, Option<Diagnostic>) {
    let mut seen = HashSet::new();
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(told.len());
    for diagnostic in told {
        let is_new = match &diagnostic.place {
            Some(Place { source, span }) => seen.insert((Arc::as_ptr(source), *span)),
            None => !kept.iter().take(MOST).any(|known| *known == diagnostic),
        };
        if is_new {
            kept.push(diagnostic);
        }
    }
    by_place(&mut kept);
    let more = kept.get(MOST).map(|next| {
        let message = format!("there are more than these {MOST} {what}");
        Diagnostic { severity: next.severity, ..Diagnostic::error(code::TOO_MUCH, message) }.help("mend these first")
    });
    kept.truncate(MOST);
    (kept, more)
}
