//! What a Dockerfile takes from elsewhere: images, and files of its context. Its text alone is read, so where that does
//! not say it, everything counts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::walk::{Entry, Kind};

/// The files of a context that a build can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    /// Perhaps all.
    All,
    /// Those at or below these paths, which have no `/` at either end.
    Some(Vec<Source>),
}

/// What one instruction copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// A file or a folder.
    Path(String),
    /// Whatever begins like this: the text before the first character that is a pattern.
    Prefix(String),
}

impl Reach {
    /// Whether a build can see an entry.
    pub fn covers(&self, path: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(sources) => sources.iter().any(|source| match source {
                Source::Path(own) => is_below(path, own),
                Source::Prefix(own) => path.starts_with(own.as_str()),
            }),
        }
    }

    /// The same among these entries. Where a link stands on the way to a source, that leads elsewhere.
    pub fn among(self, entries: &[Entry]) -> Self {
        let Self::Some(sources) = &self else { return self };
        let mut links = entries.iter().filter(|entry| matches!(entry.kind, Kind::Link(_)));
        let leads = links.any(|link| {
            let Some(link) = link.path.to_str() else { return true };
            sources.iter().any(|source| match source {
                Source::Path(own) => is_below(own, link),
                Source::Prefix(own) => link.starts_with(own.as_str()) || is_below(own, link),
            })
        });
        if leads { Self::All } else { self }
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The files that the instructions can reach. An image can bring instructions for those that are built from it
/// (`ONBUILD`), so a text that copies nothing says nothing.
pub(super) fn reach(text: &str) -> Reach {
    if has_other_syntax(text) {
        return Reach::All;
    }
    let mut sources = Vec::new();
    for Instruction { word, rest, .. } in instructions(text) {
        let found = match word.as_str() {
            "COPY" | "ADD" => copied(&rest),
            "RUN" => mounted(&rest),
            _ => continue,
        };
        match found {
            Some(found) => sources.extend(found),
            None => return Reach::All,
        }
    }
    if sources.is_empty() { Reach::All } else { Reach::Some(sources) }
}

/// The images that it names, with these arguments.
pub(super) fn images(text: &str, arguments: &BTreeMap<String, Option<String>>) -> BTreeSet<String> {
    let (mut known, mut stages, mut images) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    let mut begun = false;
    for Instruction { word, rest, .. } in instructions(text) {
        let (flags, words) = flags(&rest);
        match word.as_str() {
            "ARG" if !begun => {
                for word in words {
                    let (name, default) =
                        word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
                    let given = arguments.get(name).cloned().flatten();
                    if let Some(value) = given.or(default.map(|value| filled(unquoted(value), &known))) {
                        known.insert(name.to_owned(), value);
                    }
                }
            }
            "FROM" => {
                begun = true;
                if let Some(image) = words.first().map(|image| filled(image, &known))
                    && !stages.contains(&image.to_ascii_lowercase())
                {
                    images.insert(image);
                }
                if let [_, named, stage, ..] = words[..]
                    && named.eq_ignore_ascii_case("as")
                {
                    stages.insert(stage.to_ascii_lowercase());
                }
            }
            "COPY" | "ADD" | "RUN" => {
                let from = flags.iter().filter_map(|flag| match flag.strip_prefix("--mount=") {
                    Some(mount) => mount.split(',').find_map(|pair| pair.strip_prefix("from=")),
                    None => flag.strip_prefix("--from="),
                });
                let from = from.map(|image| filled(image, &known));
                let is_image = |name: &String| {
                    !stages.contains(&name.to_ascii_lowercase()) && !name.bytes().all(|byte| byte.is_ascii_digit())
                };
                images.extend(from.filter(is_image));
            }
            _ => {}
        }
    }
    images
}

/// What Docker's classic builder does not read, each kind once with its first line: `RUN --mount` (line 3). It stops at
/// the target, and there this does, too.
pub(super) fn only_buildkit(text: &str, target: Option<&str>) -> Vec<String> {
    let (mut found, mut stages, mut reached) = (BTreeSet::new(), 0, false);
    let mut told = Vec::new();
    for Instruction { line, word, rest, heredoc } in instructions(text) {
        let (flags, words) = flags(&rest);
        if word == "FROM" {
            if reached {
                break;
            }
            reached = target.is_some_and(|target| {
                words.get(2).is_some_and(|name| name.eq_ignore_ascii_case(target)) || target == stages.to_string()
            });
            stages += 1;
        }
        let unread: &[&str] = match word.as_str() {
            "RUN" => &["--mount", "--network", "--security", "--device"],
            "COPY" => &["--chmod", "--link", "--parents", "--exclude"],
            "ADD" => &["--chmod", "--link", "--checksum", "--keep-git-dir", "--exclude", "--unpack"],
            _ => &[],
        };
        let names = flags.iter().map(|flag| flag.split_once('=').map_or(*flag, |(name, _)| name));
        let kinds = names.filter(|name| unread.contains(name)).chain(heredoc.then_some("<<"));
        for kind in kinds.map(|kind| format!("{word} {kind}")) {
            if found.insert(kind.clone()) {
                told.push(format!("`{kind}` (line {line})"));
            }
        }
    }
    told
}

/// The sources of an instruction that copies; `None` where the text does not say.
fn copied(rest: &str) -> Option<Vec<Source>> {
    let (flags, words) = flags(rest);
    if flags.iter().any(|flag| flag.starts_with("--from=")) {
        return Some(Vec::new());
    }
    let after = rest.trim_start();
    let list: Vec<String> = match words.first() {
        Some(first) if first.starts_with('[') => {
            let json = &after[after.find('[')?..];
            let Ok(Value::Array(list)) = serde_json::from_str(json) else { return None };
            list.into_iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>()?
        }
        _ if rest.contains(['"', '\'']) => return None,
        _ => words.into_iter().map(str::to_owned).collect(),
    };
    let (_, sources) = list.split_last()?;
    let local = sources.iter().filter(|source| !source.starts_with("<<") && !source.contains("://"));
    local.map(|text| source(text)).collect()
}

/// What a command has mounted of the context.
fn mounted(rest: &str) -> Option<Vec<Source>> {
    let mut sources = Vec::new();
    for mount in flags(rest).0.iter().filter_map(|flag| flag.strip_prefix("--mount=")) {
        let pairs: BTreeMap<&str, &str> = mount.split(',').filter_map(|pair| pair.split_once('=')).collect();
        if pairs.get("type").is_some_and(|kind| *kind != "bind") || pairs.contains_key("from") {
            continue;
        }
        sources.push(source(pairs.get("source").or(pairs.get("src")).copied().unwrap_or_default())?);
    }
    Some(sources)
}

/// One source. The whole context is `None`.
fn source(text: &str) -> Option<Source> {
    let pattern = text.find(['*', '?', '[', '\\', '$']);
    let mut parts: Vec<&str> = Vec::new();
    for part in text[..pattern.unwrap_or(text.len())].split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    if path.is_empty() {
        return None;
    }
    Some(match pattern {
        None => Source::Path(path),
        Some(at) if text[..at].ends_with('/') => Source::Path(path),
        Some(_) => Source::Prefix(path),
    })
}

/// The flags before the words, and the words.
fn flags(rest: &str) -> (Vec<&str>, Vec<&str>) {
    let mut words = rest.split_whitespace().peekable();
    let mut flags = Vec::new();
    while let Some(flag) = words.next_if(|word| word.starts_with("--")) {
        flags.push(flag);
    }
    (flags, words.collect())
}

/// One instruction.
struct Instruction {
    /// Where it begins, from 1.
    line: usize,
    /// In capitals.
    word: String,
    /// What follows on its line.
    rest: String,
    /// Whether a text follows that belongs to it (`<<EOF`).
    heredoc: bool,
}

/// All of a text.
fn instructions(text: &str) -> Vec<Instruction> {
    let escape = if directive(text, "escape").is_some_and(|value| value == "`") { '`' } else { '\\' };
    let mut found = Vec::new();
    let mut lines = text.lines().zip(1..);
    while let Some((first, line)) = lines.next() {
        if is_nothing(first) {
            continue;
        }
        let mut whole = first.trim().to_owned();
        while let Some(begun) = whole.strip_suffix(escape) {
            whole = begun.to_owned();
            // Comments and empty lines inside of an instruction are none of its text.
            let Some((more, _)) = lines.by_ref().find(|(line, _)| !is_nothing(line)) else { break };
            whole = format!("{whole} {}", more.trim());
        }
        let (word, rest) = whole.split_once(char::is_whitespace).unwrap_or((whole.as_str(), ""));
        let word = word.to_ascii_uppercase();
        let mut heredoc = false;
        if matches!(word.as_str(), "RUN" | "COPY" | "ADD") {
            for end in heredocs(rest) {
                // Without its end it is none, but a shift of bits.
                if lines.clone().any(|(line, _)| line.trim() == end) {
                    lines.by_ref().find(|(line, _)| line.trim() == end);
                    heredoc = true;
                }
            }
        }
        found.push(Instruction { line, word, rest: rest.to_owned(), heredoc });
    }
    found
}

fn is_nothing(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

/// The words that end the texts which follow an instruction.
fn heredocs(rest: &str) -> impl Iterator<Item = String> {
    rest.split("<<").skip(1).filter_map(|after| {
        let after = after.strip_prefix('-').unwrap_or(after).trim_start_matches(['"', '\'']);
        let end: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        end.starts_with(|c: char| c.is_alphabetic() || c == '_').then_some(end)
    })
}

/// A directive of the first lines, such as `# syntax=docker/dockerfile:1`.
fn directive<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let first = text.lines().map_while(|line| line.trim_start().strip_prefix('#'));
    first
        .filter_map(|line| line.split_once('='))
        .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
        .map(|it| it.1.trim())
}

/// Whether another program than Docker's own reads the text.
fn has_other_syntax(text: &str) -> bool {
    directive(text, "syntax").is_some_and(|image| !image.contains("docker/dockerfile"))
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\''])
}

