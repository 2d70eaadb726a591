//! The parser's mistakes in words that say what to do: it knows where it stopped, the text shows why.

use std::sync::Arc;

use super::{DEEPEST, Fault, FaultKind};
use crate::did_you_mean::did_you_mean;
use crate::place::{Place, Source};

/// The fault for what the parser says of the byte at `at`; `open` is where the innermost `[` or `{` stands that is open.
pub(super) fn explain(info: &str, source: &Arc<Source>, at: usize, open: Option<usize>) -> Fault {
    let stop = Stop { source, at: at.min(source.text.len()), open };
    let tab = stop.line()[..stop.indent()].find('\t').map(|tab| stop.line_start() + tab);
    match info {
        _ if let Some(tab) = tab => {
            stop.fault_at(tab, tab + 1, "a tab cannot indent a line").help("indent it with spaces")
        }
        _ if info.contains("recursion limit") => stop.too_deep(),
        "invalid indentation in quoted scalar" => stop.open_quote(),
        _ if info.contains("quoted scalar, found unexpected") => stop.open_quote(),
        _ if info.contains("unknown anchor") => stop.unknown_anchor(),
        _ if info.contains("unknown escape") => {
            stop.fault("this is no escape in double quotes").help("write `\\\\` for a backslash, or use single quotes")
        }
        _ if info.starts_with("unexpected character") => stop.odd_beginning(),
        "misplaced bracket" => stop.fault("this bracket closes nothing").help("remove it, or open one before it"),
        _ if info.contains("scanning a block scalar") => stop
            .fault("only a number or `+` or `-` can stand behind `|` and `>`")
            .help("begin the text on the next line, indented"),
        _ if info.contains("scanning an anchor or alias") => stop
            .fault("`&` and `*` begin an anchor or an alias, and its name is missing")
            .help("quote the value if the sign is part of it"),
        _ if open.is_some() => stop.open_bracket(),
        _ if info.starts_with("mapping values are not allowed") => stop.key_in_a_value(),
        _ if info.starts_with("block sequence entries are not allowed") => {
            stop.fault("a list cannot begin behind a value").help("put each `- ` on a line of its own, below its key")
        }
        _ if info.contains("did not find expected key") => stop.out_of_line(),
        _ if info.starts_with("simple key expect") => stop.no_colon(),
        _ => stop.fault(&format!("not valid YAML: {}", info.trim_end_matches('.'))),
    }
}

/// Where the parser stopped.
struct Stop<'a> {
    source: &'a Arc<Source>,
    at: usize,
    open: Option<usize>,
}

impl Stop<'_> {
    fn text(&self) -> &str {
        &self.source.text
    }

    fn line_start(&self) -> usize {
        self.text()[..self.at].rfind('\n').map_or(0, |end| end + 1)
    }

    fn line(&self) -> &str {
        let rest = &self.text()[self.line_start()..];
        rest.lines().next().unwrap_or_default()
    }

    /// Length of the blanks that the line begins with.
    fn indent(&self) -> usize {
        self.line().len() - self.line().trim_start().len()
    }

    /// The parser miscounts behind a directive that it does not know, so a place is brought into the text.
    fn place(&self, start: usize, end: usize) -> Place {
        let within = |at: usize| (0..=at.min(self.text().len())).rev().find(|at| self.text().is_char_boundary(*at));
        let (start, end) = (within(start).unwrap_or_default(), within(end).unwrap_or_default());
        Place::new(Arc::clone(self.source), start, end)
    }

    fn fault_at(&self, start: usize, end: usize, message: &str) -> Fault {
        Fault::new(FaultKind::Syntax, message, self.place(start, end))
    }

    fn fault(&self, message: &str) -> Fault {
        let length = self.text()[self.at..].chars().next().map_or(0, char::len_utf8);
        self.fault_at(self.at, self.at + length, message)
    }

    fn too_deep(&self) -> Fault {
        let message = format!("nested more than {DEEPEST} levels deep");
        let fault = Fault::new(FaultKind::TooMuch, message, self.place(self.at, self.at));
        fault.help("no spec needs as much: look for brackets or blanks too many")
    }

    fn open_quote(&self) -> Fault {
        self.fault("the quote that begins here is not closed")
            .help("close it with the same quote; the lines below are taken for its text")
    }

    fn unknown_anchor(&self) -> Fault {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let name_at = |text: &str| text.find(|c| !is_part(c)).unwrap_or(text.len());
        let alias = self.text()[self.at..].strip_prefix('*').unwrap_or_default();
        let name = &alias[..name_at(alias)];
        let behind = self.text().split('&').skip(1);
        let anchors = behind.map(|text| &text[..name_at(text)]).filter(|anchor| !anchor.is_empty());
        let near = did_you_mean(name, anchors);
        let fault = self.fault_at(self.at, self.at + 1 + name.len(), &format!("no anchor `&{name}` stands above"));
        fault.help(if near.is_empty() { format!("write `&{name}` behind the key of what it stands for") } else { near })
    }

    fn odd_beginning(&self) -> Fault {
        let rest = self.text()[self.at..].lines().next().unwrap_or_default().trim_end();
        let first = rest.chars().next().unwrap_or_default();
        self.fault(&format!("a value cannot begin with `{first}`")).help(format!("quote it: '{rest}'"))
    }

    /// The line above has neither a colon nor is it the end of a text.
    fn no_colon(&self) -> Fault {
        let above = self.text()[..self.at].trim_end();
        let start = above.len() - above.lines().next_back().unwrap_or_default().trim_start().len();
        self.fault_at(start, above.len(), "a `:` is missing behind this")
            .help("write `KEY: VALUE`; a text of several lines is indented, or in quotes")
    }

    fn open_bracket(&self) -> Fault {
        let start = self.open.expect("a bracket is open when this is asked");
        let (open, close) = if self.text()[start..].starts_with('[') { ('[', ']') } else { ('{', '}') };
        let fault = self.fault(&format!("expected `,` or `{close}` here: the `{open}` is not closed"));
        let fault = fault.help(format!("close it with `{close}`, or separate its parts with `,`"));
        Fault { related: Some((self.place(start, start + 1), "opened here")), ..fault }
    }

    fn key_in_a_value(&self) -> Fault {
        let start = self.line_start();
        if self.text()[start..self.at].contains(": ") {
            let message = "a value without quotes cannot have `: ` in it";
            return self.fault_at(self.at, self.at + 1, message).help("quote the value");
        }
        let above = self.text()[..start].trim_end().lines().next_back().unwrap_or_default();
        let from = self.text()[..start].trim_end().len() - above.trim_start().len();
        let glued = above.trim_start().split_once(':').filter(|(key, value)| {
            !key.is_empty() && !key.contains([' ', '"', '\'']) && !value.is_empty() && !value.starts_with(' ')
        });
        if let Some((key, value)) = glued {
            let colon = from + key.len();
            let fault = self.fault_at(colon, colon + 1, "a space is missing behind this colon");
            return fault.help(format!("write `{key}: {value}`"));
        }
        self.fault("a key cannot stand here").help("indent the line like the key that it belongs beside")
    }

    fn out_of_line(&self) -> Fault {
        let start = self.line_start() + self.indent();
        let rest = self.line().trim();
        let fault = |message| self.fault_at(start, start + rest.len().max(1), message);
        if rest.starts_with("- ") || rest == "-" {
            return fault("a list cannot stand beside keys").help("give it a key of its own, on the line above");
        }
        fault("this line is not in line with those above").help("indent it like the key that it belongs beside")
    }
}
