//! `.dockerignore`: the rules of Docker's own tools (their `patternmatcher`), which are neither those of git nor those
//! of shells. Patterns act in their order, a later one over an earlier one; a path is left out when the last pattern
//! that matches it, or one of its parents, is no exception (`!`).

use std::path::Path;

use regex::Regex;

use super::ContextError;

/// The rules of one file.
#[derive(Debug, Clone, Default)]
pub struct Ignore {
    patterns: Vec<Pattern>,
}

#[derive(Debug, Clone)]
struct Pattern {
    /// `!`
    exception: bool,
    /// Without `!`, dots and superfluous slashes.
    clean: String,
    matcher: Matcher,
}

#[derive(Debug, Clone)]
enum Matcher {
    Exact,
    /// `text**`
    Prefix(String),
    /// `**text`
    Suffix(String),
    Expression(Regex),
}

impl Ignore {
    /// Reads the text of the file at `path`, which is only named in errors.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ContextError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut patterns = Vec::new();
        for (number, line) in text.lines().enumerate() {
            // Only the first column makes a comment.
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let line = line.trim();
            let pattern = Pattern::parse(line).map_err(|cause| ContextError::Pattern {
                file: path.to_owned(),
                line: number + 1,
                pattern: line.to_owned(),
                cause,
            })?;
            patterns.extend(pattern);
        }
        Ok(Self { patterns })
    }

    /// Whether a path below the context, with `/`, is left out.
    pub fn excludes(&self, path: &str) -> bool {
        let mut excluded = false;
        for pattern in &self.patterns {
            // Only an exception can change what is excluded, and only another pattern what is not.
            if pattern.exception == excluded && (pattern.matches(path) || parents(path).any(|p| pattern.matches(p))) {
                excluded = !pattern.exception;
            }
        }
        excluded
    }

    /// Whether nothing below an excluded folder can come back in, so that it need not be entered.
    pub fn prunes(&self, folder: &str) -> bool {
        self.excludes(folder) && !self.patterns.iter().any(|pattern| pattern.exception && pattern.reaches(folder))
    }
}

/// `a`, `a/b` of `a/b/c`.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

impl Pattern {
    /// `None` for one that says nothing.
    fn parse(line: &str) -> Result<Option<Self>, String> {
        let (exception, rest) = match line.strip_prefix('!') {
            Some(rest) => (true, rest.trim()),
            None => (false, line),
        };
        if rest.is_empty() {
            return if exception { Err("an exception names nothing".to_owned()) } else { Ok(None) };
        }
        let clean = clean(rest);
        // A slash at the front means the context itself, which every pattern begins at.
        let clean = if clean.len() > 1 { clean.strip_prefix('/').unwrap_or(&clean).to_owned() } else { clean };
        check(&clean)?;
        let matcher = compile(&clean)?;
        Ok(Some(Self { exception, clean, matcher }))
    }

    fn matches(&self, path: &str) -> bool {
        match &self.matcher {
            Matcher::Exact => path == self.clean,
            Matcher::Prefix(prefix) => path.starts_with(prefix),
            Matcher::Suffix(suffix) => {
                path.ends_with(suffix) || suffix.strip_prefix('/').is_some_and(|whole| path == whole)
            }
            Matcher::Expression(expression) => expression.is_match(path),
        }
    }

    /// Whether this exception can match something below a folder: its fixed beginning leads there, or away from
    /// nowhere.
    fn reaches(&self, folder: &str) -> bool {
        let wild = self.clean.find(['*', '?', '[', '\\']);
        let fixed = wild.map_or(self.clean.as_str(), |at| &self.clean[..at]);
        let below = format!("{folder}/");
        if wild.is_some() {
            fixed.starts_with(&below) || below.starts_with(fixed)
        } else {
            // The folder itself or a parent as an exception would have brought it in already.
            fixed.starts_with(&below)
        }
    }
}

/// Go's `filepath.Clean`: no `.`, no `x/..`, no doubled or trailing slash.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => drop(parts.pop()),
                _ if rooted => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// What Go's `filepath.Match` refuses: a class without end or members, and a backslash before nothing.
fn check(pattern: &str) -> Result<(), String> {
    let mut chars = pattern.chars().peekable();
    while let Some(next) = chars.next() {
        match next {
            '\\' if chars.next().is_none() => return Err("it ends in a backslash".to_owned()),
            '[' => {
                chars.next_if_eq(&'^');
                let mut members = 0;
                loop {
                    match chars.next() {
                        None => return Err("a `[` without its `]`".to_owned()),
                        Some(']') if members > 0 => break,
                        Some(']' | '-') => return Err("a class without members".to_owned()),
                        Some('\\') if chars.next().is_none() => return Err("a `[` without its `]`".to_owned()),
                        Some(_) => {
                            members += 1;
                            if chars.next_if_eq(&'-').is_some() {
                                chars.next_if(|end| *end != ']').ok_or("a range without its end")?;
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Docker's translation of a pattern into a regular expression, its short cuts included, since they differ:
/// `**text` matches `xtext`, while `**t*xt` does not match `xtext`.
fn compile(pattern: &str) -> Result<Matcher, String> {
    #[derive(PartialEq)]
    enum Way {
        Exact,
        Prefix,
        Suffix,
        Expression,
    }
    let mut way = Way::Exact;
    let mut expression = String::from("^");
    let mut chars = pattern.chars().peekable();
    let mut first = true;
    while let Some(next) = chars.next() {
        match next {
            '*' if chars.next_if_eq(&'*').is_some() => {
                chars.next_if_eq(&'/');
                if chars.peek().is_none() {
                    if way == Way::Exact {
                        way = Way::Prefix;
                    } else {
                        expression.push_str(".*");
                        way = Way::Expression;
                    }
                } else {
                    expression.push_str("(.*/)?");
                    way = Way::Expression;
                }
                if first {
                    way = Way::Suffix;
                }
            }
            '*' => {
                expression.push_str("[^/]*");
                way = Way::Expression;
            }
            '?' => {
                expression.push_str("[^/]");
                way = Way::Expression;
            }
            '\\' => {
                let literal = chars.next().ok_or("it ends in a backslash")?;
                // A letter keeps the meaning that it has in the expression, as in Docker (`\d`).
                if literal.is_ascii_alphanumeric() {
                    expression.extend(['\\', literal]);
                } else {
                    expression.push_str(&regex::escape(&literal.to_string()));
                }
                way = Way::Expression;
            }
            '[' | ']' => {
                expression.push(next);
                way = Way::Expression;
            }
            '.' | '+' | '(' | ')' | '|' | '{' | '}' | '$' => {
                expression.push('\\');
                expression.push(next);
            }
            next => expression.push(next),
        }
        first = false;
    }
    Ok(match way {
        Way::Exact => Matcher::Exact,
        Way::Prefix => Matcher::Prefix(pattern[..pattern.len() - 2].to_owned()),
        Way::Suffix => Matcher::Suffix(pattern[2..].to_owned()),
        Way::Expression => {
            expression.push('$');
            Matcher::Expression(Regex::new(&expression).map_err(|error| error.to_string())?)
        }
    })
}

#[cfg(test)]
#[path = "ignore_tests.rs"]
mod tests;