/// A text with `$NAME`, `${NAME}` and `${NAME:-default}` filled in; what is not known stays.
fn filled(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    let mut rest = unquoted(text);
    while let Some((before, after)) = rest.split_once('$') {
        filled += before;
        let (name, default, end) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((inner, end)) => match inner.split_once(":-") {
                Some((name, default)) => (name, Some(default), end),
                None => (inner, None, end),
            },
            None => {
                let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
                (&after[..end], None, &after[end..])
            }
        };
        match known.get(name).map(String::as_str).filter(|value| !value.is_empty()).or(default) {
            Some(value) => filled += value,
            None => filled += &format!("${name}"),
        }
        rest = end;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::super::hashes::Stamp;
    use super::*;

    fn named(text: &str) -> Vec<String> {
        images(text, &[("BASE".to_owned(), Some("given".to_owned()))].into()).into_iter().collect()
    }

    #[test]
    fn images_are_named_by_stages_copies_and_mounts() {
        let text = "# syntax=docker/dockerfile:1\nARG BASE=other\nARG TAG=1\nfrom --platform=linux/amd64 ${BASE}:$TAG as Tools\n\
            RUN --mount=type=bind,from=mounted,target=/x make\nFROM tools\nCOPY --from=tools /a /a\nCOPY --from=0 /b /b\n\
            COPY \\\n  # why\n  --from=\"lab/copied\" \\\n  /c /c\n";
        assert_eq!(named(text), ["given:1", "lab/copied", "mounted"]);
        assert_eq!(named("FROM ${NONE:-base}\n"), ["base"]);
        assert_eq!(named("FROM $NONE\n"), ["$NONE"]);
        // What is inside of a text that is copied is no instruction.
        assert_eq!(named("FROM a\nRUN <<EOF\nFROM b\nEOF\nFROM c\n"), ["a", "c"]);
        assert_eq!(named("FROM a\nRUN echo $((1<<two))\nFROM c\n"), ["a", "c"]);
    }

    #[test]
    fn what_the_classic_builder_does_not_read_is_named_once_with_its_line() {
        let told = |text: &str| only_buildkit(text, None).join(", ");
        for (text, expected) in [
            (
                "FROM a\nRUN --mount=type=cache,target=/x \\\n  make\nrun --mount=type=tmpfs,target=/y make",
                "`RUN --mount` (line 2)",
            ),
            (
                "FROM a\nRUN --network=none make\nRUN --security=insecure make",
                "`RUN --network` (line 2), `RUN --security` (line 3)",
            ),
            (
                "FROM a\nRUN <<EOF\nCOPY --link x y\nEOF\nCOPY <<a <<b /x/\na\nb",
                "`RUN <<` (line 2), `COPY <<` (line 5)",
            ),
            (
                "FROM a\n\nCOPY --link --chmod=1 --parents --exclude=x . /",
                "`COPY --link` (line 3), `COPY --chmod` (line 3), `COPY --parents` (line 3), `COPY --exclude` (line 3)",
            ),
            ("FROM a\nADD --checksum=x https://x /", "`ADD --checksum` (line 2)"),
            ("FROM --platform=x a\nCOPY --from=x --chown=1 a /\nRUN echo --mount=x $((1<<two))\nADD --chown=1 a /", ""),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
        let stages = "FROM a AS one\nRUN make\nFROM one as Two\nRUN --mount=type=x make\nFROM two\nRUN <<E\nE\n";
        let until = |target: &str| only_buildkit(stages, Some(target)).len();
        assert_eq!([until("one"), until("0"), until("two"), until("1"), until("2")], [0, 0, 1, 1, 2]);
    }

    fn reached(text: &str, path: &str) -> bool {
        reach(&format!("FROM busybox\n{text}\n")).covers(path)
    }

    #[test]
    fn only_what_is_copied_or_mounted_counts() {
        for (text, path) in [
            ("COPY src /src", "src/a"),
            ("COPY ./src/ /src", "src"),
            ("COPY /src/../lib/x.py /", "lib/x.py"),
            ("COPY --chown=1:1 package*.json /app/", "package-lock.json"),
            ("COPY [\"my file\", \"/x\"]", "my file"),
            ("ADD https://example.com/x src /", "src/a"),
            ("COPY src/$WHICH /x", "src/a"),
            ("RUN --mount=type=bind,source=wheels,target=/w pip install /w/*", "wheels/a"),
        ] {
            assert!(reached(text, path), "{text}: {path}");
            for other in ["README.md", "env.yaml", ".git/HEAD", "db-data/x", "srcs"] {
                assert!(!reached(text, other), "{text}: {other}");
            }
        }
    }

    #[test]
    fn where_the_text_does_not_say_everything_counts() {
        for text in [
            "",
            "RUN make",
            "COPY . /src",
            "COPY src/.. /src",
            "COPY *.py /src",
            "COPY $SRC /src",
            "COPY \"a b\" /src",
            "COPY a /a\nADD . /b",
            "COPY --from=other /a /a",
            "RUN --mount=target=/src make",
        ] {
            assert!(reached(text, "README.md"), "{text}");
        }
        assert_eq!(reach("# syntax=other/frontend\nCOPY src /src\n"), Reach::All);
        assert_ne!(reach("# syntax=docker.io/docker/dockerfile:1\nCOPY src /src\n"), Reach::All);
    }

    #[test]
    fn a_link_on_the_way_to_a_source_leads_elsewhere() {
        let stamp = Stamp::of(&std::fs::metadata("/").unwrap());
        let link = |path: &str| Entry { path: path.into(), kind: Kind::Link("x".into()), mode: 0, stamp };
        let of = |link_at: &str| reach("COPY src/a /a\nCOPY lib* /\n").among(&[link(link_at)]);
        for at in ["src", "src/a", "lib", "libs"] {
            assert_eq!(of(at), Reach::All, "{at}");
        }
        for at in ["src/a/b", "src/b", "other"] {
            assert_ne!(of(at), Reach::All, "{at}");
        }
    }
}
