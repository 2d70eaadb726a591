//! How much is told at once. A file may have more mistakes than anybody reads; none costs more than its place in line.

use std::collections::HashSet;
use std::sync::Arc;

use super::code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::place::Place;
use crate::yaml::suggest::did_you_mean;

/// Most mistakes, and most warnings, that are told at once.
pub const MOST: usize = 100;

/// Whether so much was found that looking for more is idle: what is shown are the first ones.
pub fn is_enough(said: &[Diagnostic]) -> bool {
    said.len() > 3 * MOST
}

/// "Did you mean", as long as there is a reader for it.
pub fn near<'a>(said: &[Diagnostic], word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    if is_enough(said) { String::new() } else { did_you_mean(word, candidates) }
}

/// By place, and one of each kind for a place: what is wrong there is told by the first that saw it, and a node that
/// aliases repeat is wrong once. Of very many the first ones.
pub fn in_order(said: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut seen = HashSet::new();
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(said.len());
    for diagnostic in said {
        let is_new = match &diagnostic.place {
            Some(Place { source, span }) => seen.insert((Arc::as_ptr(source), *span, diagnostic.severity)),
            None => !kept.iter().take(MOST).any(|known| *known == diagnostic),
        };
        if is_new {
            kept.push(diagnostic);
        }
    }
    kept.sort_by_cached_key(|d| d.place.as_ref().map(|place| (place.source.name.clone(), place.span.start())));
    let (mut errors, mut warnings): (Vec<_>, Vec<_>) =
        kept.into_iter().partition(|diagnostic| diagnostic.severity == Severity::Error);
    let more = [shortened(&mut errors, "mistakes"), shortened(&mut warnings, "warnings")];
    let mut kept = errors;
    kept.append(&mut warnings);
    kept.sort_by_cached_key(|d| d.place.as_ref().map(|place| (place.source.name.clone(), place.span.start())));
    kept.extend(more.into_iter().flatten());
    kept
}

/// Leaves the first ones, and says so.
fn shortened(told: &mut Vec<Diagnostic>, what: &str) -> Option<Diagnostic> {
    let severity = told.get(MOST)?.severity;
    told.truncate(MOST);
    let message = format!("there are more than these {MOST} {what}");
    Some(Diagnostic { severity, ..Diagnostic::error(code::TOO_MUCH, message) }.help("mend these first"))
}
